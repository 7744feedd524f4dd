// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, inContext, mock, page, text, tile, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const results = () => page.getByRole("region", { name: "Results" });
const sessionOf = (name: string) => [...mock.world.sessions.values()].find((s) => s.full_name === name);

test("block by keys alone: two of them, then Undo in the results", async () => {
  await wall();
  await page.getByRole("listbox").focus();
  await tile("Anna Berger").click();
  await page.keyboard.press("b");
  await page.getByRole("dialog", { name: "Block Anna Berger" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
  await page.keyboard.press("Enter");
  await tile("Anna Berger").and(page.locator('[data-condition="blocked"]')).waitFor();
  assert.deepEqual(calls("Blocks.Block"), [{ sessions: ["s1"] }]);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "wall");
  await results().getByText("1 of 1 done").waitFor();
  await results().getByRole("button", { name: "Undo" }).click();
  await tile("Anna Berger").and(page.locator('[data-condition="active"]')).waitFor();
  assert.deepEqual(mock.world.blocks, []);
});

test("block: message, last messages, counter, until; the veil shows the words over the live picture", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Block selected" }).click();
  const d = page.getByRole("dialog", { name: "Block 2 users" });
  await d.getByRole("group", { name: "Last messages" }).getByRole("button").first().click();
  const field = d.getByLabel("Message", { exact: true });
  assert.equal(await field.inputValue(), "Eyes up front, please.");
  await field.fill("ü".repeat(600));
  await text(d, "500 / 500");
  assert.equal((await field.inputValue()).length, 500);
  await field.fill("Look here <b>now</b>");
  await d.getByRole("radio", { name: "5 min" }).check();
  await accessible();
  await d.getByRole("button", { name: "Block" }).click();
  for (const name of ["Ben Cohen", "Cem Demir"]) {
    await text(tile(name), "“Look here <b>now</b>”");
    await text(tile(name), /(5:00|4:5\d) left/);
  }
  const [sent] = calls("Blocks.Block");
  assert.equal(sent?.["message"], "Look here <b>now</b>");
  assert.ok(Math.abs(Number(sent?.["until_ms"]) - Date.now() - 300_000) < 20_000);
  await page.locator('[data-user^="bencohen"][data-picture="live"]').waitFor();
  await accessible();
  // In the place of "Block" there is "Unblock" now; undoing that brings the same block back.
  assert.equal(await page.getByRole("button", { name: "Block selected", exact: true }).count(), 0);
  await page.getByRole("button", { name: "Unblock selected" }).click();
  await page.locator(".block-veil").first().waitFor({ state: "detached" });
  await results().locator('[data-act="unblock"]').getByRole("button", { name: "Undo" }).click();
  await text(tile("Cem Demir"), "“Look here <b>now</b>”");
  assert.equal(mock.world.blocks.length, 2);
  assert.equal(mock.world.blocks[0]?.until_ms, Number(sent?.["until_ms"]));
});

test("block until a time of the day; without one nothing is sent", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await page.getByRole("button", { name: "Block selected" }).click();
  const d = page.getByRole("dialog");
  await d.getByRole("radio", { name: "Time", exact: true }).check();
  await d.getByRole("button", { name: "Block" }).click();
  await d.getByLabel("Time when it ends").and(page.locator("[aria-invalid=true]")).waitFor();
  assert.deepEqual(calls("Blocks.Block"), []);
  await d.getByLabel("Time when it ends").fill("23:59");
  await d.getByRole("button", { name: "Block" }).click();
  await text(tile("Ben Cohen"), "Blocked");
  assert.equal(new Date(Number(calls("Blocks.Block")[0]?.["until_ms"])).getMinutes(), 59);
});

test("block all: the top bar says so and holds the way back; who comes later is blocked too", async () => {
  await wall();
  mock.world.setBlocked({ sessions: ["s2"], message: "Only you" }, true);
  await text(tile("Ben Cohen"), "Only you");
  await page.getByRole("button", { name: "Block all" }).click();
  const d = page.getByRole("dialog", { name: "Block all" });
  await text(d, "also those who log in later");
  await page.keyboard.type("Everybody, please");
  await page.keyboard.press("Enter");
  const force = page.getByRole("list", { name: "In force" });
  await text(force, "Karin Kaya has blocked all. “Everybody, please”");
  await text(tile("Anna Berger"), "“Everybody, please”");
  await text(tile("Ben Cohen"), "Only you");
  assert.equal(sessionOf("Karin Kaya")?.blocked, false);
  await page.getByText("28 blocked").waitFor();
  await accessible();
  await page.reload();
  await text(tile("Anna Berger"), "“Everybody, please”");
  await force.getByRole("button", { name: "Unblock all" }).click();
  await page.getByRole("button", { name: "Block all", exact: true }).waitFor();
  await page.locator(".block-veil").first().waitFor({ state: "detached" });
});

