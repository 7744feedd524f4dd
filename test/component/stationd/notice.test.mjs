// SPDX-License-Identifier: GPL-3.0-or-later
// Notices: more time asked for and given; and several sessions of one account.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay;

beforeEach(() => begin());
afterEach(end);

async function begin(conf) {
  d = await Daemon.start(conf);
  await connect();
}
async function end() {
  relay.close();
  root.close();
  await d.stop();
}
async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
const scene = async (station) => {
  await relay.call("Login.Info");
  return relay.scene(station);
};
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;
const job = async (id) => (await root.call("Jobs.Get", { job: id })).job;
async function seat(n, user) {
  const st = await relay.station(n);
  await relay.logIn(st.station, user);
  return st.station;
}

test("more time: asked for once, seen by who ordered it, given to one or all", async () => {
  const a = await seat(1, "anna");
  await seat(2, "ben");
  assert.match((await relay.fails("Relay.StationAct", { station: a, act: "more_time" })).reason, /Nobody has announced/);
  const order = await root.call("Sessions.LogOff", { all: true, grace_ms: 60000 });
  const ends = order.targets.map((t) => t.ends_ms);
  assert.ok(ends.every((e) => e > Date.now()) && !order.targets[0].more_time);
  assert.equal((await scene(a)).notice.more_time, false);
  await relay.call("Relay.StationAct", { station: a, act: "more_time" });
  await relay.call("Relay.StationAct", { station: a, act: "more_time" });
  assert.equal((await scene(a)).notice.more_time, true);
  assert.deepEqual((await job(order.job)).targets.map((t) => t.more_time), [true, false]);
  // Kept over kill -9 once it was written; giving it is stored before the answer.
  const given = (await root.call("Jobs.Extend", { job: order.job, sessions: ["s1"], add_ms: 30000 })).job;
  assert.deepEqual(given.targets.map((t) => [t.ends_ms, t.more_time]), [[ends[0] + 30000, false], [ends[1], false]]);
  assert.equal(given.ends_ms, ends[0] + 30000);
  assert.deepEqual([(await scene(a)).notice.ends_ms, (await scene(a)).notice.more_time], [ends[0] + 30000, false]);
  assert.equal((await session("s1")).notice.ends_ms, ends[0] + 30000);
  await d.restart();
  await connect();
  await relay.station(1);
  assert.deepEqual((await job(order.job)).targets.map((t) => t.ends_ms), [ends[0] + 30000, ends[1]]);
  assert.equal((await session("s2")).notice.ends_ms, ends[1]);
  const all = (await root.call("Jobs.Extend", { job: order.job, add_ms: 1000 })).job;
  assert.deepEqual(all.targets.map((t) => t.ends_ms), [ends[0] + 31000, ends[1] + 1000]);
  assert.equal((await root.fails("Jobs.Extend", { job: order.job, sessions: ["s9"], add_ms: 1000 })).error, "Jobs.Refused");
  assert.equal((await root.fails("Jobs.Extend", { job: order.job, add_ms: 999 })).parameter, "add_ms");
  assert.equal((await root.fails("Jobs.Extend", { job: "j9", add_ms: 1000 })).error, "Jobs.NotFound");
  // An answer of the other kind.
  await relay.call("Relay.StationAct", { station: a, act: "more_time" });
  await root.call("Jobs.Cancel", { job: order.job });
  assert.equal((await scene(a)).notice, null);
  assert.ok((await job(order.job)).targets.every((t) => t.state === "cancelled" && !t.more_time));
  assert.equal((await root.fails("Jobs.Extend", { job: order.job, add_ms: 1000 })).error, "Jobs.Refused");
});

test("each notice ends at its own time", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  const order = await root.call("Sessions.LogOff", { all: true, grace_ms: 700 });
  await root.call("Jobs.Extend", { job: order.job, sessions: ["s2"], add_ms: 60000 });
  const left = async () => (await root.call("Sessions.List")).sessions.map((s) => s.user);
  await until("anna has gone", async () => (await left()).join() === "ben");
  const j = await job(order.job);
  assert.deepEqual(j.targets.map((t) => t.state), ["done", "waiting"]);
  assert.equal(j.finished, false);
  assert.ok((await session("s2")).notice);
  await root.call("Jobs.Cancel", { job: order.job });
  assert.equal((await job(order.job)).finished, true);
});

test("what one account may have: two sessions, then the last used one moves", async () => {
  await end();
  await begin("[session]\nper-user-max = 2\n");
  const a = await seat(1, "anna"), b = await seat(2, "anna");
  assert.deepEqual([(await scene(a)).session, (await scene(b)).session], ["s1", "s2"]);
  // At the limit the one used last is moved.
  await until("time passes between the two", async () => (await session("s1")).idle_ms > (await session("s2")).idle_ms);
  const c = await seat(3, "anna");
  assert.deepEqual([(await scene(a)).session, (await scene(b)).session, (await scene(c)).session], ["s1", "", "s2"]);
  assert.match((await root.fails("Sessions.Start", { user: "anna" })).reason, /at most 2/);
  // A suspended one is resumed before anything is moved.
  await relay.call("Relay.StationAct", { station: a, act: "suspend" });
  await relay.logIn(b, "anna");
  assert.deepEqual([(await scene(b)).session, (await scene(c)).session], ["s1", "s2"]);
  // Of two suspended ones, that which was used last.
  await relay.call("Relay.StationAct", { station: b, act: "suspend" });
  await relay.call("Relay.StationAct", { station: c, act: "suspend" });
  await relay.call("Relay.Activity", { sessions: ["s2"] });
  await relay.logIn(a, "anna");
  assert.equal((await scene(a)).session, "s2");
  assert.equal((await root.call("Sessions.Start", { user: "ben" })).session.id, "s3");
  assert.equal((await root.call("Sessions.Start", { user: "ben" })).session.id, "s4");
  // A block is of the person: all sessions, wherever.
  await relay.logIn(b, "anna");
  const r = await root.call("Blocks.Block", { sessions: ["s2"] });
  assert.equal(r.targets.length, 1);
  assert.deepEqual([(await scene(a)).kind, (await scene(b)).kind], ["block", "block"]);
});
