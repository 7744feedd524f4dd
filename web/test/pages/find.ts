// SPDX-License-Identifier: GPL-3.0-or-later
// Search, order, groups, what a tile tells, alarms, and a wall of a thousand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startMock } from "../../dev/mock";
import type { Session } from "../../src/shared/types";
import { accessible, browser, fromMore, inContext, mock, page, selected, status, text, tile, wall } from "./setup";

const search = () => page.getByRole("searchbox");
const found = (what: string) => text(page.getByRole("status"), what);
const names = () => page.locator("#wall [role=option] .tile-name").allTextContents();

function change(name: string, what: Partial<Session>): void {
  const s = [...mock.world.sessions.values()].find((x) => x.full_name === name);
  assert.ok(s);
  mock.world.update(Object.assign(s, what));
}

test("search by keys alone: /, words, Enter to the tiles, Esc back; the selection stays", async () => {
  await wall();
  change("Dana Evers", { program: "gimp", window: "Vögel.xcf" });
  await tile("Anna Berger").click();
  await page.keyboard.press("/");
  await page.keyboard.type("VOGEL.xcf");
  await found("1 of 30 shown");
  await text(status(), "1 selected: Anna Berger, 1 not shown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Home");
  assert.deepEqual(await selected(), ["Dana Evers"]);
  await page.keyboard.press("/");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("r12-0");
  await found("8 of 30 shown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+a");
  await text(status(), "All 8 shown selected");
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await tile("Zoe Arndt").waitFor({ state: "attached" });
  await text(status(), "8 selected");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "wall");
});

test("an act reaches what is selected, also what the search hides", async () => {
  await wall();
  await tile("Anna Berger").click();
  await tile("Ben Cohen").click({ modifiers: ["Control"] });
  await search().fill("anna");
  await text(status(), "2 selected, 1 not shown");
  await fromMore("Suspend", "Suspend selected sessions");
  await page.getByText("2 of 2 done").waitFor();
});

test("what nothing matches says so, and has a way back", async () => {
  await wall();
  await search().fill("nobody of this name");
  await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
  await accessible();
  await page.getByRole("button", { name: "Show all sessions" }).click();
  await tile("Anna Berger").waitFor();
  assert.equal(await search().inputValue(), "");
});

test("active hides suspended ones, and who comes back is there again", async () => {
  await wall();
  await page.getByRole("radio", { name: "Active" }).check();
  await found("27 of 30 shown");
  assert.equal(await tile("Hugo Ilic").count(), 0);
  change("Hugo Ilic", { state: "active" });
  await tile("Hugo Ilic").waitFor();
});

test("order and groups, with headings that screen readers hear; kept for this operator", async () => {
  await wall();
  change("Zoe Arndt", { memory_kib: 9_000_000 });
  await page.getByLabel("Sort").selectOption("Memory");
  await page.waitForFunction(() => document.querySelector("#wall [role=option]")?.textContent?.includes("Zoe"));
  assert.match((await names())[0] ?? "", /Zoe Arndt/);
  await page.getByLabel("Group").selectOption("State");
  const groups = page.locator("#wall").getByRole("group");
  await groups.nth(1).waitFor();
  assert.deepEqual(await groups.locator(".wall-heading").allTextContents(), ["Active 27", "Suspended 3"]);
  assert.equal(await page.getByRole("group", { name: "Suspended 3" }).getByRole("option").count(), 3);
  await page.getByRole("radio", { name: "Small tiles" }).check();
  await accessible();
  await page.locator("#wall").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  assert.equal((await selected()).length, 1);
  await page.reload();
  await page.getByRole("group", { name: "Suspended 3" }).waitFor();
  assert.equal(await page.getByLabel("Sort").inputValue(), "memory");
  assert.ok(await page.getByRole("radio", { name: "Small tiles" }).isChecked());
  const kept = await page.evaluate(() => Object.keys(localStorage));
  assert.ok(kept.includes("stationmaster.wall.kaya"), kept.join());
});

test("a tile tells window, hand, idleness and use; nothing moves when they come", async () => {
  await wall();
  const anna = tile("Anna Berger");
  const before = await anna.boundingBox();
  change("Anna Berger", {
    program: "libreoffice", window: "Essay.odt", hand_ms: Date.now() - 125_000, cpu_permille: 450, memory_kib: 4_000_000,
  });
  change("Ben Cohen", { idle_ms: 12 * 60_000 });
  await text(anna, "Essay.odt");
  await text(anna.locator(".tile-hand"), "2 min");
  assert.equal(await anna.locator(".tile-window").getAttribute("title"), "libreoffice: Essay.odt");
  await page.getByRole("option", { name: /Anna Berger.*Hand raised for 2 min.*Processor 45%, Memory 3.8 GB/ }).waitFor();
  await text(tile("Ben Cohen"), "Idle 12 min");
  await text(page.locator(".counts"), "1 hand raised");
  assert.deepEqual(await anna.boundingBox(), before);
  await accessible();
  change("Anna Berger", { hand_ms: 0, cpu_permille: 10, memory_kib: 1000, window: "<i>x</i>", program: "" });
  await anna.locator(".tile-hand").waitFor({ state: "detached" });
  await text(anna, "<i>x</i>");
  assert.equal(await anna.locator("i").count(), 0);
  assert.deepEqual(await anna.boundingBox(), before);
});

