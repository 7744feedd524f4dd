// SPDX-License-Identifier: GPL-3.0-or-later
// A teacher's hands at the dashboard: the same acts by mouse, by keyboard alone, or by touch. Each reaches a
// control only as such a person can: the pointer goes there, the Tab key gets there, a finger taps there.
import assert from "node:assert/strict";
import type { CDPSession, Locator } from "playwright-core";
import { Dashboard, type PageOptions } from "./browser.js";
import type { Demo } from "./demo.js";
import { until } from "./wait.js";

export type HandKind = "mouse" | "keyboard" | "touch";
export const handKinds: readonly HandKind[] = ["mouse", "keyboard", "touch"];

const TABS_MAX = 120;

export abstract class Hand {
  protected constructor(readonly dash: Dashboard) {}
  abstract readonly kind: HandKind;

  /** Signs in as this account. */
  static async open(kind: HandKind, demo: Demo, account: { name: string; password: string }, options: PageOptions = {}): Promise<Hand> {
    const dash = await Dashboard.open(demo, account, { width: 1280, height: 800, ...options, touch: kind === "touch" });
    switch (kind) {
      case "mouse":
        return new MouseHand(dash);
      case "keyboard":
        return new KeyHand(dash);
      case "touch":
        return new TouchHand(dash, await dash.context.newCDPSession(dash.page));
    }
  }

  get page(): Dashboard["page"] {
    return this.dash.page;
  }

  /** A button, link, tab or row. */
  abstract press(what: Locator): Promise<void>;
  /** A radio button or a check box: on. */
  abstract check(what: Locator): Promise<void>;
  /** Selects exactly these. */
  abstract select(...users: string[]): Promise<void>;
  /** In the menu that is open: one item, then of its submenu. */
  protected abstract walk(path: readonly string[]): Promise<void>;

  /** Puts the text into a field, in place of what is there. */
  async write(field: Locator, text: string): Promise<void> {
    await this.press(field);
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.type(text);
  }

  /** What a list offers is shown by the system, out of reach of a page: it is chosen as the system tells the page. */
  async choose(list: Locator, label: string): Promise<void> {
    await list.selectOption({ label });
  }

  /** Top-left menu. */
  async menu(...path: string[]): Promise<void> {
    await this.press(this.page.getByRole("button", { name: "Menu", exact: true }));
    await this.walk(path);
  }

  /** A button of the bar at the bottom. */
  async bar(name: string): Promise<void> {
    await this.press(this.page.getByRole("region", { name: "Selection" }).getByRole("button", { name, exact: true }));
  }

  async barMenu(name: string, ...path: string[]): Promise<void> {
    await this.press(this.page.getByRole("region", { name: "Selection" }).getByRole("button", { name }));
    await this.walk(path);
  }

  async place(name: string): Promise<void> {
    await this.press(this.page.getByRole("navigation", { name: "Places" }).getByRole("link", { name, exact: true }));
  }

  /** A dialog of this name that is there now. */
  async dialog(name: string | RegExp): Promise<Locator> {
    const dialog = this.page.getByRole("dialog", typeof name === "string" ? { name, exact: true } : { name });
    await dialog.waitFor();
    return dialog;
  }

  /** The card in the results about the order given last. */
  get last(): Locator {
    return this.dash.results.locator(".result").first();
  }

  /** The order given last ends like this; then the card may be put away. */
  async result(title: string, words: string | RegExp, timeout = 20_000): Promise<Locator> {
    const card = this.dash.results.locator(".result").filter({ has: this.page.getByRole("heading", { name: title, exact: true }) }).first();
    await card.getByText(words).first().waitFor({ timeout });
    return card;
  }

  /** All cards are put away, as somebody tidies up. */
  async clearResults(): Promise<void> {
    const dismiss = this.dash.results.getByRole("button", { name: "Dismiss" });
    for (let n = await dismiss.count(); n > 0; n = await dismiss.count()) {
      // Some go by themselves, just before they are put away.
      const gone = until("the card goes", async () => (await dismiss.count()) < n, 30_000);
      await Promise.race([this.press(dismiss.first()), gone]);
      await gone;
    }
  }

  async selectedAre(...users: string[]): Promise<void> {
    await until("the selection", async () => {
      assert.deepEqual((await this.dash.selected()).sort(), [...users].sort());
      return true;
    });
  }

  close(): Promise<void> {
    return this.dash.close();
  }
}

class MouseHand extends Hand {
  readonly kind = "mouse";

  press(what: Locator): Promise<void> {
    return what.click();
  }

  async check(what: Locator): Promise<void> {
    if (!(await what.isChecked())) await what.locator("xpath=ancestor::label").click();
    await until("checked", () => what.isChecked());
  }

  async select(...users: string[]): Promise<void> {
    for (const [i, user] of users.entries()) await this.dash.tile(user).click(i ? { modifiers: ["Control"] } : {});
    await this.selectedAre(...users);
  }

  protected async walk(path: readonly string[]): Promise<void> {
    for (const [i, name] of path.entries()) {
      const item = this.page.getByRole("menuitem", { name, exact: true });
      await item.waitFor();
      if (i < path.length - 1) await item.hover();
      else await item.click();
    }
  }
}

class KeyHand extends Hand {
  readonly kind = "keyboard";

