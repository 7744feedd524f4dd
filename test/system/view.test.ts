// SPDX-License-Identifier: GPL-3.0-or-later
// Enlarge and control: what a supervisor sees and may touch, what the station tells the person there, who
// shares and who is turned away, and how a view ends.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { Person as Supervisor } from "../harness/api.js";
import { StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { audit, block, events, fillRoom, keys, ready, restarted, SocketEnded, tidyUp, unblock, VncSeat, ViewSeat, views, WebSeat, type Person } from "../harness/room.js";
import { limit, throughout, until } from "../harness/wait.js";

describe("view and control", () => {
  const demo = useDemo("view");
  let p: Person[];
  let web: WebSeat;
  let vnc: VncSeat;
  let karin: Supervisor;
  let otto: Supervisor;
  const ids: string[] = [];

  before(async () => {
    p = await fillRoom(demo, 3, [{ name: "t-op2", role: "operator", full_name: "Otto Operator" }]);
    [web, vnc] = [await WebSeat.open(demo, p[0]!), await VncSeat.open(demo, p[1]!)];
    for (const [seat, who] of [[web, p[0]!], [vnc, p[1]!]] as const) {
      ids.push((await ready(demo, who)).id);
      await seat.see(who);
    }
    karin = await Supervisor.signIn(demo, demo.account("operator"));
    otto = await Supervisor.signIn(demo, p[3]!);
  });

  tidyUp(demo, () => [web, vnc]);

  const flags = async (user: string) => {
    const s = (await demo.sessionOf(user))!;
    return [s.viewed, s.controlled, s.controlled_by] as const;
  };
  const endsWith = (code: number) => (error: unknown) => error instanceof SocketEnded && error.ended.code === code;

  check(demo, "enlarge: the desktop at full size, live; no key, no pointer, no clipboard of the supervisor reaches it", async () => {
    const t0 = Date.now();
    const view = await ViewSeat.open(demo, karin.cookie, ids[0]!, "view");
    await view.see(p[0]!);
    assert.ok(Date.now() - t0 < limit(1500), `it took ${Date.now() - t0} ms`);
    assert.deepEqual([view.screen.width, view.screen.height], [web.screen!.width, web.screen!.height]);
    await demo.inSession(p[0]!.name, "xsetroot -solid '#445566'");
    await until("the picture follows", () => view.shows(0x445566));
    const n = await events(demo, p[0]!);
    view.use();
    view.screen.resize(640, 480);
    await throughout("no event", 400, async () => (await events(demo, p[0]!)) === n);
    assert.deepEqual([web.screen!.width, web.screen!.height], [view.screen.width, view.screen.height], "a viewer resized the session");
    web.screen!.press("a");
    await until("the station types on", async () => (await events(demo, p[0]!)) > n);
    await demo.inSession(p[0]!.name, `xsetroot -solid '#${p[0]!.colour.toString(16).padStart(6, "0")}'`);
    assert.deepEqual(await flags(p[0]!.name), [true, false, ""]);
    const [listed] = await views(demo);
    assert.deepEqual([listed!.session, listed!.mode, listed!.by, listed!.by_name], [ids[0], "view", demo.account("operator").name, demo.account("operator").full_name]);
    view.close();
    await until("the view has ended", async () => (await views(demo)).length === 0);
    assert.deepEqual(await flags(p[0]!.name), [false, false, ""]);
  });

  check(demo, "control, shared: both type; exclusive: only the supervisor does; the station gets its hands back", async () => {
    for (const [seat, who, id] of [[web, p[0]!, ids[0]!], [vnc, p[1]!, ids[1]!]] as const) {
      const shared = await ViewSeat.open(demo, karin.cookie, id, "control");
      await shared.see(who);
      let n = await keys(demo, who);
      shared.screen.type("ab");
      await until("what the supervisor types arrives", async () => (await keys(demo, who)) >= n + 2);
      n = await keys(demo, who);
      seat.screen!.type("cd");
      await until("what the pupil types arrives", async () => (await keys(demo, who)) >= n + 2);
      assert.deepEqual(await flags(who.name), [true, true, demo.account("operator").full_name]);
      shared.close();
      await until("the control has ended", async () => !(await flags(who.name))[1]);

      const alone = await ViewSeat.open(demo, karin.cookie, id, "exclusive");
      await alone.see(who);
      if (seat instanceof WebSeat) await seat.scenesBe("the station is told", (s) => s.sign?.exclusive === true && !s.input);
      else await until("control is in force", async () => (await flags(who.name))[1]);
      n = await events(demo, who);
      seat.use();
      await throughout("nothing of the station arrives", 300, async () => (await events(demo, who)) === n);
      alone.screen.type("ef");
      await until("what the supervisor types arrives", async () => (await events(demo, who)) >= n + 2);
      alone.close();
      await until("the control has ended", async () => !(await flags(who.name))[1]);
      const m = await events(demo, who);
      await until("the pupil types again", async () => {
        seat.use();
        return (await events(demo, who)) > m;
      });
    }
  });

  check(demo, "keys that a supervisor holds when the view ends are let go", async () => {
    const control = await ViewSeat.open(demo, karin.cookie, ids[0]!, "control");
    const released = async () => Number(await demo.sh(`grep -cE '^EVENT type 14 ' /home/${p[0]!.name}/events || true`));
    const [down, up] = [await keys(demo, p[0]!), await released()];
    control.screen.key(0xffe1, true);
    control.screen.key(0x78, true);
    await until("both are down", async () => (await keys(demo, p[0]!)) >= down + 2);
    control.close();
    await until("both are up", async () => (await released()) >= up + 2);
  });

  check(demo, "the sign: at a browser station in words, at a VNC station drawn; gone at the end", async () => {
    const tab = await StationTab.open(demo, p[2]!);
    const id = (await ready(demo, p[2]!)).id;
    const without = Buffer.from(vnc.screen.pixels);
    const name = demo.account("operator").full_name;
    for (const mode of ["view", "control"] as const) {
      const look = [await ViewSeat.open(demo, karin.cookie, id, mode), await ViewSeat.open(demo, karin.cookie, ids[1]!, mode)];
      const sign = tab.page.getByText(new RegExp(name)).first();
      await sign.waitFor({ timeout: 3000 });
      await tab.screenshot(`sign-${mode}-browser`);
      await vnc.screen.see("the sign in the viewer", (r) => !r.pixels.equals(without));
      await vnc.still();
      vnc.screen.save(artefact(`sign-${mode}-vnc.png`));
      // It is over the desktop, not in it: the supervisor does not see it, nor does the session.
      assert.ok(look[1]!.screen.shareNear(p[1]!.colour, 2) > 0.995, "the sign is in the supervisor's picture");
      assert.ok(vnc.screen.shareNear(p[1]!.colour, 2) > 0.8, "the sign covers the desktop");
      look.forEach((l) => l.close());
      await sign.waitFor({ state: "detached" });
      await vnc.screen.see("the sign is gone", (r) => r.shareNear(p[1]!.colour, 2) > 0.995);
    }
    await tab.panel("Suspend");
    await tab.greeter();
    await tab.close();
  });

  check(demo, "two operators: many share, one alone; who is turned away is told the name", async () => {
    const a = await ViewSeat.open(demo, karin.cookie, ids[0]!, "control");
    const b = await ViewSeat.open(demo, otto.cookie, ids[0]!, "control");
    const c = await ViewSeat.open(demo, otto.cookie, ids[0]!, "view");
    const n = await keys(demo, p[0]!);
    a.screen.press("a");
    b.screen.press("b");
    await until("both type", async () => (await keys(demo, p[0]!)) >= n + 2);
    await assert.rejects(ViewSeat.open(demo, otto.cookie, ids[0]!, "exclusive"), (e) => endsWith(4409)(e) && (e as SocketEnded).ended.reason.includes(demo.account("operator").full_name));
    [a, b, c].forEach((v) => v.close());
    await until("all have ended", async () => (await views(demo)).length === 0);
    const alone = await ViewSeat.open(demo, karin.cookie, ids[0]!, "exclusive");
    for (const mode of ["control", "exclusive"] as const)
      await assert.rejects(ViewSeat.open(demo, otto.cookie, ids[0]!, mode), (e) => endsWith(4409)(e) && (e as SocketEnded).ended.reason.includes(demo.account("operator").full_name));
    const look = await ViewSeat.open(demo, otto.cookie, ids[0]!, "view");
    await look.see(p[0]!);
    const m = await events(demo, p[0]!);
    look.use();
    web.use();
    await throughout("no event", 300, async () => (await events(demo, p[0]!)) === m);
    alone.close();
    look.close();
    await until("all have ended", async () => (await views(demo)).length === 0);
  });

  check(demo, "who may: not oneself's rights by another's name", async () => {
    const other = await VncSeat.open(demo, p[3]!);
    const operatorSession = (await activeSession(demo, p[3]!.name)).id;
    for (const mode of ["view", "control", "exclusive"] as const)
      await assert.rejects(ViewSeat.open(demo, karin.cookie, operatorSession, mode), endsWith(4403), `${mode} of an operator by an operator`);
    const ada = await Supervisor.signIn(demo, demo.account("administrator"));
    await assert.rejects(ViewSeat.open(demo, ada.cookie, operatorSession, "view"), endsWith(4403), "by an administrator, while privileged sessions are not orchestrated");
    const view = await ViewSeat.open(demo, ada.cookie, ids[0]!, "view");
    await view.see(p[0]!);
    view.close();
    await assert.rejects(ViewSeat.open(demo, karin.cookie, "s9999", "view"), endsWith(4404));
    await assert.rejects(ViewSeat.open(demo, "", ids[0]!, "view"), endsWith(4401));
    await assert.rejects(ViewSeat.open(demo, "__Host-stationmaster=" + "A".repeat(43), ids[0]!, "view"), endsWith(4401));
    await assert.rejects(ViewSeat.open(demo, karin.cookie, ids[0]!, "everything" as "view"));
    other.close();
  });

  check(demo, "signing out ends one's views; so does the session's end, and Close", async () => {
    const person = await Supervisor.signIn(demo, p[3]!);
    const mine = await ViewSeat.open(demo, person.cookie, ids[0]!, "control");
    await person.call("Login.SignOut");
    await until("the view is closed", () => mine.end);
    assert.equal(mine.end!.code, 4401);
    await until("the session is free", async () => !(await flags(p[0]!.name))[1]);
    const closed = await ViewSeat.open(demo, karin.cookie, ids[0]!, "view");
    const [v] = await views(demo);
    await assert.rejects(demo.call("Views.Close", { view: v!.id }, p[3]!.name), /Refused|NotFound/);
    await demo.call("Views.Close", { view: v!.id }, demo.account("operator").name);
    await until("the view is closed", () => closed.end);
    const seat = await WebSeat.open(demo, p[2]!);
    const s = await ready(demo, p[2]!);
    const last = await ViewSeat.open(demo, karin.cookie, s.id, "view");
    await last.see(p[2]!);
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { sessions: [s.id] });
    await demo.finished(job);
    await until("the view is closed", () => last.end);
    assert.equal(last.end!.code, 4404);
    seat.close();
  });

  check(demo, "a blocked session can be looked at and controlled; the station still shows the block", async () => {
    await block(demo, demo.account("operator").name, { users: [p[0]!.name] }, "Wait");
    await web.scenesBe("the block", (s) => s.kind === "block");
    const control = await ViewSeat.open(demo, karin.cookie, ids[0]!, "control");
    await control.see(p[0]!);
    web.lookFor(p[0]!);
    const n = await events(demo, p[0]!);
    control.screen.press("a");
    await until("the supervisor's key arrives", async () => (await events(demo, p[0]!)) > n);
    const m = await events(demo, p[0]!);
    web.use();
    await throughout("nothing of the station arrives", 300, async () => (await events(demo, p[0]!)) === m);
    web.assertUnseen(p[0]!);
    control.close();
    await unblock(demo, demo.account("operator").name, { all: true });
    await web.see(p[0]!);
  });

  check(demo, "every view is in the audit log", async () => {
    const rows = [...(await audit(demo, "ViewOpen")), ...(await audit(demo, "Views.Open"))];
    assert.ok(rows.some((r) => r.user === demo.account("operator").name && r.targets.includes(p[0]!.name)), JSON.stringify(rows));
  });

  check(demo, "restart of the daemons: a view may end, the pupil works on; a new one opens", async () => {
    for (const daemon of ["stationd", "station-relay"]) {
      const view = await ViewSeat.open(demo, karin.cookie, ids[0]!, "exclusive");
      await view.see(p[0]!);
      await restarted(demo, `kill -9 ${await demo.daemon(daemon)}`);
      if (daemon === "station-relay") await until("the view has ended", () => view.end);
      view.close();
      await until("no view is left", async () => (await views(demo)).length === 0);
      await web.see(p[0]!);
      const n = await events(demo, p[0]!);
      await until("the pupil types", async () => {
        web.use();
        return (await events(demo, p[0]!)) > n;
      });
    }
    const view = await ViewSeat.open(demo, karin.cookie, ids[0]!, "view");
    await view.see(p[0]!);
    view.close();
  });
});
