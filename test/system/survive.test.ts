// SPDX-License-Identifier: GPL-3.0-or-later
// Restarts and crashes of the daemons in the middle of things: no session ends, no display is lost, stations
// come back by themselves, jobs finish, dashboards go on. (The plain kill -9 cases are in the core suite.)
import assert from "node:assert/strict";
import { describe } from "node:test";
import { Dashboard, StationTab } from "../harness/browser.js";
import { activeSession, ended, gone, hungProgram, marker } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { Rfb } from "../harness/rfb.js";
import { until } from "../harness/wait.js";
import type { Session, Target } from "../harness/types.js";

interface Answer { job: string; targets: Target[] }

describe("crashes and restarts", () => {
  const demo = useDemo("survive", { sessions: 8 });
  const pupil = (i: number) => demo.pupils[i]!;
  const identity = (list: Session[]) => list.map((s) => `${s.id} ${s.user} ${s.display} ${s.logind} ${s.since}`).sort();
  const displays = () => demo.sh("pgrep -x 'Xvnc|Xtigervnc' | sort -n | tr '\\n' ' '");
  const stationed = async (station: StationTab) => (await station.page.locator(".screen[data-stream=open]").count()) === 1;

  for (const [how, act] of [
    ["systemctl restart stationd", () => demo.sh("systemctl restart stationd.service")],
    ["systemctl restart station-relay", () => demo.sh("systemctl restart station-relay.service")],
    ["restart of both", () => demo.sh("systemctl restart stationd.service station-relay.service")],
    ["kill -9 of both, five times", async () => {
      for (let i = 0; i < 5; i++) {
        const pids = [await demo.daemon("stationd"), await demo.daemon("station-relay")].filter(Boolean);
        await demo.sh(`kill -9 ${pids.join(" ")}`);
        await until("they run again", async () => {
          const now = [await demo.daemon("stationd"), await demo.daemon("station-relay")];
          return now.every((p) => p && !pids.includes(p));
        });
      }
    }],
  ] as const) {
    check(demo, `${how}: sessions, displays, stations, dashboard and sign-in stay`, async () => {
      const station = await StationTab.open(demo, pupil(0));
      const page = await Dashboard.open(demo, demo.account("operator"));
      await page.tile(pupil(0).name).waitFor();
      const before = identity(await demo.sessions());
      const servers = await displays();
      assert.equal(before.length, 8);
      await act();
      await until("stationd answers", async () => (await demo.sessions()).length === 8, 8000);
      assert.deepEqual(identity(await demo.sessions()), before);
      assert.equal(await displays(), servers, "a display server has ended");
      await until("the station is back", async () => (await demo.sessionOf(pupil(0).name))?.state === "active" && stationed(station), 4000);
      await until("the dashboard is live again, still signed in", async () => (await page.page.locator("main.wall-area[data-link=live]").count()) === 1, 8000);
      assert.equal(await page.tiles(), 8);
      await demo.inSession(pupil(1).name, `xsetroot -solid '#00ff${Math.floor(Math.random() * 90 + 10)}'`);
      await page.picture(pupil(1).name);
      await page.close();
      await station.panel("Suspend");
      await station.greeter();
      await station.close();
    }, 90_000);
  }

  check(demo, "a log-off job survives stationd: kill -9 while the notice runs", async () => {
    const session = (await demo.sessionOf(pupil(1).name))!;
    const { job } = await demo.call<Answer>("Sessions.LogOff", { sessions: [session.id], grace_ms: 3000, message: "soon" });
    await demo.sh(`kill -9 ${await demo.daemon("stationd")}`);
    await until("stationd answers again with the job", async () => (await demo.job(job)).id === job, 8000);
    const done = await demo.finished(job);
    assert.match(done.targets[0]!.state, /^(done|forced)$/);
    await gone(demo, session);
  });

  check(demo, "a log-off job survives stationd: kill -9 while sessions are ending", async () => {
    const users = [2, 3, 4].map((i) => pupil(i).name);
    const sessions = (await demo.sessions()).filter((s) => users.includes(s.user));
    for (const user of users) await hungProgram(demo, user);
    const { job } = await demo.call<Answer>("Sessions.LogOff", { users, timeout_ms: 3000 });
    await until("ending has begun", async () => (await demo.job(job)).targets.some((t) => /asking|ending/.test(t.state)));
    await demo.sh(`kill -9 ${await demo.daemon("stationd")}`);
    const done = await demo.finished(job, 15_000).catch(async () => demo.finished(job, 5000));
    assert.deepEqual(done.targets.map((t) => t.state), ["forced", "forced", "forced"]);
    for (const s of sessions) await gone(demo, s);
  });

  check(demo, "a log-off job survives a restart of both while it is ordered from the page", async () => {
    const user = pupil(5).name;
    const session = (await demo.sessionOf(user))!;
    const page = await Dashboard.open(demo, demo.account("operator"));
    await hungProgram(demo, user);
    await page.select(user);
    await page.menu("Log off selected users");
    await page.confirm();
    await until("the job runs", async () => (await demo.sessionOf(user))?.state === "closing");
    await demo.sh("systemctl restart stationd.service station-relay.service");
    await page.tile(user).waitFor({ state: "detached", timeout: 30_000 });
    await gone(demo, session, 20_000);
    await until("the page tells the result", async () => /1 of 1 done/.test(await page.results.innerText()), 10_000);
    await page.close();
  });

  check(demo, "a session that ends while stationd is away is noticed when it is back", async () => {
    const user = pupil(6).name;
    const session = (await demo.sessionOf(user))!;
    await demo.sh("systemctl stop stationd.service");
    await demo.sh(`loginctl terminate-session ${session.logind}`);
    await until("its processes are gone", async () => (await demo.processCount(user)) === 0);
    await demo.sh("systemctl start stationd.service");
    await until("it is not in the list", async () => (await demo.sessions()).every((s) => s.id !== session.id));
    await gone(demo, session);
  });

  check(demo, "stationd away: stations go on drawing and typing, the dashboard says so and recovers", async () => {
    const station = await StationTab.open(demo, pupil(7));
    await activeSession(demo, pupil(7).name);
    const page = await Dashboard.open(demo, demo.account("operator"));
    await demo.sh("systemctl stop stationd.service");
    await page.page.getByText("The session service is restarting").waitFor();
    await demo.sh(`touch /run/station-test`);
    const pid = await demo.sh(`pgrep -o -u ${pupil(7).name} -x openbox`);
    assert.ok(pid);
    const x = await demo.sh(`tr '\\0' '\\n' </proc/${pid}/environ | grep -E '^(DISPLAY|XAUTHORITY)=' | tr '\\n' ' '`);
    await demo.sh(`runuser -u ${pupil(7).name} -- env ${x} xsetroot -solid '#44ccaa'`);
    await until("the picture follows while stationd is away", () => station.sees(0x44, 0xcc, 0xaa));
    await demo.sh("systemctl start stationd.service");
    await until("live again", async () => (await page.page.locator("main.wall-area[data-link=live]").count()) === 1, 10_000);
    await page.close();
    await station.panel("Suspend");
    await station.greeter();
    await station.close();
  });

  check(demo, "a VNC viewer that lost its connection logs in again and finds the same session", async () => {
    const user = pupil(7);
    const rfb = await Rfb.connect(demo.vnc, { login: { user: user.name, password: user.password } });
    const before = await activeSession(demo, user.name);
    const pid = await marker(demo, user.name);
    await demo.sh(`kill -9 ${await demo.daemon("station-relay")}`);
    await until("the viewer has noticed", () => rfb.closed);
    const again = await until("the relay listens again", () => Rfb.connect(demo.vnc, { login: { user: user.name, password: user.password } }), 5000);
    await again.see("the desktop", (r) => r.colours() > 1);
    const after = await activeSession(demo, user.name);
    assert.equal(after.id, before.id);
    assert.ok(await demo.test(`kill -0 ${pid}`));
    again.close();
  });

  check(demo, "kill -9 of a station-session: its session ends cleanly, no other", async () => {
    const user = pupil(7).name;
    const session = (await demo.sessionOf(user))!;
    const others = (await demo.sessions()).filter((s) => s.id !== session.id).length;
    const helper = await demo.sh(`grep -lsz . /proc/[0-9]*/cmdline >/dev/null; ss -Hxlp src /run/stationmaster/sessions/${session.id}/control.sock | grep -o 'pid=[0-9]*' | head -1 | cut -d= -f2`);
    assert.ok(Number(helper) > 1, `nobody listens on the control socket: ${helper}`);
    await demo.sh(`kill -9 ${helper}`);
    await ended(demo, session);
    assert.equal((await demo.sessions()).length, others);
    assert.ok(await demo.startSession(user), "the user can get a new session");
  });
});
