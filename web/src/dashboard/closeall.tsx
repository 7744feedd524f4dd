// SPDX-License-Identifier: GPL-3.0-or-later
// Close a program by its name, here, on the selected or on all: work can be lost, so it asks, with names.

import { useState } from "preact/hooks";
import { list, t } from "../shared/i18n";
import { ActDialog, Choice } from "./actdialog";
import { canAct } from "./actmenu";
import { nameOf, Names, stillThere } from "./confirm";
import { closeByName, closingByName } from "./programs";
import { liveSessions, order, selection } from "./store";

type Where = "here" | "selected" | "all";

export function CloseDialog() {
  const ask = closingByName.value;
  return ask ? <Body key={`${ask.session} ${ask.name}`} name={ask.name} session={ask.session} /> : null;
}

function Body({ name, session }: { name: string; session: string }) {
  const selected = order.value.filter((id) => selection.value.ids.has(id));
  const [where, setWhere] = useState<Where>(selected.length > 1 ? "selected" : "all");
  const sessions = where === "all" ? liveSessions().filter((s) => !s.own) : stillThere(where === "here" ? [session] : selected);
  const may = sessions.filter((s) => s.may.includes("close"));
  const kept = sessions.filter((s) => !s.may.includes("close"));
  const close = () => (closingByName.value = null);
  const off = may.length === 0 || !canAct();
  const go = () => {
    close();
    void closeByName(where === "all" ? null : sessions.map((s) => s.id), name);
  };
  const choices: Where[] = selected.length > 0 ? ["here", "selected", "all"] : ["here", "all"];
  return (
    <ActDialog title={t("closeall.title", { what: name })} onClose={close} word={t("running.close")} off={off} onGo={go} danger>
      <Choice
        name="where"
        legend={t("closeall.where")}
        values={choices}
        chosen={where}
        word={(w) => t(`closeall.${w}`, { count: selected.length })}
        onChoose={setWhere}
      />
      {may.length > 0 ? <Names sessions={may} /> : <p>{t("closeall.nobody")}</p>}
      {kept.length > 0 && <p class="note">{t("closeall.kept", { names: list(kept.map(nameOf)) })}</p>}
      <p class="note note-warn">
        <strong>{t("closeall.lost")}</strong>
      </p>
    </ActDialog>
  );
}
