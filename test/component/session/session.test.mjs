// SPDX-License-Identifier: GPL-3.0-or-later
// Open, OpenSource, LogOff and every other way a session ends, with real displays and desktops; once with
// logind and once without (INIT=none).
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Bed, password, until } from "./bed.mjs";

const logind = process.env.INIT !== "none";
const bed = new Bed(`t-session-${logind ? "logind" : "none"}`, logind ? [] : ["--init", "none"]);
const calm = { ask_ms: 3000, timeout_ms: 10000 };

before(async () => {
  await bed.up();
  if (!logind) await bed.sh(": >/run/utmp");
  for (const name of ["anna", "ben", "cem"]) await bed.user(name);
});
afterEach(() => bed.clear());
after(() => bed.down());

const pids = (user, name) => bed.sh(`pgrep -u ${user} ${name} || true`).then((t) => t.split("\n").filter(Boolean));

test("log in, open, look, log off", async () => {
  const h = await bed.helper();
  await h.call("Begin", bed.begin("anna"));
  assert.equal((await h.call("Answer", { answers: [password] })).done, true);
  assert.equal((await h.fails("LogOff", calm)).error, "WrongState");
  const before = Date.now();
  const { facts } = await h.call("Open", bed.openArgs("s1"));
  assert.equal(facts.display, `:${bed.display}`);
  assert.equal(facts.desktop, "test");
  assert.equal(facts.closing, false);
  assert.ok(Math.abs(facts.since_s * 1000 - before) < 20000);
  assert.deepEqual((await h.call("Describe")).facts, facts);
  assert.equal((await h.call("OpenSource")).rfb, "RFB 003.008\n");
  assert.match(await bed.sh("who"), new RegExp(`^anna +${facts.display} .*192.0.2.7`, "m"));

  const [desk] = await until("openbox", () => pids("anna", "openbox").then((p) => p[0] && p));
  const env = (await bed.sh(`tr '\\0' '\\n' </proc/${desk}/environ`)).split("\n");
  for (const v of [`DISPLAY=${facts.display}`, "USER=anna", "HOME=/home/anna", "DESKTOP_SESSION=test", "XDG_SESSION_TYPE=x11",
    "XDG_RUNTIME_DIR=/run/user/39201", "XAUTHORITY=/run/stationmaster/sessions/s1/display/xauthority"])
    assert.ok(env.includes(v), v);
  assert.equal(await bed.sh(`cat /proc/${desk}/oom_score_adj`), "0");
  assert.equal(await bed.sh(`ls /proc/${desk}/fd | sort -n | head -4 | tr '\\n' ' '`), "0 1 2 3"); // 3: its X connection
  assert.equal(await bed.sh(`awk '/^(Uid|Gid|Groups)/' /proc/${desk}/status | tr -s '\\t ' ' '`), "Uid: 39201 39201 39201 39201\nGid: 39201 39201 39201 39201\nGroups: 39201");
  if (logind) {
    const show = await bed.sh(`loginctl show-session ${facts.logind} -p Name -p Display -p Type -p Class -p Service -p Desktop -p State -p RemoteHost`);
    for (const line of ["Name=anna", `Display=${facts.display}`, "Type=x11", "Class=user", "Service=stationmaster", "Desktop=test", "State=active", "RemoteHost=192.0.2.7"])
      assert.ok(show.split("\n").includes(line), `${line} in ${show}`);
  } else {
    assert.equal(facts.logind, "");
  }
  const state = [];
  const ended = h.call("Watch");
  const end = await h.call("LogOff", calm, (m) => state.push(m.state));
  assert.equal(end.state, "done");
  assert.deepEqual(state, ["ending"]); // openbox takes SIGTERM as its way
  assert.equal((await ended).reason, "The session was logged off.");
  assert.equal((await h.closed).status, 0);
  await bed.gone(facts);
  assert.doesNotMatch(await bed.sh("who"), /anna/);
  if (logind) await until("the logind session is gone", async () => !(await bed.ok(`loginctl show-session ${facts.logind}`)));
});

