// SPDX-License-Identifier: GPL-3.0-or-later
// Power cuts: stationd is killed at a random moment while states change, again and again, and every other time
// what its disk had not promised yet is lost, too. All that was acknowledged holds afterwards, nothing is half
// done, no session is lost. ROUNDS=60 for a soak; SEED= repeats a run.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Daemon, openRelay } from "./daemon.mjs";

const rounds = Number(process.env.ROUNDS ?? 15);
let seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const state = "/var/lib/stationmaster/state.db", saved = "/var/lib/saved.db";
/** A small generator, so that a run can be repeated. */
function random(n) {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * n);
}
const pick = (list) => list[random(list.length)];

let d, root, relay;
async function connect() {
  root = await d.root();
  relay = await openRelay(d);
}
afterEach(async () => {
  relay?.close();
  root?.close();
  await d?.stop();
});

const people = ["anna", "ben", "cem", "force"];

/** What the store holds for certain, and what an order whose answer never came may have changed. */
class Truth {
  blocked = new Map(people.map((p) => [p, false]));
  names = new Map();
  jobs = new Map();
  lessons = new Map();
  open = null; // the order under way: apply() would have made it true

  async order(call, apply) {
    this.open = apply;
    const reply = await call();
    apply(reply);
    this.open = null;
    for (const suffix of ["", "-wal"]) if (existsSync(state + suffix)) copyFileSync(state + suffix, saved + suffix);
  }
}

/** One order, at random. */
async function act(truth, stations) {
  const who = pick(people), others = people.filter(() => random(2));
  const list = others.length ? others : [who];
  switch (random(6)) {
    case 0:
      return truth.order(() => root.call("Blocks.Block", { users: list, message: `m${random(1000)}` }), () => list.forEach((p) => truth.blocked.set(p, true)));
    case 1:
      return truth.order(() => root.call("Blocks.Unblock", { users: list }), () => list.forEach((p) => truth.blocked.set(p, false)));
    case 2: {
      const station = pick(stations), name = `Seat ${random(100000)}`;
      return truth.order(() => root.call("Stations.Set", { station, name }), () => truth.names.set(station, name));
    }
    case 3:
      return truth.order(() => root.call("Sessions.LogOff", { users: list, grace_ms: 3_000_000, message: "Soon" }), (r) => r && truth.jobs.set(r.job, "waiting"));
    case 4: {
      const job = [...truth.jobs].find(([, s]) => s === "waiting")?.[0];
      if (job) return truth.order(() => root.call("Jobs.Cancel", { job }), () => truth.jobs.set(job, "cancelled"));
      return undefined;
    }
    default: {
      const lesson = [...truth.lessons].find(([, s]) => s === "runs")?.[0];
      if (lesson) return truth.order(() => root.call("Lessons.End", { lesson }), () => truth.lessons.set(lesson, "ended"));
      return truth.order(() => root.call("Lessons.Start", { name: "L", users: [who], length_ms: 3_000_000 }), (r) => r && truth.lessons.set(r.lesson, "runs"));
    }
  }
}

