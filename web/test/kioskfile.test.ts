// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { kioskFiles, tar } from "../src/dashboard/kioskfile";

const certificate = { pem: "-----BEGIN CERTIFICATE-----\n", pin: "cGlu", fingerprint: "AB:CD" };
const unpack = (archive: Uint8Array, ...args: string[]) => execFileSync("tar", args, { input: archive, encoding: "utf8", env: { ...process.env, TZ: "UTC" } });

test("the archive is one that tar reads, with the modes of stationctl's files", () => {
  const archive = tar(kioskFiles({ kind: "browser", host: "room12", port: 8443, ticket: "t".repeat(43), certificate }), 1_700_000_000);
  const listed = unpack(archive, "-tvf", "-").trim().split("\n").map((l) => `${l.split(/\s+/).slice(0, 2).join(" ")} ${l.split("/").pop()!}`);
  assert.deepEqual(listed.sort(), [
    "-rw------- root/root ticket", "-rw-r--r-- root/root ca.pem", "-rw-r--r-- root/root pin", "-rw-r--r-- root/root policies.json",
    "-rw-r--r-- root/root stationmaster-kiosk.desktop", "-rw-r--r-- root/root stationmaster-kiosk.service", "-rwxr-xr-x root/root install", "-rwxr-xr-x root/root kiosk",
  ]);
  const policies = JSON.parse(unpack(archive, "-xOf", "-", "stationmaster-kiosk/policies.json")) as { URLAllowlist: string[] };
  assert.deepEqual(policies.URLAllowlist, ["https://room12:8443/station"]);
});

test("a viewer has no policies, and no certificate where an authority has signed it; no place is left open", () => {
  const files = kioskFiles({ kind: "vnc", host: "room12", port: 5900, ticket: "x" });
  assert.deepEqual(files.map((f) => f.name.split("/")[1]).sort(), ["install", "kiosk", "stationmaster-kiosk.desktop", "stationmaster-kiosk.service", "ticket"]);
  assert.ok(files.every((f) => !/@(HOST|PORT)@/.test(f.text)));
  assert.match(files.find((f) => f.name.endsWith("kiosk"))!.text, /"room12::5900"/);
});

test("an RDP client knows a certificate that no authority has signed by its fingerprint, and gets its ticket on no command line", () => {
  const files = kioskFiles({ kind: "rdp", host: "room12", port: 3389, ticket: "secret-ticket", certificate });
  const text = (name: string) => files.find((f) => f.name.endsWith(`/${name}`))!.text;
  assert.deepEqual(files.map((f) => f.name.split("/")[1]).sort(), ["ca.pem", "fingerprint", "install", "kiosk", "stationmaster-kiosk.desktop", "stationmaster-kiosk.service", "ticket"]);
  assert.equal(text("fingerprint"), "AB:CD\n");
  assert.match(text("kiosk"), /"\/v:room12:3389"/);
  assert.doesNotMatch(text("kiosk"), /secret-ticket|\/p:/);
  assert.ok(!kioskFiles({ kind: "rdp", host: "room12", port: 3389, ticket: "x" }).some((f) => /fingerprint|ca\.pem/.test(f.name)));
});
