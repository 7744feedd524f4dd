// SPDX-License-Identifier: GPL-3.0-or-later
// What a person gets who starts the relay with a configuration that cannot work.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { statSync, readFileSync, writeFileSync, rmSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { after, before, test } from "node:test";
import { X509Certificate } from "node:crypto";
import { Bed, within } from "./bed.mjs";

let bed;
before(async () => {
  bed = await Bed.start({ run: false, stationd: false });
});
after(() => rmSync(bed.dir, { recursive: true, force: true }));

const good = () => `[web]\nlisten = 127.0.0.1:${bed.https}\nroot = ${bed.dir}/web\n[vnc]\nlisten = 127.0.0.1:${bed.vnc}\n`;

/** Starts with this configuration; it must end by itself. */
async function fails(conf, code, ...words) {
  bed.configure(conf);
  const end = await bed.run();
  if (end === "listening") await bed.kill("SIGKILL");
  assert.deepEqual(end, { code, signal: null }, bed.log);
  for (const w of words) assert.match(bed.log, w);
}

test("a broken line: file, line, reason", async () => {
  await fails("[web]\nlisten\n", 2, /stationmaster\.conf:2: /);
  await fails("[web]\nlisten = 127.0.0.1:1\nlissen = x\n", 2, /stationmaster\.conf:3: there is no setting 'lissen' in section \[web\]/);
});

test("a port in use: which, and what to do", async () => {
  for (const [what, port] of [["HTTPS", bed.https], ["VNC", bed.vnc]]) {
    const s = net.createServer();
    s.listen(port, "127.0.0.1");
    await once(s, "listening");
    await fails(good(), 1, new RegExp(`cannot listen for ${what} on 127\\.0\\.0\\.1:${port}: the port is in use.*choose another port`));
    s.close();
    await once(s, "close");
  }
});

test("no clear text but on loopback", async () => {
  for (const address of ["0.0.0.0:1234", ":1234", "[::]:1234", "192.0.2.1:1234", "8.8.8.8:1234"])
    await fails(good() + `[web]\nclear-listen = ${address}\n`, 1, /refusing to listen.*unencrypted.*loopback/);
});

test("an address that is a name, or not there", async () => {
  await fails(good().replace(/127.0.0.1:\d+/, "school.example:8443"), 2, /stationmaster\.conf:2: .*must be a numeric address and a port/);
  await fails(good().replace(/127.0.0.1:\d+/, "8443"), 2, /stationmaster\.conf:2: .*must be a numeric address and a port/);
  await fails(good().replace(/127.0.0.1:\d+/, "192.0.2.77:8443"), 1, /does not have that address/);
});

test("a certificate that is none, or not the key's", async () => {
  const file = (name, text) => writeFileSync(`${bed.dir}/${name}`, text);
  const pem = (name) => ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`,
    "-keyout", `${bed.dir}/${name}.key`, "-out", `${bed.dir}/${name}.pem`];
  for (const n of ["a", "b"]) execFileSync("openssl", ["req", ...pem(n)], { stdio: "ignore" });
  file("bad.pem", "no certificate");
  const conf = (c, k) => good() + `[tls]\ncertificate = ${bed.dir}/${c}\nkey = ${bed.dir}/${k}\n`;
  await fails(conf("none.pem", "a.key"), 1, /certificate .*none\.pem is of no use/);
  await fails(conf("bad.pem", "a.key"), 1, /certificate .*bad\.pem is of no use/);
  await fails(conf("a.pem", "none.key"), 1, /key .*none\.key is of no use/);
  await fails(conf("a.pem", "b.key"), 1, /key .*b\.key does not belong to the certificate|of no use.*mismatch/);
  await fails(good() + `[tls]\ncertificate = ${bed.dir}/a.pem\n`, 1, /belong together/);
  bed.configure(conf("a.pem", "a.key"));
  assert.equal(await bed.run(), "listening");
  assert.equal((await certificate()).subject, "CN=a");
  await bed.kill("SIGTERM");
});

async function certificate(options = {}) {
  const s = tls.connect({ host: "127.0.0.1", port: bed.https, rejectUnauthorized: false, ...options });
  s.on("error", () => {}); // a refused one may report twice
  await within(once(s, "secureConnect"), "TLS");
  const c = new X509Certificate(s.getPeerCertificate().raw);
  c.protocol = s.getProtocol();
  s.destroy();
  return c;
}

test("without a certificate one is made, once, for this computer alone", async () => {
  bed.configure(good());
  assert.equal(await bed.run(), "listening");
  const c = await certificate();
  assert.match(c.subjectAltName, /DNS:localhost.*IP Address:127\.0\.0\.1/);
  assert.equal(c.publicKey.asymmetricKeyDetails.namedCurve, "prime256v1");
  assert.ok(c.checkHost("localhost"));
  assert.equal(c.ca, false);
  for (const f of ["key.pem", "certificate.pem"]) assert.equal(statSync(`${bed.dir}/state/${f}`).mode & 0o777, 0o600);
  const pem = readFileSync(`${bed.dir}/state/certificate.pem`, "utf8");
  await bed.kill("SIGTERM");
  await bed.run();
  assert.equal(readFileSync(`${bed.dir}/state/certificate.pem`, "utf8"), pem);
  assert.equal((await certificate()).fingerprint256, c.fingerprint256);
});

test("TLS 1.2 and 1.3, nothing older", async () => {
  for (const v of ["TLSv1.2", "TLSv1.3"]) assert.equal((await certificate({ minVersion: v, maxVersion: v })).protocol, v);
  for (const v of ["TLSv1", "TLSv1.1"])
    await assert.rejects(certificate({ minVersion: v, maxVersion: v, ciphers: "ALL:@SECLEVEL=0" }), v);
});

test("SIGTERM and SIGINT end it with 0", async () => {
  assert.deepEqual(await bed.kill("SIGINT"), { code: 0, signal: null }, bed.log);
});

test("pages that are not installed say so, and stop nothing else", async () => {
  bed.configure(good().replace(/root = .*/, `root = ${bed.dir}/nothing`) + `[web]\nclear-listen = 127.0.0.1:${bed.http}\n`);
  assert.equal(await bed.run(), "listening");
  assert.match(bed.log, /the pages cannot be read from/);
  const r = await bed.request("/");
  assert.equal(r.status, 503);
  assert.match(r.body.toString(), /not installed.*\[web\] root/);
  assert.deepEqual(await bed.kill("SIGTERM"), { code: 0, signal: null });
});
