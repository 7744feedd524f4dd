// SPDX-License-Identifier: GPL-3.0-or-later
// Browser stations without a browser: the page's WebSocket, and where a measuring viewer takes the screen.
// They use clear HTTP on the loopback address, as a proxy on the same computer does.
import { request } from "node:http";
import WebSocket from "ws";
import type { Json } from "../harness/agent.js";
import { until } from "../harness/wait.js";
import { Bed } from "./bed.js";

function ask(url: URL, method: string, headers: Record<string, string>, body = ""): Promise<{ status: number; cookies: string[]; json: Json }> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (t: string) => (text += t)).on("error", reject).on("end", () =>
        resolve({ status: res.statusCode ?? 0, cookies: res.headers["set-cookie"] ?? [], json: /json/.test(res.headers["content-type"] ?? "") ? (JSON.parse(text) as Json) : {} }));
    });
    req.on("error", reject).end(body);
  });
}

export class BrowserStation {
  id = "";
  scene: Json = {};
  private constructor(private readonly bed: Bed, private readonly cookie: string, private readonly socket: WebSocket) {}

  static async open(bed: Bed): Promise<BrowserStation> {
    const page = await ask(new URL("/station", bed.told.url), "GET", { accept: "text/html" });
    const cookie = page.cookies.find((c) => c.startsWith("station="))?.split(";")[0];
    if (!cookie) throw new Error(`GET /station: ${page.status}, no cookie`);
    const url = new URL("/ws/station", bed.told.url);
    url.protocol = "ws:";
    const socket = new WebSocket(url, "stationmaster.station.v1", { headers: { cookie, origin: new URL(bed.told.url).origin } });
    const station = new BrowserStation(bed, cookie, socket);
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as Json;
      if (message["station"]) station.id = String(message["station"]);
      if (message["scene"]) station.scene = message["scene"] as Json;
    });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    await until("the station knows its scene", () => station.id && station.scene["kind"]);
    return station;
  }

  static all(bed: Bed, n: number): Promise<BrowserStation[]> {
    return Promise.all(Array.from({ length: n }, () => BrowserStation.open(bed)));
  }

  /** The line that tells a viewer where this station's screen is. */
  get endpoint(): string {
    return `${new URL("/ws/station/rfb", this.bed.told.url).href.replace("http:", "ws:")} ${this.cookie}`;
  }

  shows(kind: string): Promise<unknown> {
    return until(`${this.id} shows ${kind}`, () => this.scene["kind"] === kind, 30_000, () => this.scene);
  }

  async logIn(user: string, password: string): Promise<void> {
    const headers = { "content-type": "application/json", origin: new URL(this.bed.told.url).origin, cookie: this.cookie };
    const call = async (method: string, parameters: Json) => {
      const answer = await ask(new URL(`/api/org.stationmaster.Login.${method}`, this.bed.told.url), "POST", headers, JSON.stringify(parameters));
      if (answer.status !== 200) throw new Error(`Login.${method} of ${user}: ${answer.status} ${JSON.stringify(answer.json)}`);
      return answer.json;
    };
    let answer = await call("Start", { purpose: "station", station: null, user, desktop: null, width: 1280, height: 720 });
    if (!answer["done"]) answer = await call("Answer", { conversation: answer["conversation"], answers: [password] });
    if (!answer["done"]) throw new Error(`${user} is not logged in: ${JSON.stringify(answer)}`);
    await this.shows("session");
  }

  close(): void {
    this.socket.terminate();
  }
}
