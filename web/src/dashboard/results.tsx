// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the orders: one card each, newest first, with a bar while it runs and the refused and
// failed by name.

import { serverNow, tick } from "../shared/clock";
import { explain } from "../shared/explain";
import { countdown } from "../shared/format";
import { said, t } from "../shared/i18n";
import type { Job, Target } from "../shared/types";
import { asking, cancel, decline, dismiss, moreTime, retry, undo } from "./acts";
import { entries, isBusy, type Entry } from "./entries";
import { me, stations } from "./store";
import { exceptions, summarize } from "./summary";

function summaryText(e: Entry): string {
  const s = summarize(e.targets);
  if (s.count === 0 && !e.pending) return t(`results.nobody.${e.act}`);
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

/** When the first of them is due. */
function firstEnd(job: Job): number {
  const ends = job.targets.filter((x) => x.state === "waiting").map((x) => x.ends_ms || job.ends_ms);
  return ends.length > 0 ? Math.min(...ends) : job.ends_ms;
}

const MINUTES = [1, 5] as const;
const ASKS_SHOWN = 5;

function Answer({ job, who, name, sessions }: { job: Job; who: string; name: string; sessions: string[] }) {
  return (
    <li>
      <span class="ask-who">{who}</span>
      <span class="ask-acts" role="group" aria-label={name}>
        {MINUTES.map((m) => (
          <button key={m} type="button" class="button small" onClick={() => void moreTime(job.id, sessions, m * 60_000)}>
            {t("more.minutes", { count: m })}
          </button>
        ))}
        <button type="button" class="button small" onClick={() => decline(job.id, sessions)}>
          {t("more.no")}
        </button>
      </span>
    </li>
  );
}

/** Who needs more time, and the answers; several can be answered at once. */
function Asks({ job }: { job: Job }) {
  const asks = asking(job);
  if (asks.length === 0) return null;
  const rest = asks.length - ASKS_SHOWN;
  const all = t("more.all", { count: asks.length });
  const nameOf = (x: Target) => x.full_name || x.user;
  return (
    <div class="asks" aria-live="polite">
      <h3>{t("more.short")}</h3>
      <ul>
        {asks.length > 1 && <Answer job={job} who={all} name={all} sessions={asks.map((x) => x.session)} />}
        {asks.slice(0, ASKS_SHOWN).map((x) => (
          <Answer
            key={x.session}
            job={job}
            who={nameOf(x)}
            name={t("more.asks", { name: nameOf(x) })}
            sessions={[x.session]}
          />
        ))}
        {rest > 0 && <li class="hint">{t("confirm.more", { count: rest })}</li>}
      </ul>
    </div>
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
        <li key={x.session || x.user || x.station}>
          <strong>{x.full_name || x.user || stations.value.get(x.station ?? "")?.name || x.station || x.session}</strong>
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
  const canRetry = e.again !== null && (e.error !== null || (!busy && s.failed > 0));
  const canUndo = e.undo !== null && !busy;
  return (
    <li class="result" data-act={e.act} data-job={e.job?.id} data-finished={!busy}>
      <div class="result-head">
        <h2>{t(`results.title.${e.act}`)}</h2>
        {canUndo && (
          <button type="button" class="button small" onClick={() => undo(e)}>
            {t(e.undoText ?? "undo")}
          </button>
        )}
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
      {waiting && e.job && e.job.ends_ms > 0 && <Waiting ends_ms={firstEnd(e.job)} />}
      {e.job && <Asks job={e.job} />}
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
