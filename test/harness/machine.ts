// SPDX-License-Identifier: GPL-3.0-or-later
// A virtual machine (QEMU, software emulation) with what no container has: one graphics card with three outputs, two
// connected, and three USB hubs, a keyboard and a tablet on two of them. tools/seats-image makes its disk; what was
// built comes on a second drive. It boots once; the state with everything up is kept as a snapshot, and each Machine
// begins there. All acts of people are real: keys, the tablet, plugs and monitors, from outside of the guest.
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import type { ChildProcess } from "node:child_process";
import type { Json } from "./agent.js";
import { artefact, build } from "./paths.js";
import { Picture } from "./picture.js";
import { end, keep, output, quote, start, type Result, type RunOptions } from "./process.js";
import { Qmp } from "./qmp.js";
import { Rfb } from "./rfb.js";
import type { Session, Station } from "./types.js";
import { interval, limit, Late, until, within } from "./wait.js";

/** The disk of tools/seats-image, and the drive with what was built. */
const image = process.env["MACHINE_IMAGE"] ?? "";
const stage = process.env["MACHINE_STAGE"] ?? "";
export const outputs = 3;
export type Head = 0 | 1 | 2;
export type Hub = "A" | "B" | "C";
/** Further graphics cards, with one output each; their driver is not loaded when a machine starts. */
export type Carrier = "carrierB" | "carrierC";

/** Sizes of the monitors at the outputs when a machine starts; nothing is plugged into the third. */
export const monitors: readonly [number, number][] = [[1024, 768], [1280, 720]];
/** Card and outputs as udev names them. */
export const card = "pci-0000:00:02.0";
const hubPorts: Record<Hub, number> = { A: 1, B: 2, C: 3 };
/** USB hubs by the API's words. */
export const hub = (name: Hub): string => `pci-0000:00:04.0-usb-0:${hubPorts[name]}`;
/** udev's names of the cards, and where sysfs has them. */
export const carrierCard: Record<Carrier, string> = { carrierB: "pci-0000:00:05.0", carrierC: "pci-0000:00:06.0" };
export const carrierPath: Record<Carrier, string> = { carrierB: "/sys/devices/pci0000:00/0000:00:05.0", carrierC: "/sys/devices/pci0000:00/0000:00:06.0" };
export const outputId = (head: Head): string => `${card}/Virtual-${head + 1}`;

/** Two people with an account and a desktop of one plain colour. */
export interface Person {
  name: string;
  password: string;
  full_name: string;
  colour: number;
}
export const anna: Person = { name: "anna", password: "maple-4821", full_name: "Anna Berger", colour: 0x20c040 };
export const ben: Person = { name: "ben", password: "river-1937", full_name: "Ben Carter", colour: 0xd02060 };
export const people = [anna, ben];

/** A station as the API tells it, with what only local ones have. */
export interface LocalStation extends Pick<Station, "id" | "name" | "room" | "connected" | "session" | "blocked"> {
  kind: string;
  scene: string;
  missing: string[];
  mapping: "done" | "keyboard" | "pointer" | "waiting";
  output: string;
  area: "whole" | "left" | "right" | "top" | "bottom";
  orientation: string;
  width: number;
  height: number;
}

const kernelLine = "root=/dev/vda rw console=ttyS0 loglevel=4 systemd.show_status=1 net.ifnames=0 modprobe.blacklist=bochs usbcore.autosuspend=-1 mitigations=off selinux=0 apparmor=0 audit=0";

function command(folder: string, disk: string): string[] {
  const device = (...d: string[]) => d.flatMap((x) => ["-device", x]);
  return [
    "qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off", "-smp", "2", "-m", "1536",
    "-nodefaults", "-display", "none", "-vga", "none", "-nic", "none",
    "-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd"), "-append", kernelLine,
    "-drive", `file=${disk},if=virtio,format=qcow2,cache=unsafe`,
    "-drive", `file=${stage},if=virtio,format=raw,readonly=on`,
    "-qmp", `unix:${folder}/qmp,server=on,wait=off`,
    "-serial", `file:${folder}/serial`,
    "-chardev", `socket,id=jobs,path=${folder}/jobs,server=on,wait=off`,
    ...device(
      `virtio-vga,id=gpu0,max_outputs=${outputs},xres=${monitors[0]![0]},yres=${monitors[0]![1]},addr=02.0`,
      // A keyboard belongs to one display of QEMU's, and only to its first head; these carry those of hubs B and C.
      "bochs-display,id=carrierB,addr=05.0", "bochs-display,id=carrierC,addr=06.0",
      "virtio-serial-pci,addr=07.0", "virtserialport,chardev=jobs,name=jobs",
      "qemu-xhci,id=xhci,addr=04.0", ...Object.values(hubPorts).map((port) => `usb-hub,bus=xhci.0,port=${port}`),
      ...(["A", "B"] as const).flatMap((at) => [keyboard(at), tablet(at)]).map((d) => Object.entries(d).map(([k, v]) => (k === "driver" ? v : `${k}=${v}`)).join(",")),
    ),
    ...Array.from({ length: outputs }, (_, head) => ["-vnc", `unix:${folder}/head${head},display=gpu0,head=${head}`]).flat(),
  ];
}

