// SPDX-License-Identifier: GPL-3.0-or-later
// The virtual machine itself: without it nothing that the other files here show would be worth anything.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { card, check, Machine } from "../harness/machine.js";

describe("the machine of the seat tests", () => {
  let machine: Machine;
  before(async () => { machine = await Machine.start("machine"); }, { timeout: 3_600_000 });
  after(() => machine?.stop());

  check(() => machine, "has one card with two monitors, two keyboards and two tablets on hubs", async (m) => {
    const status = await m.sh("cd /sys/class/drm; for c in card0-*; do echo $c $(cat $c/status); done");
    assert.deepEqual(status.split("\n"), ["card0-Virtual-1 connected", "card0-Virtual-2 connected", "card0-Virtual-3 disconnected"]);
    assert.equal(await m.sh("udevadm info -q property -n /dev/dri/card0 | sed -n 's/^ID_PATH=//p'"), card);
    const devices = await m.sh("for e in /dev/input/event*; do udevadm info -q property -n $e | sed -n 's/^ID_PATH=//p'; done");
    for (const hub of [1, 2]) for (const port of [1, 2]) assert.match(devices, new RegExp(`pci-0000:00:04.0-usb-0:${hub}.${port}:1.0`));
  });

  check(() => machine, "runs stationd and the relay as on any computer", async (m) => {
    assert.equal(await m.sh("systemctl is-active stationd station-relay"), "active\nactive");
    const status = await m.ctlJson(["system", "status"]);
    assert.equal(status["relay"], true);
    assert.equal(await m.sh("systemctl --failed --no-legend"), "");
  });
});
