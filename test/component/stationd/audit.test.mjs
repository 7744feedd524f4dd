// SPDX-License-Identifier: GPL-3.0-or-later
// The audit log as a chain: exported, verified by the daemon and anew by this file, changed behind stationd's
// back, kept no longer than is set; and a large one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { afterEach, test } from "node:test";
import { Daemon, until } from "./daemon.mjs";

const state = "/var/lib/stationmaster/state.db";
let d, root, operator;

async function begin(conf) {
  d = await Daemon.start(conf);
  root = await d.root();
  operator = d.caller("operator", 5004);
}
afterEach(async () => {
  root?.close();
  await d?.stop();
});

/** Changes the data base as somebody with root would. */
async function behindItsBack(...statements) {
  root.close();
  await d.kill("SIGTERM");
  execFileSync("python3", ["-c", "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nfor s in sys.argv[2:]: c.execute(s)\nc.commit()\nc.close()", state, ...statements]);
  await d.spawn();
  root = await d.root();
}
const logged = (what) => until(`the log says ${what}`, () => what.test(d.output));
const verify = (parameters = {}) => root.call("Audit.Verify", parameters);
async function write(n) {
  for (let i = 0; i < n; i++) await root.call("Chat.Set", { enabled: i % 2 === 0 });
}
async function exported() {
  const all = [];
  for (;;) {
    const { entries } = await root.call("Audit.Export", { after: all.at(-1)?.number ?? 0, limit: 7 });
    all.push(...entries);
    if (entries.length < 7) return all;
  }
}

/** The hash as the interface describes it. */
function hashOf(before, e, uid) {
  const numbers = Buffer.alloc(24);
  [e.number, e.at_ms, uid].forEach((n, i) => numbers.writeBigInt64BE(BigInt(n), i * 8));
  const texts = [e.user, e.full_name, e.role, e.address, e.method, e.targets, e.result].map((text) => {
    const bytes = Buffer.from(text), size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  });
  return createHash("sha256").update(Buffer.concat([Buffer.from(before, "hex"), numbers, ...texts])).digest("hex");
}

test("the chain as it is described; the journal and watchers have each hash", async () => {
  await begin();
  assert.deepEqual(await verify(), { entries: 0, first: 0, last: 0, head: "", ok: true, broken_at: 0, reason: "" });
  const admin = d.caller("administrator", 5205);
  await admin.watch();
  await write(20);
  const entries = await exported();
  assert.deepEqual(entries.map((e) => e.number), Array.from({ length: 20 }, (_, i) => i + 1));
  let before = "00".repeat(32);
  for (const e of entries) assert.equal((before = hashOf(before, e, 0)), e.hash);
  const head = entries.at(-1).hash;
  assert.deepEqual(await verify(), { entries: 20, first: 1, last: 20, head, ok: true, broken_at: 0, reason: "" });
  await logged(new RegExp(`audit: Chat\\.Set off: ok user=root .* number=20 hash=${head}`));
  await until("the watcher has it", () => admin.events.some((e) => e.kind === "audit" && e.entry.hash === head));
  assert.deepEqual((await root.call("Audit.List", { limit: 1 })).entries, [entries.at(-1)]);

  const half = entries[9].at_ms;
  const part = async (parameters) => (await root.call("Audit.Export", parameters)).entries.map((e) => e.number);
  const numbers = (keep) => entries.filter(keep).map((e) => e.number);
  assert.deepEqual(await part({ from_ms: half }), numbers((e) => e.at_ms >= half));
  assert.deepEqual(await part({ to_ms: half }), numbers((e) => e.at_ms < half));
  assert.deepEqual(await part({ after: 18, limit: 500 }), [19, 20]);
  for (const limit of [0, 501]) assert.match((await root.fails("Audit.Export", { limit })).error, /InvalidParameter/);
  for (const head of ["", "0".repeat(15), "g".repeat(16), "0".repeat(65)]) assert.equal((await root.fails("Audit.Verify", { head })).parameter, "head");
  for (const method of ["Audit.Export", "Audit.Verify"]) assert.equal((await operator.fails(method)).error, "Audit.Refused");
});

