// SPDX-License-Identifier: GPL-3.0-or-later
// A classroom that exists only in the mock: people, sessions, jobs, and what the acts do to them.

import { EventEmitter } from "node:events";
import type { Job, May, Role, Scene, Session, Station, Target, WatchEvent } from "../src/shared/types";

export const PASSWORD = "demo";

const NAMES = [
  "Anna Berger", "Ben Cohen", "Cem Demir", "Dana Evers", "Eli Fuchs", "Finn Graf", "Greta Hahn", "Hugo Ilic",
  "Ida Jensen", "Jonas Keller", "Kira Lang", "Leo Maurer", "Mia Neumann", "Noah Okafor", "Olga Petrova",
  "Paul Quandt", "Quirin Roth", "Rosa Sommer", "Sami Tahiri", "Tara Ulrich", "Uwe Vogel", "Vera Wolf",
  "Willi Xander", "Xenia Yilmaz", "Yusuf Zeller", "Zoe Arndt", "Maximiliane von Hohenberg-Langenstein", "<b>Bob</b> \u202Etxt.exe",
];

export class World extends EventEmitter {
  readonly sessions = new Map<string, Session>();
  readonly stations = new Map<string, Station>();
  readonly jobs = new Map<string, Job>();
  /** Account of the one person signed in to this mock. */
  readonly me = { user: "kaya", uid: 2000, full_name: "Karin Kaya", role: "operator" as Role };
  private nextSession = 1;
  private nextJob = 1;

  constructor(count: number) {
    super();
    this.setMaxListeners(0);
    for (let i = 0; i < count; i++) {
      const name = NAMES[i % NAMES.length] ?? "?";
      this.open(name + (i >= NAMES.length ? ` ${Math.floor(i / NAMES.length) + 1}` : ""), "standard", i % 9 !== 7);
    }
    if (count > 3) {
      this.open("Ada Admin", "administrator", true);
      this.open("Karin Kaya", "operator", true);
    }
  }

  emitEvent(e: WatchEvent): void {
    this.emit("event", e);
  }

  open(full_name: string, role: Role, attached: boolean): Session {
    const n = this.nextSession++;
    const id = `s${n}`;
    const user = full_name.toLowerCase().replace(/[^a-z]+/g, "").slice(0, 12) + n;
    const own = full_name === this.me.full_name;
    const may: May[] = role === "standard" || own ? ["tile", "logoff", "suspend"] : [];
    const s: Session = {
      id, user: own ? this.me.user : user, uid: 1000 + n, full_name, role, state: attached ? "active" : "suspended", type: "x11",
      desktop: "xfce", display: `:${9 + n}`, logind: String(n), stations: [], since: new Date().toISOString(),
      idle_ms: 0, notice: null, own, may,
    };
    this.sessions.set(id, s);
    if (attached) {
      const station: Station = {
        id: `browser-${n}`, name: `R12-${String(n).padStart(2, "0")}`, kind: "browser", address: "192.0.2.7",
        connected: true, scene: "session", session: id, since: s.since,
      };
      this.stations.set(station.id, station);
      s.stations = [station.id];
    }
    this.emitEvent({ kind: "session", session: s });
    return s;
  }

  snapshot(): WatchEvent {
    return {
      kind: "snapshot",
      sessions: [...this.sessions.values()],
      stations: [...this.stations.values()],
      jobs: [...this.jobs.values()],
    };
  }

  update(s: Session): void {
    if (this.sessions.has(s.id)) this.emitEvent({ kind: "session", session: s });
  }

  private pick(p: Record<string, unknown>): { ids: string[]; bulk: boolean } {
    const ids = p["all"] === true ? [...this.sessions.keys()].filter((i) => !this.sessions.get(i)?.own) : ((p["sessions"] ?? []) as string[]);
    return { ids, bulk: p["all"] === true || ids.length > 1 };
  }

