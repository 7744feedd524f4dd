// SPDX-License-Identifier: GPL-3.0-or-later
// From a key press to the update that shows what it did: at a VNC station (TLS) and at a browser station
// (WebSocket), against the very same display server directly and through websockify, and against an Xvnc with
// its own settings. Then the same at a VNC station while twenty sessions draw and a wall shows them, and while
// forty stations show a video. Every viewer unpacks what it gets; the sum of the pixels' ways is measured, but
// not a screen.
import { Person } from "../harness/api.js";
import { until } from "../harness/wait.js";
import { accountPassword, Bed, progress, runs } from "./bed.js";
import { Watchers } from "./project.js";
import { median, percentile, row, type Row } from "./result.js";
import { BrowserStation } from "./stations.js";
import { mixed } from "./wall.js";

const events = 300;
const plain = "Xvnc direct, its own settings";

type Percentiles = [p50: number, p95: number, p99: number];

class Latencies {
  readonly samples: Percentiles[] = [];
  constructor(readonly bed: Bed, readonly what: string) {}

  async take(...endpoint: readonly string[]): Promise<void> {
    const ms = (await this.bed.sh(`viewer latency ${events} ${endpoint.join(" ")}`, { timeout: 120_000 })).split("\n").map(Number);
    const p: Percentiles = [median(ms), percentile(ms, 0.95), percentile(ms, 0.99)];
    this.samples.push(p);
    progress(`key to pixel, ${this.what}: p50 ${p[0].toFixed(2)}, p95 ${p[1].toFixed(2)}, p99 ${p[2].toFixed(2)} ms`);
  }

  get(i: 0 | 1 | 2): number[] {
    return this.samples.map((p) => p[i]);
  }

  /** What this way needs more than the other one, run by run. */
  over(other: Latencies, i: 0 | 1 | 2): number[] {
    return this.get(i).map((v, k) => v - other.get(i)[k]!);
  }
}

/** A VNC station of this account, for a viewer. */
const vnc = (bed: Bed, account: { name: string; password: string }) => [`${bed.vnc.host}:${bed.vnc.port}`, account.name, account.password];

export async function key(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const [name] = (await bed.makeAccounts(1)) as [string];
    const account = { name, password: accountPassword };
    const [session] = await bed.startPainters([account.name], () => "bench-key");
    const socket = `/run/stationmaster/sessions/${session!.id}/display/rfb.sock`;
    await bed.sh(`Xvnc :6500 -geometry 1280x720 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath /run/bench.sock -AlwaysShared -nolisten tcp -ac >/dev/null 2>&1 & until [ -S /tmp/.X11-unix/X6500 ]; do sleep .05; done; DISPLAY=:6500 setsid paint key >/dev/null 2>&1 &`);
    const proxied = await bed.has("websockify");
    if (proxied)
      await bed.sh(`setsid websockify 127.0.0.1:24080 --unix-target=${socket} </dev/null >/dev/null 2>&1 & until ss -Htln 'sport = :24080' | grep -q .; do sleep .05; done`);
    const browser = await BrowserStation.open(bed);

    const relay = new Latencies(bed, "VNC station");
    const web = new Latencies(bed, "browser station");
    const direct = new Latencies(bed, "the same Xvnc direct");
    const proxy = new Latencies(bed, "websockify");
    const own = new Latencies(bed, plain);
    for (let i = 0; i < runs; i++) {
      await relay.take(...vnc(bed, account));
      await direct.take(socket);
      await browser.logIn(account.name, account.password);
      const [address, cookie] = browser.endpoint.split(" ");
      await web.take(address!, cookie!);
      if (proxied) await proxy.take("ws://127.0.0.1:24080/");
      await own.take("/run/bench.sock");
    }
    browser.close();
    const peer = proxied ? "what websockify adds" : "websockify (not installed)";
    return [
      row("key_to_pixel_p50", "ms", relay.get(0), { peer: plain, peerSamples: own.get(0) }),
      row("key_to_pixel_p95", "ms", relay.get(1), { peer: plain, peerSamples: own.get(1), target: 0.35 }),
      row("key_to_pixel_p99", "ms", relay.get(2), { peer: plain, peerSamples: own.get(2) }),
      row("key_to_pixel_p50", "ms", relay.get(0), { peer: "the same Xvnc direct", peerSamples: direct.get(0) }),
      row("key_to_pixel_p95", "ms", relay.get(1), { peer: "the same Xvnc direct", peerSamples: direct.get(1) }),
      row("key_to_pixel_added_p50", "ms", relay.over(direct, 0), { target: 0.4, floor: 0.2 }),
      row("key_to_pixel_added_p95", "ms", relay.over(direct, 1), { target: 1.0 }),
      row("key_to_pixel_browser", "ms added, p50", web.over(direct, 0), { peer, peerSamples: proxied ? proxy.over(direct, 0) : [], target: 0.5 }),
      row("key_to_pixel_browser_p95", "ms added", web.over(direct, 1), { peer, peerSamples: proxied ? proxy.over(direct, 1) : [] }),
    ];
  } finally {
    await bed.down();
  }
}

