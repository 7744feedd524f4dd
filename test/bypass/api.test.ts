// SPDX-License-Identifier: GPL-3.0-or-later
// Threats at the API and the WebSockets: every method that docs/api describes as every role, and with values of
// wrong types; tokens, cookies and tickets of others; hostile strings through every field that people see.
import assert from "node:assert/strict";
import { before, describe } from "node:test";
import { ApiError, type Json } from "../harness/agent.js";
import { http, Person as Supervisor, post } from "../harness/api.js";
import { inSession } from "../harness/attack.js";
import { Dashboard, jpeg, StationTab } from "../harness/browser.js";
import { activeSession } from "../harness/core.js";
import { check, useDemo } from "../harness/demo.js";
import { interfaces, type Interface, type Type } from "../harness/idl.js";
import {
  atEase, block, blocks, endOf, fillRoom, newStationCookie, openRfb, password, project, projections, ready, ScreenSender, SocketEnded, tidyUp, VncSeat, ViewSeat, views, WebSeat, webSocket, type Person,
} from "../harness/room.js";
import { throughout, until, within } from "../harness/wait.js";
import type { Role } from "../harness/types.js";

/** The lowest role that a method does anything for; on whom is another question. */
const lowest: Record<string, Role> = {
  "System.Version": "standard", "System.WhoAmI": "standard", "System.Status": "operator",
  "Sessions.List": "standard", "Sessions.Get": "standard", "Sessions.Start": "administrator", "Sessions.LogOff": "standard",
  "Sessions.Suspend": "standard", "Sessions.Lock": "standard", "Sessions.Unlock": "standard",
  "Jobs.List": "standard", "Jobs.Get": "standard", "Jobs.Wait": "standard", "Jobs.Cancel": "standard", "Jobs.Extend": "standard",
  "Stations.List": "operator", "Stations.Get": "operator", "Stations.Set": "operator", "Stations.Rooms": "operator", "Stations.SetAutoLogOn": "administrator", "Stations.LogOn": "operator",
  "Stations.Enrol": "operator", "Stations.Invite": "operator", "Stations.Unenrol": "operator",
  "Stations.Map": "operator", "Stations.Identify": "operator",
  "Stations.Split": "operator", "Stations.Join": "operator", "Stations.Forget": "operator", "Stations.SetStorage": "operator", "Events.Watch": "standard",
  "Blocks.List": "operator", "Blocks.Block": "operator", "Blocks.Unblock": "operator", "Blocks.Texts": "operator",
  "Lessons.List": "operator", "Lessons.Preview": "operator", "Lessons.Start": "operator", "Lessons.Extend": "operator", "Lessons.Change": "operator",
  "Lessons.End": "operator", "Lessons.Presets": "operator",
  "Limits.List": "operator", "Limits.Limit": "operator", "Limits.Free": "operator", "Limits.Recent": "operator",
  "Projections.List": "operator", "Projections.Start": "operator", "Projections.Stop": "operator",
  "Programs.Installed": "standard", "Programs.Icon": "standard", "Programs.Recent": "standard", "Programs.Start": "standard",
  "Programs.List": "standard", "Programs.Close": "standard", "Programs.CloseByName": "standard",
  "Chat.Send": "operator", "Chat.History": "standard", "Chat.Clear": "operator", "Chat.Hands": "operator", "Chat.Answer": "operator",
  "Chat.Get": "standard", "Chat.Set": "operator", "Audit.List": "operator", "Audit.Export": "administrator", "Audit.Verify": "administrator", "Rights.List": "administrator", "Rights.Set": "administrator", "Rights.Clear": "administrator",
  "Tokens.List": "operator", "Tokens.Create": "operator", "Tokens.Revoke": "operator",
  "Views.List": "operator", "Views.Open": "operator", "Views.Close": "operator",
};
/** Not for people at all. */
const internal = ["Relay", "Worker", "Limiter", "Seat", "Storage"];
const short = (full: string) => full.replace(/^org\.stationmaster\./, "");

