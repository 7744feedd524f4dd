// SPDX-License-Identifier: GPL-3.0-or-later
// Thumbnails: fresh within a second, only what is visible, only for those who may see, and no work at all
// when nobody looks.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { Person, type DashboardSocket } from "../harness/api.js";
import { check, useDemo } from "../harness/demo.js";
import { interval, until } from "../harness/wait.js";

describe("thumbnails", () => {
  const demo = useDemo("thumbs", { sessions: 6 });

  const ids = async () => (await demo.sessions()).map((s) => s.id);
  const sign = (role: "operator" | "administrator") => Person.signIn(demo, demo.account(role));
  const last = (d: DashboardSocket, id: string) => d.thumbnails.filter((t) => t.session === id).pop();

  check(demo, "all sessions over one WebSocket, in the size that was asked for", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    const all = await ids();
    for (const [size, number, width, height] of [["small", 0, 160, 90], ["medium", 1, 320, 180], ["large", 2, 480, 270]] as const) {
      dashboard.thumbnails.length = 0;
      dashboard.tiles(all, size);
      await until(`${size} pictures of all`, () => all.every((id) => last(dashboard, id)?.size === number), 5000, () => dashboard.thumbnails.map((t) => `${t.session} ${t.size}`));
      for (const id of all) {
        const t = last(dashboard, id)!;
        assert.deepEqual([t.width, t.height], [width, height]);
        assert.deepEqual([...t.jpeg.subarray(0, 2)], [0xff, 0xd8]);
        assert.ok(Math.abs(t.takenMs - Date.now()) < 5000);
      }
    }
    dashboard.close();
  });

  check(demo, "a change is shown within a second", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    const session = (await demo.sessions())[0]!;
    // A quiet session, so that the picture that comes is that of our change.
    await demo.sh(`pkill -u ${session.user} -x 'xterm|xclock|oclock|ico|xeyes|xload' || true`);
    dashboard.tiles([session.id]);
    await until("the first picture", () => last(dashboard, session.id));
    const took: number[] = [];
    for (let i = 0; i < 6; i++) {
      let count = -1;
      await until("quiet", async () => {
        if (count === dashboard.thumbnails.length) return true;
        count = dashboard.thumbnails.length;
        await interval(1200);
        return false;
      });
      await interval(i * 170);
      const env = `DISPLAY=${session.display} XAUTHORITY=/run/stationmaster/sessions/${session.id}/display/xauthority`;
      const at = Number(await demo.sh(`runuser -u ${session.user} -- env ${env} xsetroot -solid '#${i}0${i}0ff' && date +%s%3N`));
      await until("the picture of the change", () => dashboard.thumbnails.length > count, 3000);
      took.push(dashboard.thumbnails[count]!.cameMs - at);
    }
    assert.ok(Math.max(...took) <= 1000, `pictures came after ${took.join(", ")} ms`);
    dashboard.close();
  });

  check(demo, "a display server that is stopped is an alarm within three seconds, with its age, until it goes on", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    const alarms = () => dashboard.events.filter((e) => e.kind === "picture") as unknown as { session: string; alarm: string; since_ms: number }[];
    const all = (await demo.sessions()).slice(0, 3);
    const session = all[2]!;
    await demo.sh(`pkill -u ${session.user} -x 'xterm|xclock|oclock|ico|xeyes|xload' || true`); // nothing happens in it
    dashboard.tiles(all.map((s) => s.id));
    await until("the first picture", () => last(dashboard, session.id));
    await interval(5000); // an idle desktop is none
    assert.deepEqual(alarms(), []);
    const server = await demo.sh(`pgrep -u ${session.user} -f '(Xvnc|Xtigervnc) ${session.display} '`);
    const at = Date.now();
    await demo.sh(`kill -STOP ${server}`);
    try {
      const alarm = await until("the alarm", () => alarms()[0], 4000);
      const took = Date.now() - at;
      assert.deepEqual([alarm.session, alarm.alarm], [session.id, "stalled"]);
      assert.ok(took <= 3000, `told after ${took} ms`);
      assert.ok(Math.abs(alarm.since_ms - at) < 2000);
    } finally {
      await demo.sh(`kill -CONT ${server}`);
    }
    await until("the end of it", () => alarms()[1]?.alarm === "", 3000);
    dashboard.close();
  });

  check(demo, "at most one picture a second of a session, however much it moves", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    const session = (await demo.sessions())[1]!;
    await demo.inSession(session.user, "xterm -geometry 80x24+50+50 -e bash -c 'while :; do echo $RANDOM$RANDOM; done'");
    dashboard.tiles([session.id]);
    await until("it moves", () => dashboard.thumbnails.length >= 2);
    const before = dashboard.thumbnails.length;
    await interval(4000);
    const n = dashboard.thumbnails.length - before;
    assert.ok(n >= 3 && n <= 5, `${n} pictures in 4 s`);
    await demo.sh(`pkill -u ${session.user} -x xterm`);
    dashboard.close();
  });

  check(demo, "only what is visible is produced", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    const [a, b] = (await ids()) as [string, string];
    dashboard.tiles([a, b]);
    await until("both", () => last(dashboard, a) && last(dashboard, b));
    dashboard.tiles([b]);
    await interval(1100);
    dashboard.thumbnails.length = 0;
    const user = (await demo.sessions()).find((s) => s.id === a)!.user;
    await demo.inSession(user, "xsetroot -solid '#fedcba'");
    await interval(2500);
    assert.equal(dashboard.thumbnails.filter((t) => t.session === a).length, 0, "a tile that is not visible gets pictures");
    dashboard.close();
  });

  check(demo, "an operator gets no picture of an administrator's session, even when asking for it", async () => {
    const ada = await demo.startSession(demo.account("administrator").name);
    const operator = await (await sign("operator")).dashboard();
    const administrator = await (await sign("administrator")).dashboard();
    for (const d of [operator, administrator]) d.tiles([ada.id, ...(await ids())]);
    const pupil = (await demo.sessions())[0]!.id;
    await until("the administrator's pictures", () => last(administrator, ada.id) ?? last(administrator, pupil));
    await until("the operator's pictures of pupils", () => last(operator, pupil));
    await interval(1500);
    assert.equal(operator.thumbnails.filter((t) => t.session === ada.id).length, 0);
    operator.close();
    administrator.close();
    await demo.ctl(["session", "logoff", demo.account("administrator").name, "--wait"]);
  });

  check(demo, "nobody watching: no work in the relay, no connection to a display", async () => {
    const dashboard = await (await sign("operator")).dashboard();
    dashboard.tiles(await ids());
    await until("pictures", () => dashboard.thumbnails.length >= 6);
    dashboard.close();
    const pid = await demo.daemon("station-relay");
    const read = async () => {
      const text = await demo.sh(`cat /proc/${pid}/schedstat; cat /proc/${pid}/task/*/status | grep ctxt_switches`);
      return { ns: Number(text.split(/\s/)[0]), switches: [...text.matchAll(/switches:\s+(\d+)/g)].reduce((n, m) => n + Number(m[1]), 0) };
    };
    // Sources are kept for a moment, in case a page is only being loaded again.
    await until("the relay is at rest", async () => {
      const a = await read();
      await interval(2000);
      return (await read()).switches - a.switches <= 4;
    }, 60_000);
    const a = await read();
    await interval(8000);
    const b = await read();
    assert.ok(b.switches - a.switches <= 8, `${b.switches - a.switches} wake-ups in 8 s`);
    assert.ok(b.ns - a.ns < 8e6, `${(b.ns - a.ns) / 1e6} ms of CPU in 8 s`);
    const sockets = await demo.sh(`ss -Hxp | grep -c 'rfb.sock' || true`);
    assert.equal(Number(sockets), 0, "displays are still connected");
  }, 120_000);

  check(demo, "a page in the background asks for nothing", async () => {
    const { Dashboard } = await import("../harness/browser.js");
    const page = await Dashboard.open(demo, demo.account("operator"), { height: 420 });
    const count = await page.tiles();
    const shown = await page.wall.getByRole("option").evaluateAll((tiles) => tiles.filter((t) => t.getBoundingClientRect().top < innerHeight + 120).length);
    assert.ok(count >= 6);
    await page.picture((await demo.sessions())[0]!.user);
    const live = () => page.wall.locator("[role=option][data-picture=live]").count();
    await until("the visible ones have pictures", async () => (await live()) >= Math.min(shown, count));
    await page.close();
  });
});
