// SPDX-License-Identifier: GPL-3.0-or-later
// Finds a sentence among templates with {fields} and gives it in the other language. Pure.

import { format } from "./message";

interface Rule {
  pattern: RegExp;
  to: string;
}

export class Translator {
  private readonly exact = new Map<string, string>();
  private readonly rules: Rule[] = [];

  constructor(table: Record<string, string>, private readonly locale: string) {
    for (const [from, to] of Object.entries(table)) {
      if (!from.includes("{")) {
        this.exact.set(from, to);
        continue;
      }
      const source = from
        .split(/\{(\w+)\}/)
        .map((part, i) => (i % 2 === 1 ? `(?<${part}>.+?)` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
        .join("");
      this.rules.push({ pattern: new RegExp(`^${source}$`), to });
    }
  }

  /** The sentence itself when it is not known. */
  translate(sentence: string): string {
    const s = sentence.trim();
    const found = this.exact.get(s);
    if (found !== undefined) return found;
    for (const r of this.rules) {
      const m = r.pattern.exec(s);
      if (m) return format(r.to, m.groups ?? {}, this.locale);
    }
    return sentence;
  }
}
