// SPDX-License-Identifier: GPL-3.0-or-later
// The person's side of the conversation: raised hand, messages in the panel, and a card for a moment
// when a supervisor writes. Texts are text nodes, whatever is in them.

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { characters } from "../shared/format";
import { clockMinutes, said, t } from "../shared/i18n";
import type { StationChat } from "../shared/types";
import { focusDesktop } from "./screen";
import { act, chat, refusal, scene, write } from "./store";
import { lastNumber, unseen } from "./unread";

const MESSAGE_MAX = 1000;
const TOAST_MS = 12_000;
const NEWS_MS = 2 * 60_000;

/** Up to which message the person has seen the conversation. */
const seen = signal(0);
/** Up to which message cards have been shown or closed. */
const toasted = signal(0);
/** What was written long before the log-in is no news. */
const since = signal(0);
/** The panel is open: what comes is seen. */
export const reading = signal(false);
/** Counts the wishes to answer, so that the field gets the focus. */
export const wantsField = signal(0);

export const unread = computed(() => unseen(chat.value.messages, seen.value, since.value).length);

let session = "";
effect(() => {
  const now = scene.value?.session ?? "";
  if (now !== session) {
    session = now;
    since.value = serverNow() - NEWS_MS;
    seen.value = toasted.value = 0;
  }
  if (reading.value) seen.value = toasted.value = lastNumber(chat.value.messages);
});

/** When the last message came in while nobody looked, a card says so; it goes by itself. */
export function Toast({ onAnswer }: { onAnswer: () => void }) {
  const [news] = unseen(chat.value.messages, Math.max(toasted.value, seen.value), since.value).slice(-1);
  const close = () => {
    toasted.value = lastNumber(chat.peek().messages);
  };
  useEffect(() => {
    if (!news) return undefined;
    const timer = setTimeout(close, TOAST_MS);
    return () => clearTimeout(timer);
  }, [news?.number]);
  return (
    <div class="toast-area" role="status">
      {news && (
        <section class="toast" aria-label={t("station.chat.new", { name: news.from_name })}>
          <p class="toast-who">{t("station.chat.new", { name: news.from_name })}</p>
          <p class="toast-text" dir="auto">
            {news.text}
          </p>
          <div class="toast-acts">
            <button
              type="button"
              class="button small primary"
              onClick={() => {
                close();
                onAnswer();
              }}
            >
              {t("station.chat.answer")}
            </button>
            <button
              type="button"
              class="button small"
              aria-label={t("station.chat.dismiss")}
              onClick={() => {
                close();
                focusDesktop();
              }}
            >
              {t("close")}
            </button>
          </div>
        </section>
      )}
    </div>
  );
}

export function HandButton({ onAct }: { onAct: (sent: boolean) => void }) {
  const { enabled, hand } = chat.value;
  const off = !enabled && !hand;
  return (
    <button
      type="button"
      class="button"
      aria-pressed={hand}
      aria-disabled={off}
      title={off ? t("station.chat.off") : undefined}
      onClick={() => !off && onAct(act(hand ? "hand_down" : "hand_up"))}
    >
      {t(hand ? "station.hand.down" : "station.hand.up")}
    </button>
  );
}

function Line({ message: m }: { message: StationChat["messages"][number] }) {
  return (
    <li class={m.supervisor ? "message message-ours" : "message message-own"}>
      <span class="message-who">
        {m.supervisor ? m.from_name : t("station.chat.you")} · <time dateTime={new Date(m.at_ms).toISOString()}>{clockMinutes(m.at_ms)}</time>
      </span>
      <span class="message-text" dir="auto">
        {m.text}
      </span>
    </li>
  );
}

export function Messages({ onLost }: { onLost: () => void }) {
  const { enabled, messages } = chat.value;
  const log = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    reading.value = true;
    return () => (reading.value = false);
  }, []);
  useLayoutEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [messages.length]);
  useEffect(() => {
    if (wantsField.value > 0) field.current?.focus();
  }, [wantsField.value]);
  const over = characters(text.trim()) - MESSAGE_MAX;
  const off = !enabled || text.trim() === "" || over > 0;
  const go = () => {
    if (off) return;
    if (write(text.trim())) setText("");
    else onLost();
    field.current?.focus();
  };
  return (
    <section class="panel-chat" aria-label={t("station.chat")}>
      <h2>{t("station.chat")}</h2>
      {messages.length > 0 ? (
        <div ref={log} class="messages" role="log" aria-label={t("station.chat")} tabIndex={0}>
          <ol>
            {messages.map((m) => (
              <Line key={m.number} message={m} />
            ))}
          </ol>
        </div>
      ) : (
        enabled && <p class="hint">{t("station.chat.none")}</p>
      )}
      {refusal.value && (
        <p class="note note-error" role="alert">
          {t("station.chat.refused", { reason: said(refusal.value) })}
        </p>
      )}
      {enabled && over > 0 && (
        <p class="note note-error" role="alert">
          {t("station.chat.toolong", { count: over })}
        </p>
      )}
      {enabled ? (
        <form
          class="write-line"
          onSubmit={(e) => {
            e.preventDefault();
            go();
          }}
        >
          <textarea
            ref={field}
            rows={2}
            aria-label={t("station.chat.text")}
            placeholder={t("station.chat.text")}
            value={text}
            aria-invalid={over > 0}
            onInput={(e) => setText(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
              e.preventDefault();
              go();
            }}
          />
          <button type="submit" class="button primary" aria-disabled={off}>
            {t("station.chat.send")}
          </button>
        </form>
      ) : (
        <p class="hint">{t("station.chat.off")}</p>
      )}
    </section>
  );
}
