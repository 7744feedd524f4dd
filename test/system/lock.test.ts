// SPDX-License-Identifier: GPL-3.0-or-later
// Lock and unlock at the station, switch user, more time before a log-off, and several sessions of one account.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { StationTab } from "../harness/browser.js";
import { activeSession, marker, suspendedSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { audit, events, fillRoom, keys, killBoth, ready, restarted, tidyUp, VncSeat, WebSeat, type Person } from "../harness/room.js";
import { limit, NotYet, throughout, until } from "../harness/wait.js";
import type { Job, Target } from "../harness/types.js";

interface Answer { job: string; targets: Target[] }

describe("lock, more time, several sessions", () => {
  const demo = useDemo("lock");
  let p: Person[];

  before(async () => {
    p = await fillRoom(demo, 6);
  });

  tidyUp(demo);

  const locked = (person: Person, is = true) => until(`the session of ${person.name} is ${is ? "" : "not "}locked`, async () => {
    const s = await demo.sessionOf(person.name);
    if (s?.locked !== is) throw new NotYet(s);
    return s;
  });

  check(demo, "locked at the station: only the own password opens it; a wrong one takes its time; nothing reaches the session", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    const pid = await marker(demo, p[0]!.name);
    await seat.see(p[0]!);
    const seen = seat.screen!;
    seat.lookFor(p[0]!);
    seat.act("lock");
    await seat.scenesBe("the lock", (s) => s.kind === "lock" && s.user === p[0]!.name && !s.input);
    await until("no pixels are sent any more", () => seen.closed);
    await locked(p[0]!);
    assert.equal((await demo.sessionOf(p[0]!.name))!.scene, "lock");
    seat.lookFor(p[0]!);
    const n = await events(demo, p[0]!);
    // Somebody else's password is no key; nor is another account.
    const t0 = Date.now();
    await assert.rejects(seat.logIn({ name: p[0]!.name, password: "not-it" }, "unlock"), /403.*Denied/);
    assert.ok(Date.now() - t0 > 500, `a wrong password was told after ${Date.now() - t0} ms`);
    await assert.rejects(seat.logIn(p[1]!, "unlock"), /40\d/);
    assert.equal(seat.scene!.kind, "lock");
    // A page that wants the pixels all the same.
    await demo.inSession(p[0]!.name, `xsetroot -solid '#123456'`);
    await throughout("nothing comes", 300, () => seat.screen === undefined && seat.sighted(p[0]!.colour) === 0);
    assert.equal(await events(demo, p[0]!), n);
    await demo.inSession(p[0]!.name, `xsetroot -solid '#${p[0]!.colour.toString(16).padStart(6, "0")}'`);
    await seat.logIn(p[0]!, "unlock");
    await seat.see(p[0]!);
    const after = await locked(p[0]!, false);
    assert.equal(after.id, session.id);
    assert.ok(await demo.test(`kill -0 ${pid}`));
    seat.close();
  });

  check(demo, "on the page: panel, lock, password; switch user gives the greeter", async () => {
    const tab = await StationTab.open(demo, p[1]!);
    await ready(demo, p[1]!);
    const [red, green, blue] = [p[1]!.colour >> 16, (p[1]!.colour >> 8) & 255, p[1]!.colour & 255];
    await until("the desktop", () => tab.sees(red, green, blue));
    await tab.panel("Lock");
    await tab.page.locator("input[type=password]").waitFor();
    await tab.page.getByText(p[1]!.full_name).first().waitFor();
    assert.equal(await tab.sees(red, green, blue), false);
    await tab.screenshot("lock-browser");
    const field = tab.page.locator("input[type=password]");
    await field.fill("wrong-password");
    await field.press("Enter");
    await tab.page.getByRole("alert").waitFor({ timeout: 15_000 });
    await field.fill(p[1]!.password);
    await field.press("Enter");
    await until("the desktop again", () => tab.sees(red, green, blue));
    await tab.panel("Lock");
    await tab.page.locator("input[type=password]").waitFor();
    await tab.page.getByRole("button", { name: "Switch user", exact: true }).click();
    await tab.greeter();
    await suspendedSession(demo, p[1]!.name);
    // Back by a log-in, which is as good as the password.
    await tab.logIn(p[1]!);
    await until("the desktop again", () => tab.sees(red, green, blue));
    assert.equal((await activeSession(demo, p[1]!.name)).locked, false);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });

  check(demo, "by the API: own sessions only; an administrator unlocks any, an operator none of others", async () => {
    const seat = await VncSeat.open(demo, p[2]!);
    const s = await ready(demo, p[2]!);
    await seat.see(p[2]!);
    const own = await demo.call<{ targets: Target[] }>("Sessions.Lock", { sessions: null }, p[2]!.name);
    assert.deepEqual(own.targets.map((t) => [t.session, t.state]), [[s.id, "done"]]);
    await until("the station is locked", () => !seat.shows(p[2]!.colour) && seat.hasWords);
    await seat.still();
    seat.screen.save(artefact("lock-vnc.png"));
    for (const [who, method] of [[demo.account("operator").name, "Sessions.Unlock"], [demo.account("operator").name, "Sessions.Lock"], [demo.account("administrator").name, "Sessions.Lock"]] as const) {
      const targets = await demo.call<{ targets: Target[] }>(method, { sessions: [s.id] }, who).then((r) => r.targets.map((t) => t.state), (e: Error) => [/Refused|NotFound/.test(e.message) ? "refused" : String(e)]);
      assert.deepEqual(targets, ["refused"], `${method} as ${who}`);
    }
    const other = await demo.call<{ targets: Target[] }>("Sessions.Unlock", { sessions: [s.id] }, p[0]!.name).then((r) => r.targets.map((t) => t.state), (e: Error) => [/Refused|NotFound/.test(e.message) ? "refused" : String(e)]);
    assert.deepEqual(other, ["refused"]);
    await locked(p[2]!);
    await demo.call("Sessions.Unlock", { sessions: [s.id] }, demo.account("administrator").name);
    await seat.see(p[2]!);
    // At a VNC station: the password, typed into the lock that the relay draws.
    await demo.call("Sessions.Lock", { sessions: null }, p[2]!.name);
    await until("the station is locked", () => !seat.shows(p[2]!.colour));
    const n = await events(demo, p[2]!);
    await seat.still();
    seat.screen.type("wrong-one\n");
    await until("it is refused", async () => (await audit(demo, "Login.unlock")).some((r) => r.user === p[2]!.name && r.result === "Denied"));
    await seat.still();
    assert.ok(!seat.shows(p[2]!.colour));
    seat.screen.type(`${p[2]!.password}\n`);
    await seat.see(p[2]!, limit(5000));
    assert.equal(await events(demo, p[2]!), n, "the password was typed into the session");
    seat.close();
  });

  check(demo, "the panel of a VNC station by key: its keys are not the session's; lock, and unlock by the password", async () => {
    const seat = await VncSeat.open(demo, p[2]!);
    await ready(demo, p[2]!);
    await seat.see(p[2]!);
    await seat.still();
    const without = Buffer.from(seat.screen.pixels);
    seat.screen.press("Control", "Alt", "Home");
    await seat.screen.see("the panel", (r) => !r.pixels.equals(without));
    await seat.still();
    seat.screen.save(artefact("panel-vnc.png"));
    const n = await keys(demo, p[2]!);
    seat.screen.type("abc");
    seat.screen.press("Escape");
    await seat.screen.see("the panel is closed", (r) => r.shareNear(p[2]!.colour, 2) > 0.995);
    assert.equal(await keys(demo, p[2]!), n, "keys for the panel reached the session");
    seat.screen.press("Control", "Alt", "Home");
    await seat.screen.see("the panel", (r) => r.shareNear(p[2]!.colour, 2) < 0.995);
    seat.screen.press("Home");
    for (let i = 0; i < 3; i++) seat.screen.press("Down"); // hand, messages, suspend, lock
    seat.screen.press("Return");
    await locked(p[2]!);
    await until("the lock is drawn", () => !seat.shows(p[2]!.colour) && seat.hasWords);
    await seat.still();
    seat.screen.type(`${p[2]!.password}\n`);
    await seat.see(p[2]!, limit(5000));
  });

  check(demo, "a locked session that is taken to another station by its user is open there", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    seat.act("lock");
    await locked(p[0]!);
    const other = await VncSeat.open(demo, p[0]!);
    await other.see(p[0]!);
    assert.equal((await demo.sessionOf(p[0]!.name))!.locked, false);
    other.close();
    seat.close();
  });

  check(demo, "the lock holds over restarts of both daemons", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    await seat.see(p[0]!);
    seat.act("lock");
    await seat.scenesBe("the lock", (s) => s.kind === "lock");
    seat.lookFor(p[0]!);
    const scenes = seat.scenes.length;
    for (const how of ["systemctl restart stationd", "systemctl restart station-relay", killBoth]) {
      await restarted(demo, how);
      await seat.scenesBe("the lock again", (s) => s.kind === "lock");
      await locked(p[0]!);
    }
    await until("the page has been told again", () => seat.scenes.length > scenes);
    assert.deepEqual(seat.scenes.slice(scenes).filter((s) => s.kind !== "lock"), []);
    seat.assertUnseen(p[0]!);
    await until("the station is known again", async () => (await demo.stations()).some((s) => s.connected && s.scene === "lock"));
    await seat.logIn(p[0]!, "unlock");
    await seat.see(p[0]!);
    seat.close();
  });

  check(demo, "more time: asked for once, given by the one who ordered it; the countdown is the new one", async () => {
    const [seat, tab] = [await WebSeat.open(demo, p[3]!), await StationTab.open(demo, p[4]!)];
    const ids = [(await ready(demo, p[3]!)).id, (await ready(demo, p[4]!)).id];
    const operator = demo.account("operator").name;
    const { job } = await demo.call<Answer>("Sessions.LogOff", { sessions: ids, grace_ms: 30_000, message: "Soon" }, operator);
    const first = await seat.scenesBe("the notice", (s) => !!s.notice);
    const ends = Number(first.notice!["ends_ms"]);
    seat.act("more_time");
    await until("the one who ordered it can see it", async () => (await demo.job(job)).targets.find((t) => t.session === ids[0])?.more_time === true);
    await tab.page.getByRole("button", { name: /more time/i }).click();
    await until("the page's button does the same", async () => (await demo.job(job)).targets.find((t) => t.session === ids[1])?.more_time === true);
    await tab.screenshot("more-time");
    // One gets more, the other does not.
    const extended = (await demo.call<{ job: Job }>("Jobs.Extend", { job, sessions: [ids[0]], add_ms: 60_000 }, operator)).job;
    const target = extended.targets.find((t) => t.session === ids[0])!;
    assert.equal(target.more_time, false);
    assert.equal(target.ends_ms, ends + 60_000);
    await seat.scenesBe("the new countdown", (s) => Number(s.notice?.["ends_ms"]) === ends + 60_000);
    assert.equal((await demo.job(job)).targets.find((t) => t.session === ids[1])!.ends_ms, ends);
    await assert.rejects(demo.call("Jobs.Extend", { job, sessions: null, add_ms: 60_000 }, p[3]!.name), /Refused|NotFound/);
    await demo.call("Jobs.Cancel", { job }, operator);
    await seat.scenesBe("no notice", (s) => !s.notice);
    // Without more time the end comes when it was said.
    const short = (await demo.call<Answer>("Sessions.LogOff", { sessions: ids, grace_ms: 1500 }, operator)).job;
    await seat.scenesBe("the notice", (s) => !!s.notice);
    await demo.call("Jobs.Extend", { job: short, sessions: [ids[1]], add_ms: 3000 }, operator);
    await until("the one has gone", async () => !(await demo.sessionOf(p[3]!.name)), 10_000);
    assert.ok(await demo.sessionOf(p[4]!.name), "the extended one went with it");
    await demo.finished(short);
    assert.equal(await demo.sessionOf(p[4]!.name), undefined);
    seat.close();
    await tab.close();
  });

  check(demo, "several sessions of one account: as many as are set, then the one used last moves", async () => {
    await demo.write("/etc/stationmaster/conf.d/zz-two.conf", "[session]\nper-user-max = 2\n");
    await demo.restart("stationd");
    const mine = async () => (await demo.sessions()).filter((s) => s.user === p[5]!.name);
    const a = await WebSeat.open(demo, p[5]!);
    await until("one session", async () => (await mine()).length === 1);
    const b = await VncSeat.open(demo, p[5]!);
    await until("two sessions, each at its station", async () => (await mine()).filter((s) => s.stations.length === 1 && s.state === "active").length === 2);
    const before = await mine();
    assert.notEqual(before[0]!.display, before[1]!.display);
    await b.see(p[5]!);
    // The third log-in brings no third session; one of the two comes along.
    const c = await WebSeat.open(demo, p[5]!);
    await c.see(p[5]!);
    assert.deepEqual((await mine()).map((s) => s.id).sort(), before.map((s) => s.id).sort());
    assert.equal((await mine()).filter((s) => s.stations.includes(c.id)).length, 1);
    // A suspended one is resumed before another is started.
    c.act("suspend");
    await until("one is suspended", async () => (await mine()).some((s) => s.state === "suspended"));
    const d = await VncSeat.open(demo, p[5]!);
    await d.see(p[5]!);
    assert.equal((await mine()).length, 2);
    await demo.sh("rm /etc/stationmaster/conf.d/zz-two.conf");
    await demo.restart("stationd");
    for (const seat of [a, b, c, d]) seat.close();
  });
});
