// SPDX-License-Identifier: GPL-3.0-or-later
// One demo system ("make run DETACH=1"), as a test sees it: the accounts, a root shell inside, stationctl,
// the API as any user, and the test function whose failures leave journal and screenshots behind.
import { after, before, it } from "node:test";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, type Json } from "./agent.js";
import { artefact, build, top } from "./paths.js";
import { end, output, quote, run, start, type Result, type RunOptions } from "./process.js";
import type { Account, Job, Role, Session, Station } from "./types.js";
import { until } from "./wait.js";

export interface DemoOptions {
  /** Pupils with an account and a running session. */
  sessions?: number;
  init?: "systemd" | "none";
}

interface Told {
  /** http on the loopback address. */
  url: string;
  https: string;
  vnc: string;
  accounts: Account[];
  exec: string;
}

export class Demo {
  readonly name: string;
  told!: Told;
  /** Things that can be photographed when a test fails: name → saves itself to a path. */
  readonly cameras = new Map<string, (path: string) => Promise<void> | void>();
  private agents = new Map<string, Promise<Agent>>();
  /** Run, in reverse order, before the system ends. */
  readonly cleanups: (() => Promise<void> | void)[] = [];
  failed = 0;

  constructor(file: string, readonly options: DemoOptions = {}) {
    this.name = `t-${file}`.slice(0, 30);
  }

  async up(): Promise<void> {
    const made = ["DETACH=1", "DEPS=no", `SESSIONS=${this.options.sessions ?? 0}`, `NAME=${this.name}`];
    if (this.options.init === "none") made.push("INIT=none");
    await run(["make", "-s", "-C", top, "stop", `NAME=${this.name}`], { timeout: 60_000 });
    const result = await run(["make", "-s", "-C", top, "run", ...made], { timeout: 300_000 });
    const line = result.stdout.trim().split("\n").pop() ?? "";
    try {
      this.told = JSON.parse(line) as Told;
    } catch {
      throw new Error(`make run ${made.join(" ")}: no line of JSON, exit code ${result.code}\n${result.stdout}\n${result.stderr}`);
    }
    if (process.env["SANITIZED"]) await this.sanitize(process.env["SANITIZED"]);
    if (process.env["GDB"]) await this.debug(process.env["GDB"]);
  }

  /**
   * SANITIZED=FOLDER: the daemons of that build folder (meson -Db_sanitize=address,undefined -Db_lundef=false)
   * take the place of the installed ones, in a sandbox that lets sanitizers work. (libcrypt: ASan's crypt_r() is
   * empty unless the library is there from the start.)
   */
  private async sanitize(folder: string): Promise<void> {
    for (const [source, name] of [["hostd/stationd", "stationd"], ["session/station-session", "station-session"], ["relay/station-relay", "station-relay"]]) {
      const path = await this.sh(`find /usr -path '*stationmaster/${name}' -type f`);
      await this.sh(`cat >${path}.new && chmod 755 ${path}.new && mv ${path}.new ${path}`, { input: readFileSync(`${folder}/src/${source}`) });
    }
    if (!this.logind) throw new Error("SANITIZED needs systemd: it is for tests with units");
    const drop = "[Service]\nMemoryDenyWriteExecute=no\nSystemCallFilter=\nLimitAS=infinity\nEnvironment=LD_PRELOAD=libcrypt.so.1 ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:verify_asan_link_order=0 UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1\n";
    for (const unit of ["stationd.service", "station-relay.service", "station-session@.service"])
      await this.sh(`mkdir -p /etc/systemd/system/${unit}.d && cat >/etc/systemd/system/${unit}.d/sanitized.conf`, { input: drop.replaceAll("\\n", "\n") });
    await this.sh("systemctl daemon-reload && systemctl restart stationd.service station-relay.service");
    await until("the sanitized daemons run", async () => /"relay": ?true/.test((await this.ctl(["system", "status", "--json"])).stdout), 20_000);
  }

  /** GDB=DAEMON: gdb waits for its crash; the backtrace is in build/artefacts/failed. */
  private async debug(daemon: string): Promise<void> {
    const log = openSync(artefact(`failed/${this.name}-${daemon}.gdb`), "w");
    const pid = String(await this.daemon(daemon));
    const orders = ["handle SIGPIPE nostop noprint pass", "continue", "thread apply all bt full"].flatMap((order) => ["-ex", order]);
    const gdb = start([...this.prefix, "gdb", "-q", "-batch", "-p", pid, ...orders], { stdio: ["ignore", log, log] });
    this.cleanups.push(() => end(gdb, "SIGINT"));
    await until("gdb holds the daemon", () => this.test(`grep -q 'TracerPid:[[:space:]]*[1-9]' /proc/${pid}/status && grep -q 'State:.*sleeping' /proc/${pid}/status`));
  }

