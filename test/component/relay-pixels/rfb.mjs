// SPDX-License-Identifier: GPL-3.0-or-later
// A small RFB 3.8 client (security None, raw pixels) to look at a display, and random ones for the soak.

import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const be16 = (v) => [(v >> 8) & 255, v & 255];
const be32 = (v) => [(v >>> 24) & 255, (v >>> 16) & 255, (v >>> 8) & 255, v & 255];

export const message = {
  encodings: (list) => Buffer.from([2, 0, ...be16(list.length), ...list.flatMap((e) => be32(e >>> 0))]),
  request: (incremental, w = 65535, h = 65535) => Buffer.from([3, incremental ? 1 : 0, 0, 0, 0, 0, ...be16(w), ...be16(h)]),
  key: (keysym, down) => Buffer.from([4, down ? 1 : 0, 0, 0, ...be32(keysym)]),
  pointer: (buttons, x, y) => Buffer.from([5, buttons, ...be16(x), ...be16(y)]),
  size: (w, h) => Buffer.from([251, 0, ...be16(w), ...be16(h), 1, 0, ...Array(8).fill(0), ...be16(w), ...be16(h), 0, 0, 0, 0]),
  continuous: (on) => Buffer.from([150, on ? 1 : 0, 0, 0, 0, 0, 255, 255, 255, 255]),
  fence: (flags, data) => Buffer.from([248, 0, 0, 0, ...be32(flags), data.length, ...data]),
  format: (bpp, depth, max, shift) =>
    Buffer.from([0, 0, 0, 0, bpp, depth, 0, 1, ...max.flatMap(be16), ...shift, 0, 0, 0]),
};

export class Screen {
  #got = Buffer.alloc(0);
  #wake = () => {};
  #ended = false;

  static async open(address) {
    const s = new Screen();
    s.socket = typeof address === "number" ? net.connect(address, "127.0.0.1") : net.connect(address);
    s.socket.on("data", (d) => {
      s.#got = Buffer.concat([s.#got, d]);
      s.#wake();
    });
    s.socket.on("close", () => {
      s.#ended = true;
      s.#wake();
    });
    s.socket.on("error", () => {});
    await once(s.socket, "connect");
    await s.read(12);
    s.send(Buffer.from("RFB 003.008\n"));
    await s.read((await s.read(1))[0]);
    s.send(Buffer.from([1]));
    await s.read(4);
    s.send(Buffer.from([1]));
    const init = await s.read(24);
    s.resize(init.readUInt16BE(0), init.readUInt16BE(2));
    await s.read(init.readUInt32BE(20));
    return s;
  }

  send(b) {
    this.socket.write(b);
  }

  async read(n) {
    while (this.#got.length < n) {
      if (this.#ended) throw new Error("the server closed the connection");
      await new Promise((r) => (this.#wake = r));
    }
    const b = this.#got.subarray(0, n);
    this.#got = this.#got.subarray(n);
    return b;
  }

  resize(w, h) {
    this.w = w;
    this.h = h;
    this.pixels = new Uint32Array(w * h);
  }

  async #rect() {
    const r = await this.read(12);
    const [x, y, w, h] = [0, 2, 4, 6].map((i) => r.readUInt16BE(i));
    const encoding = r.readInt32BE(8);
    if (encoding === -223) return this.resize(w, h);
    if (await this.onRect?.(encoding)) return;
    if (encoding !== 0) throw new Error(`encoding ${encoding} was not asked for`);
    const data = await this.read(w * h * 4);
    for (let j = 0; j < h; j++)
      for (let i = 0; i < w; i++) this.pixels[(y + j) * this.w + x + i] = data.readUInt32LE((j * w + i) * 4) & 0xffffff;
  }

  /** The next update. */
  async update(incremental) {
    this.send(message.request(incremental));
    for (;;) {
      const type = (await this.read(1))[0];
      if (type === 0) break;
      if (type === 3) await this.read((await this.read(7)).readUInt32BE(3));
      else if (type !== 2) throw new Error(`message ${type}`);
    }
    const n = (await this.read(3)).readUInt16BE(1);
    for (let i = 0; i < n; i++) await this.#rect();
  }

  /** The whole screen as it is now. */
  static async look(address) {
    const s = await Screen.open(address);
    s.send(message.encodings([0, -223]));
    await s.update(false);
    s.close();
    return s;
  }

  close() {
    this.socket.destroy();
  }
}

/** Where the small screen lies in the large one, exactly; null: nowhere. `border` pixels of its edge may be covered. */
export function find(large, small, border = 0) {
  const row = small.pixels.subarray(
    Math.floor(small.h / 2) * small.w + border,
    Math.floor(small.h / 2) * small.w + small.w - border,
  );
  for (let y = 0; y + small.h <= large.h + border; y++)
    for (let x = 0; x + small.w <= large.w + border; x++) {
      const at = (y + Math.floor(small.h / 2)) * large.w + x + border;
      let i = 0;
      while (i < row.length && large.pixels[at + i] === row[i]) i++;
      if (i === row.length) return { x, y };
    }
  return null;
}

export async function until(what, check, ms = 15000) {
  const end = Date.now() + ms;
  for (;;) {
    const v = await check();
    if (v) return v;
    if (Date.now() > end) throw new Error(`not in ${ms} ms: ${typeof what === "function" ? what() : what}`);
    await sleep(50);
  }
}
