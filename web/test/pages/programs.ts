// SPDX-License-Identifier: GPL-3.0-or-later
// Start, the panel beside the wall, messages, raised hands, Activity and Stations.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, selected, text, tile, until, wall } from "./setup";

const calls = (method: string) =>
  mock.received.calls.filter((c) => c.startsWith(`${method} `)).map((c) => JSON.parse(c.slice(method.length + 1)) as Record<string, unknown>);
const results = () => page.getByRole("region", { name: "Results" });
const sessionOf = (name: string) => {
  const s = [...mock.world.sessions.values()].find((x) => x.full_name === name);
  assert.ok(s);
  return s;
};
const side = (name: string) => page.getByRole("complementary", { name: `Details: ${name}` });
const focused = () => page.evaluate(() => document.activeElement?.id ?? "");

test("start by keys: search, Enter, result, close it again", async () => {
  await wall();
  await tile("Anna Berger").click();
  await page.getByRole("button", { name: "Start on selected" }).click();
  const d = page.getByRole("dialog", { name: "Start on: Anna Berger" });
  await d.locator(".program img").first().waitFor();
  await text(d, "<img src=x onerror=alert(1)>");
  await accessible();
  await page.keyboard.press("Enter");
  assert.deepEqual(calls("Programs.Start"), [], "Enter alone starts nothing");
  await page.keyboard.type("wri");
  await page.keyboard.press("Enter");
  await results().getByText("1 of 1 done").waitFor();
  assert.deepEqual(calls("Programs.Start"), [{ sessions: ["s1"], program: "writer", open: null }]);
  await results().getByRole("button", { name: "Close it again" }).click();
  await results().locator('[data-act="close"]').getByText("perhaps it asks what to save").waitFor();
  mock.world.people.stubborn = "";
  await results().locator('[data-act="close"]').getByRole("button", { name: "Retry" }).click();
  await results().locator('[data-act="close"]').getByText("1 of 1 done").waitFor();
  assert.deepEqual(calls("Programs.Close").map((c) => c["force_ms"]), [-1, -1], "never by force");
});

test("start an address on all, what was started last, and a failure with its reason", async () => {
  await wall();
  const all = async () => {
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("menuitem", { name: "Start", exact: true }).click();
    await page.getByRole("menuitem", { name: "Start on all" }).click();
    await page.getByRole("dialog", { name: "Start on: All" }).waitFor();
  };
  await all();
  await page.keyboard.type("example.org");
  await page.getByRole("option", { name: "Open the address https://example.org" }).waitFor();
  await page.keyboard.press("Enter");
  await results().getByText("28 of 29 done, 1 refused").waitFor();
  assert.deepEqual(calls("Programs.Start"), [{ all: true, program: null, open: "https://example.org" }]);
  assert.equal(await results().getByRole("button", { name: "Close it again" }).count(), 0);
  await all();
  await page.getByRole("group", { name: "Started last" }).getByRole("button", { name: "LibreOffice Writer" }).click();
  await until("started again", () => calls("Programs.Start").length === 2);
  await all();
  await page.keyboard.type("nothing");
  await page.keyboard.press("Enter");
  await text(results(), "It could not be started.");
});

