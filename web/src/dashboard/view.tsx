// SPDX-License-Identifier: GPL-3.0-or-later
// One session in the whole page: looked at, or controlled, with the switch between the two in one
// place. In view mode keys are the page's (Esc closes, arrows go to the neighbours); in control mode
// they are the session's, and Ctrl+Alt+Shift+Q brings the person back here.

import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Desktop, type Stream } from "../shared/desktop";
import { said, t, type Key } from "../shared/i18n";
import type { Session, ViewMode } from "../shared/types";
import { leave } from "./connection";
import { me, order, stations, tiles } from "./store";
import { ended, leavesControl, neighbour, type Ended } from "./viewend";
import { viewing } from "./viewing";

const stream = signal<Stream>("opening");
/** Why there is nothing to see any more, or for the moment (retry). */
const end = signal<Ended | null>(null);
const fit = signal(true);
const full = signal(false);
/** Raised to open the same view once more. */
const attempt = signal(0);

let desktop: Desktop | null = null;

interface KeyboardLock {
  lock?: (keys?: string[]) => Promise<void>;
}

function close(): void {
  desktop?.releaseModifiers();
  if (document.fullscreenElement) void document.exitFullscreen();
  viewing.value = null;
}

function setMode(mode: ViewMode): void {
  const v = viewing.peek();
  if (!v || v.mode === mode) return;
  desktop?.releaseModifiers();
  viewing.value = { ...v, mode };
}

function go(by: 1 | -1): void {
  const v = viewing.peek();
  if (!v || v.mode !== "view") return;
  const next = neighbour(order.peek(), (id) => tiles.get(id)?.session.peek().may.includes("view") ?? false, v.session, by);
  if (next !== null) viewing.value = { session: next, mode: "view" };
}

