// SPDX-License-Identifier: GPL-3.0-or-later
// What the blocked will read, and until when. Nothing has to be filled in: Enter blocks.

import { useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { clip } from "../shared/format";
import { t } from "../shared/i18n";
import { ActDialog, Choice, MessageField } from "./actdialog";
import { canAct } from "./actmenu";
import { block, blocking, texts } from "./blocks";
import { MESSAGE_MAX, UNTIL, untilMs, type Until } from "./blocking";
import { Kept, nameOf, Names, stillThere } from "./confirm";
import { counted } from "./lessons";
import { liveSessions } from "./store";
import { split } from "./summary";

const FIELD = "block-message";

export function untilLabel(u: Until): string {
  if (u === "back" || u === "time" || u === "lesson") return t(`block.until.${u}`);
  return t("block.until.minutes", { count: Number(u) });
}

function Texts({ onChoose }: { onChoose: (text: string) => void }) {
  const list = texts.value.texts;
  if (list.length === 0) return null;
  return (
    <div class="texts" role="group" aria-label={t("block.texts")}>
      {list.map((x) => (
        <button key={x} type="button" class="text-chip" title={x} onClick={() => onChoose(x)}>
          {x}
        </button>
      ))}
    </div>
  );
}

function Form({ who }: { who: readonly string[] | "all" }) {
  const [message, setMessage] = useState("");
  const [until, setUntil] = useState<Until>("back");
  const [time, setTime] = useState("");
  const [missing, setMissing] = useState(false);
  const isAll = who === "all";
  const sessions = isAll ? liveSessions() : stillThere(who);
  const { affected, own, forbidden } = split(sessions, "block", true);
  const first = affected[0];
  const close = () => (blocking.value = null);
  const off = (affected.length === 0 && !isAll) || !canAct();
  const go = () => {
    const until_ms = untilMs(until, time, serverNow(), counted.peek()?.ends_ms);
    setMissing(until_ms === null);
    if (until_ms === null) return;
    close();
    void block({ sessions: isAll ? null : sessions.map((x) => x.id), message: message.trim(), until_ms });
  };
  const title = isAll
    ? t("block.title.all")
    : affected.length === 1 && first
      ? t("block.title.one", { name: nameOf(first) })
      : t("block.title.many", { count: affected.length });
  const take = (text: string) => {
    setMessage(clip(text, MESSAGE_MAX));
    document.getElementById(FIELD)?.focus();
  };
  return (
    <ActDialog title={title} onClose={close} word={t("block.go")} off={off} onGo={go}>
      {isAll ? <p>{t("block.all.hint")}</p> : affected.length !== 1 && <Names sessions={affected} />}
      {affected.length === 0 && !isAll && <p>{t("block.nobody")}</p>}
      <Kept own={isAll ? [] : own} forbidden={forbidden} act="block" />
      <MessageField
        id={FIELD}
        label={t("block.message")}
        hint={t("block.message.hint")}
        value={message}
        max={MESSAGE_MAX}
        placeholder={texts.value.default_text || t("station.block.default")}
        onText={setMessage}
        enterGoes
      />
      <Texts onChoose={take} />
      <Choice name="until" legend={t("block.until")} values={UNTIL.filter((u) => u !== "lesson" || counted.value)} chosen={until} word={untilLabel} onChoose={setUntil}>
        {until === "time" && (
          <input
            class="until-time"
            type="time"
            required
            value={time}
            aria-label={t("block.until.at")}
            aria-invalid={missing}
            onInput={(e) => setTime(e.currentTarget.value)}
          />
        )}
      </Choice>
    </ActDialog>
  );
}

export function BlockDialog() {
  const ask = blocking.value;
  return ask && <Form who={ask.sessions} />;
}
