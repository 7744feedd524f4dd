// SPDX-License-Identifier: GPL-3.0-or-later
// The real stationd and station-relay in a throw-away container (no systemd, nobody logged in), asked by
// stationctl as root, as an operator and as a standard user, and over HTTPS by an operator: stationd
// describes itself as docs/api does, answers as that says, the same both ways, and is missed and found again
// as stationctl promises. Root only: containers are.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { interfaces, top } from "./fake-stationd.mjs";
import { publicInterfaces, relayInterfaces, seatInterfaces, workerInterfaces } from "./idl.mjs";

const name = `api-live-${process.pid}`;
const container = join(top, "tools", "container");
const libexec = process.env.PKGLIBEXECDIR;
const password = "Leise-rieselt-1";
/** Parameters that ask for nothing that exists. */
const examples = {
  SetAutoLogOn: { stations: ["vnc-99"], user: "t-nobody" }, LogOn: { people: [{ station: "vnc-99", user: "t-nobody", password: null }] },
  Enrol: { station: "vnc-99", pin: "123456" }, Invite: { kind: "vnc" }, Unenrol: { station: "vnc-99" },
  Installed: { language: "en" }, Icon: { program: "no-such" }, Send: { all: true, text: "x" }, Answer: { all: true }, Set: { enabled: true, station: "vnc-99", user: "t-nobody" }, CloseByName: { all: true, name: "no-such" },
  List: { session: "s99" }, Get: { session: "s99", station: "vnc-99", job: "j99" }, Wait: { job: "j99" }, Cancel: { job: "j99" }, Extend: { job: "j99", lesson: "l99", add_ms: 1000 }, Change: { lesson: "l99" }, End: { lesson: "l99" }, Preview: { sessions: ["s98"], length_ms: 60_000 }, Start: { user: "t-nobody", source: "s99", sessions: ["s98"], open: "x", length_ms: 60_000 }, Stop: { projection: "p99" },
  Map: { stations: ["vnc-99"] }, Identify: { stations: ["vnc-99"], show: true }, Split: { station: "vnc-99", direction: "left_right" }, Join: { station: "vnc-99" }, Forget: { station: "vnc-99" }, SetStorage: { stations: ["vnc-99"], blocked: true },
  Clear: { user: "t-nobody" }, Create: { name: "x", expires_ms: Date.now() + 3_600_000 }, Revoke: { id: "k1" },
  LogOff: { all: true }, Suspend: { all: true }, Lock: { sessions: ["s99"] }, Unlock: { sessions: ["s99"] }, Block: { stations: ["vnc-99"] }, Limit: { users: ["t-nobody"], mode: "allow", domains: ["contoso.com"] }, Free: { all: true }, Unblock: { all: true }, Open: { session: "s99", mode: "view" }, Close: { view: "v99", session: "s99", pid: 2, start: 1 },
};
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

/** Copies a file of the host into it; executable. */
const put = (path, file) => inside(`mkdir -p ${dirname(path)}; cat >${path}; chmod 755 ${path}`, readFileSync(file));

/** Something that PID 1 keeps running. */
const service = (name, line) => inside(`cat >/run/${name}.new; chmod 755 /run/${name}.new; mv /run/${name}.new /run/services/${name}; kill -HUP 1`, `#!/bin/sh\n${line}\n`);

