// SPDX-License-Identifier: GPL-3.0-or-later
// Where each tile of the wall stands, worked out from a few measures, so that only those near the window have to
// be in the document. Pure; pixels, from the top left corner of the wall.

import type { Line } from "./selection";

export interface Measures {
  /** Room for tiles. */
  width: number;
  /** Least width of a tile. */
  tile: number;
  /** Height of what stands below its picture. */
  text: number;
  gap: number;
  heading: number;
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Row extends Line {
  top: number;
}

export interface Layout {
  columns: number;
  width: number;
  height: number;
  pitch: number;
  rows: readonly Row[];
  /** Top of each heading. */
  headings: readonly number[];
  total: number;
}

const BORDER = 1;

/** counts: how many tiles each part of the wall has. headed: each part stands under a heading. */
export function layout(counts: readonly number[], headed: boolean, m: Measures): Layout {
  const least = Math.max(1, Math.min(m.tile, m.width));
  const columns = Math.max(1, Math.floor((m.width + m.gap) / (least + m.gap)));
  const width = Math.max(1, Math.floor((m.width - m.gap * (columns - 1)) / columns));
  const height = Math.round(((width - 2 * BORDER) * 9) / 16 + m.text) + 2 * BORDER;
  const pitch = height + m.gap;
  const rows: Row[] = [];
  const headings: number[] = [];
  let top = 0;
  let first = 0;
  for (const count of counts) {
    if (headed) {
      headings.push(top);
      top += m.heading;
    }
    for (let done = 0; done < count; done += columns) {
      rows.push({ top, first: first + done, count: Math.min(columns, count - done) });
      top += pitch;
    }
    first += count;
  }
  return { columns, width, height, pitch, rows, headings, total: Math.max(0, top - m.gap) };
}

/** The row that holds the tile of this index; -1: none does. */
export function rowOf(l: Layout, index: number): number {
  let low = 0;
  let high = l.rows.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    const row = l.rows[mid] as Row;
    if (index < row.first) high = mid - 1;
    else if (index >= row.first + row.count) low = mid + 1;
    else return mid;
  }
  return -1;
}

export function place(l: Layout, index: number, gap: number): Place | null {
  const row = l.rows[rowOf(l, index)];
  if (!row) return null;
  return { x: (index - row.first) * (l.width + gap), y: row.top, width: l.width, height: l.height };
}

/** Indices of the tiles in the rows that touch this stretch: from, and one after the last. */
export function within(l: Layout, top: number, bottom: number): { from: number; to: number } {
  const touching = l.rows.filter((r) => r.top + l.height > top && r.top < bottom);
  const a = touching[0];
  const b = touching.at(-1);
  return a && b ? { from: a.first, to: b.first + b.count } : { from: 0, to: 0 };
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Indices of the tiles that a frame touches, in the order of the wall. */
export function touched(l: Layout, gap: number, box: Box): number[] {
  const hits: number[] = [];
  for (const r of l.rows) {
    if (r.top >= box.bottom || r.top + l.height <= box.top) continue;
    for (let i = 0; i < r.count; i++) {
      const x = i * (l.width + gap);
      if (x < box.right && x + l.width > box.left) hits.push(r.first + i);
    }
  }
  return hits;
}
