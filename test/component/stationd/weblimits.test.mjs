// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of the web: who may order them, what station-limits (played here) is told and when, that a session does
// not start before its limit is in force, and that they hold whatever is restarted.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";
import { Limiter } from "./limiter.mjs";

let d, root, relay, limiter;

beforeEach(async () => {
  rmSync("/run/station-limits", { recursive: true, force: true });
  d = await Daemon.start();
  limiter = new Limiter();
  await limiter.start();
  await connect();
});
afterEach(async () => {
  relay.close();
  root.close();
  await d.stop();
  await limiter.stop();
});

async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;
const list = async () => (await root.call("Limits.List")).limits.map((b) => `${b.kind}:${b.name} ${b.mode} ${b.domains.join(",")}`).sort();
const states = (r) => r.targets.map((t) => `${t.user}:${t.state}`);
const contoso = { mode: "allow", domains: ["contoso.com"] };
async function seat(n, user) {
  const st = await relay.station(n);
  await relay.logIn(st.station, user);
  return st.station;
}

test("a session: told, seen, listed, taken back, and nothing is left", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  const r = await root.call("Limits.Limit", { sessions: ["s1"], mode: "allow", domains: ["https://www.Contoso.com/x", "*.m\u00fcller.example"] });
  assert.deepEqual(states(r), ["anna:done"]);
  assert.deepEqual(limiter.now, ["allow www.contoso.com,xn--mller-kva.example by root: anna 5001"]);
  assert.deepEqual([(await session("s1")).limited, (await session("s2")).limited], [true, false]);
  await until("the event", () => events.some((e) => e.kind === "session" && e.session.id === "s1" && e.session.limited));
  const [limit] = (await root.call("Limits.List")).limits;
  assert.deepEqual([limit.kind, limit.name, limit.full_name, limit.by, limit.until_ms, limit.mode], ["user", "anna", "Anna Abel", "root", 0, "allow"]);
  assert.deepEqual(states(await root.call("Limits.Free", { users: ["anna"] })), ["anna:done"]);
  assert.deepEqual([limiter.now, await list(), (await session("s1")).limited], [[], [], false]);
  await until("the connection is given up", () => limiter.connections.size === 0);
  assert.deepEqual(states(await root.call("Limits.Free", { users: ["anna"] })), ["anna:done"], "who is not limited is done");
});

test("people with one list are one group; own lists go before that of everybody", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  await seat(3, "otto");
  assert.deepEqual(states(await root.call("Limits.Limit", { all: true, ...contoso })).sort(), ["anna:done", "ben:done"]);
  assert.deepEqual(limiter.now, ["allow contoso.com by root: anna 5001, ben 5002, *"]);
  assert.deepEqual(limiter.told.at(-1)[0].all_but, { users: [{ name: "otto", uid: 5004 }], groups: ["staff", "users"] });
  await root.call("Limits.Limit", { users: ["ben"], mode: "deny", domains: ["games.example"] });
  assert.deepEqual(limiter.now, ["allow contoso.com by root: anna 5001, *", "deny games.example by root: ben 5002"]);
  assert.equal((await session("s3")).limited, false, "an operator is never limited by all");
  const alone = await root.call("Limits.Free", { users: ["anna"] });
  assert.deepEqual(states(alone), ["anna:refused"]);
  assert.match(alone.targets[0].reason, /Free the web of everybody first/);
  await root.call("Limits.Free", { all: true });
  assert.deepEqual([limiter.now, await list()], [[], []]);
});

test("a new session starts when its limit is in force, not before", async () => {
  await root.call("Limits.Limit", { all: true, ...contoso });
  assert.deepEqual(limiter.now, ["allow contoso.com by root: *"]);
  limiter.holding = true;
  const in_ = seat(1, "anna");
  await until("station-limits is told", () => limiter.held.length > 0);
  assert.deepEqual(limiter.now, ["allow contoso.com by root: anna 5001, *"]);
  assert.equal((await session("s1")).state, "opening", "no program runs yet");
  limiter.release();
  await in_;
  await until("it starts", async () => (await session("s1")).state === "active");
  assert.equal((await session("s1")).limited, true);
});

test("where a limit cannot be enforced its user gets no session, and is told why", async () => {
  await root.call("Limits.Limit", { all: true, ...contoso });
  limiter.failure = "The moon is full.";
  const st = await relay.station(1);
  const asked_ = await relay.call("Login.Start", { purpose: "station", station: st.station, user: "anna", desktop: null, width: 800, height: 600, address: "192.0.2.7" });
  const e = await relay.fails("Login.Answer", { conversation: asked_.conversation, answers: ["secret"] });
  assert.match(JSON.stringify(e), /web of Anna Abel is limited.*cannot be enforced.*The moon is full/);
  assert.deepEqual((await root.call("Sessions.List")).sessions, []);
  limiter.failure = null;
  await root.call("Limits.Free", { all: true });
  await relay.logIn(st.station, "anna");
  assert.equal((await session("s2")).limited, false);
});

