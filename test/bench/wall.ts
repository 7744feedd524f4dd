// SPDX-License-Identifier: GPL-3.0-or-later
// The wall of thumbnails, 20 sessions with a scrolling terminal, one picture a second each, 320x180. Cost is
// everything that runs minus the sessions alone; what the display servers need more counts as ours. The
// dashboard is a WebSocket that takes the pictures and shows none; the peer, too, shows nothing.
import { Person } from "../harness/api.js";
import { interval, until } from "../harness/wait.js";
import { Bed, progress, runs } from "./bed.js";
import { row, type Row } from "./result.js";

const n = 20;
const seconds = 15;

interface Load {
  servers: number;
  own: number;
}

export async function wall(): Promise<Row[]> {
  const bed = await Bed.with(n);
  try {
    await bed.startSessions(bed.users, "bench-lines");
    await until("every terminal runs", async () => (await bed.sh("pgrep -cx xterm || true")) === String(n), 60_000);
    const servers = await bed.servers();
    const relay = await bed.daemon("station-relay");
    const daemons = [relay, await bed.daemon("stationd"), ...(await bed.sh("pgrep -x station-session")).split("\n").map(Number)];
    await interval(3000);

    /** CPU in % of one core, over the interval. */
    const load = async (): Promise<Load> => {
      const before = [await bed.cpu(servers), await bed.cpu(daemons)];
      const began = process.hrtime.bigint();
      await interval(seconds * 1000);
      const after = [await bed.cpu(servers), await bed.cpu(daemons)];
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      return { servers: ((after[0]! - before[0]!) / ms) * 100, own: ((after[1]! - before[1]!) / ms) * 100 };
    };
    const atRest = () => until("the relay has let go of the displays", async () => Number(await bed.sh("ss -Hxp state connected | grep -c rfb.sock || true")) === 0, 60_000);

    const cost: number[] = [];
    const tight: number[] = [];
    const idle: number[] = [];
    const wakeups: number[] = [];
    const wire: number[] = [];
    const rates: number[] = [];
    let memory = 0;
    let grown = 0;
    const ids = (await bed.sessions()).map((s) => s.id);
    const person = await Person.signIn(bed, bed.account("operator"));
    for (let i = 0; i < runs; i++) {
      await atRest();
      const alone = await load();
      const w0 = await bed.wakeups(relay);
      const quiet = await load();
      wakeups.push(((await bed.wakeups(relay)) - w0) / seconds);
      idle.push(quiet.own);
      const base = (alone.servers + quiet.servers) / 2;
      const memoryBefore = await bed.memory(servers);

      const dashboard = await person.dashboard();
      dashboard.tiles(ids);
      await until("a picture of each", () => new Set(dashboard.thumbnails.map((t) => t.session)).size === n);
      await interval(2000);
      dashboard.thumbnails.length = 0;
      const watched = await load();
      const bytes = dashboard.thumbnails.reduce((sum, t) => sum + t.jpeg.length + 30, 0);
      const rate = dashboard.thumbnails.length / n / seconds;
      if (rate < 0.9) throw new Error(`only ${rate.toFixed(2)} pictures a second of each session: this is not the workload`);
      rates.push(rate);
      wire.push((bytes * 8) / 1e6 / seconds);
      memory = await bed.memory([relay]);
      grown = ((await bed.memory(servers)) - memoryBefore) / n;
      dashboard.close();
      cost.push(watched.servers - base + watched.own);
      await atRest();

      const peer = await bed.program(["viewer", "wall", String(seconds * 3), "1", ...ids.map((id) => `/run/stationmaster/sessions/${id}/display/rfb.sock`)]);
      const viewer = Number(await bed.sh("pgrep -x viewer"));
      await interval(3000);
      const c0 = await bed.cpu([viewer]);
      const direct = await load();
      tight.push(direct.servers - base + (((await bed.cpu([viewer])) - c0) / seconds / 1000) * 100);
      await peer.stop();
      progress(`wall20_terminal: ${cost[i]!.toFixed(2)} % (displays ${(watched.servers - base).toFixed(2)}, ours ${watched.own.toFixed(2)}); Tight direct ${tight[i]!.toFixed(2)} %; idle ${idle[i]!.toFixed(3)} %, ${wakeups[i]!.toFixed(2)} wake-ups/s; ${rate.toFixed(2)} pictures/s`);
    }
    return [
      row("wall20_terminal_cost", "% of a core", cost, { peer: "Xvnc direct, Tight, 1 Hz, decoded", peerSamples: tight, floor: 1.0 }),
      row("wall20_terminal_cost", "% of a core", cost, { peer: "Veyon (not installed)", target: 0.13, floor: 1.0 }),
      row("wall_idle", "% of a core", idle, { target: 0.1, floor: 0 }),
      row("wall_idle_wakeups", "per second", wakeups, { target: 0.5, floor: 0 }),
      row("wall_wire", "Mbit/s", wire, { target: 1 }),
      row("wall_memory", "MB per session", [memory / n + grown], { peer: "Veyon (not installed)", target: 0.25 }),
      row("wall_rate", "pictures per second", rates),
    ];
  } finally {
    await bed.down();
  }
}
