// SPDX-License-Identifier: GPL-3.0-or-later
// Start a lesson: what it brings, to whom, for how long; and, before it starts, what it will change, as
// the system says. Ending one says what falls off.

import { useEffect, useId, useState } from "preact/hooks";
import { asApiError } from "../shared/api";
import { serverNow } from "../shared/clock";
import { explain } from "../shared/explain";
import { clip } from "../shared/format";
import { clockMinutes, t, type Key } from "../shared/i18n";
import type { LessonChange, LessonProgram, LessonUser, Program } from "../shared/types";
import { ActDialog, Choice, MessageField } from "./actdialog";
import { canAct } from "./actmenu";
import { blockAll, blocks } from "./blocks";
import { blockOf, MESSAGE_MAX } from "./blocking";
import { ending, endLesson, lessons, loadPresets, namesText, planning, preview, selectedUsers, startLesson, titleOf, type LessonOrder } from "./lessons";
import { orderOf, Presets } from "./lessonbar";
import { loadRecent } from "./limits";
import { webOf, type Web } from "./limiting";
import { installed } from "./programs";
import { WebChoice } from "./sites";
import { interpret } from "./starting";
import { room } from "./choices";
import { liveSessions, roomNames } from "./store";
import { covers, endLines, lengthChoice, lengthMs, LENGTHS, NAME_MAX, previewLines, programText, PROGRAMS_MAX, type Length, type Line } from "./teaching";

const LENGTH_MS = 45 * 60_000;
const PREVIEW_MS = 250;

function Lines({ lines }: { lines: readonly Line[] }) {
  return (
    <ul class="lesson-lines">
      {lines.map((l) => (
        <li key={l.key + JSON.stringify(l.args)}>{t(l.key, l.args)}</li>
      ))}
    </ul>
  );
}

/** Asks a moment after the last change; null: the answer is not there yet. */
function usePreview(o: LessonOrder | null): { changes: LessonChange[] | null; error: string } {
  const [changes, setChanges] = useState<LessonChange[] | null>(null);
  const [error, setError] = useState("");
  const key = JSON.stringify(o);
  useEffect(() => {
    if (!o) return undefined;
    let there = true;
    const timer = setTimeout(() => {
      preview(o)
        .then((r) => {
          if (!there) return;
          setChanges(r);
          setError("");
        })
        .catch((e: unknown) => there && setError(explain(asApiError(e)).text));
    }, PREVIEW_MS);
    return () => {
      there = false;
      clearTimeout(timer);
    };
  }, [key]);
  return { changes, error };
}

function LengthChoice({ length, free, bad, onLength, onFree }: {
  length: Length;
  free: string;
  bad: boolean;
  onLength: (l: Length) => void;
  onFree: (s: string) => void;
}) {
  const word = (l: Length) => (l === "free" ? t("lesson.length.free") : t("lesson.length.minutes", { count: Number(l) }));
  return (
    <Choice name="length" legend={t("lesson.length")} values={LENGTHS} chosen={length} word={word} onChoose={onLength}>
      {length === "free" && (
        <input
          class="until-time"
          type="text"
          inputMode="numeric"
          value={free}
          aria-label={t("lesson.length.field")}
          aria-invalid={bad}
          onInput={(e) => onFree(e.currentTarget.value)}
        />
      )}
    </Choice>
  );
}

/** Everybody, a room (rooms there are), or these people. */
type Who = "all" | "rooms" | "some";

