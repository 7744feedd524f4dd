// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl session view and control: a stream of the relay (played here) becomes a VNC viewer, and nobody
// else can look. VIEWS is views.c, a stationd that passes the stream on as a descriptor.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { folder, program, run, socket, start, until } from "./bed.mjs";

assert.ok(process.env.VIEWS, "VIEWS must be the path of views.c, built");
const streamPath = join(folder, "stream.sock");
const runtime = join(folder, "run");
const env = { XDG_RUNTIME_DIR: runtime };
const calls = [];
const streams = [];
let views, relay, serve;

before(async () => {
  mkdirSync(runtime, { mode: 0o700 });
  relay = createServer((stream) => {
    stream.on("error", () => undefined);
    streams.push(stream);
    serve?.(stream);
  });
  await new Promise((resolve) => relay.listen(streamPath, resolve));
  views = spawn(process.env.VIEWS, [socket, streamPath], { stdio: ["ignore", "pipe", "inherit"] });
  let rest = "";
  let ready = false;
  views.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "ready") ready = true;
      else calls.push(JSON.parse(line));
    }
  });
  await until(() => ready);
});
beforeEach(() => {
  calls.length = streams.length = 0;
  serve = undefined;
});
after(() => {
  views.kill("SIGTERM");
  relay.close();
  for (const stream of streams) stream.destroy();
  rmSync(folder, { recursive: true });
});

/** A program for --viewer: JavaScript with "path" (of the socket) and "connect" at hand. */
function viewer(name, body) {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\nconst { connect } = require("node:net");\nconst { writeFileSync } = require("node:fs");\nconst path = process.argv.at(-1);\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** stationctl ... --print-socket, and the path it printed. */
async function open(args, more = {}) {
  let path = "";
  const { child, done } = start([...args, "--print-socket"], { env: { ...env, ...more }, onOutput: (text) => (path = text.includes("\n") ? text.trim() : "") });
  await Promise.race([until(() => path), done.then((result) => assert.fail(`it ended: ${JSON.stringify(result)}`))]);
  return { child, done, path };
}

const gone = (path) => !existsSync(path) && !existsSync(dirname(path));

test("--print-socket: a private socket for one connection; bytes pass both ways; gone with the viewer", async () => {
  const { done, path } = await open(["session", "view", "s1"]);
  assert.deepEqual(calls.at(-1), { method: "org.stationmaster.Views.Open", parameters: { session: "s1", mode: "view" } });
  assert.ok(path.startsWith(`${runtime}/stationctl-`), path);
  assert.deepEqual([statSync(path).mode & 0o7777, statSync(dirname(path)).mode & 0o7777, statSync(path).uid], [0o600, 0o700, process.getuid()]);
  const client = connect(path);
  await once(client, "connect");
  await until(() => gone(path) && streams.length === 1);
  const big = Buffer.alloc(5_000_000, "picture ");
  const got = { up: [], down: [] };
  streams[0].on("data", (data) => got.up.push(data));
  client.on("data", (data) => got.down.push(data));
  streams[0].write(big);
  client.write(big);
  const size = (list) => list.reduce((n, data) => n + data.length, 0);
  await until(() => size(got.up) === big.length && size(got.down) === big.length);
  assert.ok(Buffer.concat(got.up).equals(big) && Buffer.concat(got.down).equals(big));
  const ended = once(streams[0], "end");
  client.end();
  assert.deepEqual((await done).code, 0);
  await ended;
});

test("control and its modes; --json tells where, at once", async () => {
  for (const [args, mode] of [[["control", "s1"], "control"], [["control", "s1", "--exclusive"], "exclusive"], [["view", "s1"], "view"]]) {
    const { child, done, path } = await open(["session", ...args, "--json"]);
    const about = JSON.parse(path);
    assert.deepEqual({ ...about, socket: "" }, { view: "v1", session: "s1", mode, viewer: null, socket: "" });
    assert.equal(calls.at(-1).parameters.mode, mode);
    child.kill("SIGTERM");
    assert.equal((await done).code, 0);
    assert.ok(gone(about.socket));
  }
});

test("an interrupt ends it and leaves nothing, before and while somebody looks", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    const waiting = await open(["session", "view", "s1"]);
    waiting.child.kill(signal);
    assert.equal((await waiting.done).code, 0, signal);
    assert.ok(gone(waiting.path));
    const looking = await open(["session", "view", "s1"]);
    const client = connect(looking.path);
    await once(client, "connect");
    await until(() => gone(looking.path));
    looking.child.kill(signal);
    client.resume();
    await once(client, "end");
    assert.equal((await looking.done).code, 0, signal);
  }
  assert.deepEqual(readdirSync(runtime), []);
});