const carriers: Record<Hub, "gpu0" | Carrier> = { A: "gpu0", B: "carrierB", C: "carrierC" };
const keyboard = (at: Hub) => ({ driver: "usb-kbd", id: `keyboard${at}`, bus: "xhci.0", port: `${hubPorts[at]}.1`, display: carriers[at] });
const tablet = (at: Hub) => ({ driver: "usb-tablet", id: `tablet${at}`, bus: "xhci.0", port: `${hubPorts[at]}.2`, display: "gpu0", head: hubPorts[at] - 1 });

/** Names of keys in QEMU's words, and whether Shift is held, on a US keyboard. */
const keyNames: Record<string, [string, boolean]> = {
  " ": ["spc", false], "\n": ["ret", false], "\t": ["tab", false], "-": ["minus", false], ".": ["dot", false], "/": ["slash", false],
  "=": ["equal", false], ";": ["semicolon", false], ",": ["comma", false], "_": ["minus", true], ">": ["dot", true], "|": ["backslash", true],
};

function keyOf(letter: string): [string, boolean] {
  const known = keyNames[letter];
  if (known) return known;
  if (/[a-z0-9]/.test(letter)) return [letter, false];
  if (/[A-Z]/.test(letter)) return [letter.toLowerCase(), true];
  throw new Error(`no key for ${JSON.stringify(letter)}`);
}

export interface Eye {
  pictures: number;
  close: () => void;
}

interface Job {
  script: string;
  resolve: (result: Result) => void;
}

export class Machine {
  qmp!: Qmp;
  failed = 0;
  private folder = "";
  private process!: ChildProcess;
  private channel!: Socket;
  private jobs = new Map<string, Job>();
  private next = 1;

  private constructor(readonly name: string) {}

  /** A machine with everything up: both monitors, stationd, the relay, accounts; booted when nobody has done so yet. */
  static async start(name: string): Promise<Machine> {
    const ready = await prepared();
    const machine = new Machine(name);
    await machine.begin(ready, true);
    return machine;
  }

  /** For the preparation: from the bare disk. */
  static async boot(disk: string): Promise<Machine> {
    const machine = new Machine("prepare");
    await machine.begin(disk, false);
    return machine;
  }

  /** Everything that was done to it is undone; takes some seconds. */
  async fresh(): Promise<void> {
    await this.stop();
    await this.begin(await prepared(), true);
  }