test("only the user's processes are in the session's group; the helper is outside", async () => {
  const { h, facts } = await bed.session("s2", "ben");
  const [helper] = (await bed.sh("pgrep -x station-session")).split("\n");
  const group = (pid) => bed.sh(`cat /proc/${pid}/cgroup`);
  const [x] = await pids("ben", "Xvnc");
  const [desk] = await until("openbox", () => pids("ben", "openbox").then((p) => p[0] && p));
  assert.equal(await group(x), await group(desk));
  assert.notEqual(await group(x), await group(helper));
  assert.match(await group(x), logind ? new RegExp(`session-${facts.logind}\\.scope`) : /stationmaster-s2/);
  assert.doesNotMatch(await group(helper), /user\.slice|stationmaster-s2/);
  await h.call("LogOff", calm);
});

test("no display can be reached over TCP, an abstract socket, or by another user", async () => {
  const { h, facts } = await bed.session("s3", "anna");
  const n = facts.display.slice(1);
  const [x] = await pids("anna", "Xvnc");
  const sockets = await bed.sh(`ss -Hlxpa | grep 'pid=${x},' | grep LISTEN | awk '{print $5}' | sort`);
  assert.equal(sockets, `/run/stationmaster/sessions/s3/display/rfb.sock\n/tmp/.X11-unix/X${n}`);
  assert.equal(await bed.sh(`ss -Hltunp | grep 'pid=${x},' || true`), "");
  const as = (user, command) => bed.ok(`runuser -u ${user} -- ${command}`);
  assert.equal(await as("ben", `ls /run/stationmaster/sessions/s3/display`), false);
  assert.equal(await as("ben", `env DISPLAY=:${n} xset q`), false);
  assert.equal(await as("anna", `env DISPLAY=:${n} XAUTHORITY=/run/stationmaster/sessions/s3/display/xauthority xset q`), true);
  assert.equal(await as("anna", `test -w /run/stationmaster/sessions/s3/control.sock`), false);
  await h.call("LogOff", calm);
});

test("a restarted stationd finds the session on control.sock; parallel log-offs get one end", async () => {
  // Its end takes as long as its time-out, so that all three are there before it.
  const { h, facts } = await bed.session("s4", "ben", "/usr/local/bin/t-stubborn");
  const slow = { ask_ms: 200, timeout_ms: 1000 };
  await h.kill();
  const a = await bed.control("s4"), b = await bed.control("s4");
  assert.deepEqual((await a.call("Describe")).facts, facts);
  assert.equal((await b.call("OpenSource")).rfb, "RFB 003.008\n");
  assert.equal((await a.fails("Open", bed.openArgs("s99"))).error, "WrongState");
  const watch = b.call("Watch");
  const ends = await Promise.all([a.call("LogOff", slow), b.call("LogOff", slow), a.call("LogOff", slow)]);
  assert.deepEqual(ends.map((e) => e.state), ["forced", "forced", "forced"]);
  await watch;
  await bed.gone(facts);
  assert.equal(await bed.ok("test -e /run/stationmaster/ended/s4"), false);
});

test("nobody is there at the end: the result waits in a file", async () => {
  const { h, facts } = await bed.session("s5", "anna");
  await h.kill();
  await until("openbox", () => pids("anna", "openbox").then((p) => p[0]));
  await bed.sh("pkill -TERM -u anna openbox");
  const file = await until("the file", () => bed.sh("cat /run/stationmaster/ended/s5 2>/dev/null || true"));
  assert.equal(JSON.parse(file).forced, false);
  assert.match(JSON.parse(file).reason, /logged off|ended/);
  assert.equal(await bed.sh("stat -c %a /run/stationmaster/ended/s5"), "600");
  await bed.gone(facts);
});

test("a program that ignores SIGTERM is gone within the time-out and half a second", async () => {
  const { h, facts } = await bed.session("s6", "ben", "/usr/local/bin/t-stubborn");
  const state = [], started = Date.now();
  const end = await h.call("LogOff", { ask_ms: 200, timeout_ms: 1000 }, (m) => state.push(m.state));
  const ms = Date.now() - started;
  assert.equal(end.state, "forced");
  assert.deepEqual(state, ["ending"]);
  assert.ok(ms >= 1000 && ms < 1500, `${ms} ms`);
  await bed.gone(facts);
});

test("a second caller can only make it shorter", async () => {
  const { h, facts } = await bed.session("s7", "ben", "/usr/local/bin/t-stubborn");
  const first = h.call("LogOff", { ask_ms: 100, timeout_ms: 60000 });
  const started = Date.now();
  assert.equal((await h.call("LogOff", { ask_ms: 0, timeout_ms: 0 })).state, "forced");
  assert.equal((await first).state, "forced");
  assert.ok(Date.now() - started < 1000);
  await bed.gone(facts);
});

