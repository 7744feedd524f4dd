// SPDX-License-Identifier: GPL-3.0-or-later
// The places of the dashboard, as links: back and forward of the browser go from one to the other.

import { t } from "../shared/i18n";
import { place, placeHref, PLACES } from "./place";
import { systemAlarms } from "./status";

export function Places() {
  const alarms = systemAlarms.value.length;
  return (
    <nav class="places" aria-label={t("places.name")}>
      {PLACES.map((p) => (
        <a key={p} href={placeHref(p)} aria-current={place.value === p ? "page" : undefined}>
          {t(`places.${p}`)}
          {p === "systems" && alarms > 0 && (
            <span class="badge nav-alarm">
              <span aria-hidden="true">!</span>
              <span class="visually-hidden">, {t("wall.alarms", { count: alarms })}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
