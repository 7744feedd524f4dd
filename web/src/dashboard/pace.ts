// SPDX-License-Identifier: GPL-3.0-or-later
// When the next picture of a screen is sent: only when the relay wants one, only when there is one that
// it has not got, and not more often than 25 times a second. Pure; times in ms.

export const FRAME_MS = 40;
const WIDTH_MAX = 1920;
const HEIGHT_MAX = 1080;

export class Pace {
  private wanted = false;
  private fresh = false;
  private sent = -Infinity;

  /** The relay wants another picture. */
  want(): void {
    this.wanted = true;
  }

  /** The screen has changed. */
  changed(): void {
    this.fresh = true;
  }

  /** A new connection: the relay has nothing, not even what did not change since. */
  restart(): void {
    this.wanted = false;
    this.fresh = true;
  }

  /** ms to wait until a picture is due; null: nothing to do until want() or changed(). */
  due(now: number): number | null {
    if (!this.wanted || !this.fresh) return null;
    return Math.max(0, this.sent + FRAME_MS - now);
  }

  taken(now: number): void {
    this.wanted = this.fresh = false;
    this.sent = now;
  }
}

/** Never larger than 1920x1080, never enlarged, its shape kept. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const by = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
}
