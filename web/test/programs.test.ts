// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { findPrograms, freeFirst, interpret, newcomers } from "../src/dashboard/starting";
import { concerns, ending, parseTargets } from "../src/dashboard/audit";
import { FRESH_MS, isUnread, merge, unreadBy } from "../src/dashboard/chatting";
import { lastNumber, unseen } from "../src/station/unread";
import type { AuditEntry, ChatMessage, Process, Program } from "../src/shared/types";

const program = (id: string, name: string, comment = "", categories: string[] = []): Program => ({ id, name, comment, categories, icon: false });
const process = (pid: number, start: number): Process => ({ pid, start, name: "x", command: "x", cpu_permille: 0, memory_kib: 0 });

test("what is typed: address, document, command", () => {
  assert.deepEqual(interpret("  https://example.org/a b "), { kind: "address", open: "https://example.org/a b" });
  assert.deepEqual(interpret("example.org/page"), { kind: "address", open: "https://example.org/page" });
  assert.deepEqual(interpret("schüler.schule.de"), { kind: "address", open: "https://schüler.schule.de" });
  assert.deepEqual(interpret("/srv/sheet 3.odt"), { kind: "document", open: "/srv/sheet 3.odt" });
  assert.deepEqual(interpret("xterm -e 'top'"), { kind: "command", open: "xterm -e 'top'" });
  assert.equal(interpret("javascript:alert(1)")?.kind, "command"); // the system finds no such program
  assert.equal(interpret("   "), null);
  assert.equal(interpret("x".repeat(2001)), null);
});

test("programs are found by name first, then by what they are", () => {
  const all = [program("b", "Web Editor"), program("a", "Editor"), program("c", "Credits", "an editor of sums"), program("d", "GIMP")];
  assert.deepEqual(findPrograms(all, "edit", "en").map((p) => p.id), ["a", "b", "c"]);
  assert.deepEqual(findPrograms(all, "edit web", "en").map((p) => p.id), ["b"]);
  assert.deepEqual(findPrograms(all, "", "en").map((p) => p.name), ["Credits", "Editor", "GIMP", "Web Editor"]);
  assert.deepEqual(findPrograms(all, "(*", "en"), []);
});

test("a word is rather a program, an address is itself", () => {
  assert.equal(freeFirst(interpret("gimp"), 1), false);
  assert.equal(freeFirst(interpret("gimp"), 0), true);
  assert.equal(freeFirst(interpret("example.org"), 3), true);
  assert.equal(freeFirst(null, 0), false);
});

test("what a start has brought; a number used again is another process", () => {
  assert.deepEqual(newcomers([process(1, 5), process(2, 6)], [process(1, 5), process(2, 9), process(3, 7)]).map((p) => p.pid), [2, 3]);
});

test("targets of the audit log", () => {
  assert.deepEqual(parseTargets("Sessions.LogOff", "s1(anna) s2(ben)=refused"), {
    what: "", all: false, named: [{ name: "anna", state: "" }, { name: "ben", state: "refused" }],
  });
  assert.deepEqual(parseTargets("Programs.Start", "xterm s9(mallory) -e x s1(anna)=failed"), {
    what: "xterm s9(mallory) -e x", all: false, named: [{ name: "anna", state: "failed" }],
  });
  assert.deepEqual(parseTargets("Blocks.Block", " all anna=refused browser-3").named.map((n) => n.name), ["anna", "browser-3"]);
  assert.equal(parseTargets("Blocks.Block", " all").all, true);
  assert.deepEqual(parseTargets("Projections.Start", "s4 anna"), { what: "", all: false, named: [{ name: "anna", state: "" }] });
  assert.deepEqual(parseTargets("Views.Open", "v3 s1(anna) control"), { what: "", all: false, named: [{ name: "anna", state: "" }] });
  assert.deepEqual(parseTargets("Views.Close", "v3 s1(anna) exclusive 1 h 2 min 3 s"), { what: "1 h 2 min 3 s", all: false, named: [{ name: "anna", state: "" }] });
  assert.deepEqual(parseTargets("Programs.Close", "1234 s1(anna)"), { what: "", all: false, named: [{ name: "anna", state: "" }] });
  assert.deepEqual(parseTargets("Login.station", "anna at browser-3"), { what: "browser-3", all: false, named: [{ name: "anna", state: "" }] });
  assert.deepEqual(parseTargets("Future.Method", "<b>"), { what: "<b>", all: false, named: [] });
});

test("whose history an entry belongs to", () => {
  const e = (method: string, targets: string, user = "kaya"): AuditEntry => ({
    number: 1, at_ms: 0, user, full_name: user, role: "operator", address: "local", method, targets, result: "ok", hash: "",
  });
  assert.ok(concerns(e("Sessions.LogOff", "s1(anna)"), "anna", "s1"));
  assert.ok(!concerns(e("Sessions.LogOff", "s1(annamaria)"), "anna", "s2"));
  assert.ok(!concerns(e("Programs.Start", "anna s1(ben)"), "anna", "s2"));
  assert.ok(concerns(e("Station.hand_up", "s1", "anna"), "anna", "s1"));
});

test("how an act ended", () => {
  assert.deepEqual(["ok", "refused", "partly refused", "Login.Denied", "failed: x"].map(ending), ["ok", "refused", "partly", "refused", "failed"]);
});

const message = (number: number, user: string, supervisor = false, at_ms = 1000): ChatMessage => ({
  number, at_ms, from: supervisor ? "kaya" : user, from_name: "", user, user_name: user, supervisor, text: "x",
});

test("messages: each once, in order; unread are those of people, later than what was read", () => {
  const all = merge([message(3, "ben"), message(1, "anna")], [message(2, "anna", true), message(3, "ben"), message(4, "anna")]);
  assert.deepEqual(all.map((m) => m.number), [1, 2, 3, 4]);
  const u = unreadBy(all, { anna: 1 }, 2000);
  assert.deepEqual([...u].map(([user, list]) => [user, list.map((m) => m.number)]), [["ben", [3]], ["anna", [4]]]);
  assert.equal(isUnread(message(9, "ben"), {}, 1001 + FRESH_MS), false);
  assert.equal(isUnread(message(9, "constructor"), {}, 2000), true);
});

test("a station: unseen are messages of supervisors after the one seen last", () => {
  const line = (number: number, supervisor: boolean) => ({ number, supervisor, at_ms: 0, from_name: "", text: "" });
  const list = [line(3, true), line(5, false), line(7, true)];
  assert.deepEqual(unseen(list, 3, 0).map((m) => m.number), [7]);
  assert.deepEqual(unseen(list, 0, 1), []);
  assert.deepEqual(unseen(list, 7, 0), []);
  assert.equal(lastNumber(list), 7);
  assert.equal(lastNumber([]), 0);
});
