// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons: what they bring, to whom, once; that it falls off exactly and to the moment, whatever is restarted.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, asked, openRelay, until } from "./daemon.mjs";

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
async function again() {
  relay.close();
  root.close();
  await d.restart();
  await connect();
}
/** What a station shows now. */
const scene = async (station) => {
  await relay.call("Login.Info");
  return relay.scene(station);
};
const states = (r) => r.targets.map((t) => `${t.user}:${t.state}`);
const list = async () => (await root.call("Lessons.List")).lessons;
const start = (p) => root.call("Lessons.Start", { length_ms: 600_000, ...p });
const ran = (id) => asked(id, "Run").map((one) => one.parameters.exec);
const audit = async () => (await root.call("Audit.List", {})).entries.filter((e) => e.method.startsWith("Lessons.")).map((e) => `${e.method} ${e.targets}: ${e.result}`);
async function seat(n, user) {
  const st = await relay.station(n);
  if (user) await relay.logIn(st.station, user);
  return st.station;
}
const sessionOf = async (user) => (await root.call("Sessions.List")).sessions.find((s) => s.user === user);

test("block, programs, message: for everybody, those who come later too, nobody above; and the end undoes exactly that", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben"), o = await seat(3, "otto"), empty = await seat(4);
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  await until("the snapshot", () => events.some((e) => e.kind === "snapshot" && e.lessons.length === 0));
  await root.call("Blocks.Block", { users: ["ben"], message: "Ben alone" });
  const before = Date.now();
  const r = await start({ all: true, name: "Maths", block: true, message: "Eyes to the front", programs: [{ program: "", open: "writer a" }] });
  assert.deepEqual(states(r), ["anna:done", "ben:done"]);
  assert.equal(r.lesson, "l1");
  await until("the event", () => events.some((e) => e.kind === "lesson" && e.lesson.id === "l1" && e.lesson.may));
  const [l] = await list();
  assert.ok(l.ends_ms >= before + 600_000 && l.ends_ms <= Date.now() + 600_000);
  assert.deepEqual([l.name, l.by, l.all, l.users, l.block, l.message, l.programs, l.may], ["Maths", "root", true, [], true, "Eyes to the front", [{ program: "", open: "writer a" }], true]);
  const shown = await scene(a);
  assert.deepEqual([shown.kind, shown.input, shown.lesson], ["block", false, { name: "Maths", by: "root", ends_ms: l.ends_ms }]);
  assert.deepEqual(shown.block, { by: "root", message: "Eyes to the front", until_ms: l.ends_ms });
  assert.equal((await scene(b)).block.message, "Ben alone", "the own block goes before");
  assert.deepEqual([(await scene(o)).kind, (await scene(o)).lesson, (await scene(empty))?.kind ?? "greeter"], ["session", null, "greeter"]);
  assert.equal((await sessionOf("anna")).blocked, true);
  // Later ones; each session gets the programs once.
  await relay.logIn(empty, "cem");
  assert.deepEqual(relay.orders.filter((x) => x.order === "scene" && x.station === empty && x.scene.session).map((x) => x.scene.kind), ["block"]);
  const cem = (await sessionOf("cem")).id;
  await until("it runs with Cem", () => ran(cem).length === 1);
  assert.deepEqual([ran("s1"), ran("s2"), ran("s3"), ran(cem)], [["writer a"], ["writer a"], [], ["writer a"]]);
  assert.deepEqual((await root.call("Chat.History")).messages, [], "what is read as a block is not sent as well");
  await root.call("Lessons.End", { lesson: "l1" });
  await until("the event", () => events.some((e) => e.kind === "lesson_gone" && e.id === "l1"));
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).lesson, (await scene(empty)).kind], ["session", null, "session"]);
  assert.deepEqual([(await scene(b)).kind, (await scene(b)).lesson], ["block", null], "Ben was blocked before, and is");
  assert.equal((await sessionOf("anna")).blocked, false);
  assert.deepEqual(await list(), []);
  assert.deepEqual((await audit()).reverse(), ["Lessons.Start l1 Maths 10 min block programs: all anna ben: ok", "Lessons.End l1 Maths: ok"]);
});

