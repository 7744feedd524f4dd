// SPDX-License-Identifier: GPL-3.0-or-later
// From the moment a log-in is accepted (its PAM account and session, logind, display and desktop are still to
// come) until the desktop can be used: window manager announced, windows there. Against the bare display
// server with the same desktop, started by a shell for the same users on the same system.
import { interval } from "../harness/wait.js";
import { Bed, now, progress, runs } from "./bed.js";
import { row, type Row } from "./result.js";

interface Case {
  name: string;
  users: number;
  desktop: string;
  bare: string;
  want: string[];
  /** Of our time to the bare one; for one xfce4 the contract is "at most 200 ms of our own". */
  target: (bare: number) => number;
}

const cases: Case[] = [
  { name: "login_openbox", users: 1, desktop: "bench-openbox", bare: "openbox --startup xterm", want: ["wm", "xterm"], target: (bare) => (bare + 200) / bare },
  { name: "login_xfce", users: 1, desktop: "xfce", bare: "dbus-run-session xfce4-session", want: ["wm", "xfce4-panel", "xfdesktop"], target: (bare) => (bare + 200) / bare },
  { name: "login20_openbox", users: 20, desktop: "bench-openbox", bare: "openbox --startup xterm", want: ["wm", "xterm"], target: () => 1.15 },
];

async function ours(bed: Bed, c: Case): Promise<number> {
  const watch = await bed.program(["usable", "-n", String(c.users), "-d", "/run/stationmaster/sessions", ...c.want]);
  const began = now();
  const started = bed.startSessions(bed.users.slice(0, c.users), c.desktop);
  if ((await watch.done) !== 0) throw new Error(`${c.name}: the sessions did not become usable`);
  await started;
  const last = Math.max(...watch.lines.map((l) => Number(l.split(" ")[0])));
  await bed.clear();
  return last - began;
}

const bareScript = (c: Case, users: readonly string[]) => users.map((user, i) => `
  setpriv --reuid ${user} --regid $(id -g ${user}) --init-groups -- env -i HOME=/home/${user} USER=${user} PATH=/usr/bin:/bin LANG=C.UTF-8 DISPLAY=:${600 + i} setsid bash -c '
    Xvnc $DISPLAY -geometry 1280x720 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath $HOME/bare.sock -nolisten tcp -ac &
    until [ -S /tmp/.X11-unix/X${600 + i} ]; do read -t 0.004 <> <(:); done
    exec ${c.bare}' </dev/null >/dev/null 2>&1 &`).join("");

async function bare(bed: Bed, c: Case): Promise<number> {
  const users = bed.users.slice(0, c.users);
  const watch = await bed.program(["usable", "-n", String(c.users), ...users.flatMap((_, i) => ["-x", `:${600 + i}`]), ...c.want]);
  const began = now();
  await bed.sh(bareScript(c, users));
  if ((await watch.done) !== 0) throw new Error(`${c.name}: the bare desktops did not become usable`);
  const last = Math.max(...watch.lines.map((l) => Number(l.split(" ")[0])));
  await bed.sh(`for u in ${users.join(" ")}; do pkill -u $u; done; sleep .5; for u in ${users.join(" ")}; do pkill -9 -u $u; done; while pgrep -u ${users.join(",")} >/dev/null; do sleep .05; done; rm -f /tmp/.X11-unix/X6[0-9][0-9] /tmp/.X6[0-9][0-9]-lock`);
  return last - began;
}

export async function login(): Promise<Row[]> {
  const bed = await Bed.with(20);
  const rows: Row[] = [];
  try {
    for (const c of cases) {
      const mine: number[] = [];
      const peer: number[] = [];
      for (let i = -1; i < runs; i++) { // the first is to warm up
        const a = await ours(bed, c);
        await interval(1000);
        const b = await bare(bed, c);
        await interval(1000);
        progress(`${c.name}: ${a.toFixed(0)} ms, bare ${b.toFixed(0)} ms${i < 0 ? " (warming up)" : ""}`);
        if (i < 0) continue;
        mine.push(a);
        peer.push(b);
      }
      const sorted = [...peer].sort((a, b) => a - b);
      rows.push(row(c.name, "ms", mine, { peer: `bare Xvnc + ${c.desktop.replace("bench-", "")}`, peerSamples: peer, target: c.target(sorted[sorted.length >> 1]!) }));
      if (c.name === "login_xfce") rows.push(row(c.name, "ms", mine, { peer: "xrdp (not installed)", target: 0.45 }));
    }
  } finally {
    await bed.down();
  }
  return rows;
}
