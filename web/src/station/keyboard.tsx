// SPDX-License-Identifier: GPL-3.0-or-later
// Touch screens have no keys: a hidden field brings up the screen keyboard, and what is typed into it
// goes to the desktop as key presses.

import { t } from "../shared/i18n";
import { keysymOf } from "./keysym";

const BACKSPACE = 0xff08;
const ENTER = 0xff0d;
const FIELD_ID = "touch-keys";
// Some screen keyboards report a deletion only when there is something to delete.
const FILL = "________________";

export function TouchField({ sendKey }: { sendKey: (keysym: number) => void }) {
  const onInput = (e: InputEvent & { currentTarget: HTMLTextAreaElement }) => {
    const field = e.currentTarget;
    if (e.isComposing) return;
    const now = field.value;
    let same = 0;
    while (same < now.length && same < FILL.length && now[same] === FILL[same]) same++;
    for (let i = same; i < FILL.length; i++) sendKey(BACKSPACE);
    for (const c of now.slice(same)) sendKey(c === "\n" ? ENTER : keysymOf(c.codePointAt(0) ?? 0));
    field.value = FILL;
    field.setSelectionRange(FILL.length, FILL.length);
  };
  return (
    <textarea
      id={FIELD_ID}
      class="touch-field"
      aria-label={t("station.keyboard.field")}
      tabIndex={-1}
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      defaultValue={FILL}
      onInput={onInput}
    />
  );
}

export function TouchKeyboard({ onOpen }: { onOpen: () => void }) {
  if (!matchMedia("(any-pointer: coarse)").matches) return null;
  const show = () => {
    onOpen();
    const field = document.getElementById(FIELD_ID) as HTMLTextAreaElement | null;
    field?.focus();
    field?.setSelectionRange(FILL.length, FILL.length);
  };
  return (
    <button type="button" class="button" onClick={show}>
      {t("station.keyboard")}
    </button>
  );
}
