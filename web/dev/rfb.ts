// SPDX-License-Identifier: GPL-3.0-or-later
// The least RFB server that a viewer accepts (RFC 6143: raw encoding, 32 bit true colour), for the
// pages of the mock. Draws a plain desktop and a square where the pointer is; onInput: a key or the
// pointer came.

import type { WebSocket } from "ws";

const WIDTH = 1280;
const HEIGHT = 720;

function pixels(x: number, y: number, w: number, h: number, px: number, py: number): Buffer {
  const b = Buffer.alloc(w * h * 4);
  for (let j = 0; j < h; j++)
    for (let i = 0; i < w; i++) {
      const gx = x + i;
      const gy = y + j;
      let v = (60 + ((gy * 50) / HEIGHT) | 0) | ((90 + ((gx * 40) / WIDTH) | 0) << 8) | (50 << 16);
      if (gy < 28) v = 0x2c2822;
      else if (gx > 180 && gx < 980 && gy > 90 && gy < 600) v = gy < 122 ? 0xe6e4df : 0xffffff;
      if (Math.abs(gx - px) < 8 && Math.abs(gy - py) < 8) v = 0x1c23a8;
      b.writeUInt32LE(v >>> 0, (j * w + i) * 4);
    }
  return b;
}

export function serveRfb(ws: WebSocket, onInput: (what: string) => void): void {
  let buffer = Buffer.alloc(0);
  let stage: "version" | "security" | "init" | "run" = "version";
  let px = -50;
  let py = -50;
  let wants = false;
  let dirty = true;

  const update = () => {
    if (!wants || !dirty) return;
    wants = dirty = false;
    const head = Buffer.alloc(16);
    head.writeUInt16BE(1, 2);
    head.writeUInt16BE(WIDTH, 8);
    head.writeUInt16BE(HEIGHT, 10);
    ws.send(Buffer.concat([head, pixels(0, 0, WIDTH, HEIGHT, px, py)]));
  };

  /** Bytes used, 0: more are needed. */
  const message = (): number => {
    switch (buffer[0]) {
      case 0:
        return buffer.length >= 20 ? 20 : 0;
      case 2:
        return buffer.length >= 4 ? 4 + 4 * buffer.readUInt16BE(2) : 0;
      case 3:
        if (buffer.length < 10) return 0;
        wants = true;
        if (buffer[1] === 0) dirty = true;
        update();
        return 10;
      case 4:
        if (buffer.length < 8) return 0;
        onInput(`${buffer[1] === 1 ? "+" : "-"}${buffer.readUInt32BE(4).toString(16)}`);
        return 8;
      case 5:
        if (buffer.length < 6) return 0;
        onInput(`buttons ${buffer[1]}`);
        px = buffer.readUInt16BE(2);
        py = buffer.readUInt16BE(4);
        dirty = true;
        update();
        return 6;
      case 6:
        return buffer.length >= 8 ? 8 + Math.abs(buffer.readInt32BE(4)) : 0;
      default:
        ws.close();
        return buffer.length;
    }
  };

  const step = (): boolean => {
    if (stage === "version" && buffer.length >= 12) {
      buffer = buffer.subarray(12);
      ws.send(Buffer.from([1, 1]));
      stage = "security";
    } else if (stage === "security" && buffer.length >= 1) {
      buffer = buffer.subarray(1);
      ws.send(Buffer.alloc(4));
      stage = "init";
    } else if (stage === "init" && buffer.length >= 1) {
      buffer = buffer.subarray(1);
      const name = Buffer.from("mock");
      const b = Buffer.alloc(24);
      b.writeUInt16BE(WIDTH, 0);
      b.writeUInt16BE(HEIGHT, 2);
      b.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16], 4);
      b.writeUInt32BE(name.length, 20);
      ws.send(Buffer.concat([b, name]));
      stage = "run";
    } else if (stage === "run" && buffer.length > 0) {
      const n = message();
      if (n === 0 || n > buffer.length) return false;
      buffer = buffer.subarray(n);
    } else return false;
    return true;
  };

  ws.on("message", (data: Buffer) => {
    buffer = Buffer.concat([buffer, data]);
    while (step());
  });
  ws.send(Buffer.from("RFB 003.008\n"));
}
