// Fails when the JavaScript that a first visit downloads grows past its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 250;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const seen = new Set();

function visit(key) {
  if (seen.has(key)) return;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) visit(next);
}

visit("index.html");
let total = 0;
for (const key of seen) {
  const bytes = gzipSync(readFileSync(`dist/${manifest[key].file}`)).length;
  total += bytes;
}
console.log(`initial JavaScript: ${(total / 1024).toFixed(1)} KB gzip, budget ${BUDGET_KB} KB`);
if (total > BUDGET_KB * 1024) process.exit(1);
