// SPDX-License-Identifier: GPL-3.0-or-later
// Pages and POST /api.

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import tls from "node:tls";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Bed, COOKIE, PREFIX, TOKEN } from "./bed.mjs";

let bed;
before(async () => {
  bed = await Bed.start();
});
after(() => bed.stop());

describe("pages", () => {
  test("dashboard, station and assets, over HTTP and HTTPS", async () => {
    for (const secure of [false, true]) {
      const r = await bed.request("/", { secure });
      assert.equal(r.status, 200);
      assert.equal(r.headers["content-type"], "text/html; charset=utf-8");
      assert.match(r.body.toString(), /dashboard/);
      assert.equal(r.headers["cache-control"], "no-cache");
      const s = await bed.request("/station", { secure });
      assert.match(s.body.toString(), /<title>station/);
    }
    const a = await bed.request("/assets/a-1.js", { secure: true });
    assert.equal(a.body.length, 2_000_000);
    assert.equal(a.headers["content-type"], "text/javascript; charset=utf-8");
    assert.equal(a.headers["cache-control"], "public, max-age=31536000, immutable");
  });

  test("what a page cannot know for the files of a thin client: ports, and the certificate as it is shown", async () => {
    for (const secure of [false, true]) {
      const r = await bed.request("/kiosk.json", { secure });
      assert.equal(r.status, 200);
      assert.equal(r.headers["cache-control"], "no-store");
      const told = JSON.parse(r.body);
      assert.deepEqual([told.https_port, told.vnc_port, told.rdp_port], [bed.https, bed.vnc, 0]);
      const x = new X509Certificate(told.certificate.pem);
      const shown = tls.connect({ host: "127.0.0.1", port: bed.https, rejectUnauthorized: false });
      await once(shown, "secureConnect");
      assert.equal(x.fingerprint256, shown.getPeerCertificate().fingerprint256);
      assert.equal(told.certificate.fingerprint, x.fingerprint256);
      shown.destroy();
      const key = x.publicKey.export({ type: "spki", format: "der" });
      assert.equal(told.certificate.pin, createHash("sha256").update(key).digest("base64"));
    }
    const head = await bed.request("/kiosk.json", { method: "HEAD" });
    assert.equal(head.body.length, 0);
  });

  test("every answer carries the security headers", async () => {
    for (const path of ["/", "/assets/a-1.js", "/nothing", "/api/x.Y"]) {
      const { headers } = await bed.request(path);
      assert.equal(
        headers["content-security-policy"],
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
          "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
      );
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 5000);
    }
  });

  test("compressed where the browser takes it, and not modified", async () => {
    const r = await bed.request("/assets/a-1.js", { headers: { "accept-encoding": "deflate, gzip;q=0.8" } });
    assert.equal(r.headers["content-encoding"], "gzip");
    assert.equal(gunzipSync(r.body).length, 2_000_000);
    const no = await bed.request("/assets/a-1.js", { headers: { "accept-encoding": "gzip;q=0, br;q=0" } });
    assert.equal(no.headers["content-encoding"], undefined);
    const same = await bed.request("/", { headers: { "if-none-match": (await bed.request("/")).headers.etag } });
    assert.deepEqual([same.status, same.body.length], [304, 0]);
  });

  test("HEAD has headers and no body", async () => {
    const r = await bed.request("/", { method: "HEAD" });
    assert.deepEqual([r.status, r.body.length], [200, 0]);
    assert.ok(Number(r.headers["content-length"]) > 0);
  });

  test("no path leads out of the pages", async () => {
    for (const path of [
      "/../secret", "/../../../../etc/passwd", "/assets/../../secret", "/assets/..%2f..%2fsecret", "/%2e%2e/secret",
      "/assets/", "/assets", "//secret", "/index.html/../../secret", "/station.html%00", "/.%00./secret", "/secret",
    ]) {
      const r = await bed.request(path).catch(() => ({ status: 0, body: "" })); // hung up on
      assert.notEqual(r.status, 200, path);
      assert.doesNotMatch(r.body.toString(), /not for the web|root:/);
    }
  });

  test("other methods are refused", async () => {
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const r = await bed.request("/", { method }).catch(() => ({ status: 405 })); // cut off is fine, too
      assert.equal(r.status, 405, method);
    }
    assert.equal((await bed.request("/", { method: "POST", headers: { "content-length": 2 }, body: "{}" })).status, 404);
    assert.equal((await bed.request("/api/x.Y")).status, 405);
    assert.equal((await bed.request("/ws/dashboard")).status, 426);
    await bed.alive();
  });

  test("GET /station makes the browser a station once", async () => {
    const r = await bed.request("/station");
    const [cookie] = r.headers["set-cookie"];
    assert.match(cookie, /^station=[\w-]{43}; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=\d+$/);
    const again = await bed.request("/station", { headers: { cookie: `a=b; ${cookie.split(";")[0]} ; c=d` } });
    assert.equal(again.headers["set-cookie"], undefined);
    const bad = await bed.request("/station", { headers: { cookie: "station=short" } });
    assert.ok(bad.headers["set-cookie"]);
  });

  test("one connection for many requests", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 20; i++) assert.equal((await bed.request(i % 2 ? "/" : "/assets/a-1.js", { agent })).status, 200);
    agent.destroy();
  });
});

