// SPDX-License-Identifier: GPL-3.0-or-later
// X keysyms of characters: Latin-1 is itself, everything else is 0x01000000 + code point
// (X11 protocol, appendix A). Pure.

export function keysymOf(codePoint: number): number {
  if ((codePoint >= 0x20 && codePoint <= 0x7e) || (codePoint >= 0xa0 && codePoint <= 0xff)) return codePoint;
  if (codePoint === 0x09) return 0xff09; // Tab
  if (codePoint === 0x08) return 0xff08; // BackSpace
  if (codePoint === 0x0a || codePoint === 0x0d) return 0xff0d; // Return
  return 0x01000000 + codePoint;
}
