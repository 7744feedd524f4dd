#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// Plays station-session for tests of stationd: the Worker interface without PAM, display or desktop. What it
// does is decided by the account's name; see people and the comments at each.
import { Socket, createServer } from "node:net";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
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
  expired: person("expired", 5012, "Expired Exner", "standard"), // has to change the password
};
const run = "/run/stationmaster";
let who = null, facts = null, state = "new", tries = 0, service = "";
const watchers = [];
const connections = new Set();

const ok = (parameters = {}) => ({ parameters });
const fail = (error, parameters = {}) => ({ error: `org.stationmaster.Worker.${error}`, parameters });
const done = () => ok({ prompts: [], messages: [], done: true, person: who });
const prompt = (text) => ok({ prompts: [{ text, echo: false }], messages: [], done: false, person: null });

function end(how, reason = "") {
  if (connections.size === 0) {
    mkdirSync(`${run}/ended`, { recursive: true });
    writeFileSync(`${run}/ended/${facts.id}`, JSON.stringify({ forced: how === "forced", reason }));
  }
  rmSync(`${run}/sessions/${facts.id}`, { recursive: true, force: true });
  setImmediate(() => process.exit(0));
}

function listen() {
  mkdirSync(`${run}/sessions/${facts.id}`, { recursive: true });
  createServer((stream) => accept(stream)).listen(`${run}/sessions/${facts.id}/control.sock`);
}

function accept(stream) {
  const c = new Connection(stream, (message, reply, conn) => {
    const method = message.method.replace("org.stationmaster.Worker.", "");
    if (!methods[method]) return reply(fail("WrongState", { reason: method }));
    methods[method](message.parameters, reply, message);
  });
  connections.add(c);
  c.closed.then(() => {
    connections.delete(c);
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
  Watch(p, reply) {
    watchers.push(reply);
  },
  LogOff(p, reply, message) {
    if (who.user === "hang") return;
    if (message.more) reply({ continues: true, parameters: { state: "asking" } });
    facts.closing = true;
    const finish = (how) => {
      reply(ok({ state: how }));
      end(how);
    };
    if (who.user === "force") setTimeout(() => finish("forced"), p.timeout_ms);
    else setTimeout(() => finish("done"), 50);
  },
};

accept(new Socket({ fd: 3, readable: true, writable: true }));
