// SPDX-License-Identifier: GPL-3.0-or-later
// Fields of dialogs about stations and accounts.

import type { ApiError } from "../shared/api";
import { explain } from "../shared/explain";

/** An error of the whole order, in the dialog that it was given in. */
export function Problem({ error }: { error: ApiError }) {
  const { text, reason } = explain(error);
  return (
    <p class="note note-error" role="alert">
      {reason || text}
    </p>
  );
}

export function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface TextProps {
  label: string;
  value: string;
  onText: (v: string) => void;
  hidden?: boolean;
  focus?: boolean;
  /** Id of a <datalist>. */
  list?: string;
}

export function Text({ label, value, onText, hidden = false, focus = false, list }: TextProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type={hidden ? "password" : "text"}
        data-focus={focus || undefined}
        autocomplete={hidden ? "new-password" : "off"}
        autocapitalize="off"
        spellcheck={false}
        list={list}
        value={value}
        onInput={(e) => onText(e.currentTarget.value)}
      />
    </label>
  );
}