/** The same with others at work. */
export async function busy(): Promise<Row[]> {
  const n = 20;
  const bed = await Bed.with(0);
  try {
    const [name, ...users] = (await bed.makeAccounts(1 + n)) as [string, ...string[]];
    const account = { name, password: accountPassword };
    await bed.startPainters([account.name], () => "bench-key");
    const quiet = new Latencies(bed, "nobody else");
    for (let i = 0; i < runs; i++) await quiet.take(...vnc(bed, account));

    const sessions = await bed.startPainters(users, mixed);
    const alone = new Latencies(bed, "20 mixed sessions, nobody watches");
    await alone.take(...vnc(bed, account));

    const wall = new Latencies(bed, "20 mixed sessions and their wall");
    const dashboard = await (await Person.signIn(bed, bed.account("operator"))).dashboard();
    dashboard.tiles(sessions.map((s) => s.id));
    await until("a picture of each", () => new Set(dashboard.thumbnails.map((t) => t.session)).size === n);
    for (let i = 0; i < runs; i++) await wall.take(...vnc(bed, account));
    dashboard.close();

    const film = new Latencies(bed, "forty stations show a video");
    const stations = await BrowserStation.all(bed, 40);
    const { projection } = await bed.call<{ projection: string }>("Projections.Start", { source: sessions[0]!.id, sessions: null, users: null, stations: stations.map((s) => s.id), all: null, window: null });
    await Promise.all(stations.map((s) => s.shows("projection")));
    const watchers = await Watchers.start(bed, stations.map((s) => s.endpoint), 0, "pushed", 600);
    await watchers.begin();
    for (let i = 0; i < runs; i++) await film.take(...vnc(bed, account));
    await watchers.program.stop();
    await bed.call("Projections.Stop", { projection, all: null });
    for (const s of stations) s.close();

    const peer = "the same with nobody else";
    return [
      row("key_to_pixel_busy", "ms, p95", wall.get(1), { peer, peerSamples: quiet.get(1), target: 1.5 }),
      row("key_to_pixel_busy_p50", "ms", wall.get(0), { peer, peerSamples: quiet.get(0) }),
      row("key_to_pixel_busy_p99", "ms", wall.get(2), { peer, peerSamples: quiet.get(2) }),
      row("key_to_pixel_busy_sessions", "ms, p95", wall.get(1), { peer: "20 mixed sessions, no wall", peerSamples: alone.get(1) }),
      row("key_to_pixel_film", "ms, p95", film.get(1), { peer, peerSamples: quiet.get(1), target: 1.5 }),
      row("key_to_pixel_film_p50", "ms", film.get(0), { peer, peerSamples: quiet.get(0) }),
      row("key_to_pixel_film_p99", "ms", film.get(2), { peer, peerSamples: quiet.get(2) }),
    ];
  } finally {
    await bed.down();
  }
}
