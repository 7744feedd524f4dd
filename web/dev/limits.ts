// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of the web in the false classroom (world.ts).

import type { Session, SiteList, Target, WebLimit } from "../src/shared/types";

interface Host {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly me: { user: string; full_name: string; role: string };
  update(s: Session): void;
}

const SITE = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

export class Limits {
  list: WebLimit[] = [];
  recent: SiteList[] = [
    { mode: "allow", domains: ["contoso.com", "example.org"] },
    { mode: "deny", domains: ["games.example"] },
  ];

  constructor(private readonly host: Host) {}

  /** Why these sites are not taken; "": they are. */
  bad(p: Record<string, unknown>): string {
    const bad = ((p["domains"] ?? []) as string[]).find((d) => !SITE.test(d));
    return bad === undefined ? "" : `"${bad}" has no ending. Write the whole name of the site, like contoso.com; for everything below an ending write it like *.edu.`;
  }

  set(p: Record<string, unknown>, on: boolean): { targets: Target[] } {
    const all = p["all"] === true;
    const ids = (p["sessions"] ?? []) as string[];
    const users = (p["users"] ?? []) as string[];
    const list: SiteList = { mode: p["mode"] === "deny" ? "deny" : "allow", domains: (p["domains"] ?? []) as string[] };
    const words = { ...list, by: this.host.me.full_name, since: new Date().toISOString(), until_ms: Number(p["until_ms"] ?? 0) };
    if (on) this.recent = [list, ...this.recent.filter((l) => JSON.stringify(l) !== JSON.stringify(list))].slice(0, 10);
    if (all) {
      this.list = on ? this.list.filter((l) => l.kind !== "all") : [];
      if (on) this.list.push({ kind: "all", name: "", full_name: "", ...words });
    }
    const meant = [...this.host.sessions.values()].filter((s) => (all ? s.role === "standard" : ids.includes(s.id) || users.includes(s.user)));
    const targets = meant.map((s): Target => {
      const t: Target = { session: s.id, station: "", user: s.user, full_name: s.full_name, state: "done", reason: "" };
      if (!s.may.includes("limit")) return { ...t, state: "refused", reason: "Only an administrator may act on sessions of administrators." };
      if (all) return t;
      if (!on && this.list.some((l) => l.kind === "all"))
        return { ...t, state: "refused", reason: "The web is limited for everybody; nobody can be let out alone. Free the web of everybody first." };
      this.list = this.list.filter((l) => l.name !== s.user);
      if (on) this.list.push({ kind: "user", name: s.user, full_name: s.full_name, ...words });
      return t;
    });
    if (!on) this.list = this.list.filter((l) => l.kind === "all" || !users.includes(l.name));
    for (const s of this.host.sessions.values()) {
      const limited = this.list.some((l) => l.name === s.user || (l.kind === "all" && s.role === "standard"));
      if (limited === s.limited) continue;
      s.limited = limited;
      this.host.update(s);
    }
    return { targets };
  }
}
