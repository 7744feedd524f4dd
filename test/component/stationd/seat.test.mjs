// SPDX-License-Identifier: GPL-3.0-or-later
// Local stations: outputs become stations, keys map them, split and join, what is missing, identify; over restarts.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";
import { Connection } from "./varlink.mjs";

const CARD = "pci-0000:00:04.0";
const USB = "pci-0000:00:05.0-usb-0";
const output = (n, width = 1280, height = 800) => ({ id: `${CARD}/Virtual-${n}`, name: `Virtual-${n}`, monitor: "RHT QEMU", width, height });
const keyboard = (path) => ({ path: `${USB}:${path}:1.0`, name: "Keyboard", keyboard: true, pointer: false });
const pointer = (path) => ({ path: `${USB}:${path}:1.0`, name: "Tablet", keyboard: false, pointer: true });
const TWO = [keyboard("1.1"), pointer("1.2"), keyboard("2.1"), pointer("2.2")];

let d, root, relay, seat;

/** A station-seat: tells, presses, and keeps the places. */
async function openSeat(name = "seat0") {
  const c = await Connection.connect("/run/stationmaster/seat.sock");
  c.served = [];
  c.refused = c.call("Seat.Serve", { seat: name }, { more: ({ places }) => c.served.push(places) }).then(() => null, (e) => e);
  c.places = () => c.served.at(-1);
  c.place = (station) => c.places()?.find((p) => p.station === station);
  c.report = (outputs, devices) => c.call("Seat.Report", { seat: name, outputs, devices });
  c.press = (path, kind = "keyboard") => c.call("Seat.Press", { seat: name, device: `${USB}:${path}:1.0`, kind });
  await until("the first places", () => c.served.length > 0);
  return c;
}

const again = async () => {
  for (const c of [root, relay, seat]) c?.close();
  root = await d.root();
  relay = await openRelay(d);
  seat = await openSeat();
};
const list = async () => (await root.call("Stations.List")).stations.filter((s) => s.kind === "local");
const station = async (id) => (await root.call("Stations.Get", { station: id })).station;
/** The relay shows it, as the seat says. */
const open = async (id) => {
  const { secret } = await until(`the place of ${id}`, () => seat.place(id));
  return relay.call("Relay.StationOpen", { kind: "local", secret, address: "", name: null });
};
const fails = (method, parameters) => root.call(method, parameters).then(() => assert.fail(`${method} did not fail`), (e) => ({ error: e.error.replace("org.stationmaster.", ""), ...e.parameters }));
const scene = (id) => relay.scene(id);

before(async () => {
  d = await Daemon.start("[station]\nreturn-seconds = 0\n[seats]\nkeep-seconds = 15\n");
  await again();
});
after(async () => {
  for (const c of [root, relay, seat]) c.close();
  await d.stop();
});

test("outputs become stations; one asks, the next waits; a key maps, the pointer of its hub comes with it", async () => {
  await seat.report([output(1), output(2)], TWO);
  assert.deepEqual((await list()).map((s) => [s.id, s.mapping, s.output, s.area, s.width, s.height, s.missing]), [
    ["local-1", "keyboard", `${CARD}/Virtual-1`, "whole", 1280, 800, ["keyboard", "pointer"]],
    ["local-2", "waiting", `${CARD}/Virtual-2`, "whole", 1280, 800, ["keyboard", "pointer"]],
  ]);
  const a = await open("local-1");
  const b = await open("local-2");
  assert.deepEqual([a.station, a.scene.kind, a.scene.mapping, a.scene.input], ["local-1", "mapping", "keyboard", false]);
  assert.deepEqual([b.scene.kind, b.scene.mapping], ["mapping", "waiting"]);
  await seat.press("2.1");
  assert.deepEqual(await until("the hub", () => seat.place("local-1").hubs.length > 0 && seat.place("local-1").hubs), [`${USB}:2`]);
  await until("the greeter", () => scene("local-1")?.kind === "greeter" && scene("local-2")?.mapping === "keyboard");
  assert.deepEqual((await station("local-1")).missing, []);
  await seat.press("2.1"); // belongs to somebody
  assert.equal((await station("local-2")).mapping, "keyboard");
  await seat.press("1.1");
  assert.deepEqual((await list()).map((s) => [s.id, s.mapping, s.missing.length]), [["local-1", "done", 0], ["local-2", "done", 0]]);
});

