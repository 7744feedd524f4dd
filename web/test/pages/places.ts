// SPDX-License-Identifier: GPL-3.0-or-later
// Systems and users; groups and rooms on the wall.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, selected, status, text, tile, wall } from "./setup";

const goTo = (name: string) => page.getByRole("navigation", { name: "Places" }).getByRole("link", { name }).click();
const row = (user: string) => page.locator(`tr[data-user^="${user}"]`);
const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);

test("systems: how it is, followed while it is looked at; what is wrong with what to do", async () => {
  await wall();
  await goTo("Systems");
  const card = page.getByRole("article", { name: "Room 12" });
  await text(card, "30 sessions: 27 active, 3 suspended");
  await text(card, "1.85 (average of the last minute)");
  await text(card, "6.4 GB of 15 GB in use (42%)");
  await text(card, "Xfce, LXQt");
  assert.equal(await page.locator(".nav-alarm").count(), 0);
  await accessible();
  mock.world.trouble = { relay: false, memory_available_kib: 500_000 };
  await page.getByRole("alert").getByText("The relay is not connected.").waitFor();
  await text(page.getByRole("alert"), "Memory is short: less than a tenth is free.");
  await text(page.getByRole("alert"), "log off users who are away");
  await page.getByRole("link", { name: /Systems.*2 alarms/ }).waitFor();
  await accessible();
  mock.world.trouble = {};
  await page.locator(".system-alarms .note").first().waitFor({ state: "detached" });
});

test("systems: no answer is said, and asked again", async () => {
  await wall();
  mock.fail("System.Status", "The system counts its sessions.");
  await goTo("Systems");
  await text(page.getByRole("alert"), "The system counts its sessions.");
  mock.fail("System.Status", null);
  await page.getByRole("article", { name: "Room 12" }).waitFor();
  await page.getByRole("alert").getByText("counts").waitFor({ state: "detached" });
});

test("users: who is there or blocked, and what is done to them is done to all their sessions", async () => {
  await wall();
  const anna = [...mock.world.sessions.values()].find((x) => x.full_name === "Anna Berger");
  assert.ok(anna);
  const second = mock.world.open("Anna Berger", "standard", false);
  mock.world.update(Object.assign(second, { user: anna.user }));
  mock.world.people.raise(anna, Date.now() - 125_000);
  mock.world.blocks.push({ kind: "user", name: "wanda", full_name: "Wanda Away", by: "Karin Kaya", since: "", until_ms: 0, message: "" });
  await goTo("Users");
  await text(page.locator(".place-head"), "31 users");
  await text(row("annaberger"), "Standard user");
  await text(row("annaberger"), "R12-01 · Room 12");
  await text(row("annaberger"), "Hand raised for 2 min");
  assert.deepEqual(await row("annaberger").locator(".link").allTextContents(), ["Active", "Suspended"]);
  await text(row("wanda"), "No session");
  await text(row("adaadmin"), "Administrator");
  await accessible();

  await page.getByRole("button", { name: "Unblock Wanda Away" }).click();
  await row("wanda").waitFor({ state: "detached" });
  assert.deepEqual(calls("Blocks.Unblock"), [{ users: ["wanda"] }]);

  await page.getByRole("checkbox", { name: "Select Anna Berger" }).check();
  await text(status(), "2 selected");
  await page.getByRole("button", { name: "Acts: Anna Berger" }).click();
  await page.getByRole("menuitem", { name: "Log off users" }).click();
  await page.getByRole("menuitem", { name: "Log off selected users" }).click();
  await page.getByRole("dialog", { name: "Log off 2 users?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Acts: Ben Cohen" }).click();
  await text(status(), "1 selected: Ben Cohen");
  await accessible();
  await page.getByRole("menuitem", { name: "Suspend" }).click();
  await page.getByRole("menuitem", { name: "Suspend selected" }).click();
  await row("bencohen").getByRole("button", { name: "Show the session of Ben Cohen on the wall: Suspended" }).waitFor();
  assert.deepEqual(calls("Sessions.Suspend"), [{ sessions: ["s2"] }]);

  await page.keyboard.press("/");
  await page.keyboard.type("demir");
  await text(page.locator(".place-head"), "1 of 30 shown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+a");
  await page.getByRole("checkbox", { name: "Select Cem Demir" }).waitFor();
  await text(status(), "1 selected: Cem Demir");
  await page.keyboard.press("Escape");
  await text(status(), "Nothing selected");
  await row("cemdemir").getByRole("button", { name: /Show the session/ }).click();
  await tile("Cem Demir").waitFor();
  assert.deepEqual(await selected(), ["Cem Demir"]);
});

