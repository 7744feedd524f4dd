// SPDX-License-Identifier: GPL-3.0-or-later
// From the moment a log-in is accepted (its PAM account and session, logind, display and desktop are still to
// come) until the desktop can be used: window manager announced, windows there. Against the bare display
// server with the same desktop, started by a shell for the same users on the same system. And, as a person sees
// it, from the start of a viewer with name and password: at a VNC station against a client of xrdp.
import type { Account } from "../harness/types.js";
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

const xfce = ["wm", "xfce4-panel", "xfdesktop"];

/** From the start of a VNC viewer, with name and password, until the desktop at the station can be used. */
async function atStation(bed: Bed, user: Account): Promise<number> {
  const watch = await bed.program(["usable", "-n", "1", "-d", "/run/stationmaster/sessions", ...xfce]);
  await bed.write("/run/bench-viewers", `${bed.vnc.host}:${bed.vnc.port} ${user.name} ${user.password}\n`, "600");
  const began = now();
  await bed.sh("setsid viewer wall 600 1 /run/bench-viewers </dev/null >/dev/null 2>&1 &");
  if ((await watch.done) !== 0) throw new Error("the session at the station did not become usable");
  const usable = Number(watch.lines[0]!.split(" ")[0]);
  await bed.sh("pkill -x viewer; while pgrep -x viewer >/dev/null; do sleep .05; done");
  await bed.clear();
  return usable - began;
}

const xrdpDisplay = 700;

async function prepareXrdp(bed: Bed): Promise<void> {
  await bed.sh(`sed -i 's/^X11DisplayOffset=.*/X11DisplayOffset=${xrdpDisplay}/; s/^ListenPort=3350/ListenPort=23350/' /etc/xrdp/sesman.ini
    sed -i '0,/^port=3389/s,,port=tcp://127.0.0.1:23389,' /etc/xrdp/xrdp.ini
    mkdir -p /run/xrdp /var/run/xrdp
    setsid xrdp-sesman --nodaemon </dev/null >/dev/null 2>&1 & setsid xrdp --nodaemon </dev/null >/dev/null 2>&1 &
    setsid Xvnc :6401 -geometry 1280x720 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath /run/xrdp.sock -nolisten tcp -ac </dev/null >/dev/null 2>&1 &
    until [ -S /tmp/.X11-unix/X6401 ] && ss -Htln 'sport = :23389 or sport = :23350' | [ $(wc -l) = 2 ]; do sleep .05; done`);
}

/** The same for an RDP client and xrdp with its Xvnc. */
async function viaXrdp(bed: Bed, user: Account): Promise<number> {
  const watch = await bed.program(["env", `XAUTHORITY=/home/${user.name}/.Xauthority`, "usable", "-n", "1", "-x", `:${xrdpDisplay}`, ...xfce]);
  const began = now();
  await bed.sh(`DISPLAY=:6401 HOME=/root setsid xfreerdp /v:127.0.0.1:23389 /cert-ignore /u:${user.name} /p:${user.password} /d:Xvnc /size:1280x720 /sec:tls </dev/null >/tmp/xfreerdp.log 2>&1 &`);
  if ((await watch.done) !== 0) throw new Error("the session of xrdp did not become usable");
  const usable = Number(watch.lines[0]!.split(" ")[0]);
  await bed.sh(`pkill -x xfreerdp; sleep .5; pkill -u ${user.name}; sleep .5; pkill -9 -u ${user.name}; while pgrep -u ${user.name} >/dev/null; do sleep .05; done; rm -f /tmp/.X11-unix/X${xrdpDisplay} /tmp/.X${xrdpDisplay}-lock`);
  return usable - began;
}

async function againstXrdp(bed: Bed): Promise<Row> {
  const [user] = bed.pupils as [Account];
  const installed = (await bed.has("xrdp")) && (await bed.has("xfreerdp"));
  const mine: number[] = [];
  const peer: number[] = [];
  await bed.configure("[session]\ndesktop = xfce\n");
  await bed.sh(`printf 'exec xfce4-session\n' >/home/${user.name}/.xsession && chown ${user.name}: /home/${user.name}/.xsession`);
  if (installed) await prepareXrdp(bed);
  for (let i = -1; i < runs; i++) {
    const a = await atStation(bed, user);
    await interval(1000);
    const b = installed ? await viaXrdp(bed, user) : NaN;
    await interval(1000);
    progress(`login_xfce at a station: ${a.toFixed(0)} ms, xrdp ${b.toFixed(0)} ms${i < 0 ? " (warming up)" : ""}`);
    if (i < 0) continue;
    mine.push(a);
    if (installed) peer.push(b);
  }
  return row("login_xfce", "ms, from the viewer's start", mine, { peer: installed ? "xrdp, from the client's start" : "xrdp (not installed)", peerSamples: peer, target: 0.45 });
}

export async function login(): Promise<Row[]> {
  const bed = await Bed.with(20);
  const rows: Row[] = [];
  try {
    rows.push(await againstXrdp(bed));
    await bed.configure("");
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
    }
  } finally {
    await bed.down();
  }
  return rows;
}
