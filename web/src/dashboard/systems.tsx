// SPDX-License-Identifier: GPL-3.0-or-later
// Systems: how the host computer is, in words; what is wrong with it comes first, with what to do.

import type { ComponentChildren } from "preact";
import { serverNow } from "../shared/clock";
import { explain } from "../shared/explain";
import { bytes, dayAndTime, fraction, list, percent, t } from "../shared/i18n";
import type { SystemStatus } from "../shared/types";
import { alarmsOf, status, statusError, type SystemAlarm } from "./status";
import { link } from "./store";

function Alarm({ alarm }: { alarm: SystemAlarm }) {
  return (
    <div class="note note-error">
      <strong>{t(`systems.alarm.${alarm}`)}</strong>
      <p>{t(`systems.alarm.${alarm}.todo`)}</p>
    </div>
  );
}

function Memory({ status: s }: { status: SystemStatus }) {
  const used = s.memory_total_kib - s.memory_available_kib;
  const share = s.memory_total_kib > 0 ? used / s.memory_total_kib : 0;
  const text = t("systems.memory.of", { used: bytes(used), total: bytes(s.memory_total_kib), percent: percent(share) });
  return (
    <>
      <span class="systems-bar" aria-hidden="true">
        <span style={{ inlineSize: `${Math.round(share * 100)}%` }} />
      </span>
      {text}
    </>
  );
}

function Card({ status: s }: { status: SystemStatus }) {
  const since = serverNow() - s.uptime_s * 1000;
  const main = s.desktops.find((d) => d.id === s.default_desktop)?.name;
  const facts: [string, ComponentChildren][] = [
    [
      t("systems.sessions"),
      t("systems.sessions.of", {
        sessions: t("wall.count", { count: s.sessions }),
        active: t("wall.active", { count: s.active }),
        suspended: t("wall.suspended", { count: s.suspended }),
      }),
    ],
    [t("systems.stations"), t("stations.count", { count: s.stations })],
    [t("systems.load"), t("systems.load.of", { load: fraction(s.load_percent / 100) })],
    [t("systems.memory"), <Memory key="memory" status={s} />],
    [t("systems.relay"), t(s.relay ? "stations.connected" : "stations.away")],
    [t("systems.since"), dayAndTime(since)],
    [t("systems.desktops"), s.desktops.length > 0 ? list(s.desktops.map((d) => d.name)) : t("systems.desktops.none")],
    ...(main && s.desktops.length > 1 ? [[t("systems.desktop.default"), main] as [string, string]] : []),
    [t("systems.version"), s.version],
  ];
  const alarms = alarmsOf(s);
  return (
    <article class="system" aria-labelledby="system-name">
      <h2 id="system-name">{s.name}</h2>
      <div class="system-alarms" role="alert">
        {alarms.map((a) => (
          <Alarm key={a} alarm={a} />
        ))}
      </div>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

export function Systems() {
  const s = status.value;
  const error = statusError.value;
  const why = error && explain(error);
  return (
    <main class="place" aria-label={t("places.systems")}>
      <div class="place-head">
        <h1>{t("places.systems")}</h1>
        <p class="counts">
          <span>{t("systems.count", { count: 1 })}</span>
        </p>
      </div>
      <div class="place-body plain" tabIndex={0} role="region" aria-label={t("systems.list")}>
        {why && (
          <p class="note note-warn" role="alert">
            {why.reason || why.text}
          </p>
        )}
        {s ? (
          <Card status={s} />
        ) : (
          !why && (
            <p class="hint" role="status">
              {t(link.value === "live" ? "wall.loading" : "link.connecting")}
            </p>
          )
        )}
      </div>
    </main>
  );
}
