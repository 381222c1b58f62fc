// Installs the peers and the charting library as npm gives them; then compiles hnswlib for this machine twice: the
// addon of hnswlib-node once more, and a program without JavaScript. Needs a C++ compiler; `--install-only` does not.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const build = join(here, ".build");
const native = join(build, "native");
const machineFlags = ["-O3", "-march=native"];

function run(command, args, options = {}) {
  execFileSync(command, args, { cwd: here, stdio: "inherit", ...options });
}

run("npm", ["ci", "--no-audit", "--no-fund"]);
if (!process.argv.includes("--install-only")) {
  rmSync(native, { recursive: true, force: true });
  for (const name of ["hnswlib-node", "bindings", "file-uri-to-path", "node-addon-api"]) {
    cpSync(join(here, "node_modules", name), join(native, "node_modules", name), { recursive: true });
  }
  writeFileSync(join(native, "package.json"), '{ "private": true }\n');
  const env = { ...process.env, CXXFLAGS: machineFlags.join(" ") };
  run("npm", ["rebuild", "hnswlib-node"], { cwd: native, env });
  const headers = join(here, "node_modules", "hnswlib-node", "src");
  const program = ["-o", join(build, "hnswlibPeer"), join(here, "hnswlibPeer.cpp")];
  // -w: the warnings are of hnswlib's headers.
  run("c++", [...machineFlags, "-std=c++17", "-pthread", "-w", "-I", headers, ...program]);
}
