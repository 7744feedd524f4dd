// SPDX-License-Identifier: GPL-3.0-or-later
// A person at a browser: Chromium, the dashboard page and the station page, by the names that are on them.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from "playwright-core";
import type { Demo } from "./demo.js";
import { artefact } from "./paths.js";
import { until } from "./wait.js";

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  // Whoever is asked which screen to share says yes, and shares a moving test picture.
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
];

function program(): string {
  const found = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((p) => p && existsSync(p));
  if (!found) throw new Error("Chromium is not installed; apt-get install chromium, or name it in CHROMIUM");
  return found;
}

let shared: { browser: Browser; folder: string } | undefined;

async function browserOf(demo: Demo): Promise<Browser> {
  if (shared?.browser.isConnected()) return shared.browser;
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  const browser = await chromium.launch({ executablePath: program(), args: flags, env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder } as Record<string, string> });
  shared = { browser, folder };
  demo.cleanups.push(async () => {
    shared = undefined;
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}

/** A picture of one colour (0xrrggbb) as a JPEG file, as a dashboard makes them of its screen. */
export async function jpeg(demo: Demo, colour: number, width = 1280, height = 720): Promise<Buffer> {
  const page = await (await browserOf(demo)).newPage();
  const data = await page.evaluate(([c, w, h]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [w!, h!];
    const context = canvas.getContext("2d")!;
    context.fillStyle = `#${c!.toString(16).padStart(6, "0")}`;
    context.fillRect(0, 0, w!, h!);
    return canvas.toDataURL("image/jpeg", 0.9);
  }, [colour, width, height]);
  await page.context().close();
  return Buffer.from(data.slice(data.indexOf(",") + 1), "base64");
}

export interface PageOptions {
  locale?: "en" | "de";
  width?: number;
  height?: number;
  /** The screen can be touched. */
  touch?: boolean;
}

/** A page with cookies of its own. What goes wrong inside it is kept in problems. */
export class Tab {
  protected constructor(readonly demo: Demo, readonly context: BrowserContext, readonly page: Page, readonly problems: string[]) {}

  protected static async openAt(demo: Demo, path: string, options: PageOptions): Promise<[BrowserContext, Page, string[]]> {
    const browser = await browserOf(demo);
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      locale: options.locale === "de" ? "de-DE" : "en-GB",
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      hasTouch: options.touch ?? false,
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      // That the network or the system is away for a moment is said by the browser itself; it is no fault of a page.
      if (message.type() === "error" && !/^(Failed to load resource|WebSocket connection to)/.test(message.text())) problems.push(message.text());
    });
    const name = `${path === "/" ? "dashboard" : path.slice(1)}${demo.cameras.size}`;
    demo.cameras.set(name, async (to) => void (await page.screenshot({ path: to, timeout: 3000 })));
    page.on("close", () => demo.cameras.delete(name));
    await page.goto(demo.page(path));
    return [context, page, problems];
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: artefact(`${name}.png`) });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

const words = {
  en: { user: "User name", password: /password/i, login: "Log in", next: "Continue", sessions: "Sessions", menu: "Menu", cancel: "Cancel",
    logoffUsers: "Log off users", logoffSelected: "Log off selected users", logoffAll: "Log off all users", go: "Log off", results: "Results", panel: "Panel" },
  de: { user: "Benutzername", password: /passwor[td]/i, login: "Anmelden", next: "Weiter", sessions: "Sitzungen", menu: "Menü", cancel: "Abbrechen",
    logoffUsers: "Benutzer abmelden", logoffSelected: "Ausgewählte Benutzer abmelden", logoffAll: "Alle Benutzer abmelden", go: "Abmelden", results: "Ergebnisse", panel: "Bedienfeld" },
} as const;

/** Types name and password into the log-in card of either page. */
export async function logIn(page: Page, account: { name: string; password: string }, locale: "en" | "de" = "en"): Promise<void> {
  const w = words[locale];
  const user = page.getByLabel(w.user, { exact: true });
  await user.fill(account.name);
  const password = page.locator("input[type=password]");
  if (!(await password.isVisible())) {
    await page.getByRole("button", { name: new RegExp(`^(${w.login}|${w.next})$`) }).click();
    await password.waitFor();
  }
  await password.fill(account.password);
  await page.getByRole("button", { name: new RegExp(`^(${w.login}|${w.next})$`) }).click();
}

export class Dashboard extends Tab {
  private constructor(demo: Demo, context: BrowserContext, page: Page, problems: string[], readonly locale: "en" | "de") {
    super(demo, context, page, problems);
  }

  /** Opens the page; signs in if an account is given. */
  static async open(demo: Demo, account?: { name: string; password: string }, options: PageOptions = {}): Promise<Dashboard> {
    const [context, page, problems] = await Tab.openAt(demo, "/", options);
    const dashboard = new Dashboard(demo, context, page, problems, options.locale ?? "en");
    if (account) {
      await logIn(page, account, dashboard.locale);
      await dashboard.wall.waitFor();
    }
    return dashboard;
  }

