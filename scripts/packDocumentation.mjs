// `npm pack` and `npm publish` of packages/akidb: copies the pages that `akidb demo` reads in a clone to where it looks
// for them in the package. What is built is packed, so the build comes before.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemFiles } from "../packages/akidb/dist/adapters/systemFiles.js";

const target = fileURLToPath(new URL("../packages/akidb/dist/documentation", import.meta.url));
rmSync(target, { recursive: true, force: true });
for (const { path, text } of systemFiles.readDocumentation()) {
  const copy = join(target, path);
  mkdirSync(dirname(copy), { recursive: true });
  writeFileSync(copy, text);
}
