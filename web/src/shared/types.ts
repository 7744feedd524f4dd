// SPDX-License-Identifier: GPL-3.0-or-later
// The objects of docs/api/*.varlink as they arrive in JSON. Nullable members may also be missing.

export type Role = "standard" | "operator" | "administrator";
export type SessionState = "opening" | "active" | "suspended" | "closing";
export type May = "tile" | "logoff" | "suspend";

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
  state: SessionState;
  type: "x11" | "wayland";
  desktop: string;
  display: string;
  logind: string;
  stations: string[];
  since: string;
  idle_ms: number;
  notice?: Notice | null;
  own: boolean;
  may: May[];
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

export type TargetState =
  | "waiting"
  | "asking"
  | "ending"
  | "done"
  | "forced"
  | "refused"
  | "failed"
  | "cancelled";

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

/** One text frame of /ws/dashboard: a reply of Events.Watch, or "unavailable" from the relay. */
export type WatchEvent =
  | { kind: "snapshot"; sessions?: Session[]; stations?: Station[]; jobs?: Job[] }
  | { kind: "session"; session: Session }
  | { kind: "session_gone"; id: string; reason?: string | null }
  | { kind: "station"; station: Station }
  | { kind: "station_gone"; id: string }
  | { kind: "job"; job: Job }
  | { kind: "job_gone"; id: string }
  | { kind: "unavailable" };

export interface Scene {
  kind: "greeter" | "session";
  session: string;
  user: string;
  full_name: string;
  notice?: Notice | null;
  text: string;
}

export interface Prompt {
  text: string;
  echo: boolean;
}

export interface LoginMessage {
  text: string;
  error: boolean;
}

export interface LoginReply {
  conversation: string;
  prompts: Prompt[];
  messages: LoginMessage[];
  done: boolean;
  user?: string | null;
  full_name?: string | null;
  role?: Role | null;
}

export interface Desktop {
  id: string;
  name: string;
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
