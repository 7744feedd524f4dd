// SPDX-License-Identifier: GPL-3.0-or-later
// Screens, keyboards and pointers of a demo without any: a station-seat played by the test. It shows stationd's
// socket what is plugged in, has one fake-seat (fake-seat.c) for each place that stationd names, as station-seat has a
// connection for each, and gives keys to the station whose hub they come from.
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Json } from "./agent.js";
import type { Demo } from "./demo.js";
import { build } from "./paths.js";
import { end, start } from "./process.js";
import { NotYet, until } from "./wait.js";

const socket = "/run/stationmaster/seat.sock";
const program = "/usr/local/lib/fake-seat";
const usb = "pci-0000:00:05.0-usb-0";

export interface Place { station: string; output: string; area: string; hubs: string[]; orientation: string; secret: string }
export interface Output { id: string; name: string; monitor: string; width: number; height: number }
/** A hub with a keyboard in its first socket and a pointer in its second one. */
export type Hub = "1" | "2" | "3";

export const output = (n: number, width = 1280, height = 800): Output =>
  ({ id: `pci-0000:00:04.0/Virtual-${n}`, name: `Virtual-${n}`, monitor: "Test", width, height });

/** evdev's codes of a US keyboard; capitals have those of their letters. */
const codes = new Map([..."1234567890-="].map((c, i) => [c, i + 2] as const).concat(
  [..."qwertyuiop[]"].map((c, i) => [c, i + 16] as const), [..."asdfghjkl;'`"].map((c, i) => [c, i + 30] as const),
  [..."zxcvbnm,./"].map((c, i) => [c, i + 44] as const), [[" ", 57] as const, ["\n", 28] as const]));
const keysym = (c: string) => (c === "\n" ? 0xff0d : c.codePointAt(0)! < 0x100 ? c.codePointAt(0)! : 0x1000000 + c.codePointAt(0)!);

/** A station's screen, as the relay draws it. */
export class LocalScreen {
  size = "";
  private waiting: ((answer: Json) => void)[] = [];
  private constructor(private child: ChildProcess) {}

  static start(demo: Demo, secret: string, width: number, height: number): LocalScreen {
    const child = start([...demo.prefix, program, "/run/station-relay/seat.sock", secret, String(width), String(height), "--again"], { stdio: ["pipe", "pipe", "inherit"] });
    const screen = new LocalScreen(child);
    screen.size = `${width}x${height}`;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const message = JSON.parse(line) as Json;
      if (!message["event"]) screen.waiting.shift()?.(message);
    });
    return screen;
  }

  private say(o: Json): void {
    this.child.stdin!.write(JSON.stringify(o) + "\n");
  }

  private ask(o: Json): Promise<Json> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.say(o);
    });
  }

  /** 0xrrggbb; above that: nothing is there. */
  async pixel(x: number, y: number): Promise<number> {
    return (await this.ask({ pixel: [x, y] }))["rgb"] as number;
  }

  async hash(): Promise<string> {
    return (await this.ask({ hash: true }))["hash"] as string;
  }

  resize(width: number, height: number): void {
    if (this.size === `${width}x${height}`) return;
    this.size = `${width}x${height}`;
    this.say({ size: [width, height] });
  }

  key(code: number, symbol: number): void {
    for (const down of [true, false]) this.say({ key: code, keysym: symbol, down });
  }

  pointer(x: number, y: number, buttons = 0): void {
    this.say({ pointer: [x, y, buttons] });
  }

  /** Colours of five places: most of a plain desktop has its own, whatever lies on it. */
  async look(): Promise<number[]> {
    const [w, h] = this.size.split("x").map(Number) as [number, number];
    const seen: number[] = [];
    for (const [x, y] of [[w / 2, h / 2], [w / 4, h / 4], [w / 4, h - 9], [w - 9, h / 4], [9, 9]])
      seen.push(await this.pixel(Math.floor(x!), Math.floor(y!)));
    return seen;
  }

  async shows(colour: number): Promise<boolean> {
    return (await this.look()).filter((c) => c === colour).length >= 3;
  }

  /** The picture is there and does not change any more. */
  async rests(): Promise<string> {
    let before = "";
    let since = 0;
    return until("the picture rests", async () => {
      const now = (await this.pixel(0, 0)) > 0xffffff ? "" : await this.hash();
      if (now !== before) since = Date.now();
      before = now;
      return before && Date.now() - since > 200 && before;
    });
  }

  stop(): Promise<void> {
    return end(this.child);
  }
}

