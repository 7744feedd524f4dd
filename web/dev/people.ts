// SPDX-License-Identifier: GPL-3.0-or-later
// Programs, messages, hands and the audit log of the false classroom (world.ts).

import type { AuditEntry, ChatMessage, Process, Program, ProgramWindow, Session, Target, WatchEvent } from "../src/shared/types";

/** A square, as desktop files have them. */
const ICON = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxNiAxNiI+PHJlY3Qgd2lkdGg9IjE2IiBoZWlnaHQ9IjE2IiByeD0iMyIgZmlsbD0iIzJhN2Y3NyIvPjwvc3ZnPg==";

const INSTALLED: Program[] = [
  ["gimp", "GIMP", "Edit pictures", "Graphics"], ["writer", "LibreOffice Writer", "Write texts", "Office"],
  ["calc", "LibreOffice Calc", "Tables", "Office"], ["firefox", "Firefox", "Web browser", "Network"],
  ["mousepad", "Mousepad", "Text editor", "Utility"], ["evil", "<img src=x onerror=alert(1)>", "\u202Etxt.exe", "Game"],
].map(([id = "", name = "", comment = "", category = ""]) => ({ id, name, comment, categories: [category], icon: id !== "evil" }));

interface Running {
  windows: ProgramWindow[];
  processes: Process[];
}

interface Host {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly me: { user: string; full_name: string; role: string };
  emitEvent(e: WatchEvent): void;
  update(s: Session): void;
}

export class People {
  enabled = true;
  messages: ChatMessage[] = [];
  readonly audit: AuditEntry[] = [];
  /** Programs with this name in their process do not close when asked. */
  stubborn = "writer";
  private readonly running = new Map<string, Running>();
  private readonly started: { program: string; open: string }[] = [{ program: "writer", open: "" }, { program: "", open: "https://example.org/" }];
  private nextPid = 1000;

  constructor(private readonly host: Host) {}

  /** A method of Programs, Chat or Audit; undefined: none of them. */
  api(method: string, p: Record<string, unknown>): unknown {
    switch (method) {
      case "Programs.Installed":
        return { programs: INSTALLED };
      case "Programs.Icon":
        return { type: "image/svg+xml", data: ICON };
      case "Programs.Recent":
        return { entries: this.started };
      case "Programs.List":
        return structuredClone(this.of(String(p["session"])));
      case "Programs.Start":
        return this.start(p);
      case "Programs.Close":
        return this.close(String(p["session"]), Number(p["pid"]), Number(p["start"]), Number(p["force_ms"] ?? 5000));
      case "Programs.CloseByName":
        return this.closeByName(p);
      case "Chat.Send":
        return this.send(p);
      case "Chat.History":
        return { messages: this.messages };
      case "Chat.Answer":
        return this.answer(p);
      case "Chat.Set":
        this.enabled = p["enabled"] === true;
        this.host.emitEvent({ kind: "chat_enabled", enabled: this.enabled });
        return {};
      case "Audit.List":
        return this.list(p);
      case "Sessions.Get":
        return { session: { ...this.host.sessions.get(String(p["session"])), idle_ms: 4 * 60_000 } };
      default:
        return undefined;
    }
  }

  private of(session: string): Running {
    let r = this.running.get(session);
    if (!r) {
      r = { windows: [], processes: [] };
      this.running.set(session, r);
      this.run(session, "firefox", "Water cycle – Firefox");
      this.run(session, "writer", "Essay.odt – LibreOffice Writer");
    }
    return r;
  }

  run(session: string, name: string, title: string): void {
    const r = this.running.get(session) ?? this.of(session);
    const pid = this.nextPid++;
    r.processes.push({ pid, start: pid * 100, name, command: `/usr/bin/${name} --new`, cpu_permille: 37, memory_kib: 240_000 });
    for (const w of r.windows) w.active = false;
    r.windows.unshift({ id: pid + 7, title, class: name[0]?.toUpperCase() + name.slice(1), pid, active: true });
  }

  private chosen(p: Record<string, unknown>): { ids: string[]; bulk: boolean } {
    const all = p["all"] === true;
    const ids = all ? [...this.host.sessions.values()].filter((s) => !s.own).map((s) => s.id) : ((p["sessions"] ?? []) as string[]);
    return { ids, bulk: all || ids.length > 1 };
  }

