// SPDX-License-Identifier: GPL-3.0-or-later
// What the dashboard knows: one signal per tile, so that an event about one session draws one tile.
// The wall itself is drawn again only when sessions come, go or change their order.

import { batch, computed, effect, signal, type Signal } from "@preact/signals";
import { plainName } from "../shared/format";
import { lang, t } from "../shared/i18n";
import type { Me, PictureAlarm, Session, Station, Target } from "../shared/types";
import { arrange, moves, type Arrangement, type Item } from "./arrange";
import { choicesOf, group, query, room, show, sort } from "./choices";
import { EMPTY, prune, type Selection } from "./selection";
import { condition } from "./summary";

export type Link = "connecting" | "live" | "lost" | "unavailable" | "forbidden" | "many";
export type PictureState = "none" | "waiting" | "live" | "stale";

export type ActName =
  | "logoff"
  | "suspend"
  | "block"
  | "unblock"
  | "limit"
  | "free"
  | "project"
  | "stop"
  | "unlock"
  | "message"
  | "start"
  | "close"
  | "chat"
  | "lesson"
  | "lesson.change"
  | "lesson.end"
  | "hands"
  | "auto"
  | "auto.off"
  | "storage.block"
  | "storage.unblock"
  | "logon";

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
  /** What the relay has found wrong with its picture, and since when, ms of the system; null: nothing. */
  readonly alarm: Signal<{ kind: PictureAlarm; since_ms: number } | null>;
  /** Last key or pointer event, ms of this computer. */
  usedAt: number;
  /** The session has ended; the tile stays a moment to say so. */
  readonly gone: Signal<boolean>;
}

/** null: not signed in; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);
export const system = signal("");
/** Memory of the system in KiB; 0: not known. */
export const memoryTotal = signal(0);
export const link = signal<Link>("connecting");
export const loaded = signal(false);
export const stations = signal<ReadonlyMap<string, Station>>(new Map());
export const tiles = new Map<string, Tile>();
export interface Section {
  /** See Part of arrange.ts. */
  key: string;
  tiles: readonly Tile[];
}

/** What the wall shows, those just ended included. */
export const sections = signal<readonly Section[]>([]);
/** Tiles that search or "active" keep off the wall. */
const hidden = signal<readonly Tile[]>([]);

const there = (list: readonly Tile[]) => list.filter((x) => !x.gone.value).map((x) => x.id);
/** Ids of the sessions that the wall shows, in its order. */
export const listed = computed(() => there(sections.value.flatMap((s) => s.tiles)));
/** Ids of the sessions there are, those that the wall shows first. */
export const order = computed(() => [...listed.value, ...there(hidden.value)]);
export const selection = signal<Selection>(EMPTY);
/** Why the person was signed out; shown on the log-in card. */
export const signedOut = signal(false);

export { size } from "./choices";

const GONE_MS = 1200;
const ARRANGE_MS = 50; // a class that logs in at once is sorted once
const RESORT_MS = 5000; // how often an order by figures that always change is made anew

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
    alarm: signal<{ kind: PictureAlarm; since_ms: number } | null>(null),
    usedAt: Date.now() - s.idle_ms,
    gone: signal(false),
  };
}

const itemOf = (x: Tile): Item => ({
  session: x.session.peek(),
  idle_ms: Date.now() - x.usedAt,
  stations: x.session.peek().stations.flatMap((id) => stations.peek().get(id) ?? []),
});
const chosen = (): Arrangement => ({ sort: sort.value, group: group.value, show: show.value, room: room.value, query: query.value });
const same = (a: readonly Tile[], b: readonly Tile[]) => a.length === b.length && a.every((x, i) => x === b[i]);

let arranging: ReturnType<typeof setTimeout> | undefined;

function arrangeTiles(): void {
  clearTimeout(arranging);
  arranging = undefined;
  const byId = (ids: readonly string[]) => ids.flatMap((id) => tiles.get(id) ?? []);
  const a = arrange([...tiles.values()].map(itemOf), chosen(), lang.value, (s) => t(`condition.${condition(s)}`));
  const next = a.parts.map((p) => ({ key: p.key, tiles: byId(p.ids) }));
  const old = sections.peek();
  const unchanged = old.length === next.length && next.every((s, i) => s.key === old[i]?.key && same(s.tiles, old[i].tiles));
  batch(() => {
    if (!unchanged) sections.value = next;
    hidden.value = byId(a.hidden);
  });
}

function arrangeSoon(): void {
  arranging ??= setTimeout(arrangeTiles, ARRANGE_MS);
}

effect(arrangeTiles); // choices, language
effect(() => {
  void stations.value;
  arrangeSoon();
});
effect(() => choicesOf(me.value?.user ?? null));
setInterval(() => {
  if (sort.peek() === "idle" || sort.peek() === "memory") arrangeSoon();
}, RESORT_MS);

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
    const moved = moves(tile.session.peek(), s, chosen());
    tile.usedAt = Date.now() - s.idle_ms;
    tile.session.value = s;
    if (moved) arrangeSoon();
    return;
  }
  tiles.set(s.id, newTile(s));
  arrangeSoon();
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
    arrangeSoon();
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
      if (tile && !tile.gone.peek()) {
        tile.usedAt = Date.now() - s.idle_ms;
        tile.session.value = s;
      } else tiles.set(s.id, newTile(s));
    }
    arrangeTiles();
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

/** Names of the rooms that stations and sessions name, as text with a line for each: an event that brings none draws nothing. */
export const roomNames = computed(() => {
  const names = new Set([...[...stations.value.values()].map((s) => s.room), ...liveSessions().map((s) => s.room), room.value]);
  names.delete("");
  return [...names].sort(new Intl.Collator(lang.value, { numeric: true }).compare).join("\n");
});

export function reset(): void {
  batch(() => {
    tiles.clear();
    sections.value = [];
    hidden.value = [];
    stations.value = new Map();
    selection.value = EMPTY;
    loaded.value = false;
  });
}
