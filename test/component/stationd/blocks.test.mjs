// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks and locks: what stations show, who may order it, and that it holds whatever is restarted.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay;

beforeEach(async () => {
  d = await Daemon.start("[roles]\norchestrate-privileged = yes\n");
  await connect();
});
afterEach(async () => {
  relay.close();
  root.close();
  await d.stop();
});

async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
/** What a station shows now: orders that came before the answer on another connection are there then. */
const scene = async (station) => {
  await relay.call("Login.Info");
  return relay.scene(station);
};
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;
const list = async () => (await root.call("Blocks.List")).blocks.map((b) => `${b.kind}:${b.name}`).sort();
const states = (r) => r.targets.map((t) => `${t.user || t.station}:${t.state}`);
/** A new station, with this person logged in. */
async function seat(n, user, kind = "browser", address = "192.0.2.7") {
  const st = await relay.station(n, kind, address);
  if (user) await relay.logIn(st.station, user);
  return st.station;
}

test("blocking a session: its user and the station, seen at once, taken back again", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  assert.equal((await scene(a)).input, true);
  const r = await root.call("Blocks.Block", { sessions: ["s1"], message: "Look at the board" });
  assert.deepEqual(r.targets, [{ session: "s1", station: a, user: "anna", full_name: "Anna Abel", state: "done", reason: "" }]);
  const shown = await scene(a);
  assert.deepEqual([shown.kind, shown.input, shown.session, shown.user], ["block", false, "s1", "anna"]);
  assert.deepEqual(shown.block, { by: "root", message: "Look at the board", until_ms: 0 });
  assert.equal((await scene(b)).kind, "session");
  const s = await session("s1");
  assert.deepEqual([s.blocked, s.scene, s.state], [true, "block", "active"]);
  const st = (await root.call("Stations.Get", { station: a })).station;
  assert.deepEqual([st.blocked, st.scene], [true, "block"]);
  assert.deepEqual(await list(), [`station:${a}`, "user:anna"]);
  await until("the event", () => events.some((e) => e.kind === "session" && e.session.id === "s1" && e.session.blocked));
  const blocks = (await root.call("Blocks.List")).blocks;
  assert.deepEqual([blocks[0].full_name, blocks[0].by, blocks[0].message], ["Anna Abel", "root", "Look at the board"]);
  assert.deepEqual(states(await root.call("Blocks.Unblock", { sessions: ["s1"] })), ["anna:done"]);
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).input, (await scene(a)).block], ["session", true, null]);
  assert.equal((await session("s1")).blocked, false);
  assert.deepEqual(await list(), []);
  assert.deepEqual(states(await root.call("Blocks.Unblock", { sessions: ["s1"] })), ["anna:done"]);
});

test("no way around: log off, another station, another person at the station", async () => {
  const a = await seat(1, "anna");
  await root.call("Blocks.Block", { users: ["anna"] });
  for (const act of ["suspend", "logoff", "lock"]) assert.equal((await relay.fails("Relay.StationAct", { station: a, act })).error, "Relay.Refused");
  const { job } = await root.call("Sessions.LogOff", { users: ["anna"] });
  await root.call("Jobs.Wait", { job });
  await until("the session is gone", async () => (await scene(a)).session === "");
  assert.equal((await scene(a)).kind, "block");
  const b = await relay.station(2);
  assert.equal(b.scene.kind, "greeter");
  await relay.logIn(b.station, "anna");
  await scene(a);
  const scenes = relay.orders.filter((o) => o.station === b.station && o.order === "scene").map((o) => o.scene.kind);
  assert.deepEqual(scenes, ["block"], "the first that the new session shows is the block");
  await relay.logIn(a, "ben");
  assert.equal((await scene(a)).kind, "block");
  const ben = (await root.call("Sessions.List")).sessions.find((s) => s.user === "ben");
  assert.equal(ben.blocked, true);
  await root.call("Blocks.Unblock", { sessions: [ben.id] });
  assert.equal((await scene(a)).kind, "session");
  assert.equal((await scene(b.station)).kind, "block", "anna is still blocked");
});

