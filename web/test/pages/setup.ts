// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the pages share: a browser, and for each test a mock and a page of its own. A
// console error (a violation of the CSP is one) fails the test.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { axe } from "../../dev/axe";
import { launch } from "../../dev/browser";
import { startMock, type Mock } from "../../dev/mock";

export let browser: Browser;
export let mock: Mock;
let context: BrowserContext;
export let page: Page;
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

export const tile = (name: string) => page.locator("#wall").getByRole("option", { name });
export const status = () => page.locator(".bar-target");

export async function signIn(user = "kaya", password = "demo"): Promise<void> {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** An act of the bar that has no room there. */
export async function fromMore(...names: string[]): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  for (const name of names) await page.getByRole("menuitem", { name, exact: true }).click();
}

export async function wall(): Promise<void> {
  await page.goto(mock.url);
  await signIn();
  await tile("Anna Berger").waitFor();
}

/** The page as it is now has nothing that axe-core finds wrong. */
export async function accessible(): Promise<void> {
  const found = await axe(page);
  assert.deepEqual(found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), []);
}

/** Waits for something that happens on the other side of the page. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 8000;
  while (!(await is())) {
    assert.ok(Date.now() < end, what);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

export async function text(l: Locator, wanted: string | RegExp): Promise<void> {
  await l.filter({ hasText: wanted }).first().waitFor();
}

export async function selected(): Promise<string[]> {
  return page.$$eval('[role=option][aria-selected="true"] .tile-name', (all) =>
    all.map((e) => (e.firstChild?.textContent ?? "").trim()),
  );
}

/** Goes on with a page of another kind of browser window. */
export async function inContext(options: BrowserContextOptions, run: (c: BrowserContext) => Promise<void>): Promise<void> {
  const c = await browser.newContext(options);
  const before = page;
  page = await c.newPage();
  await run(c);
  await c.close();
  page = before;
}