test("what the desktop leaves behind is ended; what ignores that is forced", async () => {
  await bed.write("/usr/local/bin/t-leaver", "#!/bin/bash\nsetsid sleep 99991 &\nxterm -e 'bash -i' &\nexec openbox\n", 0o755);
  let { h, facts } = await bed.session("s8", "cem", "/usr/local/bin/t-leaver");
  await until("the shell", () => pids("cem", "-x bash").then((p) => p[0]));
  assert.equal((await h.call("LogOff", calm)).state, "done");
  await bed.gone(facts);
  await bed.write("/usr/local/bin/t-daemon", "#!/bin/bash\n(trap '' TERM HUP; setsid sleep 99992 & while :; do sleep 1; done) &\nexec openbox\n", 0o755);
  ({ h, facts } = await bed.session("s9", "cem", "/usr/local/bin/t-daemon"));
  const started = Date.now();
  assert.equal((await h.call("LogOff", { ask_ms: 500, timeout_ms: 1000 })).state, "forced");
  assert.ok(Date.now() - started < 1500);
  await bed.gone(facts);
});

test("a fork bomb is ended with its session, and the helper answers while it burns", async () => {
  if (logind) await bed.sh("systemctl set-property --runtime user-39202.slice TasksMax=350");
  const { h, facts } = await bed.session("s10", "ben", "/usr/local/bin/t-bomb");
  await until("the bomb", async () => (await pids("ben", "t-bomb")).length > 200, 15000);
  assert.equal((await h.call("Describe")).facts.id, "s10");
  const started = Date.now();
  assert.equal((await h.call("LogOff", { ask_ms: 100, timeout_ms: 500 })).state, "forced");
  assert.ok(Date.now() - started < 2500, `${Date.now() - started} ms`);
  await bed.gone(facts);
});

test("xfce is asked in its own way and ends by itself", async () => {
  const { h, facts } = await bed.session("s11", "anna", "startxfce4", { desktop: "xfce", names: "XFCE" });
  await until("the panel", () => pids("anna", "xfce4-panel").then((p) => p[0]), 60000);
  const state = [];
  const end = await h.call("LogOff", { ask_ms: 30000, timeout_ms: 60000 }, (m) => state.push(m.state));
  assert.equal(state[0], "asking");
  assert.equal(end.state, "done");
  await bed.gone(facts);
});

test("a desktop that fails at once is reported with its last lines", async () => {
  const h = await bed.helper();
  await h.call("Begin", bed.begin("anna", { purpose: "start" }));
  const e = await h.fails("Open", bed.openArgs("s12", "/usr/local/bin/t-broken"));
  assert.equal(e.error, "Failed");
  assert.match(e.reason, /^The desktop "test" ended at once \(exit status 7\)/);
  assert.equal(e.output, "first line\nthe theme is missing");
  assert.equal((await h.closed).status, 0);
  await bed.gone({ id: "s12", display: `:${bed.display}`, person: { user: "anna" } });
});

test("a desktop that is not installed, a bad command line, a missing display server", async () => {
  const open = async (exec, prepare) => {
    const h = await bed.helper();
    await h.call("Begin", bed.begin("anna", { purpose: "start" }));
    return h.fails("Open", bed.openArgs("s13", exec));
  };
  let e = await open("/usr/bin/no-such-desktop --fast");
  assert.match(e.reason, /ended at once \(exit status \d+\)/);
  assert.match(e.output, /(Cannot start|failed to exec).*no-such-desktop.*: No such file or directory/);
  e = await open('"/usr/bin/openbox');
  assert.match(e.reason, /command line of the desktop file is not valid/);
  await bed.sh("mv /usr/bin/Xvnc /usr/bin/Xvnc.away");
  e = await open("openbox");
  await bed.sh("mv /usr/bin/Xvnc.away /usr/bin/Xvnc");
  assert.equal(e.reason, "The display server Xvnc is not installed; install tigervnc-standalone-server.");
  assert.equal(await bed.sh("ls /run/stationmaster/sessions"), "");
});

