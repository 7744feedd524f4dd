// SPDX-License-Identifier: GPL-3.0-or-later
// Thumbnails, past the framework: a frame is decoded off the main thread and drawn straight to the
// canvas of its tile. Owns which tiles are visible (and tells the relay), the last picture of each,
// and what is said about it. While a tile is being decoded only the newest further frame is kept.
//
// "Live" means: the relay has sent a picture since we last asked for this tile. It sends one only when
// something changed, so silence on a working connection is not staleness.

import { effect, signal } from "@preact/signals";
import type { PictureAlarm } from "../shared/types";
import { parseFrame, type Frame } from "./frame";
import { size, tiles, type Tile } from "./store";

const ASK_AFTER_MS = 40; // one message for all tiles that a scroll brings in
const PATIENCE_MS = 3000; // how long a picture may take before we say that there is none
const CHECK_MS = 1000;
const AHEAD_PX = 120; // tiles just out of view have their picture when they come in

interface Slot {
  tile: Tile;
  /** null: the tile is not in the document; its last picture is kept. */
  canvas: HTMLCanvasElement | null;
  visible: boolean;
  last: Frame | null;
  next: Frame | null;
  decoding: boolean;
  /** When the tile was asked for; 0: answered or not asked. */
  askedAt: number;
}

type Send = (message: { tiles: { size: string; sessions: string[] } }) => boolean;

const slots = new Map<string, Slot>();
const byElement = new WeakMap<Element, Slot>();
let send: Send = () => false;
let asked = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

let observer: IntersectionObserver | null = null;

function seen(entries: IntersectionObserverEntry[]): void {
  for (const e of entries) {
    const slot = byElement.get(e.target);
    if (!slot || slot.visible === e.isIntersecting) continue;
    slot.visible = e.isIntersecting;
    if (slot.visible) {
      if (slot.last) void draw(slot, slot.last);
    } else {
      goStale(slot, false);
      if (slot.canvas) slot.canvas.width = slot.canvas.height = 0; // give the pixels back; the JPEG is kept
    }
  }
  askSoon();
}

/** The observer of the wall that scrolls these tiles: a margin works with the scroller as root only. */
function observe(element: HTMLElement): void {
  const root = element.closest(".wall-area");
  if (observer?.root !== root) {
    observer?.disconnect();
    observer = new IntersectionObserver(seen, { root, rootMargin: `${AHEAD_PX}px 0px` });
  }
  observer?.observe(element);
}

function newSlot(tile: Tile): Slot {
  return {
    tile,
    canvas: null,
    visible: false,
    last: null,
    next: null,
    decoding: false,
    askedAt: 0,
  };
}

export function attach(tile: Tile, element: HTMLElement, canvas: HTMLCanvasElement): () => void {
  let slot = slots.get(tile.id);
  if (slot?.tile !== tile) slot = newSlot(tile);
  const mine = slot;
  mine.canvas = canvas;
  slots.set(tile.id, mine);
  byElement.set(element, mine);
  observe(element);
  return () => {
    observer?.unobserve(element);
    if (mine.canvas !== canvas) return; // there is a new element already
    mine.canvas = null;
    mine.visible = false;
    goStale(mine, false);
    askSoon();
  };
}

export function setSender(s: Send): void {
  send = s;
}

/** The connection is new: whatever is visible has to be asked for again. */
export function connected(): void {
  asked = new Set();
  ask();
}

export function disconnected(): void {
  asked = new Set();
  for (const slot of slots.values()) {
    goStale(slot, true);
    slot.tile.alarm.value = null; // said again when we are back
  }
}

/** The tile may have a picture now that it could not have before. */
export function again(id: string): void {
  const slot = slots.get(id);
  if (!slot?.visible) return;
  slot.askedAt = Date.now();
  askSoon();
}

export function receive(buffer: ArrayBuffer): void {
  const frame = parseFrame(buffer);
  if (!frame) return;
  const slot = slots.get(frame.session);
  if (!slot) return;
  slot.askedAt = 0;
  slot.tile.picture.value = "live";
  if (slot.decoding) slot.next = frame;
  else void draw(slot, frame);
}

async function draw(slot: Slot, frame: Frame): Promise<void> {
  slot.decoding = true;
  slot.last = frame;
  try {
    const bitmap = await createImageBitmap(new Blob([frame.jpeg], { type: "image/jpeg" }));
    const c = slot.visible ? slot.canvas : null; // it may have left the window meanwhile
    if (c && (c.width !== bitmap.width || c.height !== bitmap.height)) {
      c.width = bitmap.width;
      c.height = bitmap.height;
    }
    c?.getContext("2d", { alpha: false })?.drawImage(bitmap, 0, 0);
    bitmap.close();
    if (c) c.dataset["time"] = String(frame.time_ms);
  } catch {
    slot.last = null; // not a picture; the next one may be
  }
  slot.decoding = false;
  const next = slot.next;
  slot.next = null;
  if (next) void draw(slot, next);
}

/** The picture is no longer kept up to date. tell: say so at once, else only if no new one comes. */
function goStale(slot: Slot, tell: boolean): void {
  slot.askedAt = 0;
  if (slot.tile.picture.peek() !== "live") return;
  slot.tile.staleSince = Date.now();
  if (tell && slot.visible) slot.tile.picture.value = "stale";
}

function wanted(): Slot[] {
  if (document.hidden) return [];
  return [...slots.values()].filter(
    (s) => s.visible && !s.tile.gone.peek() && s.tile.session.peek().may.includes("tile"),
  );
}

function ask(): void {
  clearTimeout(timer);
  timer = undefined;
  const list = wanted();
  if (!send({ tiles: { size: size.peek(), sessions: list.map((s) => s.tile.id) } })) return;
  const now = Date.now();
  for (const s of list)
    if (!asked.has(s.tile.id)) {
      s.askedAt = now;
      if (s.tile.picture.peek() === "none") s.tile.picture.value = "waiting"; // a new try
    }
  asked = new Set(list.map((s) => s.tile.id));
}

export function askSoon(): void {
  timer ??= setTimeout(ask, ASK_AFTER_MS);
}

/** What the relay says of a picture that it sends; "": all is well again. */
export function alarmed(e: { session: string; alarm: PictureAlarm | ""; since_ms: number }): void {
  const tile = tiles.get(e.session);
  if (tile) tile.alarm.value = e.alarm ? { kind: e.alarm, since_ms: e.since_ms } : null;
}

/** How many of the sessions that have been looked at have no picture, an old one or one that is lost, frozen or black. */
export const alarms = signal(0);

function count(): number {
  let n = 0;
  for (const { tile } of slots.values()) {
    const picture = tile.picture.peek();
    if (!tile.gone.peek() && (picture === "stale" || picture === "none" || tile.alarm.peek() !== null)) n++;
  }
  return n;
}

function check(): void {
  const now = Date.now();
  for (const [id, s] of slots) {
    if (tiles.get(id) !== s.tile) {
      slots.delete(id);
      continue;
    }
    if (!s.visible) continue;
    if (s.askedAt === 0 || now - s.askedAt < PATIENCE_MS) continue;
    if (!s.last || s.tile.staleSince === 0) s.tile.staleSince = s.askedAt;
    s.askedAt = 0;
    s.tile.picture.value = s.last ? "stale" : "none";
  }
  alarms.value = count();
}

setInterval(check, CHECK_MS);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) for (const s of slots.values()) goStale(s, false);
  ask();
});
effect(() => {
  void size.value;
  asked = new Set();
  askSoon();
});
