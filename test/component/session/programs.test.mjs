// SPDX-License-Identifier: GPL-3.0-or-later
// What runs in a session, starting and closing programs; once with logind and once without (INIT=none).
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, until as wait } from "./bed.mjs";

const logind = process.env.INIT !== "none";
const bed = new Bed(`t-programs-${logind ? "logind" : "none"}`, logind ? [] : ["--init", "none"]);

before(async () => {
  await bed.up();
  await bed.sh(`mkdir -p /usr/libexec/stationmaster; ln -sf ${process.env.STATION_WINDOWS} /usr/libexec/stationmaster/station-windows`);
  // A desktop whose start-up file adds to the environment, and a window that does not listen.
  await bed.write("/usr/local/bin/t-env", "#!/bin/sh\nMARK=kiwi; export MARK\nexec openbox\n", 0o755);
  await bed.write("/usr/local/bin/t-deaf", "#!/bin/sh\ntrap '' TERM HUP\n: >/tmp/t-deaf.$$\nwhile :; do sleep 1; done\n", 0o755);
  for (const name of ["anna", "ben"]) await bed.user(name);
});
afterEach(() => bed.clear());
after(() => bed.down());

/** xterm sometimes takes five seconds to map its window while openbox is just starting. */
const until = (what, fn) => wait(what, fn, 15000);
/** A session whose desktop has come up: until then its start-up files may still run. */
const session = async (id, user) => {
  const it = await bed.session(id, user, "/usr/local/bin/t-env");
  await until("openbox", () => find(it.h, "openbox"));
  return it;
};
const find = async (h, name) => (await h.call("Processes")).processes.find((p) => p.name === name);
/** t-deaf, when it is deaf already. */
const deaf = (h) => until("t-deaf", async () => {
  const p = await find(h, "t-deaf");
  return p && (await bed.ok(`test -e /tmp/t-deaf.${p.pid}`)) && p;
});
const windows = async (h) => (await h.call("Windows")).windows;

test("a program runs as the user, in the group and the environment of the desktop", async () => {
  const { h, facts } = await session("s1", "anna");
  const { pid } = await h.call("Run", { exec: 'xterm -T "Ein Fenster — ü"', arguments: ["-e", "sleep 1000"] });
  const p = await until("xterm", async () => {
    const x = await find(h, "xterm");
    return x?.memory_kib > 2000 && x;
  });
  assert.equal(p.command, "xterm -T Ein Fenster — ü -e sleep 1000");
  assert.ok(p.memory_kib < 100000);
  const env = (await bed.sh(`tr '\\0' '\\n' </proc/${p.pid}/environ`)).split("\n");
  for (const v of ["MARK=kiwi", `DISPLAY=${facts.display}`, "USER=anna", "HOME=/home/anna"]) assert.ok(env.includes(v), v);
  assert.equal(await bed.sh(`awk '/^Uid/ {print $2}' /proc/${p.pid}/status`), "39201");
  assert.equal(await bed.sh(`cut -d: -f3 /proc/${p.pid}/cgroup | sort -u | tail -1`),
    await bed.sh(`cut -d: -f3 /proc/$(pgrep -u anna openbox)/cgroup | sort -u | tail -1`));
  assert.ok(pid > 1);
  const usage = await until("the desktop, xterm, and what runs in it", async () => {
    const u = await h.call("Usage");
    return u.processes >= 3 && u;
  });
  assert.ok(usage.memory_kib > 3000 && usage.memory_kib < 300000, JSON.stringify(usage));
  const list = (await h.call("Processes")).processes;
  assert.equal(list.find((x) => x.name.startsWith("Xvnc") || x.name.startsWith("Xtigervnc")), undefined, "the display server is not theirs");
  assert.ok(list.every((x) => x.start > 0));
});

