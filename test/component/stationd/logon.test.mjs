// SPDX-License-Identifier: GPL-3.0-or-later
// Enrolment, auto log-on, and people logged on by a supervisor: what each gets, who is refused, what is kept.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { Daemon, openRelay, secret, until } from "./daemon.mjs";

let d, root, relay, operator;

const again = async () => {
  root?.close();
  relay?.close();
  root = await d.root();
  relay = await openRelay(d);
  operator = d.caller("operator", 5004);
};
before(async () => {
  d = await Daemon.start("[login]\nauto-seconds = 0\nauto-again-seconds = 1\n[session]\nper-user-max = 2\n[station]\nreturn-seconds = 1\n");
  await again();
});
after(async () => {
  root.close();
  relay.close();
  await d.stop();
});

const get = async (station) => (await root.call("Stations.Get", { station })).station;
const shown = (station) => until(`${station} shows a session`, async () => (await get(station)).session);
const pinOf = (station) => until("the PIN", () => relay.scene(station)?.pin);
const leave = async (station, now = true) => {
  await relay.call("Relay.StationClose", { station, now });
};
async function enrolled(n) {
  const { station } = await relay.station(n);
  await relay.call("Relay.StationEnrol", { station });
  await root.call("Stations.Enrol", { station, pin: await pinOf(station) });
  return station;
}
const end = async (session) => {
  await root.call("Sessions.LogOff", { sessions: [session] });
  await until("it is gone", async () => !(await root.call("Sessions.List")).sessions.some((s) => s.id === session));
};
const auto = (station, user, more = {}) => root.call("Stations.SetAutoLogOn", { stations: [station], user, ...more });
const audit = async () => (await root.call("Audit.List", { limit: 500 })).entries;

test("a station asks for enrolment with a PIN that nobody is told but its screen", async () => {
  const { station, scene } = await relay.station(1);
  assert.deepEqual([scene.pin, scene.enrolled, (await get(station)).enrolment], ["", false, "none"]);
  assert.match((await root.fails("Stations.Enrol", { station, pin: "000000" })).reason, /does not ask/);
  await relay.call("Relay.StationEnrol", { station });
  const pin = await pinOf(station);
  assert.match(pin, /^\d{6}$/);
  assert.equal((await get(station)).enrolment, "asked");
  assert.ok(!JSON.stringify(await root.call("Stations.List")).includes(pin));
  const wrong = pin === "111111" ? "222222" : "111111";
  assert.deepEqual(await root.fails("Stations.Enrol", { station, pin: wrong }).then((e) => [e.error, e.left]), ["Stations.WrongPin", 4]);
  const got = await operator.call("Stations.Enrol", { station, pin, name: "Window 3", room: "Room 12" });
  assert.deepEqual([got.station.name, got.station.room, got.station.enrolment], ["Window 3", "Room 12", "enrolled"]);
  await until("the page is told", () => relay.scene(station).enrolled && relay.scene(station).pin === "");
  await d.restart();
  await again();
  const back = await relay.station(1);
  assert.deepEqual([back.station, back.name, back.scene.enrolled], [station, "Window 3", true]);
  assert.ok(!d.output.includes(pin) && !JSON.stringify(await audit()).includes(pin));
});

test("PINs cannot be guessed: five wrong ones, and the station has to ask again", async () => {
  const { station } = await relay.station(2);
  await relay.call("Relay.StationEnrol", { station });
  const pin = await pinOf(station);
  const guesses = ["000001", "000002", "000003", "000004", "000005", "000006"].filter((g) => g !== pin).slice(0, 5);
  for (const [i, guess] of guesses.entries()) assert.equal((await root.fails("Stations.Enrol", { station, pin: guess })).left, 4 - i);
  assert.match((await root.fails("Stations.Enrol", { station, pin })).reason, /does not ask/, "the right one comes too late");
  assert.equal((await get(station)).enrolment, "none");
  await relay.call("Relay.StationEnrol", { station });
  await until("another PIN", () => relay.scene(station).pin);
  await relay.call("Relay.StationEnrol", { station, cancel: true });
  assert.equal((await get(station)).enrolment, "none");
  // One address cannot fill the list.
  const asking = [];
  for (let n = 300; n < 308; n++) {
    asking.push((await relay.station(n, "browser", "192.0.2.77")).station);
    await relay.call("Relay.StationEnrol", { station: asking.at(-1) });
  }
  const { station: ninth } = await relay.station(308, "browser", "192.0.2.77");
  assert.match((await relay.fails("Relay.StationEnrol", { station: ninth })).reason, /Too many/);
  for (const id of [...asking, ninth]) await leave(id);
});

