// SPDX-License-Identifier: GPL-3.0-or-later
// Speaks Varlink to a Unix socket inside the demo system as any user: a small node program is started there
// (by runuser, so with that user's groups) and told by JSON lines on its stdin what to send.
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { checkError, checkReply } from "./idl.js";
import { start, end } from "./process.js";
import { within } from "./wait.js";

export type Json = Record<string, unknown>;

/** The reply was an error of the interface. */
export class ApiError extends Error {
  constructor(readonly error: string, readonly parameters: Json) {
    super(`${error} ${JSON.stringify(parameters)}`);
  }
}

/** Runs inside. One connection for each "id" given; a connection is opened by its first use. */
const program = String.raw`
const net = require("net"), connections = new Map();
const say = (o) => process.stdout.write(JSON.stringify(o) + "\n");
function connection(id, path) {
  let c = connections.get(id);
  if (c) return c;
  c = { buffer: Buffer.alloc(0), socket: net.connect(path) };
  connections.set(id, c);
  c.socket.on("data", (d) => {
    if (c.raw) return say({ id, data: d.toString("base64") });
    c.buffer = Buffer.concat([c.buffer, d]);
    for (let at; (at = c.buffer.indexOf(0)) >= 0; c.buffer = c.buffer.subarray(at + 1))
      say({ id, reply: JSON.parse(c.buffer.subarray(0, at).toString()) });
  });
  c.socket.on("error", (e) => { c.code = e.code; });
  c.socket.on("close", () => { connections.delete(id); say({ id, closed: c.code || "end" }); });
  return c;
}
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const o = JSON.parse(line);
  if (o.close) { const c = connections.get(o.id); if (c) c.socket.destroy(); return; }
  const c = connection(o.id, o.path);
  if (o.data !== undefined) { c.raw = true; c.socket.write(Buffer.from(o.data, "base64")); }
  else c.socket.write(JSON.stringify(o.call) + "\0");
  if (o.finish) c.socket.end();
}).on("close", () => process.exit(0));
say({ ready: process.getuid() });
`;

interface Stream {
  onReply?: (reply: { error?: string; parameters?: Json; continues?: boolean }) => void;
  onData?: (data: Buffer) => void;
  onClosed: (why: string) => void;
}

export const apiSocket = "/run/stationmaster/api.sock";

export class Agent {
  private streams = new Map<number, Stream>();
  private next = 1;
  private constructor(private child: ChildProcess, readonly user: string) {}

  static start(prefix: readonly string[], user: string): Promise<Agent> {
    const child = start([...prefix, "runuser", "-u", user, "--", process.execPath, "-e", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const agent = new Agent(child, user);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => {
        reject(new Error(`the agent of ${user} ended with code ${code}`));
        for (const stream of agent.streams.values()) stream.onClosed("agent ended");
      });
      createInterface({ input: child.stdout! }).on("line", (line) => {
        const message = JSON.parse(line);
        if ("ready" in message) return resolve(agent);
        const stream = agent.streams.get(message.id);
        if (!stream) return;
        if (message.reply) stream.onReply?.(message.reply);
        else if (message.data) stream.onData?.(Buffer.from(message.data, "base64"));
        else if (message.closed) {
          agent.streams.delete(message.id);
          stream.onClosed(message.closed);
        }
      });
    });
  }

  private send(message: Json): void {
    this.child.stdin!.write(JSON.stringify(message) + "\n");
  }

  /** One call on a connection of its own; the reply's parameters, which are checked against docs/api. token: as the relay sends it. */
  call<T = Json>(method: string, parameters: Json = {}, path = apiSocket, token?: string): Promise<T> {
    const id = this.next++;
    return new Promise<T>((resolve, reject) => {
      this.streams.set(id, {
        onReply: (reply) => {
          this.send({ id, close: true });
          try {
            if (reply.error) checkError(method, reply.error, reply.parameters);
            else checkReply(method, reply.parameters ?? {});
          } catch (fault) {
            return reject(fault as Error);
          }
          if (reply.error) reject(new ApiError(reply.error, reply.parameters ?? {}));
          else resolve((reply.parameters ?? {}) as T);
        },
        onClosed: (why) => reject(new Error(`${method}: connection ended (${why}) without a reply`)),
      });
      this.send({ id, path, call: { method, parameters, ...(token === undefined ? {} : { token }) } });
    });
  }

  /** A call with "more"; returns what ends it. */
  watch(method: string, parameters: Json, onReply: (parameters: Json) => void, onClosed: (why: string) => void = () => undefined, path = apiSocket, token?: string): () => void {
    const id = this.next++;
    this.streams.set(id, {
      onReply: (reply) => {
        if (reply.error) onClosed(reply.error);
        else onReply(reply.parameters ?? {});
      },
      onClosed,
    });
    this.send({ id, path, call: { method, parameters, more: true, ...(token === undefined ? {} : { token }) } });
    return () => this.send({ id, close: true });
  }

  /**
   * Any bytes; resolves with what came back when the other side has closed the connection, or when ms are over
   * (closed: "open").
   */
  raw(bytes: Buffer | Buffer[], ms: number, options: { path?: string; finish?: boolean } = {}): Promise<{ data: Buffer; closed: string }> {
    const id = this.next++;
    const chunks: Buffer[] = [];
    const path = options.path ?? apiSocket;
    return new Promise((resolve) => {
      const done = (closed: string) => {
        clearTimeout(timer);
        this.streams.delete(id);
        resolve({ data: Buffer.concat(chunks), closed });
      };
      const timer = setTimeout(() => {
        this.send({ id, close: true });
        done("open");
      }, ms);
      this.streams.set(id, { onData: (data) => chunks.push(data), onClosed: done });
      const parts = Array.isArray(bytes) ? bytes : [bytes];
      parts.forEach((part, i) =>
        this.send({ id, path, data: part.toString("base64"), finish: options.finish && i === parts.length - 1 }));
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    this.child.stdin?.end();
    await within("the agent's end", 2000, ended).catch(() => end(this.child));
  }
}
