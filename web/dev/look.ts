// SPDX-License-Identifier: GPL-3.0-or-later
// Opens both pages against a mock of its own, takes a picture of each state in the sizes that matter, and
// lets axe-core check each state in light and dark. node dev/run.mjs look [folder]

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { axe } from "./axe";
import { launch } from "./browser";
import { startMock, type Mock } from "./mock";

const out = process.argv[2] ?? join(process.env["TMPDIR"] ?? "/tmp", "stationmaster-look");
mkdirSync(out, { recursive: true });

let problems = 0;

async function check(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(out, `${name}.png`) });
  for (const v of await axe(page)) {
    problems++;
    console.log(`${name}: ${v.id}: ${v.help}`);
    for (const n of v.nodes.slice(0, 3)) console.log(`   ${n.html.slice(0, 160)}\n   ${n.failureSummary ?? ""}`);
  }
}

function listen(page: Page, name: string): void {
  page.on("console", (m) => {
    if (m.type() !== "error" || /Failed to load resource|WebSocket connection|Failed when connecting/.test(m.text())) return;
    problems++;
    console.log(`${name}: console: ${m.text()}`);
  });
  page.on("pageerror", (e) => {
    problems++;
    console.log(`${name}: error: ${e.message}`);
  });
}

let mock: Mock;
const say = (what: string) => mock.command(what);

async function signIn(page: Page, user = "kaya"): Promise<void> {
  await page.locator("input[name=user]").fill(user);
  await page.locator("input[name=password]").fill("demo");
  await page.locator("button[type=submit]").click();
}

async function pictures(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelectorAll('[data-picture="live"]').length > 0);
}

async function dashboard(c: BrowserContext, name: string, full: boolean): Promise<void> {
  const page = await c.newPage();
  listen(page, name);
  await page.goto(mock.url);
  await page.locator("input[name=user]").waitFor();
  await check(page, `${name}-login`);
  if (full) {
    await page.locator("input[name=user]").fill("kaya");
    await page.locator("input[name=password]").fill("wrong");
    await page.locator("button[type=submit]").click();
    await page.getByRole("alert").getByText(/could not|konnten nicht/).waitFor();
    await check(page, `${name}-denied`);
  }
  await signIn(page);
  await pictures(page);
  await check(page, `${name}-wall`);
  const menu = page.getByRole("button", { name: /^(Menu|Menü)$/ });
  await page.locator("#wall").getByRole("option").nth(2).click();
  await page.locator("#wall").getByRole("option").nth(4).click({ modifiers: ["Control"] });
  await check(page, `${name}-selected`);
  await menu.click();
  await page.getByRole("menuitem", { name: /Log off users|Benutzer abmelden/ }).click();
  await check(page, `${name}-menu`);
  await page.getByRole("menuitem", { name: /Log off all users|Alle Benutzer abmelden/ }).click();
  await page.getByRole("dialog").waitFor();
  await check(page, `${name}-confirm`);
  if (full) {
    await page.getByRole("radio", { name: /^(1 minute|1 Minute)$/ }).check();
    await page.getByRole("textbox").fill("Please save your work.");
    await page.getByRole("dialog").getByRole("button", { name: /Log off|Abmelden/ }).click();
    await page.locator(".tile-notice").first().waitFor();
    await check(page, `${name}-notice`);
    await page.getByRole("button", { name: /Cancel order|Auftrag zurücknehmen/ }).click();
    await page.locator(".tile-notice").first().waitFor({ state: "detached" });
    say("away");
    await page.getByText(/session service is restarting|Sitzungsdienst startet/).waitFor();
    await check(page, `${name}-away`);
    say("back");
    say("drop");
    await pictures(page);
    await menu.click();
    await page.getByRole("menuitem", { name: /^(Help|Hilfe)/ }).click();
    await check(page, `${name}-help`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /Dismiss|Ausblenden/ }).click();
    await menu.click();
    await page.getByRole("menuitem", { name: /Log off users|Benutzer abmelden/ }).click();
    await page.getByRole("menuitem", { name: /Log off all users|Alle Benutzer abmelden/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: /Log off|Abmelden/ }).click();
    await page.locator('.result[data-finished="false"]').waitFor();
    await page.locator(".tile-closing").first().waitFor();
    await check(page, `${name}-progress`);
    await page.locator('.result[data-finished="true"]').waitFor();
    await check(page, `${name}-results`);
    say("clear");
    await page.locator(".empty h2").waitFor();
    await check(page, `${name}-empty`);
  } else await page.keyboard.press("Escape");
  await page.close();
}

const option = (page: Page, name: string) => page.locator("#wall").getByRole("option", { name });

