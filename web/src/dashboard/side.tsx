// SPDX-License-Identifier: GPL-3.0-or-later
// Details of one session beside the wall: who and where, programs, conversation, what was done to it.
// It stays with its session whatever is selected, and names it; it goes when the session does.

import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../shared/api";
import { serverNow, tick } from "../shared/clock";
import { bytes, clockMinutes, duration, percent, t } from "../shared/i18n";
import type { Session } from "../shared/types";
import { unread } from "./chat";
import { Conversation } from "./conversation";
import { UntilText } from "./force";
import { History } from "./history";
import { felt } from "./limits";
import { Programs } from "./running";
import { side, setTab, TABS, wantsField, type Tab } from "./siding";
import { order, stations, tiles } from "./store";
import { condition } from "./summary";
import { wallElement } from "./wall";

const IDLE_EVERY_MS = 5000;
const IDLE_FROM_MS = 60_000; // less is somebody who reads

/** Idle time grows without events; it is asked for while somebody looks. */
function useIdle(session: Session): number {
  const [idle, setIdle] = useState(session.idle_ms);
  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      call<{ session: Session }>("Sessions.Get", { session: session.id })
        .then((r) => setIdle(r.session.idle_ms))
        .catch(() => undefined); // the line stays as it was
    };
    ask();
    const timer = setInterval(ask, IDLE_EVERY_MS);
    return () => clearInterval(timer);
  }, [session.id]);
  return idle;
}

function Since({ session }: { session: Session }) {
  void tick.value;
  const at = Date.parse(session.since);
  if (Number.isNaN(at)) return null;
  return <>{t("side.since", { time: clockMinutes(at), span: duration(serverNow() - at) })}</>;
}

function Facts({ session: s }: { session: Session }) {
  const idle = useIdle(s);
  const where = s.stations.map((id) => stations.value.get(id)?.name || id).join(", ");
  const facts: [string, preact.ComponentChildren][] = [
    [t("side.account"), s.user],
    [t("side.station"), where || t("tile.nostation")],
    [t("side.login"), <Since key="since" session={s} />],
    [t("side.idle"), idle < IDLE_FROM_MS ? t("side.idle.no") : duration(idle)],
    [t("side.cpu"), s.memory_kib > 0 ? percent(s.cpu_permille / 1000) : "–"],
    [t("side.memory"), s.memory_kib > 0 ? bytes(s.memory_kib) : "–"],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What this person reaches of the web. */
function Web({ session: s }: { session: Session }) {
  if (!s.limited) return null;
  const l = felt(s);
  return (
    <div class="side-web">
      <p>
        <span class="chip chip-limited">{t("mark.limited")}</span>
        {l && (
          <>
            {" "}
            {t(`side.web.${l.mode}`, { name: l.by })} <UntilText until_ms={l.until_ms} />
          </>
        )}
      </p>
      {l && (
        <ul class="side-sites" tabIndex={0} aria-label={t("limit.sites")}>
          {l.domains.map((d) => (
            <li key={d}>{d}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Tabs({ tab, session }: { tab: Tab; session: Session }) {
  const ref = useRef<HTMLDivElement>(null);
  const waiting = unread.value.get(session.user)?.length ?? 0;
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    const to = e.key === "Home" ? 0 : e.key === "End" ? TABS.length - 1 : TABS.indexOf(tab) + step;
    if (step === 0 && e.key !== "Home" && e.key !== "End") return;
    e.preventDefault();
    const next = TABS[(to + TABS.length) % TABS.length] ?? tab;
    setTab(next);
    ref.current?.querySelector<HTMLElement>(`#side-tab-${next}`)?.focus();
  };
  return (
    <div ref={ref} class="tabs" role="tablist" aria-label={t("side.name")} onKeyDown={onKeyDown}>
      {TABS.map((x) => (
        <button
          key={x}
          type="button"
          id={`side-tab-${x}`}
          role="tab"
          aria-selected={x === tab}
          aria-controls="side-panel"
          tabIndex={x === tab ? 0 : -1}
          onClick={() => {
            setTab(x);
            if (x === "chat") wantsField.value++;
          }}
        >
          {t(`side.tab.${x}`)}
          {x === "chat" && x !== tab && waiting > 0 && <span class="badge">{waiting}</span>}
        </button>
      ))}
    </div>
  );
}

function close(): void {
  side.value = null;
  wallElement()?.focus({ preventScroll: true });
}

function Body({ session: s, tab }: { session: Session; tab: Tab }) {
  return (
    <div id="side-panel" class="side-body" role="tabpanel" tabIndex={0} aria-labelledby={`side-tab-${tab}`} key={`${s.id} ${tab}`}>
      {tab === "programs" && <Programs session={s} />}
      {tab === "chat" && <Conversation session={s} />}
      {tab === "history" && <History session={s} />}
    </div>
  );
}

export function SidePanel() {
  const ref = useRef<HTMLElement>(null);
  const open = side.value;
  void order.value; // who has gone takes the panel along
  const tile = open ? tiles.get(open.session) : undefined;
  const gone = open !== null && (!tile || tile.gone.value);
  useEffect(() => {
    if (!gone) return;
    const inside = ref.current?.contains(document.activeElement) ?? false;
    side.value = null;
    if (inside) wallElement()?.focus({ preventScroll: true });
  }, [gone]);
  useEffect(() => {
    if (open && open.tab !== "chat") ref.current?.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
  }, [open?.session]);
  if (!open || !tile) return null;
  const s = tile.session.value;
  return (
    <aside
      ref={ref}
      class="side"
      aria-label={t("side.title", { name: s.full_name })}
      data-session={s.id}
      onKeyDown={(e) => {
        if (e.key !== "Escape" || e.defaultPrevented) return;
        e.preventDefault();
        e.stopPropagation();
        close();
      }}
    >
      <div class="side-head">
        <h2>{s.full_name}</h2>
        <span class={`chip chip-${condition(s)}`}>{t(`condition.${condition(s)}`)}</span>
        <button type="button" class="icon-button" aria-label={t("side.close")} title={t("side.close")} onClick={close}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M6 6l12 12M18 6L6 18" />
          </svg>
        </button>
      </div>
      <Facts key={s.id} session={s} />
      <Web session={s} />
      <Tabs tab={open.tab} session={s} />
      <Body session={s} tab={open.tab} />
    </aside>
  );
}
