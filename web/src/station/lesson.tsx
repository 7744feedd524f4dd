// SPDX-License-Identifier: GPL-3.0-or-later
// The lesson, for the person at the station: what is left of it in the panel, and a card five minutes
// before its end that goes by itself. And why sites are closed, in the panel.

import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { clockMinutes, list, t } from "../shared/i18n";
import { scene } from "./store";

const SOON_MS = 5 * 60_000;
const CARD_MS = 12_000;

const lesson = computed(() => scene.value?.lesson ?? null);
const title = () => lesson.value?.name || t("station.lesson");

export function LessonRow() {
  void tick.value;
  const l = lesson.value;
  if (!l) return null;
  return (
    <p class="panel-lesson" dir="auto">
      {t("station.lesson.left", { lesson: title(), time: countdown(l.ends_ms - serverNow()) })}
    </p>
  );
}

export function WebRow() {
  const w = scene.value?.web;
  if (!w) return null;
  const sites = list(w.more > 0 ? [...w.domains, t("station.web.more", { count: w.more })] : w.domains);
  return (
    <p class="panel-web" dir="auto">
      {t(`station.web.${w.mode}`, { name: w.by, sites })}
      {w.until_ms > 0 && ` ${t("station.web.until", { time: clockMinutes(w.until_ms) })}`}
    </p>
  );
}

/** End of the lesson whose card is due; 0: none. One that is longer again has another one. */
const due = signal(0);
let told = 0;
effect(() => {
  const l = lesson.value;
  const left = l ? l.ends_ms - tick.value : 0;
  if (!l || left > SOON_MS || left <= 0) {
    due.value = 0;
    if (l && left > SOON_MS) told = 0;
  } else if (told !== l.ends_ms) {
    told = l.ends_ms;
    due.value = l.ends_ms;
  }
});

export function LessonSoon() {
  const end = due.value;
  useEffect(() => {
    if (end === 0) return undefined;
    const timer = setTimeout(() => (due.value = 0), CARD_MS);
    return () => clearTimeout(timer);
  }, [end]);
  const minutes = Math.max(1, Math.round((end - serverNow()) / 60_000));
  return (
    <div class="toast-area lesson-soon" role="status">
      {end > 0 && (
        <section class="toast">
          <p class="toast-who" dir="auto">
            {t("station.lesson.soon", { lesson: title(), count: minutes })}
          </p>
        </section>
      )}
    </div>
  );
}