test("what somebody changes behind stationd's back is found, and a noted hash finds a cut end", async () => {
  await begin();
  await write(20);
  const { head } = await verify();
  await behindItsBack("DELETE FROM audit WHERE number > 15", "UPDATE sqlite_sequence SET seq = 15 WHERE name = 'audit'");
  assert.equal((await verify()).ok, true, "by itself nobody can tell");
  const cut = await verify({ head });
  assert.deepEqual([cut.ok, cut.broken_at, cut.last], [false, 0, 15]);
  assert.match(cut.reason, /No entry has the hash .* newer than 15 were removed/);
  await logged(/audit: the chain is broken: No entry/);
  await behindItsBack("UPDATE audit SET user = 'nobody' WHERE number = 7");
  const changed = await verify();
  assert.deepEqual([changed.ok, changed.broken_at, changed.entries], [false, 7, 6]);
  await write(3);
  await behindItsBack("DELETE FROM audit WHERE number = 4");
  assert.deepEqual([(await verify()).broken_at, (await verify()).reason], [4, "Entry 4 is missing."]);
});

test("a crash breaks nothing; what is too old goes, and the chain goes on", async () => {
  await begin("[audit]\nkeep-days = 30\n");
  await write(5);
  root.close();
  await d.restart();
  root = await d.root();
  await write(5);
  const noted = (await verify()).head;
  // In place of 40 days that go by.
  await behindItsBack(`UPDATE audit SET time_ms = time_ms - ${40 * 86400_000} WHERE number < 9`);
  await until("the old ones are gone", async () => (await exported())[0]?.number === 9);
  const left = await verify({ head: noted });
  assert.deepEqual([left.ok, left.entries, left.first, left.last, left.head], [true, 2, 9, 10, noted]);
  await logged(/audit: entries up to number 8 were removed/);
  await write(1);
  assert.equal((await verify({ head: noted })).entries, 3);
});

test("a large log: everybody else is answered while it is checked", async () => {
  await begin();
  root.close();
  await d.kill("SIGTERM");
  const script = `
import hashlib, sqlite3, struct, sys
c = sqlite3.connect(sys.argv[1])
h = bytes(32)
texts = ["otto", "Otto", "operator", "local", "Sessions.LogOff", "s1(anna)", "ok"]
tail = b"".join(struct.pack(">I", len(t)) + t.encode() for t in texts)
rows = []
now = int(sys.argv[2])
for i in range(1, 100001):
    h = hashlib.sha256(h + struct.pack(">QQQ", i, now + i, 5004) + tail).digest()
    rows.append((i, now + i, 5004, h, *texts))
c.executemany("INSERT INTO audit (number, time_ms, uid, hash, user, full_name, role, address, method, targets, result) VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
c.commit()
`;
  execFileSync("python3", ["-c", script, state, String(Date.now())]);
  await d.spawn();
  root = await d.root();
  let done = false, meanwhile = 0, slowest = 0;
  operator = d.caller("operator", 5004);
  await operator.call("System.WhoAmI");
  const start = performance.now();
  const reply = verify().finally(() => (done = true));
  for (; !done; meanwhile++) {
    const asked = performance.now();
    await operator.call("System.WhoAmI");
    if (!done) slowest = Math.max(slowest, performance.now() - asked);
  }
  const { ok, entries, last } = await reply;
  assert.deepEqual({ ok, entries, last }, { ok: true, entries: 100_000, last: 100_000 });
  assert.ok(meanwhile > 10, `${meanwhile} answers meanwhile`);
  console.log(`# 100,000 entries in ${Math.round(performance.now() - start)} ms, ${meanwhile} answers meanwhile, slowest after ${Math.round(slowest)} ms`);
});
