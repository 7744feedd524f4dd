// SPDX-License-Identifier: GPL-3.0-or-later
// A stick with a FAT file system, for the third port of hub A or B.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Hub, Machine, Person } from "../harness/machine.js";
import { build } from "../harness/paths.js";
import { output } from "../harness/process.js";

export const label = "STICK";
export const where = (p: Person): string => `/run/media/${p.name}/${label}`;

export class Stick {
  private readonly image = join(build, "machine", `stick-${process.pid}.img`);

  async make(): Promise<void> {
    rmSync(this.image, { force: true });
    await output(["mkfs.vfat", "-C", this.image, "16384", "-n", label]);
  }

  remove(): void {
    rmSync(this.image, { force: true });
  }

  async plug(m: Machine, at: Hub): Promise<void> {
    await m.qmp.run("blockdev-add", { driver: "raw", "node-name": `stick${at}`, file: { driver: "file", filename: this.image } });
    await m.plug({ driver: "usb-storage", id: `usbstick${at}`, bus: "xhci.0", port: `${at === "A" ? 1 : 2}.3`, drive: `stick${at}`, removable: true });
  }

  async pull(m: Machine, at: Hub): Promise<void> {
    await m.unplug(`usbstick${at}`);
    await m.qmp.run("blockdev-del", { "node-name": `stick${at}` });
  }
}
