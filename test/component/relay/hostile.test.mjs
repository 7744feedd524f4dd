// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of strangers: a connection that misbehaves ends, soon, and nobody else notices.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { after, before, describe, test } from "node:test";
import { Bed, COOKIE, PREFIX, within } from "./bed.mjs";
import { Socket } from "./websocket.mjs";

const HALF_OPEN_MAX = 200; // of one address, src/relay/web.c
let bed;
before(async () => {
  bed = await Bed.start();
});
after(() => bed.stop());

/** Processor time of the relay so far, ms. */
function cpu() {
  const f = readFileSync(`/proc/${bed.child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(f[11]) + Number(f[12])) * 10;
}

const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bed.child.pid}/status`, "utf8"))[1]);

async function connect(port) {
  const s = net.connect(port, "127.0.0.1");
  s.on("error", () => {});
  s.gone = new Promise((r) => s.on("close", r));
  await once(s, "connect");
  return s;
}

/** What comes back until the relay or we end it. */
async function exchange(port, bytes, { end = true, ms = 15_000 } = {}) {
  const s = await connect(port);
  let got = "";
  s.on("data", (d) => (got += d.toString("latin1")));
  s.write(bytes);
  if (end) s.end();
  await within(s.gone, `the end of ${JSON.stringify(bytes.toString("latin1").slice(0, 60))}`, ms);
  return got;
}

const host = "Host: 127.0.0.1\r\n";
const long = "x".repeat(100_000);
const api = (headers, body = "") => `POST /api/${PREFIX}System.Version HTTP/1.1\r\n${host}${headers}\r\n${body}`;

const corpus = {
  nothing: "",
  "one byte": "G",
  "half a request": "GET / HTTP/1.1\r\nHost: x\r\n",
  "no HTTP": "\x00\x01\x02\x03\r\n\r\n",
  "an SSH greeting": "SSH-2.0-OpenSSH_9.2\r\n",
  "an RFB greeting": "RFB 003.008\n",
  "a TLS hello": Buffer.from("160301007b0100007703", "hex"),
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "an upgrade to h2c": `GET / HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  "an upgrade to something": `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: rfb\r\n\r\n`,
  CONNECT: `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
  "a foreign address": `GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`,
  "a path without a slash": `GET index.html HTTP/1.1\r\n${host}\r\n`,
  "an unknown method": `BREW / HTTP/1.1\r\n${host}\r\n`,
  "HTTP/9.9": `GET / HTTP/9.9\r\n${host}\r\n`,
  "a long path": `GET /${long} HTTP/1.1\r\n${host}\r\n`,
  "a long header": `GET / HTTP/1.1\r\n${host}X: ${long}\r\n\r\n`,
  "many headers": `GET / HTTP/1.1\r\n${host}${"X: y\r\n".repeat(20_000)}\r\n`,
  "a long cookie": `GET /station HTTP/1.1\r\n${host}Cookie: ${"a=b; ".repeat(1500)}\r\n\r\n`,
  "a zero byte in a header": `GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n`,
  "a header without a name": `GET / HTTP/1.1\r\n: x\r\n\r\n`,
  "broken escapes": `GET /%zz%%%1 HTTP/1.1\r\n${host}\r\n`,
  "a body on GET": `GET / HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`,
  "no length": api("Content-Type: application/json\r\n"),
  "chunks": api("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
  "chunks and length": api("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  "a negative length": api("Content-Length: -5\r\n", "{}"),
  "a length that is no number": api("Content-Length: 2x\r\n", "{}"),
  "a length beyond 64 bits": api("Content-Length: 99999999999999999999999\r\n", "{}"),
  "a huge length": api("Content-Length: 9000000000000\r\n", "{}"),
  "two lengths": api("Content-Length: 2\r\nContent-Length: 7\r\n", "{}"),
  "a body that is too short": api("Content-Type: application/json\r\nContent-Length: 10\r\n", "{}"),
  "a body that is too long": api(`Content-Type: application/json\r\nOrigin: null\r\nContent-Length: 2\r\n`, "{}" + "GET / HTTP/1.1\r\n\r\n".repeat(50)),
  "a request behind the body": api(`Content-Type: application/json\r\nOrigin: null\r\nContent-Length: 2\r\n`, `{}GET / HTTP/1.1\r\n${host}\r\n`),
  "a call behind a call": api(`Content-Type: application/json\r\nContent-Length: 2\r\n`, "{}").repeat(3),
  "an upgrade without a key": `GET /ws/dashboard HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  "an upgrade by POST": `POST /ws/dashboard HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n`,
  "a long list of protocols": `GET /ws/dashboard HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${"a,".repeat(3000)}\r\n\r\n`,
};

describe("HTTP", () => {
  for (const [name, bytes] of Object.entries(corpus))
    test(name, async () => {
      const got = await exchange(bed.http, bytes);
      if (got) assert.match(got, /^HTTP\/1\.[01] [234]\d\d /, "an answer, but no HTTP");
      assert.doesNotMatch(got, /^HTTP\/1\.1 101/);
      await bed.alive();
    });

  test("each of them over TLS, too", async () => {
    for (const bytes of Object.values(corpus)) {
      const s = tls.connect({ host: "127.0.0.1", port: bed.https, rejectUnauthorized: false });
      s.on("error", () => {});
      const closed = new Promise((r) => s.on("close", r));
      await within(once(s, "secureConnect"), "TLS");
      s.resume();
      s.end(bytes);
      await within(closed, "the end", 15_000);
    }
    await bed.alive();
  });

  test("many requests at once in one connection", async () => {
    const got = await exchange(bed.http, `GET / HTTP/1.1\r\n${host}\r\n`.repeat(200) + `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    for (const head of got.split(/(?=HTTP\/1\.1 )/)) assert.match(head, /^(HTTP\/1\.1 200 |$)/); // or hung up on
    await bed.alive();
  });
});

