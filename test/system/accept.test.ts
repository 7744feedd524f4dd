// SPDX-License-Identifier: GPL-3.0-or-later
// A log-on notice that has to be accepted: at a browser station and at TigerVNC's viewer, each in front of a
// real session; refused, nothing has begun; and what is kept of it.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { logIn, StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { artefact } from "../harness/paths.js";
import { fillRoom, restarted, tidyUp, WebSeat, type Person } from "../harness/room.js";
import { NotYet, until } from "../harness/wait.js";
import { Viewer } from "../harness/viewer.js";

describe("the log-on notice", () => {
  const demo = useDemo("accept");
  let p: Person[];
  const page = (word: string) => Array.from({ length: 40 }, (_, i) => `${i + 1}. ${word} ${word} ${word} ${word} ${word} ${word}.`).join("\n\n");

  const restart = () => restarted(demo, "systemctl restart stationd.service station-relay.service");
  const entries = async () => (await demo.call<{ entries: { user: string; method: string; targets: string; result: string }[] }>("Audit.List", {})).entries
    .filter((e) => e.method === "Login.notice").map((e) => [e.user, /notice (\S+)/.exec(e.targets)?.[1], e.result]);

  const shown = (station: StationTab) => station.page.locator(".screen[data-stream=open]").waitFor();

  before(async () => {
    p = await fillRoom(demo, 3);
    await demo.sh("mkdir -p /etc/stationmaster/notice.d");
    await demo.write("/etc/stationmaster/notice.d/en.txt", page("Rules"));
    await demo.write("/etc/stationmaster/notice.d/de.txt", page("Regeln"));
    await restart();
  });

  tidyUp(demo);

  check(demo, "at a browser station: read, refused, read again, accepted", async () => {
    const station = await StationTab.open(demo, undefined, { locale: "de" });
    await station.page.getByLabel("Benutzername").waitFor();
    await logIn(station.page, p[0]!, "de");
    const dialog = station.page.getByRole("dialog", { name: "Bitte lesen Sie das zuerst" });
    await dialog.getByText("40. Regeln").waitFor({ state: "attached" });
    await station.screenshot("notice-browser");
    assert.equal(await demo.sessionOf(p[0]!.name), undefined);
    assert.equal(await demo.processCount(p[0]!.name), 0, "nothing runs as the person yet");
    await dialog.getByRole("button", { name: "Ablehnen" }).click();
    await station.page.getByLabel("Benutzername").waitFor();
    await until("the refusal is in the audit", async () => JSON.stringify(await entries()).includes('"de","refused"'));
    assert.equal(await demo.sessionOf(p[0]!.name), undefined);
    await logIn(station.page, p[0]!, "de");
    await dialog.getByRole("button", { name: "Zustimmen und anmelden" }).click();
    const session = await activeSession(demo, p[0]!.name);
    await shown(station);
    // Whoever comes back to the session accepts again.
    await demo.ctl(["session", "suspend", p[0]!.name]);
    await station.page.getByLabel("Benutzername").waitFor();
    await logIn(station.page, p[0]!, "de");
    await dialog.waitFor();
    assert.equal((await demo.sessionOf(p[0]!.name))?.state, "suspended");
    await dialog.getByRole("button", { name: "Zustimmen und anmelden" }).click();
    assert.equal((await activeSession(demo, p[0]!.name)).id, session.id);
    assert.deepEqual((await entries()).filter(([user]) => user === p[0]!.name).map(([, , result]) => result).sort(), ["ok", "ok", "refused"]);
    assert.deepEqual(station.problems, []);
    await station.close();
  }, 120_000);

  check(demo, "at TigerVNC's viewer: the greeter shows it, keys scroll it, Return of the password accepts nothing", async () => {
    const viewer = await Viewer.open(demo, { login: { user: p[1]!.name, password: p[1]!.password } });
    const { rfb } = viewer;
    const still = async () => {
      let before = Buffer.alloc(0), since = Date.now();
      await until("the picture rests", () => {
        if (rfb.colours(8) < 3 || !before.equals(rfb.pixels)) {
          before = Buffer.from(rfb.pixels);
          since = Date.now();
        }
        return Date.now() - since > 300;
      });
      return before;
    };
    await until("the viewer window has the keyboard", async () => (await viewer.screen.windows()).some((t) => /TigerVNC/.test(t)));
    await rfb.see("the notice in the viewer", (r) => r.share(0xffffff) > 0.15);
    rfb.click(150, 200); // into the window, beside the card
    const top = await still();
    rfb.save(artefact("notice-vnc.png"));
    rfb.press("Return");
    rfb.press("Return");
    rfb.press("Down");
    await until("the text has scrolled", () => !top.equals(rfb.pixels));
    await still();
    assert.equal(await demo.sessionOf(p[1]!.name), undefined);
    assert.equal(await demo.processCount(p[1]!.name), 0);
    rfb.press("Tab");
    rfb.press("Return");
    await activeSession(demo, p[1]!.name);
    await until("the desktop is in the viewer", () => {
      if (rfb.shareNear(p[1]!.colour, 8) < 0.3) throw new NotYet(rfb.colours());
      return true;
    });
    assert.deepEqual((await entries()).filter(([user]) => user === p[1]!.name), [[p[1]!.name, "en", "ok"]]);
    await viewer.close();
  }, 90_000);

  check(demo, "the API cannot go around it: no Answer, no other conversation, no other station's", async () => {
    const seat = await WebSeat.open(demo);
    const other = await WebSeat.open(demo);
    const start = await seat.login("Start", { purpose: "station", user: p[2]!.name, desktop: null, width: 1024, height: 640, language: "en" });
    const answer = await seat.login("Answer", { conversation: start.json["conversation"], answers: [p[2]!.password] });
    assert.equal((answer.json["notice"] as { language: string }).language, "en");
    assert.equal(answer.json["done"], false);
    for (let i = 0; i < 3; i++) assert.equal((await seat.login("Answer", { conversation: start.json["conversation"], answers: [] })).status, 404);
    assert.equal((await seat.login("Answer", { conversation: "A".repeat(43), answers: [] })).status, 404);
    // A second conversation while the first one waits does not count as its acceptance.
    const second = await other.login("Start", { purpose: "station", user: p[2]!.name, desktop: null, width: 1024, height: 640, language: "en" });
    const asked = await other.login("Answer", { conversation: second.json["conversation"], answers: [p[2]!.password] });
    assert.ok(asked.json["notice"]);
    assert.equal(await demo.sessionOf(p[2]!.name), undefined);
    assert.equal(seat.scene?.kind, "greeter");
  });

  check(demo, "once: a person who has accepted is not asked again, also after a restart; another text asks", async () => {
    await demo.write("/etc/stationmaster/conf.d/zz-notice.conf", "[login]\nnotice-again = once\n");
    await restart();
    const station = await StationTab.open(demo);
    await station.greeter();
    const accept = station.page.getByRole("button", { name: "Accept and log in" });
    // The page of before has to find the relay again, which the greeter does not tell.
    const again = async () => {
      await station.page.reload();
      await station.greeter();
    };
    const enter = async (asks: boolean) => {
      await logIn(station.page, p[2]!);
      if (asks) await accept.click();
      await activeSession(demo, p[2]!.name);
      await shown(station);
      await demo.ctl(["session", "suspend", p[2]!.name]);
      await station.greeter();
    };
    await enter(true);
    await enter(false);
    await restart();
    await again();
    await enter(false);
    await demo.write("/etc/stationmaster/notice.d/en.txt", page("Rule"));
    await restart();
    await again();
    await enter(true);
    // A text that cannot be shown: stationd says so, and so does the doctor.
    await demo.sh("printf 'a\\033b' >/etc/stationmaster/notice.d/en.txt");
    const doctor = await demo.ctl(["doctor", "--json"]);
    assert.match(doctor.stdout, /log-on notice cannot be shown: [^"]*en\.txt: there is a control character/);
    await demo.sh("rm -r /etc/stationmaster/notice.d /etc/stationmaster/conf.d/zz-notice.conf");
    await restart();
    await again();
    await enter(false);
    await station.close();
  }, 120_000);
});