test("all is kept over a restart, and the screen goes on with the same secret", async () => {
  await root.call("Stations.Set", { station: "local-1", name: "Window", room: "12", orientation: "portrait" });
  assert.deepEqual([(await station("local-1")).width, (await station("local-1")).height], [800, 1280]);
  const before = [seat.place("local-1").secret, seat.place("local-2").secret];
  const { hubs } = seat.place("local-2");
  await d.restart();
  await again();
  // The relay may be earlier than the report of the seat: nothing is missing until that is known.
  const a = await open("local-1");
  assert.deepEqual([a.station, a.name, a.scene.kind], ["local-1", "Window", "greeter"]);
  assert.deepEqual((await station("local-1")).missing, []);
  assert.deepEqual([seat.place("local-1").secret, seat.place("local-2").secret], before);
  assert.deepEqual([seat.place("local-2").hubs, seat.place("local-1").orientation], [hubs, "portrait"]);
  await open("local-2");
  await seat.report([output(1), output(2)], TWO);
  assert.deepEqual((await list()).map((s) => [s.name, s.room, s.mapping, s.missing.length]), [["Window", "12", "done", 0], ["local-2", "", "done", 0]]);
});

test("what is pulled is missing; the session stays, and comes back with the screen", async () => {
  await relay.logIn("local-1", "anna");
  assert.equal((await station("local-1")).session, "s1");
  await seat.report([output(1), output(2)], TWO.filter((x) => !x.path.includes(":2.")));
  assert.deepEqual([(await station("local-1")).missing, (await station("local-1")).scene], [["keyboard", "pointer"], "session"]);
  await seat.report([output(2)], TWO);
  await relay.call("Relay.StationClose", { station: "local-1", now: false });
  const gone = await station("local-1");
  assert.deepEqual([gone.missing, gone.connected, gone.session, gone.width], [["screen"], false, "s1", 0]);
  await seat.report([output(1), output(2)], TWO);
  const back = await open("local-1");
  assert.deepEqual([back.scene.kind, back.scene.session, (await station("local-1")).missing], ["session", "s1", []]);
});

test("a monitor that is away for a moment keeps mapping and session, and nobody asks", async () => {
  const before = seat.places();
  for (let i = 0; i < 3; i++) {
    await seat.report([], []); // a KVM switch takes all of it away
    assert.deepEqual((await list()).map((s) => [s.mapping, s.missing.length]), [["done", 3], ["done", 3]]);
    await seat.report([output(2, 1024, 768)], []); // what a monitor without EDID is given
    await seat.report([output(1), output(2)], TWO);
    assert.deepEqual((await list()).map((s) => [s.mapping, s.missing.length, s.session]), [["done", 0, "s1"], ["done", 0, ""]]);
  }
  assert.deepEqual(seat.places(), before);
});

test("what has keys and is merely plugged in maps nothing", async () => {
  const scanner = { ...keyboard("3.1"), name: "Barcode scanner" };
  await seat.report([output(1), output(2), output(8)], [...TWO, scanner]);
  const id = (await list()).at(-1).id;
  await seat.report([output(1), output(2), output(8)], TWO);
  await seat.report([output(1), output(2), output(8)], [...TWO, scanner]);
  assert.deepEqual([(await station(id)).mapping, seat.place(id).hubs], ["keyboard", []]);
  // Two people press in the same moment: one is first, the other is told that nothing is asked for any more.
  await Promise.all([seat.press("3.1"), seat.press("2.1"), seat.press("3.1")]);
  assert.deepEqual([(await station(id)).mapping, seat.place(id).hubs], ["done", [`${USB}:3`]]);
  assert.deepEqual(seat.place("local-1").hubs, [`${USB}:2`]);
  await seat.report([output(1), output(2)], TWO);
  await root.call("Stations.Forget", { station: id });
});

test("map again touches one station only; its session and name stay", async () => {
  const { stations } = await root.call("Stations.Map", { stations: ["local-1"] });
  assert.deepEqual([stations[0].mapping, stations[0].session, stations[0].name], ["keyboard", "s1", "Window"]);
  await until("the card", () => scene("local-1")?.kind === "mapping" && !scene("local-1").input);
  assert.deepEqual(seat.place("local-1").hubs, []);
  assert.deepEqual(seat.place("local-2").hubs, [`${USB}:1`]);
  assert.equal((await relay.call("Relay.StationAct", { station: "local-1", act: "suspend" }).catch((e) => e)).error, "org.stationmaster.Relay.Refused");
  await seat.press("2.1");
  await until("the session again", () => scene("local-1")?.kind === "session" && scene("local-1").input);
});

