// SPDX-License-Identifier: GPL-3.0-or-later
// What is in force for the class, in the top bar: the block of all and the projections, each with its
// end beside it. Where nothing is, "Block all" stands in the place of "Unblock all".

import { serverNow, tick } from "../shared/clock";
import { countdown } from "../shared/format";
import { clockMinutes, t } from "../shared/i18n";
import type { Block, Projection, WebLimit } from "../shared/types";
import { blockEverybody, canAct, freeEverybody, unblockEverybody } from "./actmenu";
import { blockAll } from "./blocks";
import { namesText } from "./lessons";
import { limitAll } from "./limits";
import { isMine, projections, stop, stopping } from "./projections";
import { link, order } from "./store";
import { projectionKey } from "./summary";

const FINAL_MS = 10 * 60_000; // from here on it counts down

/** "until 10:45", or how long still when that is soon. */
export function UntilText({ until_ms }: { until_ms: number }) {
  void tick.value;
  const left = until_ms - serverNow();
  if (until_ms === 0) return null;
  return (
    <span class="until">
      {left > FINAL_MS ? t("until.clock", { time: clockMinutes(until_ms) }) : t("until.left", { time: countdown(left) })}
    </span>
  );
}

function AllBlocked({ block }: { block: Block }) {
  return (
    <li class="force force-block">
      <span class="force-text">
        <strong>{t("force.blocked", { name: block.by })}</strong>
        {block.message && <span class="force-message"> {t("quoted", { text: block.message })}</span>}
        {block.until_ms > 0 && (
          <>
            {" "}
            <UntilText until_ms={block.until_ms} />
          </>
        )}
      </span>
      <button type="button" class="button" aria-disabled={!canAct()} onClick={() => canAct() && unblockEverybody()}>
        {t("menu.unblock.all")}
      </button>
    </li>
  );
}

function AllLimited({ limit: l }: { limit: WebLimit }) {
  void tick.value;
  if (l.until_ms > 0 && l.until_ms <= serverNow()) return null;
  return (
    <li class="force force-limit">
      <span class="force-text">
        <strong>{t(`force.limited.${l.mode}`, { name: l.by })}</strong> <span class="force-message">{namesText(l.domains)}</span>
        {l.until_ms > 0 && (
          <>
            {" "}
            <UntilText until_ms={l.until_ms} />
          </>
        )}
      </span>
      <button type="button" class="button" aria-label={t("menu.free.all")} aria-disabled={!canAct()} onClick={() => canAct() && freeEverybody()}>
        {t("menu.free")}
      </button>
    </li>
  );
}

function Projecting({ projection: p }: { projection: Projection }) {
  const words = { by: p.by_name, name: p.full_name, count: p.stations.length };
  const text = t(projectionKey(p, isMine(p)), words);
  const off = link.value !== "live" || stopping.value.has(p.id);
  return (
    <li class="force" data-projection={p.id}>
      <span class="force-text">
        <strong>{text}</strong> {p.window && <span class="force-message">{t("project.inwindow")}</span>}
      </span>
      {p.may.includes("stop") && (
        <button
          type="button"
          class="button"
          aria-disabled={off}
          aria-label={t("project.stop.name", { what: text })}
          onClick={() => !off && void stop(p.id)}
        >
          {t("project.stop")}
        </button>
      )}
    </li>
  );
}

export function InForce() {
  const all = blockAll.value;
  const web = limitAll.value;
  const list = [...projections.value.values()].sort((a, b) => Number(isMine(b)) - Number(isMine(a)));
  const off = !canAct() || order.value.length === 0;
  return (
    <div class="in-force">
      <ul aria-label={t("force.name")} hidden={!all && !web && list.length === 0}>
        {list.map((p) => (
          <Projecting key={p.id} projection={p} />
        ))}
        {all && <AllBlocked block={all} />}
        {web && <AllLimited limit={web} />}
      </ul>
      {!all && (
        <button type="button" class="button" aria-disabled={off} onClick={() => !off && blockEverybody()}>
          {t("menu.block.all")}
        </button>
      )}
    </div>
  );
}
