// SPDX-License-Identifier: GPL-3.0-or-later
// A person at an RDP client: FreeRDP on a screen of its own, which the test sees and types into over RFB.
import type { Demo } from "./demo.js";
import { run } from "./process.js";
import { until } from "./wait.js";
import { Client, Screen } from "./viewer.js";

export interface RdpOptions {
  /** Sent by the client, to log in at once. */
  login?: { name: string; password: string };
  /** What the client's computer calls itself. */
  name?: string;
  size?: { width: number; height: number };
  /** The session follows the size of the window. */
  dynamic?: boolean;
  security?: "tls" | "rdp" | "nla";
}

export const rdpPort = 3389;

/** The demo offers RDP on the loopback. */
export async function startRdp(demo: Demo): Promise<void> {
  await demo.write("/etc/stationmaster/conf.d/rdp.conf", `[rdp]\nlisten = 127.0.0.1:${rdpPort}\n`);
  await demo.sh("systemctl start station-rdp.service && systemctl restart station-relay.service");
  await until("the relay listens for RDP", () => demo.test(`ss -Hltn 'sport = :${rdpPort}' | grep -q .`), 20_000);
  await until("xrdp listens", () => demo.test("test -S /run/station-rdp/xrdp.sock"), 20_000);
}

export class RdpClient extends Client {
  static async open(demo: Demo, options: RdpOptions = {}): Promise<RdpClient> {
    const screen = await Screen.open();
    const size = options.size ?? { width: 1200, height: 800 };
    const child = screen.run(
      ["xfreerdp", `/v:127.0.0.1:${rdpPort}`, "/cert:ignore", `/sec:${options.security ?? "tls"}`, `/client-hostname:${options.name ?? "t-client"}`,
        `/size:${size.width}x${size.height}`, "/log-level:INFO", ...(options.dynamic ? ["/dynamic-resolution"] : []),
        // Without a password FreeRDP asks for one at its terminal; with "-authentication" it does not.
        ...(options.login ? [`/u:${options.login.name}`, `/p:${options.login.password}`] : ["/u:", "/p:", "-authentication"])],
      `rdp-${demo.name}.log`,
    );
    return new RdpClient(screen, child, demo, "rdp");
  }

  /** A person drags the corner of the window: its content has this size. */
  async resize(width: number, height: number): Promise<void> {
    const r = await run(["xdotool", "search", "--onlyvisible", "--name", "^FreeRDP", "windowsize", "--sync", String(width), String(height)], { env: { ...process.env, DISPLAY: this.screen.display } });
    if (r.code !== 0) throw new Error(`the window does not change: ${r.stderr}`);
  }
}
