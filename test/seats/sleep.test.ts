// SPDX-License-Identifier: GPL-3.0-or-later
// The computer sleeps while people work at it. The kernel is told to stop after its programs (pm_test): a virtual
// graphics card does not live through more, and more is the business of its driver.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { check, Machine } from "../harness/machine.js";
import { limit, NotYet, until } from "../harness/wait.js";
import { atWork, desks, logIn, seat, sitDown, typesOnly } from "./desks.js";

describe("sleep", () => {
  let machine: Machine;
  before(async () => { machine = await Machine.start("sleep"); }, { timeout: 3_600_000 });
  after(() => machine?.stop());

  check(() => machine, "two people work on where they were, each at their own screen and keyboard", async (m) => {
    await sitDown(m);
    for (const desk of desks) await logIn(m, desk);
    await atWork(m);
    const sessions = (await m.sessions()).map((s) => [s.id, s.user, s.stations]);
    const pid = await m.daemon(seat);
    await m.sh("echo freezer >/sys/power/pm_test");
    for (let nap = 1; nap <= 2; nap++) {
      // Nobody wakes it with a hand off the keyboard: a key is down while it falls asleep, and up when it wakes.
      await m.key("A", "q", true);
      await m.sh("systemctl suspend");
      await until("it has slept", async () => {
        const seen = await m.sh("dmesg | grep -E 'PM: suspend (entry|exit)' || true");
        if ((seen.match(/suspend exit/g) ?? []).length < nap) throw new NotYet(seen);
        return true;
      }, limit(60_000));
      await m.key("A", "q", false);
      await atWork(m, desks, limit(40_000));
      assert.deepEqual((await m.sessions()).map((s) => [s.id, s.user, s.stations]), sessions);
      for (const { person, at } of desks) await typesOnly(m, at, person);
    }
    assert.equal(await m.daemon(seat), pid, "station-seat began anew");
  });
});
