// SPDX-License-Identifier: GPL-3.0-or-later
// Orders and what became of them. An entry stands in the results panel from the click until it is
// dismissed; its targets are also shown on the tiles. Every order says how it is tried again and, where
// that can be, how it is undone.

import { batch, computed, effect, signal } from "@preact/signals";
import { asApiError, type ApiError } from "../shared/api";
import type { Key } from "../shared/i18n";
import type { Job, Target } from "../shared/types";
import { tiles, type ActName, type Outcome } from "./store";
import { exceptions, isFinal } from "./summary";

export interface Entry {
  readonly key: number;
  readonly act: ActName;
  readonly job: Job | null;
  readonly targets: readonly Target[];
  readonly pending: boolean;
  readonly error: ApiError | null;
  /** What "error" is about: the order, taking it back, or giving more time. */
  readonly failedAct: ActName | "cancel" | "extend" | null;
  /** The same order again; sessions: for these only. */
  readonly again: ((sessions?: readonly string[]) => void) | null;
  readonly undo: (() => void) | null;
  /** What the button for it says, where "Undo" would be too little. */
  readonly undoText: Key | null;
  /** Id of the projection that was started: with its end there is nothing more to tell. */
  readonly projection: string;
}

const ENTRIES_MAX = 20;
const DISMISS_AFTER_MS = 20_000; // only what went well for everybody

export const entries = signal<readonly Entry[]>([]);

let nextKey = 1;

export function addEntry(e: Pick<Entry, "act"> & Partial<Entry>): number {
  const key = nextKey++;
  const whole = { job: null, targets: [], pending: false, error: null, failedAct: null, again: null, undo: null, undoText: null, projection: "", ...e, key };
  entries.value = [whole, ...entries.peek()].slice(0, ENTRIES_MAX);
  return key;
}

export function changeEntry(key: number, next: Partial<Entry>): void {
  entries.value = entries.peek().map((e) => (e.key === key ? { ...e, ...next } : e));
}

export function dropEntry(key: number): void {
  entries.value = entries.peek().filter((x) => x.key !== key);
}

/** Stand-ins until the answer comes: these sessions, or everybody's but the caller's own. */
export function expected(sessions: readonly string[] | null, state: Target["state"]): Target[] {
  return (sessions ?? [...tiles.keys()]).flatMap((id) => {
    const s = tiles.get(id)?.session.peek();
    return s && (sessions !== null || !s.own)
      ? [{ session: id, user: s.user, full_name: s.full_name, state, reason: "" }]
      : [];
  });
}

interface Simple {
  act: ActName;
  expected: Target[];
  run: () => Promise<readonly Target[] | { targets: readonly Target[]; projection: string }>;
  /** null: it cannot be given again from here, for example because of a password that is not kept. */
  again: ((sessions?: readonly string[]) => void) | null;
  undo?: (() => void) | null;
  /** In place of undo: what can be done is known with the answer only. */
  undoLater?: () => (() => void) | null;
  undoText?: Key;
  /** This error is told where the order was given. */
  elsewhere?: (e: ApiError) => boolean;
}

/** What went well and is over makes room for the next: "Undo" is about the last of such acts. */
function makeRoom(): void {
  entries.value = entries
    .peek()
    .filter((e) => e.act === "logoff" || e.pending || e.error !== null || exceptions(e.targets).length > 0);
}

/** An order whose answer is final. Answers whether it was taken. */
export async function order(o: Simple): Promise<boolean> {
  makeRoom();
  const key = addEntry({ act: o.act, targets: o.expected, pending: true, again: o.again });
  try {
    const r = await o.run();
    const { targets, projection } = "projection" in r ? r : { targets: r, projection: "" };
    const done = targets.some((x) => x.state === "done");
    const undo = o.undo ?? o.undoLater?.() ?? null;
    changeEntry(key, { pending: false, targets, projection, undo: done ? undo : null, undoText: o.undoText ?? null });
    return true;
  } catch (e) {
    const error = asApiError(e);
    if (o.elsewhere?.(error)) dropEntry(key);
    else changeEntry(key, { pending: false, targets: [], error, failedAct: o.act });
    return false;
  }
}

/** It has ended: its card leaves too, but for what was refused. */
export function projectionOver(id: string): void {
  entries.value = entries.peek().filter((e) => e.projection !== id || exceptions(e.targets).length > 0);
  for (const e of entries.peek()) if (e.projection === id) changeEntry(e.key, { undo: null });
}

export function isBusy(e: Entry): boolean {
  return e.pending || (e.job !== null && !e.job.finished);
}

/** Where "done" is the end of the session the tile says so; else its own chips and marks do. */
function told(act: ActName, x: Target): boolean {
  return x.state === "cancelled" || ((x.state === "done" || x.state === "forced") && act !== "logoff");
}

/** Newest order first wins a tile. */
const outcomes = computed(() => {
  const map = new Map<string, Outcome>();
  for (const e of entries.value)
    for (const x of e.targets)
      if (x.session !== "" && !told(e.act, x) && !map.has(x.session))
        map.set(x.session, { state: x.state, reason: x.reason, act: e.act });
  return map;
});

effect(() => {
  const map = outcomes.value;
  batch(() => {
    for (const [id, tile] of tiles) {
      const next = map.get(id) ?? null;
      const old = tile.outcome.peek();
      if (next?.state === old?.state && next?.reason === old?.reason && next?.act === old?.act) continue;
      tile.outcome.value = next;
    }
  });
});

const leaving = new Set<number>();
effect(() => {
  for (const e of entries.value) {
    if (leaving.has(e.key) || isBusy(e) || e.error || exceptions(e.targets).length > 0) continue;
    if (!e.targets.every((x) => isFinal(x.state))) continue;
    leaving.add(e.key);
    setTimeout(() => {
      leaving.delete(e.key);
      dropEntry(e.key);
    }, DISMISS_AFTER_MS);
  }
});
