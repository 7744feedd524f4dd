// SPDX-License-Identifier: GPL-3.0-or-later
// Projections: a session, or a screen that a dashboard sends, at stations of any size.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Bed, COOKIE, GREETER, SESSION, TOKEN, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { grey } from "./jpeg.mjs";
import { Rfb } from "./rfb.mjs";
import { frame, Socket } from "./websocket.mjs";

const PROTOCOL = "stationmaster.screen.v1";
let bed, display;
const stations = [], sockets = [];
let number = 0;

before(async () => {
  bed = await Bed.start();
  await bed.connected();
  display = await Display.start(`${bed.dir}/rfb.sock`);
});
after(async () => {
  await bed.stop();
  await display.stop();
});
afterEach(async () => {
  for (const s of stations.splice(0)) {
    s.end();
    await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === s.id);
  }
  for (const s of sockets.splice(0)) {
    s.socket.destroy();
    await within(s.closed, "the socket to close");
  }
});

const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const scene = (s, sc) => order({ order: "scene", station: s.id, scene: sc });
const projection = (id, session) => ({ id, session, by: "Karin Kaya", full_name: "Anna Berger", window: false });
const shown = (id, session = "") => ({ ...GREETER, kind: "projection", projection: projection(id, session) });

/** A VNC viewer at its greeter, of this size. */
async function station(w, h) {
  const s = await Rfb.vnc(bed);
  s.id = `vnc-${++number}`;
  await bed.stationd.answer("Relay.StationOpen", { station: s.id, name: s.id, scene: GREETER });
  stations.push(s);
  s.askSize(w, h);
  await s.until(`${w} x ${h}`, () => s.w === w && s.h === h);
  return s;
}

async function connect(session, to = display) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  assert.equal(call.token, null, "stationd lets the relay have what it projects");
  bed.stationd.order({ reply: call.call, parameters: {}, connect: to.path });
}

/** All of the box is of one colour, all around it black. */
const boxed = (colour, x1, y1, x2, y2) => (s) =>
  s.pixels.every((p, i) => {
    const x = i % s.w, y = Math.floor(i / s.w);
    return p === (x >= x1 && x < x2 && y >= y1 && y < y2 ? colour : 0);
  });

test("a session at two stations of different sizes, from one source", async () => {
  const session = `s${++number}`;
  const small = await station(800, 600), wide = await station(1280, 720);
  const before = display.connections;
  for (const s of [small, wide]) scene(s, shown("p1", session));
  await connect(session);
  await small.until("the projection", boxed(0x204060, 0, 0, 800, 600));
  await wide.until("the projection", boxed(0x204060, 160, 0, 1120, 720));
  assert.equal(display.connections, before + 1);
  display.paint(0xabcdef);
  await small.until("what changed", boxed(0xabcdef, 0, 0, 800, 600));
  await wide.until("what changed", boxed(0xabcdef, 160, 0, 1120, 720));
  // Keys of who looks reach nobody.
  wide.key(0x61);
  wide.pointer(1, 640, 360);
  await wide.update(false);
  // The display server is away for a moment.
  display.drop();
  display.color = 0x00ff00;
  await connect(session);
  await small.until("what came back", boxed(0x00ff00, 0, 0, 800, 600));
  // It ends: one by the scene, one hears of the end first.
  scene(small, GREETER);
  await small.until("the greeter", (s) => s.at(0, 0) !== 0x00ff00);
  order({ order: "projection_gone", projection: "p1" });
  await wide.until("no more of it", (s) => s.at(640, 360) !== 0x00ff00);
  scene(wide, GREETER);
  while (display.open > 0) await display.closed.take(() => true, "the source to be closed");
  assert.ok(!display.input.has(() => true), "input of a station reached the session");
});

