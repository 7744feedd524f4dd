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

/** noVNC's picture of the pointer: it is nothing to read. */
const POINTER = ["body > canvas"];

/** What axe-core has to say about a page as it is. rules: only by these. */
export async function axe(page: Page, rules?: readonly string[]): Promise<Violation[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(`(() => { ${AXE} })()`);
  const how = { resultTypes: ["violations"], ...(rules ? { runOnly: { type: "rule", values: rules } } : {}) };
  return (await page.evaluate(`axe.run({ exclude: [${JSON.stringify(POINTER)}] }, ${JSON.stringify(how)}).then((r) => r.violations)`)) as Violation[];
}