function toggleFull(root: HTMLElement | null): void {
  if (document.fullscreenElement) {
    void document.exitFullscreen();
    return;
  }
  void root
    ?.requestFullscreen({ navigationUI: "hide" })
    .then(() => (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard?.lock?.())
    .catch(() => undefined); // not allowed here; the page stays as it is
}

function watch(target: HTMLElement, still: HTMLCanvasElement, session: string, mode: ViewMode): () => void {
  end.value = null;
  const d = new Desktop(target, still, {
    path: `/ws/view?${new URLSearchParams({ session, mode }).toString()}`,
    viewOnly: mode === "view",
    resize: false,
    connected: () => {
      end.value = null;
      d.focus();
    },
    closed: (code, reason) => {
      if (code === 4401) leave(true);
      end.value = ended(code, reason);
      return end.value?.retry ?? true;
    },
  });
  desktop = d;
  const unwatch = [
    effect(() => void (stream.value = d.stream.value)),
    effect(() => void (d.fit = fit.value)),
  ];
  return () => {
    for (const u of unwatch) u();
    d.stop();
    if (desktop === d) desktop = null;
  };
}

/** Keys of the page: before noVNC sees them. */
function onKey(e: KeyboardEvent): void {
  const v = viewing.peek();
  if (!v || document.querySelector("dialog[open]")) return;
  const field = e.target instanceof Element && e.target.closest("input") !== null;
  const onDesktop = e.target instanceof Element && e.target.closest(".view-screen") !== null;
  if (leavesControl(e)) close();
  else if (v.mode === "view" && e.key === "Escape") close();
  else if (v.mode === "view" && !field && e.key === "ArrowLeft") go(-1);
  else if (v.mode === "view" && !field && e.key === "ArrowRight") go(1);
  else if (v.mode !== "view" && !onDesktop && e.key === "Escape") desktop?.focus();
  else return;
  e.preventDefault();
  e.stopPropagation();
}

function Notice() {
  const e = end.value;
  const lost = stream.value === "broken" && e === null;
  if (stream.value === "open" || (stream.value === "opening" && e === null))
    return stream.value === "open" ? null : (
      <div class="view-note view-opening" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{t("view.opening")}</p>
      </div>
    );
  return (
    <div class="view-note" role="status">
      {(lost || e?.retry) && <span class="spinner" aria-hidden="true" />}
      <p>
        <strong>{e ? t(`view.end.${e.why}`, { name: e.name }) : t("link.lost")}</strong>
      </p>
      {e?.reason && <p>{said(e.reason)}</p>}
      {e && !e.retry && (
        <div class="view-note-acts">
          {e.why !== "gone" && (
            <button type="button" class="button" onClick={() => (attempt.value = attempt.peek() + 1)}>
              {t("retry")}
            </button>
          )}
          {e.why === "busy" && (
            <button type="button" class="button" onClick={() => setMode("view")}>
              {t("view.only")}
            </button>
          )}
          <button type="button" class="button" onClick={close}>
            {t("close")}
          </button>
        </div>
      )}
    </div>
  );
}

function IconButton({ name, path, onClick, pressed }: {
  name: string;
  path: string;
  onClick: () => void;
  pressed?: boolean;
}) {
  return (
    <button type="button" class="icon-button" aria-label={name} title={name} aria-pressed={pressed} onClick={onClick}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}

function Modes({ mode, mayControl }: { mode: ViewMode; mayControl: boolean }) {
  const control = mode !== "view";
  const choice = (value: boolean, key: Key) => (
    <label>
      <input
        type="radio"
        name="view-mode"
        checked={control === value}
        disabled={value && !mayControl}
        onChange={() => setMode(value ? "control" : "view")}
      />
      <span>{t(key)}</span>
    </label>
  );
  return (
    <>
      <div class="segmented" role="radiogroup" aria-label={t("view.mode")}>
        {choice(false, "view.only")}
        {choice(true, "menu.control")}
      </div>
      {control && (
        <label class="check" title={t("view.exclusive.hint")}>
          <input
            type="checkbox"
            checked={mode === "exclusive"}
            onChange={(e) => setMode(e.currentTarget.checked ? "exclusive" : "control")}
          />
          <span>{t("view.exclusive")}</span>
        </label>
      )}
    </>
  );
}

function Title({ session: s }: { session: Session | undefined }) {
  const where = s?.stations.map((id) => stations.value.get(id)?.name || id).join(", ") || t("tile.nostation");
  const other = s?.controlled && s.controlled_by !== me.value?.full_name ? s.controlled_by : "";
  return (
    <div class="view-title">
      <h2 id="view-title">{s?.full_name ?? ""}</h2>
      <p>
        {where}
        {s?.blocked && ` · ${t("condition.blocked")}`}
        {other && ` · ${t("mark.controlled.by", { name: other })}`}
      </p>
    </div>
  );
}

export function ViewOverlay() {
  const root = useRef<HTMLDivElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const v = viewing.value;
  const session = v?.session ?? "";
  const mode = v?.mode ?? "view";
  useEffect(() => {
    const onFull = () => (full.value = document.fullscreenElement !== null);
    window.addEventListener("keydown", onKey, true);
    document.addEventListener("fullscreenchange", onFull);
    root.current?.focus({ preventScroll: true });
    return () => {
      window.removeEventListener("keydown", onKey, true);
      document.removeEventListener("fullscreenchange", onFull);
    };
  }, []);
  // Another session must not be seen under the name of this one; another mode keeps the picture.
  useEffect(() => {
    if (still.current) still.current.width = still.current.height = 0;
  }, [session]);
  const again = attempt.value;
  useEffect(
    () => (target.current && still.current ? watch(target.current, still.current, session, mode) : undefined),
    [session, mode, again],
  );
  const s = tiles.get(session)?.session.value;
  const control = mode !== "view";
  return (
    <div
      ref={root}
      class={control ? "view view-control" : "view"}
      role="dialog"
      aria-modal="true"
      aria-labelledby="view-title"
      data-mode={mode}
      data-stream={stream.value}
      tabIndex={-1}
    >
      <div class="view-bar">
        {!control && <IconButton name={t("view.previous")} path="M15 5l-7 7 7 7" onClick={() => go(-1)} />}
        {!control && <IconButton name={t("view.next")} path="M9 5l7 7-7 7" onClick={() => go(1)} />}
        <Title session={s} />
        <Modes mode={mode} mayControl={s?.may.includes("control") ?? false} />
        <div class="view-end">
          {control && <span class="view-keys">{t("view.keys")}</span>}
          {control && (
            <button
              type="button"
              class="button"
              onClick={() => {
                desktop?.sendCtrlAltDel();
                desktop?.focus();
              }}
            >
              {t("view.ctrlaltdel")}
            </button>
          )}
          <button type="button" class="button" aria-pressed={!fit.value} onClick={() => (fit.value = !fit.peek())}>
            {t("view.realsize")}
          </button>
          <IconButton
            name={t(full.value ? "station.fullscreen.leave" : "station.fullscreen")}
            path="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"
            pressed={full.value}
            onClick={() => toggleFull(root.current)}
          />
          <IconButton name={t("close")} path="M6 6l12 12M18 6L6 18" onClick={close} />
        </div>
      </div>
      <div class="view-screen">
        <canvas ref={still} class="still" aria-hidden="true" width={0} height={0} />
        <div ref={target} class="rfb" />
        <Notice />
      </div>
    </div>
  );
}
