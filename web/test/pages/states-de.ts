// SPDX-License-Identifier: GPL-3.0-or-later
import { visitStates } from "./visiting";

visitStates({
  name: "German, 768x1024 by touch",
  locale: "de-DE",
  touch: true,
  width: 768,
  height: 1024,
  first: { colorScheme: "dark", picture: "768x1024-dark-de" },
  then: [{ colorScheme: "light", picture: "768x1024-light-de" }],
});
