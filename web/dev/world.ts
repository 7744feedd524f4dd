// SPDX-License-Identifier: GPL-3.0-or-later
// A classroom that exists only in the mock: people, sessions, jobs, and what the acts do to them.

import { EventEmitter } from "node:events";
import type { Block, Job, Lesson, LessonPreset, May, Projection, Role, Scene, Session, SiteList, Station, StationResult, SystemStatus, Target, WatchEvent } from "../src/shared/types";

import { Limits } from "./limits";
import { People } from "./people";

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
  readonly projections = new Map<string, Projection>();
  blocks: Block[] = [];
  lessons: Lesson[] = [];
  presets: LessonPreset[] = [];
  private nextLesson = 1;
  readonly limits = new Limits(this);
  readonly people = new People(this);
  readonly texts = ["Eyes up front, please.", "Break until 10:45", "Test: nobody types until I say so."];
  /** Account of the one person signed in to this mock. */
  readonly me = { user: "kaya", uid: 2000, full_name: "Karin Kaya", role: "operator" as Role };
  private nextSession = 1;
  private nextJob = 1;
  private nextProjection = 1;

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
    const may: May[] = role === "standard" || own ? ["tile", "view", "control", "project", "logoff", "suspend", "start", "close", "chat"] : [];
    if (role === "standard") may.push("block", "limit");
    if (own) may.push("lock", "unlock");
    // Who is suspended was in the room, too; further people sit in the next ones.
    const room = `Room ${12 + Math.floor((n - 1) / 14)}`;
    const s: Session = {
      id, user: own ? this.me.user : user, uid: 1000 + n, full_name, role, state: attached ? "active" : "suspended", type: "x11",
      desktop: "xfce", display: `:${9 + n}`, logind: String(n), stations: [], since: new Date().toISOString(),
      idle_ms: 0, notice: null, own, may, blocked: false, limited: false, locked: false, projected: false, projecting: false, viewed: false,
      controlled: false, controlled_by: "", hand_ms: 0, room, window: "", program: "", cpu_permille: 0, memory_kib: 0, scene: attached ? "session" : "none",
    };
    this.sessions.set(id, s);
    if (attached) {
      const station: Station = {
        id: `browser-${n}`, name: `R12-${String(n).padStart(2, "0")}`, room, kind: "browser", address: "192.0.2.7",
        connected: true, scene: "session", session: id, blocked: false, since: s.since, auto_user: "", auto_failure: "", enrolment: "none",
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
      projections: [...this.projections.values()],
      lessons: this.lessons,
      block_all: this.blockAll(),
      enabled: this.people.enabled,
    };
  }

  /** What System.Status differs in from a system that is well. */
  trouble: Partial<SystemStatus> = {};

  systemStatus(): SystemStatus {
    const all = [...this.sessions.values()];
    const suspended = all.filter((s) => s.state === "suspended").length;
    return {
      name: "Room 12", version: "0.1.0", logind: true, relay: true, sessions: all.length, active: all.length - suspended, suspended,
      stations: this.stations.size, uptime_s: 3 * 3600 + 120, load_percent: 185, memory_total_kib: 16_000_000,
      memory_available_kib: 9_300_000, desktops: [{ id: "xfce", name: "Xfce" }, { id: "lxqt", name: "LXQt" }, { id: "icewm", name: "IceWM" }],
      default_desktop: "xfce", ...this.trouble,
    };
  }

  blockAll(): Block | null {
    return this.blocks.find((b) => b.kind === "all") ?? null;
  }

  /** Blocks.Block and Unblock, on users only; that a block of a session takes its stations along is not needed here. */
  setBlocked(p: Record<string, unknown>, on: boolean): { targets: Target[] } {
    if (Array.isArray(p["stations"])) return { targets: this.blockStations(p["stations"] as string[], on) };
    const all = p["all"] === true;
    const users = (p["users"] ?? []) as string[];
    const ids = all || users.length > 0
      ? [...this.sessions.values()].filter((s) => (all ? s.role === "standard" : users.includes(s.user))).map((s) => s.id)
      : ((p["sessions"] ?? []) as string[]);
    const words = { by: this.me.full_name, since: new Date().toISOString(), until_ms: Number(p["until_ms"] ?? 0), message: String(p["message"] ?? "") };
    if (on && words.message && !this.texts.includes(words.message)) this.texts.unshift(words.message);
    if (all) this.blocks = on ? [...this.blocks.filter((b) => b.kind !== "all"), { kind: "all", name: "", full_name: "", ...words }] : [];
    const targets = ids.map((id): Target => {
      const t = this.targetOf(id, "block", true);
      const s = this.sessions.get(id);
      if (t.state !== "waiting" || !s) return t;
      if (!on && !all && this.blockAll()) return { ...t, state: "refused", reason: "Everybody is blocked; unblock all." };
      if (!all) {
        this.blocks = this.blocks.filter((b) => b.name !== s.user);
        if (on) this.blocks.push({ kind: "user", name: s.user, full_name: s.full_name, ...words });
      }
      return { ...t, state: "done" };
    });
    if (!on) this.blocks = this.blocks.filter((b) => b.kind !== "user" || !users.includes(b.name));
    this.showBlocks();
    if (all) this.emitEvent({ kind: "block_all", block_all: this.blockAll() });
    return { targets };
  }

  private blockStations(ids: string[], on: boolean): Target[] {
    return ids.map((id): Target => {
      const station = this.stations.get(id);
      if (station) {
        station.blocked = on;
        station.scene = on ? "block" : station.session ? "session" : "greeter";
        this.emitEvent({ kind: "station", station });
      }
      return { session: "", station: id, user: "", full_name: "", state: station ? "done" : "failed", reason: "" };
    });
  }

  rooms(): string[] {
    return [...new Set([...this.stations.values()].map((s) => s.room))].filter(Boolean).sort();
  }

  /** A screen at the computer itself, and what is not plugged in there. */
  addLocal(n: number, more: Partial<Station> = {}): Station {
    const station: Station = {
      ...[...this.stations.values()][0]!, id: `local-${n}`, name: `local-${n}`, kind: "local", address: "", connected: true, scene: "greeter", session: "", blocked: false,
      enrolment: "enrolled", missing: [], mapping: "done", output: `pci-0000:00:02.0/HDMI-A-${n}`, area: "whole", orientation: "landscape", width: 1920, height: 1080,
      storage_blocked: false, storage: [], may: ["block", "name", "move", "storage"], ...more,
    };
    this.putLocal(station);
    return station;
  }

  putLocal(station: Station, more: Partial<Station> = {}): Station {
    Object.assign(station, more);
    this.stations.set(station.id, station);
    this.emitEvent({ kind: "station", station: { ...station } });
    return station;
  }

  mapAgain(ids: string[]): Station[] {
    return ids.flatMap((id, i) => {
      const station = this.stations.get(id);
      return station ? [this.putLocal(station, { mapping: i === 0 ? "keyboard" : "waiting", scene: "mapping", missing: ["keyboard", "pointer"] })] : [];
    });
  }

  splitStation(id: string, direction: string): Station[] {
    const first = this.stations.get(id)!;
    this.putLocal(first, { area: direction === "left_right" ? "left" : "top" });
    const second = { ...first, id: "local-9", name: "local-9", session: "", scene: "mapping" as const, mapping: "keyboard" as const, missing: ["keyboard" as const, "pointer" as const], area: direction === "left_right" ? ("right" as const) : ("bottom" as const) };
    return [first, this.putLocal(second)];
  }

  joinStation(id: string): Station {
    const one = this.stations.get(id)!;
    const other = [...this.stations.values()].find((s) => s.output === one.output && s.id !== id);
    const [first, second] = other && other.id < one.id ? [other, one] : [one, other];
    if (second) this.forgetStation(second.id);
    return this.putLocal(first, { area: "whole" });
  }

  forgetStation(id: string): void {
    this.stations.delete(id);
    this.emitEvent({ kind: "station_gone", id });
  }

  /** Sessions go to the room of their station. */
  setStation(p: Record<string, unknown>): Station | null {
    const station = this.stations.get(String(p["station"]));
    if (!station) return null;
    if (typeof p["name"] === "string") station.name = p["name"] || station.id;
    if (typeof p["room"] === "string") station.room = p["room"];
    if (typeof p["orientation"] === "string") station.orientation = p["orientation"] as NonNullable<Station["orientation"]>;
    this.emitEvent({ kind: "station", station });
    const session = this.sessions.get(station.session);
    if (session) this.update(Object.assign(session, { room: station.room || session.room }));
    return station;
  }

  setStorage(p: Record<string, unknown>): StationResult[] {
    const named = p["stations"] as string[] | null;
    return [...this.stations.values()]
      .filter((s) => (named ? named.includes(s.id) : s.kind === "local"))
      .map((s): StationResult => {
        if (s.kind !== "local") return { station: s.id, name: s.name, user: "", session: s.session, state: "refused", reason: "This is no local station: it has no USB here." };
        const storage = (s.storage ?? []).map((d) => (d.state === "failed" ? d : { ...d, state: p["blocked"] === true ? ("closed" as const) : ("open" as const) }));
        this.putLocal(s, { storage_blocked: p["blocked"] === true, storage });
        return { station: s.id, name: s.name, user: "", session: s.session, state: "done", reason: "" };
      });
  }

  setAuto(p: Record<string, unknown>): StationResult[] {
    const user = String(p["user"] ?? "");
    return (p["stations"] as string[]).map((id): StationResult => {
      const s = this.stations.get(id);
      if (!s) return { station: id, name: id, user, session: "", state: "failed", reason: "There is no such station." };
      if (user !== "" && s.enrolment !== "enrolled" && s.kind !== "local")
        return { station: id, name: s.name, user, session: "", state: "refused", reason: "Auto log-on is for enrolled stations: enrol it first, so that nobody else can be taken for it." };
      this.putLocal(s, { auto_user: user, auto_failure: "" });
      return { station: id, name: s.name, user, session: "", state: "done", reason: "" };
    });
  }

  /** The password is "demo". */
  logOn(p: Record<string, unknown>): StationResult[] {
    return (p["people"] as { station: string; user: string; password: string | null }[]).map(({ station, user, password }): StationResult => {
      const name = this.stations.get(station)?.name ?? station;
      const ok = password === null || password === "demo";
      return { station, name, user, session: ok ? "s1" : "", state: ok ? "done" : "failed", reason: ok ? "" : "The user name or the password is not right." };
    });
  }

  enrolment(id: string, enrolment: Station["enrolment"]): void {
    const station = this.stations.get(id);
    if (station) this.emitEvent({ kind: "station", station: Object.assign(station, { enrolment }) });
  }

  private inLesson(l: Pick<Lesson, "all" | "users">, s: Session): boolean {
    return l.all ? s.role === "standard" : l.users.some((u) => u.user === s.user);
  }

  private lessonOf(p: Record<string, unknown>): Lesson {
    const all = p["all"] === true;
    const named = (p["users"] ?? []) as string[];
    const rooms = (p["rooms"] ?? []) as string[];
    const users = [...this.sessions.values()].filter((s) => (named.includes(s.user) || rooms.includes(s.room)) && s.role === "standard").map(({ user, full_name }) => ({ user, full_name }));
    return {
      id: `l${this.nextLesson}`, name: String(p["name"] ?? ""), by: this.me.user, by_name: this.me.full_name, since: new Date().toISOString(),
      ends_ms: Date.now() + Number(p["length_ms"]), all, rooms, users: all ? [] : users, block: p["block"] === true, message: String(p["message"] ?? ""),
      programs: (p["programs"] ?? []) as Lesson["programs"], web: (p["web"] as SiteList | undefined) ?? null, may: true,
    };
  }

  previewLesson(p: Record<string, unknown>): { changes: unknown[] } {
    const l = this.lessonOf(p);
    const named = (p["users"] ?? []) as string[];
    const seen = [...this.sessions.values()].filter((s) => (l.all ? s.role === "standard" : named.includes(s.user) || l.users.some((u) => u.user === s.user)));
    return {
      changes: seen.map((s) => {
        const state = this.inLesson(l, s) ? "done" : "refused";
        const own = this.blocks.some((b) => b.name === s.user);
        return {
          session: s.id, user: s.user, full_name: s.full_name, state, reason: "", blocked_before: s.blocked, blocked: s.blocked || l.block, blocked_after: own,
          web_before: s.limited === true, web: s.limited === true || (state === "done" && !!l.web), programs: state === "done" ? l.programs.length : 0, message: !l.block && l.message !== "", lesson: this.lessons.find((x) => this.inLesson(x, s))?.name ?? "",
        };
      }),
    };
  }

  startLesson(p: Record<string, unknown>): { lesson: string; targets: Target[] } {
    const l = this.lessonOf(p);
    this.nextLesson++;
    this.lessons = [...this.lessons, l];
    this.presets = [{ ...l, length_ms: Number(p["length_ms"]) }, ...this.presets];
    this.emitEvent({ kind: "lesson", lesson: l });
    this.showBlocks();
    const targets = [...this.sessions.values()].filter((s) => this.inLesson(l, s)).map((s): Target => ({ session: s.id, station: "", user: s.user, full_name: s.full_name, state: "done", reason: "" }));
    return { lesson: l.id, targets };
  }

  changeLesson(id: string, more: Partial<Lesson>): { lesson: Lesson } | null {
    const old = this.lessons.find((x) => x.id === id);
    if (!old) return null;
    const lesson = { ...old, ...more };
    if (lesson.web?.domains.length === 0) lesson.web = null;
    this.lessons = this.lessons.map((x) => (x.id === id ? lesson : x));
    this.emitEvent({ kind: "lesson", lesson });
    this.showBlocks();
    return { lesson };
  }

  endLesson(id: string): Record<string, never> | null {
    if (!this.lessons.some((x) => x.id === id)) return null;
    this.lessons = this.lessons.filter((x) => x.id !== id);
    this.emitEvent({ kind: "lesson_gone", id });
    this.showBlocks();
    return {};
  }

  private showBlocks(): void {
    for (const s of this.sessions.values()) {
      const blocked =
        this.blocks.some((b) => b.name === s.user || (b.kind === "all" && s.role === "standard")) || this.lessons.some((l) => l.block && this.inLesson(l, s));
      if (blocked === s.blocked) continue;
      s.blocked = blocked;
      s.scene = blocked ? "block" : "session";
      this.update(s);
    }
  }

  project(p: Record<string, unknown>, by = this.me): { projection: string; targets: Target[] } {
    const source = this.sessions.get(String(p["source"] ?? ""));
    const all = p["all"] === true;
    const ids = (all ? [...this.sessions.values()].filter((s) => s.role === "standard").map((s) => s.id) : (p["sessions"] as string[])).filter(
      (id) => id !== source?.id,
    );
    const targets = ids.map((id): Target => {
      const t = this.targetOf(id, "block", true);
      return t.state === "waiting" ? { ...t, state: "done" } : t;
    });
    const shown = targets.filter((t) => t.state === "done").flatMap((t) => this.sessions.get(t.session) ?? []);
    const projection: Projection = {
      id: `p${this.nextProjection++}`, source: source ? "session" : "screen", session: source?.id ?? "", user: source?.user ?? by.user,
      full_name: source?.full_name ?? by.full_name, by: by.user, by_name: by.full_name, since: new Date().toISOString(), all,
      window: p["window"] === true, stations: shown.flatMap((s) => s.stations), may: ["stop"],
    };
    this.projections.set(projection.id, projection);
    for (const s of shown) {
      s.projected = true;
      this.update(s);
    }
    if (source) {
      source.projecting = true;
      this.update(source);
    }
    this.emitEvent({ kind: "projection", projection });
    return { projection: projection.id, targets };
  }

  stopProjection(id: string): { projections: string[] } | null {
    if (!this.projections.delete(id)) return null;
    const left = [...this.projections.values()];
    for (const s of this.sessions.values()) {
      const projected = left.some((p) => p.stations.some((x) => s.stations.includes(x)));
      const projecting = left.some((p) => p.session === s.id);
      if (projected === s.projected && projecting === s.projecting) continue;
      Object.assign(s, { projected, projecting });
      this.update(s);
    }
    this.emitEvent({ kind: "projection_gone", id });
    return { projections: [id] };
  }

  /** The pupil of this session asks for more time. */
  ask(session: string): void {
    for (const job of this.jobs.values())
      for (const t of job.targets)
        if (t.session === session && t.state === "waiting") {
          t.more_time = true;
          this.jobChanged(job);
        }
  }

  extend(p: Record<string, unknown>): Job | null {
    const job = this.jobs.get(String(p["job"]));
    if (!job) return null;
    for (const t of job.targets) {
      const s = this.sessions.get(t.session);
      if (t.state !== "waiting" || !(p["sessions"] as string[]).includes(t.session) || !s?.notice) continue;
      t.ends_ms = (t.ends_ms ?? job.ends_ms) + Number(p["add_ms"]);
      t.more_time = false;
      s.notice = { ...s.notice, ends_ms: t.ends_ms };
      this.update(s);
    }
    this.jobChanged(job);
    return structuredClone(job);
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
      targets: ids.map((id) => ({ ...this.targetOf(id, "logoff", bulk), ends_ms: grace > 0 ? Date.now() + grace : 0, more_time: false })),
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
      setTimeout(() => this.end(job, t, s), grace + 150).unref(); // who waits for the end of a test does not wait for this
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

  /** Every station is switched off. */
  sendAway(): void {
    for (const id of this.stations.keys()) this.emitEvent({ kind: "station_gone", id });
    this.stations.clear();
    for (const s of this.sessions.values()) this.update(Object.assign(s, { stations: [] }));
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

export const GREETER: Scene = { kind: "greeter", session: "", user: "", full_name: "", input: false, notice: null, text: "" };