test("no way around: log off and on, another station; and no unblock alone", async () => {
  const a = await seat(1, "anna");
  await start({ users: ["anna", "mail"], block: true, name: "Test" });
  for (const act of ["suspend", "logoff", "lock"]) assert.equal((await relay.fails("Relay.StationAct", { station: a, act })).error, "Relay.Refused");
  const out = await root.call("Blocks.Unblock", { users: ["anna"] });
  assert.deepEqual(states(out), ["anna:refused"]);
  assert.match(out.targets[0].reason, /The lesson "Test" blocks/);
  assert.deepEqual(states(await root.call("Blocks.Unblock", { all: true })), ["anna:refused"]);
  assert.equal((await scene(a)).kind, "block");
  const { job } = await root.call("Sessions.LogOff", { users: ["anna"] });
  await root.call("Jobs.Wait", { job });
  await until("the session is gone", async () => (await scene(a)).session === "");
  const b = await seat(2, "anna");
  await scene(b);
  assert.deepEqual(relay.orders.filter((x) => x.station === b && x.order === "scene").map((x) => x.scene.kind), ["block"], "the first that the new session shows is the block");
  await relay.logIn(a, "ben");
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).lesson], ["session", null], "who is not named is free");
  assert.deepEqual((await list())[0].users.map((u) => u.user), ["anna", "mail"]);
});

test("by hand within a lesson: it outlives the lesson, unless it was ordered until its end", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  await start({ all: true, length_ms: 1500 });
  const { ends_ms } = (await list())[0];
  await root.call("Blocks.Block", { users: ["anna"], message: "stays" });
  await root.call("Blocks.Block", { users: ["ben"], until_ms: ends_ms });
  assert.deepEqual([(await scene(a)).kind, (await scene(b)).kind], ["block", "block"]);
  await until("it is over", async () => (await list()).length === 0);
  assert.ok(Date.now() >= ends_ms);
  await until("Ben is free", async () => (await scene(b)).kind === "session");
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).block.message], ["block", "stays"]);
  assert.equal((await audit())[0], "Lessons.End l1 : time over: ok");
});

test("it ends at its time though stationd is killed: before, and while it is away", async () => {
  const a = await seat(1, "anna");
  await start({ users: ["anna"], block: true, length_ms: 2500, programs: [{ program: "", open: "writer" }] });
  const [l] = await list();
  await again();
  assert.deepEqual((await list()).map((x) => [x.id, x.ends_ms, x.block]), [[l.id, l.ends_ms, true]]);
  assert.equal((await relay.station(1)).scene.kind, "block");
  assert.deepEqual(ran("s1"), ["writer"], "not a second time");
  await until("it is over", async () => (await list()).length === 0);
  assert.ok(Date.now() >= l.ends_ms && Date.now() < l.ends_ms + 2000, `${Date.now() - l.ends_ms} ms late`);
  assert.equal((await scene(a)).kind, "session");
  // Over while nobody was there.
  await start({ users: ["anna"], block: true, length_ms: 1200, name: "Short" });
  const ends = (await list())[0].ends_ms;
  relay.close();
  root.close();
  await d.kill();
  await until("its time", () => Date.now() > ends + 50);
  await d.spawn();
  await connect();
  assert.deepEqual(await list(), []);
  assert.equal((await relay.station(1)).scene.kind, "session");
  assert.equal((await audit())[0], "Lessons.End l2 Short: time over: ok");
  assert.equal((await start({ users: ["anna"] })).lesson, "l3", "numbers are never used twice");
});

