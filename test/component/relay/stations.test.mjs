// SPDX-License-Identifier: GPL-3.0-or-later
// Browser stations: place at stationd, scene, screen, acts, and what happens when either daemon restarts.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, FakeStationd, GREETER, SESSION, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { Viewer } from "./vncviewer.mjs";
import { Socket } from "./websocket.mjs";

let bed, display;
const open = [];

before(async () => {
  bed = await Bed.start();
  display = await Display.start(`${bed.dir}/rfb.sock`);
});
after(async () => {
  await bed.stop();
  await display.stop();
});
afterEach(async () => {
  for (const s of open.splice(0)) {
    s.close();
    await within(s.closed, "the socket to close");
    s.socket.destroy();
  }
});

async function cookie() {
  return (await bed.request("/station")).headers["set-cookie"][0].split(";")[0];
}

let number = 0;

/** A scene with a session that no test had before: sources are kept for a moment. */
const fresh = () => ({ ...SESSION, session: `s${++number}` });

/** A browser at a station that stationd has given this scene. */
async function station(scene = GREETER, secret) {
  const c = secret ?? (await cookie());
  const s = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: c });
  open.push(s);
  s.cookie = c;
  const call = await bed.stationd.take("Relay.StationOpen", (x) => x.parameters.secret === c.split("=")[1]);
  assert.deepEqual(call.parameters, { kind: "browser", secret: c.split("=")[1], address: "127.0.0.1" });
  assert.equal(call.token, null);
  s.id = `browser-${++number}`;
  bed.stationd.reply(call, { station: s.id, name: "R12-03", scene });
  assert.deepEqual(await s.next("station"), { station: s.id, name: "R12-03" });
  assert.deepEqual((await s.next("scene")).scene, scene);
  return s;
}

async function screen(s) {
  const r = await Socket.open(bed, "/ws/station/rfb", "binary", { cookie: s.cookie });
  if (r.status === 101) open.push(r);
  r.bytes = Buffer.alloc(0);
  r.on("binary", (b) => (r.bytes = Buffer.concat([r.bytes, b])));
  r.read = async (n) => {
    while (r.bytes.length < n) await r.binary.take(() => true, `${n} bytes of RFB`);
    const b = r.bytes.subarray(0, n);
    r.bytes = r.bytes.subarray(n);
    return b;
  };
  return r;
}

const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const scene = (s, sc) => order({ order: "scene", station: s.id, scene: sc });

async function connect({ session }) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  assert.equal(call.token, null);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: display.path });
}

async function handshake(r) {
  assert.equal((await r.read(12)).toString(), "RFB 003.008\n");
  r.sendBinary(Buffer.from("RFB 003.008\n"));
  assert.deepEqual([...(await r.read(2))], [1, 1]);
  r.sendBinary(Buffer.from([1]));
  assert.equal((await r.read(4)).readUInt32BE(), 0);
  r.sendBinary(Buffer.from([1]));
  const init = await r.read(24);
  await r.read(init.readUInt32BE(20));
  return [init.readUInt16BE(0), init.readUInt16BE(2)];
}

/** A full update in raw encoding; gives the first pixel. */
async function pixel(r) {
  const q = Buffer.alloc(10);
  q[0] = 3;
  q.writeUInt16BE(64, 6);
  q.writeUInt16BE(48, 8);
  r.sendBinary(q);
  const head = await r.read(4);
  let first;
  for (let i = 0; i < head.readUInt16BE(2); i++) {
    const rect = await r.read(12);
    assert.equal(rect.readInt32BE(8), 0, "raw");
    const data = await r.read(rect.readUInt16BE(4) * rect.readUInt16BE(6) * 4);
    first ??= data.readUInt32LE(0) & 0xffffff;
  }
  return first;
}

/** A screen that follows what is shown. */
async function watching(s) {
  const r = await Socket.open(bed, "/ws/station/rfb", "binary", { cookie: s.cookie });
  assert.equal(r.status, 101);
  open.push(r);
  const v = await Viewer.over(r);
  v.follow(v.first);
  return v;
}

const block = (sc, message = "") => ({ ...sc, kind: "block", input: false, block: { by: "Karin Kaya", message, until_ms: 0 } });
const project = (sc, p) => ({
  ...sc, kind: "projection", input: false,
  projection: { id: p, session: `${p}s`, by: "Karin Kaya", full_name: "Ben Aydin", window: false },
});
// In the margin of the card, where no word is.
const isCard = (v) => v.w === 1280 && v.h === 720 && v.at(0, 0) === 0x12403f && v.at(285, 360) === 0xffffff;
const isSession = (color) => (v) => v.w === 64 && v.h === 48 && v.pixels.every((p) => p === color);

