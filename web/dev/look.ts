// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of every state (states.ts) in the sizes that matter, light and dark, in build/artefacts/pages, and
// what layout.ts finds wrong. npm run look [-- SIZE|STATE...], for example: npm run look -- 3840x2160 wall users

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { launch } from "./browser";
import { layoutFaults } from "./layout";
import { startMock } from "./mock";
import { begin, STATES } from "./states";

const out = resolve("..", "build", "artefacts", "pages");
const SIZES = [
  { name: "1280x720", width: 1280, height: 720, touch: false },
  { name: "800x600", width: 800, height: 600, touch: false },
  { name: "768x1024", width: 768, height: 1024, touch: true },
  { name: "3840x2160", width: 3840, height: 2160, touch: false },
];
const SCHEMES = ["light", "dark"] as const;

const wanted = process.argv.slice(2);
const chosen = <T extends { name: string }>(all: readonly T[]) => {
  const some = all.filter((x) => wanted.includes(x.name));
  return some.length > 0 ? some : all;
};

let problems = 0;
const browser = await launch();
for (const size of chosen(SIZES)) {
  const context = await browser.newContext({
    viewport: { width: size.width, height: size.height }, locale: "en-GB", hasTouch: size.touch, isMobile: size.touch, reducedMotion: "reduce",
  });
  context.setDefaultTimeout(30_000);
  await context.addInitScript("try { localStorage.removeItem('stationmaster.wall.kaya') } catch {}");
  const page = await context.newPage();
  for (const state of chosen(STATES)) {
    const mock = await startMock(0, 28);
    const stage = { page, mock, context };
    try {
      await page.emulateMedia({ colorScheme: "light" });
      await begin(state, stage);
      await state.open(stage);
      for (const scheme of SCHEMES) {
        const folder = join(out, `${size.name}-${scheme}`);
        mkdirSync(folder, { recursive: true });
        await page.emulateMedia({ colorScheme: scheme });
        await page.screenshot({ path: join(folder, `${state.name}.png`) });
      }
      for (const f of await layoutFaults(page, size.touch)) {
        problems++;
        console.log(`${size.name} ${state.name}: ${f}`);
      }
    } catch (e) {
      problems++;
      console.log(`${size.name} ${state.name}: ${String(e)}`);
    }
    await state.leave?.(stage);
    mock.stop();
  }
  await context.close();
}
await browser.close();
console.log(`${problems} problems; pictures in build/artefacts/pages`);
process.exit(problems === 0 ? 0 : 1);
