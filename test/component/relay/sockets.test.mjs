// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard's WebSocket: events word for word, pictures only of what the person may see.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Bed, COOKIE, PREFIX, TOKEN, within } from "./bed.mjs";
import { Display } from "./display.mjs";
import { frame, Socket } from "./websocket.mjs";

const PROTOCOL = "stationmaster.dashboard.v1";
const session = (id, may) => ({ id, user: "u", full_name: "U", may });
let bed, display;
const open = [];

before(async () => {
  bed = await Bed.start();
  display = await Display.start(`${bed.dir}/rfb.sock`);
});
after(async () => {
  await bed.stop();
  await display.stop();
});
afterEach(async () => {
  for (const s of open.splice(0)) {
    s.close();
    await within(s.closed, "the socket to close");
  }
});

async function dashboard(sessions = [], o = {}) {
  const s = await Socket.open(bed, "/ws/dashboard", PROTOCOL, { cookie: COOKIE, ...o });
  open.push(s);
  s.watch = await bed.stationd.take("Events.Watch");
  assert.deepEqual([s.watch.token, s.watch.more, s.watch.parameters], [TOKEN, true, {}]);
  bed.stationd.more(s.watch, { kind: "snapshot", sessions, stations: [], jobs: [] });
  assert.deepEqual(await s.next("kind"), { kind: "snapshot", sessions, stations: [], jobs: [] });
  return s;
}

function parse(b) {
  const n = b[16];
  return {
    version: b[0], size: b[1], w: b.readUInt16BE(2), h: b.readUInt16BE(4), zero: b.readUInt16BE(6),
    taken: Number(b.readBigUInt64BE(8)), session: b.subarray(17, 17 + n).toString(), jpeg: b.subarray(17 + n),
  };
}

const picture = async (s, id) => parse(await s.binary.take((b) => parse(b).session === id, `a picture of ${id}`));
const source = (id) => bed.stationd.take("Relay.OpenSource", (c) => c.parameters.session === id);
const connect = (call) => bed.stationd.order({ reply: call.call, parameters: {}, connect: display.path });

describe("who may", () => {
  test("nobody without a cookie", async () => {
    for (const cookie of [undefined, "stationmaster=short", "station=" + TOKEN]) {
      const s = await Socket.open(bed, "/ws/dashboard", PROTOCOL, { cookie });
      assert.equal(await within(s.closed, "the end"), 4401);
    }
  });

  test("no other page", async () => {
    for (const origin of ["https://evil.example", "null", null, bed.origin + ".evil.example"])
      assert.equal((await Socket.open(bed, "/ws/dashboard", PROTOCOL, { cookie: COOKIE, origin })).status, 403);
  });

  test("no other path or protocol", async () => {
    for (const [path, protocol, status] of [
      ["/ws/other", PROTOCOL, 404], ["/", PROTOCOL, 404], ["/ws/dashboard/", PROTOCOL, 404], ["/ws/dashboard", undefined, 400],
      ["/ws/dashboard", "stationmaster.dashboard.v2", 400], ["/ws/station", PROTOCOL, 400], ["/ws/dashboard", "binary", 400],
    ])
      assert.equal((await Socket.open(bed, path, protocol, { cookie: COOKIE })).status, status, `${path} ${protocol}`);
    // Among several protocols libwebsockets takes the first it knows: it must be the path's.
    const s = await Socket.open(bed, "/ws/dashboard", `binary, ${PROTOCOL}`, { cookie: COOKIE });
    if (s.status === 101) assert.equal(s.protocol, PROTOCOL);
    await bed.alive();
  });

  test("not a person whose token is void, or who is refused", async () => {
    for (const [error, code] of [["Unauthenticated", 4401], ["Events.Refused", 4403]]) {
      const s = await Socket.open(bed, "/ws/dashboard", PROTOCOL, { cookie: COOKIE });
      bed.stationd.error(await bed.stationd.take("Events.Watch"), error, { reason: "x" });
      assert.equal(await within(s.closed, "the end"), code);
    }
  });

  test("nobody who has signed out", async () => {
    const s = await dashboard();
    bed.stationd.more(bed.stationd.orders, { order: "signed_out", token: "X".repeat(43) });
    bed.stationd.more(bed.stationd.orders, { order: "signed_out", token: TOKEN });
    assert.equal(await within(s.closed, "the end"), 4401);
  });
});

describe("events", () => {
  test("come as they are", async () => {
    const s = await dashboard();
    const event = { kind: "session", session: session("s1", []), extra: ["ü", null, 1.5, "\u202e<b>"] };
    bed.stationd.more(s.watch, event);
    assert.deepEqual(await s.next("kind"), event);
  });

  test("end with the socket", async () => {
    const s = await dashboard();
    s.close();
    await bed.stationd.events.take((e) => e.event === "gone" && e.call === s.watch.call, "the end of the watch");
  });

  test("a large snapshot arrives whole", async () => {
    const sessions = Array.from({ length: 3000 }, (_, i) => ({ ...session(`s${i}`, ["tile"]), full_name: "x".repeat(300) }));
    await dashboard(sessions);
  });

  test("two dashboards do not disturb each other", async () => {
    const a = await dashboard(), b = await dashboard();
    a.close();
    await within(a.closed, "the end");
    bed.stationd.more(b.watch, { kind: "job_gone", id: "j1" });
    assert.equal((await b.next("kind")).id, "j1");
  });
});

