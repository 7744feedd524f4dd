// SPDX-License-Identifier: GPL-3.0-or-later
// A small RFB 3.8 viewer (RFC 6143; VeNCrypt as in rfbproto) that keeps the picture: what a test sees of a
// session, and its hands on the keyboard. Raw and CopyRect only, 32 bit true colour.
import { writeFileSync } from "node:fs";
import { connect as connectNet } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";
import { pngOfBgrx } from "./png.js";
import { until } from "./wait.js";

export const security = { none: 1, veNCrypt: 19 } as const;
export const subtype = { x509None: 260, x509Vnc: 261, x509Plain: 262 } as const;

export type Endpoint = { path: string } | { host: string; port: number };

export interface RfbOptions {
  /** VeNCrypt with this login; without it X509None over TLS, or None on a Unix socket. */
  login?: { user: string; password: string };
  /** Refuse a certificate that this authority (PEM) did not sign. */
  ca?: string | Buffer;
  /** Chosen instead of what follows from login. */
  subtype?: number;
  /** Colours to watch for from the first frame on (Rfb.sightings). */
  watchFor?: readonly number[];
  /** Screen size asked for (ExtendedDesktopSize) as soon as the server tells that it can. */
  size?: { width: number; height: number };
  /** Called when the server tells that it takes sizes (ExtendedDesktopSize). */
  onDesktopSize?: () => void;
}

/** The server said no: security type, VeNCrypt or SecurityResult, with its reason. */
export class Refused extends Error {}
export class Closed extends Error {}

/** Reads exact numbers of bytes from a stream. */
export class Reader {
  private chunks: Buffer[] = [];
  private length = 0;
  private waiting: { size: number; resolve: (b: Buffer) => void; reject: (e: Error) => void } | undefined;
  private failure: Error | undefined;
  private readonly onData = (chunk: Buffer) => {
    this.chunks.push(chunk);
    this.length += chunk.length;
    this.serve();
  };
  private readonly onEnd = () => this.fail(new Closed("the other side has closed the connection"));
  private readonly onError = (error: Error) => this.fail(new Closed(error.message));

  constructor(private readonly stream: Duplex) {
    stream.on("data", this.onData).on("end", this.onEnd).on("close", this.onEnd).on("error", this.onError);
  }

  detach(): void {
    this.stream.off("data", this.onData).off("end", this.onEnd).off("close", this.onEnd);
    this.stream.pause();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }

  private serve(): void {
    if (!this.waiting || this.length < this.waiting.size) return;
    const { size, resolve } = this.waiting;
    this.waiting = undefined;
    resolve(this.cut(size));
  }

  private cut(size: number): Buffer {
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.length);
    this.chunks = size < all.length ? [all.subarray(size)] : [];
    this.length -= size;
    return all.subarray(0, size);
  }

  read(size: number): Promise<Buffer> {
    if (this.length >= size) return Promise.resolve(size ? this.cut(size) : Buffer.alloc(0));
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => (this.waiting = { size, resolve, reject }));
  }

  async u8(): Promise<number> {
    return (await this.read(1))[0]!;
  }
  async u16(): Promise<number> {
    return (await this.read(2)).readUInt16BE(0);
  }
  async u32(): Promise<number> {
    return (await this.read(4)).readUInt32BE(0);
  }
}

function u32(...values: number[]): Buffer {
  const b = Buffer.alloc(values.length * 4);
  values.forEach((v, i) => b.writeInt32BE(v | 0, i * 4));
  return b;
}

function open(endpoint: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = "path" in endpoint ? connectNet(endpoint.path) : connectNet(endpoint.port, endpoint.host);
    socket.setNoDelay(true);
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}

/** Scaling and JPEG change a colour a little. */
export function isNear(a: number, b: number): boolean {
  return Math.abs((a >> 16) - (b >> 16)) <= 6 && Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)) <= 6 && Math.abs((a & 255) - (b & 255)) <= 6;
}

