// SPDX-License-Identifier: GPL-3.0-or-later
// Malformed and oversized bytes on every door. Each case: the connection ends or is answered with an error,
// and nothing else notices: the daemons are the same processes, a witness station keeps its picture, the API
// answers. The cases are the ones that a person would think of; the fuzzers think of the others.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { before, describe } from "node:test";
import WebSocket from "ws";
import { DashboardSocket, exchange, http, Person, post, rawTls } from "../harness/api.js";
import { StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { Rfb } from "../harness/rfb.js";
import { until, within } from "../harness/wait.js";

const random = (n: number, seed = 1) => {
  const b = Buffer.alloc(n);
  for (let i = 0, x = seed; i < n; i++) b[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16;
  return b;
};

describe("bad input", () => {
  const demo = useDemo("badinput", { sessions: 2 });
  let station: StationTab;
  let pids: number[];
  let colour = 0x10;

  before(async () => {
    station = await StationTab.open(demo, demo.pupils[0]!);
    await activeSession(demo, demo.pupils[0]!.name);
    pids = [await demo.daemon("stationd"), await demo.daemon("station-relay")];
  });

  /** Nothing else has noticed. */
  async function unharmed(): Promise<void> {
    assert.deepEqual([await demo.daemon("stationd"), await demo.daemon("station-relay")], pids, "a daemon has been restarted");
    assert.equal((await demo.sessionOf(demo.pupils[0]!.name))?.state, "active");
    colour = (colour + 9) % 200;
    await demo.inSession(demo.pupils[0]!.name, `xsetroot -solid '#${colour.toString(16).padStart(2, "0")}80c0'`);
    await until("the witness station follows its session", () => station.sees(colour, 0x80, 0xc0));
  }

  check(demo, "api.sock: not JSON, not objects, too deep, too large, wrong types, cut off", async () => {
    const agent = await demo.as(demo.pupils[1]!.name);
    const z = (s: string) => Buffer.from(s + "\0");
    const call = (parameters: string) => z(`{"method":"org.stationmaster.Sessions.Get","parameters":${parameters}}`);
    const cases: Record<string, Buffer | Buffer[]> = {
      "noise": Buffer.concat([random(3000), Buffer.from([0])]),
      "empty message": z(""),
      "not an object": z("[1,2,3]"),
      "a bare string": z('"x"'),
      "no method": z("{}"),
      "method of the wrong type": z('{"method":5}'),
      "method without a dot": z('{"method":"List"}'),
      "long method": z(`{"method":"${"a.".repeat(2000)}x"}`),
      "parameters of the wrong type": call("[]"),
      "field of the wrong type": call('{"session":17}'),
      "unknown field": call('{"session":"s1","x":1}'),
      "huge number": call('{"session":1e999}'),
      "bad UTF-8": Buffer.concat([Buffer.from('{"method":"org.stationmaster.Sessions.Get","parameters":{"session":"'), Buffer.from([0xff, 0xfe, 0xc0]), z('"}}')]),
      "control characters": call('{"session":"\\u0000\\u001b[31m"}'),
      "too deep": z('{"method":"org.stationmaster.Sessions.Get","parameters":' + '{"a":'.repeat(64) + "1" + "}".repeat(65)),
      "too large": Buffer.concat([Buffer.from('{"method":"'), Buffer.alloc(70_000, 0x61), z('"}')]),
      "endless without NUL": Buffer.alloc(300_000, 0x20),
      "twice the same key": z('{"method":"org.stationmaster.System.Version","method":"org.stationmaster.System.Status"}'),
      "upgrade": z('{"method":"org.stationmaster.System.Version","upgrade":true}'),
      "token as a person": z('{"method":"org.stationmaster.Sessions.List","token":"' + "A".repeat(43) + '"}'),
    };
    for (const [what, bytes] of Object.entries(cases)) {
      const { data, closed } = await agent.raw(bytes, 600);
      const reply = data.toString();
      assert.ok(closed !== "open" || /"error"/.test(reply) || /twice|upgrade/.test(what), `${what}: neither an error nor the end, but ${closed} ${reply.slice(0, 200)}`);
      if (!/twice|token|upgrade/.test(what)) assert.ok(!/"sessions"|"version"/.test(reply), `${what}: ${reply}`);
    }
    await unharmed();
  });

  check(demo, "api.sock: half a message and a hundred idle connections hold up nobody", async () => {
    const agent = await demo.as(demo.pupils[1]!.name);
    const halves = Array.from({ length: 100 }, () => agent.raw(Buffer.from('{"method":"org.stationmaster.Sys'), 4000));
    const t0 = Date.now();
    await demo.sessions();
    assert.ok(Date.now() - t0 < 1000);
    await unharmed();
    await Promise.all(halves);
  });

  check(demo, "one user cannot use up the API for others", async () => {
    const agent = await demo.as(demo.pupils[1]!.name);
    const many = Array.from({ length: 1500 }, () => agent.raw(Buffer.from("{"), 3000).catch(() => ({ closed: "error", data: Buffer.alloc(0) })));
    await demo.sessions();
    const other = await demo.ctl(["session", "list"], demo.pupils[0]!.name);
    assert.equal(other.code, 0, other.stderr);
    const results = await Promise.all(many);
    assert.ok(results.some((r) => r.closed !== "open"), "1500 connections of one user were all accepted");
    await unharmed();
  });

  check(demo, "HTTPS: malformed requests", async () => {
    const cases: Record<string, [Buffer | string, RegExp]> = {
      "noise": [random(4000), /^(HTTP\/1.1 (400|431))?/],
      "not HTTP": ["hello\r\n\r\n", /^(HTTP\/1.1 400)?/],
      "no Host": ["GET / HTTP/1.1\r\n\r\n", /^(HTTP\/1.1 400)?/],
      "HTTP/9": ["GET / HTTP/9.9\r\nHost: x\r\n\r\n", /^(HTTP\/1.1 (200|400|505))?/],
      "long line": ["GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", /^(HTTP\/1.1 4(00|14|31))?/],
      "many headers": ["GET / HTTP/1.1\r\nHost: x\r\n" + "X-Y: z\r\n".repeat(20_000) + "\r\n", /^(HTTP\/1.1 4(00|31))?/],
      "path upwards": ["GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /^(HTTP\/1.1 40[034])?/],
      "path upwards, encoded": ["GET /assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /^(HTTP\/1.1 40[034])?/],
      "NUL in the path": ["GET /assets/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /^(HTTP\/1.1 40[034])?/],
      "two lengths": ["POST /api/org.stationmaster.System.Version HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 200\r\n\r\n{}", /^(HTTP\/1.1 4\d\d)?/],
      "negative length": ["POST /api/org.stationmaster.System.Version HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}", /^(HTTP\/1.1 4\d\d)?/],
      "length and chunks": ["POST /api/org.stationmaster.System.Version HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", /^(HTTP\/1.1 4\d\d)?/],
      "chunk of endless size": ["POST /api/org.stationmaster.System.Version HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", /^(HTTP\/1.1 4\d\d)?/],
    };
    for (const [what, [bytes, expected]] of Object.entries(cases)) {
      const { data } = await exchange(await rawTls(demo), bytes, 800);
      assert.match(data.toString("latin1"), expected, `${what}: ${data.toString("latin1").slice(0, 200)}`);
      assert.ok(!(what === "HTTP/9" ? /root:x:0/ : /root:x:0|200 OK/).test(data.toString("latin1")), `${what}: ${data.toString("latin1").slice(0, 200)}`);
    }
    await unharmed();
  });

  check(demo, "HTTPS: API bodies that are too large, no JSON, no object; wrong methods", async () => {
    const person = await Person.signIn(demo, demo.account("operator"));
    const status = async (body: string, headers = {}) => (await post(demo, "Sessions.List", body, person.cookie, headers)).status;
    assert.equal(await status("{"), 400);
    assert.equal(await status("[]"), 400);
    assert.equal(await status("{}".padEnd(100)), 200);
    assert.equal(await status('{"x":1}'), 400);
    assert.equal(await status(JSON.stringify({ x: "y".repeat(200_000) })), 413);
    assert.equal(await status("{".repeat(1000)), 400);
    for (const length of [5000, 9000, 12_000, 16_000, 30_000, 60_000]) // of one TLS record and of several
      assert.equal(await within(`an answer to a body of ${length}`, 5000, status("{}".padEnd(length))), 200);
    assert.ok([404, 405].includes((await http(demo, "/api/org.stationmaster.Sessions.List", { headers: { cookie: person.cookie } })).status));
    assert.equal((await http(demo, "/no-such-page")).status, 404);
    assert.ok([404, 405].includes((await http(demo, "/", { method: "DELETE" })).status));
    await unharmed();
  });

  check(demo, "pages and answers carry the headers that keep strangers out", async () => {
    for (const path of ["/", "/station"]) {
      const page = await http(demo, path);
      assert.equal(page.status, 200);
      const policy = String(page.headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'|default-src 'self'/);
      assert.ok(!/unsafe-inline|unsafe-eval/.test(policy.replace(/style-src[^;]*/, "")), policy);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(page.headers["x-content-type-options"], "nosniff");
    }
    const cookies = ([] as string[]).concat((await http(demo, "/station")).headers["set-cookie"] ?? []);
    const cookie = cookies.find((c) => c.startsWith("__Host-station="));
    assert.ok(cookie && /HttpOnly/i.test(cookie) && /SameSite=Strict/i.test(cookie) && /Secure/i.test(cookie), String(cookies));
  });

  check(demo, "TLS: noise, clear HTTP on the TLS port, versions before 1.2", async () => {
    for (const port of [demo.web.port]) {
      const clear = connect(port, demo.web.host);
      const { data } = await exchange(clear, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 800);
      assert.ok(!/200 OK/.test(data.toString("latin1")));
      await exchange(connect(port, demo.web.host), random(5000, 7), 800);
    }
    const old = await demo.exec(["openssl", "s_client", "-connect", `${demo.web.host}:${demo.web.port}`, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    assert.ok(!/Cipher is (?!\(NONE\))/.test(old.stdout), "TLS 1.1 is spoken");
    await unharmed();
  });

  check(demo, "WebSocket: bad frames, bad messages, no cookie, too many", async () => {
    const person = await Person.signIn(demo, demo.account("operator"));
    const closed = (socket: WebSocket) => within("the WebSocket's end", 5000, new Promise<number>((resolve) => socket.once("close", (code) => resolve(code))));
    const open = async () => (await DashboardSocket.open(demo, person.cookie)).socket;
    for (const message of ["no json", "[]", '{"tiles":{"size":"huge","sessions":[]}}', '{"tiles":{"size":"small","sessions":[1]}}',
      JSON.stringify({ tiles: { size: "small", sessions: ["s1".repeat(100_000)] } }), "x".repeat(500_000)]) {
      const socket = await open();
      const end = closed(socket);
      socket.send(message);
      assert.ok((await end.catch(() => 0)) >= 1000, `stays open after ${message.slice(0, 80)}`);
    }
    const binary = await open();
    const end = closed(binary);
    binary.send(random(2000));
    assert.ok((await end.catch(() => 0)) >= 1000, "stays open after a binary message");
    const { host, port } = demo.web;
    const upgrade = (path: string, cookie: string, protocol: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nOrigin: ${demo.origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\nCookie: ${cookie}\r\n\r\n`;
    const dashboard = upgrade("/ws/dashboard", person.cookie, "stationmaster.dashboard.v1");
    const refused = Object.entries({
      "reserved bits": Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
      "unknown opcode": Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
      "length of 2^63": Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      "endless fragments": Buffer.concat([Buffer.from([0x01, 0x80, 0, 0, 0, 0]), Buffer.concat(Array(5000).fill(Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20])))]),
      "long ping": Buffer.concat([Buffer.from([0x89, 0xfe, 0x10, 0x00, 0, 0, 0, 0]), Buffer.alloc(4096)]),
      "close with one byte": Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
      "text of 512 KiB": Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0]), Buffer.alloc(512 * 1024, 0x61)]),
      "binary": Buffer.concat([Buffer.from([0x82, 0xfe, 0x10, 0x00, 0, 0, 0, 0]), random(4096)]),
      "noise": random(20_000),
    });
    // Ten of each at a time, and more behind it: the relay is told to close what it has not read to its end.
    const stayed = await Promise.all(refused.flatMap(([what, frame]) => Array.from({ length: 10 }, async () => {
      const socket = await rawTls(demo);
      const answer = exchange(socket, dashboard, 8000);
      await new Promise((resolve) => socket.once("data", resolve));
      socket.write(frame);
      socket.write(frame);
      return (await answer).closed ? "" : what;
    })));
    assert.deepEqual([...new Set(stayed)].filter((what) => what && what !== "endless fragments"), [], "these connections stay open");
    for (const [path, cookie, protocol] of [["/ws/dashboard", "", "stationmaster.dashboard.v1"], ["/ws/dashboard", "__Host-stationmaster=" + "B".repeat(43), "stationmaster.dashboard.v1"],
      ["/ws/station", "", "stationmaster.station.v1"], ["/ws/station/rfb", "", "binary"], ["/ws/station", "__Host-station=short", "stationmaster.station.v1"], ["/ws/nowhere", "", "x"]] as const) {
      const { data } = await exchange(await rawTls(demo), upgrade(path, cookie, protocol), 1500);
      assert.ok(!/"sessions"|RFB 003/.test(data.toString("latin1")), `${path} with ${cookie}`);
    }
    await unharmed();
  });

  check(demo, "VNC port: malformed RFB before and after the TLS handshake", async () => {
    const { host, port } = demo.vnc;
    for (const bytes of [random(2000, 3), Buffer.from("RFB 003.003\n\x01"), Buffer.from("RFB 003.008\n\x01"), Buffer.from("RFB 003.008\n\x02"), Buffer.from("RFB 003.008\n\x13\x09\x09"),
      Buffer.from("RFB 003.008\n\x13\x00\x02\x00\x00\x00\x01"), Buffer.concat([Buffer.from("RFB 003.008\n\x13\x00\x02\x00\x00\x01\x04"), random(3000, 9)])]) {
      const { closed, data } = await exchange(connect(port, host), bytes, 1500);
      assert.ok(closed, `${JSON.stringify(bytes.toString("latin1").slice(0, 30))}: stays open after ${data.toString("latin1").slice(0, 60)}`);
    }
    for (const [what, bytes] of Object.entries({
      "unknown message": Buffer.from([77]),
      "clipboard of 4 GiB": Buffer.from([6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      "clipboard of 2 GiB": Buffer.from([6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]),
      "bits per pixel 7": Buffer.from([0, 0, 0, 0, 7, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
      "maximum 0": Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 0, 0, 0, 0, 0, 16, 8, 0, 0, 0, 0]),
      "shift 200": Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 200, 201, 202, 0, 0, 0]),
      "desktop 0x0": Buffer.from([251, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      "desktop 65535x65535 with 255 screens": Buffer.concat([Buffer.from([251, 0, 0xff, 0xff, 0xff, 0xff, 255, 0]), random(255 * 16, 5)]),
      "encodings without end": Buffer.concat([Buffer.from([2, 0, 0xff, 0xff]), Buffer.alloc(4 * 65535, 0x41)]),
      "update outside": Buffer.from([3, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      "noise": random(10_000, 11),
    })) {
      const rfb = await Rfb.connect({ host, port });
      rfb.send(bytes);
      // Ends, or lives on and still answers; both are right, silence with a growing memory is not.
      await until(`${what}: ended, or an update comes`, () => rfb.closed || rfb.updates > 0, 5000);
      rfb.close();
    }
    await unharmed();
  });

  check(demo, "VNC port: login that is too long, empty, full of control characters", async () => {
    for (const login of [{ user: "x".repeat(70_000), password: "y" }, { user: "", password: "" }, { user: "root\0x", password: "\0" }, { user: "../../etc", password: "x".repeat(60_000) }, { user: "a\nb\x1b[2J", password: "\u202e" }])
      await assert.rejects(Rfb.connect(demo.vnc, { login }));
    await unharmed();
  });

  check(demo, "slow and many connections from one address hold up nobody else", async () => {
    const sockets = await Promise.all(Array.from({ length: 400 }, () => new Promise<import("node:net").Socket>((resolve) => {
      const s = connect(demo.web.port, demo.web.host);
      s.on("error", () => resolve(s)).on("connect", () => resolve(s));
    })));
    const viewers = Array.from({ length: 200 }, () => connect(demo.vnc.port, demo.vnc.host).on("error", () => undefined));
    await unharmed();
    for (const s of [...sockets, ...viewers]) s.destroy();
    const page = await until("a new page is served", () => http(demo, "/"), 10_000);
    assert.equal(page.status, 200);
  });

  check(demo, "hostile strings are shown as text", async () => {
    const name = `"><img src=x onerror=alert(1)>`;
    await demo.addUser("t-hostile", "Evil-Name-1", [], "x");
    await demo.sh(`usermod -c '${name}' t-hostile`);
    await demo.startSession("t-hostile");
    const { Dashboard } = await import("../harness/browser.js");
    const page = await Dashboard.open(demo, demo.account("operator"));
    let dialogs = 0;
    page.page.on("dialog", (d) => { dialogs++; void d.dismiss(); });
    await page.tile("t-hostile").waitFor();
    assert.ok((await page.tile("t-hostile").innerText()).includes(name));
    assert.equal(await page.page.locator("img[src=x]").count(), 0);
    await page.select("t-hostile");
    await page.menu("Log off selected users");
    assert.ok((await page.dialog.innerText()).includes(name));
    await page.confirm({ message: `<script>alert(2)</script>\u202e` });
    await page.tile("t-hostile").waitFor({ state: "detached" });
    assert.equal(dialogs, 0);
    assert.deepEqual(page.problems, []);
    const list = await demo.ctl(["session", "list"]);
    assert.ok(!/[\x00-\x08\x0b-\x1f]/.test(list.stdout));
    await page.close();
  });
});
