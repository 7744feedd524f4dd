// SPDX-License-Identifier: GPL-3.0-or-later
// Messages both ways and raised hands: who gets them, what stations show, limits, and what is kept.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay, operator;

beforeEach(async () => {
  d = await Daemon.start("[session]\nper-user-max = 2\n");
  await connect();
});
afterEach(async () => {
  disconnect();
  await d.stop();
});
async function connect() {
  root = await d.root();
  relay = await openRelay(d);
  operator = d.caller("operator", 5004);
  await operator.call("System.WhoAmI");
}
function disconnect() {
  operator.close();
  relay.close();
  root.close();
}
async function seat(n, user) {
  const { station } = await relay.station(n);
  await relay.logIn(station, user);
  return station;
}
/** What the panel of the station was told last. An answered call comes after all orders before it. */
async function panel(station) {
  await relay.call("Login.Info");
  return relay.orders.filter((o) => o.order === "chat" && o.station === station).at(-1)?.chat;
}
const texts = (chat) => chat.messages.map((m) => m.text);
const history = async (caller = root, parameters = {}) => (await caller.call("Chat.History", parameters)).messages.map((m) => `${m.from}>${m.supervisor ? m.user : "*"}: ${m.text}`);
const write = (station, text) => relay.call("Relay.StationChat", { station, text });
const act = (station, name) => relay.call("Relay.StationAct", { station, act: name });
const hands = async () => (await root.call("Chat.Hands")).hands.map((h) => h.user);

test("both ways: at once at the station, with whoever watches, and in the history", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  assert.deepEqual(await panel(a), { enabled: true, hand: false, messages: [] }, "told when she sat down");
  const watching = d.caller("operator", 5104), anna = d.caller("standard", 5001), ben = d.caller("standard", 5002);
  for (const caller of [watching, anna, ben]) await caller.watch();

  const { targets } = await operator.call("Chat.Send", { users: ["anna", "nemo"], text: "  Komm <b>bitte</b> – 本 " });
  assert.deepEqual(targets.map((t) => [t.user, t.full_name, t.state]), [["anna", "Anna Abel", "done"], ["nemo", "", "failed"]]);
  await write(a, "Gleich!");
  const [first, second] = (await panel(a)).messages;
  assert.deepEqual([first.text, first.supervisor, second.text, second.supervisor, second.from_name], ["  Komm <b>bitte</b> – 本 ", true, "Gleich!", false, "Anna Abel"]);
  assert.deepEqual(Object.keys(first).sort(), ["at_ms", "from_name", "number", "supervisor", "text"], "no account names");
  assert.ok(second.number > first.number && Math.abs(second.at_ms - Date.now()) < 60_000);
  assert.deepEqual((await panel(b)).messages, []);

  const told = (caller) => caller.events.filter((e) => e.kind === "chat").map((e) => e.message.text);
  for (const caller of [watching, anna]) await until("both messages", () => told(caller).length === 2);
  await ben.call("System.WhoAmI");
  assert.deepEqual(told(ben), []);
  assert.deepEqual(await history(), ["otto>anna:   Komm <b>bitte</b> – 本 ", "anna>*: Gleich!"]);
  const { messages } = await root.call("Chat.History", { user: "anna" });
  assert.deepEqual([messages[1].user, messages[1].user_name, messages[1].from_name], ["anna", "Anna Abel", "Anna Abel"]);
});

test("to all: every standard user once, also with two sessions, and no supervisor", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "anna"), c = await seat(3, "ben");
  await root.call("Sessions.Start", { user: "otto" });
  const { targets } = await root.call("Chat.Send", { all: true, text: "Hello" });
  assert.deepEqual(targets.map((t) => [t.user, t.state]), [["anna", "done"], ["anna", "done"], ["ben", "done"]]);
  assert.deepEqual(await history(), ["root>anna: Hello", "root>ben: Hello"]);
  for (const station of [a, b, c]) assert.deepEqual(texts(await panel(station)), ["Hello"]);
  // What is written in one session is seen in the other.
  await write(b, "Here");
  assert.deepEqual(texts(await panel(a)), ["Hello", "Here"]);
});

