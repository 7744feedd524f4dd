// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl: programs, chat, hands, activity, and what lists and events show of them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, beforeEach, test } from "node:test";
import { folder, run, runJson, runOnTerminal, socket, start, until } from "./bed.mjs";
import { ApiError, FakeStationd, session } from "./fake-stationd.mjs";

let fake;
const last = () => fake.calls.at(-1);
const one = (out) => out.trimEnd().split("\n");

beforeEach(async () => {
  await fake?.stop();
  fake = new FakeStationd(socket);
  fake.sessions = [session(1, "anna", { full_name: "Anna Berg" }), session(2, "ben"), session(12, "karin", { role: "operator", full_name: "Karin Kaya", own: true }), session(13, "adam", { role: "administrator" })];
  fake.programs = [
    { id: "firefox-esr", name: "Firefox", comment: "Browse the web", categories: ["Network"], icon: true },
    { id: "xterm", name: "XTerm", comment: "", categories: ["System", "Utility"], icon: false },
  ];
  fake.running.set("s1", {
    windows: [
      { id: 0x400007, title: "Sunset – 本", class: "Gimp", pid: 4711, active: true },
      { id: 0x400008, title: "", class: "xterm", pid: 0, active: false },
    ],
    processes: [
      { pid: 4711, start: 99001, name: "gimp", command: "gimp sunset.png", cpu_permille: 425, memory_kib: 1_572_864 },
      { pid: 4712, start: 99002, name: "bash", command: "bash", cpu_permille: 0, memory_kib: 812 },
    ],
  });
  await fake.start();
});
after(async () => {
  await fake?.stop();
  rmSync(folder, { recursive: true });
});

test("app installed: in the language that is asked for, else in that of the environment", async () => {
  const lines = one((await run(["app", "installed", "--language=fr"])).out);
  assert.deepEqual(last().parameters, { language: "fr" });
  assert.match(lines[0], /^PROGRAM +NAME +CATEGORIES +COMMENT/);
  assert.match(lines[2], /^xterm +XTerm +System, Utility +-/);
  assert.deepEqual(await runJson(["app", "installed"]), fake.programs);
  assert.deepEqual(last().parameters ?? {}, {}, "C.UTF-8 is no language");
  for (const env of [{ LANG: "de_DE.UTF-8" }, { LANG: "en_GB.UTF-8", LC_MESSAGES: "de" }, { LC_ALL: "de_AT", LANG: "fr_FR" }]) {
    await run(["app", "installed"], { env });
    assert.deepEqual(last().parameters, { language: "de" });
  }
});

test("app icon: bytes for a file, base64 in JSON", async () => {
  assert.equal((await run(["app", "icon", "xterm"])).out, Buffer.from("\x89PNG\r\n\x1a\n picture", "latin1").toString("utf8"));
  assert.equal((await runJson(["app", "icon", "xterm"])).type, "image/png");
  assert.equal((await run(["app", "icon", "no-such"])).code, 4);
  const terminal = await runOnTerminal(["app", "icon", "xterm"]);
  assert.deepEqual([terminal.code, terminal.out.includes("PNG")], [2, false]);
  fake.on("Programs.Icon", () => ({ type: "image/png", data: "a\u001b[2J" }));
  assert.equal((await run(["app", "icon", "xterm"])).code, 1);
});

