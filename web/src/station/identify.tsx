// SPDX-License-Identifier: GPL-3.0-or-later
// Which station of which system this screen is, over everything, as long as a supervisor wants to
// see it. Lets keys and pointer through.

import type { SceneIdentify } from "../shared/types";

export function Identify({ shown }: { shown: SceneIdentify }) {
  return (
    <div class="identify" role="status">
      <p>
        <strong>{shown.name}</strong>
        {shown.system !== "" && <span>{shown.system}</span>}
      </p>
    </div>
  );
}