test("who may read: a standard user the own conversation", async () => {
  await seat(1, "nobody");
  await seat(2, "ben");
  await root.call("Chat.Send", { all: true, text: "Hello" });
  // The name of this caller is known by its uid; that of the other one is not, and it has no conversation.
  const own = d.caller("standard", 65534), other = d.caller("standard", 5100);
  assert.deepEqual(await history(own), ["root>nobody: Hello"]);
  assert.deepEqual(await history(own, { user: "nobody" }), ["root>nobody: Hello"]);
  for (const user of ["ben", ""]) assert.equal((await own.fails("Chat.History", { user })).error, "Chat.Refused");
  assert.deepEqual(await history(other), []);
  assert.deepEqual(await history(operator), ["root>nobody: Hello", "root>ben: Hello"]);
  for (const [method, parameters] of [["Send", { users: ["ben"], text: "x" }], ["Clear", {}], ["Hands", {}], ["Answer", { all: true }], ["Set", { enabled: false }]]) {
    assert.equal((await own.fails(`Chat.${method}`, parameters)).error, "Chat.Refused", method);
  }
  await root.call("Sessions.Start", { user: "ada" });
  const refused = await operator.call("Chat.Send", { users: ["ada"], text: "x" });
  assert.deepEqual(refused.targets.map((t) => t.state), ["refused"]);
});

test("conversations of privileged people: not for operators, with or without a session; nor for other administrators", async () => {
  const a = await seat(1, "ada"), o = await seat(2, "otto");
  await seat(3, "ben");
  const other = d.caller("operator", 5104), watching = d.caller("operator", 5105);
  await watching.watch();
  await write(a, "the key is under the mat");
  await write(o, "so it is");
  await operator.call("Chat.Send", { users: ["ben"], text: "Hello" });
  const seen = async (caller, p = {}) => (await caller.call("Chat.History", p)).messages.map((m) => m.text);
  const check = async () => {
    assert.deepEqual(await seen(other), ["Hello"]);
    for (const user of ["ada", "otto"]) assert.deepEqual(await seen(other, { user }), [], user);
    assert.deepEqual(await seen(root), ["Hello"], "administrators only log such sessions off");
  };
  await check();
  await until("the event", () => watching.events.some((e) => e.kind === "chat" && e.message.text === "Hello"));
  assert.deepEqual(watching.events.filter((e) => e.kind === "chat").map((e) => e.message.text), ["Hello"]);
  assert.deepEqual(texts(await panel(a)), ["the key is under the mat"], "who wrote it reads it");
  // They log off: it is remembered whose it is. A restart changes nothing.
  for (const user of ["ada", "otto", "ben"]) {
    const { job } = await root.call("Sessions.LogOff", { users: [user] });
    await root.call("Jobs.Wait", { job });
  }
  await check();
  disconnect();
  await d.restart();
  await connect();
  assert.deepEqual(await seen(root), ["Hello"]);
  // Nor do they clear what they cannot read, by name or with the rest.
  assert.equal((await operator.fails("Chat.Clear", { user: "ada" })).error, "Chat.Refused");
  await operator.call("Chat.Clear");
  assert.deepEqual(await seen(operator), []);
  const again = await seat(1, "ada");
  assert.deepEqual(texts(await panel(again)), ["the key is under the mat"]);
  // The setting that opens their sessions to administrators opens this, too.
  disconnect();
  await d.kill();
  writeFileSync("/run/stationd.conf", "[roles]\nadmin-group = staff\noperator-group = users\norchestrate-privileged = yes\n");
  await d.spawn();
  await connect();
  assert.deepEqual(await seen(root), ["the key is under the mat"], "Otto has cleared his own");
  assert.deepEqual(await seen(d.caller("operator", 5106)), []);
});

test("switched off: told to stations and watchers, kept over a restart; supervisors still write", async () => {
  const a = await seat(1, "anna");
  await act(a, "hand_up");
  const events = d.caller("operator", 5104);
  assert.equal((await events.watch()).enabled, true);
  await operator.call("Chat.Set", { enabled: false });
  assert.deepEqual(await panel(a), { enabled: false, hand: false, messages: [] });
  await until("the event", () => events.events.some((e) => e.kind === "chat_enabled" && e.enabled === false));
  assert.match((await relay.fails("Relay.StationChat", { station: a, text: "x" })).reason, /switched off/);
  assert.equal((await relay.fails("Relay.StationAct", { station: a, act: "hand_up" })).error, "Relay.Refused");
  assert.deepEqual(await hands(), []);
  await operator.call("Chat.Send", { all: true, text: "Quiet, please" });
  assert.deepEqual(texts(await panel(a)), ["Quiet, please"]);
  disconnect();
  await d.restart();
  await connect();
  assert.deepEqual(await root.call("Chat.Get"), { enabled: false });
  const again = await relay.station(1);
  assert.deepEqual([again.chat.enabled, texts(again.chat)], [false, ["Quiet, please"]], "a station that comes back is told in the answer");
  await root.call("Chat.Set", { enabled: true });
  await write(a, "At last");
  assert.deepEqual(await history(), ["otto>anna: Quiet, please", "anna>*: At last"]);
});