test("killed at the very moment: started, extended, changed and ended are what was answered", async () => {
  await seat(1, "anna");
  for (let i = 0; i < 5; i++) {
    const { lesson } = await start({ users: ["anna"], name: `n${i}` });
    await again();
    assert.deepEqual((await list()).map((x) => x.name), [`n${i}`]);
    const { lesson: longer } = await root.call("Lessons.Extend", { lesson, add_ms: 300_000 });
    await again();
    assert.equal((await list())[0].ends_ms, longer.ends_ms);
    await root.call("Lessons.Change", { lesson, block: true, message: `m${i}`, name: "new" });
    await again();
    assert.deepEqual((await list()).map((x) => [x.block, x.message, x.name]), [[true, `m${i}`, "new"]]);
    await root.call("Lessons.End", { lesson });
    await again();
    assert.deepEqual(await list(), []);
  }
});

test("change: the block is switched on and off; a message is sent once where nobody is blocked", async () => {
  const a = await seat(1, "anna"), b = await seat(2);
  const { lesson } = await start({ all: true, message: "Open your books" });
  const texts = async () => (await root.call("Chat.History")).messages.map((m) => `${m.user}: ${m.text}`);
  assert.deepEqual(await texts(), ["anna: Open your books"]);
  await relay.logIn(b, "ben");
  assert.deepEqual(await texts(), ["anna: Open your books", "ben: Open your books"]);
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  const r = await root.call("Lessons.Change", { lesson, block: true });
  assert.deepEqual([r.lesson.block, r.lesson.message], [true, "Open your books"]);
  assert.equal((await scene(a)).block.message, "Open your books");
  await until("the event", () => events.some((e) => e.kind === "lesson" && e.lesson.block));
  await root.call("Lessons.Change", { lesson, block: false, message: "Page 7" });
  assert.equal((await scene(a)).kind, "session");
  assert.deepEqual((await texts()).slice(2), ["anna: Page 7", "ben: Page 7"]);
  await root.call("Lessons.Change", { lesson, name: "Reading" });
  assert.deepEqual([(await list())[0].name, (await list())[0].message, (await scene(a)).lesson.name], ["Reading", "Page 7", "Reading"]);
  assert.equal((await texts()).length, 4);
  await again();
  assert.equal((await texts()).length, 4);
});

test("several lessons: any of them blocks, the newest is shown, each takes away only its own", async () => {
  const a = await seat(1, "anna");
  const one = (await start({ all: true, block: true, message: "one", name: "One" })).lesson;
  const two = (await start({ users: ["anna"], name: "Two" })).lesson;
  assert.deepEqual([(await scene(a)).block.message, (await scene(a)).lesson.name], ["one", "Two"]);
  const three = (await start({ users: ["anna"], block: true, message: "three" })).lesson;
  assert.equal((await scene(a)).block.message, "three");
  await root.call("Lessons.End", { lesson: one });
  assert.equal((await scene(a)).kind, "block");
  await root.call("Lessons.End", { lesson: three });
  assert.deepEqual([(await scene(a)).kind, (await scene(a)).lesson.name], ["session", "Two"]);
  assert.deepEqual((await list()).map((l) => l.id), [two]);
});

test("preview: who, and what changes; nothing does", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  await root.call("Blocks.Block", { users: ["ben"] });
  const preview = async (p) => (await root.call("Lessons.Preview", { length_ms: 600_000, ...p })).changes;
  const changes = await preview({ users: ["anna", "ben", "mail", "no-such"], block: true, message: "x", programs: [{ program: "", open: "writer" }, { program: "", open: "painter" }] });
  const row = (c) => [c.user, c.session, c.state, c.blocked_before, c.blocked, c.blocked_after, c.programs, c.message, c.lesson];
  assert.deepEqual(changes.map(row), [
    ["anna", "s1", "done", false, true, false, 2, false, ""],
    ["ben", "s2", "done", true, true, true, 2, false, ""],
    ["mail", "", "done", false, true, false, 0, false, ""],
    ["no-such", "", "failed", false, false, false, 0, false, ""],
  ]);
  assert.deepEqual([await list(), ran("s1"), await audit(), (await root.call("Lessons.Presets")).presets], [[], [], [], []]);
  // Ordered for a shorter time than the lesson, and covered by another one already.
  await root.call("Blocks.Block", { users: ["ben"], until_ms: Date.now() + 60_000 });
  await start({ users: ["anna"], block: true, length_ms: 60_000 });
  assert.deepEqual((await preview({ all: true, message: "x" })).map(row), [
    ["anna", "s1", "done", true, true, false, 0, true, "Lesson of root"],
    ["ben", "s2", "done", true, true, false, 0, true, ""],
  ]);
});

