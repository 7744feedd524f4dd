// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of sessions as stationd hands them out and tells of hits; time-outs of sessions that nobody uses.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay;

async function begin(conf) {
  rmSync("/run/hits", { recursive: true, force: true });
  d = await Daemon.start(conf);
  await connect();
}
async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
afterEach(async () => {
  relay.close();
  root.close();
  await d.stop();
});

const scene = async (station) => {
  await relay.call("Login.Info");
  return relay.scene(station);
};
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;
const sessions = async () => (await root.call("Sessions.List")).sessions;
const jobs = async () => (await root.call("Jobs.List")).jobs;
async function seat(n, user) {
  const st = await relay.station(n);
  await relay.logIn(st.station, user);
  return st.station;
}
const asked = (id, method) => readFileSync(`/run/asked/${id}`, "utf8").split("\n").filter(Boolean).map(JSON.parse).filter((l) => l.method === method);
const hit = (id, memory, tasks) => {
  mkdirSync("/run/hits", { recursive: true });
  writeFileSync(`/run/hits/${id}.new`, JSON.stringify([memory, tasks]));
  renameSync(`/run/hits/${id}.new`, `/run/hits/${id}`);
};
const total = Number(/MemTotal:\s*(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))[1]);
const swap = Number(/SwapTotal:\s*(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))[1]);

test("limits follow from the settings and the computer's size, and are told with the session", async () => {
  await begin("[limits]\nmemory = 25%\ncpu-quota = 150\ncpu-weight = 40\n[session]\nper-user-max = 3\n");
  await seat(1, "anna");
  const memory_kib = Math.floor(total / 100) * 25;
  await until("limits in force", async () => (await session("s1")).limits.tasks);
  const { limits } = asked("s1", "Limit")[0].parameters;
  assert.ok(Math.abs(limits.swap_kib - (swap * memory_kib) / total) <= 1, `${limits.swap_kib}`);
  assert.deepEqual({ ...limits, swap_kib: 0 }, { memory_kib, memory_high_kib: 0, swap_kib: 0, cpu_weight: 40, cpu_quota_percent: 150, tasks: 2048, sessions: 3 });
  const s = await session("s1");
  assert.deepEqual([s.limits, s.limit_hit, s.limit_hit_ms], [{ memory_kib, tasks: 2048, cpu_percent: 150 }, "none", 0]);
  // After a restart the helper is asked for what the settings say now.
  await d.kill();
  writeFileSync("/run/stationd.conf", readFileSync("/run/stationd.conf", "utf8").replace("memory = 25%", "memory = none\ntasks = 0"));
  await d.spawn();
  await connect();
  const again = await until("asked again", () => asked("s1", "Limit")[1]);
  assert.deepEqual([again.parameters.limits.memory_kib, again.parameters.limits.tasks, again.parameters.limits.swap_kib], [0, 0, -1]);
});

test("a helper of an earlier version has no limits and works", async () => {
  await begin();
  await seat(1, "old");
  assert.deepEqual((await session("s1")).limits, { memory_kib: 0, tasks: 0, cpu_percent: 0 });
});

test("a limit that is hit is told to supervisors and at the station, and what was before a restart is no news", async () => {
  await begin();
  const otto = d.caller("operator");
  await otto.watch();
  const a = await seat(1, "anna");
  await until("limits", async () => (await session("s1")).limits.tasks);
  assert.equal((await scene(a)).limit_hit, "none");
  const before = Date.now();
  hit("s1", 1, 0);
  const told = await until("the event", () => otto.events.find((e) => e.kind === "session" && e.session.limit_hit === "memory"));
  assert.ok(told.session.limit_hit_ms >= before && told.session.limit_hit_ms <= Date.now());
  assert.equal((await scene(a)).limit_hit, "memory");
  assert.equal((await scene(a)).limit_hit_ms, told.session.limit_hit_ms);
  // Another kind is news.
  const n = otto.events.length;
  hit("s1", 1, 1);
  await until("the other kind", async () => (await scene(a)).limit_hit === "tasks");
  await until("told", () => otto.events.slice(n).some((e) => e.kind === "session"));
  assert.deepEqual(otto.events.slice(n).filter((e) => e.kind === "session").map((e) => e.session.limit_hit), ["tasks"]);
  await d.restart();
  await connect();
  await relay.station(1);
  await until("limits", async () => (await session("s1")).limits.tasks);
  assert.equal((await session("s1")).limit_hit, "none");
  hit("s1", 1, 2);
  await until("a new one", async () => (await session("s1")).limit_hit === "tasks");
});

