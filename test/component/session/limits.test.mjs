// SPDX-License-Identifier: GPL-3.0-or-later
// What a session may use at most: in force before its desktop starts, also for what its user runs beside it,
// counted where it was hit; once with logind and once without (INIT=none).
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, noLimits, until as wait } from "./bed.mjs";

const logind = process.env.INIT !== "none";
const bed = new Bed(`t-limits-${logind ? "logind" : "none"}`, logind ? [] : ["--init", "none"]);
const until = (what, fn) => wait(what, fn, 20000);
const only = logind ? {} : { skip: "without systemd the controllers of this computer cannot be had" };

before(async () => {
  await bed.up();
  for (const name of ["anna", "ben"]) await bed.user(name);
  // Takes memory and keeps it, in steps, until it is stopped.
  await bed.write("/usr/local/bin/t-hog", "#!/usr/bin/perl\nmy @a; for (1 .. 4096) { push @a, 'x' x 1048576; select undef, undef, undef, 0.002 } sleep 1000\n", 0o755);
  // Many processes, as fast as it goes. What fails is tried again.
  await bed.write("/usr/local/bin/t-many", "#!/usr/bin/perl\nfor (1 .. 3000) { my $p = fork(); next unless defined $p; if (!$p) { sleep 1000; exit } } sleep 1000\n", 0o755);
});
afterEach(() => bed.clear());
after(() => bed.down());

const limits = { ...noLimits, memory_kib: 300 * 1024, tasks: 120, cpu_weight: 50, cpu_quota_percent: 150 };
const hits = (h, given = limits) => h.call("Limit", { limits: given });
const show = async (unit) => Object.fromEntries((await bed.sh(
  `systemctl show -p MemoryMax -p TasksMax -p CPUWeight -p CPUQuotaPerSecUSec ${unit}`)).split("\n").map((l) => l.split("=")));
/** A member of the group of this process, wherever its controller is (v1 or v2). */
const inGroup = (pid, controller, files) => bed.sh(
  `p=$(grep -m1 ':${controller}\\|,${controller}:\\|:[a-z,]*${controller}[a-z,]*:' /proc/${pid}/cgroup | cut -d: -f3); for f in ${files}; do cat /sys/fs/cgroup/${controller}$p/$f /sys/fs/cgroup$p/$f 2>/dev/null; done | head -1`);

test("limits are in force before the desktop starts, for the session and for its user", only, async () => {
  await bed.write("/usr/local/bin/t-look", "#!/bin/sh\nulimit -a >/dev/null; cat /proc/self/cgroup >$HOME/cgroup; exec openbox\n", 0o755);
  const { h, facts } = await bed.session("s1", "anna", "/usr/local/bin/t-look", { limits });
  const expected = { MemoryMax: String(300 * 1024 * 1024), TasksMax: "120", CPUWeight: "50", CPUQuotaPerSecUSec: "1.500000s" };
  assert.deepEqual(await show(`session-${facts.logind}.scope`), expected);
  assert.deepEqual(await show("user-39201.slice"), expected);
  const pid = await bed.sh("pgrep -u anna -x openbox");
  assert.match(await bed.sh("cat /home/anna/cgroup"), new RegExp(`(memory|0:):.*session-${facts.logind}.scope`));
  assert.equal(await inGroup(pid, "memory", "memory.limit_in_bytes memory.max"), String(300 * 1024 * 1024));
  assert.equal(await inGroup(pid, "pids", "pids.max"), "120");
  assert.deepEqual(await hits(h), { in_force: true, memory_hits: 0, task_hits: 0 });
  // The display server goes last, where root may say so (CAP_SYS_RESOURCE).
  const may = await bed.ok("sh -c 'echo -1 >/proc/self/oom_score_adj'");
  assert.equal(await bed.sh("cat /proc/$(pgrep -u anna 'Xvnc|Xtigervnc')/oom_score_adj"), may ? "-500" : "0");
  assert.equal(await bed.sh(`cat /proc/${pid}/oom_score_adj`), "0");
});

