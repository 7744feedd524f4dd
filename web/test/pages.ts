// SPDX-License-Identifier: GPL-3.0-or-later
// Both pages in Debian's Chromium against the mock, under the real Content-Security-Policy. Needs
// dist/ (npm run build). npm run test:pages

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { launch } from "../dev/browser";
import { startMock, type Mock } from "../dev/mock";

let browser: Browser;
let mock: Mock;
let context: BrowserContext;
let page: Page;
let errors: string[] = [];

before(async () => {
  browser = await launch();
});
after(() => browser.close());

beforeEach(async () => {
  mock = await startMock(0, 28);
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  context.setDefaultTimeout(8000);
  page = await context.newPage();
  errors = [];
  // A violation of the CSP is a console error, too.
  page.on("console", (m) => {
    if (m.type() === "error" && !/Failed to load resource|WebSocket connection|Failed when connecting/.test(m.text())) errors.push(m.text());
  });
  page.on("pageerror", (e) => errors.push(e.message));
});

afterEach(async () => {
  await context.close();
  mock.stop();
  assert.deepEqual(errors, []);
});

const tile = (name: string) => page.getByRole("option", { name });
const status = () => page.locator(".bar-target");

async function signIn(user = "kaya", password = "demo"): Promise<void> {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function wall(): Promise<void> {
  await page.goto(mock.url);
  await signIn();
  await tile("Anna Berger").waitFor();
}

async function text(l: Locator, wanted: string | RegExp): Promise<void> {
  await l.filter({ hasText: wanted }).first().waitFor();
}

async function selected(): Promise<string[]> {
  return page.$$eval('[role=option][aria-selected="true"] .tile-name', (all) =>
    all.map((e) => (e.firstChild?.textContent ?? "").trim()),
  );
}

test("a wrong password is told without saying what was wrong, then the right one lets in", async () => {
  await page.goto(mock.url);
  await signIn("kaya", "wrong");
  await text(page.getByRole("alert"), "Check user name and password");
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  await signIn();
  await page.getByRole("listbox", { name: "Sessions" }).waitFor();
  assert.equal(await page.getByRole("option").count(), 30);
});

test("PAM may ask for more", async () => {
  await page.goto(mock.url);
  await signIn("otp");
  await page.getByText("A code was sent to you.").waitFor();
  await page.getByLabel("One-time code").fill("123456");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("listbox").waitFor();
});

test("the page goes on after a reload, and signs out", async () => {
  await wall();
  await page.reload();
  await tile("Anna Berger").waitFor();
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("User name").waitFor();
});

test("pictures are drawn, asked for when visible only, and in the size chosen", async () => {
  await wall();
  await page.locator('[data-user^="annaberger"][data-picture="live"]').waitFor();
  const drawn = await page.locator('[data-user^="annaberger"] canvas').evaluate((c: HTMLCanvasElement) => {
    const d = c.getContext("2d")?.getImageData(0, 0, c.width, c.height).data ?? [];
    return { width: c.width, colours: new Set([...d].slice(0, 40_000)).size };
  });
  assert.equal(drawn.width, 320);
  assert.ok(drawn.colours > 10, "the canvas is not blank");
  assert.ok(mock.received.tiles.length < 30, "not all of 30 tiles are visible");
  const last = await page.getByRole("option").last().getAttribute("data-session");
  assert.ok(!mock.received.tiles.includes(last ?? ""));
  await page.getByRole("option").last().scrollIntoViewIfNeeded();
  await page.locator(`[data-session="${last}"][data-picture="live"]`).waitFor();
  assert.ok(mock.received.tiles.includes(last ?? ""));
  await page.getByRole("radio", { name: "Large tiles" }).check();
  await page.waitForFunction(() => [...document.querySelectorAll("canvas")].some((c) => c.width === 480));
  assert.equal(mock.received.size, "large");
});

test("a desktop that may not be seen says why", async () => {
  await wall();
  const t = tile("Ada Admin");
  assert.equal(await t.getAttribute("data-picture"), "hidden");
  await text(t, "desktops of administrators are not shown to you");
  const id = await t.getAttribute("data-session");
  assert.ok(!mock.received.tiles.includes(id ?? ""));
});

test("click, Ctrl, Shift, Ctrl+A, Esc", async () => {
  await wall();
  await tile("Anna Berger").click();
  await text(status(), "1 selected: Anna Berger");
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  assert.deepEqual(await selected(), ["Anna Berger", "Cem Demir"]);
  await tile("Dana Evers").click();
  await tile("Ben Cohen").click({ modifiers: ["Shift"] });
  assert.deepEqual(await selected(), ["Ben Cohen", "Cem Demir", "Dana Evers"]);
  await text(status(), "3 selected");
  await page.keyboard.press("Control+a");
  await text(status(), "All 30 selected");
  await page.keyboard.press("Escape");
  await text(status(), "Nothing selected");
});

test("arrows and space", async () => {
  await wall();
  await page.getByRole("listbox").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.deepEqual(await selected(), ["Ada Admin"]);
  await page.keyboard.press("Control+ArrowRight");
  assert.deepEqual(await selected(), ["Ada Admin"]);
  await page.keyboard.press(" ");
  assert.deepEqual(await selected(), ["Ada Admin", "Anna Berger"]);
  const active = await page.getByRole("listbox").getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`#${active}`).getAttribute("data-user"), "annaberger1");
  await page.keyboard.press("Shift+ArrowDown");
  assert.ok((await selected()).length > 2);
});

