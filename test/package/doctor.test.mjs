// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl doctor and setup on a system with the packages: each thing that doctor knows is broken, found, explained,
// and mended again. Nobody has a session.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { addUser, ctl, lightDesktop, sh, until } from "./host.mjs";

const CONF = "/etc/stationmaster/conf.d";
const connected = () => until("the relay is connected", async () => JSON.parse(await sh("stationctl system status --json 2>/dev/null || echo {}")).relay);

before(async () => {
  lightDesktop();
  await addUser("doc-adm", "admin-pw-1", "station-admin");
  await addUser("doc-pupil", "pupil-pw-1");
  await sh("mkdir -p /etc/doc-certs");
});
after(async () => {
  for (const name of ["doc-adm", "doc-pupil"]) await sh(`userdel -r ${name}`, { code: null });
  await sh(`rm -rf /usr/share/xsessions/light.desktop /usr/local/bin/light-desktop ${CONF}/*.conf /etc/doc-certs; systemctl reset-failed; systemctl restart station-relay stationd`);
  await connected();
});

async function doctor() {
  const said = await sh("stationctl doctor --json", { code: null });
  const all = JSON.parse(said);
  assert.equal(said.code, all.faults > 0 ? 1 : 0);
  assert.equal(all.findings.filter((f) => f.level === "fault").length, all.faults);
  return all.findings;
}

test("a healthy system has no faults", async () => {
  await connected();
  assert.deepEqual((await doctor()).filter((f) => f.level === "fault"), []);
  const text = String(await sh("stationctl doctor"));
  assert.match(text, /^ok +The settings can be read\.$/m);
  assert.match(text, /^0 faults, \d+ warnings$/m);
});

/** A certificate of these days, by openssl ca: "openssl req" makes no expired ones. */
async function certificate(name, from, until) {
  const d = `/etc/doc-certs/${name}`;
  await sh(`mkdir -p ${d} && cd ${d} && : >index && echo 01 >serial && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=${name}.example -keyout key.pem -out req.pem 2>/dev/null
    printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >ca.cnf
    openssl ca -batch -config ca.cnf -selfsign -keyfile key.pem -in req.pem -startdate ${from} -enddate ${until} -out cert.pem 2>/dev/null
    chgrp station-relay cert.pem key.pem && chmod 640 cert.pem key.pem && chmod 711 .`);
  return { certificate: `${d}/cert.pem`, key: `${d}/key.pem` };
}
const use = (c) => sh(`printf '[tls]\\ncertificate = ${c.certificate}\\nkey = ${c.key}\\n' >${CONF}/tls.conf; systemctl restart station-relay`);