describe("pictures", () => {
  test("only of sessions that may be seen, in the size asked for, again when they change", async () => {
    const s = await dashboard([session("s1", ["tile", "logoff"]), session("s2", ["logoff"])]);
    s.send({ tiles: { size: "small", sessions: ["s1", "s2", "s9"] } });
    const call = await source("s1");
    assert.equal(call.token, TOKEN);
    connect(call);
    const first = await picture(s, "s1");
    assert.deepEqual([first.version, first.size, first.zero], [1, 0, 0]);
    assert.ok(first.w <= 160 && first.h <= 90 && first.w * 48 === first.h * 64, `${first.w} x ${first.h}`);
    assert.deepEqual([...first.jpeg.subarray(0, 3)], [255, 216, 255]);
    assert.ok(Math.abs(first.taken - Date.now()) < 5000);
    display.paint(0xff0000);
    const second = await picture(s, "s1");
    assert.notDeepEqual(first.jpeg, second.jpeg);
    assert.ok(!bed.stationd.calls.has((c) => c.method.endsWith("OpenSource")), "a source was opened for others");
    // Allowed now.
    bed.stationd.more(s.watch, { kind: "session", session: session("s2", ["tile"]) });
    connect(await source("s2"));
    await picture(s, "s2");
    // A tile in another size, the list before is replaced.
    s.send({ tiles: { size: "large", sessions: ["s2"] } });
    const large = await s.binary.take((b) => parse(b).size === 2, "a large picture");
    assert.equal(parse(large).session, "s2");
    display.paint(0x00ff00);
    await s.binary.take((b) => parse(b).size === 2 && parse(b).session === "s2", "the next large picture");
    assert.ok(!s.binary.has((b) => parse(b).size === 2 && parse(b).session === "s1"));
    // Not allowed any more.
    bed.stationd.more(s.watch, { kind: "session", session: session("s2", []) });
    await display.closed.take(() => true, "the source to be closed");
  });

  test("are let go with the socket", async () => {
    const s = await dashboard([session("s6", ["tile"])]);
    s.send({ tiles: { size: "medium", sessions: ["s6"] } });
    connect(await source("s6"));
    await picture(s, "s6");
    s.close();
    while (display.open > 0) await display.closed.take(() => true, "the source to be closed");
  });

  test("one source for all who look, none when nobody does", async () => {
    const a = await dashboard([session("s3", ["tile"])]), b = await dashboard([session("s3", ["tile"])]);
    const before = display.connections;
    for (const s of [a, b]) s.send({ tiles: { size: "medium", sessions: ["s3"] } });
    connect(await source("s3"));
    const [x, y] = [await picture(a, "s3"), await picture(b, "s3")];
    assert.deepEqual(x.jpeg, y.jpeg);
    assert.equal(display.connections, before + 1);
    for (const s of [a, b]) s.send({ tiles: { size: "medium", sessions: [] } });
    while (display.open > 0) await display.closed.take(() => true, "the source to be closed");
  });

  test("come back when the display server was away for a moment", async () => {
    const s = await dashboard([session("s4", ["tile"])]);
    s.send({ tiles: { size: "medium", sessions: ["s4"] } });
    bed.stationd.error(await source("s4"), "Relay.Failed", { reason: "not yet", output: "" });
    connect(await source("s4"));
    await picture(s, "s4");
    display.drop();
    connect(await source("s4"));
    await picture(s, "s4");
  });

  test("that do not come any more are told, with their age; idle ones never", async () => {
    const s = await dashboard([session("s7", ["tile"]), session("s8", ["tile"])]);
    s.send({ tiles: { size: "medium", sessions: ["s7", "s8"] } });
    connect(await source("s7"));
    await picture(s, "s7");
    display.freeze(true);
    const since = Date.now();
    const alarm = await s.next("alarm");
    assert.deepEqual({ ...alarm, since_ms: 0 }, { kind: "picture", session: "s7", alarm: "stalled", since_ms: 0 });
    assert.ok(Date.now() - since < 3000, `${Date.now() - since} ms`);
    assert.ok(Math.abs(alarm.since_ms - since) < 1500, `${alarm.since_ms - since} ms`);
    // One that comes later is told too; one that does not look is told nothing.
    const late = await dashboard([session("s7", ["tile"])]), other = await dashboard([session("s7", ["tile"])]);
    late.send({ tiles: { size: "small", sessions: ["s7"] } });
    assert.deepEqual(await late.next("alarm"), alarm);
    display.freeze(false);
    for (const d of [s, late]) assert.deepEqual(await d.next("alarm"), { kind: "picture", session: "s7", alarm: "", since_ms: 0 });
    display.paint(0x654321);
    await picture(s, "s7");
    // Black for ten seconds; a tile that is let go of has no alarm any more.
    display.paint(0);
    const black = await s.text.take((m) => m.alarm === "black", "the alarm", 20_000);
    assert.ok(Date.now() - black.since_ms >= 10_000);
    s.send({ tiles: { size: "medium", sessions: ["s8"] } });
    assert.deepEqual(await s.next("alarm"), { kind: "picture", session: "s7", alarm: "", since_ms: 0 });
    // The display server cannot be reached any more.
    for (let i = 0; i < 5; i++) bed.stationd.error(await source("s8"), "Relay.Failed", { reason: "no", output: "" });
    assert.deepEqual((await s.next("alarm")).alarm, "lost");
    connect(await source("s8"));
    assert.deepEqual((await s.next("alarm")).alarm, "");
    assert.ok(!other.text.has((m) => "alarm" in m));
    assert.ok(!s.text.has((m) => "alarm" in m));
  });

  test("go on while stationd is away; then a new snapshot follows", async () => {
    const s = await dashboard([session("s5", ["tile"])]);
    s.send({ tiles: { size: "medium", sessions: ["s5"] } });
    connect(await source("s5"));
    await picture(s, "s5");
    bed.stationd.order({ drop: true });
    assert.deepEqual(await s.next("kind"), { kind: "unavailable" });
    display.paint(0x123456);
    await picture(s, "s5");
    await bed.stationd.serve();
    s.watch = await bed.stationd.take("Events.Watch");
    bed.stationd.more(s.watch, { kind: "snapshot", sessions: [], stations: [], jobs: [] });
    assert.equal((await s.next("kind")).kind, "snapshot");
    while (display.open > 0) await display.closed.take(() => true, "the source of a session that is gone to be closed");
  });
});

