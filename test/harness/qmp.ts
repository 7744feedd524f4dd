// SPDX-License-Identifier: GPL-3.0-or-later
// QEMU's machine protocol: JSON lines on a Unix socket, commands with an id, events in between.
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Json } from "./agent.js";
import { until, within } from "./wait.js";

export class QmpError extends Error {}

interface Message {
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Json;
  QMP?: Json;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class Qmp {
  readonly events: { event: string; data: Json }[] = [];
  private pending = new Map<number, Pending>();
  private next = 1;
  private constructor(private socket: Socket) {}

  /** The socket may come into being only now. */
  static async connect(path: string, timeout = 20_000): Promise<Qmp> {
    const socket = await until(`${path} answers`, () => new Promise<Socket>((resolve, reject) => {
      const s = connect(path);
      s.once("connect", () => resolve(s)).once("error", reject);
    }), timeout);
    const qmp = new Qmp(socket);
    const greeted = new Promise<void>((resolve) => qmp.listen(resolve));
    await within("QEMU's greeting", timeout, greeted);
    await qmp.run("qmp_capabilities");
    return qmp;
  }

  private listen(onGreeting: () => void): void {
    createInterface({ input: this.socket }).on("line", (line) => {
      const message = JSON.parse(line) as Message;
      if (message.QMP) return onGreeting();
      if (message.event) return void this.events.push({ event: message.event, data: message.data ?? {} });
      const pending = this.pending.get(message.id ?? 0);
      this.pending.delete(message.id ?? 0);
      if (message.error) pending?.reject(new QmpError(message.error.desc));
      else pending?.resolve(message.return);
    });
    const gone = () => {
      for (const pending of this.pending.values()) pending.reject(new QmpError("QEMU has closed the connection"));
      this.pending.clear();
    };
    this.socket.on("close", gone).on("error", gone);
  }

  run<T = Json>(execute: string, args: Json = {}, timeout = 60_000): Promise<T> {
    const id = this.next++;
    const answered = new Promise<unknown>((resolve, reject) => this.pending.set(id, { resolve, reject }));
    this.socket.write(JSON.stringify({ execute, arguments: args, id }) + "\n");
    return within(`QEMU's answer to ${execute}`, timeout, answered) as Promise<T>;
  }

  /** A line of the human monitor, for what has no command of its own; it says nothing when all went well. */
  async monitor(line: string, timeout = 60_000): Promise<void> {
    const said = (await this.run<string>("human-monitor-command", { "command-line": line }, timeout)).trim();
    if (said) throw new QmpError(`${line}: ${said}`);
  }

  close(): void {
    this.socket.destroy();
  }
}
