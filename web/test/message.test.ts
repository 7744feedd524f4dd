// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { de } from "../src/messages/de";
import { en } from "../src/messages/en";
import { keysymOf } from "../src/station/keysym";
import { countdown, idNumber, plainName, span } from "../src/shared/format";
import { format, pickLanguage, type Text } from "../src/shared/message";

const fields = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const forms = (x: Text) => (typeof x === "string" ? [x] : [x.one, x.other]);

test("names are filled in, unknown ones stay visible", () => {
  assert.equal(format("1 selected: {name}", { name: "Cem Demir" }, "en"), "1 selected: Cem Demir");
  assert.equal(format("{nobody}", {}, "en"), "{nobody}");
});

test("what is filled in is not expanded again", () => {
  assert.equal(format("{name} {count}", { name: "{count} $& $1", count: 1 }, "en"), "{count} $& $1 1");
});

test("plurals follow the language", () => {
  assert.equal(format(en["wall.count"], { count: 1 }, "en"), "1 session");
  assert.equal(format(en["wall.count"], { count: 0 }, "en"), "0 sessions");
  assert.equal(format(de["wall.count"], { count: 1 }, "de"), "1 Sitzung");
  assert.equal(format(de["wall.count"], { count: 1200 }, "de"), "1.200 Sitzungen");
});

test("each message has the same fields in each language and is not empty", () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    const wanted = new Set(forms(en[key]).flatMap(fields));
    const got = new Set(forms(de[key]).flatMap(fields));
    assert.deepEqual([...got].sort(), [...wanted].sort(), key);
    for (const s of [...forms(en[key]), ...forms(de[key])]) assert.ok(s.trim().length > 0, key);
    assert.equal(typeof en[key] === "string", typeof de[key] === "string", key);
  }
});

test("the words that tests and screen readers rely on", () => {
  assert.equal(en["menu.logoff.selected"], "Log off selected users");
  assert.equal(en["menu.logoff.all"], "Log off all users");
  assert.equal(de["menu.name"], "Menü");
  assert.equal(de["menu.logoff"], "Benutzer abmelden");
  assert.equal(de["menu.logoff.selected"], "Ausgewählte Benutzer abmelden");
  assert.equal(de["menu.logoff.all"], "Alle Benutzer abmelden");
  assert.equal(de["wall.name"], "Sitzungen");
});

test("countdown", () => {
  assert.equal(countdown(60_000), "1:00");
  assert.equal(countdown(59_001), "1:00");
  assert.equal(countdown(42_000), "0:42");
  assert.equal(countdown(1), "0:01");
  assert.equal(countdown(-5), "0:00");
  assert.equal(countdown(3_600_000), "1:00:00");
});

test("span", () => {
  assert.deepEqual(span(12_900), { unit: "second", count: 12 });
  assert.deepEqual(span(120_000), { unit: "minute", count: 2 });
  assert.deepEqual(span(7_300_000), { unit: "hour", count: 2 });
  assert.deepEqual(span(-1), { unit: "second", count: 0 });
});

test("the number of an id", () => {
  assert.equal(idNumber("s12"), 12);
  assert.equal(idNumber("browser-3"), 3);
  assert.equal(idNumber("x"), 0);
});

test("names cannot turn the text beside them round", () => {
  assert.equal(plainName("Bob \u202etxt.exe\u2066"), "Bob txt.exe");
  assert.equal(plainName("שרה <b>"), "שרה <b>");
});

test("the first language that there is", () => {
  assert.equal(pickLanguage(["fr-FR", "de-AT", "en"], ["en", "de"]), "de");
  assert.equal(pickLanguage(["EN-us"], ["en", "de"]), "en");
  assert.equal(pickLanguage(["fr"], ["en", "de"]), undefined);
  assert.equal(pickLanguage([], ["en", "de"]), undefined);
});

test("keysyms of characters", () => {
  assert.equal(keysymOf(0x61), 0x61);
  assert.equal(keysymOf(0xe4), 0xe4); // Latin-1 is itself
  assert.equal(keysymOf(0x20ac), 0x010020ac); // euro sign
  assert.equal(keysymOf(0x1f600), 0x0101f600);
  assert.equal(keysymOf(0x0a), 0xff0d);
  assert.equal(keysymOf(0x80), 0x01000080);
});
