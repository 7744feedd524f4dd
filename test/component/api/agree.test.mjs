// SPDX-License-Identifier: GPL-3.0-or-later
// The interface descriptions, stationd's table of methods, stationctl, its manual page and its completion say
// the same. What can be seen without running stationd is seen here; live.test.mjs asks a running one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { interfaces, top } from "./fake-stationd.mjs";
import { Interface, publicInterfaces, relayInterfaces, seatInterfaces, workerInterfaces } from "./idl.mjs";

const read = (...path) => readFileSync(join(top, ...path), "utf8");
const commands = JSON.parse(execFileSync(process.env.STATIONCTL, ["__commands"], { encoding: "utf8" }));

/** "org.stationmaster.Sessions.List" of every method of these interfaces. */
function methodsOf(names) {
  return names.flatMap((name) => [...interfaces.get(name).methods.keys()].map((method) => `${name}.${method}`)).sort();
}

test("every interface is classified", () => {
  assert.deepEqual([...interfaces.keys()].sort(), [...publicInterfaces, ...relayInterfaces, ...seatInterfaces, ...workerInterfaces].sort());
});

test("the reader of interfaces refuses what is wrong", () => {
  for (const wrong of ["interface a.b\nmethod X() -> (a: strin)", "interface a.b\nmethod X() (a: int)", "interface a.b\ntype T (a: int, a: int)", "interface a.b\ntype T (a: int, b)", "interface a.b\nfoo T ()"]) {
    assert.throws(() => new Interface(wrong), wrong);
  }
  const one = new Interface("interface a.b\ntype T (a: ?[]int, b: (x, y)) # comment (\nmethod M(t: T) -> ()");
  const type = one.methods.get("M").input;
  assert.equal(one.problem({ t: { a: [1], b: "x" } }, type), "");
  assert.equal(one.problem({ t: { b: "x" } }, type), "");
  assert.match(one.problem({ t: { a: [1.5], b: "x" } }, type), /^\.t\.a\[0\] is not an int/);
  assert.match(one.problem({ t: { b: "z" } }, type), /not one of x, y/);
  assert.match(one.problem({ t: { b: "x", c: 1 } }, type), /\.t\.c is not in the interface/);
  assert.match(one.problem({}, type), /\.t is not an object/);
});

test("named types exist", () => {
  const visit = (one, type, where) => {
    if (type.kind === "name") assert.ok(one.types.has(type.name), `${where}: ${type.name}`);
    if (type.of) visit(one, type.of, where);
    for (const member of type.members?.values() ?? []) visit(one, member, where);
  };
  for (const one of interfaces.values()) {
    for (const [name, method] of one.methods) {
      visit(one, method.input, `${one.name}.${name}`);
      visit(one, method.output, `${one.name}.${name}`);
    }
    for (const [name, type] of [...one.types, ...one.errors]) visit(one, type, `${one.name}.${name}`);
  }
});

test("types of one name are the same in every interface that a program may see", () => {
  // Relay is left out: what a station gets to know of a block or a projection is less, and named alike.
  const seen = new Map();
  const plain = (type) => JSON.stringify(type, (_, value) => (value instanceof Map ? [...value] : value));
  for (const one of [...interfaces.values()].filter(({ name }) => name !== "org.stationmaster.Relay")) {
    for (const [name, type] of one.types) {
      const first = seen.get(name);
      if (first) assert.equal(plain(type), first.text, `${name} of ${one.name} and of ${first.where}`);
      else seen.set(name, { text: plain(type), where: one.name });
    }
  }
});

test("stationd's table has exactly the described methods, and everybody has the rights that are described", () => {
  const table = [...read("src", "hostd", "api.c").matchAll(/^\t\{ "(\w+)", "(\w+)", (RIGHT_\w+), \w+[^{}]* \},$/gm)];
  const found = table.map(([, name, method]) => `org.stationmaster.${name}.${method}`).sort();
  assert.deepEqual(found, methodsOf([...publicInterfaces, ...relayInterfaces, ...seatInterfaces]));
  for (const [, name, method, right] of table) {
    const forRelay = relayInterfaces.includes(`org.stationmaster.${name}`);
    assert.equal(right === "RIGHT_RELAY", forRelay, `${name}.${method} is ${right}`);
    assert.equal(right === "RIGHT_SEAT", name === "Seat", `${name}.${method} is ${right}`);
  }
});

test("every public method can be reached by a command of stationctl, and no other one is named", () => {
  const reached = [...new Set(commands.flatMap((c) => c.methods))].sort();
  assert.deepEqual(reached, methodsOf(publicInterfaces));
});

test("every error of a public method has a status of its own over HTTPS", () => {
  const table = /error_statuses\[\] = \{([^]*?)\n\};/.exec(read("src", "relay", "web-api.c"))[1];
  for (const name of publicInterfaces) for (const error of interfaces.get(name).errors.keys()) assert.ok(table.includes(`{ "${error}",`), `${name}.${error} would be answered with 500`);
});

