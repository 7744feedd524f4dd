// SPDX-License-Identifier: GPL-3.0-or-later
// What bad callers, bad files and a bad disk do to stationd: they get their error, nobody else notices.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, runToEnd, until } from "./daemon.mjs";

let d, root;
const api = "/run/stationmaster/api.sock";

beforeEach(async () => {
  d = await Daemon.start();
  root = await d.root();
});
afterEach(async () => {
  root.close();
  await d.stop();
});

const raw = () =>
  new Promise((resolve, reject) => {
    const s = createConnection(api);
    s.text = "";
    s.on("error", () => {});
    s.on("data", (b) => (s.text += b));
    s.ended = new Promise((r) => s.on("close", () => r(s.text)));
    s.once("connect", () => resolve(s));
    s.once("error", reject);
  });

test("bytes that are not Varlink end the connection and nothing else", async () => {
  const bad = ["hello\0", '{"method":"org.varlink.service.GetInfo\\u0000"}\0', '{"method":"x","parameters":{"\\u0000":1}}\0', "{}\0", "[]\0", '{"method":7}\0', '{"method":"a.b","parameters":[]}\0', '{"method":"x","token":"y"}\0', `{"method":"x","parameters":${"[".repeat(40)}${"]".repeat(40)}}\0`, `{"method":"${"m".repeat(70000)}"}\0`, '{"method":"x","method":"y"}\0', "\0\0\0", Buffer.from([0xff, 0xfe, 0])];
  for (const bytes of bad) {
    const s = await raw();
    s.write(bytes);
    assert.equal(await s.ended, "", String(bytes).slice(0, 60));
  }
  assert.ok((await root.call("System.Version")).version);
});

test("hostile parameters get an answer", async () => {
  for (const [key, parameters] of [["user", { user: "an\u0000na" }], ["sessions", { sessions: ["s1", "\u0000"], message: "x" }]]) {
    const nul = await root.fails(key === "user" ? "Sessions.Start" : "Sessions.LogOff", parameters);
    assert.deepEqual([nul.error, nul.parameter], ["org.varlink.service.InvalidParameter", key]);
  }
  const r = await root.fails("Sessions.Start", { user: "../../etc/passwd\n" });
  assert.equal(r.error, "Sessions.UnknownUser");
  assert.equal((await root.fails("Sessions.Start", { user: "a".repeat(300) })).parameter, "user");
  assert.equal((await root.fails("Sessions.LogOff", { all: true, grace_ms: -1 })).parameter, "grace_ms");
  assert.equal((await root.fails("Sessions.LogOff", { all: true, message: "m".repeat(501) })).parameter, "message");
  assert.equal((await root.fails("Sessions.LogOff", { sessions: Array(5001).fill("s") })).parameter, "sessions");
  assert.equal((await root.fails("Sessions.LogOff", { all: true, sessions: ["s1"] })).parameter, "all");
  await root.call("Sessions.Start", { user: "anna" });
  const { job } = await root.call("Sessions.LogOff", { users: ["anna"], grace_ms: 100000, message: "a\u0007b\u202ec\nd" });
  assert.equal((await root.call("Jobs.Get", { job })).job.message, "abcd");
});