test("app start: program, address, or words after -- as one command line", async () => {
  const line = async (...words) => {
    const { code, err } = await run(["app", "start", ...words]);
    assert.equal(code, 0, err);
    return last().parameters;
  };
  assert.deepEqual(await line("anna", "s2", "--program", "xterm"), { sessions: ["s2"], users: ["anna"], program: "xterm" });
  assert.deepEqual(await line("anna", "--program=firefox-esr", "--open", "https://example.org/?a=b&c"), { users: ["anna"], program: "firefox-esr", open: "https://example.org/?a=b&c" });
  assert.deepEqual(await line("anna", "--", "firefox-esr", "https://example.org"), { users: ["anna"], open: "firefox-esr https://example.org" });
  assert.deepEqual(await line("anna", "ben", "--", "xterm", "-T", 'Task "3" costs $5', "-e", "--all", ""), { users: ["anna", "ben"], open: 'xterm -T "Task \\"3\\" costs \\$5" -e --all ""' });
  assert.deepEqual(await line("anna", "--", "/srv/class/A page.pdf"), { users: ["anna"], open: "/srv/class/A page.pdf" });
  assert.deepEqual(await line("anna", "--", "https://example.org/a b"), { users: ["anna"], open: "https://example.org/a b" });
  assert.equal((await run(["app", "start", "--all", "--open", "xterm -e top"])).code, 1);
  assert.deepEqual(last().parameters, { all: true, open: "xterm -e top" });
});

test("app start: a result for each, exit codes by them", async () => {
  const { code, out } = await run(["app", "start", "anna", "adam", "zoe", "--program", "xterm"]);
  assert.equal(code, 1);
  assert.match(out, /^s1 +anna \(Anna Berg\) +started\ns13 +adam \(Adam\) +refused: Only an admin.*\n- +zoe +failed: This user has no session\.\n1 started, 1 refused, 1 failed\.\n$/);
  assert.equal((await run(["app", "start", "adam", "--program", "xterm"])).code, 3);
  assert.match((await run(["app", "start", "anna", "--", "no-such"])).out, /failed: no-such: No such file or directory/);
  assert.equal((await runJson(["app", "start", "anna", "--open", "no-such"], 1)).targets[0].state, "failed");
  assert.match((await run(["app", "recent"])).out, /^PROGRAM +OPEN\n- +no-such\n/);
  fake.on("Programs.Start", () => {
    throw new ApiError("org.stationmaster.Programs.NotFound", { names: ["xtrem"], reason: "This program is not installed." });
  });
  assert.deepEqual(await run(["app", "start", "anna", "--program", "xtrem"]), { code: 4, out: "", err: "stationctl: This program is not installed. (xtrem)\n" });
});

test("app list: windows and processes, measured", async () => {
  const { code, out } = await run(["app", "list", "anna"]);
  assert.equal(code, 0);
  assert.deepEqual(fake.calls.filter((c) => c.method.endsWith("Programs.List")).map((c) => c.parameters), [{ session: "s1" }, { session: "s1" }]);
  const lines = out.split("\n");
  assert.match(lines[0], /^ *WINDOW +PROGRAM +PID +TITLE/);
  assert.match(lines[1], /^0x400007 +Gimp +4711 +\* +Sunset – 本/);
  assert.match(lines[2], /^0x400008 +xterm +- +-$/);
  assert.match(lines[4], /^PID:START +NAME +CPU +MEMORY +COMMAND/);
  assert.match(lines[5], /^4711:99001 +gimp +42\.5 % +1\.5 GiB +gimp sunset\.png/);
  assert.match(lines[6], /^4712:99002 +bash +0\.0 % +812 KiB +bash/);
  assert.deepEqual(await runJson(["app", "list", "s1"]), fake.running.get("s1"));
  assert.equal((await run(["app", "list", "s2"])).out, "No windows.\n\nNo processes.\n");
  assert.equal((await run(["app", "list", "s99"])).code, 4);
});

test("app close: reads the start time where it is not given", async () => {
  assert.deepEqual(await run(["app", "close", "anna", "4711"]), { code: 0, out: "Process 4711 of s1 is closed.\n", err: "" });
  assert.deepEqual(last().parameters, { session: "s1", pid: 4711, start: 99001, force_ms: 5000 });
  assert.equal((await run(["app", "close", "s1", "4711:99001", "--now"])).out, "Process 4711 of s1 was killed.\n");
  assert.deepEqual(last().parameters, { session: "s1", pid: 4711, start: 99001, force_ms: 0 });
  for (const [value, ms] of [["2.5", 2500], ["20s", 20_000], ["2m", 120_000]]) {
    assert.deepEqual(await runJson(["app", "close", "s1", "4712", "--force-after", value]), { session: "s1", pid: 4712, start: 99002, state: "done" });
    assert.equal(last().parameters.force_ms, ms);
  }
  assert.equal((await run(["app", "close", "s1", "4712", "--force-after", "never"])).out, "Process 4712 of s1 was asked to close and is still there.\n");
  assert.equal(last().parameters.force_ms, -1);
  const other = await run(["app", "close", "s1", "4711:1"]);
  assert.deepEqual([other.code, other.err], [1, "stationctl: This program has ended already.\n"]);
  const gone = await run(["app", "close", "s1", "5"]);
  assert.equal(gone.code, 4);
  assert.match(gone.err, /There is no process 5 in session s1\. What there is: stationctl app list s1/);
});

