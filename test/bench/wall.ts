// SPDX-License-Identifier: GPL-3.0-or-later
// The wall of thumbnails, one picture a second each, 320x180. Cost is everything that runs minus the sessions
// alone; what the display servers need more counts as ours. The dashboard is a WebSocket that takes the pictures
// and shows none; of the peers, only Veyon's console shows them, as it cannot do otherwise.
import { Person, type DashboardSocket } from "../harness/api.js";
import type { Session } from "../harness/types.js";
import { interval, until } from "../harness/wait.js";
import { Bed, now, progress, runs } from "./bed.js";
import { median, row, type Comparison, type Row } from "./result.js";
import { Veyon } from "./veyon.js";

const n = 20;
const seconds = 10;

/** Desktop of session i. terminal: a line every half second in all. mixed: 4 videos, 8 terminals, 8 still. */
export const terminal = (): string => "bench-lines";
export const mixed = (i: number): string => (i % 5 === 0 ? "bench-video" : i % 5 < 3 ? "bench-lines" : "bench-idle");
const workloads = [
  { name: "terminal", desktop: terminal, changing: 1 },
  { name: "mixed", desktop: mixed, changing: 0.6 },
];

interface Watched {
  cost: number;
  servers: number;
  own: number;
  /** Pictures a second of each. */
  rate: number;
  mbit: number;
  /** MB of the relay; what each display server needs more. */
  memory: number;
  grown: number;
}

interface Peer {
  cost: number;
  memory: number;
  mbit: number;
}

/** Sessions that are watched, or not. */
class Wall {
  servers: number[] = [];
  relay = 0;
  daemons: number[] = [];
  base = 0;
  memoryBefore = 0;
  constructor(readonly bed: Bed, readonly sessions: readonly Session[]) {}

  async prepare(): Promise<this> {
    this.servers = await this.bed.servers();
    this.relay = await this.bed.daemon("station-relay");
    this.daemons = [this.relay, await this.bed.daemon("stationd"), ...(await this.bed.sh("pgrep -x station-session")).split("\n").map(Number)];
    await interval(3000);
    return this;
  }

  /** The relay has let go of the displays: it keeps them for a moment, in case a page is only loaded again. */
  rest(): Promise<unknown> {
    return until("nobody is connected to a display", async () => (await this.bed.displaysInUse()) === 0, 60_000);
  }

  /** Nobody watches. */
  async alone(): Promise<{ own: number; wakeups: number }> {
    await this.rest();
    const before = await this.bed.wakeups(this.relay);
    const [servers, own] = (await this.bed.load(seconds, this.servers, this.daemons)) as [number, number];
    const wakeups = ((await this.bed.wakeups(this.relay)) - before) / seconds;
    this.base = servers;
    this.memoryBefore = await this.bed.memory(this.servers);
    return { own, wakeups };
  }

  async watched(dashboards: readonly DashboardSocket[], shown: readonly Session[], changing: number): Promise<Watched> {
    const ids = shown.map((s) => s.id);
    for (const d of dashboards) d.tiles(ids);
    for (const d of dashboards) await until("a picture of each", () => new Set(d.thumbnails.map((t) => t.session)).size === ids.length, 30_000);
    await interval(2000);
    for (const d of dashboards) d.thumbnails.length = 0;
    const began = now();
    const [servers, own] = (await this.bed.load(seconds, this.servers, this.daemons)) as [number, number];
    const took = (now() - began) / 1000;
    const came = dashboards.map((d) => d.thumbnails.length);
    const bytes = dashboards.flatMap((d) => d.thumbnails).reduce((sum, t) => sum + t.jpeg.length + 30, 0);
    const rate = Math.min(...came) / ids.length / took;
    if (rate < 0.9 * changing) throw new Error(`only ${rate.toFixed(2)} pictures a second of each session: this is not the workload`);
    return {
      cost: servers - this.base + own,
      servers: servers - this.base,
      own,
      rate,
      mbit: (bytes * 8) / 1e6 / took / dashboards.length,
      memory: await this.bed.memory([this.relay]),
      grown: ((await this.bed.memory(this.servers)) - this.memoryBefore) / this.sessions.length,
    };
  }

