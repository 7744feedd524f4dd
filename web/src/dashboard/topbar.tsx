// SPDX-License-Identifier: GPL-3.0-or-later
// Top bar (menu, name of the product, what is in force, language, who is signed in) and the line below it (name of the
// system, counts, tile size).

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t, type Key } from "../shared/i18n";
import { LanguageSwitch } from "../shared/language";
import { mainItems } from "./actmenu";
import { InForce } from "./force";
import { SIZES, type TileSize } from "./frame";
import { Menu } from "./menu";
import { all } from "./selection";
import { liveSessions, me, order, selection, setSelection, size, system } from "./store";

const menuAt = signal<{ x: number; y: number } | null>(null);

function MenuButton() {
  const ref = useRef<HTMLButtonElement>(null);
  const at = menuAt.value;
  const open = () => {
    const r = ref.current?.getBoundingClientRect();
    if (r) menuAt.value = { x: r.left, y: r.bottom + 4 };
  };
  return (
    <>
      <button
        ref={ref}
        type="button"
        class="icon-button"
        id="menu-button"
        aria-label={t("menu.name")}
        title={t("menu.name")}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        onClick={open}
        onKeyDown={(e) => {
          if (e.key !== "ArrowDown") return;
          e.preventDefault();
          open();
        }}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 7h16M4 12h16M4 17h16" />
        </svg>
      </button>
      {at && (
        <Menu
          label={t("menu.name")}
          items={mainItems()}
          x={at.x}
          y={at.y}
          onClose={(back) => {
            menuAt.value = null;
            if (back) ref.current?.focus();
          }}
        />
      )}
    </>
  );
}

export function TopBar() {
  const who = me.value;
  return (
    <div class="topbar">
      <MenuButton />
      <div class="brand">
        <span class="brand-mark" aria-hidden="true" />
        <span>{t("app.name")}</span>
      </div>
      <InForce />
      <LanguageSwitch />
      {who && (
        <div class="who">
          <span class="who-name">{who.full_name || who.user}</span>
          <span class="who-role">{t(`role.${who.role}`)}</span>
        </div>
      )}
    </div>
  );
}

const LETTER: Record<TileSize, string> = { small: "S", medium: "M", large: "L" };

function SizeSwitch() {
  return (
    <div class="segmented" role="radiogroup" aria-label={t("size.name")}>
      {SIZES.map((s) => (
        <label key={s} title={t(`size.${s}`)}>
          <input
            type="radio"
            name="size"
            value={s}
            checked={size.value === s}
            aria-label={t(`size.${s}` as Key)}
            onChange={() => (size.value = s)}
          />
          <span aria-hidden="true">{LETTER[s]}</span>
        </label>
      ))}
    </div>
  );
}

export function ToolBar() {
  const sessions = liveSessions();
  const count = sessions.length;
  const active = sessions.filter((s) => s.state === "active").length;
  const blocked = sessions.filter((s) => s.blocked).length;
  const suspended = sessions.filter((s) => s.state === "suspended").length;
  const allSelected = count > 0 && selection.value.ids.size === count;
  return (
    <div class="toolbar">
      <h1>{system.value || t("wall.name")}</h1>
      <p class="counts">
        <span>{t("wall.count", { count })}</span>
        {active > 0 && <span>{t("wall.active", { count: active })}</span>}
        {blocked > 0 && <span>{t("wall.blocked", { count: blocked })}</span>}
        {suspended > 0 && <span>{t("wall.suspended", { count: suspended })}</span>}
      </p>
      <div class="toolbar-end">
        <button
          type="button"
          class="button quiet"
          aria-disabled={count === 0 || allSelected}
          onClick={() => setSelection(all(selection.peek(), order.peek()))}
        >
          {t("select.all")}
        </button>
        <SizeSwitch />
      </div>
    </div>
  );
}