test("app close-all: by name, in sessions or in all", async () => {
  const { code, out } = await run(["app", "close-all", "gimp", "anna", "s2", "--now"]);
  assert.equal(code, 0);
  assert.deepEqual(last().parameters, { name: "gimp", force_ms: 0, sessions: ["s2"], users: ["anna"] });
  assert.match(out, /s1 +anna \(Anna Berg\) +closed by force \(it did not end itself\)\ns?.*ben \(Ben\) +closed: It did not run there\.|ben \(Ben\) +closed: It did not run there\.\n.*/s);
  assert.match(out, /1 closed, 1 closed by force\.\n$/);
  assert.equal((await run(["app", "close-all", "gimp", "--all", "--force-after", "1m"])).code, 1);
  assert.deepEqual(last().parameters, { name: "gimp", force_ms: 60_000, all: true });
});

test("chat send: the last word is the text", async () => {
  const { code, out } = await run(["chat", "send", "anna", "s2", "Bitte nach vorn – 看"]);
  assert.equal(code, 0);
  assert.deepEqual(last().parameters, { text: "Bitte nach vorn – 看", sessions: ["s2"], users: ["anna"] });
  assert.match(out, /anna \(Anna Berg\) +sent\n/);
  await run(["chat", "send", "--all", "ä".repeat(1000)]);
  assert.deepEqual(last().parameters, { text: "ä".repeat(1000), all: true });
  assert.equal((await run(["chat", "send", "adam", "Hello"])).code, 3);
  assert.equal((await runJson(["chat", "send", "anna", "zoe", "x"], 1)).targets.length, 2);
});

test("chat history: everybody's, or one conversation", async () => {
  assert.equal((await run(["chat", "history"])).out, "No messages.\n");
  assert.deepEqual(await runJson(["chat", "history"]), []);
  fake.message("anna", "Komm bitte", "karin");
  fake.message("ben", "Fertig!");
  const lines = one((await run(["chat", "history"])).out);
  assert.match(lines[0], /^\d\d:\d\d:\d\d  Karin Kaya to Anna Berg: Komm bitte$/);
  assert.match(lines[1], /^\d\d:\d\d:\d\d  Ben: Fertig!$/);
  fake.messages[0].at_ms = Date.UTC(2026, 0, 2, 3, 4, 5);
  assert.match((await run(["chat", "history", "user:anna"])).out, /^2026-01-02 03:04:05  Karin/);
  assert.deepEqual(last().parameters, { user: "anna" });
  assert.deepEqual((await runJson(["chat", "history", "ben"])).map((m) => m.text), ["Fertig!"]);
});

test("chat history --follow: what was, what comes, nothing twice, over a restart", async () => {
  fake.message("anna", "one");
  let seen = "";
  const { child, done } = start(["chat", "history", "anna", "--follow"], { onOutput: (text) => (seen = text) });
  await until(() => seen.includes("one"));
  fake.message("ben", "not hers");
  fake.message("anna", "two");
  await until(() => seen.includes("two"));
  await fake.stop();
  fake.messages.push({ ...fake.messages.at(-1), number: 9, text: "meanwhile" });
  await fake.start();
  await until(() => seen.includes("meanwhile"));
  fake.emit({ kind: "chat", message: fake.messages.at(-1) });
  fake.message("anna", "three");
  await until(() => seen.includes("three"));
  child.kill("SIGINT");
  await done;
  assert.deepEqual(one(seen).map((line) => line.split(": ")[1]), ["one", "two", "meanwhile", "three"]);
  const json = await run(["chat", "history", "--follow", "--json", "--timeout", "0.5"]);
  assert.equal(json.code, 0);
  assert.deepEqual(one(json.out).map((line) => JSON.parse(line).text), fake.messages.map((m) => m.text));
  fake.on("Chat.History", () => {
    throw new ApiError("org.stationmaster.Chat.Refused", { reason: "You can only read your own." });
  });
  assert.equal((await run(["chat", "history", "ben", "--follow"])).code, 3);
});

