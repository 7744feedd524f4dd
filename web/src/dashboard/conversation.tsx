// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation with one person. Texts are text nodes, whatever is in them.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { asApiError } from "../shared/api";
import { explain } from "../shared/explain";
import { clip } from "../shared/format";
import { clockMinutes, dayAndTime, said, t } from "../shared/i18n";
import type { ChatMessage, Session } from "../shared/types";
import { canAct } from "./actmenu";
import { chatEnabled, conversation, markRead, send } from "./chat";
import { MESSAGE_MAX } from "./chatting";
import { wantsField } from "./siding";
import { me } from "./store";

const DAY_MS = 24 * 3600_000;

function Message({ message: m }: { message: ChatMessage }) {
  const mine = m.from === me.value?.user;
  const time = Date.now() - m.at_ms < DAY_MS / 2 ? clockMinutes(m.at_ms) : dayAndTime(m.at_ms);
  return (
    <li class={m.supervisor ? "message message-ours" : "message"}>
      <span class="message-who">
        {mine ? t("chat.you") : m.from_name || m.from} · <time dateTime={new Date(m.at_ms).toISOString()}>{time}</time>
      </span>
      <span class="message-text" dir="auto">
        {m.text}
      </span>
    </li>
  );
}

/** Half-written messages, by session: another tab or person must not lose them. */
const drafts = new Map<string, string>();
/** The last wish to write that gave the field the focus. */
let granted = 0;

function Write({ session: s }: { session: Session }) {
  const ref = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(drafts.get(s.id) ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  useEffect(() => {
    // Who only passes the tab with the arrow keys keeps the focus there.
    if (wantsField.value === granted) return;
    granted = wantsField.value;
    ref.current?.focus();
  }, [wantsField.value]);
  const change = (next: string) => {
    drafts.set(s.id, next);
    setText(next);
  };
  const may = s.may.includes("chat");
  const off = busy || !may || !canAct() || text.trim() === "";
  const go = async () => {
    if (off) return;
    setBusy(true);
    setError("");
    try {
      const [target] = await send([s.id], text.trim());
      if (target && target.state !== "done") setError(said(target.reason) || t(`target.${target.state}`));
      else change("");
    } catch (e) {
      const x = explain(asApiError(e));
      setError(`${x.text} ${x.reason}`.trim());
    }
    setBusy(false);
    ref.current?.focus();
  };
  return (
    <form
      class="write"
      onSubmit={(e) => {
        e.preventDefault();
        void go();
      }}
    >
      {error && (
        <p class="note note-error" role="alert">
          {error}
        </p>
      )}
      {!chatEnabled.value && <p class="note">{t("chat.off")}</p>}
      {!may && <p class="note">{t("chat.maynot")}</p>}
      <div class="write-line">
        <textarea
          ref={ref}
          rows={2}
          aria-label={t("chat.to", { name: s.full_name })}
          placeholder={t("chat.to", { name: s.full_name })}
          title={t("chat.hint")}
          value={text}
          disabled={!may}
          onInput={(e) => {
            const cut = clip(e.currentTarget.value, MESSAGE_MAX);
            if (cut !== e.currentTarget.value) e.currentTarget.value = cut;
            change(cut);
          }}
          onKeyDown={(e) => {
            if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
            e.preventDefault();
            void go();
          }}
        />
        <button type="submit" class="button primary" aria-disabled={off}>
          {t("chat.send")}
        </button>
      </div>
    </form>
  );
}

export function Conversation({ session: s }: { session: Session }) {
  const log = useRef<HTMLDivElement>(null);
  const list = conversation(s.user);
  useEffect(() => {
    const seen = () => {
      if (!document.hidden) markRead(s.user);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [s.user, list.length]);
  useLayoutEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [list.length]);
  return (
    <div class="conversation">
      <div ref={log} class="messages" role="log" aria-label={t("chat.with", { name: s.full_name })} tabIndex={0}>
        {list.length === 0 ? (
          <p class="hint">{t("chat.none")}</p>
        ) : (
          <ol>
            {list.map((m) => (
              <Message key={m.number} message={m} />
            ))}
          </ol>
        )}
      </div>
      <Write key={s.id} session={s} />
    </div>
  );
}
