// SPDX-License-Identifier: GPL-3.0-or-later
// A neighbour for stationctl: speaks Varlink on a private socket, answers from a small state, and can do what
// a real stationd does only on a bad day (hang, vanish, answer nonsense). Calls and replies are checked
// against docs/api, so a test against it says something about the real one.
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readInterfaces } from "./idl.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const top = join(here, "..", "..", "..");
export const interfaces = readInterfaces(join(top, "docs", "api"));

export class ApiError extends Error {
  constructor(name, parameters = {}) {
    super(name);
    this.name = name;
    this.parameters = parameters;
  }
}

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

export function session(number, user, more = {}) {
  return {
    id: `s${number}`,
    user,
    uid: 1000 + number,
    full_name: user[0].toUpperCase() + user.slice(1),
    role: "standard",
    state: "active",
    type: "x11",
    desktop: "xfce",
    display: `:${10 + number}`,
    logind: `c${number}`,
    stations: [`browser-${number}`],
    room: "",
    since: ago(3 * 3600 + 300),
    idle_ms: 65_000,
    notice: null,
    blocked: false,
    limited: false,
    locked: false,
    projected: false,
    projecting: false,
    viewed: false,
    controlled: false,
    controlled_by: "",
    hand_ms: 0,
    window: "",
    program: "",
    cpu_permille: 0,
    memory_kib: 0,
    limits: { memory_kib: 0, tasks: 0, cpu_percent: 0 },
    limit_hit: "none",
    limit_hit_ms: 0,
    scene: "session",
    own: false,
    may: ["tile", "view", "control", "block", "limit", "project", "logoff", "suspend", "start", "close", "chat"],
    ...more,
  };
}

export function station(number, session, more = {}) {
  return {
    id: `browser-${number}`,
    name: `Seat ${number}`,
    room: "",
    kind: "browser",
    address: `192.0.2.${number}`,
    connected: true,
    scene: session ? "session" : "greeter",
    session,
    blocked: false,
    since: ago(600),
    auto_user: "",
    auto_failure: "",
    enrolment: "none",
    may: ["block", "name", "move"],
    missing: [],
    mapping: "done",
    output: "",
    area: "whole",
    orientation: "landscape",
    storage_blocked: false,
    storage: [],
    width: 0,
    height: 0,
    ...more,
  };
}

export class FakeStationd {
  constructor(socket) {
    this.socket = socket;
    this.sessions = [];
    this.stations = [];
    this.jobs = [];
    this.blocks = [];
    this.limits = [];
    this.projections = [];
    this.views = [];
    this.lessons = [];
    this.presets = [];
    /** Of Programs: what is installed, what runs (by session), what was started. */
    this.programs = [];
    this.running = new Map();
    this.recent = [];
    this.messages = [];
    this.enabled = true;
    this.entries = [];
    this.calls = [];
    /** Method -> (parameters, call) => reply | Promise; throws ApiError; null: no reply at all. */
    this.handlers = new Map();
    this.connections = new Set();
    this.watchers = new Set();
  }

