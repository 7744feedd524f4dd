// SPDX-License-Identifier: GPL-3.0-or-later
// An RFB 3.8 client with a framebuffer (raw pixels), over a WebSocket, a stream, or as a VNC viewer.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { Mailbox, within } from "./bed.mjs";

const RAW = 0, DESKTOP_SIZE = -223, X509NONE = 260;
const u16 = (...v) => Buffer.from(v.flatMap((n) => [n >> 8, n & 255]));
const u32 = (n) => u16((n >>> 16) & 65535, n & 65535);

export class Rfb {
  w = 0;
  h = 0;
  texts = [];
  #got = Buffer.alloc(0);
  #more = new Mailbox();

  /** Of an open WebSocket (websocket.mjs). */
  static overSocket(socket) {
    const r = new Rfb();
    r.closed = socket.closed;
    r.write = (...parts) => socket.sendBinary(Buffer.concat(parts));
    r.end = () => socket.socket.destroy();
    socket.on("binary", (d) => r.#take(d));
    socket.closed.then(() => r.#more.put(0));
    return r;
  }

  /** Of a connected stream. */
  static overStream(stream) {
    const r = new Rfb();
    r.#use(stream);
    r.closed = once(stream, "close");
    return r;
  }

  /** A VNC viewer (VeNCrypt X509None), up to its greeter. */
  static async vnc(bed) {
    const tcp = net.connect(bed.vnc, "127.0.0.1");
    tcp.on("error", () => {});
    await once(tcp, "connect");
    const r = Rfb.overStream(tcp);
    await r.read(12);
    r.write(Buffer.from("RFB 003.008\n"));
    await r.read((await r.read(1))[0]);
    r.write(Buffer.from([19]));
    await r.read(2);
    r.write(Buffer.from([0, 2]));
    const n = (await r.read(2))[1];
    await r.read(4 * n);
    r.write(u32(X509NONE));
    assert.equal((await r.read(1))[0], 1);
    tcp.removeAllListeners("data");
    const s = tls.connect({ socket: tcp, rejectUnauthorized: false });
    await within(once(s, "secureConnect"), "TLS");
    r.#use(s);
    await r.#result();
    return r;
  }

  #use(stream) {
    stream.on("error", () => {});
    stream.on("data", (d) => this.#take(d));
    this.write = (...parts) => stream.write(Buffer.concat(parts));
    this.end = () => stream.destroy();
  }

  #take(data) {
    this.#got = Buffer.concat([this.#got, data]);
    this.#more.put(data.length);
  }

  async read(n) {
    while (this.#got.length < n) assert.ok(await this.#more.take(() => true, `${n} bytes of RFB`), "it was closed");
    const b = this.#got.subarray(0, n);
    this.#got = this.#got.subarray(n);
    return b;
  }

  async #result() {
    assert.equal((await this.read(4)).readUInt32BE(), 0);
    this.write(Buffer.from([1]));
    const init = await this.read(24);
    await this.read(init.readUInt32BE(20));
    this.#resize(init.readUInt16BE(0), init.readUInt16BE(2));
    this.write(Buffer.from([2, 0, 0, 2]), u32(RAW), u32(DESKTOP_SIZE));
  }

  /** From the first byte, without security. */
  async start() {
    assert.equal((await this.read(12)).toString(), "RFB 003.008\n");
    this.write(Buffer.from("RFB 003.008\n"));
    assert.deepEqual([...(await this.read(2))], [1, 1]);
    this.write(Buffer.from([1]));
    await this.#result();
    return this;
  }

  #resize(w, h) {
    this.w = w;
    this.h = h;
    this.pixels = new Uint32Array(w * h);
  }

  async #rect() {
    const r = await this.read(12);
    const [x, y, w, h] = [0, 2, 4, 6].map((i) => r.readUInt16BE(i));
    if (r.readInt32BE(8) === DESKTOP_SIZE) return this.#resize(w, h);
    assert.equal(r.readInt32BE(8), RAW);
    const data = await this.read(w * h * 4);
    for (let j = 0; j < h; j++)
      for (let i = 0; i < w; i++) this.pixels[(y + j) * this.w + x + i] = data.readUInt32LE((j * w + i) * 4) & 0xffffff;
  }

  async update(incremental) {
    this.write(Buffer.from([3, incremental ? 1 : 0]), u16(0, 0, 65535, 65535));
    for (;;) {
      const type = (await this.read(1))[0];
      if (type === 0) break;
      assert.equal(type, 3);
      const n = (await this.read(7)).readUInt32BE(3);
      this.texts.push((await this.read(n)).toString());
    }
    const n = (await this.read(3)).readUInt16BE(1);
    for (let i = 0; i < n; i++) await this.#rect();
  }

  at(x, y) {
    return this.pixels[y * this.w + x];
  }

  /** Updates until the screen looks so. */
  async until(what, check) {
    const deadline = Date.now() + 10_000;
    await this.update(false);
    while (!check(this)) {
      assert.ok(Date.now() < deadline, `never: ${what}; ${this.w} x ${this.h}, ${this.at(0, 0).toString(16)}`);
      await this.update(true);
    }
  }

  /** All of one colour. */
  shows(colour) {
    return this.until(`all ${colour.toString(16)}`, (r) => r.pixels.every((p) => p === colour));
  }

  key(keysym, down = true) {
    this.write(Buffer.from([4, down ? 1 : 0, 0, 0]), u32(keysym));
  }

  pointer(buttons, x, y) {
    this.write(Buffer.from([5, buttons]), u16(x, y));
  }

  cutText(text) {
    this.write(Buffer.from([6, 0, 0, 0]), u32(text.length), Buffer.from(text));
  }

  askSize(w, h) {
    this.write(Buffer.from([251, 0]), u16(w, h), Buffer.from([1, 0]), u32(1), u16(0, 0, w, h), u32(0));
  }
}
