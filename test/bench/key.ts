// SPDX-License-Identifier: GPL-3.0-or-later
// From a key press to the update that shows what it did: through the relay (TLS, log-in by X509Plain),
// against the very same display server directly, and against an Xvnc with its own settings.
import { Bed, progress, runs } from "./bed.js";
import { median, percentile, row, type Row } from "./result.js";
import { until } from "../harness/wait.js";

const events = 300;

export async function key(): Promise<Row[]> {
  const bed = await Bed.with(1);
  try {
    const account = bed.pupils[0]!;
    const session = await bed.startSession(account.name, "bench-key");
    await until("the window is there", async () => (await bed.sh("pgrep -cx paint || true")) === "1");
    await bed.write("/run/bench-login", `${account.name}\n${account.password}\n`, "600");
    await bed.sh(`Xvnc :650 -geometry 1280x720 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath /run/bench.sock -AlwaysShared -nolisten tcp -ac >/dev/null 2>&1 & until [ -S /tmp/.X11-unix/X650 ]; do sleep .05; done; DISPLAY=:650 setsid paint key >/dev/null 2>&1 &`);
    const ways = {
      relay: ["viewer", "-l", "/run/bench-login", "latency", String(events), `${bed.vnc.host}:${bed.vnc.port}`],
      direct: ["viewer", "latency", String(events), `/run/stationmaster/sessions/${session.id}/display/rfb.sock`],
      plain: ["viewer", "latency", String(events), "/run/bench.sock"],
    };
    type Way = keyof typeof ways;
    const p50: Record<Way, number[]> = { relay: [], direct: [], plain: [] };
    const p95: Record<Way, number[]> = { relay: [], direct: [], plain: [] };
    for (let i = 0; i < runs; i++)
      for (const way of Object.keys(ways) as Way[]) {
        const ms = (await bed.sh(ways[way].join(" "), { timeout: 120_000 })).split("\n").map(Number);
        p50[way].push(median(ms));
        p95[way].push(percentile(ms, 0.95));
        progress(`key to pixel, ${way}: p50 ${median(ms).toFixed(2)} ms, p95 ${percentile(ms, 0.95).toFixed(2)} ms`);
      }
    const plain = "Xvnc direct, its own settings";
    const added = (of: Record<Way, number[]>) => of.relay.map((v, i) => v - of.direct[i]!);
    return [
      row("key_to_pixel_p50", "ms", p50.relay, { peer: plain, peerSamples: p50.plain }),
      row("key_to_pixel_p95", "ms", p95.relay, { peer: plain, peerSamples: p95.plain, target: 0.35 }),
      row("key_to_pixel_p50", "ms", p50.relay, { peer: "the same Xvnc direct", peerSamples: p50.direct }),
      row("key_to_pixel_p95", "ms", p95.relay, { peer: "the same Xvnc direct", peerSamples: p95.direct }),
      row("key_to_pixel_added_p50", "ms", added(p50), { target: 0.4, floor: 0.2 }),
      row("key_to_pixel_added_p95", "ms", added(p95), { target: 1.0 }),
    ];
  } finally {
    await bed.down();
  }
}
