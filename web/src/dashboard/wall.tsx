// SPDX-License-Identifier: GPL-3.0-or-later
// The wall: a listbox of tiles. Owns pointer and keyboard selection; the tiles know nothing of it.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import * as acts from "./actmenu";
import { decline, moreTime } from "./acts";
import { startBand } from "./band";
import { projectToChosen } from "./bar";
import { Menu } from "./menu";
import { choosing, stopChoosing } from "./projections";
import * as sel from "./selection";
import { link, loaded, order, selection, setSelection, shown, size, tiles } from "./store";
import { TileView } from "./tile";
import { view } from "./viewing";

const LONG_PRESS_MS = 500;
const LONG_PRESS_SLACK_PX = 10;

const menuAt = signal<{ x: number; y: number } | null>(null);
/** After a long press, taps add and remove, as in a photo gallery, until nothing is selected. */
let touchMode = false;

export function wallElement(): HTMLElement | null {
  return document.getElementById("wall");
}

function tileIdAt(target: EventTarget | null): string | null {
  const tile = target instanceof Element ? target.closest<HTMLElement>("[role=option]") : null;
  return tile?.dataset["session"] ?? null;
}

function columns(wall: HTMLElement): number {
  return getComputedStyle(wall).gridTemplateColumns.split(" ").length;
}

const keysOf = (e: MouseEvent | KeyboardEvent): sel.Keys => ({
  ctrl: e.ctrlKey || e.metaKey,
  shift: e.shiftKey,
});

function pressTouch(e: PointerEvent): void {
  const id = tileIdAt(e.target);
  if (id === null) return;
  const done = () => {
    clearTimeout(timer);
    removeEventListener("pointermove", moved);
    removeEventListener("pointerup", done);
    removeEventListener("pointercancel", done);
  };
  const moved = (m: PointerEvent) => {
    if (Math.hypot(m.clientX - e.clientX, m.clientY - e.clientY) > LONG_PRESS_SLACK_PX) done();
  };
  const timer = setTimeout(() => {
    done();
    touchMode = true;
    suppressClick = true;
    setSelection(sel.toggle(selection.peek(), id));
    navigator.vibrate?.(15);
  }, LONG_PRESS_MS);
  addEventListener("pointermove", moved);
  addEventListener("pointerup", done);
  addEventListener("pointercancel", done);
}

let suppressClick = false;
let lastPointer = "mouse";

function onPointerDown(e: PointerEvent): void {
  lastPointer = e.pointerType;
  suppressClick = false;
  if (e.pointerType === "touch") {
    pressTouch(e);
    return;
  }
  const wall = wallElement();
  if (e.button !== 0 || !wall) return;
  startBand(e, wall, keysOf(e), () => (suppressClick = true));
}

/** The answers to "I need more time" on a tile, for the pointer; by keys they are given in the results. */
function answered(e: MouseEvent): boolean {
  const answer = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-answer]") : null;
  const id = tileIdAt(answer);
  const job = id === null ? null : tiles.get(id)?.asks.peek();
  if (!answer || id === null || !job) return false;
  const minutes = Number(answer.dataset["answer"]);
  if (minutes > 0) void moreTime(job, [id], minutes * 60_000);
  else decline(job, [id]);
  return true;
}

function onClick(e: MouseEvent): void {
  if (suppressClick) {
    suppressClick = false;
    return;
  }
  if (answered(e)) return;
  const id = tileIdAt(e.target);
  if (id !== null && id === choosing.peek()?.source) return;
  const s = selection.peek();
  if (s.ids.size === 0) touchMode = false;
  if (id === null) {
    if (!e.ctrlKey && !e.shiftKey) setSelection(sel.clear(s));
  } else if (touchMode && lastPointer === "touch") setSelection(sel.toggle(s, id));
  else setSelection(sel.click(s, order.peek(), id, keysOf(e)));
}

function onDoubleClick(e: MouseEvent): void {
  const id = tileIdAt(e.target);
  const onAnswer = e.target instanceof Element && e.target.closest("[data-answer]") !== null;
  if (id === null || onAnswer || choosing.peek() || e.ctrlKey || e.shiftKey) return;
  view(id, "view");
}

