// SPDX-License-Identifier: GPL-3.0-or-later
// Block and unblock: what stations show and what reaches the sessions meanwhile, who is caught and who is
// not, and that it holds: at another station, over log-ins, restarts in every order, and a reboot.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { StationTab } from "../harness/browser.js";
import { activeSession, marker } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { Rfb } from "../harness/rfb.js";
import { audit, block, blocks, events, fillRoom, killBoth, ready, restarted, tidyUp, unblock, VncSeat, WebSeat, type Person, type Seat } from "../harness/room.js";
import { limit, NotYet, throughout, until } from "../harness/wait.js";
import type { ActTarget } from "../harness/types.js";

describe("block", () => {
  const demo = useDemo("block");
  let p: Person[];
  const operator = () => demo.account("operator");
  const admin = () => demo.account("administrator");

  before(async () => {
    p = await fillRoom(demo, 8, [{ name: "t-op2", role: "operator", full_name: "Otto Operator" }]);
  });

  tidyUp(demo);

  const all = async (targets: ActTarget[], state: string) => assert.deepEqual(targets.filter((t) => t.state !== state), []);
  const blocked = (person: Person, is = true) => until(`${person.name} is ${is ? "" : "not "}blocked`, async () => {
    const s = await demo.sessionOf(person.name);
    if (s?.blocked !== is) throw new NotYet(s);
    return s;
  });
  /** The station shows the block: no desktop, but words. */
  const showsBlock = async (seat: Seat, person: Person, timeout = 5000) => {
    const s = await blocked(person);
    await until(`${person.name}'s ${seat.kind} station shows the block`, async () => {
      const station = (await demo.stations()).find((x) => x.session === s.id);
      if (station?.scene !== "block" || seat.shows(person.colour)) throw new NotYet([station, seat.describe()]);
      if (seat instanceof VncSeat) return seat.hasWords;
      return (seat as WebSeat).scene?.kind === "block";
    }, timeout);
  };

  check(demo, "one and selected: the message is there at once, no key or pointer reaches the session, and the same session is back", async () => {
    const [vnc, web, other] = await Promise.all([VncSeat.open(demo, p[0]!), WebSeat.open(demo, p[1]!), VncSeat.open(demo, p[2]!)]);
    const seats = [[vnc, p[0]!], [web, p[1]!]] as const;
    for (const [seat, who] of [...seats, [other, p[2]!]] as const) {
      await ready(demo, who);
      await seat.see(who);
      const n = await events(demo, who);
      seat.use();
      await until("what is typed reaches the session", async () => (await events(demo, who)) > n);
    }
    const before = [await demo.sessionOf(p[0]!.name), await demo.sessionOf(p[1]!.name)];
    const pid = await marker(demo, p[0]!.name);
    const t0 = Date.now();
    const targets = await block(demo, operator().name, { users: [p[0]!.name], sessions: [before[1]!.id] }, "Look at the board, please");
    await until("both stations are dark", () => seats.every(([seat, who]) => !seat.shows(who.colour)), limit(1000));
    const took = Date.now() - t0;
    assert.ok(took < limit(500), `the block was there after ${took} ms`);
    await all(targets, "done");
    assert.deepEqual([...new Set(targets.map((t) => t.user))].filter(Boolean).sort(), [p[0]!.name, p[1]!.name]);
    for (const [seat, who] of seats) await showsBlock(seat, who);
    assert.equal(web.scene!.block!.message, "Look at the board, please");
    assert.equal(web.scene!.block!.by, operator().full_name);
    assert.equal(web.scene!.input, false);
    vnc.screen.save(artefact("block-vnc.png"));

    // The sessions live on, unseen; nothing that is done at the station reaches them.
    for (const [seat, who] of seats) seat.lookFor(who, { colour: 0x1f2e3d } as Person);
    await new Promise((resolve) => setImmediate(resolve));
    const counts = await Promise.all(seats.map(([, who]) => events(demo, who)));
    const n = await events(demo, p[2]!);
    for (let i = 0; i < 3; i++) {
      for (const [seat] of seats) seat.use();
      for (const [, who] of seats) await demo.inSession(who.name, `xsetroot -solid '#${i % 2 ? who.colour.toString(16).padStart(6, "0") : "1f2e3d"}'`);
    }
    other.use();
    await until("the one who is not blocked can type", async () => (await events(demo, p[2]!)) > n);
    await throughout("no desktop, no event", 500, () => seats.every(([seat]) => !seat.sighted(0x1f2e3d)));
    for (const [seat, who] of seats) seat.assertUnseen(who);
    assert.deepEqual(await Promise.all(seats.map(([, who]) => events(demo, who))), counts, "events have reached a blocked session");
    assert.ok(other.shows(p[2]!.colour));

    for (const [, who] of seats) await demo.inSession(who.name, `xsetroot -solid '#${who.colour.toString(16).padStart(6, "0")}'`);
    await all(await unblock(demo, operator().name, { sessions: before.map((s) => s!.id) }), "done");
    for (const [seat, who] of seats) await seat.see(who);
    assert.deepEqual([await demo.sessionOf(p[0]!.name), await demo.sessionOf(p[1]!.name)].map((s) => s!.id), before.map((s) => s!.id));
    assert.ok(await demo.test(`kill -0 ${pid}`), "a program of the session has ended");
    for (const [i, [seat, who]] of seats.entries()) {
      seat.use();
      await until("what is typed reaches the session again", async () => (await events(demo, who)) > counts[i]!);
    }
    assert.deepEqual(await blocks(demo), []);
    for (const seat of [vnc, web, other]) seat.close();
  });

  check(demo, "the page shows the words as text, in its language; a VNC station draws them", async () => {
    const words = "Разбор <b>домашних</b> заданий 下午三点 😀 & “now”";
    const page = await StationTab.open(demo, p[3]!);
    await ready(demo, p[3]!);
    const german = await StationTab.open(demo, undefined, { locale: "de" });
    const [a, b] = await Promise.all([VncSeat.open(demo, p[4]!), VncSeat.open(demo, p[5]!)]);
    await Promise.all([ready(demo, p[4]!), ready(demo, p[5]!)]);
    const users = [3, 4, 5].map((i) => p[i]!.name);
    await block(demo, operator().name, { users }, words);
    await page.page.getByText(words, { exact: true }).waitFor({ timeout: 3000 });
    assert.equal(await page.page.locator("main b, dialog b, .block b").count(), 0);
    const [red, green, blue] = [p[3]!.colour >> 16, (p[3]!.colour >> 8) & 255, p[3]!.colour & 255];
    assert.equal(await page.sees(red, green, blue), false, "the desktop is under the message");
    await page.screenshot("block-browser");
    for (const [seat, who] of [[a, p[4]!], [b, p[5]!]] as const) await showsBlock(seat, who);
    await Promise.all([a.still(), b.still()]);
    assert.ok(a.screen.pixels.equals(b.screen.pixels), "the same block looks different at two stations");
    const first = Buffer.from(a.screen.pixels);
    // New words take the place of the old ones.
    await block(demo, operator().name, { users: [p[4]!.name] }, "Something else");
    await a.screen.see("the new words", (r) => !r.pixels.equals(first));
    assert.ok(b.screen.pixels.equals(first));
    // The default text: none is given. (The page of the person sits in English, the other one in German.)
    await block(demo, operator().name, { users: [p[3]!.name] }, null);
    await page.page.getByText(words, { exact: true }).waitFor({ state: "detached" });
    const english = await page.page.locator("main").innerText();
    await unblock(demo, operator().name, { all: true });
    await page.desktop();
    await until("the desktop again", () => page.sees(red, green, blue));
    const session = await demo.sessionOf(p[3]!.name);
    await german.page.getByLabel("Benutzername", { exact: true }).fill(p[3]!.name);
    await german.page.locator("input[type=password]").fill(p[3]!.password);
    await german.page.getByRole("button", { name: /^(Anmelden|Weiter)$/ }).click();
    await german.desktop();
    await block(demo, operator().name, { sessions: [session!.id] }, null);
    const there = await until("the German default text", async () => {
      const text = await german.page.locator("main").innerText();
      return (await german.sees(red, green, blue)) === false && text.trim() && text;
    });
    assert.notEqual(there, english, "the default text is the same in English and in German");
    await german.screenshot("block-browser-german");
    await unblock(demo, operator().name, { all: true });
    assert.deepEqual(page.problems.concat(german.problems), []);
    for (const seat of [a, b, page, german]) await seat.close();
  });

  check(demo, "all: who logs in later is blocked from the first pixel on; a teacher is not, nor is the one who ordered it", async () => {
    const early = await WebSeat.open(demo, p[6]!);
    await ready(demo, p[6]!);
    await block(demo, operator().name, { all: true }, "Everybody");
    await showsBlock(early, p[6]!);
    const watchFor = [p[0]!.colour, p[1]!.colour];
    const [vnc, web] = await Promise.all([VncSeat.open(demo, p[0]!, { watchFor }), WebSeat.open(demo, undefined, { watchFor })]);
    await web.scenesBe("a greeter stays usable", (s) => s.kind === "greeter");
    await web.logIn(p[1]!);
    for (const who of [p[0]!, p[1]!]) {
      await ready(demo, who);
      await demo.inSession(who.name, `xsetroot -solid '#${who.colour.toString(16).padStart(6, "0")}'`);
    }
    await showsBlock(vnc, p[0]!);
    await showsBlock(web, p[1]!);
    const counts = await Promise.all([events(demo, p[0]!), events(demo, p[1]!)]);
    vnc.use();
    web.use();
    await throughout("nothing of the desktops", 600, () => !vnc.sighted(p[0]!.colour) && !web.sighted(p[1]!.colour));
    vnc.assertUnseen(p[0]!);
    web.assertUnseen(p[1]!);
    assert.deepEqual(web.scenes.filter((s) => s.kind === "session"), [], "the page was told to show the session");
    assert.deepEqual(await Promise.all([events(demo, p[0]!), events(demo, p[1]!)]), counts);
    // Teachers work on.
    for (const teacher of [operator(), admin()]) {
      const seat = await VncSeat.open(demo, teacher);
      const s = await activeSession(demo, teacher.name);
      assert.equal(s.blocked, false);
      assert.equal((await demo.stations()).find((x) => x.session === s.id)?.scene, "session");
      seat.close();
    }
    // Out one by one is not possible while all are blocked.
    const [one] = await unblock(demo, operator().name, { users: [p[0]!.name] });
    assert.equal(one?.state, "refused");
    assert.match(one!.reason, /\w{3,} \w+/);
    await showsBlock(vnc, p[0]!);
    await unblock(demo, operator().name, { all: true });
    await vnc.see(p[0]!);
    await web.see(p[1]!);
    await early.see(p[6]!);
    for (const seat of [vnc, web, early]) seat.close();
  });

  check(demo, "it ends by itself at its time, and not before", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    await seat.see(p[0]!);
    const end = Date.now() + 1500;
    await block(demo, operator().name, { users: [p[0]!.name] }, "A minute", end);
    const scene = await seat.scenesBe("the block", (s) => s.kind === "block");
    assert.equal(scene.block!.until_ms, end);
    await until("the desktop is gone", () => !seat.shows(p[0]!.colour));
    await seat.see(p[0]!, 5000);
    assert.ok(Date.now() >= end, "it ended before its time");
    assert.ok(Date.now() < end + limit(1000), "it ended late");
    assert.deepEqual(await blocks(demo), []);
    // One whose time was over while stationd was away is not in force when it is back.
    const moment = Date.now() + 700;
    await block(demo, operator().name, { users: [p[0]!.name] }, "A moment", moment);
    await until("the desktop is gone", () => !seat.shows(p[0]!.colour));
    await demo.sh("systemctl stop stationd.service");
    await until("its time is over", () => Date.now() > moment);
    await demo.sh("systemctl start stationd.service");
    await seat.see(p[0]!);
    await assert.rejects(block(demo, operator().name, { users: [p[0]!.name] }, "Past", Date.now() - 1000), /InvalidParameter|Refused/);
    seat.close();
  });

  check(demo, "at another station, and whoever sits at the blocked station", async () => {
    const first = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    await first.see(p[0]!);
    const station = session.stations[0]!;
    await block(demo, operator().name, { sessions: [session.id] }, "Here and there");
    assert.deepEqual((await blocks(demo)).map((b) => `${b.kind} ${b.name}`).sort(), [`station ${station}`, `user ${p[0]!.name}`]);
    // The user, elsewhere: from the first pixel.
    const elsewhere = await VncSeat.open(demo, p[0]!, { watchFor: [p[0]!.colour] });
    await showsBlock(elsewhere, p[0]!);
    elsewhere.use();
    // The station, without the user: no greeter, but the block; and another account does not help.
    await first.scenesBe("the block instead of the greeter", (s) => s.kind === "block" && s.session === "");
    assert.equal((await demo.stations()).find((s) => s.id === station)?.scene, "block");
    first.lookFor(p[2]!);
    await first.logIn(p[2]!).then(() => ready(demo, p[2]!)).catch((error: Error) => {
      if (!/40\d|429/.test(error.message)) throw error;
    });
    await throughout("the station shows nobody's desktop", 500, () => !first.sighted(p[2]!.colour) && first.scene?.kind === "block");
    elsewhere.assertUnseen(p[0]!);
    // The station's page again, with its cookie, is the same station.
    first.close();
    const again = await WebSeat.open(demo, undefined, { cookie: first.cookie, watchFor: [p[2]!.colour] });
    assert.equal(again.id, station);
    assert.equal(again.scene!.kind, "block");
    // Unblocking the session takes back both.
    await unblock(demo, operator().name, { sessions: [session.id] });
    await elsewhere.see(p[0]!);
    await again.scenesBe("the station is free", (s) => s.kind !== "block");
    assert.deepEqual(await blocks(demo), []);
    elsewhere.close();
    again.close();
  });

  check(demo, "refused by name: own session, other operators, administrators; unknown ones; all leaves them out", async () => {
    const seats = await Promise.all([operator(), admin(), { name: "t-op2", password: p[0]!.password }].map((a) => VncSeat.open(demo, a)));
    const pupil = await VncSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    const names = [operator().name, admin().name, "t-op2"];
    const sessions = await Promise.all(names.map((n) => activeSession(demo, n)));
    const targets = await block(demo, operator().name, { sessions: sessions.map((s) => s.id).concat("s9999"), users: [p[0]!.name, "t-nobody"] }, "No");
    const of = (what: string) => targets.find((t) => t.user === what || t.session === what)!;
    for (const name of names) {
      assert.equal(of(name)?.state, "refused", name);
      assert.ok(of(name).reason.length > 10, of(name).reason);
      assert.ok(of(name).full_name.length > 2);
    }
    assert.equal(of("s9999")?.state, "failed");
    assert.equal(of("t-nobody")?.state, "failed");
    assert.equal(of(p[0]!.name)?.state, "done");
    await showsBlock(pupil, p[0]!);
    for (const s of sessions) assert.equal((await demo.sessionOf(s.user))?.blocked, false);
    // Nor may an administrator: such sessions can only be logged off (setting orchestrate-privileged).
    const high = await block(demo, admin().name, { sessions: sessions.map((s) => s.id) }, "By the head");
    assert.deepEqual(names.map((n) => high.find((t) => t.user === n)?.state), ["refused", "refused", "refused"]);
    for (const t of high) assert.match(t.reason, /own session|can only be logged off/);
    const back = await unblock(demo, "t-op2", { users: [operator().name] });
    assert.equal(back[0]?.state, "refused");
    // A user without a session is blocked for later.
    const later = await block(demo, operator().name, { users: [p[7]!.name] }, "Later");
    assert.deepEqual(later.map((t) => t.state), ["done"]);
    const late = await WebSeat.open(demo, p[7]!, { watchFor: [p[7]!.colour] });
    await showsBlock(late, p[7]!);
    late.assertUnseen(p[7]!);
    await unblock(demo, "root", { all: true });
    await late.see(p[7]!);
    await pupil.see(p[0]!);
    // Pupils may not, whatever they name.
    for (const method of ["Blocks.Block", "Blocks.Unblock"])
      await assert.rejects(demo.call(method, { users: [p[1]!.name], sessions: null, stations: null, all: null, ...(method === "Blocks.Block" ? { message: null, until_ms: null } : {}) }, p[0]!.name), /Refused/);
    for (const seat of [...seats, pupil, late]) seat.close();
  });

  check(demo, "the audit log tells who blocked whom", async () => {
    const rows = await audit(demo, "Blocks.Block");
    assert.ok(rows.some((r) => r.user === operator().name && r.targets.includes(p[0]!.name)), JSON.stringify(rows.slice(-5)));
    assert.ok(rows.some((r) => r.user === operator().name && /refused/.test(r.result) && r.targets.includes(admin().name)), "the refusal is not in the log");
    assert.ok((await audit(demo, "Blocks.Unblock")).some((r) => r.user === operator().name));
  });

  for (const how of ["restart stationd", "restart station-relay", "restart stationd, then station-relay", "restart station-relay, then stationd", "kill -9 stationd station-relay"]) {
    check(demo, `${how}: the station stays blocked, not one frame of the desktop`, async () => {
      const web = await WebSeat.open(demo, p[0]!);
      let vnc: VncSeat | undefined = await VncSeat.open(demo, p[1]!);
      const sessions = [await ready(demo, p[0]!), await ready(demo, p[1]!)];
      await block(demo, operator().name, { all: true }, "Hold");
      await showsBlock(web, p[0]!);
      await showsBlock(vnc, p[1]!);
      web.lookFor(p[0]!);
      vnc.lookFor(p[1]!);
      const scenes = web.scenes.length;
      const using = setInterval(() => [web, vnc].forEach((seat) => seat?.use()), 20);
      const daemons = how.includes("then") ? how.replace("restart ", "").split(", then ") : how.replace(/restart |kill -9 /, "").split(" ");
      await restarted(demo, how.startsWith("kill") ? killBoth : daemons.map((d) => `systemctl restart ${d}`).join("; "));
      if (daemons.includes("station-relay")) {
        await until("the page is told again", () => web.scenes.length > scenes);
        await until("the viewer has lost its connection", () => vnc!.screen.closed);
        vnc.assertUnseen(p[1]!);
        vnc = await VncSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
      }
      await showsBlock(web, p[0]!);
      await showsBlock(vnc, p[1]!);
      clearInterval(using);
      web.assertUnseen(p[0]!);
      vnc.assertUnseen(p[1]!);
      assert.deepEqual(web.scenes.slice(scenes).filter((s) => s.kind === "session"), []);
      assert.deepEqual([await demo.sessionOf(p[0]!.name), await demo.sessionOf(p[1]!.name)].map((s) => s!.id), sessions.map((s) => s.id));
      await unblock(demo, operator().name, { all: true });
      await web.see(p[0]!);
      await vnc.see(p[1]!);
      web.close();
      vnc.close();
    });
  }

  check(demo, "over a reboot: the blocks are there, text and end included; a station keeps its own", async () => {
    const web = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    const end = Date.now() + 3_600_000;
    await block(demo, operator().name, { sessions: [session.id] }, "Until tomorrow", end);
    await block(demo, admin().name, { all: true }, "All of you");
    const inOrder = async () => (await blocks(demo)).sort((a, b) => `${a.kind} ${a.name}`.localeCompare(`${b.kind} ${b.name}`));
    const before = await inOrder();
    for (const [kind, name] of [["all", ""], ["station", session.stations[0]!], ["user", p[0]!.name]])
      assert.ok(before.some((b) => b.kind === kind && b.name === name), JSON.stringify(before));
    web.close();
    await demo.reboot();
    assert.deepEqual(await demo.sessions(), []);
    assert.deepEqual(await inOrder(), before);
    const again = await WebSeat.open(demo, undefined, { cookie: web.cookie });
    assert.equal(again.id, web.id);
    assert.equal(again.scene!.kind, "block", "the blocked station shows a greeter");
    const vnc = await VncSeat.open(demo, p[0]!, { watchFor: [p[0]!.colour] });
    await ready(demo, p[0]!);
    await showsBlock(vnc, p[0]!);
    vnc.assertUnseen(p[0]!);
    const late = await WebSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
    await ready(demo, p[1]!);
    await showsBlock(late, p[1]!);
    late.assertUnseen(p[1]!);
    await unblock(demo, "root", { all: true });
    assert.deepEqual(await blocks(demo), []);
    await vnc.see(p[0]!);
    await late.see(p[1]!);
    await again.scenesBe("the greeter", (s) => s.kind === "greeter");
    for (const seat of [again, vnc, late]) seat.close();
  }, 90_000);

  check(demo, "this test sees a desktop when there is one", async () => {
    // What the tests above rest on: a desktop that is shown for a moment is found.
    const seat = await VncSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    await seat.see(p[0]!);
    await block(demo, operator().name, { all: true });
    await showsBlock(seat, p[0]!);
    seat.lookFor(p[0]!);
    await unblock(demo, operator().name, { all: true });
    await seat.see(p[0]!);
    assert.throws(() => seat.assertUnseen(p[0]!), /pixels of the desktop/);
    const n = await events(demo, p[0]!);
    seat.use();
    await until("events are counted", async () => (await events(demo, p[0]!)) > n);
    assert.ok(seat.screen instanceof Rfb);
    seat.close();
  });
});
