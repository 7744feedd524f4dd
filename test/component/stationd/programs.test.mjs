// SPDX-License-Identifier: GPL-3.0-or-later
// Programs: started, listed and closed in many sessions at once, by role; what sessions use; the activity.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Daemon, asked, openRelay, until } from "./daemon.mjs";

let d, root, relay, operator, pupil;
const ids = {};
const user = (targets) => Object.fromEntries(targets.map((t) => [t.user, t.state]));
const reason = (targets, name) => targets.find((t) => t.user === name).reason;

before(async () => {
  d = await Daemon.start();
  root = await d.root();
  relay = await openRelay(d);
  for (const name of ["anna", "ben", "cem", "otto", "ada", "hang", "poor"]) ids[name] = (await root.call("Sessions.Start", { user: name })).session.id;
  operator = d.caller("operator", 5004);
  pupil = d.caller("standard", 5001);
});
after(async () => {
  relay.close();
  root.close();
  await d.stop();
});

test("nothing is asked of sessions while nobody watches", async () => {
  await root.call("Sessions.List");
  for (const id of Object.values(ids)) assert.deepEqual([asked(id, "Usage"), asked(id, "Windows")], [[], []]);
});

test("start on many: one result for each, those that fail, hang and end meanwhile too", async () => {
  const before = Date.now();
  const started = operator.call("Programs.Start", { users: ["anna", "ben", "hang", "poor", "ada", "nemo"], open: "writer a \"b c\"" });
  // While one session hangs the others go on: anna's program runs long before the answer.
  await until("it runs with Anna", () => asked(ids.anna, "Run").length === 1);
  const { targets } = await started;
  assert.deepEqual(user(targets), { anna: "done", ben: "done", hang: "failed", poor: "failed", ada: "refused", nemo: "failed" });
  assert.match(reason(targets, "poor"), /^writer: No such file/);
  assert.match(reason(targets, "hang"), /did not answer in time/);
  assert.match(reason(targets, "ada"), /administrator/);
  assert.ok(Date.now() - before < 25_000);
  assert.deepEqual(asked(ids.anna, "Run")[0].parameters, { exec: 'writer a "b c"' }, "as it was written: no shell has seen it");
  assert.equal(asked(ids.ada, "Run").length, 0);
  // Its helper ends instead of an answer.
  const gone = await operator.call("Programs.Start", { users: ["cem", "anna"], open: "leave-now" }).catch((e) => e);
  assert.deepEqual(user(gone.targets), { cem: "failed", anna: "failed" });
  assert.match(reason(gone.targets, "cem"), /just ended/);
  for (const name of ["cem", "anna"]) ids[name] = await until(`${name}'s session is gone`, async () => !(await root.call("Sessions.List")).sessions.some((s) => s.id === ids[name])) && (await root.call("Sessions.Start", { user: name })).session.id;
});

test("a program by its path; what only its owner can reach is a document", async () => {
  const ran = async (parameters) => {
    await root.call("Programs.Start", { sessions: [ids.anna], ...parameters });
    return asked(ids.anna, "Run").at(-1).parameters;
  };
  assert.deepEqual(await ran({ open: "/bin/sh -c true" }), { exec: "/bin/sh -c true" });
  // The answer tells nothing of what is there.
  mkdirSync("/run/private/deep", { recursive: true });
  writeFileSync("/run/private/deep/secret", "");
  chmodSync("/run/private/deep/secret", 0o755);
  chmodSync("/run/private", 0o700);
  const [there, missing] = [await root.call("Programs.Start", { sessions: [ids.anna], open: "/run/private/deep/secret" }).catch((e) => e), await root.call("Programs.Start", { sessions: [ids.anna], open: "/run/private/deep/none" }).catch((e) => e)];
  assert.deepEqual([there.targets, there.error], [missing.targets, missing.error]);
  assert.equal(asked(ids.anna, "Run").filter((one) => one.parameters.exec.startsWith("/run/private")).length, 0);
});

