// SPDX-License-Identifier: GPL-3.0-or-later
// Projections and views: who sees what of whom, who may, and what ends it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay, otto, ada;
const opened = {}; // scenes that stations began with

beforeEach(async () => {
  d = await Daemon.start("[roles]\norchestrate-privileged = yes\n");
  await connect();
  otto = (await relay.signIn("otto")).token;
  ada = (await relay.signIn("ada")).token;
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
  return relay.scene(station) ?? opened[station];
};
const kinds = async (...stations) => {
  const all = [];
  for (const s of stations) all.push((await scene(s)).kind);
  return all;
};
const by = (token, method, p) => relay.call(method, p, { token });
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;
const projections = async () => (await root.call("Projections.List")).projections;
const states = (r) => r.targets.map((t) => `${t.user || t.station}:${t.state}`);
const ordered = (order, of) => relay.orders.some((o) => o.order === order && Object.entries(of).every(([k, v]) => o[k] === v));
async function seat(n, user, kind = "browser", address = "192.0.2.7") {
  const st = await relay.station(n, kind, address);
  opened[st.station] = st.scene;
  if (user) await relay.logIn(st.station, user);
  return st.station;
}

test("a session is shown to others; input is cut; it comes back", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben"), c = await seat(3);
  const events = [];
  root.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  const r = await by(otto, "Projections.Start", { source: "s1", sessions: ["s1", "s2"], stations: [c] });
  assert.deepEqual(states(r), ["anna:refused", "ben:done", `${c}:done`]);
  assert.equal(r.projection, "p1");
  const shown = await scene(b);
  assert.deepEqual([shown.kind, shown.input, shown.session], ["projection", false, "s2"]);
  assert.deepEqual(shown.projection, { id: "p1", session: "s1", by: "Otto Ober", full_name: "Anna Abel", window: false });
  assert.deepEqual(await kinds(a, c), ["session", "projection"]);
  assert.deepEqual([(await session("s1")).projecting, (await session("s1")).projected], [true, false]);
  assert.deepEqual([(await session("s2")).projected, (await session("s2")).scene], [true, "projection"]);
  const [p] = await projections();
  assert.deepEqual([p.source, p.user, p.by, p.stations.sort(), p.may], ["session", "anna", "otto", [b, c].sort(), ["stop"]]);
  await until("the event", () => events.some((e) => e.kind === "projection" && e.projection.id === "p1" && e.projection.stations.length === 2));
  // The relay may read the source now, without anybody's token.
  await relay.call("Relay.StationAct", { station: a, act: "suspend" });
  assert.equal((await relay.fails("Relay.OpenSource", { session: "s1" })).error, "Relay.Failed");
  for (const act of ["suspend", "logoff", "lock"]) assert.equal((await relay.fails("Relay.StationAct", { station: b, act })).error, "Relay.Refused");
  assert.deepEqual((await by(otto, "Projections.Stop", { projection: "p1" })).projections, ["p1"]);
  assert.deepEqual(await kinds(b, c), ["session", "greeter"]);
  assert.equal((await scene(b)).input, true);
  assert.ok(ordered("projection_gone", { projection: "p1" }));
  await until("the event", () => events.some((e) => e.kind === "projection_gone" && e.id === "p1"));
  assert.equal((await relay.fails("Relay.OpenSource", { session: "s1" })).error, "Relay.Refused");
  assert.equal((await relay.fails("Projections.Stop", { projection: "p1" }, { token: otto })).error, "Projections.NotFound");
});

test("the newest wins; when it ends the one below comes back; a window leaves people working", async () => {
  const b = await seat(1, "ben");
  await seat(2, "anna");
  await seat(3, "cem");
  await by(otto, "Projections.Start", { source: "s2", users: ["ben"] });
  await by(ada, "Projections.Start", { source: "s3", users: ["ben"] });
  assert.equal((await scene(b)).projection.id, "p2");
  assert.deepEqual((await projections()).map((p) => p.stations), [[], [b]]);
  await by(otto, "Projections.Start", { source: "s2", users: ["ben"], window: true });
  assert.deepEqual([(await scene(b)).kind, (await scene(b)).input, (await scene(b)).projection.window], ["session", true, true]);
  await by(otto, "Projections.Stop", { projection: "p3" });
  assert.equal((await scene(b)).projection.id, "p2");
  // An operator cannot stop what an administrator shows; "all" is what may be stopped.
  assert.equal((await relay.fails("Projections.Stop", { projection: "p2" }, { token: otto })).error, "Projections.Refused");
  assert.deepEqual((await by(otto, "Projections.Stop", { all: true })).projections, ["p1"]);
  // A block goes above it.
  await root.call("Blocks.Block", { users: ["ben"] });
  assert.equal((await scene(b)).kind, "block");
  await root.call("Blocks.Unblock", { users: ["ben"] });
  assert.equal((await scene(b)).projection.id, "p2");
  await by(ada, "Projections.Stop", { projection: "p2" });
  assert.equal((await scene(b)).kind, "session");
});

