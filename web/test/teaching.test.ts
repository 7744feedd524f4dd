// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTargets } from "../src/dashboard/audit";
import { untilMs } from "../src/dashboard/blocking";
import { covers, endLines, lengthChoice, lengthMs, lessonBlock, previewLines, programText, shownLesson } from "../src/dashboard/teaching";
import type { Lesson, LessonChange } from "../src/shared/types";
import { session } from "./things";

const lesson = (more: Partial<Lesson> = {}): Lesson => ({
  id: "l1", name: "Maths", by: "kaya", by_name: "Karin Kaya", since: "2026-11-22T10:00:00Z", ends_ms: 1000, all: true, rooms: [], users: [], block: false, message: "", programs: [], may: true, ...more,
});
const names = (n: readonly string[]) => n.join("+");

test("lengths: the four, and any from 1 to 720 minutes", () => {
  assert.equal(lengthMs("45", ""), 45 * 60_000);
  assert.equal(lengthMs("free", " 50 "), 50 * 60_000);
  for (const bad of ["", "0", "721", "x", "4.5", "-5", "1e2"]) assert.equal(lengthMs("free", bad), null, bad);
  assert.deepEqual(lengthChoice(45 * 60_000), { choice: "45", free: "" });
  assert.deepEqual(lengthChoice(50 * 60_000), { choice: "free", free: "50" });
  assert.deepEqual(lengthChoice(1000), { choice: "free", free: "1" });
});

test("whom a lesson covers, and whose block a session feels", () => {
  const anna = { ...session("anna", []), blocked: true };
  const otto = { ...session("otto", []), role: "operator" as const, blocked: true };
  assert.equal(covers(lesson(), anna, "kaya"), true);
  assert.equal(covers(lesson(), otto, "kaya"), false);
  assert.equal(covers(lesson({ all: false, users: [{ user: "otto", full_name: "Otto" }] }), otto, "kaya"), true);
  assert.equal(covers(lesson({ by: "otto", all: false, users: [{ user: "otto", full_name: "Otto" }] }), otto, "otto"), false);
  const list = [lesson({ block: true, message: "one" }), lesson({ id: "l2", block: true, message: "two" }), lesson({ id: "l3" })];
  assert.equal(lessonBlock(list, anna)?.message, "two");
  assert.equal(lessonBlock(list, otto), null);
  assert.equal(lessonBlock(list, { ...anna, blocked: false }), null);
});

test("the own lesson that ends first is counted down", () => {
  const list = [lesson({ by: "x", ends_ms: 1 }), lesson({ id: "l2", ends_ms: 9 }), lesson({ id: "l3", ends_ms: 5 })];
  assert.equal(shownLesson(list, "kaya")?.id, "l3");
  assert.equal(shownLesson(list, "nobody")?.id, "l1");
  assert.equal(shownLesson([], "kaya"), null);
});

test("what a start would do, said once for each kind of change", () => {
  const change = (user: string, more: Partial<LessonChange> = {}): LessonChange => ({
    session: "s1", user, full_name: user, state: "done", reason: "", blocked_before: false, blocked: true, blocked_after: false, web_before: false, web: false, programs: 0, message: false, lesson: "", ...more,
  });
  const lines = previewLines(
    [change("anna", { programs: 2 }), change("ben", { blocked_before: true, blocked_after: true }), change("cem", { blocked_before: true, lesson: "Art" }), change("otto", { state: "refused", blocked: false })],
    "all",
    { names, time: "10:45" },
  );
  assert.deepEqual(lines.map((l) => [l.key, l.args["names"] ?? l.args["time"] ?? ""]), [
    ["lesson.preview.covered", "anna+ben+cem"],
    ["lesson.preview.later", ""],
    ["lesson.preview.block", "anna"],
    ["lesson.preview.blocked", "ben"],
    ["lesson.preview.freed", "cem"],
    ["lesson.preview.programs", "anna"],
    ["lesson.preview.other", "cem"],
    ["lesson.preview.left", "otto"],
    ["lesson.preview.end", "10:45"],
  ]);
  const web = previewLines([change("anna", { blocked: false, web: true }), change("ben", { blocked: false, web: true, web_before: true })], "nobody", { names, time: "x", web: { mode: "deny", domains: ["games.example"] } });
  assert.deepEqual(web.map((l) => [l.key, l.args["names"], l.args["sites"]]).slice(1, 3), [["lesson.preview.web.deny", "anna", "games.example"], ["lesson.preview.limited", "ben", undefined]]);
  assert.deepEqual(previewLines([change("anna", { blocked: false, message: true })], "nobody", { names, time: "x" }).map((l) => l.key), ["lesson.preview.covered", "lesson.preview.message", "lesson.preview.end"]);
  assert.deepEqual(previewLines([], "rooms", { names, time: "x" }).map((l) => l.key), ["lesson.preview.room", "lesson.preview.end"]);
});

test("what falls off at the end, and what stays", () => {
  const people = [session("anna", []), session("ben", [])];
  const keys = (l: Lesson) => endLines(l, people, (s) => s.id === "ben", names).map((x) => [x.key, x.args["names"] ?? ""]);
  assert.deepEqual(keys(lesson({ block: true, programs: [{ program: "", open: "x" }] })), [["lesson.end.free", "anna"], ["lesson.end.stay", "ben"], ["lesson.end.programs", ""]]);
  assert.deepEqual(keys(lesson()), [["lesson.end.nothing", ""]]);
  assert.deepEqual(keys(lesson({ web: { mode: "allow", domains: ["a.example"] } })), [["lesson.end.web", "anna+ben"]]);
});

test("programs by name, blocks until the end of the lesson, entries of the activity", () => {
  const nameOf = (id: string) => (id === "ff" ? "Firefox" : id);
  assert.deepEqual([programText({ program: "ff", open: "" }, nameOf), programText({ program: "ff", open: "https://x.org" }, nameOf), programText({ program: "", open: "xterm -e top" }, nameOf)], ["Firefox", "Firefox: https://x.org", "xterm -e top"]);
  assert.equal(untilMs("lesson", "", 100, 500), 500);
  assert.equal(untilMs("lesson", "", 500, 500), null, "it is over");
  assert.deepEqual(parseTargets("Lessons.Start", "l3 Maths: A 45 min block: all anna ben=refused"), { what: "Maths: A 45 min block", all: true, named: [{ name: "anna", state: "" }, { name: "ben", state: "refused" }] });
  assert.deepEqual(parseTargets("Lessons.End", "l3 Maths: time over"), { what: "Maths: time over", all: false, named: [] });
  assert.deepEqual(parseTargets("Lessons.End", "l3"), { what: "", all: false, named: [] });
});
