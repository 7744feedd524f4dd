// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket client (RFC 6455) of our own, because tests must be able to send what a good one would not.

import { createHash, randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import net from "node:net";
import { Mailbox, within } from "./bed.mjs";

export function frame(opcode, payload, { fin = true, mask = true, length } = {}) {
  const n = length ?? payload.length;
  const head = [(fin ? 0x80 : 0) | opcode];
  if (n < 126) head.push((mask ? 0x80 : 0) | n);
  else if (n < 65536) head.push((mask ? 0x80 : 0) | 126, n >> 8, n & 255);
  else {
    const b = Buffer.alloc(8);
    b.writeBigUInt64BE(BigInt(n));
    head.push((mask ? 0x80 : 0) | 127, ...b);
  }
  if (!mask) return Buffer.concat([Buffer.from(head), payload]);
  const key = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] ^= key[i & 3];
  return Buffer.concat([Buffer.from(head), key, masked]);
}

export class Socket extends EventEmitter {
  text = new Mailbox();
  binary = new Mailbox();
  #buffer = Buffer.alloc(0);
  #message = [];
  #opcode = 0;

  /** Gives an open socket, or {status} when it was refused. */
  static async open(bed, path, protocol, o = {}) {
    const s = new Socket();
    const key = randomBytes(16).toString("base64");
    s.socket = net.connect(bed.http, "127.0.0.1");
    s.closed = new Promise((resolve) => {
      s.on("code", resolve);
      s.socket.on("close", () => resolve(1006));
    });
    s.socket.on("error", () => {});
    await once(s.socket, "connect");
    const lines = [
      `GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${bed.http}`, "Upgrade: websocket", "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13",
    ];
    if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    if (o.origin !== null) lines.push(`Origin: ${o.origin ?? bed.origin}`);
    if (o.cookie) lines.push(`Cookie: ${o.cookie}`);
    s.socket.write(lines.join("\r\n") + "\r\n\r\n");
    const head = await within(s.#head(), "the answer to the upgrade");
    if (!head) return { status: 0 };
    const status = Number(head.split(" ")[1]);
    if (status !== 101) {
      s.socket.destroy();
      return { status };
    }
    const accept = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
    if (!head.includes(accept)) throw new Error(`wrong Sec-WebSocket-Accept: ${head}`);
    s.protocol = /sec-websocket-protocol: (.*)\r\n/i.exec(head)?.[1];
    s.status = 101;
    s.socket.on("data", (d) => s.#take(d));
    s.#take(Buffer.alloc(0));
    return s;
  }

  async #head() {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end >= 0) {
        const head = this.#buffer.subarray(0, end + 4).toString();
        this.#buffer = this.#buffer.subarray(end + 4);
        return head;
      }
      const d = await Promise.race([
        once(this.socket, "data").then(([x]) => x),
        once(this.socket, "close").then(() => null, () => null),
      ]);
      if (d === null) return null;
      this.#buffer = Buffer.concat([this.#buffer, d]);
    }
  }

  #take(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const b = this.#buffer;
      if (b.length < 2) return;
      let n = b[1] & 127, at = 2;
      if (n === 126) {
        if (b.length < 4) return;
        n = b.readUInt16BE(2);
        at = 4;
      } else if (n === 127) {
        if (b.length < 10) return;
        n = Number(b.readBigUInt64BE(2));
        at = 10;
      }
      if (b.length < at + n) return;
      this.#frame(b[0], b.subarray(at, at + n));
      this.#buffer = b.subarray(at + n);
    }
  }

  #frame(first, payload) {
    const opcode = first & 15;
    if (opcode === 8) {
      this.reason = payload.subarray(2).toString();
      this.emit("code", payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
      this.socket.end(frame(8, payload));
      return;
    }
    if (opcode === 9) {
      this.socket.write(frame(10, payload));
      return;
    }
    if (opcode) this.#opcode = opcode;
    this.#message.push(payload);
    if (!(first & 128)) return;
    const whole = Buffer.concat(this.#message);
    this.#message = [];
    if (this.#opcode === 1) this.text.put(JSON.parse(whole.toString()));
    else {
      this.binary.put(whole);
      this.emit("binary", whole);
    }
  }

  send(message) {
    this.socket.write(frame(1, Buffer.from(JSON.stringify(message))));
  }

  sendBinary(data) {
    this.socket.write(frame(2, data));
  }

  raw(data) {
    this.socket.write(data);
  }

  /** The next text message that has this key. */
  next(key) {
    return this.text.take((m) => key === undefined || key in m, `a message with ${key}`);
  }

  close() {
    this.socket.end(frame(8, Buffer.from([3, 232])));
  }
}
