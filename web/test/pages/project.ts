// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, mock, page, selected, status, text, tile, until, wall } from "./setup";

const force = () => page.getByRole("list", { name: "In force" });
const starts = () =>
  mock.received.calls.filter((c) => c.startsWith("Projections.Start ")).map((c) => JSON.parse(c.slice(18)) as Record<string, unknown>);

async function choose(item: string): Promise<void> {
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Project" }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("project to all: the bar at the top says so, the tiles too; Stop ends it", async () => {
  await wall();
  await tile("Anna Berger").click();
  await choose("This session to all");
  await text(force(), /You are projecting Anna Berger’s desktop to \d\d stations/);
  await text(tile("Anna Berger"), "Shown to others");
  await text(tile("Ben Cohen"), "Sees a projection");
  assert.deepEqual(starts(), [{ source: "s1", all: true, window: false }]);
  await accessible();
  await force().getByRole("button", { name: /^Stop/ }).click();
  await force().waitFor({ state: "hidden" });
  await text(tile("Ben Cohen"), "Active");
  assert.equal(mock.world.projections.size, 0);
  await page.getByRole("region", { name: "Results" }).waitFor({ state: "hidden" });
});

test("project to others: the source, then who sees it; the source cannot be its own target", async () => {
  await wall();
  await tile("Anna Berger").click();
  await choose("This session to others");
  await text(status(), "Choose who sees Anna Berger’s desktop: 0 chosen");
  await text(tile("Anna Berger"), "Source");
  const go = page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Project" });
  assert.equal(await go.getAttribute("aria-disabled"), "true");
  await tile("Anna Berger").click();
  await text(status(), "0 chosen");
  await tile("Ben Cohen").click();
  await tile("Cem Demir").click({ modifiers: ["Control"] });
  await text(status(), "2 chosen");
  await page.getByRole("checkbox", { name: "Let them work in a window" }).check();
  await accessible();
  await go.click();
  await text(force(), "You are projecting Anna Berger’s desktop to 2 stations in a window");
  assert.deepEqual(starts(), [{ source: "s1", sessions: ["s2", "s3"], window: true }]);
  assert.deepEqual(await selected(), ["Anna Berger"]);
});

test("choosing by keys: arrows, Enter projects; Esc gives up and brings the selection back", async () => {
  await wall();
  await tile("Anna Berger").click();
  await choose("This session to others");
  await page.getByRole("listbox").focus();
  await page.keyboard.press("Escape");
  await text(status(), "1 selected: Anna Berger");
  await choose("This session to others");
  await page.getByRole("listbox").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await text(force(), "to 1 station");
  assert.deepEqual(starts().map((s) => s["sessions"]), [["s2"]]);
});

test("the source that logs off ends the choosing", async () => {
  await wall();
  await tile("Anna Berger").click();
  await choose("This session to others");
  const anna = mock.world.sessions.get("s1");
  assert.ok(anna);
  mock.world.gone(anna, "");
  await text(status(), "Nothing selected");
});

test("the projections of others say by whom", async () => {
  await wall();
  const other = { ...mock.world.me, user: "bert", full_name: "Bert Blume" };
  mock.world.project({ source: "s3", sessions: ["s1", "s2"] }, other);
  await text(force(), "Bert Blume is projecting Cem Demir’s desktop to 2 stations");
  await page.reload();
  await text(force(), "Bert Blume is projecting");
  await force().getByRole("button", { name: /^Stop/ }).click();
  await force().waitFor({ state: "hidden" });
});

/** Width and height of a JPEG file, from its frame header. */
function sizeOf(jpeg: Buffer = Buffer.alloc(0)): number[] {
  assert.deepEqual([...jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
}

for (const way of ["the track's frames", "a video element's frames"])
  test(`my screen, by ${way}: pictures go out as they are asked for, until it is stopped`, async () => {
    if (way !== "the track's frames") await page.addInitScript("delete window.MediaStreamTrackProcessor");
    await wall();
    await tile("Ben Cohen").click();
    await choose("My screen to selected");
    await text(force(), "You are projecting your screen to 1 station");
    const from = Date.now();
    await until("ten pictures", () => mock.received.pictures.length >= 10);
    const rate = (mock.received.pictures.length * 1000) / (Date.now() - from);
    assert.ok(rate < 26, `${rate} pictures a second`);
    assert.deepEqual(sizeOf(mock.received.pictures[0]), [1280, 720]);
    assert.ok(!mock.received.pictures[8]?.equals(mock.received.pictures[9] ?? Buffer.alloc(0)), "it moves");
    mock.command("drop-screens");
    const before = mock.received.pictures.length;
    await until("pictures on a new connection", () => mock.received.pictures.length > before + 2);
    await force().getByRole("button", { name: /^Stop/ }).click();
    await force().waitFor({ state: "hidden" });
    await until("the end of the connection", () => mock.screens() === 0);
  });

test("my screen: larger ones are made smaller; who ends the sharing ends the projection", async () => {
  await wall();
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 3840;
    canvas.height = 2160;
    canvas.getContext("2d")?.fillRect(0, 0, 100, 100);
    const stream = canvas.captureStream(5);
    navigator.mediaDevices.getDisplayMedia = () => Promise.resolve(stream);
    // What the browser does when its own "Stop sharing" is pressed.
    addEventListener("unshare", () => stream.getVideoTracks()[0]?.dispatchEvent(new Event("ended")));
  });
  await tile("Ben Cohen").click();
  await choose("My screen to all");
  await until("a picture", () => mock.received.pictures.length > 0);
  assert.deepEqual(sizeOf(mock.received.pictures[0]), [1920, 1080]);
  await page.evaluate(() => dispatchEvent(new Event("unshare")));
  await force().waitFor({ state: "hidden" });
  assert.equal(mock.world.projections.size, 0);
  await until("the end of the connection", () => mock.screens() === 0);
});

test("a screen that the person does not choose starts nothing", async () => {
  await wall();
  await page.evaluate(() => {
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await tile("Ben Cohen").click();
  await choose("My screen to all");
  await page.getByRole("menu").waitFor({ state: "detached" });
  assert.deepEqual(starts(), []);
  assert.equal(await page.getByRole("region", { name: "Results" }).count(), 0);
});
