// SPDX-License-Identifier: GPL-3.0-or-later
// The core of the product, tested the same way with systemd-logind and without it: log in, log off, suspend,
// resume, and what survives the death of the daemons. Pupils of the demo have no session when it starts.
import assert from "node:assert/strict";
import { StationTab } from "./browser.js";
import { check, type Demo } from "./demo.js";
import { Rfb } from "./rfb.js";
import type { Session } from "./types.js";
import { limit, until } from "./wait.js";

/** Everything of a session is gone: processes, display socket, run folder, logind session. */
export async function gone(demo: Demo, session: Session, timeout = 10_000): Promise<void> {
  await ended(demo, session, timeout);
  const number = session.display.slice(1);
  assert.equal(await demo.test(`[ -e /tmp/.X11-unix/X${number} ] || [ -e /tmp/.X${number}-lock ] || [ -e /run/stationmaster/sessions/${session.id} ]`), false,
    "sockets, lock or folder of the display are left");
}

/** Everything of a session that can run or be reached is gone. A helper that was killed leaves empty places behind. */
export async function ended(demo: Demo, session: Session, timeout = 10_000): Promise<void> {
  await until(`${session.user}'s session is gone`, async () => (await demo.sessions()).every((s) => s.id !== session.id), timeout);
  await until(`no process of ${session.user} is left on ${session.display}`, async () =>
    !(await demo.test(`grep -lsqz '^DISPLAY=${session.display}$' $(pgrep -u ${session.user} | sed 's,.*,/proc/&/environ,') </dev/null`)), timeout);
  if (demo.logind) {
    await until(`logind has forgotten session ${session.logind}`, async () =>
      !(await demo.sh("loginctl list-sessions --no-legend")).split("\n").some((l) => l.trim().split(/\s+/)[0] === session.logind), timeout);
  }
}

/** A program in the session that can be told again by its pid. */
export async function marker(demo: Demo, user: string): Promise<number> {
  return demo.inSession(user, "sleep 123456");
}

/** A program in the session that ignores what asks it to end, once that is so. */
export async function hungProgram(demo: Demo, user: string): Promise<number> {
  const pid = await demo.inSession(user, `bash -c 'trap "" TERM HUP INT QUIT; : >/tmp/hung-$$; while :; do read -t 100 <> <(:); done'`);
  await until("the program ignores signals", () => demo.test(`[ -e /tmp/hung-${pid} ]`));
  return pid;
}

export async function suspendedSession(demo: Demo, user: string): Promise<Session> {
  return until(`${user} has a suspended session`, async () => (await demo.sessions()).find((s) => s.user === user && s.state === "suspended"));
}

export async function activeSession(demo: Demo, user: string, stations = 1): Promise<Session> {
  return until(`${user} has an active session`, async () =>
    (await demo.sessions()).find((s) => s.user === user && s.state === "active" && s.stations.length === stations));
}

