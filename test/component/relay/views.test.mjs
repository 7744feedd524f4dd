// SPDX-License-Identifier: GPL-3.0-or-later
// Views: a person sees or controls another's desktop, from a dashboard or over a stream of stationd's.

import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import net from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { Bed, COOKIE, FakeStationd, SESSION, TOKEN, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { Rfb } from "./rfb.mjs";
import { Socket } from "./websocket.mjs";

let bed, display;
const open = [];
let number = 0;

before(async () => {
  bed = await Bed.start();
  await bed.connected();
  display = await Display.start(`${bed.dir}/rfb.sock`, { resizable: true });
});
after(async () => {
  await bed.stop();
  await display.stop();
});
afterEach(async () => {
  for (const s of open.splice(0)) {
    s.socket.destroy();
    await within(s.closed, "the socket to close");
  }
});

const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const fresh = () => `s${++number}`;

async function socket(session, mode, o = {}) {
  const s = await Socket.open(bed, `/ws/view?session=${session}&mode=${mode}`, "binary", { cookie: COOKIE, ...o });
  if (s.status !== 101) return s;
  s.rfb = Rfb.overSocket(s);
  open.push(s);
  return s;
}

/** The display of this session, whoever asks for it. */
async function connect(session, token = TOKEN) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  assert.equal(call.token, token);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: display.path });
}

async function letIn(session, mode) {
  const id = `v${++number}`;
  const call = await bed.stationd.answer("Relay.ViewOpen", { view: id });
  assert.deepEqual([call.parameters, call.token], [{ session, mode }, TOKEN]);
  return id;
}

/** A view that shows its session. */
async function view(session, mode, { shared = false } = {}) {
  const s = await socket(session, mode);
  s.id = await letIn(session, mode);
  if (!shared) await connect(session);
  await s.rfb.start();
  return s;
}

const closed = (id) => bed.stationd.answer("Relay.ViewClose", {}, (c) => c.parameters.view === id);
const ended = (s) => within(s.closed, "the end of the view");

describe("who may", () => {
  test("nobody without a cookie, no view of nothing", async () => {
    assert.equal(await ended(await socket("s1", "view", { cookie: undefined })), 4401);
    for (const [session, mode, code] of [
      ["", "view", 4404], ["x".repeat(33), "view", 4404], ["x".repeat(3000), "view", 4404], ["s1", "", 4403], ["s1", "own", 4403],
    ])
      assert.equal(await ended(await socket(session, mode)), code, `${session} ${mode}`);
    assert.equal((await socket("s1", "view", { origin: "https://evil.example" })).status, 403);
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("ViewOpen")));
  });

  test("stationd's word is the code, and the reason says who", async () => {
    const who = { by: "Karin Kaya", reason: "Karin Kaya controls this session." };
    for (const [error, code, reason] of [
      ["Unauthenticated", 4401, who.reason], ["Relay.Refused", 4403, who.reason], ["Relay.NotFound", 4404, who.reason],
      ["Relay.Busy", 4409, "Karin Kaya"], ["Relay.Failed", 1011, who.reason],
    ]) {
      const s = await socket("s1", "exclusive");
      bed.stationd.error(await bed.stationd.take("Relay.ViewOpen"), error, who);
      assert.equal(await ended(s), code, error);
      assert.equal(s.reason, reason);
    }
    // A reason that is longer than a close frame is cut between characters.
    const s = await socket("s1", "exclusive");
    bed.stationd.error(await bed.stationd.take("Relay.ViewOpen"), "Relay.Busy", { by: "x" + "ü".repeat(100) });
    assert.equal(await ended(s), 4409);
    assert.equal(s.reason, "x" + "ü".repeat(61));
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("OpenSource")), "a source was opened for nobody");
  });

  test("who talks first or leaves before the answer", async () => {
    const s = await socket("s1", "view");
    const call = await bed.stationd.take("Relay.ViewOpen");
    s.sendBinary(Buffer.from("RFB 003.008\n"));
    assert.equal(await ended(s), 1003);
    bed.stationd.reply(call, { view: "v900" });
    await closed("v900");
    const t = await socket("s1", "view");
    const call2 = await bed.stationd.take("Relay.ViewOpen");
    t.close();
    await ended(t);
    await bed.alive();
    bed.stationd.reply(call2, { view: "v901" });
    await closed("v901");
  });
});