test("a caller that does not read is bounded, others are served", async () => {
  const s = await raw();
  s.pause();
  const call = '{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.stationmaster.Sessions"}}\0';
  let blocked = false;
  for (let i = 0; i < 20000 && !blocked; i++) blocked = !s.write(call) && s.writableLength > 1000000;
  assert.ok(blocked);
  const before = Date.now();
  for (let i = 0; i < 50; i++) await root.call("System.Version");
  assert.ok(Date.now() - before < 2000, `${Date.now() - before} ms`);
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${d.process.pid}/status`, "utf8"))[1]);
  assert.ok(rss < 400000, `${rss} KiB`);
  s.destroy();
});

test("one user cannot take all connections", async () => {
  const script = `
    const net = require("net"); let n = 0, closed = 0;
    const next = () => { const s = net.createConnection("${api}"); s.on("close", () => { closed++; report(); });
      s.on("connect", () => s.write('{"method":"org.stationmaster.System.Version"}\\0')); s.on("data", () => { n++; report(); }); s.on("error", () => {}); };
    const report = () => { if (n + closed === 100) { console.log(n, closed); process.exit(0); } };
    for (let i = 0; i < 100; i++) next();`;
  const out = spawnSync(process.execPath, ["-e", script], { uid: 5100, gid: 5100, encoding: "utf8", timeout: 20000 });
  assert.equal(out.stdout, "64 36\n", out.stderr);
  assert.ok((await root.call("System.Version")).version);
});

test("connections that never say anything and calls that are given up leak nothing", async () => {
  const fds = () => Number(spawnSync("sh", ["-c", `ls /proc/${d.process.pid}/fd | wc -l`], { encoding: "utf8" }).stdout);
  await root.call("Sessions.Start", { user: "anna" });
  const { job } = await root.call("Sessions.LogOff", { users: ["anna"], grace_ms: 1000000 });
  const before = fds();
  for (let i = 0; i < 30; i++) {
    const s = await raw();
    if (i % 3 === 1) s.write(`{"method":"org.stationmaster.Jobs.Wait","parameters":{"job":"${job}"}}\0`);
    if (i % 3 === 2) s.write('{"method":"org.stationmaster.Events.Watch","more":true}\0');
    if (i % 2) await root.call("System.Version");
    s.destroy();
  }
  await until("all are closed", () => fds() === before);
  await root.call("Jobs.Cancel", { job });
});

test("a standard user cannot order without end, and jobs of one person are bounded", async () => {
  await root.call("Sessions.Start", { user: "anna" });
  const anna = d.caller("standard", 5001), ben = d.caller("standard", 5002);
  const answers = await Promise.all(Array.from({ length: 60 }, () => anna.send("Sessions.LogOff", { users: ["anna"], grace_ms: 3600000 }, false)));
  const refused = answers.filter((a) => a.error === "org.stationmaster.Sessions.Refused");
  assert.ok(refused.length >= 20 && refused.length <= 30, String(refused.length));
  assert.match(refused[0].parameters.reason, /Too many orders/);
  assert.equal((await ben.fails("Sessions.LogOff", { users: ["anna"] })).error, "Sessions.NotFound");
  for (let i = 0; i < 120; i++) await root.call("Jobs.Cancel", { job: (await root.call("Sessions.LogOff", { sessions: ["s1"], grace_ms: 3600000 })).job });
  const { jobs } = await root.call("Jobs.List");
  assert.ok(jobs.filter((j) => j.by === "root").length <= 100);
  assert.equal(jobs.at(-1).id, `j${60 - refused.length + 120}`);
  await d.restart();
  root = await d.root();
  const next = await root.call("Sessions.LogOff", { all: true });
  assert.equal(next.job, `j${60 - refused.length + 121}`);
  anna.close();
  ben.close();
});

test("one user cannot take all watches", async () => {
  const eve = d.caller("standard", 5100);
  const refused = await Promise.race(Array.from({ length: 17 }, () => eve.send("Events.Watch", {}, true)));
  assert.equal(refused.error, "org.stationmaster.Events.Limit");
  await until("16 snapshots", () => eve.events.length === 16);
  eve.close();
});

test("a relay that goes away in the middle of a log-in", async () => {
  let relay = await openRelay(d);
  const st = await relay.station(1);
  const asked = await relay.call("Login.Start", { purpose: "station", station: st.station, user: "slow", desktop: null, width: null, height: null, address: "x" });
  relay.call("Login.Answer", { conversation: asked.conversation, answers: ["secret"] }).catch(() => {});
  await until("opening", async () => (await root.call("Sessions.List")).sessions[0]?.state === "opening");
  relay.close();
  await until("it came up and is shown where it was asked for", async () => (await root.call("Sessions.List")).sessions[0]?.state === "active");
  relay = await openRelay(d);
  assert.equal((await relay.station(1)).scene.session, "s1");
  const other = await relay.station(2);
  const half = await relay.call("Login.Start", { purpose: "station", station: other.station, user: "ben", desktop: null, width: null, height: null, address: "x" });
  const second = await openRelay(d);
  assert.equal((await second.fails("Login.Answer", { conversation: half.conversation, answers: ["secret"] })).error, "Login.NoConversation");
  await relay.call("Login.Cancel", { conversation: half.conversation });
  assert.equal((await relay.fails("Login.Answer", { conversation: half.conversation, answers: ["secret"] })).error, "Login.NoConversation");
  second.close();
  relay.close();
});

test("logged off while it is opening", async () => {
  const started = root.call("Sessions.Start", { user: "slow" }).catch((e) => e);
  await until("opening", async () => (await (await d.root()).call("Sessions.List")).sessions[0]?.state === "opening");
  const { job } = await root.call("Sessions.LogOff", { users: ["slow"], timeout_ms: 0 });
  await root.call("Jobs.Wait", { job, timeout_ms: 10000 });
  await started;
  assert.deepEqual((await root.call("Sessions.List")).sessions, []);
});

test("a broken configuration: file, line, reason, exit code 2", async () => {
  writeFileSync("/run/broken.conf", "[session]\nwidth = huge\n");
  const out = runToEnd(["--config", "/run/broken.conf"]);
  assert.equal(out.status, 2);
  assert.match(out.stderr, /\/run\/broken\.conf:2: width must be a number/);
  assert.equal(runToEnd(["--nonsense"]).status, 2);
  assert.match(runToEnd(["--version"]).stdout, /^stationd \d/);
  assert.equal(runToEnd(["--help"]).status, 0);
});

test("a damaged data base is moved aside; a newer one is left alone", async () => {
  await d.kill("SIGTERM");
  writeFileSync("/var/lib/stationmaster/state.db", "this is not a data base, is it? ".repeat(200));
  rmSync("/var/lib/stationmaster/state.db-wal", { force: true });
  await d.spawn();
  assert.match(d.output, /damaged; it was moved to .*broken-/);
  root = await d.root();
  await root.call("Sessions.Start", { user: "anna" });
  await d.kill("SIGTERM");
  const sql = spawnSync("python3", ["-c", "import sqlite3; c = sqlite3.connect('/var/lib/stationmaster/state.db'); c.execute('PRAGMA user_version=99'); c.commit()"], { encoding: "utf8" });
  assert.equal(sql.status, 0, sql.stderr);
  const out = runToEnd(["--config", "/run/stationd.conf"]);
  assert.equal(out.status, 1);
  assert.match(out.stderr, /newer version/);
  rmSync("/var/lib/stationmaster/state.db");
  await d.spawn();
  root = await d.root();
});

test("a full disk: log-offs and log-ins go on", async () => {
  await d.kill("SIGTERM");
  rmSync("/var/lib/stationmaster", { recursive: true });
  mkdirSync("/var/lib/stationmaster");
  assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", "/var/lib/stationmaster"]).status, 0);
  try {
    await d.spawn();
    root = await d.root();
    assert.notEqual(spawnSync("dd", ["if=/dev/zero", "of=/var/lib/stationmaster/fill", "bs=1k", "count=1000"]).status, 0);
    const relay = await openRelay(d);
    const st = await relay.station(1);
    await relay.logIn(st.station, "anna");
    const { token } = await relay.signIn("otto");
    // A block holds at once; that it would not outlive a restart is not kept back.
    const blocked = await relay.call("Blocks.Block", { users: ["anna"] }, { token });
    assert.deepEqual([blocked.targets[0].state, relay.scene(st.station).kind], ["failed", "block"]);
    assert.match(blocked.targets[0].reason, /could not be written/);
    const unset = await relay.fails("Chat.Set", { enabled: false }, { token });
    assert.deepEqual([unset.error, await relay.call("Chat.Get", {}, { token })], ["Chat.Failed", { enabled: true }]);
    const { job } = await relay.call("Sessions.LogOff", { users: ["anna"] }, { token });
    const done = await relay.call("Jobs.Wait", { job, timeout_ms: null }, { token });
    assert.deepEqual(done.job.targets.map((t) => t.state), ["done"]);
    assert.match(d.output, /state data base: .* free disk space/);
    relay.close();
  } finally {
    await d.kill("SIGTERM");
    spawnSync("umount", ["-l", "/var/lib/stationmaster"]);
    await d.spawn();
    root = await d.root();
  }
});

test("SIGHUP reads groups again, SIGTERM ends no session", async () => {
  await root.call("Sessions.Start", { user: "anna" });
  d.process.kill("SIGHUP");
  await until("reloaded", () => d.output.includes("groups were read again"));
  assert.equal(await d.kill("SIGTERM"), 0);
  await d.spawn();
  root = await d.root();
  assert.equal((await root.call("Sessions.List")).sessions.length, 1);
});