test("the other side ends it: what came last is passed on, exit code 1 with reasons", async () => {
  const { done, path } = await open(["session", "view", "s1"]);
  const client = connect(path);
  let got = "";
  client.setEncoding("utf8").on("data", (text) => (got += text));
  const ended = once(client, "end");
  await until(() => streams.length === 1);
  streams[0].end("the last words");
  await ended;
  const { code, err } = await done;
  assert.equal(got, "the last words");
  assert.equal(code, 1);
  assert.match(err, /The view of s1 was ended from the other side: the session is over, somebody ended the view, or the relay was restarted\. See: stationctl session show s1/);
  serve = (stream) => stream.end();
  const early = await run(["session", "view", "s1", "--print-socket", "--json"], { env });
  assert.equal(early.code, 1);
  assert.equal(JSON.parse(early.err).error, "org.stationmaster.ctl.Ended");
});

test("--timeout ends a view, with 0", async () => {
  const { code, err } = await run(["session", "view", "s1", "--print-socket", "--timeout", "0.2"], { env });
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(readdirSync(runtime), []);
});

test("a viewer is started with its arguments and the path, and its end ends the view", async () => {
  const seen = join(folder, "seen");
  const file = viewer("viewer", `
    writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.argv.slice(2)));
    console.log("noise");
    const c = connect(path, () => c.write("RFB 003.008\\n"));
    c.setEncoding("utf8").on("data", (t) => t.includes("welcome") && c.end());`);
  let got = "";
  serve = (stream) => stream.setEncoding("utf8").on("data", (text) => (got += text) && stream.write("welcome"));
  const { code, out, err } = await run(["session", "view", "s1", "--viewer", `${file} -FullScreen  -Quality 9`], { env });
  assert.deepEqual([code, out, err], [0, "", "noise\n"], "the viewer does not write on standard output");
  const given = JSON.parse(readFileSync(seen, "utf8"));
  assert.deepEqual(given.slice(0, -1), ["-FullScreen", "-Quality", "9"]);
  assert.match(given.at(-1), /^.*\/run\/stationctl-\w+\/view\.sock$/);
  assert.equal(got, "RFB 003.008\n");
  assert.deepEqual(readdirSync(runtime), []);
});

test("when the stream ends the viewer is ended too", async () => {
  const file = viewer("stubborn", `
    connect(path).on("end", () => undefined).on("error", () => undefined);
    writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid));
    setInterval(() => undefined, 1000);`);
  const { done } = start(["session", "view", "s1", "--viewer", file], { env });
  await until(() => streams.length === 1 && existsSync(join(folder, "pid")) && readdirSync(runtime).length === 0);
  const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
  streams[0].destroy();
  assert.equal((await done).code, 1);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("a viewer that is not there, or takes no socket", async () => {
  const missing = await run(["session", "view", "s1", "--viewer", "/no/such/viewer"], { env });
  assert.equal(missing.code, 1);
  assert.match(missing.err, /\/no\/such\/viewer cannot be started: No such file or directory\./);
  const deaf = await run(["session", "view", "s1", "--viewer", "false", "--json"], { env });
  assert.equal(deaf.code, 1);
  const { error, reason } = JSON.parse(deaf.err);
  assert.equal(error, "org.stationmaster.ctl.Viewer");
  assert.match(reason, /\(false\) ended before it connected\. It must take the path of a Unix socket/);
  assert.deepEqual(readdirSync(runtime), []);
});

test("no screen, no viewer: said before anybody sees a sign at the station", async () => {
  const screen = await run(["session", "view", "s1"], { env });
  assert.equal(screen.code, 1);
  assert.match(screen.err, /There is no screen here .*DISPLAY is not set.*dashboard/);
  const bare = await run(["session", "control", "s1"], { env: { ...env, DISPLAY: ":99", PATH: folder } });
  assert.equal(bare.code, 1);
  assert.match(bare.err, /No VNC viewer is installed here\. Install one \(apt install tigervnc-viewer\), name one with --viewer, or open the session on the dashboard/);
  assert.equal(calls.length, 0);
});

test("the first viewer that is installed is taken", async () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const name of ["gvncviewer", "vncviewer"]) viewer(join("bin", name), `const c = connect(path, () => c.end("${name}"));`);
  let got = "";
  serve = (stream) => stream.setEncoding("utf8").on("data", (text) => (got += text));
  for (const wanted of ["vncviewer", "gvncviewer"]) {
    got = "";
    assert.equal((await run(["session", "view", "s1"], { env: { ...env, DISPLAY: ":99", PATH: bin } })).code, 0);
    assert.equal(got, wanted);
    rmSync(join(bin, wanted));
  }
});