test("details: programs, close politely, force when it stays, close by name on all", async () => {
  await wall();
  await tile("Ben Cohen").click();
  await page.keyboard.press("Alt+Enter");
  const panel = side("Ben Cohen");
  await text(panel, "R12-02");
  await text(panel, "4 min");
  await accessible();
  await panel.getByRole("button", { name: "Close Water cycle – Firefox", exact: true }).click();
  await panel.getByText("Water cycle").waitFor({ state: "detached" });
  await panel.getByRole("button", { name: "Close Essay.odt – LibreOffice Writer", exact: true }).click();
  await text(panel, "It is still there and asks its user what to save.");
  await panel.getByRole("button", { name: "End by force: Essay.odt – LibreOffice Writer" }).click();
  await text(panel, "No window is open.");
  assert.deepEqual(calls("Programs.Close").map((c) => c["force_ms"]), [-1, -1, 0]);
  mock.world.people.run("s2", "firefox", "Games");
  await panel.getByRole("button", { name: "Close firefox on others …" }).first().click();
  const d = page.getByRole("dialog", { name: "Close firefox?" });
  await text(d, "unsaved work in it is lost");
  await text(d, "and 18 more");
  await text(d, "You may not close programs of: Ada Admin.");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await accessible();
  await d.getByRole("button", { name: "Close" }).click();
  await results().getByText("28 of 29 done, 1 refused").waitFor();
  assert.deepEqual(calls("Programs.CloseByName"), [{ all: true, name: "firefox" }]);
  await panel.getByText("Games").waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "Programs" }).focus();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  assert.equal(await focused(), "wall");
});

test("the panel stays with its session and goes with it; history tells what was done to it", async () => {
  await wall();
  const s = sessionOf("Cem Demir");
  mock.world.people.log("Blocks.Block", s.user);
  mock.world.people.log("Sessions.Suspend", "s1(anna)");
  await tile("Cem Demir").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Details" }).click();
  await page.getByRole("tab", { name: "Programs" }).press("ArrowLeft");
  const list = page.getByRole("list", { name: "History" });
  await text(list, "Blocked");
  assert.equal(await list.getByRole("listitem").count(), 1);
  mock.world.people.log("Programs.Start", `gimp ${s.id}(${s.user})`);
  await text(list, "Started “gimp”");
  await accessible();
  await tile("Dana Evers").click();
  await side("Cem Demir").waitFor();
  mock.world.gone(s, "");
  await side("Cem Demir").waitFor({ state: "detached" });
});

test("messages: unread in the top bar, conversation, to several, switched off", async () => {
  await wall();
  const s = sessionOf("Ben Cohen");
  mock.world.people.say(s, "Help? <b onclick=alert(1)>\u202Egpj.exe", false);
  await page.getByRole("button", { name: "1 unread message" }).click();
  await accessible();
  await page.getByRole("button", { name: /Ben Cohen.*1 new/ }).click();
  const log = page.getByRole("log", { name: "Conversation with Ben Cohen" });
  await text(log, "Help? <b onclick=alert(1)>");
  assert.deepEqual(await selected(), ["Ben Cohen"]);
  await page.getByRole("button", { name: "0 unread messages" }).waitFor();
  await page.getByRole("textbox", { name: "Message to Ben Cohen" }).fill("I am coming.");
  await page.keyboard.press("Enter");
  await text(log, "I am coming.");
  assert.deepEqual(calls("Chat.Send"), [{ sessions: ["s2"], text: "I am coming." }]);
  mock.world.people.say(s, "Thanks", false);
  await text(log, "Thanks");
  await page.reload();
  await page.getByRole("button", { name: "0 unread messages" }).waitFor();
  await tile("Anna Berger").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Message to selected" }).click();
  const d = page.getByRole("dialog", { name: "Message to: 2 users" });
  await page.keyboard.type("Please save.");
  await accessible();
  await page.keyboard.press("Enter");
  await d.waitFor({ state: "detached" });
  await results().getByText("2 of 2 done").waitFor();
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Users may write and raise hands" }).click();
  await page.locator('[role=menuitemcheckbox][aria-checked="false"]').waitFor();
  assert.deepEqual(calls("Chat.Set"), [{ enabled: false }]);
});