test("through the system's Xsession; its log tells why a desktop failed", async () => {
  const wrapper = "/etc/X11/Xsession";
  const { h, facts } = await bed.session("s14", "cem", "/usr/local/bin/t-desk", { wrapper });
  await until("openbox", () => pids("cem", "openbox").then((p) => p[0]));
  assert.equal((await h.call("LogOff", calm)).state, "done");
  await bed.gone(facts);
  const f = await bed.helper();
  await f.call("Begin", bed.begin("cem", { purpose: "start" }));
  const m = await f.raw("Open", bed.openArgs("s15", "/usr/local/bin/t-broken", { wrapper }));
  const e = m.error ? m.parameters : await f.call("Watch"); // a slow computer: it failed after Open was answered
  assert.match(e.output, /the theme is missing/);
});

test("a display number in use: InUse, and the same helper takes another", async () => {
  const n = bed.display + 1;
  await bed.sh(`setsid Xvnc :${n} -rfbport -1 -rfbunixpath /tmp/other.sock -SecurityTypes None >/dev/null 2>&1 & echo $! >/tmp/other.pid; i=0; until [ -S /tmp/.X11-unix/X${n} ]; do sleep 0.05; done`);
  const h = await bed.helper();
  await h.call("Begin", bed.begin("anna", { purpose: "start" }));
  assert.equal((await h.fails("Open", bed.openArgs("s16"))).error, "InUse");
  const { facts } = await h.call("Open", bed.openArgs("s16"));
  assert.equal(facts.display, `:${n + 1}`);
  await h.call("LogOff", calm);
  await bed.gone(facts);
  await bed.sh("kill $(cat /tmp/other.pid)");
  // What a dead server has left is no obstacle, and nothing a user puts there is removed as ours.
  await bed.sh(`touch /tmp/.X${n + 2}-lock; echo 999999 >/tmp/.X${n + 2}-lock`);
  const s = await bed.session("s17", "anna");
  assert.equal(s.facts.display, `:${n + 2}`);
  await s.h.call("LogOff", calm);
});

test("a socket that somebody else put in the place of the display's is refused", async () => {
  const { h, facts } = await bed.session("s18", "anna");
  const path = "/run/stationmaster/sessions/s18/display/rfb.sock";
  await bed.sh(`runuser -u anna -- sh -c "rm ${path}; setsid perl -MIO::Socket::UNIX -e '\\$s = IO::Socket::UNIX->new(Local => \\"${path}\\", Listen => 1); sleep 99' >/dev/null 2>&1 &"; until [ -S ${path} ]; do sleep 0.05; done`);
  const e = await h.fails("OpenSource", {});
  assert.equal(e.error, "Failed");
  assert.match(e.reason, /does not belong to its display server/);
  await h.call("LogOff", calm);
  await bed.sh("pkill -u anna perl || true");
  await bed.gone(facts);
});

/** How a session ends when act is done to it: the answer to Watch. */
const ending = async (id, user, act, exec) => {
  const { h, facts } = await bed.session(id, user, exec);
  await until("the desktop", () => pids(user, "openbox").then((p) => exec || p[0]));
  const watch = h.call("Watch");
  await act({ h, facts });
  const started = Date.now();
  const end = { ...(await watch), ms: Date.now() - started };
  assert.equal((await h.closed).status, 0);
  await bed.gone(facts);
  return end;
};

test("ended by its user in the desktop's menu", async () => {
  await bed.write("/usr/local/bin/t-menu", "#!/bin/sh\nxterm &\nuntil [ -e ~/leave ]; do sleep 0.1; done\n", 0o755);
  const end = await ending("s20", "cem", async () => {
    await new Promise((done) => setTimeout(done, 3100)); // sooner would be "ended at once"
    await bed.sh("touch /home/cem/leave");
  }, "/usr/local/bin/t-menu");
  assert.equal(end.reason, "The user logged off.");
  assert.equal(end.output, "");
});

test("all processes killed by their user", async () => {
  const end = await ending("s21", "ben", () => bed.sh("runuser -u ben -- bash -c 'kill -9 -1' || true"));
  assert.equal(end.reason, "The session was ended from outside.");
  assert.ok(end.ms < 500, `${end.ms} ms`);
});

test("the display server crashes: said so, with its last words", async () => {
  const end = await ending("s22", "ben", () => bed.sh("pkill -SEGV -u ben Xvnc"));
  assert.match(end.reason, /^The display server ended unexpectedly/);
  assert.match(end.output, /Xvnc TigerVNC|Segmentation fault|vncext/);
});