test("an idle session is announced, kept by a key, and suspended when nobody is there", async () => {
  await begin("[limits]\nidle-seconds = 2\nwarn-seconds = 1\n");
  const a = await seat(1, "anna");
  const notice = await until("the notice", async () => (await scene(a)).notice);
  assert.deepEqual([notice.by, notice.act, notice.cause, notice.message, notice.more_time], ["Testing", "suspend", "idle", "", false]);
  assert.ok(notice.ends_ms - Date.now() <= 1000, "one second of warning");
  assert.deepEqual([(await session("s1")).notice.act, (await session("s1")).notice.cause], ["suspend", "idle"]);
  const [job] = await jobs();
  assert.deepEqual([job.kind, job.cause, job.by, job.targets[0].state], ["suspend", "idle", "", "waiting"]);
  // A key takes it back at once.
  await relay.call("Relay.Activity", { sessions: ["s1"] });
  assert.equal((await scene(a)).notice, null);
  assert.equal((await jobs())[0].targets[0].state, "cancelled");
  // "I need more time" does as well.
  await until("the next notice", async () => (await scene(a)).notice);
  await relay.call("Relay.StationAct", { station: a, act: "more_time" });
  assert.equal((await scene(a)).notice, null);
  // Nobody there.
  await until("suspended", async () => (await session("s1")).state === "suspended");
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).text], ["greeter", "Your session was suspended because nobody was using it. Log in to go on."]);
  const last = (await jobs()).at(-1);
  assert.deepEqual([last.finished, last.targets[0].state], [true, "done"]);
});

test("a supervisor gives more time, or takes the time-out back", async () => {
  await begin("[limits]\nidle-seconds = 7\nwarn-seconds = 6\n");
  const otto = d.caller("operator");
  const a = await seat(1, "anna");
  await until("the notice", async () => (await scene(a)).notice);
  const [job] = (await otto.call("Jobs.List")).jobs;
  const extended = (await otto.call("Jobs.Extend", { job: job.id, add_ms: 60000 })).job;
  assert.ok((await scene(a)).notice.ends_ms - Date.now() > 50000);
  assert.equal(extended.targets[0].state, "waiting");
  await otto.call("Jobs.Cancel", { job: job.id });
  assert.equal((await jobs()).find((j) => j.id === job.id).targets[0].state, "cancelled");
});

test("logged off when idle: the person and supervisors are told why", async () => {
  await begin("[limits]\nidle-seconds = 1\nidle-act = logoff\nwarn-seconds = 0\n");
  const otto = d.caller("operator");
  await otto.watch();
  const a = await seat(1, "anna");
  const gone = await until("logged off", () => otto.events.find((e) => e.kind === "session_gone"));
  assert.equal(gone.reason, "logged off: nobody was using it");
  assert.equal((await scene(a)).text, "Your session was logged off because nobody was using it.");
});

test("locked when idle, and not again before it was unlocked", async () => {
  await begin("[limits]\nidle-seconds = 1\nidle-act = lock\nwarn-seconds = 0\n");
  const a = await seat(1, "anna");
  await until("locked", async () => (await scene(a)).kind === "lock");
  await root.call("Sessions.Unlock", { sessions: ["s1"] });
  assert.equal((await scene(a)).kind, "session");
  await until("locked again", async () => (await scene(a)).kind === "lock");
  assert.equal((await jobs()).length, 2);
});

