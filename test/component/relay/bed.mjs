// SPDX-License-Identifier: GPL-3.0-or-later
// A station-relay on free ports of the loopback interface with a fake stationd (fake-stationd.c). What
// the relay calls waits in a list until the test takes and answers it. Needs nothing but node >= 18.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";

export const PREFIX = "org.stationmaster.";
const PATIENCE_MS = 10_000;

/** Rejects when what is waited for does not come. */
export function within(promise, what, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A list that can be waited on. */
export class Mailbox {
  #items = [];
  #changed = new EventEmitter().setMaxListeners(0);

  put(item) {
    this.#items.push(item);
    this.#changed.emit("put");
  }

  /** Takes the first item that fits. */
  async take(fits, what, ms) {
    const found = async () => {
      for (;;) {
        const i = this.#items.findIndex(fits);
        if (i >= 0) return this.#items.splice(i, 1)[0];
        await once(this.#changed, "put");
      }
    };
    return within(found(), what, ms);
  }

  clear() {
    this.#items = [];
  }

  /** Items that are there now. */
  has(fits) {
    return this.#items.some(fits);
  }
}

async function freePort() {
  const s = net.createServer();
  s.listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = s.address();
  s.close();
  await once(s, "close");
  return port;
}

export class FakeStationd {
  calls = new Mailbox();
  events = new Mailbox();
  #child;

  static async start(path) {
    const s = new FakeStationd();
    s.#child = spawn(process.env.FAKE_STATIOND, [path], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: s.#child.stdout }).on("line", (line) => {
      const e = JSON.parse(line);
      (e.event === "call" ? s.calls : s.events).put(e);
    });
    return s;
  }

  order(o) {
    this.#child.stdin.write(JSON.stringify(o) + "\n");
  }

  /** The next call of this method, "Relay.StationOpen". */
  take(method, fits = () => true) {
    return this.calls.take((c) => c.method === PREFIX + method && fits(c), `a call of ${method}`);
  }

  reply(call, parameters = {}) {
    this.order({ reply: call.call, parameters });
  }

  more(call, parameters) {
    this.order({ reply: call.call, parameters, more: true });
  }

  error(call, error, parameters = {}) {
    this.order({ reply: call.call, error: error.includes(".") && error.startsWith("org.") ? error : PREFIX + error, parameters });
  }

  async answer(method, parameters, fits) {
    const call = await this.take(method, fits);
    this.reply(call, parameters);
    return call;
  }

  /** The relay is there: its Serve call, answered "ready". */
  async serve() {
    this.orders = await this.take("Relay.Serve");
    this.more(this.orders, { order: "ready" });
    return this.orders;
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, "exit");
    assert.equal(this.#child.exitCode, 0, "the fake stationd ended by itself");
  }
}

export class Bed {
  log = "";

  static async start(options = {}) {
    const b = new Bed();
    b.dir = mkdtempSync(join(tmpdir(), "relay-test-"));
    b.socket = join(b.dir, "relay.sock");
    b.https = await freePort();
    b.http = await freePort();
    b.vnc = await freePort();
    b.origin = `http://127.0.0.1:${b.http}`;
    mkdirSync(join(b.dir, "state"));
    mkdirSync(join(b.dir, "web/assets"), { recursive: true });
    writeFileSync(join(b.dir, "web/index.html"), "<!doctype html><title>dashboard</title>");
    writeFileSync(join(b.dir, "web/station.html"), "<!doctype html><title>station</title>");
    writeFileSync(join(b.dir, "web/assets/a-1.js"), "x".repeat(2_000_000));
    writeFileSync(join(b.dir, "web/assets/a-1.js.gz"), gzipSync("x".repeat(2_000_000)));
    writeFileSync(join(b.dir, "secret"), "not for the web");
    // Caches of the font libraries live as long as the process.
    writeFileSync(join(b.dir, "lsan"), "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libcairo\n");
    b.configure(options.config ?? (options.clipboard && b.defaults() + `[station]\nclipboard = ${options.clipboard}\n`));
    if (options.stationd !== false) b.stationd = await FakeStationd.start(b.socket);
    if (options.run !== false) {
      await b.run();
      if (b.stationd) await b.stationd.serve();
    }
    return b;
  }

