// SPDX-License-Identifier: GPL-3.0-or-later
// A stick in the hub of a station belongs to who works there, and to nobody else; the test plays stationd towards
// station-usb (the real one is stopped). Keyboards work whatever becomes of all that.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { anna, ben, check, hub, Machine, type Hub, type Person } from "../harness/machine.js";
import { quote } from "../harness/process.js";
import { limit, NotYet, until } from "../harness/wait.js";
import { label, Stick, where } from "./stick.js";

interface Place {
  at: Hub;
  person?: Person;
  blocked?: boolean;
}

interface Disk {
  hub: string;
  name: string;
  state: "closed" | "opening" | "open" | "failed";
  reason: string;
}

const call = 'my $s = IO::Socket::UNIX->new(Peer => "/run/stationmaster/usb.sock") or die "$!\\n"; local $/; print $s scalar(<STDIN>), "\\0"; $s->flush; $/ = "\\0"; my $r = <$s>; chop $r; print $r';

describe("storage on USB at local stations", () => {
  const stick = new Stick();
  let machine: Machine;
  const ids = new Map<string, number>();

  before(async () => {
    machine = await Machine.start("storage");
    await stick.make();
    await machine.sh("systemctl stop stationd.socket stationd-relay.socket stationd-seat.socket station-session.socket stationd.service station-seat@seat0.service");
    await machine.sh("systemctl is-active station-usb.socket");
    for (const p of [anna, ben]) ids.set(p.name, Number(await machine.sh(`id -u ${p.name}`)));
  }, { timeout: limit(600_000) });
  after(async () => {
    await machine?.stop();
    stick.remove();
  });

  async function storage<T>(m: Machine, method: string, parameters: object = {}, more = false): Promise<T> {
    const said = await m.sh(`perl -MIO::Socket::UNIX -e ${quote(call)}`, { input: JSON.stringify({ method: `org.stationmaster.Storage.${method}`, parameters, ...(more ? { more } : {}) }) });
    const reply = JSON.parse(said) as { error?: string; parameters: T };
    if (reply.error) throw new Error(`${reply.error} ${JSON.stringify(reply.parameters)}`);
    return reply.parameters;
  }

  const set = (m: Machine, ...places: Place[]) => storage(m, "Set", {
    hubs: places.map(({ at, person, blocked }) => {
      const id = person ? ids.get(person.name)! : -1;
      return { path: hub(at), user: person?.name ?? null, uid: id, gid: id, blocked: blocked ?? false };
    }),
  });
  const disks = async (m: Machine) => (await storage<{ disks: Disk[] }>(m, "Watch", {}, true)).disks;

  const stateIs = (m: Machine, at: Hub, state: Disk["state"]) => until(`storage on hub ${at} is ${state}`, async () => {
    const all = await disks(m);
    if (all.find((d) => d.hub === hub(at))?.state !== state) throw new NotYet(all);
    return all;
  }, limit(30_000));

  const as = (m: Machine, p: Person, script: string) => m.test(`runuser -u ${p.name} -- sh -c ${quote(script)}`);

  /** What the kernel has told of disks since the last time; they are listed by the first event of each. */
  async function watchDisks(m: Machine): Promise<() => Promise<string>> {
    await m.sh("systemctl stop disks.service 2>/dev/null; rm -f /run/disks; systemd-run -q --unit disks --collect -p StandardOutput=file:/run/disks udevadm monitor -k -s block -s scsi");
    await until("the monitor listens", () => m.test("grep -q KERNEL /run/disks"), limit(20_000));
    return async () => {
      // An event that comes after all others: when it is there, those before it are.
      await m.sh("udevadm trigger --action=change /sys/class/block/vda");
      await until("the monitor hears", () => m.test("grep -q 'change.*/vda ' /run/disks"), limit(20_000));
      return m.sh("systemctl stop disks.service; grep -E ' add .*usb' /run/disks || true");
    };
  }

  /** An interface of storage is there, and no driver has it. */
  const waits = (m: Machine) => until("the stick waits", async () => {
    const seen = await m.sh("for i in /sys/bus/usb/devices/*:*; do [ $(cat $i/bInterfaceClass) = 08 ] && echo $(cat $i/authorized) $(readlink $i/driver); done; true");
    if (seen.trim() !== "0") throw new NotYet(seen);
    return true;
  }, limit(30_000));

  check(() => machine, "a stick is its person's, and nobody else's", async (m) => {
    await set(m, { at: "A", person: anna }, { at: "B", person: ben });
    await stick.plug(m, "A");
    assert.deepEqual(await stateIs(m, "A", "open"), [{ hub: hub("A"), name: label, state: "open", reason: "" }]);
    assert.ok(await as(m, anna, `echo hers >${where(anna)}/note && cat ${where(anna)}/note`));
    for (const way of [`ls /run/media/${anna.name}`, `ls ${where(anna)}`, `cat ${where(anna)}/note`, "head -c 1 /dev/sda", "head -c 1 /dev/sg0", "ls /run/media/ben"])
      assert.ok(!(await as(m, ben, way)), `${ben.name} can ${way}`);
    // Nor by its node for the one whose it is: who can write there can forge a file system.
    assert.ok(!(await as(m, anna, "head -c 1 /dev/sda")));
    assert.match(await m.sh("grep /run/media /proc/mounts"), /nosuid,nodev/);
    assert.equal(await m.sh("udevadm info -q property -n /dev/sda | grep -E '^UDISKS_IGNORE='"), "UDISKS_IGNORE=1");
  });

  check(() => machine, "block takes it from a program that has a file open, unblock brings it back", async (m) => {
    await m.sh(`systemd-run -q --unit busy --collect --uid ${anna.name} sh -c 'exec 3>${where(anna)}/open; echo before >&3; exec sleep infinity'`);
    await until("the file is open", () => m.test(`grep -q before ${where(anna)}/open`), limit(20_000));
    await set(m, { at: "A", person: anna, blocked: true }, { at: "B", person: ben });
    // It is away when the answer comes.
    assert.equal(await m.sh("grep -c /run/media /proc/mounts || true"), "0");
    assert.ok(!(await m.test("ls /dev/sd* /dev/sg*")));
    assert.deepEqual(await stateIs(m, "A", "closed"), [{ hub: hub("A"), name: "QEMU QEMU USB HARDDRIVE", state: "closed", reason: "" }]);
    await m.sh("systemctl stop busy");
    await set(m, { at: "A", person: anna }, { at: "B", person: ben });
    await stateIs(m, "A", "open");
    assert.equal(await m.sh(`cat ${where(anna)}/note ${where(anna)}/open`), "hers\nbefore");
  });

  check(() => machine, "what is plugged in while blocked never appears", async (m) => {
    await set(m, { at: "A", person: anna, blocked: true }, { at: "B", person: ben });
    await stick.pull(m, "A");
    await until("it is out", async () => (await disks(m)).length === 0, limit(20_000));
    const seen = await watchDisks(m);
    await stick.plug(m, "A");
    await waits(m);
    await stateIs(m, "A", "closed");
    assert.equal(await seen(), "");
    await set(m, { at: "A", person: anna }, { at: "B", person: ben });
    await stateIs(m, "A", "open");
    assert.ok(await as(m, anna, `cat ${where(anna)}/note`));
  });

  check(() => machine, "a log-off takes it away, the next person gets it", async (m) => {
    await set(m, { at: "A" }, { at: "B", person: ben });
    assert.ok(!(await m.test("ls /dev/sd* /run/media/anna")));
    await waits(m);
    await set(m, { at: "A", person: ben }, { at: "B" });
    await stateIs(m, "A", "open");
    assert.ok(await as(m, ben, `cat ${where(ben)}/note`));
    assert.ok(!(await as(m, anna, `cat ${where(ben)}/note`)));
    assert.ok(!(await m.test("ls /run/media/anna")));
  });

  check(() => machine, "kill -9 of station-usb takes nothing and gives nothing", async (m) => {
    const pid = await m.daemon("station-usb.service");
    const mounts = await m.sh("grep /run/media /proc/mounts");
    await m.sh(`kill -9 ${pid}`);
    await until("it runs again", async () => ![0, pid].includes(await m.daemon("station-usb.service")), limit(20_000));
    assert.equal(await m.sh("grep /run/media /proc/mounts"), mounts);
    await set(m, { at: "A", person: ben }, { at: "B" });
    assert.equal(await m.sh("grep /run/media /proc/mounts"), mounts);
    // Ended in the middle of its work, it goes on where it was.
    await m.exec(`systemctl kill -s KILL --kill-who=main station-usb & perl -MIO::Socket::UNIX -e ${quote(call)}`, { input: JSON.stringify({ method: "org.stationmaster.Storage.Set", parameters: { hubs: [{ path: hub("A"), user: null, uid: -1, gid: -1, blocked: true }] } }) });
    await until("the order is taken", () => set(m, { at: "A", person: anna }, { at: "B" }).then(() => true), limit(30_000));
    await stateIs(m, "A", "open");
    assert.ok(await as(m, anna, `cat ${where(anna)}/note`));
  });

  check(() => machine, "a keyboard works at once, with station-usb and without", async (m) => {
    const there = (at: Hub) => until("the keyboard has its driver", () => m.test(`ls /dev/input/by-path | grep -q usb-0:${at === "C" ? 3 : 2}.1:1.0-event-kbd`), limit(20_000));
    await m.plugKeyboard("C");
    await there("C");
    await m.sh("systemctl stop station-usb.socket station-usb.service");
    assert.equal(await m.sh("cat /sys/bus/usb/devices/usb*/interface_authorized_default"), "0\n0", "storage is not guarded any more");
    await m.unplug("keyboardB");
    await until("it is out", () => m.test("! ls /dev/input/by-path | grep -q usb-0:2.1:1.0-event-kbd"), limit(20_000));
    await m.plugKeyboard("B");
    await there("B");
    // Whoever removes it gets the kernel's own ways back.
    await set(m, { at: "A" }).catch(() => undefined);
    await m.sh("/usr/libexec/stationmaster/station-usb --release");
    assert.equal(await m.sh("cat /sys/bus/usb/devices/usb*/interface_authorized_default"), "1\n1");
    // What is plugged in from now on is the system's; what was, keeps its node.
    await stick.pull(m, "A");
    await until("it is out", () => m.test("! ls /dev/sda"), limit(20_000));
    await stick.plug(m, "A");
    await until("the stick is the system's", () => m.test("[ \"$(stat -c %G /dev/sda)\" = disk ]"), limit(30_000));
    await m.sh("systemctl start station-usb.socket");
  });

  check(() => machine, "what the computer itself uses stays as it is", async (m) => {
    await m.sh("mkdir -p /srv/own && mount /dev/sda /srv/own");
    await set(m, { at: "A", blocked: true });
    assert.match((await stateIs(m, "A", "failed"))[0]!.reason, /computer itself uses it/);
    assert.ok(await m.test("cat /srv/own/note"));
    await m.sh("umount /srv/own");
    await set(m, { at: "A", person: anna });
    await stateIs(m, "A", "open");
  });

  check(() => machine, "a stick with partitions: each is there, under its name, and all go together", async (m) => {
    await set(m, { at: "A", person: anna }, { at: "B", person: ben });
    await stick.pull(m, "A");
    await until("it is out", async () => (await disks(m)).length === 0, limit(20_000));
    await stick.makeParted();
    await stick.plug(m, "B");
    await stateIs(m, "B", "open");
    const other = where(ben).replace(label, "OTHER");
    assert.equal(await m.sh("grep -c ' /run/media/ben/' /proc/mounts"), "2");
    assert.ok(await as(m, ben, `echo his >${where(ben)}/note && ls ${other}`));
    const nodes = ["/dev/sda", "/dev/sda1", "/dev/sda2"];
    for (const way of [`ls ${where(ben)}`, `ls ${other}`, ...nodes.map((n) => `head -c 1 ${n}`)]) assert.ok(!(await as(m, anna, way)), `${anna.name} can ${way}`);
    for (const node of nodes) assert.ok(!(await as(m, ben, `head -c 1 ${node}`)), `${ben.name} can read ${node}`);
    await set(m, { at: "A", person: anna }, { at: "B", person: ben, blocked: true });
    assert.equal(await m.sh("grep -c /run/media /proc/mounts || true"), "0");
    assert.ok(!(await m.test("ls /dev/sd*")));
    await set(m, { at: "A", person: anna }, { at: "B", person: ben });
    await stateIs(m, "B", "open");
    assert.ok(await as(m, ben, `grep -q his ${where(ben)}/note`));
    await stick.pull(m, "B");
    await until("it is out", async () => (await disks(m)).length === 0, limit(20_000));
    assert.equal(await m.sh("grep -c /run/media /proc/mounts || true"), "0");
    await stick.make();
    await stick.plug(m, "A");
    await set(m, { at: "A", person: anna });
    await stateIs(m, "A", "open");
    assert.ok(await as(m, anna, `echo hers >${where(anna)}/note`));
  });

  check(() => machine, "the computer comes up with a stick in", async (m) => {
    await m.sh("systemctl mask -q stationd.socket stationd-relay.socket stationd-seat.socket station-session.socket stationd.service station-seat@seat0.service station-relay.service");
    await m.reboot();
    await until("the socket is there", () => m.test("systemctl is-active station-usb.socket"), limit(60_000));
    await set(m, { at: "A" });
    assert.ok(!(await m.test("ls /dev/sd*")));
    assert.ok(await m.test("ls /dev/input/by-path | grep -q usb-0:1.1:1.0-event-kbd"));
    await set(m, { at: "A", person: anna });
    await stateIs(m, "A", "open");
    assert.ok(await as(m, anna, `cat ${where(anna)}/note`));
  });
});
