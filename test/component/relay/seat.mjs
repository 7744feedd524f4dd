// SPDX-License-Identifier: GPL-3.0-or-later
// A local station's screen and devices (test/harness/fake-seat.c), as a test uses them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Mailbox, within } from "./bed.mjs";

/** Characters of a US keyboard: codes of evdev. */
const CODES = Object.fromEntries([..."1234567890-="].map((c, i) => [c, i + 2]).concat(
  [..."qwertyuiop[]"].map((c, i) => [c, i + 16]), [..."asdfghjkl;'`"].map((c, i) => [c, i + 30]),
  [..."zxcvbnm,./"].map((c, i) => [c, i + 44]), [[" ", 57]]));
export const TAB = [15, 0xff09], ENTER = [28, 0xff0d], SHIFT = [42, 0xffe1];

export class Seat {
  events = new Mailbox();
  answers = new Mailbox();
  frames = 0;
  #child;
  #frame = Promise.resolve();
  #tellFrame = () => {};

  /** options: again, uid. */
  static start(path, secret, w, h, options = {}) {
    const s = new Seat();
    s.#arm();
    s.#child = spawn(process.env.FAKE_SEAT, [path, secret, String(w), String(h), ...(options.again ? ["--again"] : [])], {
      stdio: ["pipe", "pipe", "inherit"], ...(options.uid ? { uid: options.uid, gid: options.uid } : {}),
    });
    s.exited = once(s.#child, "exit").then(([code, signal]) => ({ code, signal }));
    s.#child.stdin.on("error", () => {});
    createInterface({ input: s.#child.stdout }).on("line", (line) => {
      const e = JSON.parse(line);
      if (!e.event) return s.answers.put(e);
      s.events.put(e);
      if (e.event === "frame") {
        s.frames++;
        s.#tellFrame();
        s.#arm();
      }
    });
    return s;
  }

  #arm() {
    this.#frame = new Promise((resolve) => (this.#tellFrame = resolve));
  }

  say(o) {
    this.#child.stdin.write(JSON.stringify(o) + "\n");
  }

  event(name) {
    return this.events.take((e) => e.event === name, `the event ${name} at a local station`);
  }

  async #ask(o) {
    const key = Object.keys(o)[0];
    this.say(o);
    return this.answers.take((a) => key in a, `an answer to ${key}`);
  }

  async pixel(x, y) {
    return (await this.#ask({ pixel: [x, y] })).rgb;
  }

  async shape(x, y) {
    return (await this.#ask({ shape: [x, y] })).argb;
  }

  hash() {
    return this.#ask({ hash: true });
  }

  async ppm(path) {
    await this.#ask({ ppm: path });
  }

  key([code, keysym], down) {
    this.say({ key: code, keysym, down });
  }

  press(key) {
    this.key(key, true);
    this.key(key, false);
  }

  type(text) {
    for (const c of text) this.press([CODES[c], c.codePointAt(0)]);
  }

  pointer(x, y, buttons = 0) {
    this.say({ pointer: [x, y, buttons] });
  }

  /** Looks again after each frame until it is so. */
  async until(is, what) {
    const look = async () => {
      for (;;) {
        const frame = this.#frame;
        if (await is(this)) return;
        await frame;
      }
    };
    await within(look(), what);
  }

  sees(x, y, rgb, what = `the colour ${rgb.toString(16)} at ${x}, ${y}`) {
    return this.until(async () => (await this.pixel(x, y)) === rgb, what);
  }

  /** The relay ended it. */
  ended() {
    return within(this.exited, "the end of a local station's connection");
  }

  async stop() {
    this.#child.stdin.end();
    await this.exited;
  }
}
