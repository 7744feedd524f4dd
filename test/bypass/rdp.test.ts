// SPDX-License-Identifier: GPL-3.0-or-later
// Threats at the RDP port: strangers with first packets of every kind, many of them at once, guessed passwords, and
// pupils of this computer who look for the way that xrdp fetches its pictures.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { many, memory, stranger, tcp } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { RdpClient, rdpPort, startRdp } from "../harness/rdpclient.js";
import { fillRoom, ready, type Person } from "../harness/room.js";
import { NotYet, until, within } from "../harness/wait.js";

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
    await until("no more than the limit are held", async () => {
      const n = await held();
      if (n > 32) throw new NotYet({ held: n });
      return true;
    });
    const client = await RdpClient.open(demo, { name: "meanwhile", login: anna });
    await ready(demo, anna);
    assert.ok((await memory(demo, "station-relay")) - m0 < 64 * 1024, "memory of the relay");
    assert.equal(await demo.daemon("station-relay"), relay);
    await client.close();
    sockets.forEach((s) => s.destroy());
  }, 60_000);

  check(demo, "a pupil finds the password for the pictures nowhere, and reaches no module of xrdp", async () => {
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

  check(demo, "guess passwords over RDP: each guess is asked of PAM, none opens a session", async () => {
    const [, , cem] = people as [Person, Person, Person];
    const failures = () => demo.sh(`journalctl -b -o cat --no-pager | grep -c 'authentication failure.*user=${cem.name}' || true`).then(Number);
    for (let i = 1; i <= 2; i++) {
      const client = await RdpClient.open(demo, { name: `guess-${i}`, login: { name: cem.name, password: `Wrong-${i}` } });
      await until("PAM refused it", async () => (await failures()) >= i, 30_000);
      await client.close();
    }
    assert.equal(await demo.sessionOf(cem.name), undefined);
  }, 90_000);
});
