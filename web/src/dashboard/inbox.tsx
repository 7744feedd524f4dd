// SPDX-License-Identifier: GPL-3.0-or-later
// Who wants something of the supervisor: raised hands, the one waiting longest first, and messages that
// nobody has read. Two buttons of the top bar, each with a list under it.

import { signal } from "@preact/signals";
import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { t } from "../shared/i18n";
import type { ChatMessage, Session } from "../shared/types";
import { answerHands, raised, sessionOfUser, unread } from "./chat";
import { Drop } from "./drop";
import { goTo } from "./place";
import { click } from "./selection";
import { openSide } from "./siding";
import { link, liveSessions, order, selection, setSelection } from "./store";

const handsOpen = signal(false);
const lettersOpen = signal(false);

const NO_KEYS = { ctrl: false, shift: false };

/** Selects a session and brings its tile into view. */
export function showTile(id: string): void {
  goTo("home");
  setSelection(click(selection.peek(), order.peek(), id, NO_KEYS));
  requestAnimationFrame(() => {
    document.getElementById(`tile-${id}`)?.scrollIntoView({ block: "nearest" });
    document.getElementById("wall")?.focus({ preventScroll: true });
  });
}

const Count = ({ of }: { of: number }) => (
  <span class="drop-count" aria-hidden="true">
    {of > 0 ? of : ""}
  </span>
);

function Waiting({ since }: { since: number }) {
  void tick.value;
  return <span class="drop-time">{t("hands.since", { time: countdown(serverNow() - since) })}</span>;
}

function HandRow({ session: s, off }: { session: Session; off: boolean }) {
  return (
    <li class="drop-row" data-session={s.id}>
      <button
        type="button"
        class="drop-who"
        onClick={() => {
          handsOpen.value = false;
          showTile(s.id);
        }}
      >
        <span class="drop-name">{s.full_name}</span>
        <Waiting since={s.hand_ms} />
      </button>
      <button
        type="button"
        class="button small"
        aria-label={t("hands.answered.name", { name: s.full_name })}
        aria-disabled={off}
        onClick={() => !off && void answerHands([s.user])}
      >
        {t("hands.answered")}
      </button>
    </li>
  );
}

export function Hands() {
  const list = raised(liveSessions());
  const off = link.value !== "live";
  return (
    <Drop
      open={handsOpen}
      id="hands"
      name={t("hands.count", { count: list.length })}
      title={t("hands.title")}
      on={list.length > 0}
      face={
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M7 12V6.500a1.500 1.500 0 0 1 3 0V11M10 11V4.500a1.500 1.500 0 0 1 3 0V11M13 11V5.500a1.500 1.500 0 0 1 3 0V12M16 12V8.500a1.500 1.500 0 0 1 3 0V15c0 4-2.500 6.500-6 6.500-3 0-4.500-1.500-6-4l-2.600-4.300a1.500 1.500 0 0 1 2.500-1.600L8 13.500" />
          </svg>
          <Count of={list.length} />
        </>
      }
    >
      <div class="drop-head">
        <h2>{t("hands.title")}</h2>
        {list.length > 1 && (
          <button type="button" class="button small" aria-disabled={off} onClick={() => !off && void answerHands(null)}>
            {t("hands.answered.all")}
          </button>
        )}
      </div>
      {list.length === 0 ? (
        <p class="hint">{t("hands.none")}</p>
      ) : (
        <ol class="drop-list">
          {list.map((s) => (
            <HandRow key={s.id} session={s} off={off} />
          ))}
        </ol>
      )}
    </Drop>
  );
}

function LetterRow({ user, list }: { user: string; list: ChatMessage[] }) {
  const last = list.at(-1);
  const session = sessionOfUser(user);
  return (
    <li class="drop-row">
      <button
        type="button"
        class="drop-who"
        aria-disabled={session === null}
        onClick={() => {
          if (session === null) return;
          lettersOpen.value = false;
          showTile(session);
          openSide(session, "chat");
        }}
      >
        <span class="drop-name">
          {last?.user_name || user}
          <span class="badge drop-unread">{t("letters.unread", { count: list.length })}</span>
        </span>
        <span class="drop-text">{last?.text}</span>
        {session === null && <span class="drop-time">{t("letters.gone")}</span>}
      </button>
    </li>
  );
}

export function Letters() {
  const people = [...unread.value];
  const count = people.reduce((n, [, list]) => n + list.length, 0);
  void liveSessions(); // who comes and goes changes what can be opened
  return (
    <Drop
      open={lettersOpen}
      id="letters"
      name={t("letters.count", { count })}
      title={t("letters.title")}
      on={count > 0}
      face={
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 5h16v11H10l-4.500 4v-4H4z" />
          </svg>
          <Count of={count} />
        </>
      }
    >
      <div class="drop-head">
        <h2>{t("letters.title")}</h2>
      </div>
      {people.length === 0 ? (
        <p class="hint">{t("letters.none")}</p>
      ) : (
        <ul class="drop-list">
          {people.map(([user, list]) => (
            <LetterRow key={user} user={user} list={list} />
          ))}
        </ul>
      )}
    </Drop>
  );
}
