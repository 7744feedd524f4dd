// SPDX-License-Identifier: GPL-3.0-or-later
// station-seat alone, on a seat that has nothing: its command line, and how it holds on to stationd. What it does with
// cards and keyboards is shown by its units (state machine, pixels) and by test/seats, in a machine that has them.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const program = process.env.STATION_SEAT, fake = process.env.FAKE_NEIGHBOURS;
const place = { station: "local-1", output: "card/A", area: "whole", hubs: [], orientation: "landscape", secret: "secret" };
let folder;
before(async () => { folder = await mkdtemp(join(tmpdir(), "station-seat-")); });
after(() => rm(folder, { recursive: true, force: true }));

const path = (name) => join(folder, name);
const run = (...args) => new Promise((done) => {
  execFile(program, args, (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr }));
});

/** Processes whose lines can be waited for. */
class Lines {
  constructor(file, args) {
    this.child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.lines = [];
    this.waiting = [];
    this.ended = once(this.child, "exit").then(([code]) => code);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.lines.push(line);
        this.waiting = this.waiting.filter((check) => !check());
      });
    }
  }

  /** The nth line with this text in it. */
  find(text, nth = 1) {
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`no line ${nth} with ${text} in\n${this.lines.join("\n")}`)), 20000);
      const check = () => {
        const line = this.lines.filter((l) => l.includes(text))[nth - 1];
        if (line === undefined) return false;
        clearTimeout(late);
        done(line);
        return true;
      };
      if (!check()) this.waiting.push(check);
    });
  }

  async end(signal = "SIGTERM") {
    this.child.kill(signal);
    return await this.ended;
  }
}

const neighbours = async (places) => {
  await writeFile(path("places"), JSON.stringify(places));
  const n = new Lines(fake, [path("host.sock"), path("relay.sock"), path("places")]);
  await n.find("ready");
  return n;
};
const seat = (config = "none.conf") =>
  new Lines(program, [`--config=${path(config)}`, `--socket=${path("host.sock")}`, `--relay-socket=${path("relay.sock")}`, "seat-nothing"]);

test("its command line", async () => {
  assert.match((await run("--help")).stdout, /^Usage: station-seat/);
  assert.match((await run("--version")).stdout, /^station-seat \d/);
  for (const args of [["--nonsense"], ["seat0", "seat1"]]) {
    const r = await run(...args);
    assert.equal(r.code, 2);
    assert.match(r.stderr, /Try station-seat --help/);
  }
  const r = await run("--reset-vt=/dev/null");
  assert.equal(r.code, 1);
  assert.match(r.stderr, /cannot reset \/dev\/null/);
});

test("broken settings end it for good, with the line", async () => {
  await writeFile(path("broken.conf"), "[seats]\nleaf = card1\n");
  const s = seat("broken.conf");
  assert.match(await s.find("broken.conf"), /leaf/);
  assert.equal(await s.ended, 2);
});

test("tells stationd what there is, and again when stationd comes back", async () => {
  let n = await neighbours([place]);
  const s = seat();
  assert.deepEqual(JSON.parse(await n.find("serve")), { serve: { seat: "seat-nothing" } });
  assert.deepEqual(JSON.parse(await n.find("report")).report, { outputs: [], devices: [], seat: "seat-nothing" });
  await n.end("SIGKILL");
  n = await neighbours([place]);
  await n.find("serve");
  await n.find("report");
  /* No screen, no station: nobody connected to the relay. */
  assert.deepEqual(n.lines.filter((l) => l.includes("hello")), []);
  assert.equal(await s.end(), 0);
  await n.end();
});

test("starts before stationd, and places that make no sense do not end it", async () => {
  const s = seat();
  await s.find("stationd cannot be reached");
  let n = await neighbours([{ ...place, area: "middle" }]);
  await s.find("places make no sense");
  await n.find("report");
  await writeFile(path("places"), JSON.stringify([place]));
  n.child.kill("SIGHUP");
  await n.end("SIGKILL");
  n = await neighbours([place]);
  await n.find("serve");
  await n.find("report");
  assert.equal(s.lines.filter((l) => l.includes("make no sense")).length, 1);
  assert.equal(await s.end("SIGINT"), 0);
  await n.end();
});
