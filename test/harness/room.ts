// SPDX-License-Identifier: GPL-3.0-or-later
// A room of pupils whose desktops can be told apart: each is one plain colour from edge to edge and writes
// down every key and pointer event that reaches it. And the seats they sit at, which tell whose desktop they
// show: a VNC viewer, or a browser station without a browser, which sees each byte from the first frame on.
import { once } from "node:events";
import { after, afterEach } from "node:test";
import WebSocket, { createWebSocketStream } from "ws";
import { http, post } from "./api.js";
import type { Json } from "./agent.js";
import type { Demo } from "./demo.js";
import { quote } from "./process.js";
import { Rfb, type RfbOptions } from "./rfb.js";
import { activeSession } from "./core.js";
import type { Account, ActTarget, Block, Projection, Role, Scene, Session, View } from "./types.js";
import { NotYet, until, within } from "./wait.js";

/** Somebody with a desktop of this colour (0xrrggbb). */
export interface Person extends Account {
  colour: number;
}

export const password = "Plain-Colour-7";
/** Far from each other, and none is one that the greeter or a block is drawn in. */
const palette = [0xd02060, 0x20c040, 0x3060f0, 0xf0a010, 0xa030e0, 0x10c0c0, 0x906010, 0x60f0a0, 0xf060f0, 0x608000, 0xff5030, 0x0090ff];

const desk = (colour: number) => `xsetroot -solid '#${colour.toString(16).padStart(6, "0")}'
stdbuf -oL xinput test-xi2 --root >"$HOME/events" 2>&1 &
`;

/** Adds n pupils, t-p0 on, and gives the operator and the administrator of the demo such a desktop, too. */
export async function fillRoom(demo: Demo, n: number, extra: { name: string; role: Role; full_name?: string }[] = []): Promise<Person[]> {
  const people: Person[] = [
    ...Array.from({ length: n }, (_, i) => ({ name: `t-p${i}`, role: "standard" as Role, full_name: `Pupil ${"ABCDEFGHIJKL"[i]}` })),
    ...extra.map((e) => ({ full_name: "", ...e })),
  ].map((p, i) => ({ ...p, password, colour: palette[i % palette.length]! }));
  const groups = { standard: "", operator: "-G station-operator", administrator: "-G station-admin" };
  const script = people.map((p) => `useradd -m -s /bin/bash ${groups[p.role]} -c ${quote(p.full_name)} ${p.name} && echo ${p.name}:${password} >>/run/t-passwords
mkdir -p /home/${p.name}/.config/openbox && cat >/home/${p.name}/.config/openbox/autostart <<'X'
${desk(p.colour)}X
chown -R ${p.name}: /home/${p.name}/.config`);
  await demo.sh(`set -e\n${script.join("\n")}\nchpasswd -c SHA256 -s 1000 </run/t-passwords; rm /run/t-passwords`);
  return people;
}

/** Key and pointer events that have reached the person's session since its log-in. */
export async function events(demo: Demo, person: Person): Promise<number> {
  const count = await demo.sh(`grep -cE '^EVENT type (13|15|17) ' /home/${person.name}/events || true`);
  return Number(count);
}

/** Key presses that have reached the person's session, as X key codes. */
export async function keys(demo: Demo, person: Person): Promise<number> {
  return Number(await demo.sh(`grep -cE '^EVENT type 13 ' /home/${person.name}/events || true`));
}

/** The desktop is painted and its events are written down. */
export async function ready(demo: Demo, person: Person, stations = 1): Promise<Session> {
  const session = stations ? await activeSession(demo, person.name, stations) : await until(`a session of ${person.name}`, () => demo.sessionOf(person.name));
  await until(`${person.name}'s desktop listens to events`, () => demo.test(`pgrep -u ${person.name} -x xinput`));
  return session;
}

// --- seats ---------------------------------------------------------------------------------------------

export interface SeatOptions {
  /** Colours that are looked for in every frame from the first one on. */
  watchFor?: readonly number[];
  size?: { width: number; height: number };
}