test("a memory hog is killed, its session lives and the helper tells", only, async () => {
  const { h } = await bed.session("s2", "anna", "/usr/local/bin/t-desk", { limits });
  const told = [];
  const watcher = await bed.control("s2");
  watcher.raw("Limit", { limits }, (m) => told.push(m)).catch(() => {});
  await until("the first reply", () => told.length > 0);
  assert.deepEqual(told[0], { in_force: true, memory_hits: 0, task_hits: 0 });
  await h.call("Run", { exec: "t-hog" });
  await until("the hit is told", () => told.some((m) => m.memory_hits > 0));
  await until("the hog is gone", () => bed.ok("! pgrep -u anna -x t-hog"));
  assert.ok(await bed.ok("pgrep -u anna -x openbox"), "the desktop lives");
  assert.equal((await h.call("LogOff", { ask_ms: 1000, timeout_ms: 5000 })).state, "done");
});

test("what the user's own systemd runs does not escape", only, async () => {
  const { h } = await bed.session("s3", "anna", "/usr/local/bin/t-desk", { limits });
  const run = (exec) => bed.sh(`cd /; setpriv --reuid 39201 --regid 39201 --clear-groups env -i PATH=/usr/local/bin:/usr/bin:/bin XDG_RUNTIME_DIR=/run/user/39201 systemd-run --user -q ${exec}`);
  await run("--unit hog t-hog");
  await until("the hog outside of the session is killed and counted", async () => (await hits(h)).memory_hits > 0 && bed.ok("! pgrep -u anna -x t-hog"));
  await run("--unit many t-many");
  await until("no more processes", async () => Number(await bed.sh("ps -u anna -o pid= | wc -l")) > 100);
  assert.ok(Number(await bed.sh("ps -eLo user | grep -c ^anna")) <= 125);
  await until("counted", async () => (await hits(h)).task_hits > 0);
});

test("a fork bomb stays within its tasks, and the session is logged off in time", only, async () => {
  const { h, facts } = await bed.session("s4", "anna", "/usr/local/bin/t-desk", { limits });
  await h.call("Run", { exec: "t-bomb" });
  await until("the limit is hit", async () => (await hits(h)).task_hits > 0);
  assert.ok(Number(await bed.sh("ps -eLo user | grep -c ^anna")) <= 125);
  const started = Date.now();
  await h.call("LogOff", { ask_ms: 500, timeout_ms: 2000 });
  assert.ok(Date.now() - started < 5000, `took ${Date.now() - started} ms`);
  await bed.gone(facts);
});

test("limits change while the session runs, and another log-in begins with none counted", only, async () => {
  const { h, facts } = await bed.session("s5", "anna", "/usr/local/bin/t-desk", { limits });
  const more = { ...limits, memory_kib: 500 * 1024, tasks: 0, sessions: 2, cpu_quota_percent: 0 };
  assert.deepEqual(await hits(h, more), { in_force: true, memory_hits: 0, task_hits: 0 });
  assert.deepEqual(await show(`session-${facts.logind}.scope`), { MemoryMax: String(500 * 1024 * 1024), TasksMax: "infinity", CPUWeight: "50", CPUQuotaPerSecUSec: "infinity" });
  assert.deepEqual(await show("user-39201.slice"), { MemoryMax: String(1000 * 1024 * 1024), TasksMax: "infinity", CPUWeight: "50", CPUQuotaPerSecUSec: "infinity" });
});

test("bad limits are refused", async () => {
  const { h } = await bed.session("s6", "ben", "/usr/local/bin/t-desk");
  for (const wrong of [null, {}, { ...limits, cpu_weight: 0 }, { ...limits, tasks: -1 }, { ...limits, other: 1 }, { ...limits, memory_kib: "1" }])
    assert.equal((await h.fails("Limit", { limits: wrong })).error, "InvalidParameter", JSON.stringify(wrong));
  assert.deepEqual(Object.keys(await hits(h, noLimits)).sort(), ["in_force", "memory_hits", "task_hits"]);
});
