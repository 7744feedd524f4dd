// SPDX-License-Identifier: GPL-3.0-or-later
// One session on the wall. Reads its own signals only; the picture is drawn past it (pictures.ts).

import { useEffect, useRef } from "preact/hooks";
import { serverNow, tick } from "../shared/clock";
import { countdown, plainName } from "../shared/format";
import { bytes, duration, percent, said, t } from "../shared/i18n";
import type { Notice, Session } from "../shared/types";
import { blockAll, blocks } from "./blocks";
import { blockOf } from "./blocking";
import { UntilText } from "./force";
import { lessons } from "./lessons";
import { attach } from "./pictures";
import { memoryTotal, stations, type Outcome, type Tile } from "./store";
import { condition, isFinal } from "./summary";
import { lessonBlock } from "./teaching";
import { idleFor, load, type Alarm } from "./tileinfo";

function stationNames(s: Session): string {
  const names = s.stations.map((id) => stations.value.get(id)?.name || id);
  return names.length > 0 ? names.join(", ") : t("tile.nostation");
}

function Countdown({ notice }: { notice: Notice }) {
  void tick.value;
  return (
    <span class="badge badge-warn tile-notice" title={notice.message || undefined}>
      {t(`tile.notice.${notice.act ?? "logoff"}`, { time: countdown(notice.ends_ms - serverNow()) })}
    </span>
  );
}

const TELL_AFTER_MS = 2000; // a restarted relay is back before that

const AlarmSign = () => (
  <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 4L2.500 20h19zM12 10v5M12 17.600v.2" />
  </svg>
);

/** The picture does not show what is there now; since when. */
function AlarmBadge({ tile, alarm }: { tile: Tile; alarm: Alarm }) {
  void tick.value;
  const said = alarm === "stale" || alarm === "none" ? null : tile.alarm.value;
  const age = said ? serverNow() - said.since_ms : Date.now() - tile.staleSince;
  if (!said && age < TELL_AFTER_MS) return null;
  return (
    <span class={`tile-alarm ${alarm === "none" ? "tile-instead" : "badge tile-stale"}`}>
      <AlarmSign />
      <span>{t(`tile.${alarm}`, { time: duration(age) })}</span>
    </span>
  );
}

function alarmOf(tile: Tile): Alarm | null {
  const s = tile.session.value;
  if (!s.may.includes("tile") || s.state === "opening" || tile.gone.value) return null;
  const picture = tile.picture.value;
  if (picture === "stale") return picture;
  return tile.alarm.value?.kind ?? (picture === "none" ? "none" : null);
}

const minutes = (ms: number) => duration(Math.floor(ms / 60_000) * 60_000);

function Hand({ since }: { since: number }) {
  void tick.value;
  const ms = Math.max(0, serverNow() - since);
  const time = ms < 60_000 ? "" : minutes(ms);
  return (
    <span class="tile-hand">
      <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M8 13V6a1.500 1.500 0 0 1 3 0v5V4.500a1.500 1.500 0 0 1 3 0V11 6.500a1.500 1.500 0 0 1 3 0V15c0 3.500-2 6-5.500 6-3 0-4.300-1.500-5.500-4l-1.800-3.600c-.6-1.400 1.200-2.300 2-1.100z" />
      </svg>
      {time && <span aria-hidden="true">{time}</span>}
      <span class="visually-hidden">
        {t("tile.hand.label", { time: time || duration(Math.floor(ms / 1000) * 1000) })}
        {", "}
      </span>
    </span>
  );
}

/** How the session is; that nobody uses it comes in place of "active". */
function State({ tile }: { tile: Tile }) {
  const s = tile.session.value;
  const how = condition(s);
  if (s.state === "active") void tick.value;
  const idle = how === "active" ? idleFor(s, tile.usedAt, Date.now()) : 0;
  return (
    <span class={`chip chip-${idle > 0 ? "idle" : how}`}>
      {idle > 0 ? t("tile.idle", { time: minutes(idle) }) : t(`condition.${how}`)}
    </span>
  );
}

/** Processor and memory, for those who see; null: nothing that should be noticed. */
function usage(s: Session): { cpu: number | null; memory: number | null; text: string } {
  const l = load(s, memoryTotal.value);
  const texts: string[] = [];
  if (l.cpu !== null) texts.push(t("tile.cpu", { percent: percent(s.cpu_permille / 1000) }));
  if (l.memory !== null) texts.push(t("tile.memory", { size: bytes(s.memory_kib) }));
  return { ...l, text: texts.join(", ") };
}

