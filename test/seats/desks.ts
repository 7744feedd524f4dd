// SPDX-License-Identifier: GPL-3.0-or-later
// Two desks in front of the machine: who sits where, what these people do, and how it is seen that it was right.
import assert from "node:assert/strict";
import { anna, ben, monitors, outputId, people, type Head, type Hub, type LocalStation, type Machine, type Person } from "../harness/machine.js";
import { interval, limit, NotYet, until } from "../harness/wait.js";

export const seat = "station-seat@seat0.service";

export interface Desk {
  person: Person;
  head: Head;
  at: Hub;
  station: string;
}
export const desks: readonly Desk[] = [
  { person: anna, head: 0, at: "A", station: "local-1" },
  { person: ben, head: 1, at: "B", station: "local-2" },
];

export async function station(m: Machine, id: string): Promise<LocalStation> {
  const found = (await m.stations()).find((s) => s.id === id);
  if (!found) throw new NotYet(await m.stations());
  return found;
}

export function stationIs(m: Machine, id: string, wanted: Partial<LocalStation>, timeout = limit(30_000)): Promise<LocalStation> {
  return until(`${id} is ${JSON.stringify(wanted)}`, async () => {
    const s = await station(m, id);
    for (const [key, value] of Object.entries(wanted)) {
      if (JSON.stringify(s[key as keyof typeof s]) !== JSON.stringify(value)) throw new NotYet(s);
    }
    return s;
  }, timeout);
}

/** These people see their own desktops, and nothing of anybody else's. */
export async function atWork(m: Machine, at: readonly Desk[] = desks, timeout = limit(30_000)): Promise<void> {
  for (const { person, head } of at) {
    const picture = await m.see(`output ${head} shows the desktop of ${person.name}`, head, (p) => p.share(person.colour) > 0.9, timeout);
    for (const other of people) if (other !== person) assert.equal(picture.share(other.colour, picture.all, 1), 0, `output ${head} shows something of ${other.name}`);
  }
}

/** Key presses that have reached a person's session. */
const keys = async (m: Machine, person: Person) => Number(await m.sh(`grep -cE '^EVENT type 13 ' /home/${person.name}/events || true`));

/** What is typed at a keyboard comes to one session and to no other. */
export async function typesOnly(m: Machine, at: Hub, reached: Person | undefined, text = "qwertz"): Promise<void> {
  const before = new Map(await Promise.all(people.map(async (p) => [p, await keys(m, p)] as const)));
  await m.type(at, text);
  if (reached) await until(`${text} has come to ${reached.name}`, async () => (await keys(m, reached)) === before.get(reached)! + text.length, limit(20_000), () => keys(m, reached));
  else await interval(limit(500)); // what must not come is waited for as long as others need
  for (const p of people) if (p !== reached) assert.equal(await keys(m, p), before.get(p), `${p.name} has got keys of keyboard ${at}`);
}

/** The text of a virtual terminal. */
export const terminal = (m: Machine, number: number) => m.sh(`tr -d ' \\0' </dev/vcs${number}`);

/** The output shows the same for a moment: what was asked for is there. */
export async function rests(m: Machine, head: Head): Promise<void> {
  await until(`output ${head} rests`, async () => {
    const before = await m.screen(head);
    await interval(limit(200));
    return before.equals(await m.screen(head));
  }, limit(20_000));
}

export async function logIn(m: Machine, { at, head, person, station: id }: Desk): Promise<void> {
  await m.see(`output ${head} shows the greeter`, head, (p) => p.share(0xffffff) > 0.05);
  await rests(m, head);
  await m.type(at, `${person.name}\n`);
  await rests(m, head);
  // An emulated keyboard that waits for its turn repeats keys: people would type the password again, too.
  await until(`${person.name} has a session`, async () => {
    await m.type(at, `${person.password}\n`);
    return until("a session", () => m.sessionOf(person.name), limit(3000)).catch(() => false);
  }, limit(60_000));
  const session = await until("the session is at the station", async () => {
    const s = await m.sessionOf(person.name);
    return s?.state === "active" && s.stations.join() === id && s;
  }, limit(40_000), () => m.sessionOf(person.name));
  assert.equal((await station(m, id)).session, session.id);
  await until("its events are written down", () => m.test(`pgrep -u ${person.name} -x xinput`), limit(60_000));
}

/** Each screen asks for its keyboard, and gets it. */
export async function sitDown(m: Machine): Promise<void> {
  await stationIs(m, "local-1", { mapping: "keyboard" }, limit(60_000));
  await m.press("A", "spc");
  await stationIs(m, "local-1", { mapping: "done" });
  await stationIs(m, "local-2", { mapping: "keyboard" });
  await m.press("B", "spc");
  await stationIs(m, "local-2", { mapping: "done" });
}

/** Runs a command with the display of a person. */
export async function onDisplay(m: Machine, person: Person): Promise<string> {
  const session = (await m.sessionOf(person.name))!;
  return `runuser -u ${person.name} -- env DISPLAY=${session.display} XAUTHORITY=/run/stationmaster/sessions/${session.id}/display/xauthority`;
}

export const paintDesktop = async (m: Machine, person: Person, colour: number): Promise<string> =>
  `${await onDisplay(m, person)} xsetroot -solid '#${colour.toString(16).padStart(6, "0")}'`;

/** What the machine's settings file has besides; the programs that read it are started again by the caller. */
export const settings = (m: Machine, text: string) => m.sh("cat >/etc/stationmaster/conf.d/test.conf", { input: text });

export { anna, ben, monitors, outputId };