export class LocalSeats {
  places: Place[] = [];
  readonly screens = new Map<string, LocalScreen>();
  private hubs: Hub[] = [];
  private outputs: Output[] = [];
  private ended = false;
  private constructor(private demo: Demo) {}

  static async open(demo: Demo): Promise<LocalSeats> {
    const seats = new LocalSeats(demo);
    await demo.sh(`cat >${program} && chmod 755 ${program}`, { input: readFileSync(join(build, "test/component/relay/fake-seat")) });
    await demo.sh("systemctl start stationd-seat.socket station-relay-seat.socket");
    await seats.serve();
    demo.cleanups.push(() => seats.stop());
    return seats;
  }

  private async serve(): Promise<void> {
    const agent = await this.demo.as("root");
    agent.watch("org.stationmaster.Seat.Serve", { seat: "seat0" }, (p) => this.take(p["places"] as Place[]), () => {
      if (!this.ended) setTimeout(() => void this.serve().then(() => this.tell()).catch(() => undefined), 100);
    }, socket);
  }

  private take(places: Place[]): void {
    this.places = places;
    for (const [id, screen] of this.screens)
      if (!places.some((p) => p.station === id)) {
        this.screens.delete(id);
        void screen.stop();
      }
    for (const p of places) this.show(p);
  }

  private show(p: Place): void {
    const o = this.outputs.find((x) => x.id === p.output);
    if (!o) return;
    const width = p.area === "left" || p.area === "right" ? o.width / 2 : o.width;
    const height = p.area === "top" || p.area === "bottom" ? o.height / 2 : o.height;
    const screen = this.screens.get(p.station);
    if (screen) screen.resize(width, height);
    else this.screens.set(p.station, LocalScreen.start(this.demo, p.secret, width, height));
  }

  private async call(method: string, parameters: Json): Promise<void> {
    await (await this.demo.as("root")).call(`org.stationmaster.Seat.${method}`, { seat: "seat0", ...parameters }, socket);
  }

  private tell(): Promise<void> {
    const devices = this.hubs.flatMap((h) => [
      { path: `${usb}:${h}.1:1.0`, name: "Keyboard", keyboard: true, pointer: false },
      { path: `${usb}:${h}.2:1.0`, name: "Tablet", keyboard: false, pointer: true },
    ]);
    return this.call("Report", { outputs: this.outputs, devices });
  }

  /** This is connected from now on. */
  async plug(outputs: Output[], hubs: Hub[]): Promise<void> {
    this.outputs = outputs;
    this.hubs = hubs;
    await this.tell();
  }

  screen(station: string): LocalScreen {
    const screen = this.screens.get(station);
    if (!screen) throw new NotYet(this.places);
    return screen;
  }

  private at(hub: Hub): LocalScreen | undefined {
    const place = this.places.find((p) => p.hubs.includes(`${usb}:${hub}`));
    return place && this.screens.get(place.station);
  }

  async key(hub: Hub, code: number, symbol: number): Promise<void> {
    const screen = this.at(hub);
    if (screen) screen.key(code, symbol);
    else await this.call("Press", { device: `${usb}:${hub}.1:1.0`, kind: "keyboard" });
  }

  async type(hub: Hub, text: string): Promise<void> {
    for (const c of text) await this.key(hub, codes.get(c.toLowerCase()) ?? 0, keysym(c));
  }

  async stop(): Promise<void> {
    this.ended = true;
    for (const screen of this.screens.values()) await screen.stop();
  }
}