test("new log-ins join: all, and named users at whatever station", async () => {
  await seat(1, "anna");
  const o = await seat(2, "otto"), c = await seat(3), e = await seat(4), f = await seat(5);
  const r = await by(otto, "Projections.Start", { source: "s2", all: true });
  assert.deepEqual(states(r), ["anna:done"]);
  await relay.logIn(c, "ben");
  assert.deepEqual(relay.orders.filter((x) => x.order === "scene" && x.station === c).map((x) => x.scene.kind), ["projection"]);
  assert.deepEqual(await kinds(o, c, e), ["session", "projection", "greeter"]);
  await by(otto, "Projections.Stop", { all: true });
  await by(ada, "Projections.Start", { source: "s1", users: ["cem", "otto"] }).catch((x) => assert.equal(x.error, "org.stationmaster.Projections.Refused"));
  assert.deepEqual(await kinds(o), ["projection"]);
  await by(ada, "Projections.Stop", { all: true });
  // A user who is not there yet, by the name service; the name is that of an account of every Debian.
  const later = await by(ada, "Projections.Start", { source: "s1", users: ["mail"] });
  assert.deepEqual(states(later), ["mail:done"]);
  await relay.logIn(e, "cem");
  assert.deepEqual(await kinds(e, f), ["session", "greeter"]);
});

test("own stations are left out, privileged ones refused", async () => {
  await seat(1, "anna");
  const o = await seat(2, "otto");
  await seat(3, "ada");
  const r = await by(otto, "Projections.Start", { source: "s1", sessions: ["s2", "s3"], stations: [o, "browser-9"] }).catch((e) => e);
  assert.equal(r.error, "org.stationmaster.Projections.Refused");
  assert.equal((await relay.fails("Projections.Start", { source: "s3", all: true }, { token: otto })).error, "Projections.Refused");
  assert.equal((await relay.fails("Projections.Start", { source: "s1", users: ["no-such-user"] }, { token: otto })).error, "Projections.NotFound");
  assert.equal((await relay.fails("Projections.Start", { source: "s1" }, { token: otto })).error, "org.varlink.service.InvalidParameter");
  // A station that is named while nobody sits there: whoever ordered it sits down and works.
  const e = await seat(4);
  await by(ada, "Projections.Start", { source: "s1", stations: [e] });
  assert.deepEqual(await kinds(e), ["projection"]);
  await relay.logIn(e, "ada");
  assert.deepEqual(await kinds(e), ["session"]);
  assert.deepEqual((await projections())[0].stations, []);
});

test("it ends with its source", async () => {
  await seat(1, "anna");
  const b = await seat(2, "ben");
  await by(otto, "Projections.Start", { source: "s1", all: true });
  assert.deepEqual(await kinds(b), ["projection"]);
  const { job } = await root.call("Sessions.LogOff", { sessions: ["s1"] });
  await root.call("Jobs.Wait", { job });
  await until("the end", async () => (await scene(b)).kind === "session");
  assert.deepEqual(await projections(), []);
  await until("the order", () => ordered("projection_gone", { projection: "p1" }));
  assert.equal((await relay.fails("Projections.Start", { source: "s1", all: true }, { token: otto })).error, "Projections.NotFound");
});

test("a restart of stationd or the relay changes nothing, one of the computer ends it", async () => {
  await seat(1, "anna");
  const b = await seat(2, "ben");
  await by(otto, "Projections.Start", { source: "s1", all: true });
  await d.restart();
  await connect();
  assert.deepEqual((await relay.station(2)).scene.projection, { id: "p1", session: "s1", by: "Otto Ober", full_name: "Anna Abel", window: false });
  assert.deepEqual((await projections())[0].stations, [b]);
  relay.close();
  relay = await openRelay(d);
  assert.equal((await relay.station(2)).scene.kind, "projection");
  assert.equal((await by(otto, "Projections.Start", { source: "s1", users: ["ben"] })).projection, "p2");
  await d.stop();
  rmSync("/run/stationmaster", { recursive: true, force: true });
  await d.spawn();
  await connect();
  assert.deepEqual(await projections(), []);
  assert.equal((await relay.station(2)).scene.kind, "greeter");
});