  defaults() {
    return (
      `[system]\nname = Test\n[web]\nlisten = 127.0.0.1:${this.https}\nclear-listen = 127.0.0.1:${this.http}\n` +
      `root = ${this.dir}/web\norigin = https://school.example\n[vnc]\nlisten = 127.0.0.1:${this.vnc}\n`
    );
  }

  configure(text) {
    writeFileSync(join(this.dir, "stationmaster.conf"), text ?? this.defaults());
  }

  /** Starts the relay and waits until it listens; or until it has ended. */
  async run() {
    this.log = "";
    this.child = spawn(
      process.env.STATION_RELAY,
      [`--config=${this.dir}/stationmaster.conf`, `--socket=${this.socket}`, `--state=${this.dir}/state`, `--seats=${this.dir}/seat.sock`],
      {
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...process.env,
          STATIONMASTER_DEBUG: "1",
          ASAN_OPTIONS: "quarantine_size_mb=4", // memory is measured
          LSAN_OPTIONS: `suppressions=${this.dir}/lsan:print_suppressions=0`,
        },
      },
    );
    this.exited = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    const listening = new Promise((resolve) => {
      this.child.stderr.on("data", (d) => {
        this.log += d;
        if (this.log.includes("listening for VNC")) resolve("listening");
      });
    });
    return within(Promise.race([listening, this.exited]), "the relay to start");
  }

  /** Until stationd's "ready" has arrived there: a call goes through. */
  async connected() {
    const taken = this.stationd.take("Sessions.List");
    for (;;) {
      const answer = this.call("Sessions.List", {}, { cookie: COOKIE });
      const first = await Promise.race([taken, answer]);
      if (first.status === 502) continue;
      this.stationd.reply(await taken, {});
      await answer;
      return;
    }
  }

  async kill(signal) {
    this.child.kill(signal);
    return within(this.exited, "the relay to end");
  }

  async stop() {
    let end = { code: 0 };
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) end = await this.kill("SIGTERM");
    await this.stationd?.stop();
    rmSync(this.dir, { recursive: true, force: true });
    assert.deepEqual([end.code, this.log.match(/==\d+==ERROR.*|runtime error.*/)?.[0]], [0, undefined], this.log.slice(-4000));
  }

  /** One request; {secure, headers, method, body}. */
  request(path, o = {}) {
    return new Promise((resolve, reject) => {
      const make = o.secure ? https.request : http.request;
      const r = make(
        {
          host: "127.0.0.1", port: o.secure ? this.https : this.http, path, method: o.method ?? "GET",
          headers: o.headers ?? {}, agent: o.agent ?? false, rejectUnauthorized: false, insecureHTTPParser: true,
        },
        (res) => {
          const parts = [];
          res.on("data", (d) => parts.push(d));
          res.on("error", reject);
          res.on("end", () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
        },
      );
      r.on("error", reject);
      r.end(o.body);
    });
  }

  /** POST /api as a page of ours would; gives {status, body, headers}. */
  async call(method, parameters = {}, o = {}) {
    const body = o.body ?? JSON.stringify(parameters);
    const headers = {
      "content-type": "application/json", origin: this.origin, "content-length": Buffer.byteLength(body),
      ...(o.cookie ? { cookie: o.cookie } : {}), ...o.headers,
    };
    for (const k of Object.keys(headers)) if (headers[k] === undefined) delete headers[k];
    const r = await this.request(`/api/${PREFIX}${method}`, { method: "POST", headers, body });
    return { status: r.status, headers: r.headers, body: r.body.length ? JSON.parse(r.body.toString()) : null };
  }

  /** The relay still answers. */
  async alive() {
    const r = await within(this.request("/"), "an answer of the relay");
    assert.equal(r.status, 200);
  }
}

export const TOKEN = "T".repeat(43);
export const COOKIE = `stationmaster=${TOKEN}`;

const PLAIN = { session: "", user: "", full_name: "", input: false, notice: null, block: null, projection: null, sign: null, text: "" };
export const GREETER = { ...PLAIN, kind: "greeter" };
export const SESSION = { ...PLAIN, kind: "session", session: "s1", user: "anna", full_name: "Anna Berger", input: true };
