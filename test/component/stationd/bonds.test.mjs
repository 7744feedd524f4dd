// SPDX-License-Identifier: GPL-3.0-or-later
// Rights of single operators, API tokens, and roles that follow the account: nobody sees or acts beyond them, by
// any method; a change holds at once, for calls, watches and views that are under way.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";
import { Limiter } from "./limiter.mjs";

let d, root, relay, token, otto;
const groupFile = readFileSync("/etc/group", "utf8");

/** Calls of the operator otto, signed in. */
const by = (secret) => ({
  call: (method, parameters = {}) => relay.call(method, parameters, { token: secret, from: "192.0.2.99" }),
  outcome: (method, parameters = {}) => relay.call(method, parameters, { token: secret, from: "192.0.2.99" }).then((r) => r, (e) => ({ error: e.error?.replace("org.stationmaster.", ""), ...e.parameters })),
});

before(async () => {
  d = await Daemon.start();
  root = await d.root();
  relay = await openRelay(d);
  for (const user of ["anna", "ben", "cem", "ada"]) await root.call("Sessions.Start", { user });
  for (const [n, user, room] of [[1, "anna", "A"], [2, "ben", "B"]]) {
    const { station } = await relay.station(n);
    await root.call("Stations.Set", { station, room });
    await relay.logIn(station, user);
  }
  token = (await relay.signIn("otto")).token;
  otto = by(token);
});
beforeEach(async () => {
  await root.call("Blocks.Unblock", { all: true });
  await root.call("Rights.Set", { user: "otto", rooms: ["A"], acts: null });
});
after(async () => {
  relay.close();
  root.close();
  await d.stop();
});

const again = async () => {
  root.close();
  relay.close();
  await d.restart();
  root = await d.root();
  relay = await openRelay(d);
  await until("sessions are found again", async () => (await root.call("Sessions.List")).sessions.length === 4);
  for (const n of [1, 2]) await relay.station(n);
};
const users = (list) => list.map((s) => s.user).sort().join();
const states = (r) => r.targets.map((t) => `${t.user || t.station}:${t.state}`).sort().join();

test("bound to a room: lists have that room and nothing else", async () => {
  assert.equal(users((await otto.call("Sessions.List")).sessions), "anna");
  assert.deepEqual((await otto.call("Stations.List")).stations.map((s) => s.room), ["A"]);
  assert.deepEqual((await otto.call("Stations.Rooms")).rooms, ["A"]);
  const snapshot = await otto.call("Events.Watch");
  assert.equal(users(snapshot.sessions), "anna");
  assert.equal(snapshot.stations.length, 1);
  assert.equal((await otto.outcome("Sessions.Get", { session: "s2" })).error, "Sessions.NotFound");
  assert.equal((await otto.outcome("Stations.Get", { station: "browser-2" })).error, "Stations.NotFound");
  await root.call("Blocks.Block", { users: ["ben"], stations: ["browser-2"] });
  assert.deepEqual((await otto.call("Blocks.List")).blocks, []);
  await root.call("Chat.Send", { users: ["ben"], text: "secret" });
  await root.call("Chat.Send", { users: ["anna"], text: "public" });
  assert.deepEqual((await otto.call("Chat.History")).messages.map((m) => m.text), ["public"]);
  await root.call("Rights.Clear", { user: "otto" });
  assert.equal(users((await otto.call("Sessions.List")).sessions), "ada,anna,ben,cem");
});

