// SPDX-License-Identifier: GPL-3.0-or-later
// VNC stations with a viewer that speaks VeNCrypt as rfbproto says: X509None and X509Plain.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, afterEach, before, test } from "node:test";
import { Bed, GREETER, SESSION, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { Viewer, X509NONE, X509PLAIN } from "./vncviewer.mjs";

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
  for (const v of open.splice(0)) {
    v.end();
    if (!v.id) continue;
    const call = await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === v.id);
    assert.equal(call.parameters.now, true, "a VNC viewer that has gone does not come back");
  }
});

let number = 0;

async function place(v, scene = GREETER) {
  const call = await bed.stationd.take("Relay.StationOpen");
  assert.equal(call.parameters.kind, "vnc");
  assert.match(call.parameters.secret, /^[\w-]{43}$/);
  v.id = `vnc-${++number}`;
  bed.stationd.reply(call, { station: v.id, name: v.id, scene });
}

const scene = (v, sc) => bed.stationd.more(bed.stationd.orders, { order: "scene", station: v.id, scene: sc });
const session = () => ({ ...SESSION, session: `s${++number}` });

async function connect(sc) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === sc.session);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: display.path });
}

const prompt = { conversation: "c", prompts: [{ text: "Password: ", echo: false }], messages: [], done: false };
const done = { conversation: "c", prompts: [], messages: [], done: true, user: "anna" };

/** For a viewer that knows DesktopSize: the picture gets a size that fits. */
async function sized(v, fits) {
  for (;;) {
    const q = Buffer.alloc(10);
    q[0] = 3;
    q.writeUInt16BE(9999, 6);
    q.writeUInt16BE(9999, 8);
    v.write(q);
    const head = await v.read(4);
    for (let i = 0, n = head.readUInt16BE(2); i < n; i++) {
      const r = await v.read(12), w = r.readUInt16BE(4), h = r.readUInt16BE(6);
      if (r.readInt32BE(8) !== -223) await v.read(w * h * 4);
      else if (fits(w, h)) return;
    }
  }
}

/** The picture becomes the session's (64 x 48 of one colour). */
async function sees(v, color) {
  for (let i = 0; i < 100; i++) {
    const [w, h, pixel] = await v.look();
    if (w === 64 && h === 48 && pixel === color) return;
    await new Promise((r) => setTimeout(r, 20));
  }
  assert.fail("the session's picture does not come");
}

test("X509None: greeter, log-in with its keys, session, notice, greeter", async () => {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509NONE);
  assert.match(v.tlsVersion, /^TLSv1\.[23]$/);
  assert.equal(await v.result(), null);
  const [w, h] = await v.init();
  assert.ok(w >= 640 && h >= 480);
  await place(v);
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [{ id: "xfce", name: "Xfce" }], default_desktop: "xfce" });
  assert.equal((await v.look())[0] > 0, true);
  v.type("anna");
  v.key(0xff09);
  v.type("pass word");
  v.key(0xff0d);
  const start = await bed.stationd.take("Login.Start");
  assert.deepEqual(
    [start.parameters.purpose, start.parameters.station, start.parameters.user, start.parameters.address, start.parameters.desktop],
    ["station", v.id, "anna", "127.0.0.1", "xfce"],
  );
  bed.stationd.reply(start, prompt);
  const answer = await bed.stationd.take("Login.Answer");
  assert.deepEqual(answer.parameters, { conversation: "c", answers: ["pass word"] });
  const sc = session();
  scene(v, sc);
  bed.stationd.reply(answer, done);
  await connect(sc);
  v.write(2, 0, 0, 2, v.u32(0), v.u32(0xffffff21)); // raw and DesktopSize
  display.paint(0x112233);
  await sized(v, (w2, h2) => w2 === 64 && h2 === 48);
  await sees(v, 0x112233);
  v.key(0x62);
  assert.equal((await display.input.take((i) => i.key, "the key")).key, 0x62);
  // A viewer reports at most once a second, and the keys of the greeter were its last report.
  const used = bed.stationd.answer("Relay.Activity", {});
  const keys = setInterval(() => v.key(0x62), 200);
  assert.deepEqual((await used.finally(() => clearInterval(keys))).parameters, { sessions: [sc.session] });
  scene(v, { ...sc, notice: { job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 60_000, message: "" } });
  scene(v, { ...GREETER, text: "Karin Kaya has ended your session." });
  await sized(v, (w2) => w2 > 64);
  v.key(0x63);
  await bed.alive();
  assert.ok(!display.input.has((i) => i.key === 0x63), "a key of the greeter reached the session");
  assert.ok(!bed.log.includes("pass word"));
});

