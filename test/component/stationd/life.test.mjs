// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions from start to end, jobs and stations, and what is left after kill -9.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, secret, until } from "./daemon.mjs";

let d, root;

beforeEach(async () => {
  d = await Daemon.start();
  root = await d.root();
});
afterEach(async () => {
  root.close();
  await d.stop();
});

const start = async (user) => (await root.call("Sessions.Start", { user })).session;
const ids = async () => (await root.call("Sessions.List")).sessions.map((s) => s.id);
const finished = async (job) => (await root.call("Jobs.Wait", { job, timeout_ms: 10000 })).job;
const states = (job) => job.targets.map((t) => `${t.user}:${t.state}`).sort();

test("a session is started, shown, and logged off", async () => {
  const s = await start("anna");
  assert.equal(s.id, "s1");
  assert.equal(s.state, "suspended");
  assert.match(s.display, /^:\d+$/);
  assert.deepEqual(s.may, ["tile", "view", "control", "block", "limit", "project", "logoff", "suspend", "unlock", "start", "close", "chat"]);
  assert.deepEqual(await ids(), ["s1"]);
  const order = await root.call("Sessions.LogOff", { sessions: ["s1"] });
  assert.equal(order.job, "j1");
  assert.deepEqual(order.targets.map((t) => t.state), ["asking"]);
  assert.deepEqual(states(await finished("j1")), ["anna:done"]);
  assert.deepEqual(await ids(), []);
  assert.equal((await start("anna")).id, "s2");
});

test("many at once: one that hangs delays no other, one is forced", async () => {
  for (const user of ["anna", "ben", "force", "hang"]) await start(user);
  const { job } = await root.call("Sessions.LogOff", { all: true, timeout_ms: 300 });
  await until("the quick ones are gone", async () => (await ids()).length === 1, 3000);
  const j = await finished(job);
  assert.deepEqual(states(j), ["anna:done", "ben:done", "force:forced", "hang:forced"]);
  assert.ok(j.finished);
  assert.deepEqual(await ids(), []);
});

test("notice, cancel, and the job that comes first", async () => {
  await start("anna");
  const late = await root.call("Sessions.LogOff", { users: ["anna"], grace_ms: 60000, message: "Good bye" });
  assert.deepEqual(late.targets.map((t) => t.state), ["waiting"]);
  let { session } = await root.call("Sessions.Get", { session: "s1" });
  assert.equal(session.notice.job, late.job);
  assert.equal(session.notice.message, "Good bye");
  const soon = await root.call("Sessions.LogOff", { users: ["anna"], grace_ms: 30000 });
  session = (await root.call("Sessions.Get", { session: "s1" })).session;
  assert.equal(session.notice.job, soon.job);
  await root.call("Jobs.Cancel", { job: soon.job });
  assert.deepEqual(states(await finished(soon.job)), ["anna:cancelled"]);
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.notice.job, late.job);
  assert.equal((await root.fails("Jobs.Cancel", { job: soon.job })).error, "Jobs.Refused");
  const now = await root.call("Sessions.LogOff", { sessions: ["s1"] });
  assert.deepEqual(states(await finished(now.job)), ["anna:done"]);
  assert.deepEqual(states(await finished(late.job)), ["anna:done"]);
});

test("unknown names, empty selections, and all of nothing", async () => {
  await start("anna");
  const r = await root.call("Sessions.LogOff", { sessions: ["s1", "s99"], users: ["nobody"] });
  assert.deepEqual(r.targets.map((t) => t.state), ["asking", "failed", "failed"]);
  assert.equal((await root.fails("Sessions.LogOff", { sessions: ["s77"] })).error, "Sessions.NotFound");
  assert.equal((await root.fails("Sessions.LogOff", {})).error, "org.varlink.service.InvalidParameter");
  await finished(r.job);
  const none = await root.call("Sessions.LogOff", { all: true });
  assert.deepEqual(none.targets, []);
  assert.equal((await finished(none.job)).finished, true);
  assert.equal((await root.fails("Sessions.Get", { session: "s1" })).error, "Sessions.NotFound");
  assert.equal((await root.fails("Sessions.Get", { session: 7 })).parameter, "session");
  assert.equal((await root.fails("Sessions.LogOff", { all: true, surprise: 1 })).error, "org.varlink.service.InvalidParameter");
  assert.equal((await root.fails("Sessions.Blow", {})).error, "org.varlink.service.MethodNotFound");
});

