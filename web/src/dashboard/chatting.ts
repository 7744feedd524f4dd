// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations as lists of messages, and which of them nobody has seen. Pure.

import type { ChatMessage } from "../shared/types";

/** Up to which message each person's conversation was read. */
export type Read = Readonly<Record<string, number>>;

export const MESSAGE_MAX = 1000;
/** What was written before this page knew of the person counts as unread for so long only. */
export const FRESH_MS = 2 * 3600_000;

/** One list by number, each message once. */
export function merge(a: readonly ChatMessage[], b: readonly ChatMessage[]): ChatMessage[] {
  const map = new Map<number, ChatMessage>();
  for (const m of a) map.set(m.number, m);
  for (const m of b) map.set(m.number, m);
  return [...map.values()].sort((x, y) => x.number - y.number);
}

export function isUnread(m: ChatMessage, read: Read, now: number): boolean {
  if (m.supervisor) return false;
  const seen = Object.hasOwn(read, m.user) ? read[m.user] : undefined;
  return seen === undefined ? now - m.at_ms < FRESH_MS : m.number > seen;
}

/** Unread messages of each person, those waiting longest first. */
export function unreadBy(list: readonly ChatMessage[], read: Read, now: number): Map<string, ChatMessage[]> {
  const map = new Map<string, ChatMessage[]>();
  for (const m of list) {
    if (!isUnread(m, read, now)) continue;
    const before = map.get(m.user);
    if (before) before.push(m);
    else map.set(m.user, [m]);
  }
  return map;
}
