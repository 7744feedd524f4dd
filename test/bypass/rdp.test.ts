// SPDX-License-Identifier: GPL-3.0-or-later
// Threats at the RDP port: strangers with first packets of every kind, many of them at once, guessed passwords, and
// pupils of this computer who look for the way that xrdp fetches its pictures.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { connect as connectTls } from "node:tls";
import { latency, many, memory, stranger, tcp, whileOthersWork } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { RdpClient, rdpPort, startRdp } from "../harness/rdpclient.js";
import { fillRoom, ready, VncSeat, type Person } from "../harness/room.js";
import { limit, NotYet, until, within } from "../harness/wait.js";

const endpoint = { host: "127.0.0.1", port: rdpPort };
const tlsChosen = "030000130ed000001234000201080001000000";
/** SSL_REQUIRED_BY_SERVER: to a client with CredSSP only, that there is TLS only. */
const tlsRequired = "030000130ed000001234000300080001000000";
const negotiation = (protocols: number) => Buffer.from([1, 0, 8, 0, protocols, 0, 0, 0]);

function request(text: string, ...rest: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([0xe0, 0, 0, 0, 0, 0]), Buffer.from(text), ...rest]);
  const length = body.length + 5;
  return Buffer.concat([Buffer.from([3, 0, length >> 8, length & 255, Math.min(body.length, 254)]), body]);
}

