// SPDX-License-Identifier: GPL-3.0-or-later
// Every state of dev/states.ts: nothing that axe finds, in English and German, light, dark and high contrast;
// nothing cut off, overlapping or too small for a finger. Pictures of each are kept in build/artefacts/pages.
//
// STATES=wall,users npm run test:pages states looks at these only.
// The structure of a state is checked once for each language, in the other schemes what a scheme changes: colours.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { axe, type Violation } from "../../dev/axe";
import { launch } from "../../dev/browser";
import { layoutFaults } from "../../dev/layout";
import { startMock } from "../../dev/mock";
import { begin, STATES, type State } from "../../dev/states";

const out = resolve("..", "build", "artefacts", "pages");

type Scheme = { colorScheme: "light" | "dark"; contrast?: "more" | "no-preference"; picture?: string };

const PASSES: { name: string; locale: string; touch: boolean; width: number; height: number; first: Scheme; then: Scheme[] }[] = [
  {
    name: "English, 1280x720",
    locale: "en-GB",
    touch: false,
    width: 1280,
    height: 720,
    first: { colorScheme: "light", picture: "1280x720-light" },
    then: [{ colorScheme: "dark", picture: "1280x720-dark" }, { colorScheme: "light", contrast: "more" }, { colorScheme: "dark", contrast: "more" }],
  },
  {
    name: "German, 768x1024 by touch",
    locale: "de-DE",
    touch: true,
    width: 768,
    height: 1024,
    first: { colorScheme: "dark", picture: "768x1024-dark-de" },
    then: [{ colorScheme: "light", picture: "768x1024-light-de" }],
  },
];

const only = (process.env["STATES"] ?? "").split(",").filter(Boolean);

const told = (where: string, found: readonly Violation[]) =>
  found.map((v) => `${where}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join("  ")}`);

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const pass of PASSES) {
  let context: BrowserContext;
  let page: Page;
  let errors: string[] = [];

  async function visit(state: State): Promise<string[]> {
    const mock = await startMock(0, 28);
    const stage = { page, mock, context };
    const look = async (s: Scheme) => {
      await page.emulateMedia({ colorScheme: s.colorScheme, contrast: s.contrast ?? "no-preference", reducedMotion: "reduce" });
      // Colours are measured when they have got where they go.
      await page.evaluate(async () => {
        for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
        for (const a of document.getAnimations()) if (a.effect?.getComputedTiming().iterations !== Infinity) a.finish();
      });
      if (s.picture) await page.screenshot({ path: join(out, s.picture, `${state.name}.png`) });
    };
    errors = [];
    try {
      await page.emulateMedia({ colorScheme: pass.first.colorScheme, contrast: "no-preference", reducedMotion: "reduce" });
      await begin(state, stage);
      await state.open(stage);
      await look(pass.first);
      const faults = [...told(pass.first.colorScheme, await axe(page)), ...(await layoutFaults(page, pass.touch))];
      for (const s of pass.then) {
        await look(s);
        faults.push(...told(`${s.colorScheme}${s.contrast ? ", high contrast" : ""}`, await axe(page, ["color-contrast"])));
      }
      return [...faults, ...errors];
    } finally {
      await state.leave?.(stage);
      mock.stop();
    }
  }

  test(`every state: ${pass.name}`, async (t) => {
    for (const s of [pass.first, ...pass.then]) if (s.picture) mkdirSync(join(out, s.picture), { recursive: true });
    context = await browser.newContext({
      viewport: { width: pass.width, height: pass.height }, locale: pass.locale, hasTouch: pass.touch, isMobile: pass.touch,
    });
    context.setDefaultTimeout(8000);
    await context.addInitScript("try { localStorage.removeItem('stationmaster.wall.kaya') } catch {}");
    page = await context.newPage();
    page.on("pageerror", (e) => errors.push(e.message));
    page.on("console", (m) => {
      if (m.type() === "error" && !/Failed to load resource|WebSocket connection|Failed when connecting/.test(m.text())) errors.push(m.text());
    });
    for (const state of STATES.filter((x) => only.length === 0 || only.includes(x.name))) await t.test(state.name, async () => assert.deepEqual(await visit(state), []));
    await context.close();
  });
}
