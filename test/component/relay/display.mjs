// SPDX-License-Identifier: GPL-3.0-or-later
// A display server as far as the relay needs one: RFB 3.8 without security on a Unix socket, raw
// pixels, one colour that the test may change, and what came in as keys.

import { once } from "node:events";
import { rmSync } from "node:fs";
import net from "node:net";
import { Mailbox } from "./bed.mjs";

export class Display {
  color = 0x204060;
  w = 64;
  h = 48;
  resizable = false; // says so, and tells what it is asked for
  input = new Mailbox();
  connections = 0;
  closed = new Mailbox();
  #sockets = new Set();

  static async start(path, options = {}) {
    const d = Object.assign(new Display(), options);
    d.path = path;
    rmSync(path, { force: true });
    d.server = net.createServer((s) => d.#serve(s));
    d.server.listen(path);
    await once(d.server, "listening");
    return d;
  }

  get open() {
    return this.#sockets.size;
  }

  /** A new picture for everybody who waits for one. */
  paint(color) {
    this.color = color;
    for (const s of this.#sockets) {
      s.dirty = true;
      this.#update(s);
    }
  }

  /** The session's clipboard has changed. */
  say(text) {
    const head = Buffer.alloc(8);
    head[0] = 3;
    head.writeUInt32BE(text.length, 4);
    for (const s of this.#sockets) s.write(Buffer.concat([head, Buffer.from(text)]));
  }

  /** Like a process that is stopped: it reads and says nothing. */
  freeze(on) {
    for (const s of this.#sockets) on ? s._handle.readStop() : s._handle.readStart(); // pause() would read on
  }

  drop() {
    for (const s of this.#sockets) s.destroy();
  }

  async stop() {
    this.drop();
    this.server.close();
    await once(this.server, "close");
  }

  #update(s) {
    if (!s.wants || !s.dirty) return;
    s.wants = s.dirty = false;
    const head = Buffer.alloc(16);
    head.writeUInt16BE(1, 2);
    head.writeUInt16BE(this.w, 8);
    head.writeUInt16BE(this.h, 10);
    const pixels = Buffer.alloc(this.w * this.h * 4);
    for (let i = 0; i < this.w * this.h; i++) pixels.writeUInt32LE(this.color, i * 4);
    if (this.resizable && !s.told) s.write(this.#size());
    s.told = true;
    s.write(Buffer.concat([head, pixels]));
  }

  /** ExtendedDesktopSize with one screen. */
  #size() {
    const b = Buffer.alloc(36);
    b.writeUInt16BE(1, 2);
    b.writeUInt16BE(this.w, 8);
    b.writeUInt16BE(this.h, 10);
    b.writeInt32BE(-308, 12);
    b[16] = 1;
    b.writeUInt32BE(1, 20);
    b.writeUInt16BE(this.w, 28);
    b.writeUInt16BE(this.h, 30);
    return b;
  }

  /** Bytes used; 0: more are needed. */
  #message(s, b) {
    switch (b[0]) {
      case 0: return b.length >= 20 ? 20 : 0;
      case 2: return b.length >= 4 && b.length >= 4 + 4 * b.readUInt16BE(2) ? 4 + 4 * b.readUInt16BE(2) : 0;
      case 3:
        if (b.length < 10) return 0;
        s.wants = true;
        if (b[1] === 0) s.dirty = true;
        this.#update(s);
        return 10;
      case 4:
        if (b.length < 8) return 0;
        this.input.put({ key: b.readUInt32BE(4), down: b[1] === 1 });
        return 8;
      case 5:
        if (b.length < 6) return 0;
        this.input.put({ x: b.readUInt16BE(2), y: b.readUInt16BE(4), buttons: b[1] });
        return 6;
      case 6: {
        const n = b.length >= 8 ? 8 + Math.abs(b.readInt32BE(4)) : Infinity;
        if (b.length < n) return 0;
        this.input.put({ text: b.subarray(8, n).toString("latin1") });
        return n;
      }
      case 150: return b.length >= 10 ? 10 : 0;
      case 248: return b.length >= 9 && b.length >= 9 + b[8] ? 9 + b[8] : 0;
      case 251:
        if (b.length < 8 || b.length < 8 + 16 * b[6]) return 0;
        this.input.put({ size: [b.readUInt16BE(2), b.readUInt16BE(4)] });
        return 8 + 16 * b[6];
      default: throw new Error(`the relay sent message ${b[0]}`);
    }
  }

  #serve(s) {
    let b = Buffer.alloc(0), stage = 0;
    this.connections++;
    this.#sockets.add(s);
    s.on("error", () => {});
    s.on("close", () => {
      this.#sockets.delete(s);
      this.closed.put({});
    });
    s.write("RFB 003.008\n");
    const init = Buffer.alloc(24 + 4);
    init.writeUInt16BE(this.w, 0);
    init.writeUInt16BE(this.h, 2);
    Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]).copy(init, 4);
    init.writeUInt32BE(4, 20);
    init.write("test", 24);
    s.on("data", (d) => {
      b = Buffer.concat([b, d]);
      for (;;) {
        let n = 0;
        if (stage === 0 && b.length >= 12) n = 12, s.write(Buffer.from([1, 1])), stage++;
        else if (stage === 1 && b.length >= 1) n = 1, s.write(Buffer.alloc(4)), stage++;
        else if (stage === 2 && b.length >= 1) n = 1, s.write(init), stage++;
        else if (stage === 3 && b.length >= 1) n = this.#message(s, b);
        if (n === 0) return;
        b = b.subarray(n);
      }
    });
  }
}
