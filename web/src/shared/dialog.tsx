// SPDX-License-Identifier: GPL-3.0-or-later
// A modal, labelled dialog on the browser's own <dialog>: focus stays inside, Esc closes, the rest of
// the page is inert, focus goes back to where it came from. The element marked data-focus gets it first.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  title: string;
  onClose: () => void;
  /** Where focus goes when the dialog closes and the element it came from is gone. */
  fallback?: () => HTMLElement | null;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, fallback, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const d = ref.current;
    d?.showModal();
    d?.querySelector<HTMLElement>("[data-focus]")?.focus();
    return () => {
      d?.close();
      if (before?.isConnected && before !== document.body) before.focus();
      else fallback?.()?.focus();
    };
  }, []);
  useEffect(() => {
    const d = ref.current;
    const cancel = (e: Event) => {
      e.preventDefault();
      onClose();
    };
    d?.addEventListener("cancel", cancel);
    return () => d?.removeEventListener("cancel", cancel);
  }, [onClose]);
  return (
    <dialog ref={ref} class="dialog" role="dialog" aria-modal="true" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
