// SPDX-License-Identifier: GPL-3.0-or-later
// Local stations: what station-seat gets and says, with a seat of the test in its place.

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { Bed, GREETER, SESSION } from "./bed.mjs";
import { Display } from "./display.mjs";
import { ENTER, Seat, SHIFT, TAB } from "./seat.mjs";

const W = 800, H = 600;
const DESKTOP = 0x204060, OTHER = 0x802010, GROUND = 0x12403f, WHITE = 0xffffff;
let bed, desk, other;
const open = [];
let number = 0;

before(async () => {
  bed = await Bed.start();
  desk = await Display.start(`${bed.dir}/desk.sock`, { w: W, h: H, color: DESKTOP });
  other = await Display.start(`${bed.dir}/other.sock`, { w: 400, h: 400, color: OTHER, resizable: true });
});
after(async () => {
  await bed.stop();
  await desk.stop();
  await other.stop();
});
afterEach(async () => {
  for (const s of open.splice(0)) {
    await s.stop();
    if (!s.id) continue;
    const call = await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === s.id);
    assert.equal(call.parameters.now, false, "a seat comes back");
  }
  desk.input.clear();
  other.input.clear();
});

const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const scene = (s, sc) => order({ order: "scene", station: s.id, scene: sc });
const mapping = (m) => ({ ...GREETER, kind: "mapping", mapping: m, identify: null });
const secretOf = (n) => `${n}`.padStart(43, "s");

async function place(s, first) {
  const call = await bed.stationd.take("Relay.StationOpen");
  assert.deepEqual([call.parameters.kind, call.parameters.secret, call.parameters.address], ["local", s.secret, ""]);
  s.id ??= `local-${++number}`;
  bed.stationd.reply(call, { station: s.id, name: "Window 1", scene: first });
}

function seat(w = W, h = H, options = {}) {
  const secret = options.secret ?? secretOf(++number);
  const s = Object.assign(Seat.start(`${bed.dir}/seat.sock`, secret, w, h, options), { secret });
  open.push(s);
  return s;
}

async function station(first, w, h, options) {
  const s = seat(w, h, options);
  await place(s, first);
  return s;
}

async function connect(session, display = desk) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: display.path });
}

/** In a session of its own. */
async function working(display = desk, w = W, h = H, options = {}) {
  const sc = { ...SESSION, session: `s${++number}` };
  const s = await station(sc, w, h, options);
  await connect(sc.session, display);
  s.scene = sc;
  await s.sees(w / 2, h / 2, display.color);
  return s;
}

test("greeter, log-in with its keys, session, its keys and pointer, greeter", async () => {
  const s = await station(GREETER);
  const buffer = await s.event("buffer");
  assert.deepEqual(buffer, { event: "buffer", w: W, h: H, stride: W * 4, sealed: true });
  const first = await s.event("frame");
  assert.deepEqual([first.rects, first.pointer !== null], [[[0, 0, W, H]], true]);
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [{ id: "openbox", name: "Openbox" }, { id: "xfce", name: "Xfce" }], default_desktop: "xfce" });
  // What comes after the answer is seen: the greeter has its field to choose the desktop.
  scene(s, mapping("keyboard"));
  await s.sees(W / 2 - 250, H / 2, WHITE, "a card wider than the greeter's");
  scene(s, GREETER);
  await s.until(async () => (await s.pixel(W / 2 - 250, H / 2)) !== WHITE, "the greeter");
  s.type("anna");
  s.press(TAB);
  s.type("geheim");
  s.press(ENTER);
  const start = await bed.stationd.take("Login.Start");
  assert.deepEqual(
    [start.parameters.station, start.parameters.user, start.parameters.desktop, start.parameters.width, start.parameters.height],
    [s.id, "anna", "xfce", W, H],
  );
  bed.stationd.reply(start, { conversation: "c", prompts: [{ text: "Password: ", echo: false }], messages: [], done: false });
  const answer = await bed.stationd.take("Login.Answer");
  assert.deepEqual(answer.parameters.answers, ["geheim"]);
  const sc = { ...SESSION, session: `s${++number}` };
  bed.stationd.reply(answer, { conversation: "c", prompts: [], messages: [], done: true, user: "anna" });
  scene(s, sc);
  await connect(sc.session);
  await s.sees(W / 2, H / 2, DESKTOP, "the session");
  assert.equal(await s.pixel(0, 0), DESKTOP);
  assert.equal(await s.pixel(W - 1, H - 1), DESKTOP);
  s.key([48, 0x62], true);
  assert.deepEqual(await desk.input.take((i) => i.key, "the key"), { key: 0x62, down: true });
  s.pointer(123, 45, 1);
  const at = await desk.input.take((i) => i.buttons, "the pointer");
  assert.deepEqual(at, { x: 123, y: 45, buttons: 1 });
  // Reported at most once a second, and the keys of the greeter were the last report.
  const used = bed.stationd.answer("Relay.Activity", {}, (c) => c.parameters.sessions.includes(sc.session));
  const moves = setInterval(() => s.pointer(120, 45, 0), 200);
  await used.finally(() => clearInterval(moves));
  scene(s, { ...GREETER, text: "Karin Kaya has ended your session." });
  assert.deepEqual(await desk.input.take((i) => i.key, "the release"), { key: 0x62, down: false });
  await s.sees(W / 2, 2, GROUND, "the greeter");
  assert.ok(!bed.log.includes("geheim"));
});