test("what does not start says why and leaves nothing", async () => {
  const broken = await root.fails("Sessions.Start", { user: "broken" });
  assert.equal(broken.error, "Sessions.Failed");
  assert.equal(broken.output, "line 1\nline 2");
  assert.equal((await root.fails("Sessions.Start", { user: "zoe" })).error, "Sessions.UnknownUser");
  const desktop = await root.fails("Sessions.Start", { user: "anna", desktop: "amiga" });
  assert.equal(desktop.error, "Sessions.Failed");
  assert.match(desktop.reason, /amiga.*not installed/);
  assert.deepEqual(await ids(), []);
  await start("anna");
  assert.match((await root.fails("Sessions.Start", { user: "anna" })).reason, /Anna Abel has a session already: s\d+/);
});

test("display numbers in use are skipped", async () => {
  writeFileSync("/tmp/.X10-lock", "");
  assert.equal((await start("anna")).display, ":11");
  assert.equal((await start("taken")).display, ":14");
  // Of a living process, and of one that was killed: no process has a number that high.
  for (const n of [12, 13, 15]) writeFileSync(`/tmp/.X${n}-lock`, `${String(process.pid).padStart(10)}\n`);
  spawnSync("mkfifo", ["/tmp/.X17-lock"]);
  writeFileSync("/tmp/.X16-lock", " 999999999\n");
  writeFileSync("/tmp/.X11-unix/X16", "");
  assert.equal((await start("ben")).display, ":16");
  assert.equal((await start("cem")).display, ":18");
});

test("a desktop that exits at once is reported with its last lines", async () => {
  const relay = await openRelay(d);
  const st = await relay.station(1);
  await relay.logIn(st.station, "quick");
  const scene = await until("greeter with a text", () => {
    const s = relay.scene(st.station);
    return s?.kind === "greeter" && s.text ? s : null;
  });
  assert.equal(scene.text, "The desktop ended with exit code 1.\ncannot open display[0m");
  assert.deepEqual(await ids(), []);
  relay.close();
});

test("station: log in, move, suspend, resume, log off", async () => {
  const relay = await openRelay(d);
  const a = await relay.station(1), b = await relay.station(2, "vnc");
  assert.deepEqual([a.station, b.station], ["browser-1", "vnc-1"]);
  assert.equal(a.scene.kind, "greeter");
  const done = await relay.logIn(a.station, "anna");
  assert.ok(done.done && done.user === "anna" && done.token === null);
  assert.equal(relay.scene(a.station).session, "s1");
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.state, "active");
  await relay.logIn(b.station, "anna");
  assert.equal(relay.scene(b.station).session, "s1");
  assert.match(relay.scene(a.station).text, /another station/);
  assert.deepEqual((await root.call("Sessions.Get", { session: "s1" })).session.stations, [b.station]);
  assert.equal((await relay.fails("Login.Start", { purpose: "station", station: b.station, user: "ben", desktop: null, width: null, height: null, address: "x" })).error, "Login.Failed");
  await relay.call("Relay.StationAct", { station: b.station, act: "suspend" });
  assert.equal(relay.scene(b.station).kind, "greeter");
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.state, "suspended");
  await relay.logIn(a.station, "anna");
  assert.deepEqual(await ids(), ["s1"]);
  await relay.call("Relay.StationAct", { station: a.station, act: "logoff" });
  await until("the greeter", () => relay.scene(a.station).kind === "greeter");
  assert.equal(relay.scene(a.station).text, "");
  await until("source gone", () => relay.orders.some((o) => o.order === "source_gone" && o.session === "s1"));
  assert.deepEqual(await ids(), []);
  relay.close();
});

