// SPDX-License-Identifier: GPL-3.0-or-later
// Both pages in Debian's Chromium against the mock, under the real Content-Security-Policy. Needs
// dist/ (npm run build). npm run test:pages
import "./pages/wall";
import "./pages/find";
import "./pages/acts";
import "./pages/block";
import "./pages/project";
import "./pages/view";
import "./pages/station";
import "./pages/scenes";
import "./pages/programs";
