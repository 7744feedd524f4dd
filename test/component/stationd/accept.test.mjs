// SPDX-License-Identifier: GPL-3.0-or-later
// The log-on notice: nothing starts or is shown before it was accepted, whatever the greeter does; who
// accepted which text is in the audit, and is remembered where once is enough.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, runToEnd, until } from "./daemon.mjs";

const folder = "/run/notice.d";
const ENGLISH = "Use of this computer\n\nBe kind.\nThis room is supervised.";
const GERMAN = "Benutzung dieses Rechners\n\nSeien Sie freundlich. Größe: 5 €.";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

let d, root, relay;

function texts(all) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of Object.entries(all)) writeFileSync(`${folder}/${name}`, text);
}

async function begin(conf = "", all = { "en.txt": `\n${ENGLISH}\n\n`, "de.txt": `\ufeff${GERMAN.replaceAll("\n", "\r\n")}` }) {
  texts(all);
  d = await Daemon.start(conf);
  await connect();
}
async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
beforeEach(() => texts({}));
afterEach(async () => {
  relay.close();
  root.close();
  await d.stop();
});

const logIn = (station, user, language = null) => relay.logIn(station, user, "secret", { language });
const scene = async (station) => {
  await relay.call("Login.Info");
  return relay.scene(station);
};
const sessions = async () => (await root.call("Sessions.List")).sessions.map((s) => s.id);
const noticed = async () => (await root.call("Audit.List", {})).entries.filter((e) => e.method === "Login.notice").map((e) => [e.user, e.role, e.address, e.targets, e.result]);

test("nothing starts before it was accepted; the audit says who accepted which text", async () => {
  await begin();
  const { station } = await relay.station(1);
  const asks = await logIn(station, "anna", "en-GB");
  assert.deepEqual([asks.done, asks.prompts, asks.notice], [false, [], { language: "en", text: ENGLISH }]);
  assert.deepEqual(await sessions(), []);
  assert.equal(await scene(station), undefined, "no order for the station");
  // Neither an answer nor another conversation's name goes around it.
  assert.equal((await relay.fails("Login.Answer", { conversation: asks.conversation, answers: [] })).error, "Login.NoConversation");
  assert.equal((await relay.fails("Login.Accept", { conversation: "x".repeat(43) })).error, "Login.NoConversation");
  const other = await openRelay(d);
  assert.equal((await other.fails("Login.Accept", { conversation: asks.conversation })).error, "Login.NoConversation");
  other.close();
  assert.deepEqual(await sessions(), []);
  assert.deepEqual(await noticed(), []);
  const done = await relay.call("Login.Accept", { conversation: asks.conversation });
  assert.deepEqual([done.done, done.notice, done.user], [true, null, "anna"]);
  assert.equal((await scene(station)).kind, "session");
  assert.deepEqual(await noticed(), [["anna", "standard", "192.0.2.7", `anna at ${station}: notice en sha256 ${sha256(ENGLISH)}`, "ok"]]);
  assert.equal((await relay.fails("Login.Accept", { conversation: asks.conversation })).error, "Login.NoConversation");
});

test("before the password there is no notice to accept", async () => {
  await begin();
  const { station } = await relay.station(1);
  const start = await relay.call("Login.Start", { purpose: "station", station, user: "anna", desktop: null, width: null, height: null, language: null, address: "x" });
  assert.deepEqual([start.prompts.length, start.notice], [1, null]);
  assert.equal((await relay.fails("Login.Accept", { conversation: start.conversation })).error, "Login.NoConversation");
  const wrong = await relay.fails("Login.Answer", { conversation: start.conversation, answers: ["wrong"] });
  assert.equal(wrong.error, "Login.Denied");
  assert.ok(!JSON.stringify(wrong).includes("Use of this computer"));
});

test("refused: no log-on, and the audit says so; a station that goes answers nothing", async () => {
  await begin();
  const { station } = await relay.station(1);
  const asks = await logIn(station, "anna");
  await relay.call("Login.Cancel", { conversation: asks.conversation });
  assert.equal((await relay.fails("Login.Accept", { conversation: asks.conversation })).error, "Login.NoConversation");
  assert.equal((await noticed())[0][4], "refused");
  await logIn(station, "ben");
  relay.close();
  await until("the relay's end is seen", async () => (await noticed()).length === 2);
  assert.deepEqual((await noticed()).map((e) => [e[0], e[4]]).sort(), [["anna", "refused"], ["ben", "unanswered"]]);
  assert.deepEqual(await sessions(), []);
  await connect();
  const again = await relay.station(1);
  assert.ok((await logIn(again.station, "ben")).notice);
});

test("a block that arrives while somebody reads it is no refusal", async () => {
  await begin();
  const { station } = await relay.station(1);
  const asks = await logIn(station, "anna");
  await root.call("Blocks.Block", { stations: [station], message: "Look here" });
  assert.equal((await scene(station)).kind, "block");
  await relay.call("Login.Cancel", { conversation: asks.conversation });
  assert.deepEqual((await noticed()).map((e) => [e[0], e[4]]), [["anna", "unanswered"]]);
  await root.call("Blocks.Unblock", { all: true });
  const again = await logIn(station, "anna");
  await relay.call("Login.Cancel", { conversation: again.conversation });
  assert.deepEqual((await noticed()).map((e) => e[4]), ["refused", "unanswered"]);
});

