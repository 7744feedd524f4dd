// SPDX-License-Identifier: GPL-3.0-or-later
// The life of the dashboard: who is signed in, the one WebSocket, and what each of its frames does.

import { batch, signal } from "@preact/signals";
import { asApiError, call, setOnExpired } from "../shared/api";
import { LiveSocket } from "../shared/socket";
import type { LoginInfo, Me, WatchEvent } from "../shared/types";
import { jobEvent, jobGone, jobsSnapshot, resetActs } from "./acts";
import { blockAll, blocksSoon, resetBlocks } from "./blocks";
import { chatCleared, chatEnabled, chatEvent, loadChat, resetChat } from "./chat";
import { lessonGone, lessons, putLesson, resetLessons } from "./lessons";
import { limitsSoon, resetLimits } from "./limits";
import { auditAgain, auditEvent } from "./log";
import * as pictures from "./pictures";
import { projectionGone, putProjection, replaceProjections, resetProjections } from "./projections";
import { closingByName, starting } from "./programs";
import { side } from "./siding";
import * as store from "./store";
import { viewing } from "./viewing";

const WHO_RETRY_MS = 1500;

let socket: LiveSocket | null = null;

/** The system did not answer the first question; the page asks again by itself. */
export const unreachable = signal(false);

function parse(text: string): WatchEvent | null {
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === "object" && v !== null && "kind" in v ? (v as WatchEvent) : null;
  } catch {
    return null;
  }
}

function handle(e: WatchEvent): void {
  switch (e.kind) {
    case "snapshot":
      batch(() => {
        store.replaceSessions(e.sessions ?? []);
        store.stations.value = new Map((e.stations ?? []).map((s) => [s.id, s]));
        jobsSnapshot(e.jobs ?? []);
        replaceProjections(e.projections ?? []);
        lessons.value = e.lessons ?? [];
        blockAll.value = e.block_all ?? null;
        chatEnabled.value = e.enabled ?? true;
        store.loaded.value = true;
        store.link.value = "live";
      });
      pictures.connected();
      void loadChat();
      auditAgain();
      if (blockAll.peek() || (e.sessions ?? []).some((s) => s.blocked)) blocksSoon();
      limitsSoon();
      break;
    case "session": {
      const before = store.tiles.get(e.session.id)?.session.peek();
      store.putSession(e.session);
      if (before && before.state === "opening" && e.session.state !== "opening") pictures.again(e.session.id);
      if (e.session.blocked || before?.blocked) blocksSoon();
      if (e.session.limited !== (before?.limited ?? false)) limitsSoon();
      break;
    }
    case "session_gone":
      store.dropSession(e.id);
      break;
    case "station":
      store.putStation(e.station);
      break;
    case "station_gone":
      store.dropStation(e.id);
      break;
    case "job":
      jobEvent(e.job);
      break;
    case "job_gone":
      jobGone(e.id);
      break;
    case "projection":
      putProjection(e.projection);
      break;
    case "projection_gone":
      projectionGone(e.id);
      break;
    case "lesson":
      putLesson(e.lesson);
      break;
    case "lesson_gone":
      lessonGone(e.id);
      break;
    case "block_all":
      blockAll.value = e.block_all ?? null;
      blocksSoon();
      break;
    case "chat":
      chatEvent(e.message);
      break;
    case "chat_cleared":
      chatCleared(e.id);
      break;
    case "chat_enabled":
      chatEnabled.value = e.enabled;
      break;
    case "audit":
      auditEvent(e.entry);
      if (e.entry.method.startsWith("Limits.")) limitsSoon(); // a new list of somebody who was limited before
      break;
    case "picture":
      pictures.alarmed(e);
      break;
    case "unavailable":
      store.link.value = "unavailable"; // the relay goes on sending pictures
      break;
  }
}

function closed(code: number): boolean {
  pictures.disconnected();
  switch (code) {
    case 4401:
      leave(true);
      return false;
    case 4403:
      store.link.value = "forbidden";
      return false;
    case 4429:
      store.link.value = "many";
      return true;
    case 4503:
      store.link.value = "unavailable";
      return true;
    default:
      store.link.value = store.loaded.peek() ? "lost" : "connecting";
      return true;
  }
}

export function enter(who: Me): void {
  store.me.value = who;
  store.signedOut.value = false;
  store.link.value = "connecting";
  socket?.stop();
  const s = new LiveSocket("/ws/dashboard", "stationmaster.dashboard.v1", {
    text: (data) => {
      const e = parse(data);
      if (e) handle(e);
    },
    binary: pictures.receive,
    closed,
  });
  socket = s;
  pictures.setSender((m) => s.send(m));
}

/** Back to the log-in card. expired: the system ended the log-in, not the person. */
export function leave(expired: boolean): void {
  socket?.stop();
  socket = null;
  batch(() => {
    resetActs();
    resetBlocks();
    resetProjections();
    resetLessons();
    resetLimits();
    resetChat();
    starting.value = closingByName.value = side.value = null;
    viewing.value = null;
    store.reset();
    store.signedOut.value = expired;
    store.me.value = null;
  });
}

setOnExpired(() => {
  if (store.me.peek()) leave(true);
});

export async function signOut(): Promise<void> {
  try {
    await call("Login.SignOut");
  } catch {
    // The cookie is void or the system is away; either way this page lets go.
  }
  leave(false);
}

/** Who am I? 401 means the log-in card; anything else is asked again until there is an answer. */
export async function begin(): Promise<void> {
  void call<LoginInfo>("Login.Info")
    .then((i) => (store.system.value = i.system))
    .catch(() => undefined);
  for (;;) {
    try {
      const who = await call<Me>("System.WhoAmI");
      unreachable.value = false;
      enter(who);
      return;
    } catch (e) {
      const error = asApiError(e);
      if (error.status === 401 || error.status === 403) {
        unreachable.value = false;
        store.me.value = null;
        return;
      }
      unreachable.value = true;
      await new Promise((r) => setTimeout(r, WHO_RETRY_MS));
    }
  }
}
