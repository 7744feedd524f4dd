// SPDX-License-Identifier: GPL-3.0-or-later
// Storage on USB: what station-usb (played) is told and when, what is stored, what people are told.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";
import { Usb } from "./storage.mjs";
import { Connection } from "./varlink.mjs";

const CARD = "pci-0000:00:04.0";
const USB = "pci-0000:00:05.0-usb-0";
const output = (n) => ({ id: `${CARD}/Virtual-${n}`, name: `Virtual-${n}`, monitor: "", width: 1280, height: 800 });
const device = (path) => ({ path: `${USB}:${path}:1.0`, name: "Keyboard", keyboard: true, pointer: true });
const TWO = [device("1.1"), device("2.1")];

let d, root, relay, seat, usb;

async function openSeat() {
  const c = await Connection.connect("/run/stationmaster/seat.sock");
  c.served = [];
  c.call("Seat.Serve", { seat: "seat0" }, { more: ({ places }) => c.served.push(places) }).catch(() => {});
  await until("the first places", () => c.served.length > 0);
  return c;
}
const report = (outputs = [output(1), output(2)], devices = TWO) => seat.call("Seat.Report", { seat: "seat0", outputs, devices });
const press = (path) => seat.call("Seat.Press", { seat: "seat0", device: `${USB}:${path}:1.0`, kind: "keyboard" });
const open = async (id) => {
  const { secret } = await until(`the place of ${id}`, () => seat.served.at(-1).find((p) => p.station === id));
  return relay.call("Relay.StationOpen", { kind: "local", secret, address: "", name: null });
};
const again = async () => {
  for (const c of [root, relay, seat]) c?.close();
  root = await d.root();
  relay = await openRelay(d);
  seat = await openSeat();
};
const station = async (id) => (await root.call("Stations.Get", { station: id })).station;
const set = async (stations, blocked, who = root) => (await who.call("Stations.SetStorage", { stations, blocked })).results.map((r) => `${r.station} ${r.state}${r.reason ? `: ${r.reason}` : ""}`);
const told = (words) => until(`station-usb is told ${JSON.stringify(words)}, not ${JSON.stringify(usb.now)}`, () => JSON.stringify(usb.now) === JSON.stringify(words));
const disk = (hub, name, state = "open", reason = "") => ({ hub: `${USB}:${hub}`, name, state, reason });
/** Not waited for in place: station-usb is played by this process. */
const ctl = (...args) => new Promise((resolve) => execFile(process.env.STATIONCTL, args, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr })));

before(async () => {
  d = await Daemon.start("[station]\nreturn-seconds = 0\n");
  usb = new Usb();
  await usb.start();
  await again();
});
after(async () => {
  for (const c of [root, relay, seat]) c.close();
  await d.stop();
  await usb.stop();
});

test("nobody is asked while no station has a hub; mapped hubs are told as nobody's", async () => {
  await report();
  assert.deepEqual(await set(["local-1"], false), ["local-1 done"]);
  assert.equal(usb.now, null);
  for (const id of ["local-1", "local-2"]) await open(id);
  await press("1.1");
  await press("2.1");
  await told(["1 - -1/-1", "2 - -1/-1"]);
  assert.deepEqual([(await station("local-1")).storage_blocked, (await station("local-1")).storage, (await station("local-1")).may.includes("storage")], [false, [], true]);
});

test("who works there has it: log-in, lock, block, projection keep it; suspend and log-off take it away", async () => {
  await relay.logIn("local-1", "anna");
  await told(["1 anna 5001/5001", "2 - -1/-1"]);
  const n = usb.told.length;
  await root.call("Blocks.Block", { stations: ["local-1"] });
  await root.call("Blocks.Unblock", { all: true });
  await root.call("Projections.Start", { source: (await root.call("Sessions.Start", { user: "cem" })).session.id, all: true });
  assert.equal((await station("local-1")).scene, "projection");
  await root.call("Projections.Stop", { all: true });
  await relay.call("Relay.StationClose", { station: "local-1", now: false }); // its screen is away for a moment
  await open("local-1");
  assert.equal(usb.told.length, n);
  await root.call("Sessions.Suspend", { sessions: [(await station("local-1")).session] });
  await told(["1 - -1/-1", "2 - -1/-1"]);
});

