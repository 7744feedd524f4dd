// SPDX-License-Identifier: GPL-3.0-or-later
// The line below the top bar: name of the system, counts, tile size.

import { t, type Key } from "../shared/i18n";
import { SIZES, type TileSize } from "./frame";
import { all } from "./selection";
import { liveSessions, listed, selection, setSelection, size, system } from "./store";

const LETTER: Record<TileSize, string> = { small: "S", medium: "M", large: "L" };

function SizeSwitch() {
  return (
    <div class="segmented" role="radiogroup" aria-label={t("size.name")}>
      {SIZES.map((s) => (
        <label key={s} title={t(`size.${s}`)}>
          <input
            type="radio"
            name="size"
            value={s}
            checked={size.value === s}
            aria-label={t(`size.${s}` as Key)}
            onChange={() => (size.value = s)}
          />
          <span aria-hidden="true">{LETTER[s]}</span>
        </label>
      ))}
    </div>
  );
}

export function RoomLine() {
  const sessions = liveSessions();
  const count = sessions.length;
  const active = sessions.filter((s) => s.state === "active").length;
  const blocked = sessions.filter((s) => s.blocked).length;
  const suspended = sessions.filter((s) => s.state === "suspended").length;
  const allSelected = count > 0 && selection.value.ids.size === count;
  return (
    <div class="toolbar">
      <h1>{system.value || t("wall.name")}</h1>
      <p class="counts">
        <span>{t("wall.count", { count })}</span>
        {active > 0 && <span>{t("wall.active", { count: active })}</span>}
        {blocked > 0 && <span>{t("wall.blocked", { count: blocked })}</span>}
        {suspended > 0 && <span>{t("wall.suspended", { count: suspended })}</span>}
      </p>
      <div class="toolbar-end">
        <button
          type="button"
          class="button quiet"
          aria-disabled={count === 0 || allSelected}
          onClick={() => setSelection(all(selection.peek(), listed.peek()))}
        >
          {t("select.all")}
        </button>
        <SizeSwitch />
      </div>
    </div>
  );
}
