// SPDX-License-Identifier: GPL-3.0-or-later
// One caller on api.sock with the credentials of this process: a line of JSON in, a line out.
import { createInterface } from "node:readline";
import { Connection } from "./varlink.mjs";

const connection = await Connection.connect(process.argv[2]);
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");
connection.closed.then(() => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) {
  const { method, parameters, more } = JSON.parse(line);
  const call = connection.call(method, parameters, more ? { more: (event) => say({ event }) } : {});
  call.then((reply) => say({ parameters: reply }), (e) => say({ error: e.error ?? String(e), parameters: e.parameters }));
}
process.exit(0);
