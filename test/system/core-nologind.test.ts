// SPDX-License-Identifier: GPL-3.0-or-later
// The core suite on a system without systemd, logind and D-Bus: the fall-back.
import { describe } from "node:test";
import { coreTests } from "../harness/core.js";
import { useDemo } from "../harness/demo.js";

describe("core, without logind", () => {
  coreTests(useDemo("core-none", { sessions: 6, init: "none" }));
});
