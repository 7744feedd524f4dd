// SPDX-License-Identifier: GPL-3.0-or-later
// The log-in conversation of one page: Login.Start, then Answer as often as PAM asks. The password
// typed in the first step answers the first prompt that hides its input; anything else is asked in
// words of its own; a notice is shown until it is accepted. Passwords live in the call only and are never stored.

import { signal } from "@preact/signals";
import { ApiError, asApiError, call } from "./api";
import { lang } from "./i18n";
import type { LoginMessage, LoginReply, LogOnNotice, Prompt } from "./types";

export type Phase = "start" | "prompts" | "notice" | "busy" | "done";

export interface Start {
  user: string;
  password: string;
  /** Further members of Login.Start: desktop, width, height. */
  extra: Record<string, unknown>;
}

export class Login {
  readonly phase = signal<Phase>("start");
  readonly prompts = signal<Prompt[]>([]);
  readonly notice = signal<LogOnNotice | null>(null);
  readonly messages = signal<LoginMessage[]>([]);
  readonly error = signal<ApiError | null>(null);
  readonly user = signal("");
  private conversation = "";
  private run = 0;

  constructor(
    private readonly purpose: "dashboard" | "station" | "unlock",
    private readonly onDone: (reply: LoginReply) => void,
  ) {}

  async start(s: Start): Promise<void> {
    this.user.value = s.user;
    this.messages.value = [];
    let password: string | null = s.password;
    await this.step(async () => {
      const language = this.purpose === "station" ? { language: lang.peek() } : {};
      let reply = await call<LoginReply>("Login.Start", { purpose: this.purpose, user: s.user, ...language, ...s.extra });
      this.conversation = reply.conversation;
      const first = reply.prompts[0];
      if (!reply.done && reply.prompts.length === 1 && first && !first.echo && password) {
        this.messages.value = reply.messages;
        reply = await this.send([password]);
      }
      password = null;
      return reply;
    });
  }

  async answer(answers: string[]): Promise<void> {
    await this.step(() => this.send(answers));
  }

  async accept(): Promise<void> {
    await this.step(() => call<LoginReply>("Login.Accept", { conversation: this.conversation }));
  }

  /** Back to user and password, what was to be accepted is refused; the helper on the other side is told to end. */
  cancel(): void {
    this.run++;
    if (this.conversation) void call("Login.Cancel", { conversation: this.conversation }).catch(() => undefined);
    this.reset();
    this.messages.value = [];
    this.error.value = null;
  }

  /** Nothing of the last person or attempt stays. */
  forget(): void {
    this.run++;
    this.reset();
    this.messages.value = [];
    this.error.value = null;
    this.user.value = "";
  }

  reset(): void {
    this.conversation = "";
    this.prompts.value = [];
    this.notice.value = null;
    this.phase.value = "start";
  }

  private send(answers: string[]): Promise<LoginReply> {
    return call<LoginReply>("Login.Answer", { conversation: this.conversation, answers });
  }

  private async step(next: () => Promise<LoginReply>): Promise<void> {
    const run = ++this.run;
    this.error.value = null;
    this.phase.value = "busy";
    try {
      const reply = await next();
      if (run !== this.run) return;
      this.messages.value = reply.messages;
      this.prompts.value = reply.prompts;
      this.notice.value = reply.notice ?? null;
      this.phase.value = reply.done ? "done" : reply.notice ? "notice" : "prompts";
      if (reply.done) {
        this.conversation = "";
        this.onDone(reply);
      }
    } catch (e) {
      if (run !== this.run) return;
      const error = asApiError(e);
      const m = error.parameters["messages"];
      if (Array.isArray(m)) this.messages.value = m as LoginMessage[];
      this.error.value = error;
      this.reset();
    }
  }
}
