// SPDX-License-Identifier: GPL-3.0-or-later
// A class of twenty sessions, a third of it for each hand of the teacher, with a browser station and a VNC
// station among them.
import { before, describe } from "node:test";
import { StationTab } from "./browser.js";
import { activeSession } from "./core.js";
import { check, useDemo, type Demo } from "./demo.js";
import { Hand, handKinds, type HandKind } from "./hands.js";
import { fillRoom, tidyUp, VncSeat, type Person } from "./room.js";
import type { Session } from "./types.js";
import { until } from "./wait.js";

const ofEachHand = 6;
const names = ["Anna Berger", "Ben Cohen", "Cem Demir", "Dana Evers", "Eli Fuchs", "Femi Girard", "Greta Hansen", "Hugo Ivanov", "Inês Jardim", "Jonas Keller",
  "Kofi Lindqvist", "Lena Marković", "Milo Novák", "Nora O'Brien", "Omar Petrov", "Paula Quiroga", "Quentin Roux", "Rosa Schmidt", "Samir Tahiri", "Tilda Ulrich"];

/** What the acts of one hand are tried on. */
export interface Part {
  kind: HandKind;
  hand: Hand;
  /** Six pupils. The first sits at the browser station, the second at the VNC station, the others at none. */
  p: Person[];
  station: StationTab;
  seat: VncSeat;
}

export interface Class {
  demo: Demo;
  everybody: Person[];
}

/** Twenty pupils with a session each. */
export function useClass(file: string): Class {
  const demo = useDemo(file);
  const room: Class = { demo, everybody: [] };
  before(async () => {
    room.everybody = await fillRoom(demo, 0, names.map((full_name, i) => ({ name: `t-p${i}`, role: "standard", full_name })));
    const waiting = [...room.everybody];
    await Promise.all(Array.from({ length: 5 }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await demo.startSession(next.name);
    }));
  }, { timeout: 180_000 });
  return room;
}

/** The same tests for each hand, each with a dashboard, stations and pupils of its own. afresh: before each hand begins. */
export function byEachHand(room: Class, tests: (part: Part) => void, afresh: () => Promise<void> = async () => undefined): void {
  const { demo } = room;
  for (const [i, kind] of handKinds.entries()) {
    void describe(kind === "keyboard" ? "by keyboard alone" : `by ${kind}`, () => {
      const part = { kind } as Part;
      tidyUp(demo, () => [part.seat]);
      before(async () => {
        await afresh();
        part.p = room.everybody.slice(i * ofEachHand, (i + 1) * ofEachHand);
        [part.hand, part.station, part.seat] = await Promise.all([
          Hand.open(kind, demo, demo.account("operator")),
          StationTab.open(demo, undefined, { width: 800, height: 500, touch: kind === "touch" }),
          VncSeat.open(demo, part.p[1]!),
        ]);
        await until("twenty tiles", async () => (await part.hand.dash.tiles()) === 20);
        await part.station.greeter();
        await part.station.logIn(part.p[0]!, () => part.station.shows(part.p[0]!.colour));
        await part.seat.see(part.p[1]!);
      }, { timeout: 60_000 });
      tests(part);
      check(demo, "no page had anything to complain about", async () => {
        const problems = [...part.hand.dash.problems, ...part.station.problems];
        await Promise.all([part.hand.close(), part.station.close()]);
        part.seat.close();
        if (problems.length) throw new Error(problems.join("\n"));
      });
    });
  }
}

export async function sessionOf(room: Class, person: Person): Promise<Session> {
  return until(`${person.name} has a session`, () => room.demo.sessionOf(person.name));
}

export { activeSession };

/** Titles and classes of the windows of a session, as the display server knows them. */
export async function windowsOf(room: Class, person: Person): Promise<string> {
  const session = await sessionOf(room, person);
  const folder = `/run/stationmaster/sessions/${session.id}/display`;
  return room.demo.sh(`DISPLAY=${session.display} XAUTHORITY=${folder}/xauthority xwininfo -root -tree`, { user: person.name });
}
