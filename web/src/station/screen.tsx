// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop: noVNC on /ws/station/rfb in the whole window. When the stream breaks, the last picture
// stays under the overlay and the stream is opened again within 2 s. Lives as long as the scene is
// "session" and shows one and the same session.

import { effect, signal } from "@preact/signals";
import type RFB from "@novnc/novnc";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { TouchField } from "./keyboard";
import { deaths, link, scene } from "./store";

export type Stream = "opening" | "open" | "broken";

export const stream = signal<Stream>("opening");
/** Text of the desktop's clipboard, as last seen or sent. */
export const clipboard = signal("");

const WAIT_MS = [150, 300, 600, 1200];
const module = import("@novnc/novnc");

let rfb: RFB | null = null;

export function focusDesktop(): void {
  rfb?.focus({ preventScroll: true });
}

export function blurDesktop(): void {
  rfb?.blur();
}

export function sendClipboard(text: string): void {
  clipboard.value = text;
  rfb?.clipboardPasteFrom(text);
}

function sendKey(keysym: number): void {
  rfb?.sendKey(keysym, null);
}

function url(): string {
  const u = new URL("/ws/station/rfb", location.href);
  u.protocol = u.protocol === "http:" ? "ws:" : "wss:";
  return u.href;
}

/** Copies the last picture, because noVNC takes its canvas away with the connection. */
function freeze(live: HTMLCanvasElement | null, still: HTMLCanvasElement | null): void {
  if (!live || !still || live.width === 0) return;
  still.width = live.width;
  still.height = live.height;
  still.getContext("2d")?.drawImage(live, 0, 0);
}

function watch(target: HTMLElement, still: HTMLCanvasElement): () => void {
  let stopped = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  stream.value = "opening";

  const open = async () => {
    const { default: Rfb } = await module;
    if (stopped) return;
    const r = new Rfb(target, url(), { shared: true, wsProtocols: ["binary"] });
    const canvas = target.querySelector("canvas");
    rfb = r;
    r.background = "transparent";
    r.scaleViewport = true;
    r.resizeSession = true;
    r.addEventListener("connect", () => {
      failures = 0;
      stream.value = "open";
      if (!document.querySelector("dialog[open]") && !document.activeElement?.closest(".panel")) r.focus();
    });
    r.addEventListener("clipboard", (e) => (clipboard.value = e.detail.text));
    r.addEventListener("disconnect", () => {
      if (rfb === r) rfb = null;
      if (stopped) return;
      freeze(canvas, still);
      stream.value = stream.peek() === "opening" ? "opening" : "broken";
      timer = setTimeout(() => void open(), WAIT_MS[Math.min(failures++, WAIT_MS.length - 1)]);
    });
  };
  void open();
  const seen = deaths.peek();
  const unwatch = effect(() => {
    if (deaths.value !== seen) rfb?.disconnect();
  });

  return () => {
    stopped = true;
    unwatch();
    clearTimeout(timer);
    rfb?.disconnect();
    rfb = null;
    clipboard.value = "";
  };
}

function Overlay() {
  const state = stream.value;
  const lost = state === "broken" || link.value === "lost";
  if (!lost && state === "open") return null;
  return (
    <div class={lost ? "overlay" : "overlay overlay-first"} role="status">
      <div class="overlay-card">
        <span class="spinner" aria-hidden="true" />
        <p>
          <strong>{t(lost ? "station.reconnecting" : "station.opening")}</strong>
        </p>
        {lost && <p>{t("station.reconnecting.hint")}</p>}
      </div>
    </div>
  );
}

export function Screen({ session }: { session: string }) {
  const target = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  useEffect(
    () => (target.current && still.current ? watch(target.current, still.current) : undefined),
    [session],
  );
  const name = scene.value?.full_name ?? "";
  return (
    <main class="screen" data-stream={stream.value} aria-label={t("station.desktop", { name })}>
      <canvas ref={still} class="still" aria-hidden="true" width={0} height={0} hidden={stream.value === "open"} />
      <div ref={target} class="rfb" />
      <TouchField sendKey={sendKey} />
      <Overlay />
    </main>
  );
}
