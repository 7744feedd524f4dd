// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles dev/<name>.ts with esbuild and runs it: node dev/run.mjs serve [arguments].
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [name = "mock", ...rest] = process.argv.slice(2);
const outfile = join(here, "..", "node_modules", ".cache", "stationmaster-dev", `${basename(name)}.mjs`);
await build({
  entryPoints: [join(here, `${name}.ts`)],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node18",
  format: "esm",
  logLevel: "warning",
});
const child = spawn(process.execPath, [outfile, ...rest], { stdio: "inherit" });
for (const s of ["SIGINT", "SIGTERM"]) process.on(s, () => child.kill(s));
child.on("exit", (code) => process.exit(code ?? 1));
