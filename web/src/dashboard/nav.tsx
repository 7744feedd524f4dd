// SPDX-License-Identifier: GPL-3.0-or-later
// The places of the dashboard, as links: back and forward of the browser go from one to the other.

import { t } from "../shared/i18n";
import { place, placeHref, PLACES } from "./place";
import { missingAlarms } from "./local";
import { systemAlarms } from "./status";

export function Places() {
  const alarmsAt: Partial<Record<(typeof PLACES)[number], number>> = { systems: systemAlarms.value.length, stations: missingAlarms.value.length };
  return (
    <nav class="places" aria-label={t("places.name")}>
      {PLACES.map((p) => (
        <a key={p} href={placeHref(p)} aria-current={place.value === p ? "page" : undefined}>
          {t(`places.${p}`)}
          {(alarmsAt[p] ?? 0) > 0 && (
            <span class="badge nav-alarm">
              <span aria-hidden="true">!</span>
              <span class="visually-hidden">, {t("wall.alarms", { count: alarmsAt[p] ?? 0 })}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
