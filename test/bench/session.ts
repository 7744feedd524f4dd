// SPDX-License-Identifier: GPL-3.0-or-later
// Memory: what each Stationmaster process takes, per session, with 20 sessions that nobody watches.
import { interval, until } from "../harness/wait.js";
import { Bed, progress } from "./bed.js";
import { row, type Row } from "./result.js";

export async function session(): Promise<Row[]> {
  const n = 20;
  const bed = await Bed.with(n);
  try {
    const stationd = await bed.daemon("stationd");
    const relay = await bed.daemon("station-relay");
    const empty = await bed.memory([stationd, relay]);
    await bed.startSessions(bed.users, "bench-openbox");
    await until("every terminal runs", async () => (await bed.sh("pgrep -cx xterm || true")) === String(n), 60_000);
    await interval(3000);
    const helpers = (await bed.sh("pgrep -x station-session")).split("\n").map(Number);
    const each = (await bed.memory(helpers)) / n;
    const daemons = (await bed.memory([stationd, relay])) - empty;
    const users = (await bed.memory((await bed.sh(`pgrep -u ${bed.users.join(",")}`)).split("\n").map(Number))) / n;
    progress(`station-session ${each.toFixed(2)} MB each, daemons ${empty.toFixed(1)} MB + ${daemons.toFixed(2)} MB, display and desktop ${users.toFixed(1)} MB`);
    return [
      row("session_memory", "MB per session", [each + Math.max(0, daemons) / n], { target: 2 }),
      row("session_memory_station_session", "MB", [each]),
      row("session_memory_stationd", "MB", [await bed.memory([stationd])]),
      row("session_memory_relay", "MB", [await bed.memory([relay])]),
      row("session_memory_desktop", "MB per session", [users]),
    ];
  } finally {
    await bed.down();
  }
}
