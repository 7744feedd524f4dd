// SPDX-License-Identifier: GPL-3.0-or-later
// The bar below the list of stations: names what is chosen, and offers the acts most wanted; all are under "More".

import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { Act, OneLine, Opener } from "./bar";
import { chosen, identify, nameOf, picked } from "./local";
import { dialog, isAdministrator, mayBlock, mayName, setBlocked, stationItems } from "./stationmenu";
import { link, stations } from "./store";

const moreAt = signal<{ x: number; y: number } | null>(null);

function target(): string {
  const list = picked.value;
  const [only] = list;
  if (!only) return t("bar.none");
  if (list.length === 1) return t("bar.one", { name: nameOf(only) });
  return t(list.length === stations.value.size ? "bar.all" : "bar.many", { count: list.length });
}

function Acts() {
  const list = picked.value;
  const off = link.value !== "live";
  const open = list.filter((s) => !s.blocked && mayBlock(s));
  const blocked = list.filter((s) => s.blocked);
  const connected = list.filter((s) => s.connected).map((s) => s.id);
  const named = list.filter(mayName).map((s) => s.id);
  const all = list.map((s) => s.id);
  return (
    <div class="bar-acts">
      <OneLine>
        {(open.length > 0 || blocked.length === 0) && (
          <Act word={t("menu.block")} name={t("stations.block.chosen")} off={off || open.length === 0} act={() => void setBlocked(open, true)} />
        )}
        {blocked.length > 0 && <Act word={t("menu.unblock")} name={t("stations.unblock.chosen")} off={off} act={() => void setBlocked(blocked, false)} />}
        <Act word={t("logon.act")} name={t("logon.chosen")} off={off || connected.length === 0} act={() => (dialog.value = { what: "logon", stations: connected })} />
        {isAdministrator() && (
          <Act word={t("auto.act")} name={t("auto.chosen")} off={off || !list.some((s) => s.enrolment === "enrolled")} act={() => (dialog.value = { what: "auto", stations: all })} />
        )}
        <Act word={t("station.identify")} name={t("station.identify.chosen")} off={off || named.length === 0} act={() => void identify(named, true)} />
      </OneLine>
      <Opener word={t("bar.more")} items={() => stationItems(picked.peek())} at={moreAt} class="bar-more" />
    </div>
  );
}

export function StationBar() {
  const count = picked.value.length;
  return (
    <section class={count > 0 ? "bar bar-on" : "bar"} aria-label={t("bar.name")}>
      <p class="bar-target" role="status">
        {target()}
      </p>
      {count === 0 ? (
        <p class="bar-hint">{stations.value.size > 0 ? t("stations.hint") : ""}</p>
      ) : (
        <>
          <Acts />
          <button
            type="button"
            class="icon-button bar-clear"
            aria-label={t("bar.clear")}
            title={t("bar.clear")}
            onClick={() => {
              chosen.value = new Set();
              document.getElementById("stations")?.focus({ preventScroll: true });
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
