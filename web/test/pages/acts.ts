// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromMore, mock, page, selected, status, text, tile, wall } from "./setup";

test("log off selected: asks, names, ends them, tells the result", async () => {
  await wall();
  await tile("Anna Berger").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("menuitem", { name: "Log off users" }).click();
  await page.getByRole("menuitem", { name: "Log off selected users" }).click();
  const d = page.getByRole("dialog", { name: "Log off 2 users?" });
  await text(d, "Anna Berger");
  await text(d, "Unsaved work is lost");
  await d.getByRole("button", { name: "Log off" }).click();
  await page.getByRole("region", { name: "Results" }).getByText("2 of 2 done").waitFor();
  await tile("Anna Berger").waitFor({ state: "detached" });
  await tile("Cem Demir").waitFor({ state: "detached" });
  assert.equal(await page.locator("#wall").getByRole("option").count(), 28);
  await text(status(), "Nothing selected");
});

test("log off all: the refused and the failed are named, own session stays, failed can be tried again", async () => {
  await wall();
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("menuitem", { name: "Log off users" }).click();
  await page.getByRole("menuitem", { name: "Log off all users" }).click();
  const d = page.getByRole("dialog", { name: "Log off all users?" });
  await text(d, "and 18 more");
  await text(d, "Your own session is not ended.");
  await text(d, "You may not log off: Ada Admin.");
  await d.getByRole("button", { name: "Log off" }).click();
  const r = page.getByRole("region", { name: "Results" });
  await r.getByText("27 of 29 done, 1 by force, 1 refused, 1 failed").waitFor();
  await text(r, "Only an administrator may act on sessions of administrators.");
  await text(r, "a process waits for a disk");
  assert.deepEqual(await page.locator("[role=option] .tile-name").allTextContents(), [
    "Ada Admin, ",
    "Ida Jensen, ",
    "Karin Kaya (you), ",
  ]);
  await r.getByRole("button", { name: "Retry" }).click();
  await r.getByText("0 of 1 done").waitFor();
});

test("notice: countdown on the tile, and the order can be taken back", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await page.getByRole("button", { name: "Log off selected users" }).click();
  const d = page.getByRole("dialog", { name: "Log off Ben Cohen?" });
  await d.getByRole("radio", { name: "1 minute" }).check();
  await d.getByLabel("Message to the users").fill("Break!");
  await d.getByRole("button", { name: "Log off" }).click();
  await text(tile("Ben Cohen"), /Log off in 0:5\d/);
  const notice = [...mock.world.sessions.values()].find((s) => s.full_name === "Ben Cohen")?.notice;
  assert.equal(notice?.message, "Break!");
  await page.getByRole("button", { name: "Cancel order" }).click();
  await page.getByRole("region", { name: "Results" }).getByText("0 of 1 done, 1 cancelled").waitFor();
  await page.locator(".tile-notice").waitFor({ state: "detached" });
});

test("a running order is there again after a reload", async () => {
  await wall();
  mock.world.logOff({ sessions: ["s2"], grace_ms: 60_000 });
  await page.getByRole("button", { name: "Cancel order" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Cancel order" }).click();
  await page.getByText("1 cancelled").waitFor();
});

test("suspend acts at once", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await fromMore("Suspend", "Suspend selected sessions");
  await text(tile("Ben Cohen"), "Suspended");
  await text(tile("Ben Cohen"), "No station");
});

test("a lost connection comes back within 2 s, with the selection kept", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  const start = Date.now();
  mock.command("drop");
  await page.locator('.wall-area[data-link="lost"]').waitFor();
  await page.locator('.wall-area[data-link="live"]').waitFor();
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
  assert.deepEqual(await selected(), ["Ben Cohen", "Cem Demir"]);
});

test("while the session service is away acts are not offered; pictures go on; then all is back", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  mock.command("away");
  await page.getByText("The session service is restarting").waitFor();
  assert.equal(await page.getByRole("button", { name: "Log off selected users" }).getAttribute("aria-disabled"), "true");
  assert.equal(await tile("Ben Cohen").getAttribute("data-picture"), "live");
  mock.command("back");
  await page.getByText("The session service is restarting").waitFor({ state: "detached" });
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  assert.deepEqual(await selected(), ["Ben Cohen"]);
});

test("without the relay the pictures say since when they are old", async () => {
  await wall();
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  mock.command("down");
  await text(tile("Ben Cohen"), /No new picture for [2-9] sec/);
  mock.command("up");
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
});

test("who logs in and out appears and goes; nobody is a state of its own", async () => {
  await wall();
  mock.command("arrive");
  await tile("Lea Arrival").waitFor();
  mock.command("clear");
  await page.getByRole("heading", { name: "Nobody is logged in" }).waitFor();
});
