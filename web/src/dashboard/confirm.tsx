// SPDX-License-Identifier: GPL-3.0-or-later
// Before work can be lost: who is affected, what is lost, how much notice. Follows the wall while it is
// open: who logs off meanwhile leaves the list, and "all" is all at the moment of the click.

import { useState } from "preact/hooks";
import { Dialog } from "../shared/dialog";
import { list, t } from "../shared/i18n";
import type { Session } from "../shared/types";
import { canAct } from "./actmenu";
import { confirming, logOff, type Order } from "./acts";
import { liveSessions, tiles } from "./store";
import { nameSome, split } from "./summary";
import { wallElement } from "./wall";

const MESSAGE_MAX = 500;
const GRACE_MIN = [0, 1, 5] as const;

export function stillThere(ids: readonly string[]): Session[] {
  return ids.flatMap((id) => {
    const tile = tiles.get(id);
    return tile && !tile.gone.value ? [tile.session.value] : [];
  });
}

export const nameOf = (s: Session) => s.full_name;

export function Names({ sessions }: { sessions: Session[] }) {
  const { shown, more } = nameSome(sessions.map(nameOf));
  return (
    <ul class="names">
      {shown.map((n, i) => (
        <li key={`${i}${n}`}>{n}</li>
      ))}
      {more > 0 && <li class="names-more">{t("confirm.more", { count: more })}</li>}
    </ul>
  );
}

type KeptProps = { own: Session[]; forbidden: Session[]; act: "logoff" | "block" };

export function Kept({ own, forbidden, act }: KeptProps) {
  if (own.length + forbidden.length === 0) return null;
  return (
    <div class="note">
      {own.length > 0 && <p>{t(act === "logoff" ? "confirm.kept.own" : "block.kept.own")}</p>}
      {forbidden.length > 0 && <p>{t(act === "logoff" ? "confirm.kept.role" : "block.kept.role", { names: list(forbidden.map(nameOf)) })}</p>}
    </div>
  );
}

export function ConfirmLogOff() {
  const [grace, setGrace] = useState(0);
  const [message, setMessage] = useState("");
  const ask = confirming.value;
  if (!ask) return null;
  const isAll = ask.sessions === "all";
  const sessions = ask.sessions === "all" ? liveSessions() : stillThere(ask.sessions);
  const bulk = ask.sessions === "all" || ask.sessions.length > 1;
  const { affected, own, forbidden } = split(sessions, "logoff", bulk);
  const first = affected[0] ?? sessions[0];
  const title = isAll
    ? t("confirm.title.all")
    : sessions.length === 1 && first
      ? t("confirm.title.one", { name: nameOf(first) })
      : t("confirm.title.many", { count: affected.length });
  const close = () => {
    confirming.value = null;
    setGrace(0);
    setMessage("");
  };
  // If all others have gone meanwhile, an act on several must not become one on the caller alone.
  const off = affected.length + forbidden.length === 0 || !canAct();
  const go = () => {
    if (off) return;
    const order: Order = { sessions: isAll ? null : sessions.map((x) => x.id), grace_ms: grace * 60_000, message: message.trim() };
    close();
    void logOff(order);
  };
  return (
    <Dialog title={title} onClose={close} fallback={wallElement}>
      <div class="dialog-body">
        {affected.length > 0 ? (
          <>
            <p>{t("confirm.affected", { count: affected.length })}</p>
            <Names sessions={affected} />
            <p class="note note-warn">
              <strong>{t(affected.length === 1 ? "confirm.lost.one" : "confirm.lost")}</strong>
            </p>
          </>
        ) : (
          <p>{t("confirm.nobody")}</p>
        )}
        <Kept own={own} forbidden={forbidden} act="logoff" />
        <fieldset class="grace">
          <legend>{t("confirm.grace")}</legend>
          <div class="segmented wide">
            {GRACE_MIN.map((m) => (
              <label key={m}>
                <input type="radio" name="grace" value={m} checked={grace === m} onChange={() => setGrace(m)} />
                <span>{m === 0 ? t("confirm.grace.now") : t("confirm.grace.minutes", { count: m })}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="field">
          <span>{t("confirm.message")}</span>
          <textarea
            rows={2}
            maxLength={MESSAGE_MAX}
            value={message}
            aria-describedby="confirm-hint"
            onInput={(e) => setMessage(e.currentTarget.value)}
          />
        </label>
        <p id="confirm-hint" class="hint">
          {t(grace === 0 && message.trim() !== "" ? "confirm.message.now" : "confirm.message.hint")}
        </p>
      </div>
      <div class="dialog-acts">
        <button type="button" class="button" data-focus onClick={close}>
          {t("cancel")}
        </button>
        <button type="button" class="button danger solid" aria-disabled={off} onClick={go}>
          {t("confirm.go")}
        </button>
      </div>
    </Dialog>
  );
}
