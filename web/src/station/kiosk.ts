// SPDX-License-Identifier: GPL-3.0-or-later
// A station that cannot be left ("#kiosk" in its address, as the files of thin clients have it): shortcuts that
// the browser would take, where neither desktop nor page has taken them before. Others are free to close their window.

/** What one needs in a field: all, copy, paste, cut, undo, redo. */
const EDITING = new Set(["a", "c", "v", "x", "z", "y"]);
const MOVING = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "Backspace", "Delete"]);

export type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "shiftKey"> & { altGraph: boolean };

export function leadsAway(e: Key): boolean {
  if (/^F\d+$|^(Browser|Launch|Media)|^(ContextMenu|Help|Find|Print|New|Open|Save|Close)$/.test(e.key)) return true;
  if (e.altGraph) return false; // it types a sign
  if (e.altKey || e.metaKey) return true;
  if (e.ctrlKey) return e.shiftKey ? !MOVING.has(e.key) : !EDITING.has(e.key.toLowerCase()) && !MOVING.has(e.key);
  return e.shiftKey && e.key === "Escape";
}

export function keepHere(): void {
  if (!/^#kiosk(&|$)/.test(location.hash)) return;
  addEventListener("keydown", (e) => {
    if (leadsAway({ key: e.key, ctrlKey: e.ctrlKey, altKey: e.altKey, metaKey: e.metaKey, shiftKey: e.shiftKey, altGraph: e.getModifierState("AltGraph") })) e.preventDefault();
  });
  addEventListener("contextmenu", (e) => e.preventDefault());
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (e) => e.preventDefault());
}