async function nothingPasses(v, s) {
  v.key(0x7a);
  v.pointer(3, 3, 1);
  v.cutText("7a");
  await v.handled();
  assert.ok(!display.input.has((i) => i.key === 0x7a || i.buttons === 1), "input reached the session");
  assert.ok(!display.input.has((i) => i.text === "7a"), "the clipboard reached the session");
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("Activity")), "a blocked person is not active");
  assert.equal(s.socket.destroyed, false);
}

test("without the cookie of GET /station there is no station", async () => {
  for (const path of ["/ws/station", "/ws/station/rfb"]) {
    const s = await Socket.open(bed, path, path.endsWith("rfb") ? "binary" : "stationmaster.station.v1");
    assert.equal(await within(s.closed, "the end"), 4401);
  }
});

test("greeter, session, its pixels, keys and pointer, and back", async () => {
  const session = fresh();
  const s = await station();
  const none = await screen(s);
  assert.equal(await within(none.closed, "the end"), 4404, "no screen while the scene is the greeter");
  scene(s, session);
  assert.deepEqual((await s.next("scene")).scene, session);
  const r = await screen(s);
  await connect(session);
  assert.deepEqual(await handshake(r), [64, 48]);
  display.color = 0x0a141e;
  assert.equal(await pixel(r), 0x204060);
  r.sendBinary(Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]));
  r.sendBinary(Buffer.from([5, 1, 0, 10, 0, 20]));
  assert.deepEqual(await display.input.take((i) => i.key, "the key"), { key: 0x61, down: true });
  assert.deepEqual(await display.input.take((i) => i.buttons, "the pointer"), { x: 10, y: 20, buttons: 1 });
  assert.deepEqual((await bed.stationd.answer("Relay.Activity", {})).parameters, { sessions: [session.session] });
  // A notice goes to the page, which draws it.
  const notice = { job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 60_000, message: "Ende" };
  scene(s, { ...session, notice });
  assert.deepEqual((await s.next("scene")).scene.notice, notice);
  scene(s, { ...GREETER, text: "Karin Kaya has logged you off." });
  assert.equal(await within(r.closed, "the screen to close"), 1000);
  assert.equal((await s.next("scene")).scene.text, "Karin Kaya has logged you off.");
});

test("input that comes after the scene has changed reaches no session", async () => {
  const session = fresh();
  const s = await station(session);
  const r = await screen(s);
  await connect(session);
  await handshake(r);
  await pixel(r);
  scene(s, GREETER);
  await s.next("scene");
  r.raw(Buffer.alloc(0));
  r.sendBinary(Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x7a]));
  await within(r.closed, "the screen to close");
  assert.ok(!display.input.has((i) => i.key === 0x7a));
});

test("session, block, projection and back on one connection; nothing of the session is seen meanwhile", async () => {
  const session = fresh();
  const s = await station(session);
  const opened = watching(s);
  await connect(session);
  const v = await opened;
  display.input.clear();
  display.paint(0x0a141e);
  await v.sees("the session", isSession(0x0a141e));
  scene(s, block(session));
  await v.sees("the card", isCard);
  await nothingPasses(v, s);
  display.paint(0x0b0b0b);
  const projected = await Display.start(`${bed.dir}/projected.sock`, { w: 100, h: 80 });
  projected.color = 0x802010;
  const blocked = v.pixels.slice();
  scene(s, project(session, `p${++number}`));
  await v.sees("the card that waits", (x) => isCard(x) && !x.pixels.every((p, i) => p === blocked[i]));
  await nothingPasses(v, s);
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === `p${number}s`);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: projected.path });
  await v.sees("the projection", (x) => x.w === 100 && x.h === 80 && x.pixels.every((p) => p === 0x802010));
  await nothingPasses(v, s);
  assert.ok(!projected.input.has(() => true), "input reached the projected session");
  scene(s, session);
  await v.sees("the session", isSession(0x0b0b0b));
  v.key(0x62);
  await display.input.take((i) => i.key === 0x62, "the key");
  // A viewer reports at most once a second, and what was typed at the card counted there.
  const used = bed.stationd.answer("Relay.Activity", {});
  const keys = setInterval(() => v.key(0x62), 200);
  assert.deepEqual((await used.finally(() => clearInterval(keys))).parameters, { sessions: [session.session] });
  await projected.stop();
});

