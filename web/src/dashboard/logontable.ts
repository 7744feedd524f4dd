// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of people as they are pasted from a spreadsheet or a text: one line for each, with tabs, semicolons or
// commas between, quotes around what contains these. Pure.

import type { Station } from "../shared/types";

export interface Person {
  /** Id; empty: none is named, the next free one is meant. */
  station: string;
  user: string;
  password: string;
}

export interface People {
  people: Person[];
  /** Lines that name no station that there is, by number and by what they name. */
  unknown: { line: number; name: string }[];
}

function fields(line: string): string[] {
  const separator = /[\t;,]/.exec(line)?.[0] ?? ",";
  const out: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = quoted ? quoted[0].length : rest.includes(separator) ? rest.indexOf(separator) : rest.length;
    out.push(quoted ? quoted[1]!.replaceAll('""', '"') : rest.slice(0, end));
    if (end >= rest.length) return out;
    rest = rest.slice(end + 1);
  }
}

/** The id of the station with this id, or of the only one with this name; however it is written. */
export function stationId(stations: readonly Station[], name: string): string | null {
  const plain = (s: string) => s.trim().toLowerCase();
  if (stations.some((s) => s.id === plain(name))) return plain(name);
  const named = stations.filter((s) => plain(s.name) === plain(name));
  return named.length === 1 ? named[0]!.id : null;
}

const HEAD = /^(station|user|benutzer|account|konto|name|password|passwort|kennwort)$/i;
const isHead = (f: readonly string[]) => f.every((x) => HEAD.test(x.trim()));

/**
 * Lines "station, user, password", "station, user", "user, password" or "user". Whether there are stations in it
 * is decided for the whole list: by three columns, or by one first field that is a station.
 */
export function parsePeople(text: string, stations: readonly Station[]): People {
  const lines = text.split(/\r?\n/).map((line, i) => ({ line: i + 1, f: fields(line), empty: line.trim() === "" || line.startsWith("#") }));
  const filled = lines.filter((l) => !l.empty);
  if (filled[0] && filled.length > 1 && isHead(filled[0].f)) filled.shift();
  const withStations = filled.some((l) => l.f.length > 2 || stationId(stations, l.f[0]!) !== null);
  const r: People = { people: [], unknown: [] };
  for (const { line, f } of filled) {
    const [user = "", password = ""] = withStations ? f.slice(1) : f;
    const station = withStations ? stationId(stations, f[0]!) : "";
    if (station === null) r.unknown.push({ line, name: f[0]!.trim() });
    else if (user.trim() !== "") r.people.push({ station, user: user.trim(), password });
  }
  return r;
}

/** "exam01" → "exam02", "exam03" ...: n of them, the first included; null: it does not end with a number. */
export function countOn(first: string, n: number): string[] | null {
  const m = /^(.*?)(\d{1,9})$/.exec(first.trim());
  if (!m) return null;
  return Array.from({ length: n }, (_, i) => m[1]! + String(Number(m[2]) + i).padStart(m[2]!.length, "0"));
}
