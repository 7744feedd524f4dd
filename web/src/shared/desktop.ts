// SPDX-License-Identifier: GPL-3.0-or-later
// A desktop on a WebSocket: noVNC, loaded when it is first wanted. When the stream breaks, the last
// picture stays and the stream is opened again within 2 s, unless the owner says by close code that
// this is the end.

import type RFB from "@novnc/novnc";
import { t } from "./i18n";
import { signal } from "@preact/signals";

export type Stream = "opening" | "open" | "broken" | "ended";

export interface DesktopOptions {
  path: string;
  viewOnly: boolean;
  /** The far side is asked to take the size of this window. */
  resize: boolean;
  connected?(): void;
  clipboard?(text: string): void;
  /** A stream has ended; false: do not open it again. code 1006: no word from the other side. */
  closed?(code: number, reason: string): boolean;
}

const WAIT_MS = [150, 300, 600, 1200];
const MODIFIERS: [number, string][] = [
  [0xffe3, "ControlLeft"],
  [0xffe4, "ControlRight"],
  [0xffe1, "ShiftLeft"],
  [0xffe2, "ShiftRight"],
  [0xffe9, "AltLeft"],
  [0xffea, "AltRight"],
];

let library: Promise<typeof import("@novnc/novnc")> | undefined;

/** Loads noVNC ahead of its use. */
export function loadViewer(): Promise<typeof import("@novnc/novnc")> {
  return (library ??= import("@novnc/novnc"));
}

/** Copies the last picture, because noVNC takes its canvas away with the connection. */
function freeze(live: HTMLCanvasElement | null, still: HTMLCanvasElement): void {
  if (!live || live.width === 0) return;
  still.width = live.width;
  still.height = live.height;
  still.getContext("2d")?.drawImage(live, 0, 0);
}

export class Desktop {
  readonly stream = signal<Stream>("opening");
  private rfb: RFB | null = null;
  private failures = 0;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private only: boolean;
  private fitted = true;

  constructor(
    private readonly target: HTMLElement,
    private readonly still: HTMLCanvasElement,
    private readonly o: DesktopOptions,
  ) {
    this.only = o.viewOnly;
    void this.open();
  }

  /** Nothing typed or pointed at leaves this page. */
  set viewOnly(on: boolean) {
    this.only = on;
    if (!this.rfb) return;
    this.rfb.viewOnly = on;
    // A size asked for in view-only mode was not sent; ask again.
    if (!on && this.o.resize) this.rfb.resizeSession = true;
    if (on) this.rfb.blur();
  }

  /** Scaled to the window, or pixel by pixel with scroll bars. */
  set fit(on: boolean) {
    this.fitted = on;
    if (this.rfb) this.rfb.scaleViewport = on;
  }

  focus(): void {
    if (!this.only) this.rfb?.focus({ preventScroll: true });
  }

  blur(): void {
    this.rfb?.blur();
  }

  paste(text: string): void {
    this.rfb?.clipboardPasteFrom(text);
  }

  /** down null: pressed and let go. */
  sendKey(keysym: number, down: boolean | null): void {
    if (down === null) this.rfb?.sendKey(keysym, null);
    else this.rfb?.sendKey(keysym, null, down);
  }

  sendCtrlAltDel(): void {
    this.rfb?.sendCtrlAltDel();
  }

  /** Lets go of the keys of a shortcut that this page took for itself. */
  releaseModifiers(): void {
    for (const [keysym, code] of MODIFIERS) this.rfb?.sendKey(keysym, code, false);
  }

  /** The connection is known to be dead although nobody said so. */
  drop(): void {
    this.rfb?.disconnect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    freeze(this.target.querySelector("canvas"), this.still); // what opens next begins with this picture
    this.rfb?.disconnect();
    this.rfb = null;
  }

  private async open(): Promise<void> {
    const { default: Rfb } = await loadViewer();
    if (this.stopped) return;
    const url = new URL(this.o.path, location.href);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    const socket = new WebSocket(url, ["binary"]);
    let code = 1006;
    let reason = "";
    socket.addEventListener("close", (e) => {
      code = e.code;
      reason = e.reason;
    });
    const r = new Rfb(this.target, socket, { shared: true });
    const canvas = this.target.querySelector("canvas");
    canvas?.setAttribute("aria-label", t("desktop.picture"));
    this.rfb = r;
    r.viewOnly = this.only;
    r.background = "transparent";
    r.scaleViewport = this.fitted;
    r.resizeSession = this.o.resize;
    r.addEventListener("connect", () => {
      this.failures = 0;
      this.stream.value = "open";
      this.o.connected?.();
    });
    r.addEventListener("clipboard", (e) => this.o.clipboard?.(e.detail.text));
    r.addEventListener("disconnect", () => {
      if (this.rfb === r) this.rfb = null;
      if (this.stopped) return;
      freeze(canvas, this.still);
      if (this.o.closed?.(code, reason) === false) {
        this.stopped = true;
        this.stream.value = "ended";
        return;
      }
      this.stream.value = this.stream.peek() === "opening" ? "opening" : "broken";
      const wait = WAIT_MS[Math.min(this.failures++, WAIT_MS.length - 1)];
      this.timer = setTimeout(() => void this.open(), wait);
    });
  }
}
