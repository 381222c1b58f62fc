// Installs the peers: as npm gives them, and hnswlib-node once more compiled for this machine (-O3 -march=native).
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const native = join(here, ".build", "native");
mkdirSync(native, { recursive: true });
for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(here, name), join(native, name));
execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit" });
execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
  cwd: native,
  stdio: "inherit",
  env: { ...process.env, CXXFLAGS: "-O3 -march=native" },
});