const WAYS = [
  ["a setting that does not exist", { breaks: `printf '[web]\\nlissen = 1\\n' >${CONF}/zz.conf`, mends: `rm ${CONF}/zz.conf`, finds: ["settings", "fault", /zz\.conf:2: there is no setting 'lissen'/] }],
  ["a group is missing", { breaks: "groupmod -n elsewhere station-operator", mends: "groupmod -n station-operator elsewhere", finds: ["groups", "fault", /station-operator .*does not exist/] }],
  ["no administrator", { breaks: "gpasswd -d doc-adm station-admin", mends: "usermod -aG station-admin doc-adm", finds: ["groups", "warning", /Nobody but root/] }],
  ["no desktop", { breaks: "mv /usr/share/xsessions /usr/share/xs", mends: "mv /usr/share/xs /usr/share/xsessions", finds: ["desktop", "fault", /No desktop/, /apt install/] }],
  ["no display server", { breaks: "mv /usr/bin/Xvnc /usr/bin/Xv", mends: "mv /usr/bin/Xv /usr/bin/Xvnc", finds: ["display", "fault", /Xvnc is not there/, /tigervnc/] }],
  ["a PAM file is gone", { breaks: "mv /etc/pam.d/stationmaster /root/p", mends: "mv /root/p /etc/pam.d/stationmaster", finds: ["pam", "fault", /pam\.d\/stationmaster is missing/, /force-confmiss/] }],
  ["a PAM file was changed", { breaks: "cp -a /etc/pam.d/stationmaster /root/p; echo '# mine' >>/etc/pam.d/stationmaster", mends: "mv /root/p /etc/pam.d/stationmaster", finds: ["pam", "warning", /stationmaster was changed/] }],
  ["PAM without logind", { breaks: "cp -a /etc/pam.d/common-session /root/p; sed -i /pam_systemd/d /etc/pam.d/common-session", mends: "mv /root/p /etc/pam.d/common-session", finds: ["pam", "warning", /pam_systemd/] }],
  ["logind does not run", { breaks: "systemctl mask --runtime --now systemd-logind", mends: "systemctl unmask --runtime systemd-logind; systemctl start systemd-logind", finds: ["logind", "fault", /logind does not run/] }],
  ["no fonts", { breaks: "mount -t tmpfs none /usr/share/fonts", mends: "umount /usr/share/fonts", finds: ["fonts", "fault", /no fonts/, /fonts-dejavu/] }],
  ["the disk is full", { breaks: "mount -t tmpfs -o size=1m none /home; dd if=/dev/zero of=/home/full bs=4k 2>/dev/null; true", mends: "umount /home", finds: ["disk", "fault", /\/home is full/] }],
  ["the clock went back", { breaks: "touch -r /var/log/wtmp /root/t; touch -d '+2 days' /var/log/wtmp", mends: "touch -r /root/t /var/log/wtmp; rm /root/t", finds: ["clock", "fault", /clock is wrong.*28\d\d minutes/] }],
  ["no cgroup controllers", {
    breaks: "test ! -e /sys/fs/cgroup/cgroup.controllers || { echo cpu >/root/c; mount --bind /root/c /sys/fs/cgroup/cgroup.controllers; }",
    mends: "test ! -e /sys/fs/cgroup/cgroup.controllers || umount /sys/fs/cgroup/cgroup.controllers", finds: ["cgroups", "warning", /cgroup/],
  }],
  ["no nftables", { breaks: "mv /usr/sbin/nft /usr/sbin/nf", mends: "mv /usr/sbin/nf /usr/sbin/nft", finds: ["nftables", "warning", /nftables is not installed/] }],
  ["no filter of the web", { breaks: "mv /usr/sbin/haproxy /usr/sbin/hap", mends: "mv /usr/sbin/hap /usr/sbin/haproxy", finds: ["web-filter", "warning", /HAProxy.*not installed/, /apt install haproxy/] }],
  ["no resolver for it", { breaks: "mv /usr/sbin/dnsmasq /usr/sbin/dns", mends: "mv /usr/sbin/dns /usr/sbin/dnsmasq", finds: ["web-filter", "warning", /dnsmasq.*not installed/, /dnsmasq-base/] }],
  ["stationd does not answer", { breaks: "systemctl stop stationd.socket stationd-relay.socket stationd-seat.socket stationd.service", mends: "systemctl start stationd.socket stationd-relay.socket stationd-seat.socket stationd", finds: ["stationd", "fault", /does not answer/] }],
  ["the relay is stopped", { breaks: "systemctl stop station-relay", mends: "systemctl start station-relay", finds: ["relay", "fault", /not connected/, /restart station-relay/] }],
  ["a unit is stopped", { breaks: "systemctl stop station-session.socket", mends: "systemctl start station-session.socket", finds: ["units", "fault", /station-session\.socket is inactive/, /enable --now/] }],
  ["a unit is masked", { breaks: "systemctl mask station-session.socket", mends: "systemctl unmask station-session.socket; systemctl restart station-session.socket", finds: ["units", "fault", /masked/, /unmask/] }],
  ["a unit will not start at boot", { breaks: "systemctl disable station-relay", mends: "systemctl enable station-relay", finds: ["units", "warning", /station-relay\.service runs, but/] }],
  ["a folder with the wrong mode", { breaks: "chmod 0755 /run/stationmaster/sessions", mends: "chmod 0711 /run/stationmaster/sessions", finds: ["files", "fault", /sessions: its mode is 0755 instead of 0711/, /chmod 0711/] }],
  ["a socket of somebody else", { breaks: "chown nobody /run/stationmaster/relay.sock", mends: "chown root /run/stationmaster/relay.sock", finds: ["files", "fault", /relay\.sock: it belongs to/, /chown root:station-relay/] }],
  ["another program has the port", {
    breaks: "systemctl stop station-relay; systemd-run --unit=thief node -e 'require(\"net\").createServer().listen(8443)'; for i in $(seq 100); do grep -q ':20FB .* 0A ' /proc/net/tcp /proc/net/tcp6 && break; sleep 0.1; done",
    mends: "systemctl stop thief; systemctl start station-relay", finds: ["ports", "fault", /Port 8443.*in use by another program: \w+ \(process \d+\)/, /\[web\] listen/],
  }],
  ["the pages are not installed", { breaks: "mv /usr/share/stationmaster/web /root/web; systemctl restart station-relay", mends: "mv /root/web /usr/share/stationmaster/web; systemctl restart station-relay", finds: ["https", "fault", /without the pages \(status 503\)/, /stationmaster-web/] }],
  ["an expired certificate", { breaks: async () => use(await certificate("old", "20200101000000Z", "20200201000000Z")), mends: `rm ${CONF}/tls.conf; systemctl restart station-relay`, finds: ["certificate", "fault", /expired \d+ days ago/] }],
  ["a certificate of the future", { breaks: async () => use(await certificate("young", "20400101000000Z", "20410101000000Z")), mends: `rm ${CONF}/tls.conf; systemctl restart station-relay`, finds: ["certificate", "fault", /not valid yet/, /clock/] }],
  ["a key that the relay may not read", {
    breaks: async () => { const c = await certificate("good", "20260101000000Z", "20360101000000Z"); await use(c); await sh(`chmod 600 ${c.key}`); },
    mends: `rm ${CONF}/tls.conf; systemctl restart station-relay`, finds: ["certificate", "fault", /may not read .*key\.pem/, /install -o root -g station-relay/],
  }],
];