describe("TLS", () => {
  const hello = "1603010200010001fc0303" + "00".repeat(32) + "00" + "0002130101";
  const cases = {
    "clear HTTP": Buffer.from(`GET / HTTP/1.1\r\n${host}\r\n`),
    "random bytes": Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 73 + 41) & 255)),
    "a broken hello": Buffer.from(hello + "ff".repeat(500), "hex"),
    "a record of 2^16": Buffer.from("160301ffff" + "00".repeat(70_000), "hex"),
    "half a record": Buffer.from("16030102000100", "hex"),
    "an alert": Buffer.from("15030100020228", "hex"),
    "SSL 2": Buffer.from("802e0100020015000000100100800200800300800400800500800600400700c0" + "00".repeat(16), "hex"),
  };
  for (const [name, bytes] of Object.entries(cases))
    test(name, async () => {
      await exchange(bed.https, bytes);
      assert.equal((await bed.request("/", { secure: true })).status, 200);
    });
});

describe("slow peers are cut off", () => {
  test("silent, dribbling headers, dribbling body, half a handshake: all at once, and others are served", async () => {
    const began = Date.now();
    const dribble = async (port, first, next) => {
      const s = await connect(port);
      s.resume();
      s.write(first);
      const t = setInterval(() => s.writable && s.write(next), 500);
      await within(s.gone, `the end of a slow peer (${first.slice(0, 30)})`, 40_000);
      clearInterval(t);
      return Date.now() - began;
    };
    const ends = Promise.all([
      dribble(bed.http, "G", ""), dribble(bed.http, `GET / HTTP/1.1\r\n${host}`, "X-A: b\r\n"), dribble(bed.https, "\x16\x03\x01", "\x01"),
      dribble(bed.http, api(`Content-Type: application/json\r\nOrigin: ${bed.origin}\r\nContent-Length: 60000\r\n`), "{"),
      dribble(bed.vnc, "RFB 003", ""),
    ]);
    for (let i = 0; i < 20; i++) await bed.alive();
    const [silent, headers, handshake, body, vnc] = await ends;
    for (const [what, ms, limit] of [["silent", silent, 13], ["headers", headers, 13], ["handshake", handshake, 13], ["body", body, 23], ["VNC", vnc, 33]])
      assert.ok(ms < limit * 1000, `${what} lasted ${ms} ms`);
  });

  test("who asks and does not read, with more behind: no busy loop", async () => {
    const stuck = [];
    for (let i = 0; i < 10; i++) {
      const s = await connect(bed.http);
      s.pause();
      s.write(`GET /assets/a-1.js HTTP/1.1\r\n${host}\r\n`.repeat(i % 2 ? 1 : 3));
      stuck.push(s);
    }
    await bed.alive();
    for (const s of stuck) s.write(`GET /assets/a-1.js HTTP/1.1\r\n${host}\r\n`);
    const before = cpu(), began = Date.now();
    while (Date.now() - began < 2000) {
      await bed.alive();
      await new Promise((r) => setTimeout(r, 100));
    }
    assert.ok(cpu() - before < 1200, `${cpu() - before} ms of processor time in 2 s`);
    for (const s of stuck) s.destroy();
  });
});

