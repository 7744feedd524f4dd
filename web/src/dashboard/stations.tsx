// SPDX-License-Identifier: GPL-3.0-or-later
// Stations: where people sit, what each shows, and who is there; blocked and unblocked from here,
// whoever sits there; named, and put into a room.

import { call } from "../shared/api";
import { idNumber } from "../shared/format";
import { lang, t } from "../shared/i18n";
import type { Station, Target } from "../shared/types";
import { order } from "./entries";
import { showTile } from "./inbox";
import { nameOf } from "./local";
import { LogOnActs, LogOnDialog, LogOnHead } from "./logon";
import { Choose, Devices, ScreenActs, ScreenDialog, ScreenHead, ScreenNotes } from "./localacts";
import { naming, StationDialog } from "./stationdialog";
import { link, loaded, stations, tiles } from "./store";

const targetOf = (s: Station): Target => ({ session: "", station: s.id, user: "", full_name: s.name, state: "asking", reason: "" });

async function setBlocked(s: Station, on: boolean): Promise<void> {
  await order({
    act: on ? "block" : "unblock",
    expected: [targetOf(s)],
    run: async () => (await call<{ targets: Target[] }>(on ? "Blocks.Block" : "Blocks.Unblock", { stations: [s.id] })).targets,
    again: () => void setBlocked(s, on),
    undo: () => void setBlocked(s, !on),
  });
}

function Row({ station: s }: { station: Station }) {
  const off = link.value !== "live";
  const session = s.session ? tiles.get(s.session) : undefined;
  const person = session?.session.value.full_name;
  const mayBlock = s.may?.includes("block") ?? session?.session.value.may.includes("block") ?? true;
  const noName = off || s.may?.includes("name") === false;
  const noBlock = off || (!mayBlock && !s.blocked);
  return (
    <tr data-station={s.id}>
      <td class="pick-cell">
        <Choose station={s} />
      </td>
      <th scope="row">
        <span>{nameOf(s)}</span>
        {s.name !== "" && s.name !== s.id && <span class="whom-account">{s.id}</span>}
      </th>
      <td>{s.room || <span class="hint">{t("room.none")}</span>}</td>
      <td>{t(`station.kind.${s.kind}`)}</td>
      <td class="address">
        {s.address}
        <Devices station={s} />
      </td>
      <td>{t(s.connected ? "stations.connected" : "stations.away")}</td>
      <td>{t(`scene.${s.scene}`)}</td>
      <td>
        {person ? (
          <button type="button" class="link" onClick={() => showTile(s.session)}>
            {person}
          </button>
        ) : (
          <span class="hint">{t("stations.nobody")}</span>
        )}
      </td>
      <td>
        {s.blocked && <span class="chip chip-blocked">{t("condition.blocked")}</span>}
        {s.auto_user && <span class="chip">{t("auto.chip", { user: s.auto_user })}</span>}
      </td>
      <td class="acts-cell">
        <ScreenActs station={s} off={off} />
        <button
          type="button"
          class="button small"
          aria-haspopup="dialog"
          aria-label={t("stations.set.name", { name: nameOf(s) })}
          aria-disabled={noName}
          onClick={() => !noName && (naming.value = s.id)}
        >
          {t("stations.set")}
        </button>
        <LogOnActs station={s} off={off} />
        <button
          type="button"
          class="button small"
          aria-label={t(s.blocked ? "stations.unblock.name" : "stations.block.name", { name: nameOf(s) })}
          aria-disabled={noBlock}
          title={mayBlock || s.blocked ? undefined : t("stations.block.not")}
          onClick={() => !noBlock && void setBlocked(s, !s.blocked)}
        >
          {t(s.blocked ? "menu.unblock" : "menu.block")}
        </button>
      </td>
    </tr>
  );
}

export function Stations() {
  const collator = new Intl.Collator(lang.value, { sensitivity: "base", numeric: true });
  const list = [...stations.value.values()].sort((a, b) => collator.compare(a.name, b.name) || idNumber(a.id) - idNumber(b.id));
  return (
    <main class="place" aria-label={t("places.stations")}>
      <div class="place-head">
        <h1>{t("places.stations")}</h1>
        <p class="counts">
          <span>{t("stations.count", { count: list.length })}</span>
        </p>
        <LogOnHead off={link.value !== "live"} />
        <ScreenHead />
      </div>
      <ScreenNotes />
      <div class="place-body" tabIndex={0} role="region" aria-label={t("stations.list")}>
        {list.length === 0 ? (
          <p class="hint" role="status">
            {t(loaded.value ? "stations.none" : "wall.loading")}
          </p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col" class="pick-cell">
                  <span class="visually-hidden">{t("stations.pick")}</span>
                </th>
                <th scope="col">{t("stations.name")}</th>
                <th scope="col">{t("stations.room")}</th>
                <th scope="col">{t("stations.kind")}</th>
                <th scope="col">{t("stations.address")}</th>
                <th scope="col">{t("stations.link")}</th>
                <th scope="col">{t("stations.scene")}</th>
                <th scope="col">{t("stations.person")}</th>
                <th scope="col">{t("condition.blocked")}</th>
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
        )}
      </div>
      <StationDialog />
      <LogOnDialog />
      <ScreenDialog />
    </main>
  );
}
