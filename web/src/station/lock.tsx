// SPDX-License-Identifier: GPL-3.0-or-later
// The lock: the person's own session is hidden until the password is given. Somebody else may
// suspend it and log in; the programs run on.

import { effect, signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { Login } from "../shared/login";
import { LoginCard } from "../shared/logincard";
import type { Scene } from "../shared/types";
import { act, scene, stationName } from "./store";

const PATIENCE_MS = 15_000;
const failed = signal(false);
let patience: ReturnType<typeof setTimeout> | undefined;

const login = new Login("unlock", () => {
  clearTimeout(patience);
  // The scene follows; should it not, the card is there again.
  patience = setTimeout(() => login.reset(), PATIENCE_MS);
});

effect(() => {
  if (scene.value?.kind === "lock") return;
  clearTimeout(patience);
  login.forget();
  failed.value = false;
});

export function LockCard({ scene: s }: { scene: Scene }) {
  return (
    <LoginCard
      login={login}
      title={s.full_name || s.user}
      lead={t("station.lock.lead")}
      account={s.user}
      goText={t("station.unlock")}
      notice={failed.value ? t("station.act.failed") : ""}
      foot={stationName.value}
      shared
      doneText={t("station.unlocking")}
    >
      <button
        type="button"
        class="button quiet wide"
        title={t("station.suspend.hint")}
        onClick={() => (failed.value = !act("suspend"))}
      >
        {t("station.switch")}
      </button>
    </LoginCard>
  );
}
