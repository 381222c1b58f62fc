// `npm run bench:engine` in the root, or `npm run bench` here: installs the peers where they are missing, then measures
// and draws. With `draw` as the first argument it draws what bench/results/engine.json holds.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const run = (file, args) =>
  execFileSync(process.execPath, [join(here, file), ...args], { cwd: here, stdio: "inherit" });

const args = process.argv.slice(2);
const program = args[0] === "draw" ? "draw.ts" : "measure.ts";
try {
  if (!existsSync(join(here, "node_modules", "vega"))) run("peers.mjs", ["--install-only"]);
  if (program === "measure.ts" && !existsSync(join(here, ".build", "hnswlibPeer"))) run("peers.mjs", []);
  run(
    program,
    args.filter((arg) => arg !== "draw"),
  );
} catch (error) {
  // What ran has said why.
  process.exit(error.status ?? 1);
}