test("another person: first nobody's, and only when that is done the next one's", async () => {
  await relay.logIn("local-2", "anna");
  await told(["1 - -1/-1", "2 anna 5001/5001"]);
  usb.holding = true;
  const n = usb.told.length;
  const results = root.call("Stations.LogOn", { people: [{ station: "local-2", user: "ben", password: null }], switch: true });
  await until("the first order", () => usb.held.length === 1);
  assert.deepEqual(usb.now, ["1 - -1/-1", "2 - -1/-1"]);
  await results;
  const { session } = await station("local-2");
  assert.equal((await root.call("Sessions.Get", { session })).session.user, "ben");
  assert.equal(usb.told.length, n + 1, "nothing is told before the storage of the one before is away");
  usb.release();
  await until("the next order", () => usb.held.length === 1);
  assert.deepEqual(usb.now, ["1 - -1/-1", "2 ben 5002/5002"]);
  usb.holding = false;
  usb.release();
});

test("blocked: done when station-usb has done it; stored; the same again is no error", async () => {
  usb.plug([disk(2, "Holiday")]);
  await until("it is told", async () => (await station("local-2")).storage.length === 1);
  assert.deepEqual((await station("local-2")).storage, [{ name: "Holiday", state: "open", reason: "" }]);
  assert.deepEqual((await station("local-1")).storage, []);
  usb.holding = true;
  let done = false;
  const call = set(["local-2", "browser-9"], true).finally(() => (done = true));
  await until("the order", () => usb.held.length === 1);
  assert.deepEqual(usb.now, ["1 - -1/-1", "2 ben 5002/5002 blocked"]);
  assert.equal((await station("local-2")).storage_blocked, true);
  assert.equal(done, false);
  usb.holding = false;
  usb.plug([disk(2, "Holiday", "closed")]);
  usb.release();
  assert.deepEqual(await call, ["local-2 done", "browser-9 failed: There is no such station."]);
  assert.deepEqual(await set(["local-2"], true), ["local-2 done"]);
  const { entries } = await root.call("Audit.List", {});
  assert.ok(entries.some((e) => e.method === "Stations.SetStorage" && e.targets === "local-2 blocked" && e.result === "ok"), JSON.stringify(entries.slice(0, 3)));
});

test("watchers hear it", async () => {
  const events = [];
  const watcher = await d.root();
  watcher.call("Events.Watch", {}, { more: (e) => events.push(e) }).catch(() => {});
  await until("the snapshot", () => events.length > 0);
  usb.plug([disk(2, "Holi\u0007day", "failed", "No file system that is read here.")]);
  const e = await until("the event", () => events.find((x) => x.kind === "station" && x.station.storage[0]?.state === "failed"));
  assert.deepEqual(e.station.storage, [{ name: "Holiday", state: "failed", reason: "No file system that is read here." }]);
  watcher.close();
});

test("it holds over kill -9 of stationd: nobody's storage is taken meanwhile", async () => {
  const n = usb.told.length;
  await d.restart();
  await again();
  await until("it is told", () => usb.told.length > n);
  for (const hubs of usb.told.slice(n)) assert.deepEqual(Usb.words(hubs), ["1 - -1/-1", "2 ben 5002/5002 blocked"]);
  await report();
  for (const id of ["local-1", "local-2"]) await open(id);
  assert.equal((await station("local-2")).storage_blocked, true);
});

test("all: only local ones; a new map and a split", async () => {
  await relay.station(1);
  assert.deepEqual(await set(null, true), ["local-1 done", "local-2 done"]);
  assert.match((await set(["browser-1"], true))[0], /refused: This is no local station/);
  await root.call("Stations.Map", { stations: ["local-1"] });
  await told(["2 ben 5002/5002 blocked"]);
  assert.equal((await station("local-1")).storage_blocked, true);
  await press("1.1");
  await told(["1 - -1/-1 blocked", "2 ben 5002/5002 blocked"]);
  const { stations } = await root.call("Stations.Split", { station: "local-1", direction: "left_right" });
  assert.deepEqual(stations.map((s) => s.storage_blocked), [true, false]);
  assert.equal((await root.call("Stations.Join", { station: "local-1" })).station.storage_blocked, true);
  assert.deepEqual(await set(null, false), ["local-1 done", "local-2 done"]);
  await told(["1 - -1/-1", "2 ben 5002/5002"]);
});

