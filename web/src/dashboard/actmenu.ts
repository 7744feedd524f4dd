// SPDX-License-Identifier: GPL-3.0-or-later
// The acts, once: the top-left menu, the right mouse button and the bar take order and words from here.

import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { confirming, suspend } from "./acts";
import { signOut } from "./connection";
import type { Item } from "./menu";
import { link, order, selection } from "./store";

export const helpOpen = signal(false);

function selectedInOrder(): string[] {
  const ids = selection.peek().ids;
  return order.peek().filter((id) => ids.has(id));
}

export function logOffSelected(): void {
  const ids = selectedInOrder();
  if (ids.length > 0) confirming.value = { sessions: ids };
}

export function logOffAll(): void {
  confirming.value = { sessions: "all" };
}

export function suspendSelected(): void {
  const ids = selectedInOrder();
  if (ids.length > 0) void suspend(ids);
}

export function suspendAll(): void {
  void suspend(null);
}

/** Acts need the session service; while it is away they are shown, but not offered. */
export function canAct(): boolean {
  return link.value === "live";
}

export function actItems(): Item[] {
  const none = !canAct() || selection.value.ids.size === 0;
  const empty = !canAct() || order.value.length === 0;
  return [
    {
      id: "logoff",
      label: t("menu.logoff"),
      children: [
        { id: "logoff-selected", label: t("menu.logoff.selected"), disabled: none, act: logOffSelected },
        { id: "logoff-all", label: t("menu.logoff.all"), disabled: empty, act: logOffAll },
      ],
    },
    {
      id: "suspend",
      label: t("menu.suspend"),
      children: [
        { id: "suspend-selected", label: t("menu.suspend.selected"), disabled: none, act: suspendSelected },
        { id: "suspend-all", label: t("menu.suspend.all"), disabled: empty, act: suspendAll },
      ],
    },
  ];
}

export function mainItems(): Item[] {
  return [
    ...actItems(),
    { id: "help", label: t("menu.help"), divided: true, act: () => (helpOpen.value = true) },
    { id: "signout", label: t("menu.signout"), act: () => void signOut() },
  ];
}
