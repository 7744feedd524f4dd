// SPDX-License-Identifier: GPL-3.0-or-later
// A false relay for looking at the pages: serves dist/ under the real Content-Security-Policy, answers
// the API from dev/world.ts. Never part of dist. Used by dev/serve.ts, dev/look.ts and test/pages/.
//
// POST /mock/<what> changes the world from outside: see command(). Log in as kaya / demo; user "otp"
// is asked for a code, "locked" gets a message, "fail" a session that does not start, "rules" and "rules-short"
// have to accept a notice.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { PictureAlarm, Scene, StationChat } from "../src/shared/types";
import { paintAll, TILE_SIZES } from "./pictures";
import { serveRfb } from "./rfb";
import { GREETER, PASSWORD, World } from "./world";

const SESSION: Scene = { kind: "session", session: "s99", user: "anna", full_name: "Anna Berger", input: true, notice: null, text: "" };
const streams = (s: Scene) => s.kind === "session" || s.kind === "projection" || (s.kind === "block" && s.session !== "");
const dist = resolve("dist");
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

class Fail extends Error {
  constructor(readonly status: number, readonly error: string, readonly parameters: Record<string, unknown> = {}) {
    super(error);
  }
}

export interface Mock {
  url: string;
  port: number;
  world: World;
  command(what: string): void;
  /** The conversation at the station. */
  setChat(c: Partial<StationChat>): void;
  say(text: string, supervisor: boolean): void;
  /** Changes what the station shows. */
  setScene(s: Partial<Scene>): void;
  /** How a dashboard that connects is met: with a close code, with silence, or as it should be (null). */
  dashboards(how: number | "silent" | null): void;
  /** From now on this method answers with an error that says why; null: it works. */
  fail(method: string, reason: string | null): void;
  /** Close code and reason for the next views; null: they open. */
  refuseViews(how: { code: number; reason: string } | null): void;
  /** What the relay finds wrong with the picture of this session, and since when; "": nothing any more. */
  alarm(session: string, alarm: PictureAlarm | "", since_ms?: number): void;
  /** How many dashboards are sending their screen. */
  screens(): number;
  /** The latest list of tiles that a dashboard asked for, and every act of a station. */
  received: {
    tiles: string[];
    size: string;
    acts: string[];
    /** Method and parameters, as text. */
    calls: string[];
    /** Session and mode of each view that was opened. */
    views: string[];
    /** Keys and pointer events that came to an RFB server. */
    input: number;
    /** Each of them: "+ff1b" a key that goes down, "-ff1b" up, "buttons 4" the pointer. */
    events: string[];
    /** What a dashboard sent of its screen. */
    pictures: Buffer[];
    stationStreams: number;
  };
  stop(): void;
}

const SHORT_RULES = "This computer belongs to the school.\n\nSupervisors can see your screen.";
const RULES = [
  "Rules of the computer room",
  ...Array.from({ length: 40 }, (_, i) => `${i + 1}. The computers are there for lessons. Whoever uses them treats devices, furniture and the work of others with care,\nand tells a teacher what is broken. <b>This is text.</b>`),
  "Done.",
].join("\n\n");

