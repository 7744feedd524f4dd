// SPDX-License-Identifier: GPL-3.0-or-later
// The field that searches what a place shows, as one types.

import type { Signal } from "@preact/signals";
import { t } from "../shared/i18n";

interface Props {
  text: Signal<string>;
  placeholder: string;
  /** To what is found: Enter, the arrow down, Esc in the empty field. */
  onLeave: () => void;
}

/** One to a page: "/" goes to it. */
export function Search({ text, placeholder, onLeave }: Props) {
  return (
    <span class="search">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M15.500 15.500L21 21" />
      </svg>
      <input
        id="search"
        type="text"
        role="searchbox"
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        aria-label={t("search.name")}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        value={text.value}
        onInput={(e) => (text.value = e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Escape" && text.peek() !== "") text.value = "";
          else if (e.key === "Escape" || e.key === "Enter" || e.key === "ArrowDown") onLeave();
          else return;
          e.preventDefault();
          e.stopPropagation();
        }}
      />
      {text.value !== "" && (
        <button
          type="button"
          class="icon-button"
          aria-label={t("search.clear")}
          title={t("search.clear")}
          onClick={() => {
            text.value = "";
            document.getElementById("search")?.focus();
          }}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M6 6l12 12M18 6L6 18" />
          </svg>
        </button>
      )}
    </span>
  );
}
