// SPDX-License-Identifier: GPL-3.0-or-later
// The station shows its scene and nothing else: the log-in card, or a desktop.

import { effect, signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { Login } from "../shared/login";
import { LoginCard } from "../shared/logincard";
import { NoticeBar } from "./notice";
import { closePanel, Panel } from "./panel";
import { Screen } from "./screen";
import { info, link, ownAct, scene, stationName } from "./store";

// Limits of Login.Start.
const WIDTH = { min: 640, max: 7680 };
const HEIGHT = { min: 480, max: 4320 };
/** After log-in was done and no session came: say so rather than wait for ever. */
const START_PATIENCE_MS = 60_000;

const desktop = signal("");
let patience: ReturnType<typeof setTimeout> | undefined;

const login = new Login("station", () => {
  clearTimeout(patience);
  // The scene may have been faster than this answer.
  if (scene.peek()?.kind === "session") {
    login.reset();
    return;
  }
  patience = setTimeout(() => {
    if (scene.peek()?.kind !== "session") login.reset();
  }, START_PATIENCE_MS);
});

effect(() => {
  if (scene.value?.kind === "session") {
    clearTimeout(patience);
    login.reset();
    login.messages.value = [];
    login.error.value = null;
    login.user.value = "";
    ownAct.value = null;
  } else closePanel();
});

const clamp = (v: number, r: { min: number; max: number }) => Math.min(r.max, Math.max(r.min, Math.round(v)));

function startWith(): Record<string, unknown> {
  const chosen = desktop.peek() || info.peek()?.default_desktop;
  return {
    ...(chosen ? { desktop: chosen } : {}),
    width: clamp(innerWidth, WIDTH),
    height: clamp(innerHeight, HEIGHT),
  };
}

function ownActText(): string {
  return ownAct.value === null ? "" : t(ownAct.value === "suspend" ? "station.suspended" : "station.loggedoff");
}

function DesktopChoice() {
  const i = info.value;
  if (!i || i.desktops.length < 2) return null;
  return (
    <label class="field">
      <span>{t("login.desktop")}</span>
      <select
        name="desktop"
        value={desktop.value || i.default_desktop}
        onChange={(e) => (desktop.value = e.currentTarget.value)}
      >
        {i.desktops.map((d) => (
          <option key={d.id} value={d.id}>
            {d.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Center({ title, text }: { title?: string; text: string }) {
  return (
    <main class="login-page">
      <div class="empty" role="status">
        {title ? <h1>{title}</h1> : <span class="spinner" aria-hidden="true" />}
        <p>{text}</p>
      </div>
    </main>
  );
}

function LinkLost() {
  return (
    <div class="link-line link-float" role="status">
      {link.value === "lost" && (
        <p>
          <span class="spinner" aria-hidden="true" />
          {t("station.reconnecting")}
        </p>
      )}
    </div>
  );
}

export function App() {
  const s = scene.value;
  if (link.value === "forbidden")
    return <Center title={t("station.forbidden.title")} text={t("station.forbidden.text")} />;
  if (link.value === "many" && !s) return <Center title={t("station.many.title")} text={t("station.many.text")} />;
  if (!s) return <Center text={t("station.connecting")} />;
  if (s.kind === "session")
    return (
      <div class="station">
        <Screen session={s.session} />
        <Panel />
        {s.notice && <NoticeBar notice={s.notice} />}
      </div>
    );
  return (
    <>
      <LoginCard
        login={login}
        title={info.value?.system || stationName.value || t("station.title")}
        lead={t("login.station")}
        notice={s.text || ownActText()}
        foot={stationName.value}
        shared
        extra={startWith}
        doneText={t("login.starting")}
      >
        <DesktopChoice />
      </LoginCard>
      <LinkLost />
    </>
  );
}
