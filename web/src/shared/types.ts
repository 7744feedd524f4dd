// SPDX-License-Identifier: GPL-3.0-or-later
// The objects of docs/api/*.varlink as they arrive in JSON. Nullable members may also be missing.

export type Role = "standard" | "operator" | "administrator";
export type SessionState = "opening" | "active" | "suspended" | "closing";
export type May =
  | "tile"
  | "view"
  | "control"
  | "block"
  | "limit"
  | "project"
  | "logoff"
  | "suspend"
  | "lock"
  | "unlock"
  | "start"
  | "close"
  | "chat";

export interface Notice {
  job: string;
  /** Full name of a person; of a time-out the name of the system. */
  by: string;
  /** What will happen, and why; not given by older systems: logoff, order. */
  act?: "logoff" | "suspend" | "lock";
  cause?: "order" | "idle" | "suspended";
  ends_ms: number;
  message: string;
  /** Scenes only: the person has asked for more time and waits for the answer. */
  more_time?: boolean;
}

export type LimitHit = "none" | "memory" | "tasks";

export interface Session {
  id: string;
  user: string;
  uid: number;
  full_name: string;
  role: Role;
  state: SessionState;
  type: "x11" | "wayland";
  desktop: string;
  display: string;
  logind: string;
  stations: string[];
  room: string;
  since: string;
  idle_ms: number;
  notice?: Notice | null;
  blocked: boolean;
  /** The web of its user is limited. */
  limited: boolean;
  locked: boolean;
  projected: boolean;
  projecting: boolean;
  viewed: boolean;
  controlled: boolean;
  controlled_by: string;
  /** Since when the hand is raised, ms since 1970; 0: it is not. */
  hand_ms: number;
  /** Title and class of the window in front, and what all programs use; empty and 0: not known. */
  window: string;
  program: string;
  cpu_permille: number;
  memory_kib: number;
  /** What it may use at most; 0: no limit. */
  limits?: { memory_kib: number; tasks: number; cpu_percent: number };
  /** Hit within the last five minutes, and when. */
  limit_hit?: LimitHit;
  limit_hit_ms?: number;
  scene: "none" | Exclude<SceneKind, "greeter">;
  own: boolean;
  may: May[];
}

export type Missing = "screen" | "keyboard" | "pointer";
export type Orientation = "landscape" | "portrait" | "landscape_flipped" | "portrait_flipped";

/** Storage on USB that is plugged in at a local station. */
export interface Storage {
  name: string;
  state: "closed" | "opening" | "open" | "failed";
  reason: string;
}

export interface Station {
  id: string;
  name: string;
  room: string;
  kind: "browser" | "vnc" | "rdp" | "local";
  address: string;
  connected: boolean;
  scene: SceneKind;
  session: string;
  blocked: boolean;
  since: string;
  may?: ("block" | "name" | "move" | "storage")[];
  /** Of local stations; of others empty, or as they are by default. */
  missing?: Missing[];
  mapping?: "done" | "keyboard" | "pointer" | "waiting";
  output?: string;
  area?: "whole" | "left" | "right" | "top" | "bottom";
  orientation?: Orientation;
  width?: number;
  height?: number;
  storage_blocked?: boolean;
  storage?: Storage[];
  auto_user: string;
  auto_failure: string;
  enrolment: "none" | "asked" | "enrolled";
}

/** Stations.LogOn, Stations.SetAutoLogOn: what became of one station. */
export interface StationResult {
  station: string;
  name: string;
  user: string;
  session: string;
  state: "done" | "refused" | "failed";
  reason: string;
}

/** Blocks.Block: what is in force, for the dashboard. */
export interface Block {
  kind: "user" | "station" | "all";
  name: string;
  full_name: string;
  by: string;
  since: string;
  until_ms: number;
  message: string;
}

