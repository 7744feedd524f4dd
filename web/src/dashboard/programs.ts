// SPDX-License-Identifier: GPL-3.0-or-later
// Orders about programs: start, close, close by name; the list of what is installed and its pictures.

import { signal } from "@preact/signals";
import { call } from "../shared/api";
import { lang } from "../shared/i18n";
import type { Process, Program, ProgramWindow, Target } from "../shared/types";
import { expected, order } from "./entries";
import { tiles } from "./store";
import { newcomers } from "./starting";

export interface Listing {
  windows: ProgramWindow[];
  processes: Process[];
}

export interface StartOrder {
  program: string | null;
  open: string | null;
}

/** For whom something is to be started, while the dialog is open. */
export const starting = signal<{ sessions: readonly string[] | "all" } | null>(null);
/** What is to be closed by name, while its dialog is open. */
export const closingByName = signal<{ name: string; session: string } | null>(null);

const whom = (sessions: readonly string[] | null) => (sessions === null ? { all: true } : { sessions });

export const list = (session: string) => call<Listing>("Programs.List", { session });

export async function installed(): Promise<Program[]> {
  return (await call<{ programs: Program[] }>("Programs.Installed", { language: lang.peek() })).programs;
}

export async function recent(): Promise<StartOrder[]> {
  const r = await call<{ entries: { program?: string; open?: string }[] }>("Programs.Recent");
  return r.entries.map((e) => ({ program: e.program || null, open: e.open || null }));
}

async function processes(session: string): Promise<Process[] | null> {
  try {
    return (await list(session)).processes;
  } catch {
    return null;
  }
}

const STILL_THERE = "It was asked to close and is still there; perhaps it asks what to save.";

/** Closes what a start has brought: asks, and leaves it to the person what to save. */
async function closeAgain(session: string, started: readonly Process[]): Promise<void> {
  const s = tiles.get(session)?.session.peek();
  const name = { session, user: s?.user ?? "", full_name: s?.full_name ?? "" };
  await order({
    act: "close",
    expected: expected([session], "asking"),
    run: async () => {
      const left = new Set(((await list(session)).processes ?? []).map((p) => `${p.pid} ${p.start}`));
      const there = started.filter((p) => left.has(`${p.pid} ${p.start}`));
      // One that ends takes others along; what is left then has no such start time any more.
      const states = await Promise.allSettled(there.map((p) => call<{ state: string }>("Programs.Close", { session, pid: p.pid, start: p.start, force_ms: -1 })));
      const failed = there.length > 0 && states.every((x) => x.status === "rejected");
      if (failed) throw (states[0] as PromiseRejectedResult).reason;
      // Not done: it asks what to save, and whoever sits there has to answer.
      if (states.some((x) => x.status === "fulfilled" && x.value.state === "asking")) return [{ ...name, state: "failed", reason: STILL_THERE }];
      return [{ ...name, state: "done", reason: "" }] satisfies Target[];
    },
    again: () => void closeAgain(session, started),
  });
}

export async function start(sessions: readonly string[] | null, o: StartOrder): Promise<void> {
  const one = sessions?.length === 1 ? (sessions[0] ?? null) : null;
  const before = one === null ? null : await processes(one);
  let brought: Process[] = [];
  await order({
    act: "start",
    expected: expected(sessions, "asking"),
    run: async () => {
      const r = await call<{ targets: Target[] }>("Programs.Start", { ...whom(sessions), ...o });
      const after = one === null || !before ? null : await processes(one);
      brought = before && after ? newcomers(before, after) : [];
      return r.targets;
    },
    again: (failed) => void start(failed ?? sessions, o),
    undoLater: () => (one !== null && brought.length > 0 ? () => void closeAgain(one, brought) : null),
    undoText: "start.again",
  });
}

export async function closeByName(sessions: readonly string[] | null, name: string): Promise<void> {
  await order({
    act: "close",
    expected: expected(sessions, "asking"),
    run: async () => (await call<{ targets: Target[] }>("Programs.CloseByName", { ...whom(sessions), name })).targets,
    again: (failed) => void closeByName(failed ?? sessions, name),
  });
}

/* --- pictures --- */

const PICTURES_AT_ONCE = 3;
const TYPES = new Set(["image/png", "image/svg+xml"]);
const pictures = new Map<string, Promise<string | null>>();
const queue: (() => void)[] = [];
let running = 0;

async function fetchPicture(program: string): Promise<string | null> {
  if (running >= PICTURES_AT_ONCE) await new Promise<void>((go) => queue.push(go));
  running++;
  try {
    const r = await call<{ type: string; data: string }>("Programs.Icon", { program });
    return TYPES.has(r.type) ? `data:${r.type};base64,${r.data}` : null;
  } catch {
    pictures.delete(program);
    return null;
  } finally {
    running--;
    queue.shift()?.();
  }
}

/** An address for <img>; null: there is none. */
export function picture(program: string): Promise<string | null> {
  let p = pictures.get(program);
  if (!p) {
    p = fetchPicture(program);
    pictures.set(program, p);
  }
  return p;
}
