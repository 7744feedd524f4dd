// SPDX-License-Identifier: GPL-3.0-or-later
// People, from what there is of them: their sessions, and blocks and limits of those who have none. Pure.

import { idNumber } from "../shared/format";
import type { Block, Role, Session, Station, WebLimit } from "../shared/types";
import { matches } from "./arrange";

export interface Person {
  user: string;
  full_name: string;
  /** null: not known, there is no session. */
  role: Role | null;
  /** In the order in which they began. */
  sessions: Session[];
  blocked: boolean;
  /** The web is limited. */
  limited: boolean;
  /** Since when a hand is raised; 0: none is. */
  hand_ms: number;
}

export function peopleOf(sessions: readonly Session[], blocks: readonly Block[], language: string, limits: readonly WebLimit[] = []): Person[] {
  const byUser = new Map<string, Person>();
  for (const s of [...sessions].sort((a, b) => idNumber(a.id) - idNumber(b.id))) {
    const p = byUser.get(s.user) ?? { user: s.user, full_name: s.full_name, role: s.role, sessions: [], blocked: false, limited: false, hand_ms: 0 };
    p.sessions.push(s);
    p.blocked ||= s.blocked;
    p.limited ||= s.limited;
    if (s.hand_ms > 0) p.hand_ms = p.hand_ms === 0 ? s.hand_ms : Math.min(p.hand_ms, s.hand_ms);
    byUser.set(s.user, p);
  }
  for (const b of blocks)
    if (b.kind === "user" && !byUser.has(b.name))
      byUser.set(b.name, { user: b.name, full_name: b.full_name || b.name, role: null, sessions: [], blocked: true, limited: false, hand_ms: 0 });
  for (const l of limits) {
    if (l.kind !== "user") continue;
    const p = byUser.get(l.name) ?? { user: l.name, full_name: l.full_name || l.name, role: null, sessions: [], blocked: false, limited: true, hand_ms: 0 };
    p.limited = true;
    byUser.set(l.name, p);
  }
  const collator = new Intl.Collator(language, { sensitivity: "base", numeric: true });
  return [...byUser.values()].sort((a, b) => collator.compare(a.full_name, b.full_name) || collator.compare(a.user, b.user));
}

/** As on the wall: each term stands somewhere in what is known of one of the sessions, or in the names. */
export function fits(p: Person, wanted: readonly string[], stations: ReadonlyMap<string, Station>, words: (s: Session) => string): boolean {
  if (p.sessions.length === 0) return wanted.every((w) => `${p.full_name} ${p.user}`.toLowerCase().includes(w));
  return p.sessions.some((s) => {
    const at = s.stations.flatMap((id) => stations.get(id) ?? []);
    return matches({ session: s, idle_ms: 0, stations: at }, wanted, words(s));
  });
}