describe("calls", () => {
  test("go out with the token and come back with the reply", async () => {
    const answered = bed.call("Sessions.List", { x: "ü" }, { cookie: `a=1; ${COOKIE}; station=x` });
    const call = await bed.stationd.take("Sessions.List");
    assert.deepEqual([call.token, call.parameters], [TOKEN, { x: "ü" }]);
    bed.stationd.reply(call, { sessions: [] });
    const r = await answered;
    assert.deepEqual([r.status, r.body], [200, { sessions: [] }]);
    assert.equal(r.headers["cache-control"], "no-store");
  });

  test("errors have the status that the interface says", async () => {
    for (const [error, status] of [
      ["org.varlink.service.InvalidParameter", 400], [`${PREFIX}Unauthenticated`, 401], [`${PREFIX}Sessions.Refused`, 403],
      [`${PREFIX}Login.Denied`, 403], [`${PREFIX}Sessions.NotFound`, 404], ["org.varlink.service.MethodNotFound", 404],
      [`${PREFIX}Sessions.UnknownUser`, 404], [`${PREFIX}Sessions.Failed`, 409], [`${PREFIX}Sessions.Limit`, 429],
      [`${PREFIX}Login.Busy`, 429],
    ]) {
      const answered = bed.call("Sessions.List", {}, { cookie: COOKIE });
      bed.stationd.error(await bed.stationd.take("Sessions.List"), error, { reason: "so" });
      const r = await answered;
      assert.deepEqual([r.status, r.body], [status, { error, parameters: { reason: "so" } }]);
    }
  });

  test("what the page must not do is refused here, stationd never hears of it", async () => {
    const cases = [
      [await bed.call("Sessions.List"), 401],
      [await bed.call("Sessions.List", {}, { cookie: "stationmaster=short" }), 401],
      [await bed.call("Relay.OpenSource", { session: "s1" }, { cookie: COOKIE }), 404],
      [await bed.call("Worker.Describe", {}, { cookie: COOKIE }), 404],
      [await bed.call("../Sessions.List", {}, { cookie: COOKIE }), 404],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { origin: "https://evil.example" } }), 403],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { origin: undefined } }), 403],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { origin: "null" } }), 403],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { origin: `https://127.0.0.1:${bed.http}` } }), 403],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { "content-type": "text/plain" } }), 415],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { "content-type": "application/jsonx" } }), 415],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { "content-type": undefined } }), 415],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, body: JSON.stringify({ x: "y".repeat(65536) }) }), 413],
      [await bed.call("Sessions.List", {}, { cookie: COOKIE, body: JSON.stringify({ x: "y".repeat(900_000) }) }), 413],
      ...(await Promise.all(
        ["", "[]", "{", '{"a":1,"a":2}', '"x"', "null", "[".repeat(60000), '{"a":'.repeat(30), '{"a":"\\u0000"}', "\xff\xfe"].map(
          async (body) => [await bed.call("Sessions.List", {}, { cookie: COOKIE, body }), 400],
        ),
      )),
    ];
    for (const [i, [r, status]] of cases.entries()) {
      assert.equal(r.status, status, `case ${i}: ${JSON.stringify(r.body)}`);
      assert.equal(typeof r.body.error, "string");
    }
    assert.ok(!bed.stationd.calls.has(() => true), "stationd was called");
  });

  test("a page behind the configured proxy is ours", async () => {
    const answered = bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { origin: "https://school.example" } });
    await bed.stationd.answer("Sessions.List", {});
    assert.equal((await answered).status, 200);
  });

  test("an API token goes out with the address, needs no origin, and no cookie counts beside it", async () => {
    const script = `smt_${"s".repeat(43)}`;
    const headers = (authorization, more = {}) => ({ headers: { authorization, origin: undefined, ...more } });
    for (const o of [headers(`Bearer ${script}`), headers(`bearer ${script}`, { cookie: COOKIE, origin: "https://evil.example" })]) {
      const answered = bed.call("Sessions.List", {}, o);
      const call = await bed.stationd.answer("Sessions.List", { sessions: [] });
      assert.deepEqual([call.token, call.from], [script, "127.0.0.1"]);
      assert.equal((await answered).status, 200);
    }
    const answered = bed.call("Sessions.List", {}, { cookie: COOKIE });
    const call = await bed.stationd.answer("Sessions.List", { sessions: [] });
    assert.deepEqual([call.token, call.from], [TOKEN, null]);
    await answered;
  });

  test("what is no API token opens nothing, whatever cookie comes with it", async () => {
    const script = `smt_${"s".repeat(43)}`;
    const wrong = ["Bearer", "Bearer ", `Bearer ${TOKEN}`, `Basic ${script}`, `Bearer ${script}x`, `Bearer ${script.slice(0, -1)}`, `Bearer smt_${"\u00e4".repeat(43)}`, `Bearer ${"x".repeat(2000)}`, script];
    for (const authorization of wrong) {
      const r = await bed.call("Sessions.List", {}, { cookie: COOKIE, headers: { authorization } });
      assert.equal(r.status, 401, authorization.slice(0, 60));
    }
    for (const cookie of [`stationmaster=${script}`, `station=${script}`]) assert.equal((await bed.call("Sessions.List", {}, { cookie })).status, 401, cookie);
    // It is no way in for log-ins, and none around the check of the origin.
    for (const method of ["Login.Start", "Login.Answer", "Login.SignOut"])
      assert.equal((await bed.call(method, { purpose: "dashboard", user: "x" }, { headers: { authorization: `Bearer ${script}`, origin: "https://evil.example" } })).status, 401, method);
    assert.ok(!bed.stationd.calls.has(() => true), "stationd was called");
  });

  test("the version may be asked by anybody", async () => {
    const answered = bed.call("System.Version");
    const call = await bed.stationd.answer("System.Version", { version: "1" });
    assert.equal(call.token, null);
    assert.equal((await answered).body.version, "1");
  });

  test("answers may overtake each other", async () => {
    const slow = bed.call("Jobs.Wait", { job: "j1" }, { cookie: COOKIE });
    const waiting = await bed.stationd.take("Jobs.Wait");
    const quick = bed.call("Sessions.List", {}, { cookie: COOKIE });
    await bed.stationd.answer("Sessions.List", { sessions: [] });
    assert.equal((await quick).status, 200);
    bed.stationd.reply(waiting, { job: {} });
    assert.equal((await slow).status, 200);
  });

  test("who leaves before the answer disturbs nobody", async () => {
    const controller = new AbortController();
    const gone = fetch(`${bed.origin}/api/${PREFIX}Sessions.List`, {
      method: "POST", signal: controller.signal, body: "{}",
      headers: { "content-type": "application/json", origin: bed.origin, cookie: COOKIE },
    }).catch((e) => e.name);
    const call = await bed.stationd.take("Sessions.List");
    controller.abort();
    assert.equal(await gone, "AbortError");
    bed.stationd.reply(call, { sessions: [] });
    await bed.alive();
  });
});