  async down(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) {
      try {
        await cleanup();
      } catch (error) {
        console.error(`cleaning up: ${String(error)}`);
      }
    }
    for (const agent of this.agents.values()) await (await agent).stop().catch(() => undefined);
    this.agents.clear();
    if (this.failed && process.env["KEEP"]) {
      console.error(`kept: ${this.told.exec} ...; end it with: sudo make stop NAME=${this.name}`);
      return;
    }
    await run(["make", "-s", "-C", top, "stop", `NAME=${this.name}`], { timeout: 60_000 });
  }

  get logind(): boolean {
    return this.options.init !== "none";
  }

  get prefix(): string[] {
    return this.told.exec.split(" ");
  }

  /** Host and port of HTTPS. */
  get web(): { host: string; port: number } {
    const url = new URL(this.told.https);
    return { host: url.hostname, port: Number(url.port || 443) };
  }

  get vnc(): { host: string; port: number } {
    const at = this.told.vnc.lastIndexOf(":");
    return { host: this.told.vnc.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(this.told.vnc.slice(at + 1)) };
  }

  page(path: string): string {
    return new URL(path, this.told.https).href;
  }

  /** Origin of the pages. */
  get origin(): string {
    return new URL(this.told.https).origin;
  }

  /** An account of the demo: the teacher is the operator. */
  account(role: Role, index = 0): Account {
    const found = this.told.accounts.filter((a) => a.role === role)[index];
    if (!found) throw new Error(`the demo has no account number ${index} with role ${role}: ${JSON.stringify(this.told.accounts)}`);
    return found;
  }

  get pupils(): Account[] {
    return this.told.accounts.filter((a) => a.role === "standard");
  }

  /** A program inside, as root. */
  exec(command: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(["bash", "-c", `exec ${this.told.exec} "$@"`, "bash", ...command], options);
  }

  /** A bash script inside, as root; its exit code must be 0. Gives stdout without the last line end. */
  async sh(script: string, options: RunOptions & { user?: string } = {}): Promise<string> {
    const shell = ["bash", "-c", script];
    const result = await this.exec(options.user ? ["runuser", "-u", options.user, "--", ...shell] : shell, options);
    if (result.code !== 0) throw new Error(`${script}\nexit code ${result.code}\n${result.stdout}${result.stderr}`);
    return result.stdout.replace(/\n$/, "");
  }

  /** True: the script ends with exit code 0. */
  async test(script: string, user?: string): Promise<boolean> {
    const shell = ["bash", "-c", script];
    return (await this.exec(user ? ["runuser", "-u", user, "--", ...shell] : shell)).code === 0;
  }

  write(path: string, content: string, mode = "644"): Promise<string> {
    return this.sh(`mkdir -p ${quote(path)}.d && rmdir ${quote(path)}.d && cat >${quote(path)} && chmod ${mode} ${quote(path)}`, { input: content });
  }

  // --- Stationmaster ---------------------------------------------------------------------------------

  /** stationctl as root, or as another user. */
  ctl(args: readonly string[], user?: string): Promise<Result> {
    const command = ["stationctl", ...args];
    return this.exec(user ? ["runuser", "-u", user, "--", ...command] : command, { timeout: 120_000 });
  }

  async ctlJson<T = Json>(args: readonly string[], user?: string): Promise<T> {
    const result = await this.ctl([...args, "--json"], user);
    if (result.code !== 0) throw new Error(`stationctl ${args.join(" ")}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }

  /** The API as this user; the agent is started once. */
  as(user: string): Promise<Agent> {
    let agent = this.agents.get(user);
    if (!agent) this.agents.set(user, (agent = Agent.start(["bash", "-c", `exec ${this.told.exec} "$@"`, "bash"], user)));
    return agent;
  }

  async call<T = Json>(method: string, parameters: Json = {}, user = "root"): Promise<T> {
    return (await this.as(user)).call<T>(`org.stationmaster.${method}`, parameters);
  }

  async sessions(user = "root"): Promise<Session[]> {
    return (await this.call<{ sessions: Session[] }>("Sessions.List", {}, user)).sessions;
  }

  async stations(user = "root"): Promise<Station[]> {
    return (await this.call<{ stations: Station[] }>("Stations.List", {}, user)).stations;
  }

  /** The only session of an account. */
  async sessionOf(user: string): Promise<Session | undefined> {
    return (await this.sessions()).find((s) => s.user === user);
  }

  async startSession(user: string, desktop?: string): Promise<Session> {
    return (await this.call<{ session: Session }>("Sessions.Start", { user, desktop: desktop ?? null })).session;
  }

  /** Starts sessions for several accounts at once. */
  startSessions(users: readonly string[], desktop?: string): Promise<Session[]> {
    return Promise.all(users.map((user) => this.startSession(user, desktop)));
  }

  async job(id: string): Promise<Job> {
    return (await this.call<{ job: Job }>("Jobs.Get", { job: id })).job;
  }

  finished(id: string, timeout = 30_000): Promise<Job> {
    return until(`job ${id} finished`, async () => {
      const job = await this.job(id);
      return job.finished && job;
    }, timeout);
  }

  /** Logs off everybody, as root; for tests that need a clean table. */
  async clear(): Promise<void> {
    const { job } = await this.call<{ job: string }>("Sessions.LogOff", { all: true, timeout_ms: 2000 });
    if (job) await this.finished(job);
    await until("no session left", async () => (await this.sessions()).length === 0);
  }

  // --- the system underneath ---------------------------------------------------------------------------

  /** Adds an account, with something to see on its desktop. */
  async addUser(name: string, password: string, groups: readonly string[] = [], fullName = ""): Promise<void> {
    const extra = groups.length ? `-G ${groups.map(quote).join(",")}` : "";
    await this.sh("mkdir -p /etc/skel/.config/openbox && printf 'xsetroot -solid \"#204060\"\\nxclock -geometry 200x200+50+50 &\\nxcalc -geometry +400+50 &\\n' >/etc/skel/.config/openbox/autostart");
    await this.sh(`useradd -m -s /bin/bash ${extra} -c ${quote(fullName)} ${quote(name)} && chpasswd`, { input: `${name}:${password}\n` });
  }

  /** Numbers of the processes of an account whose command line matches (extended regular expression). */
  async pids(user: string, pattern = "."): Promise<number[]> {
    const result = await this.exec(["pgrep", "-u", user, "-f", "--", pattern]);
    return result.stdout.split("\n").filter(Boolean).map(Number);
  }

  /** Processes of an account, but for its service manager, which logind keeps for 10 s after the last session. */
  async processCount(user: string): Promise<number> {
    const script = `for p in $(pgrep -u ${quote(user)}); do grep -q '/user@' /proc/$p/cgroup 2>/dev/null || [ ! -d /proc/$p ] || echo $p; done`;
    return (await this.sh(script)).split("\n").filter(Boolean).length;
  }

  /**
   * Runs a shell command in the session of a user, as a program of the session would: its environment, its
   * cgroups, no other parent. In the background; gives the pid.
   */
  async inSession(user: string, command: string): Promise<number> {
    const session = await this.sessionOf(user);
    if (!session) throw new Error(`${user} has no session`);
    return Number(await this.sh(`
      for p in $(pgrep -u ${quote(user)}); do
        grep -qz '^DISPLAY=${session.display}' /proc/$p/environ 2>/dev/null || continue
        ! grep -q 'user@' /proc/$p/cgroup || continue
        while IFS=: read -r number controllers path; do
          case $number:$controllers in
          0:) folder=/sys/fs/cgroup/unified; [ -d $folder ] || folder=/sys/fs/cgroup ;;
          *:name=systemd) folder=/sys/fs/cgroup/systemd ;;
          *) folder=/sys/fs/cgroup/$controllers ;;
          esac
          [ ! -w "$folder$path/cgroup.procs" ] || echo $$ >"$folder$path/cgroup.procs"
        done </proc/$p/cgroup
        mapfile -d '' -t env < <(grep -zE '^[A-Za-z_][A-Za-z0-9_]*=' /proc/$p/environ)
        cd /
        setsid setpriv --reuid ${quote(user)} --regid $(id -g ${quote(user)}) --init-groups -- \
          env -i "\${env[@]}" bash -c ${quote(`exec ${command}`)} </dev/null >/dev/null 2>&1 &
        echo $!
        exit 0
      done
      echo "no process of ${user} on ${session.display}" >&2
      exit 1`));
  }

  /** pid of a daemon: stationd or station-relay. */
  async daemon(name: string): Promise<number> {
    const result = await this.exec(["pgrep", "-o", "-x", name.slice(0, 15)]);
    return Number(result.stdout.trim() || 0);
  }

  async restart(daemon: string): Promise<void> {
    if (this.logind) await this.sh(`systemctl restart ${daemon}.service`);
    else {
      const pid = await this.daemon(daemon);
      await this.sh(`kill -TERM ${pid}`);
      await until(`${daemon} runs again`, async () => {
        const now = await this.daemon(daemon);
        return now && now !== pid;
      });
    }
  }

  /**
   * The computer goes down in good order and comes up again: of the old system only what is on its disk is
   * there (accounts, homes, settings, /var/lib), nothing of /run and no process.
   */
  async reboot(): Promise<void> {
    const kept = "etc/passwd etc/shadow etc/group etc/gshadow etc/stationmaster etc/resolv.conf etc/systemd/system home var/lib/stationmaster var/lib/station-relay usr/local/lib/demo";
    await this.sh("systemctl stop station-relay-seat.socket station-relay.service stationd.service stationd.socket stationd-relay.socket stationd-seat.socket station-session.socket 'station-session@*.service'");
    const disk = await this.sh(`tar -C / --numeric-owner -cf - ${kept} | base64 -w0`);
    for (const agent of this.agents.values()) await (await agent).stop().catch(() => undefined);
    this.agents.clear();
    const container = this.prefix[0]!;
    await output([container, "down", this.name]);
    // The network, and with it the packet filter, is that of the tests and does not go down.
    await output(["bash", "-c", `nft delete table inet stationmaster_${this.name.replaceAll("-", "_")} 2>/dev/null || true`]);
    await output([container, "up", this.name, "--stage", join(build, "stage"), "--init", this.options.init ?? "systemd"], { timeout: 60_000 });
    await this.sh("base64 -d | tar -C / --numeric-owner -xpf -", { input: disk });
    await this.sh("systemctl daemon-reload && systemctl start stationd.service station-relay.service");
    await until("stationd and the relay run again", async () => /"relay": ?true/.test((await this.ctl(["system", "status", "--json"])).stdout), 20_000);
  }

  /** What the daemons have written since the start. */
  async journal(): Promise<string> {
    if (this.logind) return (await this.exec(["journalctl", "-b", "--no-pager", "-o", "short-precise"])).stdout;
    return (await this.exec(["bash", "-c", "tail -n +1 /run/services/log/*"])).stdout;
  }

  /** Daemons that ended by a signal which no test has sent, and what sanitizers have found. */
  async crashes(): Promise<string[]> {
    const bad = /(code=dumped|status=(4\/ILL|6\/ABRT|7\/BUS|8\/FPE|11\/SEGV)|AddressSanitizer|runtime error:|Assertion .* failed|Segmentation fault)/;
    return (await this.journal()).split("\n").filter((line) => bad.test(line) && /station/.test(line));
  }

  async keepEvidence(test: string): Promise<void> {
    const base = `failed/${this.name}-${test.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60)}`;
    writeFileSync(artefact(`${base}.log`), await this.journal());
    for (const [name, camera] of this.cameras) {
      try {
        await camera(artefact(`${base}-${name}.png`));
      } catch {
        // what shows nothing any more cannot be photographed
      }
    }
  }
}

/** A demo for all tests of a file. */
export function useDemo(file: string, options: DemoOptions = {}): Demo {
  const demo = new Demo(file, options);
  before(async () => {
    rmSync(artefact(`failed/${demo.name}.log`), { force: true });
    await demo.up();
  }, { timeout: 360_000 });
  after(async () => {
    const crashes = demo.told ? await demo.crashes() : [];
    if (crashes.length) {
      demo.failed++;
      await demo.keepEvidence("crashed").catch(() => undefined);
    }
    await demo.down();
    if (crashes.length) throw new Error(`a daemon has crashed while the tests ran:\n${crashes.join("\n")}`);
  }, { timeout: 120_000 });
  return demo;
}

/** it() whose failure keeps the journal and a picture of every open page in build/artefacts/failed. */
export function check(demo: Demo, name: string, fn: () => Promise<void>, timeout = 60_000): void {
  void it(name, { timeout }, async () => {
    try {
      await fn();
    } catch (error) {
      demo.failed++;
      await demo.keepEvidence(name).catch(() => undefined);
      throw error;
    }
  });
}
