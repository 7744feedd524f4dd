// SPDX-License-Identifier: GPL-3.0-or-later
// Which of its faces the dashboard shows, and the line that says how the connection is.

import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { t, type Key } from "../shared/i18n";
import { LoginCard } from "../shared/logincard";
import { Login } from "../shared/login";
import { helpOpen } from "./actmenu";
import { SelectionBar } from "./bar";
import { BlockDialog } from "./blockdialog";
import { ConfirmLogOff } from "./confirm";
import { writing } from "./chat";
import { enter, signOut, unreachable } from "./connection";
import { Help } from "./help";
import { ending, planning } from "./lessons";
import { limiting } from "./limits";
import { lazily } from "./lazy";
import { place } from "./place";
import { closingByName, starting } from "./programs";
import { Results } from "./results";
import { RoomLine } from "./roomline";
import { openSide, side } from "./siding";
import { link, me, selection, signedOut, system } from "./store";
import { TopBar } from "./topbar";
import { viewing } from "./viewing";
import { WriteDialog } from "./write";
import { Wall, wallElement } from "./wall";

const offline = signal(!navigator.onLine);
addEventListener("online", () => (offline.value = false));
addEventListener("offline", () => (offline.value = true));

const login = new Login("dashboard", (reply) => {
  const user = reply.user ?? login.user.peek();
  login.reset();
  login.messages.value = [];
  login.user.value = "";
  enter({ user, uid: -1, full_name: reply.full_name || user, role: reply.role ?? "standard" });
});

const LINK_TEXT: Partial<Record<string, Key>> = {
  lost: "link.lost",
  unavailable: "link.unavailable",
  many: "error.many.title",
};

function LinkLine() {
  const key = offline.value ? "link.offline" : LINK_TEXT[link.value];
  return (
    <div class="link-line" role="status">
      {key && (
        <p>
          <span class="spinner" aria-hidden="true" />
          {t(key)}
          {link.value === "many" && ` ${t("error.many.text")}`}
        </p>
      )}
    </div>
  );
}

function Forbidden() {
  return (
    <main class="login-page">
      <section class="card login-card" aria-labelledby="forbidden-title">
        <h1 id="forbidden-title">{t("error.forbidden.title")}</h1>
        <p class="lead">{t("error.forbidden.text")}</p>
        <button type="button" class="button primary wide" onClick={() => void signOut()}>
          {t("menu.signout")}
        </button>
      </section>
    </main>
  );
}

function Waiting() {
  return (
    <main class="login-page">
      <h1 class="visually-hidden">{t("app.name")}</h1>
      <div class="empty" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{t(unreachable.value ? "error.network" : "link.connecting")}</p>
      </div>
    </main>
  );
}

const Activity = lazily(() => import("./activity").then((m) => m.Activity));
const Systems = lazily(() => import("./systems").then((m) => m.Systems));
const Users = lazily(() => import("./users").then((m) => m.Users));
const Stations = lazily(() => import("./stations").then((m) => m.Stations));
const StationBar = lazily(() => import("./stationbar").then((m) => m.StationBar));
const SidePanel = lazily(() => import("./side").then((m) => m.SidePanel));
const StartDialog = lazily(() => import("./start").then((m) => m.StartDialog));
const CloseDialog = lazily(() => import("./closeall").then((m) => m.CloseDialog));

const LimitDialog = lazily(() => import("./limitdialog").then((m) => m.LimitDialog));
const LessonDialogs = lazily(() => import("./lessondialog").then((m) => m.LessonDialogs));

const PRELOAD_MS = 1000;

/** Alt+Enter on the wall: details of the tile where the keyboard is. */
function onDetailsKey(e: KeyboardEvent): void {
  const current = selection.peek().current;
  if (e.key !== "Enter" || !e.altKey || e.ctrlKey || e.shiftKey || e.metaKey || current === null) return;
  if (document.activeElement?.id !== "wall") return;
  e.preventDefault();
  openSide(current);
}

function Home() {
  useEffect(() => {
    // Who types on after a click must not have to wait for a file.
    const timer = setTimeout(() => [SidePanel, StartDialog, CloseDialog, LessonDialogs, LimitDialog].forEach((part) => part.preload()), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    document.addEventListener("keydown", onDetailsKey);
    return () => document.removeEventListener("keydown", onDetailsKey);
  }, []);
  return (
    <>
      <Wall />
      {side.value && <SidePanel />}
      <SelectionBar />
    </>
  );
}

const Overlay = signal<(() => VNode | null) | null>(null);

/** One desktop in the whole page; its part of the program is fetched when first wanted. */
function Large() {
  const wanted = viewing.value !== null;
  const View = Overlay.value;
  useEffect(() => {
    if (!wanted) return undefined;
    if (!Overlay.peek()) void import("./view").then((m) => (Overlay.value = m.ViewOverlay));
    return () => wallElement()?.focus({ preventScroll: true });
  }, [wanted]);
  return wanted && View ? <View /> : null;
}

export function App() {
  const who = me.value;
  if (who === undefined) return <Waiting />;
  if (who === null)
    return (
      <LoginCard
        login={login}
        title={system.value || t("dashboard.title")}
        lead={t("login.dashboard")}
        notice={signedOut.value ? t("error.signin") : ""}
        doneText={t("link.connecting")}
      />
    );
  if (link.value === "forbidden") return <Forbidden />;
  const where = place.value;
  return (
    <>
      <div class="frame" inert={viewing.value !== null}>
        <header>
          <TopBar />
          {where === "home" && <RoomLine />}
        </header>
        <LinkLine />
        {where === "home" && <Home />}
        {where === "systems" && <Systems />}
        {where === "users" && (
          <>
            <Users />
            {side.value && <SidePanel />}
            <SelectionBar />
          </>
        )}
        {where === "activity" && <Activity />}
        {where === "stations" && (
          <>
            <Stations />
            <StationBar />
          </>
        )}
        <Results />
        <ConfirmLogOff />
        <BlockDialog />
        {starting.value && <StartDialog />}
        {(planning.value || ending.value) && <LessonDialogs />}
        {limiting.value && <LimitDialog />}
        {writing.value && <WriteDialog />}
        {closingByName.value && <CloseDialog />}
        {helpOpen.value && <Help />}
      </div>
      <Large />
    </>
  );
}
