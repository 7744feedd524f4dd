// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, inContext, mock, page, signIn, text, tile, until, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const clock = () => page.locator(".lesson-button");
const dialog = () => page.getByRole("dialog", { name: "Start a lesson" });
const preview = () => dialog().getByRole("region", { name: "What will change" });
const start = (p: Record<string, unknown> = {}) => mock.world.startLesson({ all: true, name: "Maths", length_ms: 24 * 60_000 + 900, ...p }).lesson;

/** The clock in the top bar shows this. */
async function left(wanted: RegExp): Promise<void> {
  await page.waitForFunction((r) => new RegExp(r).test(document.querySelector("[data-left]")?.getAttribute("data-left") ?? ""), wanted.source);
}

async function plan(): Promise<void> {
  await clock().click();
  await page.getByRole("dialog", { name: "Lesson", exact: true }).getByRole("button", { name: "Start a lesson" }).click();
  await dialog().waitFor();
}

test("a lesson for everybody by keys: what will change is said before, then it counts down", async () => {
  await wall();
  mock.world.setBlocked({ users: ["bencohen2"] }, true);
  await plan();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "INPUT");
  await page.keyboard.type("Maths");
  await text(preview(), "Who logs in later is in it, too.");
  await dialog().getByRole("checkbox", { name: /^Block/ }).check();
  await text(preview(), /Blocked until its end: Anna Berger/);
  await text(preview(), "Already blocked, also when it is over: Ben Cohen.");
  await text(preview(), /It ends at \d+:\d\d( [AP]M)?; what it brought falls off then\./);
  await dialog().getByLabel("What the blocked read").fill("Eyes <b>up</b>");
  await dialog().getByRole("radio", { name: "Other" }).check();
  await text(preview(), "How long? Give 1 to 720 minutes.");
  await dialog().getByRole("button", { name: "Start lesson" }).click({ force: true });
  assert.deepEqual(calls("Lessons.Start"), [], "without a length nothing starts");
  await dialog().getByLabel("Minutes, 1 to 720").fill("25");
  await text(preview(), "It ends at");
  await accessible();
  await dialog().getByLabel("Name").focus();
  await page.keyboard.press("Enter");
  await left(/^(25:00|24:5\d)$/);
  assert.deepEqual(calls("Lessons.Start"), [{ all: true, name: "Maths", message: "Eyes <b>up</b>", length_ms: 25 * 60_000, block: true, programs: [] }]);
  await text(tile("Anna Berger"), "“Eyes <b>up</b>”");
  await left(/^24:5\d$/);
  assert.match((await clock().getAttribute("aria-label")) ?? "", /^Lesson: Maths, until \d+:\d\d/, "read out without the seconds");
});

test("the web of a lesson: only some sites, in preset, preview and bar; changed and freed while it runs", async () => {
  await wall();
  await plan();
  await dialog().getByLabel("Name").fill("Test");
  await dialog().getByRole("radio", { name: "Only these sites" }).check();
  await text(preview(), "Write at least one site, like contoso.com.");
  await dialog().getByRole("button", { name: "Start lesson" }).click({ force: true });
  assert.deepEqual(calls("Lessons.Start"), [], "without a site nothing starts");
  await dialog().getByRole("textbox", { name: "Sites" }).fill("contoso.com\n*.edu");
  await text(preview(), /Only contoso\.com and \*\.edu until its end: Anna Berger/);
  await accessible();
  await dialog().getByRole("button", { name: "Start lesson" }).click();
  await left(/^(44:5\d|45:00)$/);
  assert.deepEqual(calls("Lessons.Start")[0]?.["web"], { mode: "allow", domains: ["contoso.com", "*.edu"] });
  await clock().click();
  const bar = page.getByRole("dialog", { name: "Lesson", exact: true });
  await text(bar, "Only these sites are open: contoso.com and *.edu");
  await bar.getByRole("button", { name: "The web" }).click();
  await bar.getByRole("radio", { name: "All but these sites" }).check();
  await bar.getByRole("textbox", { name: "Sites" }).fill("games.example");
  await accessible();
  await bar.getByRole("button", { name: "Take over" }).click();
  await text(bar, "These sites are closed: games.example");
  await bar.getByRole("button", { name: "The web" }).click();
  await bar.getByRole("radio", { name: "Free" }).check();
  await bar.getByRole("button", { name: "Take over" }).click();
  await until("freed", () => calls("Lessons.Change").length === 2);
  assert.deepEqual(calls("Lessons.Change").map((c) => c["web"]), [{ mode: "deny", domains: ["games.example"] }, { mode: "allow", domains: [] }]);
  mock.world.endLesson("l1");
  await bar.getByRole("button", { name: "Test" }).click();
  await text(preview(), /Only contoso\.com and \*\.edu until its end/);
  assert.equal(await dialog().getByRole("textbox", { name: "Sites" }).inputValue(), "contoso.com\n*.edu", "a preset brings it back");
});

