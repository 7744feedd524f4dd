// SPDX-License-Identifier: GPL-3.0-or-later
// Who is logged on at a station: people with their passwords, one or a whole table; an account by itself; and
// the enrolment that this needs. Passwords are in the fields only, and gone with the dialog.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { asApiError, call, type ApiError } from "../shared/api";
import { explain } from "../shared/explain";
import { clip } from "../shared/format";
import { said, t } from "../shared/i18n";
import type { Station, StationResult } from "../shared/types";
import { ActDialog } from "./actdialog";
import { isLocal, nameOf } from "./local";
import { parseTable, type LogOnOrder } from "./logontable";
import { link, me, putStation, stations } from "./store";

type Open = { what: "logon" | "auto" | "enrol" | "unenrol"; station: string } | { what: "table" };

export const logonDialog = signal<Open | null>(null);
const close = () => (logonDialog.value = null);

function Problem({ error }: { error: ApiError }) {
  const { text, reason } = explain(error);
  return (
    <p class="note note-error" role="alert">
      {reason || text}
    </p>
  );
}

function Results({ results }: { results: StationResult[] }) {
  const done = results.filter((r) => r.state === "done").length;
  return (
    <div role="status" data-results>
      <p>{t("logon.results", { done, count: results.length })}</p>
      <ul>
        {results
          .filter((r) => r.state !== "done")
          .map((r) => (
            <li key={r.station}>
              {r.name}, {r.user}: {said(r.reason)}
            </li>
          ))}
      </ul>
    </div>
  );
}

function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

function Text({ label, value, onText, hidden = false, focus = false }: { label: string; value: string; onText: (v: string) => void; hidden?: boolean; focus?: boolean }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type={hidden ? "password" : "text"}
        data-focus={focus || undefined}
        autocomplete={hidden ? "new-password" : "off"}
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={(e) => onText(e.currentTarget.value)}
      />
    </label>
  );
}

/** What every one of these dialogs has: an order under way, its error, its results. */
function useOrder() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [results, setResults] = useState<StationResult[] | null>(null);
  const run = async (what: () => Promise<StationResult[] | null>) => {
    setBusy(true);
    setError(null);
    try {
      const got = await what();
      if (!got || got.every((r) => r.state === "done")) close();
      setResults(got);
    } catch (e) {
      setError(asApiError(e));
    }
    setBusy(false);
  };
  return { busy: busy || link.value !== "live", error, results, run };
}

const isAdministrator = () => me.value?.role === "administrator";

function LogOn({ station: s }: { station: Station | null }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [table, setTable] = useState("");
  const [plainly, setPlainly] = useState(false);
  const [moves, setMoves] = useState(false);
  const [wrong, setWrong] = useState(0);
  const { busy, error, results, run } = useOrder();
  const go = () => {
    const people: LogOnOrder[] | number = s
      ? [{ station: s.id, user: user.trim(), password: plainly ? null : password }]
      : parseTable(table, stations.value.values());
    setWrong(typeof people === "number" ? people : 0);
    if (typeof people === "number") return;
    void run(async () => (await call<{ results: StationResult[] }>("Stations.LogOn", { people, switch: moves })).results);
  };
  const missing = s ? user.trim() === "" || (!plainly && password === "") : table.trim() === "";
  return (
    <ActDialog title={s ? t("logon.title", { name: nameOf(s) }) : t("logon.table.title")} onClose={close} word={t(busy ? "logon.busy" : "logon.go")} off={busy || missing} onGo={go}>
      {error && <Problem error={error} />}
      {results && <Results results={results} />}
      {s ? (
        <>
          <Text label={t("login.user")} value={user} onText={setUser} focus />
          {!plainly && <Text label={t("login.password")} value={password} onText={setPassword} hidden />}
          {isAdministrator() && <Check label={t("logon.plainly")} checked={plainly} onChange={setPlainly} />}
        </>
      ) : (
        <label class="field">
          <span>{t("logon.table.field")}</span>
          <textarea data-focus rows={8} autocomplete="off" spellcheck={false} aria-invalid={wrong > 0} placeholder={t("logon.table.example")} value={table} onInput={(e) => setTable(e.currentTarget.value)} />
        </label>
      )}
      {wrong > 0 && (
        <p class="field-error" role="alert">
          {t("logon.table.wrong", { line: wrong })}
        </p>
      )}
      <Check label={t("logon.switch")} checked={moves} onChange={setMoves} />
      <p class="hint">{t("logon.hint")}</p>
    </ActDialog>
  );
}