  private async begin(disk: string, loaded: boolean): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), "machine-"));
    let own = disk;
    if (loaded) copyFileSync(disk, (own = join(this.folder, "disk.qcow2")));
    const log = openSync(artefact(`machine-${this.name}.qemu`), "w");
    // Tests that are killed leave no machine behind, unless somebody wants to look at it.
    const bound = process.env["KEEP"] ? [] : ["setpriv", "--pdeathsig", "TERM"];
    this.process = start([...bound, ...command(this.folder, own), ...(loaded ? ["-loadvm", "ready", "-S"] : [])], { stdio: ["ignore", log, log], detached: Boolean(process.env["KEEP"]) });
    closeSync(log);
    let ended: string | undefined;
    this.process.once("exit", (code, signal) => (ended = `QEMU has ended (${code ?? signal}): ${readFileSync(artefact(`machine-${this.name}.qemu`), "utf8")}`));
    this.qmp = await Promise.race([
      Qmp.connect(join(this.folder, "qmp"), 60_000),
      until("QEMU ends", () => ended, 60_000).then((why) => Promise.reject(new Late(why))),
    ]) as Qmp;
    // What a monitor tells is not part of a snapshot.
    if (loaded) {
      for (const head of [0, 1] as const) await this.monitor(head, ...monitors[head]!);
      await this.qmp.run("cont");
    }
    await this.openChannel();
    await until("the machine takes orders", () => this.answer("echo up"), limit(120_000));
  }

  async stop(): Promise<void> {
    if (this.failed && process.env["KEEP"]) {
      console.error(`kept: QEMU ${this.process.pid} in ${this.folder} (head0, head1, head2: VNC; qmp; jobs); kill it when done`);
      keep(this.process);
      this.channel.destroy();
      return this.qmp.close();
    }
    this.channel?.destroy();
    this.qmp?.close();
    if (existsSync(join(this.folder, "serial"))) copyFileSync(join(this.folder, "serial"), artefact(`machine-${this.name}.serial`));
    await end(this.process);
    rmSync(this.folder, { recursive: true, force: true });
  }

  // --- inside, as root -----------------------------------------------------------------------------------

  private openChannel(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.channel = connect(join(this.folder, "jobs"));
      this.channel.once("connect", () => resolve()).once("error", reject);
      createInterface({ input: this.channel }).on("line", (line) => {
        const [id, code, stdout, stderr] = line.trim().split(" ") as [string, string, string, string];
        const text = (coded: string) => (coded === "-" || !coded ? "" : Buffer.from(coded, "base64").toString());
        this.jobs.get(id)?.resolve({ code: Number(code), stdout: text(stdout), stderr: text(stderr) });
        this.jobs.delete(id);
      });
    });
  }

  /** A bash script; many run side by side. */
  exec(script: string, options: RunOptions = {}): Promise<Result> {
    const id = String(this.next++);
    const coded = (text: string | Buffer) => (text.length ? Buffer.from(text as string).toString("base64") : "-");
    return within(script, options.timeout ?? limit(60_000), new Promise<Result>((resolve) => {
      this.jobs.set(id, { script, resolve });
      this.channel.write(`${id} ${coded(script)} ${coded(options.input ?? "")}\n`);
    }));
  }

  /** What a short script says; undefined when nobody answers, as while the machine comes up. */
  private answer(script: string): Promise<string | undefined> {
    return this.exec(script, { timeout: 5000 }).then((result) => result.stdout.trim(), () => undefined);
  }

  /** Its exit code must be 0. Gives stdout without the last line end. */
  async sh(script: string, options: RunOptions = {}): Promise<string> {
    const result = await this.exec(script, options);
    if (result.code !== 0) throw new Error(`${script}\nexit code ${result.code}\n${result.stdout}${result.stderr}`);
    return result.stdout.replace(/\n$/, "");
  }

  async test(script: string): Promise<boolean> {
    return (await this.exec(script)).code === 0;
  }

  ctl(args: readonly string[]): Promise<Result> {
    return this.exec(`stationctl ${args.map(quote).join(" ")}`);
  }

  async ctlJson<T = Json>(args: readonly string[]): Promise<T> {
    const result = await this.ctl([...args, "--json"]);
    if (result.code !== 0) throw new Error(`stationctl ${args.join(" ")}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }

  /** A method of the API, as root. */
  async call<T = Json>(method: string, parameters: Json = {}): Promise<T> {
    const program = 'my $s = IO::Socket::UNIX->new(Peer => "/run/stationmaster/api.sock") or die "$!\\n"; local $/; print $s scalar(<STDIN>), "\\0"; $s->flush; $/ = "\\0"; my $r = <$s>; chop $r; print $r';
    const said = await this.sh(`perl -MIO::Socket::UNIX -e ${quote(program)}`, { input: JSON.stringify({ method: `org.stationmaster.${method}`, parameters }) });
    const reply = JSON.parse(said) as { error?: string; parameters?: Json };
    if (reply.error) throw new Error(`${method}: ${reply.error} ${JSON.stringify(reply.parameters)}`);
    return (reply.parameters ?? {}) as T;
  }

  async sessions(): Promise<Session[]> {
    return (await this.call<{ sessions: Session[] }>("Sessions.List")).sessions;
  }

  async stations(): Promise<LocalStation[]> {
    return (await this.call<{ stations: LocalStation[] }>("Stations.List")).stations;
  }

  async sessionOf(user: string): Promise<Session | undefined> {
    return (await this.sessions()).find((s) => s.user === user);
  }

  /** Number of a daemon's main process; 0: it does not run. */
  async daemon(unit: string): Promise<number> {
    return Number(await this.sh(`systemctl show -p MainPID --value ${unit}`));
  }

  async isUp(): Promise<boolean> {
    return /"relay": ?true/.test((await this.ctl(["system", "status", "--json"])).stdout);
  }

  async journal(): Promise<string> {
    return (await this.exec("journalctl -b --no-pager -o short-precise")).stdout;
  }

  // --- outside: screens -----------------------------------------------------------------------------------

  /** What an output shows; a carrier is the one output of another card. */
  async screen(head: Head | Carrier): Promise<Picture> {
    const path = join(this.folder, `head${head}.ppm`);
    const from = typeof head === "number" ? { device: "gpu0", head } : { device: head, head: 0 };
    await this.qmp.run("screendump", { filename: path, ...from });
    return Picture.read(path);
  }

  /** Waits until an output shows what fulfils a condition. */
  see(what: string, head: Head | Carrier, condition: (picture: Picture) => boolean, timeout = limit(20_000)): Promise<Picture> {
    let last: Picture | undefined;
    return until(what, async () => {
      last = await this.screen(head);
      return condition(last) && last;
    }, timeout, () => last && `${last.width}x${last.height}, mostly ${last.mostly().colour.toString(16)} (${last.mostly().share.toFixed(2)})`);
  }

  /** Looks at an output all the time and counts the pictures whose middle is another one (at most 30 a second). */
  async watch(head: Head, { x, y }: { x: number; y: number }): Promise<Eye> {
    const rfb = await Rfb.connect({ path: join(this.folder, `head${head}`) });
    const size = 8;
    const eye = { pictures: 0, close: () => rfb.close() };
    let last = "";
    rfb.onUpdate = () => {
      if (x + size > rfb.width || y + size > rfb.height) return;
      let now = "";
      for (let i = 0; i < size; i++) now += `${rfb.pixel(x + i, y + i)} `;
      if (now !== last) eye.pictures++;
      last = now;
    };
    return eye;
  }

  /** A monitor of this size is plugged in, or exchanged for one; 0 x 0: it is pulled out. */
  async monitor(head: Head, width: number, height: number): Promise<void> {
    let done = false;
    const rfb = await Rfb.connect({ path: join(this.folder, `head${head}`) }, { onDesktopSize: () => (done = true) });
    await until("QEMU's VNC server takes sizes", () => done);
    rfb.resize(width, height);
    // Read in order: the answer to a later request tells that the size was taken.
    const before = rfb.updates;
    rfb.requestAll();
    await until("QEMU has heard", () => rfb.updates > before).finally(() => rfb.close());
  }

  // --- outside: hands -----------------------------------------------------------------------------------------

  private input(device: string, head: number, events: Json[]): Promise<unknown> {
    return this.qmp.run("input-send-event", { device, head, events });
  }

  key(at: Hub, name: string, down: boolean): Promise<unknown> {
    return this.input(carriers[at], 0, [{ type: "key", data: { down, key: { type: "qcode", data: name } } }]);
  }

  /** Keys in QEMU's words, each held until the last one is pressed. */
  async press(at: Hub, ...names: string[]): Promise<void> {
    for (const name of names) await this.key(at, name, true);
    for (const name of names.reverse()) await this.key(at, name, false);
    // A USB keyboard remembers sixteen changes that nobody has fetched yet, then forgets: nobody types faster.
    await interval(Math.min(limit(30), 150));
  }

  async type(at: Hub, text: string): Promise<void> {
    for (const letter of text) {
      const [name, shift] = keyOf(letter);
      await (shift ? this.press(at, "shift", name) : this.press(at, name));
    }
  }

  /** The tablet's pen at a share (0 to 1) of its surface. */
  point(at: Hub, x: number, y: number): Promise<unknown> {
    const axis = (name: string, share: number) => ({ type: "abs", data: { axis: name, value: Math.round(share * 32767) } });
    return this.input("gpu0", hubPorts[at] - 1, [axis("x", x), axis("y", y)]);
  }

  async click(at: Hub, x: number, y: number, button = "left"): Promise<void> {
    await this.point(at, x, y);
    for (const down of [true, false]) await this.input("gpu0", hubPorts[at] - 1, [{ type: "btn", data: { down, button } }]);
  }

  /** Pulls a plug and waits until it is out. */
  async unplug(id: string): Promise<void> {
    const before = this.qmp.events.length;
    await this.qmp.run("device_del", { id });
    await until(`${id} is out`, () => this.qmp.events.slice(before).some((e) => e.event === "DEVICE_DELETED" && e.data["device"] === id));
  }

  async plug(device: Json): Promise<void> {
    await this.qmp.run("device_add", device);
  }

  plugKeyboard(at: Hub): Promise<void> {
    return this.plug(keyboard(at));
  }

  plugTablet(at: Hub): Promise<void> {
    return this.plug(tablet(at));
  }

  /** The guest goes down in good order and comes up again. */
  async reboot(): Promise<void> {
    const boot = await this.sh("cat /proc/sys/kernel/random/boot_id");
    await this.answer("systemctl reboot"); // or nobody is left to answer
    await until("the machine is up again", async () => {
      const now = await this.answer("cat /proc/sys/kernel/random/boot_id");
      return now && now !== boot;
    }, limit(180_000));
  }

  async keepEvidence(test: string): Promise<void> {
    const base = `failed/machine-${this.name}-${test.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60)}`;
    for (let head = 0; head < outputs; head++) await this.screen(head as Head).then((p) => p.save(artefact(`${base}-${head}.png`))).catch(() => undefined);
    writeFileSync(artefact(`${base}.jobs`), [...this.jobs.values()].map((job) => job.script).join("\n---\n"));
    writeFileSync(artefact(`${base}.log`), await within("the journal", 60_000, this.journal()).catch((e: Error) => e.message));
    copyFileSync(join(this.folder, "serial"), artefact(`${base}.serial`));
  }
}

// --- the state that every machine begins in -----------------------------------------------------------------

/** In the guest, once: what tools/package's scripts do where the packages are installed. */
const install = `set -e
tar -C / --no-overwrite-dir --keep-directory-symlink -xf /dev/vdb
systemd-sysusers
systemd-tmpfiles --create
udevadm control --reload
getent group station-operator >/dev/null || groupadd station-operator
getent group station-admin >/dev/null || groupadd station-admin
mkdir -p /etc/stationmaster/conf.d
printf '[system]\\nname = Machine\\n[session]\\ndesktop = openbox\\n[station]\\nreturn-seconds = 120\\n[seats]\\nask-seconds = 0\\n' >/etc/stationmaster/conf.d/machine.conf
systemctl daemon-reload
systemctl enable --now stationd.socket stationd-relay.socket stationd-seat.socket station-relay-seat.socket station-session.socket \\
  station-limits.socket station-usb.socket stationd.service station-relay.service
systemctl enable --now station-seat@seat0.service
`;

const account = (p: Person) => `useradd -m -s /bin/bash -c ${quote(p.full_name)} ${p.name}
echo ${p.name}:${p.password} | chpasswd -c SHA256 -s 1000
mkdir -p /home/${p.name}/.config/openbox
cat >/home/${p.name}/.config/openbox/autostart <<'E'
xsetroot -solid '#${p.colour.toString(16).padStart(6, "0")}'
stdbuf -oL xinput test-xi2 --root >"$HOME/events" 2>&1 &
E
chown -R ${p.name}: /home/${p.name}
`;

/** Of all that decides what is in the snapshot. */
function sum(): string {
  const parts = [readFileSync(stage), image, JSON.stringify(command("", "")), install, people.map(account).join(""), JSON.stringify(monitors)];
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 12);
}

/** The disk with the snapshot "ready" of what is built now. */
async function prepared(): Promise<string> {
  if (!image || !stage) throw new Error("the machine's disk is not known; run the tests by test/run-seats");
  const folder = join(build, "machine");
  const path = join(folder, `ready-${sum()}.qcow2`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (/^ready-.*qcow2/.test(old)) rmSync(join(folder, old));
  const disk = `${path}.new`;
  await output(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", join(image, "disk.img"), disk]);
  const t0 = Date.now();
  const machine = await Machine.boot(disk);
  try {
    await machine.monitor(1, ...monitors[1]!);
    await machine.sh(install, { timeout: limit(120_000) });
    await machine.sh(people.map(account).join(""), { timeout: limit(60_000) });
    await until("stationd and the relay have found each other", () => machine.isUp(), limit(30_000));
    await until("the second monitor is there", () => machine.test("grep -qx connected /sys/class/drm/card0-Virtual-2/status"), limit(20_000));
    // What systemd still starts would be in every machine's way.
    await machine.exec("systemctl is-system-running --wait", { timeout: limit(120_000) });
    await machine.sh("sync; echo 3 >/proc/sys/vm/drop_caches");
    await machine.qmp.monitor("savevm ready", limit(120_000));
  } catch (error) {
    await machine.keepEvidence("preparation").catch(() => undefined);
    throw error;
  } finally {
    await machine.stop();
  }
  renameSync(disk, path);
  console.log(`the machine was made ready in ${Math.round((Date.now() - t0) / 1000)} s (${Math.round(statSync(path).size / 2 ** 20)} MB)`);
  return path;
}

/** it() whose failure keeps the journal and a picture of every output in build/artefacts/failed, also when it hangs. */
export function check(machine: () => Machine, name: string, fn: (machine: Machine) => Promise<void>): void {
  // Every wait has a deadline of its own; this one is for what should have had one.
  void it(name, { timeout: 3_600_000 }, async () => {
    try {
      await within(name, limit(400_000), fn(machine()));
    } catch (error) {
      machine().failed++;
      await machine().keepEvidence(name).catch(() => undefined);
      throw error;
    }
  });
}
