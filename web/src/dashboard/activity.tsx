// SPDX-License-Identifier: GPL-3.0-or-later
// Activity: what was done, by whom, to whom, and how it ended. Live, newest first; older entries come
// as one scrolls.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { explain } from "../shared/explain";
import { ago, clockSeconds, dayAndTime, t } from "../shared/i18n";
import type { AuditEntry } from "../shared/types";
import { METHODS } from "./audit";
import { didText, Ending, whatOf, whomOf } from "./entrywords";
import { Log } from "./log";
import { tiles } from "./store";

const TYPING_MS = 250;
const RELATIVE_EVERY_MS = 20_000;
const TEXT_MAX = 200;
const DAY_MS = 24 * 3600_000;

/** Relative times change slowly; one clock for the whole list. */
const clock = signal(serverNow());

/** The log knows accounts; a full name that belongs to one person only is looked for as that account. */
function termOf(text: string): string {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted.length < 3) return text.trim();
  const users = new Set(
    [...tiles.values()]
      .map((x) => x.session.peek())
      .filter((s) => s.full_name.toLocaleLowerCase().includes(wanted) && !s.user.toLocaleLowerCase().includes(wanted))
      .map((s) => s.user),
  );
  return users.size === 1 ? ([...users][0] ?? text.trim()) : text.trim();
}

function makeLog(text: string, method: string): Log {
  const term = termOf(text);
  const low = term.toLocaleLowerCase();
  return new Log({
    text: term || method,
    keep: (e) => method === "" || e.method === method,
    holds: (e) =>
      low === "" || [e.user, e.full_name, e.method, e.targets].some((v) => v.toLocaleLowerCase().includes(low)),
  });
}

function Row({ entry: e }: { entry: AuditEntry }) {
  const old = serverNow() - e.at_ms >= DAY_MS;
  const what = whatOf(e);
  return (
    <tr data-number={e.number} data-method={e.method}>
      <td class="when">
        <time dateTime={new Date(e.at_ms).toISOString()} title={dayAndTime(e.at_ms)}>
          <span class="when-clock">{old ? dayAndTime(e.at_ms) : clockSeconds(e.at_ms)}</span>
          <span class="when-ago">{ago(clock.value - e.at_ms)}</span>
        </time>
      </td>
      <td class="whom">
        <span>{e.full_name || e.user}</span>
        <span class="whom-account">{e.address === "local" ? e.user : `${e.user} · ${e.address}`}</span>
      </td>
      <td>
        <strong>{didText(e.method)}</strong>
        {what && <span class="what"> {what}</span>}
      </td>
      <td>{whomOf(e)}</td>
      <td>
        <Ending entry={e} />
      </td>
    </tr>
  );
}

function Tail({ log }: { log: Log }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const e = ref.current;
    if (!e) return undefined;
    const seen = new IntersectionObserver((list) => list.some((x) => x.isIntersecting) && void log.more(), { rootMargin: "400px" });
    seen.observe(e);
    return () => seen.disconnect();
    // A page that leaves the end in view does not move it: look again after each.
  }, [log, log.loading.value]);
  const error = log.error.value;
  return (
    <div ref={error || log.complete.value ? null : ref} class="activity-tail" role="status">
      {error ? (
        <>
          <p class="note note-error">{explain(error).text}</p>
          <button type="button" class="button" onClick={() => void log.more()}>
            {t("retry")}
          </button>
        </>
      ) : log.loading.value ? (
        <p class="hint">{t("activity.loading")}</p>
      ) : log.entries.value.length === 0 && log.complete.value ? (
        <p class="hint">{t("activity.none")}</p>
      ) : null}
    </div>
  );
}

export function Activity() {
  const [text, setText] = useState("");
  const [method, setMethod] = useState("");
  const [log, setLog] = useState<Log | null>(null);
  const first = useRef(true);
  useEffect(() => {
    let made: Log | null = null;
    const timer = setTimeout(
      () => {
        made = makeLog(text, method);
        setLog(made);
      },
      first.current ? 0 : TYPING_MS,
    );
    first.current = false;
    return () => {
      clearTimeout(timer);
      made?.stop();
    };
  }, [text, method]);
  useEffect(() => {
    clock.value = serverNow();
    const timer = setInterval(() => (clock.value = serverNow()), RELATIVE_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const words = METHODS.map((m) => ({ m, text: didText(m) })).sort((a, b) => a.text.localeCompare(b.text));
  return (
    <main class="place" aria-label={t("places.activity")}>
      <div class="place-head">
        <h1>{t("places.activity")}</h1>
        <label class="place-field">
          <span class="visually-hidden">{t("activity.search")}</span>
          <input
            type="search"
            placeholder={t("activity.search")}
            maxLength={TEXT_MAX}
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
          />
        </label>
        <label class="place-field">
          <span class="visually-hidden">{t("activity.what")}</span>
          <select value={method} onChange={(e) => setMethod(e.currentTarget.value)}>
            <option value="">{t("activity.everything")}</option>
            {words.map((w) => (
              <option key={w.m} value={w.m}>
                {w.text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="place-body" tabIndex={0} role="region" aria-label={t("activity.list")}>
        {log && (
          <>
            <table class="list activity">
              <thead>
                <tr>
                  <th scope="col">{t("activity.when")}</th>
                  <th scope="col">{t("activity.who")}</th>
                  <th scope="col">{t("activity.what")}</th>
                  <th scope="col">{t("activity.whom")}</th>
                  <th scope="col">{t("activity.result")}</th>
                </tr>
              </thead>
              <tbody>
                {log.entries.value.map((e) => (
                  <Row key={e.number} entry={e} />
                ))}
              </tbody>
            </table>
            <Tail log={log} />
          </>
        )}
      </div>
    </main>
  );
}
