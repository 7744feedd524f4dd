// SPDX-License-Identifier: GPL-3.0-or-later
// What others do with this screen, in words, at its edge: who looks, who controls, who shows what.
// Lets the pointer through; it is there to be read.

import { t } from "../shared/i18n";
import type { SceneProjection, Sign } from "../shared/types";

function signText(s: Sign): string {
  if (s.kind === "viewed") return t("station.sign.viewed", { name: s.by });
  return t(s.exclusive ? "station.sign.exclusive" : "station.sign.controlled", { name: s.by });
}

function projectionText(p: SceneProjection): string {
  return p.session === ""
    ? t("station.sign.screen", { name: p.by })
    : t("station.sign.projection", { name: p.by, whose: p.full_name });
}

export function Signs({ sign, projection }: { sign: Sign | null; projection: SceneProjection | null }) {
  return (
    <div class="signs" role="status">
      {sign && (
        <p class={sign.kind === "controlled" ? "sign sign-controlled" : "sign"}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            {sign.kind === "viewed" ? (
              <path d="M2 12c2-4 6-6.500 10-6.500s8 2.500 10 6.500c-2 4-6 6.500-10 6.500s-8-2.500-10-6.500zM12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600z" />
            ) : (
              <path d="M5 3l6 16 2.500-6.500L20 10z" />
            )}
          </svg>
          {signText(sign)}
        </p>
      )}
      {projection && (
        <p class="sign">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M3 5h18v11H3zM8 20h8M12 16v4" />
          </svg>
          {projectionText(projection)}
        </p>
      )}
    </div>
  );
}
