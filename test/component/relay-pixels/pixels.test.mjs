// SPDX-License-Identifier: GPL-3.0-or-later
// A real display server, a real viewer (TigerVNC), and the relay between them: the viewer's window shows the
// session exactly, what is typed there arrives, and the greeter works by keyboard.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dir, display, missing, relay, start, stopAll } from "./bed.mjs";
import { find, message, Screen, until } from "./rfb.mjs";

const PORT = 20000 + (process.pid % 20000);
const skip = missing.length > 0 && `not installed: ${missing.join(", ")}`;
let session, screen;

const xdo = (...args) => {
  const r = spawnSync("xdotool", args, { env: { ...process.env, DISPLAY: screen.display }, encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  return r.stdout;
};

before(async () => {
  if (skip) return;
  session = await display("session", "800x500", "-FrameRate", "240");
  screen = await display("screen", "1000x700");
  // A window that appears while openbox starts may be left alone by it: the terminal comes after.
  const xterm = start("openbox", ["--startup", "xterm -geometry 80x20+30+30 -e /bin/sh"], { DISPLAY: session.display, ENV: "" });
  start("openbox", [], { DISPLAY: screen.display });
  await until(() => `xterm is drawn: ${xterm.exitCode} ${xterm.output} ${session.output}`, async () => {
    const s = await Screen.look(session.socket);
    return s.pixels.filter((p) => p === 0xffffff).length > 20000;
  });
});
after(stopAll);

async function viewer(...args) {
  const v = start("vncviewer", ["-RemoteResize=0", "-Shared", ...args], {
    DISPLAY: screen.display, VNC_USERNAME: "anna", VNC_PASSWORD: v_password, HOME: dir,
  });
  return v;
}
let v_password = "sesame";

/** The viewer's window shows this display, pixel for pixel. */
const shows = (source, what) =>
  until(what, async () => find(await Screen.look(screen.socket), await Screen.look(source), 8), 20000);

test("TigerVNC shows the session and types into it", { skip, timeout: 120000 }, async () => {
  const r = await relay(session);
  const v = await viewer("-PreferredEncoding=Tight", "-NoJPEG", "-AutoSelect=0", r.socket);
  await r.said(/viewer 1: ready/);
  const at = await shows(session.socket, "the session in the viewer's window");

  // Into the middle of the xterm, and a line whose effect can be read from a file.
  xdo("mousemove", String(at.x + 200), String(at.y + 150), "click", "1");
  xdo("type", "--delay", "15", `echo Shift Works_8% | tr a-z A-Z > ${dir}/typed; clear\n`);
  await until("the line has run", () => {
    try {
      return readFileSync(join(dir, "typed"), "utf8") === "SHIFT WORKS_8%\n";
    } catch {
      return false;
    }
  });
  await shows(session.socket, "the session after typing");

  // Only watching: nothing arrives.
  r.order("view");
  xdo("type", "--delay", "15", `rm ${dir}/typed\n`);
  r.order("describe");
  await r.said(/continuous updates/);
  assert.equal(readFileSync(join(dir, "typed"), "utf8"), "SHIFT WORKS_8%\n");
  r.order("control");

  // A notice covers the top, and goes without a trace.
  r.order("notice 60 Save your work");
  await until("the notice is seen", async () => {
    const s = await Screen.look(screen.socket);
    return s.pixels.filter((p) => p === 0xfdf1d8).length > 5000;
  });
  r.order("notice off");
  await shows(session.socket, "the session without the notice");
  v.kill();
  await r.said(/viewer 1: gone/);
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

test("the greeter takes a name and a password by keyboard", { skip, timeout: 60000 }, async () => {
  const r = await relay(session);
  r.order("greeter");
  const v = await viewer(r.socket);
  await r.said(/viewer 1: ready/);
  await until("the card is seen", async () => {
    const s = await Screen.look(screen.socket);
    return s.pixels.filter((p) => p === 0x0b6b66).length > 2000;
  });
  xdo("mousemove", "500", "250", "click", "1"); // beside the fields: focus stays where it is
  xdo("type", "--delay", "15", "anna\twrong\n");
  await r.said(/greeter: anna, 5 characters/);
  xdo("type", "--delay", "15", "sesame\n");
  await r.said(/greeter: anna, 6 characters/);
  r.order("session");
  await shows(session.socket, "the session after the greeter");
  v.kill();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

test("VeNCrypt: X509None, X509Plain, a wrong password", { skip, timeout: 60000 }, async () => {
  const key = join(dir, "key.pem"), cert = join(dir, "cert.pem");
  const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
  assert.equal(made.status, 0);
  const r = await relay(session, "--tls", cert, key, "--listen", String(PORT));
  for (const [n, type] of [[1, "X509None"], [2, "X509Plain"]]) {
    const v = await viewer(`-SecurityTypes=${type}`, `-X509CA=${cert}`, "-NoJPEG", `localhost::${PORT}`);
    await r.said(new RegExp(`viewer ${n}: ready${n === 2 ? ", signed in" : ""}`));
    await shows(session.socket, `the session through ${type}`);
    v.kill();
    await r.said(new RegExp(`viewer ${n}: gone`));
  }
  v_password = "wrong";
  const v = await viewer("-SecurityTypes=X509Plain", `-X509CA=${cert}`, "-Log=*:stderr:30", `localhost::${PORT}`);
  await r.said(/viewer 3: gone: refused/);
  await until("the viewer learns the reason", () => v.output.includes("Wrong user name or password."));
  v.kill();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

test("a display server that stalls holds up nobody", { skip, timeout: 60000 }, async () => {
  const other = await display("stalled", "320x240");
  const r = await relay(other);
  const s = await Screen.open(r.socket);
  s.send(message.encodings([0, -223]));
  await s.update(false);
  other.kill("SIGSTOP");
  try {
    // Input for it waits in its socket; other scenes go on, to and fro.
    for (let i = 0; i < 2000; i++) s.send(message.pointer(0, i % 320, i % 240));
    for (let i = 0; i < 3; i++) {
      r.order("greeter");
      while (s.w !== 1280 && !s.pixels.some((p) => p === 0x0b6b66)) await s.update(true);
      r.order("session");
      const late = await Screen.look(r.socket); // the last that it has shown
      assert.deepEqual([late.w, late.h], [320, 240]);
      while (s.pixels.some((p) => p === 0x0b6b66)) await s.update(true);
    }
  } finally {
    other.kill("SIGCONT");
  }
  s.close();
  r.order("quit");
  assert.equal(await r.ended, 0, r.output);
});

test("the session's end reaches the relay, not its viewers' connections", { skip, timeout: 60000 }, async () => {
  const other = await display("other", "320x240");
  const r = await relay(other);
  const s = await Screen.open(r.socket);
  s.send(message.encodings([0, -223]));
  await s.update(false);
  other.kill();
  await r.said(/^source: lost: the display server closed/);
  s.close();
  assert.equal(await r.ended, 0, r.output);
});
