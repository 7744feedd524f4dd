// SPDX-License-Identifier: GPL-3.0-or-later
// Tells a lesson in a real demo, once in each language, and takes the pictures of the teacher's guide on the way.
// What is written on the pages is not looked at here, so that both languages are told by the same words.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { Dashboard, logIn, StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { Demo } from "../harness/demo.js";
import { top } from "../harness/paths.js";
import { Rfb } from "../harness/rfb.js";
import { NotYet, until } from "../harness/wait.js";

type Locale = "en" | "de";
const folder = join(top, "docs/guide/images");

const texts = {
  en: { block: "Look at the board, please", message: "Anna and Ben, please share your results", answer: "I am nearly done. May I print it?", reply: "Yes, on the printer in room 12", lesson: "Maths" },
  de: { block: "Bitte alle zur Tafel schauen", message: "Anna und Ben, zeigt bitte euer Ergebnis", answer: "Ich bin fast fertig. Darf ich drucken?", reply: "Ja, auf dem Drucker in Raum 12", lesson: "Mathematik" },
} satisfies Record<Locale, Record<string, string>>;

const programs = {
  "demo-calculator": "Name=Calculator\nName[de]=Taschenrechner\nComment=Add, subtract, multiply\nComment[de]=Addieren, subtrahieren, multiplizieren\nExec=xcalc\nCategories=Utility;",
  "demo-editor": "Name=Text editor\nName[de]=Texteditor\nComment=Write plain text\nComment[de]=Einfachen Text schreiben\nExec=xedit %f\nMimeType=text/plain;\nCategories=Utility;",
  "demo-clock": "Name=Clock\nName[de]=Uhr\nComment=What time is it?\nComment[de]=Wie spät ist es?\nExec=xclock\nCategories=Utility;",
};

/** A picture of a page as it is shown, small enough for a document. */
async function save(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }): Promise<void> {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => undefined))));
  const png = await page.screenshot({ ...(clip ? { clip } : {}), animations: "disabled" });
  if (name.endsWith(".png")) {
    writeFileSync(join(top, "docs/images", name), png);
    return;
  }
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d")!.drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.8);
  }, png.toString("base64"));
  await blank.close();
  writeFileSync(join(folder, name), Buffer.from(webp.slice(webp.indexOf(",") + 1), "base64"));
  console.error(`  ${name}`);
}

class Story {
  private constructor(readonly demo: Demo, readonly locale: Locale, readonly dash: Dashboard, readonly station: StationTab) {}

  static async begin(demo: Demo, locale: Locale): Promise<Story> {
    const size = { width: 1280, height: 720 };
    const dash = await Dashboard.open(demo, undefined, { locale, ...size });
    await dash.page.getByRole("textbox").first().fill(demo.account("operator").name);
    await save(dash.page, `sign-in.${locale}.webp`, { x: 240, y: 60, width: 800, height: 600 });
    await logIn(dash.page, demo.account("operator"), locale);
    const station = await StationTab.open(demo, undefined, { locale, width: 1000, height: 625 });
    return new Story(demo, locale, dash, station);
  }

  get page(): Page {
    return this.dash.page;
  }
  get words(): (typeof texts)[Locale] {
    return texts[this.locale];
  }
  name(i: number): string {
    return this.demo.pupils[i]!.name;
  }

  async shot(name: string, page: Page = this.page, clip?: { x: number; y: number; width: number; height: number }): Promise<void> {
    await save(page, `${name}.${this.locale}.webp`, clip);
  }

  /** By the acts' own names, not their words. */
  async menu(...items: string[]): Promise<void> {
    await this.page.locator("#menu-button").click();
    for (const [i, item] of items.entries()) {
      const entry = this.page.locator(`[data-item="${item}"]`);
      if (i < items.length - 1) await entry.hover();
      else await entry.click();
    }
  }

  get dialog(): Locator {
    return this.page.locator("dialog[open]");
  }

