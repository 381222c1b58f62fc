// `npm pack` and `npm publish` of packages/akidb: copies the programs of tools/ into the package, as dist/tools.
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
rmSync(path("../packages/akidb/dist/tools"), { recursive: true, force: true });
cpSync(path("../tools"), path("../packages/akidb/dist/tools"), {
  recursive: true,
  filter: (source) => !source.includes("__pycache__"),
});