test("a ticket enrols one station, once, of its kind, until it expires", async () => {
  const { ticket, expires_ms } = await root.call("Stations.Invite", { kind: "browser", name: "Door", room: "Room 5" });
  assert.match(ticket, /^[\w-]{43}$/);
  assert.ok(Math.abs(expires_ms - Date.now() - 24 * 3600 * 1000) < 60_000);
  const [a, b] = [(await relay.station(11)).station, (await relay.station(12)).station];
  await relay.call("Relay.StationEnrol", { station: a, ticket });
  assert.deepEqual(await get(a).then((s) => [s.name, s.room, s.enrolment]), ["Door", "Room 5", "enrolled"]);
  assert.match((await relay.fails("Relay.StationEnrol", { station: b, ticket })).reason, /used already/);
  assert.equal((await get(b)).enrolment, "none");
  const viewer = await root.call("Stations.Invite", { kind: "vnc", name: "Thin client" });
  assert.match((await relay.fails("Relay.StationEnrol", { station: b, ticket: viewer.ticket })).reason, /never was one/, "of another kind");
  const open = (s, address = "192.0.2.50") => relay.call("Relay.StationOpen", { kind: "vnc", secret: s, address, name: null, enrolled: true });
  const first = await open(viewer.ticket);
  assert.deepEqual([first.name, first.scene.enrolled], ["Thin client", true]);
  await leave(first.station);
  const moved = await open(viewer.ticket, "192.0.2.51");
  assert.equal(moved.station, first.station, "from another address, after it was away");
  assert.equal((await relay.fails("Relay.StationOpen", { kind: "vnc", secret: secret(12), address: "192.0.2.52", name: null, enrolled: true })).error, "Relay.NotFound", "a browser's cookie is no ticket");
  assert.equal((await relay.fails("Relay.StationOpen", { kind: "vnc", secret: "g".repeat(43), address: "192.0.2.52", name: null, enrolled: true })).error, "Relay.NotFound");
  await leave(moved.station);
  const stranger = await relay.station(13, "vnc", "192.0.2.51");
  assert.notEqual(stranger.station, first.station, "who comes from its address is not it");
  await d.restart();
  await again();
  assert.equal((await open(viewer.ticket)).station, first.station);
  for (const bad of [{ kind: "local" }, { kind: "vnc", lasts_ms: 1 }, { kind: "vnc", name: " x" }]) await assert.rejects(root.call("Stations.Invite", bad));
  const files = readdirSync("/var/lib/stationmaster").map((f) => readFileSync(`/var/lib/stationmaster/${f}`, "latin1")).join("");
  assert.ok(!files.includes(viewer.ticket) && !files.includes(ticket) && !d.output.includes(ticket), "tickets are kept as hashes");
});

test("who is not enrolled any more is a stranger, wherever the cookie is", async () => {
  const station = await enrolled(21);
  await auto(station, "nobody");
  const session = await shown(station);
  await root.call("Stations.Unenrol", { station });
  assert.equal((await root.fails("Stations.Get", { station })).error, "Stations.NotFound");
  await until("the relay is told", () => relay.orders.some((o) => o.order === "station_gone" && o.station === station));
  const thief = await relay.station(21);
  assert.notEqual(thief.station, station);
  assert.deepEqual([thief.scene.kind, thief.scene.auto, thief.scene.enrolled], ["greeter", null, false]);
  assert.equal((await root.call("Sessions.Get", { session })).session.state, "suspended");
  await end(session);
});

test("auto log-on: after connecting, again after a log-off, not while somebody is at the greeter", async () => {
  const station = await enrolled(31);
  assert.equal((await auto(station, "nobody")).results[0].state, "done");
  assert.equal((await get(station)).auto_user, "nobody");
  const first = await shown(station);
  assert.equal((await root.call("Sessions.Get", { session: first })).session.user, "nobody");
  await end(first);
  const scene = await until("the countdown", () => relay.scene(station).kind === "greeter" && relay.scene(station).auto && relay.scene(station));
  assert.equal(scene.auto.user, "nobody");
  assert.ok(scene.auto.at_ms > Date.now() - 1000 && scene.auto.at_ms < Date.now() + 2000);
  const second = await shown(station);
  await end(second);
  await until("the countdown", () => relay.scene(station).auto);
  await relay.call("Relay.StationHold", { station });
  await until("it is put off", () => relay.scene(station).auto === null);
  await relay.logIn(station, "anna");
  assert.equal((await root.call("Sessions.Get", { session: (await get(station)).session })).session.user, "anna");
  await root.call("Stations.SetAutoLogOn", { stations: [station], user: null });
  assert.equal((await get(station)).auto_user, "");
  await end((await get(station)).session);
  await until("the greeter", () => relay.scene(station).kind === "greeter");
  assert.equal(relay.scene(station).auto, null);
  const mine = (await audit()).filter((e) => e.method === "Login.auto");
  assert.ok(mine.some((e) => e.targets === `nobody at ${station}` && e.result === "ok"));
});

