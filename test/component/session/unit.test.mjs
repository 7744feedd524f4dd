// SPDX-License-Identifier: GPL-3.0-or-later
// The units: a helper for each connection to session.sock, in a unit of its own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Bed, program, until } from "./bed.mjs";

const bed = new Bed("t-session-unit");
const units = process.env.UNIT_DIR;
const socket = ["--connect", "/run/stationmaster/session.sock"];
const calm = { ask_ms: 3000, timeout_ms: 10000 };

before(async () => {
  await bed.up();
  await bed.user("anna");
  await bed.write("/etc/systemd/system/station-session.socket", readFileSync(`${units}/station-session.socket`, "utf8"));
  await bed.write("/etc/systemd/system/station-session@.service",
    readFileSync(`${units}/station-session@.service.in`, "utf8").replaceAll("@pkglibexecdir@", dirname(program)));
  await bed.sh("systemctl daemon-reload; systemctl start station-session.socket");
});
afterEach(() => bed.clear());
after(() => bed.down());

const instances = () => bed.sh("systemctl list-units --all --plain --no-legend 'station-session@*' | awk '{print $1}'");
const start = async (id) => {
  const h = await bed.helper(socket);
  await h.call("Begin", bed.begin("anna", { purpose: "start" }));
  return { h, facts: (await h.call("Open", bed.openArgs(id))).facts };
};

test("the units are well-formed and the socket is root's", async () => {
  assert.equal(await bed.sh("systemd-analyze verify --man=no station-session.socket station-session@x.service 2>&1 || true"), "");
  assert.equal(await bed.sh("stat -c '%a %U' /run/stationmaster/session.sock"), "600 root");
});

test("a helper of its own for each connection, outside of the scope, gone at the end", async () => {
  const a = await bed.helper(socket);
  await a.call("Begin", bed.begin("anna"));
  const { h, facts } = await start("s1");
  const list = (await instances()).split("\n");
  assert.equal(list.length, 2);
  const [unit] = (await bed.sh(`ps -o unit= -p $(loginctl show-session ${facts.logind} -p Leader --value)`)).split("\n");
  assert.ok(list.includes(unit), unit);
  assert.equal(await bed.sh(`cat /sys/fs/cgroup/unified/system.slice/*/${unit}/cgroup.procs /sys/fs/cgroup/system.slice/*/${unit}/cgroup.procs 2>/dev/null | wc -l`), "1");
  // As low as root may set it here (not at all without CAP_SYS_RESOURCE).
  const lowest = await bed.sh("sh -c 'echo -900 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj' 2>/dev/null");
  assert.equal(await bed.sh(`cat /proc/$(systemctl show -p MainPID --value ${unit})/oom_score_adj`), lowest);
  // Nothing of the unit reaches the desktop.
  const desk = await until("openbox", () => bed.sh("pgrep -u anna openbox || true"));
  const confined = (pid) => bed.sh(`grep -E '^(NoNewPrivs|Seccomp|CapBnd)' /proc/${pid}/status`);
  assert.equal(await confined(desk), await confined(1));
  a.end();
  assert.equal((await h.call("LogOff", calm)).state, "done");
  await until("no helper is left", async () => (await instances()) === "");
  await bed.gone(facts);
});

test("systemctl stop ends the session properly", async () => {
  const { h, facts } = await start("s2");
  const watch = h.call("Watch");
  await bed.sh("systemctl stop 'station-session@*'");
  assert.equal((await watch).reason, "The session was ended because its service was stopped.");
  await bed.gone(facts);
  assert.equal(await instances(), "");
});

test("nothing of a log-off is an error in the journal", async () => {
  const cursor = (await bed.sh("journalctl -q -n 0 --show-cursor")).replace("-- cursor: ", "");
  const { h } = await start("s3");
  await h.call("LogOff", calm);
  await until("no helper is left", async () => (await instances()) === "");
  assert.equal(await bed.sh(`journalctl -q --after-cursor='${cursor}' -o cat -p warning -t station-session -t systemd-logind -u 'station-session@*'`), "");
});

test("fifty helpers at once", async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => bed.helper(socket)));
  const begun = await Promise.all(all.map((h) => h.call("Begin", bed.begin("anna"))));
  assert.ok(begun.every((b) => b.prompts.length === 1));
  for (const h of all) h.end();
  await until("no helper is left", async () => (await instances()) === "", 20000);
});

test("a helper that is killed leaves nothing behind, and a note of how its session ended", async () => {
  const { h, facts } = await start("s7");
  await until("openbox", () => bed.ok("pgrep -u anna openbox"));
  const unit = await bed.sh(`ps -o unit= -p $(loginctl show-session ${facts.logind} -p Leader --value)`);
  assert.equal(await bed.sh("stat -c %a /run/stationmaster/sessions/s7/helper"), "600");
  const other = await start("s8");
  await bed.sh(`kill -KILL $(systemctl show -p MainPID --value ${unit})`);
  await h.closed;
  await until("its folder is gone", () => bed.ok("! test -e /run/stationmaster/sessions/s7"));
  await until("its processes are gone", async () => (await bed.sh(`systemctl show -p ActiveState --value session-${facts.logind}.scope`)) !== "active");
  assert.equal(await bed.sh(`ls -d /tmp/.X11-unix/X${facts.display.slice(1)} /tmp/.X${facts.display.slice(1)}-lock 2>/dev/null || true`), "");
  assert.deepEqual(JSON.parse(await bed.sh("cat /run/stationmaster/ended/s7")), { forced: true, reason: "Your session ended because of a fault of the system." });
  // The other session of the same user is untouched.
  assert.equal((await other.h.call("Describe")).facts.closing, false);
  assert.ok(await bed.ok(`pgrep -u anna -f 'Xvnc ${other.facts.display} '`));
  await other.h.call("LogOff", calm);
  await bed.gone(other.facts);
  assert.equal(await bed.sh("ls /run/stationmaster/ended"), "s7");
});