describe("pixels and input", () => {
  test("a view sees and touches nothing, control touches but does not resize", async () => {
    const session = fresh();
    display.paint(0x204060);
    const see = await view(session, "view"), control = await view(session, "control", { shared: true });
    await see.rfb.shows(0x204060);
    display.paint(0x112233);
    await see.rfb.shows(0x112233);
    await control.rfb.shows(0x112233);
    see.rfb.key(0x61);
    see.rfb.pointer(1, 5, 5);
    see.rfb.cutText("seen");
    see.rfb.askSize(800, 600);
    await see.rfb.update(false); // all of it was read
    control.rfb.askSize(800, 600);
    control.rfb.key(0x62);
    control.rfb.pointer(1, 6, 7);
    control.rfb.cutText("pasted");
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x62, down: true });
    assert.deepEqual(await display.input.take(() => true, "input"), { x: 6, y: 7, buttons: 1 });
    assert.deepEqual(await display.input.take(() => true, "input"), { text: "pasted" });
    assert.deepEqual((await bed.stationd.answer("Relay.Activity", {})).parameters, { sessions: [session] });
    // Who leaves holds nothing down.
    control.socket.destroy();
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x62, down: false });
    assert.deepEqual(await display.input.take(() => true, "input"), { x: 6, y: 7, buttons: 0 });
    await closed(control.id);
    display.paint(0x334455);
    await see.rfb.shows(0x334455);
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("Activity")), "looking is no use");
    see.close();
    await closed(see.id);
    while (display.open > 0) await display.closed.take(() => true, "the source to be closed");
  });

  test("beside the station's own screen", async () => {
    const session = fresh();
    const cookie = (await bed.request("/station")).headers["set-cookie"][0].split(";")[0];
    const page = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie });
    open.push(page);
    await bed.stationd.answer("Relay.StationOpen", { station: "browser-1", name: "x", scene: { ...SESSION, session } });
    await page.next("scene");
    const screen = await Socket.open(bed, "/ws/station/rfb", "binary", { cookie });
    open.push(screen);
    const station = Rfb.overSocket(screen);
    await connect(session, null);
    await station.start();
    const control = await view(session, "control", { shared: true });
    station.key(0x61);
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x61, down: true });
    control.rfb.key(0x62);
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x62, down: true });
    station.key(0x61, false);
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x61, down: false });
    // stationd cuts the station's input: that of the view goes on.
    order({ order: "scene", station: "browser-1", scene: { ...SESSION, session, input: false } });
    await page.next("scene");
    station.key(0x63);
    await station.update(false);
    control.rfb.key(0x62, false);
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x62, down: false });
    page.close();
    await bed.stationd.answer("Relay.StationClose", {});
    control.close();
    await closed(control.id);
  });
});

describe("ends and goes on", () => {
  test("the display server is away for a moment", async () => {
    const session = fresh();
    const s = await view(session, "view");
    await s.rfb.update(false);
    display.drop();
    display.color = 0x445566;
    await connect(session);
    await s.rfb.shows(0x445566);
    s.close();
    await closed(s.id);
  });

  test("the session ends", async () => {
    const session = fresh();
    const s = await view(session, "view"), other = await view(fresh(), "view");
    order({ order: "source_gone", session });
    assert.equal(await ended(s), 4404);
    await closed(s.id);
    display.paint(0x556677);
    await other.rfb.shows(0x556677);
    order({ order: "view_gone", view: other.id, reason: "Karin Kaya has ended this view." });
    assert.equal(await ended(other), 4403);
    assert.equal(other.reason, "Karin Kaya has ended this view.");
    await bed.alive();
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("ViewClose")), "stationd knows");
  });

  test("the person signs out", async () => {
    const s = await view(fresh(), "view");
    order({ order: "signed_out", token: "X".repeat(43) });
    order({ order: "signed_out", token: TOKEN });
    assert.equal(await ended(s), 4401);
    await closed(s.id);
  });

  test("stationd restarts: views go on, are opened again, and end where that is refused", async () => {
    const [a, b] = [fresh(), fresh()];
    const good = await view(a, "control"), bad = await view(b, "view");
    await bed.stationd.stop();
    display.paint(0x667788);
    await good.rfb.shows(0x667788);
    good.rfb.key(0x71);
    await display.input.take((i) => i.key === 0x71, "the key");
    assert.equal(await ended(await socket(a, "view")), 4503);
    bed.stationd = await FakeStationd.start(bed.socket);
    await bed.stationd.serve();
    const call = await bed.stationd.take("Relay.ViewOpen", (c) => c.parameters.session === a);
    assert.deepEqual([call.parameters.mode, call.token], ["control", TOKEN]);
    bed.stationd.reply(call, { view: "v801" });
    const call2 = await bed.stationd.take("Relay.ViewOpen", (c) => c.parameters.session === b);
    bed.stationd.error(call2, "Relay.Refused", { reason: "You are no operator any more." });
    assert.equal(await ended(bad), 4403);
    display.paint(0x778899);
    await good.rfb.shows(0x778899);
    order({ order: "view_gone", view: good.id, reason: "of a stationd before" });
    order({ order: "view_gone", view: "v801", reason: "enough" });
    assert.equal(await ended(good), 4403);
    assert.equal(good.reason, "enough");
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x71, down: false });
  });
});

