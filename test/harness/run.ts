// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the compiled system tests, one file after the other, with progress and one summary at the end.
// (node --test of node 18 cannot be told to run files serially.)
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { compiled } from "./paths.js";

const patterns = process.argv.slice(2);
const folders = (process.env["TEST_FOLDERS"] ?? "system bypass").split(" ");
const all = folders.flatMap((folder) =>
  readdirSync(join(compiled, folder)).filter((name) => name.endsWith(".test.js")).sort().map((name) => `${folder}/${name}`));
const files = all
  .filter((name) => !patterns.length || patterns.some((p) => name.startsWith(p) || basename(name).startsWith(p)))
  .map((name) => join(compiled, name));
if (!files.length) {
  console.error(`run-system: no test file matches ${patterns.join(" ")}; there are: ${all.join(" ")}`);
  process.exit(2);
}

// Only tests count, neither the suites around them nor the files. (@types/node 18 does not know details.type.)
type Event = { name: string; details?: { type?: string; error?: unknown } };
const isTest = (event: Event) => event.details?.type !== "suite" && !event.name.endsWith(".js");

/** Runs one file and shows what it says. */
function runFile(file: string): Promise<{ passed: number; failed: number; crashed: boolean }> {
  return new Promise((resolve) => {
    const result = { passed: 0, failed: 0, crashed: false };
    let bad = false;
    const stream = run({ files: [file], concurrency: 1 });
    stream.on("test:pass", (event) => void (isTest(event as Event) && result.passed++));
    stream.on("test:fail", (event) => {
      bad = true;
      const error = (event as Event).details?.error;
      if (/a daemon has crashed/.test(`${String(error)} ${String((error as Error | undefined)?.cause)}`)) result.crashed = true;
      if (isTest(event as Event)) result.failed++;
    });
    // @types/node 18 knows neither compose() nor that spec is a class.
    const composable = stream as unknown as { compose(reporter: unknown): NodeJS.ReadableStream };
    const report = composable.compose(new (spec as unknown as new () => unknown)());
    report.on("end", () => {
      if (bad && !result.failed) result.failed = 1; // a file that could not even be loaded, or its demo not started
      resolve(result);
    });
    report.pipe(process.stdout, { end: false });
  });
}

const total = { passed: 0, failed: 0 };
const again: string[] = [];
for (const file of files) {
  let result = await runFile(file);
  if (result.failed && !result.crashed && !process.env["ONCE"]) {
    // Deadlines of tests are wide, yet a busy computer can miss one. What fails twice is broken; a crash is
    // broken the first time.
    console.log(`\n${basename(file)}: ${result.failed} failed; the file runs once more, in a fresh system\n`);
    again.push(basename(file, ".test.js"));
    result = await runFile(file);
  }
  total.passed += result.passed;
  total.failed += result.failed;
}
if (again.length) console.log(`needed a second try: ${again.join(" ")}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed ? 1 : 0;
