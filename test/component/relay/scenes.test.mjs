// SPDX-License-Identifier: GPL-3.0-or-later
// What a VNC station shows and takes in each scene: block, projection, lock, sign, notice, panel, clipboard.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, GREETER, SESSION, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { Viewer, X509NONE } from "./vncviewer.mjs";

const W = 800, H = 600;
const DESKTOP = 0x204060, OTHER = 0x802010;
const GROUND = 0x12403f, WHITE = 0xffffff, NOTICE = 0xfdf1d8;
const ESC = 0xff1b, TAB = 0xff09, ENTER = 0xff0d, HOME = 0xff50, DOWN = 0xff54, CTRL = 0xffe3, ALT = 0xffe9;
let bed, desk, other;
const open = [];

before(async () => {
  bed = await Bed.start();
  desk = await Display.start(`${bed.dir}/desk.sock`, { w: W, h: H });
  other = await Display.start(`${bed.dir}/other.sock`, { w: 400, h: 400 });
  desk.color = DESKTOP;
  other.color = OTHER;
});
after(async () => {
  await bed.stop();
  await desk.stop();
  await other.stop();
});
afterEach(async () => {
  for (const v of open.splice(0)) {
    v.end();
    await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === v.id);
  }
  desk.input.clear();
  other.input.clear();
});

let number = 0;
const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const scene = (v, sc) => order({ order: "scene", station: v.id, scene: sc });
const block = (sc, b = {}) => ({ ...sc, kind: "block", input: false, block: { by: "Karin Kaya", message: "", until_ms: 0, ...b } });
const projection = (session, window = false) => ({ id: `p${++number}`, session, by: "Karin Kaya", full_name: "Ben Aydin", window });
const project = (sc, p) => ({ ...sc, kind: "projection", input: false, projection: p });
const notice = (o = {}) => ({ job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 600_000, message: "", more_time: false, ...o });

async function station(first, from = bed) {
  const v = await Viewer.connect(from, open);
  await v.secure(X509NONE);
  assert.equal(await v.result(), null);
  const size = await v.init();
  const call = await from.stationd.take("Relay.StationOpen");
  v.id = `vnc-${++number}`;
  from.stationd.reply(call, { station: v.id, name: "R12-03", scene: first });
  v.follow(size);
  return v;
}

async function connect(session, display = desk, from = bed) {
  const call = await from.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  from.stationd.order({ reply: call.call, parameters: {}, connect: display.path });
}

const is = {
  session: (v) => v.w === W && v.h === H && v.at(5, 5) === DESKTOP && v.at(W / 2, H / 2) === DESKTOP && v.at(W - 5, H - 5) === DESKTOP,
  // In the margin of the card, where no word is.
  card: (v) => v.at(0, 0) === GROUND && v.at(v.w / 2 - 370 * Math.min(v.w / 1100, v.h / 740), v.h / 2) === WHITE,
  greeter: (v) => v.at(0, 0) === GROUND && v.at(v.w / 2, v.h / 2) !== GROUND,
  projection: (v) => v.w === W && v.h === H && v.at(W / 2, H / 2) === OTHER && v.at(5, H / 2) !== OTHER && v.at(5, H / 2) !== DESKTOP,
  panel: (v) => v.at(v.w - 150, 30) === WHITE && v.at(100, v.h - 100) === DESKTOP,
};
const shows = (v, color) => v.pixels.includes(color);

/** A station that shows a session of its own. */
async function working(o = {}) {
  const sc = { ...SESSION, session: `s${++number}`, ...o };
  const v = await station(sc);
  await connect(sc.session);
  await v.sees("the session", is.session);
  return [v, sc];
}

async function nothingPasses(v) {
  v.key(0x7a);
  v.pointer(300, 500, 1);
  v.pointer(300, 500, 0);
  await v.handled();
  assert.ok(!desk.input.has((i) => i.key === 0x7a || i.buttons === 1), "input reached the session");
  assert.ok(!other.input.has(() => true), "input reached the source of the projection");
}

async function keysPass(v) {
  v.key(0x62);
  for (const down of [true, false]) assert.deepEqual(await desk.input.take((i) => i.key === 0x62, "the key"), { key: 0x62, down });
}

