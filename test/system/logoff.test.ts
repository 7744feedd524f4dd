// SPDX-License-Identifier: GPL-3.0-or-later
// Log off, exactly: notice and countdown at the stations, taking it back, force, who is refused, what comes
// back over stationctl, and sessions that end from outside.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { ApiError } from "../harness/agent.js";
import { Dashboard, StationTab } from "../harness/browser.js";
import { activeSession, gone, hungProgram, marker } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { Viewer } from "../harness/viewer.js";
import { limit, until } from "../harness/wait.js";
import type { Job, Target } from "../harness/types.js";

interface Answer { job: string; targets: Target[] }

describe("log off", () => {
  const demo = useDemo("logoff", { sessions: 4 });
  const pupil = (i: number) => demo.pupils[i]!;
  const operator = () => demo.account("operator").name;
  const ready = async (...users: string[]) => {
    for (const user of users) if (!(await demo.sessionOf(user))) await demo.startSession(user);
  };

  check(demo, "notice and countdown are seen at a browser station and at a VNC station, and can be taken back", async () => {
    const browser = await StationTab.open(demo, pupil(0));
    const viewer = await Viewer.open(demo, { login: { user: pupil(1).name, password: pupil(1).password } });
    await activeSession(demo, pupil(0).name);
    await activeSession(demo, pupil(1).name);
    await demo.inSession(pupil(1).name, "xsetroot -solid '#224466'");
    await viewer.rfb.see("the desktop in the viewer", (r) => r.share(0x224466) > 0.1);
    const without = Buffer.from(viewer.rfb.pixels);
    const pid = await marker(demo, pupil(0).name);
    const { job, targets } = await demo.call<Answer>("Sessions.LogOff",
      { users: [pupil(0).name, pupil(1).name], grace_ms: 60_000, message: "The bus leaves soon" }, operator());
    assert.deepEqual(targets.map((t) => t.state), ["waiting", "waiting"]);
    const notice = browser.page.locator(".notice");
    await notice.waitFor({ timeout: 2000 });
    const words = await notice.innerText();
    assert.ok(words.includes(demo.account("operator").full_name), words);
    assert.ok(words.includes("The bus leaves soon"), words);
    const first = /(\d+):(\d\d)/.exec(words);
    assert.ok(first, `no countdown in ${words}`);
    await until("the countdown runs", async () => (await notice.innerText()) !== words);
    await viewer.rfb.see("the notice over the desktop in the viewer", (r) => difference(r.pixels, without) > 0.01);
    const withNotice = Buffer.from(viewer.rfb.pixels);
    await viewer.rfb.see("the countdown in the viewer", (r) => difference(r.pixels, withNotice) > 0.00005);
    await browser.screenshot("notice-browser");
    viewer.rfb.save(artefact("notice-vnc.png"));
    const session = (await demo.sessionOf(pupil(0).name))!;
    assert.equal(session.notice?.job, job);
    assert.equal(session.notice?.message, "The bus leaves soon");
    const cancelled = (await demo.call<{ job: Job }>("Jobs.Cancel", { job }, operator())).job;
    assert.deepEqual(cancelled.targets.map((t) => t.state), ["cancelled", "cancelled"]);
    assert.equal(cancelled.finished, true);
    await notice.waitFor({ state: "detached", timeout: 2000 });
    await viewer.rfb.see("the notice is gone from the viewer", (r) => difference(r.pixels, withNotice) > 0.01);
    assert.ok(await demo.test(`kill -0 ${pid}`));
    assert.equal((await demo.sessionOf(pupil(0).name))?.notice ?? null, null);
    await viewer.close();
    await browser.close();
  }, 90_000);

  check(demo, "after the notice the session ends and the station says why", async () => {
    const station = await StationTab.open(demo, pupil(0));
    const session = await activeSession(demo, pupil(0).name);
    const t0 = Date.now();
    const { job } = await demo.call<Answer>("Sessions.LogOff", { sessions: [session.id], grace_ms: 2000 }, operator());
    const done = await demo.finished(job);
    assert.ok(Date.now() - t0 >= 2000, "ended before the notice was over");
    assert.match(done.targets[0]!.state, /^(done|forced)$/);
    await station.greeter();
    const said = await station.page.locator(".note").first().innerText();
    assert.ok(said.includes(demo.account("operator").full_name), `the greeter says: ${said}`);
    await station.screenshot("greeter-after-logoff");
    await gone(demo, session);
    await station.close();
  });

  check(demo, "the answer comes at once", async () => {
    await ready(pupil(0).name, pupil(1).name, pupil(2).name);
    const agent = await demo.as(operator());
    const t0 = Date.now();
    const { job } = await agent.call<Answer>("org.stationmaster.Sessions.LogOff", { all: true });
    assert.ok(Date.now() - t0 < limit(250), `answered after ${Date.now() - t0} ms`);
    await demo.finished(job);
  });

  check(demo, "a session that ignores everything is ended by force after its time, and no other waits for it", async () => {
    await demo.clear();
    const [hung, ...others] = await demo.startSessions([0, 1, 2].map((i) => pupil(i).name));
    const pid = await hungProgram(demo, hung!.user);
    const t0 = Date.now();
    const { job } = await demo.call<Answer>("Sessions.LogOff", { all: true, timeout_ms: 4000 });
    await until("the others have ended", async () =>
      (await demo.job(job)).targets.filter((t) => t.session !== hung!.id).every((t) => /^(done|forced)$/.test(t.state)), limit(3500));
    const before = (await demo.job(job)).targets.find((t) => t.session === hung!.id)!;
    assert.match(before.state, /^(asking|ending)$/, "was not given its time");
    const done = await demo.finished(job, 10_000);
    const took = Date.now() - t0;
    assert.equal(done.targets.find((t) => t.session === hung!.id)!.state, "forced");
    assert.ok(took < limit(4500), `took ${took} ms`);
    assert.equal(await demo.test(`kill -0 ${pid}`), false);
    for (const s of [hung!, ...others]) await gone(demo, s);
  });

  check(demo, "an administrator's session is refused to the operator by name; own sessions never in bulk", async () => {
    const ada = demo.account("administrator").name;
    await ready(pupil(0).name, ada, operator());
    const { job } = await demo.call<Answer>("Sessions.LogOff", { users: [pupil(0).name, ada, operator()] }, operator());
    const done = await demo.finished(job);
    const of = (user: string) => done.targets.find((t) => t.user === user)!;
    assert.match(of(pupil(0).name).state, /^(done|forced)$/);
    assert.equal(of(ada).state, "refused");
    assert.match(of(ada).reason, /administrator/i);
    assert.equal(of(ada).full_name, demo.account("administrator").full_name);
    assert.equal(of(operator()).state, "refused");
    assert.ok(of(operator()).reason.length > 10);
    assert.ok(await demo.sessionOf(ada));
    assert.ok(await demo.sessionOf(operator()));
    // Alone and named, one's own session may be ended.
    const own = await demo.ctl(["session", "logoff", operator(), "--wait"], operator());
    assert.equal(own.code, 0, own.stderr);
    assert.equal(await demo.sessionOf(operator()), undefined);
  });

  check(demo, "all: everybody but the caller", async () => {
    const ada = demo.account("administrator").name;
    await ready(pupil(0).name, pupil(1).name, ada, operator());
    const { job } = await demo.call<Answer>("Sessions.LogOff", { all: true }, ada);
    const done = await demo.finished(job);
    assert.equal(done.targets.find((t) => t.user === ada)?.state ?? "refused", "refused");
    await until("only the caller is left", async () => (await demo.sessions()).map((s) => s.user).join() === ada);
    await demo.clear();
    const none = await demo.call<Answer>("Sessions.LogOff", { all: true });
    assert.deepEqual(none.targets, []);
    assert.equal((await demo.job(none.job)).finished, true);
  });

  check(demo, "stationctl: exit codes and words", async () => {
    const ada = demo.account("administrator").name;
    await ready(pupil(0).name, pupil(1).name, ada);
    const expect = async (code: number, args: string[], user?: string) => {
      const result = await demo.ctl(args, user);
      assert.equal(result.code, code, `stationctl ${args.join(" ")}: ${result.code} ${result.stdout} ${result.stderr}`);
      if (code) assert.ok(result.stderr.length + result.stdout.length > 10, "no word about it");
      return result;
    };
    await expect(2, ["session", "logoff"]);
    await expect(2, ["session", "logoff", "--grace", "soon", pupil(0).name]);
    await expect(2, ["frobnicate"]);
    await expect(4, ["session", "logoff", "nobody-of-this-name", "--wait"]);
    await expect(4, ["session", "show", "s9999"]);
    await expect(3, ["session", "logoff", ada, "--wait"], operator());
    await expect(3, ["session", "start", pupil(2).name], operator());
    const partly = await expect(1, ["session", "logoff", pupil(0).name, ada, "--wait"], operator());
    assert.match(partly.stdout + partly.stderr, new RegExp(ada));
    await expect(5, ["--socket", "/run/no-such-socket", "session", "list"]);
    await expect(0, ["session", "logoff", pupil(1).name, "--wait"]);
    const waiting = await demo.ctlJson<{ job: string } & Record<string, unknown>>(["session", "logoff", ada, "--grace", "300", "--message", "later"]);
    const job = JSON.stringify(waiting).match(/"(j\d+)"/)![1]!;
    await expect(0, ["job", "cancel", job]);
    assert.ok(await demo.sessionOf(ada));
    for (const args of [["session", "list"], ["session", "show", ada], ["station", "list"], ["job", "list"], ["job", "show", job], ["system", "status"], ["system", "whoami"], ["version"]])
      await demo.ctlJson(args);
    const list = await demo.ctlJson<Record<string, unknown>[] | { sessions: Record<string, unknown>[] }>(["session", "list"]);
    const first = (Array.isArray(list) ? list : list.sessions)[0]!;
    for (const field of ["id", "user", "role", "state", "type", "desktop", "stations", "since", "idle_ms"]) assert.ok(field in first, `${field} is missing in ${JSON.stringify(first)}`);
  });

  check(demo, "loginctl terminate-session from outside is noticed at once", async () => {
    await ready(pupil(0).name);
    const station = await StationTab.open(demo, pupil(0));
    const page = await Dashboard.open(demo, demo.account("operator"));
    await page.tile(pupil(0).name).waitFor();
    const session = await activeSession(demo, pupil(0).name);
    const t0 = Date.now();
    await demo.sh(`loginctl terminate-session ${session.logind}`);
    await until("the session is gone from the list", async () => !(await demo.sessions()).some((s) => s.id === session.id), 3000);
    assert.ok(Date.now() - t0 < limit(1000), `noticed after ${Date.now() - t0} ms`);
    await station.greeter(3000);
    assert.ok((await station.page.locator(".note").first().innerText()).length > 10, "the station does not say why");
    await page.tile(pupil(0).name).waitFor({ state: "detached", timeout: 5000 });
    await gone(demo, session);
    await page.close();
    await station.close();
  });

  check(demo, "loginctl terminate-user, and a user who logs off in the desktop's own way", async () => {
    await ready(pupil(0).name, pupil(1).name);
    const [a, b] = [(await demo.sessionOf(pupil(0).name))!, (await demo.sessionOf(pupil(1).name))!];
    await demo.sh(`loginctl terminate-user ${a.user}`);
    await gone(demo, a);
    await demo.inSession(b.user, "openbox --exit");
    await gone(demo, b);
  });

  check(demo, "a bomb of processes in a session is ended with it", async () => {
    await ready(pupil(3).name, pupil(1).name);
    const session = (await demo.sessionOf(pupil(3).name))!;
    await demo.sh(`systemctl set-property --runtime user-$(id -u ${pupil(3).name}).slice TasksMax=400`);
    await demo.inSession(pupil(3).name, `bash -c 'ulimit -u 800; trap "" TERM HUP; b() { b | b & }; b; while :; do read -t 100 <> <(:); done'`);
    await until("the bomb has gone off", async () => (await demo.processCount(pupil(3).name)) > 300, 20_000);
    const other = await demo.ctl(["session", "list"]);
    assert.equal(other.code, 0);
    const { job } = await demo.call<Answer>("Sessions.LogOff", { sessions: [session.id], timeout_ms: 3000 });
    const done = await demo.finished(job, 30_000);
    assert.match(done.targets[0]!.state, /^(done|forced)$/);
    await gone(demo, session, 20_000);
    assert.equal(await demo.processCount(pupil(3).name), 0);
    assert.ok(await demo.sessionOf(pupil(1).name), "another session has suffered");
  }, 120_000);

  check(demo, "too long or too large values are refused with a reason", async () => {
    await ready(pupil(0).name);
    for (const bad of [{ grace_ms: -1 }, { grace_ms: 3_600_001 }, { timeout_ms: 600_001 }, { message: "x".repeat(501) }, { sessions: "s1" }, { grace_ms: "soon" }])
      await assert.rejects(demo.call("Sessions.LogOff", { users: [pupil(0).name], ...bad } as never), (error: Error) =>
        error instanceof ApiError && error.error === "org.varlink.service.InvalidParameter");
    await assert.rejects(demo.call("Sessions.LogOff", {}), ApiError);
    assert.ok(await demo.sessionOf(pupil(0).name));
  });
});

/** Share of pixels that differ. */
function difference(a: Buffer, b: Buffer): number {
  let n = 0;
  for (let i = 0; i < a.length; i += 4) if (a.readUInt32LE(i) % 0x1000000 !== b.readUInt32LE(i) % 0x1000000) n++;
  return n / (a.length / 4);
}
