// SPDX-License-Identifier: GPL-3.0-or-later
// Two pages, everything else under /assets with the content hash in the name. Nothing is inlined:
// the relay sends a Content-Security-Policy that allows no inline script, style or data: script.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: true,
    reportCompressedSize: true,
    rollupOptions: {
      input: { index: "index.html", station: "station.html" },
    },
  },
});
