// SPDX-License-Identifier: GPL-3.0-or-later
// What a teacher does with the people and their programs, by mouse, by keyboard alone and by touch, in a class
// of twenty: messages both ways, raised hands, start and close programs, and what is told of it all.
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { before, describe } from "node:test";
import { byEachHand, sessionOf, useClass, windowsOf } from "../harness/classroom.js";
import { check } from "../harness/demo.js";
import type { Person } from "../harness/room.js";
import type { Json } from "../harness/agent.js";
import { NotYet, until } from "../harness/wait.js";

/** A program for each hand to start everywhere: its command is its name, its window's title, too. */
const everywhere = { mouse: "xlogo", keyboard: "oclock", touch: "xeyes" };

const applications = {
  "t-sums": "Name=Sums\nComment=Add and multiply\nExec=xterm -T Sums -e sleep 1000\nCategories=Education;",
  "t-reader": "Name=Reader\nExec=xterm -T Reader -e tail -f %f\nMimeType=text/plain;\nCategories=Office;",
  "t-web": "Name=Web\nExec=xterm -T Web -e tail -f /dev/null %u\nMimeType=x-scheme-handler/http;x-scheme-handler/https;\nCategories=Network;",
};
const poem = "/srv/lesson/poem.txt";

describe("people and programs, in a teacher's hands", () => {
  const room = useClass("teach-work");
  const { demo } = room;
  const karin = () => demo.account("operator");

  before(async () => {
    for (const [id, entry] of Object.entries(applications))
      await demo.write(`/usr/share/applications/${id}.desktop`, `[Desktop Entry]\nType=Application\n${entry}\n`);
    await demo.write("/etc/xdg/mimeapps.list", "[Default Applications]\ntext/plain=t-reader.desktop\nx-scheme-handler/http=t-web.desktop\nx-scheme-handler/https=t-web.desktop\n");
    await demo.write(poem, "The fog comes on little feet.\n");
  });

  const runs = (person: Person, pattern: string, n = 1) => until(`${n} times ${pattern} of ${person.name}`, async () => {
    const found = await demo.pids(person.name, pattern);
    if (found.length !== n) throw new NotYet(found);
    return true;
  }, 20_000);
  const history = async (person: Person) => {
    const { messages } = await demo.call<{ messages: Json[] }>("Chat.History", { user: person.name }, karin().name);
    return messages.map((m) => [m["supervisor"] ? "teacher" : m["from"], m["text"]]);
  };
  /** Accounts with a program of this command line, in all sessions. */
  const usersOf = async (pattern: string) =>
    (await demo.exec(["bash", "-c", `for p in $(pgrep -f -- '${pattern}'); do stat -c %U /proc/$p 2>/dev/null; done | grep '^t-p' | sort -u`])).stdout.split("\n").filter(Boolean);

  /** As at the beginning of a lesson: nothing was written, and of programs only the desktops are there. */
  const afresh = async () => {
    await demo.call("Chat.Clear", { user: null }, karin().name);
    await demo.call("Chat.Answer", { users: null, all: true }, karin().name);
    await demo.sh(`pkill -KILL -x 'xterm|xclock|${Object.values(everywhere).join("|")}' || true`);
  };

  byEachHand(room, (part) => {
    const page = () => part.hand.page;
    const side = (person: Person) => page().getByRole("complementary", { name: `Details: ${person.full_name}` });
    /** What the pupil does at the station. */
    const pupilPress = (what: Locator) => (part.kind === "touch" ? what.tap() : what.click());
    const bubble = (within: Locator, text: string) => within.getByRole("log").getByText(text, { exact: true });

    check(demo, "a message to three; a pupil answers at the browser station and at the VNC station, and is answered", async () => {
      const { hand, p, station, seat } = part;
      const plain = seat.screen.shareNear(p[1]!.colour);
      await hand.select(p[0]!.name, p[1]!.name, p[2]!.name);
      await hand.bar("Message to selected");
      const dialog = await hand.dialog("Message to: 3 users");
      await hand.write(dialog.getByRole("textbox", { name: "Message" }), "Five minutes left");
      await hand.press(dialog.getByRole("button", { name: "Send" }));
      await hand.result("Message", "3 of 3 done");
      await hand.clearResults();

      const toast = station.page.getByRole("region", { name: `New message from ${karin().full_name}` });
      await toast.getByText("Five minutes left", { exact: true }).waitFor();
      await until("the VNC station shows the message over the desktop", () => seat.screen.shareNear(p[1]!.colour) < plain - 0.02);
      await pupilPress(toast.getByRole("button", { name: "Answer" }));
      await station.page.getByRole("textbox", { name: "Your message" }).waitFor();
      await station.page.keyboard.type("I have finished");
      await pupilPress(station.page.getByRole("button", { name: "Send" }));

      await hand.press(page().getByRole("button", { name: "1 unread message" }));
      await hand.press((await hand.dialog("Unread messages")).getByRole("button", { name: new RegExp(p[0]!.full_name) }));
      await bubble(side(p[0]!), "I have finished").waitFor();
      await page().getByRole("button", { name: "0 unread messages" }).waitFor();
      await hand.write(side(p[0]!).getByRole("textbox", { name: `Message to ${p[0]!.full_name}` }), "Well done");
      if (hand.kind === "keyboard") await page().keyboard.press("Enter");
      else await hand.press(side(p[0]!).getByRole("button", { name: "Send" }));
      await bubble(station.page.getByRole("region", { name: "Station panel" }), "Well done").waitFor();
      assert.deepEqual(await history(p[0]!), [["teacher", "Five minutes left"], [p[0]!.name, "I have finished"], ["teacher", "Well done"]]);
      await pupilPress(station.page.getByRole("button", { name: /^Panel/ }));

      // Keys of the panel: its second row is the messages, where the field has the focus.
      seat.screen.press("Control", "Alt", "Home");
      seat.screen.press("Down");
      seat.screen.press("Return");
      seat.screen.type("Almost there");
      seat.screen.press("Return");
      await hand.press(page().getByRole("button", { name: "1 unread message" }));
      await hand.press((await hand.dialog("Unread messages")).getByRole("button", { name: new RegExp(p[1]!.full_name) }));
      await bubble(side(p[1]!), "Almost there").waitFor();
      assert.deepEqual(await history(p[1]!), [["teacher", "Five minutes left"], [p[1]!.name, "Almost there"]]);
      assert.deepEqual(await history(p[3]!), [], "somebody else was written to");
      seat.screen.press("Control", "Alt", "Home");
      await until("the panel is away", () => seat.screen.shareNear(p[1]!.colour) > plain - 0.01);
      await hand.press(side(p[1]!).getByRole("button", { name: "Close details" }));
    });

    check(demo, "two raise their hands; the queue has their order; answered, they are down", async () => {
      const { hand, p, station, seat } = part;
      const hands = async () => (await demo.call<{ hands: { user: string }[] }>("Chat.Hands", {}, karin().name)).hands.map((h) => h.user);
      await pupilPress(station.page.getByRole("button", { name: "Panel", exact: true }));
      const button = station.page.getByRole("button", { name: /^(Raise|Lower) hand$/ });
      await pupilPress(button);
      await until("the hand is up", async () => (await button.innerText()) === "Lower hand");
      await page().getByRole("button", { name: "1 raised hand" }).waitFor();
      seat.screen.press("Control", "Alt", "Home");
      seat.screen.press("Return");
      await hand.dash.tile(p[1]!.name).getByText(/^Hand raised for/).waitFor({ state: "attached" });
      await hand.press(page().getByRole("button", { name: "2 raised hands" }));
      const queue = await hand.dialog("Raised hands");
      const names = await queue.getByRole("listitem").evaluateAll((rows) => rows.map((r) => r.querySelector(".drop-name")?.textContent));
      assert.deepEqual(names, [p[0]!.full_name, p[1]!.full_name]);
      await hand.press(queue.getByRole("button", { name: `Answered: ${p[0]!.full_name}` }));
      await until("the station says so", async () => (await button.innerText()) === "Raise hand");
      await until("one hand is left", async () => {
        assert.deepEqual(await hands(), [p[1]!.name]);
        return true;
      });
      await hand.press(queue.getByRole("button", { name: `Answered: ${p[1]!.full_name}` }));
      await queue.getByText("No hand is raised.").waitFor();
      assert.deepEqual(await hands(), []);
      await page().keyboard.press("Escape");
      await pupilPress(station.page.getByRole("button", { name: "Panel", exact: true }));
      await hand.clearResults();
    });

    /** "Start" for those selected, or all: types, and chooses what the dialog offers. */
    const start = async (text: string, offer: string | RegExp, all = false) => {
      const { hand } = part;
      if (all) await hand.menu("Start", "Start on all");
      else await hand.bar("Start on selected");
      const dialog = await hand.dialog(all ? "Start on: All" : /^Start on: /);
      await hand.write(dialog.getByRole("combobox"), text);
      const option = dialog.getByRole("option", { name: offer }).first();
      await option.waitFor();
      if (hand.kind === "keyboard") {
        for (let n = 30; n > 0 && (await option.getAttribute("aria-selected")) !== "true"; n--) await page().keyboard.press("ArrowDown");
        await page().keyboard.press("Enter");
      } else await hand.press(option);
      await dialog.waitFor({ state: "detached" });
    };

    check(demo, "start a program, a document and an address on two; they run there and nowhere else", async () => {
      const { hand, p } = part;
      const two = [p[2]!, p[3]!];
      await hand.select(...two.map((x) => x.name));
      await start("sum", /^Sums/);
      await hand.result("Start", "2 of 2 done");
      await hand.clearResults();
      for (const x of two) {
        await runs(x, "^xterm -T Sums");
        await until("its window is there", async () => /"Sums": \("xterm" "XTerm"\)/.test(await windowsOf(room, x)), 20_000);
        await hand.dash.tile(x.name).getByText("Sums").waitFor({ timeout: 20_000 });
      }
      await start(poem, `Open ${poem}`);
      await hand.result("Start", "2 of 2 done");
      await hand.clearResults();
      await start("example.org/lesson", "Open the address https://example.org/lesson");
      await hand.result("Start", "2 of 2 done");
      await hand.clearResults();
      for (const x of two) {
        await runs(x, `xterm -T Reader -e tail -f ${poem}$`);
        await runs(x, "xterm -T Web -e .* https://example.org/lesson$");
        await until("their windows are there", async () => /"Reader": /.test(await windowsOf(room, x)) && /"Web": /.test(await windowsOf(room, x)), 20_000);
      }
      assert.deepEqual(await usersOf("^xterm -T Sums"), two.map((x) => x.name).sort());
      assert.deepEqual(await usersOf("xterm -T Web -e .* https://example.org/lesson$"), two.map((x) => x.name).sort());
    });

    check(demo, "start one on all twenty", async () => {
      const program = everywhere[part.kind];
      await start(program, `Run the command ${program}`, true);
      await part.hand.result("Start", "20 of 20 done", 30_000);
      await until("it runs in twenty sessions", async () => {
        assert.deepEqual(await usersOf(`^${program}$`), room.everybody.map((x) => x.name).sort());
        return true;
      }, 20_000);
      await part.hand.clearResults();
    });

    check(demo, "details: windows and processes, close politely, end by force, close by name on all", async () => {
      const { hand, p } = part;
      const program = everywhere[hand.kind];
      await hand.select(p[2]!.name);
      await hand.menu("Details");
      const windows = side(p[2]!).getByRole("list", { name: "Windows" });
      await until("four windows", async () => (await windows.getByRole("listitem").count()) === 4, 20_000);
      await hand.press(side(p[2]!).getByRole("button", { name: "Close Sums", exact: true }));
      await runs(p[2]!, "^xterm -T Sums", 0);
      await windows.getByText("Sums").waitFor({ state: "detached" });
      await runs(p[3]!, "^xterm -T Sums");

      // One that does not answer any more: it is offered to end it by force.
      const [deaf] = await demo.pids(p[2]!.name, "xterm -T Web");
      await demo.sh(`kill -STOP ${deaf}`);
      await hand.press(side(p[2]!).getByRole("button", { name: "Close Web", exact: true }));
      const force = side(p[2]!).getByRole("button", { name: "End by force: Web", exact: true });
      await force.waitFor({ timeout: 15_000 });
      assert.equal(await demo.test(`[ -d /proc/${deaf} ]`), true, "it was ended before anybody said so");
      await hand.press(force);
      await until("it is gone", async () => !(await demo.test(`[ -d /proc/${deaf} ]`)));

      await hand.press(side(p[2]!).getByText(/^\d+ processes$/));
      await side(p[2]!).getByRole("row").filter({ hasText: program }).waitFor();
      await hand.press(side(p[2]!).getByRole("button", { name: `Close ${program} on others …`, exact: true }).first());
      const dialog = await hand.dialog(`Close ${program}?`);
      await hand.check(dialog.getByRole("radio", { name: "All" }));
      await dialog.getByText("and 10 more").waitFor();
      await hand.press(dialog.getByRole("button", { name: "Close", exact: true }));
      await hand.result("Close", "20 of 20 done", 30_000);
      await until("none runs", async () => (await usersOf(`^${program}$`)).length === 0);
      await hand.press(side(p[2]!).getByRole("tab", { name: "History" }));
      await side(p[2]!).getByRole("list", { name: "History" }).getByText("Closed programs").first().waitFor();
      await hand.press(side(p[2]!).getByRole("button", { name: "Close details" }));
      await hand.clearResults();
    });

    check(demo, "a failure is named with its reason and tried again; what was started is closed again", async () => {
      const { hand, p } = part;
      const command = `t-later-${hand.kind}`;
      await hand.select(p[4]!.name, p[5]!.name);
      await start(command, `Run the command ${command}`);
      const card = await hand.result("Start", "0 of 2 done, 2 failed");
      const words = await card.innerText();
      for (const x of [p[4]!, p[5]!]) assert.ok(words.includes(x.full_name), words);
      assert.match(words, /not found|not installed|no such/i);
      await demo.write(`/usr/local/bin/${command}`, "#!/bin/sh\nexec xclock -digital\n", "755");
      await hand.press(card.getByRole("button", { name: "Retry" }));
      await hand.result("Start", "2 of 2 done");
      for (const x of [p[4]!, p[5]!]) await runs(x, "^xclock -digital");
      await hand.clearResults();
      await hand.select(p[4]!.name);
      await start("xclock -analog", "Run the command xclock -analog");
      const started = await hand.result("Start", "1 of 1 done");
      await runs(p[4]!, "^xclock -analog");
      await hand.press(started.getByRole("button", { name: "Close it again" }));
      await hand.result("Close", "1 of 1 done");
      await runs(p[4]!, "^xclock -analog", 0);
      await runs(p[4]!, "^xclock -digital");
      await hand.clearResults();
    });

    check(demo, "activity says who did what to whom, and how it ended", async () => {
      const { hand, p } = part;
      await hand.place("Activity");
      const rows = page().getByRole("region", { name: "List of what was done" }).getByRole("row");
      const what = page().getByRole("combobox", { name: "What" });
      await hand.choose(what, "Closed programs");
      const closed = rows.filter({ hasText: "Closed programs" }).filter({ hasText: everywhere[hand.kind] });
      await closed.waitFor();
      for (const words of [karin().full_name, "10 more", "Done"]) assert.ok((await closed.innerText()).includes(words), await closed.innerText());
      await hand.choose(what, "Started");
      const failed = rows.filter({ hasText: `“t-later-${hand.kind}”` });
      await until("the start that failed and its retry", async () => (await failed.count()) === 2);
      assert.match(await failed.last().innerText(), new RegExp(`${p[4]!.full_name}.*${p[5]!.full_name}`, "s"));
      await hand.choose(what, "Everything");
      await hand.write(page().getByRole("searchbox"), p[1]!.full_name);
      await until("what concerns others only is gone", async () => (await failed.count()) === 0 && (await rows.count()) > 2);
      await rows.filter({ hasText: "Wrote" }).filter({ hasText: p[1]!.full_name }).first().waitFor();
      assert.ok(!(await page().getByRole("region", { name: "List of what was done" }).innerText()).includes("Almost there"), "what was written is in the log");
      await hand.place("Home");
      await hand.dash.wall.waitFor();
      assert.equal((await sessionOf(room, p[1]!)).hand_ms, 0);
    });
  }, afresh);
});