  async alone(): Promise<void> {
    const cards = this.page.locator(".results .result .result-head > .icon-button");
    for (let n = await cards.count(); n > 0; n--) await cards.first().click();
    await this.dash.wall.focus();
    await this.page.keyboard.press("Escape");
    await this.dash.wall.blur();
    await this.page.mouse.move(640, 712);
  }

  async pictures(): Promise<void> {
    await until("twelve tiles", async () => (await this.dash.tiles()) === 12);
    for (let i = 0; i < 8; i++) await this.dash.picture(this.name(i), 20_000);
  }

  /** The dashboard's part of the guide that needs nobody at a station page. */
  async see(): Promise<void> {
    await this.alone();
    await this.shot("class");
    await this.dash.select(this.name(2), this.name(5), this.name(7));
    await this.shot("select");
    if (this.locale === "en") {
      await this.page.setViewportSize({ width: 1280, height: 610 });
      await this.page.locator("#menu-button").click();
      await this.page.locator('[data-item="logoff"]').hover();
      await this.page.locator('[data-item="logoff-selected"]').hover();
      await save(this.page, "dashboard.png");
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Escape");
      await this.page.setViewportSize({ width: 1280, height: 720 });
      await this.dash.select(this.name(2), this.name(5), this.name(7));
    }
    await this.menu("logoff", "logoff-selected");
    await this.dialog.waitFor();
    await this.shot("log-off");
    await this.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "detached" });
  }

  async block(): Promise<void> {
    await this.dash.select(this.name(0), this.name(1), this.name(2));
    await this.menu("block", "block-selected");
    await this.dialog.locator("textarea").fill(this.words.block);
    await this.shot("block");
    await this.page.keyboard.press("Enter");
    await this.page.locator("[data-condition=blocked]").nth(2).waitFor();
    await this.alone();
    await this.shot("blocked");
    await this.station.page.getByText(this.words.block).waitFor();
    await this.shot("blocked-pupil", this.station.page);
    await this.demo.call("Blocks.Unblock", { sessions: null, users: null, stations: null, all: true }, this.demo.account("operator").name);
    await this.page.locator("[data-condition=blocked]").first().waitFor({ state: "detached" });
    await this.station.desktop();
  }

  async talk(): Promise<void> {
    const by = this.demo.account("operator").name;
    await this.demo.call("Chat.Clear", { user: null }, by);
    await this.demo.call("Chat.Send", { sessions: null, users: [this.name(0), this.name(1)], all: null, text: this.words.message }, by);
    const toast = this.station.page.locator(".toast");
    await toast.waitFor();
    await this.shot("message-pupil", this.station.page);
    await toast.locator(".primary").click();
    await this.station.page.keyboard.type(this.words.answer);
    await this.station.page.keyboard.press("Enter");
    await this.dash.select(this.name(1));
    await this.menu("message", "message-selected");
    await this.page.locator(".side textarea").fill(this.words.reply);
    await this.page.keyboard.press("Enter");
    await this.station.page.getByText(this.words.reply).waitFor();
    await this.page.locator(".side").getByText(this.words.reply).waitFor();
    await this.page.locator(".side textarea").evaluate((e) => (e as HTMLElement).blur());
    await this.shot("conversation");
    await this.page.keyboard.press("Escape");
    await this.station.page.locator(".panel-acts .button").first().click();
    await until("the hand is up", async () => ((await this.demo.sessionOf(this.name(1)))?.hand_ms ?? 0) > 0);
    await this.shot("station-panel", this.station.page);
  }

  async hands(viewer: Rfb): Promise<void> {
    viewer.press("Control", "Alt", "Home");
    viewer.press("Return");
    const up = async (n: number) => {
      const list = (await this.demo.sessions()).filter((s) => s.hand_ms > 0);
      if (list.length !== n) throw new NotYet(list.map((s) => s.user));
      return true;
    };
    await until("two hands", () => up(2));
    await this.page.locator(".side .icon-button").first().click().catch(() => undefined);
    await this.page.locator("[aria-controls=hands], [aria-haspopup=dialog]").filter({ hasText: "2" }).first().click();
    await this.page.locator("#hands").waitFor();
    await this.shot("hands");
    await this.page.keyboard.press("Escape");
    await this.demo.call("Chat.Answer", { users: null, all: true }, this.demo.account("operator").name);
    await until("no hand", () => up(0));
    await this.station.page.locator(".handle").click();
  }

  async project(): Promise<void> {
    const by = this.demo.account("operator").name;
    const source = (await this.demo.sessionOf(this.name(8)))!.id;
    const { projection } = await this.demo.call<{ projection: string }>("Projections.Start", { source, sessions: null, users: null, stations: null, all: true, window: false }, by);
    await this.page.locator("[data-projection]").waitFor();
    await this.page.locator("[data-condition=projected]").first().waitFor();
    await this.station.page.locator(".sign").first().waitFor();
    await this.station.desktop();
    await this.alone();
    await this.shot("project");
    await this.shot("project-pupil", this.station.page);
    await this.demo.call("Projections.Stop", { projection, all: null }, by);
    await this.page.locator("[data-projection]").waitFor({ state: "detached" });
    await this.station.desktop();
  }

  async control(): Promise<void> {
    await this.dash.tile(this.name(1)).dblclick();
    const view = this.page.locator(".view[data-stream=open]");
    await view.waitFor();
    await this.page.locator(".view input[name=view-mode]").last().evaluate((e) => (e.closest("label") as HTMLElement).click());
    await this.page.locator(".view[data-mode=control][data-stream=open]").waitFor();
    await this.station.page.locator(".sign").first().waitFor();
    await this.shot("control");
    await this.shot("control-pupil", this.station.page);
    await this.page.keyboard.press("Control+Alt+Shift+q");
    await view.waitFor({ state: "detached" });
  }

  async programs(): Promise<void> {
    await this.dash.select(this.name(0), this.name(4), this.name(7));
    await this.menu("start", "start-selected");
    const field = this.dialog.getByRole("combobox");
    await this.dialog.getByRole("option").nth(4).waitFor();
    await this.shot("start");
    await field.fill("geogebra");
    await this.dialog.getByRole("option").first().waitFor();
    await this.page.keyboard.press("Enter");
    const card = this.page.locator(".result[data-finished=true]");
    await card.locator(".exceptions li").nth(2).waitFor();
    await this.shot("failed");
    await this.alone();
    await this.dash.select(this.name(6));
    await this.menu("details");
    await this.page.locator("#side-tab-programs").click();
    await this.page.locator(".side .window").nth(1).waitFor();
    await this.shot("programs");
    await this.page.keyboard.press("Escape");
  }

  async alarm(): Promise<void> {
    const pid = await this.demo.inSession(this.name(3), "xterm -fullscreen -bg black -fg black -cr black -e sleep 600");
    await this.page.locator("[data-alarm=black]").waitFor({ timeout: 60_000 });
    await this.page.locator("[data-alarm=black] .tile-alarm").waitFor();
    await this.alone();
    const a = (await this.dash.tile(this.name(2)).boundingBox())!;
    const b = (await this.dash.tile(this.name(3)).boundingBox())!;
    await this.shot("alarm", this.page, { x: Math.min(a.x, b.x) - 8, y: a.y - 8, width: Math.abs(b.x - a.x) + b.width + 16, height: b.height + 16 });
    await this.demo.sh(`kill ${pid}`);
    await this.page.locator("[data-alarm=black]").waitFor({ state: "detached" });
  }

  async lesson(): Promise<void> {
    await this.page.locator(".lesson-button").click();
    await this.page.locator("#lesson .button.primary").click();
    await this.dialog.locator("input[type=text]").first().fill(this.words.lesson);
    await this.dialog.locator(".lesson-lines li").first().waitFor();
    await this.shot("lesson");
    await this.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "detached" });
  }

  async places(): Promise<void> {
    for (const place of ["stations", "activity"]) {
      await this.page.locator(`.places a[href="#/${place}"]`).click();
      await this.page.locator(".place table tbody tr").nth(3).waitFor();
      await this.shot(place);
      if (place === "stations") await this.logOn();
    }
    await this.page.locator('.places a[href="#/"]').click();
    await this.dash.wall.waitFor();
  }

  /** People logged on at three stations, counted on from the first. */
  private async logOn(): Promise<void> {
    for (const n of [2, 3, 4]) await this.page.locator("tbody .pick-box input").nth(n).check();
    await this.page.locator(".bar-acts .button").nth(1).click();
    await this.dialog.locator("tbody input[type=text]").first().fill("exam01");
    await this.dialog.locator("[data-act=count]").click();
    await this.shot("logon");
    await this.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "detached" });
    await this.page.locator(".bar-clear").click();
  }

  async tablet(): Promise<void> {
    const tablet = await Dashboard.open(this.demo, this.demo.account("operator"), { locale: this.locale, width: 768, height: 1024, touch: true });
    await until("tiles", async () => (await tablet.tiles()) === 12);
    for (let i = 0; i < 6; i++) await tablet.picture(this.name(i), 20_000);
    await tablet.tile(this.name(1)).click();
    await tablet.tile(this.name(3)).click({ modifiers: ["Control"] });
    await this.shot("tablet", tablet.page);
    await tablet.close();
  }

  async end(): Promise<void> {
    await Promise.all([this.dash.close(), this.station.close()]);
  }
}

