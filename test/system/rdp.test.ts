// SPDX-License-Identifier: GPL-3.0-or-later
// RDP stations through the packaged xrdp, with FreeRDP: the greeter, credentials of the client, the size, the
// clipboard's and the keyboard's way, what a supervisor does; who the station is; and who cannot get at xrdp's side.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { connect as connectTls } from "node:tls";
import { tcp } from "../harness/attack.js";
import { activeSession, suspendedSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { RdpClient, rdpPort, startRdp } from "../harness/rdpclient.js";
import { block, fillRoom, keys, ready, unblock, type Person } from "../harness/room.js";
import { run } from "../harness/process.js";
import { until, within } from "../harness/wait.js";

describe("rdp", () => {
  const demo = useDemo("rdp");
  let people: Person[];

  before(async () => {
    people = await fillRoom(demo, 4);
    await startRdp(demo);
  }, { timeout: 120_000 });

  const station = async (name: string) => (await demo.stations()).find((s) => s.kind === "rdp" && s.name === name);
  const shows = (client: RdpClient, p: { colour: number }) => client.rfb.see(`the desktop of colour ${p.colour.toString(16)}`, (r) => r.shareNear(p.colour, 8) > 0.3, 15_000);
  const greeter = (client: RdpClient) => client.rfb.see("the greeter", (r) => r.colours() > 8 && people.every((p) => r.shareNear(p.colour, 8) < 0.05), 15_000);

  check(demo, "without credentials the greeter is shown, and one logs in by typing", async () => {
    const [anna] = people as [Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-1" });
    await until("the station is known by the client's name", () => station("lab-pc-1"), 20_000);
    await greeter(client);
    client.rfb.save(artefact("greeter-rdp.png"));
    client.rfb.click(300, 300);
    client.rfb.type(`${anna.name}\n`);
    await until("the name was taken", async () => {
      const seen = Buffer.from(client.rfb.pixels);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return seen.equals(client.rfb.pixels);
    });
    client.rfb.type(`${anna.password}\n`);
    await activeSession(demo, anna.name);
    await ready(demo, anna);
    await shows(client, anna);
    // More than 1280 x 720, which the picture has before the client's size is known: down to the corner.
    await client.rfb.see("the whole desktop", (r) => r.shareNear(anna.colour, 8) > 0.95 * (1200 * 800) / (r.width * r.height), 15_000);
    client.rfb.save(artefact("desktop-rdp.png"));
    // Or systemd ends it, and every client with it, after the time that a unit has to start.
    assert.equal(await demo.sh("systemctl is-active station-rdp-pixels.service"), "active");
    const pressed = await keys(demo, anna);
    client.rfb.click(600, 400);
    client.rfb.type("hello");
    await until("keys and pointer reach the session", async () =>
      (await keys(demo, anna)) >= pressed + 5 && await demo.test(`grep -qE '^EVENT type 15 ' /home/${anna.name}/events`));
    await client.close();
    await suspendedSession(demo, anna.name);
  }, 90_000);

  check(demo, "with credentials one is logged in at once; log-off by a supervisor leads to the greeter", async () => {
    const [, ben] = people as [Person, Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-2", login: ben, size: { width: 1024, height: 700 } });
    const session = await ready(demo, ben);
    await shows(client, ben);
    await until("the session has the client's size", () =>
      demo.test(`su ${ben.name} -c 'XAUTHORITY=/run/stationmaster/sessions/${session.id}/display/xauthority DISPLAY=${session.display} xdpyinfo' | grep -q 'dimensions: *1024x700'`), 15_000);
    assert.equal((await station("lab-pc-2"))?.session, session.id);
    await block(demo, "root", { users: [ben.name] }, "Look at the board, please");
    await client.rfb.see("the block", (r) => r.shareNear(ben.colour, 8) < 0.01);
    client.rfb.save(artefact("block-rdp.png"));
    await unblock(demo, "root", { users: [ben.name] });
    await shows(client, ben);
    // Blocked until it is logged off, so that no key can be late.
    await block(demo, "root", { users: [ben.name] });
    await client.rfb.see("the block", (r) => r.shareNear(ben.colour, 8) < 0.01);
    const pressed = await keys(demo, ben);
    client.rfb.type("escape");
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { users: [ben.name] });
    await demo.finished(job);
    await unblock(demo, "root", { users: [ben.name] });
    await greeter(client);
    assert.equal(await keys(demo, ben), pressed, "keys typed at the block reached the session");
    assert.equal(client.ended, false);
    await client.close();
  }, 90_000);

  check(demo, "wrong credentials are refused: the greeter says so, there is no session", async () => {
    const [, , cem] = people as [Person, Person, Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-3", login: { name: cem.name, password: "Wrong-1" } });
    await until("PAM refused it", () => demo.test("journalctl -b -o cat --no-pager | grep -q 'authentication failure.*user=t-p2'"), 30_000);
    await greeter(client);
    client.rfb.save(artefact("refused-rdp.png"));
    assert.equal(await demo.sessionOf(cem.name), undefined);
    await client.close();
  }, 60_000);

  check(demo, "another size of the window is another size of the session", async () => {
    const [, , , dana] = people as [Person, Person, Person, Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-4", login: dana, size: { width: 900, height: 600 }, dynamic: true });
    const session = await ready(demo, dana);
    await shows(client, dana);
    const size = () => demo.sh(`su ${dana.name} -c 'XAUTHORITY=/run/stationmaster/sessions/${session.id}/display/xauthority DISPLAY=${session.display} xdpyinfo' | sed -n 's/.*dimensions: *\\([0-9x]*\\).*/\\1/p'`);
    await until("the first size", async () => (await size()) === "900x600", 15_000);
    await client.resize(1300, 830);
    await until("the size of the larger window", async () => (await size()) === "1300x830", 15_000);
    await client.rfb.see("the larger desktop, whole", (r) => r.shareNear(dana.colour, 8) > 0.95 * (1300 * 830) / (r.width * r.height), 15_000);
    client.rfb.save(artefact("larger-rdp.png"));
    await client.resize(800, 600);
    await until("the size of the smaller window", async () => (await size()) === "800x600", 15_000);
    await client.close();
    const again = await RdpClient.open(demo, { name: "lab-pc-4", login: dana, size: { width: 1280, height: 720 } });
    await shows(again, dana);
    // That is the size which the greeter has of itself, so nobody asks for it.
    await until("the size of the other client", async () => (await size()) === "1280x720", 15_000);
    await again.close();
    await suspendedSession(demo, dana.name);
  }, 90_000);

  check(demo, "a client is the same station again, with name and room, but gets no session without a log-in", async () => {
    const [anna] = people as [Person];
    const first = await RdpClient.open(demo, { name: "lab-pc-9", login: anna });
    await ready(demo, anna);
    const known = (await until("the station", () => station("lab-pc-9")))!;
    await demo.call("Stations.Set", { station: known.id, name: "Window seat", room: "Lab" });
    await first.close();
    await suspendedSession(demo, anna.name);
    await demo.sh("systemctl restart stationd.service");
    const second = await RdpClient.open(demo, { name: "lab-pc-9" });
    const same = await until("the station is there again", async () => (await demo.stations()).find((s) => s.id === known.id && s.connected), 20_000);
    assert.deepEqual([same.name, same.room, same.session], ["Window seat", "Lab", ""]);
    // Another client that says the same name is another station.
    const third = await RdpClient.open(demo, { name: "lab-pc-9" });
    const other = await until("the other one", () => station("lab-pc-9"), 20_000);
    assert.notEqual(other.id, known.id);
    await second.close();
    await third.close();
  }, 120_000);

  check(demo, "kill -9 of relay and xrdp ends no session, and whoever says the client's name gets none", async () => {
    const [anna] = people as [Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-5", login: anna });
    const session = await ready(demo, anna);
    await demo.sh("pkill -9 -x station-relay; pkill -9 -u station-rdp -x xrdp");
    await until("the client has ended", () => client.ended, 20_000);
    await until("the relay listens again", () => demo.test("ss -Hltn 'sport = :3389' | grep -q . && test -S /run/station-rdp/xrdp.sock"), 20_000);
    const stranger = await RdpClient.open(demo, { name: "lab-pc-5" });
    await until("the station is there", async () => (await station("lab-pc-5"))?.connected, 20_000);
    await greeter(stranger);
    assert.equal((await station("lab-pc-5"))?.session, "");
    assert.equal((await demo.sessionOf(anna.name))?.id, session.id);
    await stranger.close();
    await client.close();
  }, 90_000);

  check(demo, "a client with a ticket is that station, whatever it calls itself; with a bad one it is none", async () => {
    const { ticket } = await demo.call<{ ticket: string }>("Stations.Invite", { kind: "rdp", name: "Reception" });
    const connected = async () => (await demo.stations()).filter((s) => s.kind === "rdp" && s.connected);
    const first = await RdpClient.open(demo, { name: "thin-1", login: { name: "@station", password: ticket } });
    const enrolled = await until("the enrolled station", () => station("Reception"), 20_000);
    assert.equal((enrolled as { enrolment?: string }).enrolment, "enrolled");
    await greeter(first);
    await first.close();
    await until("it has left", async () => (await connected()).length === 0, 20_000);
    const second = await RdpClient.open(demo, { name: "thin-2", login: { name: "@station", password: ticket } });
    await until("it is the same station", async () => (await connected()).some((s) => s.id === enrolled.id), 20_000);
    const bad = await RdpClient.open(demo, { name: "thin-3", login: { name: "@station", password: "x".repeat(43) } });
    await until("the client with the bad ticket has ended", () => bad.ended, 20_000);
    assert.deepEqual((await connected()).map((s) => s.id), [enrolled.id]);
    await second.close();
    await bad.close();
  }, 90_000);

  check(demo, "what one copies in the session can be pasted at the client", async () => {
    const [, ben] = people as [Person, Person];
    const client = await RdpClient.open(demo, { name: "lab-pc-2", login: ben });
    await ready(demo, ben);
    await shows(client, ben);
    await demo.inSession(ben.name, "printf 'Grüße aus der Sitzung' | xclip -selection clipboard -i");
    const paste = () => run(["xclip", "-selection", "clipboard", "-o"], { env: { ...process.env, DISPLAY: client.screen.display }, timeout: 5_000 });
    await until("the client has the text of the session", async () => (await paste()).stdout === "Grüße aus der Sitzung", 20_000);
    await client.close();
  }, 90_000);

  check(demo, "bad bytes end their connection and nothing else", async () => {
    const relay = await demo.daemon("station-relay");
    const request = Buffer.from("030000130ee000000000000100080003000000", "hex");
    const bad = [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(70_000, 3), Buffer.from("0300ffff", "hex"), Buffer.from("03000006", "hex"),
      Buffer.from("0300000b06d00000123400", "hex"), Buffer.concat([request, request]), Buffer.concat([request, Buffer.from("not TLS at all, not at all")])];
    for (const bytes of bad) {
      const socket = await tcp({ host: "127.0.0.1", port: rdpPort });
      const over = new Promise((resolve) => socket.once("close", resolve));
      socket.resume();
      socket.write(bytes);
      await within(`the end of a connection with ${bytes.length} bad bytes`, 10_000, over);
    }
    // Inside TLS, too: what is no Connect Initial.
    const raw = await tcp({ host: "127.0.0.1", port: rdpPort });
    raw.write(request);
    const answer = await within("the answer", 10_000, new Promise<Buffer>((resolve) => raw.once("data", resolve)));
    assert.equal(answer.toString("hex"), "030000130ed000001234000201080001000000");
    const inside = connectTls({ socket: raw, rejectUnauthorized: false });
    await within("TLS", 10_000, new Promise((resolve) => inside.once("secureConnect", resolve)));
    assert.match(inside.getProtocol() ?? "", /^TLSv1\.[23]$/);
    const over = new Promise((resolve) => inside.once("close", resolve));
    inside.on("error", () => undefined).resume();
    inside.write(Buffer.from("0300000b02f0807f650400ff", "hex"));
    await within("the end", 10_000, over);
    assert.equal(await demo.daemon("station-relay"), relay);
  });

  check(demo, "a client without TLS is refused; nobody else reaches xrdp or its pictures", async () => {
    const classic = await RdpClient.open(demo, { name: "old", security: "rdp" });
    await until("the client gave up", () => classic.ended, 20_000);
    assert.equal(await station("old"), undefined);
    await classic.close();

    const [anna] = people as [Person];
    const xrdp = await demo.sh("systemctl show -p MainPID --value station-rdp.service");
    // The port is there, in the network of xrdp.
    assert.match(await demo.sh(`nsenter -t ${xrdp} -n ss -Hltn`), /127\.0\.0\.1:5900/);
    for (const attack of [
      "exec 3<>/dev/tcp/127.0.0.1/5900 && head -c 12 <&3 | grep -q 'RFB 003.003'", // the relay's own VNC port says 003.008
      `nsenter -t ${xrdp} -n true`,
      `readlink /proc/${xrdp}/ns/net`,
      "ls /run/station-rdp",
      "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/station-rdp/xrdp.sock\")'",
      "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/stationmaster/rdp-pixels.sock\")'",
    ])
      assert.equal(await demo.test(attack, anna.name), false, `${anna.name} can: ${attack}`);
    // The same by who may, so that the attempts above say something.
    assert.ok(await demo.test("python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/stationmaster/rdp-pixels.sock\")'", "station-rdp"));
    assert.ok(await demo.test("python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/station-rdp/xrdp.sock\")'", "station-rdp"));
    // Even that user gets nothing without the password of this very moment.
    const answer = await demo.sh(`python3 - <<'X'
import socket
s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect("/run/stationmaster/rdp-pixels.sock")
assert s.recv(12) == b"RFB 003.003\\n"; s.sendall(b"RFB 003.003\\n")
m = b""
while len(m) < 20: m += s.recv(20 - len(m))
s.sendall(b"0" * 16)
print(len(s.recv(4)))
X`, { user: "station-rdp" });
    assert.equal(answer, "0");
    // xrdp itself reaches nothing but that.
    assert.equal(await demo.sh(`nsenter -t ${xrdp} -n ip -o link | wc -l`), "1");
  }, 60_000);

  check(demo, "after a restart of the computer the client with the ticket is the same station, with name and room", async () => {
    const { ticket } = await demo.call<{ ticket: string }>("Stations.Invite", { kind: "rdp", name: "Hall", room: "Lab" });
    const login = { name: "@station", password: ticket };
    const first = await RdpClient.open(demo, { name: "thin-7", login });
    const before = await until("the station", () => station("Hall"), 20_000);
    await demo.reboot();
    await until("the client has ended", () => first.ended, 20_000);
    await startRdp(demo);
    const second = await RdpClient.open(demo, { name: "thin-8", login });
    const after = await until("the station is there again", async () => (await demo.stations()).find((s) => s.id === before.id && s.connected), 20_000);
    assert.deepEqual([after.name, after.room, (after as { enrolment?: string }).enrolment], ["Hall", "Lab", "enrolled"]);
    await second.close();
  }, 120_000);
});