test("everybody: sessions of standard users, those that begin later, and no greeter", async () => {
  const a = await seat(1, "anna"), o = await seat(2, "otto"), empty = await seat(3);
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  await until("the snapshot", () => events.some((e) => e.kind === "snapshot" && e.block_all === null));
  assert.deepEqual(states(await root.call("Blocks.Block", { all: true, message: "Break" })), ["anna:done"]);
  await until("the event", () => events.some((e) => e.kind === "block_all" && e.block_all.message === "Break"));
  assert.deepEqual([(await scene(a)).kind, (await scene(o)).kind], ["block", "session"]);
  await relay.logIn(empty, "ben");
  assert.equal((await scene(empty)).kind, "block");
  assert.deepEqual(relay.orders.filter((x) => x.order === "scene" && x.station === empty).map((x) => x.scene.kind), ["block"]);
  const out = await root.call("Blocks.Unblock", { users: ["anna"] });
  assert.deepEqual(states(out), ["anna:refused"]);
  assert.match(out.targets[0].reason, /Everybody is blocked/);
  const { job } = await root.call("Sessions.LogOff", { users: ["anna"] });
  await root.call("Jobs.Wait", { job });
  await until("the session is gone", async () => (await scene(a)).session === "");
  assert.equal((await scene(a)).kind, "block", "who ends the own session still sees it");
  await root.call("Blocks.Unblock", { all: true });
  await until("the event", () => events.some((e) => e.kind === "block_all" && e.block_all === null));
  assert.deepEqual([(await scene(a)).kind, (await scene(empty)).kind], ["greeter", "session"]);
  assert.deepEqual(await list(), []);
});

test("users without a session: by the name service; unknown names and privileged ones", async () => {
  assert.deepEqual(states(await root.call("Blocks.Block", { users: ["mail"] })), ["mail:done"]);
  assert.deepEqual(await list(), ["user:mail"]);
  assert.equal((await root.fails("Blocks.Block", { users: ["no-such-user"] })).error, "Blocks.UnknownUser");
  assert.equal((await root.fails("Blocks.Block", { users: ["../evil"] })).error, "Blocks.UnknownUser");
  assert.equal((await root.fails("Blocks.Block", { sessions: ["s77"], stations: ["vnc-8"] })).error, "Blocks.NotFound");
  const mixed = await root.call("Blocks.Block", { users: ["mail", "no-such-user", "news"] });
  assert.deepEqual(states(mixed), ["mail:done", "no-such-user:failed", "news:done"]);
  const operator = d.caller("operator");
  const refused = await operator.call("Blocks.Block", { users: ["root"] });
  assert.deepEqual(states(refused), ["root:refused"]);
  assert.match(refused.targets[0].reason, /administrator/);
  assert.deepEqual(await list(), ["user:mail", "user:news"]);
  assert.deepEqual(states(await root.call("Blocks.Unblock", { users: ["mail"] })), ["mail:done"]);
  assert.deepEqual(await list(), ["user:news"]);
});

test("a station: whoever sits there, and the greeter", async () => {
  const a = await seat(1);
  await root.call("Blocks.Block", { stations: [a] });
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).session, (await scene(a)).block.message], ["block", "", ""]);
  await relay.logIn(a, "anna");
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).session], ["block", "s1"]);
  await root.call("Blocks.Block", { users: ["anna"], message: "You" });
  assert.equal((await scene(a)).block.message, "You");
  await root.call("Blocks.Unblock", { users: ["anna"] });
  assert.deepEqual(await list(), [], "who names a person with a session means the station too");
  await root.call("Blocks.Block", { stations: [a] });
  await root.call("Blocks.Unblock", { stations: [a] });
  assert.equal((await scene(a)).kind, "session");
});

test("roles: operators block standard users only, nobody blocks themselves", async () => {
  await seat(1, "anna");
  const o = await seat(2, "otto"), ada = await seat(3, "ada");
  const otto = (await relay.signIn("otto")).token, boss = (await relay.signIn("ada")).token;
  const by = (token, method, p) => relay.call(method, p, { token });
  let r = await by(otto, "Blocks.Block", { sessions: ["s1", "s2", "s3"], stations: [ada] });
  assert.deepEqual(r.targets.map((t) => t.state), ["done", "refused", "refused", "refused"]);
  assert.match(r.targets[1].reason, /your own session/);
  assert.match(r.targets[2].reason, /Ada Admin is an administrator/);
  assert.deepEqual(await list(), ["station:browser-1", "user:anna"]);
  r = await by(boss, "Blocks.Block", { users: ["otto", "ada"] });
  assert.deepEqual(states(r), ["otto:done", "ada:refused"]);
  assert.equal((await scene(o)).kind, "block");
  // Blocked by an administrator: an operator cannot help themselves.
  r = await by(otto, "Blocks.Unblock", { users: ["otto"] });
  assert.deepEqual(states(r), ["otto:refused"]);
  r = await by(otto, "Blocks.Unblock", { stations: [o] });
  assert.deepEqual(states(r), ["otto:refused"]);
  r = await by(otto, "Blocks.Unblock", { all: true });
  assert.deepEqual(r.targets.filter((t) => t.state === "refused").map((t) => t.station || t.user), [o, o]);
  assert.equal((await scene(o)).kind, "block");
  // Two operators: the last one's text; who blocks is not blocked at a station of their own.
  const second = d.caller("operator", 5102);
  await by(otto, "Blocks.Block", { sessions: ["s1"], message: "first" });
  await second.call("Blocks.Block", { sessions: ["s1"], message: "second" });
  assert.equal((await scene("browser-1")).block.message, "second");
  assert.equal((await root.call("Blocks.List")).blocks.filter((b) => b.name === "anna").length, 1);
  await by(boss, "Blocks.Unblock", { all: true });
  assert.deepEqual(await list(), []);
});

