// SPDX-License-Identifier: GPL-3.0-or-later
// Chat and raised hands at browser stations: what pages are told, what they may send, and that nothing of one
// station gets to another.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, GREETER, SESSION, within } from "./bed.mjs";
import { Socket } from "./websocket.mjs";

const NONE = { enabled: false, hand: false, messages: [] };
const HOSTILE = [
  "<img src=x onerror=alert(1)>", "\u202etxt.exe\u2066", "\u001b[31m\u0007", "'; DROP TABLE chat;--",
  "👩‍👩‍👧‍👦".repeat(100), "a\u0300\u0301\u0302".repeat(250), "\ufffe\uffff", "السبورة", "\n\n\n", "%s%n%p",
];
let bed;
const open = [];

before(async () => {
  bed = await Bed.start();
});
after(() => bed.stop());
afterEach(async () => {
  for (const s of open.splice(0)) {
    s.close();
    await within(s.closed, "the socket to close");
    s.socket.destroy();
  }
});

let number = 0;
const fresh = () => ({ ...SESSION, session: `s${++number}` });
const line = (text, o = {}) => ({
  number: ++number, at_ms: 1_790_000_000_000, from_name: "Karin Kaya", supervisor: true, text, ...o,
});
const chat = (messages = [], o = {}) => ({ enabled: true, hand: false, messages, ...o });
const order = (o) => bed.stationd.more(bed.stationd.orders, o);
const tell = (s, c) => order({ order: "chat", station: s.id, chat: c });
const scene = (s, sc) => order({ order: "scene", station: s.id, scene: sc });

async function page(cookie) {
  const s = await Socket.open(bed, "/ws/station", "stationmaster.station.v1", { cookie });
  open.push(s);
  s.cookie = cookie;
  return s;
}

async function station(sc, c) {
  const s = await page((await bed.request("/station")).headers["set-cookie"][0].split(";")[0]);
  const call = await bed.stationd.take("Relay.StationOpen", (x) => x.parameters.secret === s.cookie.split("=")[1]);
  s.id = `browser-${++number}`;
  bed.stationd.reply(call, { station: s.id, name: "R12-03", scene: sc, ...(c === undefined ? {} : { chat: c }) });
  await s.next("station");
  return s;
}

test("a page is told the chat after the scene, and each change once", async () => {
  const first = chat([line("Look at the board.")]);
  const s = await station(fresh(), first);
  const got = [await s.next(), await s.next()];
  assert.deepEqual(got.map((m) => Object.keys(m)[0]), ["scene", "chat"]);
  assert.deepEqual(got[1].chat, first);
  const second = chat([...first.messages, line("Yes?", { supervisor: false, from_name: "Anna Berger" })], { hand: true });
  tell(s, second);
  tell(s, second);
  tell(s, chat([], { enabled: false }));
  assert.deepEqual(await s.next(), { chat: second });
  assert.deepEqual(await s.next(), { chat: chat([], { enabled: false }) });
  const other = await page(s.cookie); // a second page of the same browser
  assert.ok("station" in (await other.next()));
  assert.ok("scene" in (await other.next()));
  assert.deepEqual(await other.next(), { chat: chat([], { enabled: false }) });
});

test("nothing of a conversation stays when its session leaves, and none gets to another station", async () => {
  const a = await station(fresh(), chat([line("For A only.")], { hand: true }));
  const b = await station(fresh(), chat());
  assert.equal((await a.next("chat")).chat.messages.length, 1);
  assert.deepEqual((await b.next("chat")).chat, chat());
  tell(a, chat([line("Again for A.")]));
  assert.equal((await a.next("chat")).chat.messages[0].text, "Again for A.");
  scene(a, fresh()); // another person's
  await a.next("scene");
  assert.deepEqual((await a.next("chat")).chat, NONE);
  tell(a, chat([line("For the next one.")]));
  await a.next("chat");
  scene(a, GREETER);
  await a.next("scene");
  assert.deepEqual((await a.next("chat")).chat, NONE);
  tell(a, chat([line("To nobody.")])); // came too late
  scene(a, { ...GREETER, text: "Bye." });
  await a.next("scene");
  const third = await page(a.cookie);
  assert.deepEqual((await third.next("chat")).chat, NONE);
  await bed.alive();
  assert.ok(!b.text.has((m) => "chat" in m), "told the wrong station");
  assert.ok(!a.text.has((m) => "chat" in m), "told at a greeter");
});

test("a chat that is none is none, whatever was there", async () => {
  const s = await station(fresh(), chat([line("a")]));
  await s.next("chat");
  for (const bad of [
    chat(Array.from({ length: 51 }, () => line("a"))), chat([line("a".repeat(1001))]), chat([line(7)]), chat("a"),
    { enabled: true, hand: false }, { ...chat(), hand: "up" }, null, [], "chat",
  ]) {
    tell(s, bad);
    assert.deepEqual((await s.next("chat")).chat, NONE, JSON.stringify(bad).slice(0, 100));
    const good = chat([line("b")]);
    tell(s, good);
    assert.deepEqual((await s.next("chat")).chat, good);
  }
  const most = chat(Array.from({ length: 50 }, () => line("😀".repeat(1000))));
  tell(s, most);
  assert.deepEqual((await s.next("chat")).chat, most);
  assert.deepEqual((await (await station(fresh())).next("chat")).chat, NONE); // stationd told none
});

