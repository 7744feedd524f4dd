// SPDX-License-Identifier: GPL-3.0-or-later
// What became of an act on several sessions, counted. Pure; words are put to it elsewhere.

import type { Session, Target, TargetState } from "../shared/types";

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
export function split(sessions: readonly Session[], act: "logoff" | "suspend", bulk: boolean): Split {
  const r: Split = { affected: [], own: [], forbidden: [] };
  for (const s of sessions) {
    if (bulk && s.own) r.own.push(s);
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
