// SPDX-License-Identifier: GPL-3.0-or-later
// Log off, suspend, unlock, and the jobs that log-offs are. Entries made from jobs that others ordered
// (or that this person ordered before the page was loaded again) appear while they can still be
// changed. Who asks for more time is known here, until the answer.

import { batch, signal } from "@preact/signals";
import { asApiError, call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { Job, Target } from "../shared/types";
import { addEntry, changeEntry, dropEntry, entries, expected, order, type Entry } from "./entries";
import { me, tiles } from "./store";
import { isFinal } from "./summary";

export interface Order {
  /** null: every session. */
  sessions: readonly string[] | null;
  grace_ms: number;
  message: string;
}

/** The sessions asked about in the confirmation; null: closed. "all" is live until it is confirmed. */
export const confirming = signal<{ sessions: readonly string[] | "all" } | null>(null);

const jobs = new Map<string, Job>();
const dismissedJobs = new Set<string>();
/** Questions for more time that were answered "no": job and session, with the end they were about. */
const declined = new Map<string, number>();

const whom = (sessions: readonly string[] | null) => (sessions === null ? { all: true } : { sessions });

export async function logOff(o: Order): Promise<void> {
  const again = (sessions?: readonly string[]) =>
    void logOff(sessions ? { sessions, grace_ms: 0, message: "" } : o);
  const state = o.grace_ms > 0 ? "waiting" : "asking";
  const key = addEntry({ act: "logoff", targets: expected(o.sessions, state), pending: true, again });
  try {
    const r = await call<{ job: string; targets: Target[] }>("Sessions.LogOff", {
      ...whom(o.sessions),
      grace_ms: o.grace_ms,
      ...(o.message ? { message: o.message } : {}),
    });
    const known = jobs.get(r.job) ?? {
      id: r.job,
      kind: "logoff",
      by: me.peek()?.user ?? "",
      since: new Date(serverNow()).toISOString(),
      ends_ms: o.grace_ms > 0 ? serverNow() + o.grace_ms : 0,
      message: o.message,
      finished: r.targets.every((x) => isFinal(x.state)),
      targets: r.targets,
    };
    batch(() => {
      // The event of the job may have been faster than this answer.
      entries.value = entries.peek().filter((e) => e.key === key || e.job?.id !== r.job);
      changeEntry(key, { pending: false, job: known, targets: known.targets });
    });
  } catch (e) {
    changeEntry(key, { pending: false, targets: [], error: asApiError(e), failedAct: "logoff" });
  }
}

export async function suspend(sessions: readonly string[] | null): Promise<void> {
  await order({
    act: "suspend",
    expected: expected(sessions, "asking"),
    run: async () => (await call<{ targets: Target[] }>("Sessions.Suspend", whom(sessions))).targets,
    again: (failed) => void suspend(failed ?? sessions),
  });
}

/** Ends the lock that a person put on the own session. */
export async function unlock(sessions: readonly string[]): Promise<void> {
  await order({
    act: "unlock",
    expected: expected(sessions, "asking"),
    run: async () => (await call<{ targets: Target[] }>("Sessions.Unlock", { sessions })).targets,
    again: (failed) => void unlock(failed ?? sessions),
  });
}

export async function cancel(entry: Entry): Promise<void> {
  if (!entry.job) return;
  try {
    const r = await call<{ job: Job }>("Jobs.Cancel", { job: entry.job.id });
    jobEvent(r.job);
    changeEntry(entry.key, { error: null, failedAct: null });
  } catch (e) {
    changeEntry(entry.key, { error: asApiError(e), failedAct: "cancel" });
  }
}

/** The same order again: for what failed, or for everything when nothing was begun. */
export function retry(entry: Entry): void {
  if (entry.failedAct === "cancel") {
    void cancel(entry);
    return;
  }
  if (entry.failedAct === "extend") {
    changeEntry(entry.key, { error: null, failedAct: null }); // the buttons are still there
    return;
  }
  const failed = entry.targets.filter((x) => x.state === "failed").map((x) => x.session);
  dismiss(entry.key);
  entry.again?.(entry.error ? undefined : failed);
}

export function undo(entry: Entry): void {
  dismiss(entry.key);
  entry.undo?.();
}

export function dismiss(key: number): void {
  const e = entries.peek().find((x) => x.key === key);
  if (e?.job) dismissedJobs.add(e.job.id);
  dropEntry(key);
}

const askKey = (job: Job, x: Target) => `${job.id} ${x.session}`;

/** Who waits for an answer to "I need more time". */
export function asking(job: Job): Target[] {
  return job.targets.filter(
    (x) => x.more_time === true && x.state === "waiting" && declined.get(askKey(job, x)) !== x.ends_ms,
  );
}

/** The tiles of those who ask say so. */
function showAsking(): void {
  const map = new Map<string, string>();
  for (const j of jobs.values()) for (const x of asking(j)) map.set(x.session, j.id);
  batch(() => {
    for (const [id, tile] of tiles) tile.asks.value = map.get(id) ?? null;
  });
}

export async function moreTime(jobId: string, sessions: readonly string[], add_ms: number): Promise<void> {
  try {
    const r = await call<{ job: Job }>("Jobs.Extend", { job: jobId, sessions, add_ms });
    jobEvent(r.job);
  } catch (e) {
    const entry = entries.peek().find((x) => x.job?.id === jobId);
    if (entry) changeEntry(entry.key, { error: asApiError(e), failedAct: "extend" });
  }
}

/** "No": the question goes away here; the notice runs on as it was. */
export function decline(jobId: string, sessions: readonly string[]): void {
  const job = jobs.get(jobId);
  if (!job) return;
  for (const x of job.targets) if (sessions.includes(x.session)) declined.set(askKey(job, x), x.ends_ms ?? 0);
  jobEvent({ ...job });
}

function again(job: Job): Entry["again"] {
  return (sessions) =>
    void logOff({ sessions: sessions ?? job.targets.map((x) => x.session), grace_ms: 0, message: "" });
}

export function jobEvent(job: Job): void {
  jobs.set(job.id, job);
  showAsking();
  const entry = entries.peek().find((e) => e.job?.id === job.id);
  if (entry) {
    changeEntry(entry.key, { job, targets: job.targets });
    return;
  }
  if (job.cause && job.cause !== "order") return; // a time-out: its tile says so
  const mine = job.by === me.peek()?.user;
  const cancellable = job.targets.some((x) => x.state === "waiting" && (x.ends_ms ?? job.ends_ms) > serverNow());
  if (asking(job).length > 0) dismissedJobs.delete(job.id); // a question wants to be seen
  if (job.finished || dismissedJobs.has(job.id) || (!mine && !cancellable)) return;
  // An order of this page whose answer is still under way will take the job over.
  if (mine && entries.peek().some((e) => e.act === "logoff" && e.pending)) return;
  addEntry({ act: "logoff", job, targets: job.targets, again: again(job) });
}

export function jobsSnapshot(list: readonly Job[]): void {
  jobs.clear();
  for (const j of list) jobEvent(j);
  showAsking();
}

export function jobGone(id: string): void {
  jobs.delete(id);
  dismissedJobs.delete(id);
  for (const k of [...declined.keys()]) if (k.startsWith(`${id} `)) declined.delete(k);
  showAsking();
}

export function resetActs(): void {
  jobs.clear();
  dismissedJobs.clear();
  declined.clear();
  entries.value = [];
  confirming.value = null;
}