test("a window over one's own session", async () => {
  const own = await Display.start(`${bed.dir}/own.sock`, { w: 640, h: 480, color: 0x111111 });
  const [session, source] = [`s${++number}`, `s${++number}`];
  const s = await station(640, 480);
  display.color = 0x00aa00;
  scene(s, { ...SESSION, session });
  await connect(session, own);
  await s.shows(0x111111);
  scene(s, { ...SESSION, session, projection: { ...projection("p2", source), window: true } });
  await connect(source);
  const inset = (r) => r.at(640 - 12 - 4 - 32, 480 - 12 - 4 - 24);
  await s.until("the window", (r) => inset(r) === 0x00aa00 && r.at(0, 0) === 0x111111);
  own.paint(0x222222);
  await s.until("the session below", (r) => inset(r) === 0x00aa00 && r.at(0, 0) === 0x222222);
  s.key(0x61);
  assert.deepEqual(await own.input.take(() => true, "the key"), { key: 0x61, down: true });
  s.key(0x61, false);
  await own.input.take(() => true, "the key");
  s.pointer(1, 640 - 40, 480 - 40);
  s.pointer(0, 640 - 40, 480 - 40);
  await s.until("it to move", (r) => inset(r) === 0x222222 && r.at(12 + 4 + 32, 480 - 12 - 4 - 24) === 0x00aa00);
  s.pointer(0, 300, 200);
  assert.deepEqual(await own.input.take(() => true, "the pointer"), { x: 300, y: 200, buttons: 0 });
  scene(s, { ...SESSION, session });
  await s.shows(0x222222);
  assert.ok(!display.input.has(() => true), "input reached the session that is shown");
  scene(s, GREETER);
  await s.until("the greeter", (r) => r.at(0, 0) !== 0x222222);
  await own.stop();
});

