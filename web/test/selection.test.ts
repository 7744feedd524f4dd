// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sel from "../src/dashboard/selection";

const order = ["a", "b", "c", "d", "e", "f", "g"];
const none = { ctrl: false, shift: false };
const ctrl = { ctrl: true, shift: false };
const shift = { ctrl: false, shift: true };
/** A wall without headings. */
const rows = (columns: number, count = 7) =>
  Array.from({ length: Math.ceil(count / columns) }, (_, i) => ({ first: i * columns, count: Math.min(columns, count - i * columns) }));
const ids = (s: sel.Selection) => [...s.ids].sort().join("");

test("a click selects one and drops the rest", () => {
  let s = sel.click(sel.EMPTY, order, "b", none);
  s = sel.click(s, order, "d", none);
  assert.equal(ids(s), "d");
  assert.equal(s.anchor, "d");
  assert.equal(s.current, "d");
});

test("Ctrl adds and removes", () => {
  let s = sel.click(sel.EMPTY, order, "b", none);
  s = sel.click(s, order, "d", ctrl);
  assert.equal(ids(s), "bd");
  s = sel.click(s, order, "b", ctrl);
  assert.equal(ids(s), "d");
});

test("Shift selects from the anchor, in both directions, and keeps the anchor", () => {
  let s = sel.click(sel.EMPTY, order, "c", none);
  s = sel.click(s, order, "e", shift);
  assert.equal(ids(s), "cde");
  s = sel.click(s, order, "a", shift);
  assert.equal(ids(s), "abc");
  assert.equal(s.anchor, "c");
});

test("Ctrl+Shift adds the range to what was selected", () => {
  let s = sel.click(sel.EMPTY, order, "a", none);
  s = sel.click(s, order, "d", ctrl);
  s = sel.click(s, order, "f", { ctrl: true, shift: true });
  assert.equal(ids(s), "adef");
});

test("Shift without an anchor selects only what was clicked", () => {
  assert.equal(ids(sel.click(sel.EMPTY, order, "e", shift)), "e");
});

test("a range whose anchor has gone is one tile", () => {
  const s: sel.Selection = { ids: new Set(["x"]), anchor: "x", current: "x" };
  assert.equal(ids(sel.click(s, order, "c", shift)), "c");
});

test("right click keeps a selection it belongs to, else points at one", () => {
  const s = sel.all(sel.EMPTY, order);
  assert.equal(sel.pointAt(s, "c").ids.size, 7);
  const t = sel.click(sel.EMPTY, order, "a", none);
  assert.equal(ids(sel.pointAt(t, "c")), "c");
});

test("a frame replaces, adds with Shift, turns round with Ctrl", () => {
  const base = sel.click(sel.EMPTY, order, "b", none);
  assert.equal(ids(sel.band(base, ["c", "d"], none)), "cd");
  assert.equal(ids(sel.band(base, ["c", "d"], shift)), "bcd");
  assert.equal(ids(sel.band(base, ["b", "c"], ctrl)), "c");
  assert.equal(ids(sel.band(base, [], none)), "");
});

test("steps in a wall of three columns and seven tiles", () => {
  assert.equal(sel.step(0, rows(3), "left"), 0);
  assert.equal(sel.step(2, rows(3), "right"), 3);
  assert.equal(sel.step(1, rows(3), "up"), 1);
  assert.equal(sel.step(4, rows(3), "up"), 1);
  assert.equal(sel.step(1, rows(3), "down"), 4);
  assert.equal(sel.step(4, rows(3), "down"), 6); // shorter last row
  assert.equal(sel.step(6, rows(3), "down"), 6);
  assert.equal(sel.step(4, rows(3), "end"), 6);
});

test("steps across headings, to the end of shorter rows, and page by page", () => {
  // a b c / d, heading, e f / g
  const lines = [{ first: 0, count: 3 }, { first: 3, count: 1 }, { first: 4, count: 2 }, { first: 6, count: 1 }];
  assert.equal(sel.step(2, lines, "down"), 3);
  assert.equal(sel.step(3, lines, "down"), 4);
  assert.equal(sel.step(5, lines, "down"), 6);
  assert.equal(sel.step(5, lines, "up"), 3);
  assert.equal(sel.step(3, lines, "right"), 4);
  assert.equal(sel.step(1, lines, "pagedown", 2), 5);
  assert.equal(sel.step(1, lines, "pagedown", 9), 6);
  assert.equal(sel.step(6, lines, "pageup", 9), 0);
});

test("arrows select, Ctrl+arrow only moves, Shift+arrow extends", () => {
  let s = sel.move(sel.EMPTY, order, rows(3), "right", none);
  assert.equal(ids(s), "a");
  s = sel.move(s, order, rows(3), "right", none);
  assert.equal(ids(s), "b");
  s = sel.move(s, order, rows(3), "right", ctrl);
  assert.equal(ids(s), "b");
  assert.equal(s.current, "c");
  s = sel.toggle(s, "c");
  assert.equal(ids(s), "bc");
  s = sel.move(s, order, rows(3), "right", shift);
  assert.equal(ids(s), "cd");
  assert.equal(sel.move(sel.EMPTY, [], rows(3), "down", none), sel.EMPTY);
});

test("clearing keeps the keyboard where it is", () => {
  const s = sel.clear(sel.all(sel.click(sel.EMPTY, order, "c", none), order));
  assert.equal(s.ids.size, 0);
  assert.equal(s.current, "c");
});

test("sessions that are gone leave the selection, others stay", () => {
  const s = sel.all(sel.click(sel.EMPTY, order, "c", none), order);
  const after = ["a", "b", "d"];
  const p = sel.prune(s, after, order);
  assert.equal(ids(p), "abd");
  assert.equal(p.current, "d"); // took the place of c
  assert.equal(sel.prune(p, after, after), p); // nothing changed: the same object
  assert.equal(sel.prune(p, [], after).current, null);
});
