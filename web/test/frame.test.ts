// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFrame } from "../src/dashboard/frame";

function frame(over: { version?: number; size?: number; width?: number; height?: number; id?: string; body?: number[] } = {}) {
  const id = Buffer.from(over.id ?? "s12");
  const head = Buffer.alloc(17);
  head.writeUInt8(over.version ?? 1, 0);
  head.writeUInt8(over.size ?? 1, 1);
  head.writeUInt16BE(over.width ?? 320, 2);
  head.writeUInt16BE(over.height ?? 180, 4);
  head.writeBigUInt64BE(1795357200123n, 8);
  head.writeUInt8(id.length, 16);
  const b = Buffer.concat([head, id, Buffer.from(over.body ?? [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])]);
  return b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength) as ArrayBuffer;
}

test("a good frame", () => {
  const f = parseFrame(frame());
  assert.ok(f);
  assert.equal(f.size, "medium");
  assert.equal(f.width, 320);
  assert.equal(f.height, 180);
  assert.equal(f.time_ms, 1795357200123);
  assert.equal(f.session, "s12");
  assert.deepEqual([...f.jpeg], [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
});

test("each malformed field is refused", () => {
  for (const bad of [
    { version: 2 },
    { size: 3 },
    { width: 0 },
    { height: 0 },
    { width: 5000 },
    { id: "" },
    { body: [] },
    { body: [0xff] },
    { body: [0x89, 0x50, 0x4e] },
  ])
    assert.equal(parseFrame(frame(bad)), null, JSON.stringify(bad));
});

test("every truncation is refused or still a JPEG, none throws", () => {
  const whole = frame();
  for (let n = 0; n < 22; n++) assert.equal(parseFrame(whole.slice(0, n)), null, String(n));
  assert.ok(parseFrame(whole.slice(0, 22)));
});

test("an id longer than the frame is refused", () => {
  const b = frame();
  new DataView(b).setUint8(16, 255);
  assert.equal(parseFrame(b), null);
});