test("what cannot be taken away is told as failed, and tried again", async () => {
  usb.failure = "Holiday is in use by the system.";
  usb.plug([disk(2, "Holiday")]);
  await until("plugged in", async () => (await station("local-2")).storage[0]?.state === "open");
  assert.deepEqual(await set(null, true), ["local-1 done", "local-2 failed: Holiday is in use by the system."]);
  assert.equal((await station("local-2")).storage_blocked, true);
  const n = usb.told.length;
  usb.failure = null;
  await until("it is tried again", () => usb.told.length > n);
});

test("station-usb restarts, is away, cannot guard", async () => {
  await usb.stop();
  await until("nothing is known to be plugged in", async () => (await station("local-2")).storage.length === 0);
  const [one, two] = await set(null, false);
  for (const text of [one, two]) assert.match(text, /failed: What guards storage on USB \(station-usb\) cannot be reached/);
  assert.equal((await station("local-1")).storage_blocked, false);
  usb.told.length = 0;
  await usb.start();
  await told(["1 - -1/-1", "2 ben 5002/5002"]);
  await until("what is plugged in", async () => (await station("local-2")).storage.length === 1);
  usb.plug(usb.disks, "The kernel cannot do it.");
  await until("missing is known", () => d.output.includes("The kernel cannot do it."));
  assert.deepEqual(await set(["local-1"], true), ["local-1 failed: The kernel cannot do it."]);
  usb.plug(usb.disks, "");
  assert.deepEqual(await set(["local-1"], false), ["local-1 done"]);
});

test("rooms and acts bind operators; own storage only alone", async () => {
  await root.call("Stations.Set", { station: "local-1", room: "A" });
  await root.call("Stations.Set", { station: "local-2", room: "B" });
  await root.call("Rights.Set", { user: "otto", rooms: ["A"], acts: null });
  const { token } = await relay.signIn("otto");
  const otto = { call: (method, p) => relay.call(method, p, { token, from: "192.0.2.9" }) };
  assert.deepEqual(await set(null, true, otto), ["local-1 done"]);
  assert.deepEqual(await set(["local-2"], true, otto), ["local-2 failed: There is no such station."]);
  await root.call("Rights.Set", { user: "otto", rooms: ["A"], acts: ["tile", "block"] });
  const refused = await otto.call("Stations.SetStorage", { stations: null, blocked: false }).catch((e) => e);
  assert.match(refused.parameters.reason, /do not name this act \(storage\)/);
  await root.call("Rights.Clear", { user: "otto" });
  await relay.logIn("local-1", "otto");
  assert.deepEqual(await set(null, false, otto), ["local-2 done"]);
  assert.match((await set(["local-1", "local-2"], false, otto))[0], /local-1 refused: This is your own session/);
  assert.deepEqual(await set(["local-1"], false, otto), ["local-1 done"]);
  // Others do not take an operator's storage away either, as with blocks.
  assert.match((await set(["local-1"], true))[0], /local-1 refused: Otto Ober is an operator/);
  await root.call("Sessions.LogOff", { sessions: [(await station("local-1")).session] });
  await until("logged off", async () => !(await station("local-1")).session);
});

test("stationctl blocks, unblocks and shows", async () => {
  usb.plug([disk(2, "Holiday"), disk(2, "Old disk", "failed", "No file system that is read here.")]);
  await until("plugged in", async () => (await station("local-2")).storage.length === 2);
  const run = await ctl("station", "storage", "block", "local-2");
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /local-2.*blocked/);
  const show = (await ctl("station", "show", "local-2")).stdout;
  assert.match(show, /^ *Storage: blocked$/m);
  assert.match(show, /Holiday.*open/);
  assert.match(show, /Old disk.*No file system that is read here\./);
  const all = JSON.parse((await ctl("station", "storage", "unblock", "--all", "--json")).stdout);
  assert.deepEqual(all.map((r) => [r.station, r.state]), [["local-1", "done"], ["local-2", "done"]]);
  const none = await ctl("station", "storage", "block", "browser-1");
  assert.equal(none.status, 1);
  assert.match(none.stdout + none.stderr, /no local station/);
});

test("forgotten: the block goes with it", async () => {
  await set(["local-1"], true);
  await report([output(2)]);
  await root.call("Stations.Forget", { station: "local-1" });
  await told(["2 ben 5002/5002"]);
  await report();
  const fresh = await until("a new station", async () => (await root.call("Stations.List")).stations.find((s) => s.output.endsWith("-1")));
  assert.deepEqual([fresh.storage_blocked, fresh.storage], [false, []]);
});
