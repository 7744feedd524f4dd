// SPDX-License-Identifier: GPL-3.0-or-later
// A thin client: a computer of its own with nothing but the files that make it a station, started by its own
// service manager. Its screen and keyboard are an Xvnc, in which its compositor has one window.
import { Rfb } from "./rfb.js";
import type { Demo } from "./demo.js";
import { top } from "./paths.js";
import { quote, run, type Result } from "./process.js";
import { until } from "./wait.js";

const container = `${top}/tools/container`;
const WIDTH = 1024; // the size that the compositor's window has
const HEIGHT = 768;

export class ThinClient {
  rfb!: Rfb;

  private constructor(readonly name: string, private readonly port: number) {}

  /** Boots it; number tells several of a test apart. */
  static async boot(demo: Demo, number: number): Promise<ThinClient> {
    const thin = new ThinClient(`${demo.name}-thin${number}`, 5970 + number);
    await run([container, "down", thin.name]);
    demo.cleanups.push(async () => {
      thin.rfb?.close();
      await run([container, "down", thin.name]);
    });
    demo.cameras.set(thin.name, (path) => thin.rfb.save(path));
    const up = await run([container, "up", thin.name], { timeout: 60_000 });
    if (up.code !== 0) throw new Error(`the thin client does not boot: ${up.stderr}`);
    await thin.sh(`systemd-run --quiet --collect --unit=screen Xvnc :${90 + number} -geometry ${WIDTH}x${HEIGHT} -depth 24 -rfbport ${thin.port} -localhost -SecurityTypes None -AlwaysShared -ac -nolisten tcp`);
    thin.rfb = await until("the screen of the thin client", () => Rfb.connect({ host: "127.0.0.1", port: thin.port }).catch(() => undefined), 20_000);
    await thin.sh("mkdir -p /etc/systemd/system/stationmaster-kiosk.service.d && cat >/etc/systemd/system/stationmaster-kiosk.service.d/screen.conf", `[Service]\nTTYPath=\nStandardInput=null\nEnvironment=DISPLAY=:${90 + number} WLR_BACKENDS=x11 WLR_RENDERER=pixman\n`);
    return thin;
  }

  exec(script: string, input = ""): Promise<Result> {
    return run([container, "exec", this.name, "bash", "-c", script], { input });
  }

  async sh(script: string, input = ""): Promise<string> {
    const r = await this.exec(script, input);
    if (r.code !== 0) throw new Error(`${this.name}: ${script}\nexit code ${r.code}\n${r.stdout}${r.stderr}`);
    return r.stdout.trimEnd();
  }

  /** A folder of the demo's system is carried here, and its ./install run. */
  async install(demo: Demo, folder: string): Promise<string> {
    const archive = await demo.sh(`tar -C ${quote(folder)} -cf - . | base64 -w0`);
    await this.sh("mkdir -p /root/kiosk && base64 -d | tar -C /root/kiosk -xf -", archive);
    return this.sh("/root/kiosk/install");
  }

  /** Colours at points all over the screen. */
  private points(): number[] {
    const list: number[] = [];
    for (let y = 4; y < HEIGHT; y += 8) for (let x = 4; x < WIDTH; x += 8) list.push(this.rfb.pixel(x, y));
    return list;
  }

  /** What is shown now; later: the share of the screen that is another colour. */
  remember(): () => number {
    const before = this.points();
    return () => this.points().filter((c, i) => c !== before[i]).length / before.length;
  }
}