test("messages and hands go to stationd in the station's name, hostile or not", async () => {
  const s = await station(fresh(), chat());
  for (const act of ["hand_up", "hand_down"]) {
    s.send({ act });
    assert.deepEqual((await bed.stationd.answer("Relay.StationAct", {})).parameters, { station: s.id, act });
  }
  for (const text of ["I have finished.", ...HOSTILE, "😀".repeat(1000)]) {
    s.send({ chat: text });
    assert.deepEqual((await bed.stationd.answer("Relay.StationChat", {})).parameters, { station: s.id, text });
    tell(s, chat([line(text, { from_name: text.slice(0, 60) })]));
    await s.text.take((m) => m.chat?.messages[0]?.text === text, "what was written");
  }
  await bed.alive();
  assert.ok(!s.text.has((m) => "refused" in m));
  for (const text of ["😀".repeat(1001), "a".repeat(60_000)]) {
    s.send({ chat: text });
    assert.match((await s.next("refused")).refused, /at most 1000 characters/);
  }
  await bed.alive();
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationChat")), "stationd is not asked");
});

test("a refusal is told to the page that asked", async () => {
  const s = await station(fresh(), chat());
  const other = await page(s.cookie);
  for (const p of [s, other]) for (const key of ["scene", "chat"]) await p.next(key);
  const refuse = async (method, error, parameters) => bed.stationd.error(await bed.stationd.take(method), error, parameters);
  s.send({ chat: "a" });
  await refuse("Relay.StationChat", "Relay.Refused", { reason: "Too many messages." });
  assert.deepEqual(await s.next("refused"), { refused: "Too many messages." });
  s.send({ act: "hand_up" });
  await refuse("Relay.StationAct", "Relay.Refused", { reason: "Raising hands is switched off." });
  assert.deepEqual(await s.next("refused"), { refused: "Raising hands is switched off." });
  s.send({ chat: "" });
  await refuse("Relay.StationChat", "org.varlink.service.InvalidParameter", { parameter: "text" });
  assert.match((await s.next("refused")).refused, /did not work/);
  // More at once than is waited for: refused here, stationd is not asked.
  for (let i = 0; i < 12; i++) s.send({ chat: `${i}` });
  for (let i = 8; i < 12; i++) assert.match((await s.next("refused")).refused, /did not work/);
  for (let i = 0; i < 8; i++) assert.equal((await bed.stationd.answer("Relay.StationChat", {})).parameters.text, `${i}`);
  scene(s, fresh()); // comes after the answers
  await s.next("scene");
  s.send({ chat: "again" });
  assert.equal((await bed.stationd.answer("Relay.StationChat", {})).parameters.text, "again");
  await bed.alive();
  assert.ok(!other.text.has((m) => "refused" in m), "told a page that had not asked");
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationChat")));
});

test("stationd is away: the page is told so, and hears the chat again when it is back", async () => {
  const s = await station(fresh(), chat([line("a")]));
  await s.next("chat");
  s.send({ chat: "waits" });
  await bed.stationd.take("Relay.StationChat");
  bed.stationd.order({ drop: true }); // the answer never comes
  assert.match((await s.next("refused")).refused, /did not work/);
  await bed.stationd.serve();
  const call = await bed.stationd.take("Relay.StationOpen", (x) => x.parameters.secret === s.cookie.split("=")[1]);
  const now = chat([line("b")]);
  bed.stationd.reply(call, { station: s.id, name: "R12-03", scene: { ...SESSION, session: "s0" }, chat: now });
  assert.deepEqual((await s.next("chat")).chat, now);
});

test("a page that leaves does not wait for its answer", async () => {
  const s = await station(fresh(), chat());
  const leaving = await page(s.cookie);
  await leaving.next("chat");
  leaving.send({ chat: "bye" });
  const call = await bed.stationd.take("Relay.StationChat");
  leaving.close();
  await within(leaving.closed, "the socket to close");
  bed.stationd.error(call, "Relay.Refused", { reason: "Too late." });
  s.send({ chat: "still here" });
  assert.equal((await bed.stationd.answer("Relay.StationChat", {})).parameters.text, "still here");
});

test("what is no message closes the socket", async () => {
  for (const bad of [{ chat: 7 }, { chat: ["a"] }, { chat: null }, { chat: { text: "a" } }]) {
    const s = await station(fresh(), chat());
    s.send(bad);
    assert.equal(await within(s.closed, "the end"), 1003, JSON.stringify(bad).slice(0, 40));
    s.socket.destroy();
    await bed.stationd.answer("Relay.StationClose", {}, (c) => c.parameters.station === s.id);
  }
  await bed.alive();
  assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("StationChat")));
});