test("a system that cannot limit says so, and nothing is ordered", async () => {
  await seat(1, "anna");
  limiter.failure = "The filter of the web (HAProxy) is not installed.";
  const e = await root.fails("Limits.Limit", { users: ["anna"], ...contoso });
  assert.deepEqual([e.error, e.reason], ["Limits.Failed", limiter.failure]);
  assert.deepEqual(await list(), []);
  await limiter.stop();
  const gone = await root.fails("Limits.Limit", { users: ["anna"], ...contoso });
  assert.match(gone.reason, /station-limits.*cannot be reached/);
  assert.equal((await session("s1")).limited, false);
});

test("limits hold over the death of stationd and of station-limits, with the same uids", async () => {
  await seat(1, "anna");
  await root.call("Limits.Limit", { users: ["anna", "ben"].slice(0, 1), ...contoso, until_ms: Date.now() + 3600e3 });
  await root.call("Limits.Limit", { all: true, mode: "deny", domains: ["games.example"] });
  await seat(2, "ben");
  const before = limiter.now;
  assert.deepEqual(before, ["allow contoso.com by root: anna 5001", "deny games.example by root: ben 5002, *"]);
  relay.close();
  root.close();
  mkdirSync("/run/station-limits", { recursive: true });
  limiter.told = [];
  await d.restart();
  await connect();
  await until("stationd tells again", () => limiter.told.length > 0);
  assert.deepEqual(limiter.now, before);
  assert.deepEqual(await list(), ["all: deny games.example", "user:anna allow contoso.com"]);
  await limiter.stop();
  limiter = new Limiter();
  await limiter.start();
  await until("the new one is told", () => limiter.told.length > 0);
  assert.deepEqual(limiter.now, before);
});

test("what an earlier stationd left is taken back where nothing is limited now", async () => {
  relay.close();
  root.close();
  mkdirSync("/run/station-limits", { recursive: true });
  await d.restart();
  await until("an empty order", () => limiter.told.length > 0);
  assert.deepEqual(limiter.told, [[]]);
  await connect();
});

test("a limit ends by itself", async () => {
  await seat(1, "anna");
  await root.call("Limits.Limit", { users: ["anna"], ...contoso, until_ms: Date.now() + 300 });
  assert.equal((await session("s1")).limited, true);
  await until("it is over", async () => !(await session("s1")).limited);
  await until("the rules are gone", () => limiter.now.length === 0);
  assert.deepEqual(await list(), []);
});

test("who has left a session keeps the limit of everybody, for what may still run", async () => {
  await seat(1, "anna");
  await root.call("Limits.Limit", { all: true, ...contoso });
  await root.call("Sessions.LogOff", { sessions: ["s1"], timeout_ms: 0 });
  await until("the session is gone", async () => (await root.call("Sessions.List")).sessions.length === 0);
  await seat(2, "ben");
  assert.deepEqual(limiter.now, ["allow contoso.com by root: anna 5001, ben 5002, *"]);
});

test("operators limit standard users only, nobody themselves; lists are remembered for each", async () => {
  await seat(1, "anna");
  await seat(2, "otto");
  const otto = d.caller("operator", 5004);
  const r = await otto.call("Limits.Limit", { sessions: ["s1", "s2"], ...contoso });
  assert.deepEqual(states(r), ["anna:done", "otto:refused"]);
  assert.match(r.targets[1].reason, /your own web is never limited/);
  const other = d.caller("operator", 5555);
  assert.deepEqual(states(await other.call("Limits.Limit", { users: ["otto"], ...contoso })), ["otto:refused"]);
  for (let i = 0; i < 12; i++) await otto.call("Limits.Limit", { users: ["anna"], mode: "deny", domains: [`n${i}.example`] });
  const { lists } = await otto.call("Limits.Recent");
  assert.equal(lists.length, 10);
  assert.deepEqual(lists[0], { mode: "deny", domains: ["n11.example"] });
  assert.deepEqual((await root.call("Limits.Recent")).lists, []);
});

