// SPDX-License-Identifier: GPL-3.0-or-later
// Two people at two screens of one computer, without any: the seat is played by the test (harness/local.ts), all the
// rest is the product. test/seats does it with real screens and keyboards, in a virtual machine.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { check, useDemo } from "../harness/demo.js";
import { LocalSeats, output, type Hub } from "../harness/local.js";
import { block, fillRoom, keys, killBoth, password, ready, restarted, unblock, type Person } from "../harness/room.js";
import { NotYet, until } from "../harness/wait.js";

describe("local stations", () => {
  const demo = useDemo("local");
  let anna: Person, ben: Person;
  let seats: LocalSeats;
  before(async () => {
    [anna, ben] = (await fillRoom(demo, 2)) as [Person, Person];
    seats = await LocalSeats.open(demo);
  }, { timeout: 60_000 });

  const sees = (station: string, person: Person) => until(`${station} shows the desktop of ${person.name}`, async () => {
    const screen = seats.screen(station);
    if (!(await screen.shows(person.colour))) throw new NotYet((await screen.look()).map((c) => c.toString(16)));
    return true;
  }, 20_000);
  const local = async () => (await demo.stations()).filter((s) => s.kind === "local");
  const scenes = (wanted: Record<string, string>) => until(`scenes are ${JSON.stringify(wanted)}`, async () => {
    const now = Object.fromEntries((await local()).map((s) => [s.id, s.scene]));
    if (JSON.stringify(now) !== JSON.stringify(wanted)) throw new NotYet(now);
    return true;
  });

  async function logIn(hub: Hub, station: string, person: Person): Promise<void> {
    await seats.screen(station).rests();
    await seats.type(hub, `${person.name}\n`);
    await seats.type(hub, `${password}\n`);
    await ready(demo, person);
    await sees(station, person);
  }

  /** What is typed comes to this person and to nobody else. */
  async function typesFor(hub: Hub, person: Person | undefined): Promise<void> {
    const people = [anna, ben];
    const before = await Promise.all(people.map((p) => keys(demo, p)));
    await seats.type(hub, "qwertz");
    if (person) await until(`the keys have come to ${person.name}`, async () => (await keys(demo, person)) === before[people.indexOf(person)]! + 6);
    for (const [i, p] of people.entries()) if (p !== person) assert.equal(await keys(demo, p), before[i], `${p.name} has got keys of hub ${hub}`);
  }

  check(demo, "each screen asks for the keyboard in front of it", async () => {
    await seats.plug([output(1), output(2)], ["1", "2"]);
    await scenes({ "local-1": "mapping", "local-2": "mapping" });
    await seats.screen("local-1").rests();
    await seats.type("2", "x");
    await scenes({ "local-1": "greeter", "local-2": "mapping" });
    await seats.type("1", "x");
    await scenes({ "local-1": "greeter", "local-2": "greeter" });
  });

  check(demo, "two people log in at the relay's greeter, each at the own screen", async () => {
    await logIn("2", "local-1", anna);
    await logIn("1", "local-2", ben);
    await sees("local-1", anna);
    await typesFor("2", anna);
    await typesFor("1", ben);
  }, 120_000);

  check(demo, "a block is at one screen only, and takes its keys", async () => {
    await block(demo, "root", { stations: ["local-1"] }, "Look here");
    await until("the desktop is covered", async () => !(await seats.screen("local-1").shows(anna.colour)));
    await typesFor("2", undefined);
    await typesFor("1", ben);
    await sees("local-2", ben);
    await unblock(demo, "root", { stations: ["local-1"] });
    await sees("local-1", anna);
    await typesFor("2", anna);
  });

  check(demo, "identify draws over the desktop, and is taken back", async () => {
    const before = await seats.screen("local-1").rests();
    const identify = (show: boolean) => demo.call("Stations.Identify", { stations: ["local-1"], show });
    await identify(true);
    await until("something is drawn", async () => (await seats.screen("local-1").hash()) !== before);
    await identify(false);
    await until("it is as before", async () => (await seats.screen("local-1").hash()) === before);
  });

  check(demo, "split: the session goes on in one half, the other one is a station of its own; join", async () => {
    await seats.plug([output(1), output(2)], ["1", "2", "3"]);
    await demo.ctlJson(["station", "split", "local-1"]);
    await until("the half is another station", () => seats.places.some((p) => p.station === "local-3"));
    await seats.screen("local-3").rests();
    await seats.type("3", "x");
    await scenes({ "local-1": "session", "local-2": "session", "local-3": "greeter" });
    assert.deepEqual([seats.screen("local-1").size, seats.screen("local-3").size], ["640x800", "640x800"]);
    await sees("local-1", anna);
    await typesFor("2", anna);
    await typesFor("3", undefined);
    await demo.ctlJson(["station", "join", "local-3"]);
    await until("the half has gone", () => !seats.screens.has("local-3"));
    assert.equal(seats.screen("local-1").size, "1280x800");
    await sees("local-1", anna);
    await typesFor("2", anna);
  });

  check(demo, "kill -9 of both daemons: the same sessions at the same screens", async () => {
    const before = (await local()).map((s) => [s.id, s.session]);
    await restarted(demo, killBoth);
    await until("the sessions are shown again", async () => {
      const now = (await local()).map((s) => [s.id, s.session]);
      if (JSON.stringify(now) !== JSON.stringify(before)) throw new NotYet(now);
      return true;
    });
    await sees("local-1", anna);
    await sees("local-2", ben);
    await typesFor("2", anna);
    await typesFor("1", ben);
  });

  check(demo, "keys of every kind come to the session, whatever its layout", async () => {
    // As xkb names them on a German, a Japanese and a Brazilian keyboard, and a media key.
    const kinds: [name: string, code: number, keysym: number, arrives?: number][] = [
      ["adiaeresis", 40, 0xe4], ["ssharp", 12, 0xdf], ["at", 16, 0x40], ["EuroSign", 18, 0x20ac], ["dead_acute", 13, 0xfe51],
      ["Henkan_Mode", 92, 0xff23], ["yen", 124, 0xa5], ["KP_Separator", 121, 0xffac, 0x2c], // Xvnc takes the nearest key it has
      ["XF86AudioMute", 113, 0x1008ff12], ["XF86AudioPlay", 164, 0x1008ff14], ["XF86Calculator", 140, 0x1008ff1d],
    ];
    await demo.inSession(anna.name, `bash -c 'stdbuf -oL xev -event keyboard >~/xev 2>&1'`);
    await until("xev has its window", () => demo.test(`pgrep -u ${anna.name} -x xev`));
    for (const [name, code, symbol, arrives = symbol] of kinds) {
      await until(`${name} comes to the session`, async () => {
        seats.screen("local-1").pointer(60, 60, 0);
        await seats.key("2", code, symbol);
        const text = await demo.sh(`grep -o 'keysym 0x[0-9a-f]*, [^)]*' /home/${anna.name}/xev | tail -n 3 || true`);
        if (!text.includes(` 0x${arrives.toString(16)}, `)) throw new NotYet(text);
        return true;
      });
    }
  });
});
