// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of the web: what is in force, and the orders. Events say that somebody's web is limited; the lists come
// from Limits.List, asked for when something has changed.

import { computed, effect, signal } from "@preact/signals";
import { call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { Session, SiteList, Target, WebLimit, WebMode } from "../shared/types";
import { expected, order } from "./entries";
import { lessons } from "./lessons";
import { limitOf, restoreLimits, touchedLimits, type Felt, type LimitCall } from "./limiting";
import { tiles } from "./store";

export interface LimitOrder extends SiteList {
  /** null: everybody. */
  sessions: readonly string[] | null;
  /** 0: until taken back. */
  until_ms: number;
}

/** Of users and of all; what the session events say is true even while this is being fetched. */
export const limits = signal<readonly WebLimit[]>([]);
export const limitAll = computed(() => limits.value.find((l) => l.kind === "all") ?? null);
export const recent = signal<readonly SiteList[]>([]);
/** Whose web is to be limited and how, while the dialog is open. */
export const limiting = signal<{ sessions: readonly string[] | "all"; mode: WebMode } | null>(null);

/** What holds for a session; null: nothing, or its list is still being fetched. */
export const felt = (s: Session): Felt | null => limitOf(s, limits.value, lessons.value);

const SOON_MS = 60; // a limit of all comes as one event for each session
let timer: ReturnType<typeof setTimeout> | undefined;

async function load(): Promise<void> {
  timer = undefined;
  try {
    limits.value = (await call<{ limits: WebLimit[] }>("Limits.List")).limits;
  } catch {
    // The tiles say "limited" without the list; the next change asks again.
  }
}

export function limitsSoon(): void {
  timer ??= setTimeout(() => void load(), SOON_MS);
}

export function loadRecent(): void {
  call<{ lists: SiteList[] }>("Limits.Recent")
    .then((r) => (recent.value = r.lists))
    .catch(() => undefined); // no lists to choose from, then
}

effect(() => {
  if (limiting.value) loadRecent();
});

const whom = (sessions: readonly string[] | null) => (sessions === null ? { all: true } : { sessions });

async function send(method: "Limit" | "Free", params: Record<string, unknown>): Promise<Target[]> {
  try {
    return (await call<{ targets: Target[] }>(`Limits.${method}`, params)).targets;
  } finally {
    limitsSoon();
  }
}

async function bring(list: readonly LimitCall[]): Promise<Target[]> {
  const targets: Target[] = [];
  for (const c of list) targets.push(...(await send("Limit", { ...c })));
  return targets;
}

/** Those limits that an order is about to change, to put them back if it is undone. */
function before(sessions: readonly string[] | null): WebLimit[] {
  return touchedLimits(limits.peek(), sessions?.flatMap((id) => tiles.get(id)?.session.peek() ?? []) ?? null);
}

/** Answers why the list of sites was not taken, for the dialog to say; "": it was, or the results tell more. */
export async function limit(o: LimitOrder): Promise<string> {
  const old = before(o.sessions);
  let bad = "";
  await order({
    act: "limit",
    expected: expected(o.sessions, "asking"),
    run: () => send("Limit", { ...whom(o.sessions), mode: o.mode, domains: o.domains, ...(o.until_ms ? { until_ms: o.until_ms } : {}) }),
    again: (failed) => void limit(failed ? { ...o, sessions: failed } : o),
    undo: () => void free(o.sessions, old),
    elsewhere: (error) => {
      if (error.kind === "BadSite") bad = error.reason;
      return error.kind === "BadSite";
    },
  });
  return bad;
}

/** keep: limits that are to be there afterwards, when this undoes an order that replaced them. */
export async function free(sessions: readonly string[] | null, keep: readonly WebLimit[] = []): Promise<void> {
  const old = before(sessions);
  await order({
    act: "free",
    expected: expected(sessions, "asking"),
    run: async () => {
      const targets = await send("Free", whom(sessions));
      await bring(restoreLimits(keep, serverNow()));
      return targets;
    },
    again: (failed) => void free(failed ?? sessions, keep),
    undo: old.length > 0 ? () => void limitAgain(old) : null,
  });
}

/** Of somebody who has no session. */
export async function freeUser(user: string, full_name: string): Promise<void> {
  await order({
    act: "free",
    expected: [{ session: "", user, full_name, state: "asking", reason: "" }],
    run: () => send("Free", { users: [user] }),
    again: () => void freeUser(user, full_name),
  });
}

async function limitAgain(old: readonly WebLimit[]): Promise<void> {
  await order({
    act: "limit",
    expected: [],
    run: () => bring(restoreLimits(old, serverNow())),
    again: () => void limitAgain(old),
  });
}

export function resetLimits(): void {
  clearTimeout(timer);
  timer = undefined;
  limits.value = [];
  recent.value = [];
  limiting.value = null;
}