test("who may: operators their own and their colleagues', not those of administrators", async () => {
  await seat(1, "anna");
  await seat(2, "otto");
  const otto = d.caller("operator", 5004), other = d.caller("operator", 5104), pupil = d.caller("standard", 5001);
  const events = await pupil.watch();
  assert.deepEqual(events.lessons, []);
  const mixed = await otto.call("Lessons.Start", { users: ["anna", "otto", "root"], length_ms: 600_000, block: true });
  assert.deepEqual(states(mixed), ["anna:done", "otto:refused", "root:refused"]);
  const none = await otto.call("Lessons.Start", { users: ["root"], length_ms: 600_000 });
  assert.deepEqual([none.lesson, states(none)], ["", ["root:refused"]]);
  const { lesson } = await start({ users: ["otto"], block: true });
  assert.equal((await sessionOf("otto")).blocked, true);
  assert.deepEqual((await other.call("Lessons.List")).lessons.map((l) => [l.id, l.may]), [[mixed.lesson, true], [lesson, false]]);
  for (const [method, p] of [["Extend", { add_ms: 1000 }], ["Change", { block: false }], ["End", {}]]) {
    const refused = await other.fails(`Lessons.${method}`, { lesson, ...p });
    assert.equal(refused.error, "Lessons.Refused");
    assert.match(refused.parameters?.reason ?? JSON.stringify(refused), /administrator/);
  }
  await other.call("Lessons.Extend", { lesson: mixed.lesson, add_ms: 60_000 });
  await other.call("Lessons.End", { lesson: mixed.lesson });
  assert.equal((await sessionOf("anna")).blocked, false);
  assert.ok(!pupil.events.some((e) => e.kind.startsWith("lesson")), "not for pupils");
});

test("programs that do not start: said by name, and the lesson holds", async () => {
  for (const user of ["anna", "poor", "slow"]) await root.call("Sessions.Start", { user });
  const r = await start({ all: true, programs: [{ program: "", open: "writer" }] });
  assert.deepEqual(states(r).sort(), ["anna:done", "poor:failed", "slow:done"]);
  assert.match(r.targets.find((t) => t.user === "poor").reason, /^The lesson holds, but writer did not start: writer: No such file/);
  assert.equal((await list()).length, 1);
});

test("what cannot be: refused before anything happens", async () => {
  await seat(1, "anna");
  const hour = 3_600_000;
  const bad = async (p) => (await root.fails("Lessons.Start", { users: ["anna"], ...p }));
  for (const p of [{}, { length_ms: 999 }, { length_ms: 12 * hour + 1 }, { ends_ms: Date.now() - 1 }, { ends_ms: Date.now() + 13 * hour }, { length_ms: hour, ends_ms: Date.now() + hour }, { length_ms: hour, name: "x".repeat(101) }, { length_ms: hour, message: "x".repeat(501) }, { length_ms: hour, stations: ["browser-1"] }, { length_ms: hour, all: true }, { length_ms: hour, web: [] }, { length_ms: hour, web: { mode: "some", domains: ["contoso.com"] } }, { length_ms: hour, web: { mode: "allow" } }, { length_ms: hour, programs: "x" }, { length_ms: hour, programs: [1] }, { length_ms: hour, programs: [{}] }, { length_ms: hour, programs: [{ program: "", open: "" }] }, { length_ms: hour, programs: [{ program: "", open: "x", more: 1 }] }, { length_ms: hour, programs: [{ program: "", open: "a\nb" }] }, { length_ms: hour, programs: Array(11).fill({ program: "", open: "x" }) }]) {
    assert.match((await bad(p)).error, /InvalidParameter/, JSON.stringify(p).slice(0, 100));
  }
  assert.equal((await bad({ length_ms: hour, programs: [{ program: "no-such-program", open: "" }] })).error, "Lessons.NotFound");
  assert.equal((await root.fails("Lessons.Start", { users: ["no-such-user"], length_ms: hour })).error, "Lessons.NotFound");
  assert.deepEqual([await list(), (await root.call("Lessons.Presets")).presets], [[], []]);
  const { lesson } = await start({ users: ["anna"], ends_ms: Date.now() + 11 * hour, length_ms: null });
  assert.equal((await root.fails("Lessons.Extend", { lesson, add_ms: 2 * hour })).error, "Lessons.Refused");
  assert.match((await root.fails("Lessons.Extend", { lesson, add_ms: 0 })).error, /InvalidParameter/);
  assert.equal((await root.fails("Lessons.End", { lesson: "l77" })).error, "Lessons.NotFound");
  for (let i = 1; i < 200; i++) await start({ users: ["anna"] });
  assert.equal((await root.fails("Lessons.Start", { users: ["anna"], length_ms: hour })).error, "Lessons.Limit");
});

