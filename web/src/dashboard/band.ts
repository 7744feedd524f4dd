// SPDX-License-Identifier: GPL-3.0-or-later
// Dragging a frame over the wall. Drawn without the framework; what it touches is worked out, because not every
// tile is in the document. The selection follows at most once per picture of the screen.

import { touched, type Box } from "./geometry";
import { band, type Keys, type Selection } from "./selection";
import { selection, setSelection } from "./store";
import { flat, measures, plan, sizerElement } from "./viewport";

const START_PX = 6; // below this it is a click
const EDGE_PX = 48; // near an edge the wall scrolls
const SCROLL_PX = 14;

/** Ids of the tiles that a frame touches; places are relative to the sizer, so that scrolling does not move them. */
function hitsOf(box: Box): string[] {
  const l = plan.peek();
  if (!l) return [];
  return touched(l, measures.peek()?.gap ?? 0, box).flatMap((i) => {
    const x = flat.peek()[i];
    return x && !x.gone.peek() ? [x.id] : [];
  });
}

export function startBand(down: PointerEvent, wall: HTMLElement, keys: Keys, onBegin: () => void): void {
  const scroller = wall.parentElement as HTMLElement;
  const sizer = sizerElement();
  if (!sizer) return;
  const isRtl = getComputedStyle(wall).direction === "rtl";
  const first = sizer.getBoundingClientRect();
  const x0 = down.clientX - first.left;
  const y0 = down.clientY - first.top;
  let base: Selection | null = null;
  let frame: HTMLElement | null = null;
  let pointer = { x: down.clientX, y: down.clientY };
  let scheduled = 0;

  const update = () => {
    scheduled = 0;
    if (!base || !frame) return;
    const view = scroller.getBoundingClientRect();
    const before = scroller.scrollTop;
    if (pointer.y < view.top + EDGE_PX) scroller.scrollTop -= SCROLL_PX;
    else if (pointer.y > view.bottom - EDGE_PX) scroller.scrollTop += SCROLL_PX;
    const origin = sizer.getBoundingClientRect();
    const x = pointer.x - origin.left;
    const y = pointer.y - origin.top;
    const left = Math.min(x0, x);
    const top = Math.min(y0, y);
    const right = Math.max(x0, x);
    const bottom = Math.max(y0, y);
    frame.style.transform = `translate(${left}px, ${top}px)`;
    frame.style.width = `${right - left}px`;
    frame.style.height = `${bottom - top}px`;
    const hits = hitsOf({
      left: isRtl ? origin.width - right : left,
      right: isRtl ? origin.width - left : right,
      top,
      bottom,
    });
    setSelection(band(base, hits, keys));
    if (scroller.scrollTop !== before) schedule();
  };
  const schedule = () => {
    scheduled ||= requestAnimationFrame(update);
  };

  const move = (e: PointerEvent) => {
    pointer = { x: e.clientX, y: e.clientY };
    if (!base) {
      if (Math.hypot(e.clientX - down.clientX, e.clientY - down.clientY) < START_PX) return;
      base = selection.peek();
      frame = document.createElement("div");
      frame.className = "band";
      frame.setAttribute("aria-hidden", "true");
      sizer.append(frame);
      wall.setPointerCapture(down.pointerId);
      onBegin();
    }
    schedule();
  };
  const end = (cancelled: boolean) => {
    wall.removeEventListener("pointermove", move);
    wall.removeEventListener("pointerup", up);
    wall.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", key, true);
    if (scheduled) {
      cancelAnimationFrame(scheduled);
      update();
    }
    frame?.remove();
    if (cancelled && base) setSelection(base);
    base = null;
  };
  const up = () => end(false);
  const cancel = () => end(true);
  const key = (e: KeyboardEvent) => {
    if (e.key !== "Escape" || !base) return;
    e.preventDefault();
    e.stopPropagation();
    end(true);
  };
  wall.addEventListener("pointermove", move);
  wall.addEventListener("pointerup", up);
  wall.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", key, true);
}