test("bound to a room: lessons and limits of the web are those of its people", async () => {
  const limiter = new Limiter();
  await limiter.start();
  const rule = { mode: "allow", domains: ["contoso.com"] };
  for (const user of ["anna", "ben", "cem"]) await root.call("Limits.Limit", { users: [user], ...rule });
  await root.call("Limits.Limit", { all: true, ...rule });
  const names = async (who) => (await who.call("Limits.List")).limits.map((l) => l.name || "all").sort();
  assert.deepEqual(await names(otto), ["all", "anna"]);
  assert.deepEqual(await names(root), ["all", "anna", "ben", "cem"]);
  const events = [];
  const watch = relay.call("Events.Watch", {}, { token, from: "192.0.2.99", more: (e) => events.push(e) }).catch(() => {});
  await until("the snapshot", () => events.some((e) => e.kind === "snapshot"));
  const start = async (users, name) => (await root.call("Lessons.Start", { ...(users ? { users } : { all: true }), name, length_ms: 600_000 })).lesson;
  const ids = [await start(["ben", "cem"], "theirs"), await start(["anna", "ben"], "both"), await start(null, "everybody")];
  const seen = (await otto.call("Lessons.List")).lessons.map((l) => [l.name, l.users.map((u) => u.user).join()]);
  assert.deepEqual(seen, [["both", "anna"], ["everybody", ""]]);
  await until("events of two", () => events.filter((e) => e.kind === "lesson").length === 2);
  assert.deepEqual(events.filter((e) => e.kind === "lesson").map((e) => e.lesson.name), ["both", "everybody"]);
  assert.deepEqual((await otto.call("Events.Watch")).lessons.map((l) => l.name), ["both", "everybody"]);
  assert.equal((await root.call("Lessons.List")).lessons.find((l) => l.name === "both").users.length, 2);
  for (const lesson of ids) await root.call("Lessons.End", { lesson });
  await root.call("Limits.Free", { all: true });
  await limiter.stop();
  void watch;
});

test("what may be done with a station: by role, rooms and acts, and who sits there", async () => {
  const may = async (who, station) => (await who.call("Stations.Get", { station })).station.may;
  assert.deepEqual(await may(root, "browser-1"), ["block", "name", "move"]);
  assert.deepEqual(await may(otto, "browser-1"), ["block", "name"], "bound to its room: it stays there");
  assert.deepEqual((await otto.call("Stations.Set", { station: "browser-1", name: "First" })).station.may, ["block", "name"]);
  assert.deepEqual((await otto.call("Events.Watch")).stations.map((s) => s.may), [["block", "name"]]);
  await root.call("Rights.Set", { user: "otto", rooms: null, acts: ["view"] });
  assert.deepEqual(await may(otto, "browser-1"), ["name", "move"]);
  assert.match((await otto.outcome("Blocks.Block", { stations: ["browser-1"] })).error ?? "refused", /refused|Refused/);
  await root.call("Rights.Set", { user: "otto", rooms: null, acts: null });
  const { station } = await relay.station(7);
  await relay.logIn(station, "ada");
  assert.deepEqual(await may(otto, station), ["name", "move"], "an administrator sits there");
  await relay.call("Relay.StationClose", { station, now: true });
});

/** Every act of an operator, on ben, who sits in room B; each is refused by name. */
const acts = [
  ["Sessions.LogOff", { sessions: ["s2"], grace_ms: 3000000 }], ["Sessions.LogOff", { users: ["ben"], grace_ms: 3000000 }],
  ["Sessions.Suspend", { sessions: ["s2"] }], ["Programs.Start", { sessions: ["s2"], open: "xterm" }],
  ["Programs.CloseByName", { users: ["ben"], name: "x" }], ["Chat.Send", { users: ["ben"], text: "x" }],
  ["Blocks.Block", { users: ["ben"] }], ["Blocks.Block", { sessions: ["s2"] }], ["Blocks.Block", { stations: ["browser-2"] }],
  ["Blocks.Unblock", { users: ["ben"] }],
  ["Programs.List", { session: "s2" }], ["Programs.Close", { session: "s2", pid: 2, start: 1 }],
  ["Projections.Start", { source: "s2", all: true }], ["Projections.Start", { source: "s1", users: ["ben"] }],
  ["Relay.ViewOpen", { session: "s2", mode: "view" }], ["Relay.ViewOpen", { session: "s2", mode: "control" }], ["Relay.OpenSource", { session: "s2" }],
  ["Chat.Clear", { user: "ben" }], ["Chat.Clear", {}], ["Chat.Set", { enabled: true }],
  ["Stations.Set", { station: "browser-2", name: "Mine" }], ["Stations.Set", { station: "browser-2", room: "A" }], ["Stations.Set", { station: "browser-1", room: "B" }],
];

