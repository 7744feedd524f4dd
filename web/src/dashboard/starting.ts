// SPDX-License-Identifier: GPL-3.0-or-later
// What is typed into "Start": a program's name to search for, an address, a document or a command. Pure.

import type { Process, Program } from "../shared/types";

export type Kind = "address" | "document" | "command";
export interface Free {
  kind: Kind;
  /** As it is sent to the system. */
  open: string;
}

export const OPEN_MAX = 2000;

const HOST = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?$/u;

export function interpret(text: string): Free | null {
  const open = text.trim();
  if (open === "" || [...open].length > OPEN_MAX) return null;
  if (/^https?:\/\/\S/i.test(open)) return { kind: "address", open };
  if (open.startsWith("/")) return { kind: "document", open };
  if (HOST.test(open)) return { kind: "address", open: `https://${open}` };
  return { kind: "command", open };
}

/** How well a program fits: lower is better, null not at all. */
function rank(p: Program, words: readonly string[]): number | null {
  const name = p.name.toLocaleLowerCase();
  const rest = `${p.id} ${p.comment} ${p.categories.join(" ")}`.toLocaleLowerCase();
  let sum = 0;
  for (const w of words) {
    if (name.startsWith(w)) sum += 0;
    else if (new RegExp(`(^|[^\\p{L}\\p{N}])${w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u").test(name)) sum += 1;
    else if (name.includes(w)) sum += 2;
    else if (rest.includes(w)) sum += 3;
    else return null;
  }
  return sum;
}

/** Best first; within the same rank by name. Nothing typed: all of them. */
export function findPrograms(list: readonly Program[], text: string, locale: string): Program[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const collator = new Intl.Collator(locale, { sensitivity: "base" });
  return list
    .flatMap((p) => {
      const r = rank(p, words);
      return r === null ? [] : [{ p, r }];
    })
    .sort((a, b) => a.r - b.r || collator.compare(a.p.name, b.p.name))
    .map((x) => x.p);
}

/** An address or a path says plainly what it is; a word is rather the name of a program. */
export function freeFirst(free: Free | null, found: number): boolean {
  return free !== null && (found === 0 || free.kind !== "command");
}

/** Processes that were not there before: what a start has brought. */
export function newcomers(before: readonly Process[], after: readonly Process[]): Process[] {
  const known = new Set(before.map((p) => `${p.pid} ${p.start}`));
  return after.filter((p) => !known.has(`${p.pid} ${p.start}`));
}