/** Changes the data base as somebody with root would. */
async function behindItsBack(sql) {
  await d.kill("SIGTERM");
  execFileSync("python3", ["-c", "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute(sys.argv[2])\nc.commit()", "/var/lib/stationmaster/state.db", sql]);
  await d.spawn();
  await again();
  await seat.report([output(1), output(2)], TWO);
  for (const id of ["local-1", "local-2"]) await open(id);
}
const ctl = (...args) => JSON.parse(execFileSync(process.env.STATIONCTL, [...args, "--json"], { encoding: "utf8" }));

test("several are mapped, or none", async () => {
  const before = [seat.place("local-1").hubs, seat.place("local-2").hubs];
  await behindItsBack("CREATE TRIGGER full BEFORE INSERT ON local_stations WHEN NEW.station = 'local-2' BEGIN SELECT RAISE(ABORT, 'full'); END");
  assert.equal((await fails("Stations.Map", { stations: ["local-1", "local-2"] })).error, "Stations.Failed");
  assert.deepEqual((await list()).map((s) => s.mapping), ["done", "done"]);
  await root.call("Stations.Identify", { stations: null, show: false });
  assert.deepEqual([seat.place("local-1").hubs, seat.place("local-2").hubs], before, "the seat was told nothing");
  await behindItsBack("DROP TRIGGER full");
  assert.deepEqual([seat.place("local-1").hubs, seat.place("local-2").hubs], before);
});

test("a pointer that belongs to nobody is asked for; a key skips; both are kept", async () => {
  const devices = [...TWO, keyboard("3.1"), pointer("4")];
  await seat.report([output(1), output(2), output(3)], devices);
  await open("local-3");
  await seat.press("3.1");
  await until("the pointer is asked for", () => scene("local-3")?.mapping === "pointer");
  await d.restart();
  await again();
  await seat.report([output(1), output(2), output(3)], devices);
  assert.equal((await open("local-3")).scene.mapping, "pointer");
  await seat.press("3.1");
  await until("skipped", () => scene("local-3")?.kind === "greeter");
  assert.deepEqual((await station("local-3")).missing, ["pointer"]);
  await root.call("Stations.Map", { stations: ["local-3"] });
  await seat.press("3.1");
  await seat.press("4", "pointer");
  assert.deepEqual([(await station("local-3")).missing, seat.place("local-3").hubs], [[], [`${USB}:3`, USB]]);
});

test("split: the session goes on in one half, the other asks; join: the newer half goes", async () => {
  for (const id of ["local-1", "local-2"]) await open(id);
  await seat.report([output(1), output(2, 1000, 700), output(3)], TWO);
  assert.match((await fails("Stations.Split", { station: "local-2", direction: "left_right" })).reason, /1024/);
  assert.match((await fails("Stations.Split", { station: "local-2", direction: "top_bottom" })).reason, /768/);
  assert.equal((await fails("Stations.Split", { station: "local-2", direction: "across" })).error, "org.varlink.service.InvalidParameter");
  await seat.report([output(1), output(2)], [...TWO, keyboard("5.1"), pointer("5.2")]);
  const { stations } = await root.call("Stations.Split", { station: "local-1", direction: "left_right" });
  // Portrait: each half is 640x800 of the output, turned.
  assert.deepEqual(stations.map((s) => [s.id, s.area, s.session, s.width, s.height, s.mapping, s.room]), [
    ["local-1", "left", "s1", 800, 640, "done", "12"],
    ["local-4", "right", "", 800, 640, "keyboard", "12"],
  ]);
  assert.equal((await open("local-4")).scene.mapping, "keyboard");
  await seat.press("5.1");
  await until("the half's greeter", () => scene("local-4")?.kind === "greeter");
  await relay.logIn("local-4", "ben");
  assert.match((await fails("Stations.Split", { station: "local-4", direction: "left_right" })).reason, /half/);
  await d.restart();
  await again();
  await seat.report([output(1), output(2)], [...TWO, keyboard("5.1"), pointer("5.2")]);
  for (const id of ["local-1", "local-4"]) await open(id);
  await until("both go on", async () => (await station("local-1")).session === "s1" && (await station("local-4")).session === "s2");
  const joined = (await root.call("Stations.Join", { station: "local-4" })).station;
  assert.deepEqual([joined.id, joined.area, joined.session, joined.mapping], ["local-1", "whole", "s1", "done"]);
  assert.equal((await fails("Stations.Get", { station: "local-4" })).error, "Stations.NotFound");
  assert.deepEqual((await root.call("Sessions.Get", { session: "s2" })).session.stations ?? [], []);
  await until("the place has gone", () => !seat.place("local-4") && seat.place("local-1").area === "whole");
  await until("the relay is told", () => relay.orders.some((o) => o.order === "station_gone" && o.station === "local-4"));
  assert.match((await fails("Stations.Join", { station: "local-1" })).reason, /whole/);
});

