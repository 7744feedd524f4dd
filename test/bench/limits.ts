// SPDX-License-Identifier: GPL-3.0-or-later
// What this computer can do at most, and what follows from it as the least that each figure can be. How the sums
// are made, and why, stands in docs/bench-limits.md.
import { join } from "node:path";
import { build, top } from "../harness/paths.js";
import { output } from "../harness/process.js";
import { progress, runs } from "./bed.js";
import { row, type Row } from "./result.js";

const units: Record<string, string> = {
  copy_ms: "ms, 1280x720 copied",
  film_ms: "ms, 640x360 as JPEG 4:2:0",
  film_full_ms: "ms, 640x360 as JPEG 4:4:4",
  tile_ms: "ms, 1280x720 to a thumbnail",
  write_us: "us of CPU, 15 kB written by TCP",
  seal_us: "us of CPU, 15 kB encrypted",
  hop_us: "us, from one process to another",
};

/** Parts of a 1280x720 picture. */
const film = (640 * 360) / (1280 * 720);
const text = 0.36; // an xterm of 100x40
const key = (200 * 200) / (1280 * 720);

type Measured = Record<string, number>;
/** % of a core for so many ms of work a second. */
const percent = (ms: number) => ms / 10;
const project = (m: Measured, n: number, each: number) => percent(25 * (2 * m["copy_ms"]! * film + m["film_ms"]!) + (25 * n * each) / 1000);
const floors: Record<string, { unit: string; of: (m: Measured) => number }> = {
  floor_wall20_terminal: { unit: "% of a core", of: (m) => percent(20 * (2 * m["copy_ms"]! * text + m["tile_ms"]!)) },
  floor_wall20_mixed: { unit: "% of a core", of: (m) => percent(8 * (2 * m["copy_ms"]! * text + m["tile_ms"]!) + 4 * (2 * m["copy_ms"]! * film + m["tile_ms"]!)) },
  floor_project_1: { unit: "% of a core", of: (m) => project(m, 1, m["write_us"]!) },
  floor_project_40: { unit: "% of a core", of: (m) => project(m, 40, m["write_us"]!) },
  floor_project_tls: { unit: "% of a core", of: (m) => project(m, 40, m["write_us"]! + m["seal_us"]!) },
  floor_per_viewer: { unit: "% of a core", of: (m) => percent((25 * m["write_us"]!) / 1000) },
  floor_key_added: { unit: "ms", of: (m) => (2 * m["hop_us"]!) / 1000 + 2 * m["copy_ms"]! * key },
  floor_block40: { unit: "ms", of: (m) => (3 * m["hop_us"]!) / 1000 + 2 * m["copy_ms"]! + (40 * m["write_us"]!) / 1000 },
  floor_block100: { unit: "ms", of: (m) => (3 * m["hop_us"]!) / 1000 + 2 * m["copy_ms"]! + (100 * m["write_us"]!) / 1000 },
};

export async function limits(): Promise<Row[]> {
  await output([join(top, "test", "bench", "tools", "build")]);
  const measured: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    const lines = (await output([join(build, "bench", "bin", "limits")])).trim().split("\n");
    measured.push(Object.fromEntries(lines.map((l) => [l.split(" ")[0]!, Number(l.split(" ")[1])])));
    progress(lines.join(", "));
  }
  return [
    ...Object.entries(units).map(([name, unit]) => row(`limit_${name.replace(/_.s$/, "")}`, unit, measured.map((m) => m[name]!))),
    ...Object.entries(floors).map(([name, floor]) => row(name, floor.unit, measured.map(floor.of))),
  ];
}
