// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of the person at this dashboard, sent as JPEG pictures over /ws/project. The frames come
// from the track itself where the browser offers that (it goes on when the page is hidden, and that is
// when a screen is worth showing); else from a video element's frames.

import { LiveSocket } from "../shared/socket";
import { fitted, Pace } from "./pace";

const QUALITY = 0.8;
/** The relay ended this for good: not allowed, or there is no such projection. */
const FINAL = new Set([1000, 4401, 4403, 4404]);

interface Processor {
  readable: ReadableStream<VideoFrame>;
}
declare global {
  interface Window {
    MediaStreamTrackProcessor?: new (o: { track: MediaStreamTrack; maxBufferSize?: number }) => Processor;
  }
}

export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Asks the person which screen, window or tab. null: they would rather not. */
export async function askForScreen(): Promise<MediaStream | null> {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 25 } }, audio: false });
  } catch (e) {
    if (e instanceof DOMException && (e.name === "NotAllowedError" || e.name === "AbortError")) return null;
    throw e;
  }
}

type Picture = { image: CanvasImageSource; width: number; height: number };

/** The newest picture of a track; calls back when there is another one. */
class Newest {
  private frame: VideoFrame | null = null;
  private video: HTMLVideoElement | null = null;
  private stopped = false;

  constructor(track: MediaStreamTrack, stream: MediaStream, private readonly changed: () => void) {
    if (window.MediaStreamTrackProcessor) void this.read(new window.MediaStreamTrackProcessor({ track, maxBufferSize: 1 }));
    else this.play(stream);
  }

  get(): Picture | null {
    if (this.frame) return { image: this.frame, width: this.frame.displayWidth, height: this.frame.displayHeight };
    const v = this.video;
    return v && v.videoWidth > 0 ? { image: v, width: v.videoWidth, height: v.videoHeight } : null;
  }

  stop(): void {
    this.stopped = true;
    this.frame?.close();
    this.frame = null;
    if (this.video) this.video.srcObject = null;
    this.video = null;
  }

  private async read(p: Processor): Promise<void> {
    const reader = p.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (this.stopped) {
        value.close();
        void reader.cancel();
        return;
      }
      this.frame?.close();
      this.frame = value;
      this.changed();
    }
  }

  private play(stream: MediaStream): void {
    const v = document.createElement("video");
    v.muted = true;
    v.srcObject = stream;
    this.video = v;
    const next = () => {
      if (this.stopped) return;
      this.changed();
      v.requestVideoFrameCallback(next);
    };
    v.requestVideoFrameCallback(next);
    void v.play();
  }
}

/** Sends until stop() is called, the person ends the sharing, or the relay the projection. */
export class Capture {
  private readonly pace = new Pace();
  private readonly canvas = document.createElement("canvas");
  private readonly socket: LiveSocket;
  private readonly newest: Newest;
  private readonly track: MediaStreamTrack | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private encoding = false;
  private stopped = false;

  constructor(readonly projection: string, stream: MediaStream, private readonly ended: () => void) {
    const track = stream.getVideoTracks()[0];
    this.track = track;
    if (!track) throw new Error("no video track");
    track.addEventListener("ended", () => this.finish());
    this.newest = new Newest(track, stream, () => {
      this.pace.changed();
      this.look();
    });
    this.socket = new LiveSocket(`/ws/project?projection=${encodeURIComponent(projection)}`, "stationmaster.screen.v1", {
      open: () => this.pace.restart(),
      text: (data) => {
        if (!wants(data)) return;
        this.pace.want();
        this.look();
      },
      closed: (code) => {
        if (!FINAL.has(code)) return true;
        this.finish();
        return false;
      },
    });
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket.stop();
    this.newest.stop();
    this.track?.stop();
  }

  private finish(): void {
    if (this.stopped) return;
    this.stop();
    this.ended();
  }

  private look(): void {
    if (this.stopped || this.encoding) return;
    const wait = this.pace.due(performance.now());
    if (wait === null) return;
    clearTimeout(this.timer);
    if (wait > 0) this.timer = setTimeout(() => this.look(), wait);
    else void this.send();
  }

  private async send(): Promise<void> {
    const p = this.newest.get();
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!p || !context) return;
    this.encoding = true;
    this.pace.taken(performance.now());
    const { width, height } = fitted(p.width, p.height);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    context.imageSmoothingQuality = "high";
    context.drawImage(p.image, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((done) => this.canvas.toBlob(done, "image/jpeg", QUALITY));
    this.encoding = false;
    if (this.stopped) return;
    // Not sent: the connection has gone meanwhile; restart() asks for it again.
    if (blob) this.socket.sendBinary(blob);
    this.look();
  }
}

function wants(data: string): boolean {
  try {
    return (JSON.parse(data) as { next?: unknown }).next === true;
  } catch {
    return false;
  }
}
