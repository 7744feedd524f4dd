// SPDX-License-Identifier: GPL-3.0-or-later
// Every state that the two pages can be in, and how each is reached from a page just loaded, in any language
// and at any size. Walked through by test/pages/states-*.ts (axe, layout, pictures) and dev/look.ts (pictures).

import type { BrowserContext, Page } from "playwright-core";
import type { Mock } from "./mock";

export interface Stage {
  page: Page;
  mock: Mock;
  context: BrowserContext;
}

export interface State {
  name: string;
  /** Where the page begins: log-in card, wall with pictures, a page that has not come that far, or a station. */
  from: "out" | "wall" | "loading" | "greeter" | "desktop";
  open: (s: Stage) => Promise<unknown>;
  /** What was changed outside the page is put back. */
  leave?: (s: Stage) => Promise<unknown> | void;
}

const tile = (page: Page, name: string) => page.locator("#wall").getByRole("option", { name });
const item = (page: Page, id: string) => page.locator(`[data-item="${id}"]`);

export async function signIn(page: Page, user = "kaya", password = "demo"): Promise<void> {
  await page.locator("input[name=user]").fill(user);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
}

async function mainMenu(page: Page, ...path: string[]): Promise<void> {
  await page.locator("#menu-button").click();
  for (const id of path) await item(page, id).click();
}

async function side(page: Page, tab: string): Promise<void> {
  await tile(page, "Ben Cohen").click();
  await page.locator("#wall").press("Alt+Enter");
  await page.locator(`#side-tab-${tab}`).click();
}

async function place(page: Page, name: string): Promise<void> {
  await page.locator(`.places a[href="#/${name}"]`).click();
  await page.locator(".place").waitFor();
}

async function stationMenu(page: Page, id: string, ...path: string[]): Promise<void> {
  await page.locator(`tr[data-station="${id}"] [data-act=acts]`).click();
  for (const name of path) await item(page, name).click();
}

async function choices(page: Page): Promise<void> {
  const button = page.locator(".choices-button");
  if (await button.isVisible()) await button.click();
}

async function closeChoices(page: Page): Promise<void> {
  const shade = page.locator(".choices-shade");
  if (await shade.isVisible()) await page.keyboard.press("Escape");
}

/** A class at work: windows, hands, somebody idle, somebody busy, an alarm. */
function liven(mock: Mock): void {
  const s = [...mock.world.sessions.values()];
  const programs = [["Writer", "Essay.odt – LibreOffice Writer"], ["Firefox", "Water cycle – Wikipedia"], ["GIMP", "Poster.xcf"], ["Code", "main.py – Code"]];
  s.forEach((x, i) => {
    const [program = "", window = ""] = programs[i % programs.length] ?? [];
    Object.assign(x, { program, window, cpu_permille: (i * 137) % 700, memory_kib: 300_000 + i * 90_000 });
  });
  if (s[0]) mock.world.people.raise(s[0], Date.now() - 125_000);
  if (s[4]) mock.world.people.raise(s[4], Date.now() - 20_000);
  Object.assign(s[5] ?? {}, { idle_ms: 12 * 60_000 });
  Object.assign(s[6] ?? {}, { locked: true });
  Object.assign(s[9] ?? {}, { viewed: true });
  Object.assign(s[10] ?? {}, { controlled: true, controlled_by: "Ada Admin" });
  for (const x of s) mock.world.update(x);
}

/** Screens of the computer: at work, at work without a keyboard, being mapped, unplugged; and two halves. */
function locals(mock: Mock): void {
  const w = mock.world;
  w.addLocal(1, { name: "Window 1", session: "s1", scene: "session", storage: [{ name: "Holiday", state: "open", reason: "" }, { name: "Old disk", state: "failed", reason: "It has no file system that can be read here." }] });
  w.addLocal(2, { name: "Window 2", session: "s2", scene: "session", missing: ["keyboard", "pointer"], orientation: "portrait" });
  w.addLocal(3, { mapping: "keyboard", scene: "mapping", missing: ["keyboard", "pointer"] });
  w.addLocal(4, { connected: false, missing: ["screen"] });
  w.addLocal(5, { area: "left", storage_blocked: true, storage: [{ name: "Homework", state: "closed", reason: "" }] });
  w.addLocal(6, { area: "right", output: "pci-0000:00:02.0/HDMI-A-5", mapping: "waiting", scene: "mapping" });
}