test("a teacher who logs in at a blocked station is not blocked", async () => {
  const a = await seat(1);
  const otto = (await relay.signIn("otto")).token;
  await relay.call("Blocks.Block", { stations: [a] }, { token: otto });
  await relay.logIn(a, "ada");
  assert.equal((await scene(a)).kind, "session");
});

test("an end by time, also one that passes while stationd is away", async () => {
  const a = await seat(1, "anna");
  await root.call("Blocks.Block", { users: ["anna"], until_ms: Date.now() + 400 });
  assert.equal((await scene(a)).kind, "block");
  await until("the end", async () => (await scene(a)).kind === "session");
  await until("the session", async () => !(await session("s1")).blocked);
  assert.deepEqual(await list(), []);
  assert.equal((await root.fails("Blocks.Block", { all: true, until_ms: Date.now() - 1 })).parameter, "until_ms");
  const end = Date.now() + 700;
  await root.call("Blocks.Block", { all: true, until_ms: end });
  await d.kill();
  await until("it has passed", () => Date.now() > end);
  await d.spawn();
  await connect();
  assert.deepEqual(await list(), []);
  assert.equal((await relay.station(1)).scene.kind, "session");
});

test("everything is restarted while blocked: stationd, relay, the computer", async () => {
  const a = await seat(1, "anna");
  await root.call("Blocks.Block", { sessions: ["s1"], message: "Stop" });
  const check = async () => {
    const st = await relay.station(1);
    assert.deepEqual([st.station, st.scene.kind, st.scene.block.message], [a, "block", "Stop"]);
  };
  await d.restart();
  await connect();
  await check();
  relay.close();
  relay = await openRelay(d);
  await check();
  relay.close();
  await d.restart();
  await connect();
  await check();
  // After a reboot there is no session any more, and numbers count anew.
  await d.stop();
  rmSync("/run/stationmaster", { recursive: true, force: true });
  await d.spawn();
  await connect();
  await check();
  await relay.logIn((await relay.station(2)).station, "anna");
  assert.equal((await scene("browser-2")).kind, "block");
  // A page that has lost its cookie is a new station; the person is still blocked.
  await root.call("Blocks.Unblock", { all: true });
  assert.equal((await relay.station(1)).scene.kind, "greeter");
});

test("a vnc station that is blocked keeps its number", async () => {
  const a = await seat(1, "anna", "vnc", "192.0.2.20"), b = await seat(2, "ben", "vnc", "192.0.2.21");
  assert.deepEqual([a, b], ["vnc-1", "vnc-2"]);
  await root.call("Blocks.Block", { sessions: ["s1"] });
  await relay.call("Relay.StationClose", { station: a, now: true });
  const other = await relay.station(3, "vnc", "192.0.2.99");
  assert.deepEqual([other.station, other.scene.kind], ["vnc-3", "greeter"]);
  const again = await relay.station(4, "vnc", "192.0.2.20");
  assert.deepEqual([again.station, again.scene.kind], ["vnc-1", "block"]);
  await relay.logIn(again.station, "cem");
  assert.equal((await scene("vnc-1")).kind, "block");
  await relay.call("Relay.StationClose", { station: "vnc-1", now: true });
  await d.stop();
  rmSync("/run/stationmaster", { recursive: true, force: true });
  await d.spawn();
  await connect();
  assert.equal((await relay.station(5, "vnc", "192.0.2.99")).station, "vnc-2");
  assert.deepEqual((await relay.station(6, "vnc", "192.0.2.20")).scene.kind, "block");
  await root.call("Blocks.Unblock", { stations: ["vnc-1"] });
  await relay.call("Relay.StationClose", { station: "vnc-1", now: true });
  assert.equal((await relay.station(7, "vnc", "192.0.2.30")).station, "vnc-1");
});

