// SPDX-License-Identifier: GPL-3.0-or-later
// station-limits, played.
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { Connection } from "./varlink.mjs";

const socket = "/run/stationmaster/limits.sock";

/** Plays station-limits: what it was told last is in force, unless it fails or holds back. */
export class Limiter {
  told = [];
  failure = null;
  held = [];
  holding = false;
  connections = new Set();

  async start() {
    mkdirSync("/run/stationmaster", { recursive: true });
    rmSync(socket, { force: true });
    this.server = createServer((stream) => {
      const c = new Connection(stream, (message, reply) => this.#handle(message, reply));
      this.connections.add(c);
      c.closed.then(() => this.connections.delete(c));
    });
    await new Promise((resolve) => this.server.listen(socket, resolve));
  }
  #handle(message, reply) {
    const answer = () => reply(this.failure ? { error: "org.stationmaster.Limiter.Failed", parameters: { reason: this.failure } } : { parameters: {} });
    if (message.method.endsWith(".Set")) this.told.push(message.parameters.groups);
    if (this.holding && message.method.endsWith(".Set")) this.held.push(answer);
    else answer();
  }
  release() {
    this.holding = false;
    for (const answer of this.held.splice(0)) answer();
  }
  /** "allow contoso.com by root: anna 5001"; "*": everybody else too */
  get now() {
    return (this.told.at(-1) ?? []).map((g) => `${g.mode} ${g.domains.join(",")} by ${g.by}: ${[...g.users.map((u) => `${u.name} ${u.uid}`).sort(), ...(g.all_but ? ["*"] : [])].join(", ")}`).sort();
  }
  async stop() {
    this.server?.close();
    for (const c of this.connections) c.close();
    rmSync(socket, { force: true });
  }
}