test("two log-ins of one user at the same time make one session", async () => {
  const relay = await openRelay(d);
  const a = await relay.station(1), b = await relay.station(2);
  await Promise.all([relay.logIn(a.station, "slow"), relay.logIn(b.station, "slow")]);
  assert.deepEqual(await ids(), ["s1"]);
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.stations.length, 1);
  relay.close();
});

test("a log-in waits for the end of the last session", async () => {
  const relay = await openRelay(d);
  const a = await relay.station(1);
  await start("force");
  await root.call("Sessions.LogOff", { sessions: ["s1"], timeout_ms: 500 });
  await relay.logIn(a.station, "force");
  assert.deepEqual(await ids(), ["s2"]);
  relay.close();
});

test("wrong password and unknown account give the same answer; others are slowed down", async () => {
  const relay = await openRelay(d);
  const a = await relay.station(1);
  const errors = [];
  for (const user of ["anna", "zoe", "-evil", "anna", "anna", "anna", "anna"]) {
    try {
      await relay.logIn(a.station, user, "wrong");
    } catch (e) {
      errors.push(JSON.stringify([e.error, e.parameters]));
    }
  }
  assert.equal(new Set(errors).size, 1, errors.join("\n"));
  assert.match(errors[0], /Login\.Denied/);
  const busy = await relay.fails("Login.Start", { purpose: "station", station: a.station, user: "anna", desktop: null, width: null, height: null, address: "x" });
  assert.equal(busy.error, "Login.Busy");
  assert.ok(busy.retry_ms > 0 && busy.retry_ms <= 60000);
  assert.ok(!d.output.includes("wrong"), "a secret is in the log");
  relay.close();
});

test("several prompts and messages", async () => {
  const relay = await openRelay(d);
  const a = await relay.station(1);
  const asked = await relay.call("Login.Start", { purpose: "station", station: a.station, user: "expired", desktop: null, width: null, height: null, address: "x" });
  assert.deepEqual(asked.prompts, [{ text: "Password: ", echo: false }]);
  const again = await relay.call("Login.Answer", { conversation: asked.conversation, answers: ["secret"] });
  assert.equal(again.prompts.length, 2);
  assert.deepEqual(again.messages, [{ text: "Your password has expired.", error: true }]);
  const done = await relay.call("Login.Answer", { conversation: asked.conversation, answers: ["a", "a"] });
  assert.ok(done.done);
  assert.equal((await relay.fails("Login.Answer", { conversation: asked.conversation, answers: ["a"] })).error, "Login.NoConversation");
  relay.close();
});

test("kill -9 of stationd: sessions, stations, tokens and jobs go on", async () => {
  let relay = await openRelay(d);
  const a = await relay.station(1);
  await relay.logIn(a.station, "anna");
  await start("ben");
  await start("force");
  const { token } = await relay.signIn("otto");
  const waiting = await root.call("Sessions.LogOff", { users: ["ben"], grace_ms: 2000 });
  const running = await root.call("Sessions.LogOff", { users: ["force"], timeout_ms: 600 });
  await d.restart();
  root = await d.root();
  relay = await openRelay(d);
  const back = await relay.station(1);
  assert.equal(back.station, a.station);
  assert.equal(back.scene.session, "s1");
  assert.equal((await root.call("Sessions.Get", { session: "s2" })).session.notice.job, waiting.job);
  assert.equal((await relay.call("System.WhoAmI", {}, { token })).user, "otto");
  assert.deepEqual(states(await finished(running.job)), ["force:forced"]);
  assert.deepEqual(states(await finished(waiting.job)), ["ben:done"]);
  assert.deepEqual(await ids(), ["s1"]);
  assert.equal((await start("cem")).id, "s4");
  relay.close();
});

