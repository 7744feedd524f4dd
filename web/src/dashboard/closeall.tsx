// SPDX-License-Identifier: GPL-3.0-or-later
// Close a program by its name, here, on the selected or on all: work can be lost, so it asks, with names.

import { useState } from "preact/hooks";
import { Dialog } from "../shared/dialog";
import { list, t } from "../shared/i18n";
import { canAct } from "./actmenu";
import { nameOf, Names, stillThere } from "./confirm";
import { closeByName, closingByName } from "./programs";
import { liveSessions, order, selection } from "./store";
import { wallElement } from "./wall";

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
    if (off) return;
    close();
    void closeByName(where === "all" ? null : sessions.map((s) => s.id), name);
  };
  const choices: Where[] = selected.length > 0 ? ["here", "selected", "all"] : ["here", "all"];
  return (
    <Dialog title={t("closeall.title", { what: name })} onClose={close} fallback={wallElement}>
      <div class="dialog-body">
        <fieldset class="grace">
          <legend>{t("closeall.where")}</legend>
          <div class="segmented wide">
            {choices.map((w) => (
              <label key={w}>
                <input type="radio" name="where" value={w} checked={where === w} onChange={() => setWhere(w)} />
                <span>{t(`closeall.${w}`, { count: selected.length })}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {may.length > 0 ? <Names sessions={may} /> : <p>{t("closeall.nobody")}</p>}
        {kept.length > 0 && <p class="note">{t("closeall.kept", { names: list(kept.map(nameOf)) })}</p>}
        <p class="note note-warn">
          <strong>{t("closeall.lost")}</strong>
        </p>
      </div>
      <div class="dialog-acts">
        <button type="button" class="button" data-focus onClick={close}>
          {t("cancel")}
        </button>
        <button type="button" class="button danger solid" aria-disabled={off} onClick={go}>
          {t("running.close")}
        </button>
      </div>
    </Dialog>
  );
}
