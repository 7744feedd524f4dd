// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl as its users meet it: output for people and for programs, exit codes, errors, bad days.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { folder, program, run, runJson, runOnTerminal, socket, start, until } from "./bed.mjs";
import { ApiError, FakeStationd, session, station } from "./fake-stationd.mjs";

let fake;

/** Something else than stationd on the socket. */
async function serveRaw(serve) {
  const server = createServer((connection) => {
    connection.on("error", () => undefined).on("end", () => connection.destroy());
    serve(connection);
    connection.resume();
  });
  await new Promise((resolve) => server.listen(socket, resolve));
  return server;
}

before(() => assert.equal(process.env.STATIONMASTER_DEBUG, undefined));
beforeEach(async () => {
  await fake?.stop();
  fake = new FakeStationd(socket);
  fake.sessions = [
    session(1, "anna", { full_name: "Anna Berg" }),
    session(2, "ben", { state: "suspended", stations: [] }),
    session(12, "karin", { role: "operator", full_name: "Karin Kaya", own: true }),
  ];
  fake.stations = [station(1, "s1", { name: "Window left", address: "192.0.2.7" })];
  await fake.start();
});
after(async () => {
  await fake?.stop();
  rmSync(folder, { recursive: true });
});

test("session list: a table for people", async () => {
  const { code, out } = await run(["session", "list"]);
  assert.equal(code, 0);
  const lines = out.trimEnd().split("\n");
  assert.match(lines[0], /^SESSION +USER +NAME +ROLE +STATE +STATION +DESKTOP +SINCE +IDLE$/);
  assert.match(lines[1], /^s1 +anna +Anna Berg +standard +active +browser-1 +xfce +3 h 5 min ago +1 min$/);
  assert.match(lines[2], /^s2 +ben +Ben +standard +suspended +- +xfce/);
  assert.match(lines[3], /^s12 +karin +Karin Kaya \(you\) +operator/);
  assert.equal(new Set(lines.map((l) => l.length)).size, 1, "columns are aligned");
});

test("session list: an array with stable names for programs", async () => {
  const list = await runJson(["session", "list"]);
  assert.deepEqual(list, fake.sessions);
  for (const name of ["id", "user", "role", "state", "type", "desktop", "stations", "since", "idle_ms"]) assert.ok(name in list[0], name);
});

test("no sessions is not an error", async () => {
  fake.sessions = [];
  assert.deepEqual(await runJson(["session", "list"]), []);
  assert.equal((await run(["session", "list"])).out, "No sessions.\n");
  const { code, out } = await run(["session", "logoff", "--all"]);
  assert.deepEqual([code, out], [0, "No sessions: nothing to do.\n"]);
});

test("session show by id and by user", async () => {
  assert.equal((await runJson(["session", "show", "s2"])).user, "ben");
  assert.equal((await runJson(["session", "show", "anna"])).id, "s1");
  fake.sessions[0].notice = { job: "j4", by: "Karin Kaya", act: "logoff", cause: "order", ends_ms: Date.now() + 100_000, message: "Lunch" };
  const { out } = await run(["session", "show", "anna"]);
  assert.match(out, /State: active, ends in 1 min\n/);
  assert.match(out, /Log-off by: Karin Kaya\n +Message: Lunch\n/);
});

test("what is not there: exit code 4", async () => {
  assert.deepEqual(
    [await run(["session", "show", "s99"]), await run(["session", "show", "zoe"]), await run(["station", "show", "vnc-9"]), await run(["job", "show", "j9"]), await run(["session", "logoff", "s99", "zoe"])].map((r) => r.code),
    [4, 4, 4, 4, 4],
  );
  const { err } = await run(["session", "show", "s99", "--json"]);
  assert.deepEqual(JSON.parse(err), { error: "org.stationmaster.Sessions.NotFound", reason: "There is no session s99.", parameters: { names: ["s99"], reason: "There is no session s99." } });
});

