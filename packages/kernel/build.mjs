// Compiles assembly/ to dist/kernel.base.wasm and dist/kernel.relaxed.wasm: one source, with base SIMD and with relaxed
// SIMD. Does nothing, in a few milliseconds, while the sources are those of the last build.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const stampFile = join(root, "dist", "kernel.stamp");
/** `--maximumMemory`: all that 32-bit addresses reach; a segment's host asks for less. */
const pagesMax = 65_536;

const builds = {
  base: ["--enable", "simd,threads", "--use", "RELAXED=0"],
  relaxed: ["--enable", "simd,threads,relaxed-simd", "--use", "RELAXED=1"],
};
const outputOf = (name) => join(root, "dist", `kernel.${name}.wasm`);

function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  const sources = readdirSync(join(root, "assembly"))
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join("assembly", name));
  for (const source of [...sources, "src/headerWords.ts", "src/scratchShape.ts"]) {
    hash.update(source).update(readFileSync(join(root, source)));
  }
  return hash.digest("hex");
}

async function compile(name, options) {
  // Imported only when there is something to compile: loading the compiler takes half a second.
  const { main } = await import("assemblyscript/asc");
  const { error, stderr } = await main([
    join(root, "assembly", "index.ts"),
    ...["--outFile", outputOf(name), ...options],
    ...["--runtime", "stub", "-O3", "--noAssert", "--converge", "--use", "abort="],
    ...["--importMemory", "--sharedMemory", "--noExportMemory"],
    ...["--initialMemory", "1", "--maximumMemory", `${pagesMax}`],
  ]);
  if (error) throw new Error(`kernel.${name}.wasm: ${error.message}\n${stderr}`);
  refuseStaticData(name, readFileSync(outputOf(name)));
}

/**
 * Static data is written to its place at every instantiation, over whatever a segment's memory has there by then. Some
 * functions of the standard library bring tables along (`Math.pow`).
 */
function refuseStaticData(name, wasm) {
  const dataSection = 11;
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at++];
    // A length in LEB128.
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (id === dataSection)
      throw new Error(`kernel.${name}.wasm: has static data, which would overwrite segments`);
    at += length;
  }
}

export async function buildKernel() {
  const wanted = fingerprint();
  const isBuilt = existsSync(stampFile) && Object.keys(builds).every((name) => existsSync(outputOf(name)));
  if (isBuilt && readFileSync(stampFile, "utf8") === wanted) return;
  mkdirSync(join(root, "dist"), { recursive: true });
  for (const [name, options] of Object.entries(builds)) await compile(name, options);
  writeFileSync(stampFile, wanted);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildKernel();
