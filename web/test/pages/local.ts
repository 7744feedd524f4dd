// SPDX-License-Identifier: GPL-3.0-or-later
// Local stations in the place Stations: what is missing, names on screens, mapping, split, orientation; and the
// name on a browser station.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Station } from "../../src/shared/types";
import { accessible, mock, page, text, until, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const row = (id: string) => page.locator(`tr[data-station="${id}"]`);
const choose = async (id: string, ...items: string[]) => {
  await row(id).locator("[data-act=acts]").click();
  for (const name of items) await page.getByRole("menuitem", { name, exact: true }).or(page.getByRole("menuitemcheckbox", { name, exact: true })).or(page.getByRole("menuitemradio", { name, exact: true })).click();
};

async function open(...stations: [number, Partial<Station>][]): Promise<void> {
  await wall();
  for (const [n, more] of stations) mock.world.addLocal(n, more);
  await page.getByRole("link", { name: "Stations" }).click();
  await row(`local-${stations[0]![0]}`).waitFor();
}

test("what a station has is said in words; what is missing where somebody works is an alarm everywhere", async () => {
  await open([1, { name: "Window 1", orientation: "portrait" }], [2, { name: "Door", session: "s2", scene: "session" }]);
  await text(row("local-1"), "HDMI-A-1, Portrait");
  await text(row("local-1"), "Screen, keyboard and pointer are there");
  assert.equal(await page.locator(".place-notes .note").count(), 0);
  mock.world.putLocal(mock.world.stations.get("local-2")!, { missing: ["keyboard"] });
  await text(page.locator(".place-notes [role=alert]"), "Door, where Ben Cohen is logged on: keyboard missing.");
  await text(row("local-2"), "keyboard missing");
  await text(page.getByRole("link", { name: /Stations/ }), "!");
  await accessible();
  await page.getByRole("link", { name: "Home" }).click();
  await text(page.locator(".counts-alarm"), "Door: keyboard missing");
  mock.world.putLocal(mock.world.stations.get("local-2")!, { missing: [] });
  await until("the alarm ends", async () => (await page.locator(".counts-alarm").count()) === 0);
});

test("names on the screens of one, of some, of all, and taken back", async () => {
  await open([1, {}], [2, {}]);
  await choose("local-1", "Identify");
  await page.getByRole("button", { name: "Take names back" }).click();
  await page.getByRole("button", { name: "Show names on all screens" }).click();
  await page.getByRole("checkbox", { name: "Choose station local-1" }).check();
  await page.getByRole("checkbox", { name: "Choose station R12-02" }).check();
  await text(page.locator(".bar-target"), "2 selected");
  await page.getByRole("button", { name: "Identify chosen stations" }).click();
  await until("all were ordered", () => calls("Stations.Identify").length === 4);
  assert.deepEqual(calls("Stations.Identify"), [
    { stations: ["local-1"], show: true },
    { stations: null, show: false },
    { stations: null, show: true },
    { stations: ["local-1", "browser-2"], show: true },
  ]);
  await choose("local-1", "Map again"); // of a chosen one: for all that are chosen, as far as they are local
  await text(row("local-1"), "Asks for a key on its keyboard");
});

test("USB storage: blocked and back at one, some, all; what is plugged in; what failed is an alert", async () => {
  await open([1, { name: "Window 1", storage: [{ name: "Holiday", state: "open", reason: "" }] }], [2, { name: "Door" }]);
  await text(row("local-1"), "Holiday: open");
  await choose("local-1", "Block USB storage");
  await text(row("local-1"), "USB storage blocked");
  await text(row("local-1"), "Holiday: kept away");
  await choose("local-1", "Unblock USB storage");
  await text(row("local-1"), "Holiday: open");
  await page.getByRole("button", { name: "Block USB storage everywhere" }).click();
  await text(row("local-2"), "USB storage blocked");
  await page.getByRole("button", { name: "Unblock USB storage everywhere" }).click();
  await until("nothing is blocked", async () => (await page.getByText("USB storage blocked").count()) === 0);
  await page.getByRole("checkbox", { name: "Choose station Door" }).check();
  await page.getByRole("checkbox", { name: "Choose station R12-02" }).check();
  await choose("local-2", "Block USB storage"); // of those that are chosen, where there is USB
  await text(row("local-2"), "USB storage blocked");
  assert.deepEqual(calls("Stations.SetStorage"), [
    { stations: ["local-1"], blocked: true },
    { stations: ["local-1"], blocked: false },
    { stations: ["local-2", "local-1"], blocked: true },
    { stations: ["local-2", "local-1"], blocked: false },
    { stations: ["local-2"], blocked: true },
  ]);
  mock.world.putLocal(mock.world.stations.get("local-1")!, { storage: [{ name: "Old disk", state: "failed", reason: "It has no file system that can be read here." }] });
  await text(page.locator(".place-notes [role=alert]"), "Window 1: Old disk cannot be used or taken away. It has no file system that can be read here.");
  await accessible();
});

test("map again, orientation; a browser's menu has neither", async () => {
  await open([1, {}]);
  await choose("local-1", "Map again");
  await text(row("local-1"), "Asks for a key on its keyboard");
  await choose("local-1", "Orientation", "Portrait");
  await text(row("local-1"), "Portrait");
  assert.deepEqual(calls("Stations.Set"), [{ station: "local-1", orientation: "portrait" }]);
  await page.keyboard.press("Escape"); // a setting keeps the menu open
  await page.keyboard.press("Escape");
  await page.locator(".menu").first().waitFor({ state: "detached" });
  await row("browser-2").locator("[data-act=acts]").click();
  assert.deepEqual(await page.getByRole("menuitem").allTextContents(), ["Block", "Log on …", "Name and room …", "Identify"]);
  await page.keyboard.press("Escape");
  mock.fail("Stations.Map", "Its screen is not connected.");
  await choose("local-1", "Map again");
  await text(page.locator(".place-notes [role=alert]"), "Its screen is not connected.");
  await page.locator(".place-notes .link").click();
  await until("it is put away", async () => (await page.locator(".place-notes .note").count()) === 0);
});

test("split and join; a session that would be suspended is asked about", async () => {
  await open([1, { session: "s1", scene: "session" }]);
  await choose("local-1", "Split", "Left and right");
  await text(row("local-1"), "left half");
  await text(row("local-9"), "right half");
  mock.world.putLocal(mock.world.stations.get("local-9")!, { session: "s2", scene: "session", mapping: "done", missing: [] });
  await text(row("local-9"), "Ben Cohen");
  await choose("local-1", "Join halves");
  const dialog = page.getByRole("dialog", { name: "Join the halves of local-1?" });
  await text(dialog, "The session of the newer half is suspended");
  await accessible();
  await dialog.getByRole("button", { name: "Join" }).click();
  await row("local-9").waitFor({ state: "detached" });
  assert.deepEqual(calls("Stations.Join"), [{ station: "local-1" }]);
});

test("only an unplugged station can be forgotten, after a question", async () => {
  await open([1, {}], [2, { connected: false, missing: ["screen"] }]);
  await row("local-1").locator("[data-act=acts]").click();
  assert.equal(await page.locator('[data-item="forget"]').getAttribute("aria-disabled"), "true");
  await page.keyboard.press("Escape");
  await choose("local-2", "Forget …");
  await page.getByRole("dialog", { name: "Forget local-2?" }).getByRole("button", { name: "Forget" }).click();
  await row("local-2").waitFor({ state: "detached" });
  assert.deepEqual(calls("Stations.Forget"), [{ station: "local-2" }]);
});