function Usage({ session }: { session: Session }) {
  const u = usage(session);
  return (
    <span class="tile-usage" title={u.text || undefined} aria-hidden="true">
      <span class="tile-cpu" hidden={u.cpu === null} style={{ width: `${Math.round((u.cpu ?? 0) * 100)}%` }} />
      <span class="tile-memory" hidden={u.memory === null} style={{ width: `${Math.round((u.memory ?? 0) * 100)}%` }} />
    </span>
  );
}

/** What the person works with. */
function Window({ session }: { session: Session }) {
  const program = plainName(session.program);
  const title = plainName(session.window);
  const both = program && title ? t("tile.window", { program, title }) : program || title;
  return (
    <span class="tile-window" title={both || undefined}>
      {title || program}
      {both && <Comma />}
    </span>
  );
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
  if (picture === "none") return tile.alarm.value ? null : <AlarmBadge tile={tile} alarm="none" />;
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
  const l = b ? null : lessonBlock(lessons.value, session);
  const message = b?.message ?? l?.message;
  const until_ms = b?.until_ms ?? l?.ends_ms ?? 0;
  return (
    <span class="block-veil">
      <strong>{t("condition.blocked")}</strong>
      {message && <span class="block-text">{t("quoted", { text: message })}</span>}
      {until_ms > 0 && <UntilText until_ms={until_ms} />}
    </span>
  );
}

/** What others do with this desktop, and that its web is limited. */
function marks(s: Session): string[] {
  const list: string[] = [];
  if (s.projecting) list.push(t("mark.projecting"));
  if (s.controlled) list.push(s.controlled_by ? t("mark.controlled.by", { name: s.controlled_by }) : t("mark.controlled"));
  else if (s.viewed) list.push(t("mark.viewed"));
  if (s.limited) list.push(t("mark.limited"));
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
function unseen(s: Session, outcome: Outcome | null, asks: boolean, alarm: Alarm | null): string {
  const parts = marks(s);
  if (alarm) parts.push(t(`tile.alarm.${alarm}`));
  const use = usage(s).text;
  if (use) parts.push(use);
  if (asks) parts.push(t("more.short"));
  if (s.limit_hit && s.limit_hit !== "none") parts.push(t(`tile.limit.${s.limit_hit}`));
  if (s.notice) parts.push(t(`tile.notice.label.${s.notice.act ?? "logoff"}`));
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
  const alarm = alarmOf(tile);
  const state = gone ? "gone" : s.state;
  const classes = ["tile", `tile-${state}`];
  if (selected) classes.push("selected");
  if (tile.current.value) classes.push("current");
  if (picture === "stale" || alarm === "lost") classes.push("stale");
  if (alarm) classes.push("alarmed");
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
      data-condition={condition(s)}
      data-alarm={alarm ?? undefined}
      data-picture={mayPicture ? picture : "hidden"}
    >
      <div class="tile-picture" aria-hidden="true">
        <canvas ref={canvas} width={0} height={0} hidden={!mayPicture} />
        {!outcome && !gone && <Instead tile={tile} session={s} />}
        {alarm && alarm !== "none" && <AlarmBadge tile={tile} alarm={alarm} />}
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
        {s.limit_hit && s.limit_hit !== "none" && !gone && (
          <span class="badge badge-bad tile-limit" title={t(`tile.limit.${s.limit_hit}.hint`)}>
            {t(`tile.limit.${s.limit_hit}`)}
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
      <Usage session={s} />
      <div class="tile-text">
        <span class="tile-line tile-first">
          <span class="tile-name">
            {s.full_name}
            {s.own && <span class="tile-own"> ({t("tile.own")})</span>}
            <Comma />
          </span>
          {s.hand_ms > 0 && !gone && <Hand since={s.hand_ms} />}
        </span>
        <Window session={s} />
        <span class="tile-line">
          <span class="tile-station">
            {stationNames(s)}
            <Comma />
          </span>
          <State tile={tile} />
          <span class="visually-hidden">{unseen(s, outcome, asks, alarm)}</span>
        </span>
      </div>
    </div>
  );
}
