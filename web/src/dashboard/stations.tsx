// SPDX-License-Identifier: GPL-3.0-or-later
// Stations: where people sit, what each shows, and who is there; blocked and unblocked from here, whoever sits
// there. A row has the act most wanted and a menu; what is chosen has the bar.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import type { Station } from "../shared/types";
import { showTile } from "./inbox";
import { chosen, inOrder, nameOf, picked } from "./local";
import { Choose, Devices, ScreenDialog, ScreenHead, ScreenNotes } from "./localacts";
import { Asking, LogOnDialogs, LogOnHead } from "./logon";
import { Menu } from "./menu";
import { StationDialog } from "./stationdialog";
import { dialog, mayBlock, setBlocked, stationItems } from "./stationmenu";
import { link, loaded, stations, tiles } from "./store";

const menuAt = signal<{ x: number; y: number; station: string } | null>(null);
const actsId = (id: string) => `acts-${id}`;

/** What the menu of a row acts on: this station, or all that are chosen if it is among them. */
function meant(id: string): Station[] {
  const list = picked.value;
  return list.some((s) => s.id === id) ? list : [stations.value.get(id)].flatMap((s) => s ?? []);
}

function Shows({ station: s }: { station: Station }) {
  return (
    <>
      <span class={s.connected ? undefined : "hint"}>{t(s.connected ? `scene.${s.scene}` : "stations.away")}</span>
      {s.blocked && <span class="chip chip-blocked">{t("condition.blocked")}</span>}
      {s.storage_blocked && <span class="chip chip-blocked">{t("storage.blocked")}</span>}
      {s.auto_user && (
        <span class={s.auto_failure ? "chip chip-auto-failed" : "chip"} title={t("auto.title", { name: nameOf(s) })}>
          {t("auto.chip", { user: s.auto_user })}
        </span>
      )}
    </>
  );
}

function Acts({ station: s, off }: { station: Station; off: boolean }) {
  const may = mayBlock(s) || s.blocked;
  return (
    <>
      {s.enrolment === "asked" ? (
        <button
          type="button"
          class="button small primary"
          data-act="enrol"
          aria-haspopup="dialog"
          aria-label={t("enrol.name", { name: nameOf(s) })}
          aria-disabled={off}
          onClick={() => !off && (dialog.value = { what: "enrol", station: s.id })}
        >
          {t("enrol.act")}
        </button>
      ) : (
        <button
          type="button"
          class="button small station-quick"
          aria-label={t(s.blocked ? "stations.unblock.name" : "stations.block.name", { name: nameOf(s) })}
          aria-disabled={off || !may}
          title={may ? undefined : t("stations.block.not")}
          onClick={() => !off && may && void setBlocked([s], !s.blocked)}
        >
          {t(s.blocked ? "menu.unblock" : "menu.block")}
        </button>
      )}
      <button
        type="button"
        id={actsId(s.id)}
        class="button small"
        data-act="acts"
        aria-haspopup="menu"
        aria-expanded={menuAt.value?.station === s.id}
        aria-label={t("stations.acts.name", { name: nameOf(s) })}
        onClick={(e) => {
          const r = e.currentTarget.getBoundingClientRect();
          menuAt.value = { x: r.left, y: r.bottom + 4, station: s.id };
        }}
      >
        {t("users.acts")}
        <span class="menu-arrow" aria-hidden="true">
          ▸
        </span>
      </button>
    </>
  );
}

function Row({ station: s }: { station: Station }) {
  const person = s.session ? tiles.get(s.session)?.session.value.full_name : undefined;
  return (
    <tr
      data-station={s.id}
      class={chosen.value.has(s.id) ? "selected" : undefined}
      onContextMenu={(e) => {
        e.preventDefault();
        menuAt.value = { x: e.clientX, y: e.clientY, station: s.id };
      }}
    >
      <td class="pick-cell">
        <Choose station={s} />
      </td>
      <th scope="row">
        <span>{nameOf(s)}</span>
        {s.name !== "" && s.name !== s.id && <span class="whom-account">{s.id}</span>}
      </th>
      <td>{s.room || <span class="hint">{t("room.none")}</span>}</td>
      <td class="address">
        {t(`station.kind.${s.kind}`)}
        {s.address && <span class="whom-account">{s.address}</span>}
        <Devices station={s} />
      </td>
      <td>
        <div class="station-state">
          <Shows station={s} />
        </div>
      </td>
      <td>
        {person ? (
          <button type="button" class="link" onClick={() => showTile(s.session)}>
            {person}
          </button>
        ) : (
          <span class="hint">{t("stations.nobody")}</span>
        )}
      </td>
      <td class="acts-cell">
        <div class="station-acts">
          <Acts station={s} off={link.value !== "live"} />
        </div>
      </td>
    </tr>
  );
}

/** Ctrl+A and Esc as on the wall. */
function useKeys(): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.defaultPrevented || document.querySelector("dialog[open], .menu, .view")) return;
      if (e.target instanceof Element && e.target.closest("input:not([type=checkbox]), textarea, select")) return;
      if (e.key === "Escape") chosen.value = new Set();
      else if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "a") chosen.value = new Set(stations.peek().keys());
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function List({ list }: { list: readonly Station[] }) {
  const all = list.every((s) => chosen.value.has(s.id));
  return (
    <table class="list stations">
      <thead>
        <tr>
          <th scope="col" class="pick-cell">
            <label class="pick-box">
              <input
                type="checkbox"
                aria-label={t("select.all")}
                checked={all}
                ref={(e) => {
                  if (e) e.indeterminate = !all && picked.value.length > 0;
                }}
                onChange={() => (chosen.value = new Set(all ? [] : list.map((s) => s.id)))}
              />
            </label>
          </th>
          <th scope="col">{t("stations.name")}</th>
          <th scope="col">{t("stations.room")}</th>
          <th scope="col" class="address">
            {t("stations.kind")}
          </th>
          <th scope="col">{t("stations.scene")}</th>
          <th scope="col">{t("stations.person")}</th>
          <th scope="col">
            <span class="visually-hidden">{t("menu.acts")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((s) => (
          <Row key={s.id} station={s} />
        ))}
      </tbody>
    </table>
  );
}

export function Stations() {
  useKeys();
  const list = inOrder();
  const at = menuAt.value;
  const menu = at ? meant(at.station) : [];
  return (
    <main class="place" aria-label={t("places.stations")}>
      <div class="place-head">
        <h1>{t("places.stations")}</h1>
        <p class="counts">
          <span>{t("stations.count", { count: list.length })}</span>
        </p>
        <div class="place-acts" role="group" aria-label={t("menu.acts")}>
          <LogOnHead />
          <ScreenHead />
        </div>
      </div>
      <Asking />
      <ScreenNotes />
      <div class="place-body" id="stations" tabIndex={0} role="region" aria-label={t("stations.list")}>
        {list.length === 0 ? (
          <p class="hint" role="status">
            {t(loaded.value ? "stations.none" : "wall.loading")}
          </p>
        ) : (
          <List list={list} />
        )}
      </div>
      {at && menu.length > 0 && (
        <Menu
          label={t("stations.acts.name", { name: menu.length === 1 ? nameOf(menu[0]!) : t("stations.count", { count: menu.length }) })}
          items={stationItems(menu)}
          x={at.x}
          y={at.y}
          onClose={(back) => {
            menuAt.value = null;
            if (back) document.getElementById(actsId(at.station))?.focus();
          }}
        />
      )}
      <StationDialog />
      <LogOnDialogs />
      <ScreenDialog />
    </main>
  );
}

