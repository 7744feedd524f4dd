// SPDX-License-Identifier: GPL-3.0-or-later
// Both pages in Debian's Chromium against the mock, under the real Content-Security-Policy. Needs dist/
// (npm run build). npm run test:pages [NAME...]: all files of test/pages, or these. Two run at a time; a file
// in which a test failed runs once more, alone: a busy computer can miss a deadline, what fails twice is broken.
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const AT_ONCE = 2;
const SHARED = ["setup", "visiting"];
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "node_modules", ".cache", "stationmaster-pages");
const all = readdirSync(join(here, "pages")).map((f) => f.replace(/\.ts$/, "")).filter((f) => !SHARED.includes(f));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: names.map((f) => join(here, "pages", `${f}.ts`)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node18",
  format: "esm",
  sourcemap: "inline",
  logLevel: "warning",
});

/** Runs one file to its end; tells what it wrote in one piece. */
function run(name) {
  return new Promise((done) => {
    const args = ["--enable-source-maps", "--test-reporter=spec", "--test-reporter-destination=stdout", join(out, `${name}.mjs`)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const s of [child.stdout, child.stderr]) s.setEncoding("utf8").on("data", (d) => (text += d));
    child.on("close", (code) => {
      const count = (what) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
      console.log(`\n${name}\n${text.trimEnd()}`);
      const failed = count("fail") + count("cancelled");
      done({ name, text, passed: count("pass"), failed: code === 0 ? failed : Math.max(1, failed) });
    });
  });
}

const titles = (text) => [...new Set([...text.matchAll(/^\s*✖ (?!failing tests)(.+?)(?: \([\d.]+ms\))?$/gm)].map((m) => m[1]))];

const results = new Map();
const queue = [...names];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) results.set(name, await run(name));
  }),
);
for (const r of [...results.values()].filter((x) => x.failed > 0)) {
  console.log(`\nonce more, alone: ${r.name} (failed: ${titles(r.text).join("; ") || "the file itself"})`);
  results.set(r.name, await run(r.name));
}
const sum = (what) => [...results.values()].reduce((n, r) => n + r[what], 0);
for (const r of results.values()) if (r.failed > 0) console.log(`\nfailed twice: ${r.name}: ${titles(r.text).join("; ")}`);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
process.exit(sum("failed") === 0 ? 0 : 1);
