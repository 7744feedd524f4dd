// SPDX-License-Identifier: GPL-3.0-or-later
// An ARIA menu with one level of submenus, for the top-left button and the right mouse button alike.
// Keys: arrows, Home, End, Enter, Space, Esc, first letter. A click anywhere else closes it.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Item {
  id: string;
  label: string;
  disabled?: boolean;
  act?: () => void;
  /** A setting: on or off. Choosing it keeps the menu open. */
  checked?: boolean;
  children?: Item[];
  /** A line above this item. */
  divided?: boolean;
}

interface Props {
  label: string;
  items: Item[];
  /** Where its corner goes, in pixels of the window. */
  x: number;
  y: number;
  /** y is where it ends, not where it begins. */
  above?: boolean;
  onClose: (returnFocus: boolean) => void;
}

const MARGIN = 8;

function menuItems(menu: Element | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>(":scope > li > [role^=menuitem]") ?? [])];
}

function focusBy(menu: Element | null, from: Element | null, by: number): void {
  const list = menuItems(menu);
  const at = list.indexOf(from as HTMLElement);
  list[(at + by + list.length) % list.length]?.focus();
}

/** Keeps a menu inside the window. */
function place(e: HTMLElement | null, x: number, y: number): void {
  if (!e) return;
  const w = e.offsetWidth;
  const h = e.offsetHeight;
  e.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - w - MARGIN))}px`;
  e.style.top = `${Math.max(MARGIN, Math.min(y, innerHeight - h - MARGIN))}px`;
}

function Sub({ item, parent, onAct }: { item: Item; parent: HTMLElement; onAct: (i: Item) => void }) {
  const ref = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const r = parent.getBoundingClientRect();
    const w = ref.current?.offsetWidth ?? 0;
    const right = r.right + w + MARGIN <= innerWidth;
    const left = r.left - w - MARGIN >= 0;
    if (right || left) place(ref.current, right ? r.right - 2 : r.left - w + 2, r.top - 6);
    else place(ref.current, r.left + 24, r.bottom);
  }, []);
  return (
    <ul ref={ref} class="menu" role="menu" aria-label={item.label}>
      {item.children?.map((c) => <Row key={c.id} item={c} onAct={onAct} />)}
    </ul>
  );
}

interface RowProps {
  item: Item;
  onAct: (i: Item) => void;
  open?: boolean;
  onOpen?: (focusFirst: boolean) => void;
}

function Row({ item, onAct, open, onOpen }: RowProps) {
  const button = useRef<HTMLButtonElement>(null);
  const sub = item.children !== undefined;
  return (
    <li role="none" class={item.divided ? "divided" : undefined}>
      <button
        ref={button}
        type="button"
        role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
        aria-checked={item.checked}
        tabIndex={-1}
        data-item={item.id}
        aria-disabled={item.disabled ? "true" : undefined}
        aria-haspopup={sub ? "menu" : undefined}
        aria-expanded={sub ? open === true : undefined}
        onClick={() => (sub ? onOpen?.(false) : onAct(item))}
        onPointerMove={(e) => {
          // A menu that opens under a resting mouse gets events without movement: keys keep the focus then.
          if (e.pointerType !== "mouse" || (e.movementX === 0 && e.movementY === 0)) return;
          if (document.activeElement === button.current && (!sub || open)) return;
          button.current?.focus({ preventScroll: true });
          onOpen?.(false);
        }}
      >
        <span>{item.label}</span>
        {item.checked !== undefined && (
          <svg class={item.checked ? "menu-check on" : "menu-check"} viewBox="0 0 24 24" aria-hidden="true">
            <path d="M5 12.500l4.500 4.500L19 7.500" />
          </svg>
        )}
        {sub && <span class="menu-arrow" aria-hidden="true"> ▸</span>}
      </button>
      {sub && open && button.current && <Sub item={item} parent={button.current} onAct={onAct} />}
    </li>
  );
}

export function Menu({ label, items, x, y, above, onClose }: Props) {
  const ref = useRef<HTMLUListElement>(null);
  const [open, setOpen] = useState<string | null>(null);
  const wantFocus = useRef(false);

  useLayoutEffect(() => {
    place(ref.current, x, above ? y - (ref.current?.offsetHeight ?? 0) : y);
    menuItems(ref.current)[0]?.focus();
  }, [x, y]);
  useLayoutEffect(() => {
    if (!wantFocus.current) return;
    wantFocus.current = false;
    menuItems(ref.current?.querySelector("[role=menu]") ?? null)[0]?.focus();
  }, [open]);

  const act = (i: Item) => {
    if (i.disabled) return;
    if (i.checked === undefined) onClose(true);
    i.act?.();
  };
  const openSub = (id: string, focusFirst: boolean) => {
    wantFocus.current = focusFirst;
    if (open === id && focusFirst) {
      wantFocus.current = false;
      menuItems(ref.current?.querySelector("[role=menu]") ?? null)[0]?.focus();
    } else setOpen(id);
  };

  const onKeyDown = (e: KeyboardEvent) => {
    const here = e.target as HTMLElement;
    const menu = here.closest("[role=menu]");
    const inSub = menu !== ref.current;
    const item = here.dataset["item"] ?? "";
    const hasSub = here.getAttribute("aria-haspopup") === "menu";
    const top = () => ref.current?.querySelector<HTMLElement>(`[data-item="${open ?? ""}"]`);
    switch (e.key) {
      case "ArrowDown":
        focusBy(menu, here, 1);
        break;
      case "ArrowUp":
        focusBy(menu, here, -1);
        break;
      case "Home":
        menuItems(menu)[0]?.focus();
        break;
      case "End":
        menuItems(menu).at(-1)?.focus();
        break;
      case "ArrowRight":
        if (hasSub) openSub(item, true);
        break;
      case "ArrowLeft":
        if (inSub) {
          top()?.focus();
          setOpen(null);
        }
        break;
      case "Enter":
      case " ":
        if (hasSub) openSub(item, true);
        else here.click();
        break;
      case "Escape":
        if (inSub) {
          top()?.focus();
          setOpen(null);
        } else onClose(true);
        break;
      case "Tab":
        onClose(true);
        break;
      default: {
        if (e.key.length !== 1 || e.ctrlKey || e.altKey || e.metaKey) return;
        const k = e.key.toLocaleLowerCase();
        const list = menuItems(menu);
        const at = list.indexOf(here);
        const after = [...list.slice(at + 1), ...list.slice(0, at + 1)];
        after.find((m) => m.textContent?.trim().toLocaleLowerCase().startsWith(k))?.focus();
      }
    }
    e.preventDefault();
    e.stopPropagation();
  };

  return (
    <>
      <div
        class="menu-shade"
        onPointerDown={(e) => {
          e.preventDefault();
          onClose(true);
        }}
        onContextMenu={(e) => e.preventDefault()}
      />
      <ul ref={ref} class="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
        {items.map((i) => (
          <Row
            key={i.id}
            item={i}
            onAct={act}
            open={open === i.id}
            onOpen={(focusFirst) => (i.children ? openSub(i.id, focusFirst) : setOpen(null))}
          />
        ))}
      </ul>
    </>
  );
}