/** A place with a screen. */
export abstract class Seat {
  constructor(readonly demo: Demo) {
    Seat.taken.add(this);
    this.camera = `seat${Seat.count++}`;
    demo.cameras.set(this.camera, (path) => {
      if (!this.screen) throw new Error("shows nothing");
      this.screen.save(path);
    });
  }
  private static count = 0;
  static readonly taken = new Set<Seat>();
  private readonly camera: string;
  /** What it shows now; undefined: no pixels. */
  abstract readonly screen: Rfb | undefined;
  abstract readonly kind: "browser" | "vnc";

  shows(colour: number): boolean {
    return (this.screen?.shareNear(colour, 8) ?? 0) > 0.5;
  }

  async see(person: Person, timeout = 10_000): Promise<void> {
    await until(`the ${this.kind} station shows the desktop of ${person.name}`, () => {
      if (!this.shows(person.colour)) throw new NotYet(this.describe());
      return true;
    }, timeout);
  }

  /** From now on, in every frame that comes, pixels of these colours are counted (sighted). */
  lookFor(...people: readonly { colour: number }[]): void {
    this.screen?.sightings.clear();
    this.screen?.watchFor(people.map((p) => p.colour));
  }

  /** Pixels of a colour that was looked for, since then. */
  sighted(colour: number): number {
    return this.screen?.sightings.get(colour) ?? 0;
  }

  /** None of these desktops was seen, not even for one frame, and neither is now. */
  assertUnseen(...people: readonly Person[]): void {
    for (const p of people) {
      const n = this.sighted(p.colour);
      if (n) throw new Error(`${n} pixels of the desktop of ${p.name} were shown at the ${this.kind} station`);
      if ((this.screen?.shareNear(p.colour) ?? 0) > 0.001) throw new Error(`the ${this.kind} station shows the desktop of ${p.name}`);
    }
  }

  describe(): string {
    const s = this.screen;
    return s ? `${s.width}x${s.height}, ${s.colours(16)} colours, centre ${s.pixel(s.width >> 1, s.height >> 1).toString(16)}${s.closed ? `, ended: ${s.closed.message}` : ""}` : "no pixels";
  }

  /** A few keys and pointer movements, as somebody who tries. */
  use(): void {
    const s = this.screen;
    if (!s || s.closed) return;
    s.pointer(20, 30);
    s.click(s.width >> 1, s.height >> 1);
    s.type("abc");
    s.press("Return");
  }

  close(): void {
    Seat.taken.delete(this);
    this.demo.cameras.delete(this.camera);
    this.screen?.close();
  }
}

/** Something that restarts or kills daemons; resolves when the new ones run and serve. */
export async function restarted(demo: Demo, act: string): Promise<void> {
  const pids = () => Promise.all([demo.daemon("stationd"), demo.daemon("station-relay")]);
  const before = await pids();
  await demo.sh(act);
  await until("the daemons run and serve again", async () => {
    const now = await pids();
    if (now.every((pid, i) => pid === before[i]) || now.includes(0)) throw new NotYet(now);
    return (await demo.call<{ relay: boolean }>("System.Status")).relay && (await http(demo, "/station")).status === 200;
  }, 15_000);
}

export const killBoth = "kill -9 $(pgrep -x stationd) $(pgrep -x station-relay)";

/** After each test of a file: nobody sits anywhere but at the seats kept, and no order is in force. */
export function tidyUp(demo: Demo, keep: () => (Seat | undefined)[] = () => []): void {
  afterEach(async () => {
    const kept = keep();
    for (const seat of [...Seat.taken]) if (!kept.includes(seat)) seat.close();
    await atEase(demo);
  });
  after(() => {
    for (const seat of [...Seat.taken]) seat.close();
  });
}

/** A VNC viewer by name and password. */
export class VncSeat extends Seat {
  readonly kind = "vnc";
  private constructor(demo: Demo, readonly screen: Rfb) {
    super(demo);
  }

  static async open(demo: Demo, person?: Pick<Account, "name" | "password">, options: SeatOptions = {}): Promise<VncSeat> {
    const rfb: RfbOptions = { ...options };
    if (person) rfb.login = { user: person.name, password: person.password };
    return new VncSeat(demo, await Rfb.connect(demo.vnc, rfb));
  }

