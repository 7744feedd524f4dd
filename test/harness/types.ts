// SPDX-License-Identifier: GPL-3.0-or-later
// The objects of the API as the tests read them (docs/api/*.varlink).
export type Role = "standard" | "operator" | "administrator";
export type TargetState = "waiting" | "asking" | "ending" | "done" | "forced" | "refused" | "failed" | "cancelled";

export type Scene = "greeter" | "session" | "projection" | "lock" | "block";

export interface Notice {
  job: string;
  by: string;
  ends_ms: number;
  message: string;
}

export interface Session {
  id: string;
  user: string;
  uid: number;
  full_name: string;
  role: Role;
  state: "opening" | "active" | "suspended" | "closing";
  type: "x11" | "wayland";
  desktop: string;
  display: string;
  logind: string;
  stations: string[];
  since: string;
  idle_ms: number;
  notice?: Notice | null;
  blocked: boolean;
  limited: boolean;
  locked: boolean;
  projected: boolean;
  projecting: boolean;
  viewed: boolean;
  controlled: boolean;
  controlled_by: string;
  /** Since when the hand is raised, ms since 1970; 0: it is not. */
  hand_ms: number;
  /** What is in front: program and title. */
  program: string;
  window: string;
  scene: "none" | Scene;
  own: boolean;
  may: string[];
}

export interface Station {
  id: string;
  name: string;
  room: string;
  kind: "browser" | "vnc" | "rdp" | "local";
  address: string;
  connected: boolean;
  scene: Scene;
  session: string;
  blocked: boolean;
  since: string;
  auto_user: string;
  auto_failure: string;
  enrolment: "none" | "asked" | "enrolled";
}

export interface Target {
  session: string;
  user: string;
  full_name: string;
  state: TargetState;
  ends_ms: number;
  more_time: boolean;
  reason: string;
}

export interface Job {
  id: string;
  kind: "logoff" | "suspend" | "lock";
  cause: "order" | "idle" | "suspended";
  by: string;
  since: string;
  ends_ms: number;
  message: string;
  finished: boolean;
  targets: Target[];
}

/** What became of one of those named in an act that is done at once. */
export interface ActTarget {
  session: string;
  station: string;
  user: string;
  full_name: string;
  state: "done" | "refused" | "failed";
  reason: string;
}

export interface Block {
  kind: "user" | "station" | "all";
  name: string;
  full_name: string;
  by: string;
  since: string;
  until_ms: number;
  message: string;
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

export interface View {
  id: string;
  session: string;
  mode: "view" | "control" | "exclusive";
  by: string;
  by_name: string;
  since: string;
}

export interface Account {
  name: string;
  password: string;
  role: Role;
  full_name: string;
}
