// SPDX-License-Identifier: GPL-3.0-or-later
// Which messages of supervisors a person has not seen yet. Pure.

import type { StationChat } from "../shared/types";

type Message = StationChat["messages"][number];

/** Messages of supervisors after the one seen last, and not older than this. */
export function unseen(list: readonly Message[], seen: number, since_ms: number): Message[] {
  return list.filter((m) => m.supervisor && m.number > seen && m.at_ms >= since_ms);
}

/** The number up to which everything has been there; 0: nothing yet. */
export function lastNumber(list: readonly Message[]): number {
  return list.at(-1)?.number ?? 0;
}
