// SPDX-License-Identifier: GPL-3.0-or-later
// One message: a string with {names}, or one string per plural category, chosen by {count}. Pure.

export type Plural = { one: string; other: string };
export type Text = string | Plural;
export type Args = Record<string, string | number>;

const rules = new Map<string, Intl.PluralRules>();

function pluralRules(locale: string): Intl.PluralRules {
  let r = rules.get(locale);
  if (!r) {
    r = new Intl.PluralRules(locale);
    rules.set(locale, r);
  }
  return r;
}

export function format(text: Text, args: Args, locale: string): string {
  let s: string;
  if (typeof text === "string") s = text;
  else {
    const category = pluralRules(locale).select(Number(args["count"] ?? 0));
    s = category === "one" ? text.one : text.other;
  }
  return s.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = args[name];
    if (v === undefined) return whole;
    return typeof v === "number" ? v.toLocaleString(locale) : v;
  });
}

/** The first language wanted ("de-AT") that there is ("de"). */
export function pickLanguage<L extends string>(wanted: readonly string[], have: readonly L[]): L | undefined {
  for (const w of wanted) {
    const primary = w.toLowerCase().split("-")[0];
    const found = have.find((h) => h === primary);
    if (found) return found;
  }
  return undefined;
}
