// SPDX-License-Identifier: GPL-3.0-or-later
// Top bar: menu, name of the product, what is in force, language, who is signed in.

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { LanguageSwitch } from "../shared/language";
import { mainItems } from "./actmenu";
import { InForce } from "./force";
import { Hands, Letters } from "./inbox";
import { Menu } from "./menu";
import { Places } from "./nav";
import { me } from "./store";

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
      <Places />
      <InForce />
      <Letters />
      <Hands />
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