export function coreTests(demo: Demo): void {
  const pupil = (i: number) => demo.pupils[i]!;

  check(demo, "session start gives a suspended session that is ready", async () => {
    await demo.clear();
    const started = await demo.ctl(["session", "start", pupil(0).name, "--json"]);
    assert.equal(started.code, 0, started.stderr);
    const session = await suspendedSession(demo, pupil(0).name);
    assert.equal(session.type, "x11");
    assert.match(session.display, /^:\d+$/);
    assert.deepEqual(session.stations, []);
    assert.equal(session.logind !== "", demo.logind);
    assert.ok((await demo.pids(pupil(0).name, "Xvnc|Xtigervnc")).length >= 1, "the display runs as the user");
    assert.ok((await demo.pids(pupil(0).name, "openbox")).length >= 1, "the desktop runs as the user");
  });

  check(demo, "log in at a browser station, type, log off at the station", async () => {
    const station = await StationTab.open(demo, pupil(1));
    const session = await activeSession(demo, pupil(1).name);
    // Every line: the first one may have begun before the window had the keyboard.
    await demo.inSession(pupil(1).name, `xterm -fullscreen -e bash -c 'while read -r line; do echo "$line" >>~/typed; done'`);
    await until("the terminal is there", async () => (await demo.pids(pupil(1).name, "xterm")).length > 0);
    // Clicked where no other window of the pupil can lie on top of it.
    await until("keys arrive in the terminal", async () => {
      await station.page.mouse.click(700, 760);
      await station.page.keyboard.type("hello from the station");
      await station.page.keyboard.press("Enter");
      return demo.test(`grep -q 'from the station' /home/${pupil(1).name}/typed`);
    });
    await station.panel("Log off");
    await station.page.getByRole("dialog").getByRole("button", { name: "Log off", exact: true }).click();
    await station.greeter();
    await gone(demo, session);
    assert.deepEqual(station.problems, []);
    await station.close();
  });

  check(demo, "log in by VeNCrypt X509Plain", async () => {
    const rfb = await Rfb.connect(demo.vnc, { login: { user: pupil(2).name, password: pupil(2).password } });
    await activeSession(demo, pupil(2).name);
    await rfb.see("the desktop", (r) => r.colours() > 3);
    rfb.close();
    await suspendedSession(demo, pupil(2).name);
  });

  check(demo, "suspend at one station, resume at another, with the same programs running", async () => {
    const first = await StationTab.open(demo, pupil(3));
    const before = await activeSession(demo, pupil(3).name);
    const pid = await marker(demo, pupil(3).name);
    await first.panel("Suspend");
    await first.greeter();
    await suspendedSession(demo, pupil(3).name);
    assert.ok(await demo.test(`kill -0 ${pid}`), "the program runs on while suspended");
    const second = await StationTab.open(demo, pupil(3));
    const after = await activeSession(demo, pupil(3).name);
    assert.equal(after.id, before.id);
    assert.notDeepEqual(after.stations, before.stations);
    assert.equal(await demo.sh(`ps -o args= -p ${pid}`), "sleep 123456");
    await first.close();
    await second.close();
  });

  check(demo, "a log-in elsewhere moves the session", async () => {
    const first = await StationTab.open(demo, pupil(4));
    const before = await activeSession(demo, pupil(4).name);
    const second = await StationTab.open(demo, pupil(4));
    await first.greeter();
    const after = await activeSession(demo, pupil(4).name);
    assert.equal(after.id, before.id);
    assert.notDeepEqual(after.stations, before.stations);
    await first.close();
    await second.close();
  });

  check(demo, "log off several: all gone, nothing left", async () => {
    const users = [0, 2, 3].map((i) => pupil(i).name);
    const sessions = (await demo.sessions()).filter((s) => users.includes(s.user));
    assert.equal(sessions.length, 3);
    const result = await demo.ctl(["session", "logoff", ...users, "--wait"]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    for (const session of sessions) await gone(demo, session);
    for (const user of users) assert.equal(await demo.processCount(user), 0, `processes of ${user} are left`);
  });

  check(demo, "a program that ignores SIGTERM and SIGHUP is ended by force and delays no other", async () => {
    const [hung, other] = [pupil(0).name, pupil(2).name];
    const sessions = await demo.startSessions([hung, other]);
    const pid = await hungProgram(demo, hung);
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { users: [hung, other], timeout_ms: 3000 });
    await until("the other session has ended", async () => {
      const target = (await demo.job(job)).targets.find((t) => t.user === other);
      return target?.state === "done" || target?.state === "forced";
    }, limit(2500));
    const job1 = await demo.finished(job, limit(3000 + 1000));
    assert.equal(job1.targets.find((t) => t.user === hung)?.state, "forced");
    assert.equal(await demo.test(`kill -0 ${pid}`), false, "the hung program is left");
    for (const session of sessions) await gone(demo, session);
  });

  for (const how of ["stationd", "station-relay", "stationd station-relay"]) {
    check(demo, `kill -9 of ${how.replace(" ", " and ")}: no session ends, the station comes back within 2 s`, async () => {
      const user = pupil(5);
      const station = await StationTab.open(demo, user);
      const before = await activeSession(demo, user.name);
      const pid = await marker(demo, user.name);
      const daemons = how.split(" ");
      const old = await Promise.all(daemons.map((d) => demo.daemon(d)));
      const t0 = Date.now();
      await demo.sh(`kill -9 ${old.join(" ")}`);
      await until("the daemons run again", async () => (await Promise.all(daemons.map((d) => demo.daemon(d)))).every((p, i) => p && p !== old[i]), 5000);
      await until("the station shows the session again", async () => {
        const now = await demo.sessionOf(user.name);
        return now?.id === before.id && now.state === "active" && now.stations.join() === before.stations.join()
          && (await station.page.locator(".screen[data-stream=open]").count()) === 1;
      }, 5000);
      const took = Date.now() - t0;
      assert.ok(took <= limit(2000 + 500), `the station came back after ${took} ms`); // 500: what it takes us to see it
      await station.desktop();
      assert.ok(await demo.test(`kill -0 ${pid}`), "a program of the session has ended");
      // And it is alive, not a still: what changes in the session is seen at the station.
      await demo.inSession(user.name, "xsetroot -solid '#12ab34'");
      await until("the picture follows the session", () => station.sees(0x12, 0xab, 0x34));
      await station.close();
    });
  }

  check(demo, "log off all", async () => {
    for (const i of [0, 1]) if (!(await demo.sessionOf(pupil(i).name))) await demo.startSession(pupil(i).name);
    const sessions = await demo.sessions();
    assert.ok(sessions.length >= 3, `only ${sessions.length} sessions`);
    const result = await demo.ctl(["session", "logoff", "--all", "--wait", "--json"]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    for (const session of sessions) await gone(demo, session);
    for (const p of demo.pupils) assert.equal(await demo.processCount(p.name), 0, `processes of ${p.name} are left`);
  });
}