test("what was not found is named", async () => {
  fake.on("Sessions.Suspend", (p) => {
    throw new ApiError("org.stationmaster.Sessions.NotFound", { names: [...p.sessions, ...p.users], reason: "There is no such session." });
  });
  assert.equal((await run(["session", "suspend", "s99", "zoe"])).err, "stationctl: There is no such session. (s99, zoe)\n");
});

test("a user with several sessions must be told apart", async () => {
  fake.sessions.push(session(30, "anna"));
  const { code, err } = await run(["session", "show", "anna"]);
  assert.equal(code, 2);
  assert.match(err, /anna has 2 sessions: s1, s30\. Name one/);
});

test("session start", async () => {
  fake.on("Sessions.Start", (p) => ({ session: session(7, p.user, { state: "suspended", stations: [], desktop: p.desktop ?? "xfce" }) }));
  const { code, out } = await run(["session", "start", "emma", "--desktop", "openbox", "--size", "1024x768"]);
  assert.equal(code, 0);
  assert.match(out, /^Session s7 of emma runs \(openbox\)\./);
  assert.deepEqual(fake.calls.at(-1).parameters, { user: "emma", desktop: "openbox", width: 1024, height: 768 });
  fake.on("Sessions.Start", () => {
    throw new ApiError("org.stationmaster.Sessions.Failed", { reason: "The desktop ended at once.", output: "first line\nno \u001b[31mdisplay\n" });
  });
  const failed = await run(["session", "start", "emma"]);
  assert.equal(failed.code, 1);
  assert.equal(failed.err, "stationctl: The desktop ended at once.\nIt wrote last:\n    first line\n    no [31mdisplay\n");
  fake.on("Sessions.Start", () => {
    throw new ApiError("org.stationmaster.Sessions.UnknownUser", { user: "nobody1", reason: "There is no account nobody1." });
  });
  assert.equal((await run(["session", "start", "nobody1"])).code, 4);
});

test("log off: words become sessions and users", async () => {
  await run(["session", "logoff", "s1", "ben", "user:s12", "--force-after", "2.5", "--grace", "60", "--message", "Pause – jetzt"]);
  assert.deepEqual(fake.calls.at(-1).parameters, { sessions: ["s1"], users: ["ben", "s12"], grace_ms: 60000, timeout_ms: 2500, message: "Pause – jetzt" });
  await run(["session", "logoff", "--all"]);
  assert.deepEqual(fake.calls.at(-1).parameters, { all: true });
});

test("log off: at once with the job, exit code by what became of it", async () => {
  const order = await run(["session", "logoff", "anna", "ben", "--grace", "60"]);
  assert.equal(order.code, 0);
  assert.match(order.out, /s1 +anna \(Anna Berg\) +notice is running\n/);
  assert.match(order.out, /Job j1 ends 2 sessions\. Follow: stationctl job wait j1 +Take back: stationctl job cancel j1\n/);
  const partly = await run(["session", "logoff", "anna", "karin"]);
  assert.equal(partly.code, 1);
  assert.match(partly.out, /s12 +karin \(Karin Kaya\) +refused: Only an administrator/);
  assert.equal((await run(["session", "logoff", "karin"])).code, 3, "all refused");
  assert.equal((await run(["session", "logoff", "anna", "zoe"])).code, 1, "one unknown");
  const json = await runJson(["session", "logoff", "anna"]);
  assert.deepEqual(Object.keys(json), ["job", "finished", "targets"]);
  assert.equal(json.finished, false);
});

test("log off --wait: a line per session as it comes", async () => {
  let seen = "";
  fake.ordered = (job) => {
    setImmediate(async () => {
      const [anna, ben] = job.targets;
      await until(() => fake.watchers.size > 0);
      anna.state = "asking";
      fake.jobChanged(job);
      ben.state = "done";
      fake.jobChanged(job);
      await until(() => /ben/.test(seen));
      assert.doesNotMatch(seen, /anna/, "anna is not reported before the end");
      anna.state = "forced";
      fake.jobChanged(job);
    });
  };
  const { code, out } = await run(["session", "logoff", "anna", "ben", "--wait"], { onOutput: (text) => (seen = text) });
  assert.equal(code, 0);
  assert.match(out, /^s2 +ben \(Ben\) +logged off\ns1 +anna \(Anna Berg\) +logged off by force \(it did not end itself\)\n1 logged off, 1 logged off by force\.\n$/);
});

