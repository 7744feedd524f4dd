// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of the web as pupil and teacher see them: Chromium and curl in a session, an internet that answers at every
// address; the page in place of a time-out; before the first program, over kills, restarts and a reboot; the exact end.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { before, describe } from "node:test";
import { inSession } from "../harness/attack.js";
import { check, useDemo } from "../harness/demo.js";
import { addresses as at, Internet, names } from "../harness/internet.js";
import { artefact } from "../harness/paths.js";
import { activeSession } from "../harness/core.js";
import { fillRoom, ready, restarted, killBoth, tidyUp, VncSeat, type Person } from "../harness/room.js";
import { limit, NotYet, throughout, until } from "../harness/wait.js";

const curl = "curl -sk --max-time 8";

describe("limits of the web", () => {
  const demo = useDemo("weblimit");
  let p: Person[];
  let internet: Internet;
  const operator = () => demo.account("operator").name;

  before(async () => {
    p = await fillRoom(demo, 3);
    internet = await Internet.open(demo);
    await demo.sh(`printf 'nameserver ${at.dns}\\n' >/etc/resolv.conf`);
  }, { timeout: 120_000 });
  tidyUp(demo);

  const order = async (parameters: object) => {
    const { targets } = await demo.call<{ targets: { state: string; reason: string }[] }>("Limits.Limit", parameters as Record<string, unknown>, operator());
    assert.deepEqual(targets.filter((t) => t.state !== "done"), []);
  };
  const letGo = () => demo.call("Limits.Free", { all: true }, operator());
  const allow = { mode: "allow", domains: [names.open] };
  const as = async (who: Pick<Person, "name">, script: string) => (await inSession(demo, who, script, 60_000)).output;
  const present = async (...who: Person[]) => {
    for (const x of who) if (!(await demo.sessionOf(x.name))) await demo.startSession(x.name);
    for (const x of who) await ready(demo, x, 0);
  };
  /** Tries the closed and the open site for ever; each answer that came, and each round, is a line. */
  async function prober(who: Person): Promise<{ seen: () => Promise<{ closed: number; open: number; rounds: number }>; stop: () => Promise<void> }> {
    const file = `/tmp/probe-${who.name}`;
    await demo.write(`${file}.sh`, `while :; do
      ${curl} --max-time 3 http://${names.closed}/ http://${at.closed}/ | grep -o 'AT 203.0.113.66' >>${file}
      ${curl} --max-time 3 https://${names.open}/ | grep -o 'AT 203.0.113.10' >>${file}
      echo round >>${file}
    done`, "755");
    await demo.sh(`install -o ${who.name} -m 644 /dev/null ${file}`);
    await demo.inSession(who.name, `bash ${file}.sh`);
    return {
      seen: async () => {
        const text = await demo.sh(`cat ${file}`);
        return { closed: text.split("AT 203.0.113.66").length - 1, open: text.split("AT 203.0.113.10").length - 1, rounds: text.split("round").length - 1 };
      },
      stop: async () => void (await demo.sh(`pkill -u ${who.name} -f ${file}.sh`)),
    };
  }

  check(demo, "open sites and what is below them, by curl and by Chromium; a page with the reason, in the reader's language", async () => {
    await present(p[0]!);
    await order({ users: [p[0]!.name], ...allow });
    const open = await as(p[0]!, `${curl} https://${names.open}/ https://${names.below}/ http://${names.open}/ http://${names.below}/ ; ${curl} -6 http://${names.below}/; ${curl} -4 https://${names.open}/a/b?c`);
    assert.equal(open.match(/SITE/g)?.length, 6, open);
    const t0 = Date.now();
    const english = await as(p[0]!, `curl -s -o /tmp/page -w '%{http_code} ' http://${names.closed}/x; cat /tmp/page; rm /tmp/page`);
    assert.match(english, /^403 [^]*This site is closed now[^]*fabrikam\.example[^]*Karin Kaya has limited the web[^]*<li>contoso\.example<\/li>/);
    assert.match(await as(p[0]!, `curl -s -H 'Accept-Language: de-DE,de;q=0.9,en;q=0.5' http://${names.alike}/`), /Diese Seite ist gerade gesperrt[^]*Karin Kaya/);
    assert.match(await as(p[0]!, `curl -sk -w '%{errormsg}' https://${names.closed}/`), /reset|SSL|Connection/i);
    assert.ok(Date.now() - t0 < limit(5000), "answers, not time-outs");
    const browse = (url: string) => as(p[0]!, `timeout 50 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --ignore-certificate-errors --user-data-dir=$HOME/browser --virtual-time-budget=5000 --dump-dom ${url} 2>/dev/null`);
    assert.match(await browse(`https://${names.below}/`), /SITE www\.contoso\.example AT 203\.0\.113\.10/);
    assert.match(await browse(`http://${names.closed}/`), /This site is closed now[^]*Karin Kaya/);
    assert.doesNotMatch(await browse(`https://${names.closed}/`), /SITE/);
    await letGo();
    assert.match(await browse(`https://${names.closed}/`), /SITE fabrikam\.example AT/);
  }, 240_000);

  check(demo, "everybody: in force before the first program of a session; the teacher is not meant", async () => {
    await demo.clear();
    await demo.sh(`cat >>/home/${p[1]!.name}/.config/openbox/autostart <<'X'
${curl} --max-time 5 http://${names.closed}/ http://${at.closed}/ >$HOME/first 2>&1; echo $? >>$HOME/first
X
`);
    await order({ all: true, ...allow });
    await internet.forget();
    const seat = await VncSeat.open(demo, p[1]!);
    await activeSession(demo, p[1]!.name, 1);
    await until("the first program has tried", () => demo.test(`grep -qE '^[0-9]+$' /home/${p[1]!.name}/first`), 20_000);
    assert.doesNotMatch(await demo.sh(`cat /home/${p[1]!.name}/first`), /AT 203/);
    assert.deepEqual((await internet.packets()).filter((x) => !x.startsWith(at.dns)), []);
    assert.match(await as(p[1]!, `${curl} https://${names.open}/`), /SITE contoso/);
    seat.close();
    const teacher = demo.account("operator");
    await demo.startSession(teacher.name);
    assert.match(await as(teacher, `${curl} https://${names.closed}/ http://${at.closed}/`), /SITE fabrikam[^]*AT 203\.0\.113\.66/);
    assert.match(await demo.sh(`runuser -u ${demo.account("administrator").name} -- ${curl} http://${names.closed}/`), /SITE fabrikam/);
    await letGo();
    await demo.clear();
  }, 120_000);

  check(demo, "kill -9 of each part while limited: what is closed stays closed, what is open comes back", async () => {
    await present(p[0]!);
    await order({ users: [p[0]!.name], ...allow });
    const probe = await prober(p[0]!);
    const rounds = async (n: number, what: string) => {
      const from = await probe.seen();
      await until(what, async () => {
        const now = await probe.seen();
        if (now.rounds < from.rounds + n || now.open < from.open + 1) throw new NotYet([from, now]);
        return true;
      }, 30_000);
    };
    await rounds(1, "the open site answers");
    const filters = "'station-filter@*.service'";
    const kills = [`systemctl kill -s KILL ${filters}`, "systemctl kill -s KILL station-limits.service", "systemctl kill -s KILL station-answers.service", "systemctl kill -s KILL station-names.service",
      "kill -9 $(pgrep -x stationd)", `systemctl kill -s KILL ${filters} station-limits.service; kill -9 $(pgrep -x stationd)`];
    for (const kill of kills) {
      await until("stationd runs", () => demo.daemon("stationd")); // limits hold without it
      await demo.sh(kill);
      await rounds(2, `the open site answers again after: ${kill}`);
    }
    await restarted(demo, killBoth);
    await demo.sh("systemctl restart stationd.service station-limits.service");
    await rounds(2, "the open site answers after a restart");
    assert.equal((await probe.seen()).closed, 0, "the closed site answered");
    await probe.stop();
    await letGo();
  }, 240_000);

  check(demo, "a reboot: in force again before anything of the user runs", async () => {
    await present(p[2]!);
    await order({ users: [p[2]!.name], ...allow });
    assert.match(await as(p[2]!, `${curl} https://${names.open}/`), /SITE/);
    await demo.reboot();
    // systemctl start has returned: who waits for stationd at boot (log-ins, lingering services) begins now.
    assert.doesNotMatch(await demo.sh(`runuser -u ${p[2]!.name} -- ${curl} http://${names.closed}/ http://${at.closed}/`), /AT 203/);
    assert.match(await demo.sh("systemctl show -p Before --value stationd.service"), /systemd-user-sessions\.service/);
    assert.match(await demo.sh(`runuser -u ${p[2]!.name} -- ${curl} https://${names.open}/`), /SITE contoso/);
    await present(p[2]!);
    assert.doesNotMatch(await as(p[2]!, `${curl} http://${names.closed}/ http://${at.closed}/`), /AT 203/);
    await letGo();
  }, 120_000);

  check(demo, "how long it takes, and that nothing is left at the end", async () => {
    await present(p[0]!, p[1]!);
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
    const enforced: number[] = [], again: number[] = [], freed: number[] = [];
    const timed = async (list: number[], act: () => Promise<unknown>) => {
      const t0 = process.hrtime.bigint();
      await act();
      list.push(Number(process.hrtime.bigint() - t0) / 1e6);
    };
    const firstByte = async () => {
      const text = await as(p[0]!, `for i in 1 2 3 4 5 6 7 8 9 10 11; do curl -sk -o /dev/null -w '%{time_starttransfer}\\n' https://${names.open}/; done`);
      return median(text.trim().split("\n").map((s) => Number(s) * 1000));
    };
    const plain = await firstByte();
    for (let i = 0; i < 11; i++) {
      await timed(enforced, () => order({ users: [p[0]!.name], mode: "allow", domains: [names.open, `n${i}.example`] }));
      await timed(again, () => order({ users: [p[1]!.name], mode: "allow", domains: [names.open, `n${i}.example`] }));
      await timed(freed, letGo);
    }
    // Acknowledged is in force: no answer of the closed site is newer than the order's answer.
    await order({ users: [p[0]!.name], ...allow });
    const filtered = await firstByte();
    await throughout("the closed site stays closed", 300, async () => !/AT 203/.test(await as(p[0]!, `${curl} http://${at.closed}/`)));
    const figures = { first_byte_ms: { without: plain, with: filtered }, order_ms: { new_list: median(enforced), list_in_use: median(again), freed: median(freed) }, of: 11 };
    writeFileSync(artefact("weblimit.json"), `${JSON.stringify(figures, null, 2)}\n`);
    assert.ok(median(enforced) < limit(2000) && filtered < plain + limit(200), JSON.stringify(figures));

    await letGo();
    // At once: everything, by the real addresses too, also where a program remembers the answer of the limit's DNS.
    assert.match(await as(p[0]!, `${curl} https://${names.closed}/ http://${at.closed}/; ${curl} --resolve ${names.closed}:443:198.18.0.1 https://${names.closed}/`), /(AT (203|2001)[^]*){3}/);
    await until("nothing is left", async () => {
      const left = await demo.sh(`nft list tables; ls /run/station-limits; systemctl list-units --plain --no-legend 'station-filter@*' station-names.service station-answers.service; pgrep -a -u station-filter; true`);
      if (left) throw new NotYet(left);
      return true;
    }, 120_000);
    await until("station-limits has ended", () => demo.test("! pgrep -x station-limits"), 20_000);
  }, 240_000);
});