/** Pupils sit down at stations with names: all but one at VNC stations, that one at the station page. */
async function sitDown(demo: Demo): Promise<Map<number, Rfb>> {
  const seats = new Map<number, Rfb>();
  for (const [i, pupil] of demo.pupils.entries()) {
    if (i === 1 || i === 9) continue;
    seats.set(i, await Rfb.connect(demo.vnc, { login: { user: pupil.name, password: pupil.password } }));
    const session = await activeSession(demo, pupil.name);
    await nameStation(demo, session.stations[0]!, i);
  }
  return seats;
}

const nameStation = (demo: Demo, station: string, i: number) =>
  demo.call("Stations.Set", { station, name: `R12-${String(i + 1).padStart(2, "0")}`, room: null });

async function prepare(demo: Demo): Promise<void> {
  await demo.sh("cd /usr/share/applications && rm -f veyon* x11vnc* display-im6* vim* python* xtigervnc* panel-* openbox* debian-uxterm*");
  for (const [id, entry] of Object.entries(programs)) await demo.write(`/usr/share/applications/${id}.desktop`, `[Desktop Entry]\nType=Application\n${entry}\n`);
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const demo = new Demo("guide", { sessions: 12 });
  await demo.up();
  try {
    await prepare(demo);
    const seats = await sitDown(demo);
    for (const locale of ["en", "de"] as const) {
      console.error(`pictures: ${locale}`);
      const story = await Story.begin(demo, locale);
      await story.station.page.locator("input").first().waitFor();
      await nameStation(demo, (await demo.stations()).find((x) => x.kind === "browser" && x.connected)!.id, 1);
      await story.station.page.reload(); // its page reads its name when it connects
      await logIn(story.station.page, demo.pupils[1]!, locale);
      await story.station.desktop();
      await story.pictures();
      for (const chapter of ["see", "block", "talk"] as const) await story[chapter]();
      await story.hands(seats.get(4)!);
      for (const chapter of ["project", "control", "programs", "alarm", "lesson", "places", "tablet"] as const) await story[chapter]();
      await story.end();
    }
    for (const seat of seats.values()) seat.close();
  } catch (error) {
    await demo.keepEvidence("guide");
    throw error;
  } finally {
    await demo.down();
  }
}

await main();
