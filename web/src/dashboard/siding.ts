// SPDX-License-Identifier: GPL-3.0-or-later
// Whose details stand beside the wall, and which of them. The panel itself (side.tsx) is a file of its
// own, fetched when it is first wanted.

import { signal } from "@preact/signals";
import { tiles } from "./store";

export const TABS = ["programs", "chat", "history"] as const;
export type Tab = (typeof TABS)[number];

export const side = signal<{ session: string; tab: Tab } | null>(null);
/** Counts the wishes to write, so that the field gets the focus each time. */
export const wantsField = signal(0);

/** The tab last looked at; it is offered first for a session that allows it. */
let lastTab: Tab = "programs";

export function setTab(tab: Tab): void {
  lastTab = tab;
  const s = side.peek();
  if (s) side.value = { ...s, tab };
}

export function openSide(session: string, tab?: Tab): void {
  if (!tiles.has(session)) return;
  side.value = { session, tab: tab ?? lastTab };
  if (tab === "chat") wantsField.value++;
}
