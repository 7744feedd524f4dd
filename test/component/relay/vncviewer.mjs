// SPDX-License-Identifier: GPL-3.0-or-later
// A VNC viewer that speaks VeNCrypt as rfbproto says, X509None and X509Plain, raw pixels only; or plain RFB over a
// WebSocket, as in a browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { Mailbox, within } from "./bed.mjs";

export const X509NONE = 260, X509PLAIN = 262;

export class Viewer {
  #got = Buffer.alloc(0);
  #parts = [];
  #size = 0;
  #more = new Mailbox();
  #fence = 0;

  static async connect(bed, open) {
    const v = new Viewer();
    v.tcp = net.connect(bed.vnc, "127.0.0.1");
    v.tcp.on("error", () => {});
    v.closed = once(v.tcp, "close");
    await once(v.tcp, "connect");
    v.#listen(v.tcp);
    open?.push(v);
    return v;
  }

  /** Up to ServerInit over an open WebSocket (websocket.mjs); the size is in .first. */
  static async over(socket) {
    const v = new Viewer();
    v.s = { write: (b) => socket.sendBinary(b), destroy: () => socket.close() };
    v.closed = socket.closed.then((code) => {
      v.#end();
      return code;
    });
    const there = () => true;
    while (socket.binary.has(there)) v.#take(await socket.binary.take(there, "what has come already"));
    socket.on("binary", (d) => v.#take(d));
    assert.equal((await v.read(12)).toString(), "RFB 003.008\n");
    v.write(Buffer.from("RFB 003.008\n"));
    assert.deepEqual([...(await v.read(2))], [1, 1]);
    v.write(1);
    assert.equal(await v.result(), null);
    v.first = await v.init();
    return v;
  }

  #take(d) {
    this.#parts.push(d);
    this.#size += d.length;
    this.#more.put(1);
  }

