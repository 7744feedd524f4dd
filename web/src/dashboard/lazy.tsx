// SPDX-License-Identifier: GPL-3.0-or-later
// A part of the page that is fetched when it is first wanted, or a moment earlier.

import { signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";

export interface Lazy {
  (): VNode | null;
  preload(): void;
}

export function lazily(load: () => Promise<ComponentType>): Lazy {
  const part = signal<ComponentType | null>(null);
  let asked = false;
  const preload = () => {
    if (asked) return;
    asked = true;
    load().then(
      (c) => (part.value = c),
      () => (asked = false), // no connection; the next time it is wanted it is tried again
    );
  };
  function Part() {
    useEffect(preload, []);
    const There = part.value;
    return There ? <There /> : null;
  }
  return Object.assign(Part, { preload });
}
