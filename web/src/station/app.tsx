// SPDX-License-Identifier: GPL-3.0-or-later
// The station shows its scene and nothing else: the log-in card, a desktop, a projection, the lock or
// the block. Cards lie over the pixels, which stay connected beneath a block.

import { effect, signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { Login } from "../shared/login";
import { LoginCard } from "../shared/logincard";
import type { Scene, SceneBlock } from "../shared/types";
import { BlockCard } from "./block";
import { AutoNote, Enrolment } from "./enrol";
import { Identify } from "./identify";
import { LessonSoon } from "./lesson";
import { LockCard } from "./lock";
import { LimitNews } from "./limit";
import { NoticeBar } from "./notice";
import { closePanel, Panel } from "./panel";
import { hasPixels } from "./scene";
import { Screen } from "./screen";
import { Signs } from "./sign";
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
  if (scene.peek()?.kind !== "greeter") login.reset();
  else patience = setTimeout(() => login.reset(), START_PATIENCE_MS);
});

effect(() => {
  const kind = scene.value?.kind;
  if (kind !== "session") closePanel();
  if (kind === undefined || kind === "greeter") return;
  clearTimeout(patience);
  login.forget();
  ownAct.value = null;
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

function Greeter({ scene: s }: { scene: Scene }) {
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
        above={<AutoNote scene={s} />}
        below={<Enrolment scene={s} />}
      >
        <DesktopChoice />
      </LoginCard>
      <LinkLost />
    </>
  );
}

const NO_BLOCK: SceneBlock = { by: "", message: "", until_ms: 0 };

function Shown() {
  const s = scene.value;
  if (link.value === "forbidden")
    return <Center title={t("station.forbidden.title")} text={t("station.forbidden.text")} />;
  if (link.value === "many" && !s) return <Center title={t("station.many.title")} text={t("station.many.text")} />;
  if (!s) return <Center text={t("station.connecting")} />;
  if (s.kind === "greeter") return <Greeter scene={s} />;
  if (s.kind === "lock")
    return (
      <>
        <LockCard scene={s} />
        {s.notice && <NoticeBar notice={s.notice} />}
        <LinkLost />
      </>
    );
  const block = s.kind === "block" ? (s.block ?? NO_BLOCK) : null;
  const whose = s.kind === "projection" ? s.projection?.full_name : s.full_name;
  return (
    <main class="station" aria-label={whose ? t("station.desktop", { name: whose }) : undefined}>
      {hasPixels(s) && <Screen covered={block !== null} />}
      {s.kind === "session" && <Panel />}
      {s.kind === "session" && <LessonSoon />}
      {block ? (
        <>
          <BlockCard block={block} notice={s.notice ?? null} running={s.session !== ""} />
          <LinkLost />
        </>
      ) : (
        <>
          <Signs sign={s.sign ?? null} projection={s.projection ?? null} />
          {s.notice && <NoticeBar notice={s.notice} />}
          {s.kind === "session" && <LimitNews hit={s.limit_hit ?? "none"} at_ms={s.limit_hit_ms ?? 0} />}
        </>
      )}
    </main>
  );
}

export function App() {
  const shown = scene.value?.identify;
  return (
    <>
      <Shown />
      {shown && <Identify shown={shown} />}
    </>
  );
}
