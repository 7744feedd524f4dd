// SPDX-License-Identifier: GPL-3.0-or-later
// Block all: from the order at api.sock until the last byte of the card has come to each of n stations, half of
// them VNC viewers over TLS, half browser stations over WebSockets, each with a session of its own. Afterwards a
// key is pressed at each, which must reach no session, and a whole picture of each is unpacked, in which no pixel
// of the session may be left. The stations are on the same two cores.
import { accountPassword, Bed, progress, runs } from "./bed.js";
import { median, percentile, row, type Row } from "./result.js";
import { BrowserStation } from "./stations.js";

const rounds = 8;
const colour = "c0309f"; // of "paint press"

interface Round {
  done: number[];
  undone: number[];
}

const call = (method: string, parameters: object) => JSON.stringify({ method: `org.stationmaster.Blocks.${method}`, parameters });
const order = call("Block", { all: true, message: "Please look to the front." });
const undo = call("Unblock", { all: true });

async function cover(bed: Bed, users: readonly string[], browsers: readonly BrowserStation[]): Promise<Round[]> {
  const { host, port } = bed.vnc;
  const vnc = users.slice(browsers.length).map((user) => `${host}:${port} ${user} ${accountPassword}`);
  const pressed = users.map((u) => `/home/${u}/pressed`).join(" ");
  await bed.sh(`for f in ${pressed}; do : >$f; done`);
  await bed.write("/run/bench-viewers", [...browsers.map((b) => b.endpoint), ...vnc].join("\n") + "\n", "600");
  const viewer = await bed.program(["viewer", "cover", "/run/stationmaster/api.sock", order, undo, String(rounds), colour, "/run/bench-viewers"]);
  if ((await viewer.done) !== 0) throw new Error("a station did not show what it should");
  const keys = await bed.sh(`cat ${pressed}`);
  if (/x/.test(keys)) throw new Error(`keys of ${keys.replace(/[^x]/g, "").length} blocked stations have reached sessions`);
  if (keys.length !== users.length) throw new Error(`keys of ${keys.length} instead of ${users.length} stations pass when the block is over`);
  return viewer.lines.map((l) => JSON.parse(l) as Round);
}

export async function block(): Promise<Row[]> {
  const bed = await Bed.with(0);
  const rows: Row[] = [];
  try {
    await bed.configure("[session]\nwrapper =\n");
    const users = await bed.makeAccounts(100);
    const browsers: BrowserStation[] = [];
    let ready = 0;
    for (const { n, share, target } of [{ n: 40, share: 0.95, target: 50 }, { n: 100, share: 0.99, target: 150 }]) {
      await bed.startPainters(users.slice(ready, n), () => "bench-press");
      ready = n;
      // Browsers at the accounts with even numbers, so that those of before stay where they are.
      const mine = [...users.slice(0, n).filter((_, i) => i % 2 === 0), ...users.slice(0, n).filter((_, i) => i % 2)];
      for (const user of mine.slice(browsers.length, n / 2)) {
        const station = await BrowserStation.open(bed);
        await station.logIn(user, accountPassword);
        browsers.push(station);
      }
      const on: number[] = [];
      const off: number[] = [];
      const kinds = (rounds: readonly number[][]) => [rounds.flatMap((r) => r.slice(0, n / 2)), rounds.flatMap((r) => r.slice(n / 2))].map((ms) => median(ms).toFixed(1)).join(" / ");
      for (let i = 0; i < runs; i++) {
        const told = await cover(bed, mine, browsers);
        on.push(percentile(told.flatMap((r) => r.done), share));
        off.push(percentile(told.flatMap((r) => r.undone), share));
        const done = told.map((r) => r.done);
        progress(`block${n}: p${share * 100} ${on[i]!.toFixed(1)} ms, first ${Math.min(...done.flat()).toFixed(1)}, last ${Math.max(...done.flat()).toFixed(1)} ms, median of browsers / VNC ${kinds(done)}; unblock ${off[i]!.toFixed(1)} ms, ${kinds(told.map((r) => r.undone))}`);
      }
      rows.push(row(`block${n}_p${share * 100}`, "ms", on, { target }));
      rows.push(row(`unblock${n}_p${share * 100}`, "ms", off));
    }
    for (const b of browsers) b.close();
    return rows;
  } finally {
    await bed.down();
  }
}
