// After the build: a gzip and a Brotli copy next to every file that becomes smaller by them. The platform sends the
// copies as they are, so that no request pays for compressing.

import { readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const LEAST_BYTES = 1024;

for (const entry of readdirSync("dist", { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !/\.(js|css|html|svg|json)$/.test(entry.name) || file.includes(".vite")) continue;
  const content = readFileSync(file);
  if (content.length < LEAST_BYTES) continue;
  const copies = {
    ".gz": gzipSync(content, { level: 9 }),
    ".br": brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  };
  for (const [ending, copy] of Object.entries(copies)) {
    if (copy.length < content.length) writeFileSync(file + ending, copy);
  }
}

// The platform reads a build again when index.html changes, so that must happen after the last copy is written.
const now = new Date();
utimesSync(join("dist", "index.html"), now, now);
