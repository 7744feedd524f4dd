// SPDX-License-Identifier: GPL-3.0-or-later
// The language switch, and the title and lang attribute of the page that follow it.

import { effect } from "@preact/signals";
import { useId } from "preact/hooks";
import { LANGUAGES, isLang, lang, setLanguage, t, type Key } from "./i18n";

/** Radio buttons, not a list: on the dashboard "option" means a session. */
export function LanguageSwitch() {
  const group = useId();
  return (
    <div class="segmented quiet" role="radiogroup" aria-label={t("language.label")}>
      {Object.entries(LANGUAGES).map(([id, l]) => (
        <label key={id} title={l.name}>
          <input
            type="radio"
            name={group}
            value={id}
            checked={lang.value === id}
            aria-label={l.name}
            onChange={() => isLang(id) && setLanguage(id)}
          />
          <span aria-hidden="true">{id.toUpperCase()}</span>
        </label>
      ))}
    </div>
  );
}

export function followLanguage(title: Key): void {
  effect(() => {
    document.documentElement.lang = lang.value;
    document.title = `${t(title)} – ${t("app.name")}`;
  });
}