describe("bad input ends one socket only", () => {
  const cases = {
    "too large": [frame(1, Buffer.alloc(70_000, 0x20)), 1009],
    "too large in pieces": [Buffer.concat([frame(1, Buffer.alloc(40_000, 0x20), { fin: false }), frame(0, Buffer.alloc(40_000, 0x20))]), 1009],
    binary: [frame(2, Buffer.from("x")), 1003],
    "no JSON": [frame(1, Buffer.from("{")), 1003],
    "too deep": [frame(1, Buffer.from('{"a":'.repeat(40))), 1003],
    "a size that is none": [frame(1, Buffer.from('{"tiles":{"size":"huge","sessions":[]}}')), 1003],
    "an id that is none": [frame(1, Buffer.from(`{"tiles":{"size":"small","sessions":["${"s".repeat(100)}"]}}`)), 1003],
    "not masked": [frame(1, Buffer.from("{}"), { mask: false }), undefined],
    "reserved opcode": [frame(3, Buffer.from("{}")), undefined],
    "a control frame of 200 bytes": [frame(9, Buffer.alloc(200)), undefined],
    "a length of 2^63": [frame(1, Buffer.from("x"), { length: 2n ** 63n - 1n }), undefined],
    "not UTF-8": [frame(1, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), undefined],
  };

  for (const [name, [bytes, code]] of Object.entries(cases))
    test(name, async () => {
      const good = await dashboard();
      const bad = await dashboard();
      bad.raw(bytes);
      // What libwebsockets leaves waiting for more is ended by the peer.
      const ended = await Promise.race([bad.closed, new Promise((r) => setTimeout(r, code ? 5000 : 300).unref())]);
      if (code) assert.equal(ended, code);
      bad.socket.destroy();
      bed.stationd.more(good.watch, { kind: "job_gone", id: "j1" });
      await good.next("kind");
      await bed.alive();
    });

  test("messages of newer pages are passed over", async () => {
    const s = await dashboard();
    for (const m of [{}, { other: 1 }, { tiles: "x" }]) s.send(m);
    bed.stationd.more(s.watch, { kind: "job_gone", id: "j2" });
    await s.next("kind");
  });
});

test("a dashboard that does not read is ended, others go on", async () => {
  const stuck = await dashboard(), good = await dashboard();
  stuck.socket.pause();
  const gone = bed.stationd.events.take((e) => e.event === "gone" && e.call === stuck.watch.call, "the end of the stuck one", 30_000);
  const big = { kind: "session", session: { ...session("s1", []), full_name: "x".repeat(1_000_000) } };
  for (let i = 0; i < 30; i++) bed.stationd.more(stuck.watch, big);
  await gone;
  bed.stationd.more(good.watch, { kind: "job_gone", id: "j3" });
  assert.equal((await good.next("kind")).id, "j3");
  stuck.socket.destroy();
});