  private targetOf(id: string, act: May, bulk: boolean): Target {
    const s = this.sessions.get(id);
    if (!s) return { session: id, user: "", full_name: "", state: "failed", reason: "There is no such session." };
    const t: Target = { session: id, user: s.user, full_name: s.full_name, state: "waiting", reason: "" };
    if (bulk && s.own) return { ...t, state: "refused", reason: "Your own session is not ended by an act on several." };
    if (!s.may.includes(act))
      return { ...t, state: "refused", reason: "Only an administrator may act on sessions of administrators." };
    return t;
  }

  suspend(p: Record<string, unknown>): { targets: Target[] } {
    const { ids, bulk } = this.pick(p);
    const targets = ids.map((id) => {
      const t = this.targetOf(id, "suspend", bulk);
      const s = this.sessions.get(id);
      if (t.state !== "waiting" || !s) return t;
      s.state = "suspended";
      s.stations = [];
      this.update(s);
      return { ...t, state: "done" as const };
    });
    return { targets };
  }

  logOff(p: Record<string, unknown>): { job: string; targets: Target[] } {
    const { ids, bulk } = this.pick(p);
    const grace = Number(p["grace_ms"] ?? 0);
    const job: Job = {
      id: `j${this.nextJob++}`, kind: "logoff", by: this.me.user, since: new Date().toISOString(),
      ends_ms: grace > 0 ? Date.now() + grace : 0, message: String(p["message"] ?? ""), finished: false,
      targets: ids.map((id) => this.targetOf(id, "logoff", bulk)),
    };
    this.jobs.set(job.id, job);
    const answer = { job: job.id, targets: job.targets.map((t) => ({ ...t })) };
    for (const t of job.targets) {
      const s = this.sessions.get(t.session);
      if (t.state !== "waiting" || !s) continue;
      if (grace > 0) {
        s.notice = { job: job.id, by: this.me.full_name, ends_ms: job.ends_ms, message: job.message };
        this.update(s);
      }
      setTimeout(() => this.end(job, t, s), grace + 150);
    }
    this.jobChanged(job);
    return answer;
  }

  cancel(id: string): Job | null {
    const job = this.jobs.get(id);
    if (!job) return null;
    for (const t of job.targets) {
      if (t.state !== "waiting") continue;
      t.state = "cancelled";
      const s = this.sessions.get(t.session);
      if (s) {
        s.notice = null;
        this.update(s);
      }
    }
    this.jobChanged(job);
    return job;
  }

  private jobChanged(job: Job): void {
    job.finished = job.targets.every((t) => !["waiting", "asking", "ending"].includes(t.state));
    this.emitEvent({ kind: "job", job: structuredClone(job) });
  }

  private end(job: Job, t: Target, s: Session): void {
    if (t.state !== "waiting") return;
    t.state = "asking";
    s.state = "closing";
    this.update(s);
    this.jobChanged(job);
    const slow = s.full_name.startsWith("Hugo");
    const fails = s.full_name.startsWith("Ida");
    const n = Number(s.id.slice(1));
    setTimeout(() => {
      t.state = "ending";
      this.jobChanged(job);
    }, 300 + (n % 5) * 100);
    setTimeout(() => {
      if (fails) {
        t.state = "failed";
        t.reason = "The session is still there after 10 s: a process waits for a disk.";
        s.state = "active";
        s.notice = null;
        this.update(s);
      } else {
        t.state = slow ? "forced" : "done";
        this.gone(s, `logged off by ${this.me.full_name}`);
      }
      this.jobChanged(job);
    }, slow ? 4000 : 900 + (n % 7) * 250);
  }

  gone(s: Session, reason: string): void {
    this.sessions.delete(s.id);
    for (const st of s.stations) {
      const station = this.stations.get(st);
      if (station) {
        Object.assign(station, { scene: "greeter", session: "" });
        this.emitEvent({ kind: "station", station });
      }
    }
    this.emitEvent({ kind: "session_gone", id: s.id, reason });
  }
}

export const GREETER: Scene = { kind: "greeter", session: "", user: "", full_name: "", notice: null, text: "" };
