// SPDX-License-Identifier: GPL-3.0-or-later
// Threats from inside a session: fork bomb, memory hog, disk filler. Each runs as the pupil, in the pupil's session
// or beside it, while another pupil works; it stays within its limits, supervisors and the pupil are told, and
// the session is logged off in its time.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { smallLimits, startHog, whileOthersWork, type Hog } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { fillRoom, ready, tidyUp, VncSeat, type Person } from "../harness/room.js";
import { NotYet, until } from "../harness/wait.js";

interface Limited {
  limits: { memory_kib: number; tasks: number };
  limit_hit: "none" | "memory" | "tasks";
}

describe("threats from inside a session: programs that want the whole computer", () => {
  const demo = useDemo("hogs");
  let p: Person[];

  before(async () => {
    p = await fillRoom(demo, 5);
    await smallLimits(demo);
  });
  tidyUp(demo);

  const limited = async (who: Person) => (await demo.sessionOf(who.name)) as unknown as Limited;
  const isHit = (who: Person, kinds: readonly string[]) => until(`supervisors are told of ${who.name}`, async () => {
    const s = await limited(who);
    if (!kinds.includes(s.limit_hit)) throw new NotYet(s);
    return true;
  }, 30_000);
  const tasks = async (who: Person) => Number(await demo.sh(`ps -eLo user= | grep -cx ${who.name} || true`));
  const resident = async (who: Person) => Number(await demo.sh(`ps -u ${who.name} -o rss= | awk '{ n += $1 } END { print n + 0 }'`));

  for (const [i, hog, what, kinds] of [
    [0, "bomb", "fork bomb", ["tasks", "memory"]],
    [1, "memory", "memory hog", ["memory"]],
    [2, "filler", "disk filler", ["memory"]],
  ] as const satisfies readonly (readonly [number, Hog, string, readonly string[]])[]) {
    check(demo, `${what}: it stays within its limits, others work on, its session is logged off in time`, async () => {
      const attacker = await VncSeat.open(demo, p[i]!);
      const other = await VncSeat.open(demo, p[4]!);
      await ready(demo, p[i]!);
      await ready(demo, p[4]!);
      await other.see(p[4]!);
      await until("limits are in force", async () => (await limited(p[i]!)).limits.tasks === 300);
      assert.equal((await limited(p[i]!)).limits.memory_kib, 600 * 1024);
      const measured = await whileOthersWork(other.screen, async () => {
        await startHog(demo, p[i]!, hog);
        // What is written to a file system in memory is not given back when a program is killed: the filler may end itself.
        if (hog !== "filler") await isHit(p[i]!, kinds);
        else await until("the filler has hit a limit", async () => !(await demo.sessionOf(p[i]!.name)) || (await limited(p[i]!)).limit_hit !== "none", 30_000);
      }, 50); // processor time is shared with the attack, and the test that measures takes part
      console.log(`# ${what}: answers at another station ${measured.before.toFixed(1)} ms before, ${measured.during.toFixed(1)} ms at worst`);
      assert.ok((await tasks(p[i]!)) <= 300, "no more tasks than allowed");
      // Rss counts what is shared in each process again; the limit does not.
      if (hog === "memory") assert.ok((await resident(p[i]!)) < 1_000_000);
      // A program of somebody else starts while it goes on.
      const began = Date.now();
      await demo.inSession(p[4]!.name, "touch /tmp/t-started");
      await until("a program of another session starts", () => demo.test("[ -e /tmp/t-started ]"));
      assert.ok(Date.now() - began < 5000);
      const logOff = Date.now();
      if (await demo.sessionOf(p[i]!.name)) await demo.ctl(["session", "logoff", p[i]!.name, "--force-after", "3"]);
      await until("the session is gone", async () => !(await demo.sessionOf(p[i]!.name)), 10_000);
      await until("nothing of it runs", () => demo.test(`! pgrep -u ${p[i]!.name} -x 't-.*|perl|head|bash'`), 10_000);
      assert.ok(Date.now() - logOff < 12_000, `logged off after ${Date.now() - logOff} ms`);
      assert.equal((await limited(p[4]!)).limit_hit, "none");
      await demo.sh("rm -f /tmp/fill /tmp/t-started /dev/shm/fill /home/*/fill");
      attacker.close();
      // Whoever did it can log in again.
      const again = await VncSeat.open(demo, p[i]!);
      await ready(demo, p[i]!);
      again.close();
    }, 120_000);
  }

  check(demo, "a hog started by the user's own systemd, outside of the session, has the same limits", async () => {
    await VncSeat.open(demo, p[3]!);
    await ready(demo, p[3]!);
    await until("limits are in force", async () => (await limited(p[3]!)).limits.tasks === 300);
    await demo.write("/usr/local/bin/t-escape", "#!/bin/bash\nexec perl -e 'my @a; while (1) { push @a, \"x\" x 4194304 }'\n", "755");
    await demo.inSession(p[3]!.name, "systemd-run --user --collect -q t-escape");
    await isHit(p[3]!, ["memory"]);
    await until("the hog is gone", () => demo.test(`! pgrep -u ${p[3]!.name} -x perl`));
    assert.ok(await demo.sessionOf(p[3]!.name), "the session lives");
  }, 90_000);
});
