// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { followLanguage } from "../shared/language";
import { App } from "./app";
import { loadInfo } from "./store";

followLanguage("station.title");
const root = document.getElementById("app");
if (root) render(<App />, root);
void loadInfo();
