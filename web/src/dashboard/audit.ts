// SPDX-License-Identifier: GPL-3.0-or-later
// Entries of the audit log as people say them. Pure: which method has words, whom the targets name, how
// an act ended.

import type { AuditEntry } from "../shared/types";

/** Methods that have words of their own (messages did.*). */
export const METHODS = [
  "Login.dashboard",
  "Login.SignOut",
  "Login.station",
  "Login.notice",
  "Login.unlock",
  "Sessions.Start",
  "Sessions.LogOff",
  "Sessions.Suspend",
  "Sessions.Lock",
  "Sessions.Unlock",
  "Jobs.Cancel",
  "Jobs.Extend",
  "Blocks.Block",
  "Blocks.Unblock",
  "Limits.Limit",
  "Limits.Free",
  "Projections.Start",
  "Projections.Stop",
  "Views.Open",
  "Views.Close",
  "Programs.Start",
  "Programs.Close",
  "Programs.CloseByName",
  "Lessons.Start",
  "Lessons.Extend",
  "Lessons.Change",
  "Lessons.End",
  "Chat.Send",
  "Chat.Clear",
  "Chat.Set",
  "Stations.Set",
  "Station.hand_up",
  "Station.hand_down",
  "Station.suspend",
  "Station.logoff",
  "Station.lock",
  "Station.more_time",
] as const;
export type Method = (typeof METHODS)[number];

export function isMethod(m: string): m is Method {
  return (METHODS as readonly string[]).includes(m);
}

export interface Named {
  /** A user, or the id of a session or a station. */
  name: string;
  state: "" | "refused" | "failed";
}

export interface Targets {
  /** What it was about: a program, an address, on or off. */
  what: string;
  all: boolean;
  named: Named[];
}

const IN_SESSION = /^s\d+\(([^()\s]+)\)(?:=(refused|failed))?$/;
const PLAIN = /^([^\s=()]+)(?:=(refused|failed))?$/;
/** In these the names stand without their session. */
const PLAIN_METHODS = new Set(["Blocks.Block", "Blocks.Unblock", "Limits.Limit", "Limits.Free", "Projections.Start"]);
const USER_METHODS = /^(Login\.|Chat\.Clear$|Sessions\.Start$)/;
const ID = /^(?:[spvj]\d+|screen:\S*)$/;

function plain(method: string, words: string[]): Targets {
  const all = words.includes("all");
  const rest = words.slice(method === "Limits.Limit" ? 1 : 0).filter((w) => w !== "all"); // without the kind of list
  const source = method === "Projections.Start" ? rest.shift() : undefined;
  const named = rest.flatMap((w): Named[] => {
    const m = PLAIN.exec(w);
    return m ? [{ name: m[1] ?? w, state: (m[2] ?? "") as Named["state"] }] : [];
  });
  return { what: source && !ID.test(source) ? source : "", all, named };
}

/** "l3 Maths 45 min block: all anna ben=refused"; without names the part after the colon says more. */
function lesson(method: string, text: string): Targets {
  const end = method === "Lessons.Start" ? text.lastIndexOf(":") : -1;
  const what = (end < 0 ? text : text.slice(0, end)).replace(/^l\d+\s*/, "").trim();
  const { all, named } = plain(method, end < 0 ? [] : text.slice(end + 1).split(" ").filter(Boolean));
  return { what, all, named };
}

/** "v1 s1(anna) control 12 min 3 s": takes mode and duration away and gives the duration. */
function cutMode(words: string[]): string {
  const at = words.findIndex((w) => w === "view" || w === "control" || w === "exclusive");
  return at < 0 ? "" : words.splice(at).slice(1).join(" ");
}

/**
 * "gimp s1(anna) s2(ben)=refused": what comes first is free text (a command may hold anything that
 * looks like a target), so targets are taken from the end.
 */
export function parseTargets(method: string, text: string): Targets {
  const words = text.split(" ").filter(Boolean);
  if (method.startsWith("Lessons.")) return lesson(method, text);
  if (PLAIN_METHODS.has(method)) return plain(method, words);
  if (method.startsWith("Station.")) return { what: "", all: false, named: [] }; // who did it sits there
  if (USER_METHODS.test(method)) {
    const [name, at, where] = words;
    if (name === undefined || name === "all") return { what: "", all: name === "all", named: [] };
    return { what: at === "at" && where !== undefined ? where : "", all: false, named: [{ name, state: "" }] };
  }
  const took = method === "Views.Open" || method === "Views.Close" ? cutMode(words) : "";
  const named: Named[] = [];
  for (let w = words.at(-1); w !== undefined; w = words.at(-1)) {
    const m = IN_SESSION.exec(w);
    if (!m) break;
    named.unshift({ name: m[1] ?? w, state: (m[2] ?? "") as Named["state"] });
    words.pop();
  }
  const what = took || words.filter((w) => !ID.test(w)).join(" ");
  return { what: method === "Programs.Close" ? "" : what, all: what === "all", named };
}

/** Does the entry name this person as the one to whom it was done, or who did it at a station? */
export function concerns(e: AuditEntry, user: string, session: string): boolean {
  const { named } = parseTargets(e.method, e.targets);
  return named.some((n) => n.name === user || n.name === session) || (e.user === user && /^(Station|Login)\./.test(e.method));
}

export type Ending = "ok" | "refused" | "partly" | "failed";

export function ending(result: string): Ending {
  if (result === "ok") return "ok";
  if (result === "refused" || result.endsWith(".Denied") || result.endsWith(".Refused")) return "refused";
  if (result === "partly refused") return "partly";
  return "failed";
}
