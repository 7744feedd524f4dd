// SPDX-License-Identifier: GPL-3.0-or-later
// Stations of an exam or a library: people logged on at several at once, accounts that are logged on by
// themselves, and stations that want in.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { accessible, mock, page, text, until, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const row = (id: string) => page.locator(`tr[data-station="${id}"]`);
const line = (id: string) => page.locator(`dialog tr[data-line="${id}"]`);

async function open(...chosen: string[]): Promise<void> {
  await wall();
  await page.getByRole("link", { name: "Stations" }).click();
  for (const id of chosen) await row(id).getByRole("checkbox").check();
}

async function asAdministrator(...enrolled: string[]): Promise<void> {
  Object.assign(mock.world.me, { role: "administrator" });
  for (const id of enrolled) mock.world.enrolment(id, "enrolled");
}

test("one account each at chosen stations: counted on, one password, and only what failed is ordered again", async () => {
  await open("browser-2", "browser-3", "browser-4");
  await page.getByRole("button", { name: "Log on at chosen stations" }).click();
  await line("browser-2").getByRole("textbox").first().fill("exam09");
  await page.getByRole("button", { name: "Count on" }).click();
  assert.equal(await line("browser-4").getByRole("textbox").first().inputValue(), "exam11");
  const go = page.getByRole("button", { name: "Log 3 people on" });
  await go.click();
  await text(page.locator("dialog [role=alert]"), "Passwords are missing");
  await page.getByLabel("One password for all without their own").fill("demo");
  await page.getByLabel("Password at R12-03").fill("wrong");
  await accessible();
  await go.click();
  await text(line("browser-3"), "The user name or the password is not right.");
  await text(line("browser-2"), "Logged on");
  await text(page.locator("dialog [role=alert]"), "2 of 3 logged on");
  await page.getByLabel("Password at R12-03").fill("demo");
  await page.getByRole("button", { name: "Log on", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const [first, second] = calls("Stations.LogOn");
  assert.deepEqual(first?.["people"], [
    { station: "browser-2", user: "exam09", password: "demo" },
    { station: "browser-3", user: "exam10", password: "wrong" },
    { station: "browser-4", user: "exam11", password: "demo" },
  ]);
  assert.deepEqual(second?.["people"], [{ station: "browser-3", user: "exam10", password: "demo" }]);
  await text(page.locator(".result[data-act=logon]"), "1 of 1 done");
});

test("a list from a spreadsheet is pasted into the first field, and goes to the stations that it names", async () => {
  await open("browser-2", "browser-3");
  await page.getByRole("button", { name: "Log on at chosen stations" }).click();
  const field = line("browser-2").getByRole("textbox").first();
  await field.evaluate((e) => {
    const data = new DataTransfer();
    data.setData("text/plain", "R12-03\tanna\tdemo\nR12-02\tben\tdemo\nR12-04\tcem\tdemo\n");
    e.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  assert.equal(await field.inputValue(), "ben");
  assert.equal(await line("browser-3").getByRole("textbox").first().inputValue(), "anna");
  await text(page.locator("dialog [role=alert]"), "Line 3: there is no station “R12-04” in this list.");
  await page.getByRole("button", { name: "Log 2 people on" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((calls("Stations.LogOn")[0]?.["people"] as unknown[]).length, 2);
});

test("an error of the whole order stays in the dialog, with what was typed", async () => {
  await open();
  mock.fail("Stations.LogOn", "Your rights do not name this act (logon). Administrators can change them.");
  await page.getByRole("button", { name: "Log people on …" }).click();
  await page.getByRole("button", { name: "Paste a list …" }).click();
  await page.getByRole("textbox", { name: "One line for each" }).fill("R12-02, anna, demo");
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByRole("button", { name: "Log on", exact: true }).click();
  await text(page.locator("dialog [role=alert]"), "Your rights do not name this act");
  assert.equal(await line("browser-2").getByRole("textbox").first().inputValue(), "anna");
});

test("auto log-on at several: a result for each, what was refused by name; taken back; none any more from the menu", async () => {
  await asAdministrator("browser-2", "browser-3");
  await open("browser-2", "browser-3", "browser-4");
  await page.getByRole("button", { name: "Auto log-on at chosen stations" }).click();
  const dialog = page.getByRole("dialog", { name: "Auto log-on at 3 stations" });
  await text(dialog, "Not enrolled, so without auto log-on: R12-04.");
  await accessible();
  await dialog.getByRole("textbox", { name: "User name" }).fill("reader");
  await page.keyboard.press("Enter");
  const card = page.locator(".result[data-act=auto]");
  await text(card, "2 of 3 done, 1 refused");
  await text(card.locator(".exceptions"), "R12-04, reader");
  await text(row("browser-2"), "auto log-on: reader");
  await card.getByRole("button", { name: "Undo" }).click();
  await until("it is taken back", async () => (await row("browser-2").getByText("reader").count()) === 0);
  assert.equal(calls("Stations.SetAutoLogOn").at(-1)?.["user"], null);

  for (const id of ["browser-2", "browser-3"]) mock.world.putLocal(mock.world.stations.get(id)!, { auto_user: "reader", auto_failure: "The account has expired." });
  await text(page.locator(".place-notes [role=alert]"), "Auto log-on of reader does not work at R12-02, R12-03. The account has expired.");
  await accessible();
  await row("browser-2").click({ button: "right" });
  await page.getByRole("menuitem", { name: "No auto log-on" }).click();
  await until("the alert ends", async () => (await page.locator("[data-auto-failed]").count()) === 0);
  assert.deepEqual(calls("Stations.SetAutoLogOn").at(-1), { stations: ["browser-2", "browser-3"], user: null, privileged: false });
});

test("several stations want in at once: each with the PIN that is on its screen", async () => {
  await open();
  for (const id of ["browser-2", "browser-3"]) mock.world.enrolment(id, "asked");
  const list = page.getByRole("status", { name: "Stations that want in" }).or(page.locator(".asking"));
  await text(list, "2 new stations want in.");
  await accessible();
  await list.getByRole("button", { name: "Enrol station R12-03" }).click();
  await page.getByLabel("PIN on the screen of the station").fill("482 913");
  mock.fail("Stations.Enrol", "This is not the PIN that the station shows.");
  await page.keyboard.press("Enter");
  await text(page.locator("dialog [role=alert]"), "This is not the PIN that the station shows.");
  assert.deepEqual(calls("Stations.Enrol").map((c) => [c["station"], c["pin"]]), [["browser-3", "482913"]]);
});

test("all by keyboard: choose all, the menu of the bar, none", async () => {
  await open();
  await page.getByRole("region", { name: "List of stations" }).focus();
  await page.keyboard.press("Control+a");
  await text(page.locator(".bar-target"), /^All \d+ selected$/);
  await page.getByRole("button", { name: "More", exact: true }).press("Enter");
  await page.keyboard.press("i"); // Identify
  await page.keyboard.press("Enter");
  await until("all were asked", () => calls("Stations.Identify").length === 1);
  await page.getByRole("region", { name: "List of stations" }).focus();
  await page.keyboard.press("Escape");
  await text(page.locator(".bar-target"), "Nothing selected");
});

test("an invitation: the ticket is shown once, to copy, and in the files of a thin client", async () => {
  await open();
  await page.getByRole("button", { name: "Invite a station …" }).click();
  await page.getByLabel("Name of the station").fill("Window 3");
  await page.getByLabel("Room").fill("Library");
  await page.getByRole("radio", { name: "A week" }).check({ force: true });
  await accessible();
  await page.getByRole("button", { name: "Make the ticket" }).click();
  const address = page.getByRole("textbox", { name: "Open this address" });
  const ticket = (await address.inputValue()).split("/station#ticket=")[1]!;
  assert.match(ticket, /^[\w-]{40,}$/);
  await text(page.getByRole("dialog", { name: "Ticket for Window 3" }), "works once");
  await accessible();
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the files" }).click();
  const saved = await waiting;
  assert.equal(saved.suggestedFilename(), "stationmaster-kiosk-Window-3.tar");
  const path = await saved.path();
  const read = (name: string) => execFileSync("tar", ["-xOf", path, `stationmaster-kiosk/${name}`], { encoding: "utf8" });
  assert.equal(read("ticket"), ticket);
  assert.match(read("kiosk"), /host=127\.0\.0\.1 port=8443/);
  assert.match(read("pin"), /^mock-pin/);
  assert.deepEqual(calls("Stations.Invite"), [{ kind: "browser", name: "Window 3", room: "Library", lasts_ms: 604_800_000 }]);
  await page.getByRole("button", { name: "Another ticket" }).click();
  await page.getByRole("radio", { name: "VNC viewer" }).check({ force: true });
  await page.getByRole("button", { name: "Make the ticket" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Server" }).inputValue(), "127.0.0.1::5900");
  assert.equal(await page.getByRole("textbox", { name: "User name" }).inputValue(), "@station");
  await page.getByRole("button", { name: "Another ticket" }).click();
  await page.getByRole("radio", { name: "RDP client" }).check({ force: true });
  await page.getByRole("button", { name: "Make the ticket" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Server" }).inputValue(), "127.0.0.1:3389");
  const client = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the files" }).click();
  const listed = execFileSync("tar", ["-tf", await (await client).path()], { encoding: "utf8" });
  assert.match(listed, /stationmaster-kiosk\/fingerprint\n/);
  assert.doesNotMatch(listed, /policies/);
  mock.fail("Stations.Invite", "Your rights are bound to rooms: you can enrol no stations.");
  await page.getByRole("button", { name: "Another ticket" }).click();
  await page.getByRole("button", { name: "Make the ticket" }).click();
  await text(page.locator("dialog [role=alert]"), "Your rights are bound to rooms");
});
