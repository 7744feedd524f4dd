// SPDX-License-Identifier: GPL-3.0-or-later
// station-usb, played.
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { Connection } from "./varlink.mjs";

const socket = "/run/stationmaster/usb.sock";

/** Plays station-usb: remembers what it is told, says what is plugged in; fails or holds back where a test wants it. */
export class Usb {
  told = [];
  disks = [];
  missing = "";
  failure = null;
  held = [];
  holding = false;
  connections = new Set();
  watchers = new Set();

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
    if (message.method.endsWith(".Watch")) {
      this.watchers.add(reply);
      reply({ parameters: { disks: this.disks, missing: this.missing }, continues: true });
      return;
    }
    this.told.push(message.parameters.hubs);
    const answer = () => reply(this.failure ? { error: "org.stationmaster.Storage.Failed", parameters: { reason: this.failure } } : { parameters: {} });
    if (this.holding) this.held.push(answer);
    else answer();
  }
  /** This is plugged in now. */
  plug(disks, missing = "") {
    this.disks = disks;
    this.missing = missing;
    for (const reply of this.watchers) reply({ parameters: { disks, missing }, continues: true });
  }
  release(n = this.held.length) {
    for (const answer of this.held.splice(0, n)) answer();
  }
  static words = (hubs) => hubs.map((h) => `${h.path.replace(/.*:/, "")} ${h.user ?? "-"} ${h.uid}/${h.gid}${h.blocked ? " blocked" : ""}`).sort();
  /** "2 anna 5001/100 blocked", of each hub. */
  get now() {
    return this.told.length ? Usb.words(this.told.at(-1)) : null;
  }
  async stop() {
    this.server?.close();
    for (const c of this.connections) c.close();
    this.watchers.clear();
    rmSync(socket, { force: true });
  }
}