describe("floods", () => {
  for (const what of ["http", "https"])
    test(`1,000 connections that say nothing (${what}): people get through at once`, async () => {
      const flood = [];
      for (let i = 0; i < 1000; i++) {
        const s = net.connect(bed[what], "127.0.0.1");
        s.on("error", () => {});
        flood.push(s);
      }
      const began = Date.now();
      for (let i = 0; i < 10; i++) assert.equal((await within(bed.request("/", { secure: what === "https" }), "an answer", 3000)).status, 200);
      assert.ok(Date.now() - began < 5000);
      const open = () => flood.filter((s) => !s.destroyed).length;
      while (open() > HALF_OPEN_MAX) await within(Promise.race(flood.filter((s) => !s.destroyed).map((s) => once(s, "close"))), "the flood to end");
      for (const s of flood) s.destroy();
    });

  test("1,000 VNC connections that say nothing: a viewer gets its greeting", async () => {
    const flood = [];
    for (let i = 0; i < 1000; i++) {
      const s = net.connect(bed.vnc, "127.0.0.1");
      s.on("error", () => {});
      flood.push(s);
    }
    const s = await connect(bed.vnc);
    assert.equal((await within(once(s, "data"), "the greeting"))[0].toString(), "RFB 003.008\n");
    for (const f of [...flood, s]) f.destroy();
    await bed.alive();
  });

  test("calls without a token: too many are told so, people signed in go on", async () => {
    const gone = [];
    let busy = 0;
    const many = Array.from({ length: 100 }, () =>
      bed.call("Login.Start", { purpose: "dashboard", user: "x" }).then((r) => {
        if (r.status === 429) busy++;
        gone.push(r.status);
      }),
    );
    const calls = [];
    for (let i = 0; i < 64; i++) calls.push(await bed.stationd.take("Login.Start"));
    const answered = bed.call("Sessions.List", {}, { cookie: COOKIE });
    await bed.stationd.answer("Sessions.List", { sessions: [] });
    assert.equal((await answered).status, 200);
    for (const c of calls) bed.stationd.reply(c, { conversation: "c", prompts: [], messages: [], done: false });
    await within(Promise.all(many), "all answers");
    assert.equal(busy, 36);
  });

  test("memory is given back", async () => {
    const round = async () => {
      const s = await Promise.all(Array.from({ length: 200 }, () => connect(bed.http)));
      for (const x of s) x.write(`GET / HTTP/1.1\r\nX: ${"y".repeat(4000)}`);
      await bed.alive();
      for (const x of s) x.destroy();
      await Promise.all(s.map((x) => x.gone));
    };
    for (let i = 0; i < 5; i++) await round();
    const first = memory();
    for (let i = 0; i < 15; i++) await round();
    assert.ok(memory() - first < 20_000, `${memory() - first} KiB more after 3,000 connections`);
  });
});

test("1,000 sockets opened and dropped leave nothing behind", async () => {
  for (let i = 0; i < 20; i++) {
    const all = await Promise.all(
      Array.from({ length: 50 }, () => Socket.open(bed, "/ws/dashboard", "stationmaster.dashboard.v1", { cookie: COOKIE })),
    );
    for (const s of all) s.socket.destroy();
    await Promise.all(all.map((s) => s.closed));
  }
  await bed.alive();
});