  private each(p: Record<string, unknown>, may: "start" | "close" | "chat", f: (s: Session) => Target["state"]): { targets: Target[] } {
    const { ids, bulk } = this.chosen(p);
    return {
      targets: ids.map((id): Target => {
        const s = this.host.sessions.get(id);
        if (!s) return { session: id, user: "", full_name: "", state: "failed", reason: "There is no such session." };
        const t = { session: id, user: s.user, full_name: s.full_name, reason: "" };
        if ((bulk && s.own) || !s.may.includes(may)) return { ...t, state: "refused", reason: "Only an administrator may act on sessions of administrators." };
        const state = f(s);
        return { ...t, state, reason: state === "failed" ? "It could not be started." : "" };
      }),
    };
  }

  private start(p: Record<string, unknown>): { targets: Target[] } {
    const program = String(p["program"] ?? "");
    const open = String(p["open"] ?? "");
    this.started.unshift({ program, open });
    const r = this.each(p, "start", (s) => {
      if (open === "nothing") return "failed";
      this.of(s.id);
      this.run(s.id, program || open, program || open);
      return "done";
    });
    this.log("Programs.Start", `${program || open} ${r.targets.map((x) => `${x.session}(${x.user})${x.state === "done" ? "" : `=${x.state}`}`).join(" ")}`);
    return r;
  }

  private end(r: Running, pid: number): void {
    r.processes = r.processes.filter((x) => x.pid !== pid);
    r.windows = r.windows.filter((x) => x.pid !== pid);
  }

  private close(session: string, pid: number, start: number, force_ms: number): Promise<unknown> | unknown {
    const r = this.of(session);
    const p = r.processes.find((x) => x.pid === pid && x.start === start);
    if (!p) throw new Error("gone");
    if (force_ms < 0 && p.name === this.stubborn) return { state: "asking" };
    this.end(r, pid);
    return { state: force_ms === 0 ? "forced" : "done" };
  }

  private closeByName(p: Record<string, unknown>): { targets: Target[] } {
    return this.each(p, "close", (s) => {
      const r = this.of(s.id);
      for (const x of r.processes.filter((x) => x.name === p["name"])) this.end(r, x.pid);
      return p["name"] === this.stubborn ? "forced" : "done";
    });
  }

  private send(p: Record<string, unknown>): { targets: Target[] } {
    return this.each(p, "chat", (s) => {
      this.say(s, String(p["text"]), true);
      return "done";
    });
  }

  /** Somebody writes: the person of this session, or the supervisor to them. */
  say(s: Session, text: string, supervisor: boolean): void {
    const by = supervisor ? this.host.me : s;
    const message: ChatMessage = {
      number: this.messages.length + 1, at_ms: Date.now(), from: by.user, from_name: by.full_name, user: s.user,
      user_name: s.full_name, supervisor, text,
    };
    this.messages.push(message);
    this.host.emitEvent({ kind: "chat", message });
  }

  raise(s: Session, at_ms = Date.now()): void {
    s.hand_ms = at_ms;
    this.host.update(s);
  }

  private answer(p: Record<string, unknown>): { users: string[] } {
    const up = [...this.host.sessions.values()].filter((s) => s.hand_ms > 0 && (p["all"] === true || ((p["users"] ?? []) as string[]).includes(s.user)));
    for (const s of up) this.raise(s, 0);
    return { users: up.map((s) => s.user) };
  }

  log(method: string, targets: string, result = "ok", at_ms = Date.now()): void {
    const entry: AuditEntry = {
      number: this.audit.length + 1, at_ms, user: this.host.me.user, full_name: this.host.me.full_name,
      role: this.host.me.role, address: "192.0.2.9", method, targets, result, hash: "",
    };
    this.audit.push(entry);
    this.host.emitEvent({ kind: "audit", entry });
  }

  private list(p: Record<string, unknown>): { entries: AuditEntry[] } {
    const before = Number(p["before"] ?? Infinity);
    const text = String(p["text"] ?? "").toLowerCase();
    const found = this.audit.filter((e) => e.number < before && [e.user, e.full_name, e.method, e.targets].some((v) => v.toLowerCase().includes(text)));
    return { entries: found.reverse().slice(0, Number(p["limit"] ?? 100)) };
  }
}