test("what is no site, and what is no selection", async () => {
  await seat(1, "anna");
  for (const [domains, words] of [[["contoso"], /no ending/], [[], /no site/], [["192.0.2.1"], /address/], [Array(501).fill("a.example"), /too many/]]) {
    const e = await root.fails("Limits.Limit", { users: ["anna"], mode: "allow", domains });
    assert.equal(e.error, "Limits.BadSite");
    assert.match(e.reason, words);
  }
  assert.match(JSON.stringify(await root.fails("Limits.Limit", { users: ["anna"], mode: "some", domains: ["a.example"] })), /InvalidParameter.*mode/);
  assert.match(JSON.stringify(await root.fails("Limits.Limit", { users: ["anna"], stations: ["browser-1"], ...contoso })), /InvalidParameter/);
  assert.match(JSON.stringify(await root.fails("Limits.Limit", { ...contoso })), /InvalidParameter/);
  assert.equal((await root.fails("Limits.Limit", { users: ["no-such-user"], ...contoso })).error, "Limits.UnknownUser");
  assert.deepEqual(await list(), []);
});

test("a lesson's list: below the own one and that of everybody, above nothing; it ends with the lesson", async () => {
  for (const user of ["anna", "ben"]) await root.call("Sessions.Start", { user });
  await root.call("Limits.Limit", { users: ["ben"], ...contoso });
  const asked = { mode: "deny", domains: ["*.Example.org"] }, web = { mode: "deny", domains: ["example.org"] };
  const { changes } = await root.call("Lessons.Preview", { all: true, length_ms: 60_000, web: asked });
  assert.deepEqual(changes.map((c) => [c.user, c.web_before, c.web]), [["anna", false, true], ["ben", true, true]]);
  assert.equal(limiter.now.length, 1, "nothing has changed");
  const { lesson, targets } = await root.call("Lessons.Start", { all: true, length_ms: 600_000, web: asked });
  assert.deepEqual(states({ targets }), ["anna:done", "ben:done"]);
  assert.deepEqual(limiter.now, ["allow contoso.com by root: ben 5002", "deny example.org by root: anna 5001, *"]);
  assert.deepEqual((await root.call("Lessons.List")).lessons[0].web, web);
  assert.deepEqual((await root.call("Lessons.Presets")).presets[0].web, web);
  // Who comes later, before the first program; and over a restart.
  await root.call("Sessions.Start", { user: "cem" });
  assert.deepEqual(limiter.now[1], "deny example.org by root: anna 5001, cem 5003, *");
  relay.close();
  root.close();
  await d.restart();
  await connect();
  await until("told again", () => limiter.now.length === 2);
  assert.deepEqual((await root.call("Lessons.List")).lessons[0].web, web);
  // Ordered by hand meanwhile: it stays.
  await root.call("Limits.Limit", { users: ["cem"], ...contoso });
  await root.call("Lessons.Change", { lesson, web: { mode: "allow", domains: ["school.example"] } });
  assert.ok(limiter.now.includes("allow school.example by root: anna 5001, *"), "in force when it answers");
  // Not before it is in force, and not at all where it cannot be.
  for (const [method, more] of [["Change", { web }], ["Extend", { add_ms: 1000 }]]) {
    limiter.holding = method === "Change";
    let answered = false;
    const call = root.call(`Lessons.${method}`, { lesson, ...more }).then(() => (answered = true));
    if (limiter.holding) await until("told, not answered", () => limiter.held.length > 0);
    assert.equal(answered, false);
    limiter.release();
    await call;
  }
  limiter.failure = "The moon is full.";
  assert.equal((await root.fails("Lessons.Change", { lesson, web: { mode: "allow", domains: ["x.example"] } })).reason, "The moon is full.");
  assert.deepEqual((await root.call("Lessons.List")).lessons[0].web, web, "nothing has changed");
  limiter.failure = null;
  await root.call("Lessons.End", { lesson });
  await until("what was before", () => limiter.now.join() === "allow contoso.com by root: ben 5002, cem 5003");
  // Freed within a lesson; a word that is no site; a system that cannot.
  const second = (await root.call("Lessons.Start", { users: ["anna"], length_ms: 600_000, web })).lesson;
  await root.call("Lessons.Change", { lesson: second, web: { mode: "allow", domains: [] } });
  assert.equal((await root.call("Lessons.List")).lessons[0].web, null);
  await until("Anna is free", () => limiter.now.length === 1);
  assert.equal((await root.fails("Lessons.Start", { users: ["anna"], length_ms: 60_000, web: { mode: "allow", domains: ["contoso"] } })).error, "Lessons.BadSite");
  assert.equal((await root.fails("Lessons.Change", { lesson: second, web: { mode: "allow", domains: ["192.0.2.1"] } })).error, "Lessons.BadSite");
  limiter.failure = "There is no nftables here.";
  const failed = await root.fails("Lessons.Start", { users: ["anna"], length_ms: 60_000, web });
  assert.deepEqual([failed.error, (await root.call("Lessons.List")).lessons.length], ["Lessons.Failed", 1]);
});
