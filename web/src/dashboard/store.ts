// SPDX-License-Identifier: GPL-3.0-or-later
// What the dashboard knows: one signal per tile, so that an event about one session draws one tile.
// The wall itself is drawn again only when sessions come, go or change their order.

import { batch, computed, effect, signal, type Signal } from "@preact/signals";
import { idNumber, plainName } from "../shared/format";
import { lang } from "../shared/i18n";
import type { Me, Session, Station, Target } from "../shared/types";
import type { TileSize } from "./frame";
import { EMPTY, prune, type Selection } from "./selection";

export type Link = "connecting" | "live" | "lost" | "unavailable" | "forbidden" | "many";
export type PictureState = "none" | "waiting" | "live" | "stale";

export type ActName = "logoff" | "suspend" | "block" | "unblock" | "project" | "stop" | "unlock";

export interface Outcome {
  state: Target["state"];
  reason: string;
  act: ActName;
}

export interface Tile {
  readonly id: string;
  readonly session: Signal<Session>;
  readonly selected: Signal<boolean>;
  readonly current: Signal<boolean>;
  /** What an act is doing or has done to this session; null: nothing to tell. */
  readonly outcome: Signal<Outcome | null>;
  /** Job whose notice this person asks more time of; null: does not ask. */
  readonly asks: Signal<string | null>;
  /** Others are being chosen to see this one. */
  readonly source: Signal<boolean>;
  readonly picture: Signal<PictureState>;
  /** Since when the picture is not live, ms of this computer; read only while picture is "stale". */
  staleSince: number;
  /** The session has ended; the tile stays a moment to say so. */
  readonly gone: Signal<boolean>;
}

/** null: not signed in; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);
export const system = signal("");
export const link = signal<Link>("connecting");
export const loaded = signal(false);
export const stations = signal<ReadonlyMap<string, Station>>(new Map());
export const tiles = new Map<string, Tile>();
/** Tiles in the order of the wall, those just ended included. */
export const shown = signal<readonly Tile[]>([]);
/** Ids of the sessions there are, in the order of the wall. */
export const order = computed(() => shown.value.filter((x) => !x.gone.value).map((x) => x.id));
export const selection = signal<Selection>(EMPTY);
/** Why the person was signed out; shown on the log-in card. */
export const signedOut = signal(false);

const GONE_MS = 1200;
const SIZE_STORE = "stationmaster.size";

function storedSize(): TileSize {
  try {
    const v = localStorage.getItem(SIZE_STORE);
    if (v === "small" || v === "medium" || v === "large") return v;
  } catch {
    // No storage: the default.
  }
  return "medium";
}

export const size = signal<TileSize>(storedSize());

effect(() => {
  try {
    localStorage.setItem(SIZE_STORE, size.value);
  } catch {
    // No storage: the choice lasts as long as the page.
  }
});

function newTile(s: Session): Tile {
  return {
    id: s.id,
    session: signal(s),
    selected: signal(false),
    current: signal(false),
    outcome: signal<Outcome | null>(null),
    asks: signal<string | null>(null),
    source: signal(false),
    picture: signal<PictureState>("waiting"),
    staleSince: 0,
    gone: signal(false),
  };
}

function sortTiles(): void {
  const collator = new Intl.Collator(lang.peek(), { sensitivity: "base", numeric: true });
  shown.value = [...tiles.values()].sort(
    (a, b) =>
      collator.compare(a.session.peek().full_name, b.session.peek().full_name) ||
      idNumber(a.id) - idNumber(b.id),
  );
}

export function setSelection(next: Selection): void {
  const old = selection.peek();
  if (next === old) return;
  batch(() => {
    for (const id of old.ids) if (!next.ids.has(id)) set(id, "selected", false);
    for (const id of next.ids) if (!old.ids.has(id)) set(id, "selected", true);
    if (old.current !== next.current) {
      if (old.current !== null) set(old.current, "current", false);
      if (next.current !== null) set(next.current, "current", true);
    }
    selection.value = next;
  });
}

function set(id: string, what: "selected" | "current", value: boolean): void {
  const tile = tiles.get(id);
  if (tile) tile[what].value = value;
}

function forget(before: readonly string[]): void {
  setSelection(prune(selection.peek(), order.peek(), before));
}

/** Who a session belongs to, for people: never empty. */
function named(s: Session): Session {
  return { ...s, full_name: plainName(s.full_name) || s.user };
}

export function putSession(raw: Session): void {
  const s = named(raw);
  const tile = tiles.get(s.id);
  if (tile) {
    const moved = tile.session.peek().full_name !== s.full_name;
    tile.session.value = s;
    if (moved) sortTiles();
    return;
  }
  tiles.set(s.id, newTile(s));
  sortTiles();
}

export function dropSession(id: string): void {
  const tile = tiles.get(id);
  if (!tile || tile.gone.peek()) return;
  const before = order.peek();
  batch(() => {
    tile.gone.value = true;
    forget(before);
  });
  setTimeout(() => {
    if (tiles.get(id) !== tile) return;
    tiles.delete(id);
    shown.value = shown.peek().filter((x) => x !== tile);
  }, GONE_MS);
}

/** A new whole picture: keeps the tiles (and the selection) of sessions that are still there. */
export function replaceSessions(list: readonly Session[]): void {
  batch(() => {
    const before = order.peek();
    const there = new Set(list.map((s) => s.id));
    for (const id of [...tiles.keys()]) if (!there.has(id)) tiles.delete(id);
    for (const raw of list) {
      const s = named(raw);
      const tile = tiles.get(s.id);
      if (tile && !tile.gone.peek()) tile.session.value = s;
      else tiles.set(s.id, newTile(s));
    }
    sortTiles();
    forget(before);
  });
}

export function putStation(s: Station): void {
  stations.value = new Map(stations.peek()).set(s.id, s);
}

export function dropStation(id: string): void {
  const next = new Map(stations.peek());
  if (next.delete(id)) stations.value = next;
}

export function liveSessions(): Session[] {
  return order.value.map((id) => tiles.get(id)?.session.value).filter((s): s is Session => s !== undefined);
}

export function reset(): void {
  batch(() => {
    tiles.clear();
    shown.value = [];
    stations.value = new Map();
    selection.value = EMPTY;
    loaded.value = false;
  });
}
