// SPDX-License-Identifier: GPL-3.0-or-later
// A throw-away system with accounts, and a driver process for each helper.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const container = process.env.CONTAINER;
const driver = process.env.SESSION_DRIVER;
export const program = process.env.STATION_SESSION;
export const noLimits = { memory_kib: 0, memory_high_kib: 0, swap_kib: -1, cpu_weight: 100, cpu_quota_percent: 0, tasks: 0, sessions: 1 };
export const password = "Kiwi-4711-Apfel";

export const until = async (what, fn, ms = 5000) => {
  const end = Date.now() + ms;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
};

export class Bed {
  constructor(name, options = []) {
    this.name = name;
    this.options = options;
    this.uid = 39200;
    this.display = 20;
    this.drivers = [];
  }

  async up() {
    await run(container, ["down", this.name]); // left by a run that was interrupted
    await run(container, ["up", this.name, ...this.options]);
    await this.sh(`groupadd -g 39100 station-admin; groupadd -g 39101 station-operator`);
    for (const name of ["stationmaster", "stationmaster-start", "stationmaster-dashboard"])
      await this.write(`/etc/pam.d/${name}`, await import("node:fs").then((fs) => fs.readFileSync(`${process.env.PAM_DIR}/${name}`, "utf8")));
    // A desktop that ends when told, and one that has lines to say before it fails.
    await this.write("/usr/local/bin/t-desk", "#!/bin/sh\nxterm -name desk -e 'sleep 100000' &\nexec openbox\n", 0o755);
    await this.write("/usr/local/bin/t-stubborn", "#!/bin/bash\ntrap '' TERM HUP\nwhile :; do sleep 1; done\n", 0o755);
    await this.write("/usr/local/bin/t-broken", "#!/bin/sh\necho 'first line'\necho 'the theme is missing' >&2\nexit 7\n", 0o755);
    // Its own limit is for the computer that runs the tests, whatever the session's is.
    await this.write("/usr/local/bin/t-bomb", "#!/bin/bash\nulimit -u 400 || exit\ntrap '' TERM HUP\nb() { b | b & b; }\nsleep 1; b\nsleep 1000\n", 0o755);
  }

  async down() {
    for (const d of this.drivers) d.kill();
    await run(container, ["down", this.name]);
  }

  /** stdout of a shell command run as root inside; throws unless it exits with 0. */
  async sh(command, input) {
    const child = run(container, ["exec", this.name, "sh", "-c", command], { maxBuffer: 16e6 });
    child.child.stdin.on("error", () => {}); // it has ended without reading; its exit code tells the rest
    child.child.stdin.end(input ?? "");
    return (await child).stdout.trim();
  }
  async ok(command) {
    return this.sh(command).then(() => true, () => false);
  }
  async write(path, text, mode = 0o644) {
    await this.sh(`cat >${path}; chmod ${mode.toString(8)} ${path}`, text);
  }

  async user(name, { gecos = "", groups = "" } = {}) {
    await this.sh(`useradd -m -u ${++this.uid} -s /bin/bash -c '${gecos}' ${groups && `-G ${groups}`} ${name}; echo '${name}:${password}' | chpasswd`);
    return name;
  }

  /** A new helper. */
  async helper(target = [program]) {
    const d = new Driver(spawn(container, ["exec", this.name, driver, ...target], { stdio: ["pipe", "pipe", "inherit"] }));
    this.drivers.push(d);
    return d;
  }
  control(id) {
    return this.helper(["--connect", `/run/stationmaster/sessions/${id}/control.sock`]);
  }

  begin(user, { purpose = "station", service = { station: "stationmaster", start: "stationmaster-start", dashboard: "stationmaster-dashboard" }[purpose], address = "192.0.2.7" } = {}) {
    return { purpose, service, user, address, admin_group: "station-admin", operator_group: "station-operator" };
  }
  openArgs(id, exec = "/usr/local/bin/t-desk", more = {}) {
    return { id, desktop: "test", exec, names: "", display: ++this.display, width: 800, height: 600, wrapper: "", glx: false, limits: noLimits, ...more };
  }

  /** A session of user that runs; facts and its helper. */
  async session(id, user, exec, more) {
    const h = await this.helper();
    const begun = await h.call("Begin", this.begin(user, { purpose: "start" }));
    assert.equal(begun.done, true);
    const { facts } = await h.call("Open", this.openArgs(id, exec, more));
    return { h, facts };
  }

  /** Log off whatever a failed test has left. */
  async clear() {
    for (const id of (await this.sh("ls /run/stationmaster/sessions 2>/dev/null || true")).split("\n").filter(Boolean))
      await this.control(id).then((h) => h.call("LogOff", { ask_ms: 0, timeout_ms: 0 })).catch(() => {});
  }

  /** Nothing of the session is left. */
  async gone(facts) {
    assert.equal(await this.sh(`pgrep -u ${facts.person.user} -l | grep -v -e systemd -e sd-pam || true`), "");
    assert.equal(await this.sh(`ls -d /run/stationmaster/sessions/${facts.id} /tmp/.X11-unix/X${facts.display.slice(1)} /tmp/.X${facts.display.slice(1)}-lock 2>/dev/null || true`), "");
  }
}

export class Driver {
  constructor(child) {
    this.child = child;
    this.next = 0;
    this.waiting = new Map();
    this.closed = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const m = JSON.parse(line);
        if (m.closed) resolve(m);
        else this.waiting.get(m.id)(m);
      }).on("close", () => resolve({ closed: true, killed: true }));
    });
  }

  raw(method, parameters = {}, more) {
    const id = ++this.next;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, (m) => {
        if (m.continues) more?.(m.parameters);
        else resolve(m);
      });
      this.closed.then(() => reject(new Error(`${method}: the helper has ended`)));
      this.child.stdin.write(`${JSON.stringify({ id, method, parameters, more: !!more })}\n`);
    });
  }
  async call(method, parameters, more) {
    const m = await this.raw(method, parameters, more);
    assert.equal(m.error, null, `${method}: ${JSON.stringify(m.parameters)}`);
    return { ...m.parameters, ...(m.rfb && { rfb: m.rfb }) };
  }
  /** The error's name without the interface, and its parameters. */
  async fails(method, parameters) {
    const m = await this.raw(method, parameters);
    assert.notEqual(m.error, null, `${method} did not fail: ${JSON.stringify(m.parameters)}`);
    return { error: m.error.split(".").at(-1), ...m.parameters };
  }
  /** Close the connection; a helper without a session ends. */
  end() {
    this.child.stdin.end();
  }
  /** "stationd" dies. */
  kill() {
    this.child.kill("SIGKILL");
    return this.closed;
  }
}