test("chat clear, on, off, status", async () => {
  fake.message("anna", "one");
  fake.message("ben", "two");
  assert.equal((await run(["chat", "clear", "anna"])).out, "The messages of anna are forgotten.\n");
  assert.deepEqual(fake.messages.map((m) => m.user), ["ben"]);
  assert.deepEqual(await runJson(["chat", "clear"]), { user: null });
  assert.equal(fake.messages.length, 0);
  assert.match((await run(["chat", "off"])).out, /can neither write nor raise hands/);
  assert.equal(fake.enabled, false);
  assert.deepEqual(await runJson(["chat", "status"]), { enabled: false });
  assert.deepEqual(await runJson(["chat", "on"]), { enabled: true });
  assert.match((await run(["chat", "status"])).out, /may write and raise hands/);
});

test("hand list and answer", async () => {
  assert.equal((await run(["hand", "list"])).out, "No hand is raised.\n");
  fake.sessions[0].hand_ms = Date.now() - 125_000;
  fake.sessions[1].hand_ms = Date.now() - 300_000;
  const lines = one((await run(["hand", "list"])).out);
  assert.match(lines[1], /^ben +Ben +s2 +5 min$/);
  assert.match(lines[2], /^anna +Anna Berg +s1 +2 min$/);
  assert.deepEqual((await runJson(["hand", "list"])).map((h) => h.user), ["ben", "anna"]);
  assert.deepEqual(await run(["hand", "answer", "ben", "karin"]), { code: 0, out: "Answered: ben.\nkarin has not raised a hand.\n", err: "" });
  assert.deepEqual(await runJson(["hand", "answer", "--all"]), { users: ["anna"] });
  assert.equal((await run(["hand", "answer", "--all"])).out, "No hand is raised: nothing to do.\n");
});

test("activity: a table, searched, and more than one answer holds", async () => {
  assert.equal((await run(["activity"])).out, "No entries.\n");
  for (let i = 0; i < 1203; i++) fake.entries.push({ number: i + 1, at_ms: Date.now(), user: "karin", full_name: "Karin Kaya", role: "operator", address: i % 2 ? "local" : "192.0.2.8", method: "Sessions.LogOff", targets: `s${i}(anna)`, result: i === 1202 ? "refused" : "ok", hash: "0".repeat(64) });
  const lines = one((await run(["activity", "--limit", "2"])).out);
  assert.match(lines[0], /^WHEN +WHO +FROM +WHAT +RESULT +ON WHOM/);
  assert.match(lines[1], /^\d\d:\d\d:\d\d +karin +192\.0\.2\.8 +Sessions\.LogOff +refused +s1202\(anna\)/);
  assert.equal(lines.length, 3);
  assert.equal((await runJson(["activity"])).length, 100);
  const many = await runJson(["activity", "--limit", "1100"]);
  assert.deepEqual([many.length, many[0].number, many.at(-1).number], [1100, 1203, 104]);
  assert.equal(new Set(many.map((e) => e.number)).size, 1100);
  assert.equal((await runJson(["activity", "--limit", "5000"])).length, 1203);
  assert.deepEqual((await runJson(["activity", "--search", "s77("])).map((e) => e.number), [78]);
});

