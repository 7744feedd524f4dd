// SPDX-License-Identifier: GPL-3.0-or-later
// What the greeter shows beside the log-in: who is logged on here by itself soon, until a key is pressed, and
// the way to have this browser enrolled, with a PIN or with the ticket of a kiosk's address.

import { effect, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import type { Scene } from "../shared/types";
import { enrol, hold, refusal, scene } from "./store";
import { said } from "../shared/i18n";

/** Put off here; the scene says so in a moment. */
const held = signal(false);
effect(() => {
  if (!scene.value?.auto) held.value = false;
});

/** "#ticket=…" of a kiosk's address is brought once, and by who is not enrolled yet. */
let brought = false;
effect(() => {
  const s = scene.value;
  const ticket = /^#(?:kiosk&)?ticket=([\w-]{43})$/.exec(location.hash)?.[1];
  if (!s || brought || !ticket || s.enrolled) return;
  brought = enrol(ticket);
});

/** "#enrol" asks for a PIN at once. */
let asked = false;
effect(() => {
  const s = scene.value;
  if (!s || asked || s.enrolled || location.hash !== "#enrol") return;
  asked = enrol(null);
});

export function AutoNote({ scene: s }: { scene: Scene }) {
  const auto = s.auto && !held.value ? s.auto : null;
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    if (!auto) return;
    const tick = setInterval(() => setNow(serverNow()), 250);
    const stop = (e: Event) => {
      if (!hold()) return;
      held.value = true;
      // It was pressed for this, and not to be typed.
      if (e.type === "keydown") e.preventDefault();
    };
    addEventListener("keydown", stop, true);
    addEventListener("pointerdown", stop, true);
    return () => {
      clearInterval(tick);
      removeEventListener("keydown", stop, true);
      removeEventListener("pointerdown", stop, true);
    };
  }, [auto !== null]);
  if (!auto) return null;
  const seconds = Math.max(0, Math.ceil((auto.at_ms - now) / 1000));
  return (
    <div class="note" data-auto={auto.user} role="status">
      <p>
        {/* Read once; the number ticks for eyes only. */}
        {t("station.auto", { name: auto.full_name || auto.user })} <span aria-hidden="true">{seconds > 0 && t("station.auto.in", { count: seconds })}</span>
      </p>
      <p class="hint">{t("station.auto.key")}</p>
    </div>
  );
}

export function Enrolment({ scene: s }: { scene: Scene }) {
  if (s.enrolled) return null;
  return (
    <div class="enrolment">
      {refusal.value && (
        <p class="note note-error" role="alert">
          {said(refusal.value)}
        </p>
      )}
      {s.pin ? (
        <div class="note" role="status">
          <p>{t("station.enrol.pin")}</p>
          <p class="pin" data-pin={s.pin}>
            {s.pin.slice(0, 3)} {s.pin.slice(3)}
          </p>
          <p class="hint">{t("station.enrol.hint")}</p>
          <button type="button" class="button small" onClick={() => enrol(false)}>
            {t("cancel")}
          </button>
        </div>
      ) : (
        <button type="button" class="link" data-enrol onClick={() => enrol(null)}>
          {t("station.enrol")}
        </button>
      )}
    </div>
  );
}
