// SPDX-License-Identifier: GPL-3.0-or-later
// A table of station, user and password as people paste it from a spreadsheet or a text: one line for each,
// with tabs, semicolons or commas between them, quotes around what contains these. Pure.

import type { Station } from "../shared/types";

export interface LogOnOrder {
  station: string;
  user: string;
  password: string | null;
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

/** The id of the station with this id, or of the only one with this name; else what was typed. */
export function stationId(stations: Iterable<Station>, name: string): string {
  const all = [...stations];
  if (all.some((s) => s.id === name)) return name;
  const named = all.filter((s) => s.name === name);
  return named.length === 1 ? named[0]!.id : name;
}

/** The orders, or the number of the first line that is none. */
export function parseTable(text: string, stations: Iterable<Station>): LogOnOrder[] | number {
  const orders: LogOnOrder[] = [];
  const known = [...stations];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [station = "", user = "", password = ""] = fields(line);
    if (orders.length === 0 && /^station$/i.test(station) && /^user$/i.test(user)) continue;
    if (station.trim() === "" || user.trim() === "" || password === "") return i + 1;
    orders.push({ station: stationId(known, station.trim()), user: user.trim(), password });
  }
  return orders.length > 0 ? orders : 1;
}
