// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { followLanguage } from "../shared/language";
import { App } from "./app";
import { keepHere } from "./kiosk";
import { loadInfo } from "./store";

followLanguage("station.title");
keepHere();
const root = document.getElementById("app");
if (root) render(<App />, root);
void loadInfo();
