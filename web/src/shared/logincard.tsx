// SPDX-License-Identifier: GPL-3.0-or-later
// The log-in card of both pages. Errors and PAM's messages stand in live regions; the space for the
// button text is fixed so that nothing moves while the system thinks.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Accept } from "./accept";
import { explain } from "./explain";
import { said, t } from "./i18n";
import { LanguageSwitch } from "./language";
import type { Login } from "./login";
import type { LoginMessage } from "./types";

interface Props {
  login: Login;
  title: string;
  lead: string;
  /** What the last session ended with, or why the person was signed out. */
  notice?: string;
  /** The only account that can be meant: nothing but the password is asked for. */
  account?: string | undefined;
  /** What the button says; default: log in. */
  goText?: string | undefined;
  /** Members for Login.Start beside user. */
  extra?: (() => Record<string, unknown>) | undefined;
  /** A computer that many people use: the browser is asked not to remember who. */
  shared?: boolean | undefined;
  /** Beside the language switch: where this is. */
  foot?: string;
  /** Shown while the card waits after "done". */
  doneText: string;
  children?: ComponentChildren;
  /** Above and below the form, while nobody is being logged in. */
  above?: ComponentChildren;
  below?: ComponentChildren;
}

function Messages({ items }: { items: LoginMessage[] }) {
  return (
    <div class="login-messages" role="status">
      {items.map((m, i) => (
        <p key={i} class={m.error ? "note note-warn" : "note"}>
          {said(m.text)}
        </p>
      ))}
    </div>
  );
}

/** A sentence, and below it what a program wrote last, if there is more than one line. */
function Notice({ text }: { text: string }) {
  const [sentence = "", ...output] = text.split("\n");
  return (
    <div class="note" role="status">
      <p>{said(sentence)}</p>
      {output.length > 0 && (
        <details>
          <summary>{t("login.output")}</summary>
          <pre>{output.map(said).join("\n")}</pre>
        </details>
      )}
    </div>
  );
}

function Failure({ login, unlocking }: { login: Login; unlocking: boolean }) {
  const e = login.error.value;
  const x = e ? explain(e) : null;
  if (x && unlocking && e?.kind === "Denied") {
    x.text = t("error.unlock");
    x.reason = "";
  }
  return (
    <div class="login-error" role="alert">
      {x && (
        <div class="note note-error">
          <p>
            <strong>{x.text}</strong>
          </p>
          {x.reason && <p>{x.reason}</p>}
          {x.output && (
            <details open>
              <summary>{t("login.output")}</summary>
              <pre>{x.output}</pre>
            </details>
          )}
        </div>
      )}
    </div>
  );
}

function Prompts({ login }: { login: Login }) {
  const form = useRef<HTMLFormElement>(null);
  const prompts = login.prompts.value;
  useEffect(() => form.current?.querySelector("input")?.focus(), [prompts]);
  const submit = (e: Event) => {
    e.preventDefault();
    const inputs = [...(form.current?.querySelectorAll("input") ?? [])];
    void login.answer(inputs.map((i) => i.value));
  };
  return (
    <form ref={form} onSubmit={submit} class="login-form">
      <Messages items={login.messages.value} />
      {prompts.map((p, i) => (
        <label key={`${i}${p.text}`} class="field">
          <span>{said(p.text).trim().replace(/:$/, "")}</span>
          <input type={p.echo ? "text" : "password"} autocomplete="off" autocapitalize="off" spellcheck={false} />
        </label>
      ))}
      <button type="submit" class="button primary wide">
        {t("login.next")}
      </button>
      <button type="button" class="button quiet wide" onClick={() => login.cancel()}>
        {t("login.back")}
      </button>
    </form>
  );
}

type FirstProps = Pick<Props, "login" | "account" | "goText" | "extra" | "shared" | "children">;

function First({ login, account, goText, extra, shared, children }: FirstProps) {
  const [missing, setMissing] = useState(false);
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const busy = login.phase.value === "busy";
  const failed = login.error.value;
  useEffect(() => {
    if (failed && password.current) {
      password.current.value = "";
      password.current.focus();
    } else if (!failed) (account !== undefined || user.current?.value ? password : user).current?.focus();
  }, [failed]);
  const submit = (e: Event) => {
    e.preventDefault();
    if (busy) return;
    const name = account ?? user.current?.value.trim() ?? "";
    setMissing(name === "");
    if (name === "") {
      user.current?.focus();
      return;
    }
    const secret = password.current?.value ?? "";
    void login.start({ user: name, password: secret, extra: extra?.() ?? {} });
  };
  return (
    <form onSubmit={submit} class="login-form" noValidate>
      {account === undefined && (
        <label class="field">
          <span>{t("login.user")}</span>
          <input
            ref={user}
            name="user"
            defaultValue={login.user.peek()}
            autocomplete={shared ? "off" : "username"}
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={missing}
            aria-describedby={missing ? "login-missing" : undefined}
            readOnly={busy}
          />
        </label>
      )}
      {missing && (
        <p id="login-missing" class="field-error">
          {t("login.user.missing")}
        </p>
      )}
      <label class="field">
        <span>{t("login.password")}</span>
        <input
          ref={password}
          name="password"
          type="password"
          autocomplete={shared ? "off" : "current-password"}
          readOnly={busy}
        />
      </label>
      {account === undefined && children}
      <button type="submit" class="button primary wide" aria-disabled={busy}>
        {busy ? t("login.busy") : (goText ?? t("login.go"))}
      </button>
      {account !== undefined && children}
    </form>
  );
}

function Foot({ text }: { text?: string | undefined }) {
  return (
    <div class="login-foot">
      {text && <span>{text}</span>}
      <LanguageSwitch />
    </div>
  );
}

export function LoginCard(p: Props) {
  const { login } = p;
  const phase = login.phase.value;
  const notice = login.notice.value;
  if (phase === "notice" && notice)
    return (
      <main class="login-page">
        <Accept login={login} notice={notice} />
        <Foot text={p.foot} />
      </main>
    );
  return (
    <main class="login-page">
      <section class="card login-card" aria-labelledby="login-title">
        <div class="brand">
          <span class="brand-mark" aria-hidden="true" />
          <span>{t("app.name")}</span>
        </div>
        <h1 id="login-title">{p.title}</h1>
        <p class="lead">{p.lead}</p>
        {p.notice && phase === "start" && !login.error.value && (
          <Notice text={p.notice} />
        )}
        <Failure login={login} unlocking={p.account !== undefined} />
        {phase === "prompts" ? (
          <Prompts login={login} />
        ) : phase === "done" ? (
          <>
            <Messages items={login.messages.value} />
            <p class="login-wait" role="status">
              <span class="spinner" aria-hidden="true" />
              {p.doneText}
            </p>
          </>
        ) : (
          <>
            <Messages items={login.messages.value} />
            {phase === "start" && p.above}
            <First login={login} account={p.account} goText={p.goText} extra={p.extra} shared={p.shared}>
              {p.children}
            </First>
            {phase === "start" && p.below}
          </>
        )}
      </section>
      <Foot text={p.foot} />
    </main>
  );
}
