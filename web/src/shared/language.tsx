// SPDX-License-Identifier: GPL-3.0-or-later
// The language switch, and the title and lang attribute of the page that follow it.

import { effect } from "@preact/signals";
import { LANGUAGES, isLang, lang, setLanguage, t, type Key } from "./i18n";

export function LanguageSwitch() {
  return (
    <label class="language">
      <span class="visually-hidden">{t("language.label")}</span>
      <select
        value={lang.value}
        onChange={(e) => {
          const v = e.currentTarget.value;
          if (isLang(v)) setLanguage(v);
        }}
      >
        {Object.entries(LANGUAGES).map(([id, l]) => (
          <option key={id} value={id} lang={id}>
            {l.name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function followLanguage(title: Key): void {
  effect(() => {
    document.documentElement.lang = lang.value;
    document.title = `${t(title)} – ${t("app.name")}`;
  });
}
