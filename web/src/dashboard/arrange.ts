// SPDX-License-Identifier: GPL-3.0-or-later
// Which sessions the wall shows, in which order and under which headings. Pure.

import { idNumber } from "../shared/format";
import type { Session, Station } from "../shared/types";
import { condition } from "./summary";

export const SORTS = ["name", "room", "station", "state", "idle", "memory"] as const;
export type Sort = (typeof SORTS)[number];
export const GROUPS = ["none", "room", "state", "user", "station", "kind", "program"] as const;
export type Group = (typeof GROUPS)[number];
export const SHOWS = ["active", "all"] as const;
export type Show = (typeof SHOWS)[number];

/** A session with what the wall knows of it beside the session itself. */
export interface Item {
  session: Session;
  idle_ms: number;
  stations: readonly Station[];
}

export interface Arrangement {
  sort: Sort;
  group: Group;
  show: Show;
  /** Only sessions of this room; empty: of all. */
  room: string;
  query: string;
}

export interface Part {
  /** What these have in common, a key for words: a room, a state, a person, a station, a kind of it, a program. Empty: nothing. */
  key: string;
  ids: string[];
}

export interface Arranged {
  parts: Part[];
  /** Those that search, the room or "active" keep off the wall. */
  hidden: string[];
}

/** Without case, accents and what makes no difference to a reader. */
export function plain(s: string): string {
  return s
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss");
}

export function terms(query: string): string[] {
  return plain(query).split(/\s+/).filter(Boolean);
}

export function stationName(item: Item): string {
  return item.stations.map((s) => s.name || s.id).join(", ");
}

export function kindOf(item: Item): string {
  return item.stations[0]?.kind ?? "none";
}

/** Each term stands somewhere in what is known of the session. words: its state as people read it. */
export function matches(item: Item, wanted: readonly string[], words: string): boolean {
  if (wanted.length === 0) return true;
  const s = item.session;
  const stations = item.stations.flatMap((x) => [x.id, x.name]);
  const text = plain([s.user, s.full_name, s.room, s.program, s.window, s.desktop, words, ...s.stations, ...stations].join("\n"));
  return wanted.every((w) => text.includes(w));
}

const STATES = ["opening", "active", "blocked", "projected", "locked", "closing", "suspended"];
const KINDS = ["local", "browser", "vnc", "rdp", "none"];

type Compare = (a: Item, b: Item) => number;

const idle = (i: Item) => (i.session.state === "active" ? i.idle_ms : -1);

/** Who has none comes last. */
function lastEmpty(x: string, y: string, collator: Intl.Collator): number {
  return x === "" || y === "" ? Number(x === "") - Number(y === "") : collator.compare(x, y);
}

function comparing(sort: Sort, collator: Intl.Collator): Compare {
  const byName: Compare = (a, b) =>
    collator.compare(a.session.full_name, b.session.full_name) || idNumber(a.session.id) - idNumber(b.session.id);
  const rank = (i: Item) => STATES.indexOf(condition(i.session));
  const byText = (of: (i: Item) => string): Compare => (a, b) => lastEmpty(of(a), of(b), collator);
  const byStation = byText(stationName);
  const first: Record<Sort, Compare> = {
    name: () => 0,
    room: (a, b) => lastEmpty(a.session.room, b.session.room, collator) || byStation(a, b),
    station: byStation,
    state: (a, b) => rank(a) - rank(b),
    idle: (a, b) => idle(b) - idle(a),
    memory: (a, b) => b.session.memory_kib - a.session.memory_kib,
  };
  return (a, b) => first[sort](a, b) || byName(a, b);
}

function keyOf(item: Item, group: Group): string {
  switch (group) {
    case "none":
      return "";
    case "room":
      return item.session.room;
    case "state":
      return condition(item.session);
    case "user":
      return item.session.user;
    case "station":
      return stationName(item);
    case "kind":
      return kindOf(item);
    case "program":
      return plain(item.session.program);
  }
}

/** Order of the headings: states and kinds have one of their own, people that of their names; who has none comes last. */
function comparingParts(how: Arrangement, collator: Intl.Collator): ((a: Part, b: Part) => number) | null {
  const fixed = how.group === "state" ? STATES : how.group === "kind" ? KINDS : null;
  if (fixed) return (a, b) => fixed.indexOf(a.key) - fixed.indexOf(b.key);
  // In the order of the wall: that of the first of each.
  if (how.group === "user") return null;
  return (a, b) => lastEmpty(a.key, b.key, collator);
}

export function arrange(
  items: readonly Item[],
  how: Arrangement,
  language: string,
  words: (s: Session) => string,
): Arranged {
  const collator = new Intl.Collator(language, { sensitivity: "base", numeric: true });
  const wanted = terms(how.query);
  const hidden: string[] = [];
  const shown: Item[] = [];
  for (const i of items) {
    const off = (how.show === "active" && i.session.state === "suspended") || (how.room !== "" && i.session.room !== how.room);
    if (off || !matches(i, wanted, words(i.session))) hidden.push(i.session.id);
    else shown.push(i);
  }
  const parts = new Map<string, Part>();
  for (const i of shown.sort(comparing(how.sort, collator))) {
    const key = keyOf(i, how.group);
    const part = parts.get(key);
    if (part) part.ids.push(i.session.id);
    else parts.set(key, { key, ids: [i.session.id] });
  }
  const order = comparingParts(how, collator);
  return { parts: order ? [...parts.values()].sort(order) : [...parts.values()], hidden };
}

/** An event about a session may change the order of the wall; what only counts up does so by itself. */
export function moves(a: Session, b: Session, how: Arrangement): boolean {
  return (
    a.full_name !== b.full_name ||
    a.state !== b.state ||
    a.room !== b.room ||
    a.stations.join() !== b.stations.join() ||
    condition(a) !== condition(b) ||
    (a.program !== b.program && (how.group === "program" || how.query !== "")) ||
    (a.window !== b.window && how.query !== "")
  );
}
