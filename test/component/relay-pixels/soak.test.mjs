// SPDX-License-Identifier: GPL-3.0-or-later
// Viewers that come, go, ask, resize, type, stall and break off at random, while scenes change: the relay lives,
// its memory stays bounded, and a quiet viewer sees the session in the end. SOAK_SECONDS (10) and SOAK_SEED.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { display, missing, relay, start, stopAll } from "./bed.mjs";
import { message, Screen, until } from "./rfb.mjs";

const SECONDS = Number(process.env.SOAK_SECONDS ?? 10);
const skip = missing.length > 0 && `not installed: ${missing.join(", ")}`;
let seed = Number(process.env.SOAK_SEED ?? process.pid);
const first = seed;
const random = (n) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
};
const pick = (list) => list[random(list.length)];
after(stopAll);

const ENCODINGS = [7, 0, 16, -239, -314, -223, -308, -312, -313, -258, -224, -26, -23, -32, -254, -247];

function act(s) {
  const acts = [
    () => s.send(message.encodings(ENCODINGS.filter(() => random(2)))),
    () => s.send(message.request(random(4) > 0)),
    () => s.send(message.request(true)),
    () => s.send(message.key(97 + random(26), random(2))),
    () => s.send(message.pointer(random(8), random(2000), random(2000))),
    () => s.send(message.continuous(random(2) && s.fences)),
    () => s.send(message.fence(0x80000000 + random(8), [1, 2, 3])),
    () => s.send(message.fence(1, [0, 0, 0, random(20)])),
    () => s.send(message.size(200 + random(1000), 200 + random(800))),
    () => s.send(message.format(32, 24, [255, 255, 255], pick([[16, 8, 0], [0, 8, 16]]))),
    () => s.send(message.format(16, 16, [31, 63, 31], [11, 5, 0])),
    () => s.send(message.format(8, 8, [7, 7, 3], [5, 2, 0])),
    () => s.socket.pause(),
    () => s.socket.resume(),
    () => random(8) === 0 && s.send(Buffer.from(Array.from({ length: 20 }, () => random(256)))),
    () => random(6) === 0 && s.close(),
  ];
  pick(acts)();
}

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

test("a soak", { skip, timeout: SECONDS * 1000 + 120000 }, async (t) => {
  t.diagnostic(`SOAK_SEED=${first}`);
  const session = await display("soak", "800x500", "-FrameRate", "240");
  start("openbox", ["--startup", "xterm -e 'while :; do date; sleep 0.05; done'"], { DISPLAY: session.display });
  const r = await relay(session);
  const end = Date.now() + SECONDS * 1000;
  let clients = [], opened = 0, settled = 0;

  while (Date.now() < end) {
    clients = clients.filter((s) => !s.socket.destroyed);
    if (clients.length < 12 && random(3) === 0) {
      Screen.open(r.socket).then((s) => clients.push(s), () => {});
      opened++;
    }
    for (const s of clients) if (random(3) === 0) act(s);
    if (random(20) === 0)
      r.order(pick(["session", "session", "greeter", "nothing", "view", "control", "notice 20 Save your work", "notice off"]));
    await sleep(random(15));
    assert.equal(r.exitCode, null, `SOAK_SEED=${first}: the relay has ended: ${r.output}`);
    if (!settled && Date.now() > end - SECONDS * 700) settled = rss(r.pid);
  }
  for (const s of clients) s.close();
  r.order("notice off");
  r.order("control");
  r.order("session");
  await until("all have gone", () => {
    const count = (p) => r.lines.filter((l) => p.test(l)).length;
    return count(/: connected$/) === count(/: gone: /);
  });
  const grown = rss(r.pid) - settled;
  t.diagnostic(`${opened} viewers, ${r.lines.length} lines, memory ${settled} kB at a third, ${grown} kB more at the end`);
  assert.ok(grown < 150000, `memory grew by ${grown} kB`);

  // And it still works: what a new viewer sees is what the display server shows.
  await until("a new viewer sees the session", async () => {
    const [a, b] = await Promise.all([Screen.look(r.socket), Screen.look(session.socket)]);
    if (a.w !== b.w || a.h !== b.h) return false;
    let different = 0;
    for (let i = 0; i < a.pixels.length; i++) different += a.pixels[i] !== b.pixels[i];
    return different < a.pixels.length / 100; // the clock in the terminal goes on
  });
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});
