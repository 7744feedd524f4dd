// SPDX-License-Identifier: GPL-3.0-or-later
// How the target of an act is named in titles: one by name, several by number, all as all.

import { t } from "../shared/i18n";
import { tiles } from "./store";

export function whomText(sessions: readonly string[] | "all"): string {
  if (sessions === "all") return t("whom.all");
  const only = sessions.length === 1 ? tiles.get(sessions[0] ?? "") : undefined;
  return only ? only.session.value.full_name : t("whom.many", { count: sessions.length });
}