test("who cannot work, or is looked at, is not idle; time counts from then on", async () => {
  await begin("[limits]\nidle-seconds = 1\nwarn-seconds = 0\n");
  const a = await seat(1, "anna"), b = await seat(2, "ben"), c = await seat(3, "cem");
  await root.call("Blocks.Block", { users: ["anna"] });
  await root.call("Projections.Start", { source: "s2", sessions: ["s3"] });
  // A session that is none of these goes: a second has passed for all.
  await seat(4, "force");
  await until("the other one is suspended", async () => (await session("s4")).state === "suspended");
  assert.deepEqual((await sessions()).map((s) => s.state), ["active", "active", "active", "suspended"]);
  await root.call("Blocks.Unblock", { users: ["anna"] });
  await until("anna's, later", async () => (await session("s1")).state === "suspended");
  assert.deepEqual((await sessions()).slice(1, 3).map((s) => s.state), ["active", "active"]);
  await root.call("Projections.Stop", { all: true });
  await until("the others", async () => (await sessions()).every((s) => s.state === "suspended"));
  assert.deepEqual(await Promise.all([a, b, c].map(async (s) => (await scene(s)).kind)), ["greeter", "greeter", "greeter"]);
});

test("a session suspended for too long is logged off; resuming it in time keeps it", async () => {
  await begin("[limits]\nsuspended-seconds = 3\nwarn-seconds = 1\n");
  const otto = d.caller("operator");
  await otto.watch();
  const a = await seat(1, "anna");
  await seat(2, "ben");
  await root.call("Sessions.Suspend", { sessions: ["s1", "s2"] });
  await until("announced", async () => (await sessions()).every((s) => s.notice));
  // One job, or one for each where a busy computer suspended them apart.
  const announced = await jobs();
  assert.ok(announced.every((j) => j.kind === "logoff" && j.cause === "suspended"));
  assert.deepEqual(announced.flatMap((j) => j.targets.map((t) => t.session)).sort(), ["s1", "s2"]);
  await relay.logIn(a, "anna");
  await until("whoever comes back keeps the session", async () => !(await session("s1")).notice);
  const gone = await until("logged off", () => otto.events.find((e) => e.kind === "session_gone"));
  assert.deepEqual([gone.id, gone.reason], ["s2", "logged off: suspended for too long"]);
  assert.deepEqual((await sessions()).map((s) => [s.id, s.state]), [["s1", "active"]]);
});

test("an order of a person goes before a time-out, and time-outs begin anew after a restart", async () => {
  await begin("[limits]\nidle-seconds = 2\nwarn-seconds = 1\n");
  const a = await seat(1, "anna");
  await until("the notice", async () => (await scene(a)).notice);
  await d.restart();
  await connect();
  assert.equal((await relay.station(1)).scene.notice, null);
  assert.deepEqual((await jobs()).map((j) => [j.finished, j.targets[0].state]), [[true, "cancelled"]]);
  await root.call("Sessions.LogOff", { sessions: ["s1"], grace_ms: 60000 });
  assert.equal((await scene(a)).notice.cause, "order");
  await seat(2, "ben");
  await until("ben's time-out", async () => (await session("s2")).state === "suspended");
  assert.deepEqual([(await session("s1")).state, (await session("s1")).notice.cause], ["active", "order"]);
  await relay.call("Relay.Activity", { sessions: ["s1"] });
  assert.equal((await scene(a)).notice.cause, "order", "keys do not take an order back");
});

test("a full system: what happened, why and what to do, for people at stations and for who starts sessions; own sessions go on", async () => {
  await begin("[session]\nmax = 2\n");
  await seat(1, "anna");
  const b = await seat(2, "ben");
  const c = (await relay.station(3)).station;
  const start = await relay.call("Login.Start", { purpose: "station", station: c, user: "cem", desktop: null, width: null, height: null, language: null, address: "x" });
  const full = await relay.fails("Login.Answer", { conversation: start.conversation, answers: ["secret"] });
  assert.equal(full.error, "Login.Failed");
  assert.match(full.reason, /^This system is full: .* Wait until somebody logs off and try again, use another computer, or tell whoever supervises this room\.$/);
  const limit = await root.fails("Sessions.Start", { user: "cem" });
  assert.deepEqual([limit.error, /There are 2 sessions already.* raise max in section \[session\]/.test(limit.reason)], ["Sessions.Limit", true]);
  // Who has a session gets it also now, at any station.
  await relay.call("Relay.StationAct", { station: b, act: "suspend" });
  await relay.logIn(c, "ben");
  assert.equal((await scene(c)).session, "s2");
  await root.call("Sessions.LogOff", { users: ["ben"] });
  await until("ben is gone", async () => (await sessions()).length === 1);
  await relay.logIn(c, "cem");
  assert.equal((await scene(c)).kind, "session");
});
