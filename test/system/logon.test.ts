// SPDX-License-Identifier: GPL-3.0-or-later
// Stations whose identity is fixed, accounts that are logged on there by themselves, and people whom a
// supervisor logs on: with real accounts and PAM, a browser station and TigerVNC's viewer.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { Rfb } from "../harness/rfb.js";
import { Viewer } from "../harness/viewer.js";
import { until } from "../harness/wait.js";
import type { Station } from "../harness/types.js";

interface Result { station: string; name: string; user: string; session: string; state: string; reason: string }

describe("logged on by others", () => {
  const demo = useDemo("logon");
  const password = "Correct-Horse-7";
  const enrolledStation = async () => (await demo.stations()).find((s) => s.enrolment === "enrolled" && s.kind === "browser");
  const shows = (id: string, user: string) => until(`${id} shows ${user}`, async () => {
    const session = await demo.sessionOf(user);
    return session?.stations.includes(id) && session.state === "active" ? session : undefined;
  }, 60_000);
  let tab: StationTab;
  let station: Station;

  check(demo, "a browser is enrolled with the PIN on its screen, and then logs an account on by itself", async () => {
    await demo.addUser("t-guest", password, [], "Guest Test");
    tab = await StationTab.open(demo);
    await tab.greeter();
    await tab.page.locator("[data-enrol]").click();
    const pin = await tab.page.locator("[data-pin]").getAttribute("data-pin");
    await tab.screenshot("station-pin");
    const asking = await until("the station asks", async () => (await demo.stations()).find((s) => s.enrolment === "asked"));
    assert.ok(!JSON.stringify(await demo.stations()).includes(pin!));
    const wrong = await demo.ctl(["station", "enrol", asking.id, pin === "000000" ? "000001" : "000000"]);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /not the PIN/);
    assert.match((await demo.ctl(["station", "auto-logon", asking.id, "--user", "t-guest"])).stdout, /refused[^]*enrol it first/);
    station = await demo.ctlJson<Station>(["station", "enrol", asking.id, pin!, "--name", "Window 3", "--room", "Library"]);
    assert.deepEqual([station.name, station.enrolment], ["Window 3", "enrolled"]);
    const [set] = await demo.ctlJson<Result[]>(["station", "auto-logon", "Window 3", "--user", "t-guest"]);
    assert.equal(set!.state, "done");
    await tab.page.locator("[data-auto=t-guest]").waitFor();
    await tab.screenshot("station-auto");
    await shows(station.id, "t-guest");
    await tab.desktop();
  }, 120_000);

  check(demo, "after a log-off it waits, and a key gives the greeter to somebody else", async () => {
    await demo.addUser("t-own", password);
    await demo.ctl(["session", "logoff", "t-guest", "--wait"]);
    await tab.page.locator("[data-auto=t-guest]").waitFor();
    await tab.page.keyboard.press("Shift");
    await tab.page.locator("[data-auto]").waitFor({ state: "detached" });
    await tab.logIn({ name: "t-own", password });
    await shows(station.id, "t-own");
    await demo.ctl(["session", "logoff", "t-own", "--wait"]);
    await shows(station.id, "t-guest");
  }, 150_000);

  check(demo, "PAM is asked each time: an account that has expired is told of at the greeter", async () => {
    await demo.sh("chage -E 0 t-guest");
    await demo.ctl(["session", "logoff", "t-guest", "--wait"]);
    await until("the station says why", async () => (await enrolledStation())?.auto_failure, 60_000);
    await tab.page.getByText("Auto log-on of t-guest did not work.").waitFor();
    await tab.screenshot("station-auto-failed");
    assert.equal(await demo.sessionOf("t-guest"), undefined);
    await demo.sh("chage -E -1 t-guest");
    await demo.ctl(["station", "auto-logon", station.id, "--off"]);
  }, 120_000);

  check(demo, "a viewer with a ticket is the same station wherever it comes from, and its session waits for it", async () => {
    await demo.addUser("t-kiosk", password, [], "Kiosk Test");
    await demo.ctl(["station", "kiosk-file", "vnc", "/root/kiosk", "--name", "Door", "--room", "Library", "--host", "school.example"]).then((r) => assert.equal(r.code, 0, r.stderr));
    const files = await demo.sh("cd /root/kiosk && stat -c '%a %n' * && bash -n kiosk && sh -n install && grep -c school.example::5900 kiosk && openssl x509 -in ca.pem -noout && stat -c %a .");
    assert.match(files, /^644 ca\.pem\n755 install\n755 kiosk\n644 stationmaster-kiosk\.desktop\n644 stationmaster-kiosk\.service\n600 ticket\n1\n700$/m);
    const ticket = (await demo.sh("cat /root/kiosk/ticket")).trim();
    const login = { user: "@station", password: ticket };
    const first = await Viewer.open(demo, { login });
    const door = await until("the door's station is there", async () => (await demo.stations()).find((s) => s.name === "Door" && s.connected));
    assert.deepEqual([door.kind, door.room, door.enrolment], ["vnc", "Library", "enrolled"]);
    await demo.ctl(["station", "auto-logon", door.id, "--user", "t-kiosk"]);
    const session = await shows(door.id, "t-kiosk");
    await demo.inSession("t-kiosk", "xsetroot -solid '#345678'");
    await first.rfb.see("the desktop in the viewer", (r) => r.share(0x345678) > 0.3);
    first.rfb.save(artefact("kiosk-vnc.png"));
    await first.close();
    const second = await Viewer.open(demo, { login });
    await second.rfb.see("its session again", (r) => r.share(0x345678) > 0.3);
    assert.deepEqual((await demo.stations()).filter((s) => s.name === "Door").map((s) => s.id), [door.id]);
    assert.equal((await demo.sessionOf("t-kiosk"))!.id, session.id);
    await second.close();
    // A stranger from the same address, and one who guesses.
    const stranger = await Viewer.open(demo);
    await until("another station", async () => (await demo.stations()).some((s) => s.kind === "vnc" && s.connected && s.id !== door.id));
    await stranger.close();
    const guess = await Rfb.connect(demo.vnc, { login: { user: `@${door.id}`, password: "g".repeat(43) } }).then(() => "let in", (e: Error) => e.message);
    assert.match(guess, /ticket is not known/);
    assert.ok(!(await demo.journal()).includes(ticket), "the journal knows no ticket");
    await demo.ctl(["station", "auto-logon", door.id, "--off"]);
    await demo.ctl(["session", "logoff", "t-kiosk", "--wait"]);
  }, 180_000);

  check(demo, "people are logged on from a table, each by PAM, with a result for each", async () => {
    await demo.addUser("t-exam1", password, [], "Exam One");
    await demo.addUser("t-exam2", password, [], "Exam Two");
    const other = await StationTab.open(demo);
    await other.greeter();
    const second = await until("the other station", async () => (await demo.stations()).find((s) => s.connected && s.kind === "browser" && s.id !== station.id));
    const wrong = "Not-The-Right-One-5";
    const table = (last: string) => `station;user;password\nWindow 3;t-exam1;${password}\n"${second.id}";t-exam2;"${last}"\n`;
    await demo.write("/root/exam.csv", table(wrong), "600");
    const run = await demo.ctl(["station", "logon", "--file", "/root/exam.csv", "--json"], undefined);
    assert.equal(run.code, 1, run.stderr);
    const results = JSON.parse(run.stdout) as Result[];
    assert.deepEqual(results.map((r) => [r.user, r.state]), [["t-exam1", "done"], ["t-exam2", "failed"]]);
    assert.match(results[1]!.reason, /password is not right/);
    await activeSession(demo, "t-exam1");
    await tab.desktop();
    await demo.write("/root/exam.csv", table(password), "600");
    const again = JSON.parse((await demo.ctl(["station", "logon", "--file", "/root/exam.csv", "--json"])).stdout) as Result[];
    assert.deepEqual(again.map((r) => r.state), ["refused", "done"]);
    assert.match(again[0]!.reason, /logged on there already/);
    await shows(second.id, "t-exam2");
    await other.desktop();
    const told = (await demo.journal()) + JSON.stringify(await demo.call("Audit.List", {}));
    assert.ok(!told.includes(wrong) && !told.includes(password), "no password is in the journal or the audit");
    await demo.ctl(["session", "logoff", "--all", "--wait"]);
    await other.close();
  }, 150_000);

  check(demo, "a stolen cookie is worth nothing once the station is unenrolled", async () => {
    await demo.ctl(["station", "auto-logon", station.id, "--user", "t-guest"]);
    await shows(station.id, "t-guest");
    assert.equal((await demo.ctl(["station", "unenrol", station.id])).code, 0);
    await tab.greeter(30_000);
    assert.equal(await enrolledStation(), undefined);
    assert.equal((await demo.sessionOf("t-guest"))!.state, "suspended");
    await tab.page.reload();
    await tab.greeter();
    await tab.page.locator("[data-enrol]").waitFor();
    assert.equal(await tab.page.locator("[data-auto]").count(), 0);
    await tab.close();
  }, 90_000);
});
