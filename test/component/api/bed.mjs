// SPDX-License-Identifier: GPL-3.0-or-later
// Runs stationctl against a fake stationd. STATIONCTL is the program under test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const program = process.env.STATIONCTL;
assert.ok(program, "STATIONCTL must be the path of the program under test");
export const folder = mkdtempSync(join(tmpdir(), "stationctl-"));
export const socket = join(folder, "api.sock");

/** Runs stationctl; tells output as it comes. */
export function start(args, { env = {}, input = "", raw = false, onOutput } = {}) {
  const child = spawn(program, raw ? args : ["--socket", socket, ...args], { env: { PATH: process.env.PATH, TZ: "UTC", LANG: "C.UTF-8", ...env } });
  const result = { code: -1, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    result.out += text;
    onOutput?.(result.out);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => (result.err += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return { child, done: once(child, "close").then(([code]) => Object.assign(result, { code })) };
}

/** Resolves when the state is there. */
export async function until(reached) {
  const end = Date.now() + 10_000;
  while (!reached()) {
    if (Date.now() > end) throw new Error(`not within 10 s: ${reached}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const run = (args, options) => start(args, options).done;

export async function runJson(args, code = 0) {
  const result = await run([...args, "--json"]);
  assert.equal(result.code, code, result.err);
  return JSON.parse(result.out);
}

/** The same on a pseudo terminal of 80 columns. */
export function runOnTerminal(args, env = {}) {
  const line = [program, "--socket", socket, ...args].map((a) => `'${a.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], { env: { PATH: process.env.PATH, TERM: "xterm", COLUMNS: "80", LANG: "C.UTF-8", ...env } });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  return once(child, "close").then(([code]) => ({ code, out: out.replaceAll("\r", "") }));
}
