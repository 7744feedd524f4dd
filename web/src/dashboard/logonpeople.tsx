// SPDX-License-Identifier: GPL-3.0-or-later
// Logging people on at stations: a line for each station, filled by hand, by counting on, or by a list that is
// pasted into any of its fields. What did not work stays in its line with the reason, ready to be corrected.
// Passwords are in the fields only, and gone with the dialog.

import { useState } from "preact/hooks";
import { call, type ApiError } from "../shared/api";
import { explain } from "../shared/explain";
import { said, t } from "../shared/i18n";
import type { Station, StationResult } from "../shared/types";
import { ActDialog } from "./actdialog";
import { entries, isBusy, order } from "./entries";
import { Check, Text } from "./fields";
import { inOrder, nameOf } from "./local";
import { countOn, parsePeople, type People } from "./logontable";
import { closeDialog, dialog, isAdministrator, resultTargets } from "./stationmenu";
import { link, stations, tiles } from "./store";

interface Line {
  user: string;
  password: string;
}
type Lines = Readonly<Record<string, Line>>;

const EMPTY: Line = { user: "", password: "" };

/** The named ones; none named: those that are free, or all that are connected. */
function stationsOf(ids: readonly string[]): string[] {
  if (ids.length > 0) return [...ids];
  const connected = inOrder().filter((s) => s.connected);
  const free = connected.filter((s) => s.session === "");
  return (free.length > 0 ? free : connected).map((s) => s.id);
}

/** Puts people into their lines, those without a station into the lines from this one on. Answers who has none. */
function put(lines: Lines, ids: readonly string[], from: number, found: People): { next: Lines; left: number } {
  const next: Record<string, Line> = { ...lines };
  let at = from;
  let left = 0;
  for (const p of found.people) {
    const id = p.station || ids[at++];
    if (id === undefined || !ids.includes(id)) left++;
    else next[id] = { user: p.user, password: p.password || (next[id] ?? EMPTY).password };
  }
  return { next, left };
}

function Outcome({ result }: { result: StationResult | undefined }) {
  if (!result) return null;
  return result.state === "done" ? <span class="logon-done">✓ {t("logon.done")}</span> : <span class="logon-failed">{said(result.reason)}</span>;
}

interface RowProps {
  station: Station;
  line: Line;
  result: StationResult | undefined;
  plainly: boolean;
  common: string;
  lacking: boolean;
  first: boolean;
  onLine: (more: Partial<Line>) => void;
  onPaste: (text: string) => boolean;
}

function Row({ station: s, line, result, plainly, common, lacking, first, onLine, onPaste }: RowProps) {
  const done = result?.state === "done";
  const there = s.session ? tiles.get(s.session)?.session.value.full_name : undefined;
  const paste = (e: ClipboardEvent) => {
    if (onPaste(e.clipboardData?.getData("text") ?? "")) e.preventDefault();
  };
  return (
    <tr data-line={s.id} data-state={result?.state}>
      <th scope="row">
        {nameOf(s)}
        {there && !done && <span class="whom-account">{t("logon.there", { name: there })}</span>}
        <Outcome result={result} />
      </th>
      <td>
        <input
          type="text"
          data-focus={first || undefined}
          aria-label={t("logon.user.at", { name: nameOf(s) })}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          readOnly={done}
          value={line.user}
          onInput={(e) => onLine({ user: e.currentTarget.value })}
          onPaste={paste}
        />
      </td>
      {!plainly && (
        <td>
          <input
            type="password"
            aria-label={t("logon.password.at", { name: nameOf(s) })}
            aria-invalid={lacking}
            autocomplete="new-password"
            readOnly={done}
            placeholder={common !== "" ? t("logon.common.short") : ""}
            value={line.password}
            onInput={(e) => onLine({ password: e.currentTarget.value })}
            onPaste={paste}
          />
        </td>
      )}
    </tr>
  );
}

/** The order stands in the results, too, for who closes the dialog before it has ended. */
async function logOn(people: { station: string; user: string; password: string | null }[], moves: boolean, onError: (e: ApiError) => void): Promise<StationResult[] | null> {
  let results: StationResult[] | null = null;
  entries.value = entries.peek().filter((e) => e.act !== "logon" || isBusy(e));
  const named = (id: string) => stations.peek().get(id)?.name || id;
  await order({
    act: "logon",
    expected: people.map((p) => ({ session: "", station: p.station, user: p.user, full_name: `${named(p.station)}, ${p.user}`, state: "asking", reason: "" })),
    run: async () => {
      results = (await call<{ results: StationResult[] }>("Stations.LogOn", { people, switch: moves })).results;
      return resultTargets(results);
    },
    again: null,
    elsewhere: (e) => {
      if (dialog.peek()?.what !== "logon") return false;
      onError(e);
      return true;
    },
  });
  return results;
}

