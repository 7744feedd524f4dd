// SPDX-License-Identifier: GPL-3.0-or-later
// The lesson in the top bar: what is left of it, and behind it every lesson that runs with its acts.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { clockMinutes, t } from "../shared/i18n";
import type { Lesson, LessonPreset } from "../shared/types";
import { canAct } from "./actmenu";
import { Drop } from "./drop";
import { changeLesson, counted, ending, extendLesson, lessons, loadPresets, namesText, planning, presets, titleOf } from "./lessons";
import { MESSAGE_MAX } from "./blocking";
import { loadRecent } from "./limits";
import { webOf, type Web } from "./limiting";
import { WebChoice } from "./sites";
import { clip } from "../shared/format";

const open = signal(false);
const MORE_MIN = [5, 15] as const;
const PRESETS_SHOWN = 5;

/** Drawn each second, and nothing else with it. As an attribute: the name of the button says when it ends, not how long still. */
function FaceLeft({ ends_ms }: { ends_ms: number }) {
  void tick.value;
  return <span class="lesson-left" data-left={countdown(ends_ms - serverNow())} />;
}

function Left({ ends_ms }: { ends_ms: number }) {
  void tick.value;
  return <span class="lesson-left">{countdown(ends_ms - serverNow())}</span>;
}

export function orderOf(p: LessonPreset) {
  return { ...p, users: p.all ? null : p.users, rooms: p.rooms ?? [], web: p.web ?? null };
}

export function plan(with_: Parameters<typeof orderOf>[0] | null): void {
  if (!canAct()) return;
  open.value = false;
  planning.value = with_ ? orderOf(with_) : {};
}

function Message({ lesson: l, onDone }: { lesson: Lesson; onDone: () => void }) {
  const [text, setText] = useState(l.message);
  return (
    <form
      class="lesson-message"
      onSubmit={(e) => {
        e.preventDefault();
        void changeLesson(l.id, { message: text.trim() });
        onDone();
      }}
    >
      <label class="field">
        <span>{t(l.block ? "lesson.message.block" : "lesson.message.send")}</span>
        <textarea rows={2} value={text} onInput={(e) => setText((e.currentTarget.value = clip(e.currentTarget.value, MESSAGE_MAX)))} />
      </label>
      <button type="submit" class="button small primary">
        {t("lesson.message.go")}
      </button>
    </form>
  );
}

function WebForm({ lesson: l, onDone }: { lesson: Lesson; onDone: () => void }) {
  const [web, setWeb] = useState<Web>(l.web?.mode ?? "allow");
  const [text, setText] = useState(l.web?.domains.join("\n") ?? "");
  const sites = webOf(web, text) ?? { mode: "allow" as const, domains: [] };
  const off = web !== "free" && sites.domains.length === 0;
  useEffect(() => loadRecent(), []);
  return (
    <form
      class="lesson-message"
      onSubmit={(e) => {
        e.preventDefault();
        if (off) return;
        void changeLesson(l.id, { web: sites });
        onDone();
      }}
    >
      <WebChoice web={web} text={text} onWeb={setWeb} onText={setText} />
      <button type="submit" class="button small primary" aria-disabled={off}>
        {t("lesson.message.go")}
      </button>
    </form>
  );
}

function Running({ lesson: l }: { lesson: Lesson }) {
  const [form, setForm] = useState<"message" | "web" | null>(null);
  const toggle = (f: "message" | "web") => setForm(form === f ? null : f);
  const off = !canAct();
  const whom = l.all ? t("whom.all") : namesText(l.rooms.length > 0 ? l.rooms : l.users.map((u) => u.full_name || u.user));
  const title = titleOf(l);
  return (
    <li class="lesson" data-lesson={l.id}>
      <p class="lesson-head">
        <strong dir="auto">{title}</strong>
        <span aria-hidden="true">
          <Left ends_ms={l.ends_ms} />
        </span>
      </p>
      <p class="hint">{t("lesson.facts", { whom, time: clockMinutes(l.ends_ms), name: l.by_name })}</p>
      {l.block && <p class="lesson-block">{l.message ? t("lesson.blocked.message", { text: l.message }) : t("lesson.blocked")}</p>}
      {l.web && <p class="lesson-block">{t(`lesson.limited.${l.web.mode}`, { sites: namesText(l.web.domains) })}</p>}
      {l.may ? (
        <div class="lesson-acts" role="group" aria-label={title}>
          {MORE_MIN.map((m) => (
            <button key={m} type="button" class="button small" aria-disabled={off} onClick={() => !off && void extendLesson(l.id, m * 60_000)}>
              {t("lesson.more", { count: m })}
            </button>
          ))}
          <button type="button" class="button small" aria-disabled={off} onClick={() => !off && void changeLesson(l.id, { block: !l.block })}>
            {t(l.block ? "lesson.unblock" : "lesson.block")}
          </button>
          <button type="button" class="button small" aria-expanded={form === "message"} onClick={() => toggle("message")}>
            {t("lesson.message")}
          </button>
          <button type="button" class="button small" aria-expanded={form === "web"} onClick={() => toggle("web")}>
            {t("lesson.web.change")}
          </button>
          <button
            type="button"
            class="button small danger"
            aria-disabled={off}
            onClick={() => {
              if (off) return;
              open.value = false;
              ending.value = l.id;
            }}
          >
            {t("lesson.end")}
          </button>
        </div>
      ) : (
        <p class="hint">{t("lesson.notyours")}</p>
      )}
      {form === "message" && <Message lesson={l} onDone={() => setForm(null)} />}
      {form === "web" && <WebForm lesson={l} onDone={() => setForm(null)} />}
    </li>
  );
}

export function Presets({ onChoose }: { onChoose: (p: LessonPreset) => void }) {
  const named = presets.value.filter((p) => p.name).slice(0, PRESETS_SHOWN);
  if (named.length === 0) return null;
  return (
    <div class="texts" role="group" aria-label={t("lesson.recent")}>
      {named.map((p) => (
        <button key={p.name} type="button" class="text-chip" title={p.name} onClick={() => onChoose(p)}>
          {p.name}
        </button>
      ))}
    </div>
  );
}

function Body() {
  useEffect(() => void loadPresets(), []);
  const all = lessons.value;
  return (
    <>
      <div class="drop-head">
        <h2>{t("lesson.title")}</h2>
      </div>
      <button type="button" class="button primary wide" aria-disabled={!canAct()} onClick={() => plan(null)}>
        {t("lesson.start")}
      </button>
      <Presets onChoose={plan} />
      {all.length > 0 && (
        <ul class="drop-list lessons">
          {all.map((l) => (
            <Running key={l.id} lesson={l} />
          ))}
        </ul>
      )}
    </>
  );
}

export function LessonClock() {
  const l = counted.value;
  const count = lessons.value.length;
  const name = !l
    ? t("lesson.title")
    : count > 1
      ? t("lesson.name.many", { count, lesson: titleOf(l), time: clockMinutes(l.ends_ms) })
      : t("lesson.name", { lesson: titleOf(l), time: clockMinutes(l.ends_ms) });
  return (
    <Drop
      open={open}
      id="lesson"
      name={name}
      title={t("lesson.title")}
      on={l !== null}
      class="lesson-button"
      face={
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.500l3 2" />
          </svg>
          <span class="lesson-word" aria-hidden="true">
            {t("lesson.title")}
          </span>
          {l && <FaceLeft ends_ms={l.ends_ms} />}
        </>
      }
    >
      <Body />
    </Drop>
  );
}
