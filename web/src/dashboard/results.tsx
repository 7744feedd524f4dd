// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the orders: one card each, newest first, with a bar while it runs and the refused and
// failed by name.

import { serverNow, tick } from "../shared/clock";
import { explain } from "../shared/explain";
import { countdown } from "../shared/format";
import { said, t } from "../shared/i18n";
import type { Target } from "../shared/types";
import { cancel, dismiss, entries, isBusy, retry, type Entry } from "./acts";
import { me } from "./store";
import { exceptions, summarize } from "./summary";

function summaryText(e: Entry): string {
  const s = summarize(e.targets);
  if (s.count === 0 && !e.pending) return t(e.act === "suspend" ? "results.nobody.suspend" : "results.nobody");
  const parts = [t("results.done", { done: s.done, count: s.count })];
  if (s.forced > 0) parts.push(t("results.forced", { count: s.forced }));
  if (s.refused > 0) parts.push(t("results.refused", { count: s.refused }));
  if (s.failed > 0) parts.push(t("results.failed", { count: s.failed }));
  if (s.cancelled > 0) parts.push(t("results.cancelled", { count: s.cancelled }));
  return parts.join(", ");
}

function Progress({ entry }: { entry: Entry }) {
  const s = summarize(entry.targets);
  const over = s.count - s.running;
  return (
    <progress
      class="progress"
      max={Math.max(1, s.count)}
      value={entry.pending ? 0 : over}
      aria-label={t(`results.title.${entry.act}`)}
    />
  );
}

function Waiting({ ends_ms }: { ends_ms: number }) {
  void tick.value;
  const left = ends_ms - serverNow();
  return left > 0 ? <p class="result-wait">{t("results.waiting", { time: countdown(left) })}</p> : null;
}

function Exceptions({ targets }: { targets: Target[] }) {
  return (
    <ul class="exceptions">
      {targets.map((x) => (
        <li key={x.session || x.user}>
          <strong>{x.full_name || x.user || x.session}</strong>
          <span class="exception-state">{t(`target.${x.state}`)}</span>
          {x.reason && <span class="exception-reason">{said(x.reason)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Card({ entry: e }: { entry: Entry }) {
  const busy = isBusy(e);
  const s = summarize(e.targets);
  const named = exceptions(e.targets);
  const error = e.error ? explain(e.error) : null;
  const waiting = e.act === "logoff" && !e.pending && busy && e.targets.some((x) => x.state === "waiting");
  const others = e.job !== null && e.job.by !== me.value?.user;
  const canRetry = e.error !== null || (!busy && s.failed > 0);
  return (
    <li class="result" data-job={e.job?.id} data-finished={!busy}>
      <div class="result-head">
        <h2>{t(`results.title.${e.act}`)}</h2>
        <button
          type="button"
          class="icon-button small"
          aria-label={t("results.dismiss")}
          title={t("results.dismiss")}
          onClick={() => dismiss(e.key)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M6 6l12 12M18 6L6 18" />
          </svg>
        </button>
      </div>
      {others && <p class="hint">{t("results.by", { name: e.job?.by ?? "" })}</p>}
      <div role="status" class="result-status">
        {error ? (
          <div class="note note-error">
            <p>
              <strong>{t(`results.error.${e.failedAct ?? e.act}`)}.</strong> {error.text}
            </p>
            {error.reason && <p>{error.reason}</p>}
          </div>
        ) : null}
        {(!error || e.targets.length > 0) && (
          <p class={named.length > 0 ? "result-sum mixed" : "result-sum"}>{summaryText(e)}</p>
        )}
      </div>
      {busy && <Progress entry={e} />}
      {waiting && e.job && e.job.ends_ms > 0 && <Waiting ends_ms={e.job.ends_ms} />}
      {named.length > 0 && <Exceptions targets={named} />}
      {(canRetry || (waiting && e.job && e.job.ends_ms > 0)) && (
        <div class="result-acts">
          {waiting && e.job && (
            <button type="button" class="button" onClick={() => void cancel(e)}>
              {t("results.cancel")}
            </button>
          )}
          {canRetry && (
            <button type="button" class="button" onClick={() => retry(e)}>
              {t("retry")}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

export function Results() {
  const all = entries.value;
  return (
    <section class="results" aria-label={t("results.name")} hidden={all.length === 0}>
      <ul>
        {all.map((e) => (
          <Card key={e.key} entry={e} />
        ))}
      </ul>
    </section>
  );
}
