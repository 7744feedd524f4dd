// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl: lessons.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, beforeEach, test } from "node:test";
import { folder, run, runJson, socket } from "./bed.mjs";
import { FakeStationd, session, station } from "./fake-stationd.mjs";

let fake;
const last = () => fake.calls.at(-1);
const minute = 60_000;

beforeEach(async () => {
  await fake?.stop();
  fake = new FakeStationd(socket);
  fake.sessions = [session(1, "anna", { full_name: "Anna Berg" }), session(2, "ben"), session(12, "karin", { role: "operator", full_name: "Karin Kaya", own: true }), session(13, "adam", { role: "administrator" })];
  fake.stations = [station(1, "s1"), station(2, "s2")];
  await fake.start();
});
after(async () => {
  await fake?.stop();
  rmSync(folder, { recursive: true });
});

test("start: whom, how long, what; programs as often as they are given", async () => {
  const before = Date.now();
  const { code, out, err } = await run(["lesson", "start", "s1", "ben", "zoe", "--until", "+30m", "--name", "Maths – 本", "--block", "--message", "Look here", "--program", "firefox-esr", "--open", "https://example.org/a b", "--program", "xterm", "--open", "/srv/plan.pdf", "--open", "gimp x"]);
  assert.equal(code, 0, err);
  const { ends_ms, ...rest } = last().parameters;
  assert.ok(ends_ms >= before + 30 * minute && ends_ms <= Date.now() + 30 * minute);
  assert.deepEqual(rest, {
    sessions: ["s1"], users: ["ben", "zoe"], name: "Maths – 本", message: "Look here", block: true,
    programs: [{ program: "firefox-esr", open: "https://example.org/a b" }, { program: "xterm", open: "/srv/plan.pdf" }, { program: "", open: "gimp x" }],
  });
  assert.match(out, /^s1 +anna \(Anna Berg\) at browser-1 +in the lesson\n/);
  assert.match(out, /3 in the lesson\.\nLesson l1 runs\. End it: stationctl lesson end l1\n$/);
});

test("of a room: as a room, so that who comes later is covered", async () => {
  const { code, out, err } = await run(["lesson", "start", "--room", "Room 12", "zoe"]);
  assert.equal(code, 0, err);
  assert.deepEqual(last().parameters, { users: ["zoe"], rooms: ["Room 12"], length_ms: 45 * minute });
  assert.match(out, /runs, for whoever comes there later, too\./);
  assert.match((await run(["lesson", "list"])).out, /Room 12/);
  assert.match((await run(["lesson", "preview", "--room", "Room 12"])).out, /Whoever comes there while it runs, too\./);
  assert.equal((await run(["lesson", "start", "--all", "--room", "Room 12"])).code, 2);
});

test("the web of a lesson: sites that stay open, or that are closed; free again", async () => {
  await run(["lesson", "start", "anna", "--only", "contoso.com", "--only", "example.org"]);
  assert.deepEqual(last().parameters.web, { mode: "allow", domains: ["contoso.com", "example.org"] });
  assert.match((await run(["lesson", "list"])).out, /web limited/);
  assert.match((await run(["lesson", "preview", "anna", "--except", "games.example"])).out, /not blocked, reaches all but those sites/);
  assert.match((await run(["lesson", "preview", "anna", "--only", "games.example"])).out, /not blocked, reaches only those sites/);
  await run(["lesson", "change", "l1", "--except=games.example"]);
  assert.deepEqual(last().parameters, { lesson: "l1", web: { mode: "deny", domains: ["games.example"] } });
  await run(["lesson", "change", "l1", "--free-web"]);
  assert.deepEqual(last().parameters.web.domains, []);
  assert.equal((await run(["lesson", "start", "anna", "--only", "a.example", "--except", "b.example"])).code, 2);
});

