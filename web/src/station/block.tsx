// SPDX-License-Identifier: GPL-3.0-or-later
// The block: a message in the whole window and nothing else. Holds the focus; every key stays here,
// but for those that the browser keeps to itself.

import { useEffect, useRef } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { clockMinutes, t } from "../shared/i18n";
import type { Notice, SceneBlock } from "../shared/types";
import { focusDesktop } from "./screen";
import { noticeLine } from "./notice";

const FINAL_MS = 10 * 60_000; // from here on it counts down

function Until({ until_ms }: { until_ms: number }) {
  void tick.value;
  const left = until_ms - serverNow();
  const text =
    left > FINAL_MS
      ? t("station.block.until", { time: clockMinutes(until_ms) })
      : t("station.block.left", { time: countdown(left) });
  return <p class="scene-until">{text}</p>;
}

function LogOffLine({ notice }: { notice: Notice }) {
  void tick.value;
  const left = notice.ends_ms - serverNow();
  return (
    <p class="note note-warn scene-notice">
      {noticeLine(notice, left, countdown(left))}
      {notice.message && <> {t("station.notice.message", { text: notice.message })}</>}
    </p>
  );
}

interface Props {
  block: SceneBlock;
  notice: Notice | null;
  /** A session is there beneath. */
  running: boolean;
}

export function BlockCard({ block, notice, running }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const card = ref.current;
    card?.focus();
    const hold = (e: KeyboardEvent) => {
      e.preventDefault();
      e.stopPropagation();
    };
    const back = () => {
      if (document.activeElement !== card) card?.focus();
    };
    window.addEventListener("keydown", hold, true);
    window.addEventListener("focusin", back);
    return () => {
      window.removeEventListener("keydown", hold, true);
      window.removeEventListener("focusin", back);
      setTimeout(focusDesktop); // once the card is gone
    };
  }, []);
  const message = block.message || t("station.block.default");
  return (
    <div
      ref={ref}
      class="scene-card scene-block"
      role="alertdialog"
      aria-modal="true"
      aria-labelledby="block-message"
      aria-describedby="block-who"
      tabIndex={-1}
    >
      <svg class="scene-sign" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="9" />
        <path d="M10 9v6M14 9v6" />
      </svg>
      <div aria-live="assertive">
        <h1 id="block-message" class={message.length > 120 ? "scene-message long" : "scene-message"}>
          {message}
        </h1>
      </div>
      <div id="block-who" class="scene-who">
        {block.by && <p>{t("station.block.by", { name: block.by })}</p>}
        {block.until_ms > 0 && <Until until_ms={block.until_ms} />}
        {running && <p class="scene-kept">{t("station.block.kept")}</p>}
      </div>
      {notice && <LogOffLine notice={notice} />}
    </div>
  );
}
