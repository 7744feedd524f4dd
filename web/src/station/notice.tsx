// SPDX-License-Identifier: GPL-3.0-or-later
// The bar that says who will log the person off, why, and when. Announced once to screen readers; the
// running seconds are not. It can be made small so that it hides nothing, but not closed.

import { useEffect, useState } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { t } from "../shared/i18n";
import type { Notice } from "../shared/types";
import { focusDesktop } from "./screen";

export function NoticeBar({ notice }: { notice: Notice }) {
  const [small, setSmall] = useState(false);
  useEffect(() => setSmall(false), [notice.job]);
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
        {t("station.notice.alert", { name: notice.by })} {notice.message}
      </p>
      {small ? (
        <button type="button" class="notice-pill" aria-label={t("station.notice.big")} onClick={toggle}>
          {time}
        </button>
      ) : (
        <>
          <div class="notice-text" aria-hidden="true">
            <p class="notice-who">
              {left > 0 ? t("station.notice", { name: notice.by, time }) : t("station.notice.now", { name: notice.by })}
            </p>
            {notice.message && <p class="notice-message">{t("station.notice.message", { text: notice.message })}</p>}
            {left > 0 && <p>{t("station.notice.save")}</p>}
          </div>
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
