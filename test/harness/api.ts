// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTPS side of the API: calls, log-in, the dashboard's WebSocket; and TLS connections for bytes that no
// browser sends.
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import WebSocket from "ws";
import type { Json } from "./agent.js";
import type { Demo } from "./demo.js";
import type { Account } from "./types.js";

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  json: Json;
}

export interface HttpOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export function http(demo: Demo, path: string, options: HttpOptions = {}): Promise<Answer> {
  const { host, port } = demo.web;
  return new Promise((resolve, reject) => {
    const req = request({ host, port, path, method: options.method ?? "GET", headers: options.headers ?? {}, rejectUnauthorized: false, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        let json: Json = {};
        try {
          json = JSON.parse(body) as Json;
        } catch {
          // not every answer is JSON
        }
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body, json });
      });
    });
    req.on("error", reject);
    req.end(options.body);
  });
}

/** Somebody signed in to the dashboard, without a browser. */
export class Person {
  private constructor(readonly demo: Demo, readonly cookie: string, readonly role: string) {}

  static async signIn(demo: Demo, account: Pick<Account, "name" | "password">): Promise<Person> {
    const started = await post(demo, "Login.Start", { purpose: "dashboard", station: null, user: account.name, desktop: null, width: null, height: null });
    if (started.status !== 200) throw new Error(`Login.Start of ${account.name}: ${started.status} ${started.body}`);
    let answer = started;
    if (!started.json["done"]) {
      answer = await post(demo, "Login.Answer", { conversation: started.json["conversation"], answers: [account.password] });
      if (answer.status !== 200 || !answer.json["done"]) throw new Error(`Login.Answer of ${account.name}: ${answer.status} ${answer.body}`);
    }
    const cookie = ([] as string[]).concat(answer.headers["set-cookie"] ?? []).find((c) => c.startsWith("__Host-stationmaster="));
    if (!cookie) throw new Error(`no cookie after the log-in of ${account.name}`);
    return new Person(demo, cookie.split(";")[0]!, String(answer.json["role"]));
  }

  call(method: string, parameters: Json = {}): Promise<Answer> {
    return post(this.demo, method, parameters, this.cookie);
  }

  dashboard(): Promise<DashboardSocket> {
    return DashboardSocket.open(this.demo, this.cookie);
  }
}

export function post(demo: Demo, method: string, parameters: Json | string, cookie = "", headers: Record<string, string> = {}): Promise<Answer> {
  return http(demo, `/api/org.stationmaster.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: demo.origin, ...(cookie ? { cookie } : {}), ...headers },
    body: typeof parameters === "string" ? parameters : JSON.stringify(parameters),
  });
}

export interface Thumbnail {
  size: number;
  width: number;
  height: number;
  takenMs: number;
  /** When it came, by this machine's clock. */
  cameMs: number;
  session: string;
  jpeg: Buffer;
}

export function parseThumbnail(frame: Buffer): Thumbnail {
  if (frame[0] !== 1) throw new Error(`thumbnail version ${frame[0]}`);
  const idLength = frame[16]!;
  return {
    size: frame[1]!,
    width: frame.readUInt16BE(2),
    height: frame.readUInt16BE(4),
    takenMs: Number(frame.readBigUInt64BE(8)),
    cameMs: Date.now(),
    session: frame.subarray(17, 17 + idLength).toString(),
    jpeg: frame.subarray(17 + idLength),
  };
}

export class DashboardSocket {
  readonly events: Json[] = [];
  readonly thumbnails: Thumbnail[] = [];
  closeCode = 0;
  private constructor(readonly socket: WebSocket) {}

  static open(demo: Demo, cookie: string, headers: Record<string, string> = {}): Promise<DashboardSocket> {
    const { host, port } = demo.web;
    const socket = new WebSocket(`wss://${host}:${port}/ws/dashboard`, "stationmaster.dashboard.v1", {
      rejectUnauthorized: false,
      headers: { cookie, origin: demo.origin, ...headers },
    });
    const dashboard = new DashboardSocket(socket);
    socket.on("message", (data, binary) => {
      if (binary) dashboard.thumbnails.push(parseThumbnail(data as Buffer));
      else dashboard.events.push(JSON.parse(String(data)) as Json);
    });
    socket.on("close", (code) => (dashboard.closeCode = code));
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(dashboard));
      socket.once("error", reject);
    });
  }

  tiles(sessions: string[], size: "small" | "medium" | "large" = "medium"): void {
    this.socket.send(JSON.stringify({ tiles: { size, sessions } }));
  }

  close(): void {
    this.socket.terminate();
  }
}

/** A TLS connection to the web port, for bytes written by hand. */
export function rawTls(demo: Demo): Promise<TLSSocket> {
  const { host, port } = demo.web;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Writes, and collects what comes until the other side ends or ms are over. */
export function exchange(socket: NodeJS.ReadWriteStream, bytes: Buffer | string, ms: number): Promise<{ data: Buffer; closed: boolean }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (closed: boolean) => {
      clearTimeout(timer);
      (socket as TLSSocket).destroy();
      resolve({ data: Buffer.concat(chunks), closed });
    };
    const timer = setTimeout(() => done(false), ms);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => done(true)).on("close", () => done(true)).on("error", () => done(true));
    socket.write(bytes);
  });
}
