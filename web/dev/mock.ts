// SPDX-License-Identifier: GPL-3.0-or-later
// A false relay for looking at the pages: serves dist/ under the real Content-Security-Policy, answers
// the API from dev/world.ts. Never part of dist. Used by dev/serve.ts and test/pages.ts.
//
// POST /mock/<what> changes the world from outside: see command(). Log in as kaya / demo; user "otp"
// is asked for a code, "locked" gets a message, "fail" a session that does not start.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { Scene } from "../src/shared/types";
import { paintAll, TILE_SIZES } from "./pictures";
import { serveRfb } from "./rfb";
import { GREETER, PASSWORD, World } from "./world";

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
  world: World;
  command(what: string): void;
  /** The latest list of tiles that a dashboard asked for, and every act of a station. */
  received: { tiles: string[]; size: string; acts: string[] };
  stop(): void;
}

export async function startMock(port: number, sessions: number): Promise<Mock> {
  const world = new World(sessions);
  const pictures = await paintAll();
  const received: Mock["received"] = { tiles: [], size: "", acts: [] };
  const dashboards = new Set<WebSocket>();
  const stations = new Set<WebSocket>();
  let away = false;
  let down = false;
  let scene: Scene = GREETER;

  function setScene(s: Scene): void {
    scene = s;
    for (const ws of stations) ws.send(JSON.stringify({ scene }));
  }


  const conversations = new Map<string, { user: string; purpose: string; step: number }>();

  function finish(purpose: string, user: string) {
    if (purpose === "station")
      setTimeout(() => setScene({ kind: "session", session: "s99", user, full_name: "Anna Berger", notice: null, text: "" }), 700);
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
    const [a] = p["answers"] as string[];
    if (c.step === 0 && a !== PASSWORD)
      throw new Fail(403, "org.stationmaster.Login.Denied", { reason: "", messages: [] });
    if (c.user === "fail")
      throw new Fail(409, "org.stationmaster.Login.Failed", { reason: "The desktop ended at once.", output: "xfce4-session: cannot open display\nNo such file" });
    if (c.user === "otp" && c.step++ === 0)
      return { conversation: "c", prompts: [{ text: "One-time code:", echo: true }], messages: [{ text: "A code was sent to you.", error: false }], done: false };
    return finish(c.purpose, c.user);
  }

  function api(method: string, p: Record<string, unknown>, req: IncomingMessage, res: ServerResponse): unknown {
    if (away) throw new Fail(502, "org.stationmaster.Unavailable");
    if (method === "Login.SignOut") {
      res.setHeader("Set-Cookie", "stationmaster=; Path=/; Max-Age=0");
      return {};
    }
    if (method.startsWith("Login.")) {
      const r = login(method.slice(6), p) as { done?: boolean };
      if (r.done) res.setHeader("Set-Cookie", "stationmaster=mock; Path=/; HttpOnly; SameSite=Strict");
      return r;
    }
    if (method === "System.Version") return { version: "0.1.0" };
    if (!(req.headers.cookie ?? "").includes("stationmaster=mock")) throw new Fail(401, "org.stationmaster.Unauthenticated");
    switch (method) {
      case "System.WhoAmI":
        return world.me;
      case "Sessions.LogOff":
        return world.logOff(p);
      case "Sessions.Suspend":
        return world.suspend(p);
      case "Jobs.Cancel":
        return { job: world.cancel(String(p["job"])) };
      default:
        throw new Fail(404, "org.varlink.service.MethodNotFound");
    }
  }

  /** What the mock is told from outside. */
  function command(what: string): void {
    if (what === "drop") for (const ws of [...dashboards, ...stations, ...rfb]) ws.terminate();
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
    if (what === "end") setScene({ ...GREETER, text: "Karin Kaya has logged you off." });
    if (what === "arrive") world.open("Lea Arrival", "standard", true);
    if (what === "clear") for (const s of [...world.sessions.values()]) world.gone(s, "");
  }

  const server = createServer((req, res) => {
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
          res.end(JSON.stringify(path.startsWith("/api/") ? api(path.slice(5).replace("org.stationmaster.", ""), params, req, res) : {}));
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
    return Buffer.concat([head, name, pictures.get(kind, phase, size)]);
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
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (p) => [...p][0] ?? false });
  server.on("upgrade", (req, socket, head) => {
    if (down) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(req, socket, head, (ws) => {
      const path = new URL(req.url ?? "/", "http://x").pathname;
      if (path === "/ws/dashboard") {
        if ((req.headers.cookie ?? "").includes("stationmaster=mock")) serveDashboard(ws);
        else ws.close(4401);
      } else if (path === "/ws/station") {
        stations.add(ws);
        ws.on("close", () => stations.delete(ws));
        ws.on("message", (d: Buffer) => {
          const act = (JSON.parse(d.toString()) as { act: string }).act;
          received.acts.push(act);
          setScene({ ...GREETER, text: "" });
        });
        ws.send(JSON.stringify({ station: "browser-3", name: "R12-03" }));
        ws.send(JSON.stringify({ scene }));
      } else if (path === "/ws/station/rfb" && scene.kind === "session") {
        rfb.add(ws);
        ws.on("close", () => rfb.delete(ws));
        serveRfb(ws);
      } else ws.close(4404);
    });
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const address = server.address();
    return {
      url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : port}`,
      world,
      command,
      received,
      stop() {
        for (const ws of sockets.clients) ws.terminate();
        server.close();
        server.closeAllConnections();
      },
    };
}