test("bound to a room: every act on somebody outside is refused with the reason, and audited", async () => {
  const state = async () => JSON.stringify([(await root.call("Sessions.List")).sessions.map((s) => ({ ...s, idle_ms: 0, cpu_permille: 0, memory_kib: 0 })), (await root.call("Blocks.List")).blocks, (await root.call("Stations.List")).stations, (await root.call("Views.List")).views, (await root.call("Projections.List")).projections]);
  const before = await state();
  for (const [method, parameters] of acts) {
    const answer = await otto.outcome(method, parameters);
    const what = `${method} ${JSON.stringify(parameters)}: ${JSON.stringify(answer)}`;
    if (answer.targets) assert.ok(answer.targets.every((t) => t.state === "refused" && t.reason !== ""), what);
    else assert.match(answer.error ?? "", /Refused$/, what);
    if (method === "Relay.OpenSource") continue;
    const { entries } = await root.call("Audit.List", { limit: 1 });
    assert.deepEqual([entries[0].user, entries[0].result], ["otto", "refused"], what);
  }
  assert.equal(await state(), before);
});

test("all means all of the own rooms, and holds for who sits down there later", async () => {
  assert.equal(states(await otto.call("Sessions.LogOff", { all: true, grace_ms: 3000000 })), "anna:waiting");
  const mixed = await otto.call("Sessions.Suspend", { users: ["anna", "ben"] });
  assert.equal(states(mixed), "anna:done,ben:refused");
  await relay.logIn("browser-1", "anna");
  assert.equal(states(await otto.call("Blocks.Block", { all: true })), "anna:done,anna:done");
  assert.deepEqual((await root.call("Sessions.List")).sessions.filter((s) => s.blocked).map((s) => s.user), ["anna"]);
  assert.deepEqual((await root.call("Blocks.List")).blocks.map((b) => b.kind).sort(), ["station", "user"], "nobody else is blocked");
  await root.call("Blocks.Block", { users: ["ben"] });
  await otto.call("Blocks.Unblock", { all: true });
  assert.deepEqual((await root.call("Blocks.List")).blocks.map((b) => b.name).sort(), ["ben", "browser-2"]);
});

test("bound to acts: others are not offered and refused; none is none", async () => {
  await root.call("Rights.Set", { user: "otto", rooms: [], acts: ["tile", "chat"] });
  const anna = async () => (await otto.call("Sessions.Get", { session: "s1" })).session.may.join();
  assert.equal(await anna(), "tile,chat");
  assert.equal((await otto.outcome("Relay.ViewOpen", { session: "s1", mode: "view" })).error, "Relay.Refused");
  assert.equal((await otto.outcome("Blocks.Block", { all: true })).error, "Blocks.Refused");
  assert.equal(states(await otto.call("Chat.Send", { users: ["anna"], text: "hello" })), "anna:done");
  await root.call("Rights.Set", { user: "otto", acts: ["view"] });
  assert.equal((await otto.outcome("Relay.OpenSource", { session: "s1" })).error, "Relay.Refused", "view without tile");
  await root.call("Rights.Set", { user: "otto", acts: [] });
  assert.equal(await anna(), "");
  const { targets } = await otto.call("Sessions.LogOff", { users: ["anna"] });
  assert.match(targets[0].reason, /do not name this act \(logoff\)/);
});

