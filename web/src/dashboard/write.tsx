// SPDX-License-Identifier: GPL-3.0-or-later
// One message to several, or to all. To one person there is the conversation beside the wall.

import { useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { ActDialog, MessageField } from "./actdialog";
import { canAct } from "./actmenu";
import { sendToSeveral, writing } from "./chat";
import { MESSAGE_MAX } from "./chatting";
import { Names, stillThere } from "./confirm";
import { liveSessions } from "./store";
import { whomText } from "./whom";

function Body({ sessions }: { sessions: readonly string[] | "all" }) {
  const [text, setText] = useState("");
  const close = () => (writing.value = null);
  const all = sessions === "all";
  const whom = all ? liveSessions().filter((s) => !s.own && s.role === "standard") : stillThere(sessions);
  const off = !canAct() || whom.length === 0 || text.trim() === "";
  const go = () => {
    close();
    void sendToSeveral(all ? null : whom.map((s) => s.id), text.trim());
  };
  return (
    <ActDialog title={t("chat.title", { whom: whomText(sessions) })} onClose={close} word={t("chat.send")} off={off} onGo={go}>
      <Names sessions={whom} />
      <MessageField label={t("chat.text")} hint={t("chat.hint")} value={text} max={MESSAGE_MAX} rows={3} onText={setText} enterGoes />
    </ActDialog>
  );
}

export function WriteDialog() {
  const ask = writing.value;
  return ask && <Body sessions={ask.sessions} />;
}
