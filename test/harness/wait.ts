// SPDX-License-Identifier: GPL-3.0-or-later
// Tests wait for a state, never for a time: until() asks again and again until the answer is there or the
// deadline has passed, and then says what it saw last.
import { cpus, loadavg } from "node:os";
import { inspect } from "node:util";

export const second = 1000;

/**
 * A limit that the product must keep, in ms, on a machine that does nothing else. Where more processes want
 * to run than there are processors, it is stretched by as much: the tests must not fail because a neighbour builds.
 */
export function limit(ms: number): number {
  return ms * Math.max(1, loadavg()[0]! / cpus().length);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class Late extends Error {}

/** Thrown by a probe to say "not yet", with what it sees. */
export class NotYet extends Error {
  constructor(readonly seen: unknown) {
    super("not yet");
  }
}

export type Probe<T> = () => T | undefined | false | null | Promise<T | undefined | false | null>;

/**
 * Resolves with the first truthy answer of the probe. An exception of the probe counts as "not yet" and is
 * told if the deadline passes; what cannot become true any more should be thrown as a Late.
 */
export async function until<T>(what: string, probe: Probe<T>, timeout = 10 * second, seen?: () => unknown): Promise<T> {
  const end = Date.now() + timeout;
  let step = 10;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      if (error instanceof Late) throw error;
      last = error instanceof NotYet ? error.seen : error;
    }
    if (Date.now() >= end) break;
    await pause(Math.min(step, Math.max(1, end - Date.now())));
    step = Math.min(step * 1.5, 100);
  }
  const state = seen ? await seen() : last;
  throw new Late(`${what}: not within ${timeout} ms; last seen: ${inspect(state, { depth: 6, breakLength: 110 })}`);
}

/** Checks that the probe stays true for a while: for "nothing else noticed". */
export async function throughout(what: string, ms: number, probe: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + ms;
  do {
    if (!(await probe())) throw new Error(`${what}: did not stay so for ${ms} ms`);
    await pause(50);
  } while (Date.now() < end);
}

/** A measured interval: the only place where time itself is what is waited for. */
export const interval = pause;

/** Promise that fails after ms. */
export function within<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
