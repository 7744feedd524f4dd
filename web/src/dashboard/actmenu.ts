// SPDX-License-Identifier: GPL-3.0-or-later
// The acts, once: the top-left menu, the right mouse button and the bar take order and words from here.

import { computed, signal } from "@preact/signals";
import { t, type Key } from "../shared/i18n";
import type { WebMode } from "../shared/types";
import { confirming, suspend, unlock } from "./acts";
import { blockAll, blocking, unblock } from "./blocks";
import { chatEnabled, setChatEnabled, writing } from "./chat";
import { signOut } from "./connection";
import { planning } from "./lessons";
import { free, limitAll, limiting } from "./limits";
import type { Item } from "./menu";
import { choose, choosing, inWindow, projectScreen, projectSession, stopAll, stoppable } from "./projections";
import { starting } from "./programs";
import { openSide } from "./siding";
import { link, liveSessions, me, order, selection, tiles } from "./store";
import { offer } from "./summary";
import { view } from "./viewing";

export const helpOpen = signal(false);

function selectedInOrder(): string[] {
  const ids = selection.peek().ids;
  return order.peek().filter((id) => ids.has(id));
}

/** What is selected, as it is now. */
const picked = computed(() =>
  [...selection.value.ids].flatMap((id) => tiles.get(id)?.session.value ?? []),
);

/** What can be done with what is selected. */
export const offered = computed(() => offer(picked.value));

const withSelected = (f: (ids: string[]) => void) => () => {
  const ids = selectedInOrder();
  if (ids.length > 0) f(ids);
};
const withOne = (id: string | null, f: (id: string) => void) => () => {
  if (id !== null) f(id);
};

/** Acts need the session service, and wait while somebody is being chosen for a projection. */
export function canAct(): boolean {
  return link.value === "live" && choosing.value === null;
}

export const blockSelected = withSelected((sessions) => (blocking.value = { sessions }));
export const unblockSelected = withSelected((ids) =>
  void unblock(ids.filter((id) => tiles.get(id)?.session.peek().blocked)),
);
export const blockEverybody = () => {
  blocking.value = { sessions: "all" };
};
export const unblockEverybody = () => void unblock(null);

function blockItems(off: boolean, empty: boolean): Item[] {
  const o = offered.value;
  const blocked = blockAll.value !== null || liveSessions().some((s) => s.blocked);
  return [
    {
      id: "block",
      label: t("menu.block"),
      children: [
        { id: "block-selected", label: t("menu.block.selected"), disabled: off || picked.value.length === 0, act: blockSelected },
        { id: "block-all", label: t("menu.block.all"), disabled: empty, act: blockEverybody },
      ],
    },
    {
      id: "unblock",
      label: t("menu.unblock"),
      children: [
        { id: "unblock-selected", label: t("menu.unblock.selected"), disabled: off || !o.unblock, act: unblockSelected },
        { id: "unblock-all", label: t("menu.unblock.all"), disabled: off || !blocked, act: unblockEverybody },
      ],
    },
  ];
}

const limitSelected = (mode: WebMode) => withSelected((sessions) => (limiting.value = { sessions, mode }));
const limitEverybody = (mode: WebMode) => () => {
  limiting.value = { sessions: "all", mode };
};
export const freeEverybody = () => void free(null);

function limitItems(off: boolean): Item[] {
  const o = offered.value;
  const none = off || !o.limit;
  const limited = limitAll.value !== null || liveSessions().some((s) => s.limited);
  const freeSelected = withSelected((ids) => void free(ids.filter((id) => tiles.get(id)?.session.peek().limited)));
  return [
    { id: "limit-allow-selected", label: t("menu.limit.allow.selected"), disabled: none, act: limitSelected("allow") },
    { id: "limit-deny-selected", label: t("menu.limit.deny.selected"), disabled: none, act: limitSelected("deny") },
    { id: "free-selected", label: t("menu.free.selected"), disabled: off || !o.free, act: freeSelected },
    { id: "limit-allow-all", label: t("menu.limit.allow.all"), disabled: off, divided: true, act: limitEverybody("allow") },
    { id: "limit-deny-all", label: t("menu.limit.deny.all"), disabled: off, act: limitEverybody("deny") },
    { id: "free-all", label: t("menu.free.all"), disabled: off || !limited, act: freeEverybody },
  ];
}