test("what is wrong with a picture is an alarm with its age, until it is well again", async () => {
  await wall();
  const picture = page.locator('[data-user^="annaberger"]');
  const id = (await picture.getAttribute("data-session")) ?? "";
  await page.locator(`[data-session="${id}"][data-picture="live"]`).waitFor();
  for (const [alarm, badge, name] of [
    ["black", "Black for 2 min", "Alarm: the picture is black"],
    ["stalled", "Frozen for 2 min", "Alarm: the picture is frozen"],
    ["lost", "Picture lost for 2 min", "Alarm: the picture is lost"],
  ] as const) {
    mock.alarm(id, alarm, Date.now() - 125_000);
    await text(picture, badge);
    await text(page.locator(".counts"), "1 alarm");
    await page.getByRole("option", { name: new RegExp(`Anna Berger.*${name}`) }).waitFor();
  }
  mock.alarm(id, "");
  await page.locator(".counts-alarm").waitFor({ state: "detached" });
  assert.equal(await picture.getAttribute("data-alarm"), null);
});

test("German, dark, high contrast and forced colours: nothing that axe finds", async () => {
  for (const o of [
    { locale: "de-DE", colorScheme: "dark" },
    { locale: "en-GB", colorScheme: "light", contrast: "more" },
    { locale: "de-DE", colorScheme: "dark", contrast: "more" },
    { locale: "en-GB", colorScheme: "dark", forcedColors: "active", reducedMotion: "reduce" },
  ] as const)
    await inContext({ viewport: { width: 768, height: 1024 }, bypassCSP: true, ...o }, async () => {
      await page.goto(mock.url);
      await page.locator("input[name=user]").fill("kaya");
      await page.locator("input[name=password]").fill("demo");
      await page.locator("button[type=submit]").click();
      await tile("Anna Berger").waitFor();
      change("Anna Berger", { hand_ms: Date.now() - 60_000, cpu_permille: 800, window: "Essay.odt" });
      await tile("Anna Berger").locator(".tile-hand").waitFor();
      await page.locator(".choices-button").click();
      await page.locator(".pick select").first().selectOption("state");
      await page.keyboard.press("Escape");
      await tile("Anna Berger").click();
      await accessible();
      change("Anna Berger", { hand_ms: 0 });
      await tile("Anna Berger").locator(".tile-hand").waitFor({ state: "detached" });
    });
});

test("touch: what is offered above the wall is large enough for a finger", async () => {
  await inContext({ viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true, locale: "en-GB" }, async () => {
    await wall();
    await search().fill("a");
    await page.getByRole("button", { name: "View" }).click();
    for (const l of await page.locator("header :is(a, select, button, input[type=text], .segmented)").all()) {
      const box = await l.boundingBox();
      assert.ok(box && box.height >= 43 && box.width >= 43, `${await l.innerHTML()}: ${box?.width} x ${box?.height}`);
    }
  });
});

const FRAMES = 12;
const BLOCKS = 25;
const FRAME_MS = 8;

test("a thousand: few tiles in the document, little work for each frame, and all can be reached", async () => {
  const many = await startMock(0, 1000);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  const p = await context.newPage();
  try {
    await p.goto(many.url);
    await p.getByLabel("User name").fill("kaya");
    await p.getByLabel("Password").fill("demo");
    await p.getByRole("button", { name: "Log in" }).click();
    const options = p.locator("#wall").getByRole("option");
    await options.first().waitFor();
    await p.locator('[data-picture="live"]').first().waitFor();
    const cdp = await context.newCDPSession(p);
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    const work = async () => {
      const { metrics } = await cdp.send("Performance.getMetrics");
      const of = (name: string) => metrics.find((m) => m.name === name)?.value ?? NaN;
      return 1000 * (of("ScriptDuration") + of("LayoutDuration") + of("RecalcStyleDuration"));
    };
    const each: number[] = [];
    const paces: number[] = [];
    let most = 0;
    for (let i = 0; i < BLOCKS; i++) {
      const before = await work();
      const r = await p.evaluate(async (frames) => {
        const area = document.querySelector(".wall-area") as HTMLElement;
        const times: number[] = [];
        for (let n = 0; n <= frames; n++) {
          times.push(await new Promise<number>(requestAnimationFrame));
          area.scrollTop += 180;
        }
        const paces = times.slice(1).map((x, k) => x - (times[k] ?? 0));
        return { paces, count: document.querySelectorAll("#wall [role=option]").length };
      }, FRAMES);
      each.push(((await work()) - before) / FRAMES);
      paces.push(...r.paces);
      most = Math.max(most, r.count);
    }
    const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;
    console.log(
      `1,000 tiles: ${median(each).toFixed(1)} ms of work and ${median(paces).toFixed(1)} ms for a frame, ${most} tiles in the document`,
    );
    assert.ok(median(each) < FRAME_MS, `${median(each).toFixed(1)} ms of script, style and layout for a frame`);
    assert.ok(most <= 80, `${most} tiles in the document`);
    assert.ok(many.received.tiles.length <= most, "only what is near the window is asked for");

    await p.locator("#wall").focus();
    await p.keyboard.press("End");
    const current = () => p.locator(".tile.current");
    await current().waitFor();
    assert.equal(await current().getAttribute("aria-posinset"), "1002");
    assert.equal(await current().getAttribute("aria-setsize"), "1002");
    const last = await current().getAttribute("data-session");
    await p.locator(`[data-session="${last}"][data-picture="live"]`).waitFor();
    await p.evaluate(() => ((document.querySelector(".wall-area") as HTMLElement).scrollTop = 0));
    await p.locator('[aria-posinset="1"]').waitFor();
    assert.equal(await p.locator(`[data-session="${last}"]`).count(), 1, "the tile with the keyboard stays");
    await p.keyboard.press("Shift+Home");
    await p.locator(".bar-target").filter({ hasText: "All 1,002 selected" }).waitFor();
    await p.keyboard.press("Escape");
    await p.keyboard.press("Control+a");
    await p.locator(".bar-target").filter({ hasText: "All 1,002 selected" }).waitFor();
  } finally {
    await context.close();
    many.stop();
  }
});
