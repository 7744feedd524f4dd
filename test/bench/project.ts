// SPDX-License-Identifier: GPL-3.0-or-later
// Projection: a session with a 640x360 picture at 25 frames a second, shown at n stations. What it costs is
// the relay and what the source's display server needs more than with nobody watching. The peers show the same
// display server, in the same run, to as many viewers: each as a connection of its own, and through x11vnc.
// Viewers take and count, and decode nothing; what they need themselves is not counted.
import type { Session } from "../harness/types.js";
import { interval, until } from "../harness/wait.js";
import { Bed, progress, runs, type Program } from "./bed.js";
import { median, row, type Row } from "./result.js";
import { BrowserStation } from "./stations.js";

const seconds = 5;
const area = 640 * 360;
const fps = 25;
const most = 40;

interface Shown {
  /** % of a core. */
  cpu: number;
  /** Of each viewer. */
  frames: number[];
  full: number[];
  gaps: number[];
  mbit: number;
  memory: number;
  quality: number;
  chroma: string;
}

interface Counted {
  frames: number;
  pixels: number;
  bytes: number;
  gap: number;
  quality: number;
  full_chroma: boolean;
}

export class Watchers {
  private constructor(readonly program: Program) {}

  static async start(bed: Bed, endpoints: readonly string[], stalled = 0, mode: "asked" | "pushed" = "pushed", time = seconds, level = 6): Promise<Watchers> {
    await bed.write("/run/bench-viewers", endpoints.join("\n") + "\n", "600");
    return new Watchers(await bed.program(["viewer", "watch", String(time), String(area), String(stalled), mode, "/run/bench-viewers", String(level)]));
  }

  begin(): Promise<unknown> {
    return until("the viewers count", () => this.program.lines.includes("begin"), 30_000);
  }

  async end(): Promise<Counted[]> {
    if ((await this.program.done) !== 0) throw new Error("a viewer has failed");
    return this.program.lines.filter((l) => l.startsWith("{")).map((l) => JSON.parse(l) as Counted);
  }
}

class Room {
  stations: BrowserStation[] = [];
  relay = 0;
  server = 0;
  alone = 0;
  private constructor(readonly bed: Bed, readonly source: Session) {}

  static async open(bed: Bed): Promise<Room> {
    const [session] = await bed.startPainters(await bed.makeAccounts(1), () => "bench-video");
    const room = new Room(bed, session!);
    room.relay = await bed.daemon("station-relay");
    [room.server] = (await bed.servers()) as [number];
    await interval(2000);
    [room.alone] = (await bed.load(seconds, [room.server])) as [number];
    room.stations = await BrowserStation.all(bed, most + 1);
    return room;
  }

  /** endpoints, of which the last do not read. pids: what serves them besides the display server. */
  async measure(watchers: Watchers, pids: readonly number[]): Promise<Shown> {
    await watchers.begin();
    const [cpu] = (await this.bed.load(seconds - 1.5, [this.server, ...pids])) as [number];
    const memory = await this.bed.memory(pids.length ? pids : [this.server]);
    const counted = await watchers.end();
    return {
      cpu: cpu - this.alone,
      frames: counted.map((c) => c.frames / seconds),
      full: counted.map((c) => c.pixels / area / seconds),
      gaps: counted.map((c) => c.gap),
      mbit: (median(counted.map((c) => c.bytes)) * 8) / 1e6 / seconds,
      memory,
      quality: median(counted.map((c) => c.quality)),
      chroma: counted.every((c) => c.full_chroma) ? "4:4:4" : "4:2:0",
    };
  }

  private async project<T>(stations: readonly string[], what: () => Promise<T>): Promise<T> {
    const { projection } = await this.bed.call<{ projection: string }>("Projections.Start", { source: this.source.id, sessions: null, users: null, stations, all: null, window: null });
    try {
      return await what();
    } finally {
      await this.bed.call("Projections.Stop", { projection, all: null });
    }
  }

