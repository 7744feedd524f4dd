// SPDX-License-Identifier: GPL-3.0-or-later
// What an output of the virtual machine shows, as QEMU dumps it (PPM).
import { readFileSync, writeFileSync } from "node:fs";
import { pngOfBgrx } from "./png.js";
import { isNear } from "./rfb.js";

export interface Area {
  x: number;
  y: number;
  w: number;
  h: number;
}

export class Picture {
  private constructor(readonly width: number, readonly height: number, private readonly rgb: Buffer) {}

  static read(path: string): Picture {
    const file = readFileSync(path);
    const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString("latin1"));
    if (!head) throw new Error(`${path} is no picture`);
    return new Picture(Number(head[1]), Number(head[2]), file.subarray(head[0].length));
  }

  /** Colour as 0xrrggbb. */
  pixel(x: number, y: number): number {
    return this.rgb.readUIntBE((y * this.width + x) * 3, 3);
  }

  get all(): Area {
    return { x: 0, y: 0, w: this.width, h: this.height };
  }

  half(which: "left" | "right" | "top" | "bottom"): Area {
    const [w, h] = [this.width >> 1, this.height >> 1];
    if (which === "left" || which === "right") return { x: which === "left" ? 0 : w, y: 0, w, h: this.height };
    return { x: 0, y: which === "top" ? 0 : h, w: this.width, h };
  }

  /** Share of an area that has this colour, or nearly, counted on a grid. */
  share(colour: number, area: Area = this.all, step = 4): number {
    let [hits, n] = [0, 0];
    for (let y = area.y; y < area.y + area.h; y += step) {
      for (let x = area.x; x < area.x + area.w; x += step, n++) if (isNear(this.pixel(x, y), colour)) hits++;
    }
    return hits / n;
  }

  /** Number of different colours, counted on a grid; one: a blank picture. */
  colours(area: Area = this.all, step = 4): number {
    const seen = new Set<number>();
    for (let y = area.y; y < area.y + area.h; y += step) for (let x = area.x; x < area.x + area.w; x += step) seen.add(this.pixel(x, y));
    return seen.size;
  }

  /** The colour that most of an area has, and its share. */
  mostly(area: Area = this.all, step = 4): { colour: number; share: number } {
    const counts = new Map<number, number>();
    let n = 0;
    for (let y = area.y; y < area.y + area.h; y += step) {
      for (let x = area.x; x < area.x + area.w; x += step, n++) counts.set(this.pixel(x, y), (counts.get(this.pixel(x, y)) ?? 0) + 1);
    }
    const [colour, hits] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
    return { colour, share: hits / n };
  }

  equals(other: Picture): boolean {
    return this.width === other.width && this.height === other.height && this.rgb.equals(other.rgb);
  }

  save(path: string): void {
    const pixels = Buffer.alloc(this.width * this.height * 4);
    for (let i = 0, n = this.width * this.height; i < n; i++) pixels.writeUInt32LE(this.rgb.readUIntBE(i * 3, 3), i * 4);
    writeFileSync(path, pngOfBgrx(pixels, this.width, this.height));
  }
}
