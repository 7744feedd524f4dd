// SPDX-License-Identifier: GPL-3.0-or-later
// What a pupil can try against another session from inside their own (threats of a shared computer).
import assert from "node:assert/strict";
import { describe } from "node:test";
import { check, useDemo } from "../harness/demo.js";
import { until } from "../harness/wait.js";

const connectTo = (path: string) => `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("${path}")) or exit 1'`;

describe("a second user tries every path to another session", () => {
  const demo = useDemo("neighbour", { sessions: 2 });

  check(demo, "display, RFB socket, authority, control socket, environment", async () => {
    const [victim, thief] = [demo.pupils[0]!.name, demo.pupils[1]!.name];
    const session = (await demo.sessionOf(victim))!;
    const folder = `/run/stationmaster/sessions/${session.id}`;
    const number = session.display.slice(1);
    const server = await demo.sh(`pgrep -u ${victim} -x 'Xvnc|Xtigervnc' | head -1`);
    const desktop = await demo.sh(`pgrep -u ${victim} -x openbox | head -1`);
    // Each of these succeeds for the victim or root, so a refusal means something; each must fail for the thief.
    const attempts: [string, string][] = [
      [`ls ${folder}/display`, victim],
      [`cat ${folder}/display/xauthority`, victim],
      [`test -S ${folder}/display/rfb.sock`, victim],
      [connectTo(`${folder}/display/rfb.sock`), victim],
      [connectTo(`${folder}/control.sock`), "root"],
      [`cat /proc/${server}/environ | grep -q .`, victim],
      [`cat /proc/${desktop}/environ | grep -q .`, victim],
      [`ls -l /proc/${server}/fd/ | grep -q .`, victim],
      [`cat /proc/${server}/maps | grep -q .`, victim],
      [`XAUTHORITY=${folder}/display/xauthority xset q`, ""],
      [`kill -0 ${server}`, victim],
      [`ls /home/${victim}/.Xauthority`, ""],
    ];
    for (const [attempt, able] of attempts) {
      const script = attempt.startsWith("XAUTHORITY") ? `DISPLAY=${session.display} ${attempt}` : attempt;
      if (able) assert.ok(await demo.test(script, able === "root" ? undefined : able), `${attempt} does not even work for ${able}: the test proves nothing`);
      assert.equal(await demo.test(script, thief), false, `${thief}: ${script}`);
    }
    assert.equal(await demo.test(`DISPLAY=${session.display} xdpyinfo || DISPLAY=unix${session.display} xset q || DISPLAY=localhost:${number} xset q || DISPLAY=127.0.0.1:${number} xset q`, thief), false, "the X display lets another user in");
    const env = await demo.sh(`tr '\\0' '\\n' </proc/${desktop}/environ | grep -E '^(DISPLAY|XAUTHORITY)=' | tr '\\n' ' '`);
    assert.ok(await demo.test(`env ${env} xset q`, victim), "the display does not even let its own user in");
    await demo.test(`umask 0; cat ${folder}/display/xauthority >/tmp/stolen`, thief);
    assert.equal(await demo.test(`env ${env} XAUTHORITY=/tmp/stolen xset q`, thief), false);
  });

  check(demo, "D-Bus, runtime folder, logind and signals of another user", async () => {
    const [victim, thief] = [demo.pupils[0]!.name, demo.pupils[1]!.name];
    const session = (await demo.sessionOf(victim))!;
    const uid = await demo.sh(`id -u ${victim}`);
    assert.equal(await demo.test(`ls /run/user/${uid}`, thief), false);
    assert.equal(await demo.test(`DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/${uid}/bus dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames`, thief), false);
    assert.equal(await demo.test(`loginctl terminate-session ${session.logind}`, thief), false);
    assert.equal(await demo.test(`loginctl kill-session ${session.logind}`, thief), false);
    assert.equal(await demo.test(`pkill -u ${victim} .`, thief), false);
    assert.ok(await demo.sessionOf(victim));
  });

  check(demo, "standard users cannot touch the daemons, their files or settings", async () => {
    const thief = demo.pupils[1]!.name;
    for (const path of ["/var/lib/stationmaster/state.db", "/run/stationmaster/relay.sock", "/run/stationmaster/session.sock", "/run/stationmaster/ended"])
      assert.equal(await demo.test(`cat ${path} || ls ${path}/`, thief), false, path);
    assert.equal(await demo.test(`find /run/stationmaster /etc/stationmaster /var/lib/stationmaster -writable ! -type l ! -name api.sock 2>/dev/null | grep -v '^/run/stationmaster/sessions/[^/]*/display' | grep -q .`, thief), false, "something is writable");
    const mine = (await demo.sessionOf(thief))!;
    assert.equal(await demo.sh(`find /run/stationmaster -writable ! -type l 2>/dev/null | grep -v "/sessions/${mine.id}/display" || true`, { user: thief }), "/run/stationmaster/api.sock");
    for (const daemon of ["stationd", "station-relay"])
      assert.equal(await demo.test(`kill -0 ${await demo.daemon(daemon)}`, thief), false, daemon);
    // The private key is for the relay alone.
    const keys = await demo.sh("grep -rlE 'BEGIN (EC |RSA )?PRIVATE KEY' /var/lib/station* /etc/stationmaster /run/station* 2>/dev/null || true");
    assert.ok(keys.length > 0, "no key was found: the test proves nothing");
    for (const key of keys.split("\n")) assert.equal(await demo.test(`cat ${key}`, thief), false, key);
  });

  check(demo, "a pupil who kills everything of theirs ends only their own session", async () => {
    const [other, suicidal] = [demo.pupils[0]!.name, demo.pupils[1]!.name];
    const [kept, lost] = [(await demo.sessionOf(other))!, (await demo.sessionOf(suicidal))!];
    await demo.inSession(suicidal, "kill -9 -1");
    await until("their session is over", async () => (await demo.sessions()).every((s) => s.id !== lost.id));
    assert.equal((await demo.sessionOf(other))?.id, kept.id);
    await demo.startSession(suicidal);
  });

  check(demo, "nothing that belongs to Stationmaster runs as a user or in a user's scope", async () => {
    const rows = (await demo.sh("ps -eo user:32,comm,args --no-headers")).split("\n").filter((l) => /station(d|-relay|-session)/.test(l) && !/bash|pgrep|\bps\b/.test(l));
    assert.ok(rows.length >= 4, rows.join("\n"));
    for (const row of rows) assert.match(row, /^(root|station-relay)\s/, row);
    for (const pid of (await demo.sh("pgrep -x station-session")).split("\n"))
      assert.ok(!/user-\d+\.slice|session-/.test(await demo.sh(`cat /proc/${pid}/cgroup`).then((t) => t.replaceAll("station-session", ""))), `station-session ${pid} is in a user's cgroup`);
  });
});
