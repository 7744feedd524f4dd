// SPDX-License-Identifier: GPL-3.0-or-later
// One stationd for tests: start, kill, callers of each role, the relay.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "./varlink.mjs";

export const program = process.env.STATIOND;
const here = new URL(".", import.meta.url).pathname;
const run = "/run/stationmaster";
const apiSock = `${run}/api.sock`;
const relaySock = `${run}/relay.sock`;

/** Groups that every Debian has play the roles. */
const gids = { standard: 65534, operator: gid("users"), administrator: gid("staff") };

function gid(name) {
  return Number(readFileSync("/etc/group", "utf8").split("\n").find((l) => l.startsWith(`${name}:`)).split(":")[2]);
}

export async function until(what, check, ms = 10000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out waiting for: ${what}`);
    await delay(10);
  }
}

export class Daemon {
  output = "";
  callers = [];

  static async start(conf = "") {
    const d = new Daemon();
    d.reset();
    writeFileSync("/run/stationd.conf", `[roles]\nadmin-group = staff\noperator-group = users\n[system]\nname = Testing\n${conf}`);
    await d.spawn();
    return d;
  }

  reset() {
    for (const dir of [run, "/var/lib/stationmaster", "/run/asked", "/run/hits"]) rmSync(dir, { recursive: true, force: true });
  }

  async spawn() {
    this.process = spawn(program, ["--config", "/run/stationd.conf"], {
      env: { PATH: process.env.PATH, STATIONMASTER_SESSION_PROGRAM: `${here}fake-session.mjs`, ASAN_OPTIONS: "detect_leaks=1", ...(process.env.STATIONMASTER_DEBUG ? { STATIONMASTER_DEBUG: "1" } : {}) },
      stdio: ["ignore", "inherit", "pipe"],
    });
    this.exited = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve(signal ?? code)));
    this.process.stderr.on("data", (text) => {
      this.output += text;
      if (process.env.STATIONMASTER_DEBUG) process.stderr.write(text);
    });
    const mark = this.output.length;
    await until("stationd is ready", () => {
      if (this.process.exitCode !== null) throw new Error(`stationd ended: ${this.output}`);
      return this.output.slice(mark).includes("ready: version");
    });
  }

  async kill(signal = "SIGKILL") {
    this.process.kill(signal);
    return this.exited;
  }

  async restart() {
    await this.kill();
    await this.spawn();
  }

  /** Ends the daemon in good order, which must leave no error of a sanitizer, and all fake helpers. */
  async stop() {
    for (const c of this.callers.splice(0)) c.close();
    const code = await this.kill("SIGTERM");
    for (const pid of this.helpers()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (e) {
        if (e.code !== "ESRCH") throw e; // it has ended meanwhile
      }
    }
    if (code !== 0) throw new Error(`stationd ended with ${code}: ${this.output}`);
  }

  /** Pids of the fake helpers of this test's file; other files, which run meanwhile, are in mount namespaces of their own. */
  helpers() {
    const ours = readlinkSync("/proc/self/ns/mnt");
    return readdirSync("/proc").filter((p) => /^\d+$/.test(p)).map(Number).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${here}fake-session.mjs`) && readlinkSync(`/proc/${pid}/ns/mnt`) === ours;
      } catch {
        return false; // gone
      }
    });
  }

  root() {
    return Connection.connect(apiSock);
  }

  relay() {
    return Connection.connect(relaySock);
  }

  /** A caller on api.sock as another user; a process of its own, since credentials are the process's. */
  caller(role, uid = 5100) {
    const c = new Caller(uid, gids[role]);
    this.callers.push(c);
    return c;
  }
}

export class Caller {
  constructor(uid, gidOf) {
    this.process = spawn(process.execPath, [`${here}caller.mjs`, apiSock], { uid, gid: gidOf, stdio: ["pipe", "pipe", "inherit"] });
    this.answers = [];
    this.events = [];
    let text = "";
    this.process.stdout.on("data", (chunk) => {
      text += chunk;
      let end;
      while ((end = text.indexOf("\n")) >= 0) {
        const message = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        if (message.event) this.events.push(message.event);
        else this.answers.shift()(message);
      }
    });
  }

  send(method, parameters, more) {
    return new Promise((resolve) => {
      this.answers.push(resolve);
      this.process.stdin.write(JSON.stringify({ method, parameters, more }) + "\n");
    });
  }

  async call(method, parameters = {}) {
    const answer = await this.send(method, parameters, false);
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer.parameters;
  }

  async fails(method, parameters = {}) {
    const answer = await this.send(method, parameters, false);
    if (!answer.error) throw new Error(`${method} did not fail: ${JSON.stringify(answer)}`);
    return { error: answer.error.replace("org.stationmaster.", ""), ...answer.parameters };
  }

  watch() {
    // It has no answer but the events; calls after it have theirs.
    this.process.stdin.write(JSON.stringify({ method: "Events.Watch", parameters: {}, more: true }) + "\n");
    return until("the snapshot", () => this.events.find((e) => e.kind === "snapshot"));
  }

  close() {
    this.process.stdin.end();
  }
}

/** What stationd has asked of the helper of a session: {method, parameters}. */
export function asked(session, method) {
  let text = "";
  try {
    text = readFileSync(`/run/asked/${session}`, "utf8");
  } catch {
    // nothing yet
  }
  const all = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return method ? all.filter((one) => one.method === method) : all;
}

export function runToEnd(args, env = {}) {
  return spawnSync(program, args, { encoding: "utf8", env: { PATH: process.env.PATH, ...env }, timeout: 10000 });
}

export const secret = (n) => `${"s".repeat(40)}${String(n).padStart(3, "0")}`;

/** The relay with its stream of orders. */
export async function openRelay(d) {
  const r = await d.relay();
  const orders = [];
  r.orders = orders;
  r.call("Relay.Serve", {}, { more: (o) => orders.push(o) }).catch(() => {});
  await until("ready order", () => orders.some((o) => o.order === "ready"));
  r.station = (n, kind = "browser", address = "192.0.2.7") => r.call("Relay.StationOpen", { kind, secret: secret(n), address, name: null });
  r.logIn = async (station, user, password = "secret", more = {}) => {
    const asked = await r.call("Login.Start", { purpose: "station", station, user, desktop: null, width: 800, height: 600, address: "192.0.2.7", ...more });
    return r.call("Login.Answer", { conversation: asked.conversation, answers: [password] });
  };
  r.signIn = async (user, password = "secret") => {
    const asked = await r.call("Login.Start", { purpose: "dashboard", station: null, user, desktop: null, width: null, height: null, address: "192.0.2.8" });
    return r.call("Login.Answer", { conversation: asked.conversation, answers: [password] });
  };
  r.scene = (station) => orders.filter((o) => o.order === "scene" && o.station === station).at(-1)?.scene;
  return r;
}

mkdirSync("/tmp/.X11-unix", { recursive: true });