/** Enrolled stations where an account is logged on by itself, or is not. */
function automatic(mock: Mock, auto_user: string, auto_failure: string): void {
  for (const id of ["browser-2", "browser-3", "browser-4"]) {
    const station = mock.world.stations.get(id);
    if (station) mock.world.putLocal(station, { enrolment: "enrolled", auto_user, auto_failure });
  }
}

function conversation(mock: Mock): void {
  const ben = mock.world.sessions.get("s2");
  if (!ben) return;
  mock.world.people.say(ben, "May I go on with task 4?", false);
  mock.world.people.say(ben, "Yes, please.", true);
  mock.world.people.say(ben, "<b>Thanks!</b>", false);
}

function lesson(mock: Mock): void {
  mock.world.startLesson({ name: "Maths", all: true, length_ms: 45 * 60_000, block: true, message: "Eyes up front, please.", programs: [] });
}

function history(mock: Mock): void {
  const say = (m: string, targets: string, result = "ok") => mock.world.people.log(m, targets, result, Date.now() - 60_000);
  say("Blocks.Block", "s2(bencohen2) s3(cemdemir3)");
  say("Blocks.Unblock", "s2(bencohen2)");
  say("Programs.Start", "firefox s2(bencohen2) s3(cemdemir3)=failed");
  say("Sessions.LogOff", "s2(bencohen2) s29(adaadmin29)=refused", "partly");
}

