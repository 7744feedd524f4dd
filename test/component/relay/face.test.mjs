// SPDX-License-Identifier: GPL-3.0-or-later
// What the relay shows the network: certificates that change under open connections, what holds browsers to HTTPS,
// cookies, and whom a proxy may speak for.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import tls from "node:tls";
import { after, before, test } from "node:test";
import { Bed, within } from "./bed.mjs";

let bed;
before(async () => {
  bed = await Bed.start({ run: false });
});
after(async () => {
  await bed.stationd.stop();
  rmSync(bed.dir, { recursive: true, force: true });
});

const openssl = (...args) => execFileSync("openssl", args, { cwd: bed.dir, stdio: ["ignore", "pipe", "ignore"] });

/** A certificate authority, and certificates of it: what browsers would know. */
function issue(name, days = "90") {
  try {
    statSync(`${bed.dir}/ca.pem`);
  } catch {
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=School CA", "-keyout", "ca.key", "-out", "ca.pem");
  }
  openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days, "-out", `${name}.pem`);
}

const config = () => bed.defaults() + `[tls]\ncertificate = ${bed.dir}/live.pem\nkey = ${bed.dir}/live.key\n`;

function install(name) {
  for (const end of ["key", "pem"]) {
    copyFileSync(`${bed.dir}/${name}.${end}`, `${bed.dir}/live.${end}.new`);
    renameSync(`${bed.dir}/live.${end}.new`, `${bed.dir}/live.${end}`);
  }
}

/** A TLS connection to a port, kept open. */
async function connect(port = bed.https, options = {}) {
  const s = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  s.on("error", () => {});
  await within(once(s, "secureConnect"), "TLS");
  return s;
}

async function subject(options) {
  const s = await connect(bed.https, options);
  const { subject: name } = new X509Certificate(s.getPeerCertificate().raw);
  s.destroy();
  return name;
}

async function said(words) {
  await within((async () => {
    while (!words.test(bed.log)) await once(bed.child.stderr, "data");
  })(), `${words} in the log`);
}

async function get(s, headers = "") {
  s.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${bed.https}\r\n${headers}\r\n`);
  let text = "";
  while (!text.includes("</title>")) text += (await once(s, "data", { signal: AbortSignal.timeout(10_000) }))[0];
  return text;
}

test("new files are taken by themselves; what is open goes on", async () => {
  for (const name of ["first", "second", "third"]) issue(name);
  install("first");
  bed.configure(config());
  assert.equal(await bed.run(), "listening");
  await bed.stationd.serve();
  await bed.connected();
  const open = await connect();
  assert.match(await get(open), /200 OK/);
  assert.equal(await subject(), "CN=first");
  install("second");
  await said(/live\.pem is in use/);
  assert.equal(await subject(), "CN=second");
  assert.match(await get(open), /200 OK/, "the connection from before");
});

test("SIGHUP looks at once", async () => {
  install("third");
  bed.log = "";
  bed.child.kill("SIGHUP");
  await said(/live\.pem is in use/);
  assert.equal(await subject(), "CN=third");
});

test("broken files: said in words, the certificate before stays", async () => {
  for (const [content, words] of [["no certificate", /certificate .*live\.pem is of no use.*the certificate before stays in use/],
    ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", /of no use.*stays in use/], ["", /of no use.*stays in use/]]) {
    bed.log = "";
    writeFileSync(`${bed.dir}/live.pem`, content);
    bed.child.kill("SIGHUP");
    await said(words);
    assert.equal(await subject(), "CN=third");
  }
  bed.log = "";
  copyFileSync(`${bed.dir}/first.pem`, `${bed.dir}/live.pem`); // whose key is not there
  bed.child.kill("SIGHUP");
  await said(/(does not belong to|of no use).*stays in use/);
  assert.equal(await subject(), "CN=third");
  bed.log = "";
  install("first");
  await said(/live\.pem is in use/);
  assert.equal(await subject(), "CN=first");
});

test("ciphers: forward secrecy and authenticated encryption, nothing else", async () => {
  for (const c of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
    assert.equal(await subject({ maxVersion: "TLSv1.2", ciphers: c }), "CN=first", c);
  for (const c of ["ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "NULL"])
    await assert.rejects(subject({ maxVersion: "TLSv1.2", ciphers: `${c}:@SECLEVEL=0` }), c);
  for (const v of ["TLSv1", "TLSv1.1"]) await assert.rejects(subject({ minVersion: v, maxVersion: v, ciphers: "ALL:@SECLEVEL=0" }), v);
});

test("a certificate of an authority: browsers are held to HTTPS", async () => {
  const s = await connect();
  assert.match(await get(s), /\r\nStrict-Transport-Security: max-age=31536000\r\n/);
  s.destroy();
  assert.equal((await bed.request("/")).headers["strict-transport-security"], undefined, "not in clear");
});

test("no page may run what it did not bring", async () => {
  const s = await connect();
  const page = await get(s);
  const csp = /\r\nContent-Security-Policy: ([^\r]*)/.exec(page)[1];
  assert.doesNotMatch(csp, /unsafe|\*|https?:/);
  for (const rule of ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(csp.includes(rule), rule);
  s.destroy();
});

test("over TLS cookies are this host's alone, and only they count", async () => {
  const s = await connect();
  s.write(`GET /station HTTP/1.1\r\nHost: 127.0.0.1:${bed.https}\r\n\r\n`);
  const page = String((await once(s, "data"))[0]);
  s.destroy();
  const cookie = /Set-Cookie: (__Host-station=[\w-]{43}); HttpOnly; Secure; SameSite=Strict; Path=\/;/.exec(page);
  assert.ok(cookie, page);
  const call = async (name) => {
    const c = await connect();
    const body = "{}";
    c.write(`POST /api/org.stationmaster.Sessions.List HTTP/1.1\r\nHost: 127.0.0.1:${bed.https}\r\nOrigin: https://127.0.0.1:${bed.https}\r\nContent-Type: application/json\r\nCookie: ${name}=${"A".repeat(43)}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    const answer = String((await once(c, "data", { signal: AbortSignal.timeout(10_000) }))[0]);
    c.destroy();
    return answer;
  };
  assert.match(await call("stationmaster"), /^HTTP\/1\.1 401/, "one that a neighbouring host can set");
  const [answer, asked] = await Promise.all([call("__Host-stationmaster"), bed.stationd.answer("Sessions.List", { sessions: [] })]);
  assert.match(answer, /^HTTP\/1\.1 200/);
  assert.equal(asked.token, "A".repeat(43));
});