test("undo of block all leaves the blocks that were there before", async () => {
  await wall();
  mock.world.setBlocked({ sessions: ["s2"], message: "Only you" }, true);
  await text(tile("Ben Cohen"), "Only you");
  await page.getByRole("button", { name: "Block all" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Enter");
  await text(tile("Anna Berger"), "Blocked");
  await results().locator('[data-act="block"]').getByRole("button", { name: "Undo" }).click();
  await page.locator('[data-user^="annaberger"][data-condition="active"]').waitFor();
  await page.locator('[data-user^="bencohen"][data-condition="blocked"]').waitFor();
  assert.deepEqual(mock.world.blocks.map((b) => [b.kind, b.message]), [["user", "Only you"]]);
});

test("who may not be blocked is named, and no picture of theirs is veiled", async () => {
  await wall();
  await tile("Ada Admin").click();
  await tile("Anna Berger").click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Block selected" }).click();
  const d = page.getByRole("dialog", { name: "Block Anna Berger" });
  await text(d, "You may not block: Ada Admin.");
  await page.keyboard.press("Enter");
  await results().getByText("1 of 2 done, 1 refused").waitFor();
  await text(results(), "Only an administrator may act on sessions of administrators.");
});

test("more time: answered on the tile, in the results, and by No", async () => {
  await wall();
  mock.world.logOff({ sessions: ["s1", "s2", "s3"], grace_ms: 60_000 });
  await text(tile("Anna Berger"), /Log off in (1:00|0:5\d)/);
  for (const id of ["s1", "s2", "s3"]) mock.world.ask(id);
  await text(tile("Anna Berger"), "Needs more time");
  await accessible();
  await tile("Anna Berger").locator('[data-answer="5"]').click();
  await text(tile("Anna Berger"), /Log off in (6:00|5:5\d)/);
  await tile("Anna Berger").locator(".tile-asks").waitFor({ state: "detached" });
  await page.getByRole("group", { name: "Ben Cohen needs more time" }).getByRole("button", { name: "+1 min" }).click();
  await text(tile("Ben Cohen"), /Log off in (2:00|1:5\d)/);
  const cem = page.getByRole("group", { name: "Cem Demir needs more time" });
  await cem.getByRole("button", { name: "No" }).click();
  await cem.waitFor({ state: "detached" });
  assert.equal(await tile("Cem Demir").locator(".tile-asks").count(), 0);
  assert.deepEqual(calls("Jobs.Extend").map((c) => [c["sessions"], c["add_ms"]]), [[["s1"], 300_000], [["s2"], 60_000]]);
});

test("sperren, entsperren, vorführen, vergrößern, übernehmen", async () => {
  await inContext({ viewport: { width: 1280, height: 900 }, locale: "de-AT" }, async () => {
    await page.goto(mock.url);
    await page.getByLabel("Benutzername").fill("kaya");
    await page.getByLabel("Passwort").fill("demo");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await tile("Anna Berger").click({ button: "right" });
    const names = await page.getByRole("menuitem").allTextContents();
    assert.deepEqual(names, [
      "Sperren ▸", "Entsperren ▸", "Nachricht ▸", "Vergrößern", "Übernehmen", "Vorführen ▸", "Starten ▸", "Web begrenzen ▸", "Benutzer abmelden ▸",
      "Sitzung anhalten ▸", "Einzelheiten",
    ]);
    await page.getByRole("menuitem", { name: "Sperren", exact: true }).click();
    await page.getByRole("menuitem", { name: "Ausgewählte sperren" }).click();
    await page.getByRole("dialog", { name: "Anna Berger sperren" }).getByRole("button", { name: "Sperren" }).click();
    await text(tile("Anna Berger"), "Gesperrt");
  });
});