/** Limits.List: whose web is limited, and how. */
export interface WebLimit extends SiteList {
  kind: "user" | "all";
  name: string;
  full_name: string;
  by: string;
  since: string;
  until_ms: number;
}

export interface Projection {
  id: string;
  source: "session" | "screen";
  session: string;
  user: string;
  full_name: string;
  by: string;
  by_name: string;
  since: string;
  all: boolean;
  window: boolean;
  stations: string[];
  may: string[];
}

export type ViewMode = "view" | "control" | "exclusive";

export type TargetState =
  | "waiting"
  | "asking"
  | "ending"
  | "done"
  | "forced"
  | "refused"
  | "failed"
  | "cancelled";

/** Of any act on several; blocks and projections name a station too, log-offs the end of the notice. */
export interface Target {
  session: string;
  station?: string;
  user: string;
  full_name: string;
  state: TargetState;
  ends_ms?: number;
  more_time?: boolean;
  reason: string;
}

export interface Job {
  id: string;
  kind: "logoff" | "suspend" | "lock";
  cause?: "order" | "idle" | "suspended";
  by: string;
  since: string;
  ends_ms: number;
  message: string;
  finished: boolean;
  targets: Target[];
}

export interface ChatMessage {
  number: number;
  at_ms: number;
  from: string;
  from_name: string;
  /** Whose conversation this is part of. */
  user: string;
  user_name: string;
  supervisor: boolean;
  text: string;
}

/** Audit.Entry: who did what to whom. */
export interface AuditEntry {
  number: number;
  at_ms: number;
  user: string;
  full_name: string;
  role: string;
  address: string;
  method: string;
  targets: string;
  result: string;
  hash: string;
}

/** Programs.Program: an entry of the system's menu. */
export interface Program {
  id: string;
  name: string;
  comment: string;
  categories: string[];
  icon: boolean;
}

export interface ProgramWindow {
  id: number;
  title: string;
  class: string;
  pid: number;
  active: boolean;
}

export interface Process {
  pid: number;
  start: number;
  name: string;
  command: string;
  cpu_permille: number;
  memory_kib: number;
}

export interface LessonUser {
  user: string;
  full_name: string;
}

export interface LessonProgram {
  program: string;
  open: string;
}

/** allow: these sites and no others; deny: all but these. */
export type WebMode = "allow" | "deny";

export interface SiteList {
  mode: WebMode;
  domains: string[];
}

/** Lessons.Lesson: one that runs. */
export interface Lesson {
  id: string;
  name: string;
  by: string;
  by_name: string;
  since: string;
  ends_ms: number;
  all: boolean;
  /** Whoever comes into one of these is covered, too. */
  rooms: string[];
  users: LessonUser[];
  block: boolean;
  message: string;
  programs: LessonProgram[];
  web?: SiteList | null;
  may: boolean;
}

/** Lessons.LessonChange: what a start would do to one person. */
export interface LessonChange {
  session: string;
  user: string;
  full_name: string;
  state: "done" | "refused" | "failed";
  reason: string;
  blocked_before: boolean;
  blocked: boolean;
  blocked_after: boolean;
  web_before: boolean;
  web: boolean;
  programs: number;
  message: boolean;
  lesson: string;
}

export interface LessonPreset {
  name: string;
  all: boolean;
  rooms: string[];
  users: LessonUser[];
  length_ms: number;
  block: boolean;
  message: string;
  programs: LessonProgram[];
  web?: SiteList | null;
}

/** The session's display is gone, shows nothing new though it is drawn to, or is black. */
export type PictureAlarm = "lost" | "stalled" | "black";

