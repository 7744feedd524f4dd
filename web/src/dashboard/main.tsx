// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { followLanguage } from "../shared/language";
import { App } from "./app";
import { begin } from "./connection";

followLanguage("dashboard.title");
const root = document.getElementById("app");
if (root) render(<App />, root);
void begin();
