// SPDX-License-Identifier: GPL-3.0-or-later
// Touch screens have no keys: a hidden field brings up the screen keyboard, and what is typed into it
// goes to the desktop as key presses. While it is open a row offers what screen keyboards lack; Ctrl and
// Alt stay down for the next key.

import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { keysymOf } from "./keysym";

const BACKSPACE = 0xff08;
const ENTER = 0xff0d;
const FIELD_ID = "touch-keys";
// Some screen keyboards report a deletion only when there is something to delete.
const FILL = "________________";

/** down null: pressed and let go. */
type SendKey = (keysym: number, down: boolean | null) => void;

const MODIFIERS = [
  ["station.key.ctrl", 0xffe3],
  ["station.key.alt", 0xffe9],
] as const;
const KEYS = [
  ["station.key.esc", 0xff1b],
  ["station.key.tab", 0xff09],
  ["station.key.left", 0xff51],
  ["station.key.up", 0xff52],
  ["station.key.down", 0xff54],
  ["station.key.right", 0xff53],
] as const;

const typing = signal(false);
const held = signal<readonly number[]>([]);

function press(sendKey: SendKey, keysym: number): void {
  const modifiers = held.peek();
  held.value = [];
  for (const m of modifiers) sendKey(m, true);
  sendKey(keysym, null);
  for (const m of modifiers) sendKey(m, false);
}

function hold(keysym: number): void {
  const now = held.peek();
  held.value = now.includes(keysym) ? now.filter((k) => k !== keysym) : [...now, keysym];
}

/** The field keeps the focus, and with it the screen keyboard stays. */
const stay = (e: Event) => e.preventDefault();

function KeyRow({ sendKey }: { sendKey: SendKey }) {
  return (
    <div class="touch-keys" role="toolbar" aria-label={t("station.keys")} onPointerDown={stay} onMouseDown={stay}>
      {MODIFIERS.map(([name, keysym]) => (
        <button key={name} type="button" class="button" tabIndex={-1} aria-pressed={held.value.includes(keysym)} onClick={() => hold(keysym)}>
          {t(name)}
        </button>
      ))}
      {KEYS.map(([name, keysym]) => (
        <button key={name} type="button" class="button" tabIndex={-1} onClick={() => press(sendKey, keysym)}>
          {t(name)}
        </button>
      ))}
    </div>
  );
}

/** Preact listens to "CompositionEnd" for onCompositionEnd, because elements have no such property. */
const composed = (take: (field: HTMLTextAreaElement) => void) => ({
  oncompositionend: (e: CompositionEvent) => take(e.currentTarget as HTMLTextAreaElement),
});

export function TouchField({ sendKey }: { sendKey: SendKey }) {
  const take = (field: HTMLTextAreaElement) => {
    const now = field.value;
    let same = 0;
    while (same < now.length && same < FILL.length && now[same] === FILL[same]) same++;
    for (let i = same; i < FILL.length; i++) press(sendKey, BACKSPACE);
    for (const c of now.slice(same)) press(sendKey, c === "\n" ? ENTER : keysymOf(c.codePointAt(0) ?? 0));
    field.value = FILL;
    field.setSelectionRange(FILL.length, FILL.length);
  };
  return (
    <>
    {typing.value && <KeyRow sendKey={sendKey} />}
    <textarea
      id={FIELD_ID}
      class="touch-field"
      aria-label={t("station.keyboard.field")}
      tabIndex={-1}
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      defaultValue={FILL}
      onFocus={() => (typing.value = true)}
      onBlur={() => {
        typing.value = false;
        held.value = [];
      }}
      onInput={(e) => !e.isComposing && take(e.currentTarget)}
      {...composed(take)}
    />
    </>
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