test("windows: title, program, which is in front; changes are told", async () => {
  const { h, facts } = await session("s2", "anna");
  assert.deepEqual(await windows(h), []);
  const seen = [];
  const watcher = await bed.control("s2");
  const watching = watcher.raw("Windows", {}, (m) => seen.push(m.windows));
  watching.catch(() => {});
  await until("first list", () => seen.length > 0);
  await h.call("Run", { exec: 'xterm -T Erstes -e "sleep 1000"' });
  await until("window", () => seen.at(-1).length === 1 && seen.at(-1)[0].active);
  await h.call("Run", { exec: 'xterm -T "<b>Zweites</b>" -e "sleep 1000"' });
  await until("two", () => seen.at(-1).length === 2 && seen.at(-1)[0].active && seen.at(-1)[0].title !== "Erstes");
  const [front, back] = seen.at(-1);
  assert.deepEqual([front.title, front.class, back.title, back.active], ["<b>Zweites</b>", "XTerm", "Erstes", false]);
  assert.equal((await find(h, "xterm")).pid > 1, true);
  assert.ok([front.pid, back.pid].every((pid) => pid > 1));
  assert.deepEqual(await windows(h), seen.at(-1), "asking once does not disturb");
  // The helper is nobody, and goes when nobody watches.
  const helper = await bed.sh("pgrep -x station-windows | head -1 || pgrep -f station-windows | head -1");
  assert.match(await bed.sh(`awk '/^Uid/ {print $2}' /proc/${helper}/status`), /^65534$/);
  watcher.kill();
  await until("helper gone", () => bed.ok(`test ! -e /proc/${helper}`));
  assert.equal((await h.call("Describe")).facts.id, facts.id);
});

test("closed by its window, by SIGTERM, by force; never another process", async () => {
  const { h } = await session("s3", "anna");
  await h.call("Run", { exec: 'xterm -e "sleep 1000"' });
  await until("window", async () => (await windows(h)).length === 1);
  const x = await find(h, "xterm");
  assert.deepEqual(await h.call("CloseProgram", { pid: x.pid, start: x.start, force_ms: 5000 }), { state: "done" });
  await h.call("Run", { exec: "sleep 1000" });
  const s = await until("sleep", () => find(h, "sleep"));
  assert.equal((await h.fails("CloseProgram", { pid: s.pid, start: s.start + 1, force_ms: 0 })).error, "Failed");
  assert.deepEqual(await h.call("CloseProgram", { pid: s.pid, start: s.start, force_ms: 5000 }), { state: "done" });
  await h.call("Run", { exec: "t-deaf" });
  const d = await deaf(h);
  const begun = Date.now();
  assert.deepEqual(await h.call("CloseProgram", { pid: d.pid, start: d.start, force_ms: 500 }), { state: "forced" });
  assert.ok(Date.now() - begun >= 500);
  assert.match((await h.fails("CloseProgram", { pid: d.pid, start: d.start, force_ms: 0 })).reason, /does not run/);
  // By name: all of them, and no other.
  for (const n of [1, 2]) await h.call("Run", { exec: `sleep ${n}000` });
  await until("two", async () => (await h.call("Processes")).processes.filter((p) => p.name === "sleep").length === 2);
  assert.deepEqual(await h.call("CloseByName", { name: "sleep", force_ms: 5000 }), { closed: 2, forced: 0, asking: 0 });
  assert.deepEqual(await h.call("CloseByName", { name: "sleep", force_ms: 5000 }), { closed: 0, forced: 0, asking: 0 });
  // By the class of a window, which is not the name of the program; "xterm" is no class.
  await h.call("Run", { exec: 'xterm -name Notes -class Notebook -e "sleep 1000"' });
  await h.call("Run", { exec: 'xterm -e "sleep 1000"' });
  await until("two windows", async () => (await windows(h)).length === 2);
  assert.deepEqual(await h.call("CloseByName", { name: "Notebook", force_ms: 5000 }), { closed: 1, forced: 0, asking: 0 });
  await until("one window", async () => (await windows(h)).map((w) => w.class).join() === "XTerm");
  // Never by force: asked, left alone, and said so.
  await h.call("Run", { exec: "t-deaf" });
  const left = await deaf(h);
  assert.deepEqual(await h.call("CloseProgram", { pid: left.pid, start: left.start, force_ms: -1 }), { state: "asking" });
  const many = await h.call("CloseByName", { name: "t-deaf", force_ms: -1 });
  assert.deepEqual([many.asking, many.forced], [1, 0]); // it may just be starting its sleep, under its own name
  assert.equal((await find(h, "t-deaf")).pid, left.pid);
  // Of somebody else, of root, of ours.
  const other = await session("s4", "ben");
  const o = await until("openbox", () => find(other.h, "openbox"));
  assert.equal((await h.fails("CloseProgram", { pid: o.pid, start: o.start, force_ms: 0 })).error, "Failed");
  for (const name of ["Xtigervnc", "station-session"]) {
    const pid = Number(await bed.sh(`pgrep -o -f ${name}`));
    const start = Number(await bed.sh(`sed 's/.*)//' /proc/${pid}/stat | awk '{print $20}'`));
    assert.equal((await h.fails("CloseProgram", { pid, start, force_ms: 0 })).error, "Failed", name);
  }
});

