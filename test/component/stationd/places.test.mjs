// SPDX-License-Identifier: GPL-3.0-or-later
// Names and rooms of stations, and the room of a session: who keeps what, over restarts and without a station.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay;

const again = async () => {
  root?.close();
  relay?.close();
  root = await d.root();
  relay = await openRelay(d);
};
before(async () => {
  d = await Daemon.start("[station]\nreturn-seconds = 0\n");
  await again();
});
after(async () => {
  root.close();
  relay.close();
  await d.stop();
});

const set = (station, name, room) => root.call("Stations.Set", { station, name, room });
const session = async (id) => (await root.call("Sessions.Get", { session: id })).session;

test("a browser keeps name and room with its secret; null leaves, empty clears", async () => {
  const { station } = await relay.station(1);
  const got = await set(station, "Window 3", "Room 12");
  assert.deepEqual([got.station.name, got.station.room], ["Window 3", "Room 12"]);
  assert.deepEqual((await root.call("Stations.Get", { station })).station, got.station);
  await relay.call("Relay.StationClose", { station, now: true });
  assert.deepEqual((await set(station, null, "Room 13")).station.connected, false);
  await d.restart();
  await again();
  const back = await relay.station(1);
  assert.deepEqual([back.station, back.name], [station, "Window 3"]);
  assert.deepEqual((await root.call("Stations.Get", { station })).station.room, "Room 13");
  assert.deepEqual((await root.call("Stations.Rooms")).rooms, ["Room 13"]);
  const cleared = await set(station, "", "");
  assert.deepEqual([cleared.station.name, cleared.station.room], [station, ""]);
  assert.deepEqual((await root.call("Stations.Rooms")).rooms, []);
});

test("a viewer's station gets its place back at its address, and nobody else gets it", async () => {
  const first = (await relay.station(21, "vnc", "192.0.2.21")).station;
  await set(first, "Door", "Room 5");
  await relay.call("Relay.StationClose", { station: first, now: true });
  const other = await relay.station(22, "vnc", "192.0.2.22");
  assert.notEqual(other.station, first);
  const same = await relay.station(23, "vnc", "192.0.2.21");
  assert.deepEqual([same.station, same.name], [first, "Door"]);
  const second = await relay.station(24, "vnc", "192.0.2.21");
  assert.notEqual(second.station, first, "a second viewer of the address is another station");
  for (const { station } of [same, second, other]) await relay.call("Relay.StationClose", { station, now: true });
  await d.restart();
  await again();
  assert.deepEqual((await root.call("Stations.List")).stations.filter((s) => s.kind === "vnc"), []);
  assert.equal((await relay.station(25, "vnc", "192.0.2.21")).name, "Door");
});

test("a session is in the room that shows it, or showed it last, also after a restart", async () => {
  await root.call("Sessions.Start", { user: "anna" });
  assert.equal((await session("s1")).room, "");
  const [a, b] = [(await relay.station(31)).station, (await relay.station(32)).station];
  await set(a, null, "A");
  await set(b, null, "B");
  await relay.logIn(a, "anna");
  assert.equal((await session("s1")).room, "A");
  await set(a, null, "A2");
  assert.equal((await session("s1")).room, "A2");
  await relay.logIn(b, "anna");
  assert.equal((await session("s1")).room, "B");
  await root.call("Sessions.Suspend", { sessions: ["s1"] });
  assert.equal((await session("s1")).room, "B");
  await d.restart();
  await again();
  await until("the session is found again", async () => (await root.call("Sessions.List")).sessions.length === 1);
  assert.equal((await session("s1")).room, "B");
});

test("an RDP client keeps its place by a name that anybody can say, so no session and no enrolment come with it", async () => {
  const open = (n, address = "192.0.2.51", stranger = true) =>
    relay.call("Relay.StationOpen", { kind: "rdp", secret: String(n).padStart(43, "r"), address, name: "lab-pc-7", stranger });
  const first = await open(1);
  assert.match(first.station, /^rdp-\d+$/);
  assert.equal(first.name, "lab-pc-7");
  await set(first.station, "Desk 7", "Lab");
  await relay.logIn(first.station, "ben");
  const shown = async () => (await root.call("Stations.Get", { station: first.station })).station.session;
  assert.notEqual(await shown(), "");
  // stationd is restarted under the connection, which is told again: nothing changes.
  await d.restart();
  await again();
  const told = await open(1, "192.0.2.51", false);
  assert.deepEqual([told.station, told.name], [first.station, "Desk 7"]);
  await until("its session is shown again", async () => (await shown()) !== "");
  // The relay is restarted: whoever comes with the name has the place, and the greeter.
  relay.close();
  relay = await openRelay(d);
  const other = await open(1, "192.0.2.99");
  assert.deepEqual([other.station, other.name, other.scene.kind], [first.station, "Desk 7", "greeter"]);
  assert.equal(await shown(), "");
  await assert.rejects(relay.call("Relay.StationEnrol", { station: other.station }), (e) => e.parameters.reason.includes("ticket"));
  // Blocked, then back with another name from the same address: it is the same station.
  await root.call("Blocks.Block", { stations: [other.station] });
  await relay.call("Relay.StationClose", { station: other.station, now: true });
  const renamed = await open(2, "192.0.2.99");
  assert.deepEqual([renamed.station, renamed.scene.kind], [other.station, "block"]);
});

test("hostile names and rooms are refused, what is fit is audited", async () => {
  const { station } = await relay.station(41);
  for (const bad of [" x", "x ", "a\nb", "a\u0000b", "a\u202eb", "x".repeat(61), "\u0007"]) {
    for (const key of ["name", "room"]) {
      const answer = await root.call("Stations.Set", { station, [key]: bad }).then(() => "ok", (e) => e.error ?? "closed");
      assert.equal(answer, "org.varlink.service.InvalidParameter", JSON.stringify(bad));
    }
  }
  const html = "<b onclick='x'>ä";
  assert.equal((await set((await relay.station(41)).station, html, null)).station.name, html);
  const { entries } = await root.call("Audit.List", { text: "Stations.Set", limit: 1 });
  assert.ok(entries[0].targets.includes(html));
});