test("for the selected, with programs; those left out are named; a preset brings it back", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await plan();
  const who = dialog().getByRole("radio", { name: "Ben Cohen and Cem Demir" });
  assert.equal(await who.isChecked(), true);
  await dialog().getByLabel("Name").fill("Group <i>B</i>");
  const field = dialog().getByLabel("Programs, documents or addresses to start");
  for (const x of ["Firefox", "contoso.com/task", "xterm -e top"]) {
    await field.fill(x);
    await field.press("Enter");
  }
  await dialog().getByRole("button", { name: "Remove xterm -e top" }).click();
  await dialog().getByLabel("Message at the start").fill("Task 3");
  await text(preview(), "In the lesson: Ben Cohen and Cem Demir.");
  await text(preview(), "2 people get the message.");
  await text(preview(), "The programs start with 2 people.");
  await accessible();
  await dialog().getByRole("button", { name: "Start lesson" }).click();
  await left(/^(44:5\d|45:00)$/);
  const [sent] = calls("Lessons.Start");
  assert.deepEqual(sent?.["users"], ["bencohen2", "cemdemir3"]);
  const programs = sent?.["programs"] as { program: string; open: string }[];
  assert.equal(programs.length, 2);
  assert.notEqual(programs[0]?.program, "");
  assert.deepEqual(programs[1], { program: "", open: "https://contoso.com/task" });
  mock.world.endLesson("l1");
  await clock().click();
  await page.getByRole("group", { name: "Recent lessons" }).getByRole("button", { name: "Group <i>B</i>" }).click();
  assert.equal(await dialog().getByLabel("Message at the start").inputValue(), "Task 3");
  await text(preview(), "In the lesson: Ben Cohen and Cem Demir.");
  await dialog().getByRole("button", { name: "Start lesson" }).click();
  await until("the same again", () => calls("Lessons.Start").length === 2);
  assert.deepEqual(calls("Lessons.Start")[1], sent);
});

test("for rooms: the one that is looked at, or several; who comes later is in it; a preset brings it back", async () => {
  await wall();
  await page.getByRole("combobox", { name: "Room" }).first().selectOption("Room 13");
  await plan();
  assert.equal(await dialog().getByRole("radio", { name: "Who is in a room" }).isChecked(), true, "the room that is looked at");
  await dialog().getByLabel("Name").fill("Rooms");
  await text(preview(), "Who comes there later is in it, too, and stays in it until its end, elsewhere as well.");
  const rooms = dialog().getByRole("group", { name: "Rooms" });
  await rooms.getByRole("checkbox", { name: "Room 13" }).uncheck();
  await text(preview(), "Choose at least one room.");
  await dialog().getByRole("button", { name: "Start lesson" }).click({ force: true });
  assert.deepEqual(calls("Lessons.Start"), [], "without a room nothing starts");
  await rooms.getByRole("checkbox", { name: "Room 12" }).check();
  await rooms.getByRole("checkbox", { name: "Room 13" }).check();
  await text(preview(), /In the lesson: Anna Berger/);
  await accessible();
  await dialog().getByRole("button", { name: "Start lesson" }).click();
  await left(/^(44:5\d|45:00)$/);
  assert.deepEqual(calls("Lessons.Start")[0], { rooms: ["Room 12", "Room 13"], name: "Rooms", length_ms: 45 * 60_000, block: false, programs: [] });
  await clock().click();
  await text(page.getByRole("dialog", { name: "Lesson", exact: true }), "Room 12 and Room 13, until");
  mock.world.endLesson("l1");
  mock.world.presets = mock.world.presets.map((p) => ({ ...p, users: [] }));
  await page.keyboard.press("Escape");
  await clock().click();
  await page.getByRole("group", { name: "Recent lessons" }).getByRole("button", { name: "Rooms" }).click();
  assert.equal(await rooms.getByRole("checkbox", { name: "Room 12" }).isChecked(), true);
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Room" }).first().selectOption("");
});