test("hostile strings: refused before anything is asked of a session, or passed on as they are", async () => {
  const before = asked(ids.anna, "Run").length;
  for (const open of ["", "x".repeat(2001), "xterm\u001b]0;x\u0007", "a\nb", "http://a/\u202egnp.exe"]) {
    assert.match((await root.fails("Programs.Start", { sessions: [ids.anna], open })).error, /InvalidParameter/, JSON.stringify(open));
  }
  for (const program of ["../../etc/passwd", "no-such-program", "x".repeat(200), "%s"]) {
    assert.equal((await root.fails("Programs.Start", { sessions: [ids.anna], program })).error, "Programs.NotFound", program);
    assert.equal((await root.fails("Programs.Icon", { program })).error, "Programs.NotFound", program);
  }
  assert.equal(asked(ids.anna, "Run").length, before);
  const open = "printf $(id) `id` ;id && id | id > /tmp/x % 'ä' 本";
  await root.call("Programs.Start", { sessions: [ids.anna], open });
  assert.equal(asked(ids.anna, "Run").at(-1).parameters.exec, open);
  for (const language of ["de", "DE", "../", "deu"]) assert.ok(Array.isArray((await root.call("Programs.Installed", { language })).programs));
  assert.match((await root.fails("Programs.CloseByName", { sessions: [ids.anna], name: "" })).error, /InvalidParameter/);
  for (const bad of [{ pid: 0, start: 1 }, { pid: -1, start: 1 }, { pid: 2 ** 31, start: 1 }, { pid: 2, start: -1 }, { pid: 2, start: 1, force_ms: 600_001 }, { pid: 2, start: 1, force_ms: -2 }]) {
    assert.match((await root.fails("Programs.Close", { session: ids.anna, ...bad })).error, /InvalidParameter/, JSON.stringify(bad));
  }
});

test("recent: the last ten of the caller, each once, over a restart", async () => {
  for (let i = 0; i < 12; i++) await operator.call("Programs.Start", { users: ["ben"], open: `tool-${i}` });
  await operator.call("Programs.Start", { users: ["ben"], open: "tool-7" });
  const wanted = ["tool-7", "tool-11", "tool-10", "tool-9", "tool-8", "tool-6", "tool-5", "tool-4", "tool-3", "tool-2"];
  const opened = async (caller) => (await caller.call("Programs.Recent")).entries.map((e) => e.open);
  assert.deepEqual(await opened(operator), wanted);
  assert.ok(!(await opened(pupil)).length, "not those of others");
  operator.close();
  pupil.close();
  relay.close();
  root.close();
  await d.restart();
  root = await d.root();
  relay = await openRelay(d);
  operator = d.caller("operator", 5004);
  pupil = d.caller("standard", 5001);
  assert.deepEqual(await opened(operator), wanted);
  assert.equal((await root.call("Sessions.List")).sessions.length, 7, "every session was found again");
});

test("list: windows from the front, processes with their share since the last time", async () => {
  await root.call("Programs.CloseByName", { sessions: [ids.ben], name: "writer", force_ms: 0 });
  await root.call("Programs.Start", { sessions: [ids.ben], open: "painter first" });
  await root.call("Programs.Start", { sessions: [ids.ben], open: "painter <b>second</b>" });
  const first = await operator.call("Programs.List", { session: ids.ben });
  assert.deepEqual(first.windows.slice(0, 2).map((w) => [w.title, w.class, w.active]), [["<b>second</b>", "painter", true], ["first", "painter", false]]);
  assert.ok(first.processes.every((p) => p.cpu_permille === 0 && p.cpu_ms === undefined), "not known yet");
  // The fake's processes use one core all the time.
  await until("a share of about one core", async () => {
    const share = (await operator.call("Programs.List", { session: ids.ben })).processes[0].cpu_permille;
    return share > 700 && share < 1300;
  });
  assert.equal((await operator.fails("Programs.List", { session: ids.ada })).error, "Programs.Refused");
  assert.match((await root.fails("Programs.List", { session: ids.hang })).reason, /does not answer/);
});

test("close: one program, and not what has its number now", async () => {
  const { processes } = await operator.call("Programs.List", { session: ids.ben });
  const painter = processes.find((p) => p.name === "painter");
  const one = { session: ids.ben, pid: painter.pid };
  assert.match((await operator.fails("Programs.Close", { ...one, start: painter.start + 1 })).reason, /ended already/);
  assert.deepEqual(await operator.call("Programs.Close", { ...one, start: painter.start }), { state: "done" });
  assert.equal((await operator.fails("Programs.Close", { ...one, start: painter.start })).error, "Programs.Failed");
  assert.deepEqual(asked(ids.ben, "CloseProgram").at(-1).parameters, { pid: painter.pid, start: painter.start, force_ms: 5000 });
  assert.match((await operator.fails("Programs.Close", { session: ids.hang, pid: 5, start: 5, force_ms: 0 })).reason, /did not answer in time/);
});