const noticed = { conversation: "c", prompts: [], messages: [], notice: { language: "en", text: "Be kind.\n\nThis room is supervised." }, done: false };

test("a notice: nothing goes on before it was accepted, and the Return of the password accepts nothing", async () => {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509NONE);
  await v.result();
  await v.init();
  await place(v);
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [], default_desktop: "" });
  bed.stationd.calls.clear();
  const logIn = async () => {
    v.type("anna");
    v.key(0xff09);
    v.type("geheim");
    v.key(0xff0d);
    const start = await bed.stationd.take("Login.Start");
    assert.equal(start.parameters.language, "en");
    bed.stationd.reply(start, prompt);
    bed.stationd.reply(await bed.stationd.take("Login.Answer"), noticed);
    await v.look();
    v.key(0xff0d);
    v.key(0xff0d);
    await v.look();
    await bed.alive();
    assert.ok(!bed.stationd.calls.has((c) => /Login\.(Accept|Cancel)$/.test(c.method)));
  };
  await logIn();
  v.key(0xff1b); // Escape refuses
  assert.deepEqual((await bed.stationd.answer("Login.Cancel", {})).parameters, { conversation: "c" });
  await logIn();
  v.key(0xff09);
  v.key(0xff09);
  v.key(0xff0d); // so does the second button
  await bed.stationd.answer("Login.Cancel", {});
  await logIn();
  v.key(0xff09);
  v.key(0xff0d);
  const accept = await bed.stationd.take("Login.Accept");
  assert.deepEqual(accept.parameters, { conversation: "c" });
  const sc = session();
  scene(v, sc);
  bed.stationd.reply(accept, done);
  await connect(sc);
});

test("a notice that timed out: why, and a new log-in", async () => {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509PLAIN);
  v.plain("anna", "geheim");
  await place(v);
  bed.stationd.reply(await bed.stationd.take("Login.Start"), prompt);
  bed.stationd.reply(await bed.stationd.take("Login.Answer"), noticed);
  assert.equal(await v.result(), null, "the viewer goes on; the notice is in the greeter");
  await v.init();
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [], default_desktop: "" });
  await v.look();
  v.key(0xff09);
  v.key(0x20);
  bed.stationd.error(await bed.stationd.take("Login.Accept"), "Login.NoConversation");
  await v.look();
  v.type("anna");
  v.key(0xff09);
  v.type("x");
  v.key(0xff0d);
  assert.equal((await bed.stationd.take("Login.Start")).parameters.user, "anna");
});

test("X509Plain: straight in", async () => {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509PLAIN);
  v.plain("anna", "geheim");
  await place(v);
  const start = await bed.stationd.take("Login.Start");
  assert.deepEqual([start.parameters.user, start.parameters.station], ["anna", v.id]);
  bed.stationd.reply(start, prompt);
  const answer = await bed.stationd.take("Login.Answer");
  assert.deepEqual(answer.parameters.answers, ["geheim"]);
  const sc = session();
  scene(v, sc); // stationd's order comes before its answer
  bed.stationd.reply(answer, done);
  assert.equal(await v.result(), null);
  await connect(sc);
  await v.init();
  assert.ok(!bed.log.includes("geheim"));
});

