// SPDX-License-Identifier: GPL-3.0-or-later
// The binary frame of /ws/dashboard: one thumbnail (docs/ARCHITECTURE.md, One API). Big endian:
// u8 version, u8 size, u16 width, u16 height, u16 0, u64 ms, u8 length of id, id, JPEG. Pure.

export type TileSize = "small" | "medium" | "large";
export const SIZES: readonly TileSize[] = ["small", "medium", "large"];

export interface Frame {
  size: TileSize;
  width: number;
  height: number;
  /** When the picture was taken, ms since 1970 in the system's time. */
  time_ms: number;
  session: string;
  jpeg: Uint8Array<ArrayBuffer>;
}

const VERSION = 1;
const HEADER_BYTES = 17;
const EDGE_MAX = 4096;

/** Returns null for anything that is not a well-formed frame of a version we know. */
export function parseFrame(buffer: ArrayBuffer): Frame | null {
  if (buffer.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== VERSION) return null;
  const size = SIZES[view.getUint8(1)];
  const width = view.getUint16(2);
  const height = view.getUint16(4);
  if (size === undefined || width === 0 || height === 0) return null;
  if (width > EDGE_MAX || height > EDGE_MAX) return null;
  const time_ms = Number(view.getBigUint64(8));
  const idLength = view.getUint8(16);
  const start = HEADER_BYTES + idLength;
  if (idLength === 0 || start + 2 > buffer.byteLength) return null;
  const session = new TextDecoder().decode(new Uint8Array(buffer, HEADER_BYTES, idLength));
  const jpeg = new Uint8Array(buffer, start);
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) return null; // JPEG SOI
  return { size, width, height, time_ms, session, jpeg };
}
