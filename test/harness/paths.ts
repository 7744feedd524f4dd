// SPDX-License-Identifier: GPL-3.0-or-later
// Where things are. Compiled files lie in BUILD/test/harness.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const compiled = join(dirname(fileURLToPath(import.meta.url)), "..");
export const top = join(compiled, "..", "..");
export const build = process.env["STATIONMASTER_BUILD"] ?? join(top, "build");
export const artefacts = join(build, "artefacts");

/** Path of an artefact; its folder exists. */
export function artefact(name: string): string {
  const path = join(artefacts, name);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}
