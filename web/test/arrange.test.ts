// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange, matches, moves, terms, type Arrangement, type Item } from "../src/dashboard/arrange";
import { layout, place, rowOf, touched, within } from "../src/dashboard/geometry";
import { idleFor, load } from "../src/dashboard/tileinfo";
import type { Session, Station } from "../src/shared/types";
import { session } from "./things";

const plainly: Arrangement = { sort: "name", group: "none", show: "all", room: "", query: "" };
const station = (id: string, name: string, kind: Station["kind"]): Station => ({
  id, name, room: "", kind, address: "", connected: true, scene: "session", session: "", blocked: false, since: "", auto_user: "", auto_failure: "", enrolment: "none",
});
const item = (id: string, what: Partial<Session> = {}, idle_ms = 0, stations: Station[] = []): Item => ({
  session: { ...session(id, ["tile"]), ...what, stations: stations.map((s) => s.id) },
  idle_ms,
  stations,
});
const words = (s: Session) => ({ active: "Aktiv", suspended: "Angehalten" })[s.state as "active"] ?? s.state;
const ids = (items: Item[], how: Partial<Arrangement>) =>
  arrange(items, { ...plainly, ...how }, "de", words).parts.map((p) => `${p.key}: ${p.ids.join(" ")}`);

const cem = item("s1", { full_name: "Cem Demir", program: "Firefox", window: "Vögel – Wikipedia", memory_kib: 900 }, 5000, [station("browser-4", "R12-10", "browser")]);
const anna = item("s2", { full_name: "Anna Straße", user: "astrasse", program: "firefox", memory_kib: 100 }, 9000, [station("vnc-1", "R12-9", "vnc")]);
const ben = item("s3", { full_name: "Ben Cohen", state: "suspended", memory_kib: 500 }, 99_000);
const dana = item("s10", { full_name: "Anna Straße", blocked: true, program: "Calc" });
const all = [cem, anna, ben, dana];

test("search: every word, anywhere, without case and accents", () => {
  const find = (q: string) => all.filter((i) => matches(i, terms(q), words(i.session))).map((i) => i.session.id);
  assert.deepEqual(find("vogel"), ["s1"]);
  assert.deepEqual(find("  FIREFOX anna "), ["s2"]);
  assert.deepEqual(find("strasse"), ["s2", "s10"]);
  assert.deepEqual(find("r12-1"), ["s1"]);
  assert.deepEqual(find("browser-4"), ["s1"]);
  assert.deepEqual(find("angehalten"), ["s3"]);
  assert.deepEqual(find("xfce").length, 4);
  assert.deepEqual(find("anna calc firefox"), []);
  assert.deepEqual(find(" ").length, 4);
});

test("order: name, station by number, state, idle, memory; ties by name and age", () => {
  assert.deepEqual(ids(all, {}), [": s2 s10 s3 s1"]);
  assert.deepEqual(ids(all, { sort: "station" }), [": s2 s1 s10 s3"]);
  assert.deepEqual(ids(all, { sort: "state" }), [": s2 s1 s10 s3"]);
  assert.deepEqual(ids(all, { sort: "memory" }), [": s1 s3 s2 s10"]);
  // Who is suspended is away, not idle.
  assert.deepEqual(ids(all, { sort: "idle" }), [": s2 s1 s10 s3"]);
});

test("groups: state and kind in their own order, programs whatever their case, unknown last", () => {
  assert.deepEqual(ids(all, { group: "state" }), ["active: s2 s1", "blocked: s10", "suspended: s3"]);
  assert.deepEqual(ids(all, { group: "kind" }), ["browser: s1", "vnc: s2", "none: s10 s3"]);
  assert.deepEqual(ids(all, { group: "program" }), ["calc: s10", "firefox: s2 s1", ": s3"]);
});