test("a screen: sent by who started it, gone with the dashboard", async () => {
  const b = await seat(1, "ben");
  const { projection } = await by(otto, "Projections.Start", { all: true });
  assert.deepEqual((await scene(b)).projection, { id: "p1", session: "", by: "Otto Ober", full_name: "Otto Ober", window: false });
  assert.equal((await relay.fails("Relay.ScreenOpen", { projection }, { token: ada })).error, "Relay.Refused");
  assert.equal((await relay.fails("Relay.ScreenOpen", { projection })).error, "Relay.Refused");
  assert.equal((await relay.fails("Relay.ScreenOpen", { projection: "p9" }, { token: otto })).error, "Relay.NotFound");
  await by(otto, "Relay.ScreenOpen", { projection });
  // The page is loaded again: the new socket comes before the old one has gone.
  await by(otto, "Relay.ScreenOpen", { projection });
  await relay.call("Relay.ScreenClose", { projection });
  assert.equal((await projections()).length, 1);
  await relay.call("Relay.ScreenClose", { projection });
  const began = Date.now();
  await until("its end", async () => (await scene(b)).kind === "session", 15000);
  assert.ok(Date.now() - began > 8000, "it may come back within ten seconds");
  assert.deepEqual(await projections(), []);
  assert.ok(ordered("projection_gone", { projection }));
});

test("a screen that is never sent, or whose relay has gone, ends", async () => {
  await seat(1, "ben");
  await by(otto, "Projections.Start", { all: true });
  const { projection } = await by(otto, "Projections.Start", { all: true });
  await by(otto, "Relay.ScreenOpen", { projection });
  relay.close();
  relay = await openRelay(d);
  const b = await relay.station(1);
  assert.equal(b.scene.kind, "projection");
  await until("both have ended", async () => (await projections()).length === 0, 15000);
  assert.equal((await scene(b.station)).kind, "session");
});

test("views: sign, flags, exclusive input, and who is in the way", async () => {
  const a = await seat(1, "anna");
  await seat(2, "ada");
  const second = (await relay.signIn("otto")).token;
  const look = await by(otto, "Relay.ViewOpen", { session: "s1", mode: "view" });
  assert.equal(look.view, "v1");
  assert.deepEqual((await scene(a)).sign, { kind: "viewed", by: "Otto Ober", exclusive: false });
  assert.deepEqual([(await session("s1")).viewed, (await session("s1")).controlled], [true, false]);
  await by(ada, "Relay.ViewOpen", { session: "s1", mode: "control" });
  assert.deepEqual([(await scene(a)).sign, (await scene(a)).input], [{ kind: "controlled", by: "Ada Admin", exclusive: false }, true]);
  assert.equal((await session("s1")).controlled_by, "Ada Admin");
  // Shared control may be by several; exclusive only where nobody else controls.
  const shared = await by(otto, "Relay.ViewOpen", { session: "s1", mode: "control" });
  const busy = await relay.fails("Relay.ViewOpen", { session: "s1", mode: "exclusive" }, { token: otto });
  assert.deepEqual([busy.error, busy.by], ["Relay.Busy", "Ada Admin"]);
  await relay.call("Relay.ViewClose", { view: "v2" });
  await relay.call("Relay.ViewClose", { view: shared.view });
  const only = await by(otto, "Relay.ViewOpen", { session: "s1", mode: "exclusive" });
  assert.deepEqual([(await scene(a)).input, (await scene(a)).kind, (await scene(a)).sign.exclusive], [false, "session", true]);
  assert.equal((await relay.fails("Relay.ViewOpen", { session: "s1", mode: "control" }, { token: ada })).by, "Otto Ober");
  await by(ada, "Relay.ViewOpen", { session: "s1", mode: "view" });
  await by(second, "Relay.ViewOpen", { session: "s1", mode: "control" });
  assert.equal((await root.call("Views.List")).views.length, 4);
  // Close: the own one, or as an administrator.
  assert.equal((await relay.fails("Views.Close", { view: "v5" }, { token: otto })).error, "Views.Refused");
  await by(ada, "Views.Close", { view: only.view });
  await relay.call("Login.Info");
  assert.match(relay.orders.find((o) => o.order === "view_gone").reason, /Ada Admin/);
  const [opened, closed] = await Promise.all(["Views.Open", "Views.Close"].map(async (text) => (await root.call("Audit.List", { text })).entries.filter((e) => e.targets.startsWith(`${only.view} `) && e.result === "ok")));
  assert.match(opened[0].targets, /^v\d+ s1\(anna\) exclusive$/);
  assert.match(closed[0].targets, /^v\d+ s1\(anna\) exclusive (\d+ min )?\d+ s$/);
  assert.equal((await scene(a)).input, true);
  // Rights.
  assert.equal((await relay.fails("Relay.ViewOpen", { session: "s2", mode: "view" }, { token: otto })).error, "Relay.Refused");
  assert.equal((await relay.fails("Relay.ViewOpen", { session: "s1", mode: "view" })).error, "Unauthenticated");
  assert.equal((await relay.fails("Relay.ViewOpen", { session: "s1", mode: "look" }, { token: otto })).parameter, "mode");
  assert.equal((await relay.fails("Relay.ViewOpen", { session: "s9", mode: "view" }, { token: otto })).error, "Relay.NotFound");
});

