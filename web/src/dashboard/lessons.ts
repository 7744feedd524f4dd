// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons: those that run, as the events say, and the orders.

import { computed, signal } from "@preact/signals";
import { asApiError, call } from "../shared/api";
import { list, t } from "../shared/i18n";
import type { Lesson, LessonChange, LessonPreset, LessonProgram, LessonUser, SiteList, Target } from "../shared/types";
import { addEntry, order } from "./entries";
import { me, selection, tiles } from "./store";
import { nameSome } from "./summary";
import { shownLesson } from "./teaching";

export interface LessonOrder {
  name: string;
  /** null: everybody. */
  users: readonly LessonUser[] | null;
  /** Beside users: whoever is in one of these, or comes there while it runs. */
  rooms: readonly string[];
  length_ms: number;
  block: boolean;
  message: string;
  programs: readonly LessonProgram[];
  /** null: it leaves the web as it is. */
  web: SiteList | null;
}

/** Oldest first. */
export const lessons = signal<readonly Lesson[]>([]);
export const presets = signal<readonly LessonPreset[]>([]);
/** The dialog is open, filled in with this; null: it is not. */
export const planning = signal<Partial<LessonOrder> | null>(null);
/** Is to be ended, once that is confirmed. */
export const ending = signal<string | null>(null);

export const counted = computed(() => shownLesson(lessons.value, me.value?.user ?? ""));

const number = (l: Lesson) => Number(l.id.slice(1));

export function putLesson(l: Lesson): void {
  lessons.value = [...lessons.peek().filter((x) => x.id !== l.id), l].sort((a, b) => number(a) - number(b));
}

export function lessonGone(id: string): void {
  lessons.value = lessons.peek().filter((l) => l.id !== id);
  if (ending.peek() === id) ending.value = null;
}

export function titleOf(l: Pick<Lesson, "name" | "by_name">): string {
  return l.name || t("lesson.of", { name: l.by_name });
}

/** The people selected on the wall, each once. */
export function selectedUsers(): LessonUser[] {
  const found = new Map<string, LessonUser>();
  for (const id of selection.peek().ids) {
    const s = tiles.get(id)?.session.peek();
    if (s && !s.own) found.set(s.user, { user: s.user, full_name: s.full_name });
  }
  return [...found.values()];
}

/** "Anna, Ben and 3 more" */
export function namesText(names: readonly string[]): string {
  const { shown, more } = nameSome([...names]);
  return list(more > 0 ? [...shown, t("did.more", { count: more })] : shown);
}

function parameters(o: LessonOrder): Record<string, unknown> {
  const { users, rooms, name, message, web, ...rest } = o;
  return {
    ...(users === null ? { all: true } : users.length > 0 ? { users: users.map((u) => u.user) } : {}),
    ...(rooms.length > 0 ? { rooms } : {}),
    ...(name ? { name } : {}),
    ...(message ? { message } : {}),
    ...(web ? { web } : {}),
    ...rest,
  };
}

export async function loadPresets(): Promise<void> {
  try {
    presets.value = (await call<{ presets: LessonPreset[] }>("Lessons.Presets")).presets;
  } catch {
    // none are offered, then
  }
}

export async function preview(o: LessonOrder): Promise<LessonChange[]> {
  return (await call<{ changes: LessonChange[] }>("Lessons.Preview", parameters(o))).changes;
}

/** Stand-ins until the answer comes. */
function expected({ users, rooms }: LessonOrder): Target[] {
  return [...tiles.values()].flatMap((x): Target[] => {
    const s = x.session.peek();
    const meant = users?.some((u) => u.user === s.user) || (s.role === "standard" && (!users || rooms.includes(s.room)));
    if (!meant) return [];
    return [{ session: s.id, user: s.user, full_name: s.full_name, state: "asking", reason: "" }];
  });
}

export async function startLesson(o: LessonOrder): Promise<void> {
  let started = "";
  await order({
    act: "lesson",
    expected: expected(o),
    run: async () => {
      const r = await call<{ lesson: string; targets: Target[] }>("Lessons.Start", parameters(o));
      started = r.lesson;
      return r.targets;
    },
    again: () => void startLesson(o),
    undoLater: () => (started ? () => void endLesson(started) : null),
    undoText: "lesson.end",
  });
}

/** An act on the lesson itself: what went well is seen in the top bar, so only the rest is told. */
async function act(method: "Extend" | "Change" | "End", id: string, more: Record<string, unknown>, again: () => void): Promise<void> {
  try {
    const r = await call<{ lesson?: Lesson }>(`Lessons.${method}`, { lesson: id, ...more });
    if (r.lesson) putLesson(r.lesson);
    else lessonGone(id);
  } catch (e) {
    const name = method === "End" ? "lesson.end" : "lesson.change";
    addEntry({ act: name, error: asApiError(e), failedAct: name, again });
  }
}

export const extendLesson = (id: string, add_ms: number): Promise<void> =>
  act("Extend", id, { add_ms }, () => void extendLesson(id, add_ms));
export const changeLesson = (id: string, more: { block?: boolean; message?: string; name?: string; web?: SiteList }): Promise<void> =>
  act("Change", id, more, () => void changeLesson(id, more));
export const endLesson = (id: string): Promise<void> => act("End", id, {}, () => void endLesson(id));

export function resetLessons(): void {
  lessons.value = [];
  presets.value = [];
  planning.value = null;
  ending.value = null;
}
