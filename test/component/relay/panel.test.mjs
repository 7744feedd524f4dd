// SPDX-License-Identifier: GPL-3.0-or-later
// Chat and raised hands at VNC stations: the panel by keys and by pointer, messages that pop up, what stationd refuses,
// and that nothing of one session gets to another.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, GREETER, SESSION } from "./bed.mjs";
import { Display } from "./display.mjs";
import { Viewer, X509NONE } from "./vncviewer.mjs";

const W = 800, H = 600;
const DESKTOP = 0x204060, WHITE = 0xffffff, GROUND = 0x12403f, ACCENT = 0x0b6b66, DANGER = 0xa8231c;
const ESC = 0xff1b, TAB = 0xff09, ENTER = 0xff0d, HOME = 0xff50, DOWN = 0xff54, PAGE_UP = 0xff55, CTRL = 0xffe3, ALT = 0xffe9;
const BACKSPACE = 0xff08;
let bed, desk;
const open = [];

before(async () => {
  bed = await Bed.start();
  desk = await Display.start(`${bed.dir}/desk.sock`, { w: W, h: H });
  desk.color = DESKTOP;
});
after(async () => {
  await bed.stop();
  await desk.stop();
});
afterEach(async () => {
  for (const v of open.splice(0)) {
    v.end();
    await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === v.id);
  }
  desk.input.clear();
});

let number = 0;
const line = (text, o = {}) => ({
  number: ++number, at_ms: Date.now(), from_name: "Karin Kaya", supervisor: true, text, ...o,
});
const chat = (messages = [], o = {}) => ({ enabled: true, hand: false, messages, ...o });
const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const tell = (v, c) => order({ order: "chat", station: v.id, chat: c });
const scene = (v, sc) => order({ order: "scene", station: v.id, scene: sc });
const block = (sc) => ({ ...sc, kind: "block", input: false, block: { by: "Karin Kaya", message: "", until_ms: 0 } });

async function connect(session) {
  const call = await bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === session);
  bed.stationd.order({ reply: call.call, parameters: {}, connect: desk.path });
}

const is = {
  session: (v) => v.w === W && v.h === H && v.pixels.every((p) => p === DESKTOP),
  card: (v) => v.at(0, 0) === GROUND,
  // In the padding of the cards, where no word is.
  panel: (v) => v.at(W - 30, 20) === WHITE && v.at(100, H - 100) === DESKTOP,
  popup: (v) => v.at(W - 18, H - 48) === WHITE && v.at(W - 18, H - 10) !== WHITE && v.at(100, 100) === DESKTOP,
};
// Words in red, among the messages.
const isRefused = (v) => v.pixels.includes(DANGER);

/** A station with a session of its own. */
async function working(c = chat()) {
  const v = await Viewer.connect(bed, open);
  await v.secure(X509NONE);
  await v.result();
  const size = await v.init();
  const call = await bed.stationd.take("Relay.StationOpen");
  v.id = `vnc-${++number}`;
  v.sc = { ...SESSION, session: `s${++number}` };
  bed.stationd.reply(call, { station: v.id, name: "R12-03", scene: v.sc, chat: c });
  v.follow(size);
  await connect(v.sc.session);
  await v.sees("the session", is.session);
  return v;
}

async function openPanel(v) {
  for (const [k, down] of [[CTRL, 1], [ALT, 1], [HOME, 1], [HOME, 0], [ALT, 0], [CTRL, 0]]) v.press(k, down);
  await v.sees("the panel", is.panel);
}

async function openMessages(v) {
  await openPanel(v);
  v.key(DOWN); // from the hand
  v.key(ENTER);
}

const type = (v, text) => {
  for (const c of text) v.key(c.codePointAt(0) < 0x100 ? c.codePointAt(0) : 0x1000000 + c.codePointAt(0));
};
const asked = async (v, text) =>
  assert.deepEqual((await bed.stationd.answer("Relay.StationChat", {})).parameters, { station: v.id, text });
const refuse = async (method, reason) =>
  bed.stationd.error(await bed.stationd.take(method), "Relay.Refused", { reason });