/** A station that stands in a room, and who logs in there. */
async function place(n, room, user) {
  const { station } = await relay.station(n);
  await root.call("Stations.Set", { station, room });
  if (user) await relay.logIn(station, user);
  return station;
}
const kinds = (station) => relay.orders.filter((x) => x.order === "scene" && x.station === station && x.scene.session).map((x) => x.scene.kind);
const covered = async () => (await list())[0].users.map((u) => u.user).sort();

test("a lesson of a room: who is there, who comes later, who was there and left; nobody else; and its end", async () => {
  const a = await place(1, "Room 12", "anna"), b = await place(2, "Room 13", "ben"), o = await place(3, "Room 12", "otto"), later = await place(4, "Room 12"), other = await place(5, "Room 13");
  const { changes } = await root.call("Lessons.Preview", { rooms: ["Room 12"], length_ms: 60_000, block: true });
  assert.deepEqual(changes.map((c) => [c.user, c.blocked]), [["anna", true]], "who teaches there is not meant");
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  const r = await start({ rooms: ["Room 12"], name: "Maths", block: true, message: "Eyes up", programs: [{ program: "", open: "writer a" }] });
  assert.deepEqual(states(r), ["anna:done"]);
  assert.deepEqual([(await list())[0].all, (await list())[0].rooms, await covered()], [false, ["Room 12"], ["anna"]]);
  assert.deepEqual([(await scene(a)).kind, (await scene(b)).kind, (await scene(o)).kind], ["block", "session", "session"]);
  // A new session there: not one picture of it is shown, and it gets the programs.
  await relay.logIn(later, "cem");
  await scene(later);
  assert.deepEqual(kinds(later), ["block"]);
  const cem = (await sessionOf("cem")).id;
  await until("it runs with Cem", () => ran(cem).length === 1);
  await until("the event", () => events.some((e) => e.kind === "lesson" && e.lesson.users.some((u) => u.user === "cem")));
  assert.deepEqual(await covered(), ["anna", "cem"]);
  // A session from elsewhere sits down there: the first that the station shows of it is the block; programs come once.
  await relay.call("Relay.StationAct", { station: b, act: "suspend" });
  const seat6 = await place(6, "Room 12");
  await relay.logIn(seat6, "ben");
  await scene(seat6);
  assert.deepEqual(kinds(seat6), ["block"]);
  const ben = (await sessionOf("ben")).id;
  await until("it runs with Ben", () => ran(ben).length === 1);
  // Going elsewhere gets nobody out: with the same session, and with a new one.
  await relay.logIn(other, "cem");
  assert.deepEqual([(await scene(other)).session, (await scene(other)).kind], [cem, "block"]);
  const { job } = await root.call("Sessions.LogOff", { users: ["ben"] });
  await root.call("Jobs.Wait", { job });
  await relay.logIn(b, "ben");
  assert.equal((await scene(b)).kind, "block");
  await again();
  await until("sessions are found again", async () => (await root.call("Sessions.List")).sessions.length === 4);
  assert.deepEqual([(await list())[0].rooms, await covered()], [["Room 12"], ["anna", "ben", "cem"]]);
  const found = {};
  for (const [n, user] of [[1, "anna"], [2, "ben"], [5, "cem"]]) found[user] = (await relay.station(n)).scene.kind;
  assert.deepEqual(found, { anna: "block", ben: "block", cem: "block" });
  await place(7, "Room 12", "dora");
  assert.deepEqual(await covered(), ["anna", "ben", "cem", "dora"], "after a restart too");
  // It falls off everybody.
  await root.call("Lessons.End", { lesson: "l1" });
  assert.deepEqual((await root.call("Sessions.List")).sessions.filter((s) => s.blocked), []);
  await place(8, "Room 12", "emil");
  assert.equal((await sessionOf("emil")).blocked, false, "and nobody who comes after it");
  assert.deepEqual((await audit()).at(-1), "Lessons.Start l1 Maths 10 min block programs room Room 12: anna: ok");
});

