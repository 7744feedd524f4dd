// SPDX-License-Identifier: GPL-3.0-or-later
// Threats from the network: strangers without an account, and viewers that behave badly after a log-in. Each
// time another station goes on: the relay answers it within three times what it took before, plus a bound.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { createWebSocketStream } from "ws";
import { latency, many, memory, stranger, tcp, tls, whileOthersWork } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { fillRoom, ready, tidyUp, VncSeat, WebSeat, webSocket, type Person } from "../harness/room.js";
import { Rfb } from "../harness/rfb.js";
import { interval, limit, NotYet, until } from "../harness/wait.js";

const mib = 1024; // in KiB

describe("threats from the network", () => {
  const demo = useDemo("network");
  let p: Person[];
  let witness: VncSeat;
  let web: WebSeat;
  let pids: number[];

  before(async () => {
    p = await fillRoom(demo, 4);
    witness = await VncSeat.open(demo, p[0]!);
    web = await WebSeat.open(demo, p[1]!);
    for (const who of [p[0]!, p[1]!]) await ready(demo, who);
    await witness.see(p[0]!);
    await latency(witness.screen); // warm
    pids = [await demo.daemon("stationd"), await demo.daemon("station-relay")];
  });

  tidyUp(demo, () => [witness, web]);

  const hex = (colour: number) => `#${colour.toString(16).padStart(6, "0")}`;
  let shade = 0;
  async function unharmed(): Promise<void> {
    assert.deepEqual([await demo.daemon("stationd"), await demo.daemon("station-relay")], pids, "a daemon has been restarted");
    shade = (shade + 11) % 120;
    const colour = (shade << 16) | 0x3388;
    for (const who of [p[0]!, p[1]!]) await demo.inSession(who.name, `xsetroot -solid '${hex(colour)}'`);
    await until("both stations follow their sessions", () => witness.shows(colour) && web.shows(colour));
  }
  /** A station comes in while the attack lasts. */
  async function newcomer(): Promise<void> {
    const seat = await VncSeat.open(demo, p[2]!);
    await seat.see(p[2]!, limit(8000));
    seat.close();
  }
  const anonymous = async (): Promise<Rfb> => Rfb.over(await tcp(demo.vnc));

  check(demo, "1,000 half-open connections from one address: the VNC port", async () => {
    let held: { destroy(): void }[] = [];
    await whileOthersWork(witness.screen, async () => {
      held = await many(1000, () => tcp(demo.vnc));
      await newcomer();
    });
    await unharmed();
    held.forEach((s) => s.destroy());
  });

  check(demo, "1,000 half-open connections from one address: the web port, before and after TLS", async () => {
    let held: { destroy(): void }[] = [];
    await whileOthersWork(witness.screen, async () => {
      held = await many(800, () => tcp(demo.web));
      held.push(...(await many(200, () => tls(demo.web))));
      await newcomer();
    }, 120); // 200 TLS handshakes are work
    await unharmed();
    held.forEach((s) => s.destroy());
  });

  check(demo, "1,000 connections to both ports are dropped or bounded: memory and descriptors", async () => {
    const peersOf = (port: number) => demo.sh(`ss -Hnt state connected "( sport = :${port} )" dst ${stranger} | awk '{ print $1 }' | sort | uniq -c`);
    const fds = async () => Number(await demo.sh(`ls /proc/${pids[1]}/fd | wc -l`));
    const [m0, f0] = [await memory(demo, "station-relay"), await fds()];
    const held = [...(await many(500, () => tcp(demo.vnc))), ...(await many(500, () => tcp(demo.web)))];
    // Half-open ones of one address: 64 and 200 are the relay's limits.
    await until("no more than the limits are held", async () => {
      if ((await fds()) - f0 > 64 + 200) throw new NotYet({ before: f0, now: await fds(), vnc: await peersOf(demo.vnc.port), web: await peersOf(demo.web.port) });
      return true;
    }, 5000);
    const m1 = await memory(demo, "station-relay");
    assert.ok(m1 - m0 < 48 * mib, `${m1 - m0} KiB for 1,000 connections without a byte`);
    held.forEach((s) => s.destroy());
    await until("what was held is given back", async () => (await fds()) <= f0 + 4);
  });

  check(demo, "slow-loris: requests and handshakes byte by byte", async () => {
    await whileOthersWork(witness.screen, async () => {
      const requests = await many(100, () => tls(demo.web));
      const handshakes = await many(100, () => tcp(demo.vnc));
      const request = "GET /station HTTP/1.1\r\nHost: x\r\nCookie: " + "a".repeat(500);
      for (let i = 0; i < 40; i++) {
        for (const s of requests) s.write(request[i]!);
        if (i < 11) for (const s of handshakes) s.write("RFB 003.008\n"[i]!);
        await interval(25);
      }
      await newcomer();
      [...requests, ...handshakes].forEach((s) => s.destroy());
    }, 120);
    await unharmed();
  });

  check(demo, "a viewer that never reads, while its session moves: bounded memory, others at their speed", async () => {
    // Logged in, asks for everything, reads nothing.
    const stuck = await Rfb.over(await tcp(demo.vnc), { login: { user: p[3]!.name, password: p[3]!.password } });
    await ready(demo, p[3]!);
    await demo.inSession(p[3]!.name, "bash -c 'while :; do for c in 102030 405060 708090 a0b0c0; do xsetroot -solid \"#$c\"; xsetroot -bitmap /usr/include/X11/bitmaps/escherknot -fg \"#$c\" -bg white 2>/dev/null; done; done'");
    const m0 = await memory(demo, "station-relay");
    stuck.pause();
    const ask = setInterval(() => stuck.closed || stuck.send(Buffer.from([3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])), 5);
    await whileOthersWork(witness.screen, () => interval(2500), 40);
    clearInterval(ask);
    const m1 = await memory(demo, "station-relay");
    assert.ok(m1 - m0 < 64 * mib, `${m1 - m0} KiB more for a viewer that does not read`);
    stuck.close();
    await demo.sh(`pkill -u ${p[3]!.name} -f 'while :'`);
    await unharmed();
  });

  check(demo, "a browser station that never reads", async () => {
    const seat = await WebSeat.open(demo, p[3]!);
    await ready(demo, p[3]!);
    const m0 = await memory(demo, "station-relay");
    const sockets = Array.from({ length: 8 }, () => webSocket(demo, "/ws/station/rfb", "binary", seat.cookie));
    const streams = sockets.map((s) => createWebSocketStream(s));
    for (const s of streams) s.on("error", () => undefined).pause();
    await demo.inSession(p[3]!.name, "bash -c 'while :; do for c in 102030 405060 708090; do xsetroot -solid \"#$c\"; done; done'");
    await whileOthersWork(witness.screen, async () => {
      for (let i = 0; i < 40; i++) {
        for (const s of streams) if (!s.destroyed) s.write(i ? Buffer.from([3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) : Buffer.from("RFB 003.008\n\x01\x01"));
        await interval(25);
      }
    }, 40);
    assert.ok((await memory(demo, "station-relay")) - m0 < 96 * mib);
    await demo.sh(`pkill -u ${p[3]!.name} -f 'while :'`);
    sockets.forEach((s) => s.terminate());
    seat.close();
    await unharmed();
  });

  check(demo, "garbage after the handshake, huge SetEncodings and cut text: the connection ends, nobody else's", async () => {
    const noise = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255));
    const cutText = (claimed: number, bytes: Buffer) => {
      const head = Buffer.alloc(8);
      head[0] = 6;
      head.writeUInt32BE(claimed >>> 0, 4);
      return Buffer.concat([head, bytes]);
    };
    const attacks: Record<string, Buffer> = {
      "garbage": Buffer.concat([Buffer.from([99]), noise]),
      "SetEncodings of 65,535": Buffer.concat([Buffer.from([2, 0, 0xff, 0xff]), Buffer.alloc(4 * 65535, 7)]),
      "SetEncodings that promise more": Buffer.concat([Buffer.from([2, 0, 0xff, 0xff]), Buffer.alloc(1000)]),
      "cut text of 4 GiB": cutText(0xffffffff, noise),
      "cut text of 100 MiB": cutText(100 << 20, noise),
      "cut text of 16 MiB, all of it": cutText(16 << 20, Buffer.alloc(16 << 20, 0x41)),
      "extended clipboard that unpacks to no end": cutText(-(4 + 1000), Buffer.concat([Buffer.from([0x10, 0, 0, 1, 0x78, 0x9c]), noise.subarray(0, 998)])),
      "fence of 255 bytes": Buffer.concat([Buffer.from([248, 0, 0, 0, 0x80, 0, 0, 7, 255]), Buffer.alloc(255, 1)]),
      "continuous updates outside": Buffer.from([150, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      "desktop of 65535 x 65535": Buffer.concat([Buffer.from([251, 0, 0xff, 0xff, 0xff, 0xff, 1, 0]), Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]),
      "pixel format of 7 bits": Buffer.from([0, 0, 0, 0, 7, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
      "QEMU key of no kind": Buffer.from([255, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
    };
    const m0 = await memory(demo, "station-relay");
    await whileOthersWork(witness.screen, async () => {
      await Promise.all(Object.entries(attacks).flatMap(([what, bytes]) => Array.from({ length: 4 }, async (_, i) => {
        const rfb = i % 2 ? await anonymous() : await Rfb.over(await tcp(demo.vnc), { login: { user: p[3]!.name, password: p[3]!.password } });
        rfb.send(bytes);
        const count = rfb.updates;
        rfb.send(Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]));
        await until(`${what}: the connection has ended, or goes on`, () => rfb.closed || rfb.updates > count || what.includes("promise"), 15_000);
        rfb.close();
      })));
    }, 250); // 48 log-ins at once are work, too
    assert.ok((await memory(demo, "station-relay")) - m0 < 96 * mib);
    await unharmed();
  }, 90_000);

  check(demo, "connections that come and go by hundreds", async () => {
    const m0 = await memory(demo, "station-relay");
    await whileOthersWork(witness.screen, async () => {
      for (let round = 0; round < 5; round++) {
        const made = await many(200, (i) => tcp(i % 2 ? demo.vnc : demo.web));
        for (const [i, s] of made.entries()) {
          if (i % 3) s.write("RFB 003.008\n\x13\x00\x02\x00\x00\x01\x04");
          s.resetAndDestroy();
        }
      }
      await newcomer();
    }, 80);
    assert.ok((await memory(demo, "station-relay")) - m0 < 48 * mib);
    await unharmed();
  });

  check(demo, "guess passwords over VNC: slowed down, the same words for who exists and who does not, others let in", async () => {
    const guess = async (user: string) => Rfb.over(await tcp(demo.vnc, "127.0.0.77"), { login: { user, password: "wrong" } }).then(() => "in", (e: Error) => e.message);
    const [a, b] = [await guess(p[0]!.name), await guess("t-nobody")];
    assert.equal(a, b);
    const t0 = Date.now();
    await many(6, () => guess(p[0]!.name));
    assert.ok(Date.now() - t0 > 1000, "six guesses were answered at once");
    await newcomer();
    assert.notEqual(stranger, "127.0.0.77");
    await unharmed();
  });
});
