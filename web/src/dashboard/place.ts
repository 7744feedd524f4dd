// SPDX-License-Identifier: GPL-3.0-or-later
// Which place of the dashboard is shown. It stands in the address, so that back, forward and reload work.

import { signal } from "@preact/signals";

export const PLACES = ["home", "systems", "stations", "users", "activity"] as const;
export type Place = (typeof PLACES)[number];

export const placeHref = (p: Place): string => (p === "home" ? "#/" : `#/${p}`);

function read(): Place {
  const name = location.hash.replace(/^#\/?/, "");
  return PLACES.find((p) => p === name) ?? "home";
}

export const place = signal<Place>(read());
addEventListener("hashchange", () => (place.value = read()));

export function goTo(p: Place): void {
  if (place.peek() === p) return;
  place.value = p;
  location.hash = placeHref(p);
}
