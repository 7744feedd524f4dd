// SPDX-License-Identifier: GPL-3.0-or-later
// The line below the top bar: name of the system, counts, search, and how this person wants the wall.

import { computed, signal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { plainName } from "../shared/format";
import { t, type Key } from "../shared/i18n";
import { GROUPS, SHOWS, SORTS } from "./arrange";
import { group, query, room, show, size, sort } from "./choices";
import { SIZES, type TileSize } from "./frame";
import { missingAlarms, missingWords, nameOf } from "./local";
import { alarms } from "./pictures";
import { Search } from "./search";
import { all } from "./selection";
import { link, listed, liveSessions, order, roomNames, selection, setSelection, system } from "./store";
import { wallElement } from "./wall";

const LETTER: Record<TileSize, string> = { small: "S", medium: "M", large: "L" };

interface SwitchProps<T extends string> {
  name: "size" | "show";
  values: readonly T[];
  chosen: Signal<T>;
  word: (v: T) => string;
}

/** A word that is not short for something else is its own name. */
function Switch<T extends string>({ name, values, chosen, word }: SwitchProps<T>) {
  return (
    <div class="segmented" role="radiogroup" aria-label={t(`${name}.name`)}>
      {values.map((v) => (
        <label key={v} title={t(`${name}.${v}` as Key)}>
          <input
            type="radio"
            name={name}
            value={v}
            checked={chosen.value === v}
            aria-label={t(`${name}.${v}` as Key)}
            onChange={() => (chosen.value = v)}
          />
          <span aria-hidden="true">{word(v)}</span>
        </label>
      ))}
    </div>
  );
}

interface PickProps<T extends string> {
  name: "sort" | "group";
  values: readonly T[];
  chosen: Signal<T>;
}

function Pick<T extends string>({ name, values, chosen }: PickProps<T>) {
  return (
    <label class="pick">
      <span>{t(`${name}.name`)}</span>
      <select value={chosen.value} onChange={(e) => (chosen.value = e.currentTarget.value as T)}>
        {values.map((v) => (
          <option key={v} value={v}>
            {t(`${name}.by.${v}` as Key)}
          </option>
        ))}
      </select>
    </label>
  );
}

const COUNTED = ["active", "blocked", "limited", "suspended", "hands"] as const;

/** As text, so that an event that changes no count draws nothing. */
const counts = computed(() => {
  const n = { active: 0, blocked: 0, limited: 0, suspended: 0, hands: 0 };
  for (const s of liveSessions()) {
    if (s.state === "active") n.active++;
    if (s.state === "suspended") n.suspended++;
    if (s.blocked) n.blocked++;
    if (s.limited) n.limited++;
    if (s.hand_ms > 0) n.hands++;
  }
  return JSON.stringify(n);
});

function Counts() {
  const n = JSON.parse(counts.value) as Record<(typeof COUNTED)[number], number>;
  const count = order.value.length;
  const shown = listed.value.length;
  const isPart = shown < count || query.value !== "";
  const found = t("search.count", { shown, count });
  return (
    <div class="counts">
      <p role="status" class="visually-hidden">
        {isPart ? found : ""}
      </p>
      <span class={isPart ? "counts-shown" : undefined} aria-hidden={isPart}>
        {isPart ? found : t("wall.count", { count })}
      </span>
      {COUNTED.map((what) => n[what] > 0 && <span key={what}>{t(`wall.${what}`, { count: n[what] })}</span>)}
      {alarms.value > 0 && link.value === "live" && (
        <span class="counts-alarm">{t("wall.alarms", { count: alarms.value })}</span>
      )}
      {link.value === "live" &&
        missingAlarms.value.slice(0, 2).map((s) => (
          <span key={s.id} class="counts-alarm" role="alert">
            {t("stations.alarm.short", { station: nameOf(s), what: missingWords(s) })}
          </span>
        ))}
    </div>
  );
}

/** Which room is looked at; nothing to choose where nobody has named one. */
function RoomChoice() {
  const names = roomNames.value.split("\n").filter(Boolean);
  if (names.length === 0) return null;
  return (
    <select
      class="room-choice"
      aria-label={t("room.name")}
      value={room.value}
      onChange={(e) => (room.value = e.currentTarget.value)}
    >
      <option value="">{t("room.all")}</option>
      {names.map((n) => (
        <option key={n} value={n}>
          {plainName(n)}
        </option>
      ))}
    </select>
  );
}

function SelectAll() {
  const shown = listed.value;
  const isPart = shown.length < order.value.length;
  const ids = selection.value.ids;
  const done = shown.length === 0 || (ids.size === shown.length && shown.every((id) => ids.has(id)));
  return (
    <button
      type="button"
      class="button quiet"
      aria-disabled={done}
      onClick={() => setSelection(all(selection.peek(), listed.peek()))}
    >
      {t(isPart ? "select.shown" : "select.all")}
    </button>
  );
}

const choicesOpen = signal(false);

/** How the wall is shown: in a row, or behind a button where there is no room for a row. */
function Choices() {
  const root = useRef<HTMLDivElement>(null);
  const open = choicesOpen.value;
  useEffect(() => {
    if (open) root.current?.querySelector<HTMLElement>("input:checked")?.focus();
  }, [open]);
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key !== "Escape" || !choicesOpen.peek()) return;
    e.stopPropagation();
    e.preventDefault();
    choicesOpen.value = false;
    root.current?.querySelector("button")?.focus();
  };
  return (
    <div ref={root} class="choices" onKeyDown={onKeyDown}>
      <button
        type="button"
        class="button choices-button"
        aria-expanded={open}
        aria-controls="choices"
        onClick={() => (choicesOpen.value = !open)}
      >
        {t("choices.name")}
        <span class="menu-arrow" aria-hidden="true">
          ▾
        </span>
      </button>
      {open && <div class="menu-shade choices-shade" onPointerDown={() => (choicesOpen.value = false)} />}
      <div id="choices" class="choices-body" data-open={open}>
        <Switch name="show" values={SHOWS} chosen={show} word={(v) => t(`show.${v}`)} />
        <Pick name="group" values={GROUPS} chosen={group} />
        <Pick name="sort" values={SORTS} chosen={sort} />
        <Switch name="size" values={SIZES} chosen={size} word={(v) => LETTER[v]} />
      </div>
    </div>
  );
}

export function RoomLine() {
  return (
    <div class="toolbar">
      <h1>{system.value || t("wall.name")}</h1>
      <RoomChoice />
      <Counts />
      <div class="toolbar-end">
        <Search text={query} placeholder={t("search.placeholder")} onLeave={() => wallElement()?.focus({ preventScroll: true })} />
        <Choices />
        <SelectAll />
      </div>
    </div>
  );
}
