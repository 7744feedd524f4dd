// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTable } from "../src/dashboard/logontable";
import type { Station } from "../src/shared/types";

const station = (id: string, name: string) => ({ id, name }) as Station;
const stations = [station("browser-1", "Window 3"), station("browser-2", "Twin"), station("browser-3", "Twin")];

test("a table from a spreadsheet, a text, with names or ids", () => {
  assert.deepEqual(parseTable('Station\tUser\tPassword\nWindow 3\tanna\tp w;,"x\n\n# away\nbrowser-2;ben;"a""b;c"\r\nDoor,cem,x', stations), [
    { station: "browser-1", user: "anna", password: 'p w;,"x' },
    { station: "browser-2", user: "ben", password: 'a"b;c' },
    { station: "Door", user: "cem", password: "x" },
  ]);
});

test("two stations of one name are not guessed between", () => {
  assert.deepEqual(parseTable("Twin,anna,x", stations), [{ station: "Twin", user: "anna", password: "x" }]);
});

test("the first line that is none is named", () => {
  assert.equal(parseTable("Window 3,anna,x\nWindow 3,ben", stations), 2);
  assert.equal(parseTable("Window 3,,x", stations), 1);
  assert.equal(parseTable("\n# nothing\n", stations), 1);
});
