// SPDX-License-Identifier: GPL-3.0-or-later
// This computer with the packages on it: commands, calls over HTTPS, what a session shows. Runs inside the system
// under test, as root, and needs nothing but Node.js.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import https from "node:https";
import net from "node:net";

/** Runs a shell command; fails with what it wrote. */
export function sh(command, { code = 0, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    execFile("/bin/sh", ["-c", command], { maxBuffer: 64 << 20, env: { ...process.env, LC_ALL: "C.UTF-8", ...env } }, (error, out, err) => {
      const got = error ? error.code ?? -1 : 0;
      if (code !== null && got !== code) reject(new Error(`${command}: exit ${got}\n${out}${err}`));
      else resolve(Object.assign(new String(out), { code: got, err }));
    });
  });
}

export async function ctl(...args) {
  return JSON.parse(await sh(`stationctl ${args.join(" ")} --json`));
}

/** Until it holds; asks again and again. */
export async function until(what, holds, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await holds();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const PORT = 8443;

export function request(path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const req = https.request({ host: "127.0.0.1", port: PORT, path, method, headers, rejectUnauthorized: false, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (d) => (text += d));
      res.on("error", reject);
      res.on("end", () => resolve({ status: res.statusCode, headers: res.headers, text }));
    });
    req.on("error", reject);
    req.end(body);
  });
}

/** A call over HTTPS; gives what the method replies. */
export async function call(method, parameters, cookie = "") {
  const r = await request(`/api/org.stationmaster.${method}`, {
    method: "POST",
    headers: { origin: `https://127.0.0.1:${PORT}`, "content-type": "application/json", cookie },
    body: JSON.stringify(parameters),
  });
  assert.equal(r.status, 200, `${method}: ${r.text}`);
  return { ...JSON.parse(r.text), cookie: (r.headers["set-cookie"] ?? []).map((c) => c.split(";")[0]).join("; ") };
}

/** Signs in to the dashboard over HTTPS; the cookie. */
export async function signIn(user, password) {
  const started = await call("Login.Start", { purpose: "dashboard", station: null, user, desktop: null, width: null, height: null });
  const done = await call("Login.Answer", { conversation: started.conversation, answers: [password] });
  assert.equal(done.done, true);
  assert.ok(done.cookie, "a cookie");
  return done.cookie;
}

export async function addUser(name, password, group) {
  await sh(`useradd --create-home --shell /bin/bash ${group ? `--groups ${group}` : ""} ${name}`);
  await sh(`echo '${name}:${password}' | chpasswd`);
}

/** A desktop that is light: a root window and nothing that runs. */
export function lightDesktop() {
  mkdirSync("/usr/share/xsessions", { recursive: true });
  writeFileSync("/usr/share/xsessions/light.desktop", "[Desktop Entry]\nType=Application\nName=Light\nExec=/usr/local/bin/light-desktop\n");
  writeFileSync("/usr/local/bin/light-desktop", "#!/bin/sh\nexec sleep infinity\n", { mode: 0o755 });
}

/** Pixels of a session, through stationd and the relay: RFB until the first update has come. Its width. */
export async function look(user) {
  const child = spawn("stationctl", ["session", "view", user, "--print-socket"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (d) => (said += d));
  try {
    const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error(`view of ${user}: ${said}`)))]);
    const socket = net.connect(String(line).trim());
    let buffer = Buffer.alloc(0);
    const read = async (n) => {
      while (buffer.length < n) buffer = Buffer.concat([buffer, (await once(socket, "data", { signal: AbortSignal.timeout(30_000) }))[0]]);
      const got = buffer.subarray(0, n);
      buffer = buffer.subarray(n);
      return got;
    };
    assert.equal(String(await read(12)), "RFB 003.008\n");
    socket.write("RFB 003.008\n");
    await read((await read(1))[0]);
    socket.write(Buffer.from([1]));
    assert.equal((await read(4)).readUInt32BE(), 0);
    socket.write(Buffer.from([1]));
    const init = await read(24);
    await read(init.readUInt32BE(20));
    const ask = Buffer.alloc(10);
    ask[0] = 3;
    ask.writeUInt16BE(init.readUInt16BE(0), 6);
    ask.writeUInt16BE(init.readUInt16BE(2), 8);
    socket.write(ask);
    assert.equal((await read(4))[0], 0, "a framebuffer update");
    socket.destroy();
    return init.readUInt16BE(0);
  } finally {
    child.kill();
  }
}

export const pidStart = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[19];
