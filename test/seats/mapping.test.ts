// SPDX-License-Identifier: GPL-3.0-or-later
// Whose keyboard is whose: screens that nobody has set up ask for the keyboard in front of them.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { check, Machine, monitors, outputId } from "../harness/machine.js";
import { artefact } from "../harness/paths.js";
import { limit, NotYet, until } from "../harness/wait.js";

describe("mapping of local stations", () => {
  let machine: Machine;
  before(async () => { machine = await Machine.start("mapping"); }, { timeout: limit(600_000) });
  after(() => machine?.stop());

  const stationIs = (m: Machine, id: string, wanted: object, timeout = limit(20_000)) =>
    until(`${id} is ${JSON.stringify(wanted)}`, async () => {
      const s = (await m.stations()).find((x) => x.id === id);
      if (!s) throw new NotYet(await m.stations());
      for (const [key, value] of Object.entries(wanted)) {
        if (JSON.stringify(s[key as keyof typeof s]) !== JSON.stringify(value)) throw new NotYet(s);
      }
      return s;
    }, timeout);

  check(() => machine, "each screen asks for the keyboard in front of it, one after the other", async (m) => {
    await stationIs(m, "local-1", { kind: "local", output: outputId(0), mapping: "keyboard", scene: "mapping" }, limit(40_000));
    await stationIs(m, "local-2", { output: outputId(1), mapping: "waiting", scene: "mapping" });
    const asks = await m.see("the first screen asks", 0, (p) => p.colours() > 8);
    const waits = await m.see("the second screen says that it waits", 1, (p) => p.colours() > 8);
    assert.deepEqual([[asks.width, asks.height], [waits.width, waits.height]], monitors);
    asks.save(artefact("seats/asks.png"));
    waits.save(artefact("seats/waits.png"));
    await m.press("A", "spc");
    await stationIs(m, "local-1", { mapping: "done", missing: [], scene: "greeter" });
    await stationIs(m, "local-2", { mapping: "keyboard" });
    // The keyboard that is mapped already changes nothing at the second screen.
    await m.press("A", "spc");
    await m.press("B", "f5");
    await stationIs(m, "local-2", { mapping: "done", missing: [], scene: "greeter" });
    assert.equal((await m.stations()).length, 2);
  });

  check(() => machine, "every mapped screen shows the greeter", async (m) => {
    for (const head of [0, 1] as const) {
      const greeter = await m.see(`output ${head} shows the greeter`, head, (p) => p.share(0xffffff) > 0.05);
      greeter.save(artefact(`seats/greeter-${head}.png`));
    }
  });
});