describe("a screen that a dashboard sends", () => {
  async function dashboard(id, o = {}) {
    const s = await Socket.open(bed, `/ws/project?projection=${id}`, PROTOCOL, { cookie: COOKIE, ...o });
    if (s.status === 101) sockets.push(s);
    return s;
  }

  async function sender(id) {
    const s = await dashboard(id);
    const call = await bed.stationd.answer("Relay.ScreenOpen", {});
    assert.deepEqual([call.parameters, call.token], [{ projection: id }, TOKEN]);
    return s;
  }

  const wanted = (s) => s.next("next");
  const gone = (id) => bed.stationd.answer("Relay.ScreenClose", {}, (c) => c.parameters.projection === id);
  const ended = (s) => within(s.closed, "the end");

  test("who may", async () => {
    assert.equal(await ended(await dashboard("p1", { cookie: undefined })), 4401);
    for (const id of ["", "p".repeat(25), "p".repeat(3000)]) assert.equal(await ended(await dashboard(id)), 4404);
    assert.equal((await dashboard("p1", { origin: "https://evil.example" })).status, 403);
    for (const [error, code] of [["Unauthenticated", 4401], ["Relay.Refused", 4403], ["Relay.NotFound", 4404]]) {
      const s = await dashboard("p1");
      s.sendBinary(grey(16, 16, 1));
      bed.stationd.error(await bed.stationd.take("Relay.ScreenOpen"), error, { reason: "x" });
      assert.equal(await ended(s), code);
    }
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("ScreenClose")));
  });

  test("a picture for each that is wanted, while somebody watches", async () => {
    const at = await station(800, 600), s = await sender("p11");
    await bed.alive();
    assert.ok(!s.text.has(() => true), "wanted although nobody watches");
    s.sendBinary(grey(320, 240, 9)); // not asked for
    scene(at, shown("p11"));
    await wanted(s);
    s.sendBinary(grey(320, 240, 100));
    await at.until("the screen", boxed(0x646464, 0, 0, 800, 600));
    await wanted(s);
    const file = grey(640, 240, 50); // another size, in pieces
    s.raw(Buffer.concat([frame(2, file.subarray(0, 100), { fin: false }), frame(0, file.subarray(100, 101), { fin: false })]));
    s.raw(frame(0, file.subarray(101)));
    await at.until("the screen in its new size", boxed(0x323232, 0, 150, 800, 450));
    await wanted(s);
    // Nobody watches any more: what was wanted is taken, and no more is.
    scene(at, GREETER);
    await at.until("the greeter", (r) => r.at(400, 300) !== 0x323232);
    s.sendBinary(grey(640, 240, 60));
    await bed.alive();
    assert.ok(!s.text.has(() => true), "wanted although nobody watches");
    scene(at, shown("p11"));
    await at.until("the last picture", boxed(0x3c3c3c, 0, 150, 800, 450));
    await wanted(s);
    order({ order: "projection_gone", projection: "p11" });
    assert.equal(await ended(s), 1000);
    await at.until("no more of it", (r) => r.at(400, 300) !== 0x3c3c3c);
  });

  test("a station that was there first, and one that comes later", async () => {
    const first = await station(800, 600);
    scene(first, shown("p12"));
    const s = await sender("p12");
    await wanted(s);
    s.sendBinary(grey(80, 60, 200));
    await first.until("the screen", boxed(0xc8c8c8, 0, 0, 800, 600));
    const later = await station(1000, 700);
    scene(later, shown("p12"));
    await later.until("the screen", (r) => r.at(500, 350) === 0xc8c8c8 && r.at(0, 0) === 0);
    s.close();
    await gone("p12");
    await first.update(false);
    assert.equal(first.at(400, 300), 0xc8c8c8, "the last picture stays");
  });

  test("the dashboard comes back, and takes its own place", async () => {
    const at = await station(800, 600);
    scene(at, shown("p13"));
    const a = await sender("p13");
    await wanted(a);
    a.sendBinary(grey(80, 60, 10));
    await at.until("the first", boxed(0x0a0a0a, 0, 0, 800, 600));
    const b = await sender("p13");
    assert.equal(await ended(a), 1000);
    await wanted(b);
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("ScreenClose")), "it is still sent");
    b.sendBinary(grey(80, 60, 20));
    await at.until("the second", boxed(0x141414, 0, 0, 800, 600));
    b.close();
    await gone("p13");
    const c = await sender("p13");
    await wanted(c);
    c.sendBinary(grey(80, 60, 30));
    await at.until("the third", boxed(0x1e1e1e, 0, 0, 800, 600));
    c.close();
    await gone("p13");
  });

  test("stationd restarts: it is told again, and may refuse", async () => {
    const at = await station(800, 600);
    scene(at, shown("p14"));
    const s = await sender("p14");
    await wanted(s);
    s.sendBinary(grey(80, 60, 10));
    await at.until("the screen", boxed(0x0a0a0a, 0, 0, 800, 600));
    await wanted(s);
    bed.stationd.order({ drop: true });
    await bed.stationd.events.take((e) => e.event === "open", "the relay to come back");
    s.sendBinary(grey(80, 60, 40));
    await at.until("it goes on", boxed(0x282828, 0, 0, 800, 600));
    await bed.stationd.serve();
    await bed.stationd.answer("Relay.StationOpen", { station: at.id, name: at.id, scene: shown("p14") });
    bed.stationd.error(await bed.stationd.take("Relay.ScreenOpen"), "Relay.NotFound", { names: [], reason: "" });
    assert.equal(await ended(s), 4404);
  });

  test("signing out ends it", async () => {
    const s = await sender("p15");
    order({ order: "signed_out", token: TOKEN });
    assert.equal(await ended(s), 4401);
    await gone("p15");
  });

  describe("bad files end the socket that sent them", () => {
    const good = grey(160, 120, 77);
    const cases = {
      "no JPEG": [Buffer.from("hello"), 1003],
      empty: [Buffer.alloc(0), 1003],
      "half of one": [good.subarray(0, good.length / 2), 1003],
      "a wrong length": [Buffer.concat([good.subarray(0, 4), Buffer.from([0x7f, 0xff]), good.subarray(6)]), 1003],
      "too wide": [grey(3848, 8, 1), 1003],
      "too high": [grey(8, 2168, 1), 1003],
      "too large": [Buffer.alloc(4 * 1024 * 1024 + 1), 1009],
    };

    for (const [name, [bytes, code]] of Object.entries(cases))
      test(name, async () => {
        const id = `p${100 + ++number}`;
        const at = await station(800, 600);
        scene(at, shown(id));
        const s = await sender(id);
        await wanted(s);
        s.sendBinary(good);
        await at.until("the good one", boxed(0x4d4d4d, 0, 0, 800, 600));
        await wanted(s);
        s.sendBinary(bytes);
        assert.equal(await ended(s), code);
        await gone(id);
        await at.update(false);
        assert.equal(at.at(400, 300), 0x4d4d4d, "the station shows what was good");
        const again = await sender(id);
        await wanted(again);
        again.sendBinary(grey(160, 120, 78));
        await at.until("the next good one", boxed(0x4e4e4e, 0, 0, 800, 600));
        again.close();
        await gone(id);
      });

    test("text", async () => {
      const s = await sender("p16");
      s.send({ next: true });
      assert.equal(await ended(s), 1003);
      await gone("p16");
    });
  });

  test("sockets are limited, and forgotten", async () => {
    const all = [];
    for (let i = 0; i < 64; i++) all.push(await sender(`p${1000 + i}`));
    assert.equal(await ended(await dashboard("p2000")), 4429);
    for (const s of all) s.close();
    for (let i = 0; i < 64; i++) await gone(`p${1000 + i}`);
    await sender("p2001");
  });
});