const keysyms: Record<string, number> = {
  "\n": 0xff0d, "\t": 0xff09, "\b": 0xff08, Return: 0xff0d, Tab: 0xff09, Escape: 0xff1b, BackSpace: 0xff08,
  Shift: 0xffe1, Control: 0xffe3, Alt: 0xffe9, F1: 0xffbe, F2: 0xffbf, F4: 0xffc1, F8: 0xffc5, F10: 0xffc7, F11: 0xffc8, F12: 0xffc9, Super: 0xffeb, Delete: 0xffff, Pause: 0xff13, Home: 0xff50, Down: 0xff54, Up: 0xff52,
};

export class Rfb {
  width = 0;
  height = 0;
  name = "";
  pixels = Buffer.alloc(0);
  updates = 0;
  closed: Error | undefined;
  private wanted: RfbOptions["size"];
  private onDesktopSize: RfbOptions["onDesktopSize"];
  /** Called with each rectangle that has been painted. */
  onRectangle: ((x: number, y: number, w: number, h: number) => void) | undefined;
  /** Called when all of an update has been painted. */
  onUpdate: (() => void) | undefined;
  /** Colours watched for since the first frame, and how many pixels of each have come. */
  readonly sightings = new Map<number, number>();
  private constructor(private stream: Duplex, private reader: Reader) {}

  static async connect(endpoint: Endpoint, options: RfbOptions = {}): Promise<Rfb> {
    const stream = await open(endpoint);
    return Rfb.over(stream, options);
  }

  /** On a stream that is connected already. */
  static async over(stream: Duplex, options: RfbOptions = {}): Promise<Rfb> {
    const rfb = new Rfb(stream, new Reader(stream));
    try {
      await rfb.handshake(options);
    } catch (error) {
      rfb.stream.destroy();
      throw error;
    }
    void rfb.listen();
    return rfb;
  }

  private async handshake(options: RfbOptions): Promise<void> {
    const version = (await this.reader.read(12)).toString("latin1");
    if (version !== "RFB 003.008\n") throw new Error(`the server speaks ${JSON.stringify(version)}`);
    this.stream.write("RFB 003.008\n");
    const count = await this.reader.u8();
    if (!count) throw new Refused(await this.text());
    const types = [...(await this.reader.read(count))];
    if (types.includes(security.veNCrypt)) await this.venCrypt(options);
    else if (types.includes(security.none) && !options.login) this.stream.write(Buffer.from([security.none]));
    else throw new Error(`the server offers security types ${types}`);
    if (await this.reader.u32()) throw new Refused(await this.text());
    this.stream.write(Buffer.from([1]));
    this.width = await this.reader.u16();
    this.height = await this.reader.u16();
    await this.reader.read(16);
    this.name = await this.text();
    this.pixels = Buffer.alloc(this.width * this.height * 4);
    this.wanted = options.size;
    this.onDesktopSize = options.onDesktopSize;
    for (const colour of options.watchFor ?? []) this.sightings.set(colour, 0);
    const format = Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
    const encodings = [1, 0, -223, -308];
    this.stream.write(Buffer.concat([format, Buffer.from([2, 0, 0, encodings.length]), u32(...encodings)]));
    this.request(false);
  }

  private async venCrypt(options: RfbOptions): Promise<void> {
    this.stream.write(Buffer.from([security.veNCrypt]));
    const version = await this.reader.read(2);
    if (version[0] !== 0 || version[1] !== 2) throw new Error(`the server offers VeNCrypt ${[...version]}`);
    this.stream.write(Buffer.from([0, 2]));
    if (await this.reader.u8()) throw new Refused("VeNCrypt version refused");
    const count = await this.reader.u8();
    const offered: number[] = [];
    for (let i = 0; i < count; i++) offered.push(await this.reader.u32());
    const wanted = options.subtype ?? (options.login ? subtype.x509Plain : subtype.x509None);
    if (!offered.includes(wanted)) throw new Refused(`VeNCrypt subtype ${wanted} is not offered: ${offered}`);
    this.stream.write(u32(wanted));
    if ((await this.reader.u8()) !== 1) throw new Refused("VeNCrypt subtype refused");
    await this.startTls(options);
    if (!options.login) return;
    const user = Buffer.from(options.login.user);
    const password = Buffer.from(options.login.password);
    this.stream.write(Buffer.concat([u32(user.length, password.length), user, password]));
  }

