// SPDX-License-Identifier: GPL-3.0-or-later
// A button that opens a small panel under it: hands, messages, the person signed in, how the wall is shown.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

interface DropProps {
  open: Signal<boolean>;
  id: string;
  /** Of the button. */
  name: string;
  title: string;
  /** There is something behind it that waits. */
  on?: boolean;
  class?: string;
  /** What the button shows; not read out, its name is. */
  face: ComponentChildren;
  children: ComponentChildren;
}

/** A button, and what is behind it. Esc and a click elsewhere close it. */
export function Drop({ open, id, name, title, on, face, class: kind = "", children }: DropProps) {
  const button = useRef<HTMLButtonElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const close = () => {
    open.value = false;
    button.current?.focus();
  };
  useEffect(() => {
    if (open.value) (body.current?.querySelector<HTMLElement>("button, input:checked, select") ?? body.current)?.focus();
  }, [open.value]);
  // At once: a key that is pressed meanwhile must not go to the page behind.
  useLayoutEffect(() => {
    // A row that went took the focus along.
    if (open.peek() && document.activeElement === document.body) body.current?.focus();
  });
  return (
    <div class="drop">
      <button
        ref={button}
        type="button"
        class={`drop-button ${on ? "on" : ""} ${kind}`}
        aria-label={name}
        title={name}
        aria-haspopup="dialog"
        aria-expanded={open.value}
        aria-controls={open.value ? id : undefined}
        onClick={() => (open.value = !open.peek())}
      >
        {face}
      </button>
      {open.value && (
        <>
          <div class="menu-shade" onPointerDown={() => (open.value = false)} />
          <div
            ref={body}
            id={id}
            class="drop-body"
            role="dialog"
            aria-label={title}
            tabIndex={-1}
            onKeyDown={(e) => {
              if (e.key !== "Escape") return;
              e.stopPropagation();
              e.preventDefault();
              close();
            }}
          >
            {children}
          </div>
        </>
      )}
    </div>
  );
}
