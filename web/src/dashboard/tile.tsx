// SPDX-License-Identifier: GPL-3.0-or-later
// One session on the wall. Reads its own signals only; the picture is drawn past it (pictures.ts).

import { useEffect, useRef } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown, span } from "../shared/format";
import { said, t } from "../shared/i18n";
import type { Notice, Session } from "../shared/types";
import { blockAll, blocks } from "./blocks";
import { blockOf } from "./blocking";
import { UntilText } from "./force";
import { attach } from "./pictures";
import { stations, type Outcome, type Tile } from "./store";
import { condition, isFinal } from "./summary";

function stationNames(s: Session): string {
  const names = s.stations.map((id) => stations.value.get(id)?.name || id);
  return names.length > 0 ? names.join(", ") : t("tile.nostation");
}

function Countdown({ notice }: { notice: Notice }) {
  void tick.value;
  return (
    <span class="badge badge-warn tile-notice" title={notice.message || undefined}>
      {t("tile.notice", { time: countdown(notice.ends_ms - serverNow()) })}
    </span>
  );
}

const TELL_AFTER_MS = 2000; // a restarted relay is back before that

function StaleBadge({ tile }: { tile: Tile }) {
  void tick.value;
  if (Date.now() - tile.staleSince < TELL_AFTER_MS) return null;
  const s = span(Date.now() - tile.staleSince);
  return <span class="badge tile-stale">{t(`tile.stale.${s.unit}`, { count: s.count })}</span>;
}

/** What stands in place of a picture that is not there. */
function Instead({ tile, session }: { tile: Tile; session: Session }) {
  const picture = tile.picture.value;
  if (!session.may.includes("tile"))
    return (
      <span class="tile-instead">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 3l18 18M10 5.3A9.8 9.8 0 0 1 12 5c5 0 9 4.5 10 7a14 14 0 0 1-3 4.2M6.5 6.6A14.600 14.600 0 0 0 2 12c1 2.500 5 7 10 7a9.600 9.600 0 0 0 4.600-1.200" />
        </svg>
        {t(`tile.hidden.${session.role}`)}
      </span>
    );
  if (session.state === "opening") return <span class="tile-instead">{t("tile.opening")}</span>;
  if (picture === "none") return <span class="tile-instead">{t("tile.nopicture")}</span>;
  if (picture === "waiting") return <span class="tile-instead">{t("tile.waiting")}</span>;
  return null;
}

function outcomeText(o: Outcome): string {
  if (isFinal(o.state) || o.act === "logoff") return t(`target.${o.state}`);
  return t(`target.pending.${o.act}`);
}

/** Over the live picture, which stays to be seen: the pupil sees nothing but this text. */
function BlockVeil({ session }: { session: Session }) {
  const b = blockOf(session, blocks.value, blockAll.value);
  return (
    <span class="block-veil">
      <strong>{t("condition.blocked")}</strong>
      {b?.message && <span class="block-text">{t("quoted", { text: b.message })}</span>}
      {b && b.until_ms > 0 && <UntilText until_ms={b.until_ms} />}
    </span>
  );
}

/** What others do with this desktop. */
function marks(s: Session): string[] {
  const list: string[] = [];
  if (s.projecting) list.push(t("mark.projecting"));
  if (s.controlled) list.push(s.controlled_by ? t("mark.controlled.by", { name: s.controlled_by }) : t("mark.controlled"));
  else if (s.viewed) list.push(t("mark.viewed"));
  return list;
}

function Asks() {
  return (
    <span class="tile-asks">
      <span class="tile-asks-text">{t("more.question")}</span>
      <span class="tile-answers">
        {[1, 5].map((m) => (
          <span key={m} class="tile-answer" data-answer={m}>
            {t("more.minutes", { count: m })}
          </span>
        ))}
        <span class="tile-answer" data-answer="0">
          {t("more.no")}
        </span>
      </span>
    </span>
  );
}

