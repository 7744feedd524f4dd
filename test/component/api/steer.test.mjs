// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl: block, lock, project, more time, views as a list, and what the lists and events show of them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, beforeEach, test } from "node:test";
import { folder, run, runJson, socket, start, until } from "./bed.mjs";
import { ApiError, FakeStationd, session, station } from "./fake-stationd.mjs";

let fake;
const last = () => fake.calls.at(-1);
const minute = 60_000;

beforeEach(async () => {
  await fake?.stop();
  fake = new FakeStationd(socket);
  fake.sessions = [
    session(1, "anna", { full_name: "Anna Berg" }),
    session(2, "ben", { state: "suspended", stations: [] }),
    session(12, "karin", { role: "operator", full_name: "Karin Kaya", own: true }),
    session(13, "adam", { role: "administrator" }),
  ];
  fake.stations = [station(1, "s1"), station(2, ""), station(12, "s12")];
  await fake.start();
});
after(async () => {
  await fake?.stop();
  rmSync(folder, { recursive: true });
});

test("block: sessions, users, stations, text and end, as stationd gets them", async () => {
  const before = Date.now();
  const { code, out } = await run(["session", "block", "s1", "ben", "user:s5", "--station", "browser-2", "--station=browser-1", "--message", "Bitte nach vorn sehen – 看这里", "--until", "+30m"]);
  assert.equal(code, 0);
  const { method, parameters } = last();
  assert.equal(method, "org.stationmaster.Blocks.Block");
  const { until_ms, ...rest } = parameters;
  assert.deepEqual(rest, { sessions: ["s1"], users: ["ben", "s5"], stations: ["browser-2", "browser-1"], message: "Bitte nach vorn sehen – 看这里" });
  assert.ok(until_ms >= before + 30 * minute && until_ms <= Date.now() + 30 * minute);
  const lines = out.trimEnd().split("\n");
  assert.match(lines[0], /^s1 +anna \(Anna Berg\) at browser-1 +blocked$/);
  assert.match(lines[1], /^s2 +ben \(Ben\) +blocked$/);
  assert.match(lines[2], /^- +s5 +blocked$/, "no session yet: blocked for later");
  assert.match(lines[3], /^- +station browser-2 +blocked$/);
  assert.equal(lines[5], "5 blocked.");
  assert.match(lines[6], /^Blocked, also after a new log-in, until (tomorrow )?\d\d:\d\d\. Take back: stationctl session unblock s1 ben user:s5 --station browser-2 --station browser-1$/);
});

test("block --all: who logs in later too, also where nobody is there yet", async () => {
  fake.sessions = [];
  const { code, out } = await run(["session", "block", "--all"]);
  assert.deepEqual(last().parameters, { all: true });
  assert.deepEqual([code, out], [0, "Everybody is blocked, who logs in later too, until you take it back: stationctl session unblock --all\n"]);
});

test("block: exit codes by what became of it, and nothing claimed that is not so", async () => {
  const partly = await run(["session", "block", "anna", "karin"]);
  assert.equal(partly.code, 1);
  assert.match(partly.out, /karin \(Karin Kaya\) at browser-12 +refused: This session is your own\.\n1 blocked, 1 refused\.\n/);
  const refused = await run(["session", "block", "karin", "adam"]);
  assert.equal(refused.code, 3);
  assert.doesNotMatch(refused.out, /Take back/);
  assert.equal((await run(["session", "block", "s99"])).code, 4);
  assert.equal((await run(["session", "block", "--station", "browser-99"])).code, 1);
  fake.on("Blocks.Block", () => {
    throw new ApiError("org.stationmaster.Blocks.Refused", { reason: "Only operators and administrators block." });
  });
  assert.deepEqual(await run(["session", "block", "anna"]), { code: 3, out: "", err: "stationctl: Only operators and administrators block.\n" });
});

test("block and unblock --json", async () => {
  const { targets } = await runJson(["session", "block", "anna", "karin"], 1);
  assert.deepEqual(targets.map((t) => [t.user, t.state, t.station]), [["anna", "done", "browser-1"], ["karin", "refused", "browser-12"]]);
  assert.deepEqual(Object.keys((await runJson(["session", "unblock", "anna"])).targets[0]), ["session", "station", "user", "full_name", "state", "reason"]);
});