test("identify: at every kind of station, until taken back; all, or some", async () => {
  const { station: web } = await relay.station(7);
  await open("local-2");
  await root.call("Stations.Identify", { stations: null, show: true });
  await until("names", () => scene(web)?.identify && scene("local-2")?.identify);
  assert.deepEqual([scene(web).identify, scene("local-1").identify], [{ name: web, system: "Testing" }, { name: "Window", system: "Testing" }]);
  await root.call("Stations.Identify", { stations: ["local-1"], show: false });
  await until("one is taken back", () => scene("local-1").identify === null);
  assert.notEqual(scene("local-2").identify, null);
  await root.call("Stations.Identify", { stations: null, show: false });
  await until("all are", () => scene(web).identify === null && scene("local-2").identify === null);
});

test("forget: only what is unplugged, and whole; it is a new one afterwards", async () => {
  await seat.report([output(1), output(2), output(3)], TWO);
  assert.match((await fails("Stations.Forget", { station: "local-3" })).reason, /connected/);
  await seat.report([output(1), output(2)], TWO);
  await root.call("Stations.Set", { station: "local-3", name: "Old", room: null });
  await root.call("Stations.Forget", { station: "local-3" });
  assert.deepEqual((await list()).map((s) => s.id), ["local-1", "local-2"]);
  await seat.report([output(1), output(2), output(3)], TWO);
  assert.equal((await list()).at(-1).name, (await list()).at(-1).id);
});

test("stationctl takes names as well as ids", async () => {
  await seat.report([output(1), output(2)], TWO); // the third one asked
  assert.equal(ctl("station", "show", "Window").id, "local-1");
  assert.equal(ctl("station", "set", "Window", "--orientation", "portrait").orientation, "portrait");
  await open("local-1");
  ctl("station", "identify", "Window");
  await until("the name", () => scene("local-1")?.identify?.name === "Window");
  ctl("station", "identify", "Window", "--off");
  assert.deepEqual(ctl("station", "map", "Window", "local-2").map((s) => [s.id, s.mapping]), [["local-1", "keyboard"], ["local-2", "waiting"]]);
  await seat.press("2.1");
  await seat.press("1.1");
  assert.deepEqual((await list()).slice(0, 2).map((s) => s.mapping), ["done", "done"]);
  assert.deepEqual(ctl("station", "split", "Window").map((s) => s.area), ["left", "right"]);
  assert.equal(ctl("station", "join", "Window")[0].area, "whole");
  const unknown = spawnSync(process.env.STATIONCTL, ["station", "forget", "Door"], { encoding: "utf8" });
  assert.match(unknown.stderr, /no such station/);
});

test("what is not local cannot be mapped, split, joined, turned or forgotten", async () => {
  const { station: web } = await relay.station(8);
  for (const [method, more] of [["Map", { stations: [web] }], ["Split", { station: web, direction: "left_right" }], ["Join", { station: web }], ["Forget", { station: web }], ["Set", { station: web, orientation: "portrait" }]]) {
    assert.equal((await fails(`Stations.${method}`, more)).error, "Stations.Refused", method);
  }
  assert.equal((await fails("Stations.Map", { stations: ["local-99"] })).error, "Stations.NotFound");
  const info = (await root.call("Stations.Get", { station: web })).station;
  assert.deepEqual([info.missing, info.mapping, info.output, info.area, info.orientation, info.width], [[], "done", "", "whole", "landscape", 0]);
});

