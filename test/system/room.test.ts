// SPDX-License-Identifier: GPL-3.0-or-later
// A room with every kind of station at once: two local ones, TigerVNC, FreeRDP and Chromium. For whoever sits there, and
// for the teacher, they are the same: seen, blocked, unblocked, logged off.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { Dashboard, StationTab } from "../harness/browser.js";
import { gone } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { LocalSeats, output } from "../harness/local.js";
import { artefact } from "../harness/paths.js";
import { RdpClient, startRdp } from "../harness/rdpclient.js";
import { block, events, fillRoom, keys, password, ready, unblock, type Person } from "../harness/room.js";
import { Viewer } from "../harness/viewer.js";
import { NotYet, until } from "../harness/wait.js";

const KINDS = ["local", "vnc", "rdp", "browser"] as const;

describe("a room with every kind of station", () => {
  const demo = useDemo("room");
  let anna: Person, ben: Person, cem: Person, dana: Person, eli: Person;
  let everybody: Person[];
  let seats: LocalSeats, viewer: Viewer, client: RdpClient, tab: StationTab, teacher: Dashboard;
  before(async () => {
    everybody = await fillRoom(demo, 5);
    [anna, ben, cem, dana, eli] = everybody as [Person, Person, Person, Person, Person];
    await startRdp(demo);
    seats = await LocalSeats.open(demo);
  }, { timeout: 90_000 });

  /** Whose desktops are shown, each at the own screen. */
  const seen = async () => {
    const there: [Person, boolean][] = [
      [anna, await seats.screen("local-1").shows(anna.colour)], [ben, await seats.screen("local-2").shows(ben.colour)],
      [cem, viewer.rfb.shareNear(cem.colour, 8) > 0.3], [dana, client.rfb.shareNear(dana.colour, 8) > 0.3], [eli, await tab.shows(eli.colour)],
    ];
    return there.filter(([, shown]) => shown).map(([p]) => p.name);
  };
  const shown = (what: string, who: Person[]) => until(what, async () => {
    const now = await seen();
    if (now.join() !== who.map((p) => p.name).join()) throw new NotYet(now);
    return true;
  }, 30_000);
  const typed = async (who: Person, act: () => unknown) => {
    const before = await Promise.all(everybody.map((p) => keys(demo, p)));
    await act();
    await until(`keys come to ${who.name}`, async () => (await keys(demo, who)) >= before[everybody.indexOf(who)]! + 4, 20_000);
    for (const [i, p] of everybody.entries()) if (p !== who) assert.equal(await keys(demo, p), before[i], `${p.name} has got keys of ${who.name}`);
  };

  check(demo, "five people log in, each in the way of their station", async () => {
    await seats.plug([output(1), output(2)], ["1", "2"]);
    for (const [hub, id, person] of [["1", "local-1", anna], ["2", "local-2", ben]] as const) {
      await until(`${id} asks for its keyboard`, async () => (await demo.stations()).some((s) => s.id === id && (s.scene as string) === "mapping"), 20_000);
      await seats.screen(id).rests();
      await seats.type(hub, "x");
      await until(`${id} has a greeter`, async () => (await demo.stations()).some((s) => s.id === id && s.scene === "greeter"), 20_000);
      await seats.screen(id).rests();
      await seats.type(hub, `${person.name}\n`);
      await seats.type(hub, `${password}\n`);
      await ready(demo, person);
    }
    viewer = await Viewer.open(demo, { login: { user: cem.name, password: cem.password } });
    client = await RdpClient.open(demo, { name: "lab-rdp", login: dana });
    tab = await StationTab.open(demo);
    await tab.logIn(eli, () => tab.shows(eli.colour));
    for (const p of [cem, dana, eli]) await ready(demo, p);
    await shown("everybody's desktop at the own screen", everybody);
    const stations = (await demo.stations()).filter((s) => s.connected);
    assert.deepEqual(stations.map((s) => s.kind).sort(), ["browser", "local", "local", "rdp", "vnc"]);
    for (const s of stations) await demo.call("Stations.Set", { station: s.id, room: "Lab" });
  }, 120_000);

  check(demo, "keys go where they are typed", async () => {
    await typed(anna, () => seats.type("1", "abcd"));
    await typed(ben, () => seats.type("2", "abcd"));
    await typed(cem, () => (viewer.rfb.click(600, 400), viewer.rfb.type("abcd")));
    await typed(dana, () => (client.rfb.click(600, 400), client.rfb.type("abcd")));
    await typed(eli, async () => (await tab.canvas.click(), tab.page.keyboard.type("abcd")));
    // The wheel, too, at the kinds whose clients have one.
    for (const [who, rfb] of [[cem, viewer.rfb], [dana, client.rfb]] as const) {
      const before = await events(demo, who);
      rfb.pointer(600, 400, 8);
      rfb.pointer(600, 400, 0);
      await until(`the wheel turns at ${who.name}`, async () => (await events(demo, who)) > before && demo.test(`grep -A8 -E '^EVENT type 15 ' /home/${who.name}/events | grep -q 'detail: 4'`), 20_000);
    }
  }, 120_000);

  check(demo, "a picture of each on the dashboard, by kind of station and by room", async () => {
    teacher = await Dashboard.open(demo, demo.account("operator"), { width: 1440, height: 1800 });
    await until("five tiles", async () => (await teacher.tiles()) === 5);
    const group = teacher.page.getByRole("combobox", { name: "Group" });
    await group.selectOption({ label: "Kind of station" });
    for (const kind of KINDS)
      await until(`those at ${kind} stations`, async () => (await teacher.wall.getByRole("group", { name: new RegExp(`^${kind} stations?\\s*${kind === "local" ? 2 : 1}$`, "i") }).getByRole("option").count()) === (kind === "local" ? 2 : 1), 10_000);
    // Not in the middle, where the pointers are.
    await until("each tile has the colour of its desktop", async () => {
      const colours = await teacher.wall.getByRole("option").locator("canvas").evaluateAll((list) => list.map((el) => {
        const c = el as HTMLCanvasElement;
        const d = c.width ? c.getContext("2d")!.getImageData(c.width >> 2, c.height >> 2, 1, 1).data : [0, 0, 0];
        return (d[0]! << 16) | (d[1]! << 8) | d[2]!;
      }));
      const near = (a: number, b: number) => [16, 8, 0].every((s) => Math.abs(((a >> s) & 255) - ((b >> s) & 255)) < 12);
      if (!everybody.every((p) => colours.some((c) => near(c, p.colour)))) throw new NotYet(colours.map((c) => c.toString(16)));
      return true;
    }, 20_000);
    await teacher.screenshot("room-kinds");
    await group.selectOption({ label: "Room" });
    await until("one room", async () => (await teacher.wall.getByRole("group", { name: /^Lab\s*5$/ }).count()) === 1);
    await group.selectOption({ label: "None" });
  }, 60_000);

  check(demo, "a block of all is on every screen, and off every screen", async () => {
    await block(demo, "root", { users: everybody.map((p) => p.name) }, "Look at the board, please");
    await shown("no desktop anywhere", []);
    viewer.rfb.save(artefact("room-blocked-vnc.png"));
    client.rfb.save(artefact("room-blocked-rdp.png"));
    await teacher.screenshot("room-blocked");
    await unblock(demo, "root", { users: everybody.map((p) => p.name) });
    await shown("every desktop", everybody);
  }, 60_000);

  check(demo, "log off all: a result for each, and every station has its greeter again", async () => {
    const sessions = await demo.sessions();
    await teacher.menu("Log off all users");
    await teacher.confirm();
    await teacher.results.getByText("5 of 5 done").waitFor({ timeout: 30_000 });
    await teacher.screenshot("room-results");
    for (const s of sessions) await gone(demo, s);
    await tab.greeter();
    await shown("no desktop anywhere", []);
    await until("greeters", async () => (await demo.stations()).filter((s) => s.connected && s.kind !== "vnc").every((s) => s.scene === "greeter"), 20_000);
    assert.equal(client.ended, false);
    assert.deepEqual(teacher.problems, []);
  }, 60_000);
});
