// SPDX-License-Identifier: GPL-3.0-or-later
// Memory: what each Stationmaster process takes for a session that nobody watches, for one that is watched, and
// for a station of each kind. Proportional set size; buffers of the kernel are not in it.
import { Person } from "../harness/api.js";
import { interval, until } from "../harness/wait.js";
import { accountPassword, Bed, progress } from "./bed.js";
import { row, type Row } from "./result.js";
import { BrowserStation } from "./stations.js";

const n = 20;

export async function session(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const stationd = await bed.daemon("stationd");
    const relay = await bed.daemon("station-relay");
    const users = await bed.makeAccounts(n);
    const empty = await bed.memory([stationd, relay]);
    const sessions = await bed.startPainters(users, () => "bench-idle");
    await interval(3000);
    const helpers = (await bed.sh("pgrep -x station-session")).split("\n").map(Number);
    const each = (await bed.memory(helpers)) / n;
    const daemons = (await bed.memory([stationd, relay])) - empty;
    const desktop = (await bed.memory((await bed.sh(`pgrep -u ${users.join(",")}`)).split("\n").map(Number))) / n;

    const [fresh, freshRelay] = [await bed.memory([stationd]), await bed.memory([relay])];

    const servers = await bed.servers();
    /** MB that relay and display servers need more while something goes on, for each of the n. */
    const during = async (what: () => Promise<() => Promise<void> | void>): Promise<{ relay: number; display: number }> => {
      const before = [await bed.memory([relay]), await bed.memory(servers)] as const;
      const stop = await what();
      await interval(2000);
      const after = [await bed.memory([relay]), await bed.memory(servers)] as const;
      await stop();
      return { relay: (after[0] - before[0]) / n, display: (after[1] - before[1]) / n };
    };
    const viewers = async (endpoints: readonly string[]) => {
      await bed.write("/run/bench-viewers", endpoints.join("\n") + "\n", "600");
      const viewer = await bed.program(["viewer", "watch", "600", "1000000", "0", "pushed", "/run/bench-viewers"]);
      return () => viewer.stop();
    };
    const vnc = `${bed.vnc.host}:${bed.vnc.port}`;
    // In an order in which nothing is there already that the next would need.
    const greeter = await during(() => viewers(users.map(() => vnc)));
    let stations: BrowserStation[] = [];
    const page = await during(async () => {
      stations = await BrowserStation.all(bed, n);
      return () => undefined;
    });
    const browser = await during(async () => {
      await Promise.all(stations.map((s, i) => s.logIn(users[i]!, accountPassword)));
      const stop = await viewers(stations.map((s) => s.endpoint));
      return async () => {
        await stop();
        for (const s of stations) s.close();
      };
    });
    await until("the relay has let go", async () => (await bed.stations()).every((s) => !s.session) && (await bed.displaysInUse()) === 0, 60_000);
    const station = await during(() => viewers(users.map((u) => `${vnc} ${u} ${accountPassword}`)));
    await until("the relay has let go again", async () => (await bed.displaysInUse()) === 0, 60_000);
    const tile = await during(async () => {
      const dashboard = await (await Person.signIn(bed, bed.account("operator"))).dashboard();
      dashboard.tiles(sessions.map((s) => s.id));
      await until("a picture of each", () => new Set(dashboard.thumbnails.map((t) => t.session)).size === n);
      return () => dashboard.close();
    });
    await until("the relay has let go at last", async () => (await bed.displaysInUse()) === 0, 60_000);
    const left = await bed.memory([relay]);
    const tell = (what: string, m: { relay: number; display: number }) => `${what} ${m.relay.toFixed(2)} + ${m.display.toFixed(2)}`;
    progress(`station-session ${each.toFixed(2)} MB each, daemons ${empty.toFixed(1)} MB + ${daemons.toFixed(2)} MB, display and desktop ${desktop.toFixed(1)} MB; relay + display, each: ${[tell("VNC greeter", greeter), tell("browser page", page), tell("browser station", browser), tell("VNC station", station), tell("tile", tile)].join(", ")}`);
    return [
      row("session_memory", "MB per session, not watched", [each + Math.max(0, daemons) / n], { target: 2 }),
      row("session_memory_station_session", "MB", [each]),
      row("session_memory_stationd", "MB", [fresh]),
      row("session_memory_relay", "MB", [freshRelay]),
      row("session_memory_relay_after", "MB, all stations gone", [left]),
      row("session_memory_desktop", "MB per session", [desktop]),
      row("session_memory_tile", "MB per session on a wall", [tile.relay + tile.display]),
      row("station_memory_greeter", "MB per VNC station at the greeter", [greeter.relay]),
      row("station_memory_page", "MB per browser station at the greeter", [page.relay]),
      row("station_memory_browser", "MB per browser station with a session", [browser.relay + browser.display]),
      row("station_memory_vnc", "MB per VNC station with a session", [station.relay + station.display]),
    ];
  } finally {
    await bed.down();
  }
}
