// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons: a block and a program for three sessions and for who logs in later; the end takes away exactly that,
// to the moment, with no dashboard open, whatever is killed around it, and over a reboot.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { check, useDemo } from "../harness/demo.js";
import { audit, block, fillRoom, killBoth, ready, restarted, tidyUp, unblock, VncSeat, WebSeat, type Person, type Seat } from "../harness/room.js";
import { limit, NotYet, until } from "../harness/wait.js";

interface Lesson {
  id: string;
  name: string;
  ends_ms: number;
  block: boolean;
}

describe("lesson", () => {
  const demo = useDemo("lesson");
  let p: Person[];
  const operator = () => demo.account("operator");

  before(async () => {
    p = await fillRoom(demo, 4);
  });

  tidyUp(demo);

  const start = async (more: object) =>
    (await demo.call<{ lesson: string; targets: { user: string; state: string }[] }>("Lessons.Start", more as Record<string, unknown>, operator().name));
  const lessons = async () => (await demo.call<{ lessons: Lesson[] }>("Lessons.List")).lessons;
  const isBlocked = (who: Person, is = true) => until(`${who.name} is ${is ? "" : "not "}blocked`, async () => {
    const s = await demo.sessionOf(who.name);
    if (s?.blocked !== is || (s.stations.length > 0 && s.scene !== (is ? "block" : "session"))) throw new NotYet(s);
    return s;
  });
  const over = (timeout = 15_000) => until("the lesson is over", async () => {
    const list = await lessons();
    if (list.length > 0) throw new NotYet(list);
    return true;
  }, timeout);
  check(demo, "three sessions and one that comes later: block and program, once; its end takes away exactly that", async () => {
    const seats: [Seat, Person][] = [[await VncSeat.open(demo, p[0]!), p[0]!], [await WebSeat.open(demo, p[1]!), p[1]!], [await VncSeat.open(demo, p[2]!), p[2]!]];
    for (const [seat, who] of seats) {
      await ready(demo, who);
      await seat.see(who);
    }
    await block(demo, operator().name, { users: [p[2]!.name] }, "by hand");
    await isBlocked(p[2]!);
    const { lesson, targets } = await start({ all: true, length_ms: 600_000, name: "Maths", block: true, message: "Eyes up", programs: [{ program: "", open: "/usr/bin/tail -f /dev/null" }] });
    assert.deepEqual(targets.filter((t) => t.state !== "done"), []);
    for (const [seat, who] of seats) {
      await isBlocked(who);
      await until(`${who.name} sees no desktop`, () => !seat.shows(who.colour));
    }
    const later = await WebSeat.open(demo, p[3]!, { watchFor: [p[3]!.colour] });
    await ready(demo, p[3]!);
    await isBlocked(p[3]!);
    assert.ok(!later.sighted(p[3]!.colour), "the first that the new session showed was the block");
    for (const who of p) await until(`the program runs with ${who.name}`, () => demo.test(`pgrep -u ${who.name} -x tail`));
    await restarted(demo, killBoth);
    for (const who of p) {
      await isBlocked(who);
      assert.equal(Number(await demo.sh(`pgrep -u ${who.name} -cx tail`)), 1, "not a second time");
    }
    await demo.call("Lessons.End", { lesson }, operator().name);
    for (const who of [p[0]!, p[1]!, p[3]!]) await isBlocked(who, false);
    await isBlocked(p[2]!);
    assert.equal((await demo.sessionOf(p[2]!.name))!.blocked, true, "what was ordered by hand stays");
    await unblock(demo, operator().name, { users: [p[2]!.name] });
    assert.deepEqual(await lessons(), []);
  }, 180_000);

  check(demo, "to the moment, with nobody signed in; stationd killed before, at, and over the end", async () => {
    let seat = await VncSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    for (const when of [-1500, -200, 0, 200]) {
      await start({ users: [p[0]!.name], length_ms: 6000, block: true });
      const [l] = await lessons();
      await isBlocked(p[0]!);
      await until("the moment", () => Date.now() >= l!.ends_ms + when);
      await restarted(demo, killBoth);
      await over();
      assert.ok(Date.now() >= l!.ends_ms);
      // The viewer's connection ended with the relay; who logs in again gets the same session.
      seat = await VncSeat.open(demo, p[0]!);
      await seat.see(p[0]!);
      await isBlocked(p[0]!, false);
    }
    const ends = (await audit(demo, "Lessons.End")).map((row) => row.result);
    assert.ok(ends.length >= 4 && ends.every((r) => r.endsWith("ok")), String(ends));
    // Nothing was killed: it is over at once.
    await start({ users: [p[0]!.name], length_ms: 4000, block: true });
    const [l] = await lessons();
    await isBlocked(p[0]!);
    await until("its desktop is away", () => !seat.shows(p[0]!.colour));
    await until("its desktop is back", () => seat.shows(p[0]!.colour));
    const late = Date.now() - l!.ends_ms;
    assert.ok(late >= 0 && late < limit(1000), `${late} ms after the end`);
  }, 180_000);

  check(demo, "a reboot: one whose end was meanwhile is over, the other one holds at the next log-in", async () => {
    await start({ users: [p[0]!.name], length_ms: 2000, block: true, name: "short" });
    const { lesson } = await start({ users: [p[1]!.name], length_ms: 3_600_000, block: true, name: "long" });
    const short = (await lessons()).find((l) => l.name === "short");
    await demo.reboot();
    await until("the end of the short one", () => !short || Date.now() > short.ends_ms);
    assert.deepEqual((await lessons()).map((l) => [l.id, l.name, l.block]), [[lesson, "long", true]]);
    const free = await VncSeat.open(demo, p[0]!);
    await VncSeat.open(demo, p[1]!);
    await ready(demo, p[0]!);
    await free.see(p[0]!);
    await isBlocked(p[0]!, false);
    await isBlocked(p[1]!);
    await demo.call("Lessons.End", { lesson }, operator().name);
    await isBlocked(p[1]!, false);
  }, 180_000);
});
