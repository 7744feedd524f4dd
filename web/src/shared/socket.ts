// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket that comes back by itself. Waits 0.2, 0.4, 0.8, then 1.5 s between attempts, so a
// restarted relay is found again within 2 s. The owner decides by close code when to stop.
// A network that dies without a word is noticed, too: after long silence the relay is asked whether
// it is still there.

import { reachable } from "./api";

export interface SocketHandlers {
  open?(): void;
  text?(data: string): void;
  binary?(data: ArrayBuffer): void;
  /** Return false to stop trying. Called once for each lost or failed connection; code 0: silently dead. */
  closed?(code: number): boolean;
}

const WAIT_MS = [200, 400, 800, 1500];
const CONNECT_TIMEOUT_MS = 4000;
const SILENCE_MS = 30_000;
const CHECK_MS = 10_000;
const ANSWER_MS = 5000;

export class LiveSocket {
  private ws: WebSocket | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private heard = 0;
  private asking = false;
  private readonly watch = setInterval(() => void this.check(), CHECK_MS);
  private readonly wake = () => {
    if (!this.ws && !this.stopped) this.connect();
  };

  constructor(
    private readonly path: string,
    private readonly protocol: string,
    private readonly on: SocketHandlers,
  ) {
    window.addEventListener("online", this.wake);
    this.connect();
  }

  get connected(): boolean {
    return this.ws?.readyState === WebSocket.OPEN;
  }

  send(message: unknown): boolean {
    if (!this.connected) return false;
    this.ws?.send(JSON.stringify(message));
    return true;
  }

  sendBinary(data: Blob): boolean {
    if (!this.connected) return false;
    this.ws?.send(data);
    return true;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.watch);
    window.removeEventListener("online", this.wake);
    this.ws?.close(1000);
    this.ws = null;
  }

  private connect(): void {
    clearTimeout(this.timer);
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    const ws = new WebSocket(url, this.protocol);
    this.ws = ws;
    ws.binaryType = "arraybuffer";
    const giveUp = setTimeout(() => ws.close(), CONNECT_TIMEOUT_MS);
    ws.onopen = () => {
      clearTimeout(giveUp);
      this.heard = Date.now();
      this.on.open?.();
    };
    ws.onmessage = (e: MessageEvent<unknown>) => {
      if (this.ws !== ws) return;
      this.heard = Date.now();
      this.failures = 0; // not in onopen: a relay that opens and closes at once must not be hammered
      if (typeof e.data === "string") this.on.text?.(e.data);
      else if (e.data instanceof ArrayBuffer) this.on.binary?.(e.data);
    };
    ws.onclose = (e) => {
      clearTimeout(giveUp);
      if (this.ws === ws) this.lost(e.code);
    };
  }

  private lost(code: number): void {
    this.ws = null;
    if (this.stopped) return;
    if (this.on.closed?.(code) === false) {
      this.stop();
      return;
    }
    const wait = WAIT_MS[Math.min(this.failures++, WAIT_MS.length - 1)] ?? 1500;
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private async check(): Promise<void> {
    const ws = this.ws;
    if (!this.connected || this.asking || document.hidden || Date.now() - this.heard < SILENCE_MS) return;
    this.asking = true;
    const there = await reachable(ANSWER_MS);
    this.asking = false;
    if (this.ws !== ws) return;
    if (there) this.heard = Date.now();
    else {
      ws?.close();
      this.lost(0);
    }
  }
}
