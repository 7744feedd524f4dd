// SPDX-License-Identifier: GPL-3.0-or-later
// A person at a VNC station: TigerVNC's vncviewer on a screen of its own (a private Xvnc), which the test
// sees and types into over RFB.
import type { ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Demo } from "./demo.js";
import { artefact } from "./paths.js";
import { end, run, start } from "./process.js";
import { Rfb } from "./rfb.js";
import { until } from "./wait.js";

/** A virtual screen with a window manager. */
export class Screen {
  private constructor(readonly display: string, readonly folder: string, readonly rfb: Rfb, private programs: ChildProcess[]) {}

  static async open(width = 1400, height = 900): Promise<Screen> {
    const folder = mkdtempSync(join(tmpdir(), "screen-"));
    const path = join(folder, "rfb");
    const server = start(
      ["Xvnc", "-displayfd", "3", "-geometry", `${width}x${height}`, "-depth", "24", "-rfbport", "-1", "-rfbunixpath", path,
        "-SecurityTypes", "None", "-AlwaysShared", "-nolisten", "tcp", "-extension", "GLX"],
      { stdio: ["ignore", "ignore", "ignore", "pipe"] },
    );
    let number = "";
    server.stdio[3]!.on("data", (data: Buffer) => (number += data.toString()));
    await until("the virtual screen is up", () => number.includes("\n") && existsSync(path));
    const display = `:${number.trim()}`;
    const manager = start(["openbox"], { stdio: "ignore", env: { ...process.env, DISPLAY: display, HOME: folder } });
    // Windows that are mapped before it manages the screen would be lost to it.
    await until("the window manager is up", async () =>
      (await run(["xdotool", "get_num_desktops"], { env: { ...process.env, DISPLAY: display } })).code === 0);
    return new Screen(display, folder, await Rfb.connect({ path }), [server, manager]);
  }

  run(command: readonly string[], log: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = start(command, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: this.folder, DISPLAY: this.display, ...env } });
    const file = createWriteStream(artefact(log));
    child.stdout!.pipe(file, { end: false });
    child.stderr!.pipe(file, { end: false });
    this.programs.push(child);
    return child;
  }

  /** Titles of the windows. */
  async windows(): Promise<string[]> {
    const found = await run(["xdotool", "search", "--onlyvisible", "--name", "."], { env: { ...process.env, DISPLAY: this.display } });
    const names: string[] = [];
    for (const id of found.stdout.split("\n").filter(Boolean))
      names.push((await run(["xdotool", "getwindowname", id], { env: { ...process.env, DISPLAY: this.display } })).stdout.trim());
    return names;
  }

  async close(): Promise<void> {
    this.rfb.close();
    for (const program of this.programs.reverse()) await end(program);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ViewerOptions {
  /** Straight in by X509Plain; without it the greeter by X509None. */
  login?: { user: string; password: string };
}

/** A program on a screen of its own; of the demo, which closes it and keeps its picture when a test fails. */
export class Client {
  protected constructor(readonly screen: Screen, readonly process: ChildProcess, demo: Demo, kind: string) {
    demo.cleanups.push(() => this.close());
    demo.cameras.set(`${kind}${screen.display.replace(":", "")}`, (path) => screen.rfb.save(path));
  }

  get rfb(): Rfb {
    return this.screen.rfb;
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  close(): Promise<void> {
    return this.screen.close();
  }
}

/** vncviewer, connected to the relay of the demo with its certificate checked. */
export class Viewer extends Client {
  static async open(demo: Demo, options: ViewerOptions = {}): Promise<Viewer> {
    const screen = await Screen.open();
    const ca = join(screen.folder, "ca.pem");
    writeFileSync(ca, await certificate(demo));
    const child = screen.run(
      ["vncviewer", "-SecurityTypes", options.login ? "X509Plain" : "X509None", "-X509CA", ca, "-AlertOnFatalError=0",
        "-ReconnectOnError=0", "-RemoteResize=0", `${demo.vnc.host}::${demo.vnc.port}`],
      `viewer-${demo.name}.log`,
      options.login ? { VNC_USERNAME: options.login.user, VNC_PASSWORD: options.login.password } : {},
    );
    return new Viewer(screen, child, demo, "viewer");
  }
}

/** The certificate that the relay shows on its VNC and web ports. */
export async function certificate(demo: Demo): Promise<string> {
  const { host, port } = demo.web;
  const shown = await run(["openssl", "s_client", "-connect", `${host}:${port}`, "-showcerts"], { timeout: 10_000 });
  const pem = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----\n/.exec(shown.stdout)?.[0];
  if (!pem) throw new Error(`no certificate at ${host}:${port}:\n${shown.stdout}${shown.stderr}`);
  return pem;
}
