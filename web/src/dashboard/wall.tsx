// SPDX-License-Identifier: GPL-3.0-or-later
// The wall: a listbox of tiles, of which only those near the window are in the document (viewport.ts). Owns
// pointer and keyboard selection; the tiles know nothing of it.

import { computed, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t, type Key } from "../shared/i18n";
import * as acts from "./actmenu";
import { decline, moreTime } from "./acts";
import { startBand } from "./band";
import { projectToChosen } from "./bar";
import { group, query, room, show } from "./choices";
import { place, type Layout } from "./geometry";
import { Menu } from "./menu";
import { choosing, stopChoosing } from "./projections";
import * as sel from "./selection";
import { link, listed, loaded, order, sections, selection, setSelection, size, tiles, type Section } from "./store";
import { TileView } from "./tile";
import { flat, from, keepAnchor, lines, measures, observeWall, page, plan, positions, reveal, to } from "./viewport";
import { view } from "./viewing";

const LONG_PRESS_MS = 500;
const LONG_PRESS_SLACK_PX = 10;

const currentId = computed(() => selection.value.current);
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
  const heading = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-group]") : null;
  const part = heading && sections.peek().find((x) => x.key === heading.dataset["group"]);
  if (part) {
    selectPart(part, keysOf(e));
    return;
  }
  const id = tileIdAt(e.target);
  if (id !== null && id === choosing.peek()?.source) return;
  const s = selection.peek();
  if (s.ids.size === 0) touchMode = false;
  if (id === null) {
    if (!e.ctrlKey && !e.shiftKey) setSelection(sel.clear(s));
  } else if (touchMode && lastPointer === "touch") setSelection(sel.toggle(s, id));
  else setSelection(sel.click(s, listed.peek(), id, keysOf(e)));
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
    id = currentListed();
    if (id !== null) reveal(id);
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
  PageUp: "pageup",
  PageDown: "pagedown",
};

/** Where the keyboard is, unless a search keeps that tile off the wall. */
function currentListed(): string | null {
  const id = selection.peek().current;
  return id !== null && positions.peek().has(id) ? id : null;
}

function selectGroupOf(id: string | null): void {
  const part = sections.peek().find((x) => x.tiles.some((tile) => tile.id === id));
  if (part) selectPart(part, { ctrl: true, shift: false });
}

/** One key for what is wanted at once: only while the wall has the focus. */
function onActKey(e: KeyboardEvent, current: string | null): boolean {
  if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return false;
  if (e.key === "Enter") {
    if (choosing.peek()) projectToChosen();
    else if (current !== null) view(current, "view");
  } else if (choosing.peek() || !acts.canAct()) return false;
  else if (e.key === "b" || e.key === "B") acts.blockSelected();
  else if (e.key === "u" || e.key === "U") acts.unblockSelected();
  else if (e.key === "g" || e.key === "G") selectGroupOf(current);
  else return false;
  return true;
}

function onKeyDown(e: KeyboardEvent): void {
  let direction = DIRECTIONS[e.key];
  if (direction && getComputedStyle(e.currentTarget as HTMLElement).direction === "rtl")
    direction = direction === "left" ? "right" : direction === "right" ? "left" : direction;
  const s = selection.peek();
  const current = currentListed();
  if (direction) {
    setSelection(sel.move(s, listed.peek(), lines.peek(), direction, keysOf(e), page()));
    const next = selection.peek().current;
    if (next !== null) reveal(next);
  } else if (e.key === " " && current !== null) {
    setSelection(e.shiftKey ? sel.click(s, listed.peek(), current, keysOf(e)) : sel.toggle(s, current));
  } else if (!onActKey(e, current)) return;
  e.preventDefault();
}

/** Ctrl+A, Esc and / work wherever the focus is, but for text fields, menus and dialogs. */
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
    setSelection(sel.all(selection.peek(), listed.peek()));
    wallElement()?.focus({ preventScroll: true });
  } else if (e.key === "/" && !e.ctrlKey && !e.altKey && !e.metaKey) {
    e.preventDefault();
    document.getElementById("search")?.focus();
  }
}

/** Sessions there are, but search or "active" keeps all of them off the wall. */
function NothingShown() {
  return (
    <div class="empty">
      <h2>
        {query.value
          ? t("search.nothing", { text: query.value })
          : room.value
            ? t("room.nothing", { name: room.value })
            : t("show.nothing")}
      </h2>
      <button
        type="button"
        class="button"
        onClick={() => {
          query.value = room.value = "";
          show.value = "all";
          wallElement()?.focus({ preventScroll: true });
        }}
      >
        {t("show.everything")}
      </button>
    </div>
  );
}

