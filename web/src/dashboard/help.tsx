// SPDX-License-Identifier: GPL-3.0-or-later
// One screen of help; nothing in it is needed to use the page.

import { useEffect, useState } from "preact/hooks";
import { call } from "../shared/api";
import { Dialog } from "../shared/dialog";
import { t } from "../shared/i18n";
import { helpOpen } from "./actmenu";

export function Help() {
  const [version, setVersion] = useState("");
  useEffect(() => {
    call<{ version: string }>("System.Version")
      .then((r) => setVersion(r.version))
      .catch(() => setVersion(""));
  }, []);
  const close = () => (helpOpen.value = false);
  return (
    <Dialog title={t("help.title")} onClose={close}>
      <div class="dialog-body help" tabIndex={0} role="region" aria-label={t("menu.help")}>
        <h3>{t("help.select")}</h3>
        <ul>
          <li>{t("help.select.click")}</li>
          <li>{t("help.select.drag")}</li>
          <li>{t("help.select.keys")}</li>
          <li>{t("help.select.group")}</li>
        </ul>
        <h3>{t("help.act")}</h3>
        <ul>
          <li>{t("help.act.where")}</li>
          <li>{t("help.act.keys")}</li>
          <li>{t("help.act.block")}</li>
          <li>{t("help.act.limit")}</li>
          <li>{t("help.act.view")}</li>
          <li>{t("help.act.project")}</li>
          <li>{t("help.act.logoff")}</li>
          <li>{t("help.act.suspend")}</li>
        </ul>
        <p class="hint">
          {version && `${t("help.version", { version })} · `}
          {t("help.licences")}
        </p>
      </div>
      <div class="dialog-acts">
        <button type="button" class="button primary" data-focus onClick={close}>
          {t("close")}
        </button>
      </div>
    </Dialog>
  );
}
