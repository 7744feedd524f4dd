// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, inContext, mock, page, signIn, text, until } from "./setup";

test("station: log in, desktop, panel, notice, why it ended", async () => {
  await page.goto(`${mock.url}/station`);
  await page.getByLabel("Desktop").selectOption("lxqt");
  await signIn("anna");
  await page.locator('.screen[data-stream="open"]').waitFor();
  const colours = await page.locator(".rfb canvas").evaluate((c: HTMLCanvasElement) => {
    const d = c.getContext("2d")?.getImageData(0, 0, c.width, c.height).data ?? new Uint8ClampedArray();
    return new Set([...d.slice(0, 400_000)]).size;
  });
  assert.ok(colours > 5);
  mock.command("notice");
  await page.getByText(/Karin Kaya will log you off in (1:00|0:5\d)/).waitFor();
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByRole("region", { name: "Station panel" }).getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Your session is suspended; its programs run on.").waitFor();
  assert.deepEqual(mock.received.acts, ["suspend"]);
  assert.equal(await page.locator(".rfb").count(), 0);
});

test("station: log off asks first; a broken connection comes back within 2 s", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("anna");
  await page.locator('.screen[data-stream="open"]').waitFor();
  const start = Date.now();
  mock.command("drop");
  await page.getByText("Connection lost. Reconnecting").first().waitFor();
  await page.locator('.screen[data-stream="open"]').waitFor();
  assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
  await page.getByText("Connection lost. Reconnecting").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Panel" }).click();
  await page.getByRole("button", { name: "Log off" }).click();
  const d = page.getByRole("dialog", { name: "Log off?" });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await d.getByRole("button", { name: "Log off" }).click();
  await page.getByText("You have logged off.").waitFor();
  await page.getByLabel("User name").waitFor();
});

test("station: a notice has to be accepted; it is read from its beginning, by keys and by a screen reader", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("rules");
  const dialog = page.getByRole("dialog", { name: "Please read this first" });
  const words = dialog.getByRole("region");
  await words.waitFor();
  await accessible();
  assert.equal(await words.evaluate((e) => document.activeElement === e), true);
  assert.equal(await words.getAttribute("lang"), "en");
  assert.equal(await words.locator("b").count(), 0, "what is in it is text");
  // The Return of the password, held a little long, accepts nothing.
  for (let i = 0; i < 3; i++) await page.keyboard.press("Enter");
  assert.equal(await page.locator(".screen").count(), 0);
  const seen = () => words.evaluate((e) => ({ top: e.scrollTop, room: e.clientHeight, all: e.scrollHeight }));
  assert.ok((await seen()).all > (await seen()).room * 2);
  await page.keyboard.press("End");
  await until("the end of the text", async () => { const s = await seen(); return s.top + s.room >= s.all - 2; });
  await dialog.getByText("Done.", { exact: true }).waitFor();
  for (const button of await dialog.getByRole("button").all()) assert.ok(await button.isVisible());
  const box = await dialog.getByRole("button", { name: "Accept and log in" }).boundingBox();
  assert.ok(box && box.y + box.height <= 900, "the buttons are seen without scrolling");
  const calls = () => mock.received.calls.map((c) => c.split(" ")[0]);
  await page.keyboard.press("Escape");
  await page.getByLabel("User name").waitFor();
  assert.deepEqual(calls(), ["Login.Start", "Login.Cancel"]);
  await signIn("rules-short");
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByLabel("User name").waitFor();
  assert.ok(!calls().includes("Login.Accept"));
  await signIn("rules-short");
  await words.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator('.screen[data-stream="open"]').waitFor();
  assert.deepEqual(calls().slice(-2), ["Login.Start", "Login.Accept"]);
  assert.match(mock.received.calls.find((c) => c.startsWith("Login.Start")) ?? "", /"language":"en"/);
});

test("station: a session that does not start says why, with the last output", async () => {
  await page.goto(`${mock.url}/station`);
  await signIn("fail");
  await text(page.getByRole("alert"), "The desktop ended at once.");
  await text(page.getByRole("alert"), "cannot open display");
});

const panel = () => page.getByRole("region", { name: "Station panel" });
const toast = () => page.locator(".toast");

async function desktop(): Promise<void> {
  mock.command("session");
  await page.goto(`${mock.url}/station`);
  await page.locator('.screen[data-stream="open"]').waitFor();
}