  /** A picture that is no desktop and no blank: something is written on it. */
  get hasWords(): boolean {
    return this.screen.colours(2) >= 3;
  }

  /** Types into the greeter that the relay draws. */
  async logIn(person: Pick<Account, "name" | "password">): Promise<void> {
    await this.still();
    this.screen.type(`${person.name}\n`);
    await this.still();
    this.screen.type(`${person.password}\n`);
  }

  /** Waits until something is shown and rests. */
  async still(): Promise<void> {
    let before = Buffer.alloc(0);
    let since = Date.now();
    await until("the picture rests", () => {
      if (this.screen.colours(8) < 2 || !before.equals(this.screen.pixels)) {
        before = Buffer.from(this.screen.pixels);
        since = Date.now();
      }
      return Date.now() - since > 200;
    });
  }
}

export interface StationScene {
  kind: Scene;
  session: string;
  user: string;
  full_name: string;
  input: boolean;
  notice?: Json | null;
  block?: { by: string; message: string; until_ms: number } | null;
  projection?: { id: string; session: string; by: string; full_name: string; window: boolean } | null;
  sign?: { kind: "viewed" | "controlled"; by: string; exclusive: boolean } | null;
  text: string;
}

export function webSocket(demo: Demo, path: string, protocol: string, cookie: string): WebSocket {
  const { host, port } = demo.web;
  return new WebSocket(`wss://${host}:${port}${path}`, protocol, { rejectUnauthorized: false, headers: { cookie, origin: demo.origin } });
}

/** How a WebSocket ended. */
export interface Ended {
  code: number;
  reason: string;
}

export function endOf(socket: WebSocket): Promise<Ended> {
  return new Promise((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
    socket.once("error", (error) => resolve({ code: 0, reason: error.message }));
  });
}

/** A browser station without a browser: page and screen sockets, as the page opens them. */
export class WebSeat extends Seat {
  readonly kind = "browser";
  id = "";
  /** Every scene that has come, the newest last. */
  readonly scenes: StationScene[] = [];
  /** Pixels of all screens there have been, added up: colours watched for. */
  private past = new Map<number, number>();
  private current: Rfb | undefined;
  private opening = false;
  private ended = false;
  page: WebSocket | undefined;
  private constructor(demo: Demo, readonly cookie: string, private readonly options: SeatOptions) {
    super(demo);
  }

  static async open(demo: Demo, person?: Pick<Account, "name" | "password">, options: SeatOptions & { cookie?: string } = {}): Promise<WebSeat> {
    const cookie = options.cookie ?? (await newStationCookie(demo));
    const seat = new WebSeat(demo, cookie, { ...options });
    seat.connect();
    await until("the browser station is told its scene", () => seat.scene);
    if (person) await seat.logIn(person);
    return seat;
  }

  /** The page's socket; connects again as the page does. */
  private connect(): void {
    const page = (this.page = webSocket(this.demo, "/ws/station", "stationmaster.station.v1", this.cookie));
    page.on("message", (data) => {
      const message = JSON.parse(String(data)) as Json;
      if (typeof message["station"] === "string") this.id = message["station"];
      if (message["scene"]) {
        this.scenes.push(message["scene"] as StationScene);
        void this.openScreen();
      }
    });
    page.on("error", () => undefined);
    page.on("close", () => {
      if (!this.ended) setTimeout(() => !this.ended && this.connect(), 50);
    });
  }

  get scene(): StationScene | undefined {
    return this.scenes.at(-1);
  }

  get screen(): Rfb | undefined {
    return this.current && !this.current.closed ? this.current : undefined;
  }

  private get hasPixels(): boolean {
    const s = this.scene;
    return !!s && (s.kind === "session" || s.kind === "projection" || (s.kind === "block" && s.session !== ""));
  }

  private async openScreen(): Promise<void> {
    if (this.opening || this.ended || this.screen || !this.hasPixels) return;
    this.opening = true;
    try {
      this.current = await openRfb(webSocket(this.demo, "/ws/station/rfb", "binary", this.cookie), this.options);
      const screen = this.current;
      const watch = setInterval(() => {
        if (!screen.closed) return;
        clearInterval(watch);
        for (const [colour, n] of screen.sightings) this.past.set(colour, (this.past.get(colour) ?? 0) + n);
        void this.openScreen();
      }, 20);
    } catch {
      if (!this.ended) setTimeout(() => void this.openScreen(), 50);
    } finally {
      this.opening = false;
    }
  }