/** One text frame of /ws/dashboard: a reply of Events.Watch, or "unavailable" and "picture" from the relay. */
export type WatchEvent =
  | {
      kind: "snapshot";
      sessions?: Session[];
      stations?: Station[];
      jobs?: Job[];
      projections?: Projection[];
      lessons?: Lesson[];
      block_all?: Block | null;
      enabled?: boolean;
    }
  | { kind: "session"; session: Session }
  | { kind: "session_gone"; id: string; reason?: string | null }
  | { kind: "station"; station: Station }
  | { kind: "station_gone"; id: string }
  | { kind: "job"; job: Job }
  | { kind: "job_gone"; id: string }
  | { kind: "projection"; projection: Projection }
  | { kind: "projection_gone"; id: string }
  | { kind: "lesson"; lesson: Lesson }
  | { kind: "lesson_gone"; id: string }
  | { kind: "block_all"; block_all?: Block | null }
  | { kind: "chat"; message: ChatMessage }
  | { kind: "chat_cleared"; id: string }
  | { kind: "chat_enabled"; enabled: boolean }
  | { kind: "audit"; entry: AuditEntry }
  | { kind: "picture"; session: string; alarm: PictureAlarm | ""; since_ms: number }
  | { kind: "unavailable" };

export type SceneKind = "greeter" | "session" | "projection" | "lock" | "block" | "mapping";

export interface SceneBlock {
  by: string;
  message: string;
  until_ms: number;
}

export interface SceneProjection {
  id: string;
  session: string;
  by: string;
  full_name: string;
  window: boolean;
}

export interface Sign {
  kind: "viewed" | "controlled";
  by: string;
  exclusive: boolean;
}

/** What a station page is told of its conversation; whole each time. */
export interface StationChat {
  enabled: boolean;
  hand: boolean;
  messages: { number: number; at_ms: number; from_name: string; supervisor: boolean; text: string }[];
}

/** The newest lesson of the person at the station. */
export interface SceneLesson {
  name: string;
  by: string;
  ends_ms: number;
}

/** The web is limited; domains are the first ones, more: how many others there are. */
export interface SceneWeb {
  by: string;
  mode: WebMode;
  domains: string[];
  more: number;
  until_ms: number;
}

/** Shown over everything until it is null again. */
export interface SceneIdentify {
  name: string;
  system: string;
}

export interface Scene {
  kind: SceneKind;
  session: string;
  user: string;
  full_name: string;
  /** Keys and pointer pass to the session. */
  input: boolean;
  notice?: Notice | null;
  block?: SceneBlock | null;
  projection?: SceneProjection | null;
  sign?: Sign | null;
  limit_hit?: LimitHit;
  limit_hit_ms?: number;
  lesson?: SceneLesson | null;
  web?: SceneWeb | null;
  identify?: SceneIdentify | null;
  text: string;
  /** Who is logged on here by itself, and when (ms since 1970; in the past: that is under way). */
  auto?: { user: string; full_name: string; at_ms: number } | null;
  /** Empty: nobody here has asked for enrolment. */
  pin?: string;
  enrolled?: boolean;
}

export interface Prompt {
  text: string;
  echo: boolean;
}

export interface LoginMessage {
  text: string;
  error: boolean;
}

/** What has to be accepted before the log-in goes on. */
export interface LogOnNotice {
  language: string;
  text: string;
}

export interface LoginReply {
  conversation: string;
  prompts: Prompt[];
  messages: LoginMessage[];
  notice?: LogOnNotice | null;
  done: boolean;
  user?: string | null;
  full_name?: string | null;
  role?: Role | null;
}

export interface Desktop {
  id: string;
  name: string;
}

/** System.Status. */
export interface SystemStatus {
  name: string;
  version: string;
  logind: boolean;
  relay: boolean;
  sessions: number;
  active: number;
  suspended: number;
  stations: number;
  /** Seconds since the session service started. */
  uptime_s: number;
  /** Load average of a minute, times 100. */
  load_percent: number;
  memory_total_kib: number;
  memory_available_kib: number;
  desktops: Desktop[];
  default_desktop: string;
}

export interface LoginInfo {
  system: string;
  desktops: Desktop[];
  default_desktop: string;
}

export interface Me {
  user: string;
  uid: number;
  full_name: string;
  role: Role;
}