test("hands: the one waiting longest first, click shows the tile, answered", async () => {
  await wall();
  mock.world.people.raise(sessionOf("Ben Cohen"), Date.now() - 30_000);
  mock.world.people.raise(sessionOf("Zoe Arndt"), Date.now() - 90_000);
  mock.world.people.raise(sessionOf("Anna Berger"), Date.now() - 60_000);
  await page.getByRole("button", { name: "3 raised hands" }).click();
  const list = page.getByRole("dialog", { name: "Raised hands" });
  assert.deepEqual(await list.locator(".drop-name").allTextContents(), ["Zoe Arndt", "Anna Berger", "Ben Cohen"]);
  await text(list, /for 1:3\d/);
  await accessible();
  await list.getByRole("button", { name: "Answered: Anna Berger" }).click();
  await page.getByRole("button", { name: "2 raised hands" }).waitFor();
  assert.deepEqual(calls("Chat.Answer"), [{ users: [sessionOf("Anna Berger").user] }]);
  await list.getByRole("button", { name: /^Zoe Arndt/ }).click();
  assert.deepEqual(await selected(), ["Zoe Arndt"]);
  assert.ok(await tile("Zoe Arndt").isVisible());
  await page.getByRole("button", { name: "2 raised hands" }).press("Enter");
  await list.getByRole("button", { name: "All answered" }).click();
  await list.getByText("No hand is raised.").waitFor();
  await page.keyboard.press("Escape");
  await list.waitFor({ state: "detached" });
});

test("activity: words, older ones by scrolling, live, search, what", async () => {
  await wall();
  const people = mock.world.people;
  const { user } = sessionOf("Anna Berger");
  for (let i = 0; i < 230; i++) people.log("Sessions.Suspend", `s2(${sessionOf("Ben Cohen").user})`, "ok", Date.now() - 3600_000);
  people.log("Blocks.Block", `${user}=refused`, "refused", Date.now() - 120_000);
  await page.getByRole("link", { name: "Activity" }).click();
  const rows = page.locator(".activity tbody tr");
  await text(rows.first(), "Blocked");
  await text(rows.first(), "Anna Berger (refused)");
  await text(rows.first(), "2 minutes ago");
  await accessible();
  people.log("Nothing.Known", "<script>alert(1)</script>");
  await text(rows.first(), "Nothing.Known");
  await text(rows.first(), "<script>alert(1)</script>");
  const body = page.getByRole("region", { name: "List of what was done" });
  for (let n = 0; n < 232; n = await rows.count()) {
    await body.evaluate((e) => e.scrollTo(0, e.scrollHeight));
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.getByRole("searchbox").fill("Anna Berger");
  await page.waitForFunction(() => document.querySelectorAll(".activity tbody tr").length === 1);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("combobox", { name: "What" }).selectOption("Blocks.Block");
  await page.waitForFunction(() => document.querySelectorAll(".activity tbody tr").length === 1);
  await page.goBack();
  await page.getByRole("listbox", { name: "Sessions" }).waitFor();
});

test("stations: who is where, block and unblock one, to the tile", async () => {
  await wall();
  await page.getByRole("link", { name: "Stations" }).click();
  await page.getByRole("button", { name: "Block station R12-02", exact: true }).click();
  await text(page.locator('[data-station="browser-2"]'), "Blocked");
  assert.deepEqual(calls("Blocks.Block"), [{ stations: ["browser-2"] }]);
  await accessible();
  await results().getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Block station R12-02", exact: true }).waitFor();
  await page.getByRole("button", { name: "Anna Berger" }).click();
  assert.deepEqual(await selected(), ["Anna Berger"]);
});

test("the arrow keys pass the conversation on their way to the history; opened on purpose, it has the focus", async () => {
  await wall();
  await tile("Anna Berger").click();
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Details" }).click();
  const tab = (name: string) => side("Anna Berger").getByRole("tab", { name });
  await tab("Programs").focus();
  await page.keyboard.press("ArrowRight");
  await side("Anna Berger").getByRole("textbox").waitFor();
  await page.keyboard.press("ArrowRight");
  await until("the history is chosen", async () => (await tab("History").getAttribute("aria-selected")) === "true");
  await tab("Chat").click();
  await until("the field has the focus", () => page.evaluate(() => document.activeElement?.tagName === "TEXTAREA"));
});