/** Requests one after the other from inside, with one cookie jar: [{path, body, headers}] to [{status, json}]. */
async function https(requests) {
  const code = `
    const { request } = require("node:https");
    const jar = new Map();
    const send = ({ path, body, headers, method }) => new Promise((resolve, reject) => {
      const cookie = [...jar].map(([k, v]) => k + "=" + v).join("; ");
      const req = request({ host: "localhost", port: 8443, path, method: method ?? "POST", rejectUnauthorized: false, agent: false,
        headers: { origin: "https://localhost:8443", "content-type": "application/json", ...(cookie ? { cookie } : {}), ...headers } }, (res) => {
        let text = "";
        for (const line of res.headers["set-cookie"] ?? []) jar.set(line.split("=")[0], line.split("=")[1].split(";")[0]);
        res.setEncoding("utf8").on("data", (t) => (text += t)).on("end", () => {
          let json = null;
          try { json = JSON.parse(text); } catch {}
          resolve({ status: res.statusCode, json, cookies: res.headers["set-cookie"] ?? [] });
        });
      });
      req.on("error", reject).end(body);
    });
    let input = "";
    process.stdin.setEncoding("utf8").on("data", (t) => (input += t)).on("end", async () => {
      const answers = [];
      for (const one of JSON.parse(input)) {
        const conversation = answers.at(-1)?.json?.conversation;
        answers.push(await send({ ...one, body: one.body.replaceAll("$CONVERSATION", conversation) }));
      }
      console.log(JSON.stringify(answers));
    });`;
  const result = await start(["exec", name, "node", "-e", code], JSON.stringify(requests)).done;
  assert.equal(result.code, 0, result.err);
  return JSON.parse(result.out);
}

const answers = async () => (await ctl("root", "version", "--timeout", "2")).code === 0;