  private async tabTo(what: string, there: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < TABS_MAX; i++) {
      if (await there()) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`the Tab key does not get to ${what}`);
  }

  private async focus(what: Locator): Promise<void> {
    await what.waitFor();
    await this.tabTo(String(what), () => what.evaluate((e) => e === document.activeElement, undefined, { timeout: 3000 }));
  }

  /** Tab gets to the one that is chosen of a row of tabs, the arrow keys go on from there and choose. */
  private async pressTab(what: Locator): Promise<void> {
    await this.tabTo(String(what), () => what.evaluate((e) => document.activeElement?.getAttribute("role") === "tab" && document.activeElement.parentElement === e.parentElement));
    for (let n = 10; n > 0 && (await what.getAttribute("aria-selected")) !== "true"; n--) await this.page.keyboard.press("ArrowRight");
    assert.equal(await what.getAttribute("aria-selected"), "true");
  }

  async press(what: Locator): Promise<void> {
    await what.waitFor();
    if ((await what.getAttribute("role")) === "tab") return this.pressTab(what);
    await this.focus(what);
    const takesText = await what.evaluate((e) => e.matches("input:not([type=radio], [type=checkbox]), textarea"));
    if (!takesText) await this.page.keyboard.press("Enter");
  }

  /** Tab gets to the button of a group that is on, the arrow keys go on from there. */
  async check(what: Locator): Promise<void> {
    await what.waitFor({ state: "attached" });
    const isRadio = await what.evaluate((e) => (e as HTMLInputElement).type === "radio");
    await this.tabTo(String(what), () => what.evaluate((e) => {
      const at = document.activeElement;
      if (!(at instanceof HTMLInputElement) || !(e instanceof HTMLInputElement)) return false;
      return at === e || (e.type === "radio" && at.type === "radio" && at.name === e.name);
    }));
    for (let i = 0; i < 12 && !(await what.isChecked()); i++) await this.page.keyboard.press(isRadio ? "ArrowRight" : "Space");
    assert.ok(await what.isChecked(), `${String(what)} is not on`);
  }

  /** The arrow keys choose in a list that has the focus. */
  override async choose(list: Locator, label: string): Promise<void> {
    const chosen = () => list.evaluate((e) => (e as HTMLSelectElement).selectedOptions[0]?.label);
    await this.focus(list);
    await this.page.keyboard.press("Home");
    for (let n = 60; n > 0 && (await chosen()) !== label; n--) await this.page.keyboard.press("ArrowDown");
    assert.equal(await chosen(), label);
  }

  private current(): Promise<string | null> {
    return this.dash.wall.evaluate((w) => document.getElementById(w.getAttribute("aria-activedescendant") ?? "")?.dataset["user"] ?? null);
  }

  async select(...users: string[]): Promise<void> {
    await this.focus(this.dash.wall);
    await this.page.keyboard.press("Escape");
    for (const [i, user] of users.entries()) {
      const keys = i ? "Control+" : "";
      await this.page.keyboard.press(`${keys}Home`);
      for (let n = await this.dash.tiles(); n > 0 && (await this.current()) !== user; n--) await this.page.keyboard.press(`${keys}ArrowRight`);
      if (i) await this.page.keyboard.press("Space");
    }
    await this.selectedAre(...users);
  }

  protected async walk(path: readonly string[]): Promise<void> {
    const name = () => this.page.evaluate(() => document.activeElement?.querySelector("span")?.textContent ?? "");
    for (const [i, item] of path.entries()) {
      await this.page.getByRole("menuitem", { name: item, exact: true }).waitFor();
      for (let n = 30; n > 0 && (await name()) !== item; n--) await this.page.keyboard.press("ArrowDown");
      assert.equal(await name(), item, "the arrow keys do not get to the item of the menu");
      await this.page.keyboard.press(i < path.length - 1 ? "ArrowRight" : "Enter");
    }
  }
}

class TouchHand extends Hand {
  readonly kind = "touch";
  constructor(dash: Dashboard, private readonly cdp: CDPSession) {
    super(dash);
  }

  press(what: Locator): Promise<void> {
    return what.tap();
  }

  async check(what: Locator): Promise<void> {
    if (!(await what.isChecked())) await what.locator("xpath=ancestor::label").tap();
    await until("checked", () => what.isChecked());
  }

  /** A finger rests until the condition holds. */
  async rest(what: Locator, condition: () => Promise<boolean>): Promise<void> {
    await what.scrollIntoViewIfNeeded();
    const box = (await what.boundingBox())!;
    const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await this.cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
    try {
      await until("the long press acts", condition, 5000);
    } finally {
      await this.cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    }
  }

  async select(...users: string[]): Promise<void> {
    const clear = this.page.getByRole("button", { name: "Clear selection" });
    if (await clear.isVisible()) await clear.tap();
    const [first, ...others] = users;
    if (first !== undefined) await this.rest(this.dash.tile(first), async () => (await this.dash.selected()).includes(first));
    for (const user of others) await this.dash.tile(user).tap();
    await this.selectedAre(...users);
  }

  protected async walk(path: readonly string[]): Promise<void> {
    for (const name of path) await this.page.getByRole("menuitem", { name, exact: true }).tap();
  }
}
