// SPDX-License-Identifier: GPL-3.0-or-later
// The system that is measured: a demo without sessions, with the measuring programs and desktops inside.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Demo } from "../harness/demo.js";
import { build, top } from "../harness/paths.js";
import { end, output, start } from "../harness/process.js";
import { until } from "../harness/wait.js";

export const geometry = { width: 1280, height: 720 };
export const runs = Number(process.env["RUNS"] ?? 3);

const desktops: Record<string, string> = {
  "bench-openbox": "openbox --startup xterm",
  "bench-lines": `openbox --startup "xterm -geometry 100x40+20+20 -e /usr/local/bin/paint lines 500"`,
  "bench-key": `openbox --startup "/usr/local/bin/paint key"`,
};

export class Bed extends Demo {
  /** users: accounts without a session. */
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
    await bed.sh("rm -f /home/*/.config/openbox/autostart");
    await bed.clear();
    await bed.sh("until ! pgrep -x openbox; do sleep .1; done");
    return bed;
  }

  get users(): string[] {
    return this.pupils.map((p) => p.name);
  }

  /** Starts a program inside that says "ready"; line() gives what it says after that, done() its end. */
  async program(command: readonly string[]): Promise<{ lines: string[]; done: Promise<number>; stop: () => Promise<void> }> {
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

  async servers(): Promise<number[]> {
    return (await this.sh("pgrep -x 'Xvnc|Xtigervnc'")).split("\n").map(Number);
  }
}

/** Milliseconds of CLOCK_MONOTONIC, the clock of the measuring programs. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
export function progress(text: string): void {
  console.error(`  ${text}`);
}