test("log off --wait --json: one object at the end", async () => {
  fake.ordered = (job) => {
    job.targets[0].state = "done";
    job.finished = true;
  };
  const json = await runJson(["session", "logoff", "anna", "karin", "--wait"], 1);
  assert.equal(json.finished, true);
  assert.deepEqual(json.targets.map((t) => t.state), ["done", "refused"]);
});

test("waiting survives a restart of stationd", async () => {
  fake.ordered = (job) => {
    setImmediate(async () => {
      await until(() => fake.watchers.size > 0);
      await fake.stop();
      job.targets[0].state = "done";
      job.finished = true;
      await fake.start();
    });
  };
  const { code, out, err } = await run(["session", "logoff", "anna", "--wait"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /anna.*logged off\n$/);
});

test("job wait survives a restart of stationd", async () => {
  await run(["session", "logoff", "anna"]);
  const job = fake.jobs[0];
  let waits = 0;
  fake.on("Jobs.Wait", async () => {
    if (++waits === 1) {
      await fake.stop();
      await fake.start();
      return null;
    }
    job.targets[0].state = "done";
    job.finished = true;
    return { job };
  });
  const { code, out } = await run(["job", "wait", "j1"]);
  assert.equal(code, 0);
  assert.match(out, /State: finished/);
  assert.equal(waits, 2);
});

test("--timeout while waiting: exit code 1 and a clear sentence", async () => {
  const late = await run(["session", "logoff", "anna", "--wait", "--timeout", "0.2"]);
  assert.equal(late.code, 1);
  assert.match(late.err, /The time of --timeout is over and 1 session has not ended yet; job j1 goes on\. Wait on: stationctl job wait j1\n/);
  fake.on("Jobs.Wait", (p) => {
    assert.ok(p.timeout_ms > 0 && p.timeout_ms <= 200);
    return { job: fake.jobs[0] };
  });
  const wait = await run(["job", "wait", "j1", "--timeout", "0.2"]);
  assert.equal(wait.code, 1);
  assert.match(wait.err, /goes on/);
  const json = await run(["session", "logoff", "anna", "--wait", "--timeout", "0.2", "--json"]);
  assert.equal(JSON.parse(json.out).finished, false);
  assert.equal(JSON.parse(json.err).error, "org.stationmaster.ctl.Timeout");
});

test("suspend", async () => {
  const { code, out } = await run(["session", "suspend", "anna", "ben"]);
  assert.equal(code, 0);
  assert.match(out, /anna \(Anna Berg\) +suspended\n.*ben \(Ben\) +suspended\n2 suspended\.\n/s);
  assert.deepEqual((await runJson(["session", "suspend", "--all"], 1)).targets.map((t) => t.state), ["done", "done", "refused"]);
});

test("stations, jobs, system", async () => {
  assert.match((await run(["station", "list"])).out, /^STATION.*\nbrowser-1 +Window left +192\.0\.2\.7 +connected +s1/);
  assert.equal((await runJson(["station", "list"]))[0].name, "Window left");
  assert.equal((await runJson(["station", "show", "browser-1"])).session, "s1");
  await run(["session", "logoff", "anna", "--grace", "100", "--message", "Lunch"]);
  assert.match((await run(["job", "list"])).out, /\nj1 +logoff +karin +(?:now|\d+ s ago) +notice, 1 min left +0 of 1 session +Lunch\n/);
  assert.equal((await runJson(["job", "show", "j1"])).by, "karin");
  fake.on("Jobs.Cancel", () => {
    fake.jobs[0].targets[0].state = "cancelled";
    fake.jobs[0].finished = true;
    return { job: fake.jobs[0] };
  });
  const cancel = await run(["job", "cancel", "j1"]);
  assert.equal(cancel.code, 0);
  assert.match(cancel.out, /taken back/);
  fake.on("System.Status", () => ({
    name: "room-5", version: "9.8.7", logind: true, relay: false, sessions: 3, active: 2, suspended: 1, stations: 1, uptime_s: 7200, load_percent: 105,
    memory_total_kib: 8388608, memory_available_kib: 1048576, desktops: [{ id: "xfce", name: "Xfce" }], default_desktop: "xfce",
  }));
  const status = await run(["system", "status"]);
  assert.match(status.out, /Relay: not connected: nobody can log in/);
  assert.match(status.out, /Load: 1\.05\n +Memory: 1024 MiB of 8192 MiB available\n +Desktops: xfce \(Xfce\), default\n/);
  assert.equal((await runJson(["system", "status"])).name, "room-5");
  assert.match((await run(["system", "whoami"])).out, /Role: operator/);
  assert.deepEqual(await runJson(["version"]), { stationctl: (await run(["--version"])).out.trim().split(" ")[1], stationd: "9.8.7" });
});

test("event watch: lines for people, objects for programs, an end by --timeout", async () => {
  const { child, done } = start(["event", "watch", "--json"], {
    onOutput: (text) => {
      const lines = text.split("\n").length - 1;
      if (lines === 1) fake.emit({ kind: "session_gone", id: "s1", reason: "logged off" });
      if (lines === 2) child.kill("SIGINT");
    },
  });
  const { out } = await done;
  const events = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(events.map((e) => e.kind), ["snapshot", "session_gone"]);
  const people = await run(["event", "watch", "--timeout", "0.2"]);
  assert.equal(people.code, 0);
  assert.match(people.out, /^\d\d:\d\d:\d\d  3 sessions, 1 stations, 0 jobs\n$/);
});

test("call: the raw API", async () => {
  assert.equal(JSON.parse((await run(["call", "org.stationmaster.Sessions.Get", '{"session": "s2"}'])).out).session.user, "ben");
  assert.equal(JSON.parse((await run(["call", "org.stationmaster.Sessions.Get", "-"], { input: '{"session": "s1"}' })).out).session.user, "anna");
  assert.equal((await run(["call", "org.stationmaster.Sessions.Get", "[]"])).code, 2);
  assert.equal((await run(["call", "org.stationmaster.Sessions.Get", '{"session": 5}'])).code, 2);
  const unknown = await run(["call", "org.stationmaster.Nothing.Here"]);
  assert.equal(unknown.code, 4);
  assert.match(unknown.err, /does not know org\.stationmaster\.Nothing\.Here/);
  const more = await run(["call", "org.stationmaster.Events.Watch", "--more", "--timeout", "0.2"]);
  assert.equal(more.code, 1);
  assert.equal(JSON.parse(more.out).kind, "snapshot");
});

test("refused: exit code 3 with stationd's reason", async () => {
  fake.on("System.Status", () => {
    throw new ApiError("org.stationmaster.System.Refused", { reason: "Only operators and administrators may ask." });
  });
  const { code, err } = await run(["system", "status"]);
  assert.deepEqual([code, err], [3, "stationctl: Only operators and administrators may ask.\n"]);
});

test("stationd is not there, hangs, or is something else: exit code 5", async () => {
  await fake.stop();
  const gone = await run(["session", "list"]);
  assert.equal(gone.code, 5);
  assert.match(gone.err, /stationd does not answer at .*api\.sock.*systemctl status stationd/);
  assert.equal(JSON.parse((await run(["session", "list", "--json"])).err).error, "org.stationmaster.Unavailable");
  assert.equal((await run(["event", "watch"])).code, 5);
  assert.equal((await run(["session", "logoff", "anna", "--wait"])).code, 5);

  const behave = async (serve, check) => {
    const server = await serveRaw(serve);
    const result = await run(["session", "list", "--timeout", "0.3"]);
    assert.equal(result.code, 5);
    assert.match(result.err, check);
    await new Promise((resolve) => server.close(resolve));
  };
  await behave(() => undefined, /did not answer in time/);
  await behave((c) => c.once("data", () => c.end("HTTP/1.1 400 Bad Request\r\n\r\n\0")), /does not speak Varlink/);
  await behave((c) => c.once("data", () => c.destroy()), /closed the connection/);
  await behave((c) => c.once("data", () => c.end(`{"parameters":${"[".repeat(40)}${"]".repeat(40)}}\0`)), /does not speak Varlink/);
});

test("a reply that is not as documented", async () => {
  for (const reply of ["{}", '{"parameters":{"sessions":5}}']) {
    await fake.stop();
    const server = await serveRaw((c) => c.once("data", () => c.end(reply + "\0")));
    const { code, err } = await run(["session", "list"]);
    assert.equal(code, 1);
    assert.match(err, /is not as documented/);
    await new Promise((resolve) => server.close(resolve));
  }
});

test("wrong usage: exit code 2, nothing was asked of stationd", async () => {
  const wrong = [
    [[], /What should be done/],
    [["sessions"], /"sessions" is not a command/],
    [["session"], /needs one of: list, show, view, control, block, unblock, lock, unlock, start, logoff, suspend/],
    [["session", "kill"], /"session kill" is not a command/],
    [["session", "list", "x"], /takes no arguments/],
    [["session", "show"], /SESSION\|USER is missing/],
    [["session", "show", "a", "b"], /"b" is too much/],
    [["session", "logoff"], /Name sessions or users, or give --all/],
    [["session", "logoff", "--all", "anna"], /not both/],
    [["session", "logoff", "a:b"], /neither a session id/],
    [["session", "logoff", ""], /Argument 1 is empty/],
    [["session", "logoff", "anna", "--grace", "3601"], /--grace takes seconds from 0 to 3600/],
    [["session", "logoff", "anna", "--grace", "-1"], /--grace takes seconds/],
    [["session", "logoff", "anna", "--grace", "1e3"], /--grace takes seconds/],
    [["session", "logoff", "anna", "--message", "x"], /--message needs --grace/],
    [["session", "logoff", "anna", "--grace", "1", "--message", "ä".repeat(501)], /at most 500 characters/],
    [["session", "logoff", "anna", "--force-after"], /--force-after needs a value/],
    [["session", "start", "anna", "--size", "100x100"], /--size takes/],
    [["session", "list", "--all"], /There is no option --all/],
    [["session", "list", "--json=yes"], /--json takes no value/],
    [["--all", "session", "list"], /stand after it/],
    [["session", "list", "--socket", "x".repeat(200)], /path of the socket is too long/],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await run(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message);
    assert.match(err, /See: stationctl .*--help\n$/);
  }
  assert.equal(fake.calls.length, 0);
  const json = await run(["session", "logoff", "--json"]);
  assert.equal(JSON.parse(json.err).error, "org.stationmaster.ctl.Usage");
});

test("500 characters of message are let through, also outside ASCII", async () => {
  await run(["session", "logoff", "anna", "--grace", "1", "--message", "ä".repeat(500)]);
  assert.equal(fake.calls.at(-1).parameters.message.length, 500);
});

test("--help of everything", async () => {
  const all = await run(["--help"], { raw: true });
  assert.equal(all.code, 0);
  const table = JSON.parse((await run(["__commands"], { raw: true })).out);
  for (const { command, summary } of table) {
    assert.ok(all.out.includes(summary), command);
    const one = await run([...command.split(" "), "--help"], { raw: true });
    assert.equal(one.code, 0);
    assert.ok(one.out.startsWith(`Usage: stationctl ${command}`));
    assert.ok(one.out.split("\n").every((line) => line.length <= 100), command);
  }
});

test("names that attack the terminal or the table", async () => {
  const evil = "\u001b]0;owned\u0007\u009b31mA\u202enna\nb\tc";
  fake.sessions = [session(1, "anna", { full_name: evil, desktop: "x\u001b[2J" })];
  for (const out of [(await run(["session", "list"])).out, (await run(["session", "show", "anna"])).out, (await run(["session", "suspend", "anna"])).out]) {
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.match(out, /\]0;owned31mAnnabc/);
  }
  assert.equal((await runJson(["session", "list"]))[0].full_name, evil, "programs get it as it is");
  const terminal = await runOnTerminal(["session", "list", "--json"]);
  assert.doesNotMatch(terminal.out, /[\u0000-\u0009\u000b-\u001f\u007f-\uffff]/);
  assert.equal(JSON.parse(terminal.out)[0].full_name, evil);
  fake.on("Sessions.Get", () => {
    throw new ApiError("org.stationmaster.Sessions.NotFound", { names: [evil], reason: `Nothing called ${evil}.` });
  });
  assert.doesNotMatch((await run(["session", "show", "s1"])).err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test("on a terminal: colours, and cut to its width", async () => {
  fake.sessions[0].full_name = "Anna-Magdalena von und zu Sehrlangename der Dritten";
  fake.sessions[1].full_name = "本".repeat(30);
  const { code, out } = await runOnTerminal(["session", "list"]);
  assert.equal(code, 0);
  assert.match(out, /\u001b\[32mactive\u001b\[0m/);
  const plain = out.replaceAll(/\u001b\[[0-9;]*m/g, "").trimEnd().split("\n");
  const width = (line) => [...line].reduce((n, c) => n + (c === "本" ? 2 : 1), 0);
  for (const line of plain) assert.ok(width(line) <= 90, `${width(line)}: ${line}`);
  assert.match(plain[1], /^s1 +anna +Anna.*… /, "the name gives way, the id does not");
  assert.doesNotMatch((await runOnTerminal(["session", "list"], { NO_COLOR: "1" })).out, /\u001b/);
  assert.doesNotMatch((await runOnTerminal(["session", "list"], { TERM: "dumb" })).out, /\u001b/);
});

test("output works without a UTF-8 locale", async () => {
  fake.sessions[0].full_name = "Jürgen Ätzl";
  const { out } = await run(["session", "list"], { env: { LANG: "C", LC_ALL: "C" } });
  assert.match(out, /Jürgen Ätzl  +standard/);
  assert.equal(new Set(out.trimEnd().split("\n").map((l) => [...l].length)).size, 1);
});

test("a full disk is not success", async () => {
  const child = spawn("sh", ["-c", `"${program}" --socket "${socket}" session list >/dev/full`]);
  let err = "";
  child.stderr.on("data", (d) => (err += d));
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(err, /The output could not be written: No space left on device/);
});

test("completion", async () => {
  const complete = async (...words) =>
    (await run(["__complete", ...words], { raw: true })).out.split("\n").filter(Boolean).map((line) => line.split("\t")[0]);
  assert.deepEqual(await complete("s"), ["session", "station", "system", "setup"]);
  assert.deepEqual(await complete("session", "s"), ["show", "start", "suspend"]);
  assert.deepEqual(await complete("session", "logoff", "--gr"), ["--grace"]);
  assert.deepEqual(await complete("--socket", socket, "session", "logoff", ""), ["s1", "anna", "s2", "ben", "s12", "karin"]);
  assert.deepEqual(await complete("--socket", socket, "session", "logoff", "an"), ["anna"]);
  assert.deepEqual(await complete("--socket", socket, "station", "show", "b"), ["browser-1"]);
  assert.deepEqual(await complete("call", "org.stationmaster.Sessions.S"), ["org.stationmaster.Sessions.Start", "org.stationmaster.Sessions.Suspend"]);
  assert.deepEqual(await complete("session", "logoff", "--grace", ""), []);
  fake.sessions[0].user = "an\u001b[2Jna";
  assert.doesNotMatch((await run(["__complete", "--socket", socket, "session", "show", ""], { raw: true })).out, /\u001b/);
  await fake.stop();
  assert.deepEqual(await complete("--socket", socket, "session", "show", ""), [], "no stationd: nothing, and no error");
});
