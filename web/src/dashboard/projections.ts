// SPDX-License-Identifier: GPL-3.0-or-later
// Projections: those that run, the orders, choosing who sees one, and the one screen that this page
// may be sending.

import { batch, computed, effect, signal } from "@preact/signals";
import { ApiError, asApiError, call } from "../shared/api";
import type { Projection, Session, Target } from "../shared/types";
import { askForScreen, canShare, Capture } from "./capture";
import { addEntry, expected, order, projectionOver } from "./entries";
import { goTo } from "./place";
import { EMPTY, type Selection } from "./selection";
import { me, selection, setSelection, tiles } from "./store";

export const projections = signal<ReadonlyMap<string, Projection>>(new Map());
/** Those it is shown to go on working and see it in a window. */
export const inWindow = signal(false);

interface Choosing {
  source: string;
  /** The selection as it was, for when this is over. */
  before: Selection;
}

/** Who is to see the desktop of this session? null: nobody asks. */
export const choosing = signal<Choosing | null>(null);

/** Those chosen so far: what is selected, but for the source itself. */
export const chosen = computed(() => {
  const source = choosing.value?.source;
  return [...selection.value.ids].filter((id) => id !== source);
});

export function choose(source: string): void {
  goTo("home"); // they are chosen on the wall
  batch(() => {
    choosing.value = { source, before: selection.peek() };
    setSelection({ ...EMPTY, current: selection.peek().current });
    mark(source, true);
  });
}

export function stopChoosing(): void {
  const c = choosing.peek();
  if (!c) return;
  batch(() => {
    choosing.value = null;
    mark(c.source, false);
    setSelection({ ...c.before, ids: new Set([...c.before.ids].filter((id) => tiles.get(id)?.gone.peek() === false)) });
  });
}

function mark(id: string, on: boolean): void {
  const tile = tiles.get(id);
  if (tile) tile.source.value = on;
}

// The source may log off meanwhile.
effect(() => {
  const c = choosing.value;
  if (c && (tiles.get(c.source)?.gone.value ?? true)) stopChoosing();
});

interface Started {
  projection: string;
  targets: Target[];
}

async function start(source: string | null, sessions: readonly string[] | null): Promise<Started> {
  return call<Started>("Projections.Start", {
    ...(source === null ? {} : { source }),
    ...(sessions === null ? { all: true } : { sessions }),
    window: inWindow.peek(),
  });
}

export async function projectSession(source: string, sessions: readonly string[] | null): Promise<void> {
  let id = "";
  await order({
    act: "project",
    expected: expected(sessions, "asking").filter((x) => x.session !== source),
    run: async () => {
      const r = await start(source, sessions);
      id = r.projection;
      return r;
    },
    again: (failed) => void projectSession(source, failed ?? sessions),
    undo: () => void stop(id),
  });
}

let capture: Capture | null = null;

export async function projectScreen(sessions: readonly string[] | null): Promise<void> {
  const again = (failed?: readonly string[]) => void projectScreen(failed ?? sessions);
  let stream: MediaStream | null;
  try {
    if (!canShare()) throw new ApiError("NoScreen", 0, {});
    stream = await askForScreen();
  } catch (e) {
    const error = e instanceof ApiError ? e : new ApiError("NoScreen", 0, { reason: e instanceof Error ? e.message : "" });
    addEntry({ act: "project", error, failedAct: "project", again });
    return;
  }
  if (!stream) return;
  const screen = stream;
  let id = "";
  const taken = await order({
    act: "project",
    expected: expected(sessions, "asking"),
    run: async () => {
      const r = await start(null, sessions);
      id = r.projection;
      return r;
    },
    again,
    undo: () => void stop(id),
  });
  if (!taken) {
    for (const track of screen.getTracks()) track.stop();
    return;
  }
  const old = capture;
  if (old) void stop(old.projection); // one screen at a time; the new one has taken its place
  const mine = new Capture(id, screen, () => {
    if (capture === mine) capture = null;
    if (projections.peek().has(id)) void stop(id);
  });
  capture = mine;
}

function release(id: string): void {
  if (capture?.projection !== id) return;
  capture.stop();
  capture = null;
}

/** The stop button waits for this one. */
export const stopping = signal<ReadonlySet<string>>(new Set());

export async function stop(id: string): Promise<void> {
  stopping.value = new Set(stopping.peek()).add(id);
  release(id);
  try {
    await call("Projections.Stop", { projection: id });
    projectionGone(id);
  } catch (e) {
    const error = asApiError(e);
    if (error.kind === "NotFound") projectionGone(id);
    else addEntry({ act: "stop", error, failedAct: "stop", again: () => void stop(id) });
  }
  const next = new Set(stopping.peek());
  next.delete(id);
  stopping.value = next;
}

/** Every projection that the caller may stop; own ones first. */
export const stoppable = computed(() => [...projections.value.values()].filter((p) => p.may.includes("stop")));

export function stopAll(): void {
  for (const p of stoppable.peek()) void stop(p.id);
}

export function isMine(p: Projection): boolean {
  return p.by === me.value?.user;
}

export function putProjection(p: Projection): void {
  projections.value = new Map(projections.peek()).set(p.id, p);
}

export function projectionGone(id: string): void {
  release(id);
  projectionOver(id);
  const next = new Map(projections.peek());
  if (next.delete(id)) projections.value = next;
}

export function replaceProjections(list: readonly Projection[]): void {
  const there = new Set(list.map((p) => p.id));
  if (capture && !there.has(capture.projection)) release(capture.projection);
  projections.value = new Map(list.map((p) => [p.id, p]));
}

export function mayBeSource(s: Session): boolean {
  return s.may.includes("project") && s.state !== "opening" && s.state !== "closing";
}

export function resetProjections(): void {
  capture?.stop();
  capture = null;
  choosing.value = null;
  projections.value = new Map();
}