function Placeholder() {
  if (!loaded.value)
    return (
      <div class="empty" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{t("wall.loading")}</p>
      </div>
    );
  if (order.value.length > 0) return <NothingShown />;
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

function headingOf(section: Section): string {
  const first = section.tiles[0]?.session.peek();
  switch (group.value) {
    case "room":
      return section.key || t("room.none");
    case "user":
      return first?.full_name ?? section.key;
    case "station":
      return section.key || t("tile.nostation");
    case "state":
      return t(`condition.${section.key}` as Key);
    case "kind":
      return t(`kind.${section.key}` as Key);
    default:
      return first?.program || t("program.none");
  }
}

const idsOf = (section: Section) => section.tiles.filter((x) => !x.gone.value).map((x) => x.id);

/** Selects what stands under a heading. By keys: G, for the tile where the keyboard is. */
function selectPart(section: Section, keys: sel.Keys): void {
  const adds = keys.ctrl || keys.shift || (touchMode && lastPointer === "touch");
  setSelection(sel.group(selection.peek(), idsOf(section), adds));
}

/** How much of a group is selected: its mark. */
function GroupMark({ section }: { section: Section }) {
  const ids = idsOf(section);
  const count = ids.filter((id) => selection.value.ids.has(id)).length;
  return (
    <svg class="group-mark" data-selected={count === 0 ? "none" : count < ids.length ? "some" : "all"} viewBox="0 0 24 24">
      <path d={count > 0 && count < ids.length ? "M6 12h12" : "M5 12.500l4.500 4.500L19 7.500"} />
    </svg>
  );
}

interface PartProps {
  section: Section;
  /** Index of its first tile in the wall. */
  first: number;
  index: number;
  l: Layout;
}

/** What stands under one heading, as far as it is near the window. The tile with the keyboard is always there. */
function Part({ section, first, index, l }: PartProps) {
  const headed = group.value !== "none";
  const top = headed ? (l.headings[index] ?? 0) : 0;
  const next = l.headings[index + 1];
  const height = next === undefined ? l.total - top : next - top;
  const count = section.tiles.length;
  const a = Math.max(0, from.value - first);
  const b = Math.min(count, to.value - first);
  const near = Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i);
  const at = section.tiles.findIndex((x) => x.id === currentId.value);
  if (at >= 0 && (at < a || at >= b)) near.push(at);
  if (near.length === 0) return null;
  const gap = measures.value?.gap ?? 0;
  const id = `part-${index}`;
  return (
    <div
      class="wall-part"
      role={headed ? "group" : "presentation"}
      aria-labelledby={headed ? id : undefined}
      style={{ top, height }}
    >
      {headed && (
        <div class="wall-heading" aria-hidden="true" title={t("group.select")} data-group={section.key}>
          <GroupMark section={section} />
          <span id={id}>
            {headingOf(section)} <span class="wall-heading-count">{count}</span>
          </span>
        </div>
      )}
      {near.map((i) => {
        const x = section.tiles[i];
        const p = place(l, first + i, gap);
        if (!x || !p) return null;
        return <TileView key={x.id} tile={x} x={p.x} y={p.y - top} width={p.width} height={p.height} position={positions.value.get(x.id) ?? 0} of={positions.value.size} />;
      })}
    </div>
  );
}

function Parts() {
  const l = plan.value;
  useLayoutEffect(keepAnchor, [l]);
  if (!l) return null;
  let first = 0;
  return (
    <>
      {sections.value.map((s, index) => {
        const at = first;
        first += s.tiles.length;
        return <Part key={s.key} section={s} first={at} index={index} l={l} />;
      })}
    </>
  );
}

export function Wall() {
  const area = useRef<HTMLElement>(null);
  const ref = useRef<HTMLDivElement>(null);
  const sizer = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLDivElement>(null);
  useLayoutEffect(
    () =>
      area.current && sizer.current && probe.current
        ? observeWall({ scroller: area.current, sizer: sizer.current, probe: probe.current })
        : undefined,
    [],
  );
  useEffect(() => {
    document.addEventListener("keydown", onGlobalKey);
    ref.current?.focus({ preventScroll: true });
    return () => document.removeEventListener("keydown", onGlobalKey);
  }, []);
  const empty = flat.value.length === 0;
  const at = menuAt.value;
  const current = currentId.value;
  return (
    <main ref={area} class="wall-area" data-link={link.value}>
      <div
        ref={ref}
        id="wall"
        class={`wall wall-${size.value}${choosing.value ? " choosing" : ""}${empty ? " wall-empty" : ""}`}
        role="listbox"
        aria-label={t("wall.name")}
        aria-multiselectable="true"
        aria-activedescendant={current !== null && positions.value.has(current) ? `tile-${current}` : undefined}
        aria-busy={!loaded.value}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onClick={onClick}
        onDblClick={onDoubleClick}
        onContextMenu={onContextMenu}
        onKeyDown={onKeyDown}
      >
        <div ref={sizer} class="wall-sizer" role="presentation" style={{ height: plan.value?.total ?? 0 }}>
          <div ref={probe} class="wall-probe" aria-hidden="true" />
          <Parts />
        </div>
      </div>
      {empty && <Placeholder />}
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
