// SPDX-License-Identifier: GPL-3.0-or-later
// The bar at the bottom: always names the target of the acts beside it. Its room is always taken, so
// that the wall does not move when something is selected. While others are being chosen to see a
// projection it asks for them instead.

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import * as acts from "./actmenu";
import { Menu, type Item } from "./menu";
import { place } from "./place";
import { chosen, choosing, inWindow, projectSession, stopChoosing } from "./projections";
import { clear } from "./selection";
import { link, listed, order, selection, setSelection, tiles } from "./store";
import { wallElement } from "./wall";

const projectAt = signal<{ x: number; y: number } | null>(null);
const limitAt = signal<{ x: number; y: number } | null>(null);
const moreAt = signal<{ x: number; y: number } | null>(null);

function targetOf(ids: ReadonlySet<string>, seen: number, shown: number): string {
  const count = ids.size;
  if (count === 1) {
    const s = tiles.get([...ids][0] ?? "")?.session.value;
    return t("bar.one", { name: s?.full_name ?? "" });
  }
  if (count === order.value.length) return t("bar.all", { count });
  return seen === count && seen === shown ? t("bar.shown", { count }) : t("bar.many", { count });
}

export function targetName(): string {
  const ids = selection.value.ids;
  const count = ids.size;
  if (count === 0) return t("bar.none");
  if (place.value !== "home") return targetOf(ids, -1, 0);
  const shown = listed.value;
  const seen = shown.filter((id) => ids.has(id)).length;
  const target = targetOf(ids, seen, shown.length);
  return seen < count ? t("bar.unseen", { target, count: count - seen }) : target;
}

interface ActProps {
  /** Beside the target a short word is enough; its name is the one of the menus. */
  word: string;
  name?: string;
  off: boolean;
  act: () => void;
  danger?: boolean;
}

export function Act({ word, name, off, act, danger }: ActProps) {
  return (
    <button
      type="button"
      class={danger ? "button danger" : "button"}
      aria-label={name}
      title={name}
      aria-disabled={off}
      onClick={() => !off && act()}
    >
      {word}
    </button>
  );
}

interface OpenerProps {
  word: string;
  items: () => Item[];
  at: Signal<{ x: number; y: number } | null>;
  class?: string;
}

/** A button with a menu above it. */
export function Opener({ word, items, at, class: kind = "" }: OpenerProps) {
  const ref = useRef<HTMLButtonElement>(null);
  const where = at.value;
  const open = () => {
    const r = ref.current?.getBoundingClientRect();
    if (r) at.value = { x: r.left, y: r.top - 4 };
  };
  return (
    <>
      <button ref={ref} type="button" class={`button ${kind}`} aria-haspopup="menu" aria-expanded={where !== null} onClick={open}>
        {word}
        <span class="menu-arrow" aria-hidden="true">
          ▸
        </span>
      </button>
      {where && (
        <Menu
          label={word}
          items={items()}
          x={where.x}
          y={where.y}
          above
          onClose={(back) => {
            at.value = null;
            if (back) ref.current?.focus();
          }}
        />
      )}
    </>
  );
}

/**
 * One line of acts. Those for which there is no room are in the menu "More" only, which always stands at the end:
 * it holds every act, as the right mouse button does, for hands that have no right mouse button.
 */
export function OneLine({ children }: { children: ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  const fit = () => {
    const list = [...(ref.current?.children ?? [])] as HTMLElement[];
    // Never display: none, which would give their room to the next.
    for (const e of list) e.style.visibility = e.offsetTop > (list[0]?.offsetTop ?? 0) ? "hidden" : "";
  };
  useLayoutEffect(fit);
  useLayoutEffect(() => {
    if (!ref.current) return undefined;
    const observer = new ResizeObserver(fit);
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={ref} class="bar-line">
      {children}
    </div>
  );
}

function Acts() {
  const off = !acts.canAct();
  const o = acts.offered.value;
  return (
    <div class="bar-acts">
      <OneLine>
        {(o.block || !o.unblock) && (
          <Act word={t("menu.block")} name={t("menu.block.selected")} off={off} act={acts.blockSelected} />
        )}
        {o.unblock && (
          <Act word={t("menu.unblock")} name={t("menu.unblock.selected")} off={off} act={acts.unblockSelected} />
        )}
        <Act word={t("menu.message")} name={t("menu.message.selected")} off={off || !o.chat} act={acts.messageSelected} />
        <Act word={t("menu.enlarge")} off={off || o.view === null} act={acts.enlargeSelected} />
        <Act word={t("menu.control")} off={off || o.control === null} act={acts.controlSelected} />
        <Opener word={t("menu.project")} items={acts.projectMenu} at={projectAt} />
        <Act word={t("menu.start")} name={t("menu.start.selected")} off={off || !o.start} act={acts.startSelected} />
        <Opener word={t("menu.limit")} items={acts.limitMenu} at={limitAt} />
        {o.unlock.length > 0 && <Act word={t("menu.unlock")} off={off} act={acts.unlockSelected} />}
        <Act word={t("bar.logoff")} name={t("menu.logoff.selected")} off={off} act={acts.logOffSelected} danger />
        <Act word={t("bar.suspend")} name={t("menu.suspend.selected")} off={off} act={acts.suspendSelected} />
      </OneLine>
      <Opener word={t("bar.more")} items={acts.actItems} at={moreAt} class="bar-more" />
    </div>
  );
}

export function projectToChosen(): void {
  const c = choosing.peek();
  const ids = chosen.peek();
  if (!c || ids.length === 0 || link.peek() !== "live") return;
  stopChoosing();
  void projectSession(c.source, ids);
}

function ChoosingBar({ source }: { source: string }) {
  const count = chosen.value.length;
  const name = tiles.get(source)?.session.value.full_name ?? "";
  const away = link.value !== "live";
  const done = (f: () => void) => () => {
    f();
    wallElement()?.focus({ preventScroll: true });
  };
  return (
    <section class="bar bar-on bar-choosing" aria-label={t("bar.name")}>
      <p class="bar-target" role="status">
        {t("choose.who", { name })} {t("choose.count", { count })}
      </p>
      <label class="check">
        <input type="checkbox" checked={inWindow.value} onChange={(e) => (inWindow.value = e.currentTarget.checked)} />
        <span>{t("menu.project.window")}</span>
      </label>
      <div class="bar-acts bar-end">
        <button type="button" class="button primary" aria-disabled={count === 0 || away} onClick={done(projectToChosen)}>
          {t("menu.project")}
        </button>
        <button type="button" class="button" onClick={done(stopChoosing)}>
          {t("cancel")}
        </button>
      </div>
    </section>
  );
}

export function SelectionBar() {
  const c = choosing.value;
  if (c) return <ChoosingBar source={c.source} />;
  const count = selection.value.ids.size;
  return (
    <section class={count > 0 ? "bar bar-on" : "bar"} aria-label={t("bar.name")}>
      <p class="bar-target" role="status">
        {targetName()}
      </p>
      {count === 0 ? (
        <p class="bar-hint">{order.value.length > 0 ? t(place.value === "home" ? "bar.hint" : "bar.hint.list") : ""}</p>
      ) : (
        <>
          <Acts />
          <button
            type="button"
            class="icon-button bar-clear"
            aria-label={t("bar.clear")}
            title={t("bar.clear")}
            onClick={() => {
              setSelection(clear(selection.peek()));
              wallElement()?.focus({ preventScroll: true });
            }}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M6 6l12 12M18 6L6 18" />
            </svg>
          </button>
        </>
      )}
    </section>
  );
}
