// SPDX-License-Identifier: GPL-3.0-or-later
// Every role against every method, over the socket and over HTTPS; and both against docs/api: what is
// described is there, what is there is described, and both ways say the same.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { ApiError, type Json } from "../harness/agent.js";
import { Person, post } from "../harness/api.js";
import { check, useDemo } from "../harness/demo.js";
import { checkError, checkReply, interfaces } from "../harness/idl.js";
import { until } from "../harness/wait.js";
import type { Session } from "../harness/types.js";

const publicInterfaces = [...interfaces.keys()].map((name) => name.split(".").pop()!).filter((name) => !["Relay", "Worker", "Limiter", "Login", "Seat", "Storage"].includes(name));
type Outcome = "ok" | string; // or the last part of the error's name

describe("roles and the API", () => {
  const demo = useDemo("roles", { sessions: 3 });
  const sessions: Record<string, Session> = {};
  let nobodysJob = "";

  before(async () => {
    for (const role of ["operator", "administrator"] as const) await demo.startSession(demo.account(role).name);
    await demo.addUser("t-admin2", "Second-Admin-1", ["station-admin"]);
    await demo.startSession("t-admin2");
    for (const s of await demo.sessions()) sessions[s.user] = s;
    nobodysJob = (await demo.call<{ job: string }>("Sessions.LogOff", { users: ["t-admin2"], grace_ms: 3_600_000 })).job;
  });

  const name = {
    standard: () => demo.pupils[0]!.name,
    operator: () => demo.account("operator").name,
    administrator: () => demo.account("administrator").name,
    root: () => "root",
  };
  type Who = keyof typeof name;
  const callers: Who[] = ["standard", "operator", "administrator", "root"];

  /** What each caller may do: [method, parameters, expected by caller]. Nothing here changes anything. */
  const rows = (): [string, Json, Record<Who, Outcome>][] => {
    const own = (r: Who) => sessions[name[r]()]?.id ?? "";
    const id = (user: string) => sessions[user]!.id;
    const all = (o: Outcome) => ({ standard: o, operator: o, administrator: o, root: o });
    const nobody = { grace_ms: null, message: null, timeout_ms: null };
    const later = { grace_ms: 3_600_000, message: null, timeout_ms: null };
    const other = demo.pupils[1]!.name;
    const ops = { standard: "Refused", operator: "ok", administrator: "ok", root: "ok" };
    return [
      ["System.Version", {}, all("ok")],
      ["System.WhoAmI", {}, all("ok")],
      ["System.Status", {}, ops],
      ["Sessions.List", {}, all("ok")],
      ["Sessions.Get", { session: id(other) }, { ...all("ok"), standard: "NotFound" }],
      ["Sessions.Get", { session: own("standard") }, all("ok")],
      ["Sessions.Get", { session: "s99999" }, all("NotFound")],
      ["Sessions.Start", { user: "t-no-such-user", desktop: null, width: null, height: null }, { standard: "Refused", operator: "Refused", administrator: "UnknownUser", root: "UnknownUser" }],
      ["Sessions.LogOff", { sessions: [id(name.administrator())], users: null, all: null, ...nobody, ...later }, { standard: "NotFound", operator: "refused", administrator: "waiting", root: "waiting" }],
      ["Sessions.LogOff", { sessions: [id("t-admin2")], users: null, all: null, ...later }, { standard: "NotFound", operator: "refused", administrator: "waiting", root: "waiting" }],
      ["Sessions.LogOff", { sessions: [id(other)], users: null, all: null, ...later }, { standard: "NotFound", operator: "waiting", administrator: "waiting", root: "waiting" }],
      ["Sessions.LogOff", { sessions: [id(demo.pupils[0]!.name)], users: null, all: null, ...later }, all("waiting")],
      ["Sessions.LogOff", { sessions: [id(name.operator())], users: null, all: null, ...later }, { standard: "NotFound", operator: "waiting", administrator: "waiting", root: "waiting" }],
      // Of other administrators only the log-off, unless orchestrate-privileged is on; this one is the caller's own for one row.
      ["Sessions.Suspend", { sessions: [id(name.administrator())], users: null, all: null }, { standard: "NotFound", operator: "refused", administrator: "done", root: "refused" }],
      ["Sessions.Suspend", { sessions: [id(other)], users: null, all: null }, { standard: "NotFound", operator: "done", administrator: "done", root: "done" }],
      ["Stations.List", {}, ops],
      ["Stations.Get", { station: "browser-999" }, { ...all("NotFound"), standard: "Refused" }],
      ["Jobs.List", {}, all("ok")],
      ["Jobs.Get", { job: nobodysJob }, { standard: "NotFound", operator: "NotFound", administrator: "ok", root: "ok" }],
      ["Jobs.Get", { job: "j99999" }, all("NotFound")],
      ["Jobs.Wait", { job: nobodysJob, timeout_ms: 0 }, { standard: "NotFound", operator: "NotFound", administrator: "ok", root: "ok" }],
      ["Jobs.Cancel", { job: "j99999" }, all("NotFound")],
      ["Jobs.Cancel", { job: nobodysJob }, { standard: "NotFound", operator: "NotFound", administrator: "skip", root: "skip" }],
    ];
  };

  function outcome(reply: Json): Outcome {
    const targets = reply["targets"] as { state: string }[] | undefined;
    return targets?.length === 1 && !("job" in reply && typeof reply["job"] === "object") ? targets[0]!.state : "ok";
  }

  async function takeBack(reply: Json): Promise<void> {
    if (typeof reply["job"] === "string") await demo.call("Jobs.Cancel", { job: reply["job"] }).catch(() => undefined);
  }

  for (const who of callers) {
    check(demo, `every method over the socket as ${who}`, async () => {
      const wrong: string[] = [];
      for (const [method, parameters, expected] of rows()) {
        if (expected[who] === "skip") continue;
        let got: Outcome;
        try {
          const reply = await demo.call(method, parameters, name[who]());
          got = outcome(reply);
          await takeBack(reply);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          got = error.error.split(".").pop()!;
          const reason = error.parameters["reason"];
          if (got === "Refused" && String(reason ?? "").length < 10) wrong.push(`${method}: refused without a reason`);
        }
        if (got !== expected[who]) wrong.push(`${method} ${JSON.stringify(parameters)}: ${got} instead of ${expected[who]}`);
      }
      assert.deepEqual(wrong, []);
    });
  }

  check(demo, "a standard user gets no token for HTTPS", async () => {
    await assert.rejects(Person.signIn(demo, demo.pupils[0]!), /403.*Login\.Denied.*may not use the dashboard/);
  });

  for (const who of ["operator", "administrator"] as const) {
    check(demo, `every method over HTTPS as ${who}: the same answers, the right status`, async () => {
      const account = demo.told.accounts.find((a) => a.name === name[who]())!;
      const person = await Person.signIn(demo, account);
      assert.equal(person.role, who);
      const wrong: string[] = [];
      const status: Record<string, number> = { Refused: 403, NotFound: 404, UnknownUser: 404, Failed: 409, Limit: 429, InvalidParameter: 400, MethodNotFound: 404 };
      for (const [method, parameters, expected] of rows()) {
        if (expected[who] === "skip") continue;
        const full = `org.stationmaster.${method}`;
        const answer = await person.call(method, parameters);
        let got: Outcome;
        if (answer.status === 200) {
          checkReply(full, answer.json);
          got = outcome(answer.json);
          await takeBack(answer.json);
        } else {
          checkError(full, String(answer.json["error"]), answer.json["parameters"]);
          got = String(answer.json["error"]).split(".").pop()!;
          if (status[got] !== answer.status) wrong.push(`${method}: ${got} with status ${answer.status}`);
        }
        if (got !== expected[who]) wrong.push(`${method} ${JSON.stringify(parameters)}: ${got} instead of ${expected[who]}`);
      }
      assert.deepEqual(wrong, []);
    });
  }

  check(demo, "without a token nothing is given but Login.Info; with a void one neither", async () => {
    for (const cookie of ["", "__Host-stationmaster=" + "A".repeat(43), "__Host-stationmaster=", "__Host-stationmaster=../../etc/passwd"])
      for (const i of publicInterfaces)
        for (const method of interfaces.get(`org.stationmaster.${i}`)!.methods.keys()) {
          const answer = await post(demo, `${i}.${method}`, {}, cookie);
          assert.equal(answer.status, 401, `${i}.${method} with ${cookie || "no cookie"}: ${answer.status} ${answer.body}`);
        }
    const info = await post(demo, "Login.Info", {});
    assert.equal(info.status, 200);
    checkReply("org.stationmaster.Login.Info", info.json);
  });

  check(demo, "Relay, Worker and Login are not served to people", async () => {
    const person = await Person.signIn(demo, demo.account("administrator"));
    for (const i of ["Relay", "Worker", "Limiter", "Seat", "Storage"])
      for (const method of interfaces.get(`org.stationmaster.${i}`)!.methods.keys()) {
        assert.equal((await person.call(`${i}.${method}`)).status, 404, `${i}.${method} over HTTPS`);
        await assert.rejects(demo.call(`${i}.${method}`), /MethodNotFound|InterfaceNotFound/, `${i}.${method} over api.sock`);
      }
    for (const method of ["Start", "Answer", "Cancel"])
      await assert.rejects(demo.call(`Login.${method}`), /MethodNotFound|InterfaceNotFound|Refused|PermissionDenied/, `Login.${method} over api.sock`);
    for (const path of ["relay.sock", "session.sock"]) {
      const agent = await demo.as(name.standard());
      const { closed, data } = await agent.raw(Buffer.from(`{"method":"org.stationmaster.Relay.Serve"}\0`), 1500, { path: `/run/stationmaster/${path}` });
      assert.match(closed, /EACCES|ENOENT|end/);
      assert.equal(data.length, 0, String(data));
    }
  });

  check(demo, "the roles follow the groups: taken out of station-operator, rights are gone with the next log-in", async () => {
    await demo.addUser("t-op", "Some-Operator-1", ["station-operator"]);
    assert.equal((await demo.call<{ role: string }>("System.WhoAmI", {}, "t-op")).role, "operator");
    await demo.sh("gpasswd -d t-op station-operator");
    // The agent still has its old groups: SO_PEERGROUPS tells those of the connected process.
    const fresh = await demo.exec(["runuser", "-u", "t-op", "--", "stationctl", "system", "whoami", "--json"]);
    assert.match(fresh.stdout, /"standard"/);
  });

  check(demo, "lists show a standard user nobody else's session, and no station", async () => {
    const seen = await demo.sessions(name.standard());
    assert.deepEqual(seen.map((s) => s.user), [name.standard()]);
    assert.deepEqual([seen[0]!.own, seen[0]!.role], [true, "standard"]);
    const agent = await demo.as(name.standard());
    const events: Json[] = [];
    const stop = agent.watch("org.stationmaster.Events.Watch", {}, (e) => events.push(e));
    await until("the snapshot", () => events.length > 0);
    assert.deepEqual((events[0]!["sessions"] as Session[]).map((s) => s.user), [name.standard()]);
    assert.deepEqual(events[0]!["stations"] ?? [], []);
    const count = events.length;
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { users: [demo.pupils[2]!.name] });
    await demo.finished(job);
    assert.deepEqual(events.slice(count), [], "told about somebody else's session");
    stop();
  });

  check(demo, "every reply of Events.Watch is as described", async () => {
    const agent = await demo.as("root");
    const events: Json[] = [];
    const stop = agent.watch("org.stationmaster.Events.Watch", {}, (e) => events.push(e));
    await demo.startSession(demo.pupils[2]!.name);
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { users: [demo.pupils[2]!.name], grace_ms: 100 });
    await demo.finished(job);
    await until("the end is told", () => events.some((e) => e["kind"] === "session_gone"));
    stop();
    for (const event of events) checkReply("org.stationmaster.Events.Watch", event);
    const kinds = new Set(events.map((e) => e["kind"]));
    for (const kind of ["snapshot", "session", "session_gone", "job"]) assert.ok(kinds.has(kind), `no ${kind} among ${[...kinds]}`);
    const sessionType = interfaces.get("org.stationmaster.Sessions")!.types.get("Session")!;
    const { faults } = await import("../harness/idl.js");
    for (const event of events) if (event["session"]) assert.deepEqual(faults(event["session"], sessionType, interfaces.get("org.stationmaster.Sessions")!), []);
  });

  check(demo, "Varlink itself: GetInfo and GetInterfaceDescription say what docs/api says", async () => {
    const agent = await demo.as(name.standard());
    const info = await raw(agent, "org.varlink.service.GetInfo", {});
    const served = (info["interfaces"] as string[]).sort();
    for (const i of publicInterfaces) assert.ok(served.includes(`org.stationmaster.${i}`), `${i} is not among ${served}`);
    const unknown = await rawError(agent, "org.stationmaster.Sessions.Nonsense", {});
    assert.equal(unknown, "org.varlink.service.MethodNotFound");
    assert.match(await rawError(agent, "org.nowhere.Method", {}), /InterfaceNotFound|MethodNotFound/);
    const extra = await rawError(agent, "org.stationmaster.Sessions.Get", { session: "s1", surprise: 1 });
    assert.equal(extra, "org.varlink.service.InvalidParameter");
  });

  check(demo, "cross-site requests are refused", async () => {
    const person = await Person.signIn(demo, demo.account("operator"));
    const bad = await post(demo, "Sessions.List", {}, person.cookie, { origin: "https://evil.example" });
    assert.equal(bad.status, 403);
    const form = await post(demo, "Sessions.List", "{}", person.cookie, { "content-type": "text/plain" });
    assert.ok([400, 415].includes(form.status), String(form.status));
    await assert.rejects(import("../harness/api.js").then(({ DashboardSocket }) => DashboardSocket.open(demo, person.cookie, { origin: "https://evil.example" })));
    const out = await person.call("Login.SignOut");
    assert.equal(out.status, 200);
    assert.equal((await person.call("Sessions.List")).status, 401, "the token is good after the sign-out");
  });
});

type Speaker = { raw: (bytes: Buffer, ms: number) => Promise<{ data: Buffer; closed: string }> };

async function exchange(agent: Speaker, method: string, parameters: Json): Promise<Json> {
  const { data } = await agent.raw(Buffer.from(JSON.stringify({ method, parameters }) + "\0"), 700);
  return JSON.parse(data.toString().split("\0")[0]!) as Json;
}

async function raw(agent: Speaker, method: string, parameters: Json): Promise<Json> {
  return (await exchange(agent, method, parameters))["parameters"] as Json;
}

async function rawError(agent: Speaker, method: string, parameters: Json): Promise<string> {
  return String((await exchange(agent, method, parameters))["error"]);
}
