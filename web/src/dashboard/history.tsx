// SPDX-License-Identifier: GPL-3.0-or-later
// What was done to one session, and what its user did at a station: newest first.

import { useEffect, useState } from "preact/hooks";
import { explain } from "../shared/explain";
import { clockMinutes, dayAndTime, t } from "../shared/i18n";
import type { AuditEntry, Session } from "../shared/types";
import { concerns } from "./audit";
import { didText, Ending, whatOf } from "./entrywords";
import { Log } from "./log";

const HALF_DAY_MS = 12 * 3600_000;

function Row({ entry: e }: { entry: AuditEntry }) {
  const what = whatOf(e);
  return (
    <li class="past">
      <time dateTime={new Date(e.at_ms).toISOString()}>
        {Date.now() - e.at_ms < HALF_DAY_MS ? clockMinutes(e.at_ms) : dayAndTime(e.at_ms)}
      </time>
      <span class="past-text">
        <strong>{didText(e.method)}</strong> {what}
        <span class="past-who">{e.full_name || e.user}</span>
      </span>
      <Ending entry={e} />
    </li>
  );
}

export function History({ session: s }: { session: Session }) {
  const [log, setLog] = useState<Log | null>(null);
  useEffect(() => {
    const keep = (e: AuditEntry) => concerns(e, s.user, s.id);
    const l = new Log({ text: s.user, keep, holds: () => true });
    setLog(l);
    return () => l.stop();
  }, [s.id, s.user]);
  if (!log) return null;
  const entries = log.entries.value;
  const error = log.error.value;
  return (
    <div class="history">
      {error && <p class="note note-error">{explain(error).text}</p>}
      {entries.length === 0 && !log.loading.value && !error && <p class="hint">{t("history.none")}</p>}
      <ol aria-label={t("side.tab.history")}>
        {entries.map((e) => (
          <Row key={e.number} entry={e} />
        ))}
      </ol>
      {(!log.complete.value || log.loading.value) && (
        <button type="button" class="button small" aria-disabled={log.loading.value} onClick={() => void log.more()}>
          {t(log.loading.value ? "activity.loading" : "activity.more")}
        </button>
      )}
    </div>
  );
}
