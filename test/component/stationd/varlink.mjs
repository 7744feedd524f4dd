// SPDX-License-Identifier: GPL-3.0-or-later
// A small Varlink connection: client and server, over any stream. Descriptors are not passed.
import { createConnection } from "node:net";

export class Connection {
  constructor(stream, serve) {
    this.stream = stream;
    this.serve = serve;
    this.buffer = "";
    this.pending = [];
    this.closed = new Promise((resolve) => stream.on("close", resolve));
    stream.setEncoding("utf8");
    stream.on("error", () => {});
    stream.on("data", (text) => this.handle(text));
    stream.on("close", () => {
      for (const p of this.pending.splice(0)) p.reject(new Error("connection closed"));
    });
  }

  static connect(path) {
    return new Promise((resolve, reject) => {
      const stream = createConnection(path);
      stream.once("error", reject);
      stream.once("connect", () => {
        stream.off("error", reject);
        resolve(new Connection(stream));
      });
    });
  }

  handle(text) {
    this.buffer += text;
    let end;
    while ((end = this.buffer.indexOf("\0")) >= 0) {
      const message = JSON.parse(this.buffer.slice(0, end));
      this.buffer = this.buffer.slice(end + 1);
      if (message.method) this.serve(message, (reply) => this.send({ ...reply, ...(message.id === undefined ? {} : { id: message.id }) }), this);
      else this.handleReply(message);
    }
  }

  handleReply(message) {
    const at = this.pending.findIndex((p) => p.id === message.id);
    const p = this.pending[at];
    if (!message.continues) this.pending.splice(at, 1);
    if (message.error) p.reject(Object.assign(new Error(`${message.error} ${JSON.stringify(message.parameters)}`), { error: message.error, parameters: message.parameters }));
    else if (message.continues) p.more(message.parameters);
    else p.resolve(message.parameters);
  }

  send(message) {
    if (this.stream.writable) this.stream.write(JSON.stringify(message) + "\0");
  }

  /** One call; with more, each reply but the last goes there. */
  call(method, parameters = {}, { token, from, more } = {}) {
    const id = (this.lastId = (this.lastId ?? 0) + 1);
    return new Promise((resolve, reject) => {
      this.pending.push({ id, resolve, reject, more });
      this.send({ method: `org.stationmaster.${method}`, parameters, id, ...(token ? { token } : {}), ...(from ? { from } : {}), ...(more ? { more: true } : {}) });
    });
  }

  /** The error that a call must end with. */
  async fails(method, parameters = {}, options = {}) {
    try {
      const reply = await this.call(method, parameters, options);
      throw new Error(`${method} did not fail: ${JSON.stringify(reply)}`);
    } catch (e) {
      if (!e.error) throw e;
      return { error: e.error.replace("org.stationmaster.", ""), ...e.parameters };
    }
  }

  close() {
    this.stream.destroy();
  }
}