test("always: also for whoever resumes a session; not to unlock, for the dashboard or a start by a supervisor", async () => {
  await begin();
  const a = (await relay.station(1)).station, b = (await relay.station(2)).station;
  const first = await logIn(a, "anna");
  await relay.call("Login.Accept", { conversation: first.conversation });
  const again = await logIn(b, "anna", "de");
  assert.deepEqual(again.notice, { language: "de", text: GERMAN });
  assert.equal((await scene(a)).kind, "session", "the session stays where it is until then");
  await relay.call("Login.Accept", { conversation: again.conversation });
  assert.deepEqual([(await scene(a)).kind, (await scene(b)).kind, await sessions()], ["greeter", "session", ["s1"]]);
  await relay.call("Relay.StationAct", { station: b, act: "lock" });
  const lock = await relay.call("Login.Start", { purpose: "unlock", station: b, user: "anna", desktop: null, width: null, height: null, language: "de", address: "x" });
  assert.deepEqual([(await relay.call("Login.Answer", { conversation: lock.conversation, answers: ["secret"] })).done, (await scene(b)).kind], [true, "session"]);
  assert.equal((await relay.signIn("otto")).done, true);
  await root.call("Sessions.Start", { user: "ben" });
  assert.deepEqual(await sessions(), ["s1", "s2"]);
  // Whoever then takes over the session that was started accepts first.
  const ben = await logIn(a, "ben");
  assert.ok(ben.notice);
  assert.equal((await scene(a)).kind, "greeter");
});

test("once: each person and text, also after a restart; another word is another text", async () => {
  await begin("[login]\nnotice-again = once\n");
  const { station } = await relay.station(1);
  const accept = async (user, language) => {
    const r = await logIn(station, user, language);
    const text = r.notice?.text ?? null;
    if (text) await relay.call("Login.Accept", { conversation: r.conversation });
    await relay.call("Relay.StationAct", { station, act: "suspend" });
    return text;
  };
  assert.equal(await accept("anna", "en"), ENGLISH);
  assert.equal(await accept("anna", "en"), null);
  assert.equal(await accept("ben", "en"), ENGLISH, "another person");
  assert.equal(await accept("anna", "de"), GERMAN, "another text");
  // Refused is not accepted.
  const cem = await logIn(station, "cem");
  await relay.call("Login.Cancel", { conversation: cem.conversation });
  assert.equal(await accept("cem"), ENGLISH);
  await d.restart();
  await connect();
  await relay.station(1);
  assert.equal(await accept("anna", "en"), null);
  texts({ "en.txt": `${ENGLISH} And quiet.`, "de.txt": GERMAN });
  await d.restart();
  await connect();
  await relay.station(1);
  assert.equal(await accept("anna", "de"), null);
  assert.equal(await accept("anna", "en"), `${ENGLISH} And quiet.`);
  assert.equal((await noticed()).filter((e) => e[4] === "ok").length, 5);
});

test("the language: with its country, without, English, any", async () => {
  await begin("", { "de-AT.txt": "Servus", "de.txt": "Hallo", "en.txt": "Hello", "fr.txt": "Bonjour", "readme": "no text" });
  const { station } = await relay.station(1);
  const seen = async (language) => {
    const r = await logIn(station, "anna", language);
    await relay.call("Login.Cancel", { conversation: r.conversation });
    return r.notice.text;
  };
  for (const [language, text] of [["de-AT", "Servus"], ["de_AT.UTF-8", "Servus"], ["DE-at", "Servus"], ["de-CH", "Hallo"], ["fr", "Bonjour"], ["nl", "Hello"], ["../../etc/passwd", "Hello"], ["", "Hello"], [null, "Hello"]]) assert.equal(await seen(language), text, language);
  texts({ "fr.txt": "Bonjour" });
  await d.restart();
  await connect();
  await relay.station(1);
  assert.equal(await seen("de"), "Bonjour");
  // A long one comes whole: 20,000 characters of four bytes would not fit, of two bytes they do.
  const long = "ä ".repeat(10_000).trim();
  texts({ "en.txt": long });
  await d.restart();
  await connect();
  await relay.station(1);
  assert.equal(await seen("en"), long);
});

test("no text is no notice; a text that cannot be shown keeps stationd from starting, by name", async () => {
  await begin("", { "en.txt": " \n\n" });
  const { station } = await relay.station(1);
  assert.equal((await logIn(station, "anna")).done, true);
  for (const [name, text, reason] of [
    ["en.txt", Buffer.from([0x41, 0xff]), /no UTF-8 text/],
    ["en.txt", "a\0b", /no UTF-8 text/],
    ["en.txt", "a\u001bb", /control character/],
    ["en.txt", "x".repeat(20_001), /at most 20000 characters/],
    ["en.txt", "x".repeat(70_000), /more than 65536 bytes/],
    ["english.txt", "x", /must be a language/],
    [".txt", "x", null],
  ]) {
    texts({ [name]: text });
    if (!reason) continue;
    const r = runToEnd(["--config", "/run/stationd.conf"]);
    assert.equal(r.status, 2, `${name}: ${r.stderr}`);
    assert.match(r.stderr, reason);
    assert.ok(r.stderr.includes(`${folder}/${name}`));
  }
});