test("unblock", async () => {
  await run(["session", "block", "anna", "ben"]);
  const { code, out } = await run(["session", "unblock", "anna"]);
  assert.deepEqual([code, last().parameters], [0, { users: ["anna"] }]);
  assert.match(out, /^s1 +anna \(Anna Berg\) at browser-1 +unblocked\n$/);
  assert.deepEqual(fake.blocks.map((b) => b.name), ["ben"]);
  fake.sessions = [];
  assert.deepEqual(await run(["session", "unblock", "--all"]), { code: 0, out: "Nothing is blocked: nothing to do.\n", err: "" });
  assert.deepEqual(last().parameters, { all: true });
});

test("--until: a clock time is the next one, in the time zone of the caller", async () => {
  // 14:30 in a zone that is 5 h 45 min ahead, whenever this runs.
  await run(["session", "block", "anna", "--until", "14:30"], { env: { TZ: "NPT-5:45" } });
  const ahead = last().parameters.until_ms - Date.now();
  assert.ok(ahead > -1000 && ahead <= 24 * 60 * minute, String(ahead));
  assert.equal(new Date(last().parameters.until_ms).toISOString().slice(11), "08:45:00.000Z");
  await run(["session", "block", "anna", "--until", "2035-01-02T03:04:05+01:00"]);
  assert.equal(last().parameters.until_ms, Date.parse("2035-01-02T02:04:05Z"));
  assert.match((await run(["session", "block", "anna", "--until", "2035-01-02T03:04:05+01:00"])).out, /until 2035-01-02 02:04\./);
});

test("block list and block texts", async () => {
  assert.deepEqual(await run(["block", "list"]), { code: 0, out: "Nothing is blocked.\n", err: "" });
  assert.deepEqual(await runJson(["block", "list"]), []);
  await run(["session", "block", "anna", "--message", "Lunch", "--until", "2035-01-02T03:04:00Z"]);
  await run(["session", "block", "--station", "browser-2"]);
  await run(["session", "block", "--all", "--message", "Test"]);
  const lines = (await run(["block", "list"])).out.trimEnd().split("\n");
  assert.match(lines[0], /^BLOCKED +ID +NAME +BY +SINCE +UNTIL +MESSAGE$/);
  assert.match(lines[1], /^user +anna +Anna Berg +Karin Kaya +(?:now|\d+ s ago) +2035-01-02 03:04 +Lunch$/);
  assert.match(lines[2], /^station +browser-2 +- +Karin Kaya +(?:now|\d+ s ago) +taken back +-$/);
  assert.match(lines[3], /^everybody +- +- +Karin Kaya +(?:now|\d+ s ago) +taken back +Test$/);
  assert.deepEqual((await runJson(["block", "list"])).map((b) => b.kind), ["user", "station", "all"]);
  const texts = await run(["block", "texts"]);
  assert.deepEqual([texts.code, texts.out.replaceAll(/ +/g, " ")], [0, "Without --message: a text in the language of the station\n Used before: Test\n Lunch\n"]);
  assert.deepEqual(await runJson(["block", "texts"]), { texts: ["Test", "Lunch"], default_text: "" });
});

test("lock: own sessions, all of them without arguments; unlock", async () => {
  const { code, out } = await run(["session", "lock"]);
  assert.deepEqual([code, last().parameters ?? {}], [0, {}]);
  assert.match(out, /^s12 +karin \(Karin Kaya\) +locked\n$/);
  assert.equal(fake.sessions[2].locked, true);
  assert.equal((await run(["session", "unlock", "karin"])).code, 0);
  assert.deepEqual(last().parameters, { sessions: ["s12"] }, "users become the ids of their sessions");
  assert.equal(fake.sessions[2].locked, false);
  const others = await run(["session", "lock", "anna"]);
  assert.equal(others.code, 3);
  assert.match(others.out, /refused: Only its user may do this\./);
  assert.deepEqual((await runJson(["session", "lock", "s12", "anna"], 1)).targets.map((t) => t.state), ["done", "refused"]);
  assert.equal((await run(["session", "lock", "zoe"])).code, 4);
  assert.equal((await run(["session", "unlock"])).code, 2);
  fake.sessions[2].stations = [];
  assert.deepEqual(await run(["session", "lock"]), { code: 0, out: "No station shows a session of yours: nothing to do.\n", err: "" });
});

