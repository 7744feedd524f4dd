// SPDX-License-Identifier: GPL-3.0-or-later
// Two pages, everything else under /assets with the content hash in the name. Nothing is inlined:
// the relay sends a Content-Security-Policy that allows no inline script, style or data: script.
// Beside each file lie its .gz and .br, which the relay gives to browsers that take them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const SMALL = 512; // below this a compressed form is not worth a file

function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(c) {
      folder = join(c.root, c.build.outDir);
    },
    closeBundle() {
      for (const sub of ["", "assets"])
        for (const e of readdirSync(join(folder, sub), { withFileTypes: true })) {
          if (!e.isFile() || /\.(gz|br)$/.test(e.name)) continue;
          const path = join(folder, sub, e.name);
          const data = readFileSync(path);
          if (data.length < SMALL) continue;
          writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
          writeFileSync(`${path}.br`, brotliCompressSync(data));
        }
    },
  };
}

export default defineConfig({
  base: "/",
  publicDir: false,
  plugins: [compress()],
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", station: "station.html" },
    },
  },
});