  private async viewer(endpoints: readonly string[], pids: readonly number[]): Promise<Peer> {
    await this.bed.write("/run/bench-viewers", endpoints.join("\n") + "\n", "600");
    const viewer = await this.bed.program(["viewer", "wall", String(seconds * 3), "1", "/run/bench-viewers"]);
    await interval(3000);
    const mine = [await this.bed.pid("viewer"), ...pids];
    const [servers, own] = (await this.bed.load(seconds, this.servers, mine)) as [number, number];
    const memory = await this.bed.memory(pids);
    await viewer.stop();
    return { cost: servers - this.base + own, memory: memory / this.sessions.length, mbit: 0 };
  }

  async direct(): Promise<Peer> {
    await this.rest();
    return this.viewer(this.sessions.map((s) => `/run/stationmaster/sessions/${s.id}/display/rfb.sock`), []);
  }

  /** As the session's user: else the display server cannot share memory with it. */
  async x11vnc(): Promise<Peer> {
    await this.rest();
    const port = 24100;
    await this.bed.sh(`${this.sessions.map((s, i) => `runuser -u ${s.user} -- setsid x11vnc -display ${s.display} -auth /run/stationmaster/sessions/${s.id}/display/xauthority -listen 127.0.0.1 -nopw -shared -forever -quiet -noipv6 -rfbport ${port + i} </dev/null >/dev/null 2>&1 &`).join("\n")}
      until [ $(ss -Htln 'sport >= :${port} and sport < :${port + this.sessions.length}' | wc -l) = ${this.sessions.length} ]; do sleep .1; done`, { timeout: 60_000 });
    const pids = (await this.bed.sh("pgrep -x x11vnc")).split("\n").map(Number);
    try {
      return await this.viewer(this.sessions.map((_, i) => `127.0.0.1:${port + i}`), pids);
    } finally {
      await this.bed.sh("pkill -x x11vnc; while pgrep -x x11vnc >/dev/null; do sleep .1; done");
    }
  }

  async veyon(): Promise<Peer & { console: number }> {
    await this.rest();
    const veyon = await Veyon.start(this.bed, this.sessions);
    try {
      const sent = await veyon.sent();
      const [servers, own] = (await this.bed.load(seconds, this.servers, await veyon.pids())) as [number, number];
      const mbit = (((await veyon.sent()) - sent) * 8) / 1e6 / seconds;
      return { cost: servers - this.base + own, memory: (await this.bed.memory(await veyon.serverPids())) / this.sessions.length, mbit, console: await this.bed.memory(await veyon.consolePids()) };
    } finally {
      await veyon.stop();
    }
  }
}

const against = (peer: string, installed: boolean, samples: readonly number[], more: Comparison = {}): Comparison =>
  installed ? { ...more, peer, peerSamples: samples } : { ...more, peer: `${peer} (not installed)` };