const calls = (method) => bed.stationd.calls.has((c) => c.method.endsWith(method));

/** Presses the lowest pixel of this colour. */
function pressOn(v, color) {
  const i = v.pixels.lastIndexOf(color);
  assert.ok(i >= 0, `no ${color.toString(16)}`);
  for (const buttons of [0, 1, 0]) v.pointer(i % W, Math.floor(i / W), buttons);
}

/** What this changes can be seen. */
async function changes(v, what, change) {
  const old = v.pixels.slice();
  await change();
  await v.sees(what, (x) => x.pixels.some((p, i) => p !== old[i]));
}

test("by keys: raise the hand, see that it is up, lower it", async () => {
  const v = await working();
  await openPanel(v);
  const expect = async (act) => assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: v.id, act });
  v.key(ENTER);
  await expect("hand_up");
  await changes(v, "the hand", () => tell(v, chat([], { hand: true })));
  v.key(ENTER);
  await expect("hand_down");
  await changes(v, "no hand", () => tell(v, chat()));
  assert.ok(is.panel(v) && !calls("StationAct"));
  v.key(ENTER);
  await changes(v, "the refusal", () => refuse("Relay.StationAct", "Raising hands is switched off."));
  v.key(ESC);
  await v.sees("the session", is.session);
  await v.handled();
  assert.ok(!desk.input.has((i) => [ENTER, ESC].includes(i.key)), "keys of the panel reached the session");
});

test("by keys: write, in any script, and see what was written", async () => {
  const v = await working(chat([line("Who is ready?")]));
  await openMessages(v);
  type(v, "Ich bin fertix");
  v.key(BACKSPACE);
  type(v, "g 👍 看");
  v.press(CTRL, 1);
  v.key(0x63); // Ctrl + C types nothing
  v.press(CTRL, 0);
  await v.handled();
  v.key(ENTER);
  await asked(v, "Ich bin fertig 👍 看");
  await changes(v, "what was written", () =>
    tell(v, chat([line("Who is ready?"), line("Ich bin fertig 👍 看", { supervisor: false, from_name: "Anna Berger" })])));
  // The field is empty again, and nothing is sent of it.
  v.key(ENTER);
  type(v, "  ");
  v.key(ENTER);
  type(v, "Next");
  v.key(TAB);
  v.key(0x20); // the button
  await asked(v, "  Next");
  v.key(PAGE_UP);
  v.key(ESC); // back
  v.key(ESC);
  await v.sees("the session", is.session);
  await v.handled();
  assert.ok(!desk.input.has((i) => i.key && ![CTRL, ALT].includes(i.key)), "what was typed reached the session");
  assert.ok(!calls("StationChat"));
});

test("by pointer: the corner, the rows, the buttons", async () => {
  const v = await working();
  const press = (x, y) => [0, 1, 0].forEach((b) => v.pointer(x, y, b));
  v.pointer(W - 1, 0);
  await v.sees("the panel", is.panel);
  press(W - 150, 70);
  assert.equal((await bed.stationd.answer("Relay.StationAct", {})).parameters.act, "hand_up");
  await changes(v, "the messages", () => press(W - 150, 115));
  await changes(v, "what is typed", () => type(v, "Done."));
  await v.handled();
  pressOn(v, ACCENT); // what is lowest in it: the button to send
  await asked(v, "Done.");
  press(100, 500); // beside it
  await v.sees("the session", is.session);
  await v.handled();
  assert.ok(!desk.input.has((i) => i.buttons === 1), "a press reached the session");
});

