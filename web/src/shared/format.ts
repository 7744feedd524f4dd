// SPDX-License-Identifier: GPL-3.0-or-later
// Pure text helpers; no DOM, no signals.

/** "0:42", "4:05", "1:00:00"; never negative. Rounds up so that the last second shows as 0:01. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

export interface Span {
  unit: "second" | "minute" | "hour";
  count: number;
}

/** The largest whole unit that fits, for "since 12 seconds". */
export function span(ms: number): Span {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return { unit: "second", count: s };
  if (s < 3600) return { unit: "minute", count: Math.floor(s / 60) };
  return { unit: "hour", count: Math.floor(s / 3600) };
}

/** Numeric part of an id such as "s12", for the order in which sessions began. */
export function idNumber(id: string): number {
  const m = /(\d+)$/.exec(id);
  return m?.[1] ? Number(m[1]) : 0;
}

/** Names are shown as they are, but must not turn round the text beside them (bidi controls). */
export function plainName(s: string): string {
  return s.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** The first `max` characters as people count them (code points, not UTF-16 units). */
export function clip(s: string, max: number): string {
  if (s.length <= max) return s;
  const all = [...s];
  return all.length <= max ? s : all.slice(0, max).join("");
}

export function characters(s: string): number {
  return [...s].length;
}