const dashboard: State[] = [
  { name: "login", from: "out", open: async () => undefined },
  {
    name: "login-denied",
    from: "out",
    open: async ({ page }) => {
      await signIn(page, "kaya", "wrong");
      await page.locator(".login-error .note").waitFor();
    },
  },
  {
    name: "login-code",
    from: "out",
    open: async ({ page }) => {
      await signIn(page, "otp");
      await page.locator(".login-messages .note").waitFor();
    },
  },
  { name: "loading", from: "loading", open: ({ page, mock }) => (mock.dashboards("silent"), page.reload(), page.locator("#wall[aria-busy=true]").waitFor()) },
  { name: "connecting", from: "loading", open: ({ page, mock }) => (mock.command("away"), page.reload(), page.locator(".login-page .empty").waitFor()) },
  { name: "forbidden", from: "loading", open: ({ page, mock }) => (mock.dashboards(4403), page.reload(), page.locator("#forbidden-title").waitFor()) },
  { name: "too-many", from: "loading", open: ({ page, mock }) => (mock.dashboards(4429), page.reload(), page.locator(".link-line p").waitFor()) },
  { name: "wall", from: "wall", open: ({ page, mock }) => (liven(mock), tile(page, "Poster.xcf").first().waitFor()) },
  {
    name: "wall-small",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      await choices(page);
      await page.locator("input[name=size][value=small]").check();
      await closeChoices(page);
    },
  },
  {
    name: "wall-large",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      await choices(page);
      await page.locator("input[name=size][value=large]").check();
      await closeChoices(page);
    },
  },
  { name: "wall-choices", from: "wall", open: ({ page }) => choices(page) },
  {
    name: "wall-rooms",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      await choices(page);
      await page.locator(".pick select").first().selectOption("room");
      await closeChoices(page);
      await page.locator(".wall-heading").first().click();
    },
  },
  {
    name: "wall-search",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      await page.locator("#search").fill("gimp");
      await page.locator(".counts-shown").waitFor();
    },
  },
  { name: "wall-nothing", from: "wall", open: async ({ page }) => (await page.locator("#search").fill("zzz"), page.locator(".empty").waitFor()) },
  { name: "wall-empty", from: "wall", open: ({ page, mock }) => (mock.command("clear"), page.locator(".empty").waitFor()) },
  {
    name: "wall-alarms",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      mock.alarm("s1", "stalled", Date.now() - 40_000);
      mock.alarm("s3", "black", Date.now() - 75_000);
      mock.alarm("s4", "lost", Date.now() - 12_000);
      await page.locator('[data-alarm="lost"]').waitFor();
      await page.locator(".counts-alarm").waitFor();
    },
  },
  { name: "selected-one", from: "wall", open: ({ page }) => tile(page, "Anna Berger").click() },
  {
    name: "selected-some",
    from: "wall",
    open: async ({ page }) => {
      await tile(page, "Anna Berger").click();
      await tile(page, "Ben Cohen").click({ modifiers: ["Control"] });
    },
  },
  { name: "selected-all", from: "wall", open: ({ page }) => page.keyboard.press("Control+a") },
  { name: "menu", from: "wall", open: ({ page }) => mainMenu(page) },
  { name: "menu-logoff", from: "wall", open: async ({ page }) => (await page.keyboard.press("Control+a"), mainMenu(page, "logoff")) },
  { name: "menu-right", from: "wall", open: ({ page }) => tile(page, "Anna Berger").click({ button: "right" }) },
  { name: "menu-more", from: "wall", open: async ({ page }) => (await tile(page, "Anna Berger").click(), page.locator(".bar-more").click()) },
  { name: "menu-project", from: "wall", open: async ({ page }) => (await tile(page, "Anna Berger").click({ button: "right" }), item(page, "project").click()) },
  { name: "account", from: "wall", open: ({ page }) => page.locator(".account-button").click() },
  { name: "hands", from: "wall", open: ({ page, mock }) => (liven(mock), page.locator('.drop-button[aria-controls="hands"], .drop-button').nth(1).click()) },
  { name: "letters", from: "wall", open: ({ page, mock }) => (conversation(mock), page.locator(".drop-button").first().click()) },
  { name: "help", from: "wall", open: async ({ page }) => (await mainMenu(page, "help"), page.getByRole("dialog").waitFor()) },
  {
    name: "block-dialog",
    from: "wall",
    open: async ({ page }) => {
      await page.keyboard.press("Control+a");
      await page.locator("#wall").press("b");
      await page.locator(".text-chip").first().waitFor();
    },
  },
  {
    name: "block-dialog-time",
    from: "wall",
    open: async ({ page }) => {
      await mainMenu(page, "block", "block-all");
      await page.locator("input[name=until][value=time]").check();
      await page.locator(".dialog-acts .primary").click();
      await page.locator(".until-time[aria-invalid=true]").waitFor();
    },
  },
  {
    name: "blocked",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.setBlocked({ all: true, message: "Eyes up front, please.", until_ms: Date.now() + 4 * 60_000 }, true);
      await page.locator(".force-block").waitFor();
      await page.locator(".block-text").first().waitFor();
    },
  },
  {
    name: "limit-dialog",
    from: "wall",
    open: async ({ page }) => {
      await page.keyboard.press("Control+a");
      await mainMenu(page, "limit", "limit-allow-selected");
      await page.locator(".text-chip").first().waitFor();
      await page.locator("#limit-sites").fill("contoso");
      await page.locator(".dialog-acts .primary").click();
      await page.locator(".limit-bad").waitFor();
    },
  },
  { name: "menu-limit", from: "wall", open: async ({ page }) => (await tile(page, "Anna Berger").click({ button: "right" }), item(page, "limit").press("ArrowRight")) },
  {
    name: "limited",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.limits.set({ all: true, mode: "allow", domains: ["contoso.com", "example.org"], until_ms: Date.now() + 4 * 60_000 }, true);
      await page.locator(".force-limit").waitFor();
      await side(page, "programs");
      await page.locator(".side-sites li").first().waitFor();
    },
  },
  {
    name: "users-limited",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.limits.list.push({ kind: "user", name: "aaron", full_name: "Aaron Away", by: "Karin Kaya", since: "", until_ms: 0, mode: "allow", domains: ["contoso.com"] });
      mock.world.limits.set({ sessions: ["s2"], mode: "deny", domains: ["games.example"] }, true);
      await place(page, "users");
      await page.locator('tr[data-user="aaron"]').waitFor();
    },
  },
  { name: "write-dialog", from: "wall", open: async ({ page }) => (await mainMenu(page, "message", "message-all"), page.getByRole("dialog").getByRole("textbox").fill("Please hand in your essays.")) },
  { name: "start-dialog", from: "wall", open: async ({ page }) => (await mainMenu(page, "start", "start-all"), page.locator(".programs .program").first().waitFor()) },
  {
    name: "logoff-one",
    from: "wall",
    open: async ({ page }) => {
      await tile(page, "Anna Berger").click();
      await mainMenu(page, "logoff", "logoff-selected");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "logoff-all",
    from: "wall",
    open: async ({ page }) => {
      await mainMenu(page, "logoff", "logoff-all");
      await page.locator("input[name=grace][value='1']").check();
      await page.getByRole("dialog").getByRole("textbox").fill("Please save your work.");
    },
  },
  {
    name: "notice",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.logOff({ sessions: ["s2", "s4", "s5"], grace_ms: 60_000, message: "The lesson is over." });
      for (const id of ["s2", "s4"]) mock.world.ask(id);
      await page.locator(".tile-asks").first().waitFor();
    },
  },
  {
    name: "logoff-progress",
    from: "wall",
    open: async ({ page }) => {
      await mainMenu(page, "logoff", "logoff-all");
      await page.locator(".dialog-acts .danger").click();
      await page.locator('.result[data-finished="false"] progress').waitFor();
      await page.locator(".tile-closing").first().waitFor();
    },
  },
  {
    name: "logoff-failed",
    from: "wall",
    open: async ({ page }) => {
      await page.keyboard.press("Control+a");
      await mainMenu(page, "logoff", "logoff-selected");
      await page.locator(".dialog-acts .danger").click();
      await page.locator('.result[data-finished="true"] .exceptions').waitFor();
    },
  },
  {
    name: "act-error",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.fail("Blocks.Block", "The data base takes nothing: the disk is full.");
      await tile(page, "Anna Berger").click();
      await page.locator("#wall").press("b");
      await page.locator(".dialog-acts .primary").click();
      await page.locator(".result .note").waitFor();
    },
  },
  {
    name: "projecting",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.project({ source: "s1", all: true });
      await page.locator(".force[data-projection]").waitFor();
    },
  },
  {
    name: "projecting-blocked",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.project({ source: "s1", sessions: ["s2", "s3"], window: true });
      mock.world.setBlocked({ all: true, message: "Eyes up front, please.", until_ms: 0 }, true);
      await page.locator(".force[data-projection]").waitFor();
      await page.locator(".force-block").waitFor();
    },
  },
  {
    name: "choosing",
    from: "wall",
    open: async ({ page }) => {
      await tile(page, "Anna Berger").click({ button: "right" });
      await item(page, "project").click();
      await item(page, "project-some").click();
      await tile(page, "Cem Demir").click();
    },
  },
  { name: "side-programs", from: "wall", open: async ({ page }) => (await side(page, "programs"), page.locator(".windows .window").first().waitFor()) },
  {
    name: "side-asks",
    from: "wall",
    open: async ({ page }) => {
      await side(page, "programs");
      await page.locator(".window", { hasText: "Essay" }).locator(".button").first().click();
      await page.locator(".row-asks").first().waitFor();
    },
  },
  { name: "side-chat", from: "wall", open: async ({ page, mock }) => (conversation(mock), await side(page, "chat"), page.locator(".message-ours").waitFor()) },
  { name: "side-history", from: "wall", open: async ({ page, mock }) => (history(mock), await side(page, "history"), page.locator(".history li").first().waitFor()) },
  {
    name: "close-dialog",
    from: "wall",
    open: async ({ page }) => {
      await side(page, "programs");
      await page.locator(".window .quiet").first().click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "view", from: "wall", open: async ({ page }) => (await tile(page, "Anna Berger").dblclick({ position: { x: 60, y: 60 } }), page.locator('.view[data-stream="open"]').waitFor()) },
  {
    name: "control",
    from: "wall",
    open: async ({ page }) => {
      await tile(page, "Anna Berger").click({ button: "right" });
      await item(page, "control").click();
      await page.locator('.view[data-mode="control"][data-stream="open"]').waitFor();
    },
  },
  {
    name: "view-busy",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.refuseViews({ code: 4409, reason: "Ada Admin" });
      await tile(page, "Anna Berger").dblclick({ position: { x: 60, y: 60 } });
      await page.locator(".view-note-acts").waitFor();
    },
  },
  { name: "systems", from: "wall", open: async ({ page }) => (await place(page, "systems"), page.locator(".system").waitFor()) },
  {
    name: "systems-alarm",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.trouble = { relay: false, memory_available_kib: 500_000 };
      await place(page, "systems");
      await page.locator(".system-alarms .note").first().waitFor();
    },
  },
  {
    name: "systems-error",
    from: "loading",
    open: async ({ page, mock }) => {
      mock.fail("System.Status", "The system counts its sessions.");
      await page.reload();
      await place(page, "systems");
      await page.locator(".place .note").waitFor();
    },
  },
  { name: "stations", from: "wall", open: async ({ page }) => (await place(page, "stations"), page.locator(".list tbody tr").first().waitFor()) },
  {
    name: "station-dialog",
    from: "wall",
    open: async ({ page }) => {
      await place(page, "stations");
      await stationMenu(page, "browser-2", "name");
      await page.locator("datalist option").first().waitFor({ state: "attached" });
    },
  },
  {
    name: "station-dialog-refused",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.fail("Stations.Set", "Your rights are bound to rooms: you can name stations of these, and move none.");
      await place(page, "stations");
      await stationMenu(page, "browser-2", "name");
      await page.locator("dialog input").nth(1).fill("Room 14");
      await page.locator(".dialog-acts .primary").click();
      await page.locator("dialog .note-error").waitFor();
    },
  },
  { name: "invite", from: "wall", open: async ({ page }) => (await place(page, "stations"), page.locator("[data-act=invite]").click()) },
  {
    name: "invite-ticket",
    from: "wall",
    open: async ({ page }) => {
      await place(page, "stations");
      await page.locator("[data-act=invite]").click();
      await page.locator("dialog input[type=text]").first().fill("Window 3");
      await page.locator(".dialog-acts .primary").click();
      await page.locator("[data-act=save][aria-disabled=false]").waitFor();
    },
  },
  {
    name: "invite-viewer",
    from: "wall",
    open: async ({ page }) => {
      await place(page, "stations");
      await page.locator("[data-act=invite]").click();
      await page.locator("input[name=kind][value=vnc]").check({ force: true });
      await page.locator(".dialog-acts .primary").click();
      await page.locator("[data-act=save][aria-disabled=false]").waitFor();
    },
  },
  {
    name: "stations-chosen",
    from: "wall",
    open: async ({ page, mock }) => {
      Object.assign(mock.world.me, { role: "administrator" });
      locals(mock);
      await page.reload();
      await place(page, "stations");
      for (const n of [0, 1, 3]) await page.locator("tbody .pick-box input").nth(n).check();
      await page.locator(".bar-on").waitFor();
    },
  },
  {
    name: "stations-asking",
    from: "wall",
    open: async ({ page, mock }) => {
      for (const id of ["browser-2", "browser-3", "browser-4"]) mock.world.enrolment(id, "asked");
      await place(page, "stations");
      await page.locator(".asking li").nth(2).waitFor();
    },
  },
  {
    name: "stations-auto-failed",
    from: "wall",
    open: async ({ page, mock }) => {
      automatic(mock, "reader", "The account has expired. Please contact your system administrator.");
      await place(page, "stations");
      await page.locator("[data-auto-failed]").waitFor();
    },
  },
  {
    name: "station-menu",
    from: "wall",
    open: async ({ page, mock }) => {
      Object.assign(mock.world.me, { role: "administrator" });
      automatic(mock, "reader", "");
      await page.reload();
      await place(page, "stations");
      await stationMenu(page, "browser-2");
      await item(page, "auto-off").waitFor();
    },
  },
  { name: "logon-people", from: "wall", open: async ({ page }) => (await place(page, "stations"), page.locator(".place-head [data-act=logon]").click()) },
  {
    name: "logon-list",
    from: "wall",
    open: async ({ page }) => {
      await place(page, "stations");
      for (const n of [1, 2, 3]) await page.locator("tbody .pick-box input").nth(n).check();
      await stationMenu(page, "browser-2", "logon");
      await page.locator("[data-act=paste]").click();
      await page.locator("dialog textarea").fill("R12-02, exam01, one\nNowhere, exam02, two\nR12-03, exam03, three");
      await page.locator("[data-act=take]").click();
      await page.locator("dialog .note-warn").waitFor();
    },
  },
  {
    name: "logon-refused",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.fail("Stations.LogOn", "Your rights do not name this act (logon). Administrators can change them.");
      await place(page, "stations");
      await stationMenu(page, "browser-2", "logon");
      await page.locator("dialog input[type=text]").fill("anna");
      await page.locator("dialog input[type=password]").fill("secret");
      await page.locator(".dialog-acts .primary").click();
      await page.locator("dialog .note-error").waitFor();
    },
  },
  {
    name: "logon-results",
    from: "wall",
    open: async ({ page }) => {
      await place(page, "stations");
      for (const n of [1, 2, 3]) await page.locator("tbody .pick-box input").nth(n).check();
      await stationMenu(page, "browser-2", "logon");
      await page.locator("dialog tbody input[type=text]").first().fill("exam09");
      await page.locator("[data-act=count]").click();
      await page.locator("dialog input[type=password]").first().fill("demo");
      await page.locator("dialog tbody input[type=password]").nth(1).fill("wrong");
      await page.locator(".dialog-acts .primary").click();
      await page.locator("dialog [data-state=done]").first().waitFor();
    },
  },
  {
    name: "station-enrol",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.enrolment("browser-2", "asked");
      await place(page, "stations");
      await page.locator('tr[data-station="browser-2"] [data-act=enrol]').click();
    },
  },
  {
    name: "station-auto",
    from: "wall",
    open: async ({ page, mock }) => {
      Object.assign(mock.world.me, { role: "administrator" });
      for (const id of ["browser-2", "browser-3"]) mock.world.enrolment(id, "enrolled");
      await page.reload();
      await place(page, "stations");
      for (const n of [1, 2, 3]) await page.locator("tbody .pick-box input").nth(n).check();
      await stationMenu(page, "browser-2", "auto");
    },
  },
  {
    name: "station-auto-refused",
    from: "wall",
    open: async ({ page, mock }) => {
      Object.assign(mock.world.me, { role: "administrator" });
      mock.world.enrolment("browser-2", "enrolled");
      await page.reload();
      await place(page, "stations");
      for (const n of [1, 2]) await page.locator("tbody .pick-box input").nth(n).check();
      await stationMenu(page, "browser-2", "auto");
      await page.locator("dialog input[type=text]").fill("reader");
      await page.locator(".dialog-acts .primary").click();
      await page.locator(".result .exceptions").waitFor();
    },
  },
  {
    name: "station-forget",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.world.enrolment("browser-2", "enrolled");
      await place(page, "stations");
      await stationMenu(page, "browser-2", "unenrol");
    },
  },
  { name: "lesson-drop", from: "wall", open: ({ page, mock }) => (lesson(mock), page.locator(".lesson-button").click()) },
  { name: "lesson-start", from: "wall", open: async ({ page }) => (await mainMenu(page, "lesson"), page.locator(".lesson-preview[aria-busy=false]").waitFor()) },
  {
    name: "lesson-web",
    from: "wall",
    open: async ({ page }) => {
      await mainMenu(page, "lesson");
      await page.locator("input[name=web][value=allow]").check({ force: true });
      await page.locator(".dialog-body textarea[placeholder='contoso.com']").fill("contoso.com\n*.edu");
      await page.locator(".lesson-preview[aria-busy=false] li").first().waitFor();
    },
  },
  { name: "lesson-end", from: "wall", open: async ({ page, mock }) => (lesson(mock), await page.locator(".lesson-button").click(), page.locator(".lesson-acts .danger").click()) },
  { name: "stations-local", from: "wall", open: async ({ page, mock }) => (locals(mock), await place(page, "stations"), page.locator("tr[data-station=local-3]").waitFor()) },
  {
    name: "station-screen-menu",
    from: "wall",
    open: async ({ page, mock }) => {
      locals(mock);
      await place(page, "stations");
      await stationMenu(page, "local-1", "turn");
    },
  },
  {
    name: "station-screen-forget",
    from: "wall",
    open: async ({ page, mock }) => {
      locals(mock);
      await place(page, "stations");
      await stationMenu(page, "local-4", "forget");
      await page.locator("dialog .danger").waitFor();
    },
  },
  {
    name: "station-screen-refused",
    from: "wall",
    open: async ({ page, mock }) => {
      locals(mock);
      mock.fail("Stations.Map", "This is no local station: it has no screen, keyboard and pointer at this system.");
      await place(page, "stations");
      await stationMenu(page, "local-1", "map");
      await page.locator(".place-notes .link").waitFor();
    },
  },
  { name: "stations-none", from: "wall", open: async ({ page, mock }) => (mock.world.sendAway(), await place(page, "stations"), page.locator(".place-body .hint").waitFor()) },
  {
    name: "users",
    from: "wall",
    open: async ({ page, mock }) => {
      liven(mock);
      mock.world.blocks.push({ kind: "user", name: "aaron", full_name: "Aaron Away", by: "Karin Kaya", since: "", until_ms: 0, message: "" });
      mock.world.setBlocked({ sessions: ["s2"] }, true);
      await place(page, "users");
      await page.locator('tr[data-user="aaron"]').waitFor();
      await page.locator(".pick-box input").nth(2).check();
    },
  },
  { name: "users-menu", from: "wall", open: async ({ page }) => (await place(page, "users"), page.locator(".acts-cell .button").nth(2).click()) },
  { name: "users-none", from: "wall", open: async ({ page, mock }) => (mock.command("clear"), await place(page, "users"), page.locator(".place-body .hint").waitFor()) },
  { name: "activity", from: "wall", open: async ({ page, mock }) => (history(mock), await place(page, "activity"), page.locator(".list tbody tr").nth(2).waitFor()) },
  { name: "activity-none", from: "wall", open: ({ page }) => place(page, "activity") },
  {
    name: "offline",
    from: "wall",
    open: async ({ page, context }) => {
      await context.setOffline(true);
      await page.locator(".link-line p").waitFor();
    },
    leave: ({ context }) => context.setOffline(false),
  },
  { name: "reconnecting", from: "wall", open: async ({ page, mock }) => (mock.command("down"), page.locator("[data-link=lost]").waitFor()) },
  { name: "service-away", from: "wall", open: async ({ page, mock }) => (mock.command("away"), page.locator("[data-link=unavailable]").waitFor()) },
  {
    name: "signed-out",
    from: "wall",
    open: async ({ page, mock }) => {
      mock.dashboards(4401);
      mock.command("drop");
      await page.locator("input[name=user]").waitFor();
    },
  },
];