test("the manual page of stationctl has every command and every option, and no others", () => {
  const page = read("man", "stationctl.1.scd");
  const section = page.slice(page.indexOf("# COMMANDS"), page.indexOf("# OPTIONS"));
  const documented = new Set([...section.matchAll(/^\*([a-z]+(?: [a-z-]+)?)\*/gm)].map(([, words]) => words));
  assert.deepEqual([...documented].sort(), commands.map((c) => c.command).sort());
  const options = page.slice(page.indexOf("# OPTIONS"), page.indexOf("# JSON"));
  const described = new Set([...options.matchAll(/^\*--([a-z-]+)\*/gm)].map(([, name]) => name));
  assert.deepEqual([...described].sort(), [...new Set(commands.flatMap((c) => c.options))].sort());
});

test("the manual page names every member of a session, a station, a job and a target", () => {
  const page = read("man", "stationctl.1.scd");
  const json = page.slice(page.indexOf("# JSON"), page.indexOf("# EXIT STATUS"));
  for (const [name, type] of [["Sessions", "Session"], ["Stations", "Station"], ["Jobs", "Job"], ["Jobs", "Target"]]) {
    for (const member of interfaces.get(`org.stationmaster.${name}`).types.get(type).members.keys()) {
      assert.ok(json.includes(`*${member}*`), `${type}.${member}`);
    }
  }
});

test("stationmaster.conf(5) describes every setting with its default, and no other", () => {
  const page = read("man", "stationmaster.conf.5.scd");
  const settings = [...read("src", "ipc", "conf.c").matchAll(/^\t(?:STRING|TEXT|CHOICE|AMOUNT|INT|BOOL|LISTEN)\("([a-z]+)", "([a-z-]+)", \w+, (?:"([^"]*)"|WEB_ROOT)(?:, "([a-z ]+)")?/gm)];
  assert.ok(settings.length >= 24, "the table was found");
  const described = [];
  for (const part of page.split(/^# /m).filter((text) => text.startsWith("["))) {
    const section = part.match(/^\[([a-z]+)\]/)[1];
    for (const [line] of part.matchAll(/^\*.*$/gm)) for (const [, key] of line.matchAll(/\*([a-z-]+)\* =/g)) described.push(`${section}.${key}`);
  }
  assert.deepEqual(described.sort(), settings.map(([, section, key]) => `${section}.${key}`).sort());
  for (const [, section, key, value, words] of settings) {
    const part = page.split(/^# /m).find((text) => text.startsWith(`[${section}]`));
    const entry = part.split(/\n(?=\*)/).find((text) => text.split("\n")[0].includes(`*${key}* =`));
    assert.match(entry.replace(/\s+/g, " "), value === "" ? /Default: (.* and )?empty/ : new RegExp(`Default: .*${(value ?? "/usr/share/stationmaster/web").replaceAll(/[.[\]]/g, "\\$&")}`), `${section}.${key}`);
    if (words) assert.ok(entry.startsWith(`*${key}* = ${words.replaceAll(" ", "|")}\n`), `${section}.${key}: ${words}`);
  }
});

test("the manual pages of the daemons have the options that --help shows", () => {
  for (const [program, path] of [["stationd", process.env.STATIOND], ["station-relay", process.env.STATION_RELAY]]) {
    const help = execFileSync(path, ["--help"], { encoding: "utf8" });
    const page = read("man", `${program}.8.scd`);
    const shown = [...help.matchAll(/--([a-z]+)/g)].map(([, name]) => name);
    const described = [...page.matchAll(/\*--([a-z]+)\*/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(described)].sort(), [...new Set(shown)].sort(), program);
  }
});

test("what stationd and station-session say to people at stations can be said in German", () => {
  // Adjacent strings are one; %s and the like are fields.
  const literals = (file) => [...read(...file.split("/")).matchAll(/"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*/g)]
    .map(([all]) => [...all.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => part.replaceAll('\\"', '"')).join(""));
  const table = [...read("web", "src", "messages", "system.de.ts").matchAll(/^ {2}(?:"((?:[^"\\]|\\.)*)"|'([^']*)'):/gm)].map(([, a, b]) => (a ?? b).replaceAll('\\"', '"').replaceAll(/\{\w+\}/g, "{}"));
  const files = ["src/hostd/api-relay.c", "src/hostd/login.c", "src/session/auth-text.c"];
  const said = files.flatMap(literals).map((text) => text.replaceAll(/%(?:ll|z)?[a-z]/g, "{}")).filter((text) => /^[A-Z{].* .*[.!?]$/.test(text));
  assert.ok(said.length > 20, `${said.length} sentences`);
  assert.deepEqual(said.filter((text) => !table.includes(text)), []);
});