const sqlite = (path, sql) => execFileSync("sqlite3", [path, sql], { encoding: "utf8" }).trim();
function checkFile() {
  for (const suffix of ["", "-wal"]) {
    rmSync(`/tmp/look.db${suffix}`, { force: true });
    if (existsSync(state + suffix)) copyFileSync(state + suffix, `/tmp/look.db${suffix}`);
  }
  assert.equal(sqlite("/tmp/look.db", "PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok");
}

/** The disk kept what it had promised (saved) and any part of what was written after; the rest is noise. */
function losePower() {
  const size = (path) => (existsSync(path) ? statSync(path).size : 0);
  const header = (path) => readFileSync(path).subarray(0, 32).toString("hex");
  const before = size(`${saved}-wal`), after = size(`${state}-wal`);
  if (before < 32 || after < before || header(`${saved}-wal`) !== header(`${state}-wal`) || !readFileSync(saved).equals(readFileSync(state))) return false;
  // The same bytes up to what was promised, or the log was begun anew in between.
  if (!readFileSync(`${saved}-wal`).equals(readFileSync(`${state}-wal`).subarray(0, before))) return false;
  truncateSync(`${state}-wal`, before + random(after - before + 1));
  writeFileSync(`${state}-wal`, Buffer.from(Array.from({ length: random(3000) }, () => random(256))), { flag: "a" });
  return true;
}

async function look(truth, stations) {
  const list = (await root.call("Blocks.List")).blocks.filter((b) => b.kind === "user").map((b) => b.name);
  const jobs = new Map((await root.call("Jobs.List")).jobs.map((j) => [j.id, j]));
  const lessons = new Set((await root.call("Lessons.List")).lessons.map((l) => l.id));
  return { blocked: new Map(people.map((p) => [p, list.includes(p)])), jobs, lessons,
    names: new Map(await Promise.all(stations.map(async (s) => [s, (await root.call("Stations.Get", { station: s })).station.name]))) };
}

/** Everything of one order, or nothing of it. */
function matches(truth, now) {
  for (const [p, b] of truth.blocked) if (now.blocked.get(p) !== b) return `block of ${p}`;
  for (const [s, n] of truth.names) if (now.names.get(s) !== n) return `name of ${s}`;
  for (const [id, s] of truth.jobs) {
    const targets = now.jobs.get(id)?.targets ?? [];
    if (targets.length === 0 || targets.some((t) => t.state !== s)) return `job ${id}: ${JSON.stringify(targets)}`;
  }
  for (const [id, s] of truth.lessons) if (now.lessons.has(id) !== (s === "runs")) return `lesson ${id}`;
  return "";
}

test(`what was acknowledged holds over ${rounds} power cuts`, { timeout: 20_000 + rounds * 10_000 }, async () => {
  const first = seed;
  let acknowledged = 0, lost = 0;
  d = await Daemon.start();
  await connect();
  const stations = [];
  for (const [i, user] of people.entries()) {
    const st = await relay.station(i + 1);
    await relay.logIn(st.station, user);
    stations.push(st.station);
  }
  const truth = new Truth();
  for (let round = 0; round < rounds; round++) {
    const where = `round ${round} of SEED=${first}`;
    let alive = true;
    const orders = (async () => {
      while (alive) {
        await act(truth, stations);
        acknowledged++;
      }
    })().catch((error) => {
      if (alive) throw error;
    });
    await delay(random(120)); // the moment is what is tested
    alive = false;
    await d.kill();
    relay.close();
    root.close();
    await orders.catch(() => {});
    if (round % 2 && losePower()) lost++;
    checkFile();
    await d.spawn();
    assert.doesNotMatch(d.output, /going on without|could not be read/, where);
    await connect();
    for (const [i] of people.entries()) await relay.station(i + 1);
    const now = await look(truth, stations);
    let wrong = matches(truth, now);
    if (wrong && truth.open) {
      truth.open(undefined);
      wrong = matches(truth, now) && `${wrong}, nor with the last order`;
    }
    assert.equal(wrong, "", where);
    truth.open = null;
    // Orders without an answer may have gone on; what they made is known from now on.
    for (const j of now.jobs.values()) if (!truth.jobs.has(j.id)) truth.jobs.set(j.id, j.targets[0].state);
    for (const id of now.lessons) truth.lessons.set(id, "runs");
    const sessions = (await root.call("Sessions.List")).sessions;
    assert.deepEqual(sessions.map((s) => [s.user, s.state]), people.map((p) => [p, "active"]), where);
    for (const s of sessions) assert.equal(s.blocked, now.blocked.get(s.user) || s.blocked, where);
  }
  console.log(`# ${acknowledged} orders acknowledged, ${lost} of ${rounds} cuts lost what was not promised`);
  assert.ok(acknowledged > rounds, `${acknowledged} orders`);
});

test("a log cut anywhere, or overwritten with noise, never keeps stationd from starting", { timeout: 120_000 }, async () => {
  d = await Daemon.start();
  await connect();
  for (const [i, user] of people.entries()) {
    const st = await relay.station(i + 1);
    await relay.logIn(st.station, user);
  }
  for (let i = 0; i < 20; i++) await root.call("Blocks.Block", { users: [people[i % 4]], message: `m${i}` });
  await d.kill();
  relay.close();
  root.close();
  const log = readFileSync(`${state}-wal`), base = readFileSync(state);
  assert.ok(log.length > 20_000);
  for (let i = 0; i < 12; i++) {
    const cut = Buffer.from(log.subarray(0, random(log.length)));
    if (i % 3 === 2) for (let k = 0; k < 20 && cut.length > 0; k++) cut[random(cut.length)] = random(256);
    writeFileSync(state, base);
    writeFileSync(`${state}-wal`, cut);
    checkFile();
    await d.spawn();
    await connect();
    const blocks = (await root.call("Blocks.List")).blocks.filter((b) => b.kind === "user");
    // The last of each person counts up in the order of the log: no later one without an earlier one.
    const seen = blocks.map((b) => Number(b.message.slice(1))).sort((a, b) => a - b);
    if (seen.length === 4) assert.equal(seen[3] - seen[0], 3, `cut at ${cut.length}: ${seen}`);
    assert.doesNotMatch(d.output, /going on without/);
    relay.close();
    root.close();
    await d.kill();
  }
  await d.spawn();
  await connect();
});