test("a frame waits for DONE, the latest wins, and nothing happens when nothing changes", async () => {
  const s = await working();
  const quick = await station(s.scene); // shows the same
  await quick.sees(W / 2, H / 2, DESKTOP);
  s.say({ hold: true });
  const was = s.frames;
  desk.paint(0x010203);
  await s.sees(W / 2, H / 2, 0x010203);
  await quick.sees(W / 2, H / 2, 0x010203);
  desk.paint(0x040506);
  await quick.sees(W / 2, H / 2, 0x040506);
  desk.paint(0x070809);
  await quick.sees(W / 2, H / 2, 0x070809);
  assert.equal(await s.pixel(W / 2, H / 2), 0x010203, "the relay wrote before DONE");
  assert.equal(s.frames, was + 1);
  s.say({ hold: false });
  await s.sees(W / 2, H / 2, 0x070809);
  assert.equal(s.frames, was + 2, "what came meanwhile is one frame");
  scene(quick, GREETER);
  await quick.sees(W / 2, 2, GROUND);
  assert.equal(s.frames, was + 2, "a frame where nothing has changed");
  desk.color = DESKTOP;
});

test("block: its card in the size of the screen, no input", async () => {
  const s = await working();
  s.key([30, 0x61], true);
  await desk.input.take((i) => i.key && i.down, "the key");
  scene(s, { ...s.scene, kind: "block", input: false, block: { by: "Karin Kaya", message: "", until_ms: 0 } });
  assert.deepEqual(await desk.input.take((i) => i.key, "the release"), { key: 0x61, down: false });
  await s.sees(2, 2, GROUND, "the card's ground");
  await s.sees(W / 2, H / 2 + 90, WHITE, "the card");
  s.press([31, 0x73]);
  s.pointer(5, 5, 1);
  // The relay has them before it hears of the end of the block.
  await s.pixel(2, 2);
  await bed.alive();
  scene(s, s.scene);
  await s.sees(W / 2, H / 2, DESKTOP);
  assert.ok(!desk.input.has((i) => i.key === 0x73 || i.buttons));
});

