// SPDX-License-Identifier: GPL-3.0-or-later
// Run inside the network of internet.ts: HTTP, HTTPS with DNS over HTTPS, a proxy and plain ports of TCP and UDP,
// at every address. Every connection and every request is a line of JSON on stdout.
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import { connect, createServer as createPlain, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

const [keyFile, certFile] = process.argv.slice(2);

function tell(server: string, socket: Socket | undefined, name: string, to?: string): void {
  const at = to ?? `${socket!.localAddress?.replace(/^::ffff:/, "")}:${socket!.localPort}`;
  process.stdout.write(`${JSON.stringify({ server, to: at, name })}\n`);
}

function page(kind: "http" | "tls", request: IncomingMessage, response: ServerResponse): void {
  const host = request.headers.host ?? "";
  tell(kind, request.socket, kind === "tls" ? `${(request.socket as TLSSocket & { servername?: string }).servername || "-"} ${host}` : host);
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><title>${host}</title><body style="background:#0f0">SITE ${host} AT ${request.socket.localAddress?.replace(/^::ffff:/, "")}</body>\n`);
}

/** One answer of type A to a question in the format of DNS. */
function dnsAnswer(question: Buffer): Buffer {
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 66]);
  let end = 12;
  while (question[end]) end += question[end]! + 1;
  const isA = question.readUInt16BE(end + 1) === 1;
  const reply = Buffer.concat([question.subarray(0, end + 5), isA ? answer : Buffer.alloc(0)]);
  reply.writeUInt16BE(0x8180, 2);
  reply.writeUInt16BE(isA ? 1 : 0, 6);
  reply.writeUInt32BE(0, 8);
  return reply;
}

function secure(request: IncomingMessage, response: ServerResponse): void {
  if (!request.url?.startsWith("/dns-query")) return page("tls", request, response);
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
    const query = new URL(request.url!, "https://x").searchParams.get("dns");
    const question = query ? Buffer.from(query, "base64url") : Buffer.concat(parts);
    tell("doh", request.socket, (request.socket as TLSSocket & { servername?: string }).servername || "-");
    if (question.length < 17) return response.writeHead(400).end();
    response.setHeader("content-type", "application/dns-message");
    response.end(dnsAnswer(question));
  });
}

const servers: { listen(port: number, host: string, done: () => void): unknown }[] = [];
const ports: number[] = [];
const add = (port: number, server: { listen(port: number, host: string, done: () => void): unknown }) => {
  servers.push(server);
  ports.push(port);
};

add(443, createSecure({ key: readFileSync(keyFile!), cert: readFileSync(certFile!) }, secure));

/** CONNECT: leads to the closed site, whatever was asked for. */
function tunnel(port: number): (q: IncomingMessage, socket: Socket) => void {
  return (q, socket) => {
    tell("proxy", socket, q.url ?? "");
    const to = connect(port, "203.0.113.66", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(to).pipe(socket);
    });
    to.on("error", () => socket.destroy());
    socket.on("error", () => to.destroy());
  };
}
add(80, createServer((q, r) => page("http", q, r)).on("connect", tunnel(80)));
add(3128, createServer((q, r) => {
  tell("proxy", q.socket, q.url ?? "");
  r.end("SITE through a proxy\n");
}).on("connect", tunnel(443)));
for (const port of [22, 853, 1080, 5222, 8080, 8443]) add(port, createPlain((socket) => {
  tell("tcp", socket, "");
  socket.on("error", () => undefined);
  socket.end("HELLO\n");
}));

async function udp(port: number): Promise<void> {
  const socket = createSocket("udp6");
  socket.on("message", (data, from) => {
    tell("udp", undefined, "", `:${port}`);
    socket.send(`HELLO ${data.length}\n`, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(port, resolve));
}

process.stdin.resume().on("end", () => process.exit(0));
await Promise.all([
  ...servers.map((server, i) => new Promise<void>((resolve) => server.listen(ports[i]!, "::", resolve))),
  ...[123, 443, 853, 1194, 51820].map(udp),
]);
process.stdout.write("ready\n");