test("auto log-on is kept, waits below a block, and never reaches a station that is not enrolled", async () => {
  const station = await enrolled(41);
  await root.call("Blocks.Block", { stations: [station] });
  await auto(station, "nobody");
  await d.restart();
  await again();
  const back = await relay.station(41);
  assert.deepEqual([back.station, back.scene.kind], [station, "block"]);
  await relay.call("Relay.StationHold", { station });
  assert.equal((await get(station)).session, "");
  await root.call("Blocks.Unblock", { stations: [station] });
  const session = await shown(station);
  await auto(station, null);
  await end(session);
  const { station: stranger } = await relay.station(42);
  const [refused] = (await auto(stranger, "nobody")).results;
  assert.deepEqual([refused.state, (await get(stranger)).auto_user], ["refused", ""]);
  assert.match(refused.reason, /enrol it first/);
  assert.equal((await auto("browser-999", "nobody")).results[0].state, "failed");
  const viewer = (await relay.station(43, "vnc", "192.0.2.43")).station;
  assert.equal((await auto(viewer, "nobody")).results[0].state, "refused");
});

test("auto log-on of privileged accounts is refused unless that is meant; operators set none", async () => {
  const station = await enrolled(51);
  for (const user of ["otto", "ada", "root"]) {
    assert.match((await root.fails("Stations.SetAutoLogOn", { stations: [station], user })).reason, /privileged/, user);
  }
  assert.equal((await operator.fails("Stations.SetAutoLogOn", { stations: [station], user: "nobody" })).error, "Stations.Refused");
  assert.equal((await root.fails("Stations.SetAutoLogOn", { stations: [station], user: "no-such" })).error, "Stations.NotFound");
  assert.equal((await auto(station, "ada", { privileged: true })).results[0].state, "done");
  const session = await shown(station);
  await auto(station, null);
  await end(session);
  const entries = (await audit()).filter((e) => e.method === "Stations.SetAutoLogOn");
  assert.ok(entries.some((e) => e.targets === "ada" && e.result === "refused"));
  assert.ok(entries.some((e) => /user=ada privileged/.test(e.targets) && e.result === "ok"));
});

test("no session is taken from another station: the greeter and the list say why", async () => {
  const stations = [await enrolled(61), await enrolled(62), await enrolled(63)];
  await root.call("Stations.SetAutoLogOn", { stations, user: "nobody" });
  await until("two are logged on", async () => (await Promise.all(stations.map(get))).filter((s) => s.session).length === 2);
  const third = await until("the third says why not", async () => (await Promise.all(stations.map(get))).find((s) => s.auto_failure));
  assert.match(third.auto_failure, /Nobody|nobody/);
  assert.match(third.auto_failure, /at most 2 sessions/);
  assert.match(relay.scene(third.id).text, /^Auto log-on of nobody did not work\.\n/);
  await root.call("Stations.SetAutoLogOn", { stations, user: null });
  for (const id of stations) {
    const { session } = await get(id);
    if (session) await end(session);
  }
});

