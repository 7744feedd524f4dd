// SPDX-License-Identifier: GPL-3.0-or-later
// The objects of the API as the tests read them (docs/api/*.varlink).
export type Role = "standard" | "operator" | "administrator";
export type TargetState = "waiting" | "asking" | "ending" | "done" | "forced" | "refused" | "failed" | "cancelled";

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
  own: boolean;
  may: string[];
}

export interface Station {
  id: string;
  name: string;
  kind: "browser" | "vnc";
  address: string;
  connected: boolean;
  scene: "greeter" | "session";
  session: string;
  since: string;
}

export interface Target {
  session: string;
  user: string;
  full_name: string;
  state: TargetState;
  reason: string;
}

export interface Job {
  id: string;
  kind: "logoff";
  by: string;
  since: string;
  ends_ms: number;
  message: string;
  finished: boolean;
  targets: Target[];
}

export interface Account {
  name: string;
  password: string;
  role: Role;
  full_name: string;
}