function OutcomeVeil({ outcome, hasNotice }: { outcome: Outcome; hasNotice: boolean }) {
  if (outcome.state === "waiting" && hasNotice) return null; // the countdown says it
  const bad = outcome.state === "refused" || outcome.state === "failed";
  const cls = bad ? "veil veil-bad" : isFinal(outcome.state) ? "veil veil-done" : "veil";
  return (
    <span class={cls}>
      {!isFinal(outcome.state) && <span class="spinner" aria-hidden="true" />}
      <strong>{outcomeText(outcome)}</strong>
      {outcome.reason && <span class="veil-reason">{said(outcome.reason)}</span>}
    </span>
  );
}

/** What the picture says, for those who do not see it; follows name, station and state. */
function unseen(s: Session, outcome: Outcome | null, asks: boolean): string {
  const parts = marks(s);
  if (asks) parts.push(t("more.short"));
  if (s.notice) parts.push(t("tile.notice.label"));
  if (outcome && (outcome.state === "refused" || outcome.state === "failed"))
    parts.push(`${outcomeText(outcome)}${outcome.reason ? `: ${said(outcome.reason)}` : ""}`);
  if (!s.may.includes("tile")) parts.push(t(`tile.hidden.${s.role}`));
  return parts.map((p) => `, ${p}`).join("");
}

const Comma = () => <span class="visually-hidden">, </span>;

interface Props {
  tile: Tile;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Among all that the wall shows, from 1. */
  position: number;
  of: number;
}

export function TileView({ tile, x, y, width, height, position, of }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(
    () => (root.current && canvas.current ? attach(tile, root.current, canvas.current) : undefined),
    [tile],
  );
  const s = tile.session.value;
  const gone = tile.gone.value;
  const selected = tile.selected.value;
  const outcome = tile.outcome.value;
  const picture = tile.picture.value;
  const mayPicture = s.may.includes("tile");
  const asks = tile.asks.value !== null && Boolean(s.notice);
  const how = condition(s);
  const state = gone ? "gone" : s.state;
  const classes = ["tile", `tile-${state}`];
  if (selected) classes.push("selected");
  if (tile.current.value) classes.push("current");
  if (picture === "stale") classes.push("stale");
  if (tile.source.value) classes.push("source");
  return (
    <div
      ref={root}
      id={`tile-${tile.id}`}
      class={classes.join(" ")}
      role={gone ? "presentation" : "option"}
      aria-hidden={gone ? "true" : undefined}
      aria-selected={gone ? undefined : selected}
      aria-posinset={gone ? undefined : position}
      aria-setsize={gone ? undefined : of}
      style={{ insetInlineStart: x, top: y, width, height }}
      data-session={tile.id}
      data-user={s.user}
      data-state={state}
      data-condition={how}
      data-picture={mayPicture ? picture : "hidden"}
    >
      <div class="tile-picture" aria-hidden="true">
        <canvas ref={canvas} width={0} height={0} hidden={!mayPicture} />
        {!outcome && !gone && <Instead tile={tile} session={s} />}
        {mayPicture && picture === "stale" && <StaleBadge tile={tile} />}
        {s.blocked && !gone && !outcome && <BlockVeil session={s} />}
        {!gone && (
          <span class="tile-marks">
            {marks(s).map((m) => (
              <span key={m} class="mark">
                {m}
              </span>
            ))}
            {tile.source.value && <span class="mark mark-source">{t("mark.source")}</span>}
          </span>
        )}
        {s.notice && !gone && <Countdown notice={s.notice} />}
        {asks && !gone && !outcome?.reason && <Asks />}
        {gone ? (
          <span class="veil veil-done">
            <strong>{t("target.done")}</strong>
          </span>
        ) : (
          outcome && <OutcomeVeil outcome={outcome} hasNotice={Boolean(s.notice)} />
        )}
        <span class="tile-check" aria-hidden="true">
          <svg viewBox="0 0 24 24">
            <path d="M5 12.500l4.500 4.500L19 7.500" />
          </svg>
        </span>
      </div>
      <div class="tile-text">
        <span class="tile-name">
          {s.full_name}
          {s.own && <span class="tile-own"> ({t("tile.own")})</span>}
          <Comma />
        </span>
        <span class="tile-line">
          <span class="tile-station">
            {stationNames(s)}
            <Comma />
          </span>
          <span class={`chip chip-${how}`}>
            {t(`condition.${how}`)}
            <span class="visually-hidden">{unseen(s, outcome, asks)}</span>
          </span>
        </span>
      </div>
    </div>
  );
}
