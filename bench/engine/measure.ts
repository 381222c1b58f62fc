// Measures the parts asked for, adds them to bench/results/engine.json, and draws what is in it.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { drawAll } from "./draw.ts";
import { measureBuild } from "./parts/build.ts";
import { measureCurves } from "./parts/curves.ts";
import { measureFilters } from "./parts/filters.ts";
import { measureMemory } from "./parts/memory.ts";
import { measureMixed } from "./parts/mixed.ts";
import { measureScan } from "./parts/scan.ts";
import { measureThreads } from "./parts/threads.ts";
import { type Measurements, type Part, saveResult } from "./results.ts";
import { parseSets, type Run } from "./run.ts";

const parts: { readonly [P in Part]: (run: Run) => AsyncGenerator<[string, Measurements[P]]> } = {
  curves: measureCurves,
  build: measureBuild,
  threads: measureThreads,
  memory: measureMemory,
  scan: measureScan,
  filters: measureFilters,
  mixed: measureMixed,
};

const { values: flags } = parseArgs({
  options: {
    parts: { type: "string", default: Object.keys(parts).join() },
    sets: { type: "string", default: "128,512,768,1536,mnist,128m32,512m32" },
    only: { type: "string", default: "AkiDB,hnswlib,usearch" },
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    slice: { type: "string", default: "100" },
    mnist: { type: "string", default: fileURLToPath(new URL("../../../shared/data/mnist", import.meta.url)) },
    /** Measure and print, and leave the results and the documents as they are. */
    dry: { type: "boolean", default: false },
  },
});
const run: Run = {
  sets: parseSets(flags.sets),
  only: flags.only.split(","),
  rowsMax: Number(flags.rows),
  rounds: Number(flags.rounds),
  sliceMs: Number(flags.slice),
  mnistFolder: flags.mnist,
};

async function measure<P extends Part>(part: P): Promise<void> {
  for await (const [key, measurement] of parts[part](run)) {
    console.error(`${part}: ${key}`);
    if (flags.dry) console.log(JSON.stringify({ part, key, ...measurement }));
    else saveResult(part, key, measurement);
  }
}

for (const part of flags.parts.split(",")) {
  if (!Object.hasOwn(parts, part)) throw new Error(`no such part: ${part}; there are ${Object.keys(parts)}`);
  await measure(part as Part);
}
if (!flags.dry) await drawAll();
