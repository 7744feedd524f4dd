// SPDX-License-Identifier: GPL-3.0-or-later
// What became of an act on several sessions, counted. Pure; words are put to it elsewhere.

import type { Projection, Session, SessionState, Target, TargetState } from "../shared/types";

export interface Summary {
  count: number;
  /** done + forced: the session has ended. */
  done: number;
  forced: number;
  refused: number;
  failed: number;
  cancelled: number;
  /** waiting + asking + ending. */
  running: number;
}

export function isFinal(state: TargetState): boolean {
  return state !== "waiting" && state !== "asking" && state !== "ending";
}

export function summarize(targets: readonly Target[]): Summary {
  const s: Summary = { count: targets.length, done: 0, forced: 0, refused: 0, failed: 0, cancelled: 0, running: 0 };
  for (const x of targets) {
    switch (x.state) {
      case "forced":
        s.forced++;
        s.done++;
        break;
      case "done":
        s.done++;
        break;
      case "refused":
        s.refused++;
        break;
      case "failed":
        s.failed++;
        break;
      case "cancelled":
        s.cancelled++;
        break;
      default:
        s.running++;
    }
  }
  return s;
}

/** Those that must be named: what was refused and what failed, in this order. */
export function exceptions(targets: readonly Target[]): Target[] {
  return [
    ...targets.filter((x) => x.state === "refused"),
    ...targets.filter((x) => x.state === "failed"),
  ];
}

export interface Split {
  affected: Session[];
  /** The caller's own session in an act on several: stationd never ends it that way. */
  own: Session[];
  /** The caller's role does not reach these. */
  forbidden: Session[];
}

/** What stationd will do with an order, for the confirmation; stationd itself decides. */
export function split(sessions: readonly Session[], act: "logoff" | "block" | "limit", bulk: boolean): Split {
  const r: Split = { affected: [], own: [], forbidden: [] };
  for (const s of sessions) {
    if (s.own && (bulk || act !== "logoff")) r.own.push(s);
    else if (!s.may.includes(act)) r.forbidden.push(s);
    else r.affected.push(s);
  }
  return r;
}

export const NAMES_MAX = 10;

/** Names up to ten, then the number of the rest. */
export function nameSome(names: readonly string[]): { shown: string[]; more: number } {
  if (names.length <= NAMES_MAX) return { shown: [...names], more: 0 };
  return { shown: names.slice(0, NAMES_MAX), more: names.length - NAMES_MAX };
}

/** The one word for how a session is: what is done to it comes before what it does itself. */
export type Condition = SessionState | "blocked" | "projected" | "locked";

export function condition(s: Session): Condition {
  if (s.state === "opening" || s.state === "closing") return s.state;
  if (s.blocked) return "blocked";
  if (s.projected && s.stations.length > 0) return "projected"; // else it waits for the log-in
  if (s.locked) return "locked";
  return s.state;
}

/** What can be done with a selection: there is no use in offering the rest. */
export interface Offer {
  block: boolean;
  unblock: boolean;
  limit: boolean;
  free: boolean;
  /** The one session that can be looked at, controlled, shown to others. */
  view: string | null;
  control: string | null;
  project: string | null;
  unlock: string[];
  chat: boolean;
  start: boolean;
}

export function offer(sessions: readonly Session[]): Offer {
  const one = sessions.length === 1 ? sessions[0] : undefined;
  const may = (what: Session["may"][number]) => (one?.may.includes(what) ? one.id : null);
  return {
    block: sessions.some((s) => !s.blocked),
    unblock: sessions.some((s) => s.blocked),
    limit: sessions.some((s) => s.may.includes("limit")),
    free: sessions.some((s) => s.limited),
    view: may("view"),
    control: may("control"),
    project: may("project"),
    unlock: sessions.filter((s) => s.locked && s.may.includes("unlock")).map((s) => s.id),
    chat: sessions.some((s) => s.may.includes("chat")),
    start: sessions.some((s) => s.may.includes("start")),
  };
}

/** How the line about a running projection is worded; the words stand with the messages. */
export function projectionKey(p: Projection, mine: boolean): `project.${"mine" | "theirs"}.${"session" | "screen"}` {
  return `project.${mine ? "mine" : "theirs"}.${p.source}`;
}
