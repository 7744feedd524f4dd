// SPDX-License-Identifier: GPL-3.0-or-later
// What a row of the place Stations says and offers about screens and devices; what stands above the list: names
// on screens, and what is missing where somebody works.

import { useRef, useState } from "preact/hooks";
import { explain } from "../shared/explain";
import { t } from "../shared/i18n";
import type { Missing, Orientation, Station } from "../shared/types";
import { ActDialog } from "./actdialog";
import { asking, chosen, connectorOf, forget, halfOf, identify, isLocal, join, mapAgain, missingAlarms, missingWords, nameOf, problem, shown, split, turn } from "./local";
import { Menu, type Item } from "./menu";
import { link, stations, tiles } from "./store";

const DEVICES: readonly Missing[] = ["screen", "keyboard", "pointer"];
const ORIENTATIONS: readonly Orientation[] = ["landscape", "portrait", "landscape_flipped", "portrait_flipped"];

const SHAPES: Record<Missing, string> = {
  screen: "M2 3h12v8H2zM6 14h4M8 11v3",
  keyboard: "M1 5h14v7H1zM4 8h1M7 8h1M10 8h1M5 10h6",
  pointer: "M4 2l8 6-4 1 2 4-2 1-2-4-2 3z",
};

function Icon({ of, crossed }: { of: Missing; crossed: boolean }) {
  return (
    <svg class="device-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[of]} />
      {crossed && <path class="device-cross" d="M2 14L14 2" />}
    </svg>
  );
}

/** Connector, part of it, how it is turned; then screen, keyboard and pointer. */
export function Devices({ station: s }: { station: Station }) {
  if (!isLocal(s)) return null;
  const missing = s.missing ?? [];
  const mapping = s.mapping ?? "done";
  return (
    <span class="devices">
      <span class="whom-account">
        {connectorOf(s)}
        {s.area && s.area !== "whole" && `, ${t(`area.${s.area}`)}`}
        {s.orientation && s.orientation !== "landscape" && `, ${t(`orientation.${s.orientation}`)}`}
      </span>
      {mapping === "done" ? (
        <span class={missing.length > 0 ? "device-line device-missing" : "device-line"}>
          {DEVICES.map((d) => (
            <Icon key={d} of={d} crossed={missing.includes(d)} />
          ))}
          <span>{missing.length > 0 ? missingWords(s) : t("device.all")}</span>
        </span>
      ) : (
        <span class="device-line">
          <Icon of={mapping === "pointer" ? "pointer" : "keyboard"} crossed={false} />
          <span>{t(`mapping.${mapping}`)}</span>
        </span>
      )}
    </span>
  );
}

export function Choose({ station: s }: { station: Station }) {
  const on = chosen.value.has(s.id);
  const toggle = () => {
    const next = new Set(chosen.peek());
    if (!next.delete(s.id)) next.add(s.id);
    chosen.value = next;
  };
  return (
    <label class="pick-box">
      <input type="checkbox" aria-label={t("stations.select", { name: nameOf(s) })} checked={on} onChange={toggle} />
    </label>
  );
}

function localItems(s: Station): Item[] {
  const whole = (s.area ?? "whole") === "whole";
  const here = !(s.missing ?? []).includes("screen");
  const items: Item[] = [{ id: "map", label: t("station.map"), act: () => void mapAgain([s.id]), divided: true }];
  if (whole)
    items.push({
      id: "split", label: t("station.split"), disabled: !here, children: [
        { id: "split-left", label: t("station.split.left_right"), act: () => void split(s, "left_right") },
        { id: "split-top", label: t("station.split.top_bottom"), act: () => void split(s, "top_bottom") },
      ],
    });
  else items.push({ id: "join", label: t("station.join"), act: () => ordered(s) });
  items.push({
    id: "turn", label: t("station.turn"), children: ORIENTATIONS.map((o) => ({
      id: `turn-${o}`, label: t(`orientation.${o}`), checked: (s.orientation ?? "landscape") === o, act: () => void turn(s, o),
    })),
  });
  items.push({ id: "forget", label: t("station.forget"), disabled: here || !whole, act: () => (asking.value = { act: "forget", station: s.id }), divided: true });
  return items;
}