test("clear: one conversation, then all; stations and watchers too; numbers are not used again", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  const events = d.caller("operator", 5104);
  await events.watch();
  await root.call("Chat.Send", { all: true, text: "Hello" });
  await operator.call("Chat.Clear", { user: "anna" });
  assert.deepEqual([texts(await panel(a)), texts(await panel(b)), await history()], [[], ["Hello"], ["root>ben: Hello"]]);
  await operator.call("Chat.Clear");
  assert.deepEqual([texts(await panel(b)), await history()], [[], []]);
  await until("both events", () => events.events.filter((e) => e.kind === "chat_cleared").length === 2);
  assert.deepEqual(events.events.filter((e) => e.kind === "chat_cleared").map((e) => e.id), ["anna", ""]);
  await write(a, "New");
  assert.ok((await root.call("Chat.History")).messages[0].number > 2);
});

test("texts: at most 1000 characters, shown as text, never empty", async () => {
  const a = await seat(1, "anna");
  const long = "ä".repeat(1000);
  await root.call("Chat.Send", { users: ["anna"], text: long });
  assert.equal(texts(await panel(a))[0], long);
  for (const text of ["", "\u0007", `${long}x`]) assert.match((await root.fails("Chat.Send", { users: ["anna"], text })).error, /InvalidParameter/, text.slice(0, 5));
  await write(a, "a\u001b[31mb\u202ec\nd");
  assert.equal(texts(await panel(a)).at(-1), "a[31mbcd");
  assert.match((await relay.fails("Relay.StationChat", { station: a, text: "\u0007" })).error, /InvalidParameter/);
  for (const text of [`${long}x`, "ä".repeat(9000)]) {
    const refused = await relay.fails("Relay.StationChat", { station: a, text });
    assert.equal(refused.error, "Relay.Refused");
    assert.match(refused.reason, /at most 1000 characters/);
  }
  assert.equal(texts(await panel(a)).length, 2, "nothing was cut and sent");
  const quote = `'); DROP TABLE chat; -- "<script>alert(1)</script>`;
  await write(a, quote);
  assert.equal(texts(await panel(a)).at(-1), quote);
});

test("limits: a thousand messages, of which a station shows fifty", async () => {
  const a = await seat(1, "anna");
  for (let i = 0; i < 1003; i++) await root.call("Chat.Send", { users: ["anna"], text: `m${i}` });
  const all = await history();
  assert.deepEqual([all.length, all[0], all.at(-1)], [1000, "root>anna: m3", "root>anna: m1002"]);
  const shown = texts(await panel(a));
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [50, "m953", "m1002"]);
});

test("a pupil who writes without end is stopped, alone", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  let refused = null;
  for (let i = 0; i < 100 && !refused; i++) refused = await write(a, `spam ${i}`).then(() => null, (e) => e);
  assert.match(refused.parameters.reason, /Too many messages/);
  await write(b, "I am not");
  await operator.call("Chat.Send", { users: ["anna"], text: "Stop it" });
  assert.equal(texts(await panel(a)).at(-1), "Stop it");
});

test("a hand that goes up and down without end is stopped, alone, and its owner is told", async () => {
  const a = await seat(1, "anna"), b = await seat(2, "ben");
  let refused = null;
  for (let i = 0; i < 100 && !refused; i++) refused = await act(a, i % 2 ? "hand_down" : "hand_up").then(() => null, (e) => e);
  assert.match(refused.parameters.reason, /Too often/);
  await act(b, "hand_up");
  assert.ok((await hands()).includes("ben"));
  await act(a, "lock"); // what else a person does at the station is not held up
});

test("only who sits there writes: not from a greeter, not from below a block", async () => {
  const empty = (await relay.station(9)).station, a = await seat(1, "anna");
  for (const what of ["hand_up", "hand_down"]) assert.equal((await relay.fails("Relay.StationAct", { station: empty, act: what })).error, "Relay.Refused");
  assert.equal((await relay.fails("Relay.StationChat", { station: empty, text: "x" })).error, "Relay.Refused");
  await root.call("Blocks.Block", { users: ["anna"] });
  assert.equal((await relay.fails("Relay.StationChat", { station: a, text: "x" })).error, "Relay.Refused");
  await root.call("Blocks.Unblock", { users: ["anna"] });
  await write(a, "Back again");
  assert.deepEqual(await history(), ["anna>*: Back again"]);
});

