// SPDX-License-Identifier: GPL-3.0-or-later
// What a teacher does with the wall, by mouse, by keyboard alone and by touch, in a class of twenty: find,
// select, enlarge, control, block, project, suspend, log off. Each time what the page says and what happened.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { byEachHand, sessionOf, useClass, type Part } from "../harness/classroom.js";
import { activeSession, gone } from "../harness/core.js";
import { check } from "../harness/demo.js";
import { Hand } from "../harness/hands.js";
import { blocks, events, keys } from "../harness/room.js";
import { limit, until } from "../harness/wait.js";

describe("the wall, in a teacher's hands", () => {
  const room = useClass("teach-wall");
  const { demo } = room;
  const karin = () => demo.account("operator").full_name;

  /** Accounts in the order of the wall. */
  const onWall = ({ hand }: Part) => hand.dash.wall.getByRole("option").evaluateAll((tiles) =>
    tiles.map((t) => ({ user: (t as HTMLElement).dataset["user"]!, n: Number(t.getAttribute("aria-posinset")) })).sort((a, b) => a.n - b.n).map((t) => t.user));
  const wallIs = (part: Part, ...users: string[]) => until("the tiles", async () => {
    assert.deepEqual(await onWall(part), users);
    return true;
  });

  byEachHand(room, (part) => {
    const search = () => part.hand.page.getByRole("searchbox", { name: "Search" });
    const names = () => room.everybody.map((x) => x.name).sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));

    check(demo, "search by name, station and state; the count says how many", async () => {
      const { hand, p } = part;
      await hand.write(search(), p[2]!.full_name.toLowerCase());
      await wallIs(part, p[2]!.name);
      await hand.page.locator(".counts-shown").getByText("1 of 20 shown").waitFor();
      const station = (await demo.stations()).find((s) => s.kind === "vnc" && s.connected)!;
      await hand.write(search(), station.name);
      await wallIs(part, p[1]!.name);
      await hand.write(search(), "nobody is called so");
      await hand.page.getByRole("heading", { name: "Nothing matches “nobody is called so”" }).waitFor();
      if (hand.kind === "keyboard") await hand.page.keyboard.press("Escape");
      await hand.press(hand.kind === "keyboard" ? search() : hand.page.getByRole("button", { name: "Clear the search" }));
      await wallIs(part, ...names());
    });

    check(demo, "active, sort, group and size", async () => {
      const { hand, p } = part;
      const active = (await demo.sessions()).filter((s) => s.state === "active").map((s) => s.user);
      assert.deepEqual(active.sort(), [p[0]!.name, p[1]!.name].sort());
      await hand.check(hand.page.getByRole("radio", { name: "Active" }));
      await until("those at a station", async () => (await hand.dash.tiles()) === 2);
      await hand.check(hand.page.getByRole("radio", { name: "All", exact: true }));
      await until("everybody", async () => (await hand.dash.tiles()) === 20);

      const sort = hand.page.getByRole("combobox", { name: "Sort" });
      await hand.choose(sort, "Station");
      await until("those with a station come first", async () => {
        assert.deepEqual((await onWall(part)).slice(0, 2).sort(), [p[0]!.name, p[1]!.name].sort());
        return true;
      });
      await hand.choose(sort, "Name");
      await wallIs(part, ...names());

      const group = hand.page.getByRole("combobox", { name: "Group" });
      await hand.choose(group, "Kind of station");
      const under = (name: RegExp) => hand.dash.wall.getByRole("group", { name }).getByRole("option");
      await until("headings", async () => (await under(/^Browser stations\s*1$/).count()) === 1);
      assert.equal(await under(/^Browser stations/).getAttribute("data-user"), p[0]!.name);
      assert.equal(await under(/^VNC stations\s*1$/).getAttribute("data-user"), p[1]!.name);
      assert.equal(await under(/^Without a station\s*18$/).count(), 18);
      await hand.choose(group, "None");
      await until("no headings", async () => (await hand.dash.wall.getByRole("group").count()) === 0);

      const width = async () => (await hand.dash.tile(p[0]!.name).boundingBox())!.width;
      const medium = await width();
      await hand.check(hand.page.getByRole("radio", { name: "Large tiles" }));
      await until("larger tiles", async () => (await width()) > medium * 1.3);
      await hand.check(hand.page.getByRole("radio", { name: "Small tiles" }));
      await until("smaller tiles", async () => (await width()) < medium / 1.3);
      // It is kept for this person; the search would not be.
      await hand.page.reload();
      await until("twenty small tiles again", async () => (await hand.dash.tiles()) === 20 && (await width()) < medium / 1.3);
      await hand.check(hand.page.getByRole("radio", { name: "Medium tiles" }));
    });

    check(demo, "select: one, several, a row of them, all, none; the bar names who", async () => {
      const { hand, p } = part;
      const { page } = hand;
      const bar = page.getByRole("region", { name: "Selection" });
      const order = await onWall(part);
      await hand.select(p[0]!.name);
      await bar.getByText(`1 selected: ${p[0]!.full_name}`, { exact: true }).waitFor();
      await hand.select(p[0]!.name, p[2]!.name, p[4]!.name);
      await bar.getByText("3 selected", { exact: true }).waitFor();
      switch (hand.kind) {
        case "mouse": {
          await hand.dash.tile(order[1]!).click();
          await hand.dash.tile(order[3]!).click({ modifiers: ["Shift"] });
          await hand.selectedAre(...order.slice(1, 4));
          const [from, to] = [(await hand.dash.tile(order[0]!).boundingBox())!, (await hand.dash.tile(order[1]!).boundingBox())!];
          await page.mouse.move(from.x - 6, from.y + 10);
          await page.mouse.down();
          await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 5 });
          await page.mouse.up();
          await hand.selectedAre(...order.slice(0, 2));
          break;
        }
        case "keyboard":
          await hand.select(order[1]!);
          await page.keyboard.press("Shift+ArrowRight");
          await page.keyboard.press("Shift+ArrowRight");
          await hand.selectedAre(...order.slice(1, 4));
          await page.keyboard.press("Control+a");
          await bar.getByText("All 20 selected").waitFor();
          await page.keyboard.press("Escape");
          break;
        case "touch":
          await hand.dash.tile(p[2]!.name).tap(); // the second time takes it away
          await hand.selectedAre(p[0]!.name, p[4]!.name);
          break;
      }
      if (hand.kind !== "keyboard") {
        await hand.press(page.getByRole("button", { name: "Select all", exact: true }));
        await bar.getByText("All 20 selected").waitFor();
        await hand.press(page.getByRole("button", { name: "Clear selection" }));
      }
      await bar.getByText("Nothing selected").waitFor();
      await hand.selectedAre();
    });

    check(demo, "enlarge shows the desktop, control acts in it, and the pupil is told", async () => {
      const { hand, p, station } = part;
      const { page } = hand;
      const view = page.getByRole("dialog", { name: p[0]!.full_name });
      await hand.select(p[0]!.name);
      if (hand.kind === "mouse") await hand.dash.tile(p[0]!.name).dblclick();
      else if (hand.kind === "keyboard") await page.keyboard.press("Enter");
      else await hand.bar("Enlarge");
      await view.waitFor();
      const seen = (colour: number) => page.evaluate((c) => {
        const canvas = document.querySelector<HTMLCanvasElement>(".view .rfb canvas");
        const data = canvas?.width ? canvas.getContext("2d")!.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data : null;
        return data !== null && [c >> 16, (c >> 8) & 255, c & 255].every((v, i) => Math.abs(data[i]! - v) <= 8);
      }, colour);
      await until("the large desktop", () => seen(p[0]!.colour));
      await station.page.getByText(`${karin()} is viewing your screen`).waitFor();
      assert.equal((await sessionOf(room, p[0]!)).viewed, true);
      const before = await events(demo, p[0]!);
      const canvas = page.locator(".view-screen canvas").last();
      await (hand.kind === "touch" ? canvas.tap() : page.keyboard.press("x"));
      assert.equal(await events(demo, p[0]!), before, "who only looks has typed or clicked");

      await hand.check(view.getByRole("radio", { name: "Control" }));
      await station.page.getByText(`${karin()} controls your screen`).waitFor();
      await until("the desktop again", async () => (await view.getAttribute("data-stream")) === "open" && seen(p[0]!.colour));
      const [k, n] = [await keys(demo, p[0]!), await events(demo, p[0]!)];
      if (hand.kind === "keyboard") {
        // What was opened has the focus; Tab belongs to the desktop from here on.
        await until("keys reach the session", async () => {
          await page.keyboard.press("a");
          return (await keys(demo, p[0]!)) > k;
        });
        await page.keyboard.press("Control+Alt+Shift+q");
      } else {
        await until("the pointer reaches the session", async () => {
          await (hand.kind === "touch" ? canvas.tap() : canvas.click());
          return (await events(demo, p[0]!)) > n;
        });
        await hand.press(view.getByRole("button", { name: "Close" }));
      }
      await view.waitFor({ state: "detached" });
      await station.page.getByText(/your screen$/).waitFor({ state: "detached" });
      assert.equal((await sessionOf(room, p[0]!)).controlled, false);
    });

    check(demo, "block with a message, undo; block, unblock", async () => {
      const { hand, p, station, seat } = part;
      const veil = (i: number) => hand.dash.tile(p[i]!.name).and(hand.page.locator("[data-condition=blocked]"));
      const two = [p[0]!, p[1]!];
      const blockBoth = async (words: string) => {
        await hand.select(...two.map((x) => x.name));
        if (hand.kind === "keyboard") await hand.page.keyboard.press("b");
        else await hand.bar("Block selected");
        const dialog = await hand.dialog("Block 2 users");
        for (const x of two) assert.ok((await dialog.innerText()).includes(x.full_name));
        await hand.write(dialog.getByRole("textbox", { name: "Message" }), words);
        await hand.press(dialog.getByRole("button", { name: "Block", exact: true }));
        for (const i of [0, 1]) await veil(i).getByText(`“${words}”`).waitFor();
        await hand.result("Block", "2 of 2 done");
        await station.page.getByText(words).waitFor();
        assert.equal(await station.shows(p[0]!.colour), false);
        await until("the VNC station shows no desktop", () => !seat.shows(p[1]!.colour) && seat.hasWords);
        assert.deepEqual((await blocks(demo)).filter((b) => b.kind === "user").map((b) => [b.name, b.message]).sort(), two.map((x) => [x.name, words]).sort());
        const n = await Promise.all(two.map((x) => events(demo, x)));
        seat.use();
        await station.page.keyboard.press("z");
        await station.page.mouse.click(400, 300);
        assert.deepEqual(await Promise.all(two.map((x) => events(demo, x))), n, "events have reached a blocked session");
      };
      const free = async () => {
        await until("both are free", async () => (await blocks(demo)).length === 0);
        await until("the browser station is back", () => station.shows(p[0]!.colour));
        await seat.see(p[1]!);
        for (const i of [0, 1]) await veil(i).waitFor({ state: "detached" });
      };
      await blockBoth("Look at the board, please");
      await hand.press((await hand.result("Block", "2 of 2 done")).getByRole("button", { name: "Undo" }));
      await free();
      await hand.clearResults();
      await blockBoth("And now listen");
      if (hand.kind === "keyboard") {
        await hand.select(...two.map((x) => x.name));
        await hand.page.keyboard.press("u");
      } else await hand.menu("Unblock", "Unblock selected");
      await hand.result("Unblock", "2 of 2 done");
      await free();
      await hand.clearResults();
    });

    check(demo, "project one desktop to all, and stop it in the top bar", async () => {
      const { hand, p, seat } = part;
      await hand.select(p[0]!.name);
      await hand.barMenu("Project", "This session to all");
      await seat.see(p[0]!);
      const what = `You are projecting ${p[0]!.full_name}’s desktop to 1 station`;
      await hand.press(hand.page.getByRole("button", { name: `Stop: ${what}` }));
      await seat.see(p[1]!);
      await hand.clearResults();
    });

    check(demo, "stations: where it is, what it shows, blocked and unblocked from there", async () => {
      const { hand, p, seat } = part;
      const { page } = hand;
      const station = (await demo.stations()).find((s) => s.kind === "vnc" && s.connected)!;
      await hand.place("Stations");
      const row = page.getByRole("region", { name: "List of stations" }).getByRole("row").filter({ hasText: p[1]!.full_name });
      await row.getByText("Session", { exact: true }).waitFor();
      for (const words of ["VNC viewer", "127.0.0.1"]) assert.ok((await row.innerText()).includes(words), words);
      await hand.press(page.getByRole("button", { name: `Block station ${station.name}` }));
      await until("it shows a block", () => !seat.shows(p[1]!.colour) && seat.hasWords);
      await row.getByText("Blocked", { exact: true }).waitFor();
      assert.equal((await demo.stations()).find((s) => s.id === station.id)?.scene, "block");
      await hand.press(page.getByRole("button", { name: `Unblock station ${station.name}` }));
      await seat.see(p[1]!);
      await hand.press(row.getByRole("button", { name: p[1]!.full_name }));
      await hand.selectedAre(p[1]!.name);
      await hand.clearResults();
    });

    check(demo, "suspend frees the station; log off ends the session, and asks before", async () => {
      const { hand, p, station } = part;
      const session = await activeSession(demo, p[0]!.name);
      await hand.select(p[0]!.name);
      await hand.menu("Suspend", "Suspend selected sessions");
      await station.greeter();
      assert.equal((await sessionOf(room, p[0]!)).id, session.id);
      const [a, b] = [await sessionOf(room, p[4]!), await sessionOf(room, p[5]!)];
      await hand.select(p[4]!.name, p[5]!.name);
      await hand.menu("Log off users", "Log off selected users");
      const dialog = await hand.dialog("Log off 2 users?");
      assert.equal(await dialog.getByRole("button", { name: "Cancel" }).evaluate((e) => e === document.activeElement), true, "the focus stands on Cancel");
      assert.equal((await demo.sessions()).length, 20);
      await hand.press(dialog.getByRole("button", { name: "Log off", exact: true }));
      await hand.result("Log off", "2 of 2 done");
      for (const s of [a, b]) await gone(demo, s);
      await until("their tiles are gone", async () => (await hand.dash.tiles()) === 18);
      await hand.clearResults();
      await demo.startSessions([p[4]!.name, p[5]!.name]); // the next hand finds a class of twenty
    });
  });

  check(demo, "the relay is killed: the wall is back within 2 s, with the selection kept", async () => {
    const hand = await Hand.open("mouse", demo, demo.account("operator"));
    const chosen = [1, 4, 7].map((i) => room.everybody[i]!.name);
    await until("twenty tiles", async () => (await hand.dash.tiles()) === 20);
    await hand.select(...chosen);
    const live = hand.dash.tile(chosen[0]!).and(hand.page.locator("[data-picture=live]"));
    await live.waitFor();
    const pid = await demo.daemon("station-relay");
    await demo.sh(`kill -9 ${pid}`);
    await hand.page.locator(".wall-area[data-link=lost]").waitFor();
    const lost = Date.now();
    await hand.page.locator(".wall-area[data-link=live]").waitFor({ timeout: 20_000 });
    await live.waitFor();
    const took = Date.now() - lost;
    assert.ok(took < limit(2000), `the wall was back after ${took} ms`);
    assert.notEqual(await demo.daemon("station-relay"), pid);
    await hand.selectedAre(...chosen);
    await hand.page.getByRole("region", { name: "Selection" }).getByText("3 selected", { exact: true }).waitFor();
    await hand.bar("Message to selected"); // and it acts again
    await hand.dialog("Message to: 3 users");
    assert.deepEqual(hand.dash.problems, []);
    await hand.close();
  });
});
