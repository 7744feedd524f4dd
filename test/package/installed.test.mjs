// SPDX-License-Identifier: GPL-3.0-or-later
// The essence of the system tests, on a system where the packages are installed and nobody has a session: sign in
// over HTTPS, desktops, pictures, log off all. debian/tests runs it, tools/check-package and tools/check-debian13, too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, call, ctl, lightDesktop, look, request, sh, signIn, until } from "./host.mjs";

const PUPILS = Array.from({ length: 4 }, (_, i) => `essence${i + 1}`);
let cookie;

before(async () => {
  lightDesktop();
  for (const name of PUPILS) await addUser(name, "pupil-pw-1");
  await addUser("essence-op", "teacher-pw-1", "station-operator");
  await addUser("essence-adm", "admin-pw-1", "station-admin");
});
after(async () => {
  for (const name of [...PUPILS, "essence-op", "essence-adm"]) await sh(`userdel -r ${name}`, { code: null });
  await sh("rm -f /usr/share/xsessions/light.desktop /usr/local/bin/light-desktop");
});

test("services run, with nothing failed", async () => {
  for (const unit of ["stationd.service", "station-relay.service", "stationd.socket", "stationd-relay.socket", "stationd-seat.socket", "station-relay-seat.socket", "station-session.socket"])
    assert.equal(String(await sh(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`)), "active\nenabled\n", unit);
  await until("the relay is connected", async () => (await ctl("system", "status")).relay);
});

test("the sandboxes of the units are as tight as promised", async () => {
  for (const [unit, most] of [["station-relay", 1.3], ["stationd", 1.8]]) {
    const said = await sh(`systemd-analyze security --no-pager ${unit}.service`);
    const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
    assert.ok(score > 0 && score <= most, `${unit}: ${score}, at most ${most}`);
  }
});

test("pages over HTTPS", async () => {
  for (const path of ["/", "/station"]) {
    const page = await request(path);
    assert.equal(page.status, 200, path);
    assert.match(page.text, /<script type="module"[^>]* src="\/assets\//);
    const asset = /src="(\/assets\/[^"]+)"/.exec(page.text)[1];
    assert.equal((await request(asset)).status, 200, asset);
  }
});

test("an administrator signs in over HTTPS and starts sessions", async () => {
  cookie = await signIn("essence-adm", "admin-pw-1");
  const status = await call("System.Status", {}, cookie);
  assert.ok(status.desktops.some((d) => d.id === "light"), "the desktop is seen");
  for (const user of PUPILS) {
    const { session } = await call("Sessions.Start", { user, desktop: "light" }, cookie);
    assert.equal(session.user, user);
  }
});

test("every session has a desktop of its own, as the user, with pictures", async () => {
  for (const user of PUPILS) {
    await until(`the desktop of ${user}`, async () => (await sh(`pgrep -u ${user} -f 'sleep infinity'`, { code: null })).code === 0);
    assert.equal(await look(user), 1280);
  }
});

test("an operator sees the wall and acts; a pupil may not", async () => {
  const teacher = await signIn("essence-op", "teacher-pw-1");
  const { sessions } = await call("Sessions.List", {}, teacher);
  assert.deepEqual(sessions.map((s) => s.user).sort(), PUPILS);
  await assert.rejects(signIn(PUPILS[0], "pupil-pw-1"), /Login\.Denied.*may not use the dashboard/);
});

test("log off all: nothing is left of the sessions", async () => {
  const teacher = await signIn("essence-op", "teacher-pw-1");
  const order = await call("Sessions.LogOff", { all: true }, teacher);
  assert.deepEqual(order.targets.map((t) => t.user).sort(), PUPILS);
  const { job } = await call("Jobs.Wait", { job: order.job }, teacher);
  for (const t of job.targets) assert.ok(["done", "forced"].includes(t.state), JSON.stringify(t));
  assert.deepEqual((await call("Sessions.List", {}, teacher)).sessions, []);
  for (const user of PUPILS)
    await until(`processes of ${user} are gone`, async () => (await sh(`pgrep -u ${user} -f 'Xvnc|sleep infinity'`, { code: null })).code === 1);
});
