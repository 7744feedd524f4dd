// SPDX-License-Identifier: GPL-3.0-or-later
// The pixels of this station: its desktop, or what is projected to it, on /ws/station/rfb in the whole
// window. One connection lasts through session, projection and a block of the session; only what
// passes to the other side changes. Keys and pointer pass in a session whose scene says so.

import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Desktop, loadViewer, type Stream } from "../shared/desktop";
import { t } from "../shared/i18n";
import { TouchField } from "./keyboard";
import { takesInput } from "./scene";
import { deaths, link, scene } from "./store";

export const stream = signal<Stream>("opening");
/** Text of the desktop's clipboard, as last seen or sent. */
export const clipboard = signal("");

void loadViewer();

let desktop: Desktop | null = null;

export function focusDesktop(): void {
  desktop?.focus();
}

export function blurDesktop(): void {
  desktop?.blur();
}

export function releaseModifiers(): void {
  desktop?.releaseModifiers();
}

export function sendClipboard(text: string): void {
  clipboard.value = text;
  desktop?.paste(text);
}

function sendKey(keysym: number, down: boolean | null): void {
  desktop?.sendKey(keysym, down);
}

/** Whether the desktop may take the focus from where it is. */
function free(): boolean {
  return !document.querySelector("dialog[open], .scene-card") && !document.activeElement?.closest(".panel");
}

function watch(target: HTMLElement, still: HTMLCanvasElement): () => void {
  const d = new Desktop(target, still, {
    path: "/ws/station/rfb",
    viewOnly: !takesInput(scene.peek()),
    resize: true,
    connected: () => free() && d.focus(),
    clipboard: (text) => (clipboard.value = text),
  });
  desktop = d;
  const seen = deaths.peek();
  const unwatch = [
    effect(() => void (stream.value = d.stream.value)),
    effect(() => {
      if (deaths.value !== seen) d.drop();
    }),
    effect(() => {
      const on = takesInput(scene.value);
      d.viewOnly = !on;
      if (on && free()) d.focus();
    }),
  ];
  return () => {
    for (const u of unwatch) u();
    d.stop();
    desktop = null;
    clipboard.value = "";
    stream.value = "opening";
  };
}

function Overlay({ projected }: { projected: boolean }) {
  const state = stream.value;
  const lost = state === "broken" || link.value === "lost";
  if (!lost && state === "open") return null;
  return (
    <div class={lost ? "overlay" : "overlay overlay-first"} role="status">
      <div class="overlay-card">
        <span class="spinner" aria-hidden="true" />
        <p>
          <strong>{t(lost ? "station.reconnecting" : projected ? "station.opening.picture" : "station.opening")}</strong>
        </p>
        {lost && <p>{t("station.reconnecting.hint")}</p>}
      </div>
    </div>
  );
}

export function Screen({ covered }: { covered: boolean }) {
  const target = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const s = scene.value;
  const session = s?.session ?? "";
  useEffect(
    () => (target.current && still.current ? watch(target.current, still.current) : undefined),
    [session],
  );
  return (
    <div class="screen" data-stream={stream.value} inert={covered}>
      <canvas ref={still} class="still" aria-hidden="true" width={0} height={0} hidden={stream.value === "open"} />
      <div ref={target} class="rfb" />
      {takesInput(s) && <TouchField sendKey={sendKey} />}
      {!covered && <Overlay projected={s?.kind === "projection"} />}
    </div>
  );
}
