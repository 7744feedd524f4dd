// SPDX-License-Identifier: GPL-3.0-or-later
// The life of the packages on a system that has never seen them: install, upgrade and downgrade under sessions,
// remove, purge. NOW and NEXT: folders with the packages of this tree, and of a higher version of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { addUser, ctl, lightDesktop, look, pidStart, request, sh, until } from "./host.mjs";

const { NOW, NEXT } = process.env;
const SESSIONS = 20;
const pupils = Array.from({ length: SESSIONS }, (_, i) => `life${i + 1}`);

/** Every file of the system but what programs note down as they run. */
async function files() {
  const own = "/var/log /var/cache /var/backups /var/lib/apt /var/lib/dpkg /var/lib/systemd/catalog /var/lib/PackageKit /var/tmp".split(" ");
  const list = await sh(`find /etc /usr /var /opt /srv /boot /lib/systemd/ \\( ${own.map((p) => `-path ${p}`).join(" -o ")} \\) -prune -o -print`);
  return new Set(String(list).split("\n").filter((f) => !/^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^\/etc\/\.pwd\.lock$|^\/var\/lib\/(private|systemd\/(timers|linger)|logrotate)/.test(f)));
}

const install = (folder, options = "") => sh(`apt-get install -y -q --no-install-recommends ${options} ${folder}/*.deb`, { env: { DEBIAN_FRONTEND: "noninteractive" } });
const version = async () => String(await sh("dpkg-query -W -f '${Version}' stationmaster"));
const mainPid = async (unit) => String(await sh(`systemctl show -p MainPID --value ${unit}`)).trim();

let before, said;

test("a fresh system knows nothing of us", async () => {
  // What our packages need of Debian and a small computer may lack stays when they go.
  await sh("apt-get install -y -q --no-install-recommends udev", { env: { DEBIAN_FRONTEND: "noninteractive" } });
  before = await files();
  const ours = [...before].filter((f) => /station(master|ctl|d\b|-relay|-session)/.test(f));
  assert.deepEqual(ours, []);
  assert.equal((await sh("getent passwd station-relay", { code: null })).code, 2);
});

