// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile strings in every field, a page that is read from right to left, and how much a browser has to fetch.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { layoutFaults } from "../../dev/layout";
import { startMock } from "../../dev/mock";
import { begin, STATES } from "../../dev/states";
import { inContext, mock, page, tile, wall } from "./setup";

const HOSTILE = [
  "<img src=x onerror=window.hit=1>",
  `"'><script>window.hit=1</script>`,
  "javascript:window.hit=1",
  "\u202Etxt.exe\u2066 \u200F",
  "{name} {count, plural} %s%n ${1}",
  "Ж".repeat(500),
  "e\u0301\u0302\u0303".repeat(60),
  "\u0000\u0007\u001b[31m a\nb\tc",
];

/** Everything that has words for people, as said by somebody who means harm. */
function poison(text: string): void {
  const w = mock.world;
  for (const s of w.sessions.values()) w.update(Object.assign(s, { full_name: `${text} ${s.id}`, window: text, program: text, room: text, controlled_by: text, controlled: s.id === "s2" }));
  for (const station of w.stations.values()) w.emitEvent({ kind: "station", station: Object.assign(station, { name: text, room: text, address: text }) });
  w.trouble = { name: text, version: text, desktops: [{ id: "x", name: text }, { id: "y", name: text }] };
  w.me.full_name = text;
  w.setBlocked({ sessions: ["s3"], message: text }, true);
  w.project({ source: "s1", sessions: ["s4"] }, { ...w.me, full_name: text });
  w.logOff({ sessions: ["s5"], grace_ms: 60_000, message: text });
  w.people.run("s6", text, text);
  const s6 = w.sessions.get("s6");
  if (s6) w.people.say(s6, text, false);
  w.people.log(text, `${text} s6(x)`, text);
}

test("hostile strings are text in every field, and break nothing", async () => {
  await wall();
  for (const text of HOSTILE) {
    poison(text);
    await page.locator('[data-session="s6"]').click();
    await page.locator("#wall").press("Alt+Enter");
    await page.locator("#side-tab-programs").click();
    await page.locator(".windows .window").nth(2).waitFor();
    await page.locator("#side-tab-chat").click();
    await page.locator(".side .message").last().waitFor();
    await page.locator(".side-head .icon-button").click();
    for (const place of ["systems", "stations", "users", "activity", ""]) {
      await page.evaluate((p) => (location.hash = `#/${p}`), place);
      await page.locator(place ? ".place" : "#wall").waitFor();
    }
    assert.deepEqual(await layoutFaults(page), [], text);
    assert.equal(await page.evaluate(() => "hit" in window), false, text);
    assert.equal(await page.locator("body img[src=x], body script").count(), 0, text);
  }
});

test("from right to left nothing breaks: the layout turns round as a whole", async () => {
  const names = ["wall", "selected-some", "wall-rooms", "menu-logoff", "block-dialog", "side-programs", "users", "systems", "projecting"];
  for (const viewport of [{ width: 1280, height: 720 }, { width: 768, height: 1024 }, { width: 800, height: 600 }])
    await inContext({ viewport, locale: "en-GB" }, async (context) => {
      await context.addInitScript("document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'))");
      for (const state of STATES.filter((s) => names.includes(s.name))) {
        const stage = { page, mock: await startMock(0, 28), context };
        await begin(state, stage);
        await state.open(stage);
        assert.deepEqual(await layoutFaults(page), [], `${state.name} at ${viewport.width}`);
        stage.mock.stop();
        if (state.name !== "wall") continue;
        const [menu, account] = await Promise.all([page.locator("#menu-button").boundingBox(), page.locator(".account-button").boundingBox()]);
        assert.ok(menu && account && menu.x > account.x, "the menu is at the right");
        const [first, second] = await Promise.all([tile(page, 0), tile(page, 1)]);
        assert.ok(first > second, "the first tile is at the right");
      }
    });

  async function tile(p: typeof page, n: number): Promise<number> {
    return (await p.locator("#wall").getByRole("option").nth(n).boundingBox())?.x ?? NaN;
  }
});

const FIRST_MAX = 250_000;

test("what is fetched before log-in, and at the wall, is under 250 kB", async () => {
  const files = new Set<string>();
  page.on("request", (r) => {
    const path = new URL(r.url()).pathname;
    if (path === "/" || path.startsWith("/assets/")) files.add(path === "/" ? "index.html" : `assets/${basename(path)}`);
  });
  const size = () =>
    [...files].reduce((n, f) => {
      const path = resolve("dist", f);
      return n + (existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`) : gzipSync(readFileSync(path))).length;
    }, 0);
  await page.goto(mock.url);
  await page.getByLabel("User name").waitFor();
  const before = size();
  assert.ok(files.size >= 3, [...files].join());
  await wall();
  await page.waitForRequest(/assets\/closeall/); // the parts that are fetched a moment early
  await tile("Anna Berger").waitFor();
  console.log(`first load: ${(before / 1000).toFixed(1)} kB before log-in, ${(size() / 1000).toFixed(1)} kB at the wall`);
  assert.ok(before < FIRST_MAX && size() < FIRST_MAX, `${before}, ${size()} bytes`);
});
