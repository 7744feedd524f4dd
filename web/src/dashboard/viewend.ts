// SPDX-License-Identifier: GPL-3.0-or-later
// Large view, the pure part: what a close code means, which key ends control, who is next.

export interface Ended {
  why: "refused" | "gone" | "busy" | "many" | "away" | "over";
  /** Who controls the session (busy). */
  name: string;
  /** A sentence of the system. */
  reason: string;
  /** It comes back by itself. */
  retry: boolean;
}

/** null: the connection just broke, nobody said why; it is opened again. */
export function ended(code: number, reason: string): Ended | null {
  const e = (why: Ended["why"], retry = false): Ended => ({ why, name: "", reason, retry });
  switch (code) {
    case 1000:
      return e("over");
    case 4401:
    case 4403:
      return e("refused");
    case 4404:
      return e("gone");
    case 4409:
      return { why: "busy", name: reason, reason: "", retry: false };
    case 4429:
      return e("many");
    case 4503:
      return e("away", true);
    default:
      return null;
  }
}

type Keys = Pick<KeyboardEvent, "code" | "ctrlKey" | "altKey" | "shiftKey">;

/** Ctrl+Alt+Shift+Q, by the place of the key: the layout is the session's business. */
export function leavesControl(e: Keys): boolean {
  return e.code === "KeyQ" && e.ctrlKey && e.altKey && e.shiftKey;
}

/** The next of those who may be seen, round and round; null: there is no other. */
export function neighbour(
  order: readonly string[],
  may: (id: string) => boolean,
  from: string,
  by: 1 | -1,
): string | null {
  const at = order.indexOf(from);
  const count = order.length;
  for (let i = 1; i <= count; i++) {
    const start = at < 0 ? (by > 0 ? -1 : 0) : at;
    const id = order[(((start + by * i) % count) + count) % count];
    if (id !== undefined && id !== from && may(id)) return id;
  }
  return null;
}