const carryOut = (how) => (typeof how === "string" ? sh(how, { code: null }) : how());

for (const [name, { breaks, mends, finds: [check, level, text, todo] }] of WAYS)
  test(`doctor: ${name}`, async () => {
    const fits = (f) => f.check === check && f.level === level && text.test(f.text);
    if (check !== "cgroups") assert.ok(!(await doctor()).some(fits), "not before");
    await carryOut(breaks);
    try {
      const found = await doctor();
      const finding = found.find(fits);
      assert.ok(finding, JSON.stringify(found.filter((f) => f.level !== "ok"), null, 1));
      if (todo) assert.match(finding.todo, todo);
    } finally {
      await carryOut(mends);
    }
    await connected();
    if (check !== "cgroups") assert.ok(!(await doctor()).some(fits), "not after");
  });

test("doctor: a unit that failed tells its last words", async () => {
  writeFileSync(`${CONF}/zz.conf`, "[web]\nlisten = 192.0.2.77:8443\n");
  await sh("systemctl stop station-relay; mkdir -p /run/systemd/system/station-relay.service.d; printf '[Service]\\nRestart=no\\n' >/run/systemd/system/station-relay.service.d/x.conf; systemctl daemon-reload; systemctl start station-relay", { code: null });
  const found = (await doctor()).find((f) => f.check === "units" && f.level === "fault");
  rmSync(`${CONF}/zz.conf`);
  await sh("rm -r /run/systemd/system/station-relay.service.d; systemctl daemon-reload; systemctl reset-failed; systemctl start station-relay");
  assert.match(found.text, /station-relay\.service is failed/);
  assert.match(found.todo, /said last:[^]*192\.0\.2\.77/);
  await connected();
});

