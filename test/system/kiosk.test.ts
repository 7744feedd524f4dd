// SPDX-License-Identifier: GPL-3.0-or-later
// Thin clients with nothing but what "stationctl station kiosk-file" makes: a computer of its own, its service
// manager, compositor, Chromium, TigerVNC's viewer and FreeRDP.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { startRdp } from "../harness/rdpclient.js";
import { ThinClient } from "../harness/thin.js";
import type { Station } from "../harness/types.js";
import { until } from "../harness/wait.js";

const SLOW = 120_000;
const ACCENT = 0x0b6b66; // the button "Log in"

describe("thin clients", () => {
  const demo = useDemo("kiosk");
  const password = "Correct-Horse-7";
  let thin: ThinClient;
  let door: Station;

  const named = async (name: string) => (await demo.stations()).find((s) => s.name === name && s.connected);
  const make = async (kind: string, folder: string, name: string) => {
    const r = await demo.ctl(["station", "kiosk-file", kind, folder, "--name", name, "--room", "Library", "--host", "127.0.0.1"]);
    assert.equal(r.code, 0, r.stderr);
    return r.stdout;
  };
  const paint = (user: string, colour: number) => demo.inSession(user, `xsetroot -solid '#${colour.toString(16).padStart(6, "0")}'`);
  const loggedOn = (id: string, user: string) => until(`${user} at ${id}`, async () => {
    const s = await demo.sessionOf(user);
    return s?.state === "active" && s.stations.includes(id);
  }, SLOW);

  /** The card with its button; a page that is just being loaded has none. */
  const greeter = async (picture: string) => {
    await thin.rfb.see("the greeter", (r) => r.shareNear(ACCENT) > 0.01 && r.share(0) < 0.01, SLOW);
    thin.rfb.save(artefact(picture));
  };
  const pressAll = () => {
    for (const keys of [
      ["Control", "t"], ["Control", "n"], ["Control", "Shift", "n"], ["F11"], ["F12"], ["Control", "Shift", "i"], ["Control", "u"], ["Control", "o"], ["Control", "s"], ["Control", "p"],
      ["Control", "h"], ["Control", "j"], ["Shift", "Escape"], ["Control", "Shift", "o"], ["Alt", "f"], ["F10"], ["Alt", "Home"], ["Control", "Alt", "F2"], ["Alt", "Tab"],
    ])
      thin.rfb.press(...keys);
  };

  /** Of two that run, each would end the other's connection again and again. */
  const single = () => until("one script of the kiosk runs, not one for each start", async () =>
    (await thin.sh("pgrep -u kiosk -fc '^/bin/bash /opt/stationmaster-kiosk/kiosk' || true")) === "1", 20_000);

  check(demo, "a browser: what is made starts by itself, enrols by its ticket and shows the greeter", async () => {
    await demo.addUser("t-reader", password, [], "Reader Test");
    await make("browser", "/root/door", "Door");
    thin = await ThinClient.boot(demo, 1);
    assert.match(await thin.install(demo, "/root/door"), /Done\./);
    assert.equal(await thin.sh("stat -c '%a %U' /opt/stationmaster-kiosk/ticket"), "400 kiosk");
    assert.equal(await thin.sh("systemctl is-enabled stationmaster-kiosk"), "enabled");
    await thin.sh("systemctl start stationmaster-kiosk");
    door = await until("the door is a station", () => named("Door"), SLOW);
    assert.deepEqual([door.kind, door.room, door.enrolment, door.scene], ["browser", "Library", "enrolled", "greeter"]);
    await greeter("kiosk-browser-greeter.png");
  }, 240_000);

  check(demo, "who types there is at the station: log in, log off", async () => {
    thin.rfb.type(`t-reader\t${password}\n`);
    await loggedOn(door.id, "t-reader");
    await demo.ctl(["session", "logoff", "t-reader", "--wait"]);
    await until("the greeter is back", async () => (await named("Door"))?.scene === "greeter");
    await greeter("kiosk-browser-again.png");
  }, 120_000);

  check(demo, "nothing that a person can press leads out of it", async () => {
    const kept = thin.remember();
    pressAll();
    thin.rfb.press("Control", "l");
    thin.rfb.pointer(40, 700, 4);
    thin.rfb.pointer(40, 700, 0);
    thin.rfb.press("Escape");
    // What was pressed has been answered when something later is seen.
    await demo.ctl(["station", "identify", door.id]);
    await until("the name over the greeter", () => kept() > 0.04, 30_000);
    await demo.ctl(["station", "identify", door.id, "--off"]);
    await until("the greeter as it was", () => kept() < 0.02, 30_000);
    thin.rfb.save(artefact("kiosk-browser-kept.png"));
    assert.equal((await demo.ctl(["station", "logon", "Door", "t-reader", "--no-password"])).code, 0);
    await loggedOn(door.id, "t-reader");
    pressAll();
    await paint("t-reader", 0x565656);
    await thin.rfb.see("the desktop and nothing over it", (r) => r.shareNear(0x565656) > 0.3, SLOW);
    await demo.ctl(["session", "logoff", "t-reader", "--wait"]);
    assert.equal((await named("Door"))?.id, door.id);
  }, 300_000);

  check(demo, "closed or killed, it is the same station again", async () => {
    await until("the profile has the cookie on the disk", async () =>
      (await thin.exec("grep -aq station /home/kiosk/.local/share/stationmaster-kiosk/Default/Cookies")).code === 0, SLOW);
    for (const end of ["pkill -KILL -u kiosk -x chromium", "systemctl kill -s KILL stationmaster-kiosk", "systemctl restart stationmaster-kiosk"]) {
      await thin.sh(end);
      await until(`away after: ${end}`, async () => !(await named("Door")), 60_000);
      assert.equal((await until(`back after: ${end}`, () => named("Door"), SLOW)).id, door.id);
    }
    assert.deepEqual((await demo.stations()).filter((s) => s.kind === "browser").map((s) => s.id), [door.id], "no second station has come");
  }, 400_000);

  check(demo, "the same keys do lead away where nothing forbids them", async () => {
    await thin.sh("systemctl stop stationmaster-kiosk && mv /etc/chromium/policies/managed/stationmaster-kiosk.json /root/");
    const open = ["chromium", "--no-first-run", "--user-data-dir=/tmp/open", `--ignore-certificate-errors-spki-list=$(cat /opt/stationmaster-kiosk/pin)`, demo.page("/station")];
    await thin.sh(`systemd-run --quiet --collect --unit=open --uid=kiosk -p PAMName=login -E DISPLAY=:91 -E WLR_BACKENDS=x11 -E WLR_RENDERER=pixman cage -d -- ${open.join(" ")}`);
    await greeter("kiosk-open.png");
    const before = thin.remember();
    pressAll();
    await until("they lead away there", () => before() > 0.2, 60_000);
    thin.rfb.save(artefact("kiosk-open-left.png"));
    await thin.sh("systemctl stop open; mv /root/stationmaster-kiosk.json /etc/chromium/policies/managed/ && systemctl start stationmaster-kiosk");
    assert.equal((await until("the door is back", () => named("Door"), SLOW)).id, door.id);
  }, 300_000);

  check(demo, "auto log-on, and a relay that restarts", async () => {
    assert.equal((await demo.ctl(["station", "auto-logon", "Door", "--user", "t-reader"])).code, 0);
    await loggedOn(door.id, "t-reader");
    await paint("t-reader", 0x345678);
    await thin.rfb.see("the desktop", (r) => r.shareNear(0x345678) > 0.3, SLOW);
    thin.rfb.save(artefact("kiosk-browser-desktop.png"));
    await demo.restart("station-relay");
    await until("it is back", () => named("Door"), SLOW);
    await paint("t-reader", 0x785634);
    await thin.rfb.see("the desktop goes on", (r) => r.shareNear(0x785634) > 0.3, SLOW);
    await demo.ctl(["station", "auto-logon", "Door", "--off"]);
    await demo.ctl(["session", "logoff", "t-reader", "--wait"]);
    await thin.sh("systemctl stop stationmaster-kiosk");
  }, 300_000);

  check(demo, "a viewer: the same with TigerVNC, whose menu is shut", async () => {
    await demo.addUser("t-desk", password, [], "Desk Test");
    await make("vnc", "/root/desk", "Desk");
    thin = await ThinClient.boot(demo, 2);
    await thin.install(demo, "/root/desk");
    await thin.sh("systemctl start stationmaster-kiosk");
    const desk = await until("the desk is a station", () => named("Desk"), SLOW);
    assert.deepEqual([desk.kind, desk.room, desk.enrolment], ["vnc", "Library", "enrolled"]);
    await thin.rfb.see("the greeter of a viewer", (r) => r.colours(2) > 40, SLOW);
    thin.rfb.save(artefact("kiosk-viewer-greeter.png"));
    assert.equal((await demo.ctl(["station", "auto-logon", "Desk", "--user", "t-desk"])).code, 0);
    await loggedOn(desk.id, "t-desk");
    await paint("t-desk", 0x345678);
    await thin.rfb.see("the desktop", (r) => r.shareNear(0x345678) > 0.3, SLOW);
    for (const keys of [["F8"], ["Control", "Alt", "m"], ["F11"], ["Control", "Alt", "Return"], ["Control", "Alt", "F2"]]) thin.rfb.press(...keys);
    await paint("t-desk", 0x785634);
    await thin.rfb.see("nothing stands over it", (r) => r.shareNear(0x785634) > 0.3, SLOW);
    await demo.restart("station-relay");
    await until("it is back", () => named("Desk"), SLOW);
    assert.equal((await named("Desk"))!.id, desk.id);
    await paint("t-desk", 0x345678);
    await thin.rfb.see("the desktop goes on", (r) => r.shareNear(0x345678) > 0.3, SLOW);
    await thin.sh("pkill -KILL -u kiosk -x 'xtigervncviewer|vncviewer'");
    await until("it is back once more", async () => (await named("Desk"))?.id === desk.id, SLOW);
    await thin.sh("systemctl restart stationmaster-kiosk");
    await until("away with its service", async () => !(await named("Desk")), 60_000);
    await until("back with its service", async () => (await named("Desk"))?.id === desk.id, SLOW);
    await single();
    thin.rfb.save(artefact("kiosk-viewer-desktop.png"));
  }, 400_000);

  check(demo, "an RDP client: the same with FreeRDP, which knows the certificate and tells nobody its ticket", async () => {
    await startRdp(demo);
    await demo.addUser("t-client", password, [], "Client Test");
    await make("rdp", "/root/client", "Client");
    thin = await ThinClient.boot(demo, 3);
    await thin.install(demo, "/root/client");
    await thin.sh("systemctl start stationmaster-kiosk");
    const client = await until("the client is a station", () => named("Client"), SLOW);
    assert.deepEqual([client.kind, client.room, client.enrolment], ["rdp", "Library", "enrolled"]);
    await greeter("kiosk-client-greeter.png");
    const ticket = await thin.sh("cat /opt/stationmaster-kiosk/ticket");
    assert.ok(ticket.length > 40);
    assert.equal(await thin.sh("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -cF -f /opt/stationmaster-kiosk/ticket || true"), "0");
    thin.rfb.type(`t-client\t${password}\n`);
    await loggedOn(client.id, "t-client");
    await paint("t-client", 0x345678);
    await thin.rfb.see("the desktop", (r) => r.shareNear(0x345678) > 0.3, SLOW);
    for (const keys of [["Control", "Alt", "Return"], ["Control", "Alt", "c"], ["Control", "Alt", "m"], ["F11"], ["Control", "Alt", "F2"]]) thin.rfb.press(...keys);
    await paint("t-client", 0x785634);
    await thin.rfb.see("nothing stands over it", (r) => r.shareNear(0x785634) > 0.3, SLOW);
    thin.rfb.save(artefact("kiosk-client-desktop.png"));
    await demo.ctl(["session", "logoff", "t-client", "--wait"]);
    await greeter("kiosk-client-again.png");
    for (const end of ["pkill -KILL -u kiosk -x xfreerdp", "systemctl kill -s KILL stationmaster-kiosk", "systemctl restart stationmaster-kiosk"]) {
      await thin.sh(end);
      await until(`away after: ${end}`, async () => !(await named("Client")), 60_000);
      assert.equal((await until(`back after: ${end}`, () => named("Client"), SLOW)).id, client.id);
    }
    await single();
    await demo.restart("station-relay");
    assert.equal((await until("back after the relay", () => named("Client"), SLOW)).id, client.id);
  }, 400_000);

  check(demo, "another certificate than the one it knows gets no ticket from an RDP client", async () => {
    await thin.sh("systemctl stop stationmaster-kiosk");
    await until("it is away", async () => !(await named("Client")), 60_000);
    // FreeRDP keeps a list of those that it found right, too.
    await thin.sh("rm /home/kiosk/.config/freerdp/known_hosts2; sed -i 's/^../00/' /opt/stationmaster-kiosk/fingerprint && systemctl start stationmaster-kiosk");
    await until("it refused twice", async () => Number(await thin.sh("journalctl -b -o cat --no-pager | grep -ci 'certificate not trusted' || true")) >= 2, 60_000);
    assert.equal(await named("Client"), undefined);
    await thin.sh("systemctl stop stationmaster-kiosk");
  }, 120_000);
});
