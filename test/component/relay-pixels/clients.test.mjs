// SPDX-License-Identifier: GPL-3.0-or-later
// Clients of other makers show the session exactly, in each encoding, and what is typed into them arrives. (Those
// without VeNCrypt cannot reach a real relay but through its web socket; here it listens without.)

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dir, display, missing, relay, start, stopAll } from "./bed.mjs";
import { find, Screen, until } from "./rfb.mjs";

const PORT = 5900 + 9000 + (process.pid % 9000);
const skip = missing.length > 0 && `not installed: ${missing.join(", ")}`;
const has = (p) => spawnSync("sh", ["-c", `command -v ${p}`]).status === 0;
let session, screen;

before(async () => {
  if (skip) return;
  session = await display("session", "800x500", "-FrameRate", "240");
  screen = await display("screen", "1000x700");
  start("openbox", ["--startup", "xterm -geometry 80x20+30+30 -fg darkred -e /bin/sh"], { DISPLAY: session.display, ENV: "" });
  start("openbox", [], { DISPLAY: screen.display });
  await until("xterm is drawn", async () => {
    const s = await Screen.look(session.socket);
    return s.pixels.filter((p) => p === 0xffffff).length > 20000;
  });
});
after(stopAll);

const xdo = (...args) => {
  const r = spawnSync("xdotool", args, { env: { ...process.env, DISPLAY: screen.display }, encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
};

/** The window shows the session, pixel for pixel but for its edge. */
const shows = (what) =>
  until(what, async () => find(await Screen.look(screen.socket), await Screen.look(session.socket), 8), 20000);

/** What is typed at the middle of the window arrives in the session's shell. */
async function types(at, what) {
  const file = join(dir, "typed");
  rmSync(file, { force: true });
  xdo("mousemove", String(at.x + 200), String(at.y + 150), "click", "1");
  xdo("type", "--delay", "15", `echo '${what} Works_8%' > ${file}; clear\n`);
  await until(`${what}: the line has run`, () => existsSync(file) && readFileSync(file, "utf8") === `${what} Works_8%\n`);
}

/** A relay that one client sees; ends it afterwards. */
async function withRelay(work) {
  const r = await relay(session, "--listen", String(PORT));
  try {
    await work(r);
  } catch (e) {
    r.kill(); // the next one wants its port
    throw e;
  }
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
}

for (const encoding of ["ZRLE", "Raw", "Hextile"])
  test(`TigerVNC, ${encoding}`, { skip, timeout: 60000 }, () =>
    withRelay(async (r) => {
      const v = start("vncviewer", ["-RemoteResize=0", "-AutoSelect=0", `-PreferredEncoding=${encoding}`, "-NoJPEG", `localhost::${PORT}`],
        { DISPLAY: screen.display, HOME: dir });
      await r.said(/viewer 1: ready/);
      const at = await shows(`the session by ${encoding}`);
      await types(at, encoding);
      await shows(`the session by ${encoding} after typing`);
      r.order("describe");
      // It names all others behind the preferred one: where that is not served, the next that is.
      await r.said(encoding === "Hextile" ? /viewer 1: ZRLE/ : new RegExp(`viewer 1: ${encoding}`));
      v.kill();
      await r.said(/viewer 1: gone/);
    }));

test("gtk-vnc (gvncviewer)", { skip: skip || (!has("gvncviewer") && "not installed: gvncviewer"), timeout: 60000 }, () =>
  withRelay(async (r) => {
    const v = start("gvncviewer", [`127.0.0.1:${PORT - 5900}`], { DISPLAY: screen.display, HOME: dir, GDK_BACKEND: "x11" });
    await r.said(/viewer 1: ready/);
    const at = await shows("the session in gvncviewer");
    await types(at, "gtk-vnc");
    await shows("the session in gvncviewer after typing");
    r.order("describe");
    await r.said(/viewer 1: Tight/);
    v.kill();
    await r.said(/viewer 1: gone/);
  }));

/** A PPM as a Screen. */
function readPpm(path) {
  const bytes = readFileSync(path);
  const [, w, h] = /^P6 (\d+) (\d+) 255\n/.exec(bytes.subarray(0, 40).toString("latin1"));
  const at = bytes.length - w * h * 3;
  return { w: Number(w), h: Number(h), pixels: Uint32Array.from({ length: w * h }, (_, i) => bytes.readUIntBE(at + 3 * i, 3)) };
}

const library = process.env.VNCCLIENT ? skip : "built without libvncclient";
for (const [encodings, said] of [["zrle", /ZRLE/], ["tight", /Tight/], ["raw", /Raw/], ["hextile", /Raw/]])
  test(`libvncclient, ${encodings}`, { skip: library, timeout: 60000 }, () =>
    withRelay(async (r) => {
      const file = join(dir, `${encodings}.ppm`);
      const c = start(process.env.VNCCLIENT, [String(PORT), encodings, file]);
      const lines = [];
      createInterface({ input: c.stdout }).on("line", (l) => lines.push(l));
      await r.said(/viewer 1: ready/);
      let asked = 0;
      await until(() => `the session by libvncclient, ${encodings}: ${c.output}`, async () => {
        c.stdin.write("look\n");
        asked++;
        await until("it has looked", () => lines.length >= asked || c.exitCode !== null);
        assert.equal(c.exitCode, null, c.output);
        const [got, is] = [readPpm(file), await Screen.look(session.socket)];
        return got.w === is.w && got.h === is.h && got.pixels.every((p, i) => p === is.pixels[i]);
      });
      r.order("describe");
      await r.said(said);
      c.stdin.end();
      await r.said(/viewer 1: gone/);
    }));