/** Block, project, view, more time: what a supervisor does to a class at work. */
async function acts(c: BrowserContext, name: string): Promise<void> {
  const page = await c.newPage();
  listen(page, name);
  await page.goto(mock.url);
  await pictures(page);
  mock.world.setBlocked({ sessions: ["s2", "s5"], message: "Eyes up front, please.", until_ms: Date.now() + 4 * 60_000 }, true);
  mock.world.setBlocked({ sessions: ["s6"] }, true);
  const s = [...mock.world.sessions.values()];
  Object.assign(s[3] ?? {}, { controlled: true, controlled_by: "Ada Admin" });
  Object.assign(s[6] ?? {}, { viewed: true });
  Object.assign(s[8] ?? {}, { locked: true });
  for (const x of s) mock.world.update(x);
  await page.locator(".block-text").first().waitFor();
  await option(page, "Anna Berger").click();
  await check(page, `${name}-blocked`);
  await page.getByRole("button", { name: /^(Project|Vorführen)$/ }).click();
  await check(page, `${name}-project-menu`);
  await page.getByRole("menuitem", { name: /This session to others|Diese Sitzung anderen/ }).click();
  await option(page, "Cem Demir").click();
  await option(page, "Dana Evers").click({ modifiers: ["Control"] });
  await check(page, `${name}-choosing`);
  await page.locator(".bar .primary").click();
  await page.locator(".force").waitFor();
  await check(page, `${name}-projecting`);
  await page.locator(".in-force > .button").click();
  await page.locator(".text-chip").first().waitFor();
  await check(page, `${name}-block-dialog`);
  await page.getByRole("dialog").getByRole("textbox").fill("Bitte alle nach vorn schauen – wir besprechen Aufgabe 3.");
  await page.keyboard.press("Enter");
  await page.locator(".force-block").waitFor();
  await page.locator('[data-act="block"]').waitFor();
  await check(page, `${name}-block-all`);
  await page.locator(".force-block .button").click();
  await page.locator(".force-block").waitFor({ state: "detached" });
  while ((await page.locator(".result").count()) > 0) await page.locator(".result-head .icon-button").first().click();
  mock.world.logOff({ sessions: ["s2", "s4", "s5"], grace_ms: 60_000, message: "The lesson is over." });
  for (const id of ["s2", "s4"]) mock.world.ask(id);
  await page.locator(".tile-asks").first().waitFor();
  await check(page, `${name}-more-time`);
  await page.locator(".result-head .icon-button").click();
  await option(page, "Anna Berger").dblclick({ position: { x: 60, y: 60 } });
  await page.locator('.view[data-stream="open"]').waitFor();
  await check(page, `${name}-view`);
  await page.locator(".view .segmented label").nth(1).click();
  await page.locator('.view[data-mode="control"][data-stream="open"]').waitFor();
  await check(page, `${name}-control`);
  mock.refuseViews({ code: 4409, reason: "Ada Admin" });
  say("drop");
  await page.locator(".view-note-acts").waitFor();
  await check(page, `${name}-busy`);
  mock.refuseViews(null);
  await page.close();
}

async function scenes(c: BrowserContext, name: string): Promise<void> {
  const page = await c.newPage();
  listen(page, name);
  say("session");
  await page.goto(`${mock.url}/station`);
  const open = page.locator('.screen[data-stream="open"]');
  await open.waitFor();
  for (const what of ["viewed", "controlled", "exclusive", "projection", "block", "block-default", "block-greeter", "lock"]) {
    say(what);
    const wanted = what.startsWith("block") ? ".scene-block" : what === "lock" ? ".login-card" : ".sign";
    await page.locator(wanted).waitFor();
    await check(page, `${name}-${what}`);
  }
  await page.locator("input[name=password]").fill("wrong");
  await page.locator("button[type=submit]").click();
  await page.getByRole("alert").locator("strong").waitFor();
  await check(page, `${name}-lock-wrong`);
  await page.close();
}

async function station(c: BrowserContext, name: string): Promise<void> {
  say("end");
  const page = await c.newPage();
  listen(page, name);
  await page.goto(`${mock.url}/station`);
  await page.locator("input[name=user]").waitFor();
  await check(page, `${name}-login`);
  await signIn(page, "otp");
  await page.getByText(/A code was sent/).waitFor();
  await check(page, `${name}-prompt`);
  await page.locator(".login-form input").fill("123456");
  await page.locator("button[type=submit]").click();
  await page.locator('.screen[data-stream="open"]').waitFor();
  await check(page, `${name}-desktop`);
  await page.getByRole("button", { name: /^(Panel|Bedienfeld)$/ }).click();
  await check(page, `${name}-panel`);
  await page.keyboard.press("Escape");
  say("notice");
  await page.locator(".notice").waitFor();
  await check(page, `${name}-notice`);
  say("down");
  await page.locator(".overlay").waitFor();
  await check(page, `${name}-lost`);
  say("up");
  await page.locator('.screen[data-stream="open"]').waitFor();
  say("end");
  await page.locator("input[name=user]").waitFor();
  await page.close();
}

const browser = await launch();
const views = [
  { name: "720-light", width: 1280, height: 720, colorScheme: "light", locale: "en-GB", full: true },
  { name: "720-dark-de", width: 1280, height: 720, colorScheme: "dark", locale: "de-DE", full: true },
  { name: "768-light-de", width: 768, height: 1024, colorScheme: "light", locale: "de-DE", full: false },
  { name: "390-dark", width: 390, height: 844, colorScheme: "dark", locale: "en-GB", full: false },
  { name: "4k-light", width: 3840, height: 2160, colorScheme: "light", locale: "en-GB", full: false },
] as const;
for (const v of views) {
  mock = await startMock(0, 28);
  const c = await browser.newContext({
    viewport: { width: v.width, height: v.height },
    colorScheme: v.colorScheme,
    locale: v.locale,
    bypassCSP: true, // axe is put in from outside
  });
  c.setDefaultTimeout(15_000);
  await dashboard(c, `dash-${v.name}`, v.full);
  await station(c, `station-${v.name}`);
  await scenes(c, `station-${v.name}`);
  mock.stop();
  mock = await startMock(mock.port, 28);
  await acts(c, `dash-${v.name}`);
  await c.close();
  mock.stop();
}
await browser.close();
console.log(`${problems} problems; pictures in ${out}`);
process.exit(problems === 0 ? 0 : 1);
