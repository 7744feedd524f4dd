// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe-core has to say about a page as it is. */
export async function axe(page: Page): Promise<Violation[]> {
  return (await page.evaluate(
    `(async () => { ${AXE}; return (await axe.run(document, { resultTypes: ["violations"] })).violations; })()`,
  )) as Violation[];
}
