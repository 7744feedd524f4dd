// SPDX-License-Identifier: GPL-3.0-or-later
// What has to be accepted before a session is shown: a text of one line or of several pages. The focus
// stands on the text, so that keys scroll it, a screen reader begins there, and the Return of the password
// accepts nothing.

import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n";
import type { Login } from "./login";
import type { LogOnNotice } from "./types";

interface Props {
  login: Login;
  notice: LogOnNotice;
}

export function Accept({ login, notice }: Props) {
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => text.current?.focus(), [notice]);
  const escape = (e: KeyboardEvent) => {
    if (e.key === "Escape") login.cancel();
  };
  return (
    <section
      class="card accept-card"
      role="dialog"
      aria-labelledby="accept-title"
      aria-describedby="accept-lead"
      onKeyDown={escape}
    >
      <h1 id="accept-title">{t("login.accept.title")}</h1>
      <p id="accept-lead" class="lead">
        {t("login.accept.lead")}
      </p>
      <div
        ref={text}
        class="accept-text"
        role="region"
        aria-labelledby="accept-title"
        tabIndex={0}
        lang={notice.language}
      >
        {notice.text.split(/\n{2,}/).map((p, i) => (
          <p key={i}>{p}</p>
        ))}
      </div>
      <div class="accept-acts">
        <button type="button" class="button primary" onClick={() => void login.accept()}>
          {t("login.accept")}
        </button>
        <button type="button" class="button" onClick={() => login.cancel()}>
          {t("login.refuse")}
        </button>
      </div>
    </section>
  );
}