  private startTls(options: RfbOptions): Promise<void> {
    this.reader.detach();
    return new Promise((resolve, reject) => {
      const secured = connectTls({
        socket: this.stream as never,
        ca: options.ca,
        rejectUnauthorized: options.ca !== undefined,
        checkServerIdentity: () => undefined,
      });
      secured.once("secureConnect", () => {
        this.stream = secured;
        this.reader = new Reader(secured);
        resolve();
      });
      secured.once("error", reject);
    });
  }

  private async text(): Promise<string> {
    return (await this.reader.read(await this.reader.u32())).toString("utf8");
  }

  private request(incremental: boolean): void {
    const m = Buffer.from([3, incremental ? 1 : 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    m.writeUInt16BE(this.width, 6);
    m.writeUInt16BE(this.height, 8);
    this.stream.write(m);
  }

  private async listen(): Promise<void> {
    try {
      for (;;) await this.message();
    } catch (error) {
      this.closed = error as Error;
      this.stream.destroy();
    }
  }

  private async message(): Promise<void> {
    const type = await this.reader.u8();
    if (type === 0) {
      await this.reader.read(1);
      const count = await this.reader.u16();
      let resized = false;
      for (let i = 0; i < count; i++) resized = (await this.rectangle()) || resized;
      this.updates++;
      this.onUpdate?.();
      this.request(!resized);
    } else if (type === 3) {
      await this.reader.read(3);
      const size = (await this.reader.read(4)).readInt32BE(0);
      await this.reader.read(Math.abs(size));
    } else if (type !== 2) throw new Error(`unexpected RFB message ${type}`);
  }

  /** True: the size of the frame buffer has changed. */
  private async rectangle(): Promise<boolean> {
    const head = await this.reader.read(12);
    const [x, y, w, h] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [number, number, number, number];
    const encoding = head.readInt32BE(8);
    if (encoding === -223 || encoding === -308) {
      if (encoding === -308) await this.reader.read((await this.reader.read(4))[0]! * 16);
      if (encoding === -308 && this.wanted) this.resize(this.wanted.width, this.wanted.height);
      this.wanted = undefined;
      if (encoding === -308) this.onDesktopSize?.();
      if (w === this.width && h === this.height) return false;
      if (encoding === -308 && x === 1 && y !== 0) return false;
      this.width = w;
      this.height = h;
      this.pixels = Buffer.alloc(w * h * 4);
      return true;
    }
    if (x + w > this.width || y + h > this.height) throw new Error(`rectangle ${x},${y} ${w}x${h} outside`);
    if (encoding === 0) {
      const data = await this.reader.read(w * h * 4);
      for (let row = 0; row < h; row++) data.copy(this.pixels, ((y + row) * this.width + x) * 4, row * w * 4, (row + 1) * w * 4);
    } else if (encoding === 1) {
      const from = await this.reader.read(4);
      this.copy(from.readUInt16BE(0), from.readUInt16BE(2), x, y, w, h);
    } else throw new Error(`unexpected encoding ${encoding}`);
    if (this.sightings.size) this.look(x, y, w, h);
    this.onRectangle?.(x, y, w, h);
    return false;
  }

  private copy(fromX: number, fromY: number, x: number, y: number, w: number, h: number): void {
    const rows = [...Array(h).keys()];
    for (const row of y > fromY ? rows.reverse() : rows) {
      const from = ((fromY + row) * this.width + fromX) * 4;
      this.pixels.copy(this.pixels, ((y + row) * this.width + x) * 4, from, from + w * 4);
    }
  }

  /** From now on every pixel that comes is compared with these colours; sightings counts them. */
  watchFor(colours: readonly number[]): void {
    for (const colour of colours) this.sightings.set(colour, 0);
  }

  private look(x: number, y: number, w: number, h: number): void {
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) {
        const pixel = this.pixel(column, row);
        for (const [colour, n] of this.sightings) if (isNear(pixel, colour)) this.sightings.set(colour, n + 1);
      }
    }
  }

