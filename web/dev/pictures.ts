// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures that look like desktops, painted by Chromium on a canvas, as JPEG in the three tile sizes.
// Only for the mock.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { launch } from "./browser";

export const TILE_SIZES = [
  { name: "small", width: 160, height: 90 },
  { name: "medium", width: 320, height: 180 },
  { name: "large", width: 480, height: 270 },
] as const;

/** Runs in the page. kind chooses the program, phase moves it on. */
function paint(kind: number, phase: number, w: number, h: number): string {
  const c = document.createElement("canvas");
  c.width = 1280;
  c.height = 720;
  const g = c.getContext("2d");
  if (!g) return "";
  const hue = (kind * 67 + 190) % 360;
  const bg = g.createLinearGradient(0, 0, 1280, 720);
  bg.addColorStop(0, `hsl(${hue} 38% 34%)`);
  bg.addColorStop(1, `hsl(${(hue + 40) % 360} 42% 22%)`);
  g.fillStyle = bg;
  g.fillRect(0, 0, 1280, 720);
  g.fillStyle = "#22282c";
  g.fillRect(0, 0, 1280, 30);
  g.fillStyle = "#cfd8dc";
  g.font = "16px sans-serif";
  g.fillText("Applications", 14, 21);
  g.fillText("10:24", 1215, 21);
  const win = (x: number, y: number, ww: number, hh: number, title: string, fill: string) => {
    g.fillStyle = "rgba(0,0,0,.35)";
    g.fillRect(x + 6, y + 8, ww, hh);
    g.fillStyle = "#dfe4e6";
    g.fillRect(x, y, ww, 32);
    g.fillStyle = "#37474f";
    g.fillText(title, x + 14, y + 22);
    g.fillStyle = fill;
    g.fillRect(x, y + 32, ww, hh - 32);
  };
  let seed = kind * 7919 + 13;
  const rnd = () => ((seed = (seed * 16807) % 2147483647) / 2147483647);
  const text = (x: number, y: number, lines: number, width: number, color: string, step: number) => {
    g.fillStyle = color;
    for (let i = 0; i < lines; i++) g.fillRect(x, y + i * step, width * (0.35 + 0.65 * rnd()), step * 0.42);
  };
  switch (kind % 6) {
    case 0:
      win(140, 70, 900, 600, "Essay.odt - Writer", "#eceff1");
      g.fillStyle = "#fff";
      g.fillRect(300, 130, 580, 540);
      text(350, 170, 1, 300, "#263238", 34);
      text(350, 225, 8 + phase * 2, 480, "#90a4ae", 26);
      break;
    case 1:
      win(60, 60, 1120, 620, "Wikipedia - Firefox", "#fff");
      g.fillStyle = "#cfd8dc";
      g.fillRect(60, 92, 1120, 40);
      g.fillStyle = "#78909c";
      g.fillRect(860, 170, 270, 220 + phase * 10);
      text(110, 180 - phase * 20, 18, 680, "#78909c", 26);
      break;
    case 2: {
      win(90, 80, 760, 560, "Terminal", "#10181c");
      text(110, 130, 16 + phase, 520, "#66bb6a", 26);
      win(820, 220, 380, 320, "Files", "#fafafa");
      for (let i = 0; i < 9; i++) {
        g.fillStyle = "#ffca28";
        g.fillRect(850 + (i % 3) * 110, 280 + Math.floor(i / 3) * 80, 64, 46);
      }
      break;
    }
    case 3:
      win(60, 60, 1140, 620, "Picture - GIMP", "#455a64");
      for (let i = 0; i < 26 + phase * 6; i++) {
        g.fillStyle = `hsl(${rnd() * 360} 65% 60% / .8)`;
        g.beginPath();
        g.arc(260 + rnd() * 720, 150 + rnd() * 460, 15 + rnd() * 60, 0, 7);
        g.fill();
      }
      break;
    case 4:
      win(100, 60, 1060, 620, "Table.ods - Calc", "#fff");
      g.strokeStyle = "#cfd8dc";
      for (let x = 100; x < 1160; x += 106) g.strokeRect(x, 130, 106, 550);
      for (let y = 130; y < 680; y += 30) g.strokeRect(100, y, 1060, 30);
      for (let i = 0; i < 9; i++) {
        g.fillStyle = "#26a69a";
        const bar = 40 + rnd() * 220 + phase * 8;
        g.fillRect(640 + i * 52, 640 - bar, 36, bar);
      }
      break;
    default:
      win(80, 60, 1100, 620, "main.py - Editor", "#263238");
      for (let i = 0; i < 20; i++) {
        const indent = Math.floor(rnd() * 4) * 40;
        g.fillStyle = ["#80cbc4", "#ffcc80", "#90caf9", "#ce93d8"][Math.floor(rnd() * 4)] ?? "#fff";
        g.fillRect(150 + indent, 115 + i * 27, 120 + rnd() * 420 + (i === 12 ? phase * 40 : 0), 11);
      }
  }
  const out = document.createElement("canvas");
  out.width = w;
  out.height = h;
  const og = out.getContext("2d");
  if (og) {
    og.imageSmoothingQuality = "high";
    og.drawImage(c, 0, 0, w, h);
  }
  return out.toDataURL("image/jpeg", 0.8).split(",")[1] ?? "";
}