test("doctor: a pupil is told less, and no secrets", async () => {
  const said = await sh("runuser -u doc-pupil -- stationctl doctor --json", { code: null });
  const { findings } = JSON.parse(said);
  assert.ok(findings.some((f) => f.check === "stationd" && f.level === "warning"));
  assert.ok(findings.some((f) => f.check === "https" && f.level === "ok"));
});

test("setup: only root", async () => {
  const said = await sh("runuser -u doc-pupil -- stationctl setup --yes", { code: null });
  assert.equal(said.code, 3);
  assert.match(said.err, /sudo stationctl setup/);
});

test("setup: the first administrator, a test, the addresses; again it changes nothing", async () => {
  await sh("gpasswd -d doc-adm station-admin");
  for (const word of ["now", "already"]) {
    const out = String(await sh("stationctl setup --yes --admin doc-adm --test doc-pupil"));
    assert.match(out, new RegExp(`doc-adm is an administrator ${word}\\.`));
    assert.match(out, /A session of doc-pupil was started and logged off\./);
    assert.match(out, /Dashboard: https:\/\/\S+:8443\//);
    assert.match(out, /Certificate: ([0-9A-F]{2}:){31}/);
    assert.match(String(await sh("id -nG doc-adm")), /station-admin/);
    assert.deepEqual(await ctl("session", "list"), []);
  }
  assert.ok(!existsSync(`${CONF}/50-setup.conf`));
});

test("setup: no such account", async () => {
  const said = await sh("stationctl setup --yes --admin nobody-here", { code: null });
  assert.equal(said.code, 4);
  assert.match(said.err, /adduser nobody-here/);
});

test("setup: asks on a terminal", async () => {
  await sh("gpasswd -d doc-adm station-admin");
  const out = String(await sh("printf 'doc-adm\\nn\\n' | script -qec 'stationctl setup' /dev/null"));
  assert.match(out, /first administrator\?/);
  assert.match(out, /doc-adm is an administrator now/);
  assert.match(out, /certificate of your own/);
});

test("setup: a certificate of one's own is looked at before it is taken", async () => {
  const good = await certificate("mine", "20260101000000Z", "20360101000000Z");
  const old = await certificate("gone", "20200101000000Z", "20200201000000Z");
  const refuse = async (c, words) => {
    const said = await sh(`stationctl setup --yes --certificate ${c.certificate} --key ${c.key}`, { code: null });
    assert.equal(said.code, 2, said.err);
    assert.match(said.err, words);
    assert.ok(!existsSync(`${CONF}/50-setup.conf`));
  };
  await refuse({ certificate: good.certificate, key: old.key }, /does not belong to the certificate/);
  await refuse(old, /expired or not valid yet/);
  await refuse({ certificate: "/etc/passwd", key: good.key }, /of no use/);
  await sh(`chmod 600 ${good.key}`);
  await refuse(good, /may not read .*key\.pem.*install -o root -g station-relay -m 0640/);
  await sh(`chmod 640 ${good.key}; cp -a ${good.key} /home/key.pem`);
  await refuse({ certificate: good.certificate, key: "/home/key.pem" }, /\/home.*hidden/);
  await sh("rm /home/key.pem");
  const print = String(await sh(`openssl x509 -in ${good.certificate} -noout -fingerprint -sha256`)).trim().split("=")[1];
  for (const word of [/in use now/, /is in use\./]) {
    const out = String(await sh(`stationctl setup --yes --certificate ${good.certificate} --key ${good.key}`));
    assert.match(out, word);
    assert.ok(out.includes(print), out);
  }
  assert.match(readFileSync(`${CONF}/50-setup.conf`, "utf8"), /certificate = \/etc\/doc-certs\/mine\/cert\.pem/);
});
