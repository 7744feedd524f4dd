// SPDX-License-Identifier: GPL-3.0-or-later
// Viewers that come, go, ask, resize, type, copy, stall and break off at random, some of which never finish their
// greeting or never read, while scenes, layers and the input's filter change: the relay lives, its memory stays
// bounded, and a quiet viewer sees the session in the end. SOAK_SECONDS (10; 600 for the real one) and SOAK_SEED.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { after, test } from "node:test";
import { deflateSync } from "node:zlib";
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

const ENCODINGS = [7, 0, 16, -239, -314, -223, -308, -312, -313, -258, -261, 0xc0a1e5ce | 0, -224, -26, -23, -32, -254, -247];

const extended = (bytes) => Buffer.from([6, 0, 0, 0, ...[24, 16, 8, 0].map((n) => (-bytes.length >>> n) & 255), ...bytes]);
const provided = (text) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length + 1);
  return [0x10, 0, 0, 1, ...deflateSync(Buffer.concat([length, Buffer.from(text), Buffer.alloc(1)]))];
};

/** Connections that say little or nothing, and hear nothing. */
const silent = [];
function stay(address) {
  const s = net.connect(address);
  s.on("error", () => {});
  s.pause();
  if (random(2)) s.write("RFB 003.008\n".slice(0, random(13)));
  silent.push(s);
  if (silent.length > 20) silent.splice(random(20), 1)[0].destroy();
}

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
    () => s.send(extended([8, 0, 0, 1])),
    () => s.send(extended([2, 0, 0, 1])),
    () => s.send(extended(provided("copied ".repeat(random(1000))))),
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
  // With a small quarantine of the sanitizer's, memory that grows is memory that is kept.
  process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS, "quarantine_size_mb=16"].filter(Boolean).join(":");
  const r = await relay(session);
  const end = Date.now() + SECONDS * 1000;
  let clients = [], opened = 0, settled = 0;

  while (Date.now() < end) {
    clients = clients.filter((s) => !s.socket.destroyed);
    if (clients.length < 12 && random(3) === 0) {
      Screen.open(r.socket).then((s) => (Date.now() < end ? clients.push(s) : s.close()), () => {});
      opened++;
    }
    for (const s of clients) if (random(3) === 0) act(s);
    if (random(10) === 0) stay(r.socket);
    if (random(20) === 0)
      r.order(pick(["session", "session", "greeter", "nothing", "view", "control", "notice 20 Save your work", "notice off",
        `panel ${random(900)} ${random(600)}`, "panel off", "filter", "pass"]));
    await sleep(random(15));
    assert.equal(r.exitCode, null, `SOAK_SEED=${first}: the relay has ended: ${r.output}`);
    if (!settled && Date.now() > end - SECONDS * 700) settled = rss(r.pid);
  }
  for (const s of clients) s.close();
  for (const s of silent) s.destroy();
  r.order("notice off");
  r.order("panel off");
  r.order("pass");
  r.order("control");
  r.order("session");
  await until("all have gone", () => {
    const count = (p) => r.lines.filter((l) => p.test(l)).length;
    return count(/: connected$/) === count(/: gone: /);
  });
  const grown = rss(r.pid) - settled;
  t.diagnostic(`${opened} viewers, ${r.lines.length} lines, memory ${settled} kB at a third, ${grown} kB more at the end`);
  assert.ok(grown < 80000, `memory grew by ${grown} kB`);

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
