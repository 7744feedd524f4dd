// SPDX-License-Identifier: GPL-3.0-or-later
// A real Veyon: a server for each session, as it runs on a computer with several sessions, and its console on a
// screen of its own, showing all of them. The servers start x11vnc and a worker by themselves.
import type { Session } from "../harness/types.js";
import { until, interval } from "../harness/wait.js";
import type { Bed } from "./bed.js";

const screen = ":6400";
// Without a session of logind they ask D-Bus for nothing in particular, which libdbus would end them for.
const env = "QT_LOGGING_RULES='*=false' DBUS_FATAL_WARNINGS=0";

export class Veyon {
  private constructor(private readonly bed: Bed, private readonly n: number) {}

  static async start(bed: Bed, sessions: readonly Session[]): Promise<Veyon> {
    const veyon = new Veyon(bed, sessions.length);
    // Addresses of their own, else the console takes all for one computer.
    await bed.sh(`export HOME=/root ${env}
      for kv in Authentication/Method=1 Service/MultiSession=true Master/AutoAdjustMonitoringIconSize=true Logging/LogLevel=1; do veyon-cli config set \${kv%=*} \${kv#*=}; done
      [ -e /etc/veyon/keys/private/teacher/key ] || veyon-cli authkeys create teacher
      veyon-cli networkobjects clear; veyon-cli networkobjects add location Lab
      for ((k = 1; k <= ${sessions.length}; k++)); do veyon-cli networkobjects add computer pc$k 127.0.1.$k:$((11100 + k)) "" Lab; done
      chmod -R a+rX /etc/veyon/keys/public
      rm -f ~/.veyon/Config/VeyonMaster.json`, { timeout: 120_000 });
    await bed.sh(sessions.map((s, i) =>
      `runuser -u ${s.user} -- env HOME=/home/${s.user} ${env} DISPLAY=${s.display} XAUTHORITY=/run/stationmaster/sessions/${s.id}/display/xauthority VEYON_SESSION_ID=${i + 1} XDG_SESSION_ID=${i + 1} setsid veyon-server </dev/null >/dev/null 2>&1 &`).join("\n"));
    await until("every Veyon server listens", async () => Number(await bed.sh("ss -Htln 'sport > :11100 and sport < :11200' | wc -l")) >= sessions.length, 60_000);
    await bed.sh(`setsid Xvnc ${screen} -geometry 1920x1080 -depth 24 -SecurityTypes None -rfbport -1 -rfbunixpath /run/veyon.sock -nolisten tcp -ac </dev/null >/dev/null 2>&1 &
      until [ -S /tmp/.X11-unix/X${screen.slice(1)} ]; do sleep .05; done
      env HOME=/root ${env} DISPLAY=${screen} VEYON_AUTH_KEY_NAME=teacher setsid veyon-master </dev/null >/dev/null 2>&1 &`);
    const window = await until("the console's window", () => bed.sh(`DISPLAY=${screen} xdotool search --onlyvisible --name 'Veyon Master' | head -n 1`), 30_000);
    // The console has no command for it: its window fills the screen, the list of locations is opened, and ours ticked.
    await interval(1000);
    await bed.sh(`export DISPLAY=${screen}; xdotool windowmove ${window} 0 0 windowsize ${window} 1920 1080; sleep 1
      xdotool mousemove 101 1058 click 1; sleep 1.5; xdotool mousemove 40 113 click 1; sleep 1; xdotool mousemove 900 1000`);
    await until("the console shows every session", () => veyon.connected(), 60_000);
    await interval(5000);
    return veyon;
  }

  private async connected(): Promise<boolean> {
    return Number(await this.bed.sh("ss -Htn 'sport > :11100 and sport < :11200' | wc -l")) >= this.n;
  }

  private list(pattern: string): Promise<number[]> {
    return this.bed.sh(`pgrep -x '${pattern}'`).then((t) => t.split("\n").map(Number));
  }

  serverPids(): Promise<number[]> {
    return this.list("veyon-server|veyon-worker|x11vnc");
  }

  async consolePids(): Promise<number[]> {
    return [...(await this.list("veyon-master")), Number(await this.bed.sh(`pgrep -f '^Xvnc ${screen} '`))];
  }

  async pids(): Promise<number[]> {
    return [...(await this.serverPids()), ...(await this.consolePids())];
  }

  /** Bytes that the servers have sent to the console. */
  async sent(): Promise<number> {
    const text = await this.bed.sh("ss -Htin 'sport > :11100 and sport < :11200'");
    return [...text.matchAll(/bytes_sent:(\d+)/g)].reduce((sum, m) => sum + Number(m[1]), 0);
  }

  async stop(): Promise<void> {
    const all = "'veyon-master|veyon-server|veyon-worker|x11vnc'";
    await this.bed.sh(`pkill -f '^Xvnc ${screen} '; pkill -x ${all}; sleep 2; pkill -9 -x ${all}; while pgrep -x ${all} >/dev/null; do sleep .1; done`);
  }
}