/** Runs in the page. */
function paintBlack(w: number, h: number): string {
  const c = document.createElement("canvas");
  c.width = w;
  c.height = h;
  c.getContext("2d")?.fillRect(0, 0, w, h);
  return c.toDataURL("image/jpeg", 0.8).split(",")[1] ?? "";
}

export interface Pictures {
  /** [kind][phase][size] */
  get(kind: number, phase: number, size: number): Buffer;
  /** Nothing to see, by size. */
  black(size: number): Buffer;
}

const KINDS = 12;
const PHASES = 3;

let painted: Promise<Pictures> | undefined;

export function paintAll(): Promise<Pictures> {
  return (painted ??= load());
}

interface Painted {
  /** [kind][phase][size], base64 */
  all: string[][][];
  black: string[];
}

/** They are the same each time: painted once, kept beside what esbuild keeps. */
async function kept(): Promise<Painted> {
  const hash = createHash("sha256").update(`${paint}${paintBlack}${KINDS} ${PHASES}${JSON.stringify(TILE_SIZES)}`).digest("hex");
  const file = resolve("node_modules", ".cache", `stationmaster-pictures-${hash.slice(0, 16)}.json`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Painted;
  } catch {
    const painted = await paintThem();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(painted));
    renameSync(`${file}.${process.pid}`, file); // another process may be reading it
    return painted;
  }
}

async function load(): Promise<Pictures> {
  const { all, black } = await kept();
  const decode = (s: string | undefined) => Buffer.from(s ?? "", "base64");
  return {
    black: (size) => decode(black[size]),
    get: (kind, phase, size) => decode(all[kind % KINDS]?.[phase % PHASES]?.[size]),
  };
}

async function paintThem(): Promise<Painted> {
  const browser = await launch();
  const page = await browser.newPage();
  const all: string[][][] = [];
  for (let k = 0; k < KINDS; k++)
    for (let p = 0; p < PHASES; p++)
      for (const [i, s] of TILE_SIZES.entries()) {
        const code = `(${paint.toString()})(${k}, ${p}, ${s.width}, ${s.height})`;
        ((all[k] ??= [])[p] ??= [])[i] = (await page.evaluate(code)) as string;
      }
  const black: string[] = [];
  for (const s of TILE_SIZES) black.push((await page.evaluate(`(${paintBlack.toString()})(${s.width}, ${s.height})`)) as string);
  await browser.close();
  return { all, black };
}
