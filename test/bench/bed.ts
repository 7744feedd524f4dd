// SPDX-License-Identifier: GPL-3.0-or-later
// The system that is measured: a demo without sessions, with the measuring programs and desktops inside.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Demo } from "../harness/demo.js";
import { build, top } from "../harness/paths.js";
import { end, output, quote, start } from "../harness/process.js";
import type { Session } from "../harness/types.js";
import { interval, until } from "../harness/wait.js";

export const geometry = { width: 1280, height: 720 };
export const runs = Number(process.env["RUNS"] ?? 3);
export const accountPassword = "bench-4711";

/** The programs that run in them are known by "paint WHAT"; openbox-session is not needed to measure. */
const desktops: Record<string, string> = {
  "bench-openbox": "openbox --startup xterm",
  "bench-lines": `openbox --startup "xterm -geometry 100x40+20+20 -e /usr/local/bin/paint lines 500"`,
  "bench-idle": `openbox --startup "xterm -geometry 100x40+20+20 -e /usr/local/bin/paint still"`,
  "bench-video": `openbox --startup "/usr/local/bin/paint video"`,
  "bench-key": `openbox --startup "/usr/local/bin/paint key"`,
  "bench-press": "/usr/local/bin/paint press",
};

export interface Program {
  /** What it said after "ready". */
  lines: string[];
  done: Promise<number>;
  stop: () => Promise<void>;
}

export class Bed extends Demo {
  /** users: accounts of the demo without a session; makeAccounts() is faster. */
  static async with(users: number): Promise<Bed> {
    await output([join(top, "test", "bench", "tools", "build")]);
    const bed = new Bed("bench", { sessions: users });
    await bed.up();
    for (const program of ["paint", "usable", "gone", "viewer"])
      await bed.sh(`cat >/usr/local/bin/${program} && chmod 755 /usr/local/bin/${program}`, { input: readFileSync(join(build, "bench", "bin", program)) });
    for (const [name, exec] of Object.entries(desktops)) {
      await bed.write(`/usr/local/bin/${name}`, `#!/bin/sh\nexec ${exec}\n`, "755"); // Debian's Xsession takes quotes apart
      await bed.write(`/usr/share/xsessions/${name}.desktop`, `[Desktop Entry]\nType=Application\nName=${name}\nExec=${name}\n`);
    }
    if (users) {
      await bed.sh("rm -f /home/*/.config/openbox/autostart");
      await bed.clear();
      await bed.sh("until ! pgrep -x openbox; do sleep .1; done");
    }
    return bed;
  }

  get users(): string[] {
    return this.pupils.map((p) => p.name);
  }

  /** Makes accounts that have nothing but a home folder, faster than the demo does. */
  async makeAccounts(n: number): Promise<string[]> {
    const users = Array.from({ length: n }, (_, i) => `bench${String(i).padStart(3, "0")}`);
    await this.sh(`hash=$(openssl passwd -6 ${accountPassword}); mkdir -p /tmp/empty; for u in ${users.join(" ")}; do useradd -m -k /tmp/empty -s /bin/bash -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 --password "$hash" $u || exit 1; done`, { timeout: 120_000 });
    return users;
  }

  /** Starts a session for each, a few at a time, and waits until as many programs "paint" run. */
  async startPainters(users: readonly string[], desktop: (i: number) => string): Promise<Session[]> {
    const sessions: Session[] = [];
    const before = await this.painters();
    for (let i = 0; i < users.length; i += 10)
      sessions.push(...(await Promise.all(users.slice(i, i + 10).map((user, k) => this.startSession(user, desktop(i + k))))));
    await until("every session draws", async () => (await this.painters()) === before + users.length, 120_000);
    return sessions;
  }

  async painters(): Promise<number> {
    return Number(await this.sh("pgrep -cx paint || true"));
  }

  /** More settings; stationd and relay are restarted, which ends no session. */
  async configure(text: string): Promise<void> {
    await this.write("/etc/stationmaster/conf.d/zz-bench.conf", text);
    await this.restart("stationd");
    await this.restart("station-relay");
    await until("the daemons run again", async () => /"relay": ?true/.test((await this.ctl(["system", "status", "--json"])).stdout), 20_000);
  }

  has(program: string): Promise<boolean> {
    return this.test(`command -v ${program}`);
  }

  /** One process by its exact name. */
  async pid(name: string): Promise<number> {
    return Number(await this.sh(`pgrep -n -x -- ${quote(name)}`));
  }

  /** CPU in % of one core of each group of processes, over the seconds. */
  async load(seconds: number, ...groups: readonly (readonly number[])[]): Promise<number[]> {
    const take = () => Promise.all(groups.map((g) => this.cpu(g)));
    const began = now();
    const before = await take();
    const middle = (now() + began) / 2;
    await interval(seconds * 1000);
    const asked = now();
    const after = await take();
    const ms = (now() + asked) / 2 - middle;
    return after.map((a, i) => ((a - before[i]!) / ms) * 100);
  }

  /** Starts a program inside that says "ready"; line() gives what it says after that, done() its end. */
  async program(command: readonly string[]): Promise<Program> {
    const child = start(["bash", "-c", `exec ${this.told.exec} "$@"`, "bash", ...command], { stdio: ["ignore", "pipe", "inherit"] });
    const lines: string[] = [];
    createInterface({ input: child.stdout! }).on("line", (line) => lines.push(line));
    const done = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
    await until(`${command[0]} is ready`, () => lines[0] === "ready");
    lines.shift();
    return { lines, done, stop: () => end(child) };
  }

  uids(users: readonly string[]): Promise<string[]> {
    return this.sh(users.map((u) => `id -u ${u}`).join(";")).then((t) => t.split("\n"));
  }

  /** CPU time of each process so far, in ms; all its threads. */
  async cpu(pids: readonly number[]): Promise<number> {
    const text = await this.sh(pids.map((p) => `cat /proc/${p}/task/*/schedstat`).join(";"));
    return text.split("\n").reduce((sum, line) => sum + Number(line.split(" ")[0]), 0) / 1e6;
  }

  /** Voluntary and involuntary context switches so far: how often the process was woken up. */
  async wakeups(pid: number): Promise<number> {
    const text = await this.sh(`cat /proc/${pid}/task/*/status | grep ctxt_switches`);
    return [...text.matchAll(/switches:\s+(\d+)/g)].reduce((n, m) => n + Number(m[1]), 0);
  }

  /** Proportional set size in MB. */
  async memory(pids: readonly number[]): Promise<number> {
    const text = await this.sh(pids.map((p) => `cat /proc/${p}/smaps_rollup`).join(";"));
    return [...text.matchAll(/^Pss:\s+(\d+)/gm)].reduce((n, m) => n + Number(m[1]), 0) / 1024;
  }

  /** Connections to displays. The network is the host's, so other systems' are there; processes are seen of this one. */
  async displaysInUse(): Promise<number> {
    return Number(await this.sh("ss -Hxp state connected | grep -c 'rfb.sock.*users:' || true"));
  }

  async servers(): Promise<number[]> {
    return (await this.sh("pgrep -x 'Xvnc|Xtigervnc'")).split("\n").map(Number);
  }
}

/** Milliseconds of CLOCK_MONOTONIC, the clock of the measuring programs. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
export function progress(text: string): void {
  console.error(`  ${text}`);
}
