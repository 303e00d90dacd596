// Puts the app together in dist/: what is in static/, beside the WebAssembly
// that is there already, and a service worker that knows every file.
//
// Run after wasm-bindgen has written into dist/: node ecps-app/shell.mjs

import { createHash } from "node:crypto";
import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const from = join(import.meta.dirname, "static");
const to = join(import.meta.dirname, "dist");

cpSync(from, to, { recursive: true });

const files = readdirSync(to, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith(".d.ts") && entry.name !== "sw.js")
  .map((entry) => relative(to, join(entry.parentPath, entry.name)).split(sep).join("/"))
  .sort();

const digest = createHash("sha256");
for (const file of files) {
  digest.update(file).update("\0").update(readFileSync(join(to, file)));
}
const worker = readFileSync(join(from, "sw.js"), "utf8");
digest.update(worker);

// The page itself is kept under the address that it is opened by.
const addresses = files.map((file) => (file === "index.html" ? "/" : `/${file}`));
writeFileSync(
  join(to, "sw.js"),
  worker
    .replace("@VERSION@", digest.digest("hex").slice(0, 16))
    .replace('["@FILES@"]', JSON.stringify(addresses)),
);
