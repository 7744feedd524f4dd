// SPDX-License-Identifier: GPL-3.0-or-later
// Stations that log an account on by themselves, and strangers who would like to be one: ids, cookies, tickets
// and PINs that are guessed, used twice or taken along; and what is left of secrets afterwards.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { StationTab } from "../harness/browser.js";
import { check, useDemo } from "../harness/demo.js";
import { Rfb } from "../harness/rfb.js";
import { throughout, until } from "../harness/wait.js";
import type { Station } from "../harness/types.js";

describe("strangers at stations that log on by themselves", () => {
  const demo = useDemo("strangers");
  const password = "Correct-Horse-7";
  const byName = (name: string) => until(`${name} is there`, async () => (await demo.stations()).find((s) => s.name === name && s.connected));
  const ticketOf = async (folder: string) => (await demo.sh(`cat ${folder}/ticket`)).trim();
  let door: Station, ticket: string, browserTicket: string;

  /** What a page at this address gets, while the real station is logged on. */
  async function stays(tab: StationTab): Promise<void> {
    await tab.greeter();
    const mine = (await demo.stations()).filter((s) => s.id !== door.id);
    await throughout("the stranger sees a greeter and nothing of auto log-on", 7000, async () =>
      (await tab.page.locator("[data-auto]").count()) === 0 && (await tab.page.locator(".rfb canvas").count()) === 0);
    for (const { id } of mine) assert.equal((await demo.stations()).find((s) => s.id === id)?.session ?? "", "");
  }

  check(demo, "where it may be: the station with the ticket of its address gets the account", async () => {
    await demo.addUser("t-reader", password);
    assert.equal((await demo.ctl(["station", "kiosk-file", "browser", "/root/door", "--name", "Door"])).code, 0);
    browserTicket = await ticketOf("/root/door");
    const tab = await StationTab.open(demo);
    await tab.page.goto(demo.page(`/station#ticket=${browserTicket}`));
    await tab.page.reload(); // another fragment loads no page
    door = await byName("Door");
    await until("it is enrolled", async () => (await demo.stations()).find((s) => s.id === door.id)?.enrolment === "enrolled");
    assert.equal((await demo.ctl(["station", "auto-logon", door.id, "--user", "t-reader"])).code, 0);
    await until("it is logged on", async () => (await demo.sessionOf("t-reader"))?.stations.includes(door.id), 60_000);
  }, 120_000);

  check(demo, "a ticket used twice, and a cookie made of the station's id, give a greeter", async () => {
    const second = await StationTab.open(demo);
    await second.page.goto(demo.page(`/station#ticket=${browserTicket}`));
    await second.page.reload();
    await second.page.getByText("This ticket was used already").waitFor();
    await stays(second);
    await second.close();
    const guess = await StationTab.open(demo);
    const { hostname } = new URL(demo.page("/"));
    for (const name of ["__Host-station", "station"])
      await guess.page.context().addCookies([{ name, value: door.id.padEnd(43, "-"), url: `https://${hostname}`, secure: true }]).catch(() => undefined);
    await guess.page.goto(demo.page("/station"));
    await stays(guess);
    await guess.close();
    assert.equal((await demo.sessionOf("t-reader"))!.stations[0], door.id);
  }, 120_000);

  check(demo, "a viewer: guessed tickets, a browser's ticket, another one from the same address", async () => {
    assert.equal((await demo.ctl(["station", "kiosk-file", "vnc", "/root/desk", "--name", "Desk"])).code, 0);
    ticket = await ticketOf("/root/desk");
    const enter = (user: string, secret: string) => Rfb.connect(demo.vnc, { login: { user, password: secret } });
    for (const [user, secret] of [[`@${door.id}`, door.id], ["@Desk", "x".repeat(43)], ["@station", browserTicket], ["@", ""], ["@station", ticket.toLowerCase()]] as const)
      await assert.rejects(enter(user, secret), /ticket is not known|not right|refused|closed/i, `${user} ${secret.length}`);
    const real = await enter("@station", ticket);
    const desk = await byName("Desk");
    await demo.ctl(["session", "logoff", "t-reader", "--wait"]);
    await demo.ctl(["station", "auto-logon", door.id, "--off"]);
    await demo.ctl(["station", "auto-logon", desk.id, "--user", "t-reader"]);
    await until("the desk is logged on", async () => (await demo.sessionOf("t-reader"))?.stations.includes(desk.id), 60_000);
    real.close();
    await until("the desk is away", async () => (await demo.stations()).every((s) => s.id !== desk.id || !s.connected));
    const stranger = await Rfb.connect(demo.vnc);
    const other = await until("the stranger is a station", async () => (await demo.stations()).find((s) => s.kind === "vnc" && s.connected));
    assert.notEqual(other.id, desk.id, "the address alone is not the station");
    assert.deepEqual([other.name, other.session, other.auto_user, other.enrolment], [other.id, "", "", "none"]);
    stranger.close();
  }, 150_000);

  check(demo, "PINs: five guesses, then the right one is worth nothing; nobody reads one", async () => {
    const tab = await StationTab.open(demo);
    await tab.greeter();
    await tab.page.locator("[data-enrol]").click();
    const pin = (await tab.page.locator("[data-pin]").getAttribute("data-pin"))!;
    const asking = await until("it asks", async () => (await demo.stations()).find((s) => s.enrolment === "asked"));
    const operator = demo.account("operator").name;
    for (let i = 0; i < 5; i++) {
      const told = await demo.ctl(["station", "enrol", asking.id, String((Number(pin) + 1 + i) % 1_000_000).padStart(6, "0")], operator);
      assert.notEqual(told.code, 0);
      assert.ok(!(told.stdout + told.stderr).includes(pin));
    }
    assert.match((await demo.ctl(["station", "enrol", asking.id, pin], operator)).stderr, /does not ask/);
    await tab.page.locator("[data-pin]").waitFor({ state: "detached" });
    await tab.close();
  }, 60_000);

  check(demo, "who may: no pupil, no operator; no privileged account without saying so", async () => {
    const pupil = "t-reader", operator = demo.account("operator").name, administrator = demo.account("administrator").name;
    for (const [user, args] of [
      [pupil, ["station", "auto-logon", door.id, "--user", pupil]],
      [pupil, ["station", "enrol", door.id, "123456"]],
      [pupil, ["station", "unenrol", door.id]],
      [pupil, ["station", "logon", door.id, pupil, "--no-password"]],
      [operator, ["station", "auto-logon", door.id, "--user", pupil]],
    ] as const) assert.equal((await demo.ctl(args, user)).code, 3, `${user}: ${args.join(" ")}`);
    for (const user of [operator, administrator, "root"])
      assert.match((await demo.ctl(["station", "auto-logon", door.id, "--user", user])).stderr, /privileged/, user);
    const plainly = await demo.ctl(["station", "logon", door.id, "t-reader", "--no-password"], operator);
    assert.match(plainly.stdout, /Only administrators can log somebody on without the password/);
    assert.equal((await demo.ctl(["rights", "set", operator, "--room", "Nowhere"])).code, 0);
    assert.match((await demo.ctl(["station", "enrol", door.id, "123456"], operator)).stderr, /bound to rooms/);
    assert.match((await demo.ctl(["station", "unenrol", door.id], operator)).stderr, /bound to rooms/);
    assert.match((await demo.ctl(["station", "logon", door.id, "t-reader", "--no-password"], operator)).stdout, /no such station/);
    await demo.ctl(["rights", "clear", operator]);
  }, 60_000);

  check(demo, "no secret is left: answers, audit, journal, files", async () => {
    const wrong = "Guess-Me-If-You-Can-8";
    await demo.write("/root/table", `${door.id}\tt-reader\t${wrong}\n`, "600");
    assert.equal((await demo.ctl(["station", "logon", "--file", "/root/table"])).code, 1);
    const told = (await demo.journal()) + JSON.stringify(await demo.stations()) + JSON.stringify(await demo.call("Audit.List", {}));
    for (const secret of [wrong, password, ticket, browserTicket]) {
      assert.ok(!told.includes(secret), "told");
      assert.equal(await demo.test(`grep -rqaF -- '${secret}' /var/lib/stationmaster /var/lib/station-relay /run/stationmaster /var/log`), false, "stored");
    }
  }, 60_000);
});
