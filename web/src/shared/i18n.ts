// SPDX-License-Identifier: GPL-3.0-or-later
// Every word a person reads comes from src/messages/. A further language is one more file there and
// one more line in LANGUAGES. Components that call t() are drawn again when the language changes.

import { signal } from "@preact/signals";
import { de } from "../messages/de";
import { en } from "../messages/en";
import { systemDe } from "../messages/system.de";
import { span } from "./format";
import { format, pickLanguage, type Args, type Text } from "./message";
import { Translator } from "./template";

export type Lang = "en" | "de";
export type Key = keyof typeof en;
type Messages = Record<Key, Text>;

/** system: sentences that the system sends in English. */
export const LANGUAGES: Record<Lang, { name: string; messages: Messages; system?: Translator }> = {
  en: { name: "English", messages: en },
  de: { name: "Deutsch", messages: de, system: new Translator(systemDe, "de") },
};

const STORE = "stationmaster.language";

export function isLang(v: string | null | undefined): v is Lang {
  return typeof v === "string" && Object.hasOwn(LANGUAGES, v);
}

function initial(): Lang {
  try {
    const stored = localStorage.getItem(STORE);
    if (isLang(stored)) return stored;
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
  return pickLanguage(navigator.languages ?? [navigator.language], Object.keys(LANGUAGES) as Lang[]) ?? "en";
}

export const lang = signal<Lang>(initial());

export function setLanguage(l: Lang): void {
  lang.value = l;
  try {
    localStorage.setItem(STORE, l);
  } catch {
    // As above.
  }
}

export function t(key: Key, args: Args = {}): string {
  return format(LANGUAGES[lang.value].messages[key], args, lang.value);
}

/** A sentence of the system in the language chosen, as far as it is known. */
export function said(sentence: string): string {
  return LANGUAGES[lang.value].system?.translate(sentence) ?? sentence;
}

/** "Anna, Ben and Cem" in the language chosen. */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(lang.value, { type: "conjunction" }).format(items);
}

/** "14:30", for an end time that is minutes away. */
export function clockMinutes(ms: number): string {
  return new Intl.DateTimeFormat(lang.value, { timeStyle: "short" }).format(ms);
}

/** "45 sec", "3 min", "2 hr": the largest whole unit. */
export function duration(ms: number): string {
  const { unit, count } = span(ms);
  return new Intl.NumberFormat(lang.value, { style: "unit", unit, unitDisplay: "short" }).format(count);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(lang.value, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** "0.85". */
export function fraction(n: number): string {
  return new Intl.NumberFormat(lang.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(n);
}

/** Of KiB: "340 MB", "1.2 GB" as people say it. */
export function bytes(kib: number): string {
  const mega = kib / 1024;
  const unit = mega < 1000 ? "megabyte" : "gigabyte";
  return new Intl.NumberFormat(lang.value, { style: "unit", unit, maximumSignificantDigits: 2 }).format(mega < 1000 ? mega : mega / 1024);
}

/** "14:30:05". */
export function clockSeconds(ms: number): string {
  return new Intl.DateTimeFormat(lang.value, { timeStyle: "medium" }).format(ms);
}

/** "22 Nov, 14:30", for what may be of another day. */
export function dayAndTime(ms: number): string {
  return new Intl.DateTimeFormat(lang.value, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** "5 minutes ago". */
export function ago(ms: number): string {
  const f = new Intl.RelativeTimeFormat(lang.value, { numeric: "auto" });
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return f.format(0, "minute");
  if (s < 3600) return f.format(-Math.floor(s / 60), "minute");
  if (s < 86_400) return f.format(-Math.floor(s / 3600), "hour");
  return f.format(-Math.floor(s / 86_400), "day");
}
