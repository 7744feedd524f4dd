// SPDX-License-Identifier: GPL-3.0-or-later
// stationctl against the real stationd, as root, operator and standard user: the web, lessons, rights, tokens; what
// it prints, what stationd then holds, and the exit code of what is refused.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Daemon, openRelay, until } from "./daemon.mjs";
import { Limiter } from "./limiter.mjs";

const program = process.env.STATIONCTL;
let d, root, relay, limiter;

beforeEach(async () => {
  d = await Daemon.start();
  limiter = new Limiter();
  await limiter.start();
  root = await d.root();
  relay = await openRelay(d);
});
afterEach(async () => {
  relay.close();
  root.close();
  await d.stop();
  await limiter.stop();
});

/** who: "root", "otto" (an operator of that account), or "anna". */
const accounts = { otto: { uid: 5004, gid: 100 }, anna: { uid: 5001, gid: 65534 }, root: {} };

async function ctl(who, ...args) {
  chmodSync("/run", 0o755);
  const child = spawn(program, args, { ...accounts[who], env: { PATH: process.env.PATH, TZ: "UTC", LANG: "C.UTF-8" }, stdio: ["ignore", "pipe", "pipe"] });
  const result = { code: -1, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (result.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (result.err += text));
  [result.code] = await once(child, "close");
  return result;
}
async function done(who, ...args) {
  const r = await ctl(who, ...args);
  assert.equal(r.code, 0, `${args.join(" ")}: ${r.out}${r.err}`);
  return r.out;
}
async function json(who, ...args) {
  return JSON.parse(await done(who, ...args, "--json"));
}
async function refused(code, who, ...args) {
  const r = await ctl(who, ...args);
  assert.equal(r.code, code, `${args.join(" ")}: ${r.out}${r.err}`);
  return `${r.out}${r.err}`;
}
async function seat(n, user) {
  const { station } = await relay.station(n);
  await relay.logIn(station, user);
  return station;
}

test("web limit, list, recent, free: one, all; whole endings come back as they were written", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  assert.match(await done("otto", "web", "limit", "s1", "--only", "https://www.contoso.com/x,*.edu", "--only", "M\u00fcller.example"), /^s1 +anna \(Anna Abel\).*limited\n[^]*until you free it: stationctl web free s1/);
  assert.deepEqual(limiter.now, ["allow edu,www.contoso.com,xn--mller-kva.example by Otto Ober: anna 5001"]);
  const [limit] = await json("otto", "web", "list");
  assert.deepEqual([limit.name, limit.mode, limit.domains], ["anna", "allow", ["*.edu", "www.contoso.com", "xn--mller-kva.example"]]);
  const [recent] = await json("otto", "web", "recent");
  assert.deepEqual(recent.domains, limit.domains);
  // What came out goes in again, and is the same.
  await done("otto", "web", "limit", "ben", "--only", recent.domains.join(","));
  assert.deepEqual(limiter.now, ["allow edu,www.contoso.com,xn--mller-kva.example by Otto Ober: anna 5001, ben 5002"]);
  await done("root", "web", "limit", "--all", "--except", "games.example", "--until", "+30m");
  assert.deepEqual(limiter.now[1], "deny games.example by root: *");
  assert.match(await done("root", "web", "list"), /anna +Anna Abel +Otto Ober[^]*everybody[^]*all but games\.example/);
  assert.match(await refused(3, "otto", "web", "free", "anna"), /Free the web of everybody first|administrator/);
  assert.match(await done("root", "web", "free", "--all"), /freed/);
  assert.deepEqual([limiter.now, await json("root", "web", "list")], [[], []]);
  assert.match(await refused(2, "root", "web", "limit", "anna"), /--only|--except/);
  assert.match(await refused(1, "root", "web", "limit", "anna", "--only", "contoso"), /has no ending/);
  assert.match(await refused(3, "anna", "web", "list"), /[Oo]perators/);
  limiter.failure = "The moon is full.";
  assert.match(await refused(1, "root", "web", "limit", "anna", "--only", "contoso.com"), /The moon is full/);
});