  /** Browser stations, by clear WebSockets. */
  async clear(n: number, stalled = 0, level = 6): Promise<Shown> {
    const shown = this.stations.slice(0, n + stalled);
    return this.project(shown.map((s) => s.id), async () => {
      await Promise.all(shown.map((s) => s.shows("projection")));
      return this.measure(await Watchers.start(this.bed, shown.map((s) => s.endpoint), stalled, "pushed", seconds, level), [this.relay]);
    });
  }

  /** VNC stations, by TLS. They are stations once they are connected, at the greeter. */
  async tls(n: number): Promise<Shown> {
    const before = new Set((await this.bed.stations()).map((s) => s.id));
    const { host, port } = this.bed.vnc;
    const watchers = await Watchers.start(this.bed, Array<string>(n).fill(`${host}:${port}`));
    const mine = (await this.bed.stations()).map((s) => s.id).filter((id) => !before.has(id));
    if (mine.length !== n) throw new Error(`${mine.length} VNC stations instead of ${n}`);
    return this.project(mine, () => this.measure(watchers, [this.relay]));
  }

  async direct(n: number): Promise<Shown> {
    const socket = `/run/stationmaster/sessions/${this.source.id}/display/rfb.sock`;
    return this.measure(await Watchers.start(this.bed, Array<string>(n).fill(socket), 0, "asked"), []);
  }

  async x11vnc(n: number): Promise<Shown> {
    const port = 24000;
    await this.bed.sh(`runuser -u ${this.source.user} -- setsid x11vnc -display ${this.source.display} -auth /run/stationmaster/sessions/${this.source.id}/display/xauthority -listen 127.0.0.1 -nopw -shared -forever -quiet -noipv6 -rfbport ${port} </dev/null >/dev/null 2>&1 & until ss -Htln 'sport = :${port}' | grep -q .; do sleep .05; done`);
    const pid = await this.bed.pid("x11vnc");
    try {
      return await this.measure(await Watchers.start(this.bed, Array<string>(n).fill(`127.0.0.1:${port}`), 0, "asked"), [pid]);
    } finally {
      await this.bed.sh(`kill ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep .05; done`);
    }
  }

  close(): void {
    for (const s of this.stations) s.close();
  }
}

function tell(what: string, s: Shown): Shown {
  progress(`project, ${what}: ${s.cpu.toFixed(2)} %, ${Math.min(...s.frames).toFixed(1)} .. ${Math.max(...s.frames).toFixed(1)} frames/s (${median(s.full).toFixed(1)} full), longest gap ${Math.max(...s.gaps).toFixed(0)} ms, ${s.mbit.toFixed(2)} Mbit/s each, ${s.memory.toFixed(1)} MB, JPEG ${s.quality} ${s.chroma}`);
  return s;
}

/** A peer that does not keep up does less work than it should; the figure says so. */
const named = (peer: string, shown: readonly Shown[]) => {
  const rate = median(shown.map((s) => median(s.full)));
  return rate > fps - 0.5 ? peer : `${peer} (only ${rate.toFixed(1)} frames/s)`;
};

function checkRate(what: string, s: Shown): void {
  if (median(s.frames) < fps * 0.9) throw new Error(`${what}: ${median(s.frames).toFixed(1)} frames a second: this is not the workload`);
}