test("mapping: three cards, no input; identify over it and over a session", async () => {
  const s = await working();
  const seen = new Set();
  for (const m of ["keyboard", "pointer", "waiting"]) {
    scene(s, { ...s.scene, kind: "mapping", input: false, mapping: m, identify: null });
    await s.until(async () => (await s.pixel(2, 2)) === GROUND && !seen.has((await s.hash()).hash), `the card of ${m}`);
    seen.add((await s.hash()).hash);
    s.press([31, 0x73]);
  }
  const card = (await s.hash()).hash;
  scene(s, { ...s.scene, kind: "mapping", input: false, mapping: "waiting", identify: { name: "Window 1", system: "Room 12" } });
  await s.until(async () => (await s.hash()).hash !== card, "the name over the card");
  scene(s, { ...s.scene, mapping: null, identify: { name: "Window 1", system: "Room 12" } });
  await s.sees(W / 2, 5, DESKTOP);
  await s.until(async () => (await s.pixel(W / 2 - 150, H / 2 - 60)) !== DESKTOP, "the name over the session");
  scene(s, s.scene);
  await s.sees(W / 2 - 150, H / 2 - 60, DESKTOP, "the session without the name");
  assert.ok(!desk.input.has((i) => i.key === 0x73), "a key passed a mapping card");
  await bed.alive();
});

test("a session of another size is letter-boxed, asked for ours, and hears the pointer where it is", async () => {
  const s = await working(other, 800, 600); // 400 x 400
  assert.deepEqual((await other.input.take((i) => i.size, "the size")).size, [800, 600]);
  // 600 x 600 in the middle.
  await s.sees(101, 300, OTHER);
  assert.equal(await s.pixel(98, 300), 0);
  assert.equal(await s.pixel(701, 300), 0);
  s.pointer(400, 300, 1);
  assert.deepEqual(await other.input.take((i) => i.buttons, "the pointer"), { x: 200, y: 200, buttons: 1 });
  s.pointer(0, 599, 0);
  assert.deepEqual(await other.input.take((i) => i.y > 200, "the pointer"), { x: 0, y: 399, buttons: 0 });
  s.say({ size: [512, 384] });
  assert.deepEqual((await s.event("buffer")).w, 800);
  assert.deepEqual((await s.event("buffer")).w, 512);
  await s.sees(256, 192, OTHER);
  assert.deepEqual((await other.input.take((i) => i.size, "the size")).size, [512, 384]);
  assert.equal(await s.pixel(60, 192), 0);
});

test("a projection fills the screen in its own shape, without input", async () => {
  const s = await working();
  const p = { id: `p${++number}`, session: `s${++number}`, by: "Karin Kaya", full_name: "Ben Aydin", window: false };
  scene(s, { ...s.scene, kind: "projection", input: false, projection: p });
  await connect(p.session, other);
  await s.sees(400, 300, OTHER);
  await s.sees(50, 300, 0);
  s.press([31, 0x73]);
  s.say({ size: [1000, 500] });
  await s.sees(500, 250, OTHER);
  await s.until(async () => (await s.hash()).w === 1000 && (await s.pixel(200, 250)) === 0 && (await s.pixel(260, 250)) === OTHER, "its new place");
  scene(s, s.scene);
  await s.sees(500, 250, DESKTOP);
  assert.ok(!other.input.has((i) => i.key) && !desk.input.has((i) => i.key));
});

test("a half of a screen, smaller than any card", async () => {
  const s = await station(GREETER, 512, 384);
  await s.event("frame");
  await s.sees(256, 2, GROUND, "the greeter");
  scene(s, mapping("keyboard"));
  await s.sees(256, 192 + 60, WHITE, "the card");
});

test("the relay is killed: the seat comes back, and so does its session", async () => {
  const again = await working(desk, W, H, { again: true });
  again.events.clear();
  await bed.kill("SIGKILL");
  await again.event("closed");
  assert.equal(await again.pixel(W / 2, H / 2), DESKTOP, "the last picture stays");
  await bed.run();
  await bed.stationd.serve();
  await place(again, again.scene);
  await connect(again.scene.session);
  desk.paint(0x0a0b0c);
  await again.event("buffer");
  await again.sees(W / 2, H / 2, 0x0a0b0c);
  desk.color = DESKTOP;
});

test("a second one with the same secret takes the place of the first", async () => {
  const first = await station(GREETER);
  await first.event("frame");
  const second = seat(640, 480, { secret: first.secret });
  await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === first.id);
  await place(second, GREETER);
  await first.ended();
  await second.event("frame");
  first.id = null;
});

test("one that stationd does not know is ended", async () => {
  const s = seat();
  bed.stationd.error(await bed.stationd.take("Relay.StationOpen"), "Relay.NotFound", { names: [], reason: "There is no such station." });
  await s.ended();
});