/** A session that would be suspended is asked about first. */
function ordered(s: Station): void {
  if (s.session !== "" && halfOf(s)?.session !== "") asking.value = { act: "join", station: s.id };
  else void join(s.id);
}

export function ScreenActs({ station: s, off: away }: { station: Station; off: boolean }) {
  const off = away || (s.may !== undefined && !s.may.includes("name"));
  const [at, setAt] = useState<{ x: number; y: number } | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const on = shown.value.has(s.id);
  const items: Item[] = [{ id: "identify", label: t(on ? "station.identify.off" : "station.identify"), act: () => void identify([s.id], !on) }, ...(isLocal(s) ? localItems(s) : [])];
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button small"
        data-act="screen"
        aria-haspopup="menu"
        aria-expanded={at !== null}
        aria-label={t("station.screen.name", { name: nameOf(s) })}
        aria-disabled={off}
        onClick={(e) => {
          if (off) return;
          const r = e.currentTarget.getBoundingClientRect();
          setAt({ x: r.left, y: r.bottom });
        }}
      >
        {t("station.screen")}
      </button>
      {at && (
        <Menu
          label={t("station.screen.name", { name: nameOf(s) })}
          items={items}
          x={at.x}
          y={at.y}
          onClose={(back) => {
            setAt(null);
            if (back) button.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** Names on the screens of the chosen stations, or of all; the chosen local ones asked for their devices again. */
export function ScreenHead() {
  const off = link.value !== "live";
  const ids = [...chosen.value].filter((id) => stations.value.has(id));
  const locals = ids.filter((id) => stations.value.get(id)?.kind === "local");
  if (stations.value.size === 0) return null;
  return (
    <div class="place-acts" role="group" aria-label={t("station.screens")}>
      <button type="button" class="button small" aria-disabled={off} onClick={() => !off && void identify(ids.length > 0 ? ids : null, true)}>
        {ids.length > 0 ? t("stations.identify.some", { count: ids.length }) : t("stations.identify.all")}
      </button>
      {shown.value.size > 0 && (
        <button type="button" class="button small" aria-disabled={off} onClick={() => !off && void identify(null, false)}>
          {t("station.identify.off")}
        </button>
      )}
      {locals.length > 0 && (
        <button type="button" class="button small" aria-disabled={off} onClick={() => !off && void mapAgain(locals)}>
          {t("stations.map.some", { count: locals.length })}
        </button>
      )}
    </div>
  );
}

/** What is missing where somebody works, and what went wrong with the last order. */
export function ScreenNotes() {
  const failed = problem.value ? explain(problem.value) : null;
  return (
    <div class="place-notes">
      <div role="alert">
        {missingAlarms.value.map((s) => (
          <p key={s.id} class="note note-error">
            {t("stations.alarm", { station: nameOf(s), name: tiles.get(s.session)?.session.value.full_name ?? s.session, what: missingWords(s) })}
          </p>
        ))}
        {failed && (
          <p class="note note-error">
            {failed.reason || failed.text}{" "}
            <button type="button" class="link" onClick={() => (problem.value = null)}>
              {t("close")}
            </button>
          </p>
        )}
      </div>
    </div>
  );
}

export function ScreenDialog() {
  const a = asking.value;
  const s = a ? stations.value.get(a.station) : undefined;
  if (!a || !s) return null;
  const name = nameOf(s);
  const go = async () => {
    asking.value = null;
    await (a.act === "forget" ? forget(s.id) : join(s.id));
  };
  return (
    <ActDialog title={t(`station.${a.act}.title`, { name })} onClose={() => (asking.value = null)} word={t(`station.${a.act}.go`)} off={link.value !== "live"} danger onGo={() => void go()}>
      <p>{t(`station.${a.act}.text`)}</p>
    </ActDialog>
  );
}
