// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, text, tile, until, wall } from "./setup";

const view = (mode = "view") => page.locator(`.view[data-mode="${mode}"][data-stream="open"]`);

async function enlarge(name: string): Promise<void> {
  await tile(name).dblclick({ position: { x: 60, y: 60 } });
  await view().waitFor();
}

test("double click enlarges, view only; arrows go round; Esc closes and the focus is back on the wall", async () => {
  await wall();
  await enlarge("Anna Berger");
  const d = page.getByRole("dialog", { name: "Anna Berger" });
  await text(d, "R12-01");
  const colours = await page.locator(".view .rfb canvas").evaluate((c: HTMLCanvasElement) => {
    const p = c.getContext("2d")?.getImageData(0, 0, c.width, c.height).data ?? new Uint8ClampedArray();
    return new Set([...p.slice(0, 400_000)]).size;
  });
  assert.ok(colours > 5);
  await accessible();
  await page.locator(".view .rfb canvas").click();
  await page.keyboard.press("x");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("dialog", { name: "Ben Cohen" }).waitFor();
  await view().waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("dialog", { name: "Anna Berger" }).waitFor();
  await view().waitFor();
  // The one before Anna belongs to an administrator and is passed over.
  await page.getByRole("button", { name: "Previous session" }).click();
  await page.getByRole("dialog", { name: /Bob/ }).waitFor();
  await view().waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".view").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.id), "wall");
  assert.equal(mock.received.input, 0, "nothing was sent to a session");
  assert.deepEqual(mock.received.views, ["s1 view", "s2 view", "s1 view", "s28 view"]);
});

test("control: keys and pointer go to the session, Esc too; the shortcut leaves", async () => {
  await wall();
  await tile("Anna Berger").click();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Control" }).click();
  await view("control").waitFor();
  await accessible();
  const got = (least: number) => until("keys and pointer at the session", () => mock.received.input >= least);
  await page.keyboard.press("Escape");
  await got(2);
  await page.getByRole("button", { name: "Ctrl + Alt + Del" }).click();
  await got(8);
  await page.locator(".view .rfb canvas").click();
  await got(10);
  assert.equal(await view("control").count(), 1);
  await page.getByRole("checkbox", { name: "Control alone" }).check();
  await view("exclusive").waitFor();
  await page.getByRole("radio", { name: "View only" }).check();
  await view("view").waitFor();
  await page.getByRole("radio", { name: "Control" }).check();
  await view("control").waitFor();
  await page.keyboard.press("Control+Alt+Shift+KeyQ");
  await page.locator(".view").waitFor({ state: "detached" });
  assert.deepEqual(mock.received.views, ["s1 control", "s1 exclusive", "s1 view", "s1 control"]);
});

test("real size and back, full screen", async () => {
  await wall();
  await enlarge("Anna Berger");
  const width = () => page.locator(".view .rfb canvas").evaluate((c) => Math.round(c.getBoundingClientRect().width));
  await page.setViewportSize({ width: 900, height: 600 });
  await page.waitForFunction(() => (document.querySelector(".view .rfb canvas")?.getBoundingClientRect().width ?? 0) <= 900);
  await page.getByRole("button", { name: "Real size" }).click();
  assert.equal(await width(), 1280);
  await page.getByRole("button", { name: "Real size" }).click();
  assert.ok((await width()) <= 900);
  await page.getByRole("button", { name: "Full screen" }).click();
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await page.getByRole("button", { name: "Full screen" }).waitFor();
});

test("who controls it is said by name, and looking on is offered", async () => {
  await wall();
  mock.refuseViews({ code: 4409, reason: "Ada Admin" });
  await tile("Anna Berger").click();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Control" }).click();
  const note = page.locator(".view-note");
  await text(note, "Ada Admin controls this desktop.");
  await accessible();
  mock.refuseViews(null);
  await note.getByRole("button", { name: "View only" }).click();
  await view("view").waitFor();
});

test("a restarting service is waited for; a session that ended is told", async () => {
  await wall();
  mock.refuseViews({ code: 4503, reason: "" });
  await tile("Anna Berger").dblclick({ position: { x: 60, y: 60 } });
  await text(page.locator(".view-note"), "The session service is restarting. The desktop comes back by itself.");
  mock.refuseViews(null);
  await view().waitFor();
  mock.command("down");
  await text(page.locator(".view-note"), "Connection lost");
  mock.command("up");
  await view().waitFor();
  mock.refuseViews({ code: 4404, reason: "" });
  mock.command("drop");
  await text(page.locator(".view-note"), "This session has ended.");
  await page.locator(".view-note").getByRole("button", { name: "Close" }).click();
  await page.locator(".view").waitFor({ state: "detached" });
});

test("what may not be seen is not opened", async () => {
  await wall();
  await tile("Ada Admin").dblclick();
  const control = page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Control" });
  assert.equal(await control.getAttribute("aria-disabled"), "true");
  await control.click({ force: true });
  assert.equal(await page.locator(".view").count(), 0);
  assert.deepEqual(mock.received.views, []);
});
