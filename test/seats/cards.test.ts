// SPDX-License-Identifier: GPL-3.0-or-later
// More than one graphics card, outputs that are left alone, seats of logind's.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { carrierCard, carrierPath, check, Machine, type LocalStation } from "../harness/machine.js";
import { artefact } from "../harness/paths.js";
import { limit, until } from "../harness/wait.js";
import { anna, atWork, ben, desks, logIn, seat, settings, sitDown, stationIs, terminal, typesOnly } from "./desks.js";

describe("cards, seats and outputs", () => {
  let machine: Machine;
  before(async () => { machine = await Machine.start("cards"); }, { timeout: 3_600_000 });
  after(() => machine?.stop());

  /** The station of a card's only output. */
  const stationOf = (m: Machine, card: string): Promise<LocalStation> =>
    until(`a station of card ${card}`, async () => (await m.stations()).find((s) => s.output.startsWith(`${card}/`)), limit(60_000), () => m.stations());

  check(() => machine, "further cards of the same seat are further stations", async (m) => {
    await sitDown(m);
    for (const desk of desks) await logIn(m, desk);
    await atWork(m);
    await m.sh("modprobe bochs");
    const third = await stationOf(m, carrierCard.carrierB);
    await stationIs(m, third.id, { connected: true, scene: "mapping" });
    const fourth = await stationOf(m, carrierCard.carrierC);
    assert.notEqual(third.id, fourth.id);
    const asks = third.mapping === "keyboard" ? ("carrierB" as const) : ("carrierC" as const);
    (await m.see("the second card's screen asks", asks, (p) => p.width === third.width && p.height === third.height && p.colours() > 8)).save(artefact("seats/second-card.png"));
    await atWork(m);
    for (const { person, at } of desks) await typesOnly(m, at, person);
  });

  check(() => machine, "a card that logind gives to a seat of its own belongs to the station-seat of that one", async (m) => {
    const own = await stationOf(m, carrierCard.carrierC);
    const hub = "$(dirname $(readlink -f /sys/bus/usb/devices/1-3/busnum))";
    await m.plugKeyboard("C");
    await until("the third keyboard is there", () => m.test("ls /dev/input/by-path | grep -q 0:3.1"), limit(40_000));
    // udevd looks for new rules every three seconds only, and a device has just come.
    await m.sh(`set -e; loginctl attach seat-class ${carrierPath.carrierC}/drm/card[0-9]* ${hub}
udevadm control --reload; udevadm trigger -c change -s drm -s usb -s hid -s input; udevadm settle`);
    await until("the keyboard is of that seat", () => m.test("for e in /dev/input/event*; do udevadm info -q property -n $e; done | grep -qx ID_SEAT=seat-class"), limit(60_000));
    await m.sh("systemctl start station-seat@seat-class.service");
    await stationIs(m, own.id, { connected: true, scene: "mapping", mapping: "keyboard" }, limit(60_000));
    await m.see("its screen asks", "carrierC", (p) => p.colours() > 8);
    await m.press("C", "a");
    await stationIs(m, own.id, { mapping: "done", scene: "greeter" });
    (await m.see("its screen shows a greeter", "carrierC", (p) => p.share(0xffffff) > 0.05)).save(artefact("seats/own-seat.png"));
    await atWork(m);
    await typesOnly(m, "C", undefined, "elsewhere");
    for (const number of [1, 8]) assert.doesNotMatch(await terminal(m, number), /elsewhere/, `what was typed is on tty${number}`);
    for (const { person, at } of desks) await typesOnly(m, at, person);
    // One seat's program ends: the other seat does not notice.
    await m.sh("systemctl stop station-seat@seat-class.service");
    await stationIs(m, own.id, { connected: false });
    await typesOnly(m, "A", anna);
    // Taken back, the card is seat0's at once; its devices have changed, so it asks for them again when its turn comes.
    await m.sh("loginctl flush-devices; udevadm control --reload; udevadm trigger -c change -s drm -s usb -s hid -s input; udevadm settle");
    await stationIs(m, own.id, { connected: true, scene: "mapping", mapping: "waiting" }, limit(60_000));
    await m.unplug("keyboardC");
    await atWork(m);
  });

  check(() => machine, "an output that is left alone shows the console, the other one its station", async (m) => {
    const before = await m.sessionOf(ben.name);
    await settings(m, "[seats]\nleave = Virtual-2\n");
    await m.sh(`systemctl restart ${seat}`);
    await stationIs(m, "local-2", { connected: false, missing: ["screen"], session: before!.id });
    await atWork(m, desks.slice(0, 1));
    await m.see("nothing of a station is on the output that is left alone", 1, (p) => p.share(ben.colour) < 0.001);
    await m.sh("chvt 1");
    const empty = await m.see("it shows the console", 1, (p) => p.share(0x000000) > 0.9 && p.colours() > 1);
    await m.type("A", "onbothscreens");
    await until("keys come to the console", async () => /onbothscreens/.test(await terminal(m, 1)), limit(20_000));
    await m.see("what is typed there is seen on it", 1, (p) => !p.equals(empty) && p.share(0x000000) > 0.9);
    await m.press("A", "ctrl", "u");
    await m.sh("chvt 8");
    await atWork(m, desks.slice(0, 1));
    assert.ok((await m.screen(1)).share(ben.colour) < 0.001);
    await settings(m, "");
    await m.sh(`systemctl restart ${seat}`);
    await stationIs(m, "local-2", { connected: true, missing: [], session: before!.id });
    await atWork(m);
    await typesOnly(m, "B", ben);
  });

  check(() => machine, "a card is taken out while its screen asks, and put in again: the others work on", async (m) => {
    const gone = await stationOf(m, carrierCard.carrierC);
    const pid = await m.daemon(seat);
    await m.sh(`echo 1 >${carrierPath.carrierC}/remove`);
    await stationIs(m, gone.id, { connected: false });
    assert.equal(await m.test(`ls ${carrierPath.carrierC}`), false);
    await atWork(m);
    for (const { person, at } of desks) await typesOnly(m, at, person);
    await m.sh("echo 1 >/sys/bus/pci/rescan");
    await stationIs(m, gone.id, { connected: true, scene: "mapping" }, limit(60_000));
    assert.equal((await m.stations()).filter((s) => s.output.startsWith(`${carrierCard.carrierC}/`)).length, 1);
    await atWork(m);
    for (const { person, at } of desks) await typesOnly(m, at, person);
    assert.equal(await m.daemon(seat), pid, "station-seat began anew");
  });
});
