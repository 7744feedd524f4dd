// SPDX-License-Identifier: GPL-3.0-or-later
// Storage on USB with everything that is real: two people at two screens, stationd, station-usb and a supervisor.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { anna, ben, check, hub, Machine, type LocalStation } from "../harness/machine.js";
import { quote } from "../harness/process.js";
import { limit, NotYet, until } from "../harness/wait.js";
import { desks, logIn, sitDown, station } from "./desks.js";
import { label, Stick, where } from "./stick.js";

interface WithStorage extends LocalStation {
  storage_blocked: boolean;
  storage: { name: string; state: string; reason: string }[];
}

describe("storage at stations", () => {
  const stick = new Stick();
  let machine: Machine;
  before(async () => {
    machine = await Machine.start("sticks");
    await stick.make();
  }, { timeout: 3_600_000 });
  after(async () => {
    await machine?.stop();
    stick.remove();
  });

  const as = (m: Machine, who: { name: string }, script: string) => m.test(`runuser -u ${who.name} -- sh -c ${quote(script)}`);
  const storageIs = (m: Machine, states: string[], blocked = false) => until(`storage at local-1 is ${states.join() || "away"}`, async () => {
    const s = await station(m, "local-1") as WithStorage;
    if (s.storage.map((d) => d.state).join() !== states.join() || s.storage_blocked !== blocked) throw new NotYet(s);
    return s.storage;
  }, limit(60_000));
  const mounts = (m: Machine) => m.sh("grep -c ' /run/media/' /proc/mounts || true");

  check(() => machine, "who works at the station has the stick of its hub, and nobody else", async (m) => {
    await sitDown(m);
    for (const desk of desks) await logIn(m, desk);
    await stick.plug(m, "A");
    assert.equal((await storageIs(m, ["open"]))[0]!.name, label);
    assert.ok(await as(m, anna, `echo hers >${where(anna)}/note`));
    assert.equal(await as(m, ben, `cat ${where(anna)}/note`), false);
    assert.deepEqual((await station(m, "local-2") as WithStorage).storage, [], `nothing is on ${hub("B")}`);
  });

  check(() => machine, "a supervisor blocks storage, and no longer: it goes and comes without a re-plug", async (m) => {
    const blocked = await m.ctl(["station", "storage", "block", "local-1"]);
    assert.equal(blocked.code, 0, blocked.stdout + blocked.stderr);
    assert.equal(await mounts(m), "0");
    await storageIs(m, ["closed"], true);
    const unblocked = await m.ctl(["station", "storage", "unblock", "--all"]);
    assert.equal(unblocked.code, 0, unblocked.stdout + unblocked.stderr);
    await storageIs(m, ["open"]);
    assert.ok(await as(m, anna, `grep -q hers ${where(anna)}/note`));
  });

  check(() => machine, "kill -9 of stationd takes it from nobody", async (m) => {
    const before = await m.sh("grep ' /run/media/' /proc/mounts; readlink /sys/bus/usb/devices/*:*/driver | grep -c usb-storage");
    const pid = await m.daemon("stationd.service");
    await m.sh(`kill -9 ${pid}`);
    await until("stationd is back, with both sessions", async () => (await m.isUp()) && (await m.sessions()).length === 2 && (await station(m, "local-1")).session !== "", limit(60_000));
    await storageIs(m, ["open"]);
    assert.equal(await m.sh("grep ' /run/media/' /proc/mounts; readlink /sys/bus/usb/devices/*:*/driver | grep -c usb-storage"), before);
  });

  check(() => machine, "a log-off takes it away; the next log-in brings it", async (m) => {
    const off = await m.ctl(["session", "logoff", anna.name, "--wait"]);
    assert.equal(off.code, 0, off.stdout + off.stderr);
    await storageIs(m, ["closed"]);
    assert.equal(await mounts(m), "0");
    assert.equal(await m.test("ls /dev/sd*"), false);
    await logIn(m, desks[0]!);
    await storageIs(m, ["open"]);
    assert.ok(await as(m, anna, `grep -q hers ${where(anna)}/note`));
  });
});
