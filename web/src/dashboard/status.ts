// SPDX-License-Identifier: GPL-3.0-or-later
// How the system is: asked for every few seconds while its place is looked at, now and then elsewhere. Alarms
// are drawn from it; the place and its link say them.

import { computed, effect, signal } from "@preact/signals";
import { asApiError, call, type ApiError } from "../shared/api";
import type { SystemStatus } from "../shared/types";
import { place } from "./place";
import { link, me, memoryTotal } from "./store";

const NEAR_MS = 3000;
const FAR_MS = 30_000;
const MEMORY_SHORT = 0.1; // share that is still free

/** null: not known yet. */
export const status = signal<SystemStatus | null>(null);
/** Why the last question was not answered; what stands in `status` is older then. */
export const statusError = signal<ApiError | null>(null);

export type SystemAlarm = "relay" | "memory";

export function alarmsOf(s: SystemStatus): SystemAlarm[] {
  const list: SystemAlarm[] = [];
  if (!s.relay) list.push("relay");
  if (s.memory_total_kib > 0 && s.memory_available_kib < s.memory_total_kib * MEMORY_SHORT) list.push("memory");
  return list;
}

export const systemAlarms = computed<SystemAlarm[]>(() => (status.value ? alarmsOf(status.value) : []));

async function ask(): Promise<void> {
  try {
    const s = await call<SystemStatus>("System.Status");
    status.value = s;
    statusError.value = null;
    memoryTotal.value = s.memory_total_kib;
  } catch (e) {
    statusError.value = asApiError(e);
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks now, and again after a while. */
function go(): void {
  clearTimeout(timer);
  if (!me.peek() || link.peek() !== "live") return; // goes on when it is live again
  const next = () => {
    timer = setTimeout(go, place.peek() === "systems" ? NEAR_MS : FAR_MS);
  };
  if (document.hidden) next();
  else void ask().then(next);
}

effect(() => {
  void place.value;
  if (me.value === null) status.value = statusError.value = null;
  if (link.value === "live") go();
  else clearTimeout(timer);
});