test("close by name on all: closed, killed, not there, refused", async () => {
  await operator.call("Programs.Start", { users: ["anna"], open: "game" });
  await operator.call("Programs.Start", { users: ["ben"], open: "stubborn" });
  const game = await operator.call("Programs.CloseByName", { users: ["anna", "ben", "ada"], name: "game" });
  assert.deepEqual(user(game.targets), { anna: "done", ben: "done", ada: "refused" });
  assert.deepEqual([reason(game.targets, "anna"), reason(game.targets, "ben")], ["", "It did not run there."]);
  const asked1 = await operator.call("Programs.CloseByName", { users: ["ben"], name: "stubborn", force_ms: -1 });
  assert.deepEqual(user(asked1.targets), { ben: "asking" });
  assert.match(reason(asked1.targets, "ben"), /still there/);
  assert.equal(asked(ids.ben, "CloseByName").at(-1).parameters.force_ms, -1);
  const left = (await operator.call("Programs.List", { session: ids.ben })).processes.find((p) => p.name === "stubborn");
  assert.deepEqual(await operator.call("Programs.Close", { session: ids.ben, pid: left.pid, start: left.start, force_ms: -1 }), { state: "asking" });
  const stubborn = await operator.call("Programs.CloseByName", { users: ["ben"], name: "stubborn", force_ms: 300 });
  assert.deepEqual(user(stubborn.targets), { ben: "forced" });
  assert.equal(asked(ids.ben, "CloseByName").at(-1).parameters.force_ms, 300);
  const all = await operator.call("Programs.CloseByName", { all: true, name: "game", force_ms: 0 });
  assert.equal(all.targets.length, 7);
  assert.deepEqual([user(all.targets).otto, user(all.targets).ada], ["refused", "refused"], "own programs are never closed with those of others");
});

test("a standard user acts on the own session, and learns of no other one", async () => {
  const start = async (sessions) => pupil.send("Programs.Start", { sessions, open: "xterm" }, false);
  assert.deepEqual((await start([ids.anna])).parameters.targets.map((t) => t.state), ["done"]);
  for (const id of [ids.ben, ids.otto, "s99"]) {
    assert.equal((await start([id])).error, "org.stationmaster.Programs.NotFound");
    assert.equal((await pupil.fails("Programs.List", { session: id })).error, "Programs.NotFound");
    assert.equal((await pupil.fails("Programs.Close", { session: id, pid: 1, start: 1 })).error, "Programs.NotFound");
    assert.equal((await pupil.fails("Programs.CloseByName", { sessions: [id], name: "x" })).error, "Programs.NotFound");
  }
  const mixed = (await start([ids.anna, ids.ben])).parameters.targets;
  assert.deepEqual(mixed.map((t) => t.state), ["done", "failed"]);
  const { windows, processes } = await pupil.call("Programs.List", { session: ids.anna });
  assert.ok(windows.length > 0 && processes.length > 0);
  const [mine] = processes;
  assert.deepEqual(await pupil.call("Programs.Close", { session: ids.anna, pid: mine.pid, start: mine.start }), { state: "done" });
  const all = await pupil.call("Programs.Start", { all: true, open: "xterm" });
  assert.deepEqual(user(all.targets), { anna: "done" });
});

test("the use of sessions is asked for while a supervisor watches, and not otherwise", async () => {
  const counts = () => [asked(ids.anna, "Usage").length, asked(ids.anna, "Windows").filter((w) => w.closed).length];
  const [usage, closed] = counts();
  await pupil.watch();
  await root.call("Sessions.List");
  assert.deepEqual(counts(), [usage, closed], "a standard user does not count");

  const watching = d.caller("operator", 5104);
  await watching.watch();
  await operator.call("Programs.Start", { users: ["anna"], open: "painter Sunset" });
  const seen = await until("window and use of Anna's session", () => watching.events.findLast((e) => e.kind === "session" && e.session.id === ids.anna && e.session.window === "Sunset" && e.session.cpu_permille > 0)?.session);
  assert.deepEqual([seen.program, seen.memory_kib > 100_000], ["painter", true]);
  // The fake uses a quarter of a core.
  assert.ok(seen.cpu_permille > 100 && seen.cpu_permille < 500, String(seen.cpu_permille));
  const listed = await root.call("Sessions.Get", { session: ids.anna });
  assert.equal(listed.session.window, "Sunset");
  assert.ok(counts()[0] > usage);
  // One that does not answer is not asked again and again.
  assert.equal(asked(ids.hang, "Usage").length, 1);

  watching.close();
  await until("the connection for windows is closed", () => counts()[1] === closed + 1);
  const after = counts();
  const { session } = await root.call("Sessions.Get", { session: ids.anna });
  assert.deepEqual([session.window, session.program, session.cpu_permille, session.memory_kib], ["", "", 0, 0]);
  await operator.call("Programs.Start", { users: ["anna"], open: "painter Night" });
  assert.equal((await root.call("Sessions.Get", { session: ids.anna })).session.window, "");
  assert.deepEqual(counts(), after);
});

