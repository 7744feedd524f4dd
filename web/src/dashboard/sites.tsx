// SPDX-License-Identifier: GPL-3.0-or-later
// The field for a list of sites, lists that were used before, and the choice of a lesson's web.

import { useId } from "preact/hooks";
import { t, type Key } from "../shared/i18n";
import type { SiteList, WebMode } from "../shared/types";
import { Choice } from "./actdialog";
import { namesText } from "./lessons";
import { recent } from "./limits";
import { sitesOf, WEBS, type Web } from "./limiting";

export function RecentLists({ mode, onChoose }: { mode: WebMode; onChoose: (l: SiteList) => void }) {
  const list = recent.value.filter((l) => l.mode === mode);
  if (list.length === 0) return null;
  return (
    <div class="texts" role="group" aria-label={t("limit.recent")}>
      {list.map((l) => (
        <button key={l.domains.join()} type="button" class="text-chip" title={l.domains.join("\n")} onClick={() => onChoose(l)}>
          {namesText(l.domains)}
        </button>
      ))}
    </div>
  );
}

interface SitesProps {
  id?: string;
  text: string;
  /** What is wrong with it; empty: nothing. */
  bad: string;
  rows?: number;
  focus?: boolean;
  onText: (text: string) => void;
}

export function Sites({ id, text, bad, rows = 5, focus = false, onText }: SitesProps) {
  const hint = useId();
  return (
    <>
      <label class="field">
        <span>{t("limit.sites")}</span>
        <textarea
          id={id}
          rows={rows}
          data-focus={focus || undefined}
          spellcheck={false}
          autocapitalize="off"
          placeholder="contoso.com"
          value={text}
          aria-invalid={bad !== ""}
          aria-describedby={hint}
          onInput={(e) => onText(e.currentTarget.value)}
        />
      </label>
      <p id={hint} class={bad ? "hint limit-bad" : "hint"} role={bad ? "alert" : undefined}>
        {bad || t("limit.sites.hint")}
      </p>
    </>
  );
}

/** What a lesson does to the web; text: the sites, one to a line. */
export function WebChoice({ web, text, onWeb, onText }: { web: Web; text: string; onWeb: (w: Web) => void; onText: (t: string) => void }) {
  const word = (w: Web) => t(`lesson.web.${w}` as Key);
  return (
    <>
      <Choice name="web" legend={t("lesson.web")} values={WEBS} chosen={web} word={word} onChoose={onWeb} />
      {web !== "free" && (
        <>
          <Sites rows={3} text={text} bad={sitesOf(text).length === 0 && text !== "" ? t("limit.sites.none") : ""} onText={onText} />
          <RecentLists mode={web} onChoose={(l) => onText(l.domains.join("\n"))} />
        </>
      )}
    </>
  );
}