test("errors of stationd", async () => {
  const unknown = await run(["session", "view", "s9", "--print-socket"], { env });
  assert.deepEqual([unknown.code, unknown.err], [4, "stationctl: There is no such session. (s9)\n"]);
  const busy = await run(["session", "control", "s8", "--exclusive", "--print-socket"], { env });
  assert.deepEqual([busy.code, busy.err], [1, "stationctl: Bob controls this session.\n"]);
  const empty = await run(["session", "view", "s7", "--print-socket"], { env });
  assert.equal(empty.code, 1);
  assert.match(empty.err, /is not as documented/);
  const absent = await run(["--socket", join(folder, "nothing"), "session", "view", "s1", "--print-socket"], { env, raw: true });
  assert.equal(absent.code, 5);
});

test("somebody else's XDG_RUNTIME_DIR is not used", { skip: process.getuid() !== 0 && "only root sees somebody else's" }, async () => {
  const other = join(folder, "other");
  mkdirSync(other);
  await once(spawn("chown", ["1", other]), "close");
  const { child, done, path } = await open(["session", "view", "s1"], { XDG_RUNTIME_DIR: other });
  assert.ok(path.startsWith("/tmp/stationctl-"), path);
  child.kill("SIGINT");
  await done;
  assert.ok(gone(path));
});

/** Gtk starts no daemons that would outlive the test. */
const lonely = { NO_AT_BRIDGE: "1", GSETTINGS_BACKEND: "memory", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" };

for (const name of ["xtigervncviewer", "gvncviewer"]) {
  const installed = (what) => process.env.PATH.split(":").some((one) => {
    try {
      accessSync(join(one, what), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  test(`${name}, the real one, shows a real display server`, { skip: installed(name) && installed("Xvnc") ? false : "not installed" }, async () => {
    const rfb = join(folder, `${name}.rfb`);
    const xvnc = spawn("Xvnc", ["-displayfd", "3", "-rfbunixpath", rfb, "-rfbport", "-1", "-SecurityTypes", "None", "-geometry", "640x480"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    let display = "";
    xvnc.stdio[3].setEncoding("utf8").on("data", (text) => (display += text));
    await until(() => display.includes("\n") && existsSync(rfb));
    let pixels = 0;
    serve = (stream) => {
      const server = connect(rfb);
      stream.pipe(server).on("data", (data) => (pixels += data.length));
      server.on("error", () => undefined).pipe(stream);
    };
    const { child, done } = start(["session", "view", "s1", "--viewer", name], { env: { ...env, ...lonely, DISPLAY: `:${display.trim()}`, HOME: folder } });
    // A black screen is small; that anything came at all after the greeting means frames.
    await Promise.race([until(() => pixels > 500), done.then((result) => assert.fail(JSON.stringify(result)))]);
    child.kill("SIGINT");
    assert.equal((await done).code, 0);
    assert.deepEqual(readdirSync(runtime), []);
    xvnc.kill("SIGTERM");
    await once(xvnc, "close");
  });
}

test("there is never a TCP port", async () => {
  const { child, done, path } = await open(["session", "view", "s1"]);
  const inodes = new Set(readdirSync(`/proc/${child.pid}/fd`).map((fd) => statSync(`/proc/${child.pid}/fd/${fd}`).ino));
  const tcp = ["tcp", "tcp6"].flatMap((file) => readFileSync(`/proc/${child.pid}/net/${file}`, "utf8").trim().split("\n").slice(1)).map((line) => Number(line.trim().split(/\s+/)[9]));
  assert.deepEqual(tcp.filter((inode) => inodes.has(inode)), []);
  assert.ok([...inodes].length > 3 && path && program);
  child.kill("SIGINT");
  await done;
});
