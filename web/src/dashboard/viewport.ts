// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the wall that is near the window. A class is in the document as a whole; of a thousand sessions
// only the rows in view and some above and below them are.

import { computed, signal } from "@preact/signals";
import { group } from "./choices";
import { layout, place, within, type Layout, type Measures } from "./geometry";
import type { Line } from "./selection";
import { listed, sections } from "./store";

const WHOLE_MAX = 120;
const AHEAD = 0.6; // of what is in view, above and below

export const measures = signal<Measures | null>(null);
export const flat = computed(() => sections.value.flatMap((s) => s.tiles));
export const plan = computed<Layout | null>(() => {
  const m = measures.value;
  return m && layout(sections.value.map((s) => s.tiles.length), group.value !== "none", m);
});

const top = signal(0);
const height = signal(0);

const near = computed(() => {
  const l = plan.value;
  const count = flat.value.length;
  if (!l || count <= WHOLE_MAX) return { from: 0, to: l ? count : 0 };
  const ahead = height.value * AHEAD;
  return within(l, top.value - ahead, top.value + height.value + ahead);
});
/** Indices in `flat` of the tiles that are in the document: from, and one after the last. */
export const from = computed(() => near.value.from);
export const to = computed(() => near.value.to);

/** The rows as the keyboard sees them: without tiles whose session has ended. */
export const lines = computed<Line[]>(() => {
  let first = 0;
  return (plan.value?.rows ?? []).flatMap((r) => {
    const count = flat.value.slice(r.first, r.first + r.count).filter((x) => !x.gone.value).length;
    const line = { first, count };
    first += count;
    return count > 0 ? [line] : [];
  });
});

/** Where each session stands among those the wall shows, from 1. */
export const positions = computed(() => new Map(listed.value.map((id, i) => [id, i + 1])));

/** The element that scrolls, and in it the one that is as high as all tiles together. */
interface Elements {
  scroller: HTMLElement;
  sizer: HTMLElement;
  probe: HTMLElement;
}

let elements: Elements | null = null;
/** After tiles have changed their size the same people stay in view. */
let anchor: string | null = null;

export const sizerElement = () => elements?.sizer ?? null;

function measure(): void {
  if (!elements) return;
  const { scroller, sizer, probe } = elements;
  const style = getComputedStyle(probe);
  const next: Measures = {
    width: sizer.clientWidth,
    tile: parseFloat(style.width),
    text: parseFloat(style.height),
    gap: parseFloat(style.columnGap),
    heading: parseFloat(style.rowGap),
  };
  height.value = scroller.clientHeight;
  const old = measures.peek();
  if (old && (Object.keys(next) as (keyof Measures)[]).every((k) => old[k] === next[k])) return;
  const l = plan.peek();
  if (l && scroller.scrollTop > 0)
    anchor ??= flat.peek()[within(l, scroller.scrollTop + l.height / 2, Infinity).from]?.id ?? null;
  measures.value = next;
}

/** After the wall has its new height. */
export function keepAnchor(): void {
  if (anchor === null || !elements) return;
  const p = placeOf(anchor);
  anchor = null;
  if (p) elements.scroller.scrollTop = p.y + elements.sizer.offsetTop - (measures.peek()?.heading ?? 0);
}

function scrolled(): void {
  if (elements) top.value = elements.scroller.scrollTop;
}

export function observeWall(e: Elements): () => void {
  elements = e;
  measure();
  scrolled();
  const observer = new ResizeObserver(measure);
  for (const x of Object.values(e) as HTMLElement[]) observer.observe(x);
  e.scroller.addEventListener("scroll", scrolled, { passive: true });
  return () => {
    observer.disconnect();
    e.scroller.removeEventListener("scroll", scrolled);
    elements = null;
  };
}

function placeOf(id: string) {
  const l = plan.peek();
  return l && place(l, flat.peek().findIndex((x) => x.id === id), measures.peek()?.gap ?? 0);
}

const EDGE_PX = 8;

/** Scrolls as little as is needed to see this tile. */
export function reveal(id: string): void {
  const p = placeOf(id);
  if (!p || !elements) return;
  const { scroller, sizer } = elements;
  const y = p.y + sizer.offsetTop;
  const heading = group.peek() === "none" ? 0 : (measures.peek()?.heading ?? 0);
  if (y - heading < scroller.scrollTop) scroller.scrollTop = y - heading - EDGE_PX;
  else if (y + p.height > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = y + p.height - scroller.clientHeight + EDGE_PX;
  scrolled();
}

/** How many rows are in view, for the page keys. */
export function page(): number {
  return Math.max(1, Math.floor(height.peek() / (plan.peek()?.pitch ?? Infinity)));
}