test("activity --follow: the last ones, then each new one that is searched for", async () => {
  for (let i = 0; i < 15; i++) fake.entry({ targets: `s${i}(anna)` });
  let seen = "";
  const { child, done } = start(["activity", "--follow", "--search", "ANNA"], { onOutput: (text) => (seen = text) });
  await until(() => one(seen).length === 10);
  fake.entry({ method: "Chat.Set", targets: "off" });
  fake.entry({ targets: "s99(anna)", result: "refused" });
  await until(() => seen.includes("s99"));
  child.kill("SIGINT");
  await done;
  assert.match(one(seen)[0], / karin \(local\) Sessions\.LogOff s5\(anna\): ok$/);
  assert.match(one(seen)[10], / s99\(anna\): refused$/);
  assert.equal(one(seen).length, 11);
  fake.on("Audit.List", () => {
    throw new ApiError("org.stationmaster.Audit.Refused", { reason: "Only operators and administrators." });
  });
  assert.equal((await run(["activity", "--follow"])).code, 3);
});

test("audit export: all pages as CSV or JSON, a time, what is no formula", async () => {
  assert.equal((await run(["audit", "export"])).out, "number,time,user,full_name,role,address,method,targets,result,hash\r\n");
  assert.deepEqual(await runJson(["audit", "export"]), []);
  for (let i = 0; i < 1000; i++) fake.entry({ at_ms: Date.now() - (i < 600 ? 3 * 86400_000 : 1000) });
  fake.entries[1].targets = '=1+1 "x"\r\n';
  const csv = (await run(["audit", "export", "--csv"])).out;
  assert.ok(csv.includes(`"'=1+1 ""x""\r\n","ok","${"ab".repeat(32)}"\r\n`), csv.slice(0, 500));
  assert.deepEqual(await runJson(["audit", "export"]), fake.entries);
  assert.equal((await runJson(["audit", "export", "--since", "1d"])).length, 400);
  assert.equal((await runJson(["audit", "export", "--before", "1d"])).length, 600);
  assert.deepEqual(await runJson(["audit", "export", "--since", "1d", "--before", "12h"]), []);
  for (const args of [["--since", "soon"], ["--csv", "--json"], ["--before", "7"]]) assert.equal((await run(["audit", "export", ...args])).code, 2, args.join(" "));
});

test("audit verify: whole, empty, broken and where", async () => {
  assert.deepEqual(await run(["audit", "verify"]), { code: 0, out: "The audit log is empty.\n", err: "" });
  fake.entry();
  fake.entry();
  assert.deepEqual(await run(["audit", "verify", "--head", "ab".repeat(8)]), { code: 0, out: `The audit log is whole: 2 entries, number 1 to 2.\nHash of the newest: ${"ab".repeat(32)}\n`, err: "" });
  const cut = await run(["audit", "verify", "--head", "cd".repeat(16)]);
  assert.equal(cut.code, 1);
  assert.match(cut.out, /^The audit log is NOT whole\. No entry has the hash\.\nSomebody .* journalctl/);
  fake.on("Audit.Verify", () => ({ entries: 11, first: 1, last: 20, head: "ef".repeat(32), ok: false, broken_at: 12, reason: "Entry 12 is missing." }));
  assert.match((await run(["audit", "verify"])).out, /Entry 12 is missing\.\nWhat stands before entry 12 fits;/);
  const reply = await run(["audit", "verify", "--json"]);
  assert.deepEqual([reply.code, JSON.parse(reply.out).broken_at], [1, 12]);
  for (const head of ["short", "x".repeat(32), "ab".repeat(33)]) assert.equal((await run(["audit", "verify", "--head", head])).code, 2);
});

