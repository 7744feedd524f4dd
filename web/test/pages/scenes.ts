// SPDX-License-Identifier: GPL-3.0-or-later
// The station page in each scene that others bring about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, text, until } from "./setup";

const open = () => page.locator('.screen[data-stream="open"]');
const block = () => page.getByRole("alertdialog");

async function station(): Promise<void> {
  mock.command("session");
  await page.goto(`${mock.url}/station`);
  await open().waitFor();
}

const input = (atLeast: number) => until("keys and pointer at the desktop", () => mock.received.input >= atLeast);

test("block: message, who, until; nothing typed or clicked gets through; the stream stays", async () => {
  await station();
  await page.locator(".rfb canvas").click();
  await page.keyboard.press("a");
  await input(4);
  await page.getByRole("button", { name: "Panel" }).click();
  mock.command("block-default");
  await text(block(), "Your screen is blocked for the moment.");
  await text(block(), "Blocked by Karin Kaya");
  await text(block(), /(5:00|4:5\d) left/);
  await accessible();
  const before = mock.received.input;
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "alertdialog");
  for (const key of ["Tab", "Shift+Tab", "Escape", "x", "Enter", "F6"]) await page.keyboard.press(key);
  await page.mouse.click(640, 8);
  await page.mouse.click(300, 500);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "alertdialog");
  assert.equal(await page.getByRole("button").count(), 0, "nothing else can be reached");
  mock.command("block");
  await text(block(), "Eyes up front, please.");
  assert.equal(mock.received.input, before, "nothing reached the desktop");
  mock.command("session");
  await block().waitFor({ state: "detached" });
  await open().waitFor();
  await page.keyboard.press("b");
  await input(before + 2);
  assert.equal(mock.received.stationStreams, 1, "one stream through all of it");
});

test("block of a station without a session, then its log-in card again", async () => {
  mock.command("block-greeter");
  await page.goto(`${mock.url}/station`);
  await text(block(), "Your screen is blocked for the moment.");
  await text(block(), /Until|left/);
  assert.equal(mock.received.stationStreams, 0);
  mock.setScene({ kind: "greeter", block: null });
  await page.getByLabel("User name").waitFor();
});

test("a message of 500 characters without a space stays inside the window", async () => {
  await page.setViewportSize({ width: 800, height: 600 });
  mock.command("block");
  mock.setScene({ block: { by: "Karin Kaya", message: "Ж".repeat(500), until_ms: 0 } });
  await page.goto(`${mock.url}/station`);
  await block().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const card = await block().evaluate((e) => e.scrollWidth <= e.clientWidth);
  assert.ok(card);
});

test("projection: seen, named, nothing sent; the desktop afterwards on the same stream", async () => {
  await station();
  mock.command("projection");
  await page.getByText("Karin Kaya is showing Dana Evers’s desktop").waitFor();
  await page.getByRole("main", { name: "Desktop of Dana Evers" }).waitFor();
  await accessible();
  await page.locator(".rfb canvas").click();
  await page.keyboard.press("x");
  assert.equal(await page.getByRole("button", { name: "Panel" }).count(), 0);
  mock.command("session");
  await page.getByRole("button", { name: "Panel" }).waitFor();
  assert.equal(mock.received.input, 0);
  assert.equal(mock.received.stationStreams, 1);
});

test("the panel by keys alone, and back to the desktop", async () => {
  await station();
  await page.locator(".rfb canvas").click();
  await page.keyboard.press("Control+Alt+Home");
  await page.getByRole("region", { name: "Station panel" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.closest(".panel") !== null), true);
  await page.keyboard.press("Escape");
  const before = mock.received.input;
  await page.keyboard.press("a");
  await input(before + 2);
});

test("lock: panel, password, wrong and right; the stream is gone meanwhile", async () => {
  await station();
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByRole("button", { name: "Lock" }).click();
  await page.getByRole("heading", { name: "Anna Berger" }).waitFor();
  assert.deepEqual(mock.received.acts, ["lock"]);
  assert.equal(await page.locator(".rfb").count(), 0);
  await accessible();
  await page.getByLabel("Password").fill("wrong");
  await page.keyboard.press("Enter");
  await text(page.getByRole("alert"), "That was not the right password.");
  await page.getByLabel("Password").fill("demo");
  await page.getByRole("button", { name: "Unlock" }).click();
  await open().waitFor();
  const started = mock.received.calls.filter((c) => c.startsWith("Login.Start "));
  assert.deepEqual(started.map((c) => JSON.parse(c.slice(12)) as unknown).at(-1), { purpose: "unlock", user: "anna" });
});

test("lock: further prompts, and switch user", async () => {
  await station();
  mock.command("lock");
  mock.setScene({ user: "otp" });
  await page.getByLabel("Password").fill("demo");
  await page.keyboard.press("Enter");
  await page.getByText("A code was sent to you.").waitFor();
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Switch user" }).click();
  await page.getByLabel("User name").waitFor();
  assert.deepEqual(mock.received.acts, ["suspend"]);
});

test("signs: who views, who controls, and whether one's own keys still work", async () => {
  await station();
  const sign = page.locator(".signs");
  mock.command("viewed");
  await text(sign, "Karin Kaya is viewing your screen");
  mock.command("controlled");
  await text(sign, "Karin Kaya controls your screen");
  await accessible();
  mock.command("exclusive");
  await text(sign, "your keyboard and mouse are off");
  await page.locator(".rfb canvas").click();
  await page.keyboard.press("x");
  mock.command("session");
  await page.getByText("controls your screen").waitFor({ state: "detached" });
  assert.equal(mock.received.input, 0);
});

test("identify: name and system over desktop, block and log-in", async () => {
  await station();
  for (const kind of ["session", "block", "greeter"]) {
    mock.command(kind);
    mock.setScene({ identify: { name: "R12-03", system: "Room 12" } });
    await text(page.locator(".identify"), "R12-03");
    await text(page.locator(".identify"), "Room 12");
  }
  await accessible();
  mock.command("session");
  await page.locator(".identify").waitFor({ state: "detached" });
});

test("more time: asked once, then it says so; a new end may be asked about again", async () => {
  await station();
  mock.command("notice");
  await page.getByRole("button", { name: "I need more time" }).click();
  await page.getByText("You have asked for more time.").waitFor();
  assert.deepEqual(mock.received.acts, ["more_time"]);
  await accessible();
  mock.setScene({ notice: { job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 300_000, message: "", more_time: false } });
  await page.getByRole("button", { name: "I need more time" }).waitFor();
});