test("a vnc station whose relay was restarted: the next viewer from there has the block, not the session", async () => {
  await seat(1, "anna", "vnc", "192.0.2.20");
  await root.call("Blocks.Block", { sessions: ["s1"] });
  relay.close();
  await until("it is lost", async () => !(await root.call("Stations.Get", { station: "vnc-1" })).station.connected);
  relay = await openRelay(d);
  assert.equal((await relay.station(2, "vnc", "192.0.2.21")).station, "vnc-2");
  const again = await relay.station(3, "vnc", "192.0.2.20");
  assert.deepEqual([again.station, again.scene.kind, again.scene.session], ["vnc-1", "block", ""]);
  assert.equal((await session("s1")).state, "suspended");
  await root.call("Blocks.Unblock", { all: true });
  assert.equal((await scene("vnc-1")).kind, "greeter");
});

test("a station's own block is told to watchers even where nothing else changes", async () => {
  const a = await seat(1, "anna");
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  await root.call("Blocks.Block", { users: ["anna"], message: "x" });
  await until("blocked", () => events.some((e) => e.kind === "station" && e.station.blocked));
  await root.call("Blocks.Unblock", { stations: [a] });
  await until("no longer", () => events.filter((e) => e.kind === "station").at(-1).station.blocked === false);
  assert.equal((await scene(a)).kind, "block");
});

test("the last ten texts of each person, and the configured one", async () => {
  await seat(1, "anna");
  const otto = (await relay.signIn("otto")).token;
  for (let i = 1; i <= 12; i++) await root.call("Blocks.Block", { users: ["anna"], message: `text ${i} – Grüße 你好` });
  await root.call("Blocks.Block", { users: ["anna"], message: "text 7 – Grüße 你好" });
  const { texts, default_text } = await root.call("Blocks.Texts");
  assert.deepEqual(texts.map((t) => t.split(" ")[1]), ["7", "12", "11", "10", "9", "8", "6", "5", "4", "3"]);
  assert.equal(default_text, "");
  assert.deepEqual((await relay.call("Blocks.Texts", {}, { token: otto })).texts, []);
  assert.equal((await root.fails("Blocks.Block", { users: ["anna"], message: "x".repeat(501) })).parameter, "message");
  await d.kill("SIGTERM");
  relay.close();
  root.close();
  d = await Daemon.start("[block]\nmessage = Bitte nach vorn schauen\n");
  await connect();
  const a = await seat(1, "anna");
  await root.call("Blocks.Block", { all: true });
  assert.equal((await scene(a)).block.message, "Bitte nach vorn schauen");
  assert.equal((await root.call("Blocks.Texts")).default_text, "Bitte nach vorn schauen");
});

test("kill -9 at any moment: nothing that was answered is lost", async () => {
  const a = await seat(1, "anna");
  for (let i = 0; i < 12; i++) {
    // One that is answered, then more on their way when the process ends, each time a bit later.
    const wanted = i % 2 === 0;
    await (wanted ? root.call("Blocks.Block", { sessions: ["s1"], message: `${i}` }) : root.call("Blocks.Unblock", { all: true }));
    const late = [];
    for (let k = 0; k < i; k++) late.push(root.call("Blocks.Block", { users: ["mail"], message: `${i}.${k}` }).then(() => `${i}.${k}`, () => null));
    if (i > 0) await Promise.race(late);
    await d.kill();
    const answered = (await Promise.all(late)).filter(Boolean).at(-1);
    relay.close();
    await d.spawn();
    await connect();
    const shown = (await relay.station(1)).scene;
    assert.equal(shown.kind, wanted ? "block" : "session", `round ${i}`);
    if (wanted) assert.equal(shown.block.message, `${i}`);
    if (answered) {
      const { blocks } = await root.call("Blocks.List");
      const [round, number] = blocks.find((b) => b.name === "mail").message.split(".").map(Number);
      assert.ok(round === i && number >= Number(answered.split(".")[1]), `${answered} was answered, ${round}.${number} is there`);
    }
  }
  assert.equal(a, "browser-1");
});