function WhoChoice({ users, rooms, who, onWho, onRooms }: {
  users: readonly LessonUser[];
  rooms: readonly string[];
  who: Who;
  onWho: (who: Who) => void;
  onRooms: (rooms: string[]) => void;
}) {
  const names = [...new Set([...roomNames.value.split("\n").filter(Boolean), ...rooms])];
  const some = users.length === 0 ? t("lesson.who.nobody") : namesText(users.map((u) => u.full_name || u.user));
  return (
    <fieldset class="grace">
      <legend>{t("lesson.who")}</legend>
      <div class="segmented wide">
        <label>
          <input type="radio" name="who" checked={who === "all"} onChange={() => onWho("all")} />
          <span>{t("lesson.who.all")}</span>
        </label>
        {names.length > 0 && (
          <label>
            <input type="radio" name="who" checked={who === "rooms"} onChange={() => onWho("rooms")} />
            <span>{t("lesson.who.room")}</span>
          </label>
        )}
        <label>
          <input type="radio" name="who" checked={who === "some"} disabled={users.length === 0} onChange={() => onWho("some")} />
          <span>{some}</span>
        </label>
      </div>
      {who === "rooms" && (
        <div class="lesson-rooms" role="group" aria-label={t("lesson.who.rooms")}>
          {names.map((n) => (
            <label key={n} class="check">
              <input type="checkbox" checked={rooms.includes(n)} onChange={(e) => onRooms(names.filter((x) => (x === n ? e.currentTarget.checked : rooms.includes(x))))} />
              <span dir="auto">{n}</span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}

function Programs({ list, known, onChange }: { list: readonly LessonProgram[]; known: readonly Program[]; onChange: (l: LessonProgram[]) => void }) {
  const [text, setText] = useState("");
  const id = useId();
  const nameOf = (p: string) => known.find((k) => k.id === p)?.name ?? p;
  const add = () => {
    const words = text.trim().toLocaleLowerCase();
    const program = known.find((p) => p.name.toLocaleLowerCase() === words || p.id.toLocaleLowerCase() === words);
    const open = program ? null : interpret(text);
    if ((!program && !open) || list.length >= PROGRAMS_MAX) return;
    setText("");
    onChange([...list, { program: program?.id ?? "", open: open?.open ?? "" }]);
  };
  return (
    <div class="field">
      <label for={id}>{t("lesson.programs")}</label>
      <div class="lesson-add">
        <input
          id={id}
          type="text"
          list={`${id}-list`}
          autocomplete="off"
          spellcheck={false}
          maxLength={2000}
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== "Enter" || e.isComposing || text.trim() === "") return;
            e.preventDefault();
            add();
          }}
        />
        <button type="button" class="button" aria-disabled={text.trim() === ""} onClick={add}>
          {t("lesson.programs.add")}
        </button>
      </div>
      <datalist id={`${id}-list`}>
        {known.map((p) => (
          <option key={p.id} value={p.name} />
        ))}
      </datalist>
      {list.length > 0 && (
        <ul class="texts lesson-programs">
          {list.map((p, i) => {
            const name = programText(p, nameOf);
            return (
              <li key={`${i}${name}`} class="text-chip">
                <span>{name}</span>
                <button type="button" class="icon-button small" aria-label={t("lesson.programs.remove", { name })} onClick={() => onChange(list.filter((_, k) => k !== i))}>
                  ✕
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

function useForm(first: Partial<LessonOrder>) {
  const [chosen] = useState(() => first.users ?? selectedUsers());
  const [users, setUsers] = useState<readonly LessonUser[]>(chosen);
  const [rooms, setRooms] = useState<readonly string[]>(() => first.rooms ?? [room.peek()].filter(Boolean));
  const [who, setWho] = useState<Who>(() => {
    if (first.users === null) return "all";
    if (first.rooms?.length) return "rooms";
    if (chosen.length > 0 && (first.users !== undefined || chosen.length > 1)) return "some";
    return room.peek() ? "rooms" : "all";
  });
  const [name, setName] = useState(first.name ?? "");
  const [{ choice, free }, setLength] = useState(() => lengthChoice(first.length_ms ?? LENGTH_MS));
  const [block, setBlock] = useState(first.block ?? false);
  const [message, setMessage] = useState(first.message ?? "");
  const [programs, setPrograms] = useState<readonly LessonProgram[]>(first.programs ?? []);
  const [web, setWeb] = useState<Web>(first.web?.mode ?? "free");
  const [sites, setSites] = useState(first.web?.domains.join("\n") ?? "");
  const take = (o: Partial<LessonOrder>) => {
    setName(o.name ?? "");
    setLength(lengthChoice(o.length_ms ?? LENGTH_MS));
    setBlock(o.block ?? false);
    setMessage(o.message ?? "");
    setPrograms(o.programs ?? []);
    setWeb(o.web?.mode ?? "free");
    setSites(o.web?.domains.join("\n") ?? "");
    setWho(!o.users ? "all" : o.rooms?.length ? "rooms" : "some");
    if (o.rooms?.length) setRooms(o.rooms);
    if (o.users?.length) setUsers(o.users);
  };
  const length_ms = lengthMs(choice, free);
  const list = webOf(web, sites);
  const wrong =
    length_ms === null ? "lesson.length.bad" : list?.domains.length === 0 ? "limit.sites.none" : who === "rooms" && rooms.length === 0 ? "lesson.who.noroom" : null;
  const whom = { users: who === "all" ? null : who === "some" ? users : [], rooms: who === "rooms" ? rooms : [] };
  const order: LessonOrder | null =
    length_ms === null || wrong ? null : { name: name.trim(), ...whom, length_ms, block, message: message.trim(), programs, web: list };
  return { web, setWeb, sites, setSites, wrong, users, rooms, setRooms, who, setWho, name, setName, choice, free, setLength, block, setBlock, message, setMessage, programs, setPrograms, take, order };
}

function Form({ first }: { first: Partial<LessonOrder> }) {
  const f = useForm(first);
  const [known, setKnown] = useState<readonly Program[]>([]);
  const { changes, error } = usePreview(f.order);
  const close = () => (planning.value = null);
  const nobody = f.who === "some" && changes !== null && !changes.some((c) => c.state === "done");
  const off = !canAct() || f.order === null || nobody;
  useEffect(() => {
    void loadPresets();
    loadRecent();
    installed().then(setKnown, () => undefined);
  }, []);
  const go = () => {
    if (!f.order) return;
    close();
    void startLesson(f.order);
  };
  return (
    <ActDialog title={t("lesson.start.title")} onClose={close} word={t("lesson.go")} off={off} onGo={go}>
      <Presets
        onChoose={(p) => {
          f.take(orderOf(p));
          document.querySelector<HTMLElement>("dialog [type=submit]")?.focus();
        }}
      />
      <label class="field">
        <span>{t("lesson.field.name")}</span>
        <input
          type="text"
          data-focus
          autocomplete="off"
          placeholder={t("lesson.title")}
          value={f.name}
          onInput={(e) => f.setName((e.currentTarget.value = clip(e.currentTarget.value, NAME_MAX)))}
        />
      </label>
      <LengthChoice
        length={f.choice}
        free={f.free}
        bad={f.wrong === "lesson.length.bad"}
        onLength={(choice) => f.setLength({ choice, free: f.free })}
        onFree={(free) => f.setLength({ choice: "free", free })}
      />
      <WhoChoice users={f.users} rooms={f.rooms} who={f.who} onWho={f.setWho} onRooms={f.setRooms} />
      <label class="check">
        <input type="checkbox" checked={f.block} onChange={(e) => f.setBlock(e.currentTarget.checked)} />
        <span>{t("lesson.field.block")}</span>
      </label>
      <MessageField
        label={t(f.block ? "lesson.message.block" : "lesson.message.send")}
        hint={t("lesson.message.hint")}
        value={f.message}
        max={MESSAGE_MAX}
        onText={f.setMessage}
      />
      <WebChoice web={f.web} text={f.sites} onWeb={f.setWeb} onText={f.setSites} />
      <Programs list={f.programs} known={known} onChange={f.setPrograms} />
      <section class="note lesson-preview" aria-label={t("lesson.preview")} aria-live="polite" aria-busy={changes === null}>
        {error ? (
          <p>{error}</p>
        ) : changes && f.order ? (
          <Lines lines={previewLines(changes, f.who === "some" ? "nobody" : f.who, { names: namesText, web: f.order.web, time: clockMinutes(serverNow() + f.order.length_ms) })} />
        ) : (
          <p>{t((f.wrong as Key | null) ?? "lesson.preview.loading")}</p>
        )}
      </section>
    </ActDialog>
  );
}

export function LessonDialog() {
  const first = planning.value;
  return first && <Form first={first} />;
}

export function EndDialog() {
  const l = lessons.value.find((x) => x.id === ending.value);
  if (!l) return null;
  const close = () => (ending.value = null);
  const others = lessons.value.filter((x) => x.id !== l.id && x.block);
  const lines = endLines(
    l,
    liveSessions(),
    (s) => blockOf(s, blocks.value, blockAll.value) !== null || others.some((o) => covers(o, s, o.by)),
    namesText,
  );
  return (
    <ActDialog
      title={t("lesson.end.title", { lesson: titleOf(l) })}
      onClose={close}
      word={t("lesson.end")}
      off={!canAct()}
      onGo={() => {
        close();
        void endLesson(l.id);
      }}
    >
      <Lines lines={lines} />
    </ActDialog>
  );
}

export function LessonDialogs() {
  return (
    <>
      <LessonDialog />
      <EndDialog />
    </>
  );
}
