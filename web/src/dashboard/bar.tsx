// SPDX-License-Identifier: GPL-3.0-or-later
// The bar at the bottom: always names the target of the acts beside it. Its room is always taken, so
// that the wall does not move when something is selected.

import { t } from "../shared/i18n";
import { canAct, logOffSelected, suspendSelected } from "./actmenu";
import { clear } from "./selection";
import { order, selection, setSelection, tiles } from "./store";
import { wallElement } from "./wall";

export function targetName(): string {
  const ids = selection.value.ids;
  const count = ids.size;
  if (count === 0) return t("bar.none");
  if (count === 1) {
    const s = tiles.get([...ids][0] ?? "")?.session.value;
    return t("bar.one", { name: s?.full_name ?? "" });
  }
  return count === order.value.length ? t("bar.all", { count }) : t("bar.many", { count });
}

export function SelectionBar() {
  const count = selection.value.ids.size;
  const off = !canAct();
  return (
    <section class={count > 0 ? "bar bar-on" : "bar"} aria-label={t("bar.name")}>
      <p class="bar-target" role="status">
        {targetName()}
      </p>
      {count === 0 ? (
        <p class="bar-hint">{order.value.length > 0 ? t("bar.hint") : ""}</p>
      ) : (
        <>
          <div class="bar-acts">
            <button type="button" class="button danger" aria-disabled={off} onClick={() => !off && logOffSelected()}>
              {t("menu.logoff.selected")}
            </button>
            <button type="button" class="button" aria-disabled={off} onClick={() => !off && suspendSelected()}>
              {t("menu.suspend.selected")}
            </button>
          </div>
          <button
            type="button"
            class="icon-button bar-clear"
            aria-label={t("bar.clear")}
            title={t("bar.clear")}
            onClick={() => {
              setSelection(clear(selection.peek()));
              wallElement()?.focus({ preventScroll: true });
            }}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M6 6l12 12M18 6L6 18" />
            </svg>
          </button>
        </>
      )}
    </section>
  );
}
