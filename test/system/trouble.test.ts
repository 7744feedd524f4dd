// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong on a real computer: programs missing, desktops that fail, no free display, ports taken,
// settings that are wrong, full disks. Each time: words that say what to do, and nothing else is lost.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { ApiError } from "../harness/agent.js";
import { http } from "../harness/api.js";
import { logIn, StationTab } from "../harness/browser.js";
import { activeSession, gone } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { until } from "../harness/wait.js";

describe("trouble", () => {
  const demo = useDemo("trouble", { sessions: 2 });
  const pupil = (i: number) => demo.pupils[i]!;

  async function failure(user: string, desktop?: string): Promise<ApiError> {
    await fresh(user);
    const result = await demo.startSession(user, desktop).catch((e: Error) => e);
    assert.ok(result instanceof ApiError, `started in spite of it: ${JSON.stringify(result)} ${String(result)}`);
    return result;
  }

  /** No trace of a session that did not start. */
  async function clean(user: string): Promise<void> {
    await until(`nothing of ${user} runs`, async () => (await demo.pids(user, "Xvnc|Xtigervnc|openbox|sleep")).length === 0);
    assert.equal(await demo.sessionOf(user), undefined);
    await until("logind has no session of theirs", async () => !(await demo.sh("loginctl list-sessions --no-legend")).split("\n").some((l) => l.includes(` ${user} `)));
    const ids = (await demo.sessions()).map((s) => s.id);
    const folders = (await demo.sh("ls /run/stationmaster/sessions")).split("\n").filter(Boolean);
    assert.deepEqual(folders.filter((f) => !ids.includes(f)), [], "a folder is left");
  }

  /** No session of theirs is left over from a test before. */
  const fresh = async (user: string) => {
    if (await demo.sessionOf(user)) await demo.ctl(["session", "logoff", user, "--wait"]);
  };

  const witness = async () => assert.equal((await demo.sessionOf(pupil(0).name))?.user, pupil(0).name, "another session was lost");

  check(demo, "accounts for it", async () => {
    for (const n of ["a", "b", "c"]) await demo.addUser(`t-${n}`, `Trouble-Pass-${n}`);
  });

  check(demo, "unknown user, unknown desktop", async () => {
    const user = await failure("t-nobody");
    assert.equal(user.error, "org.stationmaster.Sessions.UnknownUser");
    assert.match(String(user.parameters["reason"]), /t-nobody/);
    const desktop = await failure("t-a", "no-such-desktop");
    assert.match(JSON.stringify(desktop.parameters), /no-such-desktop/);
    await clean("t-a");
  });

  check(demo, "a desktop whose program is missing", async () => {
    await demo.write("/usr/share/xsessions/t-missing.desktop", "[Desktop Entry]\nType=Application\nName=Missing\nExec=/usr/bin/no-such-program --session\n");
    const error = await failure("t-a", "t-missing");
    assert.equal(error.error, "org.stationmaster.Sessions.Failed");
    assert.match(JSON.stringify(error.parameters), /no-such-program/);
    await clean("t-a");
    await demo.write("/usr/share/xsessions/t-tryexec.desktop", "[Desktop Entry]\nType=Application\nName=Hidden\nExec=openbox\nTryExec=no-such-program\n");
    const status = await demo.call<{ desktops: { id: string }[] }>("System.Status");
    assert.ok(!status.desktops.some((d) => d.id === "t-tryexec"), "a desktop whose TryExec is missing is offered");
  });

  check(demo, "a desktop that exits at once is reported with its last lines, and not started again and again", async () => {
    await demo.write("/usr/local/bin/t-quits", "#!/bin/bash\necho x >>/tmp/t-quits.count; echo 'first line'; echo 'cannot find my theme: t-theme' >&2; exit 3\n", "755");
    await demo.write("/usr/share/xsessions/t-quits.desktop", "[Desktop Entry]\nType=Application\nName=Quits\nExec=/usr/local/bin/t-quits\n");
    const error = await failure("t-a", "t-quits");
    assert.equal(error.error, "org.stationmaster.Sessions.Failed");
    assert.match(String(error.parameters["output"]), /cannot find my theme: t-theme/);
    assert.ok(String(error.parameters["reason"]).length > 20, String(error.parameters["reason"]));
    await clean("t-a");
    assert.equal(await demo.sh("wc -l </tmp/t-quits.count"), "1");
    const ctl = await demo.ctl(["session", "start", "t-a", "--desktop", "t-quits"]);
    assert.equal(ctl.code, 1);
    assert.match(ctl.stderr, /cannot find my theme/);
    assert.equal(await demo.sh("wc -l </tmp/t-quits.count"), "2");
    await witness();
  });

  check(demo, "the person at the station sees it, too", async () => {
    const station = await StationTab.open(demo);
    await station.greeter();
    const options = await station.page.locator("select[name=desktop]").locator("option").evaluateAll((o) => o.map((x) => (x as HTMLOptionElement).value));
    assert.ok(options.includes("t-quits"), options.join(" "));
    await station.page.locator("select[name=desktop]").selectOption("t-quits");
    await logIn(station.page, { name: "t-b", password: "Trouble-Pass-b" });
    const alert = station.page.getByRole("alert");
    await alert.filter({ hasText: "cannot find my theme" }).waitFor({ timeout: 20_000 });
    await station.screenshot("station-failed");
    // and can do better at once
    await station.page.locator("select[name=desktop]").selectOption("openbox");
    await logIn(station.page, { name: "t-b", password: "Trouble-Pass-b" });
    await station.desktop();
    await demo.ctl(["session", "logoff", "t-b", "--wait"]);
    await station.close();
  });

  check(demo, "the display server is missing, or ends at once", async () => {
    await demo.sh("for p in Xvnc Xtigervnc; do mv /usr/bin/$p /usr/bin/$p.away; done 2>/dev/null; ! command -v Xvnc");
    try {
      const error = await failure("t-a");
      assert.equal(error.error, "org.stationmaster.Sessions.Failed");
      assert.match(JSON.stringify(error.parameters), /Xvnc|tigervnc/i);
      await clean("t-a");
      await demo.write("/usr/bin/Xvnc", "#!/bin/bash\necho 'Fatal server error: could not open default font' >&2\nexit 1\n", "755");
      const second = await failure("t-a");
      assert.match(String(second.parameters["output"]), /could not open default font/);
      await clean("t-a");
    } finally {
      await demo.sh("rm -f /usr/bin/Xvnc; for p in Xvnc Xtigervnc; do [ ! -e /usr/bin/$p.away ] && [ ! -L /usr/bin/$p.away ] || mv /usr/bin/$p.away /usr/bin/$p; done");
    }
    await demo.startSession("t-a");
    await demo.ctl(["session", "logoff", "t-a", "--wait"]);
    await witness();
  });

  check(demo, "a display server that dies: the session ends, the reason is told, no other suffers", async () => {
    const station = await StationTab.open(demo, { name: "t-c", password: "Trouble-Pass-c" });
    const session = await activeSession(demo, "t-c");
    await demo.sh(`pkill -9 -u t-c -x 'Xvnc|Xtigervnc'`);
    await station.greeter();
    assert.ok((await station.page.locator(".note").first().innerText()).length > 10);
    await gone(demo, session);
    await station.close();
    await witness();
  });

  check(demo, "display numbers in use by others are stepped over; none free is said", async () => {
    const first = Number((await demo.sessions()).map((s) => s.display.slice(1)).sort((a, b) => Number(a) - Number(b))[0]);
    assert.ok(first > 0);
    // Another X server, not ours, has the next numbers.
    const taken = Array.from({ length: 6 }, (_, i) => first + 2 + i);
    await demo.sh(taken.map((n) => `echo "         1" >/tmp/.X${n}-lock; touch /tmp/.X11-unix/X${n}`).join("\n"));
    await fresh("t-a");
    const session = await demo.startSession("t-a");
    assert.ok(!taken.includes(Number(session.display.slice(1))), session.display);
    assert.ok(await demo.test(`[ -f /tmp/.X11-unix/X${taken[0]} ]`), "a foreign display's socket was removed");
    await demo.ctl(["session", "logoff", "t-a", "--wait"]);
    await demo.sh(taken.map((n) => `rm -f /tmp/.X${n}-lock /tmp/.X11-unix/X${n}`).join("\n"));
  });

  check(demo, "a broken setting: file, line and reason; the daemon refuses to start; sessions run on", async () => {
    const before = (await demo.sessions()).map((s) => s.id);
    let cleanup: () => Promise<unknown> = () => Promise.resolve();
    try {
    for (const [daemon, section, broken] of [["stationd", "session", "desktop-timeout = soon"], ["stationd", "nonsense", "x = 1"], ["station-relay", "vnc", "listen = 999.1.1.1:seven"], ["station-relay", "web", "colour = red"]] as const) {
      await demo.write("/etc/stationmaster/conf.d/zz-broken.conf", `# a comment\n[${section}]\n${broken}\n`);
      cleanup = () => demo.sh(`rm -f /etc/stationmaster/conf.d/zz-broken.conf; systemctl reset-failed ${daemon}.service; systemctl restart ${daemon}.service`);
      const result = await demo.exec(["systemctl", "restart", `${daemon}.service`]);
      const state = await until(`${daemon} has given up`, async () => {
        const s = await demo.sh(`systemctl is-active ${daemon}.service || true`);
        return /failed|activating/.test(s) && s;
      }, 5000);
      assert.ok(result.code !== 0 || /failed|activating/.test(state));
      const log = await demo.sh(`journalctl -u ${daemon}.service -b --no-pager -o cat | tail -20`);
      const line = section === "nonsense" ? 2 : 3;
      assert.match(log, new RegExp(`zz-broken\\.conf[^0-9]*[23]`), `${daemon} with "${broken}" says:\n${log}`);
      assert.match(log, new RegExp(`zz-broken\\.conf\\D*(${line}|3)`), log);
      await cleanup();
    }
    } finally {
      await cleanup();
    }
    await until("all is back", async () => (await demo.call<{ relay: boolean }>("System.Status")).relay);
    assert.deepEqual((await demo.sessions()).map((s) => s.id), before);
  });

  check(demo, "a port that is taken: which one, and by what means to change it", async () => {
    const port = demo.vnc.port;
    await demo.sh("systemctl stop station-relay.service");
    const thief = demo.exec(["perl", "-MIO::Socket::INET", "-e", `$s = IO::Socket::INET->new(LocalAddr => "${demo.vnc.host}", LocalPort => ${port}, Listen => 1, ReuseAddr => 1) or die; open F, ">/run/t-thief"; print F $$; close F; sleep 60`], { timeout: 70_000 });
    await until("the port is taken", () => demo.test("[ -s /run/t-thief ]"));
    await demo.exec(["systemctl", "start", "station-relay.service"]);
    const log = await until("the relay says so", async () => {
      const text = await demo.sh("journalctl -u station-relay.service -b --no-pager -o cat | tail -20");
      return new RegExp(`${port}[^]*(in use|taken)|(in use|taken)[^]*${port}`).test(text) && text;
    }, 8000);
    assert.match(log, /listen|stationmaster\.conf/);
    await demo.sh("kill $(cat /run/t-thief)");
    await thief;
    await demo.sh("systemctl reset-failed station-relay.service; systemctl start station-relay.service");
    await until("the relay is back", async () => (await demo.call<{ relay: boolean }>("System.Status")).relay);
    await witness();
  }, 90_000);

  check(demo, "/var/lib full: log-in and log-off still work, and it is said", async () => {
    await demo.sh("mkdir -p /run/t-keep && cp -a /var/lib/stationmaster/. /run/t-keep/ && systemctl stop stationd.service && mount -t tmpfs -o size=256k,mode=700 tmpfs /var/lib/stationmaster && cp -a /run/t-keep/. /var/lib/stationmaster/ 2>/dev/null; chmod --reference=/run/t-keep /var/lib/stationmaster; chown --reference=/run/t-keep /var/lib/stationmaster; systemctl start stationd.service; cat /dev/zero >/var/lib/stationmaster/filler 2>/dev/null; true");
    try {
      await until("stationd answers", async () => (await demo.sessions()).length > 0);
      await fresh("t-a");
    const session = await demo.startSession("t-a");
      const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { sessions: [session.id] });
      const done = await demo.finished(job);
      assert.match(done.targets[0]!.state, /^(done|forced)$/);
      await gone(demo, session);
      const log = await demo.sh("journalctl -u stationd.service -b --no-pager -o cat");
      assert.match(log, /full|No space|ENOSPC/i);
    } finally {
      await demo.sh("systemctl stop stationd.service; umount -l /var/lib/stationmaster; systemctl reset-failed stationd.service; systemctl start stationd.service");
    }
    await until("stationd answers", async () => (await demo.sessions()).length > 0);
    await witness();
  });

  check(demo, "/run full: a new session is refused with words, the others live on, and it works again afterwards", async () => {
    await fresh("t-a");
    await demo.sh("mount -o remount,size=$(($(df -k --output=used /run | tail -1) + 512))k /run; cat /dev/zero >/run/t-filler 2>/dev/null; for i in $(seq 2000); do : >/run/t-f$i || break; done 2>/dev/null; true");
    let error: Error | undefined;
    try {
      error = await demo.startSession("t-a").then(() => undefined, (e: Error) => e);
    } finally {
      await demo.sh("rm -f /run/t-filler /run/t-f*; mount -o remount,size=256m /run");
    }
    assert.ok(error instanceof ApiError, `with a full /run: ${String(error)}`);
    assert.match(error.message, /space|full/i);
    await clean("t-a");
    await witness();
    await demo.startSession("t-a");
    await demo.ctl(["session", "logoff", "t-a", "--wait"]);
  });

  check(demo, "a home that is missing or not the user's", async () => {
    await demo.sh("mv /home/t-b /home/t-b.away");
    const result = await demo.startSession("t-b").catch((e: Error) => e);
    if (result instanceof Error) {
      assert.match(result.message, /home/i);
      await clean("t-b");
    } else await demo.ctl(["session", "logoff", "t-b", "--wait"]);
    await demo.sh("mv /home/t-b.away /home/t-b");
    await witness();
  });

  check(demo, "no certificate can be read: the relay says which file", async () => {
    const conf = "[tls]\ncertificate = /nowhere/cert.pem\nkey = /nowhere/key.pem\n";
    const known = await demo.sh("grep -hoE '^#? ?(certificate|key) ?=.*' /etc/stationmaster/stationmaster.conf || true");
    if (!known) return;
    await demo.write("/etc/stationmaster/conf.d/zz-tls.conf", conf);
    await demo.exec(["systemctl", "restart", "station-relay.service"]);
    await until("the relay names the file", async () => /\/nowhere\/|zz-tls\.conf/.test(await demo.sh("journalctl -u station-relay.service -b --no-pager -o cat | tail -20")));
    await demo.sh("rm /etc/stationmaster/conf.d/zz-tls.conf; systemctl reset-failed station-relay.service; systemctl restart station-relay.service");
    await until("the relay is back", async () => (await http(demo, "/").catch(() => undefined))?.status === 200);
  });

  check(demo, "stationctl without stationd: exit code 5 and what to do", async () => {
    await demo.sh("systemctl stop station-relay.service stationd.socket stationd-relay.socket stationd-seat.socket stationd.service");
    const result = await demo.ctl(["session", "list"]);
    await demo.sh("systemctl start stationd.socket stationd-relay.socket stationd-seat.socket stationd.service station-relay.service");
    assert.equal(result.code, 5);
    assert.match(result.stderr, /stationd/);
    await until("back", async () => (await demo.sessions()).length > 0);
  });
});
