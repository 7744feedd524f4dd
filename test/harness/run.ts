// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the compiled system tests, one file after the other, with progress and one summary at the end.
// (node --test of node 18 cannot be told to run files serially.)
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { compiled } from "./paths.js";

const patterns = process.argv.slice(2);
const folder = join(compiled, "system");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js") && (!patterns.length || patterns.some((p) => name.startsWith(p))))
  .sort()
  .map((name) => join(folder, name));
if (!files.length) {
  console.error(`run-system: no test file matches ${patterns.join(" ")}; there are: ${readdirSync(folder).filter((n) => n.endsWith(".test.js")).join(" ")}`);
  process.exit(2);
}
const stream = run({ files, concurrency: 1 });
let passed = 0;
let failed = 0;
// Only tests count, neither the suites around them nor the files. (@types/node 18 does not know details.type.)
type Event = { name: string; details?: { type?: string } };
const isTest = (event: Event) => event.details?.type !== "suite" && !event.name.endsWith(".js");
stream.on("test:pass", (event) => void (isTest(event as Event) && passed++));
stream.on("test:fail", (event) => {
  process.exitCode = 1;
  if (isTest(event as Event)) failed++;
});
// @types/node 18 knows neither compose() nor that spec is a class.
const composable = stream as unknown as { compose(reporter: unknown): NodeJS.ReadableStream };
const report = composable.compose(new (spec as unknown as new () => unknown)());
report.on("end", () => {
  if (process.exitCode && !failed) failed = 1; // a file that could not even be loaded, or its demo not started
  console.log(`${passed} passed, ${failed} failed`);
});
report.pipe(process.stdout, { end: false });
