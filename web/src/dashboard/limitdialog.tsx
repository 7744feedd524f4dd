// SPDX-License-Identifier: GPL-3.0-or-later
// Which sites, and until when. The system judges the names of sites; what it refuses is said beside the field,
// and the dialog stays.

import { useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { said, t } from "../shared/i18n";
import type { SiteList, WebMode } from "../shared/types";
import { ActDialog, Choice } from "./actdialog";
import { canAct } from "./actmenu";
import { untilLabel } from "./blockdialog";
import { UNTIL, untilMs, type Until } from "./blocking";
import { Kept, nameOf, Names, stillThere } from "./confirm";
import { counted } from "./lessons";
import { limit, limiting } from "./limits";
import { sitesOf } from "./limiting";
import { RecentLists, Sites } from "./sites";
import { liveSessions } from "./store";
import { split } from "./summary";

const FIELD = "limit-sites";

function useOrder(sessions: readonly string[] | null, mode: WebMode) {
  const [text, setText] = useState("");
  const [bad, setBad] = useState("");
  const [until, setUntil] = useState<Until>("back");
  const [time, setTime] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const change = (next: string) => {
    setText(next);
    setBad("");
  };
  const go = async () => {
    const domains = sitesOf(text);
    const until_ms = untilMs(until, time, serverNow(), counted.peek()?.ends_ms);
    setMissing(until_ms === null);
    if (domains.length === 0) setBad(t("limit.sites.none"));
    if (until_ms === null || domains.length === 0) return;
    setBusy(true);
    const refused = await limit({ sessions, mode, domains, until_ms });
    setBusy(false);
    setBad(said(refused));
    if (refused) document.getElementById(FIELD)?.focus();
    else limiting.value = null;
  };
  return { text, change, bad, until, setUntil, time, setTime, missing, busy, go };
}

function Form({ who, mode }: { who: readonly string[] | "all"; mode: WebMode }) {
  const isAll = who === "all";
  const sessions = isAll ? liveSessions() : stillThere(who);
  const { affected, own, forbidden } = split(sessions, "limit", true);
  const f = useOrder(isAll ? null : sessions.map((s) => s.id), mode);
  const first = affected[0];
  const title = isAll
    ? t(`limit.title.${mode}.all`)
    : affected.length === 1 && first
      ? t(`limit.title.${mode}.one`, { name: nameOf(first) })
      : t(`limit.title.${mode}.many`, { count: affected.length });
  const take = (l: SiteList) => {
    f.change(l.domains.join("\n"));
    document.getElementById(FIELD)?.focus();
  };
  return (
    <ActDialog
      title={title}
      onClose={() => (limiting.value = null)}
      word={t("limit.go")}
      off={(affected.length === 0 && !isAll) || !canAct() || f.busy}
      onGo={() => void f.go()}
    >
      {isAll ? <p>{t("block.all.hint")}</p> : affected.length !== 1 && <Names sessions={affected} />}
      {affected.length === 0 && !isAll && <p>{t("limit.nobody")}</p>}
      <Kept own={isAll ? [] : own} forbidden={forbidden} act="limit" />
      <Sites id={FIELD} focus text={f.text} bad={f.bad} onText={f.change} />
      <RecentLists mode={mode} onChoose={take} />
      <Choice name="until" legend={t("block.until")} values={UNTIL.filter((u) => u !== "lesson" || counted.value)} chosen={f.until} word={untilLabel} onChoose={f.setUntil}>
        {f.until === "time" && (
          <input
            class="until-time"
            type="time"
            required
            value={f.time}
            aria-label={t("block.until.at")}
            aria-invalid={f.missing}
            onInput={(e) => f.setTime(e.currentTarget.value)}
          />
        )}
      </Choice>
    </ActDialog>
  );
}

export function LimitDialog() {
  const ask = limiting.value;
  return ask && <Form who={ask.sessions} mode={ask.mode} />;
}
