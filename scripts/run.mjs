// `npm start`, `npm test` and `npm run build` on a machine that has only Node (20 or newer) and npm: installs what
// the lock file names, compiles what is stale, then runs the job under the project's own Node from node_modules.
// package.json calls it with `exec`, so that a signal to npm reaches it and does not end with npm's shell.
// Plain JavaScript without dependencies, because nothing is installed yet when it first runs.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const path = (...parts) => join(root, ...parts);
const node = path("node_modules", "node", "bin", "node");
const installStamp = path("node_modules", ".akidb-install");

/** Ends this process the way the child ended, so that `npm` and shells see the true exit status. */
class ChildFailed extends Error {
  constructor(code) {
    super(`child exited with ${code}`);
    this.code = code;
  }
}

function run(command, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env });
    // A terminal sends Ctrl-C to the whole process group, so the child has it already; a signal sent to this
    // process alone (kill, a supervisor) is passed on.
    const forward = (signal) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    const settle = (action) => {
      for (const signal of signals) process.off(signal, forward);
      action();
    };
    child.on("error", (error) => settle(() => reject(error)));
    child.on("exit", (code, signal) =>
      settle(() => {
        const status = code ?? 128 + (constants.signals[signal] ?? 1);
        if (status === 0) resolve();
        else reject(new ChildFailed(status));
      }),
    );
  });
}

/** The lock file and every package.json of the workspaces: what an installation follows from. */
function lockFingerprint() {
  const hash = createHash("sha256").update(readFileSync(path("package-lock.json")));
  return hash.update(`${process.platform}-${process.arch}`).digest("hex");
}

async function installIfNeeded() {
  const wanted = lockFingerprint();
  if (existsSync(node) && existsSync(installStamp) && readFileSync(installStamp, "utf8") === wanted) return;
  console.error("akidb: installing dependencies from package-lock.json");
  // npm warns on Node 20 that packages want a newer one; they get it, from node_modules.
  // Under npm its own path is in npm_execpath: no shell, and no reliance on PATH.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--loglevel=error", "--no-audit", "--no-fund"];
  // An npm that does not know package.json's allowScripts would let it fetch libraries for CUDA.
  const environment = { ONNXRUNTIME_NODE_INSTALL: "skip" };
  if (npm?.endsWith(".js")) await run(process.execPath, [npm, ...args], environment);
  else await run("npm", args, environment);
  writeFileSync(installStamp, wanted);
}

/** Incremental: a build with nothing stale takes about 0.2 s. */
async function build() {
  // Imported here, because the compiler of the kernel is installed only now.
  const { buildKernel } = await import("../packages/kernel/build.mjs");
  await buildKernel();
  await run(node, [path("node_modules", "typescript", "bin", "tsc"), "-b"]);
}

/**
 * Where the processor has protection keys, V8 keeps a table of its pages of code, and now and then ends the process because
 * it finds one missing ("Check failed: jit_page.has_value()"), where threads come and go with WebAssembly:
 * https://github.com/nodejs/node/issues/64500. It does without the keys where there are none, as on ARM.
 */
const nodeFlags = ["--no-memory-protection-keys"];

const jobs = {
  build: async () => {},
  // Runs one of the repository's own programs, with what it imports built.
  script: ([file, ...args]) => run(node, [path(file), ...args]),
  start: (args) => run(node, [...nodeFlags, path("packages", "akidb", "bin", "akidb.js"), "serve", ...args]),
  test: async (args) => {
    await run(path("node_modules", ".bin", "biome"), ["check", "--error-on-warnings", "."]);
    await run(node, [path("node_modules", "vitest", "vitest.mjs"), "run", ...args]);
  },
};

const [job, ...args] = process.argv.slice(2);
if (!Object.hasOwn(jobs, job)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(jobs).join("|")} [arguments]`);
  process.exit(2);
}
try {
  await installIfNeeded();
  await build();
  await jobs[job](args);
} catch (error) {
  if (!(error instanceof ChildFailed)) console.error(`akidb: ${error.message}`);
  process.exit(error.code ?? 1);
}