  #end() {
    this.ended = true;
    this.#more.put(1);
  }

  #listen(s) {
    this.s = s;
    s.on("error", () => {});
    s.on("close", () => this.#end());
    s.on("data", (d) => this.#take(d));
  }

  async read(n, what = `${n} bytes of RFB`) {
    while (this.#size < n) await this.#more.take(() => true, what);
    if (this.#got.length < n) {
      this.#got = Buffer.concat([this.#got, ...this.#parts]);
      this.#parts = [];
    }
    const b = this.#got.subarray(0, n);
    this.#got = this.#got.subarray(n);
    this.#size -= n;
    return b;
  }

  write(...bytes) {
    this.s.write(Buffer.concat(bytes.map((b) => (Buffer.isBuffer(b) ? b : Buffer.from([b])))));
  }

  u32(n) {
    const b = Buffer.alloc(4);
    b.writeUInt32BE(n);
    return b;
  }

  /** Up to TLS with this sub-type. */
  async secure(type) {
    assert.equal((await this.read(12)).toString(), "RFB 003.008\n");
    this.write(Buffer.from("RFB 003.008\n"));
    const types = await this.read((await this.read(1))[0]);
    assert.deepEqual([...types], [19], "only VeNCrypt, nothing without TLS");
    this.write(19);
    assert.deepEqual([...(await this.read(2))], [0, 2]);
    this.write(0, 2);
    assert.equal((await this.read(1))[0], 0);
    const n = (await this.read(1))[0];
    const sub = [];
    for (let i = 0; i < n; i++) sub.push((await this.read(4)).readUInt32BE());
    assert.deepEqual(sub.sort(), [X509NONE, X509PLAIN]);
    this.write(this.u32(type));
    assert.equal((await this.read(1))[0], 1);
    this.tcp.removeAllListeners("data");
    const s = tls.connect({ socket: this.tcp, rejectUnauthorized: false });
    await within(once(s, "secureConnect"), "TLS");
    this.tlsVersion = s.getProtocol();
    this.#listen(s);
  }

  plain(user, password) {
    const u = Buffer.from(user), p = Buffer.from(password);
    this.write(this.u32(u.length), this.u32(p.length), u, p);
  }

  async result() {
    const ok = (await this.read(4, "the security result")).readUInt32BE();
    if (ok === 0) return null;
    return (await this.read((await this.read(4)).readUInt32BE())).toString();
  }

  async init() {
    this.write(1);
    const init = await this.read(24, "ServerInit");
    await this.read(init.readUInt32BE(20));
    return [init.readUInt16BE(0), init.readUInt16BE(2)];
  }

  request(incremental = false) {
    const q = Buffer.alloc(10);
    q[0] = 3;
    q[1] = incremental ? 1 : 0;
    q.writeUInt16BE(16384 - 1, 6);
    q.writeUInt16BE(16384 - 1, 8);
    this.write(q);
  }

  /** A full update; [width, height, first pixel] of its first rectangle. */
  async look() {
    this.request();
    let first;
    const head = await this.read(4, "an update");
    assert.equal(head[0], 0);
    for (let i = 0; i < head.readUInt16BE(2); i++) {
      const r = await this.read(12);
      assert.equal(r.readInt32BE(8), 0);
      const [w, h] = [r.readUInt16BE(4), r.readUInt16BE(6)];
      const data = await this.read(w * h * 4);
      first ??= [w, h, data.readUInt32LE(0) & 0xffffff];
    }
    return first;
  }

  key(sym) {
    for (const down of [1, 0]) this.press(sym, down);
  }

  press(sym, down) {
    this.write(4, down, 0, 0, this.u32(sym));
  }

  pointer(x, y, buttons = 0) {
    this.write(Buffer.from([5, buttons, x >> 8, x & 255, y >> 8, y & 255]));
  }

  /** Asks for another size of the screen. */
  ask(w, h) {
    const b = Buffer.alloc(24);
    b[0] = 251;
    b.writeUInt16BE(w, 2);
    b.writeUInt16BE(h, 4);
    b[6] = 1;
    b.writeUInt16BE(w, 16);
    b.writeUInt16BE(h, 18);
    this.write(b);
  }

  cutText(text) {
    this.write(6, 0, 0, 0, this.u32(text.length), Buffer.from(text, "latin1"));
  }

  type(text) {
    for (const c of text) this.key(c.charCodeAt(0));
  }

  end() {
    this.s.destroy();
    this.tcp.destroy();
  }

  // --- a viewer that follows: pixels holds what is on its screen ---

  frames = new Mailbox();
  cuts = new Mailbox();
  fences = new Mailbox();

  /** From now on reads by itself; knows DesktopSize and fences, too. */
  follow([w, h]) {
    this.resize(w, h);
    this.write(2, 0, 0, 3, this.u32(0), this.u32(0xffffff21), this.u32(0xfffffec8));
    this.request();
    this.following = this.#follow().catch(() => {});
  }

  /** Everything that was sent before has been handled. */
  async handled() {
    const n = (this.#fence = (this.#fence + 1) & 255);
    this.write(248, 0, 0, 0, this.u32(0x80000000), 1, n);
    await this.fences.take((x) => x === n, "a fence");
  }

  resize(w, h) {
    [this.w, this.h] = [w, h];
    this.pixels = new Uint32Array(w * h);
  }

  async #follow() {
    for (;;) {
      const type = (await this.#wait(1))[0];
      if (type === 248) {
        const data = await this.#wait((await this.#wait(8))[7]);
        this.fences.put(data[0]);
        continue;
      }
      if (type === 3) {
        const n = (await this.#wait(7)).readUInt32BE(3);
        this.cuts.put((await this.#wait(n)).toString("latin1"));
        continue;
      }
      assert.equal(type, 0);
      const n = (await this.#wait(3)).readUInt16BE(1);
      for (let i = 0; i < n; i++) await this.#rect();
      this.frames.put(1);
      this.request(true);
    }
  }

  // As read(), but for as long as it takes.
  async #wait(n) {
    while (this.#size < n && !this.ended) await this.#more.take(() => true, "RFB", 600_000);
    if (this.#size < n) throw new Error("the connection has ended");
    return this.read(n);
  }

  async #rect() {
    const r = await this.#wait(12);
    const [x, y, w, h] = [0, 2, 4, 6].map((i) => r.readUInt16BE(i));
    if (r.readInt32BE(8) === -223) {
      this.resize(w, h);
      return;
    }
    assert.equal(r.readInt32BE(8), 0);
    const data = await this.#wait(w * h * 4);
    for (let j = 0; j < h; j++)
      for (let i = 0; i < w; i++) this.pixels[(y + j) * this.w + x + i] = data.readUInt32LE((j * w + i) * 4) & 0xffffff;
  }

  at(x, y) {
    return this.pixels[Math.floor(y) * this.w + Math.floor(x)];
  }

  /** Waits until the screen is as it should be. */
  async sees(what, fits) {
    const end = Date.now() + 10_000;
    while (!fits(this)) {
      if (Date.now() > end) throw new Error(`not seen: ${what} (${this.w} x ${this.h}, ${this.at(this.w / 2, this.h / 2)?.toString(16)})`);
      await this.frames.take(() => true, what);
    }
  }
}
