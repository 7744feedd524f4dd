// SPDX-License-Identifier: GPL-3.0-or-later
// Writes docs/bench.md from build/bench/*.json.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem, release } from "node:os";
import { join } from "node:path";
import { build, top } from "../harness/paths.js";
import type { Row } from "./result.js";

const folder = join(build, "bench");
const files = readdirSync(folder).filter((f) => f.endsWith(".json")).sort();
if (!files.length) {
  console.error("bench-report: build/bench holds no results; make bench makes them");
  process.exit(1);
}
const text = (v: number | null) => (v === null ? "–" : String(Number(v.toPrecision(4))));
const lines = [
  "# Bench",
  "",
  "Written by `make bench-report` from the last `make bench`. Every figure is a median, compared with its peer in the same run; the",
  "targets are ratios (or values, where there is no peer), so they mean the same on another machine. A peer that is not installed is",
  "named so. The least that is possible, where it is known, stands under *floor*; [bench-limits.md](bench-limits.md) says how the",
  "figures are taken, what the physical limit of each is, and what it takes to come nearer.",
  "",
  `Machine: ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split("-")[0]}.`,
  "",
];
for (const file of files) {
  const rows = JSON.parse(readFileSync(join(folder, file), "utf8")) as Row[];
  lines.push(`## ${file.replace(".json", "")}`, "", "| what | value | spread | against | its value | ratio | target | floor | |", "|---|---|---|---|---|---|---|---|---|");
  for (const r of rows)
    lines.push(`| \`${r.name}\` | ${r.value} ${r.unit} | ${r.spread.join(" .. ")} | ${r.peer ?? "–"} | ${text(r.peer_value)} | ${text(r.ratio)} | ${text(r.target)} | ${text(r.floor)} | ${r.pass === null ? "" : r.pass ? "met" : "**missed**"} |`);
  lines.push("");
}
writeFileSync(join(top, "docs", "bench.md"), lines.join("\n"));
console.error("docs/bench.md written");
