// SPDX-License-Identifier: GPL-3.0-or-later
// Messages between supervisors and the people at the stations: what was written, what is unread, and
// the orders. What was read is kept in this browser, for each operator.

import { computed, signal } from "@preact/signals";
import { asApiError, call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { ChatMessage, Session, Target } from "../shared/types";
import { merge, unreadBy, type Read } from "./chatting";
import { addEntry, expected, order } from "./entries";
import { me, tiles } from "./store";

export const messages = signal<readonly ChatMessage[]>([]);
/** People at stations may write and raise hands. */
export const chatEnabled = signal(true);
/** Who is to get a message, while the dialog for several is open. */
export const writing = signal<{ sessions: readonly string[] | "all" } | null>(null);

const read = signal<Read>({});

const storeName = () => `stationmaster.read.${me.peek()?.user ?? ""}`;

function storedRead(): Read {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(storeName()) ?? "{}");
    if (typeof v !== "object" || v === null) return {};
    return Object.fromEntries(Object.entries(v).filter(([, n]) => typeof n === "number")) as Read;
  } catch {
    return {};
  }
}

export const unread = computed(() => unreadBy(messages.value, read.value, serverNow()));

export function conversation(user: string): ChatMessage[] {
  return messages.value.filter((m) => m.user === user);
}

export function markRead(user: string): void {
  const last = messages.peek().filter((m) => m.user === user).at(-1);
  if (!last || read.peek()[user] === last.number) return;
  read.value = { ...read.peek(), [user]: last.number };
  try {
    localStorage.setItem(storeName(), JSON.stringify(read.peek()));
  } catch {
    // No storage: it lasts as long as the page.
  }
}

/** After each snapshot: what was written while nobody listened. */
export async function loadChat(): Promise<void> {
  read.value = storedRead();
  try {
    const r = await call<{ messages: ChatMessage[] }>("Chat.History");
    messages.value = merge(messages.peek(), r.messages);
  } catch {
    // The next snapshot asks again; what comes meanwhile is told by events.
  }
}

export function chatEvent(m: ChatMessage): void {
  messages.value = merge(messages.peek(), [m]);
}

export function chatCleared(user: string): void {
  messages.value = user === "" ? [] : messages.peek().filter((m) => m.user !== user);
}

export function resetChat(): void {
  messages.value = [];
  read.value = {};
  writing.value = null;
}

export async function send(sessions: readonly string[] | null, text: string): Promise<Target[]> {
  const whom = sessions === null ? { all: true } : { sessions };
  return (await call<{ targets: Target[] }>("Chat.Send", { ...whom, text })).targets;
}

export async function sendToSeveral(sessions: readonly string[] | null, text: string): Promise<void> {
  await order({
    act: "message",
    expected: expected(sessions, "asking"),
    run: () => send(sessions, text),
    again: (failed) => void sendToSeveral(failed ?? sessions, text),
  });
}

export async function setChatEnabled(on: boolean): Promise<void> {
  try {
    await call("Chat.Set", { enabled: on });
    chatEnabled.value = on;
  } catch (e) {
    addEntry({ act: "chat", error: asApiError(e), failedAct: "chat", again: () => void setChatEnabled(on) });
  }
}

/** Sessions whose hand is up, the one waiting longest first. Pure but for the tiles it is given. */
export function raised(sessions: readonly Session[]): Session[] {
  return sessions.filter((s) => s.hand_ms > 0).sort((a, b) => a.hand_ms - b.hand_ms);
}

/** users null: everybody's. */
export async function answerHands(users: readonly string[] | null): Promise<void> {
  try {
    await call("Chat.Answer", users === null ? { all: true } : { users });
  } catch (e) {
    addEntry({ act: "hands", error: asApiError(e), failedAct: "hands", again: () => void answerHands(users) });
  }
}

export const sessionOfUser = (user: string): string | null =>
  [...tiles.values()].find((x) => x.session.peek().user === user && !x.gone.peek())?.id ?? null;
