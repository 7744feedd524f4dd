// SPDX-License-Identifier: GPL-3.0-or-later
// What a person would call broken about the layout of a page as it is: found by measuring.

import type { Page } from "playwright-core";

/** Runs in the page. touch: what is pressed has to be at least 44 px each way (or 24 within a text). */
function measure(touch: boolean): string[] {
  const faults: string[] = [];
  const name = (e: Element) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ""}.${e.getAttribute("class") ?? ""} "${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 40)}"`;
  const seen = (e: Element) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest("[inert]");
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} wide in a window of ${innerWidth}`);

  const top = document.querySelector("dialog[open], .menu, .drop-body, .choices-body[data-open=true], .view, .panel") ?? document;
  const pressed = [...top.querySelectorAll("button, a[href], select, input, textarea, summary, [role=menuitem], [role=option]")].filter(
    (e) => seen(e) && !e.closest(".visually-hidden"),
  );
  // What scrolls sideways may stand outside; the wall is scrolled up and down.
  for (const e of pressed) {
    const r = e.getBoundingClientRect();
    if (r.width === 0) continue;
    if (!e.closest(".place-body, .programs, .processes") && (r.left < -0.5 || r.right > innerWidth + 0.5)) faults.push(`outside the window: ${name(e)}`);
    const label = e.closest("label");
    const box = e.matches("input[type=radio], input[type=checkbox]") && label ? label.getBoundingClientRect() : r;
    if (touch && !e.matches("[role=option]") && (box.height < 43.5 || box.width < 43.5) && !e.matches(".handle, .rfb *, .screen *"))
      faults.push(`too small for a finger: ${Math.round(box.width)}x${Math.round(box.height)} ${name(e)}`);
  }

  // Of the bars: nothing over something else, and no words cut off without a sign.
  for (const bar of document.querySelectorAll(".topbar, .toolbar, .bar, .dialog-acts, .view-head, .place-head")) {
    if (!seen(bar)) continue;
    const parts = [...bar.querySelectorAll("button, a, select, input:not([type=radio], [type=checkbox]), .segmented, h1, .bar-target, .counts, .force-text, .brand")].filter(
      (e) => seen(e) && !e.closest(".drop-body, .menu, .choices-body:not([data-open=false]) .menu"),
    );
    const open = bar.querySelector(".choices-body[data-open=true]");
    const boxes = parts.filter((e) => !open?.contains(e)).map((e) => ({ e, r: e.getBoundingClientRect() }));
    boxes.forEach(({ e, r }, i) => {
      for (const o of boxes.slice(i + 1)) {
        if (e.contains(o.e) || o.e.contains(e) || o.e.closest(".search") === e.closest(".search") && e.closest(".search")) continue;
        const x = Math.min(r.right, o.r.right) - Math.max(r.left, o.r.left);
        const y = Math.min(r.bottom, o.r.bottom) - Math.max(r.top, o.r.top);
        if (x > 1 && y > 1) faults.push(`over each other: ${name(e)} and ${name(o.e)}`);
      }
    });
  }
  for (const e of document.querySelectorAll("button, a, th, h1:not(.visually-hidden), h2, .chip"))
    if (seen(e) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).textOverflow !== "ellipsis" && getComputedStyle(e).overflowX !== "visible")
      faults.push(`cut off: ${name(e)}`);
  return [...new Set(faults)];
}

export async function layoutFaults(page: Page, touch = false): Promise<string[]> {
  return (await page.evaluate(`(${measure.toString()})(${touch})`)) as string[];
}