test("the audit says what became of a start: with whom it runs, who has refused, and why it failed", async () => {
  const newest = async () => {
    const [e] = (await root.call("Audit.List", { limit: 1 })).entries;
    return [e.method, e.targets, e.result];
  };
  await operator.call("Programs.Start", { users: ["anna"], open: "painter Day" });
  assert.deepEqual(await newest(), ["Programs.Start", `painter Day ${ids.anna}(anna)`, "ok"]);
  const poor = (await root.call("Sessions.List")).sessions.find((s) => s.user === "poor");
  const { targets } = await operator.call("Programs.Start", { sessions: [ids.anna, poor.id], open: "painter Two" });
  const why = targets.find((t) => t.user === "poor").reason;
  assert.ok(why.length > 5);
  assert.deepEqual(await newest(), ["Programs.Start", `painter Two ${ids.anna}(anna) ${poor.id}(poor)=failed`, `partly failed: ${why}`]);
  await operator.call("Programs.Start", { sessions: [poor.id], open: "painter Three" });
  assert.deepEqual((await newest())[2], `failed: ${why}`);
});

test("activity: who did what on whom; by role, searched, page by page, and as it happens", async () => {
  const list = async (caller, parameters = {}) => (await caller.call("Audit.List", parameters)).entries;
  const all = await list(root, { limit: 500 });
  assert.ok(all.every((e, i) => i === 0 || e.number < all[i - 1].number), "newest first");
  const byOperator = all.find((e) => e.method === "Programs.CloseByName" && e.user === "otto");
  assert.deepEqual([byOperator.role, byOperator.address, byOperator.result], ["operator", "local", "partly refused"]);
  assert.ok(byOperator.targets.startsWith("game ") && byOperator.targets.includes(`${ids.anna}(anna)`) && byOperator.targets.includes(`${ids.ada}(ada)=refused`), byOperator.targets);
  const seen = await list(operator, { limit: 500 });
  assert.ok(seen.length > 0 && seen.every((e) => e.role === "operator"));
  assert.equal((await pupil.fails("Audit.List")).error, "Audit.Refused");

  const page = await list(root, { limit: 3 });
  const next = await list(root, { limit: 3, before: page[2].number });
  assert.deepEqual([...page, ...next], (await list(root, { limit: 6 })));
  for (const limit of [0, 501]) assert.match((await root.fails("Audit.List", { limit })).error, /InvalidParameter/);

  // What LIKE means by itself is text here.
  for (const open of ["100%-sure", "1000-sure", "a_b", "axb", "back\\slash"]) await operator.call("Programs.Start", { users: ["ben"], open });
  const found = async (text) => (await list(root, { text })).map((e) => e.targets.split(" ")[0]);
  assert.deepEqual(await found("100%-s"), ["100%-sure"]);
  assert.deepEqual(await found("a_b"), ["a_b"]);
  assert.deepEqual(await found("k\\s"), ["back\\slash"]);
  assert.deepEqual(await found("%"), ["100%-sure", "printf"]);
  assert.deepEqual(await found("' OR 1=1 --"), []);

  const another = d.caller("operator", 5204), admin = d.caller("administrator", 5205), standard = d.caller("standard", 5206);
  for (const caller of [another, admin, standard]) await caller.watch();
  const before = (await list(root, { limit: 1 }))[0].number;
  await operator.call("Programs.Start", { users: ["ben"], open: "by-operator" });
  await root.call("Programs.Start", { users: ["ben"], open: "by-root" });
  const told = (caller) => caller.events.filter((e) => e.kind === "audit" && e.entry.number > before).map((e) => e.entry.targets.split(" ")[0]);
  await until("the administrator has both", () => told(admin).length === 2);
  assert.deepEqual(told(admin), ["by-operator", "by-root"]);
  await until("the operator has one", () => told(another).length === 1);
  await another.call("System.WhoAmI");
  await standard.call("System.WhoAmI");
  assert.deepEqual([told(another), told(standard)], [["by-operator"], []]);
});
