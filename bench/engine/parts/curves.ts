// Recall and queries per second of all engines: same data, in turns, on one thread.

import { type Quantization, Segment } from "@akidb/kernel";
import { type Dataset, loadDataset, rowsOf } from "../dataset.ts";
import { type AkidbEngine, akidb } from "../engines/akidb.ts";
import { efsOfBits, efsOfFloats } from "../engines/efs.ts";
import { type Engine, k, type Slice } from "../engines/engine.ts";
import { hnswlibCpp } from "../engines/hnswlibCpp.ts";
import { hnswlibNode } from "../engines/hnswlibNode.ts";
import { usearch } from "../engines/usearch.ts";
import { nativeFolder, npmFolder } from "../folders.ts";
import { linkedSegment } from "../linkedSegment.ts";
import { type Run, rowsMaxOf } from "../run.ts";
import { baseKernel } from "../segments.ts";
import { median } from "../statistics.ts";
import { leastScores, recallOf } from "../truth.ts";

export interface CurvePoint {
  readonly ef: number;
  readonly recall: number;
  readonly queriesPerSecond: number;
  readonly queriesPerCpuSecond: number;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

export interface CurveSet {
  readonly dataset: string;
  readonly rows: number;
  readonly linksMax: number;
  readonly curves: readonly Curve[];
}

/** Candidates of byte codes that are ranked exactly: as many as for usearch's. */
const rescoredBytes = 30;
/** One-bit codes are too coarse to choose among the candidates: all are ranked. */
const rescoredBits = 1_000;

export async function* measureCurves(run: Run): AsyncGenerator<[string, CurveSet]> {
  for (const { source, linksMax } of run.sets) {
    const { mnistFolder } = run;
    const data = loadDataset({ source, rowsMax: rowsMaxOf(run, source), mnistFolder });
    if (data === undefined) {
      console.error(`curves: ${source} left out, it is not in ${mnistFolder}`);
      continue;
    }
    const engines = await enginesFor(data, linksMax, run.only);
    const curves = await race(engines, data, run);
    for (const engine of engines) engine.close();
    yield [`${data.name}, M ${linksMax}`, { dataset: data.name, rows: rowsOf(data), linksMax, curves }];
  }
}

/** Those that are wanted and there; the index of one that is not wanted is not built. */
async function enginesFor(data: Dataset, linksMax: number, only: Run["only"]): Promise<Engine[]> {
  const ours = async (engine: Omit<AkidbEngine, "segment">, quantization: Quantization) =>
    akidb(data, { ...engine, segment: await linkedSegment(data, quantization, linksMax) });
  const bytes = { efs: efsOfFloats, rescore: rescoredBytes };
  const bits = { efs: efsOfBits, rescore: rescoredBits };
  const makers: Readonly<Record<string, (name: string) => Promise<Engine | undefined>>> = {
    "AkiDB int8": (name) => ours({ name, ...bytes }, "int8"),
    "AkiDB int8, base SIMD": async (name) => {
      const segment = await linkedSegment(data, "int8", linksMax);
      return akidb(data, { name, ...bytes, segment: Segment.open(baseKernel, segment.handle()) });
    },
    "AkiDB none": (name) => ours({ name, efs: efsOfFloats, rescore: k }, "none"),
    "AkiDB binary": (name) => ours({ name, ...bits }, "binary"),
    "hnswlib C++": (name) => hnswlibCpp(name, data, linksMax),
    "hnswlib-node rebuilt": (name) => hnswlibNode({ name, data, linksMax, from: nativeFolder }),
    "hnswlib-node": (name) => hnswlibNode({ name, data, linksMax, from: npmFolder }),
    "usearch f32": async (name) => usearch({ name, data, linksMax, quantization: "f32" }),
    "usearch i8 rescored": async (name) => usearch({ name, data, linksMax, quantization: "i8" }),
  };
  const engines: Engine[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (!only.some((part) => name.includes(part))) continue;
    const engine = await make(name);
    if (engine === undefined) console.error(`${name} left out: npm run peers`);
    else engines.push(engine);
  }
  return engines;
}

async function race(engines: readonly Engine[], data: Dataset, run: Run): Promise<Curve[]> {
  const least = leastScores(data);
  const recalls: number[][] = [];
  for (const { efs, find } of engines) {
    const recallsOfOne: number[] = [];
    for (const ef of efs) recallsOfOne.push(recallOf(await find(ef), data, least));
    recalls.push(recallsOfOne);
  }
  const slices = engines.map(({ efs }) => efs.map((): Slice[] => []));
  for (let round = 0; round < run.rounds; round++) {
    for (let step = 0; step < efsOfFloats.length; step++) {
      for (const [e, { efs, slice }] of engines.entries()) {
        slices[e]![step]!.push(await slice(efs[step]!, run.sliceMs));
      }
    }
  }
  return engines.map(({ name, efs }, e) => ({
    name,
    points: efs.map((ef, step) => ({ ef, recall: recalls[e]![step]!, ...ratesOf(slices[e]![step]!) })),
  }));
}

const ratesOf = (slices: readonly Slice[]) => ({
  queriesPerSecond: median(slices.map(({ queries, wallSeconds }) => queries / wallSeconds)),
  queriesPerCpuSecond: median(slices.map(({ queries, cpuSeconds }) => queries / cpuSeconds)),
});
