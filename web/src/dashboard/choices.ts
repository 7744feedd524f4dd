// SPDX-License-Identifier: GPL-3.0-or-later
// How this person likes the wall: kept for each account on this computer. What is searched for is not kept:
// after a reload nobody should be missing without a reason that can be seen.

import { batch, effect, signal, type Signal } from "@preact/signals";
import { GROUPS, SHOWS, SORTS, type Group, type Show, type Sort } from "./arrange";
import { SIZES, type TileSize } from "./frame";

export const size = signal<TileSize>("medium");
export const sort = signal<Sort>("name");
export const group = signal<Group>("none");
export const show = signal<Show>("all");
/** The room that is looked at; empty: all. */
export const room = signal("");
export const query = signal("");

let user: string | null = null;
const storeOf = (name: string) => `stationmaster.wall.${name}`;

function stored(name: string): Record<string, unknown> {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(storeOf(name)) ?? "{}");
    return typeof v === "object" && v !== null ? (v as Record<string, unknown>) : {};
  } catch {
    return {}; // no storage, or not ours: the defaults
  }
}

function take<T>(into: Signal<T>, value: unknown, known: readonly T[], otherwise: T): void {
  into.value = known.find((k) => k === value) ?? otherwise;
}

/** Somebody has signed in (or out: null). */
export function choicesOf(name: string | null): void {
  user = null;
  const v = name === null ? {} : stored(name);
  batch(() => {
    query.value = "";
    take(size, v["size"], SIZES, "medium");
    take(sort, v["sort"], SORTS, "name");
    take(group, v["group"], GROUPS, "none");
    take(show, v["show"], SHOWS, "all");
    room.value = typeof v["room"] === "string" ? v["room"] : "";
  });
  user = name;
}

effect(() => {
  const v = JSON.stringify({ size: size.value, sort: sort.value, group: group.value, show: show.value, room: room.value });
  if (user === null) return;
  try {
    localStorage.setItem(storeOf(user), v);
  } catch {
    // No storage: the choice lasts as long as the page.
  }
});