test("a log-off that ends while stationd is away is known afterwards", async () => {
  await start("force");
  const { job } = await root.call("Sessions.LogOff", { all: true, timeout_ms: 2000 });
  await until("its helper was told", async () => (await root.call("Sessions.Get", { session: "s1" })).session.state === "closing");
  await d.kill();
  const { existsSync } = await import("node:fs");
  await until("the note of its helper", () => existsSync("/run/stationmaster/ended/s1"));
  await d.spawn();
  root = await d.root();
  const j = await finished(job);
  assert.deepEqual(states(j), ["force:forced"]);
  assert.equal(j.by, "root");
  assert.ok(!existsSync("/run/stationmaster/ended/s1"));
});

test("a log-off that was answered is carried out, however soon stationd is killed", async () => {
  await start("anna");
  await start("ben");
  const { job } = await root.call("Sessions.LogOff", { all: true });
  await d.restart();
  root = await d.root();
  assert.deepEqual(states(await finished(job)), ["anna:done", "ben:done"]);
  assert.deepEqual(await ids(), []);
});

test("a session that ends by itself while stationd is away: its station tells why", async () => {
  let relay = await openRelay(d);
  const a = await relay.station(1);
  await relay.logIn(a.station, "leave");
  await d.kill();
  const { existsSync } = await import("node:fs");
  await until("the note of its helper", () => existsSync("/run/stationmaster/ended/s1"));
  await d.spawn();
  relay = await openRelay(d);
  assert.match((await relay.station(1)).scene.text, /The desktop ended unexpectedly/);
  assert.ok(!existsSync("/run/stationmaster/ended/s1"));
  relay.close();
  root = await d.root();
});

test("the relay dies: its stations keep their sessions and come back", async () => {
  let relay = await openRelay(d);
  const a = await relay.station(1), v = await relay.station(2, "vnc");
  await relay.logIn(a.station, "anna");
  await relay.logIn(v.station, "ben");
  relay.close();
  await until("the station is seen as lost", async () => !(await root.call("Stations.Get", { station: a.station })).station.connected);
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.state, "active");
  relay = await openRelay(d);
  assert.equal((await relay.station(1)).scene.session, "s1");
  assert.equal((await relay.station(2, "vnc")).scene.session, "s2");
  await relay.call("Relay.StationClose", { station: v.station, now: true });
  assert.equal((await root.call("Sessions.Get", { session: "s2" })).session.state, "suspended");
  assert.equal((await root.fails("Stations.Get", { station: v.station })).error, "Stations.NotFound");
  relay.close();
});

test("a browser station is the same station after its window", async () => {
  await d.kill("SIGTERM");
  d = await Daemon.start("[station]\nreturn-seconds = 0\n");
  root = await d.root();
  const relay = await openRelay(d);
  const a = await relay.station(1);
  await relay.station(2);
  await relay.logIn(a.station, "anna");
  await relay.call("Relay.StationClose", { station: a.station, now: false });
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.state, "suspended");
  const again = await relay.station(1);
  assert.equal(again.station, a.station);
  assert.equal(again.scene.kind, "greeter");
  assert.equal((await relay.call("Relay.StationOpen", { kind: "browser", secret: secret(3), address: "y", name: "Room 1 \u202e left" })).name, "Room 1  left");
  relay.close();
});

test("the helper dies: its session is gone, with a reason", async () => {
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  await start("anna");
  const helpers = d.helpers();
  assert.equal(helpers.length, 1);
  process.kill(helpers[0], "SIGKILL");
  const gone = await until("session_gone", () => events.find((e) => e.kind === "session_gone"));
  assert.match(gone.reason, /ended unexpectedly/);
  assert.deepEqual(await ids(), []);
});

test("the note of a helper whose end was seen already does not stay; that of a session that lives does", async () => {
  const { id: live } = await start("anna");
  assert.equal(live, "s1");
  const { existsSync } = await import("node:fs");
  const note = (id) => `/run/stationmaster/ended/${id}`;
  for (const id of ["s1", "s77"]) writeFileSync(note(id), JSON.stringify({ forced: true, reason: "killed" }));
  await until("the note is gone", () => !existsSync(note("s77")));
  assert.ok(existsSync(note("s1")));
  assert.equal((await root.call("Sessions.Get", { session: "s1" })).session.state, "suspended");
});
