// SPDX-License-Identifier: GPL-3.0-or-later
// The acts on stations, once: the menu of a row, the right mouse button and the bar take order and words from
// here. On several stations an act is offered when it does something at one of them.

import { signal } from "@preact/signals";
import { call, type ApiError } from "../shared/api";
import { t } from "../shared/i18n";
import type { Orientation, Station, StationResult, Target } from "../shared/types";
import { order } from "./entries";
import { asking, halfOf, identify, isLocal, join, mapAgain, shown, split, turn } from "./local";
import type { Item } from "./menu";
import { link, me, stations, tiles } from "./store";

type Dialog =
  | { what: "enrol" | "unenrol" | "name"; station: string }
  /** none: those where somebody can be logged on just now. */
  | { what: "logon" | "auto"; stations: readonly string[] }
  | { what: "invite" };

/** The dialog that is open in this place. */
export const dialog = signal<Dialog | null>(null);
export const closeDialog = () => (dialog.value = null);

const ORIENTATIONS: readonly Orientation[] = ["landscape", "portrait", "landscape_flipped", "portrait_flipped"];

const ids = (list: readonly Station[]) => list.map((s) => s.id);
const targetOf = (s: Station, user = ""): Target => ({ session: "", station: s.id, user: "", full_name: user ? `${s.name}, ${user}` : s.name, state: "asking", reason: "" });

export const isAdministrator = () => me.value?.role === "administrator";
export const mayName = (s: Station): boolean => s.may?.includes("name") !== false;

/** As far as can be known here; stationd decides. */
export function mayBlock(s: Station): boolean {
  const session = s.session ? tiles.get(s.session)?.session.value : undefined;
  return s.may?.includes("block") ?? session?.may.includes("block") ?? true;
}

export async function setBlocked(list: readonly Station[], on: boolean): Promise<void> {
  await order({
    act: on ? "block" : "unblock",
    expected: list.map((s) => targetOf(s)),
    run: async () => (await call<{ targets: Target[] }>(on ? "Blocks.Block" : "Blocks.Unblock", { stations: ids(list) })).targets,
    again: () => void setBlocked(list, on),
    undo: () => void setBlocked(list, !on),
  });
}

/** Stations and people of an answer as the results know them: both stand in the name. */
export const resultTargets = (results: readonly StationResult[]): Target[] =>
  results.map((r) => ({ session: "", station: r.station, user: r.user, full_name: r.user ? `${r.name}, ${r.user}` : r.name, state: r.state, reason: r.reason }));

/** The right to storage of USB there; only local stations have any. */
export const mayStorage = (s: Station): boolean => isLocal(s) && s.may?.includes("storage") === true;

export async function setStorage(list: readonly Station[], blocked: boolean): Promise<void> {
  await order({
    act: blocked ? "storage.block" : "storage.unblock",
    expected: list.map((s) => targetOf(s)),
    run: async () => resultTargets((await call<{ results: StationResult[] }>("Stations.SetStorage", { stations: ids(list), blocked })).results),
    again: () => void setStorage(list, blocked),
    undo: () => void setStorage(list, !blocked),
  });
}

function storageItems(list: readonly Station[], off: boolean): Item[] {
  const locals = list.filter(isLocal);
  const open = locals.filter((s) => !s.storage_blocked);
  const blocked = locals.filter((s) => s.storage_blocked);
  const item = (id: string, label: string, on: boolean, of: readonly Station[]): Item => ({ id, label, disabled: off || !of.some(mayStorage), act: () => void setStorage(of.filter(mayStorage), on) });
  return [
    ...(open.length > 0 ? [item("storage-block", t("storage.block"), true, open)] : []),
    ...(blocked.length > 0 ? [item("storage-unblock", t("storage.unblock"), false, blocked)] : []),
  ];
}

/**
 * user null: nobody from now on. Taken back by giving each station the account that it had. elsewhere: tells an
 * error of the whole order. Answers whether it was taken.
 */
export async function setAuto(list: readonly Station[], user: string | null, privileged = false, elsewhere?: (e: ApiError) => boolean): Promise<boolean> {
  const before = new Map<string, string[]>();
  for (const s of list) before.set(s.auto_user, [...(before.get(s.auto_user) ?? []), s.id]);
  return order({
    act: user === null ? "auto.off" : "auto",
    expected: list.map((s) => targetOf(s, user ?? "")),
    run: async () => resultTargets((await call<{ results: StationResult[] }>("Stations.SetAutoLogOn", { stations: ids(list), user, privileged })).results),
    again: () => void setAuto(list, user, privileged),
    ...(elsewhere ? { elsewhere } : {}),
    undo: () => {
      for (const [old, names] of before) void setAuto(names.flatMap((id) => stations.peek().get(id) ?? []), old || null, privileged);
    },
  });
}

