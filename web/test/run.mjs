// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles test/*.test.ts with esbuild into node_modules/.cache and runs them with node:test.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "node_modules", ".cache", "stationmaster-test");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: readdirSync(here).filter((f) => f.endsWith(".test.ts")).map((f) => join(here, f)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node18",
  format: "esm",
  sourcemap: "inline",
  logLevel: "warning",
});
const files = readdirSync(out).map((f) => join(out, f));
process.exit(spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" }).status ?? 1);
