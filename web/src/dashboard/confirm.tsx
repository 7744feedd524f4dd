// SPDX-License-Identifier: GPL-3.0-or-later
// Before work can be lost: who is affected, what is lost, how much notice. Follows the wall while it is
// open: who logs off meanwhile leaves the list, and "all" is all at the moment of the click.

import { useState } from "preact/hooks";
import { list, t } from "../shared/i18n";
import type { Session } from "../shared/types";
import { ActDialog, Choice, MessageField } from "./actdialog";
import { canAct } from "./actmenu";
import { confirming, logOff, type Order } from "./acts";
import { liveSessions, tiles } from "./store";
import { nameSome, split } from "./summary";

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

const KEPT = {
  logoff: { own: "confirm.kept.own", role: "confirm.kept.role" },
  block: { own: "block.kept.own", role: "block.kept.role" },
  limit: { own: "limit.kept.own", role: "limit.kept.role" },
} as const;

type KeptProps = { own: Session[]; forbidden: Session[]; act: "logoff" | "block" | "limit" };

export function Kept({ own, forbidden, act }: KeptProps) {
  if (own.length + forbidden.length === 0) return null;
  return (
    <div class="note">
      {own.length > 0 && <p>{t(KEPT[act].own)}</p>}
      {forbidden.length > 0 && <p>{t(KEPT[act].role, { names: list(forbidden.map(nameOf)) })}</p>}
    </div>
  );
}

export function ConfirmLogOff() {
  const [grace, setGrace] = useState<(typeof GRACE_MIN)[number]>(0);
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
    const order: Order = { sessions: isAll ? null : sessions.map((x) => x.id), grace_ms: grace * 60_000, message: message.trim() };
    close();
    void logOff(order);
  };
  return (
    <ActDialog title={title} onClose={close} word={t("confirm.go")} off={off} onGo={go} danger>
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
      <Choice
        name="grace"
        legend={t("confirm.grace")}
        values={GRACE_MIN}
        chosen={grace}
        word={(m) => (m === 0 ? t("confirm.grace.now") : t("confirm.grace.minutes", { count: m }))}
        onChoose={setGrace}
      />
      <MessageField
        label={t("confirm.message")}
        hint={t(grace === 0 && message.trim() !== "" ? "confirm.message.now" : "confirm.message.hint")}
        value={message}
        max={MESSAGE_MAX}
        onText={setMessage}
      />
    </ActDialog>
  );
}
