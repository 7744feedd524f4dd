// SPDX-License-Identifier: GPL-3.0-or-later
// One message to several, or to all. To one person there is the conversation beside the wall.

import { useState } from "preact/hooks";
import { Dialog } from "../shared/dialog";
import { characters, clip } from "../shared/format";
import { t } from "../shared/i18n";
import { canAct } from "./actmenu";
import { sendToSeveral, writing } from "./chat";
import { MESSAGE_MAX } from "./chatting";
import { Names, stillThere } from "./confirm";
import { liveSessions } from "./store";
import { wallElement } from "./wall";
import { whomText } from "./whom";

function Body({ sessions }: { sessions: readonly string[] | "all" }) {
  const [text, setText] = useState("");
  const close = () => (writing.value = null);
  const all = sessions === "all";
  const whom = all ? liveSessions().filter((s) => !s.own && s.role === "standard") : stillThere(sessions);
  const off = !canAct() || whom.length === 0 || text.trim() === "";
  const go = () => {
    if (off) return;
    close();
    void sendToSeveral(all ? null : whom.map((s) => s.id), text.trim());
  };
  return (
    <form
      class="dialog-form"
      onSubmit={(e) => {
        e.preventDefault();
        go();
      }}
    >
      <div class="dialog-body">
        <Names sessions={whom} />
        <label class="field">
          <span>{t("chat.text")}</span>
          <textarea
            rows={3}
            data-focus
            value={text}
            aria-describedby="write-hint"
            onInput={(e) => {
              const cut = clip(e.currentTarget.value, MESSAGE_MAX);
              if (cut !== e.currentTarget.value) e.currentTarget.value = cut;
              setText(cut);
            }}
            onKeyDown={(e) => {
              if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
              e.preventDefault();
              go();
            }}
          />
        </label>
        <p id="write-hint" class="hint hint-line">
          <span>{t("chat.hint")}</span>
          <span class="counter">{t("block.counter", { count: characters(text), max: MESSAGE_MAX })}</span>
        </p>
      </div>
      <div class="dialog-acts">
        <button type="button" class="button" onClick={close}>
          {t("cancel")}
        </button>
        <button type="submit" class="button primary" aria-disabled={off}>
          {t("chat.send")}
        </button>
      </div>
    </form>
  );
}

export function WriteDialog() {
  const ask = writing.value;
  if (!ask) return null;
  return (
    <Dialog title={t("chat.title", { whom: whomText(ask.sessions) })} onClose={() => (writing.value = null)} fallback={wallElement}>
      <Body sessions={ask.sessions} />
    </Dialog>
  );
}