describe("log-in", () => {
  const fits = (c) => c.parameters.user === "karin";

  test("address is the relay's word, the token goes into the cookie only", async () => {
    const answered = bed.call("Login.Start", { purpose: "dashboard", user: "karin", address: "9.9.9.9", station: "vnc-1" });
    const call = await bed.stationd.take("Login.Start", fits);
    assert.deepEqual(call.parameters, { purpose: "dashboard", user: "karin", address: "127.0.0.1" });
    assert.equal(call.token, null);
    bed.stationd.reply(call, { conversation: "c1", prompts: [{ text: "Password: ", echo: false }], messages: [], done: false });
    assert.equal((await answered).headers["set-cookie"], undefined);
    const done = bed.call("Login.Answer", { conversation: "c1", answers: ["secret"] }, { cookie: COOKIE });
    const answer = await bed.stationd.take("Login.Answer");
    assert.equal(answer.token, null);
    bed.stationd.reply(answer, { conversation: "c1", prompts: [], messages: [], done: true, token: TOKEN, user: "karin" });
    const r = await done;
    assert.deepEqual(r.body, { conversation: "c1", prompts: [], messages: [], done: true, user: "karin" });
    assert.deepEqual(r.headers["set-cookie"], [`stationmaster=${TOKEN}; HttpOnly; Secure; SameSite=Strict; Path=/`]);
    assert.ok(!bed.log.includes("secret") && !bed.log.includes(TOKEN), "a secret is in the log");
  });

  test("at a station that is none: refused", async () => {
    const r = await bed.call("Login.Start", { purpose: "station", user: "karin" }, { cookie: `station=${"s".repeat(43)}` });
    assert.equal(r.status, 403);
  });

  test("signing out clears the cookie, even if stationd does not know it", async () => {
    const answered = bed.call("Login.SignOut", {}, { cookie: COOKIE });
    const call = await bed.stationd.take("Login.SignOut");
    assert.equal(call.token, TOKEN);
    bed.stationd.error(call, "Unauthenticated");
    const r = await answered;
    assert.equal(r.status, 200);
    assert.match(r.headers["set-cookie"][0], /^stationmaster=; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=0$/);
  });
});

test("without stationd calls say so, pages go on, and it is found again", async () => {
  const open = bed.call("Jobs.Wait", { job: "j1" }, { cookie: COOKIE });
  await bed.stationd.take("Jobs.Wait");
  bed.stationd.order({ drop: true });
  const r = await open;
  assert.deepEqual([r.status, r.body.error], [502, `${PREFIX}Unavailable`]);
  await bed.alive();
  await bed.stationd.serve();
  await bed.connected();
  const answered = bed.call("System.Version");
  await bed.stationd.answer("System.Version", { version: "1" });
  assert.equal((await answered).status, 200);
});