test("session list and show: hands; with --long windows and use", async () => {
  fake.sessions[0].hand_ms = Date.now() - 125_000;
  assert.match((await run(["session", "list"])).out, /\ns1 +anna .* active +hand +browser-1/);
  const listing = run(["session", "list", "--long"]);
  await until(() => fake.watchers.size === 1);
  fake.emit({ kind: "session", session: { ...fake.sessions[0], window: "Sunset – 本", program: "Gimp", cpu_permille: 425, memory_kib: 307_200, idle_ms: 0 } });
  fake.emit({ kind: "session_gone", id: "s13", reason: "" });
  fake.emit({ kind: "session", session: session(20, "zoe") });
  const lines = one((await listing).out);
  assert.match(lines[0], /^SESSION +USER +NAME +STATE +FLAGS +STATION +HAND +CPU +MEMORY +IDLE +PROGRAM +WINDOW/);
  assert.match(lines[1], /^s1 +anna +Anna Berg +active +hand +browser-1 +2 min +42\.5 % +300 MiB +now +Gimp +Sunset – 本/);
  assert.match(lines[2], /^s2 +ben +Ben +active +- +browser-2 +- +- +- +1 min +- +-/);
  assert.deepEqual(lines.map((l) => l.split(" ")[0]), ["SESSION", "s1", "s2", "s12", "s20"]);
  assert.equal((await runJson(["session", "list", "--long"])).length, 4);
  Object.assign(fake.sessions[0], { window: "Sunset", program: "Gimp", cpu_permille: 5, memory_kib: 2048 });
  assert.match((await run(["session", "show", "s1"])).out, /Program: Gimp\n +Window: Sunset\n.*Hand up for: 2 min\n +Processor: 0\.5 %\n +Memory: 2 MiB\n/s);
  await fake.stop();
  assert.equal((await run(["session", "list", "--long"])).code, 5);
});

test("event watch: messages, activity; a session only where its line is another one", async () => {
  let seen = "";
  const { child, done } = start(["event", "watch"], { onOutput: (text) => (seen = text) });
  await until(() => fake.watchers.size === 1);
  const tell = (more) => fake.emit({ kind: "session", session: { ...fake.sessions[0], ...more } });
  tell({});
  tell({ cpu_permille: 400, window: "x" });
  tell({ hand_ms: 5 });
  fake.message("anna", "Fertig!");
  fake.message("anna", "Gut", "karin");
  fake.emit({ kind: "chat_cleared", id: "" });
  fake.emit({ kind: "chat_cleared", id: "anna" });
  fake.emit({ kind: "chat_enabled", enabled: false });
  fake.entry();
  await until(() => seen.includes("LogOff"));
  child.kill("SIGINT");
  await done;
  assert.deepEqual(one(seen).slice(1).map((line) => line.slice(10)), [
    "session s1 of anna: active at browser-1", "session s1 of anna: active at browser-1, hand", "Anna Berg writes: Fertig!", "Karin Kaya writes to Anna Berg: Gut",
    "messages of everybody are forgotten", "messages of anna are forgotten", "people at stations may neither write nor raise hands", "karin: Sessions.LogOff s1(anna): ok",
  ]);
});

test("wrong usage: exit code 2, nothing was asked of stationd", async () => {
  const wrong = [
    [["app"], /needs one of: installed, icon, recent, start, list, close, close-all/],
    [["app", "installed", "--language", "deu"], /--language takes two letters/],
    [["app", "start", "anna"], /What\? Give --program, --open, or a command after --/],
    [["app", "start", "--", "xterm"], /Which sessions\?/],
    [["app", "start", "--all", "anna", "--", "xterm"], /not both/],
    [["app", "start", "anna", "--open", "x", "--", "xterm"], /Either a command after --/],
    [["app", "start", "anna", "--open", "x".repeat(2001)], /at most 2000/],
    [["app", "start", "anna", "--", "x".repeat(2001)], /more than 2000/],
    [["app", "close", "anna"], /PID\[:START\] is missing/],
    [["app", "close", "anna", "x"], /"x" is no process/],
    [["app", "close", "anna", "5:"], /is no process/],
    [["app", "close", "anna", "0"], /is no process/],
    [["app", "close", "anna", "5", "--now", "--force-after", "never"], /Either --now or --force-after/],
    [["session", "logoff", "anna", "--force-after", "never"], /cannot wait for ever/],
    [["app", "close", "anna", "5", "--now", "--force-after", "3"], /Either --now or --force-after/],
    [["app", "close", "anna", "5", "--force-after", "11m"], /--force-after takes/],
    [["app", "close-all", "gimp"], /Which sessions\?/],
    [["chat", "send"], /is missing/],
    [["chat", "send", "Hello"], /Which sessions\?/],
    [["chat", "send", "--all", "anna", "Hello"], /not both/],
    [["chat", "send", "anna", "x".repeat(1001)], /at most 1000/],
    [["chat", "history", "s1"], /not a user name/],
    [["chat", "clear", "anna", "ben"], /too much/],
    [["hand", "answer"], /Whose\?/],
    [["hand", "answer", "--all", "anna"], /not both/],
    [["activity", "--limit", "0"], /--limit takes/],
    [["activity", "anna"], /takes no arguments/],
  ];
  for (const [args, message] of wrong) {
    const { code, err, out } = await run(args);
    assert.equal(code, 2, args.join(" ") + out);
    assert.match(err, message);
    assert.match(err, /See: stationctl .*--help\n$/);
  }
  assert.equal(fake.calls.length, 0);
});

