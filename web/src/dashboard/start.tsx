// SPDX-License-Identifier: GPL-3.0-or-later
// Start a program, a document or an address: one field that searches what is installed and takes
// anything else as it is. Enter starts what is marked; what was started last needs one click.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { asApiError } from "../shared/api";
import { explain } from "../shared/explain";
import { lang, t } from "../shared/i18n";
import type { Program } from "../shared/types";
import { ActDialog } from "./actdialog";
import { canAct } from "./actmenu";
import { stillThere } from "./confirm";
import { installed, picture, recent, start, starting, type StartOrder } from "./programs";
import { findPrograms, freeFirst, interpret, OPEN_MAX, type Free } from "./starting";
import { whomText } from "./whom";

type Choice = { program: Program; free?: undefined } | { free: Free; program?: undefined };

const SHOWN_MAX = 200;

function Icon({ program }: { program: Program }) {
  const ref = useRef<HTMLSpanElement>(null);
  const [src, setSrc] = useState<string | null>(null);
  useEffect(() => {
    const e = ref.current;
    if (!e || !program.icon) return undefined;
    let there = true;
    const seen = new IntersectionObserver((list) => {
      if (!list.some((x) => x.isIntersecting)) return;
      seen.disconnect();
      void picture(program.id).then((s) => there && setSrc(s));
    });
    seen.observe(e);
    return () => {
      there = false;
      seen.disconnect();
    };
  }, [program.id]);
  return (
    <span ref={ref} class="program-icon" aria-hidden="true">
      {src ? <img src={src} alt="" width={32} height={32} onError={() => setSrc(null)} /> : [...program.name][0]?.toLocaleUpperCase()}
    </span>
  );
}

interface OptionProps {
  choice: Choice;
  id: string;
  on: boolean;
  onChoose: () => void;
}

function Option({ choice, id, on, onChoose }: OptionProps) {
  const { program, free } = choice;
  return (
    <li id={id} role="option" aria-selected={on} class={on ? "program on" : "program"} onClick={onChoose}>
      {program ? (
        <Icon program={program} />
      ) : (
        <span class="program-icon" aria-hidden="true">
          ↵
        </span>
      )}
      <span class="program-text">
        <span class="program-name">{program ? program.name : t(`start.free.${free.kind}`, { text: free.open })}</span>
        {program?.comment && <span class="program-comment">{program.comment}</span>}
      </span>
    </li>
  );
}

function recentName(o: StartOrder, programs: readonly Program[]): string | null {
  if (o.program === null) return o.open;
  const name = programs.find((p) => p.id === o.program)?.name;
  if (name === undefined) return null; // it is not installed any more
  return o.open ? `${name}: ${o.open}` : name;
}

function Recent({ entries, programs, onStart }: { entries: StartOrder[]; programs: Program[]; onStart: (o: StartOrder) => void }) {
  const named = entries.flatMap((o) => {
    const name = recentName(o, programs);
    return name ? [{ o, name }] : [];
  });
  if (named.length === 0) return null;
  return (
    <div class="texts start-recent" role="group" aria-label={t("start.recent")}>
      {named.map(({ o, name }) => (
        <button key={`${o.program ?? ""} ${o.open ?? ""}`} type="button" class="text-chip" title={name} onClick={() => onStart(o)}>
          {name}
        </button>
      ))}
    </div>
  );
}

/** null: not there yet. */
function useLists(): { programs: Program[] | null; entries: StartOrder[]; error: string } {
  const [programs, setPrograms] = useState<Program[] | null>(null);
  const [entries, setEntries] = useState<StartOrder[]>([]);
  const [error, setError] = useState("");
  useEffect(() => {
    let there = true;
    recent().then((r) => there && setEntries(r)).catch(() => undefined); // no chips, then
    installed()
      .then((r) => there && setPrograms(r))
      .catch((e: unknown) => {
        if (!there) return;
        setPrograms([]);
        setError(explain(asApiError(e)).text);
      });
    return () => {
      there = false;
    };
  }, []);
  return { programs, entries, error };
}

function Body({ sessions }: { sessions: readonly string[] | "all" }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState<number | null>(null);
  const { programs, entries, error } = useLists();
  const base = useId();
  const close = () => (starting.value = null);
  const free = interpret(text);
  const found = programs ? findPrograms(programs, text, lang.value).slice(0, SHOWN_MAX) : [];
  const rest: Choice[] = found.map((program) => ({ program }));
  const choices: Choice[] = !free ? rest : freeFirst(free, found.length) ? [{ free }, ...rest] : [...rest, { free }];
  // Nothing typed, nothing marked: Enter alone starts nothing.
  const marked = Math.min(at ?? (free ? 0 : -1), choices.length - 1);
  const there = sessions === "all" ? null : stillThere(sessions).map((s) => s.id);
  const off = !canAct() || there?.length === 0;
  const go = (o: StartOrder) => {
    if (off) return;
    close();
    void start(there, o);
  };
  const choose = (c: Choice | undefined) => {
    if (c) go(c.program ? { program: c.program.id, open: null } : { program: null, open: c.free.open });
  };
  const mark = (i: number) => {
    const next = (i + choices.length) % Math.max(1, choices.length);
    setAt(next);
    document.getElementById(`${base}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown") mark(marked + 1);
    else if (e.key === "ArrowUp") mark(Math.max(marked, 0) - 1);
    else if (e.key === "PageDown") mark(Math.min(marked + 8, choices.length - 1));
    else if (e.key === "PageUp") mark(Math.max(marked - 8, 0));
    else return;
    e.preventDefault();
  };
  return (
    <ActDialog
      title={t("start.title", { whom: whomText(sessions) })}
      onClose={close}
      word={t("start.go")}
      off={off || marked < 0}
      onGo={() => choose(choices[marked])}
      class="start"
    >
      <label class="field">
        <span>{t("start.field")}</span>
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${base}-list`}
          aria-autocomplete="list"
          aria-activedescendant={marked >= 0 ? `${base}-${marked}` : undefined}
          aria-describedby={`${base}-hint`}
          data-focus
          autocomplete="off"
          spellcheck={false}
          maxLength={OPEN_MAX}
          value={text}
          onInput={(e) => {
            setText(e.currentTarget.value);
            setAt(null);
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <p id={`${base}-hint`} class="hint">
        {t("start.hint")}
      </p>
      <Recent entries={entries} programs={programs ?? []} onStart={go} />
      {error && <p class="note note-error">{error}</p>}
      <ul id={`${base}-list`} class="programs" role="listbox" aria-label={t("start.programs")} aria-busy={programs === null}>
        {choices.map((c, i) => (
          <Option key={c.program ? c.program.id : "\u0000"} choice={c} id={`${base}-${i}`} on={i === marked} onChoose={() => choose(c)} />
        ))}
      </ul>
      {programs === null && (
        <p class="hint" role="status">
          {t("start.loading")}
        </p>
      )}
    </ActDialog>
  );
}

export function StartDialog() {
  const ask = starting.value;
  return ask && <Body sessions={ask.sessions} />;
}
