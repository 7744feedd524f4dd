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
  .filter((name) => name.endsWith(".test.js") && (!patterns.length || patterns.some((p) => name.includes(p))))
  .sort()
  .map((name) => join(folder, name));
if (!files.length) {
  console.error(`run-system: no test file matches ${patterns.join(" ")}; there are: ${readdirSync(folder).filter((n) => n.endsWith(".test.js")).join(" ")}`);
  process.exit(2);
}
const stream = run({ files, concurrency: 1 });
stream.on("test:fail", () => (process.exitCode = 1));
// @types/node 18 knows neither compose() nor that spec is a class.
const composable = stream as unknown as { compose(reporter: unknown): NodeJS.ReadableStream };
composable.compose(new (spec as unknown as new () => unknown)()).pipe(process.stdout);
