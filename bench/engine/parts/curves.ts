// Recall and queries per second of all engines: same data, in turns, on one thread.

import { Segment } from "@akidb/kernel";
import { type Dataset, loadDataset, rowsOf } from "../dataset.ts";
import { akidb } from "../engines/akidb.ts";
import { efsOfBits, efsOfFloats } from "../engines/efs.ts";
import { type Engine, k, type Slice } from "../engines/engine.ts";
import { hnswlibCpp } from "../engines/hnswlibCpp.ts";
import { hnswlibNode } from "../engines/hnswlibNode.ts";
import { usearch } from "../engines/usearch.ts";
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
    const engines = await enginesFor(data, linksMax);
    const curves = await race(engines, data, run);
    for (const engine of engines) engine.close();
    yield [`${data.name}, M ${linksMax}`, { dataset: data.name, rows: rowsOf(data), linksMax, curves }];
  }
}

async function enginesFor(data: Dataset, linksMax: number): Promise<Engine[]> {
  const bytes = await linkedSegment(data, "int8", linksMax);
  const floats = await linkedSegment(data, "none", linksMax);
  const bits = await linkedSegment(data, "binary", linksMax);
  const onBase = Segment.open(baseKernel, bytes.handle());
  const efs = efsOfFloats;
  const peers: readonly [string, Engine | undefined][] = [
    ["hnswlib C++", await hnswlibCpp(data, linksMax)],
    ["hnswlib-node rebuilt", await hnswlibNode(data, linksMax, "native")],
    ["hnswlib-node", await hnswlibNode(data, linksMax, "npm")],
    ["usearch f32", usearch(data, linksMax, "f32")],
    ["usearch i8", usearch(data, linksMax, "i8")],
  ];
  for (const [name, peer] of peers) if (peer === undefined) console.error(`${name} left out: npm run peers`);
  return [
    akidb(data, { name: "AkiDB int8", segment: bytes, efs, rescore: rescoredBytes }),
    akidb(data, { name: "AkiDB int8, base SIMD", segment: onBase, efs, rescore: rescoredBytes }),
    akidb(data, { name: "AkiDB none", segment: floats, efs, rescore: k }),
    akidb(data, { name: "AkiDB binary", segment: bits, efs: efsOfBits, rescore: rescoredBits }),
    ...peers.flatMap(([, peer]) => peer ?? []),
  ];
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
