// SPDX-License-Identifier: GPL-3.0-or-later
// Screens, keyboards and pointers of local stations: what is missing, orders about them, and which stations
// show their names just now. What was ordered last and failed is told in the place.

import { computed, signal } from "@preact/signals";
import { asApiError, call, type ApiError } from "../shared/api";
import { idNumber } from "../shared/format";
import { lang, t } from "../shared/i18n";
import type { Orientation, Station } from "../shared/types";
import { putStation, stations } from "./store";

/** As long as stationd shows names (Stations.Identify). */
const SHOWN_MS = 60_000;

export const chosen = signal<ReadonlySet<string>>(new Set());
export const shown = signal<ReadonlySet<string>>(new Set());
export const problem = signal<ApiError | null>(null);
/** Id of the station that is to be forgotten or joined, once that is confirmed. */
export const asking = signal<{ act: "forget" | "join"; station: string } | null>(null);

/** The chosen stations that are still there, in the order of the list. */
export const picked = computed(() => inOrder().filter((s) => chosen.value.has(s.id)));

/** As the list shows them: by name, numbers as numbers. */
export function inOrder(): Station[] {
  const collator = new Intl.Collator(lang.value, { sensitivity: "base", numeric: true });
  return [...stations.value.values()].sort((a, b) => collator.compare(a.name, b.name) || idNumber(a.id) - idNumber(b.id));
}

export function choose(id: string): void {
  const next = new Set(chosen.peek());
  if (!next.delete(id)) next.add(id);
  chosen.value = next;
}

export const isLocal = (s: Station): boolean => s.kind === "local";
export const nameOf = (s: Station): string => s.name || s.id;

/** "screen missing, keyboard missing"; empty: nothing is. */
export const missingWords = (s: Station): string => (s.missing ?? []).map((m) => t(`device.missing.${m}`)).join(", ");

/** "HDMI-A-1" of "pci-0000:00:02.0/HDMI-A-1". */
export const connectorOf = (s: Station): string => (s.output ?? "").split("/").at(-1) ?? "";

/** Somebody's desktop is on this station, and not all that belongs to it is there. */
export const isAlarmed = (s: Station): boolean => s.session !== "" && (s.missing?.length ?? 0) > 0;
/** Auto log-on that did not work the last time: who, why, where. Many stations mostly have one reason. */
export const autoAlarms = computed(() => {
  const all = new Map<string, { user: string; reason: string; at: Station[] }>();
  for (const s of inOrder()) {
    if (s.auto_user === "" || s.auto_failure === "") continue;
    const key = `${s.auto_user}\n${s.auto_failure}`;
    const known = all.get(key) ?? { user: s.auto_user, reason: s.auto_failure, at: [] };
    known.at.push(s);
    all.set(key, known);
  }
  return [...all.values()];
});

/** Storage that cannot be used, or not be taken away, and where. */
export const storageAlarms = computed(() => inOrder().flatMap((s) => (s.storage ?? []).filter((d) => d.state === "failed").map((d) => ({ station: s, name: d.name, reason: d.reason }))));

export const missingAlarms = computed(() => [...stations.value.values()].filter(isAlarmed));

/** The other half of the same screen. */
export function halfOf(s: Station): Station | undefined {
  if (!isLocal(s) || (s.area ?? "whole") === "whole") return undefined;
  return [...stations.value.values()].find((o) => o.id !== s.id && isLocal(o) && o.output === s.output);
}

async function run(what: () => Promise<void>): Promise<boolean> {
  try {
    await what();
    problem.value = null;
    return true;
  } catch (e) {
    problem.value = asApiError(e);
    return false;
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** null: all. */
export function identify(ids: readonly string[] | null, show: boolean): Promise<boolean> {
  return run(async () => {
    await call("Stations.Identify", { stations: ids, show });
    const all = ids ?? [...stations.peek().keys()];
    const next = new Set(shown.peek());
    for (const id of all) show ? next.add(id) : next.delete(id);
    shown.value = next;
    clearTimeout(timer);
    if (next.size > 0) timer = setTimeout(() => (shown.value = new Set()), SHOWN_MS);
  });
}

export const mapAgain = (ids: readonly string[]) =>
  run(async () => {
    for (const s of (await call<{ stations: Station[] }>("Stations.Map", { stations: ids })).stations) putStation(s);
  });

export const split = (s: Station, direction: "left_right" | "top_bottom") =>
  run(async () => {
    for (const half of (await call<{ stations: Station[] }>("Stations.Split", { station: s.id, direction })).stations) putStation(half);
  });

export const join = (id: string) =>
  run(async () => {
    putStation((await call<{ station: Station }>("Stations.Join", { station: id })).station);
  });

export const turn = (s: Station, orientation: Orientation) =>
  run(async () => {
    putStation((await call<{ station: Station }>("Stations.Set", { station: s.id, orientation })).station);
  });

export const forget = (id: string) => run(() => call("Stations.Forget", { station: id }));