export async function startMock(port: number, sessions: number): Promise<Mock> {
  const world = new World(sessions);
  const pictures = await paintAll();
  const received: Mock["received"] = { tiles: [], size: "", acts: [], calls: [], views: [], input: 0, events: [], pictures: [], stationStreams: 0 };
  const black = new Set<string>();
  const failing = new Map<string, string>();
  let greeting: number | "silent" | null = null;
  const dashboards = new Set<WebSocket>();
  const stations = new Set<WebSocket>();
  let away = false;
  let down = false;
  let scene: Scene = GREETER;
  let refused: { code: number; reason: string } | null = null;

  let chat: StationChat = { enabled: true, hand: false, messages: [] };
  function setChat(next: Partial<StationChat>): void {
    chat = { ...chat, ...next };
    for (const ws of stations) ws.send(JSON.stringify({ chat }));
  }
  function say(text: string, supervisor: boolean): void {
    const from_name = supervisor ? "Karin Kaya" : "Anna Berger";
    setChat({ messages: [...chat.messages, { number: chat.messages.length + 1, at_ms: Date.now(), from_name, supervisor, text }] });
  }

  function setScene(s: Scene): void {
    scene = s;
    for (const ws of stations) ws.send(JSON.stringify({ scene }));
  }


  const conversations = new Map<string, { user: string; purpose: string; step: number }>();

  function finish(purpose: string, user: string) {
    if (purpose === "station")
      setTimeout(() => setScene({ ...SESSION, user }), 700);
    if (purpose === "unlock") setScene({ ...SESSION, user });
    return { conversation: "c", prompts: [], messages: [], done: true, user: world.me.user, full_name: world.me.full_name, role: world.me.role };
  }

  function login(method: string, p: Record<string, unknown>): unknown {
    if (method === "Info")
      return {
        system: "Room 12",
        desktops: [{ id: "xfce", name: "Xfce" }, { id: "lxqt", name: "LXQt" }, { id: "icewm", name: "IceWM" }],
        default_desktop: "xfce",
      };
    if (method === "Start") {
      conversations.set("c", { user: String(p["user"]), purpose: String(p["purpose"]), step: 0 });
      const messages = p["user"] === "locked" ? [{ text: "The account is locked due to 3 failed logins.", error: true }] : [];
      return { conversation: "c", prompts: [{ text: "Password: ", echo: false }], messages, done: false };
    }
    const c = conversations.get(String(p["conversation"]));
    if (method === "Cancel") return {};
    if (!c) throw new Fail(404, "org.stationmaster.Login.NoConversation");
    if (method === "Accept") return finish(c.purpose, c.user);
    const [a] = p["answers"] as string[];
    if (c.step === 0 && a !== PASSWORD)
      throw new Fail(403, "org.stationmaster.Login.Denied", { reason: "", messages: [] });
    if (c.user === "fail")
      throw new Fail(409, "org.stationmaster.Login.Failed", { reason: "The desktop ended at once.", output: "xfce4-session: cannot open display\nNo such file" });
    if (c.user === "otp" && c.step++ === 0)
      return { conversation: "c", prompts: [{ text: "One-time code:", echo: true }], messages: [{ text: "A code was sent to you.", error: false }], done: false };
    if (c.user.startsWith("rules") && c.purpose === "station")
      return { conversation: "c", prompts: [], messages: [], notice: { language: "en", text: c.user === "rules" ? RULES : SHORT_RULES }, done: false };
    return finish(c.purpose, c.user);
  }

  function api(method: string, p: Record<string, unknown>, req: IncomingMessage, res: ServerResponse): unknown {
    if (away) throw new Fail(502, "org.stationmaster.Unavailable");
    if (method === "Login.SignOut") {
      res.setHeader("Set-Cookie", "stationmaster=; Path=/; Max-Age=0");
      return {};
    }
    if (["Login.Start", "Login.Accept", "Login.Cancel"].includes(method)) received.calls.push(`${method} ${JSON.stringify(p)}`);
    if (method.startsWith("Login.")) {
      const r = login(method.slice(6), p) as { done?: boolean };
      if (r.done) res.setHeader("Set-Cookie", "stationmaster=mock; Path=/; HttpOnly; SameSite=Strict");
      return r;
    }
    if (method === "System.Version") return { version: "0.1.0" };
    if (!(req.headers.cookie ?? "").includes("stationmaster=mock")) throw new Fail(401, "org.stationmaster.Unauthenticated");
    received.calls.push(`${method} ${JSON.stringify(p)}`);
    const reason = failing.get(method);
    if (reason !== undefined) throw new Fail(409, "org.stationmaster.System.Refused", { reason });
    switch (method) {
      case "System.WhoAmI":
        return world.me;
      case "System.Status":
        return world.systemStatus();
      case "Sessions.LogOff":
        return world.logOff(p);
      case "Sessions.Suspend":
        return world.suspend(p);
      case "Jobs.Cancel":
        return { job: world.cancel(String(p["job"])) };
      case "Jobs.Extend":
        return { job: world.extend(p) };
      case "Blocks.List":
        return { blocks: world.blocks };
      case "Blocks.Texts":
        return { texts: world.texts, default_text: "" };
      case "Blocks.Block":
        return world.setBlocked(p, true);
      case "Blocks.Unblock":
        return world.setBlocked(p, false);
      case "Limits.List":
        return { limits: world.limits.list };
      case "Limits.Recent":
        return { lists: world.limits.recent };
      case "Limits.Limit": {
        const bad = world.limits.bad(p);
        if (bad) throw new Fail(400, "org.stationmaster.Limits.BadSite", { reason: bad });
        return world.limits.set(p, true);
      }
      case "Limits.Free":
        return world.limits.set(p, false);
      case "Lessons.Presets":
        return { presets: world.presets };
      case "Lessons.Preview":
        return world.previewLesson(p);
      case "Lessons.Start":
        return world.startLesson(p);
      case "Lessons.Extend":
      case "Lessons.Change":
      case "Lessons.End": {
        const { lesson, add_ms, ...more } = p;
        const old = world.lessons.find((l) => l.id === lesson);
        const later = add_ms === undefined ? more : { ends_ms: (old?.ends_ms ?? 0) + Number(add_ms) };
        const r = method === "Lessons.End" ? world.endLesson(String(lesson)) : world.changeLesson(String(lesson), later);
        if (!r) throw new Fail(404, "org.stationmaster.Lessons.NotFound", { names: [lesson], reason: "There is no such lesson; it may be over." });
        return r;
      }
      case "Stations.Rooms":
        return { rooms: world.rooms() };
      case "Stations.Invite":
        return { ticket: "dGlja2V0LW9mLWEtc3RhdGlvbi10aGF0LWlzLW5ldy4x", expires_ms: Date.now() + Number(p["lasts_ms"]) };
      case "Stations.SetAutoLogOn":
        return { results: world.setAuto(p) };
      case "Stations.LogOn":
        return { results: world.logOn(p) };
      case "Stations.SetStorage":
        return { results: world.setStorage(p) };
      case "Stations.Identify":
        return {};
      case "Stations.Map":
        return { stations: world.mapAgain(p["stations"] as string[]) };
      case "Stations.Split":
        return { stations: world.splitStation(String(p["station"]), String(p["direction"])) };
      case "Stations.Join":
        return { station: world.joinStation(String(p["station"])) };
      case "Stations.Forget":
        world.forgetStation(String(p["station"]));
        return {};
      case "Stations.Set": {
        const station = world.setStation(p);
        if (!station) throw new Fail(404, "org.stationmaster.Stations.NotFound", { names: [p["station"]], reason: "There is no such station." });
        return { station };
      }
      case "Projections.Start":
        return world.project(p);
      case "Projections.Stop": {
        const r = world.stopProjection(String(p["projection"]));
        if (!r) throw new Fail(404, "org.stationmaster.Projections.NotFound", { names: [], reason: "There is no such projection." });
        return r;
      }
      default: {
        const r = world.people.api(method, p);
        if (r === undefined) throw new Fail(404, "org.varlink.service.MethodNotFound");
        return r;
      }
    }
  }

  /** The scenes that a supervisor brings about. */
  function sceneCommand(what: string): void {
    const anna: Scene = { ...SESSION, input: false };
    const by = "Karin Kaya";
    const until_ms = Date.now() + 5 * 60_000;
    const projection = { id: "p1", session: "s4", by, full_name: "Dana Evers", window: false };
    const scenes: Record<string, Scene> = {
      greeter: GREETER,
      session: SESSION,
      block: { ...anna, kind: "block", block: { by, message: "Eyes up front, please.", until_ms: 0 } },
      "block-default": { ...anna, kind: "block", block: { by, message: "", until_ms } },
      "block-greeter": { ...GREETER, kind: "block", block: { by, message: "", until_ms: until_ms * 2 - Date.now() } },
      projection: { ...anna, kind: "projection", projection },
      window: { ...SESSION, projection: { ...projection, window: true } },
      lock: { ...anna, kind: "lock" },
      viewed: { ...SESSION, sign: { kind: "viewed", by, exclusive: false } },
      identify: { ...SESSION, identify: { name: "R12-03", system: "Room 12" } },
      controlled: { ...SESSION, sign: { kind: "controlled", by, exclusive: false } },
      exclusive: { ...anna, sign: { kind: "controlled", by, exclusive: true } },
    };
    const s = scenes[what];
    if (s) setScene(s);
  }

  /** What the mock is told from outside. */
  function command(what: string): void {
    if (what === "drop") for (const ws of [...dashboards, ...stations, ...rfb]) ws.terminate();
    if (what === "drop-screens") for (const ws of screens) ws.terminate();
    if (what === "down") {
      down = true;
      command("drop");
    }
    if (what === "up") down = false;
    if (what === "away") {
      away = true;
      for (const ws of dashboards) ws.send('{"kind":"unavailable"}');
    }
    if (what === "back") {
      away = false;
      for (const ws of dashboards) ws.send(JSON.stringify(world.snapshot()));
    }
    if (what === "notice")
      setScene({ ...scene, notice: { job: "j1", by: "Karin Kaya", ends_ms: Date.now() + 60_000, message: "The lesson is over. Please save your work." } });
    sceneCommand(what);
    if (what === "lesson") setScene({ ...SESSION, lesson: { name: "Maths", by: "Karin Kaya", ends_ms: Date.now() + 24 * 60_000 } });
    if (what === "end") setScene({ ...GREETER, text: "Karin Kaya has logged you off." });
    if (what === "arrive") world.open("Lea Arrival", "standard", true);
    if (what === "clear") for (const s of [...world.sessions.values()]) world.gone(s, "");
  }

  const server = createServer((req, res) => {
    if (req.url === "/kiosk.json") {
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ https_port: 8443, vnc_port: 5900, rdp_port: 3389, certificate: { pem: "-----BEGIN CERTIFICATE-----\n", pin: "mock-pin", fingerprint: "AB:CD" } }));
      return;
    }
    const path = new URL(req.url ?? "/", "http://x").pathname;
    res.setHeader("Content-Security-Policy", CSP);
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (req.method === "POST") {
      let body = "";
      req.on("data", (d: Buffer) => (body += d.toString()));
      req.on("end", () => {
        res.setHeader("Content-Type", "application/json");
        try {
          if (path.startsWith("/mock/")) command(path.slice(6));
          const params = JSON.parse(body || "{}") as Record<string, unknown>;
          const answer = path.startsWith("/api/") ? api(path.slice(5).replace("org.stationmaster.", ""), params, req, res) : {};
          void Promise.resolve(answer).then((a) => res.end(JSON.stringify(a)));
        } catch (e) {
          const f = e instanceof Fail ? e : new Fail(500, String(e));
          res.writeHead(f.status).end(JSON.stringify({ error: f.error, parameters: f.parameters }));
        }
      });
      return;
    }
    const file = join(dist, path === "/" ? "index.html" : path === "/station" ? "station.html" : path);
    if (path === "/station") res.setHeader("Set-Cookie", "station=mock; Path=/; HttpOnly; SameSite=Strict");
    if (!file.startsWith(dist) || !existsSync(file)) {
      res.writeHead(404).end();
      return;
    }
    res.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(res);
  });

  function frame(id: string, size: number, kind: number, phase: number): Buffer {
    const s = TILE_SIZES[size] ?? TILE_SIZES[1];
    const name = Buffer.from(id);
    const head = Buffer.alloc(17);
    head.set([1, size]);
    head.writeUInt16BE(s.width, 2);
    head.writeUInt16BE(s.height, 4);
    head.writeBigUInt64BE(BigInt(Date.now()), 8);
    head.writeUInt8(name.length, 16);
    return Buffer.concat([head, name, black.has(id) ? pictures.black(size) : pictures.get(kind, phase, size)]);
  }

  function serveDashboard(ws: WebSocket): void {
    dashboards.add(ws);
    const wanted = new Map<string, number>();
    let size = 1;
    ws.send(JSON.stringify(away ? { kind: "unavailable" } : world.snapshot()));
    const onEvent = (e: unknown) => ws.send(JSON.stringify(e));
    world.on("event", onEvent);
    const send = (id: string) => {
      if (!world.sessions.has(id)) return;
      const n = wanted.get(id) ?? 0;
      wanted.set(id, n + 1);
      ws.send(frame(id, size, Number(id.slice(1)), n));
    };
    const timer = setInterval(() => {
      for (const id of wanted.keys()) if (Math.random() < 0.4) send(id);
    }, 1000);
    ws.on("message", (data: Buffer) => {
      const m = JSON.parse(data.toString()) as { tiles: { size: string; sessions: string[] } };
      received.tiles = m.tiles.sessions;
      received.size = m.tiles.size;
      const next = Math.max(0, TILE_SIZES.findIndex((s) => s.name === m.tiles.size));
      const fresh = m.tiles.sessions.filter((id) => next !== size || !wanted.has(id));
      size = next;
      for (const id of [...wanted.keys()]) if (!m.tiles.sessions.includes(id)) wanted.delete(id);
      for (const id of fresh) send(id);
    });
    ws.on("close", () => {
      clearInterval(timer);
      world.off("event", onEvent);
      dashboards.delete(ws);
    });
  }

  const rfb = new Set<WebSocket>();
  const screens = new Set<WebSocket>();
  function serveDesktop(ws: WebSocket): void {
    rfb.add(ws);
    ws.on("close", () => rfb.delete(ws));
    serveRfb(ws, (what) => {
      received.input++;
      received.events.push(what);
    });
  }

  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (p) => [...p][0] ?? false });
  server.on("upgrade", (req, socket, head) => {
    if (down) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(req, socket, head, (ws) => {
      const path = new URL(req.url ?? "/", "http://x").pathname;
      if (path === "/ws/dashboard") {
        if (typeof greeting === "number") ws.close(greeting);
        else if (greeting === "silent") dashboards.add(ws);
        else if ((req.headers.cookie ?? "").includes("stationmaster=mock")) serveDashboard(ws);
        else ws.close(4401);
      } else if (path === "/ws/station") {
        stations.add(ws);
        ws.on("close", () => stations.delete(ws));
        ws.on("message", (d: Buffer) => {
          const m = JSON.parse(d.toString()) as { act: string; chat?: string };
          if (m.chat === "refuse me") ws.send('{"refused":"You have written too much; wait a moment."}');
          else if (m.chat !== undefined) say(m.chat, false);
          if (m.chat !== undefined) return;
          const act = m.act;
          received.acts.push(act);
          if (act === "hand_up" || act === "hand_down") {
            setChat({ hand: act === "hand_up" });
            return;
          }
          if (act === "lock") setScene({ ...scene, kind: "lock", input: false });
          else if (act === "more_time") setScene({ ...scene, notice: scene.notice ? { ...scene.notice, more_time: true } : null });
          else setScene({ ...GREETER, text: "" });
        });
        ws.send(JSON.stringify({ station: "browser-3", name: "R12-03" }));
        ws.send(JSON.stringify({ scene }));
        ws.send(JSON.stringify({ chat }));
      } else if (path === "/ws/station/rfb" && streams(scene)) {
        received.stationStreams++;
        serveDesktop(ws);
      } else if (path === "/ws/view") {
        const q = new URL(req.url ?? "/", "http://x").searchParams;
        received.views.push(`${q.get("session")} ${q.get("mode")}`);
        if (refused) ws.close(refused.code, refused.reason);
        else serveDesktop(ws);
      } else if (path === "/ws/project") {
        screens.add(ws);
        ws.on("close", () => screens.delete(ws));
        ws.on("message", (d: Buffer) => {
          received.pictures.push(d);
          ws.send('{"next":true}');
        });
        ws.send('{"next":true}');
      } else ws.close(4404);
    });
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const address = server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    world,
    command,
    received,
    setScene: (s) => setScene({ ...scene, ...s }),
    alarm(session, alarm, since_ms = Date.now()) {
      if (alarm === "black") black.add(session);
      else black.delete(session);
      for (const ws of dashboards) ws.send(JSON.stringify({ kind: "picture", session, alarm, since_ms }));
    },
    dashboards: (how) => void (greeting = how),
    fail: (method, reason) => void (reason === null ? failing.delete(method) : failing.set(method, reason)),
    setChat,
    say,
    screens: () => screens.size,
    refuseViews: (how) => (refused = how),
    stop() {
      for (const ws of sockets.clients) ws.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}
