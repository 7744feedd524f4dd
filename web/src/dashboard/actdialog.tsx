// SPDX-License-Identifier: GPL-3.0-or-later
// What the dialogs of acts share: body, Cancel and the act below it; a message with its counter; a choice in
// one line. An act that can lose work has the focus on Cancel, and Enter in a field never gives the order.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Dialog } from "../shared/dialog";
import { characters, clip } from "../shared/format";
import { t } from "../shared/i18n";
import { wallElement } from "./wall";

interface Props {
  title: string;
  onClose: () => void;
  word: string;
  /** It cannot be ordered as things are. */
  off: boolean;
  onGo: () => void;
  danger?: boolean;
  /** Instead of "Cancel", when there is nothing left to cancel. */
  leave?: string;
  class?: string;
  children: ComponentChildren;
}

export function ActDialog({ title, onClose, word, off, onGo, danger = false, leave, class: kind = "", children }: Props) {
  return (
    <Dialog title={title} onClose={onClose} fallback={wallElement}>
      <form
        class="dialog-form"
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          if (!danger && !off) onGo();
        }}
      >
        <div class={`dialog-body ${kind}`}>{children}</div>
        <div class="dialog-acts">
          <button type="button" class="button" data-focus={danger || undefined} onClick={onClose}>
            {leave ?? t("cancel")}
          </button>
          <button
            type={danger ? "button" : "submit"}
            class={danger ? "button danger solid" : "button primary"}
            aria-disabled={off}
            onClick={() => danger && !off && onGo()}
          >
            {word}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface MessageProps {
  label: string;
  hint: string;
  value: string;
  max: number;
  rows?: number;
  placeholder?: string;
  onText: (text: string) => void;
  /** Enter gives the order, Shift + Enter begins a line; else Enter begins a line. */
  enterGoes?: boolean;
  id?: string;
}

export function MessageField({ label, hint, value, max, rows = 2, placeholder, onText, enterGoes = false, id }: MessageProps) {
  const hintId = useId();
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <textarea
          id={id}
          rows={rows}
          data-focus={enterGoes || undefined}
          value={value}
          placeholder={placeholder}
          aria-describedby={hintId}
          onInput={(e) => {
            const cut = clip(e.currentTarget.value, max);
            if (cut !== e.currentTarget.value) e.currentTarget.value = cut;
            onText(cut);
          }}
          onKeyDown={(e) => {
            if (!enterGoes || e.key !== "Enter" || e.shiftKey || e.isComposing) return;
            e.preventDefault();
            e.currentTarget.form?.requestSubmit();
          }}
        />
      </label>
      <p id={hintId} class="hint hint-line">
        <span>{hint}</span>
        <span class="counter">{t("block.counter", { count: characters(value), max })}</span>
      </p>
    </>
  );
}

interface ChoiceProps<T extends string | number> {
  name: string;
  legend: string;
  values: readonly T[];
  chosen: T;
  word: (v: T) => string;
  onChoose: (v: T) => void;
  children?: ComponentChildren;
}

export function Choice<T extends string | number>({ name, legend, values, chosen, word, onChoose, children }: ChoiceProps<T>) {
  return (
    <fieldset class="grace">
      <legend>{legend}</legend>
      <div class="segmented wide">
        {values.map((v) => (
          <label key={v}>
            <input type="radio" name={name} value={v} checked={chosen === v} onChange={() => onChoose(v)} />
            <span>{word(v)}</span>
          </label>
        ))}
      </div>
      {children}
    </fieldset>
  );
}