test("the desktop crashes", async () => {
  await bed.write("/usr/local/bin/t-crash", "#!/bin/sh\nsleep 3.2\necho 'assertion failed'\nkill -ABRT $$\n", 0o755);
  const end = await ending("s23", "ben", () => {}, "/usr/local/bin/t-crash");
  assert.match(end.reason, /^The desktop "test" ended unexpectedly \((signal 6|exit status 134)/);
  assert.match(end.output, /^assertion failed/);
});

test("the helper is told to stop: the session ends properly", async () => {
  const end = await ending("s24", "ben", () => bed.sh("pkill -TERM -x station-session"));
  assert.equal(end.reason, "The session was ended because its service was stopped.");
});

test("loginctl terminate-session", { skip: !logind }, async () => {
  const end = await ending("s25", "ben", ({ facts }) => bed.sh(`loginctl terminate-session ${facts.logind}`));
  assert.equal(end.reason, "The session was ended from outside.");
  assert.ok(end.ms < 1000, `${end.ms} ms`);
});

test("language and limits are the system's; limits do not reach the helper", async () => {
  await bed.sh("echo 'LANG=de_DE.UTF-8' >/etc/default/locale; echo 'cem hard nofile 300' >>/etc/security/limits.conf; echo 'cem hard cpu 1' >>/etc/security/limits.conf");
  await bed.write("/usr/local/bin/t-env", "#!/bin/sh\nxterm &\nexec sleep 100\n", 0o755);
  const { h, facts } = await bed.session("s28", "cem", "/usr/local/bin/t-env");
  const [desk] = await pids("cem", "-x sleep");
  const limit = (pid, name) => bed.sh(`awk '/^Max ${name}/ {print $(NF-1)}' /proc/${pid}/limits`);
  assert.match(await bed.sh(`tr '\\0' '\\n' </proc/${desk}/environ`), /^LANG=de_DE.UTF-8$/m);
  const limited = [desk];
  if (await bed.ok("prlimit --nofile=300:300 sh -c 'ulimit -Hn 400'")) { // CAP_SYS_RESOURCE
    const [helper] = (await bed.sh("pgrep -x station-session")).split("\n");
    assert.notEqual(await limit(helper, "open files"), "300");
    assert.equal(await limit(helper, "cpu time"), "unlimited");
    limited.push(...(await pids("cem", "Xvnc")));
  }
  for (const pid of limited) {
    assert.equal(await limit(pid, "open files"), "300");
    assert.equal(await limit(pid, "cpu time"), "60");
  }
  assert.equal((await h.call("LogOff", calm)).state, "done");
  await bed.gone(facts);
  await bed.sh("rm /etc/default/locale; sed -i /cem/d /etc/security/limits.conf");
});

test("xfce through the system's Xsession", async () => {
  const { h, facts } = await bed.session("s29", "anna", "startxfce4", { desktop: "xfce", names: "XFCE", wrapper: "/etc/X11/Xsession" });
  await until("the panel", () => pids("anna", "xfce4-panel").then((p) => p[0]), 60000);
  const state = [];
  const end = await h.call("LogOff", { ask_ms: 30000, timeout_ms: 60000 }, (m) => state.push(m.state));
  assert.equal(state[0], "asking");
  assert.equal(end.state, "done");
  await bed.gone(facts);
});

test("a flood of output slows its writer, not the helper", async () => {
  await bed.write("/usr/local/bin/t-flood", "#!/bin/sh\nyes 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'\n", 0o755);
  const { h, facts } = await bed.session("s26", "cem", "/usr/local/bin/t-flood");
  const [helper] = (await bed.sh("pgrep -x station-session")).split("\n");
  const ticks = () => bed.sh(`awk '{print $14 + $15}' /proc/${helper}/stat`).then(Number);
  const before = await ticks();
  await new Promise((done) => setTimeout(done, 1000));
  assert.ok((await ticks()) - before <= 10, "more than a tenth of a processor");
  assert.equal((await h.call("Describe")).facts.id, "s26");
  await h.call("LogOff", calm);
  await bed.gone(facts);
});

test("the helper is small", async () => {
  const { h } = await bed.session("s27", "anna");
  const [helper] = (await bed.sh("pgrep -x station-session")).split("\n");
  const pss = Number(await bed.sh(`awk '/^Pss:/ {print $2}' /proc/${helper}/smaps_rollup`));
  if (!(await bed.ok(`grep -q libasan /proc/${helper}/maps`))) assert.ok(pss > 0 && pss <= 2048, `${pss} KiB`);
  await h.call("LogOff", calm);
});
