// SPDX-License-Identifier: GPL-3.0-or-later
import type { May, Session } from "../src/shared/types";

export const session = (id: string, may: May[], own = false): Session => ({
  id,
  user: id,
  uid: 1000,
  full_name: id,
  role: "standard",
  state: "active",
  type: "x11",
  desktop: "xfce",
  display: ":1",
  logind: "1",
  stations: [],
  since: "2026-11-22T14:20:00Z",
  idle_ms: 0,
  blocked: false,
  locked: false,
  projected: false,
  projecting: false,
  viewed: false,
  controlled: false,
  controlled_by: "",
  scene: "none",
  own,
  may,
});