test("hands: in the order in which they went up; answered ones are told; gone with the session", async () => {
  const stations = {};
  for (const [i, user] of ["anna", "ben", "cem"].entries()) stations[user] = await seat(i + 1, user);
  const hand = async (user) => (await root.call("Sessions.List")).sessions.find((s) => s.user === user).hand_ms;
  for (const user of ["cem", "anna", "ben"]) {
    await act(stations[user], "hand_up");
    const since = await hand(user);
    await until("time goes on", () => Date.now() > since);
  }
  await act(stations.cem, "hand_up");
  assert.deepEqual(await hands(), ["cem", "anna", "ben"], "raising it again does not lose the place");
  assert.equal((await panel(stations.anna)).hand, true);
  await act(stations.anna, "hand_down");
  assert.deepEqual([await hands(), (await panel(stations.anna)).hand, await hand("anna")], [["cem", "ben"], false, 0]);

  assert.deepEqual(await operator.call("Chat.Answer", { users: ["cem", "anna", "nemo"] }), { users: ["cem"] });
  assert.deepEqual([await hands(), (await panel(stations.cem)).hand], [["ben"], false]);
  for (const wrong of [{}, { users: [] }, { users: ["ben"], all: true }]) assert.match((await operator.fails("Chat.Answer", wrong)).error, /InvalidParameter/);

  // A hand belongs to the session, wherever it is shown.
  await act(stations.ben, "suspend");
  assert.deepEqual(await hands(), ["ben"]);
  await relay.logIn((await relay.station(7)).station, "ben");
  await act(stations.anna, "hand_up");
  const session = (await root.call("Sessions.List")).sessions.find((s) => s.user === "ben").id;
  await root.call("Sessions.LogOff", { sessions: [session] });
  await until("Ben's session has ended", async () => (await hands()).join() === "anna");
  assert.deepEqual(await operator.call("Chat.Answer", { all: true }), { users: ["anna"] });
  assert.deepEqual(await operator.call("Chat.Answer", { all: true }), { users: [] });
});

test("hands stay up over kill -9, also that of a session whose station has gone; a log-off takes them along", async () => {
  const a = await seat(1, "anna");
  await seat(2, "ben");
  const c = await seat(3, "cem");
  await act(c, "hand_up");
  const since = (await root.call("Chat.Hands")).hands[0].at_ms;
  await until("time goes on", () => Date.now() > since);
  await act(a, "hand_up");
  await act(a, "suspend");
  const before = (await root.call("Chat.Hands")).hands;
  disconnect();
  await d.restart();
  await connect();
  await until("both are found again", async () => (await hands()).length === 2);
  assert.deepEqual((await root.call("Chat.Hands")).hands, before, "in their old order, since the same time");
  assert.equal((await relay.station(3)).chat.hand, true);
  await operator.call("Chat.Answer", { users: ["cem"] });
  await root.call("Sessions.LogOff", { users: ["anna"] });
  await until("her session has ended", async () => (await root.call("Sessions.List")).sessions.every((s) => s.user !== "anna"));
  disconnect();
  await d.restart();
  await connect();
  await until("found again", async () => (await root.call("Sessions.List")).sessions.length === 2);
  assert.deepEqual(await hands(), [], "an answered hand does not go up again");
});

test("the conversation goes with the person: to another station, into the next session, over a restart", async () => {
  const a = await seat(1, "anna");
  await root.call("Chat.Send", { users: ["anna"], text: "One" });
  const b = await seat(2, "anna");
  assert.deepEqual(texts(await panel(b)), ["One"]);
  await seat(3, "ben");
  await root.call("Sessions.LogOff", { users: ["anna"] });
  await until("both have ended", async () => (await root.call("Sessions.List")).sessions.every((s) => s.user !== "anna"));
  await relay.logIn(a, "ben");
  assert.deepEqual(texts(await panel(a)), [], "who comes next reads nothing of it");
  await relay.logIn(b, "anna");
  assert.deepEqual(texts(await panel(b)), ["One"]);
  disconnect();
  await d.restart();
  await connect();
  assert.deepEqual(texts((await relay.station(2)).chat), ["One"]);
  assert.deepEqual(await history(), ["root>anna: One"]);
});
