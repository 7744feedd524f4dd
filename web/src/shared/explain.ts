// SPDX-License-Identifier: GPL-3.0-or-later
// Turns an ApiError into words: what happened and what to do, then the system's own reason, if any.

import { ApiError } from "./api";
import { said, t } from "./i18n";

export interface Explanation {
  text: string;
  /** The system's own sentence; "" when it has none to add. */
  reason: string;
  /** Last lines a failed program wrote. */
  output: string;
}

function text(e: ApiError): string {
  if (e.status === 401 && e.kind !== "Denied") return t("error.signin");
  switch (e.kind) {
    case "Denied":
      return t("error.denied");
    case "Failed":
      return e.code.startsWith("Login.") ? t("error.failed") : t("error.other", { code: e.code });
    case "NoConversation":
      return t("error.noconversation");
    case "Busy": {
      const ms = Number(e.parameters["retry_ms"]);
      return t("error.busy", { count: Math.max(1, Math.ceil((Number.isFinite(ms) ? ms : 1000) / 1000)) });
    }
    case "Refused":
      return t("error.refused");
    case "NotFound":
    case "UnknownUser":
      return t("error.notfound");
    case "Limit":
      return t("error.limit");
    case "NoScreen":
      return t("error.noscreen");
    case "Network":
      return t("error.network");
    case "Unavailable":
      return t("error.unavailable");
    default:
      return t("error.other", { code: e.code });
  }
}

const SAID_ALREADY = new Set(["Busy", "Unavailable", "Unauthenticated", "Network", "NoConversation"]);

export function explain(e: ApiError): Explanation {
  const output = e.parameters["output"];
  // Where our own words say it all, a second sentence would only repeat them.
  const reason = SAID_ALREADY.has(e.kind) ? "" : said(e.reason);
  return {
    text: text(e),
    reason: reason !== "" ? reason : e.kind === "Denied" ? t("error.denied.hint") : "",
    output: typeof output === "string" ? output.trimEnd() : "",
  };
}
