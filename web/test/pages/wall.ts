// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { inContext, mock, page, selected, signIn, status, text, tile, wall } from "./setup";

test("a wrong password is told without saying what was wrong, then the right one lets in", async () => {
  await page.goto(mock.url);
  await signIn("kaya", "wrong");
  await text(page.getByRole("alert"), "Check user name and password");
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  await signIn();
  await page.getByRole("listbox", { name: "Sessions" }).waitFor();
  assert.equal(await page.locator("#wall").getByRole("option").count(), 30);
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
  const last = await page.locator("#wall").getByRole("option").last().getAttribute("data-session");
  assert.ok(!mock.received.tiles.includes(last ?? ""));
  await page.locator("#wall").getByRole("option").last().scrollIntoViewIfNeeded();
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
  const names = async () => (await page.getByRole("menuitem").allTextContents()).slice(0, 11);
  const right = await names();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Menu" }).click();
  assert.deepEqual(await names(), right);
  assert.deepEqual(right, [
    "Block ▸", "Unblock ▸", "Message ▸", "Enlarge", "Control", "Project ▸", "Start ▸", "Limit the web ▸", "Log off users ▸", "Suspend ▸", "Details",
  ]);
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
  await page.keyboard.press("l"); // Limit the web
  await page.keyboard.press("l"); // Log off users
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Log off Cem Demir?" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(mock.world.jobs.size, 0);
});

test("touch: a long press begins a selection, taps go on with it", async () => {
  await inContext({ viewport: { width: 800, height: 1000 }, hasTouch: true, locale: "en-GB" }, async (c) => {
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
  });
});

test("German from the browser, and by the switch", async () => {
  await inContext({ viewport: { width: 1280, height: 900 }, locale: "de-AT" }, async () => {
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
    await page.getByRole("button", { name: "Konto: Karin Kaya" }).click();
    await page.getByRole("radio", { name: "English" }).check();
    await page.getByRole("listbox", { name: "Sessions" }).waitFor();
  });
});

test("names are text, never markup", async () => {
  await wall();
  await tile("<b>Bob</b> txt.exe").waitFor();
  assert.equal(await page.locator(".tile b").count(), 0);
});
