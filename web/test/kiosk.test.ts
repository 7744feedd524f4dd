// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { leadsAway } from "../src/station/kiosk";

const press = (combination: string) => {
  const keys = combination.split("+");
  const has = (k: string) => keys.includes(k);
  return leadsAway({ key: keys.at(-1)!, ctrlKey: has("ctrl"), altKey: has("alt"), metaKey: has("meta"), shiftKey: has("shift"), altGraph: has("altgr") });
};

test("what would lead away from a kiosk is kept from the browser, what types and edits is not", () => {
  for (const k of ["ctrl+t", "ctrl+n", "ctrl+H", "ctrl+j", "ctrl+p", "ctrl+o", "ctrl+shift+i", "ctrl+shift+Delete2", "F5", "F11", "F12", "alt+Home", "alt+ArrowLeft", "meta+a", "shift+Escape", "BrowserHome", "ContextMenu"])
    assert.equal(press(k), true, k);
  for (const k of ["a", "A", "shift+A", "Escape", "Tab", "Enter", "ctrl+a", "ctrl+C", "ctrl+v", "ctrl+ArrowLeft", "ctrl+shift+ArrowLeft", "ctrl+alt+altgr+@", "Shift", "Dead"])
    assert.equal(press(k), false, k);
});
