// SPDX-License-Identifier: GPL-3.0-or-later
// What the blocked will read, and until when. Nothing has to be filled in: Enter blocks.

import { useRef, useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { Dialog } from "../shared/dialog";
import { characters, clip } from "../shared/format";
import { t, type Key } from "../shared/i18n";
import { canAct } from "./actmenu";
import { block, blocking, texts } from "./blocks";
import { MESSAGE_MAX, UNTIL, untilMs, type Until } from "./blocking";
import { Kept, nameOf, Names, stillThere } from "./confirm";
import { liveSessions } from "./store";
import { split } from "./summary";
import { wallElement } from "./wall";

function untilLabel(u: Until): string {
  if (u === "back" || u === "time") return t(`block.until.${u}`);
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

function UntilChoice({ until, time, missing, onUntil, onTime }: {
  until: Until;
  time: string;
  missing: boolean;
  onUntil: (u: Until) => void;
  onTime: (time: string) => void;
}) {
  return (
    <fieldset class="grace">
      <legend>{t("block.until")}</legend>
      <div class="segmented wide">
        {UNTIL.map((u) => (
          <label key={u}>
            <input type="radio" name="until" value={u} checked={until === u} onChange={() => onUntil(u)} />
            <span>{untilLabel(u)}</span>
          </label>
        ))}
      </div>
      {until === "time" && (
        <input
          class="until-time"
          type="time"
          required
          value={time}
          aria-label={t("block.until.at")}
          aria-invalid={missing}
          onInput={(e) => onTime(e.currentTarget.value)}
        />
      )}
    </fieldset>
  );
}

function Form({ who }: { who: readonly string[] | "all" }) {
  const [message, setMessage] = useState("");
  const [until, setUntil] = useState<Until>("back");
  const [time, setTime] = useState("");
  const [missing, setMissing] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const isAll = who === "all";
  const sessions = isAll ? liveSessions() : stillThere(who);
  const { affected, own, forbidden } = split(sessions, "block", true);
  const first = affected[0];
  const close = () => (blocking.value = null);
  const off = (affected.length === 0 && !isAll) || !canAct();
  const go = () => {
    const until_ms = untilMs(until, time, serverNow());
    setMissing(until_ms === null);
    if (off || until_ms === null) return;
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
    field.current?.focus();
  };
  return (
    <Dialog title={title} onClose={close} fallback={wallElement}>
      <form
        class="dialog-form"
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          go();
        }}
      >
        <div class="dialog-body">
          {isAll ? <p>{t("block.all.hint")}</p> : affected.length !== 1 && <Names sessions={affected} />}
          {affected.length === 0 && !isAll && <p>{t("block.nobody")}</p>}
          <Kept own={isAll ? [] : own} forbidden={forbidden} act="block" />
          <label class="field">
            <span>{t("block.message")}</span>
            <textarea
              ref={field}
              rows={2}
              data-focus
              value={message}
              placeholder={texts.value.default_text || t("station.block.default")}
              aria-describedby="block-hint"
              onInput={(e) => setMessage((e.currentTarget.value = clip(e.currentTarget.value, MESSAGE_MAX)))}
              onKeyDown={(e) => {
                if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
                e.preventDefault();
                go();
              }}
            />
          </label>
          <p id="block-hint" class="hint hint-line">
            <span>{t("block.message.hint")}</span>
            <span class="counter">{t("block.counter", { count: characters(message), max: MESSAGE_MAX })}</span>
          </p>
          <Texts onChoose={take} />
          <UntilChoice until={until} time={time} missing={missing} onUntil={setUntil} onTime={setTime} />
        </div>
        <div class="dialog-acts">
          <button type="button" class="button" onClick={close}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" aria-disabled={off}>
            {t("block.go" as Key)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function BlockDialog() {
  const ask = blocking.value;
  return ask && <Form who={ask.sessions} />;
}