test("project: the own session is the source unless another one is named", async () => {
  const { code, out } = await run(["project", "start", "anna", "--station", "browser-2"]);
  assert.equal(code, 0);
  assert.deepEqual(last().parameters, { source: "s12", users: ["anna"], stations: ["browser-2"] });
  assert.match(out, /^s1 +anna \(Anna Berg\) at browser-1 +included\n- +station browser-2 +included\n2 included\.\nProjection p1 shows s12\. Stop: stationctl project stop p1\n$/);
  const json = await runJson(["project", "start", "--all", "--from", "ben", "--window"], 1);
  assert.deepEqual(last().parameters, { all: true, source: "s2", window: true });
  assert.deepEqual([json.projection, json.targets.map((t) => t.state)], ["p2", ["done", "done", "refused"]]);
  assert.equal((await run(["project", "start", "anna", "--from", "s1"])).code, 0);
  assert.equal(last().parameters.source, "s1");
});

test("project: which own session, and none", async () => {
  fake.sessions.push(session(20, "karin", { own: true }));
  const many = await run(["project", "start", "--all"]);
  assert.equal(many.code, 2);
  assert.match(many.err, /You have 2 sessions\. Name one of them with --from\./);
  for (const display of [":30", ":30.0"]) {
    await run(["project", "start", "anna"], { env: { DISPLAY: display } });
    assert.equal(last().parameters.source, "s20", "the one this runs in");
  }
  fake.sessions = fake.sessions.filter((s) => !s.own);
  const none = await run(["project", "start", "--all"]);
  assert.equal(none.code, 4);
  assert.match(none.err, /no session here that could be shown\. Name one with --from, or project the screen/);
  assert.equal((await run(["project", "start", "--all", "--from", "zoe"])).code, 4);
});

test("project stop and list", async () => {
  assert.equal((await run(["project", "list"])).out, "No projections.\n");
  assert.deepEqual(await runJson(["project", "list"]), []);
  await run(["project", "start", "anna"]);
  await run(["project", "start", "--all", "--from", "anna", "--window"]);
  const lines = (await run(["project", "list"])).out.trimEnd().split("\n");
  assert.match(lines[0], /^PROJECTION +SHOWS +NAME +BY +SINCE +TO +HOW +STATIONS$/);
  assert.match(lines[1], /^p1 +s12 +Karin Kaya +Karin Kaya +(?:now|\d+ s ago) +chosen +whole screen +browser-1$/);
  assert.match(lines[2], /^p2 +s1 +Anna Berg +Karin Kaya +(?:now|\d+ s ago) +everybody +in a window +browser-1, browser-13$/);
  assert.equal((await runJson(["project", "list"]))[1].window, true);
  assert.deepEqual(await run(["project", "stop", "p1"]), { code: 0, out: "Stopped: p1.\n", err: "" });
  assert.equal((await run(["project", "stop", "p1"])).code, 4);
  assert.deepEqual(await runJson(["project", "stop", "--all"]), { projections: ["p2"] });
  assert.deepEqual(await run(["project", "stop", "--all"]), { code: 0, out: "No projections: nothing to do.\n", err: "" });
});

test("view list and end", async () => {
  assert.equal((await run(["view", "list"])).out, "Nobody views or controls a session.\n");
  assert.deepEqual(await runJson(["view", "list"]), []);
  fake.views = [{ id: "v3", session: "s1", mode: "exclusive", by: "karin", by_name: "Karin Kaya", since: new Date(Date.now() - 120_000).toISOString().replace(/\.\d+/, "") }];
  assert.match((await run(["view", "list"])).out, /^VIEW +SESSION +MODE +BY +SINCE\nv3 +s1 +exclusive +Karin Kaya +2 min ago\n$/);
  assert.deepEqual(await run(["view", "end", "v3"]), { code: 0, out: "View v3 has ended.\n", err: "" });
  assert.equal((await run(["view", "end", "v3"])).code, 4);
  fake.on("Views.Close", () => ({}));
  assert.deepEqual(await runJson(["view", "end", "v4"]), { view: "v4" });
});

