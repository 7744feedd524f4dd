// SPDX-License-Identifier: GPL-3.0-or-later
// A picture as PNG: 8 bit RGB, rows unfiltered.
import { deflateSync } from "node:zlib";

function crc(bytes: Buffer): number {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

function part(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc(body), body.length + 4);
  return frame;
}

/** pixels: 4 bytes each, blue green red unused (a little-endian RFB true colour frame buffer). */
export function pngOfBgrx(pixels: Buffer, width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  let to = 0;
  for (let y = 0; y < height; y++) {
    rows[to++] = 0;
    for (let from = y * width * 4, end = from + width * 4; from < end; from += 4) {
      rows[to++] = pixels[from + 2]!;
      rows[to++] = pixels[from + 1]!;
      rows[to++] = pixels[from]!;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    part("IHDR", header),
    part("IDAT", deflateSync(rows)),
    part("IEND", Buffer.alloc(0)),
  ]);
}