test("a lesson of a room: ends by its time, a station that is moved there, presets, and what is refused", async () => {
  const a = await place(1, "Room 13", "anna");
  await place(2, "Room 12");
  await start({ rooms: ["Room 12"], users: ["mail"], name: "Both", message: "Hello" });
  assert.deepEqual(await covered(), ["mail"], "nobody is there yet");
  assert.deepEqual((await root.call("Chat.History")).messages, []);
  await root.call("Stations.Set", { station: a, room: "Room 12" });
  await until("the message", async () => (await root.call("Chat.History")).messages.some((m) => m.user === "anna"));
  assert.equal((await scene(a)).lesson.name, "Both");
  const [preset] = (await root.call("Lessons.Presets")).presets;
  assert.deepEqual([preset.rooms, preset.users.map((u) => u.user)], [["Room 12"], ["mail"]]);
  await root.call("Lessons.End", { lesson: "l1" });
  await start({ rooms: ["Room 12"], name: "Room", length_ms: 1200, block: true });
  assert.deepEqual((await root.call("Lessons.Presets")).presets[0].users, [], "who just sat there is not named the next time");
  assert.equal((await scene(a)).kind, "block");
  await until("it is over", async () => (await scene(a)).kind === "session");
  for (const rooms of [["Room 99"], ["Room 12", ""]]) {
    const wrong = await root.fails("Lessons.Start", { rooms, length_ms: 60_000 });
    assert.deepEqual([wrong.error, wrong.names], ["Lessons.NotFound", [rooms.at(-1)]]);
  }
  assert.match((await root.fails("Lessons.Start", { rooms: ["Room 12"], all: true, length_ms: 60_000 })).error, /InvalidParameter/);
  assert.match((await root.fails("Lessons.Start", { rooms: [], length_ms: 60_000 })).error, /InvalidParameter/);
});

test("presets: the caller's last ten of different names, as they were, over a restart", async () => {
  await seat(1, "anna");
  for (let i = 0; i < 12; i++) await root.call("Lessons.End", { lesson: (await start({ all: true, name: `n${i}` })).lesson });
  await start({ users: ["anna"], name: "n5", length_ms: 45 * 60_000, block: true, message: "go" });
  await again();
  const { presets } = await root.call("Lessons.Presets");
  assert.deepEqual(presets.map((p) => p.name), ["n5", "n11", "n10", "n9", "n8", "n7", "n6", "n4", "n3", "n2"]);
  assert.deepEqual(presets[0], { name: "n5", all: false, rooms: [], users: [{ user: "anna", full_name: "Anna Abel" }], length_ms: 45 * 60_000, block: true, message: "go", programs: [], web: null });
  const otto = d.caller("operator", 5004);
  assert.deepEqual((await otto.call("Lessons.Presets")).presets, []);
});
