// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, inContext, mock, page, text, tile, until, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const results = () => page.getByRole("region", { name: "Results" });
const choose = async (...names: string[]) => {
  for (const name of names) await page.getByRole("menuitem", { name, exact: true }).click();
};
const LIMITED = "Web limited";

test("one by the right mouse button: a name that is none is refused beside the field, then it holds", async () => {
  await wall();
  await tile("Anna Berger").click({ button: "right" });
  await choose("Limit the web", "Only these sites for selected …");
  const d = page.getByRole("dialog", { name: "Only these sites for Anna Berger" });
  const field = d.getByLabel("Sites");
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  const go = d.getByRole("button", { name: "Limit the web" });
  await go.click();
  await text(d, "Write at least one site");
  assert.deepEqual(calls("Limits.Limit"), [], "without a site nothing is ordered");
  await field.fill("contoso");
  await go.click();
  await text(d.getByRole("alert"), '"contoso" has no ending');
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await accessible();
  assert.equal(await results().getByText("Nobody’s web was limited").count(), 0, "it is said once");
  await field.fill("contoso.com\n\nexample.org");
  await d.getByRole("radio", { name: "5 min" }).check();
  await go.click();
  await text(tile("Anna Berger"), LIMITED);
  await d.waitFor({ state: "detached" });
  const sent = calls("Limits.Limit").at(-1);
  assert.deepEqual({ ...sent, until_ms: 0 }, { sessions: ["s1"], mode: "allow", domains: ["contoso.com", "example.org"], until_ms: 0 });
  assert.ok(Math.abs(Number(sent?.["until_ms"]) - Date.now() - 300_000) < 20_000);
  await text(page.locator(".counts"), "1 limited");
  await results().getByText("1 of 1 done").waitFor();
  await results().getByRole("button", { name: "Undo" }).click();
  await tile("Anna Berger").filter({ hasNotText: LIMITED }).waitFor();
  assert.deepEqual(mock.world.limits.list, []);
});

test("several from the bar, with a list of before; the panel shows it; freed, undone", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await page.locator(".bar").getByRole("button", { name: "Limit the web" }).click();
  await choose("All but these sites for selected …");
  const d = page.getByRole("dialog", { name: "All but these sites for 2 users" });
  await d.getByRole("group", { name: "Last lists" }).getByRole("button", { name: "games.example" }).click();
  assert.equal(await d.getByLabel("Sites").inputValue(), "games.example");
  await d.getByRole("button", { name: "Limit the web" }).click();
  for (const name of ["Ben Cohen", "Cem Demir"]) await text(tile(name), LIMITED);
  assert.deepEqual(calls("Limits.Limit")[0], { sessions: ["s2", "s3"], mode: "deny", domains: ["games.example"] });
  await page.getByRole("listbox").press("Alt+Enter");
  await text(page.locator(".side"), "All but these sites, by Karin Kaya");
  await text(page.locator(".side-sites li"), "games.example");
  await accessible();
  await page.keyboard.press("Escape");
  await page.locator(".bar").getByRole("button", { name: "Limit the web" }).click();
  await choose("Free the web of selected");
  await tile("Cem Demir").filter({ hasNotText: LIMITED }).waitFor();
  await results().locator('[data-act="free"]').getByRole("button", { name: "Undo" }).click();
  await text(tile("Cem Demir"), LIMITED);
  assert.deepEqual(calls("Limits.Limit")[1]?.["users"], ["bencohen2", "cemdemir3"], "as it was before");
});

test("all: the top bar says so and holds the way back; one alone is refused by name", async () => {
  await wall();
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await choose("Limit the web", "Only these sites for all …");
  const d = page.getByRole("dialog", { name: "Only these sites for all" });
  await d.getByLabel("Sites").fill("contoso.com");
  await d.getByRole("button", { name: "Limit the web" }).click();
  const line = page.locator(".force-limit");
  await text(line, "Karin Kaya has limited the web of all to: contoso.com");
  await accessible();
  await tile("Anna Berger").click({ button: "right" });
  await choose("Limit the web", "Free the web of selected");
  await text(results(), "nobody can be let out alone");
  await line.getByRole("button", { name: "Free the web of all" }).click();
  await line.waitFor({ state: "detached" });
  await tile("Anna Berger").filter({ hasNotText: LIMITED }).waitFor();
  assert.deepEqual(calls("Limits.Free").at(-1), { all: true });
});

test("users: who is limited without being there, too; what cannot be done is said", async () => {
  await wall();
  mock.world.limits.list.push({ kind: "user", name: "aaron", full_name: "Aaron Away", by: "Karin Kaya", since: "", until_ms: 0, mode: "allow", domains: ["contoso.com"] });
  await page.locator('.places a[href="#/users"]').click();
  const row = page.locator('tr[data-user="aaron"]');
  await text(row, LIMITED);
  await row.getByRole("button", { name: "Free the web of Aaron Away" }).click();
  await row.waitFor({ state: "detached" });
  mock.fail("Limits.Limit", "The part that limits the web (station-limits) cannot be reached.");
  await page.locator(".pick-box input").nth(1).check();
  await page.locator(".bar").getByRole("button", { name: "Limit the web" }).click();
  await choose("Only these sites for selected …");
  await page.getByRole("dialog").getByLabel("Sites").fill("contoso.com");
  await page.getByRole("dialog").getByRole("button", { name: "Limit the web" }).click();
  await text(results(), "(station-limits) cannot be reached");
  await until("the dialog is closed", async () => (await page.getByRole("dialog").count()) === 0);
});

test("Web begrenzen, by touch at 390 pixels", async () => {
  await inContext({ viewport: { width: 390, height: 844 }, locale: "de-DE", hasTouch: true }, async () => {
    await page.goto(mock.url);
    await page.getByLabel("Benutzername").fill("kaya");
    await page.getByLabel("Passwort").fill("demo");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await tile("Anna Berger").tap();
    await page.locator(".bar-more").tap();
    for (const name of ["Web begrenzen", "Nur diese Seiten für Ausgewählte …"]) await page.getByRole("menuitem", { name, exact: true }).tap();
    const d = page.getByRole("dialog", { name: "Nur diese Seiten für Anna Berger" });
    await d.getByLabel("Seiten", { exact: true }).fill("contoso");
    await d.getByRole("button", { name: "Web begrenzen" }).click();
    await text(d.getByRole("alert"), "hat keine Endung");
    await accessible();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await d.getByLabel("Seiten", { exact: true }).fill("contoso.com");
    await d.getByRole("button", { name: "Web begrenzen" }).click();
    await text(tile("Anna Berger"), "Web begrenzt");
  });
});
