// SPDX-License-Identifier: GPL-3.0-or-later
// A video at a local station: how many of its pictures come to the screen, and what they cost; against an X server on
// the same screen with a VNC viewer in full screen. In the virtual machine of the seat tests, which is emulated: only
// ratios mean something. Pictures are counted outside, at the monitor.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Machine, monitors, type Head } from "../harness/machine.js";
import { build, top } from "../harness/paths.js";
import { output } from "../harness/process.js";
import { interval, limit, until } from "../harness/wait.js";
import { desks, logIn, onDisplay, sitDown } from "../seats/desks.js";
import { row, type Row } from "./result.js";

const video = { width: 640, height: 360, fps: 25 };
const seconds = 15;
const samples = Number(process.env["RUNS"] ?? 3);
const peer = "Xorg + vncviewer";

interface Sample {
  /** Of each output. */
  fps: number[];
  /** % of a core, by the program's name. */
  cpu: Map<string, number>;
}

/** Processor time so far in ms, by the program's name. */
async function times(m: Machine, programs: readonly string[]): Promise<Map<string, number>> {
  const said = await m.sh(`for p in $(pgrep -x '${programs.join("|")}'); do echo $(cat /proc/$p/comm) $(sed 's/.*) //' /proc/$p/stat | cut -d' ' -f12,13); done`);
  const sums = new Map<string, number>();
  for (const line of said.split("\n").filter(Boolean)) {
    const [name, user, system] = line.split(" ") as [string, string, string];
    sums.set(name, (sums.get(name) ?? 0) + (Number(user) + Number(system)) * 10);
  }
  return sums;
}

/** Memory of these programs, proportional, in MB. */
const memory = async (m: Machine, programs: readonly string[]) =>
  Number(await m.sh(`for p in $(pgrep -x '${programs.join("|")}'); do sed -n 's/^Pss: *//p' /proc/$p/smaps_rollup; done | awk '{ s += $1 } END { print s / 1024 }'`));

async function measure(m: Machine, heads: readonly Head[], programs: readonly string[]): Promise<Sample> {
  const eyes = await Promise.all(heads.map((head) => m.watch(head, videoCentre(head))));
  try {
    await Promise.all(eyes.map((eye) => until("the video is on the screen", () => eye.pictures > 3, limit(60_000))));
    const [before, seen, t0] = [await times(m, programs), eyes.map((eye) => eye.pictures), Date.now()];
    await interval(seconds * 1000);
    const [t1, pictures, after] = [Date.now(), eyes.map((eye) => eye.pictures), await times(m, programs)];
    return {
      fps: pictures.map((n, i) => ((n - seen[i]!) * 1000) / (t1 - t0)),
      cpu: new Map([...after].map(([name, ms]) => [name, ((ms - (before.get(name) ?? 0)) / (t1 - t0)) * 100])),
    };
  } finally {
    for (const eye of eyes) eye.close();
  }
}

/** The window is at the lower right (test/bench/tools/paint.c). */
function videoCentre(head: Head): { x: number; y: number } {
  const [w, h] = monitors[head]!;
  return { x: w - 40 - video.width / 2, y: h - 40 - video.height / 2 };
}

const paint = `/usr/local/bin/paint video ${video.width} ${video.height} ${video.fps}`;
const putPaint = (m: Machine) =>
  m.sh("cat >/usr/local/bin/paint && chmod 755 /usr/local/bin/paint", { input: readFileSync(join(build, "bench", "bin", "paint")) });

/** Our stations, on one output and on two. */
async function ours(m: Machine): Promise<{ one: Sample[]; two: Sample[]; pss: number }> {
  const programs = ["station-seat", "station-relay", "Xvnc"];
  const found = { one: [] as Sample[], two: [] as Sample[], pss: 0 };
  await putPaint(m);
  await sitDown(m);
  for (const [i, desk] of desks.entries()) {
    await logIn(m, desk);
    await m.sh(`setsid ${await onDisplay(m, desk.person)} ${paint} >/dev/null 2>&1 &`);
    for (let k = 0; k < samples; k++) (i ? found.two : found.one).push(await measure(m, i ? [0, 1] : [0], programs));
    if (!i) found.pss = await memory(m, ["station-seat"]);
  }
  return found;
}

/** An X server for the screen, and a viewer of an Xvnc with the same video. */
async function theirs(m: Machine): Promise<{ one: Sample[]; pss: number }> {
  const programs = ["Xorg", "xtigervncviewer", "Xvnc"];
  const [w, h] = monitors[0]!;
  await putPaint(m);
  await m.monitor(1, 0, 0);
  await m.sh("systemctl stop station-seat@seat0.service stationd.socket stationd.service station-relay.service");
  await m.sh(`export HOME=/root
setsid Xvnc :7 -SecurityTypes None -geometry ${w}x${h} -depth 24 -rfbport 5977 -localhost >/run/xvnc.log 2>&1 &
setsid Xorg :5 vt7 -nolisten tcp >/run/xorg.log 2>&1 &`);
  await until("both X servers are up", () => m.test("[ -e /tmp/.X11-unix/X7 ] && [ -e /tmp/.X11-unix/X5 ]"), limit(60_000));
  await m.sh(`export HOME=/root
DISPLAY=:7 setsid ${paint} >/dev/null 2>&1 &
DISPLAY=:5 setsid xtigervncviewer -FullScreen -SecurityTypes None -Shared localhost::5977 >/run/viewer.log 2>&1 &`);
  const one: Sample[] = [];
  try {
    for (let k = 0; k < samples; k++) one.push(await measure(m, [0], programs));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await m.sh("tail -n 30 /run/xorg.log /run/viewer.log /run/xvnc.log")}`);
  }
  return { one, pss: await memory(m, ["Xorg", "xtigervncviewer"]) };
}

/** What brings the pictures to the screen, without the session's own display server. */
const shows = (s: Sample) => [...s.cpu].filter(([name]) => name !== "Xvnc").reduce((sum, [, v]) => sum + v, 0);
const everything = (s: Sample) => [...s.cpu.values()].reduce((sum, v) => sum + v, 0);
const perPicture = (s: Sample) => (shows(s) * 10) / s.fps.reduce((a, b) => a + b, 0);

export async function seats(): Promise<Row[]> {
  await output([join(top, "test", "bench", "tools", "build")]);
  const machine = await Machine.start("bench");
  try {
    const mine = await ours(machine);
    await machine.fresh();
    const other = await theirs(machine);
    const tell = (name: string, unit: string, what: (s: Sample) => number, target?: number) =>
      row(name, unit, mine.one.map(what), { peer, peerSamples: other.one.map(what), target });
    return [
      tell("seat_fps", `pictures/s of ${video.fps}`, (s) => s.fps[0]!),
      tell("seat_cpu", "% of a core", shows, 1),
      tell("seat_cpu_all", "% of a core, with Xvnc", everything, 1),
      tell("seat_picture", "ms a picture", perPicture, 1),
      row("seat_fps_2", `pictures/s of ${video.fps}, worse of two outputs`, mine.two.map((s) => Math.min(...s.fps))),
      row("seat_cpu_2", "% of a core an output, two outputs", mine.two.map((s) => shows(s) / 2)),
      row("seat_pss", "MB", [mine.pss], { peer, peerSamples: [other.pss], target: 1 }),
    ];
  } finally {
    await machine.stop();
  }
}
