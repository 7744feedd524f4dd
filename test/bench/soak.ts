// SPDX-License-Identifier: GPL-3.0-or-later
// MINUTES=60 with twenty sessions whose wall is watched, while people log off and on, are blocked and freed, and a
// desktop is shown to others. Memory and descriptors of the daemons and of the helpers stay what they were after a
// quarter of the time (by then the jobs that are kept, and the cache of the data base, are full), and nothing is left
// behind: folders, control groups, marks, notes. Of memory only what the process alone has written counts: the share
// of libraries changes with whatever else uses them on this computer.
import assert from "node:assert/strict";
import { Person } from "../harness/api.js";
import { until } from "../harness/wait.js";
import { Bed, progress } from "./bed.js";
import { row, type Row } from "./result.js";
import { mixed } from "./wall.js";

const minutes = Number(process.env["MINUTES"] ?? 5);
const n = 20;

interface Picture {
  kib: Record<string, number>;
  fds: Record<string, number>;
  left: string;
}

async function look(bed: Bed): Promise<Picture> {
  const kib: Record<string, number> = {}, fds: Record<string, number> = {};
  for (const daemon of ["stationd", "station-relay"]) {
    const pid = await bed.pid(daemon);
    kib[daemon] = Number(await bed.sh(`awk '/^Private_Dirty:/ { print $2 }' /proc/${pid}/smaps_rollup`));
    fds[daemon] = Number(await bed.sh(`ls /proc/${pid}/fd | wc -l`));
  }
  // The oldest and all: helpers come and go with their sessions.
  kib["station-session"] = Number(await bed.sh("for p in $(pgrep -x station-session); do awk '/^Private_Dirty:/ { print $2 }' /proc/$p/smaps_rollup; done | awk '{ s += $1 } END { print int(s / NR) }'"));
  fds["station-session"] = Number(await bed.sh("for p in $(pgrep -x station-session); do ls /proc/$p/fd | wc -l; done | sort -n | tail -1"));
  const left = await bed.sh(`ls /run/stationmaster/sessions | wc -l; ls /run/stationmaster/ended | wc -l; pgrep -cx station-session; ls /tmp/.X11-unix | wc -l
    systemctl list-units --plain --no-legend --type=scope 'session-*' | wc -l; systemctl list-units --plain --no-legend 'station-session@*' | wc -l`);
  return { kib, fds, left: left.replaceAll("\n", " ") };
}

export async function soak(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const users = await bed.makeAccounts(n);
    let sessions = await bed.startPainters(users, mixed);
    const agent = await bed.as("root");
    const dashboard = await (await Person.signIn(bed, bed.account("operator"))).dashboard();
    const watch = () => dashboard.tiles(sessions.map((s) => s.id));
    watch();
    const began = Date.now();
    let rounds = 0, first: Picture | undefined, last: Picture | undefined;
    while (Date.now() - began < minutes * 60_000 || !last) {
      const some = users.slice((rounds * 5) % n, ((rounds * 5) % n) + 5);
      const from = sessions.find((s) => !some.includes(s.user))!;
      await agent.call("org.stationmaster.Blocks.Block", { users, message: "Look here" });
      const { projection } = (await agent.call("org.stationmaster.Projections.Start", { source: from.id, users: some })) as { projection: string };
      await agent.call("org.stationmaster.Blocks.Unblock", { users });
      await agent.call("org.stationmaster.Projections.Stop", { projection });
      await agent.call("org.stationmaster.Sessions.LogOff", { users: some, timeout_ms: 3000 });
      await until("they are gone", async () => (await bed.sessions()).length === n - some.length, 30_000);
      const back = await bed.startPainters(some, mixed);
      sessions = [...sessions.filter((s) => !some.includes(s.user)), ...back];
      watch();
      await until("a picture of those who came", () => back.every((s) => dashboard.thumbnails.some((t) => t.session === s.id)), 30_000);
      dashboard.thumbnails.length = 0;
      rounds++;
      last = await look(bed);
      if (rounds >= 4 && Date.now() - began >= (minutes * 60_000) / 4) first ??= last; // everybody has been away once
      if (rounds % 4 === 0) progress(`soak: ${rounds} rounds, ${((Date.now() - began) / 60_000).toFixed(1)} min: ${JSON.stringify(last)}`);
    }
    dashboard.close();
    assert.ok(first && last && rounds > 4, "the time was too short");
    assert.equal(last.left, first.left, "something is left behind");
    return Object.keys(first.kib).flatMap((d) => [
      row(`soak_${d}_memory`, "KiB", [last!.kib[d]!], { peer: "after a quarter of the time", peerSamples: [first!.kib[d]!], target: 1.1 }),
      row(`soak_${d}_fds`, "descriptors", [last!.fds[d]!], { peer: "after a quarter of the time", peerSamples: [first!.fds[d]!], target: 1.0 }),
    ]);
  } finally {
    await bed.down();
  }
}