test("block: the card instead of the session, no input, and back on the same connection", async () => {
  const [v, sc] = await working();
  await keysPass(v);
  v.press(0x61, 1); // held: let go when the card comes
  assert.deepEqual(await desk.input.take((i) => i.key === 0x61, "the key"), { key: 0x61, down: true });
  scene(v, block(sc));
  await v.sees("the card", is.card);
  assert.deepEqual(await desk.input.take((i) => i.key === 0x61, "its release"), { key: 0x61, down: false });
  assert.deepEqual([v.w, v.h, shows(v, DESKTOP)], [W, H, false]);
  await nothingPasses(v);
  desk.paint(0x010203);
  await v.handled();
  assert.ok(!shows(v, 0x010203), "the session shines through");
  desk.paint(DESKTOP);
  scene(v, sc);
  await v.sees("the session", is.session);
  await keysPass(v);
});

test("block: its words are seen, and one picture is for all", async () => {
  const [a, sa] = await working();
  const [b, sb] = await working();
  const drawn = () => bed.log.split("card drawn").length - 1;
  const before = drawn();
  for (const [v, sc] of [[a, sa], [b, sb]]) scene(v, block(sc, { message: "Bitte nach vorn schauen 👀 看黑板" }));
  for (const v of [a, b]) await v.sees("the card", is.card);
  // A frame comes in pieces.
  await b.sees("the same card", (v) => v.pixels.every((p, i) => p === a.pixels[i]));
  assert.equal(drawn() - before, 1);
  const first = a.pixels.slice();
  scene(a, block(sa, { message: "Fertig?" }));
  await a.sees("other words", (v) => is.card(v) && !v.pixels.every((p, i) => p === first[i]));
  scene(a, block(sa, { message: "Fertig?", until_ms: Date.now() + 3_600_000 }));
  const second = a.pixels.slice();
  await a.sees("the time", (v) => is.card(v) && !v.pixels.every((p, i) => p === second[i]));
  assert.equal(drawn() - before, 3);
});

test("a window that becomes another size while blocked gets the session in it", async () => {
  const resizable = await Display.start(`${bed.dir}/resizable.sock`, { w: W, h: H, resizable: true });
  const sc = { ...SESSION, session: `s${++number}` };
  const v = await station(sc);
  await connect(sc.session, resizable);
  await v.sees("the session", is.session);
  scene(v, block(sc));
  await v.sees("the card", is.card);
  v.ask(900, 700);
  await v.handled();
  assert.ok(!resizable.input.has((i) => i.size), "a blocked station changes the desktop");
  scene(v, sc);
  await resizable.input.take((i) => i.size?.[0] === 900 && i.size[1] === 700, "the new size");
  await resizable.stop();
});

test("block of a station at its greeter: nobody can log in", async () => {
  const v = await station(GREETER);
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [], default_desktop: "" });
  await v.sees("the greeter", is.greeter);
  await v.handled();
  const greeter = v.pixels.slice();
  scene(v, block(GREETER));
  await v.sees("the card", is.card);
  v.type("anna");
  v.key(ENTER);
  v.type("secret");
  v.key(ENTER);
  await v.handled();
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("Login.Start")));
  scene(v, GREETER);
  await v.sees("the greeter", (x) => x.pixels.every((p, i) => p === greeter[i]));
});

test("projection: letter-boxed, a card until it comes, no input, and back", async () => {
  const [v, sc] = await working();
  const p = projection(`s${++number}`);
  scene(v, project(sc, p));
  await v.sees("the card that waits", is.card);
  assert.ok(!shows(v, DESKTOP), "the last frame of the session stays");
  await nothingPasses(v);
  await connect(p.session, other);
  await v.sees("the projection", is.projection);
  assert.ok(!shows(v, DESKTOP));
  await nothingPasses(v);
  // Block goes above, and what is below comes back.
  scene(v, block({ ...sc, projection: p }));
  await v.sees("the card", is.card);
  assert.ok(!shows(v, OTHER));
  scene(v, project(sc, p));
  await v.sees("the projection", is.projection);
  scene(v, sc);
  await v.sees("the session", is.session);
  await keysPass(v);
});

test("projection in a window: the session goes on beside it", async () => {
  const [v, sc] = await working();
  const p = projection(`s${++number}`, true);
  scene(v, { ...sc, projection: p });
  await connect(p.session, other);
  await v.sees("the window", (x) => shows(x, OTHER) && x.at(W / 4, H / 4) === DESKTOP && x.w === W);
  await keysPass(v);
  assert.ok(!other.input.has(() => true));
  other.drop(); // its session ends: the window goes, the session stays
  await v.sees("the session alone", (x) => is.session(x) && !shows(x, OTHER));
  scene(v, sc);
  await keysPass(v);
});

