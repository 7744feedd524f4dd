// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, FRAME_MS, Pace } from "../src/dashboard/pace";
import { ended, leavesControl, neighbour } from "../src/dashboard/viewend";
import type { Scene } from "../src/shared/types";
import { hasPixels, takesInput } from "../src/station/scene";

test("a picture goes out when it is wanted and new, 25 times a second at most", () => {
  const p = new Pace();
  assert.equal(p.due(0), null);
  p.changed();
  assert.equal(p.due(0), null, "nobody wants it");
  p.want();
  assert.equal(p.due(0), 0);
  p.taken(0);
  p.want();
  assert.equal(p.due(10), null, "the relay has this one");
  p.changed();
  assert.equal(p.due(10), FRAME_MS - 10);
  assert.equal(p.due(100), 0);
});

test("a new connection gets the picture that is there, when it asks", () => {
  const p = new Pace();
  p.changed();
  p.want();
  p.taken(0);
  p.restart();
  assert.equal(p.due(100), null);
  p.want();
  assert.equal(p.due(100), 0);
});

test("screens are made smaller, never larger, and keep their shape", () => {
  assert.deepEqual(fitted(1280, 720), { width: 1280, height: 720 });
  assert.deepEqual(fitted(3840, 2160), { width: 1920, height: 1080 });
  assert.deepEqual(fitted(1080, 1920), { width: 608, height: 1080 });
  assert.deepEqual(fitted(5000, 1), { width: 1920, height: 1 });
});

test("what the end of a view means", () => {
  assert.deepEqual(ended(4409, "Ada Admin"), { why: "busy", name: "Ada Admin", reason: "", retry: false });
  assert.equal(ended(4404, "")?.why, "gone");
  assert.equal(ended(4403, "no")?.reason, "no");
  assert.equal(ended(4503, "")?.retry, true);
  assert.equal(ended(1006, ""), null, "it just broke");
});

test("one way out of control, whatever the layout says the key is", () => {
  const k = { code: "KeyQ", ctrlKey: true, altKey: true, shiftKey: true };
  assert.ok(leavesControl(k));
  assert.ok(!leavesControl({ ...k, shiftKey: false })); // AltGr + Q is @ on German keyboards
  assert.ok(!leavesControl({ ...k, code: "Escape" }));
});

test("neighbours: round and round past those that may not be seen", () => {
  const order = ["a", "b", "c", "d"];
  const may = (id: string) => id !== "b";
  assert.equal(neighbour(order, may, "a", 1), "c");
  assert.equal(neighbour(order, may, "c", -1), "a");
  assert.equal(neighbour(order, may, "d", 1), "a");
  assert.equal(neighbour(order, may, "a", -1), "d");
  assert.equal(neighbour(order, may, "gone", 1), "a");
  assert.equal(neighbour(order, may, "gone", -1), "d");
  assert.equal(neighbour(["a"], may, "a", 1), null);
  assert.equal(neighbour([], may, "a", 1), null);
});

test("input passes in a session that says so, and in nothing else", () => {
  const s: Scene = { kind: "session", session: "s1", user: "u", full_name: "U", input: true, text: "" };
  assert.equal(takesInput(s), true);
  assert.equal(takesInput({ ...s, input: false }), false);
  assert.equal(takesInput({ ...s, input: undefined as unknown as boolean }), false);
  for (const kind of ["block", "lock", "projection", "greeter"] as const) assert.equal(takesInput({ ...s, kind }), false, kind);
  assert.equal(takesInput(null), false);
});

test("pixels in a session, a projection, and beneath the block of a session", () => {
  const s: Scene = { kind: "session", session: "s1", user: "u", full_name: "U", input: true, text: "" };
  assert.ok(hasPixels(s));
  assert.ok(hasPixels({ ...s, kind: "projection", session: "" }));
  assert.ok(hasPixels({ ...s, kind: "block" }));
  assert.ok(!hasPixels({ ...s, kind: "block", session: "" }));
  assert.ok(!hasPixels({ ...s, kind: "lock" }));
  assert.ok(!hasPixels({ ...s, kind: "greeter" }));
});
