// SPDX-License-Identifier: GPL-3.0-or-later
// What a screen reader is told, from the browser's own accessibility tree: everything that can have the focus has a
// name, and in one dialog or menu no two buttons have the same (but for Close, which is one act in two places).

import type { Page } from "playwright-core";

interface Node {
  nodeId: string;
  parentId?: string;
  ignored: boolean;
  role?: { value?: unknown };
  name?: { value?: unknown };
  properties?: { name: string; value: { value?: unknown } }[];
}

const TOGETHER = new Set(["dialog", "menu"]);
const TWICE = new Set(["Close", "Schließen"]);
const PRESSED = new Set(["button", "menuitem", "menuitemcheckbox", "link"]);

const roleOf = (n: Node) => String(n.role?.value ?? "");
const nameOf = (n: Node) => String(n.name?.value ?? "").trim();
const is = (n: Node, what: string) => n.properties?.some((p) => p.name === what && p.value.value === true) ?? false;

/** The nearest dialog or menu that it is in. */
function groupOf(n: Node, byId: ReadonlyMap<string, Node>): string {
  for (let up = byId.get(n.parentId ?? ""); up; up = byId.get(up.parentId ?? "")) if (TOGETHER.has(roleOf(up))) return up.nodeId;
  return "";
}

function faultsOf(nodes: readonly Node[]): string[] {
  const byId = new Map(nodes.map((n) => [n.nodeId, n]));
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const n of nodes) {
    const role = roleOf(n);
    if (n.ignored || role === "RootWebArea") continue;
    const name = nameOf(n);
    if (is(n, "focusable") && name === "") faults.push(`no name: ${role}`);
    if (!PRESSED.has(role) || name === "" || TWICE.has(name)) continue;
    const group = groupOf(n, byId);
    if (group !== "" && seen.has(`${group} ${name}`)) faults.push(`two of one name in a dialog: ${name}`);
    seen.add(`${group} ${name}`);
  }
  return faults;
}

export async function nameFaults(page: Page): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page);
  try {
    const { nodes } = await cdp.send("Accessibility.getFullAXTree");
    return faultsOf(nodes as unknown as Node[]);
  } finally {
    await cdp.detach();
  }
}
