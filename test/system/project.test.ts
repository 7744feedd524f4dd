// SPDX-License-Identifier: GPL-3.0-or-later
// Projection: one desktop, or a teacher's screen, at the stations of others; of any size, with new log-ins,
// in a window, below a block, and what is left when it ends, however it ends.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { Person as Supervisor } from "../harness/api.js";
import { Dashboard, jpeg } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import {
  audit, block, events, fillRoom, keys, killBoth, project, projections, ready, restarted, ScreenSender, SocketEnded, stopProjection, tidyUp, unblock, VncSeat, WebSeat, type Person, type Seat,
} from "../harness/room.js";
import { limit, NotYet, throughout, until } from "../harness/wait.js";

describe("projection", () => {
  const demo = useDemo("project");
  let p: Person[];
  let source: VncSeat;
  let sourceId: string;
  const operator = () => demo.account("operator").name;
  const screenColour = 0x7090b0;

  before(async () => {
    p = await fillRoom(demo, 7, [{ name: "t-op2", role: "operator", full_name: "Otto Operator" }]);
    source = await VncSeat.open(demo, p[0]!);
    sourceId = (await ready(demo, p[0]!)).id;
    await source.see(p[0]!);
  });

  tidyUp(demo, () => [source]);

  const hex = (colour: number) => `#${colour.toString(16).padStart(6, "0")}`;
  const sees = (seat: Seat, colour: number, what: string, timeout = 5000) =>
    until(`the ${seat.kind} station shows ${what}`, () => {
      if (!seat.shows(colour)) throw new NotYet(seat.describe());
      return true;
    }, timeout);

  check(demo, "to selected and to all: every station shows it, of whatever size; input is cut; stop brings all back", async () => {
    const sizes = [{ width: 800, height: 600 }, { width: 800, height: 600 }, { width: 1000, height: 1000 }] as const;
    const seats: Seat[] = [await WebSeat.open(demo, p[1]!, { size: sizes[0] }), await VncSeat.open(demo, p[2]!, { size: sizes[1] }), await VncSeat.open(demo, p[3]!, { size: sizes[2] })];
    const people = [p[1]!, p[2]!, p[3]!];
    for (const [i, seat] of seats.entries())
      await until(`the ${seat.kind} station has its own size`, () => seat.screen?.width === sizes[i]!.width && seat.screen.height === sizes[i]!.height);
    for (const [i, who] of people.entries()) {
      await ready(demo, who);
      await seats[i]!.see(who);
    }
    const sessions = await Promise.all(people.map(async (who) => (await demo.sessionOf(who.name))!.id));
    // Two of the three.
    const t0 = Date.now();
    const one = await project(demo, operator(), sourceId, { sessions: sessions.slice(0, 2) });
    await until("both stations show the source", () => seats.slice(0, 2).every((s) => s.shows(p[0]!.colour)), limit(1500));
    assert.ok(Date.now() - t0 < limit(1000), `it took ${Date.now() - t0} ms`);
    assert.deepEqual(one.targets.map((t) => t.state), ["done", "done"]);
    assert.ok(seats[2]!.shows(p[3]!.colour), "a station that was not named shows it");
    const [there] = await projections(demo);
    assert.deepEqual([there!.id, there!.source, there!.session, there!.user, there!.by, there!.all, there!.window], [one.projection, "session", sourceId, p[0]!.name, operator(), false, false]);
    assert.equal(there!.stations.length, 2);
    const now = await demo.sessions();
    assert.deepEqual(sessions.map((id) => now.find((s) => s.id === id)!).map((s) => [s.projected, s.scene]), [[true, "projection"], [true, "projection"], [false, "session"]]);
    assert.equal(now.find((s) => s.id === sourceId)!.projecting, true);
    assert.ok(source.shows(p[0]!.colour), "the source's own station");
    // And all.
    const two = await project(demo, operator(), sourceId, { all: true });
    for (const seat of seats) await sees(seat, p[0]!.colour, "the source");
    // Letter-boxed: the station keeps its size, the picture its shape, in the middle; the rest is black. (A page
    // gets the picture in its own size and does the same itself.)
    const shown = [[source.screen.width, source.screen.height], [800, 600], [1000, 1000]];
    for (const [i, seat] of seats.entries())
      await until(`station ${i} has a picture of ${shown[i]!.join("x")}`, () => {
        if (seat.screen?.width !== shown[i]![0] || seat.screen?.height !== shown[i]![1]) throw new NotYet(seat.describe());
        return true;
      }, 3000);
    for (const seat of seats) {
      const r = seat.screen!;
      const scale = Math.min(r.width / source.screen.width, r.height / source.screen.height);
      const [w, h] = [source.screen.width * scale, source.screen.height * scale];
      const expected = (w * h) / (r.width * r.height);
      await until(`the picture fills ${expected} of ${r.width}x${r.height}`, () => {
        if (Math.abs(r.shareNear(p[0]!.colour, 2) - expected) > 0.03) throw new NotYet([seat.describe(), r.shareNear(p[0]!.colour, 2), expected]);
        return true;
      });
      r.save(artefact(`projection-${r.width}x${r.height}.png`));
      if (expected < 0.99) {
        const [x, y] = w < r.width - 8 ? [1, r.height >> 1] : [r.width >> 1, 1];
        // A frame comes in pieces.
        await until(`black bars at both sides of ${r.width}x${r.height}`, () => r.pixel(x, y) === 0 && r.pixel(r.width - 1 - x, r.height - 1 - y) === 0, 2000);
      }
    }
    // It follows the source.
    await demo.inSession(p[0]!.name, `xsetroot -solid '${hex(screenColour)}'`);
    for (const seat of seats) await sees(seat, screenColour, "what the source shows now");
    await demo.inSession(p[0]!.name, `xsetroot -solid '${hex(p[0]!.colour)}'`);
    for (const seat of seats) await sees(seat, p[0]!.colour, "the source again");
    // Nothing typed at the targets reaches a session, neither theirs nor the source.
    const counts = await Promise.all([p[0]!, ...people].map((who) => events(demo, who)));
    for (const seat of seats) seat.use();
    source.screen.press("a");
    await until("the source's own station works", async () => (await keys(demo, p[0]!)) > 0 && (await events(demo, p[0]!)) > counts[0]!);
    for (const seat of seats) seat.use();
    await throughout("no event", 300, async () => (await events(demo, p[1]!)) === counts[1]);
    assert.deepEqual(await Promise.all(people.map((who) => events(demo, who))), counts.slice(1));
    assert.equal(await events(demo, p[0]!), counts[0]! + 1, "what was typed at a target reached the source");
    // The newest ends: the one below is there, for those it names.
    assert.deepEqual(await stopProjection(demo, operator(), two.projection), [two.projection]);
    await seats[2]!.see(p[3]!);
    await sees(seats[0]!, p[0]!.colour, "the first projection");
    await stopProjection(demo, operator(), null);
    for (const [i, seat] of seats.entries()) await seat.see(people[i]!);
    seats[0]!.use();
    await until("typing works again", async () => (await events(demo, p[1]!)) > counts[1]!);
    assert.deepEqual(await projections(demo), []);
    for (const seat of seats) seat.close();
  });

  check(demo, "a new log-in joins, from its first pixel; a greeter stays a greeter", async () => {
    const web = await WebSeat.open(demo, undefined, { watchFor: [p[4]!.colour] });
    await project(demo, operator(), sourceId, { all: true });
    await web.scenesBe("the greeter", (s) => s.kind === "greeter");
    const vnc = await VncSeat.open(demo, p[5]!, { watchFor: [p[5]!.colour] });
    await web.logIn(p[4]!);
    for (const seat of [web, vnc]) await sees(seat, p[0]!.colour, "the source", 10_000);
    for (const who of [p[4]!, p[5]!]) {
      await ready(demo, who);
      await demo.inSession(who.name, `xsetroot -solid '${hex(who.colour)}'`);
    }
    await throughout("the projection goes on", 400, () => web.shows(p[0]!.colour) && vnc.shows(p[0]!.colour));
    web.assertUnseen(p[4]!);
    vnc.assertUnseen(p[5]!);
    await stopProjection(demo, operator(), null);
    await web.see(p[4]!);
    await vnc.see(p[5]!);
    web.close();
    vnc.close();
  });

  check(demo, "in a window: people work on and see it small", async () => {
    const [web, vnc] = [await WebSeat.open(demo, p[1]!), await VncSeat.open(demo, p[2]!)];
    for (const [seat, who] of [[web, p[1]!], [vnc, p[2]!]] as const) {
      await ready(demo, who);
      await seat.see(who);
    }
    await project(demo, operator(), sourceId, { users: [p[1]!.name, p[2]!.name] }, true);
    for (const [seat, who] of [[web, p[1]!], [vnc, p[2]!]] as const) {
      await until(`the window at the ${seat.kind} station`, () => {
        const part = seat.screen?.shareNear(p[0]!.colour, 2) ?? 0;
        if (part < 0.03 || part > 0.25) throw new NotYet([part, seat.describe()]);
        return seat.shows(who.colour);
      }, 5000);
      const n = await keys(demo, who);
      seat.screen!.pointer(40, 40);
      seat.screen!.type("work");
      await until("what is typed reaches the own session", async () => (await keys(demo, who)) >= n + 4);
      assert.equal((await demo.sessionOf(who.name))?.scene, "session");
      seat.screen!.save(artefact(`projection-window-${seat.kind}.png`));
    }
    await stopProjection(demo, operator(), null);
    for (const [seat, who] of [[web, p[1]!], [vnc, p[2]!]] as const)
      await until("the window is gone", () => (seat.screen?.shareNear(p[0]!.colour, 2) ?? 1) < 0.001 && seat.shows(who.colour));
    web.close();
    vnc.close();
  });

  check(demo, "the source logs off: the projection ends by itself", async () => {
    const [from, to] = [await WebSeat.open(demo, p[6]!), await VncSeat.open(demo, p[1]!)];
    const s = await ready(demo, p[6]!);
    await ready(demo, p[1]!);
    await project(demo, operator(), s.id, { users: [p[1]!.name] });
    await sees(to, p[6]!.colour, "the source");
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { sessions: [s.id] });
    await demo.finished(job);
    await to.see(p[1]!);
    assert.deepEqual(await projections(demo), []);
    await assert.rejects(project(demo, operator(), s.id, { users: [p[1]!.name] }), /NotFound/);
    from.close();
    to.close();
  });

  check(demo, "two operators: the newest is shown, its end reveals the one below; each stops own ones only as the rules say", async () => {
    const second = await VncSeat.open(demo, p[5]!);
    const to = await WebSeat.open(demo, p[1]!);
    const secondId = (await ready(demo, p[5]!)).id;
    await ready(demo, p[1]!);
    const a = await project(demo, operator(), sourceId, { users: [p[1]!.name] });
    await sees(to, p[0]!.colour, "the first");
    const b = await project(demo, "t-op2", secondId, { users: [p[1]!.name] });
    await sees(to, p[5]!.colour, "the second");
    await stopProjection(demo, "t-op2", b.projection);
    await sees(to, p[0]!.colour, "the first again");
    // The one below ends unseen.
    const c = await project(demo, "t-op2", secondId, { users: [p[1]!.name] });
    await sees(to, p[5]!.colour, "the second");
    await stopProjection(demo, operator(), a.projection);
    await throughout("the second stays", 300, () => to.shows(p[5]!.colour));
    await stopProjection(demo, "t-op2", c.projection);
    await to.see(p[1]!);
    await assert.rejects(project(demo, p[2]!.name, secondId, { users: [p[1]!.name] }), /Refused/);
    second.close();
    to.close();
  });

  check(demo, "block goes above projection, and ends to it", async () => {
    const seats = [await WebSeat.open(demo, p[1]!), await VncSeat.open(demo, p[2]!)];
    for (const who of [p[1]!, p[2]!]) await ready(demo, who);
    await project(demo, operator(), sourceId, { users: [p[1]!.name, p[2]!.name] });
    for (const seat of seats) await sees(seat, p[0]!.colour, "the source");
    await block(demo, operator(), { users: [p[1]!.name, p[2]!.name] }, "Stop");
    for (const seat of seats) await until("the projection is gone", () => !seat.shows(p[0]!.colour));
    for (const seat of seats) seat.lookFor(p[0]!, p[1]!, p[2]!);
    await demo.inSession(p[0]!.name, `xsetroot -solid '${hex(p[0]!.colour)}'`);
    await throughout("neither desktop nor projection", 300, () => seats.every((s) => !s.sighted(p[0]!.colour)));
    for (const seat of seats) seat.assertUnseen(p[0]!, p[1]!, p[2]!);
    // A blocked source is projected on all the same: the block is for the person.
    await unblock(demo, operator(), { all: true });
    for (const seat of seats) await sees(seat, p[0]!.colour, "the source again");
    await stopProjection(demo, operator(), null);
    for (const seat of seats) seat.close();
  });

  check(demo, "restart of both daemons: it goes on; nobody sees anything else meanwhile", async () => {
    const to = await WebSeat.open(demo, p[1]!);
    await ready(demo, p[1]!);
    await project(demo, operator(), sourceId, { all: true });
    await sees(to, p[0]!.colour, "the source");
    for (const how of ["systemctl restart stationd", "systemctl restart station-relay", killBoth]) {
      to.lookFor(p[1]!);
      await restarted(demo, how);
      await sees(to, p[0]!.colour, "the source again", 10_000);
      to.assertUnseen(p[1]!);
      assert.equal((await projections(demo)).length, 1, how);
    }
    await stopProjection(demo, operator(), null);
    await to.see(p[1]!);
    to.close();
    source = await VncSeat.open(demo, p[0]!); // the relay's end was its own
    await source.see(p[0]!);
  });

  check(demo, "the operator's screen: pictures of the dashboard, in their order, to the stations; its end ends it", async () => {
    const karin = await Supervisor.signIn(demo, demo.account("operator"));
    const [blue, green] = [await jpeg(demo, 0x2040d0, 600, 600), await jpeg(demo, 0x10a030, 600, 600)];
    const seats: Seat[] = [await WebSeat.open(demo, p[1]!), await VncSeat.open(demo, p[2]!)];
    for (const who of [p[1]!, p[2]!]) await ready(demo, who);
    const started = await karin.call("Projections.Start", { source: null, sessions: null, users: [p[1]!.name, p[2]!.name], stations: null, all: null, window: null });
    assert.equal(started.status, 200, started.body);
    const id = String(started.json["projection"]);
    const sender = await ScreenSender.open(demo, karin.cookie, id, blue);
    for (const seat of seats) await sees(seat, 0x2040d0, "the first picture");
    const count = sender.sent;
    sender.show(green);
    for (const seat of seats) await sees(seat, 0x10a030, "the second picture");
    assert.equal(sender.sent, count + 1);
    assert.equal((await projections(demo))[0]!.source, "screen");
    const r = seats[1]!.screen!;
    assert.deepEqual([r.pixel(2, r.height >> 1), r.pixel(r.width - 3, r.height >> 1)], [0, 0], `not letter-boxed: ${seats[1]!.describe()}`);
    // Coming back within ten seconds is no end.
    sender.close();
    const again = await ScreenSender.open(demo, karin.cookie, id, blue);
    for (const seat of seats) await sees(seat, 0x2040d0, "the picture of the socket that came back");
    // Stop closes the sender's socket.
    await karin.call("Projections.Stop", { projection: id, all: null });
    await until("the sender's socket is closed", () => again.end);
    await seats[0]!.see(p[1]!);
    await seats[1]!.see(p[2]!);
    await assert.rejects(ScreenSender.open(demo, karin.cookie, id, blue).then(async (s) => {
      const end = await until("the socket is closed", () => s.end);
      throw new SocketEnded(end);
    }), (e: SocketEnded) => e.ended?.code === 4404 || e.ended?.code === 4403);
    for (const seat of seats) seat.close();
  });

  check(demo, "the operator's screen, from the page: menu, picture at the stations, stop", async () => {
    const seats: Seat[] = [await WebSeat.open(demo, p[1]!), await VncSeat.open(demo, p[2]!)];
    for (const [i, who] of [p[1]!, p[2]!].entries()) {
      await ready(demo, who);
      await seats[i]!.see(who);
    }
    const page = await Dashboard.open(demo, demo.account("operator"));
    await page.tile(p[2]!.name).waitFor();
    await page.menu("My screen to all", "Project");
    const go = page.dialog.getByRole("button", { name: "Project", exact: true });
    await until("the projection is asked for or runs", async () => (await projections(demo)).length > 0 || (await go.isVisible()));
    if (await go.isVisible()) await go.click();
    await until("the projection runs", async () => (await projections(demo))[0]?.source === "screen");
    for (const [i, seat] of seats.entries())
      await until(`the ${seat.kind} station shows the screen`, () => {
        const r = seat.screen;
        if (!r || r.shareNear([p[1]!, p[2]!][i]!.colour) > 0.01 || r.colours(4) < 3) throw new NotYet(seat.describe());
        return true;
      });
    for (const seat of seats) {
      const still = Buffer.from(seat.screen!.pixels);
      await until(`it moves at the ${seat.kind} station`, () => !seat.screen!.pixels.equals(still));
    }
    for (const seat of seats) seat.screen!.save(artefact(`projection-page-${seat.kind}.png`));
    await page.page.getByRole("button", { name: /^Stop/ }).first().click();
    await seats[0]!.see(p[1]!);
    await seats[1]!.see(p[2]!);
    assert.deepEqual(page.problems, []);
    await page.close();
  });

  check(demo, "a screen that nobody sends, or no more, ends after ten seconds", async () => {
    const karin = await Supervisor.signIn(demo, demo.account("operator"));
    const to = await WebSeat.open(demo, p[1]!);
    await ready(demo, p[1]!);
    const start = async () => String((await karin.call("Projections.Start", { source: null, sessions: null, users: [p[1]!.name], stations: null, all: null, window: null })).json["projection"]);
    const t0 = Date.now();
    await start();
    const sent = await start();
    const sender = await ScreenSender.open(demo, karin.cookie, sent, await jpeg(demo, 0x2040d0));
    await sees(to, 0x2040d0, "the screen");
    sender.close();
    await until("both have ended", async () => (await projections(demo)).length === 0, 15_000);
    assert.ok(Date.now() - t0 > 9000, "ended early");
    await to.see(p[1]!);
    to.close();
  });

  check(demo, "the audit log tells who projected what to whom; a pupil sees no list", async () => {
    assert.ok((await audit(demo, "Projections.Start")).some((r) => r.user === operator()));
    assert.ok((await audit(demo, "Projections.Stop")).some((r) => r.user === operator()));
    await assert.rejects(demo.call("Projections.List", {}, p[1]!.name), /Refused/);
    await activeSession(demo, p[0]!.name);
  });
});
