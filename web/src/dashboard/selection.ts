// SPDX-License-Identifier: GPL-3.0-or-later
// Selection as in a file manager, as pure functions: a state and an act give the next state. Ids are
// kept in a Set; the order of the wall is passed in, because it changes with every log-in.

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a Shift range begins. */
  readonly anchor: string | null;
  /** Where the keyboard is (aria-activedescendant). */
  readonly current: string | null;
}

export interface Keys {
  ctrl: boolean;
  shift: boolean;
}

export type Direction = "left" | "right" | "up" | "down" | "home" | "end" | "pageup" | "pagedown";

/** Tiles that stand beside each other: index of the first in the order of the wall, and how many. */
export interface Line {
  first: number;
  count: number;
}

export const EMPTY: Selection = { ids: new Set(), anchor: null, current: null };

function range(order: readonly string[], from: string | null, to: string): string[] {
  const b = order.indexOf(to);
  const a = from === null ? b : order.indexOf(from);
  if (b < 0) return [];
  if (a < 0) return [to];
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** A click: alone selects one, Ctrl adds or removes it, Shift selects the range (with Ctrl: adds it). */
export function click(s: Selection, order: readonly string[], id: string, keys: Keys): Selection {
  if (keys.shift) {
    const ids = new Set(keys.ctrl ? s.ids : []);
    for (const x of range(order, s.anchor, id)) ids.add(x);
    return { ids, anchor: s.anchor ?? id, current: id };
  }
  if (keys.ctrl) return toggle(s, id);
  return { ids: new Set([id]), anchor: id, current: id };
}

export function toggle(s: Selection, id: string): Selection {
  const ids = new Set(s.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id, current: id };
}

/** A whole group: alone selects it (or nothing, if it is what is selected), adds: adds it or takes it out. */
export function group(s: Selection, ids: readonly string[], adds: boolean): Selection {
  const whole = ids.every((id) => s.ids.has(id));
  const only = whole && s.ids.size === ids.length;
  const next = new Set(adds ? s.ids : []);
  for (const id of ids) {
    if (whole && (adds || only)) next.delete(id);
    else next.add(id);
  }
  const first = ids[0] ?? null;
  return { ids: next, anchor: first ?? s.anchor, current: s.current !== null && ids.includes(s.current) ? s.current : first };
}

/** Right click: what is under the pointer is the target, unless it already belongs to the selection. */
export function pointAt(s: Selection, id: string): Selection {
  return s.ids.has(id) ? { ...s, current: id } : { ids: new Set([id]), anchor: id, current: id };
}

/**
 * A frame being drawn. base: the selection when it began; hits: tiles it touches now. Without keys it
 * replaces, with Shift it adds, with Ctrl it turns round what it touches.
 */
export function band(base: Selection, hits: readonly string[], keys: Keys): Selection {
  const ids = new Set(keys.ctrl || keys.shift ? base.ids : []);
  for (const id of hits) {
    if (keys.ctrl && base.ids.has(id)) ids.delete(id);
    else ids.add(id);
  }
  const last = hits[hits.length - 1] ?? base.current;
  return { ids, anchor: hits[0] ?? base.anchor, current: last };
}

export function all(s: Selection, order: readonly string[]): Selection {
  return { ids: new Set(order), anchor: order[0] ?? null, current: s.current ?? order[0] ?? null };
}

export function clear(s: Selection): Selection {
  return { ids: new Set(), anchor: s.current, current: s.current };
}

/** Index reached from `at`. Stays where it is at the edges; a shorter line is entered at its end. page: lines in view. */
export function step(at: number, lines: readonly Line[], direction: Direction, page = 1): number {
  const here = lines.findIndex((l) => at >= l.first && at < l.first + l.count);
  const last = lines.at(-1);
  if (here < 0 || !last) return at;
  const across = (by: number) => {
    const from = lines[here] as Line;
    const to = lines[Math.min(Math.max(here + by, 0), lines.length - 1)] as Line;
    return to.first + Math.min(at - from.first, to.count - 1);
  };
  switch (direction) {
    case "left":
      return Math.max(0, at - 1);
    case "right":
      return Math.min(last.first + last.count - 1, at + 1);
    case "up":
      return across(-1);
    case "down":
      return across(1);
    case "pageup":
      return across(-page);
    case "pagedown":
      return across(page);
    case "home":
      return 0;
    case "end":
      return last.first + last.count - 1;
  }
}

/** Arrow keys: alone selects where it gets, Ctrl only moves, Shift extends from the anchor. */
export function move(
  s: Selection,
  order: readonly string[],
  lines: readonly Line[],
  direction: Direction,
  keys: Keys,
  page = 1,
): Selection {
  if (order.length === 0) return s;
  const at = s.current === null ? -1 : order.indexOf(s.current);
  const to = at >= 0 ? step(at, lines, direction, page) : direction === "end" ? order.length - 1 : 0;
  const id = order[to];
  if (id === undefined) return s;
  if (keys.ctrl && !keys.shift) return { ...s, current: id };
  return click(s, order, id, { ctrl: false, shift: keys.shift });
}

/** Sessions that are gone leave the selection; the keyboard stays near where it was. */
export function prune(s: Selection, order: readonly string[], before: readonly string[]): Selection {
  const there = new Set(order);
  let ids: ReadonlySet<string> = s.ids;
  for (const id of s.ids)
    if (!there.has(id)) {
      ids = new Set([...s.ids].filter((x) => there.has(x)));
      break;
    }
  let current = s.current;
  if (current !== null && !there.has(current)) {
    const at = before.indexOf(current);
    current = order[Math.min(Math.max(at, 0), order.length - 1)] ?? null;
  }
  const anchor = s.anchor !== null && there.has(s.anchor) ? s.anchor : null;
  if (ids === s.ids && current === s.current && anchor === s.anchor) return s;
  return { ids, anchor, current };
}