test("lock: the password of whoever locked it, or somebody else", async () => {
  const [v, sc] = await working();
  const lock = { ...sc, kind: "lock", input: false };
  scene(v, lock);
  await v.sees("the lock", is.greeter);
  assert.deepEqual([v.w, v.h, shows(v, DESKTOP)], [W, H, false]);
  await nothingPasses(v);
  v.type("wrong");
  v.key(ENTER);
  const prompt = { conversation: "c", prompts: [{ text: "Password: ", echo: false }], messages: [], done: false };
  let start = await bed.stationd.take("Login.Start");
  assert.deepEqual([start.parameters.purpose, start.parameters.user, start.parameters.station], ["unlock", "anna", v.id]);
  bed.stationd.reply(start, prompt);
  let answer = await bed.stationd.take("Login.Answer");
  // The key before belongs to it, too: the card takes input.
  assert.deepEqual(answer.parameters.answers, ["zwrong"]);
  bed.stationd.error(answer, "Login.Denied", { reason: "The password is not right.", messages: [] });
  await v.sees("why not", (x) => shows(x, 0xfbe9e7));
  v.type("right");
  v.key(ENTER);
  start = await bed.stationd.take("Login.Start");
  assert.equal(start.parameters.purpose, "unlock");
  bed.stationd.reply(start, prompt);
  answer = await bed.stationd.take("Login.Answer");
  assert.deepEqual(answer.parameters.answers, ["right"]);
  scene(v, sc);
  bed.stationd.reply(answer, { conversation: "c", prompts: [], messages: [], done: true, user: "anna" });
  await v.sees("the session", is.session);
  await keysPass(v);
  scene(v, lock);
  await v.sees("the lock", is.greeter);
  v.key(TAB);
  v.key(TAB);
  v.key(ENTER);
  assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: v.id, act: "suspend" });
});

test("sign and notice together; more time by the button", async () => {
  const [v, sc] = await working();
  scene(v, { ...sc, sign: { kind: "viewed", by: "Karin Kaya", exclusive: false } });
  await v.sees("the sign", (x) => x.at(W / 2, 4) !== DESKTOP && x.at(100, 4) === DESKTOP);
  assert.ok(!shows(v, NOTICE));
  const tab = v.at(W / 2, 2);
  scene(v, { ...sc, sign: { kind: "viewed", by: "Karin Kaya", exclusive: false }, notice: notice() });
  let below;
  await v.sees("both", (x) => {
    if (x.at(W / 2, 6) !== NOTICE) return false;
    for (below = 8; below < H / 2 && x.at(W / 2 - 60, below) !== tab; below++);
    return below < H / 2;
  });
  assert.ok(below > 40, "the sign is below the notice");
  // The button: the darkest brown of the notice.
  const i = v.pixels.findLastIndex((p) => p === 0x6d4600);
  const [x, y] = [i % W, Math.floor(i / W)];
  v.pointer(x, y, 1);
  v.pointer(x, y, 0);
  assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: v.id, act: "more_time" });
  scene(v, { ...sc, notice: notice({ more_time: true }) });
  await v.sees("that it was asked for", (s) => s.at(W / 2, 6) === NOTICE && s.at(x, y) !== 0x6d4600 && s.at(W / 2 - 60, below + 4) === DESKTOP);
  assert.ok(!desk.input.has((e) => e.buttons === 1), "the press reached the session");
  // What is not on the button is the session's.
  v.pointer(300, 500, 1);
  await desk.input.take((e) => e.buttons === 1 && e.x === 300, "the press");
  scene(v, sc);
  await v.sees("the session alone", is.session);
  await v.handled();
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationAct")));
});