test("start: everybody; 45 minutes where nobody says; exit codes by what became of each", async () => {
  const { code, out } = await run(["lesson", "start", "--all"]);
  assert.equal(code, 1, "Adam is refused");
  assert.deepEqual(last().parameters, { all: true, length_ms: 45 * minute });
  assert.match(out, /Lesson l1 runs, for everybody, who logs in later too\./);
  assert.equal((await run(["lesson", "start", "adam"])).code, 3);
  assert.equal((await run(["lesson", "start"])).code, 2);
  assert.equal((await run(["lesson", "start", "--all", "anna"])).code, 2);
  assert.equal((await run(["lesson", "start", "--all", "--until", "yesterday"])).code, 2);
  assert.equal((await runJson(["lesson", "start", "anna"])).lesson, "l3");
});

test("preview: in words, and nothing is started", async () => {
  fake.blocks = [{ kind: "user", name: "ben", full_name: "Ben", by: "K", since: "2026-11-22T10:00:00Z", until_ms: 0, message: "" }];
  const { code, out } = await run(["lesson", "preview", "anna", "ben", "zoe", "adam", "--block", "--message=x", "--open", "xterm"]);
  assert.equal(code, 1);
  assert.equal(last().method, "org.stationmaster.Lessons.Preview");
  assert.match(out, /anna \(Anna Berg\) +becomes blocked until its end, gets programs\n/);
  assert.match(out, /ben \(Ben\) +is blocked already, and stays so, gets programs\n/);
  assert.match(out, /- +zoe +becomes blocked until its end\n/);
  assert.match(out, /adam \(Adam\) +refused: Only an/);
  assert.match((await run(["lesson", "preview", "anna", "--message=x"])).out, /not blocked, gets the message\n/);
  assert.deepEqual([fake.lessons, (await runJson(["lesson", "preview", "anna"])).length], [[], 1]);
});

test("list, extend, change, end, recent; and as events", async () => {
  assert.equal((await run(["lesson", "list"])).out, "No lessons.\n");
  assert.equal((await run(["lesson", "recent"])).out, "You have started no lesson yet.\n");
  await run(["lesson", "start", "anna", "ben", "--name", "Reading\u001b[2J", "--block", "--program", "xterm", "--message", "Silence"]);
  const lines = (await run(["lesson", "list"])).out.split("\n");
  assert.match(lines[0], /^LESSON +NAME +BY +ENDS +LEFT +WHOM +BRINGS +MESSAGE/);
  assert.match(lines[1], /^l1 +Reading\[2J +Karin Kaya +(tomorrow )?\d\d:\d\d +4[45] min +anna, ben +blocked, xterm +Silence/);
  const ends = fake.lessons[0].ends_ms;
  assert.match((await run(["lesson", "extend", "l1"])).out, /^Lesson l1 ends .*; its people are blocked\.\n$/);
  assert.equal((await runJson(["lesson", "extend", "l1", "--by", "15m"])).ends_ms, ends + 20 * minute);
  assert.match((await run(["lesson", "change", "l1", "--no-block", "--message", "Page 7"])).out, /^Lesson l1 ends (tomorrow )?\d\d:\d\d\.\n$/);
  assert.deepEqual(last().parameters, { lesson: "l1", block: false, message: "Page 7" });
  assert.equal((await runJson(["lesson", "change", "l1", "--block", "--name", ""])).block, true);
  for (const wrong of [["l1"], ["l1", "--block", "--no-block"], ["l1", "--until", "+5m"]]) assert.equal((await run(["lesson", "change", ...wrong])).code, 2);
  assert.match((await run(["event", "watch", "--timeout", "0.3"])).out, /\d sessions/);
  assert.match((await run(["lesson", "end", "l1"])).out, /^Lesson l1 has ended/);
  assert.deepEqual(fake.lessons, []);
  assert.equal((await run(["lesson", "end", "l1"])).code, 4);
  assert.match((await run(["lesson", "recent"])).out, /Reading\[2J +45 min +anna, ben +blocked, xterm +Silence/);
});

test("completion knows the lessons that run", async () => {
  await run(["lesson", "start", "--all", "--name", "Maths"]);
  const { out } = await run(["__complete", "--socket", socket, "lesson", "end", ""], { raw: true });
  assert.equal(out, "l1\tMaths\n");
});
