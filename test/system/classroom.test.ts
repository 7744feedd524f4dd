// SPDX-License-Identifier: GPL-3.0-or-later
// The main job: twenty pupils, a teacher at the dashboard in a real browser, log off three, then all.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { Dashboard, StationTab } from "../harness/browser.js";
import { activeSession, gone } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { until } from "../harness/wait.js";

describe("the classroom", () => {
  const demo = useDemo("classroom", { sessions: 20 });
  let teacher: Dashboard;

  check(demo, "twenty sessions run, each one of logind", async () => {
    const sessions = await demo.sessions();
    assert.equal(sessions.length, 20);
    const listed = (await demo.sh("loginctl list-sessions --no-legend")).split("\n").map((l) => l.trim().split(/\s+/));
    for (const s of sessions) assert.ok(listed.some((l) => l[0] === s.logind && l[2] === s.user), `${s.user} is not in logind`);
    assert.equal(new Set(sessions.map((s) => s.display)).size, 20);
  });

  check(demo, "the teacher sees twenty live pictures within seconds of the log-in", async () => {
    teacher = await Dashboard.open(demo, demo.account("operator"), { width: 1440, height: 900 });
    await until("twenty tiles", async () => (await teacher.tiles()) === 20);
    const seen = (await demo.pupils).slice(0, 12).map((p) => p.name);
    for (const name of seen) await teacher.picture(name);
    await teacher.screenshot("dashboard-20");
    assert.deepEqual(teacher.problems, []);
  });

  check(demo, "three are selected and logged off; the page shows progress and each result", async () => {
    const [a, b, c] = [demo.pupils[1]!, demo.pupils[3]!, demo.pupils[5]!];
    const sessions = (await demo.sessions()).filter((s) => [a.name, b.name, c.name].includes(s.user));
    await teacher.page.getByRole("listbox").focus();
    await teacher.page.keyboard.press("Escape");
    await teacher.select(a.name, b.name, c.name);
    assert.deepEqual((await teacher.selected()).sort(), [a.name, b.name, c.name].sort());
    await teacher.page.getByRole("region", { name: "Selection" }).getByText("3 selected").waitFor();
    await teacher.menu("Log off selected users");
    const dialog = teacher.page.getByRole("dialog", { name: "Log off 3 users?" });
    await dialog.waitFor();
    const words = await dialog.innerText();
    for (const p of [a, b, c]) assert.ok(words.includes(p.full_name), `${p.full_name} is not named: ${words}`);
    assert.match(words, /Unsaved work is lost/);
    assert.equal(await dialog.getByRole("button", { name: "Cancel" }).evaluate((e) => e === document.activeElement), true, "the focus stands on Cancel");
    await teacher.screenshot("confirm-3");
    assert.equal((await demo.sessions()).length, 20, "something ended before it was confirmed");
    await teacher.confirm();
    await teacher.results.getByText("3 of 3 done").waitFor({ timeout: 15_000 });
    await teacher.screenshot("results-3");
    for (const s of sessions) await gone(demo, s);
    for (const p of [a, b, c]) {
      assert.equal(await demo.processCount(p.name), 0);
      await teacher.tile(p.name).waitFor({ state: "detached" });
    }
    assert.equal(await teacher.tiles(), 17);
  });

  check(demo, "a cancelled confirmation ends nobody", async () => {
    await teacher.menu("Log off all users");
    const dialog = teacher.page.getByRole("dialog", { name: "Log off all users?" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal((await demo.sessions()).length, 17);
  });

  check(demo, "right click offers the same acts; suspend frees the station", async () => {
    const pupil = demo.pupils[0]!;
    const station = await StationTab.open(demo, pupil);
    const session = await activeSession(demo, pupil.name);
    await until("the tile shows the state", async () => (await teacher.tile(pupil.name).getAttribute("data-state")) === "active");
    await teacher.tile(pupil.name).click({ button: "right" });
    await teacher.choose("Suspend", "Suspend selected sessions");
    await station.greeter();
    await until("suspended", async () => (await demo.sessionOf(pupil.name))?.state === "suspended");
    assert.equal((await demo.sessionOf(pupil.name))?.id, session.id);
    await station.close();
  });

  check(demo, "selection by Ctrl, Shift, frame, Ctrl+A and Esc", async () => {
    const wall = teacher.wall;
    const order = await wall.getByRole("option").evaluateAll((t) => t.map((x) => x.getAttribute("data-user")!));
    await teacher.tile(order[0]!).click();
    await teacher.tile(order[3]!).click({ modifiers: ["Shift"] });
    assert.deepEqual(await teacher.selected(), order.slice(0, 4));
    await teacher.tile(order[1]!).click({ modifiers: ["Control"] });
    assert.deepEqual(await teacher.selected(), [order[0], order[2], order[3]]);
    await teacher.page.keyboard.press("Control+a");
    assert.equal((await teacher.selected()).length, order.length);
    await teacher.page.keyboard.press("Escape");
    assert.deepEqual(await teacher.selected(), []);
    const first = (await teacher.tile(order[0]!).boundingBox())!;
    const second = (await teacher.tile(order[1]!).boundingBox())!;
    await teacher.page.mouse.move(first.x - 6, first.y + 10);
    await teacher.page.mouse.down();
    await teacher.page.mouse.move(second.x + second.width / 2, second.y + second.height / 2, { steps: 6 });
    await teacher.page.mouse.up();
    assert.deepEqual(await teacher.selected(), order.slice(0, 2));
    await teacher.page.keyboard.press("Escape");
  });

  check(demo, "the same page in German", async () => {
    const page = await Dashboard.open(demo, demo.account("operator"), { locale: "de", width: 1280, height: 800 });
    await until("tiles", async () => (await page.tiles()) === 17);
    await page.picture(demo.pupils[0]!.name);
    await page.select(demo.pupils[0]!.name, demo.pupils[2]!.name);
    await page.menu("Ausgewählte Benutzer abmelden");
    await page.page.getByRole("dialog", { name: "2 Benutzer abmelden?" }).waitFor();
    await page.screenshot("dashboard-de");
    await page.dialog.getByRole("button", { name: "Abbrechen" }).click();
    await page.page.getByRole("button", { name: "Menü", exact: true }).click();
    await page.page.getByRole("menuitem", { name: "Benutzer abmelden" }).hover();
    await page.page.getByRole("menuitem", { name: "Alle Benutzer abmelden", exact: true }).waitFor();
    await page.screenshot("dashboard-de-menu");
    assert.deepEqual(page.problems, []);
    await page.close();
  });

  check(demo, "all are logged off, but not the teacher's own session, and the administrator's is refused by name", async () => {
    const karin = demo.account("operator");
    const ada = demo.account("administrator");
    await demo.startSessions([karin.name, ada.name]);
    const sessions = await demo.sessions();
    assert.equal(sessions.length, 19);
    await until("the tiles", async () => (await teacher.tiles()) === 19);
    await teacher.menu("Log off all users");
    const dialog = teacher.page.getByRole("dialog", { name: "Log off all users?" });
    await dialog.waitFor();
    const words = await dialog.innerText();
    assert.match(words, /Your own session is not ended/);
    assert.ok(words.includes(ada.full_name), words);
    await teacher.confirm();
    await teacher.results.getByText(/17 of 1[89] done/).waitFor({ timeout: 20_000 });
    const results = await teacher.results.innerText();
    assert.ok(results.includes(ada.full_name) && /Refused/.test(results), results);
    await teacher.screenshot("results-all");
    const left = await until("only two are left", async () => {
      const now = await demo.sessions();
      return now.length === 2 && now;
    });
    assert.deepEqual(left.map((s) => s.user).sort(), [ada.name, karin.name].sort());
    for (const p of demo.pupils) assert.equal(await demo.processCount(p.name), 0, `processes of ${p.name} are left`);
    assert.equal((await demo.sh("loginctl list-sessions --no-legend")).split("\n").filter((l) => demo.pupils.some((p) => l.includes(` ${p.name} `))).length, 0);
    assert.deepEqual(teacher.problems, []);
  });
});
