// SPDX-License-Identifier: GPL-3.0-or-later
// What runs in one session: windows first, processes for those who ask. Asked for again every few
// seconds while it is looked at. Close asks the program; force is offered when it is still there.

import { useEffect, useRef, useState } from "preact/hooks";
import { asApiError, call } from "../shared/api";
import { explain } from "../shared/explain";
import { bytes, lang, percent, t } from "../shared/i18n";
import type { Process, Session } from "../shared/types";
import { canAct } from "./actmenu";
import { closingByName, list, starting, type Listing } from "./programs";

const EVERY_MS = 3000;
/** Never by itself: it may be asking what to save. */
const NO_FORCE = -1;

const keyOf = (p: Process) => `${p.pid} ${p.start}`;

interface State {
  listing: Listing | null;
  error: string;
  again: () => void;
}

function useListing(session: string): State {
  const [listing, setListing] = useState<Listing | null>(null);
  const [error, setError] = useState("");
  const now = useRef<() => void>(() => undefined);
  useEffect(() => {
    let there = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      clearTimeout(timer);
      if (!document.hidden) {
        try {
          const r = await list(session);
          if (!there) return;
          setListing(r);
          setError("");
        } catch (e) {
          if (!there) return;
          const x = explain(asApiError(e));
          setError(x.reason || x.text);
        }
      }
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), EVERY_MS);
    };
    now.current = () => void ask();
    void ask();
    return () => {
      there = false;
      clearTimeout(timer);
    };
  }, [session]);
  return { listing, error, again: () => now.current() };
}

/** A program that was asked to close. late: it was, and is still there. */
interface AskedOne {
  forced: boolean;
  late: boolean;
  error: string;
}
type Asked = ReadonlyMap<string, AskedOne>;

interface CloseProps {
  session: Session;
  process: Process | undefined;
  /** For people: the window or the program. */
  what: string;
  name: string;
  asked: Asked;
  onClose: (p: Process, force: boolean) => void;
}

function Acts({ session, process, what, name, asked, onClose }: CloseProps) {
  const off = !canAct() || !session.may.includes("close");
  const state = process && asked.get(keyOf(process));
  const late = state?.late;
  return (
    <span class="row-acts">
      {state?.error && <span class="row-error">{state.error}</span>}
      {state && !late && !state.error && (
        <span class="row-wait" role="status">
          <span class="spinner" aria-hidden="true" />
          {t(state.forced ? "running.forcing" : "running.closing")}
        </span>
      )}
      {late && <span class="row-asks">{t("running.asks")}</span>}
      {late && process && !state.error && (
        <button
          type="button"
          class="button small danger"
          aria-label={t("running.force.name", { what })}
          title={t("running.force.hint")}
          aria-disabled={off}
          onClick={() => !off && onClose(process, true)}
        >
          {t("running.force")}
        </button>
      )}
      {process && (!state || state.error) && (
        <button
          type="button"
          class="button small"
          aria-label={t("running.close.name", { what })}
          aria-disabled={off}
          onClick={() => !off && onClose(process, false)}
        >
          {t("running.close")}
        </button>
      )}
      <button
        type="button"
        class="button small quiet"
        aria-label={t("running.everywhere.name", { what: name })}
        aria-haspopup="dialog"
        aria-disabled={off}
        onClick={() => !off && (closingByName.value = { name, session: session.id })}
      >
        {t("running.everywhere")}
      </button>
    </span>
  );
}

export function Programs({ session: s }: { session: Session }) {
  const { listing, error, again } = useListing(s.id);
  const [asked, setAsked] = useState<Asked>(new Map());
  const note = (p: Process, state: Partial<AskedOne>) =>
    setAsked((old) => new Map(old).set(keyOf(p), { forced: false, late: false, error: "", ...state }));
  const close = (p: Process, forced: boolean) => {
    note(p, { forced });
    call<{ state: string }>("Programs.Close", { session: s.id, pid: p.pid, start: p.start, force_ms: forced ? 0 : NO_FORCE })
      .then((r) => note(p, { forced, late: r.state === "asking" }))
      .catch((e: unknown) => {
        const x = explain(asApiError(e));
        note(p, { forced, error: x.reason || x.text });
      })
      .finally(again);
  };
  if (!listing)
    return error ? (
      <p class="note note-error">{error}</p>
    ) : (
      <p class="hint" role="status">
        {t("running.loading")}
      </p>
    );
  const byPid = new Map(listing.processes.map((p) => [p.pid, p]));
  const processes = [...listing.processes].sort((a, b) => a.name.localeCompare(b.name, lang.value) || a.pid - b.pid);
  return (
    <div class="running">
      {error && <p class="note note-warn">{error}</p>}
      <div class="running-head">
        <h3>{t("running.windows", { count: listing.windows.length })}</h3>
        <button
          type="button"
          class="button small"
          aria-disabled={!canAct() || !s.may.includes("start")}
          onClick={() => canAct() && s.may.includes("start") && (starting.value = { sessions: [s.id] })}
        >
          {t("running.start")}
        </button>
      </div>
      {listing.windows.length === 0 ? (
        <p class="hint">{t("running.nowindows")}</p>
      ) : (
        <ul class="windows" aria-label={t("running.windows.name")}>
          {listing.windows.map((w) => {
            const p = byPid.get(w.pid);
            const title = w.title || w.class || String(w.id);
            return (
              <li key={w.id} class={w.active ? "window active" : "window"}>
                <span class="window-text">
                  <span class="window-title">{title}</span>
                  <span class="window-class">
                    {w.class || p?.name}
                    {w.active && ` · ${t("running.front")}`}
                  </span>
                </span>
                <Acts session={s} process={p} what={title} name={p?.name ?? w.class} asked={asked} onClose={close} />
              </li>
            );
          })}
        </ul>
      )}
      <details class="processes">
        <summary>{t("running.processes", { count: processes.length })}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("running.program")}</th>
              <th scope="col" class="number">
                {t("side.cpu")}
              </th>
              <th scope="col" class="number">
                {t("side.memory")}
              </th>
              <th scope="col">
                <span class="visually-hidden">{t("running.acts")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {processes.map((p) => (
              <tr key={keyOf(p)}>
                <td title={p.command}>{p.name}</td>
                <td class="number">{percent(p.cpu_permille / 1000)}</td>
                <td class="number">{bytes(p.memory_kib)}</td>
                <td>
                  <Acts session={s} process={p} what={`${p.name} (${p.pid})`} name={p.name} asked={asked} onClose={close} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