test("job extend", async () => {
  await run(["session", "logoff", "anna", "ben", "--grace", "60"]);
  const [anna, ben] = fake.jobs[0].targets;
  const ends = anna.ends_ms;
  anna.more_time = true;
  assert.match((await run(["job", "list"])).out, /^JOB .* DONE +MORE TIME +MESSAGE\nj1 .*0 of 2 sessions +anna +-\n$/);
  assert.match((await run(["job", "show", "j1"])).out, /anna \(Anna Berg\) +notice is running; asks for more time\n/);
  const { code, out } = await run(["job", "extend", "j1", "anna", "--by", "90s"]);
  assert.equal(code, 0);
  assert.deepEqual(last().parameters, { job: "j1", add_ms: 90_000, sessions: ["s1"] });
  assert.doesNotMatch(out, /asks/);
  assert.deepEqual([anna.ends_ms - ends, ben.ends_ms], [90_000, ends]);
  assert.equal((await runJson(["job", "extend", "j1"])).targets[1].ends_ms, ends + 5 * minute);
  assert.deepEqual(last().parameters, { job: "j1", add_ms: 5 * minute });
  assert.equal((await run(["job", "extend", "j9"])).code, 4);
  assert.equal((await run(["job", "extend", "j1", "zoe"])).code, 4);
});

test("log off --wait: who asks for more time is told, once each time", async () => {
  let seen = "";
  const count = () => seen.split("asks for more time").length - 1;
  fake.ordered = (job) => {
    setImmediate(async () => {
      const [anna, ben] = job.targets;
      await until(() => fake.watchers.size > 0);
      anna.more_time = true;
      fake.jobChanged(job);
      await until(() => count() === 1);
      fake.jobChanged(job);
      anna.more_time = false;
      fake.jobChanged(job);
      anna.more_time = true;
      fake.jobChanged(job);
      await until(() => count() === 2);
      anna.more_time = false;
      anna.state = ben.state = "done";
      fake.jobChanged(job);
    });
  };
  const { code, out } = await run(["session", "logoff", "anna", "ben", "--grace", "60", "--wait"], { onOutput: (text) => (seen = text) });
  assert.equal(code, 0);
  assert.match(out, /^Job j1\. .*\n(s1 +anna \(Anna Berg\) +notice is running; asks for more time\n +Give 5 minutes: stationctl job extend j1 s1\n){2}s1 +anna \(Anna Berg\) +logged off\ns2 .*\n2 logged off\.\n$/);
});

test("session list: a column of flags where there are any", async () => {
  assert.doesNotMatch((await run(["session", "list"])).out, /FLAGS/);
  Object.assign(fake.sessions[0], { blocked: true, controlled: true, viewed: true, controlled_by: "Karin Kaya", scene: "block" });
  Object.assign(fake.sessions[2], { locked: true, projected: true, projecting: true });
  const lines = (await run(["session", "list"])).out.trimEnd().split("\n");
  assert.match(lines[0], / STATE +FLAGS +STATION /);
  assert.match(lines[1], / active +blocked,controlled,viewed +browser-1 /);
  assert.match(lines[2], / suspended +- +- /);
  assert.match(lines[3], / active +locked,projected,projecting +browser-12 /);
  assert.equal(new Set(lines.map((l) => l.length)).size, 1, "columns are aligned");
  const { out } = await run(["session", "show", "anna"]);
  assert.match(out, /They show: block\n +Controlled by: Karin Kaya\n/);
  assert.match(out, /Flags: blocked,controlled,viewed\n/);
  assert.equal((await runJson(["session", "show", "s12"])).locked, true);
});

test("station list: scene, session below it, block", async () => {
  assert.doesNotMatch((await run(["station", "list"])).out, /FLAGS/);
  Object.assign(fake.stations[0], { scene: "block", blocked: true });
  Object.assign(fake.stations[1], { scene: "block", blocked: true });
  Object.assign(fake.stations[2], { scene: "projection" });
  const lines = (await run(["station", "list"])).out.trimEnd().split("\n");
  assert.match(lines[0], /^STATION +NAME +ADDRESS +STATE +FLAGS +SHOWS +KIND +SINCE$/);
  assert.match(lines[1], /connected +blocked +block \(s1\) /);
  assert.match(lines[2], /connected +blocked +block +browser +10 min ago$/);
  assert.match(lines[3], /connected +- +projection \(s12\) /);
  assert.match((await run(["station", "show", "browser-1"])).out, /Shows: block\n +Session: s1\n +Blocked: yes\n/);
});

