// SPDX-License-Identifier: GPL-3.0-or-later
// Opens both pages against a mock of its own, takes a picture of each state in the sizes that matter, and
// lets axe-core check each state in light and dark. node dev/run.mjs look [folder]

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launch } from "./browser";
import { startMock, type Mock } from "./mock";

const out = process.argv[2] ?? join(process.env["TMPDIR"] ?? "/tmp", "stationmaster-look");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(out, { recursive: true });

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

let problems = 0;

async function check(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(out, `${name}.png`) });
  const violations = (await page.evaluate(
    `(async () => { ${AXE}; return (await axe.run(document, { resultTypes: ["violations"] })).violations; })()`,
  )) as Violation[];
  for (const v of violations) {
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
  await page.getByRole("option").nth(2).click();
  await page.getByRole("option").nth(4).click({ modifiers: ["Control"] });
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
  await c.close();
  mock.stop();
}
await browser.close();
console.log(`${problems} problems; pictures in ${out}`);
process.exit(problems === 0 ? 0 : 1);