test("groups: rooms by number, people in the order of the wall, stations; who has none comes last", () => {
  const at = (i: Item, room: string): Item => ({ ...i, session: { ...i.session, room } });
  const rooms = [at(cem, "Room 10"), at(anna, "Room 9"), ben, at(dana, "Room 9")];
  assert.deepEqual(ids(rooms, { group: "room" }), ["Room 9: s2 s10", "Room 10: s1", ": s3"]);
  assert.deepEqual(ids(rooms, { sort: "room" }), [": s2 s10 s1 s3"]);
  assert.deepEqual(ids(rooms, { room: "Room 9" }), [": s2 s10"]);
  assert.deepEqual(arrange(rooms, { ...plainly, room: "Room 10" }, "de", words).hidden.sort(), ["s10", "s2", "s3"]);
  assert.equal(matches(rooms[0] as Item, terms("room 10"), ""), true);
  const twice = [item("s1", { user: "cem", full_name: "Cem" }), item("s2", { user: "anna", full_name: "Anna" }), item("s3", { user: "cem", full_name: "Cem" })];
  assert.deepEqual(ids(twice, { group: "user" }), ["anna: s2", "cem: s1 s3"]);
  assert.deepEqual(ids(all, { group: "station" }), ["R12-9: s2", "R12-10: s1", ": s10 s3"]);
});

test("active hides suspended ones; what is hidden is told", () => {
  const a = arrange(all, { ...plainly, show: "active", query: "anna" }, "en", words);
  assert.deepEqual(a.parts, [{ key: "", ids: ["s2", "s10"] }]);
  assert.deepEqual(a.hidden.sort(), ["s1", "s3"]);
  assert.deepEqual(arrange([], plainly, "en", words), { parts: [], hidden: [] });
});

test("figures that change all the time do not move a tile, a name does", () => {
  const s = cem.session;
  assert.equal(moves(s, { ...s, cpu_permille: 900, memory_kib: 1, idle_ms: 4 }, plainly), false);
  assert.equal(moves(s, { ...s, full_name: "X" }, plainly), true);
  assert.equal(moves(s, { ...s, blocked: true }, plainly), true);
  assert.equal(moves(s, { ...s, program: "X" }, plainly), false);
  assert.equal(moves(s, { ...s, program: "X" }, { ...plainly, group: "program" }), true);
  assert.equal(moves(s, { ...s, window: "X" }, { ...plainly, query: "v" }), true);
});

const measures = { width: 1000, tile: 240, text: 80, gap: 10, heading: 40 };

test("places: as many columns as fit, headings between", () => {
  const l = layout([5, 3], true, measures);
  assert.equal(l.columns, 4);
  assert.equal(l.width, 242);
  assert.deepEqual(l.rows.map((r) => [r.first, r.count]), [[0, 4], [4, 1], [5, 3]]);
  assert.deepEqual(l.headings, [0, 40 + 2 * l.pitch]);
  assert.equal(rowOf(l, 4), 1);
  assert.equal(rowOf(l, 8), -1);
  assert.deepEqual(place(l, 6, 10), { x: 252, y: 80 + 2 * l.pitch, width: 242, height: l.height });
  assert.equal(l.total, 80 + 3 * l.pitch - 10);
  assert.equal(place(l, 99, 10), null);
});

test("a window narrower than a tile has one column", () => {
  const l = layout([3], false, { ...measures, width: 200 });
  assert.equal(l.columns, 1);
  assert.equal(l.width, 200);
  assert.equal(layout([], false, measures).total, 0);
});

test("only rows near the window, and what a frame touches", () => {
  const l = layout([1000], false, measures);
  const seen = within(l, l.pitch * 10 + 1, l.pitch * 12 - 20);
  assert.deepEqual(seen, { from: 40, to: 48 });
  assert.deepEqual(within(l, -500, -100), { from: 0, to: 0 });
  assert.deepEqual(touched(l, 10, { left: 100, right: 300, top: 10, bottom: l.pitch + 5 }), [0, 1, 4, 5]);
  assert.deepEqual(touched(l, 10, { left: 243, right: 250, top: 0, bottom: 50 }), []);
});

test("use of the computer is told only when it should be noticed", () => {
  const s = session("a", []);
  assert.deepEqual(load({ ...s, cpu_permille: 50, memory_kib: 999 }, 10_000), { cpu: null, memory: null });
  assert.deepEqual(load({ ...s, cpu_permille: 3000, memory_kib: 2500 }, 10_000), { cpu: 1, memory: 0.25 });
  assert.deepEqual(load({ ...s, memory_kib: 2500 }, 0), { cpu: null, memory: null });
});

test("idle: after five minutes, and only who could be at work", () => {
  const s = session("a", []);
  assert.equal(idleFor(s, 0, 299_999), 0);
  assert.equal(idleFor(s, 0, 300_000), 300_000);
  assert.equal(idleFor({ ...s, blocked: true }, 0, 300_000), 0);
  assert.equal(idleFor({ ...s, state: "suspended" }, 0, 300_000), 0);
});
