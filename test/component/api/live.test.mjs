// SPDX-License-Identifier: GPL-3.0-or-later
// The real stationd, alone in a throw-away container (no systemd, no relay, nobody logged in), asked by
// stationctl as root, as an operator and as a standard user: it describes itself as docs/api does, answers
// as that says, and is missed and found again as stationctl promises. Root only: containers are.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { interfaces, top } from "./fake-stationd.mjs";
import { publicInterfaces, relayInterfaces, workerInterfaces } from "./idl.mjs";

const name = `api-live-${process.pid}`;
const container = join(top, "tools", "container");
const isRoot = process.getuid() === 0;
const skip = isRoot ? false : "only root can boot a container";

function start(args, input = "") {
  const child = spawn(container, args, { stdio: ["pipe", "pipe", "pipe"] });
  const result = { code: -1, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (result.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (result.err += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return { child, result, done: once(child, "close").then(([code]) => Object.assign(result, { code })) };
}

async function inside(script, input) {
  const result = await start(["exec", name, "sh", "-ec", script], input).done;
  assert.equal(result.code, 0, `${script}\n${result.out}${result.err}`);
  return result.out;
}

/** stationctl as somebody. */
function ctl(user, ...args) {
  return start(["exec", name, ...(user === "root" ? [] : ["runuser", "-u", user, "--"]), "stationctl", ...args]).done;
}

async function ctlJson(user, ...args) {
  const result = await ctl(user, ...args, "--json");
  assert.equal(result.code, 0, result.err);
  return JSON.parse(result.out);
}

async function until(what, reached, seen = () => "") {
  const end = Date.now() + 15_000;
  while (!(await reached())) {
    if (Date.now() > end) throw new Error(`not within 15 s: ${what} ${seen()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const answers = async () => (await ctl("root", "version", "--timeout", "2")).code === 0;

before(async () => {
  if (!isRoot) return;
  const up = await start(["up", name, "--init", "none", "--private-net"]).done;
  assert.equal(up.code, 0, up.err);
  for (const program of ["STATIOND", "STATIONCTL"]) {
    const path = `/usr/local/bin/${program.toLowerCase()}`;
    await inside(`cat >${path}; chmod 755 ${path}`, readFileSync(process.env[program]));
  }
  await inside(`
    groupadd -f station-operator; groupadd -f station-admin
    id station-relay >/dev/null 2>&1 || useradd --system station-relay
    useradd -m t-anna; useradd -m -G station-operator t-karin; useradd -m -G station-admin t-adam
    mkdir -p /run/stationmaster /var/lib/stationmaster /run/services`);
  await inside("cat >/run/services/stationd; chmod 755 /run/services/stationd; kill -HUP 1", "#!/bin/sh\nexec /usr/local/bin/stationd\n");
  await until("stationd answers", answers);
});

after(async () => {
  if (isRoot) await start(["down", name]).done;
});

test("roles come from the groups of the caller", { skip }, async () => {
  const roles = { root: "administrator", "t-adam": "administrator", "t-karin": "operator", "t-anna": "standard" };
  for (const [user, role] of Object.entries(roles)) {
    const me = await ctlJson(user, "system", "whoami");
    assert.deepEqual([me.user, me.role], [user, role]);
  }
});

test("stationd describes itself as docs/api does", { skip }, async () => {
  const info = await ctlJson("t-anna", "call", "org.varlink.service.GetInfo");
  assert.deepEqual(info.interfaces.filter((one) => !one.startsWith("org.varlink.")).sort(), [...publicInterfaces].sort());
  for (const one of publicInterfaces) {
    const { description } = await ctlJson("t-anna", "call", "org.varlink.service.GetInterfaceDescription", JSON.stringify({ interface: one }));
    assert.equal(description.trim(), interfaces.get(one).text.trim(), one);
  }
  assert.equal((await ctl("t-anna", "call", "org.varlink.service.GetInterfaceDescription", '{"interface": "org.nothing"}')).code, 4);
});

test("every public method is there and answers as described; no other one is there", { skip }, async () => {
  const parameters = { Get: { session: "s99", station: "vnc-99", job: "j99" }, Wait: { job: "j99" }, Cancel: { job: "j99" }, Start: { user: "t-nobody" }, LogOff: { all: true }, Suspend: { all: true } };
  for (const name of publicInterfaces) {
    const one = interfaces.get(name);
    for (const [method, { input, output }] of one.methods) {
      const given = Object.fromEntries(Object.entries(parameters[method] ?? {}).filter(([key]) => input.members.has(key)));
      const { code, out, err } = await ctl("root", "call", `${name}.${method}`, JSON.stringify(given), "--json", "--timeout", "10");
      if (code === 0) {
        assert.equal(one.problem(JSON.parse(out), output), "", `${name}.${method}`);
      } else {
        const { error, parameters: told } = JSON.parse(err);
        const [, where, what] = error.match(/^(.*)\.([^.]+)$/);
        assert.equal(where, name, `${name}.${method}: ${error}`);
        assert.ok(one.errors.has(what), `${name}.${method}: ${error} is not described`);
        assert.equal(one.problem(told, one.errors.get(what)), "", `${name}.${method}: ${error}`);
      }
      const extra = await ctl("root", "call", `${name}.${method}`, JSON.stringify({ ...given, no_such_parameter: 1 }), "--json", "--timeout", "10");
      assert.equal(JSON.parse(extra.err).error, "org.varlink.service.InvalidParameter", `${name}.${method}`);
    }
  }
  for (const name of [...relayInterfaces, ...workerInterfaces]) {
    for (const method of interfaces.get(name).methods.keys()) {
      const { code, err } = await ctl("root", "call", `${name}.${method}`, "--json");
      assert.equal(code, 4);
      assert.equal(JSON.parse(err).error, "org.varlink.service.MethodNotFound", `${name}.${method}`);
    }
  }
});

test("stationctl on an empty system, by role", { skip }, async () => {
  for (const user of ["root", "t-karin", "t-anna"]) assert.deepEqual(await ctlJson(user, "session", "list"), []);
  // The test before ordered one as root; a standard user sees nobody else's.
  assert.deepEqual(await ctlJson("t-anna", "job", "list"), []);
  assert.deepEqual((await ctlJson("root", "job", "list")).map((job) => [job.by, job.finished]), [["root", true]]);
  const supervisors = { root: 0, "t-adam": 0, "t-karin": 0, "t-anna": 3 };
  for (const [user, code] of Object.entries(supervisors)) {
    for (const args of [["station", "list"], ["system", "status"]]) assert.equal((await ctl(user, ...args)).code, code, `${user} ${args.join(" ")}`);
  }
  const status = await ctlJson("t-karin", "system", "status");
  assert.deepEqual([status.sessions, status.relay, status.logind], [0, false, false]);
  const versions = await ctlJson("t-anna", "version");
  assert.equal(versions.stationd, versions.stationctl);
  const wanted = [
    ["root", ["session", "show", "s99"], 4],
    ["root", ["session", "show", "t-anna"], 4],
    ["root", ["station", "show", "vnc-99"], 4],
    ["root", ["job", "show", "j99"], 4],
    ["root", ["job", "wait", "j99"], 4],
    ["root", ["job", "cancel", "j99"], 4],
    ["root", ["session", "logoff", "s99"], 4],
    ["root", ["session", "suspend", "t-anna"], 4],
    ["root", ["session", "logoff", "--all", "--wait"], 0],
    ["t-karin", ["session", "suspend", "--all"], 0],
    ["root", ["session", "start", "t-anna"], 1],
    ["t-karin", ["session", "start", "t-anna"], 3],
    ["t-anna", ["session", "start", "t-anna"], 3],
    ["root", ["session", "start", "t-anna", "--desktop", "no-such-desktop"], 1],
  ];
  for (const [user, args, code] of wanted) {
    const result = await ctl(user, ...args);
    assert.equal(result.code, code, `${user} ${args.join(" ")}: ${result.out}${result.err}`);
    if (code) assert.match(result.err, /^stationctl: [A-Z"].{10,}/, args.join(" "));
  }
  assert.match((await ctl("root", "session", "start", "t-anna")).err, /station-session\) cannot be started: No such file/);
});

test("event watch finds a restarted stationd again", { skip }, async () => {
  const { child, result, done } = start(["exec", name, "stationctl", "event", "watch", "--json", "--timeout", "60"]);
  const snapshots = () => result.out.split("\n").filter((line) => line.includes('"snapshot"')).length;
  await until("the first snapshot", () => snapshots() === 1, () => result.err);
  await inside("kill -KILL $(cat /run/services/pid/stationd)");
  await until("a second snapshot", () => snapshots() === 2, () => result.err);
  child.kill("SIGTERM");
  await done;
});

test("a broken setting is told with file, line and reason, and stationd does not start", { skip }, async () => {
  await inside("mkdir -p /etc/stationmaster/conf.d; cat >/etc/stationmaster/conf.d/50-test.conf", "[session]\n\nwidth = wide\n");
  try {
    const { code, err } = await start(["exec", name, "/usr/local/bin/stationd"]).done;
    assert.equal(code, 2);
    assert.match(err, /\/etc\/stationmaster\/conf\.d\/50-test\.conf:3: width must be a number from 640 to 7680, not 'wide'/);
  } finally {
    await inside("rm /etc/stationmaster/conf.d/50-test.conf");
  }
});

test("without stationd: exit code 5 and what to do", { skip }, async () => {
  await inside("mv /run/services/stationd /run/stationd.off; kill -TERM $(cat /run/services/pid/stationd)");
  await until("stationd has ended", async () => (await ctl("root", "version")).code === 5);
  const { code, err } = await ctl("t-anna", "session", "list");
  assert.equal(code, 5);
  assert.match(err, /Is it running\? Try: systemctl status stationd/);
  await inside("mv /run/stationd.off /run/services/stationd; kill -HUP 1");
  await until("stationd answers again", answers);
});