export async function wall(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const users = await bed.makeAccounts(n);
    const rows: Row[] = [];
    const hasX11vnc = await bed.has("x11vnc");
    const hasVeyon = (await bed.has("veyon-server")) && (await bed.has("veyon-master"));
    const person = await Person.signIn(bed, bed.account("operator"));
    for (const { name, desktop, changing } of workloads) {
      const sessions = await bed.startPainters(users, desktop);
      const wall = await new Wall(bed, sessions).prepare();
      const ours: Watched[] = [];
      const tight: number[] = [];
      const idle: { own: number; wakeups: number }[] = [];
      for (let i = 0; i < runs; i++) {
        idle.push(await wall.alone());
        const dashboard = await person.dashboard();
        ours.push(await wall.watched([dashboard], sessions, changing));
        dashboard.close();
        tight.push((await wall.direct()).cost);
        const o = ours[i]!;
        progress(`wall20_${name}: ${o.cost.toFixed(2)} % (displays ${o.servers.toFixed(2)}, ours ${o.own.toFixed(2)}); Tight direct ${tight[i]!.toFixed(2)} %; ${o.rate.toFixed(2)} pictures/s, ${o.mbit.toFixed(2)} Mbit/s; nobody watching ${idle[i]!.own.toFixed(3)} %, ${idle[i]!.wakeups.toFixed(2)} wake-ups/s`);
      }
      const x11vnc = hasX11vnc ? await wall.x11vnc() : undefined;
      const veyon = hasVeyon ? await wall.veyon() : undefined;
      progress(`wall20_${name}: x11vnc ${x11vnc?.cost.toFixed(1) ?? "not installed"}; Veyon ${veyon ? `${veyon.cost.toFixed(1)} %, ${veyon.memory.toFixed(1)} MB a session, console ${veyon.console.toFixed(0)} MB, ${veyon.mbit.toFixed(2)} Mbit/s` : "not installed"}`);

      const cost = ours.map((o) => o.cost);
      const floor = name === "terminal" ? 1.0 : 0.6;
      const ofVeyon = (value: number | undefined, more: Comparison) => against("Veyon, real console", hasVeyon, value === undefined ? [] : [value], more);
      rows.push(
        row(`wall20_${name}_cost`, "% of a core", cost, ofVeyon(veyon?.cost, { target: name === "terminal" ? 0.13 : 0.09, floor })),
        row(`wall20_${name}_cost`, "% of a core", cost, against("x11vnc, decoded", hasX11vnc, x11vnc ? [x11vnc.cost] : [], { floor })),
        row(`wall20_${name}_cost`, "% of a core", cost, { peer: "Xvnc direct, Tight, 1 Hz, decoded", peerSamples: tight, floor }),
        row(`wall20_${name}_rate`, "pictures per second", ours.map((o) => o.rate)),
        row("wall_wire", `Mbit/s, ${name}`, ours.map((o) => o.mbit), name === "terminal" ? { target: 1 } : ofVeyon(veyon?.mbit, { target: 0.05 })),
        row("wall_memory", `MB per session, ${name}`, ours.map((o) => o.memory / n + o.grown), ofVeyon(veyon?.memory, { target: 0.25 })),
        row("wall_idle", `% of a core, ${name}`, idle.map((o) => o.own), { target: 0.1, floor: 0 }),
        row("wall_idle_wakeups", `per second, ${name}`, idle.map((o) => o.wakeups), { target: 0.5, floor: 0 }),
      );
      await bed.clear();
    }
    return rows;
  } finally {
    await bed.down();
  }
}

/** Five times as many, watched by two dashboards: does the cost grow faster than the wall? */
export async function wall100(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const users = await bed.makeAccounts(5 * n);
    const sessions = await bed.startPainters(users, terminal);
    const wall = await new Wall(bed, sessions).prepare();
    const person = await Person.signIn(bed, bed.account("operator"));
    const some: Watched[] = [];
    const all: Watched[] = [];
    const idle: number[] = [];
    for (let i = 0; i < runs; i++) {
      idle.push((await wall.alone()).own);
      const dashboards = [await person.dashboard(), await person.dashboard()];
      some.push(await wall.watched(dashboards, sessions.slice(0, n), 1));
      all.push(await wall.watched(dashboards, sessions, 1));
      for (const d of dashboards) d.close();
      progress(`wall100: ${all[i]!.cost.toFixed(2)} % (displays ${all[i]!.servers.toFixed(2)}, ours ${all[i]!.own.toFixed(2)}), 20 of them ${some[i]!.cost.toFixed(2)} %; ${all[i]!.rate.toFixed(2)} pictures/s; nobody watching ${idle[i]!.toFixed(3)} %`);
    }
    return [
      row("wall100_cost", "% of a core", all.map((w) => w.cost), { peer: "five times 20 of the same sessions", peerSamples: some.map((w) => 5 * w.cost), target: 1 }),
      row("wall100_memory", "MB per session", all.map((w) => w.memory / (5 * n) + w.grown)),
      row("wall100_idle", "% of a core", idle, { target: 0.1 }),
      row("wall100_rate", "pictures per second", [median(all.map((w) => w.rate))]),
    ];
  } finally {
    await bed.down();
  }
}