test("stationd is away: the screen says that it waits", async () => {
  bed.stationd.order({ drop: true });
  const s = seat();
  await s.event("frame");
  await s.sees(W / 2, 2, GROUND);
  await bed.stationd.serve();
  await place(s, GREETER);
});

test("nobody but station-seat and root", { skip: process.getuid() !== 0 && "needs root" }, async () => {
  chmodSync(bed.dir, 0o755);
  chmodSync(`${bed.dir}/seat.sock`, 0o777);
  const s = seat(W, H, { uid: 65534 });
  await s.ended();
  await bed.alive();
  assert.match(bed.log, /refused: neither root nor station-seat/);
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationOpen")));
});

test("Shift that was held before the greeter came puts automatic log-on off", async () => {
  const s = seat();
  await s.event("frame"); // it waits for stationd's answer
  s.key(SHIFT, true);
  s.say({ size: [W, H - 2] });
  await s.until(async () => (await s.hash()).h === H - 2, "the size said after the key");
  await place(s, { ...GREETER, auto: { user: "anna", full_name: "Anna Berger", at_ms: Date.now() + 60_000 } });
  const call = await bed.stationd.answer("Relay.StationHold", {});
  assert.equal(call.parameters.station, s.id);
  s.key(SHIFT, false);
});

test("automatic log-on is counted down, each second, until a key puts it off", async () => {
  const s = await station({ ...GREETER, auto: { user: "anna", full_name: "Anna Berger", at_ms: Date.now() + 60_000 } });
  await s.sees(W / 2, 2, GROUND, "the greeter");
  const seen = new Set();
  await s.until(async () => seen.add((await s.hash()).hash).size >= 4, "four pictures of an untouched greeter");
  const hold = bed.stationd.answer("Relay.StationHold", {});
  s.type("x");
  assert.equal((await hold).parameters.station, s.id);
  scene(s, GREETER);
  // What is typed from now on is for the field, and stays there.
  s.type("ben");
  s.press(ENTER);
  s.type("geheim");
  s.press(ENTER);
  assert.equal((await bed.stationd.take("Login.Start")).parameters.user, "ben");
});

test("bad packets end their connection and no other", async () => {
  const good = await station(GREETER);
  await good.event("frame");
  const u32 = (...v) => v.map((x) => { const b = Buffer.alloc(4); b.writeUInt32LE(x >>> 0); return b.toString("hex"); }).join("");
  const hello = (version, w, h, secret) => u32(1, version, w, h) + Buffer.from(secret.padEnd(44, "\0")).toString("hex");
  // Instead of HELLO.
  for (const raw of ["00", u32(5, 1), u32(16, 800, 600, 3200), hello(2, 800, 600, secretOf(1)), hello(1, 0, 600, secretOf(1)),
    hello(1, 800, 600, "short"), hello(1, 800, 600, ""), hello(1, 16384, 16384, secretOf(1)), "ff".repeat(1200)]) {
    const s = seat(W, H, { secret: "-" });
    await s.event("open");
    s.say({ raw });
    await s.ended();
  }
  // After it.
  for (const raw of ["00", u32(3, 30, 97, 2), u32(3, 0x300, 97, 1), u32(4, 99999, 0, 0), u32(2, 1, 1), u32(17, 1, 0, 0, 0, 0, 0, 0),
    hello(1, 800, 600, secretOf(2)), u32(5), "ee".repeat(3000)]) {
    const s = await station(GREETER);
    await s.event("frame");
    s.say({ raw });
    await s.ended();
    await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === s.id);
    s.id = null;
  }
  // A frame that was never sent, sizes without end: fine, and bounded.
  good.say({ raw: u32(5, 4711) });
  for (let i = 0; i < 50; i++) good.say({ size: [640 + i, 480] });
  good.say({ size: [W, H] });
  await good.until(async () => (await good.hash()).w === W && (await good.pixel(W / 2, 2)) === GROUND, "the greeter in the last size");
  good.press(SHIFT);
  await bed.alive();
});
