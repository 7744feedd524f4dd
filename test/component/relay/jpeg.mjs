// SPDX-License-Identifier: GPL-3.0-or-later
// JPEG files of one grey: a block is its mean and nothing else, so a few lines write them.

const segment = (marker, bytes) => [0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes];

export function grey(w, h, level) {
  const header = [
    0xff, 0xd8,
    ...segment(0xdb, [0, ...Array(64).fill(1)]),
    ...segment(0xc0, [8, h >> 8, h & 255, w >> 8, w & 255, 1, 1, 0x11, 0]),
    // Twelve categories of four bits each; "end of block" is the one bit 0.
    ...segment(0xc4, [0x00, 0, 0, 0, 12, ...Array(12).fill(0), ...Array(12).keys()]),
    ...segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]),
    ...segment(0xda, [1, 1, 0x00, 0, 63, 0]),
  ];
  const mean = (level - 128) * 8;
  const category = mean === 0 ? 0 : Math.floor(Math.log2(Math.abs(mean))) + 1;
  const value = mean < 0 ? mean + (1 << category) - 1 : mean;
  const blocks = Math.ceil(w / 8) * Math.ceil(h / 8);
  let bits = category.toString(2).padStart(4, "0") + (category ? value.toString(2).padStart(category, "0") : "") + "0";
  bits += "00000".repeat(blocks - 1);
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  const scan = [];
  for (let i = 0; i < bits.length; i += 8) {
    const byte = parseInt(bits.slice(i, i + 8), 2);
    scan.push(byte);
    if (byte === 255) scan.push(0);
  }
  return Buffer.concat([Buffer.from(header), Buffer.from(scan), Buffer.from([0xff, 0xd9])]);
}