  /** Colour as 0xrrggbb. */
  pixel(x: number, y: number): number {
    return this.pixels.readUInt32LE((y * this.width + x) * 4) & 0xffffff;
  }

  /** Number of different colours, counted on a grid; one = a blank picture. */
  colours(step = 4): number {
    const seen = new Set<number>();
    for (let y = 0; y < this.height; y += step) for (let x = 0; x < this.width; x += step) seen.add(this.pixel(x, y));
    return seen.size;
  }

  /** Share of the picture that has this colour, or nearly, counted on a grid. */
  shareNear(colour: number, step = 4): number {
    let n = 0;
    for (let y = 0; y < this.height; y += step) for (let x = 0; x < this.width; x += step) if (isNear(this.pixel(x, y), colour)) n++;
    return (n * step * step) / (this.width * this.height);
  }

  /** Share of the picture that has exactly this colour, counted on a grid. */
  share(colour: number, step = 4): number {
    let n = 0;
    for (let y = 0; y < this.height; y += step) for (let x = 0; x < this.width; x += step) if (this.pixel(x, y) === colour) n++;
    return (n * step * step) / (this.width * this.height);
  }

  key(sym: number, down: boolean): void {
    const m = Buffer.from([4, down ? 1 : 0, 0, 0, 0, 0, 0, 0]);
    m.writeUInt32BE(sym, 4);
    this.stream.write(m);
  }

  /** Presses keys one after the other while the ones before the last are held: press("Control", "a"). */
  press(...keys: string[]): void {
    const syms = keys.map((key) => keysyms[key] ?? key.codePointAt(0)!);
    for (const sym of syms) this.key(sym, true);
    for (const sym of syms.reverse()) this.key(sym, false);
  }

  type(text: string): void {
    for (const letter of text) {
      const shifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(letter);
      if (shifted) this.key(keysyms["Shift"]!, true);
      this.press(letter);
      if (shifted) this.key(keysyms["Shift"]!, false);
    }
  }

  pointer(x: number, y: number, buttons = 0): void {
    const m = Buffer.from([5, buttons, 0, 0, 0, 0]);
    m.writeUInt16BE(x, 2);
    m.writeUInt16BE(y, 4);
    this.stream.write(m);
  }

  click(x: number, y: number): void {
    this.pointer(x, y);
    this.pointer(x, y, 1);
    this.pointer(x, y);
  }

  /** SetDesktopSize with one screen. */
  resize(width: number, height: number): void {
    const m = Buffer.alloc(24);
    m[0] = 251;
    m.writeUInt16BE(width, 2);
    m.writeUInt16BE(height, 4);
    m[6] = 1;
    m.writeUInt16BE(width, 16);
    m.writeUInt16BE(height, 18);
    this.stream.write(m);
  }

  /** A whole picture, whether something has changed or not. */
  requestAll(): void {
    this.request(false);
  }

  send(bytes: Buffer): void {
    this.stream.write(bytes);
  }

  /** Waits until the picture fulfils a condition. */
  async see(what: string, condition: (rfb: Rfb) => boolean, timeout = 10_000): Promise<void> {
    await until(what, () => {
      if (this.closed) throw new Error(`connection ended: ${this.closed.message}`);
      return condition(this);
    }, timeout);
  }

  save(path: string): void {
    writeFileSync(path, pngOfBgrx(this.pixels, this.width, this.height));
  }

  /** Reads nothing more; the connection stays. */
  pause(): void {
    this.reader.detach();
  }

  close(): void {
    this.stream.destroy();
  }
}