  override lookFor(...people: readonly { colour: number }[]): void {
    this.past.clear();
    this.current?.sightings.clear();
    this.options.watchFor = people.map((p) => p.colour);
    super.lookFor(...people);
  }

  override sighted(colour: number): number {
    return (this.past.get(colour) ?? 0) + super.sighted(colour);
  }

  act(act: "suspend" | "logoff" | "lock" | "more_time"): void {
    this.page!.send(JSON.stringify({ act }));
  }

  login(method: "Start" | "Answer", parameters: Json): ReturnType<typeof post> {
    return post(this.demo, `Login.${method}`, parameters, this.cookie);
  }

  /** Log-in as the page does it; resolves when the station has the session. */
  async logIn(person: Pick<Account, "name" | "password">, purpose: "station" | "unlock" = "station"): Promise<void> {
    const size = purpose === "station" ? (this.options.size ?? { width: 1024, height: 640 }) : { width: null, height: null };
    let answer = await this.login("Start", { purpose, user: person.name, desktop: null, ...size });
    if (answer.status === 200 && !answer.json["done"])
      answer = await this.login("Answer", { conversation: answer.json["conversation"], answers: [person.password] });
    if (answer.status !== 200 || !answer.json["done"]) throw new Error(`log-in of ${person.name} (${purpose}): ${answer.status} ${answer.body}`);
    if (purpose === "station") await until(`the station has the session of ${person.name}`, () => this.scene?.user === person.name);
  }

  scenesBe(what: string, condition: (scene: StationScene) => boolean, timeout = 10_000): Promise<StationScene> {
    return until(what, () => {
      if (!this.scene || !condition(this.scene)) throw new NotYet(this.scene);
      return this.scene;
    }, timeout);
  }

  override close(): void {
    this.ended = true;
    super.close();
    this.page?.terminate();
  }
}

export async function newStationCookie(demo: Demo): Promise<string> {
  const page = await http(demo, "/station");
  const cookie = ([] as string[]).concat(page.headers["set-cookie"] ?? []).find((c) => c.startsWith("__Host-station="));
  if (!cookie) throw new Error(`GET /station sets no cookie: ${page.status}`);
  return cookie.split(";")[0]!;
}

export class SocketEnded extends Error {
  constructor(readonly ended: Ended) {
    super(`the WebSocket ended with ${ended.code} ${ended.reason}`);
  }
}

/** RFB over a WebSocket; a SocketEnded with code and reason if it is not let in. */
export async function openRfb(socket: WebSocket, options: RfbOptions = {}): Promise<Rfb> {
  const end = endOf(socket);
  await Promise.race([once(socket, "open"), end.then((e) => Promise.reject(new SocketEnded(e)))]);
  const stream = createWebSocketStream(socket);
  stream.on("error", () => undefined);
  try {
    return await within("the RFB handshake", 8000, Rfb.over(stream, options));
  } catch (error) {
    const ended = await within("the WebSocket's end", 1000, end).catch(() => undefined);
    throw ended ? new SocketEnded(ended) : error;
  }
}

// --- supervisors ---------------------------------------------------------------------------------------

export type Mode = "view" | "control" | "exclusive";

/** A view as a dashboard opens it. */
export class ViewSeat extends Seat {
  readonly kind = "browser";
  end: Ended | undefined;
  private constructor(demo: Demo, readonly screen: Rfb, readonly socket: WebSocket) {
    super(demo);
    void endOf(socket).then((e) => (this.end = e));
  }

  /** cookie: "__Host-stationmaster=…" of somebody signed in. */
  static async open(demo: Demo, cookie: string, session: string, mode: Mode): Promise<ViewSeat> {
    const socket = webSocket(demo, `/ws/view?session=${encodeURIComponent(session)}&mode=${mode}`, "binary", cookie);
    return new ViewSeat(demo, await openRfb(socket), socket);
  }

