// SPDX-License-Identifier: GPL-3.0-or-later
// Runs benches one after the other; results in build/bench/NAME.json.
import { block } from "./block.js";
import { fairness } from "./fairness.js";
import { busy, key } from "./key.js";
import { limits } from "./limits.js";
import { login } from "./login.js";
import { logoff } from "./logoff.js";
import { project } from "./project.js";
import { save, show, type Row } from "./result.js";
import { seats } from "./seats.js";
import { session } from "./session.js";
import { soak } from "./soak.js";
import { wall, wall100 } from "./wall.js";

const benches: Record<string, () => Promise<Row[]>> = { limits, login, logoff, wall, wall100, key, busy, session, project, block, fairness };
/** Only where they are named. */
const named: Record<string, () => Promise<Row[]>> = { soak, seats };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((w) => !(w in benches || w in named));
if (unknown.length) {
  console.error(`run-bench: there is no bench ${unknown.join(", ")}; there are: ${[...Object.keys(benches), ...Object.keys(named)].join(" ")}`);
  process.exit(2);
}
let failed = 0;
for (const name of wanted.length ? wanted : Object.keys(benches)) {
  console.error(`bench ${name}`);
  try {
    const rows = await (benches[name] ?? named[name])!();
    save(name, rows);
    for (const r of rows) console.log(show(r));
  } catch (error) {
    failed++;
    console.error(`bench ${name} failed: ${(error as Error).stack}`);
  }
}
process.exit(failed ? 1 : 0);
