// SPDX-License-Identifier: GPL-3.0-or-later
// The core suite on a booted system with systemd and logind.
import { describe } from "node:test";
import { coreTests } from "../harness/core.js";
import { useDemo } from "../harness/demo.js";

describe("core, with logind", () => {
  coreTests(useDemo("core", { sessions: 6 }));
});
