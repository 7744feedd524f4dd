// SPDX-License-Identifier: GPL-3.0-or-later
// What the tile tells of a session beside its picture: only what a teacher should notice. Pure.

import type { PictureAlarm, Session } from "../shared/types";

const IDLE_MS = 5 * 60_000;
const CPU_MIN = 50; // permille of one core
const MEMORY_MIN = 0.1; // share of the memory there is

/** 0..1 each; null: nothing to tell. */
export interface Load {
  cpu: number | null;
  memory: number | null;
}

/** total: memory of the system in KiB; 0: not known. */
export function load(s: Session, total: number): Load {
  const memory = total > 0 ? s.memory_kib / total : 0;
  return {
    cpu: s.cpu_permille > CPU_MIN ? Math.min(1, s.cpu_permille / 1000) : null,
    memory: memory >= MEMORY_MIN ? Math.min(1, memory) : null,
  };
}

/** Idle long enough to be told; else 0. */
export function idleFor(s: Session, usedAt: number, now: number): number {
  const ms = now - usedAt;
  return s.state === "active" && !s.blocked && !s.locked && ms >= IDLE_MS ? ms : 0;
}

/** Of a picture: not kept up to date because the connection is gone, not there at all, or what the relay says. */
export type Alarm = "stale" | "none" | PictureAlarm;
