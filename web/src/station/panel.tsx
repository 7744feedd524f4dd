// SPDX-License-Identifier: GPL-3.0-or-later
// The thin handle at the top edge and the panel under it: raise hand, messages, lock, suspend, log off, full
// screen, clipboard. The handle says when something unread is behind it.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../shared/dialog";
import { t } from "../shared/i18n";
import { LanguageSwitch } from "../shared/language";
import { HandButton, Messages, reading, Toast, unread, wantsField } from "./chat";
import { TouchKeyboard } from "./keyboard";
import { LessonRow, WebRow } from "./lesson";
import { blurDesktop, clipboard, focusDesktop, releaseModifiers, sendClipboard } from "./screen";
import { act, scene, stationName, type Act } from "./store";

const open = signal(false);
const confirming = signal(false);
const failed = signal(false);
const fullscreen = signal(false);

document.addEventListener("fullscreenchange", () => {
  fullscreen.value = document.fullscreenElement !== null;
});

interface KeyboardLock {
  lock?: () => Promise<void>;
}

async function toggleFullscreen(): Promise<void> {
  close();
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return;
  }
  try {
    await document.documentElement.requestFullscreen({ navigationUI: "hide" });
    // Where the browser allows it, Alt+Tab, Esc and the like go to the desktop, too.
    await (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard?.lock?.();
  } catch {
    // Not allowed here; the page stays as it is.
  }
}

function close(): void {
  open.value = false;
  failed.value = false;
  focusDesktop();
}

function answer(): void {
  wantsField.value++;
  open.value = true;
}

export function closePanel(): void {
  open.value = false;
  confirming.value = false;
  failed.value = false;
}

function order(what: Act): void {
  confirming.value = false;
  failed.value = !act(what);
  open.value = failed.value;
}

function ConfirmLogOff() {
  return (
    <Dialog title={t("station.logoff.title")} onClose={() => (confirming.value = false)}>
      <div class="dialog-body">
        <p class="note note-warn">
          <strong>{t("station.logoff.text")}</strong>
        </p>
      </div>
      <div class="dialog-acts">
        <button type="button" class="button" data-focus onClick={() => (confirming.value = false)}>
          {t("cancel")}
        </button>
        <button type="button" class="button danger solid" onClick={() => order("logoff")}>
          {t("station.logoff")}
        </button>
      </div>
    </Dialog>
  );
}

function Clipboard() {
  return (
    <label class="field">
      <span>{t("station.clipboard")}</span>
      <textarea
        rows={3}
        value={clipboard.value}
        aria-describedby="clipboard-hint"
        spellcheck={false}
        onInput={(e) => sendClipboard(e.currentTarget.value)}
      />
      <span id="clipboard-hint" class="hint">
        {t("station.clipboard.hint")}
      </span>
    </label>
  );
}

/** The panel by keys alone, as at stations without a page; everything else goes to the desktop. */
function onKey(e: KeyboardEvent): void {
  if (e.key !== "Home" || !e.ctrlKey || !e.altKey || e.shiftKey || e.metaKey) return;
  e.preventDefault();
  e.stopPropagation();
  releaseModifiers();
  if (open.peek()) close();
  else open.value = true;
}

function PanelBody() {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    blurDesktop();
    if (wantsField.peek() === 0) ref.current?.querySelector("button")?.focus();
    return () => void (wantsField.value = 0);
  }, []);
  const s = scene.value;
  return (
    <section
      ref={ref}
      id="panel"
      class="panel"
      aria-label={t("station.panel")}
      onKeyDown={(e) => {
        e.stopPropagation();
        if (e.key === "Escape") close();
      }}
    >
      <div class="panel-head">
        <div class="who who-left">
          <span class="who-name">{s?.full_name || s?.user}</span>
          <span class="who-role">{stationName.value}</span>
        </div>
        <LanguageSwitch />
      </div>
      <LessonRow />
      <WebRow />
      {failed.value && (
        <p class="note note-error" role="alert">
          {t("station.act.failed")}
        </p>
      )}
      <div class="panel-acts">
        <HandButton onAct={(sent) => (failed.value = !sent)} />
        <button type="button" class="button" title={t("station.lock.hint")} onClick={() => order("lock")}>
          {t("station.lock")}
        </button>
        <button type="button" class="button" title={t("station.suspend.hint")} onClick={() => order("suspend")}>
          {t("station.suspend")}
        </button>
        <button type="button" class="button danger" onClick={() => (confirming.value = true)}>
          {t("station.logoff")}
        </button>
        <button type="button" class="button" aria-pressed={fullscreen.value} onClick={() => void toggleFullscreen()}>
          {t(fullscreen.value ? "station.fullscreen.leave" : "station.fullscreen")}
        </button>
        <TouchKeyboard onOpen={close} />
      </div>
      <Messages onLost={() => (failed.value = true)} />
      <Clipboard />
    </section>
  );
}

export function Panel() {
  useEffect(() => {
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, []);
  return (
    <>
      <div class={open.value ? "handle-area open" : "handle-area"}>
        <button
          type="button"
          class="handle"
          aria-label={unread.value > 0 ? t("station.handle.unread", { count: unread.value }) : t("station.handle")}
          title={t("station.handle.hint")}
          aria-expanded={open.value}
          aria-controls={open.value ? "panel" : undefined}
          onClick={() => (open.value ? close() : (open.value = true))}
        >
          <span class={unread.value > 0 ? "handle-mark unread" : "handle-mark"} aria-hidden="true" />
        </button>
        {open.value && <PanelBody />}
      </div>
      {open.value && <div class="panel-shade" onPointerDown={close} />}
      {!open.value && !reading.value && <Toast onAnswer={answer} />}
      {confirming.value && <ConfirmLogOff />}
    </>
  );
}