  get words(): (typeof words)[keyof typeof words] {
    return words[this.locale];
  }

  get wall(): Locator {
    return this.page.getByRole("listbox", { name: this.words.sessions, exact: true });
  }

  /** The tile of an account. */
  tile(user: string): Locator {
    return this.wall.getByRole("option").and(this.page.locator(`[data-user="${user}"]`));
  }

  tiles(): Promise<number> {
    return this.wall.getByRole("option").count();
  }

  /** Accounts of the selected tiles, in the order of the wall. */
  async selected(): Promise<string[]> {
    return this.wall.getByRole("option", { selected: true }).evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute("data-user") ?? ""));
  }

  async select(...users: string[]): Promise<void> {
    for (const [i, user] of users.entries()) await this.tile(user).click(i ? { modifiers: ["Control"] } : {});
  }

  /** Top-left menu ▸ Log off users ▸ item. */
  async menu(item: string, group: string = this.words.logoffUsers): Promise<void> {
    await this.page.getByRole("button", { name: this.words.menu, exact: true }).click();
    await this.choose(group, item);
  }

  async choose(group: string, item: string): Promise<void> {
    const parent = this.page.getByRole("menuitem", { name: group, exact: true });
    await parent.waitFor();
    const child = this.page.getByRole("menuitem", { name: item, exact: true });
    await parent.hover();
    if (!(await child.isVisible())) await parent.click();
    await child.click();
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** In the confirmation: notice (as written on the page), message, go. */
  async confirm(options: { notice?: string; message?: string } = {}): Promise<void> {
    if (options.notice) await this.dialog.getByLabel(options.notice, { exact: true }).check({ force: true });
    if (options.message) await this.dialog.getByRole("textbox").fill(options.message);
    await this.dialog.getByRole("button", { name: this.words.go, exact: true }).click();
  }

  get results(): Locator {
    return this.page.getByRole("region", { name: this.words.results, exact: true });
  }

  /** Waits until the picture of a tile is there and decoded. */
  async picture(name: string, timeout = 10_000): Promise<void> {
    const canvas = this.tile(name).locator("canvas");
    await until(`a picture on the tile of ${name}`, () => canvas.evaluate((el) => {
      const image = el as HTMLCanvasElement;
      const context = image.getContext("2d");
      if (!context || !image.width) return false;
      const data = context.getImageData(0, 0, image.width, image.height).data;
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 64) seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
      return seen.size > 3;
    }), timeout);
  }
}

export class StationTab extends Tab {
  private constructor(demo: Demo, context: BrowserContext, page: Page, problems: string[]) {
    super(demo, context, page, problems);
  }

  static async open(demo: Demo, account?: { name: string; password: string }, options: PageOptions = {}): Promise<StationTab> {
    const [context, page, problems] = await Tab.openAt(demo, "/station", options);
    const station = new StationTab(demo, context, page, problems);
    if (account) await station.logIn(account);
    return station;
  }

  /** there: how the desktop is known, where it has one colour only. */
  async logIn(account: { name: string; password: string }, there?: () => Promise<boolean>): Promise<void> {
    await this.greeter();
    await logIn(this.page, account);
    if (there) await until("the desktop at the browser station", there, 30_000);
    else await this.desktop();
  }

  /** True: a desktop of this one colour (0xrrggbb) is shown. */
  shows(colour: number): Promise<boolean> {
    return this.sees(colour >> 16, (colour >> 8) & 255, colour & 255);
  }

  /** The log-in card is there. */
  async greeter(timeout = 15_000): Promise<void> {
    await this.page.getByLabel(words.en.user, { exact: true }).waitFor({ timeout });
  }

  get canvas(): Locator {
    return this.page.locator(".rfb canvas");
  }

  /** The desktop is shown: a canvas with more than a blank picture. */
  async desktop(timeout = 30_000): Promise<void> {
    await until("the desktop at the browser station", async () => (await this.colours()) > 3, timeout);
  }

  /** Number of colours on the canvas, 0 without one. */
  colours(): Promise<number> {
    return this.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".rfb canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context || !canvas.width) return 0;
      const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 64) seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
      return seen.size;
    });
  }

  /** True: this colour is somewhere on the canvas. */
  sees(red: number, green: number, blue: number): Promise<boolean> {
    return this.page.evaluate(([r, g, b]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".rfb canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context || !canvas.width) return false;
      const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
      const near = (at: number, value: number | undefined) => Math.abs(data[at]! - value!) <= 6; // JPEG
      for (let i = 0; i < data.length; i += 64) if (near(i, r) && near(i + 1, g) && near(i + 2, b)) return true;
      return false;
    }, [red, green, blue]);
  }

  /** Panel at the top edge ▸ button. */
  async panel(button: string): Promise<void> {
    await this.page.getByRole("button", { name: words.en.panel, exact: true }).click();
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }
}
