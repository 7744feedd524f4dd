// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of any script between a person's own screen and the session, both ways, through a real viewer and a real
// display server; the light of Caps Lock; and the pointer of a client that cannot draw one.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { dir, display, missing, relay, start, stopAll } from "./bed.mjs";
import { message, Screen, until } from "./rfb.mjs";

const lacks = [...missing, ...(spawnSync("sh", ["-c", "command -v xclip"]).status === 0 ? [] : ["xclip"])];
const skip = lacks.length > 0 && `not installed: ${lacks.join(", ")}`;
let session, screen;

before(async () => {
  if (skip) return;
  session = await display("session", "640x400", "-FrameRate", "240");
  screen = await display("screen", "800x600");
  // The root has no pointer's shape of its own, a terminal has.
  start("openbox", ["--startup", "xterm -geometry 90x25+10+10"], { DISPLAY: session.display });
  await until("xterm is drawn", async () => (await Screen.look(session.socket)).pixels.filter((p) => p === 0xffffff).length > 20000);
  start("openbox", [], { DISPLAY: screen.display });
});
after(stopAll);

const on = (x) => ({ ...process.env, DISPLAY: x.display });

async function copy(x, text) {
  const c = start("xclip", ["-selection", "clipboard", "-quiet"], { DISPLAY: x.display });
  c.stdin.end(text);
  await until("xclip has the clipboard", () => paste(x).then((t) => t === text));
  return c;
}

/** Not waited for in this process: xclip's answer may come from a child of it. */
async function paste(x) {
  const c = spawn("xclip", ["-selection", "clipboard", "-o"], { env: on(x) });
  let out = "";
  c.stdout.on("data", (d) => (out += d));
  const patience = setTimeout(() => c.kill(), 3000);
  await once(c, "close");
  clearTimeout(patience);
  return out;
}

const TEXT = "Zürich – 日本語 😀\nsecond line";

test("the clipboard, both ways", { skip, timeout: 90000 }, async () => {
  const r = await relay(session);
  // Not -SetPrimary: one selection is enough.
  const v = start("vncviewer", ["-RemoteResize=0", "-Shared", "-SetPrimary=0", r.socket], { DISPLAY: screen.display, HOME: dir });
  await r.said(/viewer 1: ready/);
  // The viewer takes part in the clipboard while it has the focus.
  const focus = () => spawnSync("xdotool", ["mousemove", "400", "300", "click", "1"], { env: on(screen) });
  focus();
  const inside = await copy(session, TEXT);
  await until("the session's text at the screen", async () => (await paste(screen)) === TEXT, 20000);
  inside.kill();

  const back = `${TEXT} zurück`;
  const outside = await copy(screen, back);
  focus();
  await until("the screen's text in the session", async () => (await paste(session)) === back, 20000);
  outside.kill();
  v.kill();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

/** Messages of the relay to a client that asks all the time; gives the LED states that it was told. */
async function leds(r, presses) {
  const s = await Screen.open(r.socket);
  const seen = [];
  s.onRect = async (encoding) => {
    if (encoding !== -261) return false;
    seen.push((await s.read(1))[0]);
    return true;
  };
  s.send(message.encodings([0, -223, -261]));
  await s.update(false);
  for (let i = 0; i < presses; i++) {
    s.send(message.key(0xffe5, true));
    s.send(message.key(0xffe5, false));
    const before = seen.length;
    while (seen.length === before) await s.update(true);
  }
  s.close();
  return seen;
}

test("the light of Caps Lock", { skip, timeout: 60000 }, async () => {
  const r = await relay(session);
  const seen = await leds(r, 2);
  assert.deepEqual(seen.slice(-2).map((v) => v & 4), [4, 0], `lights: ${seen}`);
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

test("the pointer is drawn for who draws none", { skip, timeout: 60000 }, async () => {
  const r = await relay(session);
  const s = await Screen.open(r.socket);
  s.send(message.encodings([0, -223]));
  await s.update(false);
  const plain = s.pixels.slice();
  /** Pixels around this place that are not as they were without a pointer. */
  const changed = (x, y) => {
    let n = 0;
    for (let j = y - 32; j < y + 32; j++) for (let i = x - 32; i < x + 32; i++) n += s.pixels[j * s.w + i] !== plain[j * s.w + i];
    return n;
  };
  s.send(message.pointer(0, 320, 200));
  while (changed(320, 200) < 10) await s.update(true);
  s.send(message.pointer(0, 420, 300));
  while (changed(420, 300) < 10 || changed(320, 200) > 0) await s.update(true);
  s.close();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});
