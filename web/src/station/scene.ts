// SPDX-License-Identifier: GPL-3.0-or-later
// What a scene means for the page. Pure; the relay enforces the same on its side.

import type { Scene } from "../shared/types";

/** Keys and pointer of this station pass to the session. Anything but a plain yes is a no. */
export function takesInput(s: Scene | null): boolean {
  return s?.kind === "session" && s.input === true;
}

/** The pixels of this scene come on /ws/station/rfb, which stays open from one such scene to the next. */
export function hasPixels(s: Scene): boolean {
  return s.kind === "session" || s.kind === "projection" || (s.kind === "block" && s.session !== "");
}