/** A session that would be suspended is asked about first. */
function orderJoin(s: Station): void {
  if (s.session !== "" && halfOf(s)?.session !== "") asking.value = { act: "join", station: s.id };
  else void join(s.id);
}

function screenItems(s: Station, off: boolean): Item[] {
  const whole = (s.area ?? "whole") === "whole";
  const here = !(s.missing ?? []).includes("screen");
  return [
    whole
      ? {
          id: "split", label: t("station.split"), disabled: off || !here, children: [
            { id: "split-left", label: t("station.split.left_right"), act: () => void split(s, "left_right") },
            { id: "split-top", label: t("station.split.top_bottom"), act: () => void split(s, "top_bottom") },
          ],
        }
      : { id: "join", label: t("station.join"), disabled: off, act: () => orderJoin(s) },
    {
      id: "turn", label: t("station.turn"), disabled: off, children: ORIENTATIONS.map((o) => ({
        id: `turn-${o}`, label: t(`orientation.${o}`), disabled: off, checked: (s.orientation ?? "landscape") === o, act: () => void turn(s, o),
      })),
    },
  ];
}

function logonItems(list: readonly Station[], off: boolean): Item[] {
  const connected = list.filter((s) => s.connected);
  const items: Item[] = [
    { id: "logon", label: t("logon.act"), disabled: off || connected.length === 0, act: () => (dialog.value = { what: "logon", stations: ids(connected) }) },
  ];
  if (!isAdministrator()) return items;
  const having = list.filter((s) => s.auto_user !== "");
  items.push({ id: "auto", label: t("auto.act"), disabled: off || !list.some((s) => s.enrolment === "enrolled"), act: () => (dialog.value = { what: "auto", stations: ids(list) }) });
  if (having.length > 0) items.push({ id: "auto-off", label: t("auto.off"), disabled: off, act: () => void setAuto(having, null) });
  return items;
}

function endItems(s: Station, off: boolean): Item[] {
  if (!isLocal(s)) return s.enrolment === "enrolled" ? [{ id: "unenrol", label: t("unenrol.act"), disabled: off, divided: true, act: () => (dialog.value = { what: "unenrol", station: s.id }) }] : [];
  const gone = (s.missing ?? []).includes("screen") && (s.area ?? "whole") === "whole";
  return [{ id: "forget", label: t("station.forget"), disabled: off || !gone || !mayName(s), divided: true, act: () => (asking.value = { act: "forget", station: s.id }) }];
}

/** The menu for these stations, in the order of the list. */
export function stationItems(list: readonly Station[]): Item[] {
  const away = link.value !== "live";
  const only = list.length === 1 ? list[0] : undefined;
  const open = list.filter((s) => !s.blocked && mayBlock(s));
  const blocked = list.filter((s) => s.blocked);
  const named = list.filter(mayName);
  const locals = named.filter(isLocal);
  const silent = named.some((s) => !shown.value.has(s.id));
  const items: Item[] = [];
  if (only?.enrolment === "asked") items.push({ id: "enrol", label: t("enrol.act"), disabled: away, act: () => (dialog.value = { what: "enrol", station: only.id }) });
  if (open.length > 0 || blocked.length === 0) items.push({ id: "block", label: t("menu.block"), disabled: away || open.length === 0, act: () => void setBlocked(open, true) });
  if (blocked.length > 0) items.push({ id: "unblock", label: t("menu.unblock"), disabled: away, act: () => void setBlocked(blocked, false) });
  items.push(...storageItems(list, away));
  items.push(...logonItems(list, away));
  if (only) items.push({ id: "name", label: t("stations.set"), disabled: away || named.length === 0, divided: true, act: () => (dialog.value = { what: "name", station: only.id }) });
  items.push({
    id: "identify", label: t(silent ? "station.identify" : "station.identify.off"), disabled: away || named.length === 0, divided: !only, act: () => void identify(ids(named), silent),
  });
  if (list.some(isLocal)) items.push({ id: "map", label: t("station.map"), disabled: away || locals.length === 0, act: () => void mapAgain(ids(locals)) });
  if (only && isLocal(only)) items.push(...screenItems(only, away || locals.length === 0));
  if (only) items.push(...endItems(only, away));
  return items;
}
