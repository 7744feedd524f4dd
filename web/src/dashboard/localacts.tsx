// SPDX-License-Identifier: GPL-3.0-or-later
// What a row of the place Stations says and offers about screens and devices; what stands above the list: names
// on screens, and what is missing where somebody works.

import { explain } from "../shared/explain";
import { said, t } from "../shared/i18n";
import type { Missing, Station } from "../shared/types";
import { ActDialog } from "./actdialog";
import { asking, autoAlarms, choose, chosen, connectorOf, forget, identify, inOrder, isLocal, join, missingAlarms, missingWords, nameOf, problem, shown, storageAlarms } from "./local";
import { mayStorage, setStorage } from "./stationmenu";
import { link, stations, tiles } from "./store";
import { nameSome } from "./summary";

const DEVICES: readonly Missing[] = ["screen", "keyboard", "pointer"];
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
      {(s.storage ?? []).map((d, i) => (
        <span key={i} class={d.state === "failed" ? "device-line device-missing" : "device-line"} title={d.reason ? said(d.reason) : undefined} data-storage={d.state}>
          {t(`storage.${d.state}`, { name: d.name || t("storage.unnamed") })}
        </span>
      ))}
    </span>
  );
}

export function Choose({ station: s }: { station: Station }) {
  const on = chosen.value.has(s.id);
  return (
    <label class="pick-box">
      <input type="checkbox" aria-label={t("stations.select", { name: nameOf(s) })} checked={on} onChange={() => choose(s.id)} />
    </label>
  );
}

/** Storage at all local stations; for some there are menu and bar. */
function StorageHead({ off }: { off: boolean }) {
  const mine = inOrder().filter(mayStorage);
  const open = mine.filter((s) => !s.storage_blocked);
  if (mine.length === 0) return null;
  return (
    <button type="button" class="button" data-act="storage" aria-disabled={off} onClick={() => !off && void setStorage(open.length > 0 ? open : mine, open.length > 0)}>
      {t(open.length > 0 ? "storage.block.all" : "storage.unblock.all")}
    </button>
  );
}

/** Names on all screens, and taken back; for some there are menu and bar. */
export function ScreenHead() {
  const off = link.value !== "live";
  if (stations.value.size === 0) return null;
  return (
    <>
      <StorageHead off={off} />
      <button type="button" class="button" aria-disabled={off} onClick={() => !off && void identify(null, true)}>
        {t("stations.identify.all")}
      </button>
      {shown.value.size > 0 && (
        <button type="button" class="button" aria-disabled={off} onClick={() => !off && void identify(null, false)}>
          {t("station.identify.off")}
        </button>
      )}
    </>
  );
}

/** What is missing where somebody works, accounts that are not logged on as they should, and the last order's failure. */
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
        {storageAlarms.value.map((a, i) => (
          <p key={`${a.station.id} ${i}`} class="note note-error" data-storage-failed>
            {t("storage.alarm", { station: nameOf(a.station), name: a.name || t("storage.unnamed") })} {said(a.reason)}
          </p>
        ))}
        {autoAlarms.value.map((a) => {
          const { shown: names, more } = nameSome(a.at.map(nameOf));
          return (
            <p key={`${a.user} ${a.reason}`} class="note note-error" data-auto-failed>
              {t("auto.failed", { user: a.user, stations: more > 0 ? t("auto.failed.more", { names: names.join(", "), count: more }) : names.join(", ") })} {said(a.reason)}
            </p>
          );
        })}
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