test("views end with the session, the token, the relay", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  for (const token of [otto, ada]) for (const s of ["s1", "s2"]) await by(token, "Relay.ViewOpen", { session: s, mode: "view" });
  const views = async () => (await root.call("Views.List")).views.map((v) => `${v.by}:${v.session}`);
  assert.deepEqual(await views(), ["otto:s1", "otto:s2", "ada:s1", "ada:s2"]);
  const { job } = await root.call("Sessions.LogOff", { sessions: ["s2"] });
  await root.call("Jobs.Wait", { job });
  await until("the session's views", async () => (await views()).length === 2);
  await until("the orders", () => ordered("view_gone", { view: "v2" }) && ordered("view_gone", { view: "v4" }));
  await relay.call("Login.SignOut", {}, { token: otto });
  assert.deepEqual(await views(), ["ada:s1"]);
  assert.ok(ordered("view_gone", { view: "v1" }));
  relay.close();
  await until("the relay's views", async () => (await views()).length === 0);
  assert.equal((await session("s1")).viewed, false);
  relay = await openRelay(d);
});

test("the setting of the sign", async () => {
  for (const [sign, viewed, controlled] of [["control", null, "controlled"], ["none", null, undefined]]) {
    relay.close();
    root.close();
    await d.stop();
    d = await Daemon.start(`[station]\nsign = ${sign}\n`);
    await connect();
    otto = (await relay.signIn("otto")).token;
    const a = await seat(1, "anna");
    await by(otto, "Relay.ViewOpen", { session: "s1", mode: "view" });
    assert.equal((await scene(a)).sign, viewed);
    await by(otto, "Relay.ViewOpen", { session: "s1", mode: "exclusive" });
    assert.equal((await scene(a)).sign?.kind, controlled);
    assert.equal((await scene(a)).input, false);
  }
});

test("a local view: a stream to the relay, and what to do without a relay", async () => {
  await seat(1, "anna");
  const reply = await root.call("Views.Open", { session: "s1", mode: "control" });
  await relay.call("Login.Info");
  const order = relay.orders.find((o) => o.order === "view");
  assert.deepEqual([order.view, order.session, order.input], [reply.view, "s1", true]);
  assert.equal((await relay.fails("Relay.OpenSource", { session: "s1" })).error, "Relay.Failed", "allowed, though no station shows it");
  await relay.call("Relay.ViewClose", { view: reply.view });
  assert.deepEqual((await root.call("Views.List")).views, []);
  relay.close();
  await until("the relay has gone", async () => !(await root.call("System.Status")).relay);
  assert.match((await root.fails("Views.Open", { session: "s1", mode: "view" })).reason, /relay is not connected/);
  // Both ends of the stream, by a program that takes descriptors.
  const script = `
import json, socket
def connect(path):
    s = socket.socket(socket.AF_UNIX); s.connect("/run/stationmaster/" + path); return s
def read(s, want):
    data, fds = b"", []
    while True:
        while b"\\0" in data:
            message, data = data.split(b"\\0", 1)
            message = json.loads(message)
            if want(message): return fds
        more, new, _, _ = socket.recv_fds(s, 65536, 4)
        data += more; fds += new
def call(s, method, more, **p):
    s.sendall(json.dumps({"method": "org.stationmaster." + method, "parameters": p, "more": more}).encode() + b"\\0")
relay, local = connect("relay.sock"), connect("api.sock")
call(relay, "Relay.Serve", True)
read(relay, lambda m: m["parameters"]["order"] == "ready")
call(local, "Views.Open", False, session="s1", mode="view")
mine = read(local, lambda m: m["parameters"]["view"] == "v2" and m["fd"])
theirs = read(relay, lambda m: m["parameters"]["order"] == "view" and m["fd"] and m["continues"])
a, b = socket.socket(fileno=mine[0]), socket.socket(fileno=theirs[0])
a.setblocking(True); b.setblocking(True)
b.sendall(b"RFB 003.008\\n")
print(a.recv(12).decode().strip())
a.close()
print(b.recv(1) == b"")
`;
  assert.equal(execFileSync("python3", ["-c", script], { encoding: "utf8", timeout: 10000 }), "RFB 003.008\nTrue\n");
  relay = await openRelay(d);
});