test("while it runs: more time, block, message, end with what falls off", async () => {
  await wall();
  mock.world.setBlocked({ users: ["bencohen2"] }, true);
  const id = start({ block: true, message: "Eyes up" });
  await left(/^2[34]:\d\d$/);
  await clock().click();
  const row = page.locator(`[data-lesson="${id}"]`);
  await text(row, "Everybody in it is blocked: “Eyes up”");
  await accessible();
  const before = mock.world.lessons[0]?.ends_ms ?? 0;
  await row.getByRole("button", { name: "+5 min" }).click();
  await row.getByText(/^2[89]:\d\d$/).waitFor();
  assert.equal(mock.world.lessons[0]?.ends_ms, before + 300_000);
  await row.getByRole("button", { name: "Let them work" }).click();
  await tile("Anna Berger").and(page.locator('[data-condition="active"]')).waitFor();
  await row.getByRole("button", { name: "Block" }).click();
  await tile("Anna Berger").and(page.locator('[data-condition="blocked"]')).waitFor();
  await row.getByRole("button", { name: "Message …" }).click();
  await row.getByLabel("What the blocked read").fill("Page 7");
  await row.getByRole("button", { name: "Take over" }).click();
  await text(tile("Anna Berger"), "“Page 7”");
  await row.getByRole("button", { name: "End lesson" }).click();
  const d = page.getByRole("dialog", { name: "End Maths?" });
  await text(d, /Can work again: .*Anna Berger/);
  await text(d, "Stays blocked, by hand or by another lesson: Ben Cohen.");
  await accessible();
  await d.getByRole("button", { name: "End lesson" }).click();
  await tile("Anna Berger").and(page.locator('[data-condition="active"]')).waitFor();
  await tile("Ben Cohen").and(page.locator('[data-condition="blocked"]')).waitFor();
  assert.deepEqual(calls("Lessons.End"), [{ lesson: id }]);
  assert.equal(await page.locator(".lesson-left").count(), 0);
});

test("several, and one of an administrator; a block by hand until the end of the lesson", async () => {
  await wall();
  start();
  const other = start({ name: "", length_ms: 60 * 60_000 });
  mock.world.changeLesson(other, { may: false, by: "ada", by_name: "Ada Admin" });
  await left(/^2[34]:\d\d$/);
  assert.match((await clock().getAttribute("aria-label")) ?? "", /^2 lessons; Maths until/);
  await clock().click();
  const row = page.locator(`[data-lesson="${other}"]`);
  await text(row, "Lesson of Ada Admin");
  await text(row, "An administrator has started it");
  assert.equal(await row.getByRole("button").count(), 0);
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.classList.contains("lesson-button")), true);
  await tile("Anna Berger").click();
  await page.keyboard.press("b");
  await page.getByRole("dialog").getByRole("radio", { name: "End of the lesson" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Block" }).click();
  await tile("Anna Berger").and(page.locator('[data-condition="blocked"]')).waitFor();
  assert.equal(calls("Blocks.Block")[0]?.["until_ms"], mock.world.lessons[0]?.ends_ms);
});

test("what went wrong is said; the wall is not drawn again by the clock", async () => {
  await wall();
  const id = start();
  await left(/^2[34]:\d\d$/);
  await page.evaluate(() => {
    const seen = { count: 0 };
    Object.assign(window, { seen });
    new MutationObserver((all) => {
      seen.count += all.filter((m) => !(m.target instanceof Element ? m.target : m.target.parentElement)?.closest(".lesson-left, .tile, .counts")).length;
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const old = await clock().locator(".lesson-left").getAttribute("data-left");
  await page.waitForFunction((old) => document.querySelector("[data-left]")?.getAttribute("data-left") !== old, old);
  assert.equal(await page.evaluate(() => (window as unknown as { seen: { count: number } }).seen.count), 0);
  await clock().click();
  mock.world.lessons = [];
  await page.locator(`[data-lesson="${id}"]`).getByRole("button", { name: "+15 min" }).click();
  await page.getByRole("region", { name: "Results" }).getByText("The lesson was not changed").waitFor();
});

test("the lesson in German, at 390 pixels", async () => {
  await inContext({ viewport: { width: 390, height: 844 }, locale: "de-DE" }, async () => {
    start({ name: "Mathematik" });
    await page.goto(mock.url);
    await page.getByLabel("Benutzername").fill("kaya");
    await page.getByLabel("Passwort").fill("demo");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await left(/^2[34]:\d\d$/);
    await clock().click();
    await page.getByRole("button", { name: "Stunde beginnen" }).click();
    const d = page.getByRole("dialog", { name: "Stunde beginnen" });
    await text(d, "dann fällt alles weg, was sie gebracht hat");
    await text(d, "Schon in der Stunde Mathematik");
    await accessible();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  });
});

test("station: what is left in the panel, a card five minutes before the end", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("anna");
  await page.locator('.screen[data-stream="open"]').waitFor();
  mock.command("lesson");
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByText(/^Maths: 2[34]:\d\d left$/).waitFor();
  await accessible();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".lesson-soon section").count(), 0);
  mock.setScene({ web: { by: "Karin <b>Kaya</b>", mode: "allow", domains: ["contoso.com", "*.edu"], more: 3, until_ms: 0 } });
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByText("Karin <b>Kaya</b> has limited the web. These sites are open: contoso.com, *.edu, and 3 more.").waitFor();
  await accessible();
  await page.keyboard.press("Escape");
  mock.setScene({ lesson: { name: "", by: "Karin Kaya", ends_ms: Date.now() + 5 * 60_000 } });
  await page.getByText("Lesson ends in 5 minutes.").waitFor();
  await accessible();
  await page.getByText("Lesson ends in 5 minutes.").waitFor({ state: "detached", timeout: 16_000 });
});