test("a frame selects what it touches; Esc takes it back", async () => {
  await wall();
  const a = await tile("Anna Berger").boundingBox();
  const b = await tile("Ben Cohen").boundingBox();
  assert.ok(a && b);
  const drag = async () => {
    await page.mouse.move(a.x + a.width - 20, a.y + a.height - 20);
    await page.mouse.down();
    await page.mouse.move(b.x + 60, b.y + 30, { steps: 4 });
  };
  await drag();
  await page.locator(".band").waitFor();
  await page.mouse.up();
  const hit = await selected();
  assert.ok(hit.includes("Anna Berger") && hit.includes("Ben Cohen"), hit.join());
  assert.equal(await page.locator(".band").count(), 0);
  await page.keyboard.press("Escape");
  await drag();
  await text(status(), / selected/);
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await text(status(), "Nothing selected");
});

test("right click points at one, keeps a selection it belongs to, and offers the same acts", async () => {
  await wall();
  await tile("Ben Cohen").click({ button: "right" });
  assert.deepEqual(await selected(), ["Ben Cohen"]);
  const names = async () => (await page.getByRole("menuitem").allTextContents()).slice(0, 2);
  const right = await names();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Menu" }).click();
  assert.deepEqual(await names(), right);
  assert.deepEqual(right, ["Log off users ▸", "Suspend ▸"]);
  await page.keyboard.press("Escape");
  await tile("Anna Berger").click({ modifiers: ["Control"] });
  await tile("Ben Cohen").click({ button: "right" });
  assert.equal((await selected()).length, 2);
});

test("the menu works by keys alone", async () => {
  await wall();
  await tile("Cem Demir").click();
  await page.getByRole("button", { name: "Menu" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Log off Cem Demir?" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(mock.world.jobs.size, 0);
});

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
  assert.equal(await page.getByRole("option").count(), 28);
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
  await page.getByRole("button", { name: "Suspend selected sessions" }).click();
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
  await text(tile("Ben Cohen"), /No new picture for [2-9] seconds/);
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

test("names are text, never markup", async () => {
  await wall();
  await tile("<b>Bob</b> txt.exe").waitFor();
  assert.equal(await page.locator(".tile b").count(), 0);
});

test("touch: a long press begins a selection, taps go on with it", async () => {
  const c = await browser.newContext({ viewport: { width: 800, height: 1000 }, hasTouch: true, locale: "en-GB" });
  const old = page;
  page = await c.newPage();
  await wall();
  const cdp = await c.newCDPSession(page);
  const box = await tile("Anna Berger").boundingBox();
  assert.ok(box);
  const at = [{ x: box.x + 50, y: box.y + 50 }];
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at });
  await text(status(), "1 selected: Anna Berger");
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await tile("Ben Cohen").tap();
  await text(status(), "2 selected");
  assert.equal(await page.getByRole("menu").count(), 0);
  await c.close();
  page = old;
});

test("German from the browser, and by the switch", async () => {
  const c = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "de-AT" });
  const old = page;
  page = await c.newPage();
  await page.goto(mock.url);
  await page.getByLabel("Benutzername").fill("kaya");
  await page.getByLabel("Passwort").fill("demo");
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.getByRole("listbox", { name: "Sitzungen" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "de");
  await page.getByRole("button", { name: "Menü" }).click();
  await page.getByRole("menuitem", { name: "Benutzer abmelden" }).click();
  await page.getByRole("menuitem", { name: "Ausgewählte Benutzer abmelden" }).waitFor();
  await page.getByRole("menuitem", { name: "Alle Benutzer abmelden" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("radio", { name: "English" }).check();
  await page.getByRole("listbox", { name: "Sessions" }).waitFor();
  await c.close();
  page = old;
});

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
  await page.getByText("Your session was suspended.").waitFor();
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
