// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { countOn, parsePeople } from "../src/dashboard/logontable";
import type { Station } from "../src/shared/types";

const station = (id: string, name: string) => ({ id, name }) as Station;
const stations = [station("browser-1", "Window 3"), station("browser-2", "Twin"), station("browser-3", "Twin")];
const people = (text: string) => parsePeople(text, stations).people.map((p) => [p.station, p.user, p.password]);

test("a table from a spreadsheet, a text, with names or ids, with and without its head", () => {
  const lines = 'Window 3\tanna\tp w;,"x\n\n# away\nbrowser-2;ben;"a""b;c"\r\nwindow 3,cem,x';
  const wanted = [["browser-1", "anna", 'p w;,"x'], ["browser-2", "ben", 'a"b;c'], ["browser-1", "cem", "x"]];
  assert.deepEqual(people(`Station\tUser\tPassword\n${lines}`), wanted);
  assert.deepEqual(people(`Station;Benutzer;Passwort\n${lines}`), wanted);
  assert.deepEqual(people(lines), wanted);
});

test("stations and names only; names only; names and passwords, in the order of the list", () => {
  assert.deepEqual(people("Window 3, anna\nbrowser-2, ben"), [["browser-1", "anna", ""], ["browser-2", "ben", ""]]);
  assert.deepEqual(people("anna\nben\n"), [["", "anna", ""], ["", "ben", ""]]);
  assert.deepEqual(people("anna,x\nben,y"), [["", "anna", "x"], ["", "ben", "y"]]);
});

test("a station that is not there, and one of two of one name, is told by line and not guessed", () => {
  assert.deepEqual(parsePeople("Window 3,anna,x\nTwin,ben,y\n\nDoor,cem,z", stations), {
    people: [{ station: "browser-1", user: "anna", password: "x" }],
    unknown: [{ line: 2, name: "Twin" }, { line: 4, name: "Door" }],
  });
});

test("counting on keeps the leading zeros", () => {
  assert.deepEqual(countOn("exam08", 4), ["exam08", "exam09", "exam10", "exam11"]);
  assert.deepEqual(countOn("p9", 2), ["p9", "p10"]);
  assert.equal(countOn("anna", 3), null);
});
