// SPDX-License-Identifier: GPL-3.0-or-later
// Orders and what became of them. An entry stands in the results panel from the click until it is
// dismissed; its targets are also shown on the tiles. Entries made from jobs that others ordered (or
// that this person ordered before the page was loaded again) appear while they can still be changed.

import { batch, computed, effect, signal } from "@preact/signals";
import { ApiError, asApiError, call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { Job, Target } from "../shared/types";
import { me, tiles, type Outcome } from "./store";
import { exceptions, isFinal } from "./summary";

export interface Order {
  /** null: every session. */
  sessions: readonly string[] | null;
  grace_ms: number;
  message: string;
}

export interface Entry {
  readonly key: number;
  readonly act: "logoff" | "suspend";
  readonly order: Order | null;
  readonly job: Job | null;
  readonly targets: readonly Target[];
  readonly pending: boolean;
  readonly error: ApiError | null;
  /** What "error" is about: the order or taking it back. */
  readonly failedAct: "logoff" | "suspend" | "cancel" | null;
}

const ENTRIES_MAX = 20;
const DISMISS_AFTER_MS = 20_000; // only what went well for everybody

export const entries = signal<readonly Entry[]>([]);
/** The sessions asked about in the confirmation; null: closed. "all" is live until it is confirmed. */
export const confirming = signal<{ sessions: readonly string[] | "all" } | null>(null);

const jobs = new Map<string, Job>();
const dismissedJobs = new Set<string>();
let nextKey = 1;

function add(e: Omit<Entry, "key">): number {
  const key = nextKey++;
  entries.value = [{ key, ...e }, ...entries.peek()].slice(0, ENTRIES_MAX);
  return key;
}

function change(key: number, next: Partial<Entry>): void {
  entries.value = entries.peek().map((e) => (e.key === key ? { ...e, ...next } : e));
}

const NOTHING = { job: null, targets: [], pending: false, error: null, failedAct: null };

function waitingTargets(order: Order): Target[] {
  const ids = order.sessions ?? [...tiles.keys()];
  const state = order.grace_ms > 0 ? "waiting" : "asking";
  return ids.flatMap((id) => {
    const s = tiles.get(id)?.session.peek();
    return s && (order.sessions !== null || !s.own)
      ? [{ session: id, user: s.user, full_name: s.full_name, state, reason: "" }]
      : [];
  });
}

export async function logOff(order: Order): Promise<void> {
  const key = add({ ...NOTHING, act: "logoff", order, targets: waitingTargets(order), pending: true });
  try {
    const r = await call<{ job: string; targets: Target[] }>("Sessions.LogOff", {
      ...(order.sessions === null ? { all: true } : { sessions: order.sessions }),
      grace_ms: order.grace_ms,
      ...(order.message ? { message: order.message } : {}),
    });
    const known = jobs.get(r.job) ?? {
      id: r.job,
      kind: "logoff",
      by: me.peek()?.user ?? "",
      since: new Date(serverNow()).toISOString(),
      ends_ms: order.grace_ms > 0 ? serverNow() + order.grace_ms : 0,
      message: order.message,
      finished: r.targets.every((x) => isFinal(x.state)),
      targets: r.targets,
    };
    batch(() => {
      // The event of the job may have been faster than this answer.
      entries.value = entries.peek().filter((e) => e.key === key || e.job?.id !== r.job);
      change(key, { pending: false, job: known, targets: known.targets });
    });
  } catch (e) {
    change(key, { pending: false, targets: [], error: asApiError(e), failedAct: "logoff" });
  }
}

export async function suspend(sessions: readonly string[] | null): Promise<void> {
  const order: Order = { sessions, grace_ms: 0, message: "" };
  const key = add({ ...NOTHING, act: "suspend", order, targets: waitingTargets(order), pending: true });
  try {
    const r = await call<{ targets: Target[] }>("Sessions.Suspend", sessions === null ? { all: true } : { sessions });
    change(key, { pending: false, targets: r.targets });
  } catch (e) {
    change(key, { pending: false, targets: [], error: asApiError(e), failedAct: "suspend" });
  }
}

export async function cancel(entry: Entry): Promise<void> {
  if (!entry.job) return;
  try {
    const r = await call<{ job: Job }>("Jobs.Cancel", { job: entry.job.id });
    jobEvent(r.job);
    change(entry.key, { error: null, failedAct: null });
  } catch (e) {
    change(entry.key, { error: asApiError(e), failedAct: "cancel" });
  }
}

/** The same order again: for what failed, or for everything when nothing was begun. */
export function retry(entry: Entry): void {
  if (entry.failedAct === "cancel") {
    void cancel(entry);
    return;
  }
  const failed = entry.targets.filter((x) => x.state === "failed").map((x) => x.session);
  const sessions = entry.error ? (entry.order?.sessions ?? null) : failed;
  dismiss(entry.key);
  if (entry.act === "suspend") void suspend(sessions);
  else void logOff({ sessions, grace_ms: 0, message: "", ...(entry.error ? entry.order : {}) });
}

export function dismiss(key: number): void {
  const e = entries.peek().find((x) => x.key === key);
  if (e?.job) dismissedJobs.add(e.job.id);
  entries.value = entries.peek().filter((x) => x.key !== key);
}

export function jobEvent(job: Job): void {
  jobs.set(job.id, job);
  const entry = entries.peek().find((e) => e.job?.id === job.id);
  if (entry) {
    change(entry.key, { job, targets: job.targets });
    return;
  }
  const mine = job.by === me.peek()?.user;
  const cancellable = job.ends_ms > serverNow();
  if (job.finished || dismissedJobs.has(job.id) || (!mine && !cancellable)) return;
  // An order of this page whose answer is still under way will take the job over.
  if (mine && entries.peek().some((e) => e.act === "logoff" && e.pending)) return;
  add({ ...NOTHING, act: "logoff", order: null, job, targets: job.targets });
}

export function jobsSnapshot(list: readonly Job[]): void {
  jobs.clear();
  for (const j of list) jobEvent(j);
}

export function jobGone(id: string): void {
  jobs.delete(id);
  dismissedJobs.delete(id);
}

export function resetActs(): void {
  jobs.clear();
  dismissedJobs.clear();
  entries.value = [];
  confirming.value = null;
}

export function isBusy(e: Entry): boolean {
  return e.pending || (e.job !== null && !e.job.finished);
}

/** Newest order first wins a tile. */
const outcomes = computed(() => {
  const map = new Map<string, Outcome>();
  for (const e of entries.value)
    for (const x of e.targets) {
      if (x.state === "cancelled" || map.has(x.session)) continue;
      if (e.act === "suspend" && x.state === "done") continue; // the state chip says it
      map.set(x.session, { state: x.state, reason: x.reason, act: e.act });
    }
  return map;
});

effect(() => {
  const map = outcomes.value;
  batch(() => {
    for (const [id, tile] of tiles) {
      const next = map.get(id) ?? null;
      const old = tile.outcome.peek();
      if (next?.state === old?.state && next?.reason === old?.reason) continue;
      tile.outcome.value = next;
    }
  });
});

const leaving = new Set<number>();
effect(() => {
  for (const e of entries.value) {
    if (leaving.has(e.key) || isBusy(e) || e.error || exceptions(e.targets).length > 0) continue;
    leaving.add(e.key);
    setTimeout(() => {
      leaving.delete(e.key);
      dismiss(e.key);
    }, DISMISS_AFTER_MS);
  }
});