describe("for a local caller", () => {
  let server, path;

  before(async () => {
    path = `${bed.dir}/view.sock`;
    rmSync(path, { force: true });
    server = net.createServer();
    server.listen(path);
    await once(server, "listening");
  });
  after(() => server.close());

  async function local(session, input) {
    const id = `v${++number}`;
    const connected = once(server, "connection");
    bed.stationd.order({
      reply: bed.stationd.orders.call, parameters: { order: "view", view: id, session, input }, more: true, connect: path,
    });
    const [stream] = await within(connected, "the stream");
    const l = { id, stream, closed: once(stream, "close"), rfb: Rfb.overStream(stream) };
    await connect(session, null);
    await l.rfb.start();
    return l;
  }

  test("pixels; input where stationd said so; the end", async () => {
    const session = fresh(), other = fresh();
    const see = await local(session, false), control = await local(other, true);
    display.paint(0x0a0b0c);
    await see.rfb.shows(0x0a0b0c);
    see.rfb.key(0x61);
    await see.rfb.update(false);
    control.rfb.key(0x62);
    assert.deepEqual(await display.input.take(() => true, "input"), { key: 0x62, down: true });
    see.stream.destroy();
    await closed(see.id);
    order({ order: "view_gone", view: control.id, reason: "enough" });
    await within(control.closed, "the stream to close");
    control.stream.destroy();
  });

  test("it ends with stationd, which does not know it any more", async () => {
    const l = await local(fresh(), true);
    bed.stationd.order({ drop: true });
    await within(l.closed, "the stream to close");
    l.stream.destroy();
    await bed.stationd.serve();
    await bed.alive();
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("ViewOpen")));
  });

  test("orders that are none, and streams that nobody wants", async () => {
    order({ order: "view", view: "v1", session: "s1", input: true });
    for (const parameters of [{ order: "view", view: "v1" }, { order: "view", session: "s1" }, { order: "later" }]) {
      const connected = once(server, "connection");
      bed.stationd.order({ reply: bed.stationd.orders.call, parameters, more: true, connect: path });
      const [stream] = await within(connected, "the stream");
      await within(once(stream, "close"), "the stream to be closed");
      stream.destroy();
    }
    await bed.alive();
  });
});

test("the clipboard follows the setting, and only where input passes", async () => {
  const b = await Bed.start({ run: false });
  const d = await Display.start(`${b.dir}/rfb.sock`);
  b.configure(
    `[station]\nclipboard = out\n[web]\nlisten = 127.0.0.1:${b.https}\nclear-listen = 127.0.0.1:${b.http}\nroot = ${b.dir}/web\n` +
      `[vnc]\nlisten = 127.0.0.1:${b.vnc}\n`,
  );
  await b.run();
  await b.stationd.serve();
  await b.connected();
  const at = async (mode) => {
    const s = await Socket.open(b, `/ws/view?session=s1&mode=${mode}`, "binary", { cookie: COOKIE });
    const rfb = Rfb.overSocket(s);
    await b.stationd.answer("Relay.ViewOpen", { view: `v-${mode}` });
    if (mode === "control")
      b.stationd.order({ reply: (await b.stationd.take("Relay.OpenSource")).call, parameters: {}, connect: d.path });
    await rfb.start();
    await rfb.update(false);
    return rfb;
  };
  const control = await at("control"), see = await at("view");
  control.cutText("in");
  control.key(0x61);
  assert.deepEqual(await d.input.take(() => true, "input"), { key: 0x61, down: true });
  d.say("out");
  d.paint(0x123123);
  await control.shows(0x123123);
  await see.shows(0x123123);
  assert.deepEqual([control.texts, see.texts], [["out"], []]);
  control.end();
  see.end();
  await b.stop();
  await d.stop();
});