export async function project(): Promise<Row[]> {
  const bed = await Bed.with(1);
  try {
    const room = await Room.open(bed);
    const rows: Row[] = [];
    const ours = new Map<number, Shown[]>();
    const direct = new Map<number, Shown[]>();
    const other = new Map<number, Shown[]>();
    const hasX11vnc = await bed.has("x11vnc");
    for (const n of [1, 5, 10, 20, most]) {
      ours.set(n, []);
      direct.set(n, []);
      other.set(n, []);
      // Between the ends one sample is enough to see the line.
      for (let i = 0; i < (n === 1 || n === most ? runs : 1); i++) {
        ours.get(n)!.push(tell(`${n} stations`, await room.clear(n)));
        checkRate(`${n} stations`, ours.get(n)!.at(-1)!);
        direct.get(n)!.push(tell(`${n} viewers of Xvnc`, await room.direct(n)));
      }
      if (hasX11vnc && (n === 1 || n === most)) other.get(n)!.push(tell(`${n} viewers of x11vnc`, await room.x11vnc(n)));
      const cpu = (s: Shown[]) => s.map((x) => x.cpu);
      rows.push(row(`project_cpu_${n}`, "% of a core", cpu(ours.get(n)!), { peer: named("Xvnc direct, Tight", direct.get(n)!), peerSamples: cpu(direct.get(n)!), target: n === most ? 0.12 : undefined }));
      if (n === 1 || n === most)
        rows.push(row(`project_cpu_${n}`, "% of a core", cpu(ours.get(n)!), hasX11vnc ? { peer: named("x11vnc -shared", other.get(n)!), peerSamples: cpu(other.get(n)!) } : { peer: "x11vnc (not installed)" }));
    }
    const slope = (of: Map<number, Shown[]>) => of.get(most)!.map((s, i) => (s.cpu - of.get(1)![i]!.cpu) / (most - 1));
    rows.push(row("project_per_viewer", "% of a core", slope(ours), { peer: "Xvnc direct, Tight", peerSamples: slope(direct), target: 0.03 }));
    const added = ours.get(most)!.map((s, i) => Math.max(0, s.memory - ours.get(1)![i]!.memory) / (most - 1));
    rows.push(row("project_memory_per_viewer", "MB", added, { target: 0.1 }));
    rows.push(row("project_wire", "Mbit/s per viewer", ours.get(most)!.map((s) => s.mbit), { peer: "Xvnc direct, Tight", peerSamples: direct.get(most)!.map((s) => s.mbit) }));
    // All ask for level 6; what that means is each server's own choice.
    const [mine, theirs] = [ours.get(most)!, direct.get(most)!];
    rows.push(row("project_quality", `JPEG ${mine[0]!.chroma}`, mine.map((s) => s.quality), { peer: `Xvnc direct, ${theirs[0]!.chroma}`, peerSamples: theirs.map((s) => s.quality) }));

    // The relay sends what moves with less quality than asked for, Xvnc with what it takes level 6 for. Asked for the
    // highest level, it sends more than that.
    const fine: Shown[] = [];
    for (let i = 0; i < runs; i++) fine.push(tell(`${most} stations that want level 9`, await room.clear(most, 0, 9)));
    rows.push(row("project_cpu_40_fine", `% of a core, JPEG ${fine[0]!.quality} ${fine[0]!.chroma}`, fine.map((s) => s.cpu), { peer: named(`Xvnc direct, Tight, JPEG ${theirs[0]!.quality} ${theirs[0]!.chroma}`, theirs), peerSamples: theirs.map((s) => s.cpu), target: 0.12 }));

    const tls: Shown[] = [];
    const fair: Shown[] = [];
    for (let i = 0; i < runs; i++) {
      tls.push(tell(`${most} stations by TLS`, await room.tls(most)));
      checkRate("by TLS", tls[i]!);
      fair.push(tell(`${most} stations and one that does not read`, await room.clear(most, 1)));
    }
    rows.push(row("project_tls", "% of a core", tls.map((s) => s.cpu), { peer: "the same without TLS", peerSamples: ours.get(most)!.map((s) => s.cpu), target: 2 }));
    rows.push(row("project_fairness", "frames/s missing of the slowest healthy viewer", fair.map((s) => Math.max(0, fps - Math.min(...s.frames))), { target: 0.5 }));
    rows.push(row("project_fairness_gap", "ms", fair.map((s) => Math.max(...s.gaps)), { target: 60, floor: 1000 / fps }));
    room.close();
    return rows;
  } finally {
    await bed.down();
  }
}