test("a newer seat takes the place; seats do not share devices; nonsense is refused", async () => {
  const older = seat;
  seat = await openSeat();
  assert.equal((await older.refused).error, "org.stationmaster.Seat.Refused");
  older.close();
  const other = await openSeat("seat-other");
  await other.report([{ ...output(9), id: "pci-0000:00:09.0/DP-1" }], [keyboard("9.1")]);
  const mine = (await list()).find((s) => s.output.includes("09.0"));
  assert.equal(mine.mapping, "keyboard");
  await seat.press("9.1");
  assert.equal((await station(mine.id)).mapping, "keyboard");
  await other.press("9.1");
  assert.equal((await station(mine.id)).mapping, "done");
  const bad = (p) => other.call("Seat.Report", { seat: "seat-other", outputs: [], devices: [], ...p }).then(() => "ok", (e) => e.parameters?.parameter ?? e.error);
  assert.equal(await bad({ seat: "../x" }), "seat");
  assert.equal(await bad({ outputs: [{ ...output(1), width: -1 }] }), "outputs");
  assert.equal(await bad({ outputs: Array.from({ length: 65 }, (_, n) => output(n)) }), "outputs");
  assert.equal(await bad({ devices: [{ ...keyboard("1"), path: "" }] }), "devices");
  assert.equal(await bad({ devices: [7] }), "devices");
  assert.match((await other.call("Stations.List").catch((e) => e)).error, /MethodNotFound/);
  assert.match((await root.call("Seat.Press", { seat: "seat0", device: "x", kind: "keyboard" }).catch((e) => e)).error, /MethodNotFound/);
  assert.equal((await relay.call("Relay.StationOpen", { kind: "local", secret: "x".repeat(43), address: "", name: null }).catch((e) => e)).error, "org.stationmaster.Relay.NotFound");
  assert.equal((await relay.call("Relay.StationOpen", { kind: "browser", secret: seat.place("local-1").secret, address: "192.0.2.1", name: null }).catch((e) => e)).error, "org.stationmaster.Relay.NotFound");
  other.close();
});

test("without its seat a station's screen is missing, but not at once", async () => {
  seat.close();
  await until("the screen is missing", async () => (await station("local-2")).missing.includes("screen"));
  seat = await openSeat();
  await seat.report([output(1), output(2)], TWO);
  assert.deepEqual((await station("local-2")).missing, []);
});

test("while station-seat is away its stations keep their sessions, but not for ever", async () => {
  const state = async () => (await root.call("Sessions.List")).sessions.find((s) => s.user === "ben").state;
  const close = () => relay.call("Relay.StationClose", { station: "local-2", now: false });
  await open("local-2");
  await relay.logIn("local-2", "ben");
  const { session } = await station("local-2");
  // Both connections end with it, in any order.
  await close();
  seat.close();
  await until("the screen is missing", async () => (await station("local-2")).missing.includes("screen"));
  assert.deepEqual([await state(), (await station("local-2")).session], ["active", session]);
  seat = await openSeat();
  await seat.report([output(1), output(2)], TWO);
  const back = await open("local-2");
  assert.deepEqual([back.scene.kind, back.scene.session, (await station("local-2")).missing], ["session", session, []]);
  const t0 = Date.now();
  seat.close();
  await close();
  await until("the session is suspended", async () => (await state()) === "suspended", 60_000);
  const took = Date.now() - t0;
  assert.ok(took >= 14_900, `it was kept for ${took} ms only, as if its monitor had been pulled out`);
  seat = await openSeat();
  await seat.report([output(1), output(2)], TWO);
  assert.equal((await open("local-2")).scene.kind, "greeter");
});

test("a screen that nobody sits at holds up nobody", async () => {
  appendFileSync("/run/stationd.conf", "[seats]\nask-seconds = 1\n");
  await d.restart();
  await again();
  await seat.report([output(1), output(2)], [...TWO, pointer("4")]);
  await root.call("Stations.Map", { stations: ["local-1", "local-2"] });
  const asks = async () => (await list()).find((s) => s.mapping === "keyboard")?.id;
  assert.equal(await asks(), "local-1");
  await until("the next one asks", async () => (await asks()) === "local-2");
  await until("the first one again", async () => (await asks()) === "local-1");
  await until("the next one again", async () => (await asks()) === "local-2");
  await seat.press("1.1");
  // Who is to be mapped again interrupts nobody.
  await root.call("Stations.Map", { stations: ["local-2"] });
  assert.deepEqual((await list()).map((s) => s.mapping).slice(0, 2), ["keyboard", "waiting"]);
  // Nobody moves the pointer while somebody waits: that station goes without.
  await seat.report([output(1), output(2)], [keyboard("1.1"), keyboard("2.1"), pointer("4")]);
  const first = await asks();
  await seat.press("2.1");
  assert.deepEqual((await list()).map((s) => s.mapping).slice(0, 2).sort(), ["pointer", "waiting"]);
  await until("its turn is over", async () => ![first, undefined].includes(await asks()));
  assert.deepEqual([(await station(first)).mapping, (await station(first)).missing], ["done", ["pointer"]]);
});
