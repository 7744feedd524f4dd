#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// Plays station-session for tests of stationd: the Worker interface without PAM, display or desktop. What it
// does is decided by the account's name; see people and the comments at each.
import { Socket, createServer } from "node:net";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Connection } from "./varlink.mjs";

const person = (user, uid, full_name, role) => ({ user, uid, gid: uid, full_name, role });
const people = {
  anna: person("anna", 5001, "Anna Abel", "standard"),
  ben: person("ben", 5002, "Ben Berg", "standard"),
  cem: person("cem", 5003, "Cem Can", "standard"),
  otto: person("otto", 5004, "Otto Ober", "operator"),
  ada: person("ada", 5005, "Ada Admin", "administrator"),
  hang: person("hang", 5006, "Hang Hansen", "standard"), // never answers LogOff
  force: person("force", 5007, "Force Foss", "standard"), // ends after its time-out only
  slow: person("slow", 5008, "Slow Sloan", "standard"), // opens slowly
  quick: person("quick", 5009, "Quick Quist", "standard"), // its desktop exits at once
  taken: person("taken", 5010, "Taken Tahl", "standard"), // two display numbers are in use
  broken: person("broken", 5011, "Broken Brock", "standard"), // its display server does not start
  leave: person("leave", 5013, "Leave Lee", "standard"), // its desktop ends when nobody is connected
  poor: person("poor", 5014, "Poor Porter", "standard"), // no program can be started there
  old: person("old", 5015, "Old Olsen", "standard"), // a helper of a version before limits
  nobody: person("nobody", 65534, "Nobody Noll", "standard"), // every Debian knows this account: its name can be asked by uid
  dora: person("dora", 5016, "Dora Diehl", "standard"),
  emil: person("emil", 5017, "Emil Ernst", "standard"),
  expired: person("expired", 5012, "Expired Exner", "standard"), // has to change the password
};
const run = "/run/stationmaster";
let who = null, facts = null, state = "new", tries = 0, service = "";
const watchers = [];
/** What runs here: pid to program. Replies of Windows that go on, with their connections. */
const programs = new Map();
const eyes = new Map();
const began = Date.now();
let lastPid = 4000;
const connections = new Set();
/** Who has called Watch or LogOff. */
const hearing = new Set();
/** Replies of LogOff: one end answers them all. */
const enders = [];

const ok = (parameters = {}) => ({ parameters });
const fail = (error, parameters = {}) => ({ error: `org.stationmaster.Worker.${error}`, parameters });
const done = () => ok({ prompts: [], messages: [], done: true, person: who });
const prompt = (text) => ok({ prompts: [{ text, echo: false }], messages: [], done: false, person: null });

function end(how, reason = "") {
  // As the real one: nobody heard of it who is still there.
  if (![...hearing].some((c) => connections.has(c))) {
    mkdirSync(`${run}/ended`, { recursive: true });
    writeFileSync(`${run}/ended/${facts.id}`, JSON.stringify({ forced: how === "forced", reason }));
  }
  rmSync(`${run}/sessions/${facts.id}`, { recursive: true, force: true });
  setImmediate(() => process.exit(0));
}

/** For tests: what was asked of this helper, one line each. */
function note(line) {
  if (!facts) return;
  mkdirSync("/run/asked", { recursive: true });
  appendFileSync(`/run/asked/${facts.id}`, JSON.stringify(line) + "\n");
}

/** memory_hits, task_hits */
function hits() {
  try {
    return JSON.parse(readFileSync(`/run/hits/${facts.id}`, "utf8"));
  } catch {
    return [0, 0];
  }
}

const processes = () => [...programs.values()].map(({ name, pid, start, title }) => ({ pid, start, name, command: `${name} ${title}`, cpu_ms: Date.now() - began, memory_kib: 4096 }));
const windows = () => [...programs.values()].reverse().map(({ name, pid, title }, i) => ({ id: 0x400000 + pid, title, class: name, pid, active: i === 0 }));
function windowsChanged() {
  for (const reply of eyes.values()) reply({ ...ok({ windows: windows() }), continues: true });
}
function close(program, force_ms) {
  if (program.name === "stubborn" && force_ms === -1) return "asking";
  programs.delete(program.pid);
  windowsChanged();
  return program.name === "stubborn" || force_ms === 0 ? "forced" : "done";
}

function listen() {
  mkdirSync(`${run}/sessions/${facts.id}`, { recursive: true });
  createServer((stream) => accept(stream)).listen(`${run}/sessions/${facts.id}/control.sock`);
}

function accept(stream) {
  const c = new Connection(stream, (message, reply, conn) => {
    const method = message.method.replace("org.stationmaster.Worker.", "");
    if (!methods[method]) return reply(fail("WrongState", { reason: method }));
    note({ method, parameters: message.parameters });
    methods[method](message.parameters, reply, message, conn);
  });
  connections.add(c);
  c.closed.then(() => {
    connections.delete(c);
    if (eyes.delete(c)) note({ method: "Windows", closed: true });
    if (!facts) process.exit(0);
    if (who.user === "leave" && connections.size === 0) end("done", "The desktop ended unexpectedly.");
  });
}