test("a screen that opens while blocked begins with the card, one picture for all", async () => {
  const stations = [];
  const before = bed.log.split("card drawn").length;
  for (let i = 0; i < 3; i++) {
    const session = fresh();
    const s = await station(block(session, "Pause"));
    await connect(session);
    const v = await watching(s);
    assert.deepEqual(v.first, [1280, 720]);
    await v.sees("the card", isCard);
    stations.push([s, v, session]);
  }
  assert.equal(bed.log.split("card drawn").length - before, 1);
  assert.deepEqual(stations[0][1].pixels, stations[1][1].pixels);
  const [s, v, session] = stations[2];
  scene(s, session);
  await v.sees("the session", isSession(display.color));
  assert.ok(isCard(stations[0][1]));
});

test("lock closes the screen, and there is none at a blocked greeter", async () => {
  const session = fresh();
  const s = await station(session);
  const opened = watching(s);
  await connect(session);
  const v = await opened;
  for (const sc of [{ ...session, kind: "lock", input: false }, block(GREETER)]) {
    scene(s, sc);
    await s.next("scene");
    assert.equal(await within(v.closed, "the screen to close"), 1000);
    const none = await screen(s);
    assert.equal(await within(none.closed, "the end"), 4404);
  }
  const answered = bed.call("Login.Start", { purpose: "unlock", user: "anna", station: "vnc-9" }, { cookie: s.cookie });
  const call = await bed.stationd.answer("Login.Start", { conversation: "c", prompts: [], messages: [], done: false });
  assert.deepEqual([call.parameters.purpose, call.parameters.station], ["unlock", s.id]);
  assert.equal((await answered).status, 200);
});

test("acts of a page go by the scene", async () => {
  const session = fresh();
  const notice = { job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 60_000, message: "", more_time: false };
  const s = await station({ ...session, notice });
  const acts = ["reboot", "lock", "suspend", "logoff", "more_time"];
  const taken = async (n) => {
    const all = [];
    for (const act of acts) s.send({ act });
    while (all.length < n) all.push((await bed.stationd.answer("Relay.StationAct", {})).parameters.act);
    return all;
  };
  assert.deepEqual(await taken(4), ["lock", "suspend", "logoff", "more_time"]);
  for (const [sc, expected] of [
    [block({ ...session, notice }), ["more_time"]],
    [{ ...session, kind: "lock", input: false }, ["suspend"]],
    [{ ...project(session, "p99"), notice }, ["more_time"]],
  ]) {
    scene(s, sc);
    await s.next("scene");
    assert.deepEqual(await taken(expected.length), expected);
    await bed.alive();
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationAct")), sc.kind);
  }
});

test("a scene that is none: no pixels until there is one", async () => {
  const session = fresh();
  const s = await station(session);
  const opened = watching(s);
  await connect(session);
  const v = await opened;
  scene(s, { ...session, input: "yes" });
  assert.equal(await within(v.closed, "the screen to close"), 1000);
  const none = await screen(s);
  assert.equal(await within(none.closed, "the end"), 4404);
  scene(s, session);
  await s.next("scene");
  const again = await watching(s);
  await again.sees("the session", isSession(display.color));
});

test("the relay starts without stationd: no scene, no pixels", async () => {
  const session = fresh();
  const s = await station(session);
  await bed.kill("SIGKILL");
  await within(s.closed, "the socket");
  await bed.stationd.stop();
  await bed.run();
  const page = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: s.cookie });
  open.push(page);
  const r = await screen(s);
  assert.equal(await within(r.closed, "the end"), 4404);
  bed.stationd = await FakeStationd.start(bed.socket);
  await bed.stationd.serve();
  const call = await bed.stationd.take("Relay.StationOpen", (x) => x.parameters.secret === s.cookie.split("=")[1]);
  bed.stationd.reply(call, { station: s.id, name: "R12-03", scene: block(session) });
  await connect(session);
  const v = await watching(s);
  await v.sees("the card", isCard);
});

test("acts go to stationd in the station's name", async () => {
  const session = fresh();
  const s = await station(session);
  s.send({ act: "reboot" });
  s.send({ act: "suspend" });
  assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: s.id, act: "suspend" });
  s.send({ act: "logoff" });
  assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: s.id, act: "logoff" });
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationAct")));
});