test("panel by keys: the session gets none of them and lets go what was held", async () => {
  const [v] = await working();
  v.press(CTRL, 1);
  v.press(ALT, 1);
  v.press(HOME, 1);
  await v.sees("the panel", is.panel);
  for (const k of [HOME, ALT, CTRL]) v.press(k, 0);
  assert.equal((await desk.input.take((i) => i.key === CTRL && !i.down, "Ctrl let go")).down, false);
  assert.equal((await desk.input.take((i) => i.key === ALT && !i.down, "Alt let go")).down, false);
  assert.ok(!desk.input.has((i) => i.key === HOME));
  v.key(ESC);
  await v.sees("the session", is.session);
  const openPanel = async () => {
    for (const [k, down] of [[CTRL, 1], [ALT, 1], [HOME, 1], [HOME, 0], [ALT, 0], [CTRL, 0]]) v.press(k, down);
    await v.sees("the panel", is.panel);
  };
  for (const [steps, act] of [[0, "suspend"], [1, "lock"]]) {
    await openPanel();
    for (let i = 0; i < steps; i++) v.key(DOWN);
    v.key(ENTER);
    assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: v.id, act });
    await v.sees("the session", is.session);
  }
  // Log off asks.
  await openPanel();
  v.key(DOWN);
  v.key(DOWN);
  v.key(ENTER);
  v.key(ENTER); // "cancel" is in focus
  await v.handled();
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationAct")));
  v.key(DOWN);
  v.key(DOWN);
  v.key(ENTER);
  v.key(0xff52);
  v.key(ENTER);
  assert.equal((await bed.stationd.answer("Relay.StationAct", {})).parameters.act, "logoff");
  await v.sees("the session", is.session);
  assert.ok(!desk.input.has((i) => [HOME, ESC, DOWN, ENTER].includes(i.key)), "keys of the panel reached the session");
  await keysPass(v);
});

test("panel by pointer: rest in the corner; a press there is the session's", async () => {
  const [v] = await working();
  v.pointer(W - 1, 0, 1);
  v.pointer(W - 1, 0, 0);
  await desk.input.take((i) => i.buttons === 1 && i.x === W - 1, "the press in the corner");
  await desk.input.take((i) => i.buttons === 0 && i.x === W - 1, "its release");
  // That corner is spent until the pointer was elsewhere; a second station tells when a rest would have opened it.
  const [w] = await working();
  w.pointer(W - 1, 0);
  await w.sees("the panel of the other", is.panel);
  assert.ok(is.session(v));
  v.pointer(W - 9, 30);
  v.pointer(W - 1, 0);
  await v.sees("the panel", is.panel);
  // The second row from below, without a notice, is to log off; the first is to suspend.
  desk.input.clear();
  v.pointer(W - 150, 70);
  v.pointer(W - 150, 70, 1);
  v.pointer(W - 150, 70, 0);
  assert.equal((await bed.stationd.answer("Relay.StationAct", {})).parameters.act, "suspend");
  await v.sees("the session", is.session);
  // A press beside it closes it and is nobody's.
  w.pointer(100, 500, 1);
  w.pointer(100, 500, 0);
  await w.sees("the session", is.session);
  await w.handled();
  assert.ok(!desk.input.has((i) => i.buttons === 1));
  v.pointer(200, 300, 1);
  await desk.input.take((i) => i.x === 200 && i.buttons === 1, "the next press");
});

test("exclusive control: the station's input is cut, but one can leave", async () => {
  const [v, sc] = await working();
  scene(v, { ...sc, input: false, sign: { kind: "controlled", by: "Karin Kaya", exclusive: true } });
  await v.sees("the sign", (x) => x.at(W / 2, 4) !== DESKTOP);
  await nothingPasses(v);
  for (const k of [CTRL, ALT, HOME]) v.press(k, 1);
  await v.sees("the panel", is.panel);
  v.key(ENTER);
  assert.equal((await bed.stationd.answer("Relay.StationAct", {})).parameters.act, "suspend");
  for (const k of [HOME, ALT, CTRL]) v.press(k, 0);
  scene(v, sc);
  await v.sees("the session", is.session);
  await keysPass(v);
});

test("blocked with a notice: more time can be asked for, nothing else", async () => {
  const [v, sc] = await working();
  scene(v, block({ ...sc, notice: notice() }));
  await v.sees("card and notice", (x) => x.at(W / 2, 6) === NOTICE && is.card(x));
  for (const k of [CTRL, ALT, HOME]) v.press(k, 1);
  for (const k of [HOME, ALT, CTRL]) v.press(k, 0);
  v.key(ENTER);
  assert.equal((await bed.stationd.answer("Relay.StationAct", {})).parameters.act, "more_time");
  const button = v.pixels.findLastIndex((p) => p === 0x6d4600);
  scene(v, block({ ...sc, notice: notice({ more_time: true }) }));
  await v.sees("that it was asked for", (x) => x.pixels[button] !== 0x6d4600);
  for (const k of [CTRL, ALT, HOME]) v.press(k, 1);
  for (const k of [HOME, ALT, CTRL]) v.press(k, 0);
  v.key(ENTER);
  await nothingPasses(v);
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationAct")));
});

