// SPDX-License-Identifier: GPL-3.0-or-later
// A stick with a FAT file system, or with partitions, for the third port of hub A or B.
import { closeSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
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

  /** As they are sold: a table of partitions, here with two: FAT, called label, and ext4, called OTHER. */
  async makeParted(): Promise<void> {
    const MIB = 2048; // sectors
    const table = Buffer.alloc(512);
    [[1 * MIB, 16 * MIB, 0x0c], [17 * MIB, 16 * MIB, 0x83]].forEach(([from, length, type], i) => {
      table.writeUInt8(type!, 446 + 16 * i + 4);
      table.writeUInt32LE(from!, 446 + 16 * i + 8);
      table.writeUInt32LE(length!, 446 + 16 * i + 12);
    });
    table.writeUInt16LE(0xaa55, 510);
    this.remove();
    writeFileSync(this.image, "");
    truncateSync(this.image, 34 * MIB * 512);
    await output(["mkfs.vfat", `--offset=${MIB}`, "-n", label, this.image, String(16 * 1024)]);
    await output(["mkfs.ext4", "-q", "-L", "OTHER", "-E", `offset=${17 * MIB * 512}`, this.image, "16M"]);
    const fd = openSync(this.image, "r+");
    writeSync(fd, table, 0, 512, 0);
    closeSync(fd);
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
