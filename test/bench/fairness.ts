// SPDX-License-Identifier: GPL-3.0-or-later
// One session wants the whole computer: a fork bomb, a memory hog, a filler of every place a pupil may write to,
// one after the other, with limits as they are after the installation (but 2 GiB of memory, so that they are
// reached within the minute). Measured is another session: from key to pixel, and how long a program takes to start.
import { hogs, type Hog } from "../harness/attack.js";
import { until } from "../harness/wait.js";
import { accountPassword, Bed, now, progress } from "./bed.js";
import { median, percentile, row, type Row } from "./result.js";

const events = 300;
const starts = 10;

export async function fairness(): Promise<Row[]> {
  const bed = await Bed.with(0);
  try {
    const [name, ...hosts] = (await bed.makeAccounts(4)) as [string, ...string[]];
    await bed.configure("[limits]\nmemory = 2G\n");
    await bed.startPainters([name], () => "bench-key");
    await bed.write("/usr/local/bin/bench-begin", "#!/bin/sh\nmv \"$HOME/new\" \"$HOME/begun\"\n", "755");
    const agent = await bed.as("root");

    const latency = async () => {
      const ms = (await bed.sh(`viewer latency ${events} ${bed.vnc.host}:${bed.vnc.port} ${name} ${accountPassword}`, { timeout: 120_000 })).split("\n").map(Number);
      return [median(ms), percentile(ms, 0.95)] as const;
    };
    const begins = async () => {
      const took: number[] = [];
      for (let i = 0; i < starts; i++) {
        await bed.sh(`rm -f /home/${name}/begun; touch /home/${name}/new; chown ${name}: /home/${name}/new`);
        const t0 = now();
        await bed.inSession(name, "bench-begin");
        await until("it has begun", () => bed.test(`[ -e /home/${name}/begun ]`), 30_000);
        took.push(now() - t0);
      }
      return median(took);
    };

    const quiet = await latency();
    const quietStart = await begins();
    progress(`nobody else: key to pixel p50 ${quiet[0].toFixed(2)}, p95 ${quiet[1].toFixed(2)} ms; a program starts in ${quietStart.toFixed(0)} ms`);
    const rows: Row[] = [];
    for (const [i, hog] of (Object.keys(hogs) as Hog[]).entries()) {
      const host = hosts[i]!;
      await bed.startSessions([host], "bench-openbox");
      await bed.write(`/usr/local/bin/t-${hog}`, `#!/bin/bash\n${hogs[hog]}\n`, "755");
      await bed.inSession(host, `t-${hog}`);
      await until(`${hog}: a limit is hit`, async () => /"limit_hit": *"(memory|tasks)"/.test((await bed.ctl(["session", "show", host, "--json"])).stdout), 60_000);
      const during = await latency();
      const start = await begins();
      const t0 = now();
      await agent.call("org.stationmaster.Sessions.LogOff", { users: [host], timeout_ms: 3000 });
      await until("the session is gone", async () => !(await bed.sessionOf(host)), 20_000);
      const off = now() - t0;
      await bed.sh("rm -f /tmp/fill /dev/shm/fill /home/*/fill");
      progress(`${hog}: key to pixel p50 ${during[0].toFixed(2)}, p95 ${during[1].toFixed(2)} ms; a program starts in ${start.toFixed(0)} ms; logged off in ${off.toFixed(0)} ms`);
      rows.push(
        row(`fairness_${hog}_p95`, "ms", [during[1]], { peer: "nobody else", peerSamples: [quiet[1]] }),
        row(`fairness_${hog}_start`, "ms", [start], { peer: "nobody else", peerSamples: [quietStart] }),
        row(`fairness_${hog}_logoff`, "ms", [off], { target: 3500 }),
      );
    }
    return rows;
  } finally {
    await bed.down();
  }
}
