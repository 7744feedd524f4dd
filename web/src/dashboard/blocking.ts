// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks, the pure part: which one a session feels, when one ends, and how several are said again.

import type { Block, Session } from "../shared/types";

export const UNTIL = ["back", "5", "10", "30", "lesson", "time"] as const;
export type Until = (typeof UNTIL)[number];

export const MESSAGE_MAX = 500;

/**
 * When a block chosen now ends: ms since 1970, 0 = when it is taken back, null = no time was given.
 * lesson_ms: end of the lesson. time: "HH:MM" on the clock of this computer; one that has passed today is tomorrow's.
 */
export function untilMs(choice: Until, time: string, now: number, lesson_ms = 0): number | null {
  if (choice === "back") return 0;
  if (choice === "lesson") return lesson_ms > now ? lesson_ms : null;
  if (choice !== "time") return now + Number(choice) * 60_000;
  const m = /^(\d{1,2}):(\d{2})/.exec(time);
  if (!m) return null;
  const d = new Date(now);
  d.setHours(Number(m[1]), Number(m[2]), 0, 0);
  if (d.getTime() <= now) d.setDate(d.getDate() + 1);
  return d.getTime();
}

/** The block that a session feels: its user's, else that of a station that shows it, else that of all. */
export function blockOf(s: Session, blocks: readonly Block[], all: Block | null): Block | null {
  if (!s.blocked) return null;
  return (
    blocks.find((b) => b.kind === "user" && b.name === s.user) ??
    blocks.find((b) => b.kind === "station" && s.stations.includes(b.name)) ??
    all ??
    blocks.find((b) => b.kind === "all") ??
    null
  );
}

/** The blocks that an act on these sessions (null: on all) will change. */
export function touched(blocks: readonly Block[], sessions: readonly Session[] | null): Block[] {
  if (sessions === null) return [...blocks];
  return blocks.filter((b) =>
    sessions.some((s) => (b.kind === "user" && b.name === s.user) || (b.kind === "station" && s.stations.includes(b.name))),
  );
}

export interface BlockCall {
  users?: string[];
  stations?: string[];
  all?: boolean;
  message?: string;
  until_ms?: number;
}

/** Calls of Blocks.Block that bring these blocks back; what has ended by itself is left out. */
export function restore(blocks: readonly Block[], now: number): BlockCall[] {
  const calls = new Map<string, BlockCall>();
  for (const b of blocks) {
    if (b.until_ms !== 0 && b.until_ms <= now) continue;
    const key = JSON.stringify([b.kind === "all", b.until_ms, b.message]);
    const c = calls.get(key) ?? {
      ...(b.message ? { message: b.message } : {}),
      ...(b.until_ms ? { until_ms: b.until_ms } : {}),
    };
    if (b.kind === "all") c.all = true;
    else if (b.kind === "user") c.users = [...(c.users ?? []), b.name];
    else c.stations = [...(c.stations ?? []), b.name];
    calls.set(key, c);
  }
  return [...calls.values()];
}