const methods = {
  Begin(p, reply) {
    service = p.service;
    who = people[p.user] ?? null;
    if (p.purpose === "start") return reply(who ? done() : fail("UnknownUser", { user: p.user, reason: `There is no account "${p.user}".` }));
    state = "password";
    reply(prompt("Password: "));
  },
  Answer(p, reply) {
    const [answer] = p.answers;
    if (state === "password" && (!who || answer !== "secret")) return reply(fail("Denied", { reason: "The user name or the password is not right.", messages: [] }));
    if (state === "password" && who.user === "expired") {
      state = "change";
      return reply({ parameters: { prompts: [{ text: "New password: ", echo: false }, { text: "Again: ", echo: false }], messages: [{ text: "Your password has expired.", error: true }], done: false, person: null } });
    }
    reply(done());
  },
  Discard(p, reply) {
    reply(ok());
    process.exit(0);
  },
  Open(p, reply) {
    if (who.user === "taken" && tries++ < 2) return reply(fail("InUse"));
    if (who.user === "broken") return reply(fail("Failed", { reason: "The display server Xvnc did not start.", output: "line 1\nline 2" }));
    const open = () => {
      facts = { id: p.id, person: who, desktop: p.desktop, display: `:${p.display}`, logind: "", since_s: Math.floor(Date.now() / 1000), closing: false };
      listen();
      reply(ok({ facts }));
      if (who.user === "quick") {
        const report = () => {
          if (watchers.length === 0) return setTimeout(report, 5);
          for (const w of watchers) w(ok({ reason: "The desktop ended with exit code 1.", output: "cannot open display\u001b[0m" }));
          end("done");
        };
        report();
      }
    };
    if (who.user === "slow") setTimeout(open, 700);
    else open();
  },
  Describe(p, reply) {
    reply(ok({ facts }));
  },
  /** Tests write [memory, tasks] into /run/hits/ID to play hits of limits; "old" is a helper without them. */
  Limit(p, reply, message, conn) {
    if (who.user === "old") return reply({ error: "org.varlink.service.MethodNotFound", parameters: { method: "Limit" } });
    const tell = () => {
      const [memory_hits, task_hits] = hits();
      reply({ ...ok({ in_force: true, memory_hits, task_hits }), ...(message.more ? { continues: true } : {}) });
    };
    tell();
    if (!message.more) return;
    let last = String(hits());
    const look = setInterval(() => {
      if (String(hits()) === last) return;
      last = String(hits());
      tell();
    }, 20);
    conn.closed.then(() => clearInterval(look));
  },
  Watch(p, reply, message, conn) {
    hearing.add(conn);
    watchers.push(reply);
  },
  LogOff(p, reply, message, conn) {
    if (who.user === "hang") return;
    hearing.add(conn);
    if (message.more) reply({ continues: true, parameters: { state: "asking" } });
    facts.closing = true;
    enders.push(reply);
    const finish = (how) => {
      for (const r of enders) r(ok({ state: how }));
      end(how);
    };
    if (who.user === "force") setTimeout(() => finish("forced"), p.timeout_ms);
    else setTimeout(() => finish("done"), 50);
  },
  /** The first word is the program, the rest its window's title. "no-such", "leave-now" do what they say. */
  Run(p, reply) {
    if (who.user === "hang") return;
    const [name, ...title] = p.exec.split(" ");
    if (name === "leave-now") return process.exit(1);
    if (name === "no-such" || who.user === "poor") return reply(fail("Failed", { reason: `${name}: No such file or directory`, output: "" }));
    const pid = ++lastPid;
    programs.set(pid, { pid, start: pid * 10, name, title: [...title, ...(p.arguments ?? [])].join(" ") });
    windowsChanged();
    reply(ok({ pid }));
  },
  Usage(p, reply) {
    if (who.user === "hang") return;
    reply(ok({ cpu_ms: Math.floor((Date.now() - began) / 4), memory_kib: 100_000 + 4096 * programs.size, processes: programs.size }));
  },
  Processes(p, reply) {
    if (who.user !== "hang") reply(ok({ processes: processes() }));
  },
  Windows(p, reply, message, conn) {
    if (message.more) eyes.set(conn, reply);
    reply({ ...ok({ windows: windows() }), ...(message.more ? { continues: true } : {}) });
  },
  CloseProgram(p, reply) {
    if (who.user === "hang") return;
    const program = programs.get(p.pid);
    if (program?.start !== p.start) return reply(fail("Failed", { reason: "This program has ended already.", output: "" }));
    reply(ok({ state: close(program, p.force_ms) }));
  },
  CloseByName(p, reply) {
    if (who.user === "hang") return;
    const states = [...programs.values()].filter((program) => program.name === p.name).map((program) => close(program, p.force_ms));
    reply(ok({ closed: states.filter((state) => state !== "asking").length, forced: states.filter((state) => state === "forced").length, asking: states.filter((state) => state === "asking").length }));
  },
};

accept(new Socket({ fd: 3, readable: true, writable: true }));
