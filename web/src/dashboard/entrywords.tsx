// SPDX-License-Identifier: GPL-3.0-or-later
// The words of one entry of the audit log, for the place "Activity" and the history of a session.

import { list, t } from "../shared/i18n";
import type { AuditEntry } from "../shared/types";
import { ending, isMethod, parseTargets } from "./audit";
import { stations, tiles } from "./store";
import { nameSome } from "./summary";

export function didText(method: string): string {
  return isMethod(method) ? t(`did.${method}`) : method;
}

/** Account or station to the name people know it by, as far as it is known here. */
export function knownName(name: string): string {
  for (const x of tiles.values()) if (x.session.peek().user === name) return x.session.peek().full_name;
  return stations.peek().get(name)?.name || name;
}

export function whomOf(e: AuditEntry): string {
  const { all, named } = parseTargets(e.method, e.targets);
  if (all && named.length === 0) return t("whom.all");
  const [only] = named;
  if (named.length === 1 && only?.name === e.user && only.state === "") return ""; // who did it to oneself
  const names = named.map((n) => {
    const name = knownName(n.name);
    return n.state === "" ? name : t(`did.named.${n.state}`, { name });
  });
  const { shown, more } = nameSome(names);
  if (more > 0) return list([...shown, t("did.more", { count: more })]);
  const who = list(shown);
  return all ? (who ? `${t("whom.all")}: ${who}` : t("whom.all")) : who;
}

export function whatOf(e: AuditEntry): string {
  const { what } = parseTargets(e.method, e.targets);
  if (e.method === "Chat.Set") return t(what === "off" ? "did.off" : "did.on");
  if (e.method.startsWith("Views.")) return what; // how long
  if (e.method.startsWith("Login.") && what) return knownName(what);
  return what === "" || what === "all" ? "" : t("quoted", { text: what });
}

export function Ending({ entry: e }: { entry: AuditEntry }) {
  const how = ending(e.result);
  return (
    <span class={`ending ending-${how}`} title={how === "failed" ? e.result : undefined}>
      {t(`ending.${how}`)}
    </span>
  );
}