test("a lesson brings nothing that whoever starts it may not do", async () => {
  await root.call("Rights.Set", { user: "otto", rooms: [], acts: ["tile", "chat"] });
  const web = { mode: "allow", domains: ["contoso.com"] };
  for (const more of [{ block: true }, { web }, { programs: [{ program: "", open: "writer" }] }]) {
    assert.equal((await otto.outcome("Lessons.Start", { all: true, length_ms: 60_000, ...more })).error, "Lessons.Refused", JSON.stringify(more));
  }
  const { lesson } = await otto.call("Lessons.Start", { all: true, length_ms: 60_000, message: "Books, please" });
  for (const more of [{ block: true }, { web }]) assert.equal((await otto.outcome("Lessons.Change", { lesson, ...more })).error, "Lessons.Refused");
  assert.deepEqual((await otto.call("Lessons.List")).lessons.map((l) => [l.block, l.web]), [[false, null]]);
  await otto.call("Lessons.End", { lesson });
  // Bound to a room: everybody is who is there.
  await root.call("Rights.Set", { user: "otto", rooms: ["A"], acts: null });
  const bound = await otto.call("Lessons.Start", { all: true, length_ms: 60_000, block: true });
  assert.equal(states(bound), "anna:done");
  assert.deepEqual((await otto.call("Lessons.List")).lessons.map((l) => [l.all, l.users.map((u) => u.user)]), [[false, ["anna"]]]);
  // Who comes into the room later, too; and no other room.
  assert.deepEqual((await otto.call("Lessons.List")).lessons[0].rooms, ["A"]);
  const { station } = await relay.station(8);
  await root.call("Stations.Set", { station, room: "A" });
  await relay.logIn(station, "dora");
  assert.deepEqual((await root.call("Sessions.List")).sessions.filter((s) => s.blocked).map((s) => s.user), ["anna", "dora"]);
  const { job } = await root.call("Sessions.LogOff", { users: ["dora"] });
  await root.call("Jobs.Wait", { job });
  await relay.call("Relay.StationClose", { station, now: true });
  await otto.call("Lessons.End", { lesson: bound.lesson });
  const refused = await otto.outcome("Lessons.Start", { rooms: ["A", "B"], length_ms: 60_000 });
  assert.deepEqual([refused.error, (await root.call("Audit.List", { limit: 1 })).entries[0].result], ["Lessons.Refused", "refused"]);
});