test("users: others to project to are chosen on the wall; details open beside the list", async () => {
  await wall();
  await goTo("Users");
  await row("danaevers").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Details" }).click();
  await page.getByRole("complementary", { name: "Details: Dana Evers" }).waitFor();
  await accessible();
  await page.getByRole("button", { name: "Close details" }).click();
  await row("danaevers").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Project" }).click();
  await page.getByRole("menuitem", { name: "This session to others" }).click();
  await text(status(), "Choose who sees Dana Evers’s desktop");
  await tile("Eli Fuchs").waitFor();
});

test("groups: a click on a heading selects what is under it, Ctrl adds, G does it by keys", async () => {
  await wall();
  const pick = page.getByRole("combobox", { name: "Group" });
  await pick.selectOption("room");
  const heading = (name: string) => page.locator(".wall-heading").filter({ hasText: name });
  await heading("Room 12").click();
  await text(status(), "14 selected");
  await heading("Room 14").click({ modifiers: ["Control"] });
  await text(status(), "16 selected");
  await heading("Room 12").click({ modifiers: ["Control"] });
  await text(status(), "2 selected");
  assert.deepEqual(await selected(), ["Ada Admin", "Karin Kaya"]);
  await heading("Room 14").click();
  await text(status(), "Nothing selected");
  await page.locator("#wall").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await text(status(), "14 selected");
  await accessible();
  await page.keyboard.press("g");
  await text(status(), "Nothing selected");
  for (const [by, name] of [["user", "Anna Berger"], ["station", "No station"], ["station", "R12-03"]] as const) {
    await pick.selectOption(by);
    await heading(name).waitFor();
  }
});

test("a room: only its sessions, kept for this operator, with a way back", async () => {
  await wall();
  await page.getByRole("combobox", { name: "Room" }).selectOption("Room 13");
  await text(page.locator(".counts"), "14 of 30 shown");
  await tile("Anna Berger").waitFor({ state: "detached" });
  await page.reload();
  await text(page.locator(".counts"), "14 of 30 shown");
  for (const s of [...mock.world.sessions.values()]) if (s.room === "Room 13") mock.world.update(Object.assign(s, { room: "" }));
  for (const s of [...mock.world.stations.values()]) mock.world.emitEvent({ kind: "station", station: Object.assign(s, { room: "" }) });
  await page.getByText("Nobody is in the room “Room 13”.").waitFor();
  await accessible();
  await page.getByRole("button", { name: "Show all sessions" }).click();
  await tile("Anna Berger").waitFor();
});

test("stations: name and room, only what was changed; a refusal stays in the dialog", async () => {
  await wall();
  await goTo("Stations");
  const row = page.locator('tr[data-station="browser-2"]');
  const open = async () => {
    await page.getByRole("button", { name: /^Acts: (R12-02|Window)$/ }).click();
    await page.getByRole("menuitem", { name: "Name and room …" }).click();
  };
  await open();
  const dialog = page.getByRole("dialog", { name: "Name and room: R12-02" });
  await dialog.getByRole("textbox", { name: "Name of the station" }).fill("Window");
  await page.keyboard.press("Enter");
  await text(row, "Window");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(calls("Stations.Set"), [{ station: "browser-2", name: "Window" }]);

  mock.fail("Stations.Set", "Your rights are bound to rooms: you can name stations of these, and move none.");
  await open();
  const again = page.getByRole("dialog", { name: "Name and room: Window" });
  const room = again.getByRole("combobox", { name: "Room" });
  await again.locator("datalist option").nth(1).waitFor({ state: "attached" });
  assert.deepEqual(await again.locator("datalist option").evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value)), ["Room 12", "Room 13", "Room 14"]);
  await room.fill("Library");
  await page.keyboard.press("Enter");
  await text(again.getByRole("alert"), "Your rights are bound to rooms");
  assert.equal(await room.inputValue(), "Library");
  mock.fail("Stations.Set", null);
  await again.getByRole("button", { name: "Save" }).click();
  await text(row, "Library");
  assert.deepEqual(calls("Stations.Set").at(-1), { station: "browser-2", room: "Library" });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Acts: Window");

  // Nobody may block an administrator, wherever they sit.
  const block = page.getByRole("button", { name: "Block station R12-29" });
  assert.equal(await block.getAttribute("aria-disabled"), "true");
});