test("event watch: projections, the block of everybody, flags, more time", async () => {
  fake.blocks = [{ kind: "all", name: "", full_name: "", by: "Karin Kaya", since: "2026-11-22T14:20:00Z", until_ms: 0, message: "Te\u001b[2Jst" }];
  fake.projections = [{ id: "p1", source: "session", session: "s12", user: "karin", full_name: "Karin Kaya", by: "karin", by_name: "Karin Kaya", since: "2026-11-22T14:20:00Z", all: true, window: false, stations: ["browser-1", "browser-2"], may: ["stop"] }];
  const job = { id: "j1", kind: "logoff", cause: "order", by: "karin", since: "2026-11-22T14:20:00Z", ends_ms: 5, message: "", finished: false, targets: [{ session: "s1", user: "anna", full_name: "Anna Berg", state: "waiting", ends_ms: 5, more_time: true, reason: "" }] };
  const events = [
    { kind: "block_all", block_all: fake.blocks[0] },
    { kind: "block_all", block_all: { ...fake.blocks[0], until_ms: Date.parse("2035-01-02T03:04:00Z"), message: "" } },
    { kind: "block_all", block_all: null },
    { kind: "projection", projection: fake.projections[0] },
    { kind: "projection", projection: { ...fake.projections[0], source: "screen", session: "", window: true, stations: [] } },
    { kind: "projection_gone", id: "p1", reason: "stopped by Karin Kaya" },
    { kind: "session", session: { ...fake.sessions[0], blocked: true, viewed: true } },
    { kind: "station", station: { ...fake.stations[0], scene: "block", blocked: true } },
    { kind: "job", job },
  ];
  const watch = async (args) => {
    let told = false;
    const { child, done } = start(["event", "watch", ...args], {
      onOutput: (text) => {
        if (!told) for (const event of events) fake.emit(event);
        told = true;
        if (text.split("\n").length - 1 === events.length + 1) child.kill("SIGINT");
      },
    });
    return (await done).out.trimEnd().split("\n");
  };
  assert.deepEqual((await watch([])).map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, "")), [
    "4 sessions, 3 stations, 0 jobs, 1 projections, everybody is blocked",
    "everybody is blocked by Karin Kaya: Te[2Jst",
    "everybody is blocked by Karin Kaya until 2035-01-02 03:04",
    "the block of everybody has ended",
    "projection p1 by karin: s12 of karin, shown at browser-1, browser-2",
    "projection p1 by karin: screen of karin in a window, shown at no station",
    "projection p1 has ended: stopped by Karin Kaya",
    "session s1 of anna: active at browser-1, blocked,viewed",
    "station browser-1 (Seat 1): connected, shows block s1, blocked",
    "job j1 by karin: 0 of 1 done, more time asked by anna",
  ]);
  assert.deepEqual((await watch(["--json"])).map((line) => JSON.parse(line)).slice(1), events);
});

test("wrong usage: exit code 2, nothing was asked of stationd", async () => {
  const wrong = [
    [["session", "block"], /Name sessions or users, stations with --station, or give --all/],
    [["session", "block", "--all", "anna"], /not both/],
    [["session", "block", "--all", "--station", "browser-1"], /not both/],
    [["session", "block", "anna", "--station="], /--station takes the id of a station/],
    [["session", "block", "anna", "--until", "25:00"], /--until takes a time such as 10:45, \+30m/],
    [["session", "block", "anna", "--until", "30"], /--until takes a time such as/],
    [["session", "block", "anna", "--until", "2020-01-01T00:00:00Z"], /still to come/],
    [["session", "block", "anna", "--until", "+0s"], /still to come/],
    [["session", "block", "anna", "--message", "ä".repeat(501)], /at most 500 characters/],
    [["session", "block", "anna", "--grace", "5"], /There is no option --grace/],
    [["session", "unblock", "anna", "--message", "x"], /There is no option --message/],
    [["session", "unlock"], /SESSION\|USER\.\.\. is missing/],
    [["session", "lock", "a:b"], /neither a session id/],
    [["session", "view"], /is missing/],
    [["session", "view", "anna", "ben"], /"ben" is too much/],
    [["session", "view", "anna", "--exclusive"], /There is no option --exclusive/],
    [["session", "view", "s1", "--print-socket", "--viewer", "x"], /not both/],
    [["session", "view", "s1", "--viewer", " "], /--viewer takes the name/],
    [["project", "start"], /Which sessions\?/],
    [["project", "start", "--all", "--until", "10:45"], /There is no option --until/],
    [["project", "stop"], /Which one\? Give its id, or --all/],
    [["project", "stop", "p1", "--all"], /not both/],
    [["project"], /needs one of: start, stop, list/],
    [["block"], /needs one of: list, texts/],
    [["view", "end"], /VIEW is missing/],
    [["job", "extend"], /JOB \[SESSION\|USER\.\.\.\] is missing/],
    [["job", "extend", "j1", "--by", "5"], /--by takes a duration from 1s to 1h/],
    [["job", "extend", "j1", "--by", "2h"], /--by takes a duration/],
    [["job", "extend", "j1", "--by", "0s"], /--by takes a duration/],
  ];
  for (const [args, message] of wrong) {
    const { code, err, out } = await run(args);
    assert.equal(code, 2, args.join(" ") + out);
    assert.match(err, message);
    assert.match(err, /See: stationctl .*--help\n$/);
  }
  assert.equal(fake.calls.length, 0);
});