test("X509Plain: refused with the reason", async () => {
  for (const [error, parameters, text] of [
    ["Login.Denied", { reason: "The user name or password is not right.", messages: [] }, /not right/],
    ["Login.Failed", { reason: "The desktop ended at once.", output: "xfce4: no display" }, /ended at once[^]*no display/],
    ["Login.Busy", { reason: "Too many attempts.", retry_ms: 1000 }, /Too many/],
    ["Login.NoConversation", {}, /too long/],
  ]) {
    const v = await Viewer.connect(bed, open);
    await v.secure(X509PLAIN);
    v.plain("anna", "wrong");
    await place(v);
    bed.stationd.reply(await bed.stationd.take("Login.Start"), prompt);
    bed.stationd.error(await bed.stationd.take("Login.Answer"), error, parameters);
    assert.match(await v.result(), text);
    await within(v.closed, "the end");
  }
});

test("X509Plain: further questions are asked in the greeter", async () => {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509PLAIN);
  v.plain("anna", "geheim");
  await place(v);
  bed.stationd.reply(await bed.stationd.take("Login.Start"), prompt);
  bed.stationd.reply(await bed.stationd.take("Login.Answer"), {
    conversation: "c", prompts: [{ text: "Code: ", echo: true }], messages: [{ text: "A code was sent.", error: false }], done: false,
  });
  assert.equal(await v.result(), null);
  await v.init();
  await v.look();
  v.type("123456");
  v.key(0xff0d);
  const answer = await bed.stationd.take("Login.Answer");
  assert.deepEqual(answer.parameters, { conversation: "c", answers: ["123456"] });
  bed.stationd.error(answer, "Login.Denied", { reason: "No.", messages: [] });
  // Another try in the greeter.
  await v.look();
  v.type("ben");
  v.key(0xff09);
  v.type("pw");
  v.key(0xff0d);
  const start = await bed.stationd.take("Login.Start");
  assert.deepEqual([start.parameters.user, start.parameters.station], ["ben", v.id]);
});

test("stationd is away: the log-in waits and goes on", async () => {
  bed.stationd.order({ drop: true });
  const v = await Viewer.connect(bed, open);
  await v.secure(X509NONE);
  assert.equal(await v.result(), null);
  await v.init();
  await v.look();
  await bed.stationd.serve();
  await place(v);
  await v.look();
});

test("what was written in clear behind the start of TLS is not taken for the viewer's", async () => {
  const v = await Viewer.connect(bed, open);
  await v.read(12);
  v.write(Buffer.from("RFB 003.008\n"));
  await v.read(2);
  v.write(19);
  await v.read(2);
  v.write(0, 2);
  await v.read(1 + 1 + 8);
  v.write(v.u32(X509PLAIN), v.u32(4), v.u32(4), Buffer.from("annapass"));
  await within(v.closed, "the end");
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationOpen")));
});

test("viewers that send what is no RFB, or no TLS, end alone", async () => {
  const good = await Viewer.connect(bed, open);
  await good.secure(X509NONE);
  await good.result();
  await good.init();
  await place(good);
  const corpus = [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(100_000, 0xff), Buffer.from("RFB 003.003\n"), Buffer.from("RFB 999.999\n\x02"),
    Buffer.from("RFB 003.008\n\x01"), Buffer.from("RFB 003.008\n\x13\x00\x01"), Buffer.from("RFB 003.008\n\x13\x00\x02\x00\x00\x00\x01"),
    Buffer.concat([Buffer.from("RFB 003.008\n\x13\x00\x02\x00\x00\x01\x04"), Buffer.alloc(5000, 0x16)]),
    Buffer.concat([Buffer.from("RFB 003.008\n\x13\x00\x02\x00\x00\x01\x04\x16\x03\x01\x40\x00"), Buffer.alloc(20000)]),
  ];
  for (const bytes of corpus) {
    const s = net.connect(bed.vnc, "127.0.0.1");
    s.on("error", () => {});
    await once(s, "connect");
    s.write(bytes);
    s.end();
    s.resume();
    await within(once(s, "close"), `the end of ${bytes.subarray(0, 20)}`);
  }
  assert.ok((await good.look())[0] > 0);
});
