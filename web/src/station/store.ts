// SPDX-License-Identifier: GPL-3.0-or-later
// What the station page knows, and its control socket: which scene this station shows.

import { signal } from "@preact/signals";
import { asApiError, call } from "../shared/api";
import { noteServerDate } from "../shared/clock";
import { LiveSocket } from "../shared/socket";
import type { LoginInfo, Scene, StationChat } from "../shared/types";

export type Act = "suspend" | "logoff" | "lock" | "more_time" | "hand_up" | "hand_down";
export type Link = "connecting" | "live" | "lost" | "many" | "forbidden";

export const link = signal<Link>("connecting");
export const scene = signal<Scene | null>(null);
export const stationName = signal("");
/** Counts connections that died without a word; the pixels came by the same dead way. */
export const deaths = signal(0);
export const info = signal<LoginInfo | null>(null);

const INFO_RETRY_MS = 1500;

/** The conversation of the person who is here; off until the system has said otherwise. */
export const chat = signal<StationChat>({ enabled: false, hand: false, messages: [] });
/** Why the last wish was not granted; "" since the next one. */
export const refusal = signal("");

interface Told {
  station?: string;
  name?: string;
  scene?: Scene;
  chat?: StationChat;
  refused?: string;
}

function handle(text: string): void {
  let m: Told;
  try {
    m = JSON.parse(text) as Told;
  } catch {
    return;
  }
  if (typeof m.station === "string") stationName.value = m.name || m.station;
  if (m.chat && Array.isArray(m.chat.messages)) chat.value = m.chat;
  if (typeof m.refused === "string") refusal.value = m.refused;
  if (m.scene && typeof m.scene.kind === "string") {
    link.value = "live";
    scene.value = m.scene;
  }
}

/** The cookie that makes this browser a station comes with the page; ask for it again. */
async function renewCookie(): Promise<void> {
  try {
    const r = await fetch("/station", { credentials: "same-origin", cache: "no-store" });
    noteServerDate(r.headers.get("date"));
  } catch {
    // The socket tries again anyway.
  }
}

function closed(code: number): boolean {
  if (code === 4401) void renewCookie();
  if (code === 0) deaths.value++;
  link.value = code === 4429 ? "many" : code === 4403 ? "forbidden" : scene.peek() ? "lost" : "connecting";
  return code !== 4403;
}

const socket = new LiveSocket("/ws/station", "stationmaster.station.v1", { text: handle, closed });

/** What the person did here last; the system has no words for one's own act. */
export const ownAct = signal<"suspend" | "logoff" | null>(null);

/** False: there is no connection, nothing was sent. */
export function act(what: Act): boolean {
  refusal.value = "";
  const sent = socket.send({ act: what });
  if (sent && (what === "suspend" || what === "logoff")) ownAct.value = what;
  return sent;
}

/** A key was pressed at the greeter: auto log-on waits. False: nothing was sent. */
export function hold(): boolean {
  return socket.send({ hold: true });
}

/** Have this station enrolled: with a ticket, with a PIN (null), or not (false). False: nothing was sent. */
export function enrol(how: string | null | false): boolean {
  refusal.value = "";
  return socket.send({ enrol: how });
}

/** False: nothing was sent. */
export function write(text: string): boolean {
  refusal.value = "";
  return socket.send({ chat: text });
}

export async function loadInfo(): Promise<void> {
  for (;;) {
    try {
      info.value = await call<LoginInfo>("Login.Info");
      return;
    } catch (e) {
      const code = asApiError(e).code;
      if (code !== "Network" && code !== "Unavailable") return;
      await new Promise((r) => setTimeout(r, INFO_RETRY_MS));
    }
  }
}
