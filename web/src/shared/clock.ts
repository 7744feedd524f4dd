// SPDX-License-Identifier: GPL-3.0-or-later
// One clock for every countdown: the system's time (notices end at a time of the system, not of this
// computer) and one tick a second that only components with something to count subscribe to.

import { signal } from "@preact/signals";

let skew_ms = 0;

/** Takes a Date header (1 s resolution); differences below 2 s are rounding and transport. */
export function noteServerDate(value: string | null, now = Date.now()): void {
  if (!value) return;
  const t = Date.parse(value);
  if (Number.isNaN(t)) return;
  const diff = t + 500 - now;
  skew_ms = Math.abs(diff) < 2000 ? 0 : diff;
}

export function serverNow(): number {
  return Date.now() + skew_ms;
}

/** System time in ms, renewed once a second. */
export const tick = signal(serverNow());

setInterval(() => {
  tick.value = serverNow();
}, 1000);
