// SPDX-License-Identifier: GPL-3.0-or-later
// Log off n sessions at once until the last process and the last logind session of all of them is gone:
// ours, where every desktop is asked first, against a loop of "loginctl terminate-user" over sessions that
// are made without Stationmaster (systemd-run with PAM, Xvnc, openbox, xterm), and against our slowest single one.
import { hungProgram } from "../harness/core.js";
import { until } from "../harness/wait.js";
import { Bed, now, progress, runs } from "./bed.js";
import { row, type Row } from "./result.js";

interface Measured {
  answered: number;
  gone: number;
  /** Of each user. */
  each: number[];
}

async function measure(bed: Bed, users: readonly string[], act: () => Promise<unknown>): Promise<Measured> {
  const watch = await bed.program(["gone", ...(await bed.uids(users))]);
  const began = now();
  await act();
  const answered = now() - began;
  if ((await watch.done) !== 0) throw new Error("sessions are left");
  const last = new Map<string, number>();
  for (const line of watch.lines) {
    const [ms, uid] = line.split(" ");
    last.set(uid!, Math.max(last.get(uid!) ?? 0, Number(ms) - began));
  }
  const each = [...last.values()];
  return { answered, gone: Math.max(...each), each };
}

async function ours(bed: Bed, users: readonly string[], timeout?: number, stubborn: readonly string[] = []): Promise<Measured> {
  await bed.startSessions(users, "bench-openbox");
  await until("every terminal runs", async () => (await bed.sh("pgrep -cx xterm || true")) === String(users.length), 60_000);
  for (const user of stubborn) await hungProgram(bed, user);
  const agent = await bed.as("root");
  const result = await measure(bed, users, () => agent.call("org.stationmaster.Sessions.LogOff", { users, timeout_ms: timeout ?? null }));
  await bed.clear();
  return result;
}

async function startPeers(bed: Bed, users: readonly string[], stubborn: boolean): Promise<void> {
  await bed.write("/usr/local/bin/bench-peer", `#!/bin/bash
Xvnc :$1 -geometry 1280x720 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath $HOME/peer.sock -nolisten tcp -ac >/dev/null 2>&1 &
until [ -S /tmp/.X11-unix/X$1 ]; do read -t 0.02 <> <(:); done
export DISPLAY=:$1
[ -z "$2" ] || bash -c 'trap "" TERM HUP INT; while :; do read -t 100 <> <(:); done' &
xterm &
exec openbox >/dev/null 2>&1
`, "755");
  await bed.sh("printf '#%%PAM-1.0\\naccount required pam_permit.so\\nsession required pam_unix.so\\nsession required pam_systemd.so class=user type=x11\\n' >/etc/pam.d/bench-peer");
  await bed.sh(users.map((user, i) =>
    `systemd-run -q --collect --uid=${user} -p PAMName=bench-peer --setenv=HOME=/home/${user} /usr/local/bin/bench-peer ${700 + i} ${stubborn ? "stubborn" : ""} &`).join("\n") + "\nwait");
  await until("every terminal runs", async () => (await bed.sh("pgrep -cx xterm || true")) === String(users.length), 60_000);
}

async function loop(bed: Bed, users: readonly string[], stubborn = false): Promise<Measured> {
  await startPeers(bed, users, stubborn);
  const result = await measure(bed, users, () => bed.sh(`for u in ${users.join(" ")}; do loginctl terminate-user $u; done`));
  await bed.sh("rm -f /tmp/.X11-unix/X7[0-9][0-9] /tmp/.X7[0-9][0-9]-lock");
  return result;
}

export async function logoff(): Promise<Row[]> {
  const rows: Row[] = [];
  const bed = await Bed.with(50);
  try {
    const single: number[] = [];
    for (let i = 0; i <= runs; i++) {
      const one = await ours(bed, bed.users.slice(i, i + 1));
      progress(`logoff of one: ${one.gone.toFixed(0)} ms`);
      if (i) single.push(one.gone);
    }
    for (const n of [20, 50]) {
      const users = bed.users.slice(0, n);
      const mine: Measured[] = [];
      const peer: Measured[] = [];
      for (let i = 0; i < runs; i++) {
        mine.push(await ours(bed, users));
        peer.push(await loop(bed, users));
        progress(`logoff${n}: answered ${mine[i]!.answered.toFixed(0)} ms, gone ${mine[i]!.gone.toFixed(0)} ms; loginctl loop ${peer[i]!.gone.toFixed(0)} ms`);
      }
      const gone = mine.map((m) => m.gone);
      rows.push(row(`logoff${n}`, "ms", gone, { peer: "loginctl terminate-user loop", peerSamples: peer.map((m) => m.gone), target: 1.1 }));
      rows.push(row(`logoff${n}`, "ms", gone, { peer: "slowest single session", peerSamples: [Math.max(...single)] }));
      rows.push(row(`logoff${n}_answer`, "ms", mine.map((m) => m.answered), { target: 50 }));
    }
    // One of twenty ignores SIGTERM and SIGHUP; its time is 2 s.
    const users = bed.users.slice(0, 20);
    const mine: Measured[] = [];
    for (let i = 0; i < runs; i++) {
      mine.push(await ours(bed, users, 2000, users.slice(0, 1)));
      progress(`logoff_stubborn: ${mine[i]!.gone.toFixed(0)} ms, the others ${[...mine[i]!.each].sort((a, b) => a - b)[18]!.toFixed(0)} ms`);
    }
    const peer = [(await loop(bed, users.slice(0, 3), true)).gone];
    progress(`logoff_stubborn: loginctl ${peer[0]!.toFixed(0)} ms`);
    rows.push(row("logoff_stubborn", "ms", mine.map((m) => m.gone), { peer: "loginctl terminate-user loop", peerSamples: peer }));
    rows.push(row("logoff_stubborn_over", "ms", mine.map((m) => m.gone - 2000), { target: 500 }));
    rows.push(row("logoff_stubborn_others", "ms", mine.map((m) => [...m.each].sort((a, b) => a - b)[18]!)));
  } finally {
    await bed.down();
  }
  return rows;
}
