// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, signIn, text } from "./setup";

test("station: log in, desktop, panel, notice, why it ended", async () => {
  await page.goto(`${mock.url}/station`);
  await page.getByLabel("Desktop").selectOption("lxqt");
  await signIn("anna");
  await page.locator('.screen[data-stream="open"]').waitFor();
  const colours = await page.locator(".rfb canvas").evaluate((c: HTMLCanvasElement) => {
    const d = c.getContext("2d")?.getImageData(0, 0, c.width, c.height).data ?? new Uint8ClampedArray();
    return new Set([...d.slice(0, 400_000)]).size;
  });
  assert.ok(colours > 5);
  mock.command("notice");
  await page.getByText(/Karin Kaya will log you off in (1:00|0:5\d)/).waitFor();
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByRole("region", { name: "Station panel" }).getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Your session is suspended; its programs run on.").waitFor();
  assert.deepEqual(mock.received.acts, ["suspend"]);
  assert.equal(await page.locator(".rfb").count(), 0);
});

test("station: log off asks first; a broken connection comes back within 2 s", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("anna");
  await page.locator('.screen[data-stream="open"]').waitFor();
  const start = Date.now();
  mock.command("drop");
  await page.getByText("Connection lost. Reconnecting").first().waitFor();
  await page.locator('.screen[data-stream="open"]').waitFor();
  assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
  await page.getByText("Connection lost. Reconnecting").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByRole("button", { name: "Log off" }).click();
  const d = page.getByRole("dialog", { name: "Log off?" });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await d.getByRole("button", { name: "Log off" }).click();
  await page.getByText("You have logged off.").waitFor();
  await page.getByLabel("User name").waitFor();
});

test("station: a session that does not start says why, with the last output", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("fail");
  await text(page.getByRole("alert"), "The desktop ended at once.");
  await text(page.getByRole("alert"), "cannot open display");
});

const panel = () => page.getByRole("region", { name: "Station panel" });
const toast = () => page.locator(".toast");

async function desktop(): Promise<void> {
  mock.command("session");
  await page.goto(`${mock.url}/station`);
  await page.locator('.screen[data-stream="open"]').waitFor();
}

test("station: a message of the teacher shows as a card and is answered; what is in it is text", async () => {
  const old = { number: 1, at_ms: Date.now() - 3600_000, from_name: "Karin Kaya", supervisor: true, text: "From before the log-in" };
  mock.setChat({ messages: [old] });
  await desktop();
  mock.say("<img src=x onerror=alert(1)> Please save.", true);
  await text(toast(), "<img src=x onerror=alert(1)> Please save.");
  await page.getByRole("button", { name: "Panel, 1 new message" }).waitFor(); // an old one is no news
  await accessible();
  await toast().getByRole("button", { name: "Answer" }).click();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
  await page.keyboard.type("Done!");
  await page.keyboard.press("Enter");
  await text(page.getByRole("log", { name: "Messages" }), "Done!");
  assert.equal(await toast().count(), 0);
  await accessible();
  await page.getByRole("textbox", { name: "Your message" }).fill("ä".repeat(1003));
  await text(page.getByRole("alert"), "at most 1000 characters; this one has 3 more");
  await page.keyboard.press("Enter");
  assert.equal((await page.getByRole("textbox", { name: "Your message" }).inputValue()).length, 1003); // nothing cut, nothing sent
  await page.getByRole("textbox", { name: "Your message" }).fill("");
  await page.keyboard.type("refuse me");
  await page.keyboard.press("Enter");
  await text(page.getByRole("alert"), "You have written too much");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Panel", exact: true }).waitFor();
  mock.say("One more", true);
  await toast().getByRole("button", { name: "Close the message" }).click();
  await toast().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Panel, 1 new message" }).waitFor();
});

test("station: the hand goes up and down by keys; switched off it says so", async () => {
  await desktop();
  await page.locator(".rfb canvas").focus();
  await page.keyboard.press("Control+Alt+Home");
  await panel().getByRole("button", { name: "Raise hand" }).press("Enter");
  await panel().getByRole("button", { name: "Lower hand" }).press("Enter");
  await panel().getByRole("button", { name: "Raise hand" }).waitFor();
  assert.deepEqual(mock.received.acts, ["hand_up", "hand_down"]);
  mock.setChat({ enabled: false });
  await text(panel(), "Messages and raising hands are switched off at the moment.");
  assert.equal(await panel().getByRole("button", { name: "Raise hand" }).getAttribute("aria-disabled"), "true");
  assert.equal(await panel().getByRole("textbox", { name: "Your message" }).count(), 0);
  await accessible();
});
