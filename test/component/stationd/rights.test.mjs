// SPDX-License-Identifier: GPL-3.0-or-later
// Every role against every method: on api.sock by groups, on relay.sock by token, and with no token at all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";

let d, root, relay;
const callers = {};
const tokens = {};
const roles = ["standard", "operator", "administrator"];

before(async () => {
  d = await Daemon.start();
  root = await d.root();
  relay = await openRelay(d);
  for (const [i, role] of roles.entries()) callers[role] = d.caller(role, 5100 + i);
  for (const user of ["anna", "otto", "ada"]) await root.call("Sessions.Start", { user });
  tokens.operator = (await relay.signIn("otto")).token;
  tokens.administrator = (await relay.signIn("ada")).token;
});
after(async () => {
  for (const c of Object.values(callers)) c.close();
  relay.close();
  root.close();
  await d.stop();
});

/** Another answer on api.sock than through the relay. */
const local = (here, there) => ({ here, there });
/** What each role gets: "ok", or the name of the error. */
const matrix = [
  ["System.Version", {}, "ok", "ok", "ok"],
  ["System.WhoAmI", {}, "ok", "ok", "ok"],
  ["System.Status", {}, "System.Refused", "ok", "ok"],
  ["Sessions.List", {}, "ok", "ok", "ok"],
  ["Sessions.Get", { session: "s1" }, "Sessions.NotFound", "ok", "ok"],
  ["Sessions.Get", { session: "s3" }, "Sessions.NotFound", "ok", "ok"],
  ["Sessions.Start", { user: "anna" }, "Sessions.Refused", "Sessions.Refused", "Sessions.Failed"],
  ["Sessions.LogOff", { sessions: ["s99"] }, "Sessions.NotFound", "Sessions.NotFound", "Sessions.NotFound"],
  ["Sessions.LogOff", { sessions: ["s1"], grace_ms: 3000000 }, "Sessions.NotFound", "ok", "ok"],
  ["Sessions.Suspend", { sessions: ["s1"] }, "Sessions.NotFound", "ok", "ok"],
  ["Sessions.Lock", { sessions: ["s1"] }, "Sessions.NotFound", "ok", "ok"],
  ["Sessions.Unlock", { sessions: ["s1"] }, "Sessions.NotFound", "ok", "ok"],
  ["Blocks.List", {}, "Blocks.Refused", "ok", "ok"],
  ["Blocks.Block", { stations: ["vnc-9"] }, "Blocks.Refused", "Blocks.NotFound", "Blocks.NotFound"],
  ["Blocks.Block", { users: ["anna"] }, "Blocks.Refused", "ok", "ok"],
  ["Blocks.Unblock", { users: ["anna"] }, "Blocks.Refused", "ok", "ok"],
  ["Blocks.Texts", {}, "Blocks.Refused", "ok", "ok"],
  ["Lessons.List", {}, "Lessons.Refused", "ok", "ok"],
  ["Lessons.Preview", { users: ["anna"], length_ms: 60000 }, "Lessons.Refused", "ok", "ok"],
  ["Lessons.Start", { sessions: ["s99"], length_ms: 60000 }, "Lessons.Refused", "Lessons.NotFound", "Lessons.NotFound"],
  ["Lessons.Extend", { lesson: "l99", add_ms: 1000 }, "Lessons.Refused", "Lessons.NotFound", "Lessons.NotFound"],
  ["Lessons.Change", { lesson: "l99", block: true }, "Lessons.Refused", "Lessons.NotFound", "Lessons.NotFound"],
  ["Lessons.End", { lesson: "l99" }, "Lessons.Refused", "Lessons.NotFound", "Lessons.NotFound"],
  ["Lessons.Presets", {}, "Lessons.Refused", "ok", "ok"],
  ["Limits.List", {}, "Limits.Refused", "ok", "ok"],
  ["Limits.Limit", { users: ["anna"], mode: "allow", domains: ["contoso"] }, "Limits.Refused", "Limits.BadSite", "Limits.BadSite"],
  ["Limits.Free", { users: ["anna"] }, "Limits.Refused", "ok", "ok"],
  ["Limits.Recent", {}, "Limits.Refused", "ok", "ok"],
  ["Programs.Installed", {}, "ok", "ok", "ok"],
  ["Programs.Icon", { program: "no-such" }, "Programs.NotFound", "Programs.NotFound", "Programs.NotFound"],
  ["Programs.Recent", {}, "ok", "ok", "ok"],
  ["Programs.Start", { sessions: ["s99"], open: "xterm" }, "Programs.NotFound", "Programs.NotFound", "Programs.NotFound"],
  ["Programs.Start", { sessions: ["s3"], open: "xterm" }, "Programs.NotFound", "ok", "ok"],
  ["Programs.List", { session: "s3" }, "Programs.NotFound", "Programs.Refused", local("Programs.Refused", "ok")],
  ["Programs.Close", { session: "s3", pid: 2, start: 1 }, "Programs.NotFound", "Programs.Refused", local("Programs.Refused", "Programs.Failed")],
  ["Programs.CloseByName", { sessions: ["s3"], name: "x" }, "Programs.NotFound", "ok", "ok"],
  ["Chat.Send", { sessions: ["s1"], text: "x" }, "Chat.Refused", "ok", "ok"],
  ["Chat.History", { user: "anna" }, "Chat.Refused", "ok", "ok"],
  ["Chat.Clear", { user: "nobody" }, "Chat.Refused", "ok", "ok"],
  ["Chat.Hands", {}, "Chat.Refused", "ok", "ok"],
  ["Chat.Answer", { all: true }, "Chat.Refused", "ok", "ok"],
  ["Chat.Get", {}, "ok", "ok", "ok"],
  ["Chat.Set", { enabled: true }, "Chat.Refused", "ok", "ok"],
  ["Audit.List", {}, "Audit.Refused", "ok", "ok"],
  ["Audit.Export", {}, "Audit.Refused", "Audit.Refused", "ok"],
  ["Audit.Verify", {}, "Audit.Refused", "Audit.Refused", "ok"],
  ["Audit.Verify", { head: "short" }, "Audit.Refused", "Audit.Refused", "org.varlink.service.InvalidParameter"],
  ["Rights.List", {}, "Rights.Refused", "Rights.Refused", "ok"],
  ["Rights.Set", { user: "no-such" }, "Rights.Refused", "Rights.Refused", "Rights.UnknownUser"],
  ["Rights.Set", { user: "no-such", acts: ["see"] }, "Rights.Refused", "Rights.Refused", "org.varlink.service.InvalidParameter"],
  ["Rights.Clear", { user: "no-such" }, "Rights.Refused", "Rights.Refused", "Rights.NotFound"],
  ["Tokens.List", {}, "Tokens.Refused", "ok", "ok"],
  ["Tokens.Create", { name: "x", expires_ms: 1 }, "Tokens.Refused", "org.varlink.service.InvalidParameter", "org.varlink.service.InvalidParameter"],
  ["Tokens.Create", { name: "x", role: "administrator", expires_ms: Date.now() + 60000 }, "Tokens.Refused", "Tokens.Refused", "ok"],
  ["Tokens.Revoke", { id: "k99" }, "Tokens.Refused", "Tokens.NotFound", "Tokens.NotFound"],
  ["Jobs.List", {}, "ok", "ok", "ok"],
  ["Jobs.Get", { job: "j99" }, "Jobs.NotFound", "Jobs.NotFound", "Jobs.NotFound"],
  ["Jobs.Wait", { job: "j99" }, "Jobs.NotFound", "Jobs.NotFound", "Jobs.NotFound"],
  ["Jobs.Cancel", { job: "j99" }, "Jobs.NotFound", "Jobs.NotFound", "Jobs.NotFound"],
  ["Jobs.Extend", { job: "j99", add_ms: 1000 }, "Jobs.NotFound", "Jobs.NotFound", "Jobs.NotFound"],
  ["Projections.List", {}, "Projections.Refused", "ok", "ok"],
  ["Projections.Start", { source: "s1", all: true }, "Projections.Refused", "ok", "ok"],
  ["Projections.Start", { source: "s3", all: true }, "Projections.Refused", "Projections.Refused", local("Projections.Refused", "ok")],
  ["Projections.Start", { source: "s99", all: true }, "Projections.Refused", "Projections.NotFound", "Projections.NotFound"],
  ["Projections.Stop", { projection: "p99" }, "Projections.Refused", "Projections.NotFound", "Projections.NotFound"],
  ["Projections.Stop", { all: true }, "Projections.Refused", "ok", "ok"],
  ["Views.List", {}, "Views.Refused", "ok", "ok"],
  ["Views.Open", { session: "s99", mode: "view" }, "Views.Refused", "Views.NotFound", "Views.NotFound"],
  ["Views.Open", { session: "s3", mode: "view" }, "Views.Refused", "Views.Refused", "Views.Refused"],
  ["Views.Open", { session: "s1", mode: "control" }, "Views.Refused", local("ok", "Views.Refused"), local("ok", "Views.Refused")],
  ["Views.Close", { view: "v99" }, "Views.Refused", "Views.NotFound", "Views.NotFound"],
  ["Stations.List", {}, "Stations.Refused", "ok", "ok"],
  ["Stations.Get", { station: "vnc-9" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Set", { station: "vnc-9", name: "x" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Set", { station: "vnc-9", name: " x" }, "Stations.Refused", "org.varlink.service.InvalidParameter", "org.varlink.service.InvalidParameter"],
  ["Stations.Map", { stations: ["vnc-9"] }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Identify", { stations: ["vnc-9"], show: true }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Identify", { show: true }, "Stations.Refused", "ok", "ok"],
  ["Stations.Split", { station: "vnc-9", direction: "left_right" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Join", { station: "vnc-9" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Forget", { station: "vnc-9" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.SetStorage", { blocked: true }, "Stations.Refused", "ok", "ok"],
  ["Stations.SetStorage", { stations: ["vnc-9"], blocked: true }, "Stations.Refused", "ok", "ok"],
  ["Stations.SetStorage", { stations: [], blocked: true }, "Stations.Refused", "org.varlink.service.InvalidParameter", "org.varlink.service.InvalidParameter"],
  ["Stations.Rooms", {}, "Stations.Refused", "ok", "ok"],
  ["Stations.SetAutoLogOn", { stations: ["vnc-9"], user: "no-such" }, "Stations.Refused", "Stations.Refused", "Stations.NotFound"],
  ["Stations.LogOn", { people: [{ station: "vnc-9", user: "anna", password: null }] }, "Stations.Refused", "ok", "ok"],
  ["Stations.Enrol", { station: "vnc-9", pin: "123456" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Stations.Invite", { kind: "vnc", lasts_ms: 60000 }, "Stations.Refused", "ok", "ok"],
  ["Stations.Unenrol", { station: "vnc-9" }, "Stations.Refused", "Stations.NotFound", "Stations.NotFound"],
  ["Events.Watch", {}, "ok", "ok", "ok"],
];
const relayOnly = ["Login.Info", "Login.Start", "Login.Answer", "Login.Accept", "Login.Cancel", "Login.SignOut", "Relay.Serve", "Relay.StationOpen", "Relay.StationClose", "Relay.StationAct", "Relay.StationChat", "Relay.StationHold", "Relay.StationEnrol", "Relay.Activity", "Relay.OpenSource", "Relay.ViewOpen", "Relay.ViewClose", "Relay.ScreenOpen", "Relay.ScreenClose"];

test("api.sock: the groups decide", async () => {
  let row = 0, pupil;
  for (const [method, parameters, ...wanted] of matrix) {
    // Standard users may order only so much at once: another one every few rows.
    if (row++ % 15 === 0) pupil = d.caller("standard", 5200 + row);
    for (const [i, role] of roles.entries()) {
      const answer = await (role === "standard" ? pupil : callers[role]).send(method, parameters, false);
      assert.equal(answer.error?.replace("org.stationmaster.", "") ?? "ok", wanted[i].here ?? wanted[i], `${role}: ${method} ${JSON.stringify(parameters)} ${JSON.stringify(answer)}`);
    }
  }
  for (const { id } of (await root.call("Views.List")).views) await root.call("Views.Close", { view: id });
  for (const method of relayOnly) {
    for (const role of roles) assert.equal((await callers[role].fails(method)).error, "org.varlink.service.MethodNotFound", method);
    assert.equal((await root.fails(method)).error, "org.varlink.service.MethodNotFound", method);
  }
});

test("relay.sock: the token decides, and without one there is nothing", async () => {
  for (const [method, parameters, , ...wanted] of matrix) {
    for (const [i, role] of ["operator", "administrator"].entries()) {
      const answer = await relay.call(method, parameters, { token: tokens[role] }).then(() => "ok", (e) => e.error.replace("org.stationmaster.", ""));
      assert.equal(answer, wanted[i].there ?? wanted[i], `${role} by token: ${method}`);
    }
    for (const token of [undefined, "x".repeat(43), ""]) {
      assert.equal((await relay.fails(method, parameters, { token })).error, "Unauthenticated", method);
    }
  }
});

test("every method of the interfaces is in the matrix", async () => {
  const { readFileSync } = await import("node:fs");
  const names = [];
  for (const name of ["System", "Sessions", "Blocks", "Lessons", "Limits", "Projections", "Views", "Programs", "Chat", "Audit", "Rights", "Tokens", "Jobs", "Stations", "Events", "Login", "Relay"]) {
    const text = readFileSync(new URL(`../../../docs/api/org.stationmaster.${name}.varlink`, import.meta.url), "utf8");
    for (const m of text.matchAll(/^method (\w+)/gm)) names.push(`${name}.${m[1]}`);
  }
  assert.deepEqual([...new Set([...matrix.map((row) => row[0]), ...relayOnly])].sort(), names.sort());
});

test("a standard user sees and ends only the own session", async () => {
  const anna = d.caller("standard", 5001);
  const { sessions } = await anna.call("Sessions.List");
  assert.deepEqual(sessions.map((s) => [s.user, s.own, s.may.join()]), [["anna", true, "tile,logoff,suspend,lock,unlock,start,close"]]);
  const refused = await anna.call("Sessions.LogOff", { all: true });
  assert.deepEqual(refused.targets.map((t) => t.state), ["refused"]);
  assert.match(refused.targets[0].reason, /your own session/);
  assert.equal((await anna.fails("Sessions.LogOff", { users: ["otto"] })).error, "Sessions.NotFound");
  const one = await anna.call("Sessions.LogOff", { sessions: ["s1"], grace_ms: 1000000 });
  assert.deepEqual(one.targets.map((t) => t.state), ["waiting"]);
  assert.deepEqual((await anna.call("Jobs.List")).jobs.map((j) => j.id), [refused.job, one.job]);
  await anna.call("Jobs.Cancel", { job: one.job });
  const events = await anna.watch();
  assert.deepEqual([events.sessions.length, events.stations.length, events.jobs.length], [1, 0, 2]);
  anna.close();
});

test("an operator: privileged sessions refused by name, own never in bulk", async () => {
  const { sessions } = await relay.call("Sessions.List", {}, { token: tokens.operator });
  assert.deepEqual(sessions.map((s) => [s.user, s.may.join()]), [["anna", "tile,view,control,block,limit,project,logoff,suspend,start,close,chat"], ["otto", "tile,view,control,project,logoff,suspend,lock,unlock,start,close"], ["ada", ""]]);
  const { job, targets } = await relay.call("Sessions.LogOff", { all: true, grace_ms: 1000000 }, { token: tokens.operator });
  assert.deepEqual(targets.map((t) => [t.user, t.state]), [["anna", "waiting"], ["otto", "refused"], ["ada", "refused"]]);
  assert.match(targets[1].reason, /your own session/);
  assert.match(targets[2].reason, /Ada Admin is an administrator/);
  assert.equal((await relay.fails("Relay.OpenSource", { session: "s3" }, { token: tokens.operator })).error, "Relay.Refused");
  assert.equal((await relay.fails("Relay.OpenSource", { session: "s1" })).error, "Relay.Refused");
  await relay.call("Jobs.Cancel", { job }, { token: tokens.administrator });
});

test("an administrator: all, but own never in bulk; jobs of operators are seen by operators", async () => {
  const { job, targets } = await relay.call("Sessions.LogOff", { users: ["otto", "ada"], grace_ms: 1000000 }, { token: tokens.administrator });
  assert.deepEqual(targets.map((t) => [t.user, t.state]), [["otto", "waiting"], ["ada", "refused"]]);
  assert.equal((await callers.operator.fails("Jobs.Get", { job })).error, "Jobs.NotFound");
  assert.equal((await callers.administrator.call("Jobs.Get", { job })).job.by, "ada");
  await callers.administrator.call("Jobs.Cancel", { job });
  const own = await relay.call("Sessions.LogOff", { sessions: ["s3"], grace_ms: 1000000 }, { token: tokens.administrator });
  assert.deepEqual(own.targets.map((t) => t.state), ["waiting"]);
  await relay.call("Jobs.Cancel", { job: own.job }, { token: tokens.administrator });
});

test("a standard user may not use the dashboard, and is told so only with the right password", async () => {
  const denied = await relay.signIn("ben").catch((e) => e);
  assert.equal(denied.error, "org.stationmaster.Login.Denied");
  assert.match(denied.parameters.reason, /may not use the dashboard/);
  const wrong = await relay.signIn("ben", "wrong").catch((e) => e);
  assert.match(wrong.parameters.reason, /user name or the password/);
});

test("signing out ends the token and its watches", async () => {
  const { token } = await relay.signIn("otto");
  const ended = relay.call("Events.Watch", {}, { token, more: () => {} }).catch((e) => e.error);
  await relay.call("Login.SignOut", {}, { token });
  assert.equal(await ended, "org.stationmaster.Unauthenticated");
  assert.equal((await relay.fails("Sessions.List", {}, { token })).error, "Unauthenticated");
  await until("the order", () => relay.orders.some((o) => o.order === "signed_out" && o.token === token));
});

test("another uid than the relay's is not served on relay.sock", async () => {
  const { spawnSync } = await import("node:child_process");
  const { chmodSync } = await import("node:fs");
  chmodSync("/run/stationmaster/relay.sock", 0o666);
  const script = `require("net").createConnection("/run/stationmaster/relay.sock").on("error", () => {}).on("close", () => console.log("closed")).write('{"method":"org.varlink.service.GetInfo"}\\0')`;
  const out = spawnSync(process.execPath, ["-e", script], { uid: 5100, gid: 5100, encoding: "utf8", timeout: 10000 });
  assert.equal(out.stdout, "closed\n");
});

test("who is asked by the kernel, the name by the name service", async () => {
  const me = await root.call("System.WhoAmI");
  assert.deepEqual(me, { user: "root", uid: 0, full_name: "root", role: "administrator" });
  const unknown = await callers.standard.call("System.WhoAmI");
  assert.deepEqual(unknown, { user: "#5100", uid: 5100, full_name: "#5100", role: "standard" });
});