before(async () => {
  if (!isRoot) return;
  const up = await start(["up", name, "--init", "none", "--private-net"]).done;
  assert.equal(up.code, 0, up.err);
  await put("/usr/local/bin/stationctl", process.env.STATIONCTL);
  await put(`${libexec}/stationd`, process.env.STATIOND);
  await put(`${libexec}/station-session`, process.env.STATION_SESSION);
  await put(`${libexec}/station-windows`, process.env.STATION_WINDOWS);
  await put(`${libexec}/station-relay`, process.env.STATION_RELAY);
  for (const file of readdirSync(join(top, "data", "pam.d"))) await put(`/etc/pam.d/${file}`, join(top, "data", "pam.d", file));
  await inside(`
    groupadd -f station-operator; groupadd -f station-admin
    id station-relay >/dev/null 2>&1 || useradd --system station-relay
    useradd -m t-anna; useradd -m t-ben; useradd -m t-cora; useradd -m -G station-operator t-karin; useradd -m -G station-admin t-adam
    echo 't-karin:${password}' | chpasswd
    mkdir -p /run/stationmaster /var/lib/stationmaster /var/lib/station-relay /run/services
    chown station-relay: /var/lib/station-relay`);
  await service("stationd", `exec ${libexec}/stationd`);
  await until("stationd answers", answers);
  await service("station-relay", `STATE_DIRECTORY=/var/lib/station-relay exec setpriv --reuid=station-relay --regid=station-relay --clear-groups ${libexec}/station-relay`);
  await until("the relay has connected", async () => (await ctlJson("root", "system", "status")).relay).catch(async (error) => {
    throw new Error(`${error.message}\n${await inside("tail -n 20 /run/services/log/*")}`);
  });
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
  const parameters = examples;
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
  for (const name of [...relayInterfaces, ...seatInterfaces, ...workerInterfaces]) {
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
  assert.deepEqual([status.sessions, status.relay, status.logind], [0, true, false]);
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
    ["root", ["session", "start", "t-no-such-user"], 4],
    ["t-karin", ["session", "start", "t-anna"], 3],
    ["t-anna", ["session", "start", "t-anna"], 3],
    ["root", ["session", "start", "t-anna", "--desktop", "no-such-desktop"], 1],
  ];
  for (const [user, args, code] of wanted) {
    const result = await ctl(user, ...args);
    assert.equal(result.code, code, `${user} ${args.join(" ")}: ${result.out}${result.err}`);
    if (code) assert.match(result.err, /^stationctl: [A-Z"].{10,}/, args.join(" "));
  }
  await inside(`mv ${libexec}/station-session ${libexec}/off`);
  assert.match((await ctl("root", "session", "start", "t-anna")).err, /station-session\) cannot be started: No such file/);
  await inside(`mv ${libexec}/off ${libexec}/station-session`);
});

test("HTTPS: the same methods, the same answers, and a status for each kind of error", { skip }, async () => {
  const call = (method, body = "{}", headers = {}) => ({ path: `/api/${method}`, body: typeof body === "string" ? body : JSON.stringify(body), headers });
  const methods = publicInterfaces.flatMap((name) => [...interfaces.get(name).methods.keys()].map((method) => [name, method]));
  const given = (name, method) => Object.fromEntries(Object.entries(examples[method] ?? {}).filter(([key]) => interfaces.get(name).methods.get(method).input.members.has(key)));
  const hidden = [...workerInterfaces, "org.stationmaster.Relay"].flatMap((name) => [...interfaces.get(name).methods.keys()].map((method) => `${name}.${method}`));
  const requests = [
    call("org.stationmaster.System.WhoAmI"),
    call("org.stationmaster.Login.Start", { purpose: "dashboard", user: "t-karin" }),
    call("org.stationmaster.Login.Answer", `{"conversation": "$CONVERSATION", "answers": ["${password}"]}`),
    ...methods.map(([name, method]) => call(`${name}.${method}`, given(name, method))),
    ...hidden.map((method) => call(method)),
    call("org.stationmaster.System.WhoAmI", "{", {}),
    call("org.stationmaster.System.WhoAmI", "[]", {}),
    call("org.stationmaster.System.WhoAmI", "{}", { origin: "https://evil.example" }),
    call("org.stationmaster.System.WhoAmI", "{}", { "content-type": "text/plain" }),
    call("org.stationmaster.System.WhoAmI", `{"x": "${"x".repeat(70_000)}"}`),
    call("org.stationmaster.Login.SignOut"),
    call("org.stationmaster.System.WhoAmI"),
  ];
  const got = await https(requests);
  const take = (n) => got.splice(0, n);
  const [before, , signedIn] = take(3);
  assert.deepEqual([before.status, before.json.error], [401, "org.stationmaster.Unauthenticated"]);
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn));
  assert.deepEqual([signedIn.json.done, signedIn.json.role, signedIn.json.token], [true, "operator", undefined]);
  assert.match(signedIn.cookies[0], /^__Host-stationmaster=[\w-]{43}; .*HttpOnly/);

  const expected = { Refused: 403, NotFound: 404, UnknownUser: 404, MethodNotFound: 404, Failed: 409, Limit: 429, Busy: 429, InvalidParameter: 400 };
  const volatile = ["uptime_s", "load_percent", "memory_available_kib", "jobs", "job", "targets", "entries", "id", "token", "tokens", "ticket", "expires_ms"];
  for (const [name, method] of methods) {
    const [answer] = take(1);
    const local = await ctl("t-karin", "call", `${name}.${method}`, JSON.stringify(given(name, method)), "--json");
    if (answer.status === 200) {
      assert.equal(local.code, 0, `${name}.${method}: ${local.err}`);
      assert.equal(interfaces.get(name).problem(answer.json, interfaces.get(name).methods.get(method).output), "", `${name}.${method}`);
      const plain = (value) => Object.fromEntries(Object.entries(value).filter(([key]) => !volatile.includes(key)));
      assert.deepEqual(plain(answer.json), plain(JSON.parse(local.out)), `${name}.${method}`);
    } else {
      const told = JSON.parse(local.err);
      assert.deepEqual([answer.json.error, answer.json.parameters], [told.error, told.parameters], `${name}.${method}`);
      assert.equal(answer.status, expected[told.error.split(".").pop()], `${name}.${method}: ${told.error}`);
    }
  }
  for (const method of hidden) assert.deepEqual(take(1).map((a) => [a.status, a.json.error]), [[404, "org.varlink.service.MethodNotFound"]], method);
  assert.deepEqual(take(2).map((a) => a.status), [400, 400], "not JSON, not an object");
  assert.equal(take(1)[0].status, 403, "a page of somebody else");
  assert.ok(take(1)[0].status >= 400, "a form of somebody else");
  assert.equal(take(1)[0].status, 413, "too large");
  assert.deepEqual(take(2).map((a) => a.status), [200, 401], "signed out");
});