test("a log-in at a station carries the station's id", async () => {
  const s = await station();
  const answered = bed.call("Login.Start", { purpose: "station", user: "anna", station: "vnc-9" }, { cookie: s.cookie });
  const call = await bed.stationd.answer("Login.Start", { conversation: "c", prompts: [], messages: [], done: false });
  assert.deepEqual([call.parameters.station, call.parameters.address], [s.id, "127.0.0.1"]);
  assert.equal((await answered).status, 200);
});

test("two tabs are one station, which is left with the last", async () => {
  const session = fresh();
  const a = await station();
  const b = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: a.cookie });
  assert.equal((await b.next("station")).station, a.id);
  a.close();
  await within(a.closed, "the first tab");
  scene(a, session);
  assert.equal((await b.next("scene")).scene.kind, "greeter");
  assert.equal((await b.next("scene")).scene.kind, "session");
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationClose") && c.parameters.station === a.id));
  b.close();
  const call = await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === a.id);
  assert.deepEqual(call.parameters, { station: a.id, now: false });
});

test("a page that leaves before stationd has answered is closed there, too", async () => {
  const s = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: await cookie() });
  const call = await bed.stationd.take("Relay.StationOpen");
  s.close();
  await within(s.closed, "the socket");
  await bed.alive();
  bed.stationd.reply(call, { station: "browser-77", name: "x", scene: GREETER });
  await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === "browser-77");
});

test("a station that stationd has dropped: the page comes again", async () => {
  const s = await station();
  order({ order: "station_gone", station: s.id });
  assert.equal(await within(s.closed, "the end"), 1001);
  await station(GREETER, s.cookie);
});

test("one address cannot make stations without end", async () => {
  const all = [];
  let last;
  for (let i = 0; i < 300 && last?.refused !== true; i++) {
    const secret = String(i).padStart(43, "x");
    last = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: `station=${secret}` });
    const call = bed.stationd.take("Relay.StationOpen", (c) => c.parameters.secret === secret).then((c) => {
      bed.stationd.reply(c, { station: `browser-x${i}`, name: "x", scene: GREETER });
      return last.next("station");
    });
    const code = await Promise.race([last.closed, call.catch(() => 0)]);
    last.refused = code === 4429;
    all.push(last);
  }
  assert.equal(last.refused, true);
  assert.equal(all.length, 257);
  for (const s of all) s.socket.destroy();
  await Promise.all(all.map((s) => s.closed));
  for (let i = 0; i < 256; i++) await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station.startsWith("browser-x"));
});

test("stationd restarts: the scene stays, the picture goes on, the station is told again", async () => {
  const session = fresh();
  const s = await station(session);
  const r = await screen(s);
  await connect(session);
  await handshake(r);
  await pixel(r);
  bed.stationd.order({ drop: true });
  await bed.stationd.events.take((e) => e.event === "open", "the relay to come back");
  display.paint(0x334455);
  assert.equal(await pixel(r), 0x334455);
  await bed.stationd.serve();
  const call = await bed.stationd.take("Relay.StationOpen");
  assert.equal(call.parameters.secret, s.cookie.split("=")[1]);
  bed.stationd.reply(call, { station: s.id, name: "R12-03", scene: session });
  display.paint(0x445566);
  assert.equal(await pixel(r), 0x445566);
  scene(s, GREETER);
  assert.equal(await within(r.closed, "the screen to close"), 1000);
});

test("stationd is away for longer, the page may come and wait", async () => {
  await bed.stationd.stop();
  const c = await cookie();
  const s = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie: c });
  open.push(s);
  await bed.alive();
  bed.stationd = await FakeStationd.start(bed.socket);
  await bed.stationd.serve();
  const call = await bed.stationd.take("Relay.StationOpen", (x) => x.parameters.secret === c.split("=")[1]);
  bed.stationd.reply(call, { station: "browser-50", name: "late", scene: GREETER });
  assert.equal((await s.next("station")).name, "late");
});

test("the relay is killed: the same cookie is the same station", async () => {
  const session = fresh();
  const s = await station(session);
  const r = await screen(s);
  await connect(session);
  await handshake(r);
  await bed.kill("SIGKILL");
  assert.equal(await within(s.closed, "the socket"), 1006);
  const began = Date.now();
  await bed.run();
  await bed.stationd.serve();
  const again = await station(session, s.cookie);
  const r2 = await screen(again);
  await connect(session);
  await handshake(r2);
  display.paint(0x667788);
  assert.equal(await pixel(r2), 0x667788);
  assert.ok(Date.now() - began < 5000, "it took too long");
});
