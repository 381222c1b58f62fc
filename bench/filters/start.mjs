// `npm run bench:filters` in the root: installs the peers where they are missing, then measures.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const run = (file, args, options = {}) => execFileSync(file, args, { stdio: "inherit", ...options });
try {
  if (!existsSync(join(here, "node_modules", "sqlite-vec"))) {
    // Not `ci`: where a registry lacks builds for other platforms, the lock file does, too, and `ci` refuses it.
    run("npm", ["install", "--no-audit", "--no-fund"], { cwd: here });
  }
  // In the caller's directory, to which --data is relative.
  run(process.execPath, [join(here, "measure.ts"), ...process.argv.slice(2)]);
} catch (error) {
  // What ran has said why.
  process.exit(error.status ?? 1);
}
