// SPDX-License-Identifier: GPL-3.0-or-later
import { visitStates } from "./visiting";

visitStates({
  name: "English, 1280x720",
  locale: "en-GB",
  touch: false,
  width: 1280,
  height: 720,
  first: { colorScheme: "light", picture: "1280x720-light" },
  then: [{ colorScheme: "dark", picture: "1280x720-dark" }, { colorScheme: "light", contrast: "more" }, { colorScheme: "dark", contrast: "more" }],
  large: { width: 3840, height: 2160, picture: "3840x2160-light" },
});
