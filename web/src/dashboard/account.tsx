// SPDX-License-Identifier: GPL-3.0-or-later
// Who is signed in here, in which language, and the way out.

import { signal } from "@preact/signals";
import { plainName } from "../shared/format";
import { t } from "../shared/i18n";
import { LanguageSwitch } from "../shared/language";
import { signOut } from "./connection";
import { Drop } from "./drop";
import { me } from "./store";

const open = signal(false);

export function Account() {
  const who = me.value;
  if (!who) return null;
  const name = plainName(who.full_name) || who.user;
  return (
    <Drop
      open={open}
      id="account"
      name={t("account.name", { name })}
      title={t("account.title")}
      class="account-button"
      face={
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 12.500a4.250 4.250 0 1 0 0-8.500 4.250 4.250 0 0 0 0 8.500M4.500 20.500c.8-3.500 3.700-5.500 7.500-5.500s6.700 2 7.500 5.500" />
          </svg>
          <span class="who-name" aria-hidden="true">
            {name}
          </span>
        </>
      }
    >
      <div class="who">
        <h2>{name}</h2>
        <p class="hint">{t("account.role", { account: who.user, role: t(`role.${who.role}`) })}</p>
      </div>
      <div class="account-row">
        <span aria-hidden="true">{t("language.label")}</span>
        <LanguageSwitch />
      </div>
      <button
        type="button"
        class="button wide"
        onClick={() => {
          open.value = false;
          void signOut();
        }}
      >
        {t("menu.signout")}
      </button>
    </Drop>
  );
}
