// SPDX-License-Identifier: GPL-3.0-or-later
// The bar that says who will log the person off, why, and when. Announced once to screen readers; the
// running seconds are not. It can be made small so that it hides nothing, but not closed.

import { useEffect, useState } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { t } from "../shared/i18n";
import type { Notice } from "../shared/types";
import { focusDesktop } from "./screen";
import { act } from "./store";

function ask(): boolean {
  const sent = act("more_time");
  focusDesktop();
  return sent;
}

function MoreTime({ asked, onAsk }: { asked: boolean; onAsk: () => void }) {
  return (
    <div class="notice-more" role="status">
      {asked ? (
        <p>{t("station.more.asked")}</p>
      ) : (
        <button type="button" class="button" onClick={onAsk}>
          {t("station.more")}
        </button>
      )}
    </div>
  );
}

/** A time-out: no person ordered it, and any key takes it back. */
export const isTimeout = (notice: Notice) => notice.cause !== undefined && notice.cause !== "order";

/** What will happen, and when. */
export function noticeLine(notice: Notice, left: number, time: string): string {
  const when = left > 0 ? "" : ".now";
  if (isTimeout(notice)) return t(`station.idle.${notice.act ?? "logoff"}${when}`, { time });
  return t(`station.notice${when}`, { name: notice.by, time });
}

export function NoticeBar({ notice }: { notice: Notice }) {
  const idle = isTimeout(notice);
  const act = notice.act ?? "logoff";
  const [small, setSmall] = useState(false);
  const [asked, setAsked] = useState(false);
  useEffect(() => setSmall(false), [notice.job]);
  // More time was given, or it is another order: the question may be put again.
  useEffect(() => setAsked(false), [notice.job, notice.ends_ms]);
  void tick.value;
  const left = notice.ends_ms - serverNow();
  const time = countdown(left);
  const toggle = () => {
    setSmall(!small);
    focusDesktop();
  };
  return (
    <aside class={small ? "notice notice-small" : "notice"} data-job={notice.job}>
      <p class="visually-hidden" role="alert">
        {t(idle ? `station.idle.${act}.alert` : "station.notice.alert", { name: notice.by })} {notice.message}
      </p>
      {small ? (
        <button type="button" class="notice-pill" aria-label={t("station.notice.big")} onClick={toggle}>
          {time}
        </button>
      ) : (
        <>
          <div class="notice-text" aria-hidden="true">
            <p class="notice-who">
              {noticeLine(notice, left, time)}
            </p>
            {notice.message && <p class="notice-message">{t("station.notice.message", { text: notice.message })}</p>}
            {left > 0 && <p>{t(idle ? "station.idle.keep" : "station.notice.save")}</p>}
          </div>
          {left > 0 && <MoreTime asked={asked || notice.more_time === true} onAsk={() => setAsked(ask())} />}
          <button
            type="button"
            class="icon-button"
            aria-label={t("station.notice.small")}
            title={t("station.notice.small")}
            onClick={toggle}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M6 15l6-6 6 6" />
            </svg>
          </button>
        </>
      )}
    </aside>
  );
}