function Auto({ station: s }: { station: Station }) {
  const [user, setUser] = useState(s.auto_user);
  const [privileged, setPrivileged] = useState(false);
  const { busy, error, results, run } = useOrder();
  const go = () =>
    void run(async () =>
      (await call<{ results: StationResult[] }>("Stations.SetAutoLogOn", { stations: [s.id], user: user.trim() || null, privileged })).results,
    );
  return (
    <ActDialog title={t("auto.title", { name: nameOf(s) })} onClose={close} word={t("stations.set.go")} off={busy} onGo={go}>
      {error && <Problem error={error} />}
      {results && <Results results={results} />}
      {s.auto_failure && <p class="note note-warn">{said(s.auto_failure)}</p>}
      <Text label={t("login.user")} value={user} onText={setUser} focus />
      <Check label={t("auto.privileged")} checked={privileged} onChange={setPrivileged} />
      <p class="hint">{t("auto.hint")}</p>
    </ActDialog>
  );
}

function Enrol({ station: s }: { station: Station }) {
  const [pin, setPin] = useState("");
  const [name, setName] = useState(s.name === s.id ? "" : s.name);
  const [room, setRoom] = useState(s.room);
  const { busy, error, run } = useOrder();
  const digits = pin.replace(/\s/g, "");
  const go = () =>
    void run(async () => {
      putStation((await call<{ station: Station }>("Stations.Enrol", { station: s.id, pin: digits, name: name.trim(), room: room.trim() })).station);
      return null;
    });
  return (
    <ActDialog title={t("enrol.title", { name: nameOf(s) })} onClose={close} word={t("enrol.go")} off={busy || !/^\d{6}$/.test(digits)} onGo={go}>
      {error && <Problem error={error} />}
      <Text label={t("enrol.pin")} value={pin} onText={(v) => setPin(clip(v, 7))} focus />
      <Text label={t("stations.set.field")} value={name} onText={(v) => setName(clip(v, 60))} />
      <Text label={t("stations.room")} value={room} onText={(v) => setRoom(clip(v, 60))} />
      <p class="hint">{t("enrol.hint")}</p>
    </ActDialog>
  );
}

function Unenrol({ station: s }: { station: Station }) {
  const { busy, error, run } = useOrder();
  const go = () =>
    void run(async () => {
      await call("Stations.Unenrol", { station: s.id });
      return null;
    });
  return (
    <ActDialog title={t("unenrol.title", { name: nameOf(s) })} onClose={close} word={t("unenrol.go")} off={busy} onGo={go} danger>
      {error && <Problem error={error} />}
      <p>{t("unenrol.text")}</p>
    </ActDialog>
  );
}

/** The acts of a row. */
export function LogOnActs({ station: s, off }: { station: Station; off: boolean }) {
  const button = (what: "logon" | "auto" | "enrol" | "unenrol", primary = false) => (
    <button
      type="button"
      class={primary ? "button small primary" : "button small"}
      data-act={what}
      aria-haspopup="dialog"
      aria-label={t(`${what}.name`, { name: nameOf(s) })}
      aria-disabled={off}
      onClick={() => !off && (logonDialog.value = { what, station: s.id })}
    >
      {t(`${what}.act`)}
    </button>
  );
  return (
    <>
      {s.enrolment === "asked" && button("enrol", true)}
      {s.connected && button("logon")}
      {s.enrolment === "enrolled" && isAdministrator() && button("auto")}
      {s.enrolment === "enrolled" && !isLocal(s) && button("unenrol")}
    </>
  );
}

/** Stations that want in, and the way to log on a whole room. */
export function LogOnHead({ off }: { off: boolean }) {
  const asking = [...stations.value.values()].filter((s) => s.enrolment === "asked");
  return (
    <>
      {asking.map((s) => (
        <p key={s.id} class="note" role="status">
          {t("enrol.asked", { name: nameOf(s), address: s.address })}{" "}
          <button type="button" class="link" aria-disabled={off} onClick={() => !off && (logonDialog.value = { what: "enrol", station: s.id })}>
            {t("enrol.act")}
          </button>
        </p>
      ))}
      <button type="button" class="button" aria-haspopup="dialog" aria-disabled={off} onClick={() => !off && (logonDialog.value = { what: "table" })}>
        {t("logon.table.act")}
      </button>
    </>
  );
}

export function LogOnDialog() {
  const open = logonDialog.value;
  if (!open) return null;
  if (open.what === "table") return <LogOn station={null} />;
  const s = stations.value.get(open.station);
  if (!s) return null;
  if (open.what === "logon") return <LogOn key={s.id} station={s} />;
  if (open.what === "auto") return <Auto key={s.id} station={s} />;
  return open.what === "enrol" ? <Enrol key={s.id} station={s} /> : <Unenrol key={s.id} station={s} />;
}
