// SPDX-License-Identifier: GPL-3.0-or-later
// Name and room of a station. Only what was changed is sent: who is bound to rooms may name, and not move. A
// refusal is told in the dialog, which stays with what was typed.

import { useEffect, useId, useState } from "preact/hooks";
import { asApiError, call, type ApiError } from "../shared/api";
import { explain } from "../shared/explain";
import { clip } from "../shared/format";
import { t } from "../shared/i18n";
import type { Station } from "../shared/types";
import { ActDialog } from "./actdialog";
import { nameOf } from "./local";
import { closeDialog, dialog } from "./stationmenu";
import { link, putStation, stations } from "./store";

/** As in the contract of Stations.Set. */
const PLACE_MAX = 60;

function Problem({ error }: { error: ApiError }) {
  const { text, reason } = explain(error);
  return (
    <p class="note note-error" role="alert">
      {text} {reason}
    </p>
  );
}

function Body({ station: s }: { station: Station }) {
  const [name, setName] = useState(s.name === s.id ? "" : s.name);
  const [room, setRoom] = useState(s.room);
  const [rooms, setRooms] = useState<readonly string[]>([]);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  useEffect(() => {
    // Without them a room can still be typed.
    call<{ rooms: string[] }>("Stations.Rooms").then((r) => setRooms(r.rooms), () => undefined);
  }, []);
  const close = closeDialog;
  const go = async () => {
    const named = name.trim();
    const put = room.trim();
    setBusy(true);
    try {
      const r = await call<{ station: Station }>("Stations.Set", {
        station: s.id,
        ...((named || s.id) === s.name ? {} : { name: named }),
        ...(put === s.room ? {} : { room: put }),
      });
      putStation(r.station);
      close();
    } catch (e) {
      setError(asApiError(e));
      setBusy(false);
    }
  };
  const field = (set: (v: string) => void) => (e: { currentTarget: HTMLInputElement }) =>
    set((e.currentTarget.value = clip(e.currentTarget.value, PLACE_MAX)));
  return (
    <ActDialog title={t("stations.set.title", { name: nameOf(s) })} onClose={close} word={t("stations.set.go")} off={busy || link.value !== "live"} onGo={() => void go()}>
      {error && <Problem error={error} />}
      <label class="field">
        <span>{t("stations.set.field")}</span>
        <input type="text" data-focus autocomplete="off" spellcheck={false} placeholder={s.id} value={name} onInput={field(setName)} />
      </label>
      <label class="field">
        <span>{t("stations.room")}</span>
        <input type="text" autocomplete="off" spellcheck={false} list={id} placeholder={t("room.none")} value={room} disabled={s.may?.includes("move") === false} onInput={field(setRoom)} />
      </label>
      <datalist id={id}>
        {rooms.map((r) => (
          <option key={r} value={r} />
        ))}
      </datalist>
      <p class="hint">{t("stations.set.hint")}</p>
    </ActDialog>
  );
}

export function StationDialog() {
  const d = dialog.value;
  const s = d?.what === "name" ? stations.value.get(d.station) : undefined;
  return s ? <Body key={s.id} station={s} /> : null;
}