test("what is no scene shows nothing", async () => {
  const [v, sc] = await working();
  scene(v, { ...sc, kind: "dance" });
  await v.sees("the card that waits", is.greeter);
  assert.ok(!shows(v, DESKTOP));
  await nothingPasses(v);
  scene(v, sc);
  await v.sees("the session", is.session);
});

test("stationd is away: a block stays, a lock stays, whoever comes new gets nothing", async () => {
  const [a, sa] = await working();
  const [b, sb] = await working();
  scene(a, block(sa));
  scene(b, { ...sb, kind: "lock", input: false });
  await a.sees("the card", is.card);
  await b.sees("the lock", is.greeter);
  bed.stationd.order({ drop: true });
  await nothingPasses(a);
  await nothingPasses(b);
  assert.ok(is.card(a) && is.greeter(b) && !shows(a, DESKTOP) && !shows(b, DESKTOP));
  const c = await Viewer.connect(bed);
  await c.secure(X509NONE);
  await c.result();
  c.follow(await c.init());
  await c.sees("the card that waits", is.greeter);
  c.end();
  await c.closed;
  await bed.alive(); // the relay has seen it leave, and does not tell of it again
  await bed.stationd.serve();
  for (let i = 0; i < 2; i++) {
    const call = await bed.stationd.take("Relay.StationOpen");
    bed.stationd.reply(call, i === 0 ? { station: a.id, name: "x", scene: block(sa) } : { station: b.id, name: "x", scene: sb });
  }
  await b.sees("the session", is.session);
  assert.ok(is.card(a));
});

for (const [policy, comes, goes] of [["both", true, true], ["in", true, false], ["out", false, true], ["none", false, false]])
  test(`clipboard = ${policy}`, async () => {
    const own = await Bed.start({ clipboard: policy });
    try {
      const sc = { ...SESSION, session: "s1" };
      const v = await station(sc, own);
      open.splice(open.indexOf(v), 1);
      await connect("s1", desk, own);
      await v.sees("the session", is.session);
      v.cutText("from the station");
      v.key(0x62); // in order
      await desk.input.take((i) => i.key === 0x62, "the key");
      assert.equal(desk.input.has((i) => i.text === "from the station"), comes);
      desk.say("from the session");
      desk.paint(0x010203);
      await v.sees("the next frame", (x) => x.at(5, 5) === 0x010203);
      assert.equal(v.cuts.has((t) => t === "from the session"), goes);
      desk.color = DESKTOP;
      v.end();
      await own.stationd.answer("Relay.StationClose", {});
    } finally {
      await own.stop();
    }
  });

test("a hundred stations are blocked with one card", async () => {
  const all = [];
  const b = { by: "Karin Kaya", message: "Please look at the board.", until_ms: 0 };
  for (let i = 0; i < 100; i++) {
    const v = await Viewer.connect(bed, open);
    await v.secure(X509NONE);
    await v.result();
    await v.init();
    const call = await bed.stationd.take("Relay.StationOpen");
    v.id = `vnc-${++number}`;
    v.sc = { ...SESSION, session: `s${number}` };
    bed.stationd.reply(call, { station: v.id, name: v.id, scene: v.sc });
    await connect(v.sc.session);
    v.write(2, 0, 0, 2, v.u32(16), v.u32(0xffffff21)); // ZRLE
    let size = 0;
    v.shown = async () => {
      // Frames until as many pixels have come as a screen of the session's size has.
      for (let area = 0; size !== W * H || area < size; ) {
        v.request(true);
        const head = await v.read(4);
        assert.equal(head[0], 0);
        for (let k = head.readUInt16BE(2); k > 0; k--) {
          const r = await v.read(12);
          if (r.readInt32BE(8) === -223) [size, area] = [r.readUInt16BE(4) * r.readUInt16BE(6), 0];
          else {
            area += r.readUInt16BE(4) * r.readUInt16BE(6);
            await v.read((await v.read(4)).readUInt32BE());
          }
        }
      }
    };
    v.request();
    await v.shown();
    all.push(v);
  }
  const drawn = bed.log.split("card drawn").length;
  const began = performance.now();
  const times = all.map(async (v) => {
    const at = performance.now();
    scene(v, block(v.sc, b));
    await v.shown();
    return performance.now() - at;
  });
  const ms = (await within(Promise.all(times), "all cards")).sort((x, y) => x - y);
  assert.equal(bed.log.split("card drawn").length - drawn, 1, "drawings");
  console.log(`# 100 blocked: all after ${(performance.now() - began).toFixed(0)} ms, p50 ${ms[49].toFixed(0)} ms, p99 ${ms[98].toFixed(0)} ms`);
});