test("people are logged on at stations, with their passwords, a result for each", async () => {
  const [a, b, c] = [(await relay.station(71)).station, (await relay.station(72)).station, (await relay.station(73)).station];
  const { results } = await operator.call("Stations.LogOn", {
    people: [
      { station: a, user: "anna", password: "secret" },
      { station: b, user: "ben", password: "Not-Right-9" },
      { station: c, user: "expired", password: "secret" },
      { station: "browser-999", user: "cem", password: "secret" },
    ],
  });
  assert.deepEqual(results.map((r) => r.state), ["done", "failed", "failed", "failed"]);
  assert.equal((await get(a)).session, results[0].session);
  assert.match(results[1].reason, /password is not right/);
  assert.match(results[2].reason, /asks for more than the password/);
  assert.match(results[3].reason, /no such station/);
  const taken = await operator.call("Stations.LogOn", { people: [{ station: a, user: "ben", password: "secret" }] });
  assert.deepEqual([taken.results[0].state, taken.results[0].reason], ["refused", "Anna Abel is logged on there."]);
  const moved = await operator.call("Stations.LogOn", { people: [{ station: a, user: "ben", password: "secret" }], switch: true });
  assert.equal(moved.results[0].state, "done");
  assert.equal((await root.call("Sessions.Get", { session: results[0].session })).session.state, "suspended");
  const text = JSON.stringify(await audit()) + d.output;
  assert.ok(!text.includes("Not-Right-9"), "no password in log or audit");
  assert.ok((await audit()).some((e) => e.method === "Stations.LogOn" && e.targets === `anna at ${a}` && e.user !== "anna" && e.result === "ok"));
  for (const bad of [[], [{ station: a }], [{ station: a, user: "x", password: 3 }], [{ station: a, user: "x", more: 1 }], [{ station: a, user: "x" }, { station: a, user: "y" }], "x"])
    assert.match(JSON.stringify(await operator.send("Stations.LogOn", { people: bad }, false)), /InvalidParameter/);
  for (const s of (await root.call("Sessions.List")).sessions) await end(s.id);
});

test("without a password only administrators log somebody on, and a lock stays", async () => {
  const { station } = await relay.station(81);
  const one = [{ station, user: "cem", password: null }];
  assert.deepEqual((await operator.call("Stations.LogOn", { people: one })).results.map((r) => r.state), ["refused"]);
  const [done] = (await root.call("Stations.LogOn", { people: one })).results;
  assert.equal(done.state, "done");
  await relay.call("Relay.StationAct", { station, act: "lock" });
  await relay.call("Relay.StationAct", { station, act: "suspend" });
  assert.equal((await root.call("Stations.LogOn", { people: one })).results[0].session, done.session);
  assert.equal((await get(station)).scene, "lock", "nobody has proved to be that person");
  assert.ok((await audit()).some((e) => e.method === "Stations.LogOn" && e.targets === `cem at ${station} without password` && e.result === "refused"));
  await end(done.session);
  const ada = [{ station, user: "ada", password: "secret" }];
  assert.match((await operator.call("Stations.LogOn", { people: ada })).results[0].reason, /administrator/);
  const unknown = (await root.call("Stations.LogOn", { people: [{ station, user: "no-such", password: null }] })).results[0];
  assert.deepEqual([unknown.state, /no account/.test(unknown.reason)], ["failed", true]);
});

test("many at once: desktops come up a few at a time, and each is answered", async () => {
  const people = [];
  for (let n = 0; n < 14; n++) people.push({ station: (await relay.station(400 + n)).station, user: ["anna", "slow"][n % 2], password: "secret" });
  const { results } = await root.call("Stations.LogOn", { people });
  assert.equal(results.length, 14);
  assert.equal(results.filter((r) => r.state === "done").length, 4, "two sessions of each account");
  for (const r of results.filter((x) => x.state !== "done")) assert.match(r.reason, /at most 2 sessions/);
  for (const s of (await root.call("Sessions.List")).sessions) await end(s.id);
});

test("who is bound to rooms enrols none, and logs on in these only", async () => {
  await root.call("Rights.Set", { user: "otto", rooms: ["Room 12"] });
  const { station } = await relay.station(91);
  await relay.call("Relay.StationEnrol", { station });
  const pin = await pinOf(station);
  assert.match((await operator.fails("Stations.Enrol", { station, pin })).reason, /bound to rooms/);
  assert.match((await operator.fails("Stations.Invite", { kind: "browser" })).reason, /bound to rooms/);
  assert.match((await operator.fails("Stations.Unenrol", { station })).reason, /bound to rooms/);
  const order = { people: [{ station, user: "anna", password: "secret" }] };
  assert.match((await operator.call("Stations.LogOn", order)).results[0].reason, /no such station/);
  await root.call("Stations.Set", { station, room: "Room 12" });
  assert.equal((await operator.call("Stations.LogOn", order)).results[0].state, "done");
  await root.call("Rights.Set", { user: "otto", acts: ["view"] });
  assert.match((await operator.fails("Stations.LogOn", order)).reason, /do not name this act \(logon\)/);
  await root.call("Rights.Clear", { user: "otto" });
});
