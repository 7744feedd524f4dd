// SPDX-License-Identifier: GPL-3.0-or-later
// Which session is shown large, and how. The overlay itself (view.tsx) comes with its own file, so that
// the page does not carry it until it is wanted.

import { signal } from "@preact/signals";
import type { ViewMode } from "../shared/types";
import { tiles } from "./store";

export interface Viewing {
  session: string;
  mode: ViewMode;
}

export const viewing = signal<Viewing | null>(null);

export function view(session: string, mode: ViewMode): void {
  const s = tiles.get(session)?.session.peek();
  if (s?.may.includes(mode === "view" ? "view" : "control")) viewing.value = { session, mode };
}