test("names that attack the terminal", async () => {
  const evil = "\u001b]0;owned\u0007\u009b31mA\u202enna\nb";
  fake.sessions[0].full_name = evil;
  fake.sessions[0].controlled_by = evil;
  fake.blocks = [{ kind: "user", name: "anna", full_name: evil, by: evil, since: "2026-11-22T14:20:00Z", until_ms: 0, message: evil }];
  fake.views = [{ id: "v1", session: "s1", mode: "view", by: "karin", by_name: evil, since: "2026-11-22T14:20:00Z" }];
  await run(["project", "start", "ben", "--from", "anna"]);
  for (const args of [["block", "list"], ["block", "texts"], ["view", "list"], ["project", "list"], ["session", "show", "anna"], ["session", "block", "anna"], ["project", "start", "anna"], ["session", "lock", "anna"]]) {
    const { out } = await run(args);
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, args.join(" "));
    assert.match(out, /\]0;owned31mAnnab/, args.join(" "));
  }
});

test("completion", async () => {
  const complete = async (...words) =>
    (await run(["__complete", "--socket", socket, ...words], { raw: true })).out.split("\n").filter(Boolean).map((line) => line.split("\t")[0]);
  assert.deepEqual(await complete("p"), ["project"]);
  assert.deepEqual(await complete("session", "un"), ["unblock", "unlock"]);
  assert.deepEqual(await complete("session", "block", "--"), ["--all", "--station", "--until", "--message", "--room", "--json", "--timeout", "--socket", "--help", "--version"]);
  assert.deepEqual(await complete("session", "block", "--station", ""), ["browser-1", "browser-2", "browser-12"]);
  assert.deepEqual(await complete("session", "block", "--station", "=", "browser-1"), ["browser-1", "browser-12"], "as bash splits it");
  assert.deepEqual(await complete("session", "block", "--station", "="), ["browser-1", "browser-2", "browser-12"]);
  assert.deepEqual(await complete("session", "block", "--station", "=", "browser-1", "an"), ["anna"]);
  assert.deepEqual(await complete("session", "block", "--station=browser-1", "an"), ["anna"]);
  assert.deepEqual(await complete("session", "block", "--until", ""), []);
  assert.deepEqual(await complete("project", "start", "--from", "ka"), ["karin"]);
  await run(["project", "start", "anna"]);
  assert.deepEqual(await complete("project", "stop", ""), ["p1"]);
  fake.views = [{ id: "v3", session: "s1", mode: "view", by: "karin", by_name: "Karin Kaya", since: "2026-11-22T14:20:00Z" }];
  assert.deepEqual(await complete("view", "end", ""), ["v3"]);
  await run(["session", "logoff", "ben", "--grace", "5"]);
  assert.deepEqual(await complete("job", "extend", ""), ["j1"]);
  assert.deepEqual(await complete("job", "extend", "j1", "b"), ["ben"]);
  assert.deepEqual(await complete("job", "extend", "--by", "5m", "j1", "b"), ["ben"]);
  await run(["session", "block", "anna", "--message", "Test until noon"]);
  assert.deepEqual(await complete("session", "block", "anna", "--message", "T"), ["Test until noon"]);
  assert.deepEqual(await complete("session", "logoff", "anna", "--message", ""), []);
});