test("refused: said, and what was typed is still there", async () => {
  const v = await working();
  await openMessages(v);
  type(v, "Again and again");
  v.key(ENTER);
  await v.sees("the messages", (x) => is.panel(x) && !isRefused(x)); // not the row to log off any more
  await refuse("Relay.StationChat", "Too many messages in a short time.");
  await v.sees("the refusal", isRefused);
  v.key(ENTER);
  await asked(v, "Again and again");
  await v.sees("no refusal", (x) => !isRefused(x));
  // stationd goes while it is asked.
  type(v, "Lost?");
  v.key(ENTER);
  await bed.stationd.take("Relay.StationChat");
  bed.stationd.order({ drop: true });
  await v.sees("the refusal", isRefused);
  v.key(ENTER);
  await v.handled(); // away: refused at once
  await bed.stationd.serve();
  const call = await bed.stationd.take("Relay.StationOpen");
  bed.stationd.reply(call, { station: v.id, name: "R12-03", scene: v.sc, chat: chat() });
  await bed.connected();
  v.key(ENTER);
  await asked(v, "Lost?");
});

test("what was typed outlives a block and the panel, not the session", async () => {
  const v = await working();
  await openMessages(v);
  type(v, "Half a sen");
  await v.handled();
  scene(v, block(v.sc));
  await v.sees("the card", is.card);
  type(v, "xx");
  scene(v, v.sc);
  await v.sees("the session", is.session);
  await openMessages(v);
  type(v, "tence");
  v.key(ESC);
  v.key(ESC);
  await v.sees("the session", is.session);
  await openMessages(v);
  v.key(ENTER);
  await asked(v, "Half a sentence");
  type(v, "secret");
  await v.handled();
  const next = { ...SESSION, session: `s${++number}`, user: "ben", full_name: "Ben Aydin" };
  scene(v, next);
  await connect(next.session);
  await v.sees("the session of somebody else", is.session);
  tell(v, chat([line("For Ben.")]));
  await bed.connected();
  await openMessages(v);
  type(v, "mine");
  v.key(ENTER);
  await asked(v, "mine");
});

test("switched off: neither hand nor words, but messages can be read", async () => {
  const v = await working(chat([line("Read this.")], { enabled: false }));
  await openPanel(v);
  for (const buttons of [0, 1, 0]) v.pointer(W - 150, 70, buttons); // the hand
  v.key(ENTER); // the focus is on the messages
  type(v, "words");
  v.key(ENTER); // back
  v.key(ESC);
  await v.sees("the session", is.session);
  await v.handled();
  assert.ok(!calls("StationChat") && !calls("StationAct"));
  // Switched on while somebody looks: one can write at once.
  await openPanel(v);
  v.key(ENTER);
  tell(v, chat([line("Read this.")]));
  await bed.connected();
  await changes(v, "the field", () => type(v, "now"));
  v.key(ENTER);
  await asked(v, "now");
});

test("a message pops up, once, for some seconds, and input goes on", async () => {
  const v = await working(chat([line("Said before.")]));
  const other = await working(chat([line("Said before.")]));
  await v.handled();
  assert.ok(is.session(v), "an old message popped up");
  const news = chat([line("Said before."), line("Look at the board.")]);
  tell(v, news);
  await v.sees("the message", is.popup);
  v.key(0x62);
  for (const down of [true, false]) assert.deepEqual(await desk.input.take((i) => i.key === 0x62, "the key"), { key: 0x62, down });
  v.pointer(W - 100, H - 60, 1); // on it
  await desk.input.take((i) => i.buttons === 1 && i.x === W - 100, "the press");
  v.pointer(W - 100, H - 60, 0);
  await v.sees("the session alone", is.session);
  tell(v, chat([...news.messages, line("Mine.", { supervisor: false })], { hand: true }));
  await bed.connected();
  await v.handled();
  assert.ok(is.session(v), "what the person wrote popped up");
  assert.ok(is.session(other), "another station showed it");
});

test("a message never stands over a block; it waits. The panel's key answers it", async () => {
  const v = await working();
  scene(v, block(v.sc));
  await v.sees("the card", is.card);
  await v.handled();
  const card = v.pixels.slice();
  tell(v, chat([line("Only for Anna.")]));
  await bed.connected();
  await v.handled();
  assert.deepEqual(v.pixels, card);
  scene(v, v.sc);
  await v.sees("the message", is.popup);
  // A block in the middle of it: away, and back.
  scene(v, block(v.sc));
  await v.sees("the card", (x) => x.pixels.every((p, i) => p === card[i]));
  scene(v, v.sc);
  await v.sees("the message", is.popup);
  await openPanel(v); // at the messages at once
  await v.sees("no popup", (x) => !is.popup(x));
  type(v, "Yes.");
  v.key(ENTER);
  await asked(v, "Yes.");
  v.key(ESC);
  v.key(ESC);
  await v.sees("the session", is.session); // it was read
});