test("lock: by its user, unlocked by the password, an administrator, a log-in", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  const start = (more) => relay.call("Login.Start", { purpose: "unlock", station: a, user: "anna", desktop: null, width: null, height: null, address: "192.0.2.7", ...more });
  assert.equal((await relay.fails("Login.Start", { purpose: "unlock", station: a, user: "anna", desktop: null, width: null, height: null, address: "x" })).error, "Login.Failed");
  await relay.call("Relay.StationAct", { station: a, act: "lock" });
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).input, (await scene(a)).user], ["lock", false, "anna"]);
  const s = await session("s1");
  assert.deepEqual([s.locked, s.scene], [true, "lock"]);
  assert.equal((await relay.fails("Relay.StationAct", { station: a, act: "logoff" })).error, "Relay.Refused");
  // Kept over a restart.
  await d.restart();
  await connect();
  assert.equal((await relay.station(1)).scene.kind, "lock");
  assert.equal((await relay.station(2)).scene.kind, "session");
  // Wrong password, wrong person, wrong station.
  const wrong = await start().then((c) => relay.fails("Login.Answer", { conversation: c.conversation, answers: ["wrong"] }));
  assert.equal(wrong.error, "Login.Denied");
  assert.equal((await relay.fails("Login.Start", { purpose: "unlock", station: a, user: "ben", desktop: null, width: null, height: null, address: "x" })).error, "Login.Denied");
  assert.equal((await relay.fails("Login.Start", { purpose: "unlock", station: b, user: "anna", desktop: null, width: null, height: null, address: "x" })).error, "Login.Failed");
  assert.equal((await session("s1")).locked, true);
  const c = await start();
  assert.ok((await relay.call("Login.Answer", { conversation: c.conversation, answers: ["secret"] })).done);
  assert.equal((await scene(a)).kind, "session");
  assert.equal((await root.call("Sessions.List")).sessions.length, 2, "nothing new was started");
  // Own sessions through the API; others' never; an administrator unlocks.
  const anna = d.caller("standard", 5001), operator = d.caller("operator");
  assert.deepEqual(states(await anna.call("Sessions.Lock")), ["anna:done"]);
  assert.equal((await scene(a)).kind, "lock");
  assert.deepEqual(states(await operator.call("Sessions.Unlock", { sessions: ["s1"] })), ["anna:refused"]);
  assert.deepEqual(states(await operator.call("Sessions.Lock", { sessions: ["s2"] })), ["ben:refused"]);
  assert.deepEqual(states(await root.call("Sessions.Lock", { sessions: ["s2"] })), ["ben:refused"]);
  assert.deepEqual(states(await root.call("Sessions.Unlock", { sessions: ["s1"] })), ["anna:done"]);
  assert.equal((await scene(a)).kind, "session");
  // Switch user; logging in again is as good as unlocking.
  await anna.call("Sessions.Lock", { sessions: ["s1"] });
  await relay.call("Relay.StationAct", { station: a, act: "suspend" });
  assert.deepEqual([(await scene(a)).kind, (await session("s1")).locked], ["greeter", true]);
  await relay.logIn(a, "anna");
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).session, (await session("s1")).locked], ["session", "s1", false]);
  // Locked here, logged in there: what was locked is not shown here for a moment.
  await anna.call("Sessions.Lock", { sessions: ["s1"] });
  const other = await relay.station(3);
  const mark = relay.orders.length;
  await relay.logIn(other.station, "anna");
  assert.deepEqual(relay.orders.slice(mark).filter((o) => o.order === "scene").map((o) => `${o.station} ${o.scene.kind}`), [`${a} greeter`, `${other.station} session`]);
  await relay.logIn(a, "anna");
  // A block goes above it.
  await anna.call("Sessions.Lock", { sessions: ["s1"] });
  await root.call("Blocks.Block", { all: true });
  assert.equal((await scene(a)).kind, "block");
  await root.call("Blocks.Unblock", { all: true });
  assert.equal((await scene(a)).kind, "lock");
  assert.equal((await scene(b)).kind, "session");
});

test("wrong passwords at the lock are slowed down as at the greeter", async () => {
  const a = await seat(1, "anna");
  await relay.call("Relay.StationAct", { station: a, act: "lock" });
  const p = { purpose: "unlock", station: a, user: "anna", desktop: null, width: null, height: null, address: "192.0.2.7" };
  for (let i = 0; i < 5; i++) {
    const c = await relay.call("Login.Start", p);
    await relay.fails("Login.Answer", { conversation: c.conversation, answers: ["wrong"] });
  }
  assert.equal((await relay.fails("Login.Start", p)).error, "Login.Busy");
  assert.equal((await scene(a)).kind, "lock");
});
