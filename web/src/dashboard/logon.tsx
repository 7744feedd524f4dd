// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts that are logged on by themselves, the enrolment that this needs, and what stands above the list of
// stations about both.

import { useState } from "preact/hooks";
import { asApiError, call, type ApiError } from "../shared/api";
import { clip } from "../shared/format";
import { said, t } from "../shared/i18n";
import type { Station } from "../shared/types";
import { ActDialog } from "./actdialog";
import { Check, Problem, Text } from "./fields";
import { Invite } from "./invite";
import { inOrder, nameOf } from "./local";
import { LogOnPeople } from "./logonpeople";
import { closeDialog, dialog, setAuto } from "./stationmenu";
import { link, putStation, stations } from "./store";
import { nameSome } from "./summary";

/** As in the contract of Stations.Set. */
const PLACE_MAX = 60;

/** An order of one of these dialogs: under way, or its error. */
function useOrder() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await what();
      closeDialog();
    } catch (e) {
      setError(asApiError(e));
      setBusy(false);
    }
  };
  return { off: busy || link.value !== "live", error, run };
}

function namesOf(list: readonly Station[]): string {
  const { shown, more } = nameSome(list.map(nameOf));
  return more > 0 ? t("auto.failed.more", { names: shown.join(", "), count: more }) : shown.join(", ");
}

function Auto({ list }: { list: readonly Station[] }) {
  const had = new Set(list.map((s) => s.auto_user));
  const [user, setUser] = useState(had.size === 1 ? list[0]!.auto_user : "");
  const [privileged, setPrivileged] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const strangers = list.filter((s) => s.enrolment !== "enrolled");
  const failures = [...new Set(list.map((s) => s.auto_failure))].filter(Boolean);
  const go = async () => {
    setBusy(true);
    setError(null);
    const taken = await setAuto(list, user.trim(), privileged, (e) => {
      setError(e);
      return true;
    });
    setBusy(false);
    if (taken) closeDialog();
  };
  const title = list.length === 1 ? t("auto.title", { name: nameOf(list[0]!) }) : t("auto.title.some", { count: list.length });
  return (
    <ActDialog title={title} onClose={closeDialog} word={t("stations.set.go")} off={busy || user.trim() === "" || link.value !== "live"} onGo={() => void go()}>
      {error && <Problem error={error} />}
      {failures.map((f) => (
        <p key={f} class="note note-warn">
          {said(f)}
        </p>
      ))}
      {list.length > 1 && <p>{namesOf(list)}</p>}
      {strangers.length > 0 && <p class="note note-warn">{t("auto.strangers", { stations: namesOf(strangers) })}</p>}
      <Text label={t("login.user")} value={user} onText={setUser} focus />
      <Check label={t("auto.privileged")} checked={privileged} onChange={setPrivileged} />
      <p class="hint">
        {t("auto.hint")} {list.length > 1 && t("auto.hint.some")}
      </p>
    </ActDialog>
  );
}

function Enrol({ station: s }: { station: Station }) {
  const [pin, setPin] = useState("");
  const [name, setName] = useState(s.name === s.id ? "" : s.name);
  const [room, setRoom] = useState(s.room);
  const { off, error, run } = useOrder();
  const digits = pin.replace(/\s/g, "");
  const go = () =>
    void run(async () => {
      putStation((await call<{ station: Station }>("Stations.Enrol", { station: s.id, pin: digits, name: name.trim(), room: room.trim() })).station);
    });
  return (
    <ActDialog title={t("enrol.title", { name: nameOf(s) })} onClose={closeDialog} word={t("enrol.go")} off={off || !/^\d{6}$/.test(digits)} onGo={go}>
      {error && <Problem error={error} />}
      <Text label={t("enrol.pin")} value={pin} onText={(v) => setPin(clip(v, 7))} focus />
      <Text label={t("stations.set.field")} value={name} onText={(v) => setName(clip(v, PLACE_MAX))} />
      <Text label={t("stations.room")} value={room} onText={(v) => setRoom(clip(v, PLACE_MAX))} />
      <p class="hint">{t("enrol.hint")}</p>
    </ActDialog>
  );
}

function Unenrol({ station: s }: { station: Station }) {
  const { off, error, run } = useOrder();
  return (
    <ActDialog title={t("unenrol.title", { name: nameOf(s) })} onClose={closeDialog} word={t("unenrol.go")} off={off} onGo={() => void run(() => call("Stations.Unenrol", { station: s.id }))} danger>
      {error && <Problem error={error} />}
      <p>{t("unenrol.text")}</p>
    </ActDialog>
  );
}

/** Which stations want in; the PIN of each is on its own screen only. */
export function Asking() {
  const off = link.value !== "live";
  const asking = inOrder().filter((s) => s.enrolment === "asked");
  if (asking.length === 0) return null;
  return (
    <section class="note asking" aria-label={t("enrol.asked.list")} role="status">
      <p>{t("enrol.asked", { count: asking.length })}</p>
      <ul>
        {asking.map((s) => (
          <li key={s.id}>
            <span>
              {nameOf(s)} ({s.address || t(`station.kind.${s.kind}`)})
            </span>
            <button type="button" class="button small" aria-haspopup="dialog" aria-label={t("enrol.name", { name: nameOf(s) })} aria-disabled={off} onClick={() => !off && (dialog.value = { what: "enrol", station: s.id })}>
              {t("enrol.act")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The acts that need no choice. */
export function LogOnHead() {
  const off = link.value !== "live";
  return (
    <>
      <button type="button" class="button" data-act="invite" aria-haspopup="dialog" aria-disabled={off} onClick={() => !off && (dialog.value = { what: "invite" })}>
        {t("invite.act")}
      </button>
      <button type="button" class="button" data-act="logon" aria-haspopup="dialog" aria-disabled={off} onClick={() => !off && (dialog.value = { what: "logon", stations: [] })}>
        {t("logon.table.act")}
      </button>
    </>
  );
}

export function LogOnDialogs() {
  const open = dialog.value;
  if (!open) return null;
  if (open.what === "invite") return <Invite />;
  if (open.what === "logon") return <LogOnPeople />;
  if (open.what === "auto") {
    const list = open.stations.flatMap((id) => stations.value.get(id) ?? []);
    return list.length > 0 ? <Auto list={list} /> : null;
  }
  const s = open.what === "enrol" || open.what === "unenrol" ? stations.value.get(open.station) : undefined;
  if (!s) return null;
  return open.what === "enrol" ? <Enrol key={s.id} station={s} /> : <Unenrol key={s.id} station={s} />;
}
