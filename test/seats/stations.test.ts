// SPDX-License-Identifier: GPL-3.0-or-later
// Two people at one graphics card: their screens, keyboards and tablets are two stations, whatever happens to the
// programs, plugs and monitors. The tests build on each other, as a day at school does.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { anna, ben, check, Machine, monitors, outputId, people, type Head, type Hub, type Person } from "../harness/machine.js";
import { artefact } from "../harness/paths.js";
import { interval, limit, NotYet, until } from "../harness/wait.js";

const seat = "station-seat@seat0.service";
/** Who sits where. */
const places: { person: Person; head: Head; at: Hub; station: string }[] = [
  { person: anna, head: 0, at: "A", station: "local-1" },
  { person: ben, head: 1, at: "B", station: "local-2" },
];

describe("stations of one graphics card", () => {
  let machine: Machine;
  before(async () => { machine = await Machine.start("stations"); }, { timeout: limit(600_000) });
  after(() => machine?.stop());

  async function station(m: Machine, id: string) {
    const found = (await m.stations()).find((s) => s.id === id);
    if (!found) throw new NotYet(await m.stations());
    return found;
  }

  const stationIs = (m: Machine, id: string, wanted: object, timeout = limit(20_000)) =>
    until(`${id} is ${JSON.stringify(wanted)}`, async () => {
      const s = await station(m, id);
      for (const [key, value] of Object.entries(wanted)) {
        if (JSON.stringify(s[key as keyof typeof s]) !== JSON.stringify(value)) throw new NotYet(s);
      }
      return s;
    }, timeout);

  /** Everybody sees the own desktop, and nothing of the other's. */
  async function bothAtWork(m: Machine, timeout = limit(20_000)): Promise<void> {
    for (const { person, head } of places) {
      const picture = await m.see(`output ${head} shows the desktop of ${person.name}`, head, (p) => p.share(person.colour) > 0.9, timeout);
      for (const other of people) if (other !== person) assert.equal(picture.share(other.colour, picture.all, 1), 0, `output ${head} shows something of ${other.name}`);
    }
  }

  /** Key presses that have reached a person's session. */
  const keys = async (m: Machine, person: Person) => Number(await m.sh(`grep -cE '^EVENT type 13 ' /home/${person.name}/events || true`));

  /** What is typed at a keyboard comes to one session and to no other. */
  async function typesOnly(m: Machine, at: Hub, reached: Person | undefined, text = "qwertz"): Promise<void> {
    const before = new Map(await Promise.all(people.map(async (p) => [p, await keys(m, p)] as const)));
    await m.type(at, text);
    if (reached) await until(`${text} has come to ${reached.name}`, async () => (await keys(m, reached)) === before.get(reached)! + text.length, limit(10_000), () => keys(m, reached));
    else await interval(limit(500)); // what must not come is waited for as long as others need
    for (const p of people) if (p !== reached) assert.equal(await keys(m, p), before.get(p), `${p.name} has got keys of keyboard ${at}`);
  }

  /** The text of a virtual terminal. */
  const terminal = (m: Machine, number: number) => m.sh(`tr -d ' \\0' </dev/vcs${number}`);

  /** The output shows the same for a moment: what was asked for is there. */
  async function rests(m: Machine, head: Head): Promise<void> {
    await until(`output ${head} rests`, async () => {
      const before = await m.screen(head);
      await interval(limit(200));
      return before.equals(await m.screen(head));
    }, limit(10_000));
  }

  async function logIn(m: Machine, at: Hub, head: Head, person: Person): Promise<void> {
    await rests(m, head);
    await m.type(at, `${person.name}\n`);
    await rests(m, head);
    // An emulated keyboard that waits for its turn repeats keys: people would type the password again, too.
    await until(`${person.name} has a session`, async () => {
      await m.type(at, `${person.password}\n`);
      return until("a session", () => m.sessionOf(person.name), limit(3000)).catch(() => false);
    }, limit(30_000));
  }

  check(() => machine, "each screen asks for the keyboard in front of it, one after the other", async (m) => {
    await stationIs(m, "local-1", { kind: "local", output: outputId(0), mapping: "keyboard", scene: "mapping" }, limit(40_000));
    await stationIs(m, "local-2", { output: outputId(1), mapping: "waiting", scene: "mapping" });
    const asks = await m.see("the first screen asks", 0, (p) => p.colours() > 8);
    const waits = await m.see("the second screen says that it waits", 1, (p) => p.colours() > 8);
    assert.deepEqual([[asks.width, asks.height], [waits.width, waits.height]], monitors);
    asks.save(artefact("seats/asks.png"));
    waits.save(artefact("seats/waits.png"));
    await m.press("A", "spc");
    await stationIs(m, "local-1", { mapping: "done", missing: [], scene: "greeter" });
    await stationIs(m, "local-2", { mapping: "keyboard" });
    // The keyboard that is mapped already changes nothing at the second screen.
    await m.press("A", "shift");
    await m.press("B", "f5");
    await stationIs(m, "local-2", { mapping: "done", missing: [], scene: "greeter" });
    assert.equal((await m.stations()).length, 2);
  });

  check(() => machine, "two people log in at the greeters", async (m) => {
    for (const { person, head, at, station: id } of places) {
      const greeter = await m.see(`output ${head} shows the greeter`, head, (p) => p.share(0xffffff) > 0.05);
      greeter.save(artefact(`seats/greeter-${head}.png`));
      await logIn(m, at, head, person);
      const session = await until("the session is at the station", async () => {
        const s = await m.sessionOf(person.name);
        return s?.state === "active" && s.stations.join() === id && s;
      }, limit(20_000), () => m.sessionOf(person.name));
      assert.equal((await station(m, id)).session, session.id);
      await until("its events are written down", () => m.test(`pgrep -u ${person.name} -x xinput`), limit(30_000));
    }
    await bothAtWork(m);
    for (const { head } of places) (await m.screen(head)).save(artefact(`seats/session-${head}.png`));
    // Each session has the size of its screen.
    for (const [i, { person }] of places.entries()) {
      const display = (await m.sessionOf(person.name))!.display;
      await until("the session has the size of its screen", async () =>
        (await m.sh(`runuser -u ${person.name} -- env DISPLAY=${display} XAUTHORITY=$(echo /run/stationmaster/sessions/${(await m.sessionOf(person.name))!.id}/display/xauthority) xrandr | sed -nE 's/.*current ([0-9]+) x ([0-9]+),.*/\\1x\\2/p'`)) === monitors[i]!.join("x"), limit(10_000));
    }
  }, limit(180_000));

  check(() => machine, "keys and the pointer reach one session only, and no console", async (m) => {
    for (const { person, at } of places) await typesOnly(m, at, person, "leaktest");
    const moved = async (p: Person) => Number(await m.sh(`grep -cE '^EVENT type 17 ' /home/${p.name}/events || true`));
    for (const { person, at } of places) {
      const before = await Promise.all(people.map(moved));
      await m.point(at, 0.3, 0.4);
      await m.point(at, 0.6, 0.7);
      await until(`the pointer has come to ${person.name}`, async () => (await moved(person)) > before[people.indexOf(person)]!);
      for (const [i, p] of people.entries()) if (p !== person) assert.equal(await moved(p), before[i]);
    }
    for (const number of [1, 8]) assert.doesNotMatch(await terminal(m, number), /leak/, `what was typed is on tty${number}`);
    assert.match(await terminal(m, 1), /login:/, "there is no log-in prompt that could get the keys");
  });

  check(() => machine, "another VT and back", async (m) => {
    await m.sh("chvt 1");
    await m.see("the console is on the first screen", 0, (p) => p.share(anna.colour) < 0.01);
    await typesOnly(m, "A", undefined, "console");
    await until("keys come to the console", async () => /console/.test(await terminal(m, 1)), limit(10_000), () => terminal(m, 1));
    await m.press("A", "ctrl", "u");
    await m.sh("chvt 8");
    await bothAtWork(m);
    for (const { person, at } of places) await typesOnly(m, at, person);
  });

  for (const unit of [seat, "station-relay.service", "stationd.service"]) {
    check(() => machine, `kill -9 of ${unit}: back within 2 s, nobody loses a session`, async (m) => {
      const before = await m.sessions();
      const pid = await m.daemon(unit);
      // Anna's desktop gets another colour at the same moment: an old picture that stands still is no station.
      const fresh = 0x3060f0;
      const display = (await m.sessionOf(anna.name))!;
      const env = `env DISPLAY=${display.display} XAUTHORITY=/run/stationmaster/sessions/${display.id}/display/xauthority`;
      await m.sh(`kill -9 ${pid}; runuser -u ${anna.name} -- ${env} xsetroot -solid '#${fresh.toString(16)}'`);
      const t0 = Date.now();
      await m.see("the screen follows the session again", 0, (p) => p.share(fresh) > 0.9);
      const took = Date.now() - t0;
      assert.ok(took <= limit(2000 + 1000), `it came back after ${took} ms`); // 1000: emulation, and what it takes us to look
      await m.sh(`runuser -u ${anna.name} -- ${env} xsetroot -solid '#${anna.colour.toString(16)}'`);
      await bothAtWork(m);
      await until("it runs again", async () => ![0, pid].includes(await m.daemon(unit)));
      await until("stationd and the relay have found each other", () => m.isUp());
      assert.deepEqual((await m.sessions()).map((s) => s.id), before.map((s) => s.id));
      for (const { person, at } of places) await typesOnly(m, at, person);
    });
  }

  check(() => machine, "a block on one of the two", async (m) => {
    await m.call("Blocks.Block", { stations: ["local-1"], message: "Look at me" });
    const blocked = await m.see("the first screen is blocked", 0, (p) => p.share(anna.colour) < 0.01 && p.colours() > 8);
    blocked.save(artefact("seats/blocked.png"));
    assert.ok((await m.screen(1)).share(ben.colour) > 0.9, "the second screen is not as it was");
    await typesOnly(m, "A", undefined);
    await typesOnly(m, "B", ben);
    await m.call("Blocks.Unblock", { stations: ["local-1"] });
    await bothAtWork(m);
    await typesOnly(m, "A", anna);
  });

  check(() => machine, "identify: names on every screen, then the desktops again", async (m) => {
    await m.call("Stations.Set", { station: "local-2", name: "Window left" });
    await m.call("Stations.Identify", { stations: null, show: true });
    for (const { person, head } of places) (await m.see("the name is shown", head, (p) => p.share(person.colour) < 0.98 && p.colours() > 8)).save(artefact(`seats/identify-${head}.png`));
    await m.call("Stations.Identify", { stations: null, show: false });
    await bothAtWork(m);
  });

  check(() => machine, "a screen that stands on its side", async (m) => {
    await m.call("Stations.Set", { station: "local-2", orientation: "portrait" });
    const [w, h] = monitors[1]!;
    await stationIs(m, "local-2", { orientation: "portrait", width: h, height: w });
    await bothAtWork(m);
    await m.call("Stations.Set", { station: "local-2", orientation: "landscape" });
    await stationIs(m, "local-2", { orientation: "landscape", width: w, height: h });
    await bothAtWork(m);
  });

  check(() => machine, "a keyboard is pulled out and plugged in again", async (m) => {
    const before = await m.sessionOf(ben.name);
    await m.unplug("keyboardB");
    await stationIs(m, "local-2", { missing: ["keyboard"], session: before!.id });
    await typesOnly(m, "A", anna);
    await bothAtWork(m);
    await m.plugKeyboard("B");
    await stationIs(m, "local-2", { missing: [], session: before!.id });
    await typesOnly(m, "B", ben);
  });

  check(() => machine, "one station is mapped again, the other is not touched", async (m) => {
    const before = await m.stations();
    await m.call("Stations.Map", { stations: ["local-2"] });
    await stationIs(m, "local-2", { mapping: "keyboard", scene: "mapping", name: "Window left" });
    await typesOnly(m, "A", anna);
    assert.deepEqual(await station(m, "local-1"), before.find((s) => s.id === "local-1"));
    await m.press("B", "a");
    await stationIs(m, "local-2", { mapping: "done", scene: "session", name: "Window left" });
    await bothAtWork(m);
    await typesOnly(m, "B", ben);
  });

  check(() => machine, "a screen is split, a third keyboard comes, the halves are joined", async (m) => {
    const session = (await m.sessionOf(anna.name))!.id;
    await m.call("Stations.Split", { station: "local-1", direction: "left_right" });
    await stationIs(m, "local-1", { area: "left", width: monitors[0]![0] / 2, session });
    const right = (await m.stations()).find((s) => s.kind === "local" && s.output === outputId(0) && s.id !== "local-1")!;
    await stationIs(m, right.id, { area: "right", mapping: "keyboard" });
    await m.plugKeyboard("C");
    await until("the third keyboard is there", () => m.test("ls /dev/input/by-path | grep -q 0:3.1"), limit(20_000));
    await m.press("C", "a");
    const done = await stationIs(m, right.id, { mapping: "done", scene: "greeter" }).catch(async () => {
      // Pointers that belong to nobody would have been asked for.
      await m.press("C", "a");
      return stationIs(m, right.id, { mapping: "done", scene: "greeter" });
    });
    assert.deepEqual(done.missing, ["pointer"]);
    const picture = await m.see("the halves show the session and a greeter", 0, (p) => p.share(anna.colour, p.half("left")) > 0.9 && p.share(0xffffff, p.half("right")) > 0.05);
    picture.save(artefact("seats/split.png"));
    assert.ok(picture.share(anna.colour, picture.half("right")) < 0.01);
    await typesOnly(m, "C", undefined, "c");
    await typesOnly(m, "A", anna);
    await m.call("Stations.Join", { station: right.id });
    await stationIs(m, "local-1", { area: "whole", session });
    assert.equal((await m.stations()).some((s) => s.id === right.id), false);
    await m.unplug("keyboardC");
    await bothAtWork(m);
  }, limit(180_000));

  check(() => machine, "a third monitor comes and goes", async (m) => {
    await m.monitor(2, 800, 600);
    const third = await until("a third station asks", async () => (await m.stations()).find((s) => s.output === outputId(2) && s.mapping === "keyboard"), limit(30_000), () => m.stations());
    await m.see("the third screen asks", 2, (p) => p.width === 800 && p.height === 600 && p.colours() > 8);
    await bothAtWork(m);
    await m.monitor(2, 0, 0);
    await stationIs(m, third.id, { missing: ["screen"] }).catch(async () => stationIs(m, third.id, { connected: false }));
    await m.call("Stations.Forget", { station: third.id });
    await bothAtWork(m);
  });

  check(() => machine, "after a restart of the computer everything is where it was", async (m) => {
    await m.reboot();
    await until("the stations are back", async () => {
      const all = (await m.stations()).filter((s) => s.kind === "local");
      return all.length === 2 && all.every((s) => s.mapping === "done" && s.connected && s.scene === "greeter");
    }, limit(60_000), () => m.stations());
    const second = await station(m, "local-2");
    assert.equal(second.name, "Window left");
    assert.equal(second.output, outputId(1));
    await m.see("the greeter is on the second screen", 1, (p) => p.share(0xffffff) > 0.05);
    await logIn(m, "B", 1, ben);
    await m.see("and the desktop again", 1, (p) => p.share(ben.colour) > 0.9);
  }, limit(300_000));
});
