// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a thin client in one tar archive, the same that "stationctl station kiosk-file" makes, of the same
// templates. Pure.

import browser from "../../../data/kiosk/browser?raw";
import client from "../../../data/kiosk/client?raw";
import install from "../../../data/kiosk/install?raw";
import policies from "../../../data/kiosk/policies.json?raw";
import desktop from "../../../data/kiosk/stationmaster-kiosk.desktop?raw";
import unit from "../../../data/kiosk/stationmaster-kiosk.service?raw";
import viewer from "../../../data/kiosk/viewer?raw";

/** GET /kiosk.json; a port of 0: there are no such stations. certificate: only one that no authority has signed. */
export interface Offer {
  https_port: number;
  vnc_port: number;
  rdp_port: number;
  certificate?: { pem: string; pin: string; fingerprint: string };
}

export interface Wanted {
  kind: "browser" | "vnc" | "rdp";
  host: string;
  port: number;
  ticket: string;
  certificate?: Offer["certificate"];
}

export interface TarFile {
  name: string;
  mode: number;
  text: string;
}

export const FOLDER = "stationmaster-kiosk";

export function kioskFiles(w: Wanted): TarFile[] {
  const fill = (text: string) => text.replaceAll("@HOST@", w.host).replaceAll("@PORT@", String(w.port));
  const isBrowser = w.kind === "browser";
  const script = { browser, vnc: viewer, rdp: client }[w.kind];
  const files: TarFile[] = [
    { name: "ticket", mode: 0o600, text: w.ticket },
    { name: "kiosk", mode: 0o755, text: fill(script) },
    { name: "install", mode: 0o755, text: fill(install) },
    { name: `${FOLDER}.desktop`, mode: 0o644, text: fill(desktop) },
    { name: `${FOLDER}.service`, mode: 0o644, text: fill(unit) },
  ];
  if (isBrowser) files.push({ name: "policies.json", mode: 0o644, text: fill(policies) });
  if (w.certificate) files.push({ name: "ca.pem", mode: 0o644, text: w.certificate.pem });
  if (w.certificate && isBrowser) files.push({ name: "pin", mode: 0o644, text: `${w.certificate.pin}\n` });
  if (w.certificate && w.kind === "rdp") files.push({ name: "fingerprint", mode: 0o644, text: `${w.certificate.fingerprint}\n` });
  return files.map((f) => ({ ...f, name: `${FOLDER}/${f.name}` }));
}

const BLOCK = 512;

/** POSIX.1-1988, "ustar": header and content in blocks of 512 bytes, two empty ones at the end. */
export function tar(files: readonly TarFile[], mtime: number): Uint8Array {
  const encoder = new TextEncoder();
  const bodies = files.map((f) => encoder.encode(f.text));
  const out = new Uint8Array(bodies.reduce((n, b) => n + BLOCK + Math.ceil(b.length / BLOCK) * BLOCK, 2 * BLOCK));
  let at = 0;
  files.forEach((f, i) => {
    const body = bodies[i]!;
    const header = out.subarray(at, at + BLOCK);
    const put = (offset: number, text: string) => header.set(encoder.encode(text), offset);
    const octal = (n: number, digits: number) => n.toString(8).padStart(digits, "0");
    put(0, f.name);
    put(100, `${octal(f.mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`); // mode, owner, group
    put(124, `${octal(body.length, 11)}\0${octal(mtime, 11)}\0`);
    put(148, "        0"); // the checksum counts as blanks; a plain file
    put(257, "ustar\x0000root"); // magic, version, owner
    put(297, "root");
    put(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
    out.set(body, at + BLOCK);
    at += BLOCK + Math.ceil(body.length / BLOCK) * BLOCK;
  });
  return out;
}
