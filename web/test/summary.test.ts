// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptions, isFinal, nameSome, split, summarize } from "../src/dashboard/summary";
import type { Target, TargetState } from "../src/shared/types";
import { session } from "./things";

const target = (state: TargetState, session = "s1"): Target => ({
  session,
  user: "u" + session,
  full_name: "U " + session,
  state,
  reason: "",
});

test("26 of 28 done, 2 refused", () => {
  const s = summarize([
    ...Array.from({ length: 25 }, () => target("done")),
    target("forced"),
    target("refused"),
    target("refused"),
  ]);
  assert.deepEqual(s, { count: 28, done: 26, forced: 1, refused: 2, failed: 0, cancelled: 0, running: 0 });
});

test("what still runs is not done", () => {
  const s = summarize([target("waiting"), target("asking"), target("ending"), target("failed"), target("cancelled")]);
  assert.equal(s.running, 3);
  assert.equal(s.done, 0);
  assert.equal(s.failed, 1);
  assert.equal(s.cancelled, 1);
  for (const x of ["waiting", "asking", "ending"] as const) assert.equal(isFinal(x), false);
  for (const x of ["done", "forced", "refused", "failed", "cancelled"] as const) assert.equal(isFinal(x), true);
});

test("the refused and the failed are named, the refused first", () => {
  const e = exceptions([target("failed", "s1"), target("done", "s2"), target("refused", "s3")]);
  assert.deepEqual(e.map((x) => x.session), ["s3", "s1"]);
});

test("an act on several spares the caller's own session and names the forbidden", () => {
  const all = [session("s1", ["logoff"]), session("s2", ["logoff"], true), session("s3", ["tile"])];
  const s = split(all, "logoff", true);
  assert.deepEqual(s.affected.map((x) => x.id), ["s1"]);
  assert.deepEqual(s.own.map((x) => x.id), ["s2"]);
  assert.deepEqual(s.forbidden.map((x) => x.id), ["s3"]);
});

test("one's own session can be ended alone", () => {
  const s = split([session("s2", ["logoff"], true)], "logoff", false);
  assert.deepEqual(s.affected.map((x) => x.id), ["s2"]);
});

test("names up to ten, then the number", () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
  assert.deepEqual(nameSome(names.slice(0, 10)), { shown: names.slice(0, 10), more: 0 });
  assert.equal(nameSome(names).shown.length, 10);
  assert.equal(nameSome(names).more, 2);
});