test("names, titles and messages that attack the terminal", async () => {
  const evil = "\u001b]0;owned\u0007\u009b31mA\u202enna\nb";
  fake.sessions[0].full_name = evil;
  fake.sessions[0].hand_ms = 5;
  fake.programs[0].name = evil;
  fake.recent = [{ program: evil, open: evil }];
  Object.assign(fake.running.get("s1").windows[0], { title: evil, class: evil });
  fake.running.get("s1").processes[0].command = evil;
  fake.message("anna", evil);
  fake.entry({ targets: evil });
  for (const args of [["app", "installed"], ["app", "recent"], ["app", "list", "s1"], ["app", "start", "anna", "--", "x"], ["chat", "history"], ["chat", "history", "--follow", "--timeout", "0.3"], ["hand", "list"], ["activity"], ["activity", "--follow", "--timeout", "0.3"], ["session", "list", "--long"]]) {
    const { out } = await run(args);
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, args.join(" "));
    assert.match(out, /\]0;owned31mAnnab/, args.join(" "));
  }
  fake.on("Chat.Answer", () => ({ users: [evil] }));
  assert.doesNotMatch((await run(["hand", "answer", "--all"])).out, /[\u001b\u202e]/);
});

test("completion", async () => {
  const complete = async (...words) =>
    (await run(["__complete", "--socket", socket, ...words], { raw: true })).out.split("\n").filter(Boolean).map((line) => line.split("\t")[0]);
  assert.deepEqual(await complete("a"), ["app", "activity", "audit"]);
  assert.deepEqual(await complete("app", "clo"), ["close", "close-all"]);
  assert.deepEqual(await complete("app", "start", "anna", "--program", ""), ["firefox-esr", "xterm"]);
  assert.deepEqual(await complete("app", "start", "anna", "--program=fire"), []);
  assert.deepEqual(await complete("app", "start", "--program", "=", "fire"), ["firefox-esr"], "as bash splits it");
  assert.deepEqual(await complete("app", "start", "be"), ["ben"]);
  assert.deepEqual(await complete("app", "icon", "x"), ["xterm"]);
  assert.deepEqual(await complete("app", "close", "an"), ["anna"]);
  for (const who of ["anna", "s1"]) assert.deepEqual(await complete("app", "close", who, ""), ["4711:99001", "4712:99002"]);
  assert.deepEqual(await complete("app", "close", "zoe", ""), []);
  assert.deepEqual(await complete("app", "close-all", ""), []);
  assert.deepEqual(await complete("app", "close-all", "gimp", "be"), ["ben"]);
  assert.deepEqual(await complete("chat", "history", "an"), ["anna"]);
  assert.deepEqual(await complete("hand", "answer", ""), ["anna", "ben", "karin", "adam"]);
  assert.deepEqual(await complete("chat", "o"), ["on", "off"]);
  fake.programs[0].id = "x\u001b[2J";
  assert.doesNotMatch((await run(["__complete", "--socket", socket, "app", "icon", ""], { raw: true })).out, /\u001b/);
});
