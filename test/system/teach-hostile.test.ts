// SPDX-License-Identifier: GPL-3.0-or-later
// Names, titles, messages, files and programs that would be something else than text if anybody took them for
// it: through the real path from the account and the session to the dashboard and the station page.
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { before, describe } from "node:test";
import { Dashboard, StationTab } from "../harness/browser.js";
import { check, useDemo } from "../harness/demo.js";
import { fillRoom, type Person } from "../harness/room.js";
import { until } from "../harness/wait.js";

const markup = `<img src=x onerror=alert(1)>`;
const script = `"><script>document.title='owned'</script>`;
/** Turns the order of the letters after it, in a text that keeps it. */
const turned = "\u202egnp.exe\u2066";
const quoted = `'; DROP TABLE chat;-- $(touch /tmp/owned) \`id\` %s%n`;

describe("hostile strings", () => {
  const demo = useDemo("teach-hostile");
  let p: Person[];
  let teacher: Dashboard;
  let station: StationTab;
  const karin = () => demo.account("operator");
  const side = () => teacher.page.getByRole("complementary");

  before(async () => {
    p = await fillRoom(demo, 0, [
      { name: "t-p0", role: "standard", full_name: `${markup} A` },
      { name: "t-p1", role: "standard", full_name: `${quoted.replace(/[:]/g, "")} B` },
    ]);
    await demo.write("/usr/share/applications/t-hostile.desktop", `[Desktop Entry]\nType=Application\nName=${markup}\nComment=${script}\nExec=xterm -T ${JSON.stringify(markup)} -e sleep 1000\nIcon=../../../etc/shadow\n`);
    await demo.startSessions(p.map((x) => x.name));
    teacher = await Dashboard.open(demo, karin());
    await until("two tiles", async () => (await teacher.tiles()) === 2);
    station = await StationTab.open(demo);
    await station.logIn(p[0]!, () => station.shows(p[0]!.colour));
  }, { timeout: 120_000 });

  /** No element came of a string, and nothing was run. */
  const unharmed = async (page: Page) => {
    assert.equal(await page.locator("img[src=x], script:not([src])").count(), 0, "a string became an element");
    assert.notEqual(await page.title(), "owned");
    assert.equal(await demo.test("[ -e /tmp/owned ]"), false, "a string was run by a shell");
  };

  check(demo, "names of accounts on tiles, in the bar, in dialogs and in results", async () => {
    for (const x of p) await teacher.tile(x.name).getByText(x.full_name).first().waitFor();
    await teacher.select(p[0]!.name);
    await teacher.page.getByRole("region", { name: "Selection" }).getByText(`1 selected: ${p[0]!.full_name}`).waitFor();
    await teacher.menu("Log off selected users");
    await teacher.page.getByRole("dialog", { name: `Log off ${p[0]!.full_name}?` }).getByRole("button", { name: "Cancel" }).click();
    await unharmed(teacher.page);
  });

  check(demo, "titles of windows, on the tile and in the details", async () => {
    const titles = [markup, script, quoted, "x".repeat(3000)];
    for (const title of titles) {
      const pid = await demo.inSession(p[0]!.name, `xterm -T ${JSON.stringify(title).replaceAll("$", "\\$").replaceAll("`", "\\`")} -e sleep 1000`);
      await teacher.tile(p[0]!.name).getByText(title.slice(0, 40)).waitFor({ timeout: 20_000 });
      await unharmed(teacher.page);
      await demo.sh(`kill ${pid}`);
    }
  });

  check(demo, "a program with such a name is listed, started and shown as text", async () => {
    await teacher.select(p[0]!.name);
    await teacher.page.getByRole("button", { name: "Start on selected" }).click();
    const dialog = teacher.page.getByRole("dialog", { name: /^Start on: / });
    await dialog.getByRole("combobox").fill("onerror");
    const option = dialog.getByRole("option", { name: markup }).first();
    await option.getByText(script).waitFor();
    await unharmed(teacher.page);
    await option.click();
    await teacher.results.getByText("1 of 1 done").waitFor();
    await until("it runs", async () => (await demo.pids(p[0]!.name, "onerror=alert")).length === 1);
  });

  check(demo, "a command and a document with such names run no shell, and their failure is told as text", async () => {
    for (const text of [quoted, `/srv/${markup}`]) {
      await teacher.select(p[0]!.name);
      await teacher.page.getByRole("button", { name: "Start on selected" }).click();
      const dialog = teacher.page.getByRole("dialog", { name: /^Start on: / });
      await dialog.getByRole("combobox").fill(text);
      await teacher.page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await teacher.results.getByText(/of 1 done|not started/i).first().waitFor();
      await unharmed(teacher.page);
    }
  });

  check(demo, "messages both ways", async () => {
    const dismiss = teacher.results.getByRole("button", { name: "Dismiss" });
    while (await dismiss.count()) await dismiss.first().click();
    await teacher.select(p[0]!.name);
    await teacher.page.getByRole("button", { name: "Message to selected" }).click();
    const log = side().getByRole("log");
    const field = side().getByRole("textbox");
    await station.page.getByRole("button", { name: /^Panel/ }).click();
    const panel = station.page.getByRole("region", { name: "Station panel" });
    for (const written of [markup, script, turned, quoted]) {
      await field.fill(written);
      await field.press("Enter");
      const text = written.replace(/[\u202e\u2066]/g, ""); // never shown
      await panel.getByRole("log").getByText(text, { exact: true }).first().waitFor();
      const answer = `re: ${text}`;
      await panel.getByRole("textbox", { name: "Your message" }).fill(`re: ${written}`);
      await panel.getByRole("textbox", { name: "Your message" }).press("Enter");
      await log.getByText(answer, { exact: true }).waitFor();
    }
    await unharmed(teacher.page);
    await unharmed(station.page);
    await station.page.getByRole("button", { name: /^Panel/ }).click();
  });

  check(demo, "a block with such a message, at the station and on the tile", async () => {
    await demo.call("Blocks.Block", { sessions: null, users: [p[0]!.name], stations: null, all: null, message: script, until_ms: null }, karin().name);
    await station.page.getByText(script, { exact: true }).first().waitFor();
    await until("the block is shown", async () => !(await station.shows(p[0]!.colour)));
    await teacher.tile(p[0]!.name).getByText(`“${script}”`).waitFor();
    await unharmed(station.page);
    await demo.call("Blocks.Unblock", { sessions: null, users: [p[0]!.name], stations: null, all: null }, karin().name);
  });

  check(demo, "activity names them all, and no page had anything to complain about", async () => {
    await teacher.page.getByRole("link", { name: "Activity", exact: true }).click();
    const list = teacher.page.getByRole("region", { name: "List of what was done" });
    await list.getByText(`“${quoted}”`).first().waitFor();
    await list.getByText(p[0]!.full_name).first().waitFor();
    await unharmed(teacher.page);
    assert.deepEqual([...teacher.problems, ...station.problems], []);
  });
});