const scene = (what: string, wanted: string): State["open"] => async ({ page, mock }) => {
  mock.command(what);
  await page.locator(wanted).first().waitFor();
};

const station: State[] = [
  { name: "station-login", from: "greeter", open: async ({ page }) => page.locator("select[name=desktop]").waitFor() },
  { name: "station-denied", from: "greeter", open: async ({ page }) => (await signIn(page, "anna", "wrong"), page.locator(".login-error .note").waitFor()) },
  { name: "station-failed", from: "greeter", open: async ({ page }) => (await signIn(page, "fail"), page.locator(".login-error pre").waitFor()) },
  { name: "station-code", from: "greeter", open: async ({ page }) => (await signIn(page, "otp"), page.locator(".login-messages .note").waitFor()) },
  { name: "station-accept", from: "greeter", open: async ({ page }) => (await signIn(page, "rules-short"), page.locator(".accept-text").waitFor()) },
  { name: "station-accept-long", from: "greeter", open: async ({ page }) => (await signIn(page, "rules"), page.locator(".accept-text").waitFor()) },
  { name: "station-logged-off", from: "desktop", open: scene("end", ".login-card .note") },
  { name: "station-desktop", from: "desktop", open: async () => undefined },
  { name: "station-panel", from: "desktop", open: ({ page }) => (page.locator(".handle").click(), page.locator("#panel").waitFor()) },
  {
    name: "station-chat",
    from: "desktop",
    open: async ({ page, mock }) => {
      mock.say("Please hand in your essay.", true);
      mock.say("One moment.", false);
      mock.setChat({ hand: true });
      await page.locator(".handle").click();
      await page.locator("#panel .message").first().waitFor();
    },
  },
  { name: "station-chat-off", from: "desktop", open: async ({ page, mock }) => (mock.setChat({ enabled: false }), page.locator(".handle").click()) },
  { name: "station-message", from: "desktop", open: ({ page, mock }) => (mock.say("Please save your work.", true), page.locator(".toast").waitFor()) },
  { name: "station-logoff", from: "desktop", open: async ({ page }) => (await page.locator(".handle").click(), await page.locator(".panel-acts .danger").click(), page.getByRole("dialog").waitFor()) },
  { name: "station-notice", from: "desktop", open: scene("notice", ".notice") },
  { name: "station-identify", from: "desktop", open: scene("identify", ".identify") },
  { name: "station-viewed", from: "desktop", open: scene("viewed", ".sign") },
  { name: "station-controlled", from: "desktop", open: scene("controlled", ".sign") },
  { name: "station-exclusive", from: "desktop", open: scene("exclusive", ".sign") },
  { name: "station-projection", from: "desktop", open: scene("projection", ".sign") },
  { name: "station-projection-window", from: "desktop", open: scene("window", ".sign") },
  { name: "station-block", from: "desktop", open: scene("block", ".scene-block") },
  { name: "station-block-default", from: "desktop", open: scene("block-default", ".scene-block") },
  { name: "station-block-nobody", from: "greeter", open: scene("block-greeter", ".scene-block") },
  { name: "station-lock", from: "desktop", open: scene("lock", ".login-card") },
  {
    name: "station-lock-wrong",
    from: "desktop",
    open: async ({ page, mock }) => {
      mock.command("lock");
      await page.locator("input[name=password]").fill("wrong");
      await page.locator("button[type=submit]").click();
      await page.getByRole("alert").locator("strong").waitFor();
    },
  },
  { name: "station-reconnecting", from: "desktop", open: scene("down", ".overlay") },
];

export const STATES: readonly State[] = [...dashboard, ...station];

const LIVE = '[data-picture="live"]';

/** A page at the beginning of this state; the mock is as new. */
export async function begin(state: State, s: Stage): Promise<void> {
  const { page, mock, context } = s;
  await page.goto("about:blank"); // nothing of the state before is still under way
  const isStation = state.from === "greeter" || state.from === "desktop";
  if (isStation) {
    mock.command(state.from === "desktop" ? "session" : "greeter");
    await page.goto(`${mock.url}/station`);
    await page.locator(state.from === "desktop" ? '.screen[data-stream="open"]' : "input[name=user]").waitFor();
    return;
  }
  if (state.from === "out") await context.clearCookies();
  else await context.addCookies([{ name: "stationmaster", value: "mock", url: mock.url }]);
  await page.goto(mock.url);
  if (state.from === "out") await page.locator("input[name=user]").waitFor();
  if (state.from === "wall") await page.locator(LIVE).nth(2).waitFor();
}
