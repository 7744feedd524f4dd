// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks: what is in force, as far as the tiles need words for it, and the orders. Events say that a
// session is blocked; the words come from Blocks.List, asked for once when something has changed.

import { effect, signal } from "@preact/signals";
import { call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { Block, Target } from "../shared/types";
import { restore, touched, type BlockCall } from "./blocking";
import { expected, order } from "./entries";
import { tiles } from "./store";

export interface BlockOrder {
  /** null: everybody. */
  sessions: readonly string[] | null;
  message: string;
  /** 0: until taken back. */
  until_ms: number;
}

/** Of users and stations; what the session events say is true even while this is being fetched. */
export const blocks = signal<readonly Block[]>([]);
/** The block of everybody. */
export const blockAll = signal<Block | null>(null);
export const texts = signal<{ texts: readonly string[]; default_text: string }>({ texts: [], default_text: "" });
/** Who is to be blocked, while the dialog is open. */
export const blocking = signal<{ sessions: readonly string[] | "all" } | null>(null);

const SOON_MS = 60; // a block of all comes as one event for each session
const TEXTS_SHOWN = 4;
let timer: ReturnType<typeof setTimeout> | undefined;

async function load(): Promise<void> {
  timer = undefined;
  try {
    const r = await call<{ blocks: Block[] }>("Blocks.List");
    blocks.value = r.blocks;
  } catch {
    // The tiles say "blocked" without the words; the next change asks again.
  }
}

export function blocksSoon(): void {
  timer ??= setTimeout(() => void load(), SOON_MS);
}

effect(() => {
  if (!blocking.value) return;
  call<{ texts: string[]; default_text: string }>("Blocks.Texts")
    .then((r) => (texts.value = { texts: r.texts.slice(0, TEXTS_SHOWN), default_text: r.default_text }))
    .catch(() => undefined); // no chips, then
});

function whom(sessions: readonly string[] | null): Record<string, unknown> {
  return sessions === null ? { all: true } : { sessions };
}

/** Those blocks that an order is about to change, to put them back if it is undone. */
function before(sessions: readonly string[] | null): Block[] {
  const there = sessions?.flatMap((id) => tiles.get(id)?.session.peek() ?? []) ?? null;
  const known = [...blocks.peek().filter((b) => b.kind !== "all"), ...(blockAll.peek() ? [blockAll.peek() as Block] : [])];
  return touched(known, there);
}

async function send(method: "Block" | "Unblock", params: Record<string, unknown>): Promise<Target[]> {
  const r = await call<{ targets: Target[] }>(`Blocks.${method}`, params);
  blocksSoon();
  return r.targets;
}

async function bring(list: readonly BlockCall[]): Promise<Target[]> {
  const targets: Target[] = [];
  for (const c of list) targets.push(...(await send("Block", { ...c })));
  return targets;
}

export async function block(o: BlockOrder): Promise<void> {
  const old = before(o.sessions);
  await order({
    act: "block",
    expected: expected(o.sessions, "asking"),
    run: () =>
      send("Block", {
        ...whom(o.sessions),
        ...(o.message ? { message: o.message } : {}),
        ...(o.until_ms ? { until_ms: o.until_ms } : {}),
      }),
    again: (failed) => void block(failed ? { ...o, sessions: failed } : o),
    undo: () => void unblock(o.sessions, old),
  });
}

/** keep: blocks that are to be there afterwards, when this undoes an order that replaced them. */
export async function unblock(sessions: readonly string[] | null, keep: readonly Block[] = []): Promise<void> {
  const old = before(sessions);
  await order({
    act: "unblock",
    expected: expected(sessions, "asking"),
    run: async () => {
      const targets = await send("Unblock", whom(sessions));
      await bring(restore(keep, serverNow()));
      return targets;
    },
    again: (failed) => void unblock(failed ?? sessions, keep),
    undo: old.length > 0 ? () => void blockAgain(old) : null,
  });
}

async function blockAgain(old: readonly Block[]): Promise<void> {
  const list = restore(old, serverNow());
  await order({
    act: "block",
    expected: [],
    run: () => bring(list),
    again: () => void blockAgain(old),
  });
}

export function resetBlocks(): void {
  clearTimeout(timer);
  timer = undefined;
  blocks.value = [];
  blockAll.value = null;
  blocking.value = null;
}