  override close(): void {
    super.close();
    this.socket.terminate();
  }
}

/** A dashboard that sends its screen: pictures are JPEG files; the one set last is sent when one is asked for. */
export class ScreenSender {
  sent = 0;
  asked = 0;
  end: Ended | undefined;
  private constructor(readonly socket: WebSocket, private picture: Buffer) {
    void endOf(socket).then((e) => (this.end = e));
    let wanted = false;
    let shown: Buffer | undefined;
    const send = () => {
      if (!wanted || shown === this.picture) return;
      wanted = false;
      shown = this.picture;
      this.sent++;
      socket.send(this.picture);
    };
    this.pump = send;
    socket.on("message", (data) => {
      if ((JSON.parse(String(data)) as Json)["next"] !== true) return;
      this.asked++;
      wanted = true;
      send();
    });
  }
  private readonly pump: () => void;

  static async open(demo: Demo, cookie: string, projection: string, picture: Buffer): Promise<ScreenSender> {
    const socket = webSocket(demo, `/ws/project?projection=${encodeURIComponent(projection)}`, "stationmaster.screen.v1", cookie);
    const sender = new ScreenSender(socket, picture);
    const end = endOf(socket);
    await Promise.race([once(socket, "open"), end.then((e) => Promise.reject(new SocketEnded(e)))]);
    return sender;
  }

  show(picture: Buffer): void {
    this.picture = picture;
    this.pump();
  }

  close(): void {
    this.socket.terminate();
  }
}

// --- the API in words ----------------------------------------------------------------------------------

export interface Aim {
  sessions?: string[];
  users?: string[];
  stations?: string[];
  all?: boolean;
}

const aim = (a: Aim): Json => ({ sessions: a.sessions ?? null, users: a.users ?? null, stations: a.stations ?? null, all: a.all ?? null });

export async function block(demo: Demo, by: string, at: Aim, message: string | null = null, untilMs: number | null = null): Promise<ActTarget[]> {
  return (await demo.call<{ targets: ActTarget[] }>("Blocks.Block", { ...aim(at), message, until_ms: untilMs }, by)).targets;
}

export async function unblock(demo: Demo, by: string, at: Aim): Promise<ActTarget[]> {
  return (await demo.call<{ targets: ActTarget[] }>("Blocks.Unblock", aim(at), by)).targets;
}

export async function blocks(demo: Demo): Promise<Block[]> {
  return (await demo.call<{ blocks: Block[] }>("Blocks.List")).blocks;
}

export function project(demo: Demo, by: string, source: string | null, at: Aim, window = false): Promise<{ projection: string; targets: ActTarget[] }> {
  return demo.call("Projections.Start", { source, ...aim(at), window }, by);
}

export async function projections(demo: Demo, user = "root"): Promise<Projection[]> {
  return (await demo.call<{ projections: Projection[] }>("Projections.List", {}, user)).projections;
}

export async function stopProjection(demo: Demo, by: string, id: string | null): Promise<string[]> {
  return (await demo.call<{ projections: string[] }>("Projections.Stop", { projection: id, all: id === null ? true : null }, by)).projections;
}

export async function views(demo: Demo): Promise<View[]> {
  return (await demo.call<{ views: View[] }>("Views.List")).views;
}

/** Nothing is blocked and nothing projected any more. */
export async function atEase(demo: Demo): Promise<void> {
  await unblock(demo, "root", { all: true });
  await stopProjection(demo, "root", null);
}

export interface AuditRow {
  method: string;
  targets: string;
  result: string;
  user: string;
}

/** Rows of the audit log about a method, oldest first, as stationd tells them to the journal. */
export async function audit(demo: Demo, method: string): Promise<AuditRow[]> {
  const lines = (await demo.sh("journalctl -b --no-pager -o cat -u stationd.service")).split("\n");
  return lines.flatMap((line) => {
    const m = /^audit: (\S+) (.*?): (.*) user=(\S+) role=\S+ from=/.exec(line);
    return m?.[1]?.endsWith(method) ? [{ method: m[1], targets: m[2]!, result: m[3]!, user: m[4]! }] : [];
  });
}
