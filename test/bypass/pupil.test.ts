// SPDX-License-Identifier: GPL-3.0-or-later
// Threats from inside a session: what a pupil can try against a block, a projection, and the sessions of
// others. Every attack is carried out, as the pupil's uid, in the pupil's session or at the pupil's station.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { inSession } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { Rfb } from "../harness/rfb.js";
import {
  block, blocks, events, fillRoom, project, ready, stopProjection, tidyUp, unblock, VncSeat, WebSeat, type Person, type Seat,
} from "../harness/room.js";
import { NotYet, throughout, until } from "../harness/wait.js";
import type { Session } from "../harness/types.js";

describe("threats from inside a session", () => {
  const demo = useDemo("pupil");
  let p: Person[];
  const operator = () => demo.account("operator").name;
  const hex = (colour: number) => `#${colour.toString(16).padStart(6, "0")}`;

  before(async () => {
    p = await fillRoom(demo, 6);
  });

  tidyUp(demo);

  const isBlocked = (seat: Seat, who: Person) => until(`the ${seat.kind} station of ${who.name} shows the block`, async () => {
    const s = await demo.sessionOf(who.name);
    const station = (await demo.stations()).find((x) => x.session === s?.id);
    if (station?.scene !== "block" || seat.shows(who.colour)) throw new NotYet([s, station, seat.describe()]);
    return true;
  });
  /** Seats of both kinds with a blocked pupil each; every frame from now on is looked at. */
  async function blockedSeats(a: Person, b: Person): Promise<{ seats: [WebSeat, VncSeat]; sessions: Session[] }> {
    const seats: [WebSeat, VncSeat] = [await WebSeat.open(demo, a), await VncSeat.open(demo, b)];
    const sessions = [await ready(demo, a), await ready(demo, b)];
    await seats[0].see(a);
    await seats[1].see(b);
    await block(demo, operator(), { sessions: sessions.map((s) => s.id) }, "Blocked");
    await isBlocked(seats[0], a);
    await isBlocked(seats[1], b);
    for (const seat of seats) seat.lookFor(a, b);
    return { seats, sessions };
  }

  check(demo, "kill, stop or debug the watcher: kill -9 -1 while blocked; the block stays, the session is logged off at worst", async () => {
    const { seats } = await blockedSeats(p[0]!, p[1]!);
    for (const who of [p[0]!, p[1]!]) await demo.inSession(who.name, "bash -c 'kill -9 -1'");
    for (const who of [p[0]!, p[1]!]) await until("everything of the user is killed", async () => (await demo.pids(who.name, "xinput")).length === 0);
    await until("the browser station shows the block, not a greeter", async () => {
      const station = (await demo.stations()).find((s) => s.id === seats[0].id);
      if (station?.scene !== "block") throw new NotYet(station);
      return true;
    });
    seats.forEach((seat) => seat.use());
    await throughout("no desktop", 300, () => !seats[0].sighted(p[0]!.colour) && !seats[1].sighted(p[1]!.colour));
    assert.notEqual(seats[0].scene!.kind, "greeter");
    assert.ok((await blocks(demo)).some((b) => b.kind === "user" && b.name === p[0]!.name));
    // Whoever was killed logs in anew and is blocked from the first pixel on.
    const again = await WebSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
    await ready(demo, p[1]!);
    await isBlocked(again, p[1]!);
    again.assertUnseen(p[1]!);
    await unblock(demo, operator(), { all: true });
    await again.see(p[1]!);
    [...seats, again].forEach((s) => s.close());
  });

  check(demo, "kill, stop or debug the watcher: no signal, no ptrace, no memory of anything that is ours", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    const ours = (await demo.sh("pgrep -f 'stationmaster/(stationd|station-relay|station-session)'")).split("\n").map(Number);
    assert.ok(ours.length >= 3, `not found: ${ours}`);
    const result = await inSession(demo, p[0]!, `
      for pid in ${ours.join(" ")}; do
        for signal in STOP KILL TERM HUP USR1 SEGV; do kill -$signal $pid 2>/dev/null && echo "sent $signal to $pid"; done
        for file in mem environ maps fd/0 cwd root exe; do head -c 1 /proc/$pid/$file >/dev/null 2>&1 && echo "read $file of $pid"; done
        case $(uname -m) in x86_64) n=101 ;; aarch64) n=117 ;; *) continue ;; esac
        perl -e 'exit(syscall(${"$"}ARGV[0], 16, ${"$"}ARGV[1] + 0, 0, 0) < 0 ? 1 : 0)' $n $pid && echo "traced $pid"
        renice 19 $pid >/dev/null 2>&1 && echo "reniced $pid"
        prlimit --pid $pid --nofile=3 >/dev/null 2>&1 && echo "limited $pid"
      done
      for unit in stationd station-relay station-session@ stationd.socket; do
        systemctl stop $unit >/dev/null 2>&1 </dev/null && echo "stopped $unit"
        systemctl kill -s STOP $unit >/dev/null 2>&1 </dev/null && echo "paused $unit"
      done
      true`);
    assert.equal(result.output, "");
    assert.equal(result.code, 0);
    // The display server is the pupil's own process: stopping it hides nothing and stops nobody else.
    const other = await VncSeat.open(demo, p[1]!);
    await ready(demo, p[1]!);
    await other.see(p[1]!);
    await inSession(demo, p[0]!, "pkill -STOP -u $(id -u) 'Xvnc|Xtigervnc'");
    const t0 = Date.now();
    await block(demo, operator(), { sessions: [session.id] }, "Blocked");
    await seat.scenesBe("the block over a stopped display server", (s) => s.kind === "block");
    assert.ok(Date.now() - t0 < 2000);
    await demo.inSession(p[1]!.name, "xsetroot -solid '#102030'");
    await until("the other's station goes on", () => other.shows(0x102030));
    assert.equal((await demo.call<{ relay: boolean }>("System.Status")).relay, true);
    await demo.inSession(p[1]!.name, `xsetroot -solid '${hex(p[1]!.colour)}'`);
    await demo.sh(`pkill -CONT -u ${p[0]!.name} 'Xvnc|Xtigervnc'`);
    await unblock(demo, operator(), { all: true });
    await seat.see(p[0]!);
    seat.close();
    other.close();
  });

  check(demo, "Alt+F4, Alt+Tab, Ctrl+Alt+Backspace, VT switch, second virtual desktop, full-screen game, grabbed pointer: no event reaches the session", async () => {
    const [web, vnc] = [await WebSeat.open(demo, p[2]!), await VncSeat.open(demo, p[3]!)];
    const seats = [[web, p[2]!], [vnc, p[3]!]] as const;
    const combinations = [["Alt", "F4"], ["Alt", "Tab"], ["Control", "Alt", "BackSpace"], ["Control", "Alt", "F1"], ["Control", "Alt", "F2"], ["Control", "Alt", "Delete"],
      ["Super", "F2"], ["Control", "Alt", "Down"], ["Super", "d"], ["Alt", "F2"], ["Control", "Escape"], ["Pause"], ["F12"], ["F8"]];
    for (const [seat, who] of seats) {
      await ready(demo, who);
      await seat.see(who);
      // A full-screen program on top, one that grabs the pointer, and a second desktop.
      await demo.inSession(who.name, `xterm -fullscreen -bg '${hex(who.colour)}' -fg '${hex(who.colour)}' -e sleep 1000`);
      await demo.inSession(who.name, "xdotool selectwindow");
      await until("the pointer is grabbed", () => demo.test(`pgrep -u ${who.name} -x xdotool`));
      const n = await events(demo, who);
      await until("unblocked, keys arrive", async () => {
        for (const keys of [["Shift"], ["a"]]) seat.screen!.press(...keys);
        return (await events(demo, who)) > n;
      });
    }
    await block(demo, operator(), { users: [p[2]!.name, p[3]!.name] }, "Blocked");
    for (const [seat, who] of seats) {
      await isBlocked(seat, who);
      seat.lookFor(who);
    }
    const counts = await Promise.all(seats.map(([, who]) => events(demo, who)));
    for (const [seat] of seats)
      for (const keys of combinations) {
        assert.ok(seat.screen, "a blocked browser station has a picture of the block");
        seat.screen.press(...keys);
        seat.screen.click(30, 30);
        for (let x = 0; x < 200; x += 20) seat.screen.pointer(x, x, 1);
      }
    await throughout("no desktop", 500, () => seats.every(([seat, who]) => !seat.sighted(who.colour)));
    assert.deepEqual(await Promise.all(seats.map(([, who]) => events(demo, who))), counts);
    // What the page itself may ask for does not help either.
    for (const act of ["lock", "suspend", "logoff", "more_time"] as const) web.act(act);
    await throughout("the block stays", 400, () => web.scene!.kind === "block");
    assert.ok(await demo.sessionOf(p[2]!.name), "the blocked pupil logged off at the station");
    await unblock(demo, operator(), { all: true });
    // And nothing was kept for later.
    for (const [seat, who] of seats) await seat.see(who);
    assert.deepEqual(await Promise.all(seats.map(([, who]) => events(demo, who))), counts, "events came after the block");
    for (const [, who] of seats) await demo.sh(`pkill -u ${who.name} -x 'xterm|xdotool'`);
    web.close();
    vnc.close();
  });

  check(demo, "log out and in, another station, another account on the same station: each shows the block from the first pixel on", async () => {
    const { seats: [web, vnc], sessions } = await blockedSeats(p[0]!, p[1]!);
    const watchFor = p.map((x) => x.colour);
    // Out, from inside the session, and in again at the same station.
    await demo.inSession(p[0]!.name, `stationctl session logoff ${p[0]!.name}`);
    await until("the session has ended", async () => (await demo.sessionOf(p[0]!.name))?.id !== sessions[0]!.id);
    await web.logIn(p[0]!).catch((e: Error) => assert.match(e.message, /40\d|429/));
    // Another account at the blocked station (its cookie is kept).
    await throughout("the block stays", 200, () => web.scene!.kind === "block");
    web.lookFor(...p);
    await web.logIn(p[2]!).catch((e: Error) => assert.match(e.message, /40\d|429|the station has/));
    await throughout("the block stays", 400, () => web.scene!.kind === "block");
    web.assertUnseen(...p);
    // Another page of the same browser.
    const tab = await WebSeat.open(demo, undefined, { cookie: web.cookie, watchFor });
    assert.equal(tab.scene!.kind, "block");
    // Another station.
    const other = await WebSeat.open(demo, p[0]!, { watchFor });
    await ready(demo, p[0]!);
    await isBlocked(other, p[0]!);
    other.assertUnseen(p[0]!);
    // The VNC viewer is closed and opened again, at the same computer: by the user, and by another account.
    vnc.close();
    await until("the viewer has left", async () => (await demo.sessionOf(p[1]!.name))!.stations.length === 0);
    const back = await VncSeat.open(demo, p[1]!, { watchFor });
    await isBlocked(back, p[1]!);
    back.assertUnseen(p[1]!);
    back.close();
    await until("the viewer has left", async () => (await demo.sessionOf(p[1]!.name))!.stations.length === 0);
    const swapped = await VncSeat.open(demo, p[3]!, { watchFor }).catch((e: Error) => assert.match(e.message, /block/i));
    if (swapped) {
      await throughout("another account at the blocked VNC station sees no desktop", 800, () => !swapped.sighted(p[3]!.colour));
      swapped.close();
    }
    await unblock(demo, operator(), { all: true });
    [web, tab, other].forEach((s) => s.close());
  });

  check(demo, "reboot, pull the cable, wait for a crash: connections cut while blocked bring nothing back", async () => {
    const { seats: [web, vnc] } = await blockedSeats(p[0]!, p[1]!);
    for (let i = 0; i < 5; i++) {
      web.page!.terminate();
      web.screen?.close();
      vnc.screen.close();
      await until("the page is back", () => web.page!.readyState === 1);
      const again = await VncSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
      await isBlocked(again, p[1]!);
      again.assertUnseen(p[1]!);
      again.close();
    }
    await isBlocked(web, p[0]!);
    web.assertUnseen(p[0]!);
    await unblock(demo, operator(), { all: true });
    await web.see(p[0]!);
    web.close();
  });

  check(demo, "a projection cannot be closed, drawn over or typed through from inside the session", async () => {
    const source = await VncSeat.open(demo, p[4]!);
    const target = await WebSeat.open(demo, p[0]!);
    const from = await ready(demo, p[4]!);
    await ready(demo, p[0]!);
    await project(demo, operator(), from.id, { users: [p[0]!.name] });
    await until("the projection", () => target.shows(p[4]!.colour));
    target.lookFor(p[0]!);
    const n = await events(demo, p[4]!);
    await inSession(demo, p[0]!, `
      xsetroot -solid '${hex(p[0]!.colour)}'; xterm -fullscreen -bg '${hex(p[0]!.colour)}' -e sleep 1000 &
      stationctl project stop --all; stationctl session unblock --all; true`);
    for (const act of ["lock", "suspend", "logoff"] as const) target.act(act);
    target.use();
    await throughout("the projection goes on", 400, () => target.shows(p[4]!.colour));
    target.assertUnseen(p[0]!);
    assert.equal(await events(demo, p[4]!), n, "a target typed into the source");
    await stopProjection(demo, operator(), null);
    await demo.sh(`pkill -u ${p[0]!.name} -x xterm; true`);
    source.close();
    target.close();
  });

  check(demo, "connect to another session's display, RFB socket, framebuffer, D-Bus, /proc: every path is closed", async () => {
    const [seat, mine] = [await VncSeat.open(demo, p[1]!), await WebSeat.open(demo, p[0]!)];
    const victim = await ready(demo, p[1]!);
    await ready(demo, p[0]!);
    const n = victim.display.slice(1);
    const dir = `/run/stationmaster/sessions/${victim.id}`;
    const uid = await demo.sh(`id -u ${p[1]!.name}`);
    const pids = await demo.pids(p[1]!.name, "Xvnc|Xtigervnc|openbox|xinput");
    assert.ok(pids.length >= 3);
    const reach = (mine: boolean) => `
      try() { "${"$"}@" >/tmp/got-$$ 2>&1 </dev/null && echo "worked: $* $(head -c 200 /tmp/got-$$)"; }
      connects() { perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1; print $s "{\\"method\\":\\"x.y\\"}\\0"; $s->flush; my $b; my $n = sysread($s, $b, 1); exit($n ? 0 : 1)' "$1" && echo "answered: $1"; }
      try env DISPLAY=:${n} xdpyinfo
      try env DISPLAY=:${n} XAUTHORITY=/dev/null xdpyinfo
      try env DISPLAY=unix:${n} xwd -root
      try env DISPLAY=localhost:${n} xdpyinfo
      try env DISPLAY=:${n} XAUTHORITY=${dir}/display/xauthority xdpyinfo
      for f in ${dir}/display/xauthority ${dir}/display/rfb.sock /run/user/${uid} /var/lib/stationmaster /var/lib/stationmaster/state.db /var/lib/station-relay /run/stationmaster/ended; do
        try cat "$f"; try ls "$f/"
      done
      for s in ${dir}/display/rfb.sock ${dir}/control.sock /run/stationmaster/session.sock /run/stationmaster/relay.sock /run/user/${uid}/bus /run/user/${uid}/systemd/private; do connects "$s"; done
      for pid in ${pids.join(" ")}; do
        for f in environ mem maps fd/0 fd/3 cwd/ root/ exe; do try head -c 1 /proc/$pid/$f; done
        try kill -0 $pid
        try gdb -q -batch -p $pid
      done
      ${mine ? "exit 0" : ""}
      try loginctl terminate-session ${victim.logind}
      try loginctl kill-session ${victim.logind}
      try loginctl lock-session ${victim.logind}
      try busctl --address=unix:path=/run/user/${uid}/bus list
      try mv ${dir} ${dir}.away
      try rm /tmp/.X11-unix/X${n}
      try mv /tmp/.X${n}-lock /tmp/x
      for id in $(ipcs -m | awk '$3 == "${p[1]!.name}" { print $2 }'); do try ipcrm -m $id; done
      true`;
    const tried = await inSession(demo, p[0]!, reach(false), 60_000);
    assert.deepEqual(tried.output.split("\n").filter((l) => /^(worked|answered)/.test(l)), []);
    assert.ok(!/syntax error|command not found/.test(tried.output), tried.output);
    // Where it may, each of it works: the attack is a real one.
    const own = await inSession(demo, p[1]!, reach(true), 60_000);
    for (const what of ["xdpyinfo", "xwd", "cat .*xauthority", "environ", "kill -0"]) assert.match(own.output, new RegExp(`worked: .*${what}`));
    assert.match(own.output, /answered: .*rfb.sock/);
    seat.close();
    mine.close();
  }, 150_000);

  check(demo, "no TCP, no abstract socket: what sessions listen on is a file with an owner", async () => {
    const seats = [await VncSeat.open(demo, p[0]!), await WebSeat.open(demo, p[1]!)];
    for (const who of [p[0]!, p[1]!]) await ready(demo, who);
    const sockets = (await demo.sh("ss -Hlnptu; ss -Hlnpx")).split("\n");
    for (const who of [p[0]!, p[1]!]) {
      const pids = await demo.pids(who.name);
      const theirs = sockets.filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)));
      assert.ok(theirs.length > 0, "not one socket of the session was found");
      assert.deepEqual(theirs.filter((l) => /^(tcp|udp)/.test(l)), [], "TCP or UDP");
      assert.deepEqual(theirs.filter((l) => /\s@/.test(l)), [], "abstract sockets");
    }
    // Ours: only what is documented.
    const ours = sockets.filter((l) => /"(stationd|station-relay|station-session)"/.test(l));
    assert.deepEqual(ours.filter((l) => /^(tcp|udp)/.test(l) && !l.includes("station-relay")), []);
    assert.deepEqual(ours.filter((l) => /\s@/.test(l)), []);
    seats.forEach((s) => s.close());
  });

  check(demo, "a display server put in place of the real one is not believed", async () => {
    const seat = await WebSeat.open(demo, p[5]!);
    const session = await ready(demo, p[5]!);
    await seat.see(p[5]!);
    const path = `/run/stationmaster/sessions/${session.id}/display/rfb.sock`;
    seat.act("suspend");
    await seat.scenesBe("the greeter", (s) => s.kind === "greeter");
    const log = `/home/${p[5]!.name}/forged`;
    await demo.inSession(p[5]!.name, `perl -MIO::Socket::UNIX -e '
      rename $ARGV[0], "$ARGV[0].real"; my $l = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die;
      open F, ">", $ARGV[1]; F->autoflush; print F "listening\\n";
      while (my $c = $l->accept) { print F "connected\\n"; $c->autoflush; print $c "RFB 003.008\\n"; my $b; my $n = sysread($c, $b, 12); print F "said $b\\n" if $n; }' ${path} ${log}`);
    await until("the forged server listens", () => demo.test(`grep -q listening ${log}`));
    await seat.logIn(p[5]!).catch(() => undefined);
    await until("the connection to the forged server is tried", () => demo.test(`grep -q connected ${log}`), 5000).catch(() => undefined);
    await throughout("nothing is said to the forged server", 400, async () => !(await demo.test(`grep -q said ${log}`)));
    assert.ok(!seat.screen || seat.screen.closed || !seat.shows(0), "the station shows the forged picture");
    assert.ok(seat.screen === undefined || seat.screen instanceof Rfb);
    // Nobody else has noticed.
    const other = await VncSeat.open(demo, p[4]!);
    await other.see(p[4]!);
    other.close();
    seat.close();
  });
});
