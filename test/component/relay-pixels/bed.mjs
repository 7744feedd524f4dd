// SPDX-License-Identifier: GPL-3.0-or-later
// A display server with a session, the pixel half of the relay in front of it, and a screen for a viewer.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "./rfb.mjs";

export const dir = mkdtempSync(join(tmpdir(), "relay-pixels-"));
const children = [];

export function start(program, args, env = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  child.output = "";
  child.ended = new Promise((r) => child.on("close", (code, signal) => r(code ?? signal)));
  child.on("error", () => {});
  child.stderr.on("data", (d) => (child.output += d));
  children.push(child);
  return child;
}

export async function stopAll() {
  for (const c of children.reverse()) c.kill();
  // TigerVNC's viewer may lock itself up in its own signal handler.
  const patience = setTimeout(() => children.forEach((c) => c.kill("SIGKILL")), 3000);
  await Promise.all(children.map((c) => c.ended));
  clearTimeout(patience);
  rmSync(dir, { recursive: true, force: true });
}

let number = 1000 + (process.pid % 5000) * 8;

/**
 * An X server, reachable at .socket by RFB. Its number is far away from those that servers take by themselves:
 * Xlib looks at the abstract socket first, which may be that of a display in another container.
 */
export async function display(name, geometry, ...more) {
  const socket = join(dir, `${name}.sock`);
  const x = start("Xvnc", [`:${++number}`, "-geometry", geometry, "-depth", "24", "-rfbunixpath", socket, "-rfbport", "-1",
    "-SecurityTypes", "None", "-nolisten", "tcp", "-extension", "GLX", ...more]);
  x.socket = socket;
  x.display = `:${number}`;
  await until(() => `Xvnc ${name}: ${x.output}`, () => existsSync(socket) && existsSync(`/tmp/.X11-unix/X${number}`));
  return x;
}

/** relay-pixels; .lines is what it said, .order() tells it something. */
export async function relay(source, ...args) {
  const socket = join(dir, "relay.sock");
  rmSync(socket, { force: true });
  const at = args.includes("--listen") ? [] : ["--listen", socket];
  const r = start(process.env.RELAY_PIXELS, [...args, ...at, "--source", source.socket]);
  r.socket = socket;
  r.lines = [];
  createInterface({ input: r.stdout }).on("line", (l) => r.lines.push(l));
  r.order = (text) => r.stdin.write(`${text}\n`);
  r.said = (pattern, ms) =>
    until(() => `relay says ${pattern}; it said ${r.lines.slice(-5).join(" | ")} ${r.output}`, () => r.lines.find((l) => pattern.test(l)), ms);
  await r.said(/^source: ready/);
  return r;
}

export const missing = ["Xvnc", "vncviewer", "xterm", "openbox", "xdotool", "openssl"].filter(
  (p) => spawnSync("sh", ["-c", `command -v ${p}`]).status !== 0,
);