describe("threats at the API", () => {
  const demo = useDemo("api");
  let p: Person[];
  let karin: Supervisor;
  let ada: Supervisor;
  let victim: { session: string; user: string; station: string; job: string; projection: string; view: string };
  const operator = () => demo.account("operator");
  const hostile = `<img src=x onerror=alert(1)>"';%s%n\u202eevil\u200b`;

  before(async () => {
    p = await fillRoom(demo, 4, [{ name: "t-op2", role: "operator", full_name: "<i>Otto</i>" }]);
    await demo.sh(`usermod -c "$(cat)" ${p[3]!.name}`, { input: hostile });
    karin = await Supervisor.signIn(demo, operator());
    ada = await Supervisor.signIn(demo, demo.account("administrator"));
  });

  tidyUp(demo);

  const methods = (): [string, Interface, { input: Type; output: Type }][] =>
    [...interfaces.values()].flatMap((home) => [...home.methods].map(([name, m]) => [`${short(home.name)}.${name}`, home, m] as [string, Interface, { input: Type; output: Type }]));

  /** A value of the type that means something: names of what belongs to somebody else. */
  function value(type: Type, home: Interface, name = ""): unknown {
    switch (type.kind) {
      case "bool": return false;
      case "int": return 5000;
      case "float": return 1.5;
      case "object": return {};
      case "enum": return type.values[0];
      case "maybe": return /desktop|width|height|until|grace|timeout/.test(name) ? null : value(type.of, home, name);
      case "array": return [value(type.of, home, name.replace(/s$/, ""))];
      case "named": return value(home.types.get(type.name)!, home, name);
      case "struct": return Object.fromEntries([...type.fields].map(([n, t]) => [n, value(t, home, n)]));
      case "string":
        switch (name) {
          case "session": case "source": return victim.session;
          case "user": return victim.user;
          case "station": return victim.station;
          case "job": return victim.job;
          case "projection": return victim.projection;
          case "view": return victim.view;
          default: return "hello";
        }
    }
  }

  check(demo, "talk to the API as a standard user: every method, naming what belongs to others; nothing changes", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    const look = await ViewSeat.open(demo, karin.cookie, session.id, "view");
    const shown = await project(demo, operator().name, session.id, { users: [p[2]!.name] });
    const { job } = await demo.call<{ job: string }>("Sessions.LogOff", { sessions: [session.id], grace_ms: 3_600_000, message: "later" }, operator().name);
    await block(demo, operator().name, { users: [p[2]!.name] }, "Before");
    victim = { session: session.id, user: p[0]!.name, station: seat.id, job, projection: shown.projection, view: (await views(demo))[0]!.id };
    const state = async () => JSON.stringify([
      (await demo.sessions()).map((s) => ({ ...s, idle_ms: 0 })), await blocks(demo), await projections(demo), await views(demo), await demo.job(job),
      (await demo.stations()).map((s) => [s.id, s.scene, s.session, s.blocked])]);
    await VncSeat.open(demo, p[1]!).then((s) => ready(demo, p[1]!).then(() => s));
    const before = await state();
    const wrong: string[] = [];
    let tried = 0;
    for (const [method, home, { input }] of methods()) {
      const interfaceName = method.split(".")[0]!;
      if (interfaceName === "Events") continue; // a stream; roles.test.ts
      tried++;
      const parameters = value(input, home) as Json;
      const result = await demo.call<Json>(method, parameters, p[1]!.name).catch((e: Error) => e);
      const name = result instanceof ApiError ? result.error.split(".").pop()! : result instanceof Error ? String(result) : "ok";
      if (internal.includes(interfaceName) || interfaceName === "Login") {
        if (!/^(MethodNotFound|InterfaceNotFound|Refused|PermissionDenied)$/.test(name)) wrong.push(`${method}: ${name}`);
        continue;
      }
      const role = lowest[method];
      if (!role) wrong.push(`${method} is in docs/api, but nobody has said here who may call it`);
      else if (role !== "standard" && name !== "Refused") wrong.push(`${method}: ${name} instead of Refused`);
      else if (name === "ok") {
        const text = JSON.stringify(result);
        if (text.includes(victim.user) || text.includes(victim.session)) {
          const targets = Object.values(result as Json).find((v) => Array.isArray(v)) as { state: string }[] | undefined;
          if (!targets?.every((t) => t.state === "refused" || t.state === "failed")) wrong.push(`${method} tells or does: ${text}`);
        }
      } else if (!/^(Refused|NotFound)$/.test(name)) wrong.push(`${method}: ${name}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(tried > 30, `only ${tried} methods`);
    assert.equal(await state(), before);
    for (const method of Object.keys(lowest)) assert.ok(methods().some(([m]) => m === method), `${method} is not in docs/api any more`);
    look.close();
    seat.close();
  });

  check(demo, "every method with values of other types, too many, too long, missing: an error, and the daemons live", async () => {
    const pids = [await demo.daemon("stationd"), await demo.daemon("station-relay")];
    const wrongs: unknown[] = [17, -1, true, null, "\u0000", "x".repeat(60_000), [], {}, [[]], [1], Array(3000).fill("s1"), { a: { b: 1 } }, 1e308, "s1\n", "../../etc/passwd", "' OR 1=1 --"];
    const wrong: string[] = [];
    for (const [method, home, { input }] of methods()) {
      const interfaceName = method.split(".")[0]!;
      if (interfaceName === "Events" || internal.includes(interfaceName) || input.kind !== "struct") continue;
      for (const field of input.fields.keys()) {
        for (const bad of wrongs) {
          if (/^(Jobs\.Wait)$/.test(method) && field === "timeout_ms") continue;
          // A value that fits is no attack; as a standard user nothing comes of it but an answer.
          const parameters = { ...(value(input, home) as Json), [field]: bad };
          const result = await demo.call(method, parameters, p[1]!.name).catch((e: Error) => e);
          // A NUL in a string is no JSON to stationd: such a connection ends.
          if (bad === "\u0000" && result instanceof Error && /ended \(end\)/.test(result.message)) continue;
          if (result instanceof Error && !(result instanceof ApiError)) wrong.push(`${method} with ${field} = ${JSON.stringify(bad).slice(0, 40)}: ${result.message.slice(0, 200)}`);
        }
      }
    }
    assert.equal(wrong.join("\n"), "");
    // The same as an operator over HTTPS, for the methods that a pupil does not even get to, on nobody.
    for (const method of ["Blocks.Block", "Blocks.Unblock", "Lessons.Start", "Lessons.Change", "Projections.Start", "Views.Open", "Jobs.Extend", "Sessions.Unlock"]) {
      const [, home, { input }] = methods().find(([m]) => m === method)!;
      for (const field of (input as { fields: Map<string, Type> }).fields.keys())
        for (const bad of wrongs) {
          const parameters: Json = { ...(value(input, home) as Json), session: "s9999", sessions: ["s9999"], users: ["t-nobody"], stations: ["vnc-9999"], all: null, [field]: bad };
          for (const key of Object.keys(parameters)) if (!(input as { fields: Map<string, Type> }).fields.has(key)) delete parameters[key];
          if (field === "all" && bad === true) continue;
          const answer = await within(`${method} with ${field} = ${JSON.stringify(bad).slice(0, 40)}`, 10_000, karin.call(method, parameters)).catch((e: Error) => ({ status: 0, body: e.message }));
          if (![200, 400, 403, 404, 409, 413, 429].includes(answer.status)) wrong.push(`${method} with ${field} = ${JSON.stringify(bad).slice(0, 40)}: ${answer.status} ${answer.body.slice(0, 200)}`);
        }
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual([await demo.daemon("stationd"), await demo.daemon("station-relay")], pids);
  }, 120_000);

  check(demo, "steal or replay a token, cookie, ticket: without one, with a void one, with a station's: 401 for every method", async () => {
    const station = await newStationCookie(demo);
    const gone = await Supervisor.signIn(demo, operator());
    await gone.call("Login.SignOut");
    const cookies = ["", `__Host-stationmaster=${"A".repeat(43)}`, gone.cookie, station, `__Host-stationmaster=${station.split("=")[1]}`];
    for (const [method] of methods()) {
      const interfaceName = method.split(".")[0]!;
      if (interfaceName === "Login") continue;
      for (const cookie of cookies) {
        const answer = await post(demo, method, {}, cookie);
        assert.equal(answer.status, internal.includes(interfaceName) ? 404 : 401, `${method} with ${cookie || "no cookie"}: ${answer.status} ${answer.body}`);
      }
    }
    for (const [method] of methods().filter(([m]) => internal.includes(m.split(".")[0]!)))
      assert.equal((await ada.call(method)).status, 404, `${method} over HTTPS`);
  });

  check(demo, "stealing a view: /ws/view with no cookie, a void one, a station's, a pupil's station", async () => {
    await atEase(demo);
    const seat = await WebSeat.open(demo, p[0]!);
    const session = (await ready(demo, p[0]!)).id;
    const tries: [string, string, number[]][] = [
      ["no cookie", "", [4401]], ["a void one", `__Host-stationmaster=${"B".repeat(43)}`, [4401]], ["a station's", seat.cookie, [4401]],
      ["a station's secret as token", `__Host-stationmaster=${seat.cookie.split("=")[1]}`, [4401]],
    ];
    for (const [what, cookie, codes] of tries)
      for (const mode of ["view", "control", "exclusive"] as const)
        await assert.rejects(ViewSeat.open(demo, cookie, session, mode), (e) => e instanceof SocketEnded && codes.includes(e.ended.code), what);
    // An operator who is one no more: the token is of before.
    const otto = await Supervisor.signIn(demo, p[4]!);
    const admin = await VncSeat.open(demo, demo.account("administrator"));
    const adminSession = await activeSession(demo, demo.account("administrator").name);
    await assert.rejects(ViewSeat.open(demo, otto.cookie, adminSession.id, "view"), (e) => e instanceof SocketEnded && e.ended.code === 4403);
    for (const session of ["", "s1&mode=control", "../s1", "s1".repeat(1000), "%00", "s-1", "s99999999999999999999"])
      await assert.rejects(ViewSeat.open(demo, karin.cookie, session, "view"), (e) => e instanceof SocketEnded && e.ended.code !== 1000, session.slice(0, 20));
    // Of another origin: a page of somebody else with the teacher's cookie.
    const { host, port } = demo.web;
    for (const path of [`/ws/view?session=${session}&mode=control`, "/ws/project?projection=p1", "/ws/station", "/ws/station/rfb", "/ws/dashboard"]) {
      const { default: WebSocket } = await import("ws");
      const protocol = path.startsWith("/ws/station") && !path.endsWith("rfb") ? "stationmaster.station.v1" : path.includes("project") ? "stationmaster.screen.v1" : path.includes("dashboard") ? "stationmaster.dashboard.v1" : "binary";
      const socket = new WebSocket(`wss://${host}:${port}${path}`, protocol, { rejectUnauthorized: false, headers: { cookie: `${karin.cookie}; ${seat.cookie}`, origin: "https://evil.example" } });
      let data = 0;
      socket.on("message", () => data++);
      const end = await endOf(socket);
      assert.ok(end.code !== 1000 && !data, `${path} from another origin: ${JSON.stringify(end)}, ${data} messages`);
    }
    assert.deepEqual(await views(demo), []);
    admin.close();
    seat.close();
  });

  check(demo, "stealing a projection: /ws/project for somebody else's, for a session's, without the right", async () => {
    const picture = await jpeg(demo, 0x804020);
    const seat = await WebSeat.open(demo, p[1]!);
    const session = await ready(demo, p[1]!);
    const started = await karin.call("Projections.Start", { source: null, sessions: null, users: [p[1]!.name], stations: null, all: null, window: null });
    const id = String(started.json["projection"]);
    const otto = await Supervisor.signIn(demo, p[4]!);
    const open = async (cookie: string, projection: string) => {
      const sender = await ScreenSender.open(demo, cookie, projection, picture);
      const end = await until("the socket is closed", () => sender.end, 5000);
      assert.equal(sender.asked, 0, "a picture was asked for");
      return end.code;
    };
    const code = (cookie: string, projection: string) => open(cookie, projection).catch((e: SocketEnded) => {
      if (!e.ended) throw e;
      return e.ended.code;
    });
    const own = await ScreenSender.open(demo, karin.cookie, id, await jpeg(demo, 0x2040d0));
    await until("the teacher's screen", () => seat.shows(0x2040d0));
    seat.lookFor({ colour: 0x804020 });
    assert.ok([4403, 4404].includes(await code(otto.cookie, id)));
    assert.ok([4403, 4404].includes(await code(ada.cookie, id)), "an administrator in the place of the teacher");
    assert.equal(await code("", id), 4401);
    assert.equal(await code(seat.cookie, id), 4401);
    const other = await project(demo, operator().name, session.id, { users: [p[0]!.name] });
    assert.ok([4403, 4404].includes(await code(karin.cookie, other.projection)), "pictures for a projection of a session");
    assert.ok([4403, 4404].includes(await code(karin.cookie, "p99999")));
    for (const bad of ["", "x", "p1/../p2", "p".repeat(5000)]) assert.notEqual(await code(karin.cookie, bad), 1000, bad.slice(0, 10));
    await throughout("the teacher's screen stays", 200, () => seat.shows(0x2040d0) && !seat.sighted(0x804020));
    // Pictures that are none: the socket ends or the picture is left out; the relay lives.
    const pid = await demo.daemon("station-relay");
    const frame = (w: number, h: number) => Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, h >> 8, h & 255, w >> 8, w & 255, 1, 1, 0x11, 0, 0xff, 0xd9]);
    for (const bad of [Buffer.alloc(0), Buffer.from("GIF89a"), picture.subarray(0, 200), Buffer.concat([picture.subarray(0, 100), Buffer.alloc(5000, 0xff)]), frame(65535, 65535), frame(3841, 100), frame(0, 0), Buffer.alloc(5 << 20, 0xd8)]) {
      own.show(bad);
      const again = await ScreenSender.open(demo, karin.cookie, id, bad).catch(() => undefined);
      await until("the picture was taken, or the socket closed", () => !again || again.end || again.sent > 0, 3000);
      again?.close();
    }
    assert.equal(await demo.daemon("station-relay"), pid, "the relay has been restarted");
    own.close();
    await atEase(demo);
    await seat.see(p[1]!);
    seat.close();
  });

  check(demo, "/ws/station/rfb with another cookie, or where the scene has no pixels", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    await ready(demo, p[0]!);
    await seat.see(p[0]!);
    for (const cookie of ["", "__Host-station=", `__Host-station=${"C".repeat(43)}`, await newStationCookie(demo), karin.cookie, `__Host-station=${karin.cookie.split("=")[1]}`]) {
      const opened = await openRfb(webSocket(demo, "/ws/station/rfb", "binary", cookie)).catch((e: Error) => e);
      assert.ok(opened instanceof Error, `pixels with ${cookie || "no cookie"}`);
    }
    const greeter = await WebSeat.open(demo);
    await assert.rejects(openRfb(webSocket(demo, "/ws/station/rfb", "binary", greeter.cookie)));
    // Locked: the page asks all the same.
    seat.act("lock");
    await seat.scenesBe("the lock", (s) => s.kind === "lock");
    const opened = await openRfb(webSocket(demo, "/ws/station/rfb", "binary", seat.cookie), { watchFor: [p[0]!.colour] }).catch(() => undefined);
    if (opened) await throughout("no pixel of the desktop", 300, () => opened.sightings.get(p[0]!.colour) === 0);
    opened?.close();
    await seat.logIn(p[0]!, "unlock");
    // Blocked: pixels are those of the block.
    await block(demo, operator().name, { users: [p[0]!.name] }, "No");
    await seat.scenesBe("the block", (s) => s.kind === "block");
    const blocked = await openRfb(webSocket(demo, "/ws/station/rfb", "binary", seat.cookie), { watchFor: [p[0]!.colour] });
    await demo.inSession(p[0]!.name, `xsetroot -solid '#${p[0]!.colour.toString(16).padStart(6, "0")}'`);
    blocked.send(Buffer.from([3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
    await throughout("no pixel of the desktop", 400, () => blocked.sightings.get(p[0]!.colour) === 0);
    blocked.close();
    await atEase(demo);
    await seat.see(p[0]!);
    seat.close();
    greeter.close();
  });

  check(demo, "hostile strings: full name, block message, projection, sign, clipboard: shown as text, or refused", async () => {
    const seat = await StationTab.open(demo, p[3]!);
    const session = await ready(demo, p[3]!);
    let dialogs = 0;
    const dashboard = await Dashboard.open(demo, operator());
    for (const page of [seat.page, dashboard.page]) page.on("dialog", (d) => { dialogs++; void d.dismiss(); });
    const clean = async (what: string) => {
      for (const page of [seat.page, dashboard.page]) {
        assert.equal(await page.locator("img[src=x]").count(), 0, `${what}: an element was made of a string`);
        assert.equal(await page.locator("i", { hasText: "Otto" }).count(), 0, what);
      }
      assert.equal(dialogs, 0, what);
      const list = await demo.ctl(["session", "list"]);
      assert.ok(!/[\x00-\x08\x0b-\x1f\u202a-\u202e]/.test(list.stdout), `${what}: control characters in stationctl's output`);
    };
    await dashboard.tile(p[3]!.name).waitFor();
    await clean("full name");
    const words = `<img src=x onerror=alert(2)><script>alert(3)</script>{{7*7}} \${7*7} %s%n%n \u202etxt.exe\u2066 ${"\u0301".repeat(40)} 😀`;
    await block(demo, operator().name, { sessions: [session.id] }, words);
    await seat.page.getByText("<script>alert(3)</script>").first().waitFor();
    await clean("block message");
    for (const bad of ["x".repeat(501), "a\u0000b", "\u001b[2J"]) {
      const result = await block(demo, operator().name, { sessions: [session.id] }, bad).then(() => "ok", (e: Error) => e.message);
      assert.ok(/InvalidParameter|ended \(end\)/.test(result) || (result === "ok" && !/[\x00-\x08\x0b-\x1f]/.test((await blocks(demo))[0]!.message)), `${JSON.stringify(bad.slice(0, 10))}: ${result}`);
    }
    await demo.call("Blocks.Unblock", { all: true, sessions: null, users: null, stations: null });
    // A VNC station draws it: any script, and much of it.
    const vnc = await VncSeat.open(demo, p[1]!);
    await ready(demo, p[1]!);
    const pid = await demo.daemon("station-relay");
    for (const text of [words, "W".repeat(500), "\n".repeat(200), "ﷺ".repeat(300), "नमस्ते ".repeat(60), "a\u0301".repeat(250), "\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67".repeat(40)]) {
      await block(demo, operator().name, { users: [p[1]!.name] }, [...text].slice(0, 500).join("")).catch((e: Error) => assert.match(e.message, /InvalidParameter/));
      await until("the block", () => !vnc.shows(p[1]!.colour) && vnc.hasWords);
    }
    assert.equal(await demo.daemon("station-relay"), pid);
    await atEase(demo);
    // The sign names who looks; the projection names whose desktop it is.
    const otto = await Supervisor.signIn(demo, p[4]!);
    const look = await ViewSeat.open(demo, otto.cookie, session.id, "control");
    await seat.page.getByText("<i>Otto</i>").first().waitFor();
    await clean("sign");
    look.close();
    await project(demo, operator().name, session.id, { users: [p[1]!.name] });
    await until("the projection", async () => (await demo.sessionOf(p[1]!.name))?.projected);
    await clean("projection");
    await atEase(demo);
    // Clipboards of a station: any bytes.
    const cut = (bytes: Buffer) => {
      const head = Buffer.alloc(8);
      head[0] = 6;
      head.writeUInt32BE(bytes.length, 4);
      vnc.screen.send(Buffer.concat([head, bytes]));
    };
    for (const bytes of [Buffer.from("<script>"), Buffer.alloc(200_000, 0x41), Buffer.from([0, 1, 2, 3, 27, 0x5b, 0x32, 0x4a]), Buffer.from("\xff\xfe\xc0\x80", "latin1")]) cut(bytes);
    await vnc.see(p[1]!);
    await clean("clipboard");
    assert.deepEqual(seat.problems.concat(dashboard.problems), []);
    assert.equal(await demo.daemon("station-relay"), pid);
    vnc.close();
    await seat.close();
    await dashboard.close();
  }, 120_000);

  check(demo, "cross-site requests: another origin, no content type, a form: refused", async () => {
    const body = JSON.stringify({ sessions: null, users: null, stations: null, all: true, message: "x", until_ms: null });
    for (const headers of [{ origin: "https://evil.example", "content-type": "application/json" }, { origin: "null", "content-type": "application/json" },
      { origin: demo.origin, "content-type": "text/plain" }, { origin: demo.origin, "content-type": "application/x-www-form-urlencoded" }]) {
      const answer = await http(demo, "/api/org.stationmaster.Blocks.Block", { method: "POST", headers: { ...headers, cookie: karin.cookie }, body });
      assert.ok(answer.status >= 400, `${JSON.stringify(headers)}: ${answer.status}`);
    }
    assert.deepEqual(await blocks(demo), []);
  });

  check(demo, "guess passwords: the lock and the greeter slow down and tell nothing about who exists", async () => {
    const seat = await WebSeat.open(demo, p[0]!);
    const session = await ready(demo, p[0]!);
    seat.act("lock");
    await seat.scenesBe("the lock", (s) => s.kind === "lock");
    const answers = new Set<string>();
    const t0 = Date.now();
    for (let i = 0; i < 4; i++) answers.add(await seat.logIn({ name: p[0]!.name, password: `guess-${i}` }, "unlock").then(() => "let in", (e: Error) => e.message.replace(/"retry_ms":\d+|\d+ (s|m)\w*/g, "")));
    assert.ok(Date.now() - t0 > 2000, "four guesses took less than two seconds");
    assert.ok(!answers.has("let in"));
    // From inside: su and the API are no side doors to the lock.
    const inside = await inSession(demo, p[0]!, `stationctl call org.stationmaster.Login.Start '{"purpose":"unlock","user":"${p[0]!.name}","address":""}' && echo started; true`);
    assert.ok(!/started/.test(inside.output), inside.output);
    assert.equal((await demo.sessionOf(p[0]!.name))!.locked, true);
    await demo.call("Sessions.Unlock", { sessions: [session.id] });
    assert.equal(password.length > 8, true);
    seat.close();
  });
});
