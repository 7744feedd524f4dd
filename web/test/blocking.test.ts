// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { blockOf, restore, touched, untilMs } from "../src/dashboard/blocking";
import { condition, offer, projectionKey } from "../src/dashboard/summary";
import { characters, clip } from "../src/shared/format";
import type { Block, Projection } from "../src/shared/types";
import { session } from "./things";

const block = (kind: Block["kind"], name: string, message = "", until_ms = 0): Block => ({
  kind,
  name,
  full_name: name,
  by: "K",
  since: "",
  until_ms,
  message,
});

const at = (h: number, m: number) => new Date(2026, 10, 22, h, m).getTime();

test("when a block ends", () => {
  assert.equal(untilMs("back", "", at(10, 0)), 0);
  assert.equal(untilMs("5", "", at(10, 0)), at(10, 5));
  assert.equal(untilMs("30", "", at(10, 0)), at(10, 30));
  assert.equal(untilMs("time", "10:45", at(10, 0)), at(10, 45));
  assert.equal(untilMs("time", "10:00", at(10, 0)), new Date(2026, 10, 23, 10, 0).getTime());
  assert.equal(untilMs("time", "", at(10, 0)), null);
});

test("the block that a session feels", () => {
  const s = { ...session("s1", []), blocked: true, stations: ["vnc-1"] };
  const all = block("all", "", "all");
  const list = [block("user", "s2", "other"), block("station", "vnc-1", "station"), block("user", "s1", "user")];
  assert.equal(blockOf(s, list, all)?.message, "user");
  assert.equal(blockOf(s, list.slice(0, 2), all)?.message, "station");
  assert.equal(blockOf(s, list.slice(0, 1), all)?.message, "all");
  assert.equal(blockOf(s, [], null), null);
  assert.equal(blockOf({ ...s, blocked: false }, list, all), null);
});

test("what an order changes can be put back, in as few calls as there are texts and times", () => {
  const list = [block("user", "s1", "A", 99), block("user", "s2", "A", 99), block("station", "vnc-1", "A", 99), block("user", "s3")];
  const there = touched(list, [{ ...session("s1", []), stations: ["vnc-1"] }, session("s2", [])]);
  assert.deepEqual(there, list.slice(0, 3));
  assert.deepEqual(restore(there, 50), [{ users: ["s1", "s2"], stations: ["vnc-1"], message: "A", until_ms: 99 }]);
  assert.deepEqual(restore(there, 100), [], "it has ended by itself meanwhile");
  assert.deepEqual(restore([...touched(list, null), block("all", "", "B")], 50).at(-1), { all: true, message: "B" });
  assert.deepEqual(restore([list[3] as Block], 100), [{ users: ["s3"] }]);
});

test("at most 500 characters are code points", () => {
  assert.equal(clip("😀".repeat(3), 2), "😀😀");
  assert.equal(clip("abc", 3), "abc");
  assert.equal(characters("a😀ü"), 3);
});

test("the one word for a session: what is done to it comes first", () => {
  const s = { ...session("s1", []), stations: ["vnc-1"] };
  assert.equal(condition(s), "active");
  assert.equal(condition({ ...s, stations: [], state: "suspended", projected: true }), "suspended");
  assert.equal(condition({ ...s, locked: true }), "locked");
  assert.equal(condition({ ...s, locked: true, projected: true }), "projected");
  assert.equal(condition({ ...s, locked: true, projected: true, blocked: true }), "blocked");
  assert.equal(condition({ ...s, blocked: true, state: "closing" }), "closing");
});

test("what is offered for a selection", () => {
  const a = session("s1", ["view", "control", "project", "unlock"]);
  const b = { ...session("s2", ["unlock", "chat"]), blocked: true, locked: true };
  assert.deepEqual(offer([a]), { block: true, unblock: false, limit: false, free: false, view: "s1", control: "s1", project: "s1", unlock: [], chat: false, start: false });
  assert.deepEqual(offer([a, b]), { block: true, unblock: true, limit: false, free: false, view: null, control: null, project: null, unlock: ["s2"], chat: true, start: false });
  assert.deepEqual(offer([b]), { block: false, unblock: true, limit: false, free: false, view: null, control: null, project: null, unlock: ["s2"], chat: true, start: false });
});

test("a projection is told by whose it is", () => {
  const p = { source: "screen" } as Projection;
  assert.equal(projectionKey(p, true), "project.mine.screen");
  assert.equal(projectionKey({ ...p, source: "session" }, false), "project.theirs.session");
});
