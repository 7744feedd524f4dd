// SPDX-License-Identifier: GPL-3.0-or-later
// Users: the people who are there, and those who are blocked or limited without being there. What is selected here is
// selected on the wall: an act on a person is the act on their sessions, with the same words in the same menu.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../shared/api";
import { serverNow, tick } from "../shared/clock";
import { plainName } from "../shared/format";
import { clockMinutes, duration, lang, t } from "../shared/i18n";
import type { Session, Target } from "../shared/types";
import { actItems } from "./actmenu";
import { terms } from "./arrange";
import { blocks, blocksSoon } from "./blocks";
import { order } from "./entries";
import { showTile } from "./inbox";
import { freeUser, limits, limitsSoon } from "./limits";
import { Menu } from "./menu";
import { fits, peopleOf, type Person } from "./people";
import { Search } from "./search";
import { clear, group } from "./selection";
import { link, liveSessions, loaded, selection, setSelection, stations } from "./store";
import { condition } from "./summary";

const BLOCKS_EVERY_MS = 5000;

const text = signal("");
const menuAt = signal<{ x: number; y: number; user: string } | null>(null);

const idsOf = (p: Person) => p.sessions.map((s) => s.id);

async function unblockAway(p: Person): Promise<void> {
  await order({
    act: "unblock",
    expected: [{ session: "", user: p.user, full_name: p.full_name, state: "asking", reason: "" }],
    run: async () => (await call<{ targets: Target[] }>("Blocks.Unblock", { users: [p.user] })).targets,
    again: () => void unblockAway(p),
  });
  blocksSoon();
}

/** What the menu acts on: this person, or all that are selected if this person is among them. */
function openMenu(p: Person, x: number, y: number): void {
  const ids = idsOf(p);
  if (ids.length === 0) return;
  if (!ids.every((id) => selection.peek().ids.has(id))) setSelection(group(clear(selection.peek()), ids, false));
  menuAt.value = { x, y, user: p.user };
}

const actsId = (user: string) => `acts-${user}`;

function SessionLine({ session: s }: { session: Session }) {
  const how = condition(s);
  return (
    <li>
      <button type="button" class="link" aria-label={t("users.show", { name: plainName(s.full_name), state: t(`condition.${how}`) })} onClick={() => showTile(s.id)}>
        <span class={`chip chip-${how}`}>{t(`condition.${how}`)}</span>
      </button>
    </li>
  );
}

function stationText(s: Session): string {
  const names = s.stations.map((id) => stations.value.get(id)?.name || id).join(", ") || t("tile.nostation");
  return s.room ? t("users.station", { station: names, room: s.room }) : names;
}

function Since({ session: s }: { session: Session }) {
  void tick.value;
  const at = Date.parse(s.since);
  if (Number.isNaN(at)) return <li>–</li>;
  return (
    <li>
      {clockMinutes(at)} <span class="since-span">({duration(serverNow() - at)})</span>
    </li>
  );
}

function Signs({ person: p }: { person: Person }) {
  void tick.value;
  return (
    <>
      {p.hand_ms > 0 && <li class="sign-hand">{t("tile.hand.label", { time: duration(Math.max(0, serverNow() - p.hand_ms)) })}</li>}
      {p.blocked && p.sessions.length === 0 && (
        <li>
          <span class="chip chip-blocked">{t("condition.blocked")}</span>
        </li>
      )}
      {p.limited && (
        <li>
          <span class="chip chip-limited">{t("mark.limited")}</span>
        </li>
      )}
    </>
  );
}

function Acts({ person: p }: { person: Person }) {
  const off = link.value !== "live";
  if (p.sessions.length === 0)
    return (
      <>
        {p.blocked && (
          <button
            type="button"
            class="button small"
            aria-label={t("users.unblock.name", { name: p.full_name })}
            aria-disabled={off}
            onClick={() => !off && void unblockAway(p)}
          >
            {t("menu.unblock")}
          </button>
        )}
        {p.limited && (
          <button
            type="button"
            class="button small"
            aria-label={t("users.free.name", { name: p.full_name })}
            aria-disabled={off}
            onClick={() => !off && void freeUser(p.user, p.full_name)}
          >
            {t("menu.free")}
          </button>
        )}
      </>
    );
  return (
    <button
      type="button"
      id={actsId(p.user)}
      class="button small"
      aria-haspopup="menu"
      aria-expanded={menuAt.value?.user === p.user}
      aria-label={t("users.acts.name", { name: p.full_name })}
      onClick={(e) => {
        const r = e.currentTarget.getBoundingClientRect();
        openMenu(p, r.left, r.bottom + 4);
      }}
    >
      {t("users.acts")}
      <span class="menu-arrow" aria-hidden="true">
        ▸
      </span>
    </button>
  );
}

