// SPDX-License-Identifier: GPL-3.0-or-later
// Top bar: menu, places, what is in force, who wants something, who is signed in. On a narrow window the
// places are a line of their own.

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { Account } from "./account";
import { mainItems } from "./actmenu";
import { InForce } from "./force";
import { Hands, Letters } from "./inbox";
import { LessonClock } from "./lessonbar";
import { Menu } from "./menu";
import { Places } from "./nav";

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
  return (
    <div class="topbar">
      <MenuButton />
      <div class="brand" title={t("app.name")}>
        <span class="brand-mark" aria-hidden="true" />
        <span class="brand-name">{t("app.name")}</span>
      </div>
      <Places />
      <InForce />
      <LessonClock />
      <Letters />
      <Hands />
      <Account />
    </div>
  );
}