test("station: a message of the teacher shows as a card and is answered; what is in it is text", async () => {
  const old = { number: 1, at_ms: Date.now() - 3600_000, from_name: "Karin Kaya", supervisor: true, text: "From before the log-in" };
  mock.setChat({ messages: [old] });
  await desktop();
  mock.say("<img src=x onerror=alert(1)> Please save.", true);
  await text(toast(), "<img src=x onerror=alert(1)> Please save.");
  await page.getByRole("button", { name: "Panel, 1 new message" }).waitFor(); // an old one is no news
  await accessible();
  await toast().getByRole("button", { name: "Answer" }).click();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
  await page.keyboard.type("Done!");
  await page.keyboard.press("Enter");
  await text(page.getByRole("log", { name: "Messages" }), "Done!");
  assert.equal(await toast().count(), 0);
  await accessible();
  await page.getByRole("textbox", { name: "Your message" }).fill("ä".repeat(1003));
  await text(page.getByRole("alert"), "at most 1000 characters; this one has 3 more");
  await page.keyboard.press("Enter");
  assert.equal((await page.getByRole("textbox", { name: "Your message" }).inputValue()).length, 1003); // nothing cut, nothing sent
  await page.getByRole("textbox", { name: "Your message" }).fill("");
  await page.keyboard.type("refuse me");
  await page.keyboard.press("Enter");
  await text(page.getByRole("alert"), "You have written too much");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Panel", exact: true }).waitFor();
  mock.say("One more", true);
  await toast().getByRole("button", { name: "Close the message" }).click();
  await toast().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Panel, 1 new message" }).waitFor();
});

test("station: the hand goes up and down by keys; switched off it says so", async () => {
  await desktop();
  await page.locator(".rfb canvas").focus();
  await page.keyboard.press("Control+Alt+Home");
  await panel().getByRole("button", { name: "Raise hand" }).press("Enter");
  await panel().getByRole("button", { name: "Lower hand" }).press("Enter");
  await panel().getByRole("button", { name: "Raise hand" }).waitFor();
  assert.deepEqual(mock.received.acts, ["hand_up", "hand_down"]);
  mock.setChat({ enabled: false });
  await text(panel(), "Messages and raising hands are switched off at the moment.");
  assert.equal(await panel().getByRole("button", { name: "Raise hand" }).getAttribute("aria-disabled"), "true");
  assert.equal(await panel().getByRole("textbox", { name: "Your message" }).count(), 0);
  await accessible();
});

test("station by touch: tap, long press, two fingers; the screen keyboard with its row; the handle", async () => {
  await inContext({ viewport: { width: 1024, height: 768 }, hasTouch: true, isMobile: true, locale: "en-GB" }, async (context) => {
    await desktop();
    const cdp = await context.newCDPSession(page);
    const touch = (type: string, ...points: number[][]) =>
      cdp.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: points.map(([x, y], id) => ({ x: x ?? 0, y: y ?? 0, id })) });
    const events = mock.received.events;
    const seen = (what: string) => until(what, () => events.includes(what));

    await page.touchscreen.tap(300, 300);
    await seen("buttons 1");
    assert.equal(events.includes("buttons 4"), false);
    await touch("touchStart", [300, 300]); // held: the right button
    await seen("buttons 4");
    await touch("touchEnd");
    events.length = 0;
    await touch("touchStart", [300, 300], [340, 300]);
    for (let y = 290; y > 100; y -= 20) await touch("touchMove", [300, y], [340, y]);
    await until("the wheel", () => events.includes("buttons 16") || events.includes("buttons 8"));
    await touch("touchEnd");
    assert.equal(events.includes("buttons 1"), false, "scrolling presses nothing");
    await touch("touchStart", [300, 300], [400, 300]);
    for (let d = 0; d < 150; d += 25) await touch("touchMove", [300 - d, 300], [400 + d, 300]);
    await touch("touchEnd");
    await page.locator('.screen[data-stream="open"]').waitFor();
    assert.equal(await page.evaluate(() => visualViewport?.scale), 1, "a pinch does not enlarge the page");

    const handle = page.getByRole("button", { name: "Panel", exact: true });
    assert.ok(((await handle.boundingBox())?.height ?? 0) >= 44);
    await handle.tap();
    await page.getByRole("button", { name: "Keyboard" }).tap();
    events.length = 0;
    await page.keyboard.insertText("aÄ€\n");
    await page.keyboard.press("Backspace");
    for (const key of ["61", "c4", "10020ac", "ff0d", "ff08"]) await seen(`-${key}`);
    // A word that a screen keyboard composes comes when it is finished, once.
    await cdp.send("Input.imeSetComposition", { text: "xy", selectionStart: 2, selectionEnd: 2 });
    await cdp.send("Input.insertText", { text: "xy" });
    await seen("-79");
    assert.deepEqual(events.filter((e) => e === "+78" || e === "+79"), ["+78", "+79"]);
    const row = page.getByRole("toolbar", { name: "Keys that screen keyboards lack" });
    for (const b of await row.getByRole("button").all()) assert.ok(((await b.boundingBox())?.height ?? 0) >= 44);
    events.length = 0;
    await row.getByRole("button", { name: "Ctrl" }).tap();
    await page.keyboard.insertText("c");
    await row.getByRole("button", { name: "Esc" }).tap();
    await row.getByRole("button", { name: "Left" }).tap();
    await seen("-ff51");
    assert.deepEqual(events.filter((e) => !e.startsWith("buttons")), ["+ffe3", "+63", "-63", "-ffe3", "+ff1b", "-ff1b", "+ff51", "-ff51"]);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "touch-keys", "the screen keyboard stays");
  });
});
