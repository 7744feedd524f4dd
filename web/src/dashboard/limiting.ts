// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of the web, the pure part: which one holds for a session, how several are ordered again, and what
// is written as a list of sites.

import type { Lesson, Session, SiteList, WebLimit } from "../shared/types";
import { covers } from "./teaching";

/** What holds for somebody, and by whom; until_ms 0: until it is taken back. */
export interface Felt extends SiteList {
  by: string;
  until_ms: number;
}

/** The user's own, else that of all, else that of the newest lesson that limits. */
export function limitOf(s: Session, limits: readonly WebLimit[], lessons: readonly Lesson[]): Felt | null {
  if (!s.limited) return null;
  const own = limits.find((l) => l.kind === "user" && l.name === s.user) ?? limits.find((l) => l.kind === "all");
  if (own) return own;
  const l = lessons.filter((x) => x.web && covers(x, s, x.by)).at(-1);
  return l?.web ? { ...l.web, by: l.by_name, until_ms: l.ends_ms } : null;
}

/** The limits that an act on these sessions (null: on all) will change. */
export function touchedLimits(limits: readonly WebLimit[], sessions: readonly Session[] | null): WebLimit[] {
  return sessions === null ? [...limits] : limits.filter((l) => l.kind === "user" && sessions.some((s) => s.user === l.name));
}

export interface LimitCall extends SiteList {
  users?: string[];
  all?: boolean;
  until_ms?: number;
}

/** Calls of Limits.Limit that bring these limits back; what has ended by itself is left out. */
export function restoreLimits(limits: readonly WebLimit[], now: number): LimitCall[] {
  const calls = new Map<string, LimitCall>();
  for (const l of limits) {
    if (l.until_ms !== 0 && l.until_ms <= now) continue;
    const key = JSON.stringify([l.kind, l.until_ms, l.mode, l.domains]);
    const c = calls.get(key) ?? { mode: l.mode, domains: l.domains, ...(l.until_ms ? { until_ms: l.until_ms } : {}) };
    if (l.kind === "all") c.all = true;
    else c.users = [...(c.users ?? []), l.name];
    calls.set(key, c);
  }
  return [...calls.values()];
}

/** What a lesson does to the web. */
export const WEBS = ["free", "allow", "deny"] as const;
export type Web = (typeof WEBS)[number];

/** null: free. Without a site it is none that could be ordered. */
export function webOf(web: Web, text: string): SiteList | null {
  return web === "free" ? null : { mode: web, domains: sitesOf(text) };
}

/** One to a line; commas do as well. */
export function sitesOf(text: string): string[] {
  return text.split(/[\n,;]/).map((x) => x.trim()).filter(Boolean);
}
