// SPDX-License-Identifier: GPL-3.0-or-later
// Every state of dev/states.ts in one language and window: nothing that axe finds, light, dark and high contrast;
// every control has a name; nothing cut off, overlapping or too small for a finger. Pictures of each are kept in
// build/artefacts/pages. states-en.ts and states-de.ts run side by side.
//
// STATES=wall,users npm run test:pages states-en looks at these only.
// The structure of a state is checked once for each language, in the other schemes what a scheme changes: colours.
// High contrast changes tokens only: a few states show all of them.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { axe, type Violation } from "../../dev/axe";
import { launch } from "../../dev/browser";
import { layoutFaults } from "../../dev/layout";
import { startMock } from "../../dev/mock";
import { nameFaults } from "../../dev/names";
import { begin, STATES, type State } from "../../dev/states";

const out = resolve("..", "build", "artefacts", "pages");

type Scheme = { colorScheme: "light" | "dark"; contrast?: "more" | "no-preference"; picture?: string };

export interface Pass {
  name: string;
  locale: string;
  touch: boolean;
  width: number;
  height: number;
  first: Scheme;
  then: Scheme[];
  /** One more picture of each, in the first scheme, as large as a wall screen shows it. */
  large?: { width: number; height: number; picture: string };
}

const IN_CONTRAST = new Set(["login-denied", "wall", "wall-alarms", "selected-some", "menu", "hands", "block-dialog-time", "blocked", "logoff-all", "act-error", "side-chat", "users", "systems-alarm", "station-dialog-refused", "station-panel", "station-block", "station-notice"]);

const only = (process.env["STATES"] ?? "").split(",").filter(Boolean);

const told = (where: string, found: readonly Violation[]) =>
  found.map((v) => `${where}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join("  ")}`);

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

export function visitStates(pass: Pass): void {
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
      const faults = [...told(pass.first.colorScheme, await axe(page)), ...(await nameFaults(page)), ...(await layoutFaults(page, pass.touch))];
      for (const s of pass.then) {
        if (s.contrast && !IN_CONTRAST.has(state.name)) continue;
        await look(s);
        faults.push(...told(`${s.colorScheme}${s.contrast ? ", high contrast" : ""}`, await axe(page, ["color-contrast"])));
      }
      if (pass.large) {
        await page.emulateMedia({ colorScheme: pass.first.colorScheme, contrast: "no-preference", reducedMotion: "reduce" });
        await page.setViewportSize(pass.large);
        await page.screenshot({ path: join(out, pass.large.picture, `${state.name}.jpg`), type: "jpeg", quality: 80 });
        await page.setViewportSize(pass);
      }
      return [...faults, ...errors];
    } finally {
      await state.leave?.(stage);
      mock.stop();
    }
  }

  test(`every state: ${pass.name}`, async (t) => {
    for (const s of [pass.first, ...pass.then]) if (s.picture) mkdirSync(join(out, s.picture), { recursive: true });
    if (pass.large) mkdirSync(join(out, pass.large.picture), { recursive: true });
    context = await browser.newContext({
      viewport: { width: pass.width, height: pass.height }, locale: pass.locale, hasTouch: pass.touch, isMobile: pass.touch,
    });
    context.setDefaultTimeout(8000);
    await context.addInitScript("try { localStorage.removeItem('stationmaster.wall.kaya') } catch {}");
    // Colours on their way from one theme to the other are neither.
    await context.addInitScript(() => {
      const still = new CSSStyleSheet();
      still.replaceSync("*, *::before, *::after { transition: none !important; }");
      document.adoptedStyleSheets = [still];
    });
    page = await context.newPage();
    page.on("pageerror", (e) => errors.push(e.message));
    page.on("console", (m) => {
      if (m.type() === "error" && !/Failed to load resource|WebSocket connection|Failed when connecting/.test(m.text())) errors.push(m.text());
    });
    for (const state of STATES.filter((x) => only.length === 0 || only.includes(x.name))) await t.test(state.name, async () => assert.deepEqual(await visit(state), []));
    await context.close();
  });
}