  async start() {
    rmSync(this.socket, { force: true });
    this.server = createServer((connection) => this.#serve(connection));
    await new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.socket, resolve);
    });
  }

  async stop() {
    for (const connection of this.connections) connection.destroy();
    this.watchers.clear();
    const server = this.server;
    this.server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
    if (existsSync(this.socket)) rmSync(this.socket);
  }

  on(method, handler) {
    this.handlers.set(`org.stationmaster.${method}`, handler);
  }

  /** To everybody who watches. */
  emit(event) {
    this.#check("org.stationmaster.Events.Watch", "output", event);
    for (const watcher of this.watchers) watcher(event);
  }

  jobChanged(job) {
    job.finished = job.targets.every((t) => ["done", "forced", "refused", "failed", "cancelled"].includes(t.state));
    this.emit({ kind: "job", job });
  }

  #check(method, part, value) {
    const dot = method.lastIndexOf(".");
    const one = interfaces.get(method.slice(0, dot));
    const type = one?.methods.get(method.slice(dot + 1))?.[part];
    if (!type) throw new ApiError("org.varlink.service.MethodNotFound", { method });
    const bad = one.problem(value, type);
    if (bad && part === "input") throw new ApiError("org.varlink.service.InvalidParameter", { parameter: bad });
    if (bad) throw new Error(`${method}: the fake's ${part} does not fit the interface: ${bad}`);
  }

  #serve(connection) {
    let rest = Buffer.alloc(0);
    let turn = Promise.resolve();
    this.connections.add(connection);
    connection.on("close", () => this.connections.delete(connection));
    connection.on("error", () => undefined);
    connection.on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        const message = JSON.parse(rest.subarray(0, end).toString("utf8"));
        rest = rest.subarray(end + 1);
        turn = turn.then(() => this.#answer(connection, message));
      }
    });
  }

  async #answer(connection, message) {
    const send = (reply) => connection.writable && connection.write(JSON.stringify(reply) + "\0");
    this.calls.push(message);
    try {
      this.#check(message.method, "input", message.parameters ?? {});
      if (message.method === "org.stationmaster.Events.Watch" && !this.handlers.has(message.method)) {
        if (!message.more) throw new ApiError("org.varlink.service.InvalidParameter", { parameter: "more" });
        send({ parameters: { kind: "snapshot", sessions: this.sessions, stations: this.stations, jobs: this.jobs, projections: this.projections, lessons: this.lessons, block_all: this.blocks.find((b) => b.kind === "all") ?? null, enabled: this.enabled }, continues: true });
        const watcher = (event) => send({ parameters: event, continues: true });
        this.watchers.add(watcher);
        connection.on("close", () => this.watchers.delete(watcher));
        return;
      }
      const handler = this.handlers.get(message.method) ?? this[`on${message.method.split(".").slice(2).join("")}`]?.bind(this);
      if (!handler) throw new Error(`the fake has no answer to ${message.method}`);
      const reply = await handler(message.parameters ?? {}, { connection, message, send });
      if (reply === null) return;
      this.#check(message.method, "output", reply);
      send({ parameters: reply });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      send({ error: error.name, parameters: error.parameters });
    }
  }

  #find(list, id, name) {
    const found = list.find((item) => item.id === id);
    if (!found) throw new ApiError(`org.stationmaster.${name}.NotFound`, { names: [id], reason: `There is no ${name.slice(0, -1).toLowerCase()} ${id}.` });
    return found;
  }

  onSessionsList() {
    return { sessions: this.sessions };
  }
  onSessionsGet(p) {
    return { session: this.#find(this.sessions, p.session, "Sessions") };
  }
  onStationsList() {
    return { stations: this.stations };
  }
  onStationsGet(p) {
    return { station: this.#find(this.stations, p.station, "Stations") };
  }
  onStationsSet({ station: id, name, room, orientation }) {
    const one = this.#find(this.stations, id, "Stations");
    Object.assign(one, name !== undefined && { name: name || id }, room !== undefined && { room }, orientation && { orientation });
    return { station: one };
  }
  onStationsMap({ stations }) {
    return { stations: stations.map((id) => Object.assign(this.#find(this.stations, id, "Stations"), { mapping: "keyboard" })) };
  }
  onStationsIdentify() {
    return {};
  }
  onStationsSplit({ station: id, direction }) {
    const one = this.#find(this.stations, id, "Stations");
    Object.assign(one, { area: direction === "left_right" ? "left" : "top" });
    const other = { ...one, id: "local-9", area: direction === "left_right" ? "right" : "bottom", mapping: "keyboard", session: "" };
    this.stations.push(other);
    return { stations: [one, other] };
  }
  onStationsJoin({ station: id }) {
    return { station: Object.assign(this.#find(this.stations, id, "Stations"), { area: "whole" }) };
  }
  onStationsForget({ station: id }) {
    this.stations.splice(this.stations.indexOf(this.#find(this.stations, id, "Stations")), 1);
    return {};
  }
  onStationsSetStorage({ stations, blocked }) {
    const meant = this.stations.filter((one) => (stations ? stations.includes(one.id) : one.kind === "local"));
    for (const one of meant) one.storage_blocked = blocked;
    return { results: meant.map((one) => ({ station: one.id, name: one.name, user: "", session: one.session, state: "done", reason: "" })) };
  }
  onStationsRooms() {
    return { rooms: [...new Set(this.stations.map((one) => one.room).filter(Boolean))].sort() };
  }
  onJobsList() {
    return { jobs: this.jobs };
  }
  onJobsGet(p) {
    return { job: this.#find(this.jobs, p.job, "Jobs") };
  }
  onSystemVersion() {
    return { version: "9.8.7" };
  }
  onSystemWhoAmI() {
    return { user: "karin", uid: 1500, full_name: "Karin Kaya", role: "operator" };
  }

  onProgramsInstalled() {
    return { programs: this.programs };
  }
  onProgramsIcon(p) {
    this.#find(this.programs, p.program, "Programs");
    return { type: "image/png", data: Buffer.from("\x89PNG\r\n\x1a\n picture", "latin1").toString("base64") };
  }
  onProgramsRecent() {
    return { entries: this.recent };
  }

  /** Of acts on sessions only: without stations, notices and people who come later. */
  #results(p, name, act) {
    return {
      targets: this.#outcomes(p, name)
        .filter((t) => t.session || p.users?.includes(t.user))
        .map(({ session, user, full_name, state, reason }) => {
          if (!session) return { session, user, full_name, state: "failed", reason: "This user has no session." };
          return { session, user, full_name, state, reason, ...(state === "done" ? act(session) : {}) };
        }),
    };
  }
  onProgramsStart(p) {
    this.recent.unshift({ program: p.program ?? "", open: p.open ?? "" });
    return this.#results(p, "Programs", () => (p.open === "no-such" ? { state: "failed", reason: "no-such: No such file or directory" } : {}));
  }
  onProgramsList(p) {
    this.#find(this.sessions, p.session, "Programs");
    return this.running.get(p.session) ?? { windows: [], processes: [] };
  }
  onProgramsClose(p) {
    const one = this.running.get(p.session)?.processes.find((process) => process.pid === p.pid);
    if (one?.start !== p.start) throw new ApiError("org.stationmaster.Programs.Failed", { reason: "This program has ended already.", output: "" });
    return { state: p.force_ms === 0 ? "forced" : p.force_ms === -1 ? "asking" : "done" };
  }
  onProgramsCloseByName(p) {
    return this.#results(p, "Programs", (session) => {
      const runs = this.running.get(session)?.processes.some((process) => process.name === p.name);
      return runs ? { state: p.force_ms === 0 ? "forced" : "done" } : { reason: "It did not run there." };
    });
  }

  /** Adds to the history and tells everybody who watches. */
  message(user, text, from = user) {
    const who = (name) => this.sessions.find((s) => s.user === name)?.full_name ?? name;
    const message = { number: (this.messages.at(-1)?.number ?? 0) + 1, at_ms: Date.now(), from, from_name: who(from), user, user_name: who(user), supervisor: from !== user, text };
    this.messages.push(message);
    this.emit({ kind: "chat", message });
    return message;
  }
  onChatSend(p) {
    return this.#results(p, "Chat", (session) => {
      this.message(this.sessions.find((s) => s.id === session).user, p.text, "karin");
      return {};
    });
  }
  onChatHistory(p) {
    return { messages: this.messages.filter((m) => !p.user || m.user === p.user) };
  }
  onChatClear(p) {
    this.messages = p.user ? this.messages.filter((m) => m.user !== p.user) : [];
    return {};
  }
  onChatHands() {
    const up = this.sessions.filter((s) => s.hand_ms).sort((a, b) => a.hand_ms - b.hand_ms);
    return { hands: up.map((s) => ({ user: s.user, full_name: s.full_name, session: s.id, at_ms: s.hand_ms })) };
  }
  onChatAnswer(p) {
    const up = this.sessions.filter((s) => s.hand_ms && (p.all || p.users.includes(s.user)));
    for (const s of up) s.hand_ms = 0;
    return { users: up.map((s) => s.user) };
  }
  onChatGet() {
    return { enabled: this.enabled };
  }
  onChatSet(p) {
    this.enabled = p.enabled;
    return {};
  }

  /** Adds to the activity and tells everybody who watches. */
  entry(more = {}) {
    const entry = { number: (this.entries.at(-1)?.number ?? 0) + 1, at_ms: Date.now(), user: "karin", full_name: "Karin Kaya", role: "operator", address: "local", method: "Sessions.LogOff", targets: "s1(anna)", result: "ok", hash: "ab".repeat(32), ...more };
    this.entries.push(entry);
    this.emit({ kind: "audit", entry });
    return entry;
  }
  onAuditList(p) {
    const has = (e) => !p.text || [e.user, e.full_name, e.method, e.targets].some((s) => s.toLowerCase().includes(p.text.toLowerCase()));
    return { entries: this.entries.filter((e) => (!p.before || e.number < p.before) && has(e)).reverse().slice(0, p.limit ?? 100) };
  }
  onAuditExport(p) {
    return { entries: this.entries.filter((e) => e.number > (p.after ?? 0) && e.at_ms >= (p.from_ms ?? 0) && e.at_ms < (p.to_ms ?? Infinity)).slice(0, p.limit ?? 100) };
  }
  onAuditVerify(p) {
    const found = !p.head || this.entries.some((e) => e.hash.startsWith(p.head));
    return { entries: this.entries.length, first: this.entries[0]?.number ?? 0, last: this.entries.at(-1)?.number ?? 0, head: this.entries.at(-1)?.hash ?? "", ok: found, broken_at: 0, reason: found ? "" : "No entry has the hash." };
  }

  #targets(p) {
    const chosen = p.all ? this.sessions : this.sessions.filter((s) => p.sessions?.includes(s.id) || p.users?.includes(s.user));
    const targets = chosen.map((s) => ({ session: s.id, user: s.user, full_name: s.full_name, state: "waiting", ends_ms: 0, more_time: false, reason: "" }));
    for (const t of targets) {
      if (this.sessions.find((s) => s.id === t.session).role !== "standard") Object.assign(t, { state: "refused", reason: "Only an administrator may act on this session." });
    }
    const unknown = [...(p.sessions ?? []), ...(p.users ?? [])].filter((name) => !chosen.some((s) => s.id === name || s.user === name));
    if (targets.length === 0 && unknown.length > 0) throw new ApiError("org.stationmaster.Sessions.NotFound", { names: unknown, reason: `Not found: ${unknown.join(", ")}.` });
    for (const name of unknown) targets.push({ session: "", user: name, full_name: "", state: "failed", ends_ms: 0, more_time: false, reason: `There is no session of ${name}.` });
    return targets;
  }

  /** Of blocks and projections: stations count, and users without a session ("later") too. */
  #outcomes(p, name) {
    const chosen = p.all ? this.sessions.filter((s) => !s.own) : this.sessions.filter((s) => p.sessions?.includes(s.id) || p.users?.includes(s.user));
    const outcomes = chosen.map((s) => ({ session: s.id, station: s.stations[0] ?? "", user: s.user, full_name: s.full_name, state: "done", reason: "" }));
    for (const [i, s] of chosen.entries()) {
      if (s.own) Object.assign(outcomes[i], { state: "refused", reason: "This session is your own." });
      else if (s.role !== "standard") Object.assign(outcomes[i], { state: "refused", reason: "Only an administrator may act on this session." });
    }
    for (const user of p.users ?? []) if (!chosen.some((s) => s.user === user)) outcomes.push({ session: "", station: "", user, full_name: "", state: "done", reason: "" });
    for (const id of p.stations ?? []) {
      const known = this.stations.some((s) => s.id === id);
      outcomes.push({ session: "", station: id, user: "", full_name: "", state: known ? "done" : "failed", reason: known ? "" : `There is no station ${id}.` });
    }
    const unknown = (p.sessions ?? []).filter((id) => !chosen.some((s) => s.id === id));
    if (outcomes.length === 0 && unknown.length > 0) throw new ApiError(`org.stationmaster.${name}.NotFound`, { names: unknown, reason: "There is no such session." });
    for (const id of unknown) outcomes.push({ session: id, station: "", user: id, full_name: "", state: "failed", reason: `There is no session ${id}.` });
    return outcomes;
  }

  onBlocksBlock(p) {
    const targets = this.#outcomes(p, "Blocks");
    const block = (kind, name, full_name) => this.blocks.push({ kind, name, full_name, by: "Karin Kaya", since: ago(0), until_ms: p.until_ms ?? 0, message: p.message ?? "" });
    if (p.all) block("all", "", "");
    else for (const t of targets.filter((t) => t.state === "done")) block(t.user ? "user" : "station", t.user || t.station, t.full_name);
    return { targets };
  }
  onBlocksUnblock(p) {
    const targets = this.#outcomes(p, "Blocks");
    this.blocks = p.all ? [] : this.blocks.filter((b) => !targets.some((t) => b.name === (t.user || t.station)));
    return { targets };
  }
  onLimitsLimit(p) {
    if (p.domains.some((d) => !d.includes("."))) throw new ApiError("org.stationmaster.Limits.BadSite", { reason: `"${p.domains.find((d) => !d.includes("."))}" has no ending.` });
    const targets = this.#outcomes(p, "Limits");
    const limit = (kind, name, full_name) => this.limits.push({ kind, name, full_name, by: "Karin Kaya", since: ago(0), until_ms: p.until_ms ?? 0, mode: p.mode, domains: p.domains });
    if (p.all) limit("all", "", "");
    else for (const t of targets.filter((t) => t.state === "done")) limit("user", t.user, t.full_name);
    return { targets };
  }
  onLimitsFree(p) {
    const targets = this.#outcomes(p, "Limits");
    this.limits = p.all ? [] : this.limits.filter((b) => !targets.some((t) => b.name === t.user));
    return { targets };
  }
  onLimitsList() {
    return { limits: this.limits };
  }
  onLimitsRecent() {
    return { lists: this.limits.map(({ mode, domains }) => ({ mode, domains })).reverse() };
  }

  onBlocksList() {
    return { blocks: this.blocks };
  }
  onBlocksTexts() {
    return { texts: [...new Set(this.blocks.map((b) => b.message).filter(Boolean))].reverse(), default_text: "" };
  }

  onProjectionsStart(p) {
    const targets = this.#outcomes(p, "Projections");
    const source = this.#find(this.sessions, p.source, "Projections");
    const id = `p${this.projections.length + 1}`;
    this.projections.push({
      id, source: "session", session: source.id, user: source.user, full_name: source.full_name, by: "karin", by_name: "Karin Kaya", since: ago(0), all: p.all ?? false, window: p.window ?? false,
      stations: targets.map((t) => t.station).filter(Boolean), may: ["stop"],
    });
    return { projection: id, targets };
  }
  onProjectionsStop(p) {
    const stopped = p.all ? this.projections : [this.#find(this.projections, p.projection, "Projections")];
    this.projections = this.projections.filter((one) => !stopped.includes(one));
    return { projections: stopped.map((one) => one.id) };
  }
  onProjectionsList() {
    return { projections: this.projections };
  }

  onLessonsList() {
    return { lessons: this.lessons };
  }
  onLessonsPresets() {
    return { presets: this.presets };
  }
  onLessonsPreview(p) {
    const changes = this.#outcomes(p, "Lessons").map(({ session, user, full_name, state, reason }) => {
      const before = this.blocks.some((b) => b.name === user);
      return { session, user, full_name, state, reason, blocked_before: before, blocked: before || (p.block ?? false), blocked_after: before, web_before: false, web: Boolean(p.web), programs: session ? (p.programs?.length ?? 0) : 0, message: Boolean(session && p.message && !p.block), lesson: "" };
    });
    return { changes };
  }
  onLessonsStart(p) {
    const targets = this.#outcomes(p, "Lessons");
    const { name = "", message = "", block = false, programs = [], all = false, rooms = [], web = null } = p;
    const users = all ? [] : targets.filter((t) => t.state === "done").map(({ user, full_name }) => ({ user, full_name }));
    const lesson = { id: `l${this.lessons.length + 1}`, name, by: "karin", by_name: "Karin Kaya", since: ago(0), ends_ms: p.ends_ms ?? Date.now() + p.length_ms, all, rooms, users, block, message, programs, web, may: true };
    this.lessons.push(lesson);
    this.presets.unshift({ name, all, rooms, users, length_ms: p.length_ms ?? 1000, block, message, programs, web });
    return { lesson: lesson.id, targets };
  }
  onLessonsExtend(p) {
    const lesson = this.#find(this.lessons, p.lesson, "Lessons");
    lesson.ends_ms += p.add_ms;
    return { lesson };
  }
  onLessonsChange({ lesson: id, ...more }) {
    return { lesson: Object.assign(this.#find(this.lessons, id, "Lessons"), more) };
  }
  onLessonsEnd(p) {
    const lesson = this.#find(this.lessons, p.lesson, "Lessons");
    this.lessons = this.lessons.filter((one) => one !== lesson);
    return {};
  }

  onViewsList() {
    return { views: this.views };
  }
  onViewsClose(p) {
    const view = this.#find(this.views, p.view, "Views");
    this.views = this.views.filter((one) => one !== view);
    return {};
  }

  #locked(list, locked) {
    return {
      targets: list.map((s) => {
        const t = { session: s.id, user: s.user, full_name: s.full_name, state: "done", ends_ms: 0, more_time: false, reason: "" };
        if (s.own) s.locked = locked;
        else Object.assign(t, { state: "refused", reason: "Only its user may do this." });
        return t;
      }),
    };
  }
  onSessionsLock(p) {
    return this.#locked(p.sessions ? p.sessions.map((id) => this.#find(this.sessions, id, "Sessions")) : this.sessions.filter((s) => s.own && s.stations.length > 0), true);
  }
  onSessionsUnlock(p) {
    return this.#locked(p.sessions.map((id) => this.#find(this.sessions, id, "Sessions")), false);
  }

  onJobsExtend(p) {
    const job = this.#find(this.jobs, p.job, "Jobs");
    for (const t of job.targets) if (t.state === "waiting" && (p.sessions?.includes(t.session) ?? true)) Object.assign(t, { ends_ms: t.ends_ms + p.add_ms, more_time: false });
    return { job };
  }

  onSessionsSuspend(p) {
    return { targets: this.#targets(p).map((t) => (t.state === "waiting" ? { ...t, state: "done" } : t)) };
  }

  onSessionsLogOff(p) {
    const job = {
      id: `j${this.jobs.length + 1}`,
      kind: "logoff",
      cause: "order",
      by: "karin",
      since: ago(0),
      ends_ms: p.grace_ms ? Date.now() + p.grace_ms : 0,
      message: p.message ?? "",
      finished: false,
      targets: this.#targets(p),
    };
    job.finished = job.targets.every((t) => t.state !== "waiting");
    for (const t of job.targets) if (t.state === "waiting") t.ends_ms = job.ends_ms;
    this.jobs.push(job);
    this.ordered?.(job);
    return { job: job.id, targets: structuredClone(job.targets) };
  }
}
