import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import {
  countersFit,
  type Quantization,
  Segment,
  type SegmentCounters,
  type SegmentHandle,
  segmentImage,
  segmentRegions,
  writeCounters,
} from "@akidb/kernel";
import type { Dataset } from "./dataset.ts";
import { indexFile, indexFolder } from "./folders.ts";
import { kernel, kernelFingerprint, segmentOf } from "./segments.ts";
import { linkAll } from "./segmentThreads.ts";

/** What is kept of a segment: codes are made from the vectors again. */
interface KeptGraph {
  readonly counters: SegmentCounters;
  readonly regions: Readonly<Record<string, Uint8Array>>;
}

/** All rows of a dataset in a graph: of an earlier run of the same kernel, or linked now with two threads. */
export async function linkedSegment(
  data: Dataset,
  quantization: Quantization,
  linksMax: number,
): Promise<Segment> {
  const segment = segmentOf(data, quantization, linksMax);
  const handle = segment.handle();
  const file = indexFile(`akidb-${quantization}-${kernelFingerprint}`, data, linksMax);
  const kept = existsSync(file) ? (deserialize(readFileSync(file)) as KeptGraph) : undefined;
  if (kept !== undefined && countersFit(handle.options, kept.counters)) {
    segment.close();
    restoreGraph(handle, kept);
    return Segment.open(kernel, handle);
  }
  console.error(`building ${file}`);
  await linkAll(handle, 2);
  mkdirSync(indexFolder, { recursive: true });
  writeFileSync(`${file}.new`, serialize(graphOf(handle)));
  renameSync(`${file}.new`, file);
  return segment;
}

function graphOf(handle: SegmentHandle): KeptGraph {
  const { counters, regions } = segmentImage(handle);
  const graph = regions.filter(({ isGraph }) => isGraph);
  return { counters, regions: Object.fromEntries(graph.map(({ name, bytes }) => [name, bytes.slice()])) };
}

function restoreGraph(handle: SegmentHandle, { counters, regions }: KeptGraph): void {
  for (const { name, bytes, isGraph } of segmentRegions(handle, counters)) {
    if (isGraph) bytes.set(regions[name]!);
  }
  writeCounters(handle, counters);
}