test("lesson preview, start, list, change, extend, recent, end: with a list of sites", async () => {
  await seat(1, "anna");
  await seat(2, "ben");
  assert.match(await done("otto", "lesson", "preview", "--all", "--except", "games.example"), /anna \(Anna Abel\).*not blocked, reaches all but those sites/);
  assert.match(await done("otto", "lesson", "preview", "anna", "--only", "contoso.com"), /not blocked, reaches only those sites/);
  assert.deepEqual(await json("otto", "lesson", "list"), []);
  const out = await done("otto", "lesson", "start", "anna", "--name", "Maths", "--only", "*.edu", "--until", "+30m");
  const id = /Lesson (l\d+) runs/.exec(out)[1];
  assert.deepEqual(limiter.now, ["allow edu by Otto Ober: anna 5001"]);
  assert.deepEqual((await json("otto", "lesson", "list"))[0].web, { mode: "allow", domains: ["*.edu"] });
  await done("otto", "lesson", "change", id, "--except", "games.example");
  assert.deepEqual(limiter.now, ["deny games.example by Otto Ober: anna 5001"], "in force when it answers");
  const [before] = await json("otto", "lesson", "list");
  await done("otto", "lesson", "extend", id, "--by", "10m");
  const [later] = await json("otto", "lesson", "list");
  assert.equal(later.ends_ms - before.ends_ms, 600_000);
  await done("otto", "lesson", "change", id, "--free-web");
  assert.deepEqual([limiter.now, (await json("otto", "lesson", "list"))[0].web], [[], null]);
  assert.deepEqual((await json("otto", "lesson", "recent"))[0].web.domains, ["*.edu"]);
  assert.match(await refused(3, "anna", "lesson", "end", id), /[Oo]perators/);
  await done("otto", "lesson", "end", id);
  assert.deepEqual(await json("root", "lesson", "list"), []);
  assert.match(await refused(4, "otto", "lesson", "end", "l99"), /l99/);
});

test("rights set, list, clear: an operator bound to acts and rooms", async () => {
  await seat(1, "anna");
  assert.match(await done("root", "rights", "list"), /No operator has rights of its own/);
  assert.match(await done("root", "rights", "set", "otto", "--acts", "tile,view,lock", "--room", "Room 9"), /otto: rooms Room 9, acts tile, view, lock\./);
  const [grant] = await json("root", "rights", "list");
  assert.deepEqual([grant.user, grant.rooms, grant.acts], ["otto", ["Room 9"], ["tile", "view", "lock"]]);
  assert.match(await refused(3, "otto", "web", "limit", "anna", "--only", "contoso.com"), /room|rights/);
  assert.match(await refused(3, "otto", "rights", "list"), /dministrator/);
  assert.match(await done("root", "rights", "clear", "otto"), /rights of every operator again/);
  assert.deepEqual(await json("root", "rights", "list"), []);
  await done("otto", "web", "limit", "anna", "--only", "contoso.com");
  assert.match(await refused(2, "root", "rights", "set", "otto"), /--room, --acts/);
  assert.notEqual((await ctl("root", "rights", "set", "otto", "--acts", "fly")).code, 0);
});

test("token create, list, revoke: shown once, with role, rooms and acts", async () => {
  const made = await ctl("otto", "token", "create", "wall screen", "--acts", "tile", "--expires", "7d");
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^\S{20,}\n$/);
  assert.match(made.err, /Token (k\d+), good until .*never again/);
  const id = /Token (k\d+)/.exec(made.err)[1];
  const [token] = await json("otto", "token", "list");
  assert.deepEqual([token.id, token.name, token.user, token.acts, token.used_ms], [id, "wall screen", "otto", ["tile"], 0]);
  assert.ok(!JSON.stringify(token).includes(made.out.trim()), "the list does not tell it");
  assert.equal((await json("root", "token", "list")).length, 1);
  assert.match(await refused(3, "anna", "token", "create", "x", "--role", "operator"), /role|may/i);
  assert.match(await done("otto", "token", "revoke", id), /good for nothing/);
  await until("it is gone", async () => (await json("otto", "token", "list")).length === 0);
  assert.notEqual((await ctl("otto", "token", "revoke", id)).code, 0);
});