function Body({ ids }: { ids: readonly string[] }) {
  const [lines, setLines] = useState<Lines>({});
  const [common, setCommon] = useState("");
  const [plainly, setPlainly] = useState(false);
  const [moves, setMoves] = useState(false);
  const [pasting, setPasting] = useState<string | null>(null);
  const [told, setTold] = useState<string[]>([]);
  const [lacking, setLacking] = useState<readonly string[]>([]);
  const [results, setResults] = useState<Readonly<Record<string, StationResult>>>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const list = ids.flatMap((id) => stations.value.get(id) ?? []);
  const lineOf = (id: string) => lines[id] ?? EMPTY;
  const isDone = (id: string) => results[id]?.state === "done";
  const wanted = list.filter((s) => !isDone(s.id) && lineOf(s.id).user.trim() !== "");

  const fill = (found: People, from: number) => {
    const { next, left } = put(lines, list.map((s) => s.id), from, found);
    setLines(next);
    setTold([...found.unknown.map((u) => t("logon.unknown", u)), ...(left > 0 ? [t("logon.left", { count: left })] : [])]);
  };
  const pasteAt = (from: number) => (text: string) => {
    if (!/[\t\n;]/.test(text.trim())) return false;
    fill(parsePeople(text, list), from);
    return true;
  };
  const firstUser = list.findIndex((s) => lineOf(s.id).user.trim() !== "");
  const counted = firstUser < 0 ? null : countOn(lineOf(list[firstUser]!.id).user, list.length - firstUser);
  const go = async () => {
    const bad = plainly ? [] : wanted.filter((s) => lineOf(s.id).password === "" && common === "").map((s) => s.id);
    setLacking(bad);
    setTold([]);
    if (bad.length > 0) return;
    setBusy(true);
    setError(null);
    const people = wanted.map((s) => ({ station: s.id, user: lineOf(s.id).user.trim(), password: plainly ? null : lineOf(s.id).password || common }));
    const got = await logOn(people, moves, setError);
    setBusy(false);
    if (!got) return;
    if (got.every((r) => r.state === "done")) closeDialog();
    else setResults({ ...results, ...Object.fromEntries(got.map((r) => [r.station, r])) });
  };
  const failed = Object.values(results).filter((r) => r.state !== "done").length;
  const answered = Object.keys(results).length;
  const problem = error ? explain(error) : null;
  return (
    <ActDialog
      title={list.length === 1 ? t("logon.title", { name: nameOf(list[0]!) }) : t("logon.table.title")}
      onClose={closeDialog}
      word={busy ? t("logon.busy") : wanted.length > 1 ? t("logon.go.some", { count: wanted.length }) : t("logon.go")}
      {...(answered > 0 ? { leave: t("close") } : {})}
      off={busy || wanted.length === 0 || link.value !== "live"}
      onGo={() => void go()}
      class="logon-dialog"
    >
      <div role="alert">
        {problem && <p class="note note-error">{problem.reason || problem.text}</p>}
        {failed > 0 && !busy && <p class="note note-error">{t("logon.results", { done: answered - failed, count: answered })}</p>}
        {lacking.length > 0 && <p class="note note-error">{t("logon.lacking")}</p>}
        {told.map((line) => (
          <p key={line} class="note note-warn">
            {line}
          </p>
        ))}
      </div>
      {list.length > 1 && (
        <div class="logon-tools">
          <button type="button" class="button small" data-act="paste" aria-expanded={pasting !== null} onClick={() => setPasting(pasting === null ? "" : null)}>
            {t("logon.paste")}
          </button>
          <button
            type="button"
            class="button small"
            data-act="count"
            aria-disabled={!counted || counted.length < 2}
            title={t("logon.count.hint")}
            onClick={() => counted && counted.length > 1 && fill({ people: counted.map((user) => ({ station: "", user, password: "" })), unknown: [] }, firstUser)}
          >
            {t("logon.count")}
          </button>
        </div>
      )}
      {pasting !== null && (
        <div class="logon-paste">
          <label class="field">
            <span>{t("logon.table.field")}</span>
            <textarea rows={5} autocomplete="off" spellcheck={false} placeholder={t("logon.table.example")} value={pasting} onInput={(e) => setPasting(e.currentTarget.value)} />
          </label>
          <button
            type="button"
            class="button small"
            data-act="take"
            aria-disabled={pasting.trim() === ""}
            onClick={() => {
              if (pasting.trim() === "") return;
              fill(parsePeople(pasting, list), 0);
              setPasting(null);
            }}
          >
            {t("logon.take")}
          </button>
        </div>
      )}
      {list.length > 1 && !plainly && <Text label={t("logon.common")} value={common} onText={setCommon} hidden />}
      <table class="list logon-lines">
        <thead>
          <tr>
            <th scope="col">{t("stations.name")}</th>
            <th scope="col">{t("login.user")}</th>
            {!plainly && <th scope="col">{t("login.password")}</th>}
          </tr>
        </thead>
        <tbody>
          {list.map((s, i) => (
            <Row
              key={s.id}
              station={s}
              line={lineOf(s.id)}
              result={results[s.id]}
              plainly={plainly}
              common={common}
              lacking={lacking.includes(s.id)}
              first={i === 0}
              onLine={(more) => setLines({ ...lines, [s.id]: { ...lineOf(s.id), ...more } })}
              onPaste={pasteAt(i)}
            />
          ))}
        </tbody>
      </table>
      {list.length === 0 && <p class="hint">{t("logon.nostation")}</p>}
      <div class="checks">
        {isAdministrator() && <Check label={t("logon.plainly")} checked={plainly} onChange={setPlainly} />}
        <Check label={t("logon.switch")} checked={moves} onChange={setMoves} />
      </div>
      <p class="hint">{t("logon.hint")}</p>
    </ActDialog>
  );
}

export function LogOnPeople() {
  const d = dialog.value;
  const [ids] = useState(() => stationsOf(d?.what === "logon" ? d.stations : []));
  return <Body ids={ids} />;
}