describe("threats at the RDP port", () => {
  const demo = useDemo("rdp-threats");
  let people: Person[];
  let relay: number;

  before(async () => {
    people = await fillRoom(demo, 3);
    await startRdp(demo);
    relay = await demo.daemon("station-relay");
  }, { timeout: 120_000 });

  const held = async () => Number(await demo.sh(`ss -Hnt state established "( sport = :${rdpPort} )" dst ${stranger} | wc -l`));

  async function answer(bytes: Buffer): Promise<{ first: string; over: Promise<unknown>; end: () => void }> {
    const socket = await tcp(endpoint);
    const over = new Promise((resolve) => socket.once("close", resolve));
    const first = new Promise<Buffer>((resolve) => socket.once("data", resolve));
    socket.write(bytes);
    return { first: (await within("the answer", 10_000, first)).toString("hex"), over, end: () => socket.destroy() };
  }

  check(demo, "first packets: cookies, routing tokens, CredSSP only, no negotiation", async () => {
    const good = [request("", negotiation(1)), request("", negotiation(0x0b)), request("Cookie: mstshash=t-p0\r\n", negotiation(3)),
      request("Cookie: msts=3640205228.15629.0000\r\n", negotiation(3)), request("tsv://MS Terminal Services Plugin.1.Room\r\n", negotiation(3)),
      request(`Cookie: mstshash=${"a".repeat(15_000)}\r\n`, negotiation(1))];
    for (const bytes of good) {
      const got = await answer(bytes);
      assert.equal(got.first, tlsChosen, bytes.subarray(11, 50).toString("latin1"));
      got.end();
    }
    for (const bytes of [request("", negotiation(2)), request("Cookie: mstshash=t-p0\r\n", negotiation(2)), request(""), request("Cookie: mstshash=without an end")]) {
      const got = await answer(bytes);
      assert.equal(got.first, tlsRequired);
      await within("the end", 10_000, got.over);
    }
    assert.equal(await demo.daemon("station-relay"), relay);
  });

  check(demo, "500 half-open connections from one address: bounded, and a client gets in meanwhile", async () => {
    const [anna] = people as [Person];
    const m0 = await memory(demo, "station-relay");
    const sockets = await many(500, () => tcp(endpoint));
    await until("as many as the limit are held, and no more", async () => {
      const n = await held();
      if (n !== 32) throw new NotYet({ held: n });
      return true;
    });
    const client = await RdpClient.open(demo, { name: "meanwhile", login: anna });
    await ready(demo, anna);
    assert.ok((await memory(demo, "station-relay")) - m0 < 64 * 1024, "memory of the relay");
    assert.equal(await demo.daemon("station-relay"), relay);
    await client.close();
    sockets.forEach((s) => s.destroy());
  }, 60_000);

  check(demo, "garbage at each step ends that connection; other stations and the next client do not notice", async () => {
    const [anna, ben] = people as [Person, Person];
    const m0 = await memory(demo, "station-relay");
    const witness = await VncSeat.open(demo, anna);
    await ready(demo, anna);
    await witness.see(anna);
    await latency(witness.screen); // warm
    const first = [Buffer.alloc(70_000, 3), Buffer.from("0300ffff", "hex"), request(`Cookie: mstshash=${"x".repeat(16_500)}`), Buffer.concat([request("", negotiation(1)), Buffer.alloc(100, 0x16)]),
      Buffer.from("0300000b06ffffffffffff", "hex")];
    const second = [Buffer.from("0300000b02f0807f650400ff", "hex"), Buffer.alloc(200_000, 0x41), Buffer.from("0300000c02f0807f65820000", "hex")];
    await whileOthersWork(witness.screen, async () => {
      for (let round = 0; round < 20; round++)
        await Promise.all(first.map(async (bytes) => {
          const socket = await tcp(endpoint);
          const over = new Promise((resolve) => socket.once("close", resolve));
          socket.resume().write(bytes);
          await within(`the end after ${bytes.length} bytes`, limit(15_000), over);
        }));
      for (const bytes of second) {
        const raw = await tcp(endpoint);
        raw.write(request("", negotiation(1)));
        await within("the answer", limit(10_000), new Promise((resolve) => raw.once("data", resolve)));
        const inside = connectTls({ socket: raw, rejectUnauthorized: false });
        await within("TLS", limit(10_000), new Promise((resolve) => inside.once("secureConnect", resolve)));
        const over = new Promise((resolve) => inside.once("close", resolve));
        inside.on("error", () => undefined).resume().end(bytes);
        await within(`the end after ${bytes.length} bytes inside TLS`, limit(15_000), over);
      }
    });
    assert.ok((await memory(demo, "station-relay")) - m0 < 24 * 1024, "memory of the relay");
    assert.equal(await demo.daemon("station-relay"), relay);
    witness.close();
    const client = await RdpClient.open(demo, { name: "next", login: ben });
    await client.rfb.see("the desktop", (r) => r.shareNear(ben.colour, 8) > 0.3, limit(20_000));
    await client.close();
  }, limit(120_000));

  check(demo, "a pupil reads nothing of xrdp and the relay; there is no session manager of xrdp", async () => {
    const [, ben] = people as [Person, Person];
    const client = await RdpClient.open(demo, { name: "watched", login: ben });
    await ready(demo, ben);
    const pids = (await demo.sh("pgrep -u station-rdp; pgrep -x station-relay")).split(/\s+/);
    assert.ok(pids.length >= 3, "xrdp, its process of this client, the relay");
    for (const pid of pids)
      for (const file of ["environ", "mem", "maps", "fd", "root"])
        assert.equal(await demo.test(`head -c 1 /proc/${pid}/${file} || ls /proc/${pid}/${file}/`, ben.name), false, `${ben.name} reads ${file} of ${pid}`);
    // The person's password is in no journal.
    assert.equal(await demo.sh(`journalctl -b -o cat --no-pager -u station-rdp -u station-relay | grep -cF '${ben.password}' || true`), "0");
    assert.equal(await demo.test("pgrep -x xrdp-sesman"), false, "a session manager runs");
    assert.equal(await demo.sh("ls /run/station-rdp"), "xrdp.sock");
    await client.close();
  }, 60_000);

  check(demo, "guess passwords over RDP: each guess is asked of PAM and in the audit, none opens a session; the right one does", async () => {
    const [, , cem] = people as [Person, Person, Person];
    const failures = () => demo.sh(`journalctl -b -o cat --no-pager | grep -c 'authentication failure.*user=${cem.name}' || true`).then(Number);
    const audited = async () => (await demo.call<{ entries: { method: string; targets: string; result: string }[] }>("Audit.List", { limit: 500 })).entries
      .filter((e) => e.method === "Login.station" && e.result !== "ok" && e.targets.includes(cem.name)).length;
    for (let i = 1; i <= 2; i++) {
      const client = await RdpClient.open(demo, { name: `guess-${i}`, login: { name: cem.name, password: `Wrong-${i}` } });
      await until("PAM refused it", async () => (await failures()) >= i, 30_000);
      await until("it is in the audit", async () => (await audited()) === i, 30_000);
      await client.close();
    }
    assert.equal(await demo.sessionOf(cem.name), undefined);
    const client = await RdpClient.open(demo, { name: "right", login: cem });
    await ready(demo, cem);
    await client.close();
  }, 90_000);
});
