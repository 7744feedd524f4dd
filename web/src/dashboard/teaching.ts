// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons, the pure part: how long, whom one covers, what one would change and what falls off, as lines
// of messages.

import type { Key } from "../shared/i18n";
import type { Args } from "../shared/message";
import type { Lesson, LessonChange, LessonProgram, Session, SiteList } from "../shared/types";

export const LENGTHS = ["30", "45", "60", "90", "free"] as const;
export type Length = (typeof LENGTHS)[number];
export const NAME_MAX = 100;
export const PROGRAMS_MAX = 10;
const MINUTES_MAX = 720;

/** ms; null: the free field holds no length that is possible. */
export function lengthMs(choice: Length, free: string): number | null {
  if (choice !== "free") return Number(choice) * 60_000;
  const minutes = /^\d{1,3}$/.test(free.trim()) ? Number(free) : 0;
  return minutes >= 1 && minutes <= MINUTES_MAX ? minutes * 60_000 : null;
}

/** The choice that shows this length again. */
export function lengthChoice(ms: number): { choice: Length; free: string } {
  const minutes = String(Math.max(1, Math.round(ms / 60_000)));
  const choice = LENGTHS.find((l) => l === minutes);
  return choice ? { choice, free: "" } : { choice: "free", free: minutes };
}

export function covers(l: Lesson, s: Session, me: string): boolean {
  if (s.user === me && l.by === me) return false;
  return l.all ? s.role === "standard" : l.users.some((u) => u.user === s.user);
}

/** The block that a session feels where no other one is in force: that of the newest lesson that blocks. */
export function lessonBlock(lessons: readonly Lesson[], s: Session): Lesson | null {
  if (!s.blocked) return null;
  return lessons.filter((l) => l.block && covers(l, s, l.by)).at(-1) ?? null;
}

/** The lesson that the top bar counts down: one's own that ends first, else any that does. */
export function shownLesson(lessons: readonly Lesson[], me: string): Lesson | null {
  const sorted = [...lessons].sort((a, b) => Number(b.by === me) - Number(a.by === me) || a.ends_ms - b.ends_ms);
  return sorted[0] ?? null;
}

export function programText(p: LessonProgram, nameOf: (id: string) => string): string {
  if (!p.program) return p.open;
  return p.open ? `${nameOf(p.program)}: ${p.open}` : nameOf(p.program);
}

export interface Line {
  key: Key;
  args: Args;
}

interface Words {
  /** "Anna, Ben and 3 more" */
  names: (names: readonly string[]) => string;
  /** Of its end. */
  time: string;
  /** What it does to the web. */
  web?: SiteList | null;
}

/** What a start would do, a line for each kind of change. */
export function previewLines(changes: readonly LessonChange[], later: "all" | "rooms" | "nobody", words: Words): Line[] {
  const covered = changes.filter((c) => c.state === "done");
  const some = (f: (c: LessonChange) => boolean) => covered.filter(f);
  const lines: Line[] = [];
  const add = (key: Key, who: readonly LessonChange[], args: Args = {}) => {
    if (who.length > 0) lines.push({ key, args: { count: who.length, names: words.names(who.map((c) => c.full_name || c.user)), ...args } });
  };
  add("lesson.preview.covered", covered);
  if (later === "all") lines.push({ key: "lesson.preview.later", args: {} });
  if (later === "rooms") lines.push({ key: "lesson.preview.room", args: {} });
  add("lesson.preview.block", some((c) => c.blocked && !c.blocked_before));
  add("lesson.preview.blocked", some((c) => c.blocked_before && c.blocked_after));
  add("lesson.preview.freed", some((c) => c.blocked_before && !c.blocked_after));
  if (words.web) add(`lesson.preview.web.${words.web.mode}`, some((c) => c.web && !c.web_before), { sites: words.names(words.web.domains) });
  add("lesson.preview.limited", some((c) => c.web_before));
  add("lesson.preview.message", some((c) => c.message));
  add("lesson.preview.programs", some((c) => c.programs > 0));
  for (const other of new Set(covered.map((c) => c.lesson).filter(Boolean)))
    add("lesson.preview.other", some((c) => c.lesson === other), { lesson: other });
  add("lesson.preview.left", changes.filter((c) => c.state !== "done"));
  lines.push({ key: "lesson.preview.end", args: { time: words.time } });
  return lines;
}

/** What the end of a lesson takes away now, and what stays. */
export function endLines(
  l: Lesson,
  sessions: readonly Session[],
  still: (s: Session) => boolean,
  names: (names: readonly string[]) => string,
): Line[] {
  const covered = sessions.filter((s) => covers(l, s, l.by));
  const stay = l.block ? covered.filter(still) : [];
  const free = l.block ? covered.filter((s) => !stay.includes(s)) : [];
  const line = (key: Key, who: readonly Session[]): Line[] =>
    who.length > 0 ? [{ key, args: { count: who.length, names: names(who.map((s) => s.full_name)) } }] : [];
  const lines = [...line("lesson.end.free", free), ...line("lesson.end.stay", stay), ...(l.web ? line("lesson.end.web", covered) : [])];
  if (lines.length === 0) lines.push({ key: "lesson.end.nothing", args: {} });
  if (l.programs.length > 0) lines.push({ key: "lesson.end.programs", args: {} });
  return lines;
}