test("installing ends with a running service and its address on the screen", async () => {
  said = String(await install(NOW));
  assert.match(said, /https:\/\/\S+:8443\//);
  assert.match(said, /([0-9A-F]{2}:){31}[0-9A-F]{2}/);
  assert.match(said, /sudo stationctl setup/);
  await until("the relay is connected", async () => (await ctl("system", "status")).relay);
  assert.equal((await request("/")).status, 200);
});

/** Another file of tests, in this system as it is now. */
async function nested(file, least) {
  const out = String(await sh(`env -u NODE_TEST_CONTEXT node --test --test-reporter=spec ${join(dirname(fileURLToPath(import.meta.url)), file)} 2>&1`, { code: null }));
  const [, passed, failed] = /pass (\d+)\n[^]*?fail (\d+)/.exec(out) ?? [];
  assert.ok(Number(failed) === 0 && Number(passed) >= least, out);
}

test("the essence works", () => nested("installed.test.mjs", 7));
test("doctor finds what is broken, setup sets up", () => nested("doctor.test.mjs", 20));

const born = new Map();

test(`${SESSIONS} sessions run`, async () => {
  lightDesktop();
  for (const name of pupils) await addUser(name, "pupil-pw-1");
  for (const name of pupils) await sh(`stationctl session start ${name} --desktop light`);
  for (const name of pupils) {
    const pid = await until(`desktop of ${name}`, async () => String(await sh(`pgrep -u ${name} -f 'sleep infinity'`, { code: null })).trim());
    born.set(name, { pid, start: pidStart(pid) });
  }
  const sessions = await ctl("session", "list");
  for (const s of sessions) born.get(s.user).id = s.id;
});

async function allLive(what) {
  const sessions = await until(`stationd knows its sessions after ${what}`, async () => {
    const l = await ctl("session", "list");
    return l.length === SESSIONS && (await ctl("system", "status")).relay ? l : undefined;
  });
  for (const s of sessions) {
    const b = born.get(s.user);
    assert.equal(s.id, b.id);
    assert.equal(pidStart(b.pid), b.start, `desktop of ${s.user}`);
  }
  await Promise.all(pupils.map(async (name) => assert.equal(await look(name), 1280, name)));
  const mark = `/home/NAME/after-${what}`;
  for (const name of pupils) await sh(`stationctl app start ${name} -- /usr/bin/touch ${mark.replace("NAME", name)}`);
  for (const name of pupils) await until(`a program in the session of ${name}`, () => existsSync(mark.replace("NAME", name)));
}

async function exchange(folder, options, what) {
  const old = { version: await version(), stationd: await mainPid("stationd"), relay: await mainPid("station-relay"), sessions: String(await sh("systemctl list-units --plain --no-legend 'station-session@*' | cut -d' ' -f1 | sort")) };
  assert.equal(old.sessions.trim().split("\n").length, SESSIONS);
  await install(folder, options);
  assert.notEqual(await version(), old.version);
  assert.notEqual(await mainPid("stationd"), old.stationd, "stationd is the new one");
  assert.notEqual(await mainPid("station-relay"), old.relay, "the relay is the new one");
  assert.equal(String(await sh("systemctl list-units --plain --no-legend 'station-session@*' | cut -d' ' -f1 | sort")), old.sessions);
  await allLive(what);
}

test("an upgrade ends none of them, and each can be used", () => exchange(NEXT, "", "upgrade"));
test("a downgrade ends none of them, and each can be used", () => exchange(NOW, "--allow-downgrades", "downgrade"));

const print = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("removing logs everybody off and keeps what is theirs, settings and state", async () => {
  writeFileSync("/home/life1/essay", "mine\n");
  writeFileSync("/etc/stationmaster/conf.d/mine.conf", "[system]\nname = Mine\n");
  const certificate = print("/var/lib/station-relay/certificate.pem");
  await sh("apt-get remove -y -q stationmaster-seat stationmaster-rdp stationmaster stationmaster-web stationctl", { env: { DEBIAN_FRONTEND: "noninteractive" } });
  assert.equal((await sh("pgrep -f '[l]ibexec/stationmaster|[X]vnc|[s]leep infinity'", { code: null })).code, 1, "nothing of ours runs");
  assert.equal(existsSync("/run/stationmaster"), false);
  assert.equal(readFileSync("/home/life1/essay", "utf8"), "mine\n");
  assert.ok(existsSync("/etc/stationmaster/conf.d/mine.conf") && existsSync("/etc/pam.d/stationmaster"));
  assert.ok(statSync("/var/lib/stationmaster/state.db").size > 0);
  assert.equal(print("/var/lib/station-relay/certificate.pem"), certificate);
});

test("installed again: the same certificate and settings", async () => {
  const certificate = print("/var/lib/station-relay/certificate.pem");
  await install(NOW);
  await until("it runs again", async () => (await ctl("system", "status")).name === "Mine");
  assert.equal(print("/var/lib/station-relay/certificate.pem"), certificate);
});

test("purging leaves nothing of ours, and homes as they are", async () => {
  await sh("apt-get purge -y -q stationmaster-seat stationmaster-rdp stationmaster stationmaster-web stationctl", { env: { DEBIAN_FRONTEND: "noninteractive" } });
  assert.equal(readFileSync("/home/life1/essay", "utf8"), "mine\n");
  for (const name of pupils) await sh(`userdel ${name}`);
  await sh("rm -f /usr/share/xsessions/light.desktop /usr/local/bin/light-desktop");
  const left = [...(await files())].filter((f) => !before.has(f));
  console.log(`files left: ${left.length === 0 ? "none" : left.join(" ")}`);
  assert.deepEqual(left, []);
  assert.equal((await sh("systemctl list-unit-files --no-legend 'station*'", { code: null })).trim(), "");
});