/** The address that stationd is told for a log-in with this header. */
async function address(forwarded) {
  const [, call] = await Promise.all([
    bed.call("Login.Start", { purpose: "dashboard", user: "anna" }, { headers: forwarded ? { "x-forwarded-for": forwarded } : {} }),
    bed.stationd.answer("Login.Start", { conversation: "c", prompts: [], messages: [], done: false }),
  ]);
  return call.parameters.address;
}

test("X-Forwarded-For of somebody who is no proxy is not believed", async () => {
  assert.equal(await address("198.51.100.7"), "127.0.0.1");
});

test("a proxy that the settings name speaks for others; the last word that is not its own counts", async () => {
  await bed.kill("SIGTERM");
  bed.configure(config().replace("[vnc]", "proxy = 127.0.0.1, 2001:db8::5\n[vnc]"));
  assert.equal(await bed.run(), "listening");
  await bed.stationd.serve();
  await bed.connected();
  assert.equal(await address("198.51.100.7"), "198.51.100.7");
  assert.equal(await address("10.0.0.1, 198.51.100.8"), "198.51.100.8", "what came before the browser has made up");
  assert.equal(await address("198.51.100.9, 2001:db8:0::5, 127.0.0.1"), "198.51.100.9", "two proxies");
  for (const nonsense of ["unknown", "1.2.3.4.5", "a".repeat(300), ",,,", "127.0.0.1"]) assert.equal(await address(nonsense), "127.0.0.1", nonsense);
  assert.equal(await address(), "127.0.0.1");
});

test("a proxy that is no address is an error of the settings", async () => {
  await bed.kill("SIGTERM");
  bed.configure(config().replace("[vnc]", "proxy = proxy.example\n[vnc]"));
  assert.deepEqual(await bed.run(), { code: 1, signal: null });
  assert.match(bed.log, /\[web\] proxy takes .* numeric addresses.*'proxy\.example'/);
});

test("self-signed: no Strict-Transport-Security, which would lock people out", async () => {
  bed.configure(bed.defaults());
  bed.stationd.calls.clear(); // of the one that did not start
  assert.equal(await bed.run(), "listening");
  await bed.stationd.serve();
  await bed.connected();
  const s = await connect();
  assert.doesNotMatch(await get(s), /Strict-Transport/);
  s.destroy();
});

test("the certificate made by ourselves is renewed in its last month", async () => {
  const file = `${bed.dir}/state/certificate.pem`;
  const before = readFileSync(file, "utf8");
  bed.log = "";
  bed.child.kill("SIGHUP");
  await said(/certificate\.pem is in use/);
  assert.equal(readFileSync(file, "utf8"), before, "years left: it stays");
  openssl("req", "-x509", "-key", "state/key.pem", "-days", "20", "-subj", "/CN=old", "-out", "state/certificate.pem");
  await said(/about to expire; a new one was made/);
  const made = new X509Certificate(readFileSync(file));
  assert.ok(Date.parse(made.validTo) - Date.now() > 9 * 365 * 86_400_000, made.validTo);
  assert.notEqual(made.subject, "CN=old");
  assert.equal(await subject(), made.subject);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(await bed.kill("SIGTERM"), { code: 0, signal: null });
});
