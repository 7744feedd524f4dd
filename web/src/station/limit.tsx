// SPDX-License-Identifier: GPL-3.0-or-later
// For some seconds: the session used up what it may have, and what became of it.

import { useEffect, useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import type { LimitHit } from "../shared/types";

const SHOWN_MS = 15_000;
const NEWS_MS = 60_000; // older is none: the page was loaded again

export function LimitNews({ hit, at_ms }: { hit: LimitHit; at_ms: number }) {
  const [told, setTold] = useState(0);
  const shown = hit !== "none" && at_ms > told && serverNow() - at_ms < NEWS_MS;
  useEffect(() => {
    if (!shown) return undefined;
    const timer = setTimeout(() => setTold(at_ms), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [at_ms, shown]);
  return (
    <div class="toast-area" role="status">
      {shown && (
        <section class="toast limit-news">
          <p class="toast-who">{t(`station.limit.${hit}`)}</p>
          <p class="toast-text">{t(`station.limit.${hit}.hint`)}</p>
        </section>
      )}
    </div>
  );
}