test("what cannot be started is said", async () => {
  const { h } = await session("s5", "anna");
  assert.equal((await h.fails("Run", { exec: "no-such-program" })).reason, "There is no such program on this system.");
  assert.match((await h.fails("Run", { exec: "/etc/passwd" })).reason, /Permission denied/);
  for (const exec of ["", " ", 'xterm "open']) assert.match((await h.fails("Run", { exec })).error, /Failed|InvalidParameter/, exec);
  await h.call("Run", { exec: "echo $(touch /tmp/t-shell) ; touch /tmp/t-shell" });
  await until("echo has ended", async () => !(await find(h, "echo")));
  assert.equal(await bed.ok("test -e /tmp/t-shell"), false, "no shell");
});

test("a window whose program does not tell its pid is known by its maker, and closes", async () => {
  const { h } = await session("s9", "ben");
  await h.call("Run", { exec: "xclock" });
  const one = async (title) => {
    const list = await windows(h);
    return list.length === 1 && list[0].title === title && list[0];
  };
  const { id } = await until("window", () => one("xclock"));
  const p = await find(h, "xclock");
  await h.call("Run", { exec: "sh", arguments: ["-c", `xprop -id ${id} -remove _NET_WM_PID; xprop -id ${id} _NET_WM_PID >/tmp/t-pid; xprop -id ${id} -f WM_NAME 8s -set WM_NAME Untold`] });
  const window = await until("it is told again", () => one("Untold"));
  assert.match(await bed.sh("cat /tmp/t-pid"), /not found/);
  assert.deepEqual([window.class, window.pid], ["XClock", p.pid]);
  assert.deepEqual(await h.call("CloseProgram", { pid: p.pid, start: p.start, force_ms: -1 }), { state: "done" }, "asked, not killed");
  await until("no window", async () => (await windows(h)).length === 0);
});

test("an X server that stops answering, and a session that ends, end no caller's wait", async () => {
  const { h, facts } = await session("s6", "anna");
  const server = await bed.sh(`pgrep -u anna -f 'Xvnc ${facts.display} |Xtigervnc ${facts.display} '`);
  await bed.sh(`kill -STOP ${server}`);
  assert.match((await h.fails("Windows")).reason, /cannot be listed/);
  await bed.sh(`kill -CONT ${server}`);
  assert.deepEqual(await windows(h), []);
  await h.call("Run", { exec: "t-deaf" });
  const d = await deaf(h);
  const closing = h.raw("CloseProgram", { pid: d.pid, start: d.start, force_ms: 600000 });
  closing.catch(() => {});
  await h.call("LogOff", { ask_ms: 0, timeout_ms: 500 });
  await closing;
});