test("watches hear of what enters and leaves their rooms, and nothing else; views end with the right", async () => {
  const events = [];
  const watch = relay.call("Events.Watch", {}, { token, more: (e) => events.push(e) }).catch(() => {});
  await until("the snapshot", () => events.length > 0);
  await root.call("Stations.Set", { station: "browser-2", room: "A" });
  await until("ben has come", () => events.some((e) => e.kind === "session" && e.session.user === "ben"));
  const { view } = await otto.call("Relay.ViewOpen", { session: "s2", mode: "view" });
  await root.call("Stations.Set", { station: "browser-2", room: "B" });
  await until("ben has gone", () => events.some((e) => e.kind === "session_gone" && e.id === "s2"));
  await until("his station too", () => events.some((e) => e.kind === "station_gone" && e.id === "browser-2"));
  await until("the view has ended", () => relay.orders.some((o) => o.order === "view_gone" && o.view === view));
  const mark = events.length;
  await root.call("Chat.Send", { users: ["ben"], text: "x" });
  await root.call("Sessions.Suspend", { users: ["ben"] });
  await root.call("Stations.Set", { station: "browser-2", name: "Door" });
  await root.call("Stations.Set", { station: "browser-1", name: "Window" });
  await until("what may be seen", () => events.slice(mark).some((e) => e.station?.name === "Window"));
  assert.doesNotMatch(JSON.stringify(events.slice(mark)), /"ben"|s2"|Door/);
  await root.call("Rights.Clear", { user: "otto" });
  await until("a new snapshot", () => events.slice(mark).some((e) => e.kind === "snapshot" && e.sessions.length === 4));
  await relay.logIn("browser-2", "ben");
  void watch;
});

test("rights are kept over a restart", async () => {
  await root.call("Rights.Set", { user: "otto", rooms: ["A", "B"], acts: ["tile"] });
  const { grants } = await root.call("Rights.List");
  assert.deepEqual(grants, [{ user: "otto", uid: 5004, full_name: "Otto Ober", rooms: ["A", "B"], acts: ["tile"] }]);
  await again();
  assert.deepEqual((await root.call("Rights.List")).grants, grants);
  assert.equal(users((await otto.call("Sessions.List")).sessions), "anna,ben");
});

test("administrators: privileged sessions can only be logged off, unless the setting is on", async () => {
  const may = async () => (await root.call("Sessions.Get", { session: "s4" })).session.may.join();
  assert.equal(await may(), "logoff");
  assert.equal((await root.call("Rights.List")).operator_acts ?? null, null);
  const { targets } = await root.call("Sessions.Suspend", { users: ["ada"] });
  assert.match(targets[0].reason, /Ada Admin is an administrator; such sessions can only be logged off/);
  const conf = readFileSync("/run/stationd.conf", "utf8");
  writeFileSync("/run/stationd.conf", conf.replace("[roles]", "[roles]\norchestrate-privileged = yes\noperator-acts = tile chat"));
  await again();
  assert.equal(await may(), "tile,view,control,block,limit,project,logoff,suspend,unlock,start,close,chat");
  await root.call("Rights.Clear", { user: "otto" });
  assert.equal((await otto.call("Sessions.Get", { session: "s1" })).session.may.join(), "tile,chat");
  writeFileSync("/run/stationd.conf", conf);
  await again();
});

const inAnHour = () => Date.now() + 3600_000;

test("an API token: scope, no wider than its maker, revoked, expired, not for rights or tokens", async () => {
  const ada = by((await relay.signIn("ada")).token);
  const made = await ada.call("Tokens.Create", { name: "nightly", role: "operator", rooms: ["B"], acts: ["logoff"], expires_ms: inAnHour() });
  assert.match(made.token, /^smt_[A-Za-z0-9_-]{43}$/);
  const script = by(made.token);
  assert.equal(users((await script.call("Sessions.List")).sessions), "ben");
  assert.equal(states(await script.call("Sessions.LogOff", { users: ["anna", "ben", "ada"], grace_ms: 3000000 })), "ada:refused,anna:refused,ben:waiting");
  assert.equal(states(await script.call("Sessions.Suspend", { users: ["ben"] })), "ben:refused");
  const { entries } = await root.call("Audit.List", { text: "Sessions.LogOff", limit: 1 });
  assert.deepEqual([entries[0].user, entries[0].full_name, entries[0].address, entries[0].role], ["ada", "Ada Admin (token nightly)", "192.0.2.99", "operator"]);
  for (const [method, parameters] of [["Tokens.Create", { name: "more", expires_ms: inAnHour() }], ["Rights.Set", { user: "otto" }], ["Sessions.Start", { user: "cem" }], ["Rights.List", {}]])
    assert.match((await script.outcome(method, parameters)).error, /Refused$/, method);
  const [listed] = (await root.call("Tokens.List")).tokens.filter((t) => t.id === made.id);
  assert.deepEqual([listed.name, listed.rooms, listed.acts, listed.role, listed.used_from], ["nightly", ["B"], ["logoff"], "operator", "192.0.2.99"]);
  assert.ok(!JSON.stringify(listed).includes(made.token.slice(4)));
  // Not beyond its maker, whose own rights shrink it later too.
  assert.match((await otto.outcome("Tokens.Create", { name: "x", rooms: ["B"], expires_ms: inAnHour() })).reason, /rooms that your rights do not name/);
  assert.match((await otto.outcome("Tokens.Create", { name: "x", role: "administrator", expires_ms: inAnHour() })).reason, /higher role/);
  await root.call("Rights.Set", { user: "otto", acts: ["tile"] });
  assert.match((await otto.outcome("Tokens.Create", { name: "x", acts: ["view"], expires_ms: inAnHour() })).reason, /acts that your rights do not name/);
  for (const bad of [{ expires_ms: Date.now() - 1 }, { expires_ms: Date.now() + 400 * 24 * 3600_000 }, {}, { expires_ms: inAnHour(), name: "" }, { expires_ms: inAnHour(), role: "standard" }])
    assert.equal((await otto.outcome("Tokens.Create", { name: "x", ...bad })).error, "org.varlink.service.InvalidParameter", JSON.stringify(bad));
  const own = by((await otto.call("Tokens.Create", { name: "own", expires_ms: inAnHour() })).token);
  assert.equal(users((await own.call("Sessions.List")).sessions), "ada,anna,ben,cem");
  await root.call("Rights.Set", { user: "otto", rooms: ["A"] });
  assert.equal(users((await own.call("Sessions.List")).sessions), "anna");
  assert.deepEqual((await otto.call("Tokens.List")).tokens.map((t) => t.name), ["own"], "those of others are not told");
  assert.equal((await otto.outcome("Tokens.Revoke", { id: made.id })).error, "Tokens.NotFound");
  // Over a restart, then ended.
  await again();
  assert.equal(users((await script.call("Sessions.List")).sessions), "ben");
  const watch = relay.call("Events.Watch", {}, { token: made.token, more: () => {} }).catch((e) => e.error);
  await script.call("System.WhoAmI");
  await root.call("Tokens.Revoke", { id: made.id });
  assert.equal(await watch, "org.stationmaster.Unauthenticated");
  assert.equal((await script.outcome("Sessions.List")).error, "Unauthenticated");
  assert.ok(!readFileSync("/var/lib/stationmaster/state.db").includes(made.token.slice(4)), "only its hash is kept");
  const brief = await root.call("Tokens.Create", { name: "brief", expires_ms: Date.now() + 300 });
  await until("it has expired", async () => (await by(brief.token).outcome("System.WhoAmI")).error === "Unauthenticated");
});

test("the role follows the account: out of the group, out of the rights, within ten seconds", async () => {
  const mine = await relay.signIn("otto");
  const script = await otto.call("Tokens.Create", { name: "later", expires_ms: inAnHour() });
  const watch = relay.call("Events.Watch", {}, { token: mine.token, more: () => {} }).catch((e) => e.error);
  await by(mine.token).call("Sessions.List");
  const passwd = readFileSync("/etc/passwd", "utf8");
  const since = Date.now();
  writeFileSync("/etc/passwd", passwd.replace("otto:x:5004:100:", "otto:x:5004:65534:"));
  try {
    assert.equal(await watch, "org.stationmaster.Unauthenticated");
    assert.ok(Date.now() - since < 10_000, `${Date.now() - since} ms`);
    for (const secret of [mine.token, token, script.token]) assert.equal((await by(secret).outcome("Sessions.List")).error, "Unauthenticated");
  } finally {
    writeFileSync("/etc/passwd", passwd);
    writeFileSync("/etc/group", groupFile);
  }
  // Back in the group, the token of the script is good again; people sign in anew.
  await until("the token is good again", async () => !(await by(script.token).outcome("System.WhoAmI")).error);
  // One more group: an administrator now, who is signed in already.
  const again = await relay.signIn("otto");
  assert.equal((await by(again.token).outcome("Rights.List")).error, "Rights.Refused");
  writeFileSync("/etc/group", groupFile.replace(/^staff:x:50:.*$/m, "staff:x:50:otto"));
  try {
    await until("the new role is there", async () => !(await by(again.token).outcome("Rights.List")).error);
  } finally {
    writeFileSync("/etc/group", groupFile);
  }
});