export const limitMenu = () => limitItems(!canAct());

function projectItems(off: boolean, empty: boolean): Item[] {
  const source = offered.value.project;
  const none = off || picked.value.length === 0;
  const noSource = off || source === null;
  return [
    { id: "project-all", label: t("menu.project.all"), disabled: noSource, act: withOne(source, (id) => void projectSession(id, null)) },
    { id: "project-some", label: t("menu.project.some"), disabled: noSource, act: withOne(source, choose) },
    {
      id: "project-screen-selected",
      label: t("menu.project.screen.selected"),
      disabled: none,
      divided: true,
      act: withSelected((ids) => void projectScreen(ids)),
    },
    { id: "project-screen-all", label: t("menu.project.screen.all"), disabled: empty, act: () => void projectScreen(null) },
    {
      id: "project-window",
      label: t("menu.project.window"),
      divided: true,
      checked: inWindow.value,
      act: () => (inWindow.value = !inWindow.peek()),
    },
    { id: "project-stop", label: t("menu.project.stop"), disabled: off || stoppable.value.length === 0, divided: true, act: stopAll },
  ];
}

/** To one person there is the conversation, to several a dialog. */
export const messageSelected = withSelected((sessions) => {
  const [only] = sessions;
  if (sessions.length === 1 && only !== undefined) openSide(only, "chat");
  else writing.value = { sessions };
});
export const startSelected = withSelected((sessions) => (starting.value = { sessions }));
export const detailsSelected = withSelected(([only]) => only !== undefined && openSide(only));
export const enlargeSelected = () => withOne(offered.peek().view, (id) => view(id, "view"))();
export const controlSelected = () => withOne(offered.peek().control, (id) => view(id, "control"))();
export const unlockSelected = () => void unlock(offered.peek().unlock);
export const logOffSelected = withSelected((sessions) => (confirming.value = { sessions }));
export const suspendSelected = withSelected((ids) => void suspend(ids));

export function projectMenu(): Item[] {
  const off = !canAct();
  return projectItems(off, off || order.value.length === 0);
}

export function actItems(): Item[] {
  const off = !canAct();
  const none = off || selection.value.ids.size === 0;
  const empty = off || order.value.length === 0;
  const o = offered.value;
  type Several = "logoff" | "suspend" | "message" | "start";
  const several = (act: Several, selected: () => void, all: () => void, may = true): Item => ({
    id: act,
    label: t(`menu.${act}`),
    children: [
      { id: `${act}-selected`, label: t(`menu.${act}.selected` as Key), disabled: none || !may, act: selected },
      { id: `${act}-all`, label: t(`menu.${act}.all` as Key), disabled: empty, act: all },
    ],
  });
  return [
    ...blockItems(off, empty),
    several("message", messageSelected, () => (writing.value = { sessions: "all" }), o.chat),
    { id: "enlarge", label: t("menu.enlarge"), disabled: off || o.view === null, act: enlargeSelected },
    { id: "control", label: t("menu.control"), disabled: off || o.control === null, act: controlSelected },
    { id: "project", label: t("menu.project"), children: projectItems(off, empty) },
    several("start", startSelected, () => (starting.value = { sessions: "all" }), o.start),
    { id: "limit", label: t("menu.limit"), children: limitItems(off) },
    ...(me.value?.role === "administrator"
      ? [{ id: "unlock", label: t("menu.unlock"), disabled: off || o.unlock.length === 0, act: unlockSelected }]
      : []),
    several("logoff", logOffSelected, () => (confirming.value = { sessions: "all" })),
    several("suspend", suspendSelected, () => void suspend(null)),
    { id: "details", label: t("menu.details"), disabled: picked.value.length !== 1, act: detailsSelected },
  ];
}

export function mainItems(): Item[] {
  return [
    ...actItems(),
    { id: "lesson", label: t("lesson.start"), divided: true, disabled: !canAct(), act: () => (planning.value = {}) },
    {
      id: "chat-enabled",
      label: t("menu.chat"),
      checked: chatEnabled.value,
      disabled: link.value !== "live",
      act: () => void setChatEnabled(!chatEnabled.peek()),
    },
    { id: "help", label: t("menu.help"), divided: true, act: () => (helpOpen.value = true) },
    { id: "signout", label: t("menu.signout"), act: () => void signOut() },
  ];
}
