// SPDX-License-Identifier: GPL-3.0-or-later
// A ticket for a station that is not there yet: for which kind, its name and room, how long. What is done with it
// is shown once, as the ticket is: an address or a log-in to copy, and the files of a thin client.

import { useEffect, useId, useState } from "preact/hooks";
import { asApiError, call, type ApiError } from "../shared/api";
import { clip } from "../shared/format";
import { clockMinutes, t } from "../shared/i18n";
import { ActDialog, Choice } from "./actdialog";
import { Problem, Text } from "./fields";
import { FOLDER, kioskFiles, tar, type Offer } from "./kioskfile";
import { closeDialog } from "./stationmenu";
import { link } from "./store";

const KINDS = ["browser", "vnc", "rdp"] as const;
type Kind = (typeof KINDS)[number];

const HOUR_MS = 3_600_000;
const LASTS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS] as const;
/** As in the contract of Stations.Set. */
const PLACE_MAX = 60;

interface Ticket {
  kind: Kind;
  ticket: string;
  expires_ms: number;
  name: string;
}

/** Where a page cannot copy by itself, the text is marked for Ctrl+C. */
function Copy({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const id = useId();
  const copy = async () => {
    const field = document.getElementById(id) as HTMLInputElement | null;
    field?.select();
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      setCopied(document.execCommand("copy"));
    }
  };
  return (
    <div class="copy">
      <label class="field">
        <span>{label}</span>
        <input id={id} type="text" readOnly value={value} onFocus={(e) => e.currentTarget.select()} />
      </label>
      <button type="button" class="button" aria-label={t("invite.copy.name", { what: label })} onClick={() => void copy()}>
        {t(copied ? "invite.copied" : "invite.copy")}
      </button>
    </div>
  );
}

function save(ticket: Ticket, offer: Offer, host: string, port: number): void {
  const files = kioskFiles({ kind: ticket.kind, host, port, ticket: ticket.ticket, certificate: offer.certificate });
  const url = URL.createObjectURL(new Blob([tar(files, Math.floor(Date.now() / 1000)) as Uint8Array<ArrayBuffer>], { type: "application/x-tar" }));
  const a = document.createElement("a");
  a.href = url;
  a.download = `${FOLDER}${ticket.name ? `-${ticket.name.replace(/[^\p{L}\p{N}]+/gu, "-")}` : ""}.tar`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function Steps({ ticket: x, offer }: { ticket: Ticket; offer: Offer | null }) {
  const host = location.hostname;
  const https = location.protocol === "https:" ? Number(location.port) || 443 : (offer?.https_port ?? 0);
  const port = x.kind === "browser" ? https : x.kind === "vnc" ? (offer?.vnc_port ?? 0) : (offer?.rdp_port ?? 0);
  const off = offer !== null && port === 0;
  return (
    <>
      <p class="note" role="status">
        {t("invite.once", { time: new Date(x.expires_ms).toLocaleDateString(document.documentElement.lang), clock: clockMinutes(x.expires_ms) })}
      </p>
      {off && <p class="note note-warn">{t("invite.off", { kind: t(`station.kind.${x.kind}`) })}</p>}
      {x.kind === "browser" ? (
        <Copy label={t("invite.address")} value={`${location.origin}/station#ticket=${x.ticket}`} />
      ) : (
        <>
          <p>{t("invite.login")}</p>
          <Copy label={t("invite.server")} value={port ? `${host}${x.kind === "vnc" ? "::" : ":"}${port}` : host} />
          <Copy label={t("login.user")} value="@station" />
          <Copy label={t("invite.ticket")} value={x.ticket} />
        </>
      )}
      <div class="invite-file">
        <h3>{t("invite.thin")}</h3>
        <button type="button" class="button" data-act="save" aria-disabled={!offer || port === 0} onClick={() => offer && port !== 0 && save(x, offer, host, port)}>
          {t("invite.save")}
        </button>
        <p class="hint">{t("invite.thin.hint")}</p>
        <pre class="invite-shell">{`sudo tar -xf ${FOLDER}*.tar -C /root\nsudo /root/${FOLDER}/install`}</pre>
      </div>
    </>
  );
}

export function Invite() {
  const [kind, setKind] = useState<Kind>("browser");
  const [name, setName] = useState("");
  const [room, setRoom] = useState("");
  const [lasts, setLasts] = useState<(typeof LASTS)[number]>(LASTS[1]);
  const [rooms, setRooms] = useState<readonly string[]>([]);
  const [offer, setOffer] = useState<Offer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [ticket, setTicket] = useState<Ticket | null>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  useEffect(() => {
    // Without them a room can be typed, and a ticket be made.
    call<{ rooms: string[] }>("Stations.Rooms").then((r) => setRooms(r.rooms), () => undefined);
    fetch("/kiosk.json").then((r) => (r.ok ? (r.json() as Promise<Offer>) : null)).then(setOffer, () => undefined);
  }, []);
  const go = async () => {
    if (ticket) {
      setTicket(null);
      setName("");
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const place = { ...(name.trim() ? { name: name.trim() } : {}), ...(room.trim() ? { room: room.trim() } : {}) };
      const r = await call<{ ticket: string; expires_ms: number }>("Stations.Invite", { kind, ...place, lasts_ms: lasts });
      setTicket({ kind, ...r, name: name.trim() });
    } catch (e) {
      setError(asApiError(e));
    }
    setBusy(false);
  };
  return (
    <ActDialog
      title={ticket ? t("invite.title.done", { name: ticket.name || t(`station.kind.${ticket.kind}`) }) : t("invite.title")}
      onClose={closeDialog}
      word={t(ticket ? "invite.another" : "invite.go")}
      {...(ticket ? { leave: t("close") } : {})}
      off={busy || link.value !== "live"}
      onGo={() => void go()}
    >
      {error && <Problem error={error} />}
      {ticket ? (
        <Steps ticket={ticket} offer={offer} />
      ) : (
        <>
          <Choice name="kind" legend={t("invite.kind")} values={KINDS} chosen={kind} word={(k) => t(`station.kind.${k}`)} onChoose={setKind} />
          <Text label={t("stations.set.field")} value={name} onText={(v) => setName(clip(v, PLACE_MAX))} focus />
          <Text label={t("stations.room")} value={room} onText={(v) => setRoom(clip(v, PLACE_MAX))} list={id} />
          <datalist id={id}>
            {rooms.map((r) => (
              <option key={r} value={r} />
            ))}
          </datalist>
          <Choice name="lasts" legend={t("invite.lasts")} values={LASTS} chosen={lasts} word={(ms) => t(ms === LASTS[0] ? "invite.hour" : ms === LASTS[1] ? "invite.day" : "invite.week")} onChoose={setLasts} />
          <p class="hint">{t("invite.hint")}</p>
        </>
      )}
    </ActDialog>
  );
}
