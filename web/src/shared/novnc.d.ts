// SPDX-License-Identifier: GPL-3.0-or-later
// The part of @novnc/novnc 1.7 that the pages use (its docs/API.md); it brings no types.
declare module "@novnc/novnc" {
  export interface RfbEvents {
    connect: CustomEvent<Record<string, never>>;
    disconnect: CustomEvent<{ clean: boolean }>;
    clipboard: CustomEvent<{ text: string }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
  }
  export interface RfbOptions {
    shared?: boolean;
    wsProtocols?: string[];
  }
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string | WebSocket, options?: RfbOptions);
    background: string;
    focusOnClick: boolean;
    resizeSession: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    viewOnly: boolean;
    focus(options?: FocusOptions): void;
    blur(): void;
    disconnect(): void;
    clipboardPasteFrom(text: string): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    addEventListener<K extends keyof RfbEvents>(
      type: K,
      listener: (e: RfbEvents[K]) => void,
      options?: AddEventListenerOptions,
    ): void;
  }
}