test("HTTPS while stationd is away: 502", { skip }, async () => {
  await inside("mv /run/services/stationd /run/stationd.off; kill -KILL $(cat /run/services/pid/stationd)");
  const [answer] = await https([{ path: "/api/org.stationmaster.System.Version", body: "{}" }]);
  assert.deepEqual([answer.status, answer.json.error], [502, "org.stationmaster.Unavailable"]);
  await inside("mv /run/stationd.off /run/services/stationd; kill -HUP 1");
  await until("the relay has connected again", async () => (await answers()) && (await ctlJson("root", "system", "status")).relay);
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

// --- two people at work, steered from the command line ---

const room = {};
/** Flags of the sessions, as "anna: blocked". */
const flags = async () =>
  (await ctlJson("t-karin", "session", "list")).map((s) => [s.user, ...["blocked", "locked", "projected", "projecting", "viewed", "controlled"].filter((name) => s[name])].join(" ")).sort();
async function done(user, code, ...args) {
  const result = await ctl(user, ...args);
  assert.equal(result.code, code, `${user} ${args.join(" ")}: ${result.out}${result.err}`);
  return result;
}
async function restart() {
  await inside("kill -KILL $(cat /run/services/pid/stationd)");
  await until("stationd answers again, with relay and sessions", async () => {
    const { code, out } = await ctl("root", "system", "status", "--json", "--timeout", "2");
    return code === 0 && JSON.parse(out).relay && JSON.parse(out).sessions === 2;
  });
}

test("two sessions are started", { skip }, async () => {
  for (const user of ["t-anna", "t-ben"]) room[user] = (await ctlJson("root", "session", "start", user, "--desktop", "openbox")).id;
  assert.deepEqual(await flags(), ["t-anna", "t-ben"]);
});

test("block: held over a crash, for who comes later, by role, until its time is over", { skip }, async () => {
  await done("t-karin", 0, "session", "block", "t-anna", "--message", "Bitte nach vorn – 看", "--until", "+30m");
  assert.match((await done("t-karin", 0, "session", "block", "t-cora")).out, /^- +t-cora +blocked\n/);
  assert.deepEqual(await flags(), ["t-anna blocked", "t-ben"]);
  const before = await ctlJson("t-karin", "block", "list");
  assert.deepEqual(before.map((b) => [b.kind, b.name, b.message, b.by]), [["user", "t-anna", "Bitte nach vorn – 看", "t-karin"], ["user", "t-cora", "", "t-karin"]]);
  assert.ok(Math.abs(before[0].until_ms - Date.now() - 30 * 60_000) < 60_000 && before[1].until_ms === 0);
  await restart();
  assert.deepEqual(await ctlJson("t-karin", "block", "list"), before);
  assert.deepEqual(await flags(), ["t-anna blocked", "t-ben"]);
  assert.deepEqual((await ctlJson("t-karin", "block", "texts")).texts, ["Bitte nach vorn – 看"]);

  for (const args of [["session", "block", "t-ben"], ["session", "unblock", "t-anna"], ["block", "list"], ["block", "texts"]]) await done("t-anna", 3, ...args);
  await done("t-karin", 3, "session", "block", "t-karin");
  await done("t-karin", 3, "session", "block", "t-adam");
  await done("t-karin", 4, "session", "block", "s99");
  await done("t-karin", 1, "session", "block", "t-ben", "t-no-such-user");
  await done("t-karin", 0, "session", "unblock", "t-ben", "t-cora");

  assert.match((await done("t-karin", 0, "session", "block", "--all", "--until", "+10m")).out, /Everybody is blocked, who logs in later too, until/);
  assert.deepEqual(await flags(), ["t-anna blocked", "t-ben blocked"]);
  assert.match((await done("t-karin", 3, "session", "unblock", "t-anna")).out, /refused: Everybody is blocked/);
  await done("t-karin", 0, "session", "unblock", "--all");
  assert.deepEqual([await flags(), await ctlJson("t-karin", "block", "list")], [["t-anna", "t-ben"], []]);

  await done("t-karin", 0, "session", "block", "t-ben", "--until", "+2s");
  await until("the block ends by itself", async () => (await ctlJson("t-karin", "block", "list")).length === 0);
  assert.deepEqual(await flags(), ["t-anna", "t-ben"]);
});

test("lock: one's own only; unlocked by its user or an administrator", { skip }, async () => {
  assert.match((await done("t-karin", 3, "session", "lock", "t-anna")).out, /refused: Only t-anna can lock/);
  assert.match((await done("t-karin", 3, "session", "unlock", "t-anna")).out, /refused: t-anna has locked/);
  // No station shows it, and whoever logs in to go on is asked for the password anyway.
  assert.match((await done("t-anna", 0, "session", "lock", room["t-anna"])).out, /locked\n$/);
  assert.deepEqual(await flags(), ["t-anna", "t-ben"]);
  for (const user of ["t-anna", "t-adam", "root"]) await done(user, 0, "session", "unlock", "t-anna");
  await done("t-anna", 4, "session", "unlock", "t-ben");
  assert.match((await done("t-anna", 0, "session", "lock")).out, /No station shows a session of yours/);
});

test("project: from one to others and to all, over a crash, and no further than its source", { skip }, async () => {
  await done("t-karin", 4, "project", "start", "t-ben");
  for (const args of [["start", "--all"], ["list"], ["stop", "--all"]]) await done("t-anna", 3, "project", ...args);
  const one = await ctlJson("t-karin", "project", "start", "t-ben", "--from", "t-anna", "--window");
  assert.deepEqual(await flags(), ["t-anna projecting", "t-ben projected"]);
  const all = await ctlJson("t-karin", "project", "start", "--all", "--from", room["t-ben"]);
  assert.deepEqual(all.targets.map((t) => t.user), ["t-anna"], "the source is not meant by all");
  await restart();
  const list = await ctlJson("t-karin", "project", "list");
  assert.deepEqual(list.map((p) => [p.id, p.session, p.all, p.window, p.by]), [[one.projection, room["t-anna"], false, true, "t-karin"], [all.projection, room["t-ben"], true, false, "t-karin"]]);
  await done("t-karin", 0, "project", "stop", one.projection);
  await done("t-karin", 4, "project", "stop", one.projection);
  assert.deepEqual(await ctlJson("t-adam", "project", "stop", "--all"), { projections: [all.projection] });
  assert.deepEqual(await flags(), ["t-anna", "t-ben"]);
});

test("job extend: more time, counted from the end that was announced", { skip }, async () => {
  const { job } = await ctlJson("t-karin", "session", "logoff", "t-anna", "t-ben", "--grace", "600");
  const ends = async () => Object.fromEntries((await ctlJson("t-karin", "job", "show", job)).targets.map((t) => [t.user, t.ends_ms]));
  const first = await ends();
  await done("t-karin", 0, "job", "extend", job, "t-anna", "--by", "90s");
  assert.deepEqual(await ends(), { "t-anna": first["t-anna"] + 90_000, "t-ben": first["t-ben"] });
  await done("t-karin", 0, "job", "extend", job);
  assert.deepEqual(await ends(), { "t-anna": first["t-anna"] + 390_000, "t-ben": first["t-ben"] + 300_000 });
  assert.ok((await done("t-anna", 4, "job", "extend", job)).err, "a job of somebody else is not there for a standard user");
  await done("t-karin", 0, "job", "cancel", job);
  await done("t-karin", 3, "job", "extend", job);
});

/** Windows of a session, as "class: title". */
const windowsOf = async (user) => (await ctlJson("t-karin", "app", "list", user)).windows.map((w) => `${w.class}: ${w.title}`);

test("app: started in two sessions, seen with its window, closed politely, closed by name on all", { skip }, async () => {
  const title = "Task 3; $HOME `id` – 本";
  assert.match((await done("t-karin", 0, "app", "start", "t-anna", "t-ben", "--", "xterm", "-T", title)).out, /t-anna +started\n.*t-ben +started\n2 started\.\n/);
  for (const user of ["t-anna", "t-ben"]) await until(`the window of ${user}`, async () => (await windowsOf(user)).includes(`XTerm: ${title}`));
  const { windows, processes } = await ctlJson("t-karin", "app", "list", "t-anna");
  const xterm = processes.find((p) => p.name === "xterm");
  assert.equal(windows.find((w) => w.class === "XTerm").pid, xterm.pid);
  assert.ok(xterm.memory_kib > 100 && xterm.command.startsWith("xterm -T Task 3"), JSON.stringify(xterm));
  assert.match((await inside(`stat -c %U /proc/$(pgrep -n xterm)`)).trim(), /^t-(anna|ben)$/, "it runs as the user");
  assert.match((await done("t-karin", 0, "app", "list", "t-anna")).out, /^ *WINDOW .*\n.*XTerm +\d+ +\*? +Task 3.*\n\nPID:START /);

  await done("t-karin", 1, "app", "close", "t-anna", `${xterm.pid}:${xterm.start + 1}`);
  assert.match((await done("t-karin", 0, "app", "close", "t-anna", String(xterm.pid))).out, /is closed/);
  assert.ok(!(await windowsOf("t-anna")).some((w) => w.startsWith("XTerm")));
  await done("t-karin", 4, "app", "close", "t-anna", String(xterm.pid));

  await done("t-anna", 0, "app", "start", "t-anna", "--open", "xterm -T mine");
  await until("her own", async () => (await windowsOf("t-anna")).includes("XTerm: mine"));
  const closed = await ctlJson("t-karin", "app", "close-all", "xterm", "--all");
  assert.deepEqual(closed.targets.map((t) => [t.user, t.state, t.reason]), [["t-anna", "done", ""], ["t-ben", "done", ""]]);
  for (const user of ["t-anna", "t-ben"]) assert.ok(!(await windowsOf(user)).some((w) => w.startsWith("XTerm")));
  const again = await ctlJson("t-karin", "app", "close-all", "xterm", "t-ben");
  assert.deepEqual(again.targets.map((t) => t.reason), ["It did not run there."]);

  assert.match((await done("t-karin", 1, "app", "start", "t-ben", "--", "no-such-program-here")).out, /failed: There is no such program/);
  assert.deepEqual((await ctlJson("t-karin", "app", "recent")).map((e) => e.open.split(" ")[0]), ["no-such-program-here", "xterm"]);
});

test("app: what is installed can be started by its id; a standard user acts on nobody else", { skip }, async () => {
  const installed = await ctlJson("t-anna", "app", "installed");
  const xterm = installed.find((p) => /xterm/i.test(p.id));
  assert.ok(xterm, JSON.stringify(installed));
  await done("t-karin", 0, "app", "start", "t-ben", "--program", xterm.id);
  await until("its window", async () => (await windowsOf("t-ben")).some((w) => /xterm/i.test(w)));
  for (const args of [["app", "list", room["t-ben"]], ["app", "close", room["t-ben"], "2:1"], ["app", "close-all", "xterm", room["t-ben"]], ["app", "start", room["t-ben"], "--", "xterm"]]) await done("t-anna", 4, ...args);
  for (const args of [["chat", "send", "t-ben", "x"], ["chat", "history", "t-ben"], ["chat", "clear"], ["chat", "off"], ["hand", "list"], ["hand", "answer", "--all"], ["activity"], ["activity", "--follow"]]) await done("t-anna", 3, ...args);
  await done("t-karin", 0, "app", "close-all", "xterm", "t-ben", "--now");
});

test("session list --long: window, memory and use of what runs", { skip }, async () => {
  await done("t-karin", 0, "app", "start", "t-anna", "--", "xterm", "-T", "Busy", "-e", "sh", "-c", "while :; do :; done");
  await until("the window in front, and a busy processor", async () => {
    const anna = (await ctlJson("t-karin", "session", "list", "--long")).find((s) => s.user === "t-anna");
    return anna.window === "Busy" && anna.program === "XTerm" && anna.memory_kib > 1000 && anna.cpu_permille > 50;
  });
  await done("t-karin", 0, "app", "close-all", "xterm", "t-anna", "--now");
  const [anna] = await ctlJson("t-anna", "session", "list", "--long");
  assert.deepEqual([anna.window, anna.memory_kib], ["", 0], "a standard user is not told");
});

test("chat and activity: kept over a crash, by role", { skip }, async () => {
  const watching = start(["exec", name, "runuser", "-u", "t-anna", "--", "stationctl", "chat", "history", "--follow", "--timeout", "60"]);
  await done("t-karin", 0, "chat", "send", "--all", "Bitte nach vorn – 看");
  await until("she reads it at once", () => watching.result.out.includes("看"), () => watching.result.err);
  await restart();
  const text = (messages) => messages.map((m) => [m.from, m.user, m.text]);
  assert.deepEqual(text(await ctlJson("t-karin", "chat", "history")), [["t-karin", "t-anna", "Bitte nach vorn – 看"], ["t-karin", "t-ben", "Bitte nach vorn – 看"]]);
  assert.deepEqual(text(await ctlJson("t-ben", "chat", "history")), [["t-karin", "t-ben", "Bitte nach vorn – 看"]]);
  await done("t-adam", 0, "chat", "send", "t-anna", "Zwei");
  await until("she reads on after the crash", () => watching.result.out.includes("Zwei"), () => watching.result.err);
  watching.child.kill("SIGTERM");
  await watching.done;
  assert.equal(watching.result.out.split("看").length, 2, "nothing twice");

  assert.deepEqual(await ctlJson("t-karin", "chat", "off"), { enabled: false });
  await restart();
  assert.deepEqual(await ctlJson("t-anna", "chat", "status"), { enabled: false });
  await done("t-karin", 0, "chat", "on");
  await done("t-karin", 0, "chat", "clear", "t-anna");
  assert.deepEqual((await ctlJson("t-karin", "chat", "history")).map((m) => m.user), ["t-ben"]);
  assert.deepEqual(await ctlJson("t-karin", "hand", "list"), []);

  const [entry] = await ctlJson("t-karin", "activity", "--search", "Chat.Send", "--limit", "1");
  assert.deepEqual([entry.user, entry.role, entry.address, entry.result], ["t-karin", "operator", "local", "ok"]);
  const all = await ctlJson("root", "activity", "--search", "Chat.Send");
  assert.deepEqual(all.slice(0, 3).map((e) => [e.user, e.result]), [["t-adam", "ok"], ["t-karin", "ok"], ["t-anna", "refused"]], "also who tried");
  assert.match((await done("root", 0, "activity", "--limit", "3")).out, /^WHEN +WHO +FROM +WHAT +RESULT +ON WHOM\n\d\d:\d\d:\d\d +t-karin +local +Chat\.Clear +ok +t-anna/);
});

/** A viewer in JavaScript, to be run inside: reads the first picture of the socket at argv[1], prints its size. */
const viewerCode = `
  const c = require("node:net").connect(process.argv[1]);
  let got = Buffer.alloc(0), step = 0;
  const take = (n) => { const part = got.subarray(0, n); got = got.subarray(n); return part; };
  c.on("error", (e) => { console.log(e.code); process.exit(1); });
  c.on("data", (data) => {
    got = Buffer.concat([got, data]);
    if (step === 0 && got.length >= 12) { take(12); c.write("RFB 003.008\\n"); step = 1; }
    if (step === 1 && got.length >= 2) { take(2); c.write(Buffer.from([1])); step = 2; }
    if (step === 2 && got.length >= 4) { take(4); c.write(Buffer.from([1])); step = 3; }
    if (step === 3 && got.length >= 24 && got.length >= 24 + got.readUInt32BE(20)) {
      const width = got.readUInt16BE(0), height = got.readUInt16BE(2);
      take(24 + got.readUInt32BE(20));
      const ask = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      ask.writeUInt16BE(width, 6); ask.writeUInt16BE(height, 8);
      c.write(ask);
      step = 4;
      console.log(width + "x" + height);
    }
    if (step === 4 && got.length >= 16 && got[0] === 0) { console.log("picture"); step = 5; if (process.argv[2] === "once") c.end(); }
  });
  c.on("close", () => console.log("closed"));`;

/** stationctl session ... --print-socket inside; .path of the socket. */
async function openView(user, ...args) {
  const view = start(["exec", name, "runuser", "-u", user, "--", "stationctl", "session", ...args, "--print-socket"]);
  await until("the socket is there", () => view.result.out.includes("\n") || view.child.exitCode !== null, () => view.result.err);
  return { ...view, path: view.result.out.trim() };
}

test("view and control: the relay's picture on a socket that nobody else can reach; who is in the way is named", { skip }, async () => {
  await done("t-anna", 3, "session", "view", room["t-ben"], "--print-socket");
  await done("t-karin", 4, "session", "view", "s99", "--print-socket");
  assert.match((await done("t-karin", 1, "session", "view", "t-ben")).err, /no screen here/);
  const view = await openView("t-karin", "view", "t-ben");
  const look = (user, path, ...more) => start(["exec", name, "runuser", "-u", user, "--", "node", "-e", viewerCode, path, ...more]);
  assert.equal((await look("t-anna", view.path).done).out, "EACCES\n");
  assert.deepEqual(await flags(), ["t-anna", "t-ben viewed"]);
  assert.deepEqual((await look("t-karin", view.path, "once").done).out, "1280x720\npicture\nclosed\n");
  assert.equal((await view.done).code, 0);
  await until("the view is gone", async () => (await ctlJson("t-karin", "view", "list")).length === 0);

  const mine = await openView("t-karin", "control", "t-ben", "--exclusive");
  const looking = look("t-karin", mine.path);
  await until("it is seen", () => looking.result.out.includes("picture"));
  assert.equal((await ctlJson("t-karin", "session", "show", "t-ben")).controlled_by, "t-karin");
  assert.match((await done("t-adam", 1, "session", "control", "t-ben", "--print-socket")).err, /t-karin/);
  const [{ id, mode, by }] = await ctlJson("t-adam", "view", "list");
  assert.deepEqual([mode, by], ["exclusive", "t-karin"]);
  await done("t-anna", 3, "view", "end", id);
  await done("t-adam", 0, "view", "end", id);
  const ended = await mine.done;
  assert.deepEqual([ended.code, (await looking.done).out], [1, "1280x720\npicture\nclosed\n"]);
  assert.match(ended.err, /ended from the other side/);
  assert.deepEqual(await flags(), ["t-anna", "t-ben"]);
  assert.equal(await inside("ls -d /tmp/stationctl-* 2>/dev/null || true"), "");
});

test("a log-off ends the projection of the session and the view of it", { skip }, async () => {
  await done("t-karin", 0, "project", "start", "t-anna", "--from", "t-ben");
  const view = await openView("t-karin", "view", "t-ben");
  await done("t-karin", 0, "session", "logoff", "--all", "--wait", "--timeout", "60");
  assert.equal((await view.done).code, 1);
  await until("nothing is left", async () => (await ctlJson("t-karin", "project", "list")).length + (await ctlJson("t-karin", "view", "list")).length === 0);
  assert.deepEqual(await flags(), []);
});

test("a broken setting is told with file, line and reason, and stationd does not start", { skip }, async () => {
  await inside("mkdir -p /etc/stationmaster/conf.d; cat >/etc/stationmaster/conf.d/50-test.conf", "[session]\n\nwidth = wide\n");
  try {
    const { code, err } = await start(["exec", name, `${libexec}/stationd`]).done;
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
