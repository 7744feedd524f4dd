// SPDX-License-Identifier: GPL-3.0-or-later
// What a pupil or a stranger tries: programs run as the pupil's uid inside the pupil's session, and connections
// from an address that nobody else in the test has.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Demo } from "./demo.js";
import type { Rfb } from "./rfb.js";
import type { Account } from "./types.js";
import { until, within } from "./wait.js";

let number = 0;

/** Runs a bash script in the session of a user, as a program of that session; its exit code and what it wrote. */
export async function inSession(demo: Demo, user: Pick<Account, "name">, script: string, timeout = 15_000): Promise<{ code: number; output: string }> {
  const base = `/tmp/try-${process.pid}-${number++}`;
  await demo.write(`${base}.sh`, script, "755");
  await demo.inSession(user.name, `bash -c 'bash ${base}.sh >${base}.out 2>&1; echo $? >${base}.rc.new; mv ${base}.rc.new ${base}.rc'`);
  await until("the attack has ended", () => demo.test(`[ -e ${base}.rc ]`), timeout, () => demo.sh(`cat ${base}.out`));
  return { code: Number(await demo.sh(`cat ${base}.rc`)), output: await demo.sh(`cat ${base}.out`) };
}

/** An address of the loopback that is not the one that stations of the tests come from. */
export const stranger = "127.0.0.66";

export function tcp(endpoint: { host: string; port: number }, from = stranger): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...endpoint, localAddress: from });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

export function tls(endpoint: { host: string; port: number }, from = stranger): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    void tcp(endpoint, from).then((raw) => {
      const socket = connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
      socket.once("secureConnect", () => resolve(socket));
      socket.once("error", reject);
      socket.on("error", () => undefined);
    }, reject);
  });
}

/** Many at a time; those that are refused or reset are undefined. */
export async function many<T>(n: number, make: (i: number) => Promise<T>): Promise<T[]> {
  const made = await Promise.all(Array.from({ length: n }, (_, i) => within("a connection", 10_000, make(i)).catch(() => undefined)));
  return made.filter((m): m is Awaited<T> => m !== undefined);
}

/** How long the relay takes to answer a request for one pixel, in ms: median of many, one after the other. */
export async function latency(rfb: Rfb, rounds = 40): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const t0 = process.hrtime.bigint();
    const count = rfb.updates;
    rfb.send(Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]));
    await within("an answer of the relay", 10_000, new Promise<void>((resolve) => {
      const look = () => (rfb.updates > count || rfb.closed ? resolve() : setImmediate(look));
      look();
    }));
    if (rfb.closed) throw rfb.closed;
    took.push(Number(process.hrtime.bigint() - t0) / 1e6);
  }
  return took.sort((a, b) => a - b)[rounds >> 1]!;
}

/** Resident memory of a daemon, in KiB. */
export async function memory(demo: Demo, daemon: string): Promise<number> {
  return Number(await demo.sh(`awk '/^VmRSS/ { print $2 }' /proc/${await demo.daemon(daemon)}/status`));
}

/** Runs the attack, and shows that another station's answers stay within 3 times what they were, plus a bound. */
export async function whileOthersWork(rfb: Rfb, attack: () => Promise<void>, bound = 30): Promise<{ before: number; during: number }> {
  const before = await latency(rfb);
  const during: number[] = [];
  let running = true;
  const done = attack().finally(() => (running = false));
  do during.push(await latency(rfb, 15)); while (running);
  await done;
  const worst = Math.max(...during);
  assert.ok(worst < 3 * before + bound, `another station's answers took ${worst.toFixed(1)} ms while it lasted, ${before.toFixed(1)} ms before`);
  return { before, during: worst };
}

/**
 * Programs that want the whole computer. Each is written so that what fails is tried again; they end with their
 * session. The filler takes every place that a pupil may write to, and stops at what the test machine can spare.
 */
export const hogs = {
  bomb: "b() { b | b & b; }; trap '' TERM HUP; b; sleep 1000",
  memory: "exec perl -e 'my @a; while (1) { push @a, \"x\" x 4194304 } '",
  filler: "for d in /dev/shm /run/user/$(id -u) /tmp $HOME; do head -c 3G /dev/zero >$d/fill 2>/dev/null & done; wait; sleep 1000",
} as const;

export type Hog = keyof typeof hogs;

/** Started in the session of the user, and left alone. */
export async function startHog(demo: Demo, user: Pick<Account, "name">, hog: Hog): Promise<void> {
  await demo.write(`/usr/local/bin/t-${hog}`, `#!/bin/bash\n${hogs[hog]}\n`, "755");
  await demo.inSession(user.name, `t-${hog}`);
}

/** Limits that are small enough to be reached soon on the computer of the tests; sessions run on. */
export async function smallLimits(demo: Demo): Promise<void> {
  await demo.write("/etc/stationmaster/conf.d/zz-limits.conf", "[limits]\nmemory = 600M\ntasks = 300\n");
  await demo.sh("systemctl restart stationd.service");
  await until("stationd answers", () => demo.test("stationctl system status >/dev/null"), 20_000);
}
