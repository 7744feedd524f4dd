// SPDX-License-Identifier: GPL-3.0-or-later
// What a bench found, in the form that docs/bench.md and regressions are made from.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../harness/paths.js";

export interface Row {
  name: string;
  unit: string;
  /** Median of the samples. */
  value: number;
  /** Smallest and largest sample. */
  spread: [number, number];
  /** What it is compared with, measured in the same run; "... (not installed)" where it could not be. */
  peer: string | null;
  peer_value: number | null;
  /** value / peer_value */
  ratio: number | null;
  /** Largest ratio that passes, or, where there is no peer, the largest value; null: none is set. */
  target: number | null;
  floor: number | null;
  pass: boolean | null;
  samples: number[];
  command: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

const round = (v: number) => Number(v.toPrecision(4));

export interface Comparison {
  peer?: string;
  peerSamples?: readonly number[];
  /** Of the ratio, or of the value if there is no peer. */
  target?: number | undefined;
  floor?: number;
}

export function row(name: string, unit: string, samples: readonly number[], compared: Comparison = {}): Row {
  const value = median(samples);
  const peerValue = compared.peerSamples?.length ? median(compared.peerSamples) : null;
  const ratio = peerValue ? value / peerValue : null;
  const judged = compared.peer === undefined ? value : ratio;
  return {
    name, unit,
    value: round(value),
    spread: [round(Math.min(...samples)), round(Math.max(...samples))],
    peer: compared.peer ?? null,
    peer_value: peerValue === null ? null : round(peerValue),
    ratio: ratio === null ? null : round(ratio),
    target: compared.target ?? null,
    floor: compared.floor ?? null,
    pass: compared.target === undefined || judged === null ? null : judged <= compared.target,
    samples: samples.map(round),
    command: "",
  };
}

const folder = join(build, "bench");

export function save(bench: string, rows: readonly Row[]): void {
  mkdirSync(folder, { recursive: true });
  const told = rows.map((r) => ({ ...r, command: `test/run-bench ${bench}` }));
  writeFileSync(join(folder, `${bench}.json`), JSON.stringify(told, null, 2) + "\n");
}

export function show(r: Row): string {
  const against = r.peer === null ? "" : r.peer_value === null ? `; ${r.peer}` : `; ${r.peer}: ${r.peer_value}, ratio ${r.ratio}`;
  const verdict = r.pass === null ? "" : r.pass ? " PASS" : " MISSED";
  return `${r.name}: ${r.value} ${r.unit} [${r.spread.join(" .. ")}]${against}${r.target === null ? "" : `, target ${r.target}`}${verdict}`;
}