function onContextMenu(e: MouseEvent): void {
  e.preventDefault();
  if (choosing.peek()) return;
  if (lastPointer === "touch") return; // a long press selects
  let id = tileIdAt(e.target);
  let { clientX: x, clientY: y } = e;
  if (id === null && e.button !== 2) {
    // The menu key: at the tile where the keyboard is.
    id = selection.peek().current;
    const r = id === null ? undefined : document.getElementById(`tile-${id}`)?.getBoundingClientRect();
    if (r) {
      x = r.left + 24;
      y = r.top + 24;
    }
  }
  if (id !== null) setSelection(sel.pointAt(selection.peek(), id));
  menuAt.value = { x, y };
}

const DIRECTIONS: Record<string, sel.Direction> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "home",
  End: "end",
};

/** One key for what is wanted at once: only while the wall has the focus. */
function onActKey(e: KeyboardEvent, current: string | null): boolean {
  if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return false;
  if (e.key === "Enter") {
    if (choosing.peek()) projectToChosen();
    else if (current !== null) view(current, "view");
  } else if (choosing.peek() || !acts.canAct()) return false;
  else if (e.key === "b" || e.key === "B") acts.blockSelected();
  else if (e.key === "u" || e.key === "U") acts.unblockSelected();
  else return false;
  return true;
}

function onKeyDown(e: KeyboardEvent): void {
  const wall = wallElement();
  const direction = DIRECTIONS[e.key];
  const s = selection.peek();
  if (direction && wall) {
    setSelection(sel.move(s, order.peek(), columns(wall), direction, keysOf(e)));
    const to = selection.peek().current;
    if (to !== null) document.getElementById(`tile-${to}`)?.scrollIntoView({ block: "nearest" });
  } else if (e.key === " " && s.current !== null) {
    setSelection(e.shiftKey ? sel.click(s, order.peek(), s.current, keysOf(e)) : sel.toggle(s, s.current));
  } else if (!onActKey(e, s.current)) return;
  e.preventDefault();
}

/** Ctrl+A and Esc work wherever the focus is, but for text fields, menus and dialogs. */
function onGlobalKey(e: KeyboardEvent): void {
  if (e.defaultPrevented || document.querySelector("dialog[open], .menu, .view")) return;
  if (e.target instanceof Element && e.target.closest("input:not([type=radio]), textarea, select")) return;
  if (e.key === "Escape" && choosing.peek()) {
    stopChoosing();
    wallElement()?.focus({ preventScroll: true });
  } else if (e.key === "Escape") {
    touchMode = false;
    setSelection(sel.clear(selection.peek()));
  } else if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "a") {
    e.preventDefault();
    setSelection(sel.all(selection.peek(), order.peek()));
    wallElement()?.focus({ preventScroll: true });
  }
}

function Placeholder() {
  if (!loaded.value)
    return (
      <div class="empty" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{t("wall.loading")}</p>
      </div>
    );
  return (
    <div class="empty" role="status">
      <svg viewBox="0 0 64 48" aria-hidden="true">
        <rect x="4" y="4" width="56" height="34" rx="4" />
        <path d="M24 45h16M32 38v7" />
      </svg>
      <h2>{t("wall.empty.title")}</h2>
      <p>{t("wall.empty.text")}</p>
    </div>
  );
}

export function Wall() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.addEventListener("keydown", onGlobalKey);
    ref.current?.focus({ preventScroll: true });
    return () => document.removeEventListener("keydown", onGlobalKey);
  }, []);
  const list = shown.value;
  const at = menuAt.value;
  const current = selection.value.current;
  return (
    <main class="wall-area" data-link={link.value}>
      <div
        ref={ref}
        id="wall"
        class={`wall wall-${size.value}${choosing.value ? " choosing" : ""}`}
        role="listbox"
        aria-label={t("wall.name")}
        aria-multiselectable="true"
        aria-activedescendant={current === null ? undefined : `tile-${current}`}
        aria-busy={!loaded.value}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onClick={onClick}
        onDblClick={onDoubleClick}
        onContextMenu={onContextMenu}
        onKeyDown={onKeyDown}
      >
        {list.map((x) => (
          <TileView key={x.id} tile={x} />
        ))}
      </div>
      {list.length === 0 && <Placeholder />}
      {at && (
        <Menu
          label={t("menu.acts")}
          items={acts.actItems()}
          x={at.x}
          y={at.y}
          onClose={() => {
            menuAt.value = null;
            wallElement()?.focus({ preventScroll: true });
          }}
        />
      )}
    </main>
  );
}
