// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemDe } from "../src/messages/system.de";
import { Translator } from "../src/shared/template";

const t = new Translator(systemDe, "de");

test("a known sentence is translated, its fields are kept as they are", () => {
  assert.equal(t.translate("Karin {x} has ended your session."), "Karin {x} hat Ihre Sitzung beendet.");
  assert.equal(t.translate("New password: "), "Neues Passwort");
  assert.equal(
    t.translate('The desktop "a.b" is not installed (no /usr/share/xsessions/a.b.desktop, or its program is missing).'),
    "Der Desktop „a.b“ ist nicht installiert (/usr/share/xsessions/a.b.desktop gibt es nicht, oder das Programm dazu fehlt).",
  );
});

test("an unknown sentence stays as it is", () => {
  assert.equal(t.translate("Something else."), "Something else.");
  assert.equal(t.translate("x\nhas ended your session."), "x\nhas ended your session.");
});

test("signs of patterns in a sentence mean themselves", () => {
  const q = new Translator({ "a.b (c) {x}?": "{x}!" }, "de");
  assert.equal(q.translate("a.b (c) d?"), "d!");
  assert.equal(q.translate("aXb (c) d?"), "aXb (c) d?");
});

test("each translation has the fields of its sentence", () => {
  const fields = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const [from, to] of Object.entries(systemDe)) assert.deepEqual(fields(to), fields(from), from);
});