function Row({ person: p }: { person: Person }) {
  const ids = idsOf(p);
  const chosen = ids.filter((id) => selection.value.ids.has(id)).length;
  return (
    <tr
      data-user={p.user}
      class={chosen > 0 ? "selected" : undefined}
      onContextMenu={(e) => {
        if (ids.length === 0) return;
        e.preventDefault();
        openMenu(p, e.clientX, e.clientY);
      }}
    >
      <td class="pick-cell">
        {ids.length > 0 && (
          <label class="pick-box">
            <input
              type="checkbox"
              aria-label={t("users.select", { name: p.full_name })}
              checked={chosen === ids.length}
              ref={(e) => {
                if (e) e.indeterminate = chosen > 0 && chosen < ids.length;
              }}
              onChange={() => setSelection(group(selection.peek(), ids, true))}
            />
          </label>
        )}
      </td>
      <th scope="row">
        <span>{plainName(p.full_name)}</span>
        <span class="whom-account">{p.role ? t("account.role", { account: p.user, role: t(`role.${p.role}`) }) : p.user}</span>
      </th>
      <td>
        <ul>
          {p.sessions.map((s) => (
            <SessionLine key={s.id} session={s} />
          ))}
          {ids.length === 0 && <li>{t("users.away")}</li>}
          <Signs person={p} />
        </ul>
      </td>
      <td>
        <ul>
          {p.sessions.map((s) => (
            <li key={s.id}>{stationText(s)}</li>
          ))}
        </ul>
      </td>
      <td>
        <ul>
          {p.sessions.map((s) => (
            <Since key={s.id} session={s} />
          ))}
        </ul>
      </td>
      <td class="acts-cell">
        <Acts person={p} />
      </td>
    </tr>
  );
}

/** Ctrl+A, Esc and / as on the wall. */
function useKeys(shown: readonly string[]): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.defaultPrevented || document.querySelector("dialog[open], .menu, .view")) return;
      if (e.target instanceof Element && e.target.closest("input:not([type=checkbox]), textarea, select")) return;
      if (e.key === "Escape") setSelection(clear(selection.peek()));
      else if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "a") setSelection(group(clear(selection.peek()), shown, true));
      else if (e.key === "/" && !e.ctrlKey && !e.metaKey) document.getElementById("search")?.focus();
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

/** Who is blocked or limited without being there comes with no event. */
function useBlocks(): void {
  useEffect(() => {
    const ask = () => {
      blocksSoon();
      limitsSoon();
    };
    ask();
    const timer = setInterval(() => !document.hidden && link.peek() === "live" && ask(), BLOCKS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}

function List({ people }: { people: readonly Person[] }) {
  const ids = people.flatMap(idsOf);
  const all = ids.length > 0 && ids.every((id) => selection.value.ids.has(id));
  return (
    <table class="list users">
      <thead>
        <tr>
          <th scope="col" class="pick-cell">
            <label class="pick-box">
              <input
                type="checkbox"
                aria-label={t("select.all")}
                checked={all}
                onChange={() => setSelection(all ? clear(selection.peek()) : group(selection.peek(), ids, true))}
              />
            </label>
          </th>
          <th scope="col">{t("stations.person")}</th>
          <th scope="col">{t("users.session")}</th>
          <th scope="col">{t("stations.name")}</th>
          <th scope="col">{t("side.login")}</th>
          <th scope="col">
            <span class="visually-hidden">{t("menu.acts")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map((p) => (
          <Row key={p.user} person={p} />
        ))}
      </tbody>
    </table>
  );
}

export function Users() {
  useBlocks();
  const everybody = peopleOf(liveSessions(), blocks.value, lang.value, limits.value);
  const wanted = terms(text.value);
  const people = everybody.filter((p) => fits(p, wanted, stations.value, (s) => t(`condition.${condition(s)}`)));
  useKeys(people.flatMap(idsOf));
  const at = menuAt.value;
  const count = everybody.length;
  return (
    <main class="place" aria-label={t("places.users")}>
      <div class="place-head">
        <h1>{t("places.users")}</h1>
        <p class="counts" role="status">
          <span>{wanted.length > 0 ? t("search.count", { shown: people.length, count }) : t("users.count", { count })}</span>
        </p>
        <Search text={text} placeholder={t("search.placeholder")} onLeave={() => document.getElementById("users")?.focus()} />
      </div>
      <div class="place-body" id="users" tabIndex={0} role="region" aria-label={t("users.list")}>
        {people.length > 0 ? (
          <List people={people} />
        ) : (
          <p class="hint" role="status">
            {!loaded.value ? t("wall.loading") : count > 0 ? t("search.nothing", { text: text.value }) : t("users.none")}
          </p>
        )}
      </div>
      {at && (
        <Menu
          label={t("menu.acts")}
          items={actItems()}
          x={at.x}
          y={at.y}
          onClose={() => {
            menuAt.value = null;
            document.getElementById(actsId(at.user))?.focus();
          }}
        />
      )}
    </main>
  );
}