test("a message goes with the session, as does the panel", async () => {
  const v = await working();
  tell(v, chat([line("For Anna.")]));
  await v.sees("the message", is.popup);
  await openPanel(v);
  scene(v, GREETER);
  await bed.stationd.answer("Login.Info", { system: "Test", desktops: [], default_desktop: "" });
  await v.sees("the greeter", is.card);
  tell(v, chat([line("Too late.")]));
  const next = { ...SESSION, session: `s${++number}`, user: "ben", full_name: "Ben Aydin" };
  scene(v, next);
  tell(v, chat([line("Long ago, for Ben.")]));
  await connect(next.session);
  await v.sees("the session of somebody else", is.session);
  await bed.connected();
  await v.handled();
  assert.ok(is.session(v), "what was for somebody else popped up");
  tell(v, chat([line("For Ben.")]));
  await v.sees("the message", is.popup);
});

test("hostile messages are only drawn", async () => {
  const v = await working();
  for (const text of [
    "\u202egpj.exe", "\u001b[2J\u0007", "%s%n%p", "<b>&amp;</b>", "👩‍👩‍👧‍👦".repeat(140), "a\u0300\u0301\u0302".repeat(250),
    "ﷺ".repeat(1000), "\ufffe\uffff\u2028", "W".repeat(1000), "\n".repeat(1000), "",
  ]) {
    tell(v, chat([line(text, { from_name: [...text].slice(0, 60).join("") })]));
    await v.sees(`the message ${JSON.stringify(text.slice(0, 20))}`, is.popup);
    await openPanel(v);
    tell(v, chat(Array.from({ length: 50 }, () => line(text, { supervisor: number % 2 === 0 }))));
    for (let i = 0; i < 3; i++) v.key(PAGE_UP);
    v.key(ESC);
    v.key(ESC);
    await v.sees("the session", is.session);
  }
  tell(v, { enabled: true, hand: false, messages: [line("a".repeat(1001))] });
  await bed.alive();
  await v.handled();
  assert.ok(is.session(v));
  assert.ok(!calls("StationChat") && !calls("StationAct"));
});

test("the lesson and the limit of the web stand in the panel; five minutes before its end the lesson is told, once", async () => {
  const v = await working();
  await openPanel(v);
  const plain = v.pixels.slice();
  const later = { name: "Maths", by: "Karin Kaya", ends_ms: Date.now() + 3_600_000 };
  scene(v, { ...v.sc, lesson: later });
  await v.sees("a line more", (x) => is.panel(x) && x.pixels.some((p, i) => p !== plain[i]));
  const lesson = v.pixels.slice();
  scene(v, { ...v.sc, lesson: later, web: { by: "Karin Kaya", mode: "allow", domains: ["contoso.com", "*.edu"], more: 2, until_ms: 0 } });
  await v.sees("why sites are closed", (x) => is.panel(x) && x.pixels.some((p, i) => p !== lesson[i]));
  scene(v, v.sc);
  await v.sees("neither", (x) => x.pixels.every((p, i) => p === plain[i]));
  v.key(ESC);
  await v.sees("the session", is.session);
  // Its time comes while the station looks on.
  const soon = { ...later, ends_ms: Date.now() + 5 * 60_000 + 700 };
  scene(v, { ...v.sc, lesson: soon });
  await v.sees("five minutes", is.popup);
  await v.sees("it goes by itself", (x) => !is.popup(x));
  scene(v, { ...v.sc, lesson: soon, web: null });
  order({ order: "chat", station: v.id, chat: chat([line("Well done")]) });
  await v.sees("a message", is.popup);
  // Were the lesson told once more, it would stand there for as long again.
  await v.sees("the message goes", (x) => !is.popup(x));
});
