// SPDX-License-Identifier: GPL-3.0-or-later
// Threats from above: operators outside their rooms and on privileged sessions, watching in secret, a stolen
// API token, a relay that was taken over. And what pupils try against a lesson, and with hands and messages.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { apiSocket, ApiError, type Agent, type Json } from "../harness/agent.js";
import { Person as Supervisor, post } from "../harness/api.js";
import { inSession, latency } from "../harness/attack.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { atEase, blocks, fillRoom, password, projections, ready, SocketEnded, tidyUp, VncSeat, ViewSeat, views, WebSeat, type Person } from "../harness/room.js";
import { limit, NotYet, throughout, until } from "../harness/wait.js";

interface Entry { number: number; user: string; method: string; targets: string; result: string }

describe("threats from above", () => {
  const demo = useDemo("above");
  const relaySocket = "/run/stationmaster/relay.sock";
  let p: Person[];
  let karin: Supervisor;
  let here: WebSeat;
  let there: WebSeat;
  const operator = () => demo.account("operator");
  const admin = () => demo.account("administrator");

  before(async () => {
    p = await fillRoom(demo, 4, [{ name: "t-op2", role: "operator", full_name: "Otto Operator" }, { name: "t-admin2", role: "administrator", full_name: "Second Admin" }]);
    [here, there] = [await WebSeat.open(demo, p[0]!), await WebSeat.open(demo, p[1]!)];
    for (const who of [p[0]!, p[1]!]) await ready(demo, who);
    await demo.call("Stations.Set", { station: here.id, name: "Place 1", room: "Here" });
    await demo.call("Stations.Set", { station: there.id, name: "Place 2", room: "There" });
    karin = await Supervisor.signIn(demo, operator());
  });

  tidyUp(demo, () => [here, there]);

  const entries = async (user: string) => (await demo.call<{ entries: Entry[] }>("Audit.List", { limit: 500 })).entries.filter((e) => e.user === user);
  const id = async (who: Pick<Person, "name">) => (await demo.sessionOf(who.name))!.id;

  /** What became of one that was named: "done", "refused", or the error; refused ones must say why. */
  async function outcome(call: Promise<Json>): Promise<string> {
    try {
      const reply = await call;
      const targets = (reply["targets"] ?? []) as { state: string; reason: string }[];
      if (targets.length > 0 && targets.every((t) => t.state === "refused" && t.reason.length > 10)) return "refused";
      if (typeof reply["job"] === "string") await demo.call("Jobs.Cancel", { job: reply["job"] });
      return "done";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const name = error.error.split(".").pop()!;
      if (name === "Refused") assert.ok(String(error.parameters["reason"]).length > 10, "refused without a reason");
      return name === "Refused" ? "refused" : name;
    }
  }

  /** Every act that names a session, its user or its station. */
  const acts = (session: string, user: string, station: string, own: string): [string, Json][] => [
    ["Sessions.LogOff", { sessions: [session], grace_ms: 3_600_000 }],
    ["Sessions.LogOff", { users: [user], grace_ms: 3_600_000 }],
    ["Sessions.Suspend", { sessions: [session] }],
    ["Sessions.Lock", { sessions: [session] }],
    ["Blocks.Block", { sessions: [session], message: "x" }],
    ["Blocks.Block", { users: [user], message: "x" }],
    ...(station ? [["Blocks.Block", { stations: [station], message: "x" }], ["Stations.Set", { station, name: "Mine" }]] as [string, Json][] : []),
    ["Limits.Limit", { sessions: [session], mode: "allow", domains: ["example.org"] }],
    ["Lessons.Start", { sessions: [session], length_ms: 60_000, block: true }],
    ["Projections.Start", { source: session, sessions: [own] }],
    ["Projections.Start", { source: own, sessions: [session] }],
    ["Views.Open", { session, mode: "view" }],
    ["Views.Open", { session, mode: "control" }],
    ["Programs.Start", { sessions: [session], open: "xterm" }],
    ["Programs.CloseByName", { sessions: [session], name: "xinput" }],
    ["Programs.List", { session }],
    ["Chat.Send", { sessions: [session], text: "x" }],
  ];
  async function nothingHappens(who: string, victim: Pick<Person, "name">, station: string, own: string): Promise<void> {
    const session = await id(victim);
    const state = async () => JSON.stringify([
      { ...(await demo.sessionOf(victim.name))!, idle_ms: 0, cpu_permille: 0, memory_kib: 0, limits: 0 }, await blocks(demo), await projections(demo), await views(demo),
      await demo.call("Lessons.List"), await demo.call("Limits.List"), (await demo.stations()).map((s) => [s.id, s.name, s.scene, s.session])]);
    const before = await state();
    const seen = Math.max(0, ...(await entries(who)).map((e) => e.number));
    const wrong: string[] = [];
    const wanted: string[] = [];
    for (const [method, parameters] of acts(session, victim.name, station, own)) {
      const got = await outcome(demo.call(method, parameters, who));
      if (got !== "refused" && got !== "NotFound") wrong.push(`${method} ${JSON.stringify(parameters)}: ${got}`);
      if (got === "refused") wanted.push(method);
    }
    assert.deepEqual(wrong, []);
    assert.ok(wanted.length >= 12, `only ${wanted.join(" ")} were refused by name`);
    const rows = (await entries(who)).filter((e) => e.number > seen && /refused/i.test(e.result + e.targets)).map((e) => e.method).sort();
    assert.deepEqual(rows, wanted.sort(), "each act that was refused is in the audit");
    assert.equal(await state(), before, "something has changed");
  }

  check(demo, "an operator acts outside their rooms: every act is refused by name and audited, lists tell nothing", async () => {
    await demo.call("Rights.Set", { user: operator().name, rooms: ["Here"], acts: null });
    try {
      await demo.call("Chat.Send", { sessions: [await id(p[1]!)], text: "For Pupil B alone" });
      await nothingHappens(operator().name, p[1]!, there.id, await id(p[0]!));
      assert.equal(await outcome(demo.call("Sessions.Get", { session: await id(p[1]!) }, operator().name)), "NotFound");
      for (const user of [p[1]!.name, null]) assert.ok(!JSON.stringify(await demo.call("Chat.History", { user }, operator().name)).includes("Pupil B"));
      const lists = JSON.stringify([await demo.sessions(operator().name), await demo.stations(operator().name)]);
      assert.ok(lists.includes(p[0]!.name) && !lists.includes(p[1]!.name) && !lists.includes(there.id), lists);
      await assert.rejects(ViewSeat.open(demo, karin.cookie, await id(p[1]!), "view"), (e) => e instanceof SocketEnded && [4403, 4404].includes(e.ended.code));
      const socket = await karin.dashboard();
      socket.tiles([await id(p[0]!), await id(p[1]!)], "large");
      await until("the picture of the own room", () => socket.thumbnails.some((t) => t.width > 0));
      const other = await id(p[1]!);
      await throughout("no picture of the other room", 1000, () => socket.thumbnails.every((t) => t.session !== other));
      // Refusals of the own orders name whom they were about; nothing else does.
      for (const { jobs: _, ...event } of socket.events.filter((e) => e["kind"] !== "job")) assert.ok(!JSON.stringify(event).includes(p[1]!.name), JSON.stringify(event));
      socket.close();
      // "All" is all of the rooms, and no way around them.
      await demo.call("Blocks.Block", { all: true, message: "x" }, operator().name);
      assert.equal((await demo.sessionOf(p[1]!.name))!.blocked, false);
      assert.equal((await demo.sessionOf(p[0]!.name))!.blocked, true);
      // Moving a station would move the rights with it.
      assert.equal(await outcome(demo.call("Stations.Set", { station: here.id, room: "There" }, operator().name)), "refused");
      assert.equal(await outcome(demo.call("Rights.Clear", { user: operator().name }, operator().name)), "refused");
    } finally {
      await demo.call("Rights.Clear", { user: operator().name });
    }
  }, 90_000);

  check(demo, "an operator acts on privileged sessions; an administrator on another's: refused by name and audited", async () => {
    const own = await id(p[0]!);
    for (const victim of [p[4]!, p[5]!]) {
      await demo.startSession(victim.name);
      await nothingHappens(operator().name, victim, "", own);
      await demo.ctl(["session", "logoff", victim.name, "--wait"]);
    }
    // Off by default: orchestrate-privileged. Of other administrators only the log-off.
    await demo.startSession(p[5]!.name);
    const session = await id(p[5]!);
    for (const [method, parameters] of acts(session, p[5]!.name, "", own).filter(([m]) => m !== "Sessions.LogOff" && m !== "Views.Open"))
      assert.equal(await outcome(demo.call(method, parameters, admin().name)), "refused", `${method} ${JSON.stringify(parameters)}`);
    await demo.ctl(["session", "logoff", p[5]!.name, "--wait"]);
  }, 90_000);

  check(demo, "an operator reads what privileged people write: neither while they are there nor afterwards, nor is it theirs to clear", async () => {
    const secret = `the key is under the mat ${Date.now()}`;
    const seat = await WebSeat.open(demo, p[5]!);
    await ready(demo, p[5]!);
    seat.page!.send(JSON.stringify({ chat: secret }));
    await until("it is in the conversation", async () =>
      JSON.stringify(await demo.call("Chat.History", {}, p[5]!.name)).includes(secret));
    const read = async (who: string) => JSON.stringify([await demo.call("Chat.History", {}, who), await demo.call("Chat.History", { user: p[5]!.name }, who)]);
    for (const who of [operator().name, admin().name]) assert.ok(!(await read(who)).includes(secret), who);
    await seat.close();
    await demo.ctl(["session", "logoff", p[5]!.name, "--wait"]);
    for (const who of [operator().name, admin().name]) assert.ok(!(await read(who)).includes(secret), `${who}, afterwards`);
    assert.equal(await outcome(demo.call("Chat.Clear", { user: p[5]!.name }, operator().name)), "refused");
    await demo.call("Chat.Clear", {}, operator().name);
    assert.ok(JSON.stringify(await demo.call("Chat.History", {}, p[5]!.name)).includes(secret), "cleared by somebody who cannot read it");
  }, 90_000);

  check(demo, "watching in secret: no way to look has no sign and no trace; tile, view and control are rights of their own", async () => {
    const session = await id(p[0]!);
    const vnc = await VncSeat.open(demo, p[2]!);
    await ready(demo, p[2]!);
    await vnc.see(p[2]!);
    const name = operator().full_name;
    const signs = () => here.scenes.filter((s) => s.sign?.by === name).length;
    const trace = async () => (await entries(operator().name)).filter((e) => e.method.startsWith("Views.") && e.result === "ok").length;
    // By the page's socket, again and again: each look is told at once and written down.
    let rows = await trace(), told = signs();
    for (const mode of ["view", "control", "exclusive"] as const) {
      const look = await ViewSeat.open(demo, karin.cookie, session, mode);
      const t0 = Date.now();
      await here.scenesBe(`the sign of ${mode}`, (s) => s.sign?.by === name);
      assert.ok(Date.now() - t0 < limit(300), `the sign came ${Date.now() - t0} ms after the picture`);
      assert.equal(here.scene!.sign!.kind, mode === "view" ? "viewed" : "controlled");
      look.close();
      await here.scenesBe("no sign", (s) => !s.sign);
    }
    for (let i = 0; i < 10; i++) {
      const look = await ViewSeat.open(demo, karin.cookie, session, "view");
      look.close(); // before anybody could blink
    }
    await until("each of them is over", async () => (await views(demo)).length === 0);
    await until("each is in the audit", async () => {
      const n = (await trace()) - rows;
      if (n !== 26) throw new NotYet(n);
      return true;
    });
    assert.ok(signs() - told >= 13, `${signs() - told} signs of 13`);
    // At a VNC station: drawn before the supervisor's second frame.
    const plain = Buffer.from(vnc.screen.pixels);
    const look = await ViewSeat.open(demo, karin.cookie, await id(p[2]!), "view");
    await until("the sign is drawn", () => !vnc.screen.pixels.equals(plain), limit(500));
    look.close();
    // Locally: stationctl, and the bare API, whose stream is held by the process that asked.
    rows = await trace();
    told = signs();
    await demo.sh(`timeout 5 stationctl call org.stationmaster.Views.Open '{"session":"${session}","mode":"view"}' >/dev/null 2>&1 || true`, { user: operator().name });
    await until("opened and closed, both written down", async () => (await trace()) >= rows + 2);
    assert.ok(signs() > told, "no sign was shown for a view by the API");
    // Rights: tile is no view, view is no control; a tile is as large as a tile.
    const code = (mode: "view" | "control") => ViewSeat.open(demo, karin.cookie, session, mode).then((v) => (v.close(), 0), (e: SocketEnded) => e.ended.code);
    try {
      await demo.call("Rights.Set", { user: operator().name, rooms: null, acts: ["tile"] });
      assert.deepEqual([await code("view"), await code("control")], [4403, 4403]);
      const socket = await karin.dashboard();
      socket.tiles([session], "large");
      await until("a tile", () => socket.thumbnails.length > 0);
      assert.ok(socket.thumbnails.every((t) => t.width <= 480 && t.height <= 480), "a tile is as large as a view");
      socket.close();
      await demo.call("Rights.Set", { user: operator().name, rooms: null, acts: ["tile", "view"] });
      assert.deepEqual([await code("view"), await code("control")], [0, 4403]);
      const open = await ViewSeat.open(demo, karin.cookie, session, "view");
      await demo.call("Rights.Set", { user: operator().name, rooms: null, acts: ["tile"] });
      await until("a view that is not allowed any more ends", () => open.end, 3000);
      await demo.call("Rights.Set", { user: operator().name, rooms: null, acts: ["view"] });
      const none = await karin.dashboard();
      none.tiles([session], "large");
      await throughout("no tile without its right", 800, () => none.thumbnails.length === 0);
      none.close();
    } finally {
      await demo.call("Rights.Clear", { user: operator().name });
    }
    vnc.close();
  }, 120_000);

  check(demo, "a stolen API token: bound to role, acts and rooms, makes no tokens, expires, and ends at once when it is revoked", async () => {
    const by = (token: string) => ({ authorization: `Bearer ${token}` });
    const make = async (more: Json = {}) => {
      const made = await karin.call("Tokens.Create", { name: "t", rooms: ["Here"], acts: ["tile", "block"], expires_ms: Date.now() + 600_000, ...more });
      assert.equal(made.status, 200, made.body);
      return { id: String(made.json["id"]), token: String(made.json["token"]) };
    };
    const stolen = await make();
    const call = (method: string, parameters: Json, token = stolen.token) => post(demo, method, parameters, "", by(token));
    const [a, b] = [await id(p[0]!), await id(p[1]!)];
    assert.equal((await call("Blocks.Block", { sessions: [a], message: "x" })).status, 200, "it works where it may");
    const sessions = await call("Sessions.List", {});
    assert.ok(sessions.body.includes(p[0]!.name) && !sessions.body.includes(p[1]!.name));
    const refused: [string, Json][] = [
      ["Blocks.Block", { sessions: [b], message: "x" }], ["Sessions.LogOff", { sessions: [a] }], ["Sessions.Suspend", { sessions: [a] }], ["Programs.Start", { sessions: [a], open: "xterm" }],
      ["Chat.Send", { sessions: [a], text: "x" }], ["Limits.Limit", { sessions: [a], mode: "allow", domains: ["example.org"] }], ["Projections.Start", { source: a, sessions: [a] }],
      ["Views.Open", { session: a, mode: "view" }], ["Tokens.Create", { name: "more", expires_ms: Date.now() + 600_000 }], ["Tokens.List", {}], ["Rights.Set", { user: operator().name }], ["Sessions.Start", { user: p[2]!.name }],
    ];
    for (const [method, parameters] of refused) {
      const answer = await call(method, parameters);
      const targets = (answer.json["targets"] ?? []) as { state: string }[];
      const ok = answer.status === 403 || (answer.status === 200 && targets.length > 0 && targets.every((t) => t.state === "refused"));
      assert.ok(ok || (method === "Tokens.List" && answer.status === 200 && !answer.body.includes(stolen.token)), `${method}: ${answer.status} ${answer.body}`);
    }
    // As a cookie, at the log-in, at the sockets: it opens nothing there.
    assert.equal((await post(demo, "Sessions.List", {}, `__Host-stationmaster=${stolen.token}`)).status, 401);
    assert.equal((await call("Login.Start", { purpose: "dashboard", user: operator().name })).status, 401);
    await assert.rejects(ViewSeat.open(demo, `__Host-stationmaster=${stolen.token}`, a, "view"), SocketEnded);
    // What it watches ends with it: as the relay would carry it.
    const relay = await demo.as("station-relay");
    const told: string[] = [];
    const watch = watchAs(relay, stolen.token, (why) => told.push(why));
    await until("it watches", () => watch.replies > 0);
    const t0 = Date.now();
    assert.equal((await karin.call("Tokens.Revoke", { id: stolen.id })).status, 200);
    await until("its watch has ended", () => told.length > 0, 2000);
    assert.ok(Date.now() - t0 < limit(500), `${Date.now() - t0} ms`);
    assert.equal((await call("Sessions.List", {})).status, 401);
    assert.equal((await call("Blocks.Unblock", { sessions: [a] })).status, 401);
    // It expires by itself, on the clock.
    const short = await make({ expires_ms: Date.now() + 2500 });
    assert.equal((await call("Sessions.List", {}, short.token)).status, 200);
    await until("it has expired", async () => (await call("Sessions.List", {}, short.token)).status === 401, 6000);
    // No longer than its owner's role.
    const left = await make();
    await demo.sh(`gpasswd -d ${operator().name} station-operator`);
    try {
      await until("a token of somebody who is no operator any more opens nothing", async () => (await call("Sessions.List", {}, left.token)).status !== 200, 15_000);
    } finally {
      await demo.sh(`gpasswd -a ${operator().name} station-operator`);
    }
    karin = await until("the operator signs in again", () => Supervisor.signIn(demo, operator()).catch(() => undefined), 15_000);
  }, 120_000);

  /** Events.Watch on the relay's socket with a token. */
  function watchAs(relay: Agent, token: string, ended: (why: string) => void): { replies: number } {
    const state = { replies: 0 };
    relay.watch("org.stationmaster.Events.Watch", {}, () => state.replies++, ended, relaySocket, token);
    return state;
  }

  check(demo, "the relay is taken over: no rights without somebody's token, no way into sessions, no password", async () => {
    const relay = await demo.as("station-relay");
    const call = (method: string, parameters: Json = {}, token?: string) => outcome(relay.call(`org.stationmaster.${method}`, parameters, relaySocket, token));
    const [a, nobodys] = [await id(p[0]!), (await demo.startSession(p[3]!.name)).id];
    const screen = String((await karin.call("Projections.Start", { users: [p[1]!.name] })).json["projection"]);
    // Nothing of what people may do, with no token, a made-up one, or a station's secret in its place.
    for (const [method, parameters] of [...acts(a, p[0]!.name, here.id, a), ["Sessions.List", {}], ["Stations.List", {}], ["Audit.List", {}], ["Tokens.Create", { name: "x", expires_ms: Date.now() + 60_000 }], ["Rights.Set", { user: "root" }], ["Relay.ViewOpen", { session: a, mode: "view" }], ["Relay.ScreenOpen", { projection: screen }]] as [string, Json][])
      for (const token of [undefined, "A".repeat(43), here.cookie.split("=")[1]!]) {
        const got = await call(method, parameters, token);
        assert.ok(["Unauthenticated", "refused"].includes(got), `${method} with ${token ?? "no token"}: ${got}`);
      }
    // Pixels only of what a station, a projection or a view shows: not of a session that nobody has in front of them.
    assert.equal(await call("Relay.OpenSource", { session: nobodys }), "refused");
    assert.equal(await call("Relay.OpenSource", { session: nobodys }, "A".repeat(43)), "Unauthenticated");
    // As a local process it is nobody: its socket gives rights of its own to none of the API.
    const local = (method: string, parameters: Json = {}) => outcome(relay.call(`org.stationmaster.${method}`, parameters, apiSocket));
    assert.equal(await local("Blocks.Block", { sessions: [a], message: "x" }), "refused");
    assert.equal(await local("Audit.List"), "refused");
    assert.equal((await relay.call<{ sessions: unknown[] }>("org.stationmaster.Sessions.List")).sessions.length, 0);
    // Its uid reaches no file and no process of the others.
    for (const path of ["/var/lib/stationmaster/state.db", "/run/stationmaster/session.sock", `/run/stationmaster/sessions/${a}/control.sock`, `/run/stationmaster/sessions/${a}/display/rfb.sock`, "/etc/shadow"])
      assert.equal(await demo.test(`[ -r ${path} ] || [ -w ${path} ]`, "station-relay"), false, path);
    const stationd = await demo.daemon("stationd");
    for (const script of [`kill -9 ${stationd}`, `cat /proc/${stationd}/environ >/dev/null`, `head -c1 /proc/${stationd}/mem >/dev/null`, `kill -9 $(pgrep -u ${p[0]!.name} -x xinput)`])
      assert.equal(await demo.test(script, "station-relay"), false, script);
    // It has carried passwords; it keeps none; a token of who has signed out is void.
    await demo.write("/tmp/find.py", `import re, sys
n, context = 0, []
for line in open(f"/proc/{sys.argv[1]}/maps"):
    m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
    if not m or "[v" in line: continue
    with open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as f:
        try:
            f.seek(int(m[1], 16)); data = f.read(int(m[2], 16) - int(m[1], 16))
        except (OSError, ValueError): continue
        for hit in re.finditer(re.escape(sys.argv[2].encode()), data):
            n += 1
            context.append(repr(data[max(0, hit.start() - 60):hit.end() + 20]) + line.rstrip()[-20:])
print(n, *context[:3])
`);
    const inMemory = (daemon: string, word: string) => demo.sh(`python3 /tmp/find.py $(pgrep -o -x ${daemon}) ${word}`);
    const none = async (what: string, word: string) => {
      for (const daemon of ["station-relay", "stationd"]) await until(`${what} is not in the memory of ${daemon}`, async () => {
        const found = await inMemory(daemon, word);
        if (!found.startsWith("0")) throw new NotYet(found);
        return true;
      }, 3000);
    };
    const secret = (n: number) => `Never-To-Be-Found-8${n}`;
    for (const n of [1, 2]) await demo.addUser(`t-secret${n}`, secret(n));
    await demo.addUser("t-secret3", secret(3), ["station-operator"]);
    const seats = [await WebSeat.open(demo, { name: "t-secret1", password: secret(1) }), await VncSeat.open(demo, { name: "t-secret2", password: secret(2) })];
    for (const n of [1, 2]) await activeSession(demo, `t-secret${n}`);
    const gone = await Supervisor.signIn(demo, { name: "t-secret3", password: secret(3) });
    assert.ok(!(await inMemory("station-relay", "__Host-station")).startsWith("0"), "the search itself finds what is there");
    await none("a password typed at a browser station", secret(1));
    await none("a password that a VNC viewer sent", secret(2));
    await none("a password typed at the dashboard", secret(3));
    await gone.call("Login.SignOut");
    assert.equal(await call("Sessions.List", {}, gone.cookie.split("=")[1]!), "Unauthenticated", "a token of somebody who has signed out");
    seats.forEach((s) => s.close());
    await demo.ctl(["session", "logoff", "t-secret1", "t-secret2", p[3]!.name, "--wait"]);
  }, 120_000);

  check(demo, "a lesson: a pupil cannot end, change, outlive or escape it", async () => {
    const { lesson } = await demo.call<{ lesson: string }>("Lessons.Start", { users: [p[1]!.name, p[2]!.name], length_ms: 600_000, block: true, message: "Work on paper." }, operator().name);
    const blocked = (who: Person) => until(`${who.name} is blocked`, async () => (await demo.sessionOf(who.name))?.blocked);
    await blocked(p[1]!);
    for (const [method, parameters] of [["Lessons.End", { lesson }], ["Lessons.Change", { lesson, block: false }], ["Lessons.Extend", { lesson, add_ms: 1000 }], ["Lessons.Start", { users: [p[1]!.name], length_ms: 1000 }], ["Blocks.Unblock", { users: [p[1]!.name] }], ["Lessons.List", {}]] as [string, Json][])
      assert.equal(await outcome(demo.call(method, parameters, p[1]!.name)), "refused", method);
    const inside = await inSession(demo, p[1]!, `stationctl lesson end ${lesson}; stationctl session unblock ${p[1]!.name}; pkill -9 stationd; systemctl stop stationd 2>/dev/null; date -s '+1 day' 2>/dev/null; true`);
    assert.ok(!/Operation permitted/.test(inside.output));
    assert.equal((await demo.sessionOf(p[1]!.name))!.blocked, true);
    // Another station, of either kind, from the first pixel on; the old one shows no desktop either.
    const vnc = await VncSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
    await until("the other station is blocked", async () => (await demo.stations()).some((s) => s.session !== "" && s.scene === "block" && s.kind === "vnc"));
    await throughout("no desktop", 500, () => vnc.sighted(p[1]!.colour) === 0);
    // Everything of the pupil is killed, by the pupil: the next session is blocked before its first pixel.
    await demo.inSession(p[1]!.name, "bash -c 'kill -9 -1'");
    await until("everything is killed", async () => (await demo.pids(p[1]!.name, "xinput")).length === 0);
    vnc.close();
    await demo.ctl(["session", "logoff", p[1]!.name, "--wait"]);
    const again = await WebSeat.open(demo, p[1]!, { watchFor: [p[1]!.colour] });
    await again.scenesBe("the block", (s) => s.kind === "block");
    // Log-ins during the lesson: covered as well.
    const late = await VncSeat.open(demo, p[2]!, { watchFor: [p[2]!.colour] });
    await blocked(p[2]!);
    again.use();
    late.use();
    await throughout("no desktop", 500, () => again.sighted(p[1]!.colour) === 0 && late.sighted(p[2]!.colour) === 0);
    // The teacher ends it: it falls off where it held, and nowhere else.
    await demo.call("Lessons.End", { lesson }, operator().name);
    await ready(demo, p[1]!);
    await again.see(p[1]!);
    await late.see(p[2]!);
    again.close();
    late.close();
    there = await WebSeat.open(demo, p[1]!);
    await atEase(demo);
  }, 120_000);

  check(demo, "floods of hands and messages: refused in words after a burst, bounded, and nobody else notices", async () => {
    const other = await VncSeat.open(demo, p[2]!);
    await ready(demo, p[2]!);
    await other.see(p[2]!);
    const quiet = await latency(other.screen);
    const refusals: string[] = [];
    here.page!.on("message", (data) => {
      const refused = (JSON.parse(String(data)) as Json)["refused"];
      if (typeof refused === "string" && refused) refusals.push(refused);
    });
    const rows = (await demo.call<{ entries: Entry[] }>("Audit.List", { limit: 500 })).entries.length;
    const memory = async () => Number(await demo.sh(`awk '/^VmRSS/ { print $2 }' /proc/$(pgrep -x stationd)/status`));
    const before = await memory();
    for (let i = 0; i < 1500; i++) {
      here.page!.send(JSON.stringify({ act: i % 2 ? "hand_up" : "hand_down" }));
      here.page!.send(JSON.stringify({ chat: `flood ${i} ${"x".repeat(900)}` }));
    }
    const during = await latency(other.screen);
    assert.ok(during < 3 * quiet + limit(30), `another station's answers took ${during.toFixed(1)} ms while it lasted, ${quiet.toFixed(1)} ms before`);
    await until("it is refused in words", () => refusals.length > 0);
    const pid = await demo.daemon("stationd");
    const history = await demo.call<{ messages: { text: string }[] }>("Chat.History", { user: p[0]!.name }, operator().name);
    const stored = history.messages.filter((m) => m.text.startsWith("flood")).length;
    assert.ok(stored < 100, `${stored} of 1500 messages were stored`);
    assert.ok((await memory()) - before < 20_000, "stationd has grown by more than 20 MB");
    const grown = (await demo.call<{ entries: Entry[] }>("Audit.List", { limit: 500 })).entries.length - rows;
    assert.ok(grown < 150, `${grown} rows of audit`);
    assert.equal(await demo.daemon("stationd"), pid);
    // Another pupil's hand and words come through at once.
    const t0 = Date.now();
    await until("another one's hand is up", async () => {
      there.page!.send(JSON.stringify({ act: "hand_up" }));
      return JSON.stringify(await demo.call("Chat.Hands", {}, operator().name)).includes(p[1]!.name);
    }, 3000);
    assert.ok(Date.now() - t0 < limit(1500));
    // The API is no way around: a pupil writes at the station only, and messages of 1,001 characters are none.
    assert.equal(await outcome(demo.call("Chat.Send", { users: [p[1]!.name], text: "x" }, p[0]!.name)), "refused");
    other.close();
    assert.equal(password.length > 8, true);
  }, 90_000);
});
