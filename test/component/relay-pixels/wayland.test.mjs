// SPDX-License-Identifier: GPL-3.0-or-later
// A Wayland compositor (sway, headless) shown by wayvnc as a source: its picture, its input, its size. It cannot be
// resized by a client and hangs up when asked, so it must not be asked.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dir, relay, start, stopAll } from "./bed.mjs";
import { message, Screen, until } from "./rfb.mjs";

const lacks = ["sway", "wayvnc", "setpriv"].filter((p) => spawnSync("sh", ["-c", `command -v ${p}`]).status !== 0);
const skip = lacks.length > 0 && `not installed: ${lacks.join(", ")}`;
const run = join(dir, "run");
const pressed = join(run, "pressed");
const nobody = 65534;
// sway does not run as root.
const as = process.getuid() === 0 ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"] : [];
const env = {
  HOME: run, XDG_RUNTIME_DIR: run, WLR_BACKENDS: "headless", WLR_LIBINPUT_NO_DEVICES: "1", WLR_RENDERER: "pixman",
  WAYLAND_DISPLAY: "", SWAYSOCK: join(run, "sway.sock"),
};
const launch = (args, more) => start([...as, ...args][0], [...as, ...args].slice(1), { ...env, ...more });
let source;

before(async () => {
  if (skip) return;
  mkdirSync(run);
  writeFileSync(join(run, "config"),
    `output HEADLESS-1 resolution 640x400 background #336699 solid_color\nbindsym a exec touch ${pressed}\n`);
  if (as.length > 0) {
    chmodSync(dir, 0o711);
    chownSync(run, nobody, nobody);
  }
  chmodSync(run, 0o700);
  const sway = launch(["sway", "-c", join(run, "config")]);
  await until(() => `sway: ${sway.exitCode} ${sway.output}`, () => existsSync(join(run, "wayland-1")));
  source = { socket: join(run, "rfb.sock") };
  const wayvnc = launch(["wayvnc", "-u", source.socket], { WAYLAND_DISPLAY: "wayland-1" });
  await until(() => `wayvnc: ${wayvnc.exitCode} ${wayvnc.output}`, () => existsSync(source.socket));
});
after(stopAll);

test("a Wayland session", { skip, timeout: 60000 }, async () => {
  const r = await relay(source);
  // Not all of it: the pointer is part of the picture.
  await until("the compositor's picture", async () => {
    const s = await Screen.look(r.socket);
    return s.w === 640 && s.h === 400 && s.pixels.filter((p) => p === 0x336699).length > 640 * 400 * 0.9;
  });
  const s = await Screen.open(r.socket);
  s.send(message.encodings([0, -223]));
  await s.update(false);

  // A client that wants another size does not cost the session; what is typed afterwards arrives.
  s.send(message.size(800, 600));
  s.send(message.key(0x61, true));
  s.send(message.key(0x61, false));
  await until("the key has arrived", () => existsSync(pressed));
  assert.ok(!r.lines.some((l) => /^source: lost/.test(l)), r.lines.join("\n"));

  // The compositor's own change of size is followed.
  const said = spawnSync([...as, "swaymsg"][0], [...as, "swaymsg", "output", "HEADLESS-1", "resolution", "720x450"].slice(1),
    { env: { ...process.env, ...env }, encoding: "utf8" });
  assert.equal(said.status, 0, said.stderr);
  while (s.w !== 720 || s.h !== 450) await s.update(true);
  s.close();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});
