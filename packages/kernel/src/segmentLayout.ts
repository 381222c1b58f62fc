import { assert, invalidArgument, limits } from "@akidb/base";
import {
  codecFloat,
  codecOneBit,
  codecSevenBit,
  headerWords,
  levelMax,
  metricCosine,
  metricDot,
  metricL2,
} from "./headerWords.ts";
import * as scratch from "./scratchShape.ts";
import { type Quantization, type SegmentOptions, segmentThreadsMax } from "./segmentOptions.ts";

export const pageBytes = 65_536;
const lineBytes = 64;
/** All that 32-bit addresses reach. */
const memoryBytesMax = 2 ** 32;
const { dimensionMax } = limits;
assert(scratch.rotatedAt - scratch.inputAt >= 4 * dimensionMax, "an input fits its scratch");
assert(scratch.probeCodeAt - scratch.rotatedAt >= 4 * dimensionMax, "a rotated vector fits its scratch");
assert(scratch.batchRowsAt - scratch.probeCodeAt >= 2 * dimensionMax, "a probe fits its scratch");
assert(scratch.batchRanksAt - scratch.batchRowsAt >= 4 * scratch.batchRowsMax, "a batch fits its scratch");
assert(scratch.crowdedAt - scratch.batchRanksAt >= 4 * scratch.batchRowsMax, "ranks fit their scratch");
assert(scratch.chosenAt - scratch.crowdedAt >= 16 * scratch.linksPerLevelMax, "a full list fits its scratch");
assert(
  scratch.keptAt - scratch.chosenAt >= 4 * (levelMax + 1) * (scratch.chosenRowsPerLevel + 4),
  "the neighbours of all levels fit their scratch",
);
assert(
  scratch.freshAt - scratch.keptAt >= 4 * (2 * scratch.linksPerLevelMax + 3),
  "a new list fits its scratch",
);
assert(scratch.poolAt - scratch.freshAt >= 8 * scratch.freshKeysMax, "fresh keys fit their scratch");
assert(
  scratch.allowedAt - scratch.poolAt >= 8 * (scratch.poolKeysMax + scratch.freshKeysMax),
  "a pool and what is merged into it fit their scratch",
);

/** Rows ranked exactly in one call. */
export const rescoreRowsMax = 4_096;
/** Rows whose vectors are brought from elsewhere, to be ranked at once. */
export const broughtRowsMax = 64;
/** Beyond the expected share of rows with upper levels, so that chance does not use up their pool. */
const upperPoolSlack = { factor: 1.25, bytes: 65_536 };

export interface Region {
  readonly offset: number;
  readonly bytes: number;
}

/** Where one thread asks for exact ranks, in bytes from the start of its scratch (see `assembly/rescore.ts`). */
export interface RescoreShape {
  readonly input: number;
  readonly query: number;
  readonly offered: number;
  readonly bestRows: number;
  readonly bestRanks: number;
  readonly bytes: number;
}

/**
 * One memory, sized for the segment's capacity. Pages that were never written take no memory, so nothing ever moves.
 * The header and what searches write come first and last, rows in between.
 */
export interface SegmentLayout {
  readonly codec: number;
  readonly metric: number;
  /** Components of a code: the dimension, padded. */
  readonly width: number;
  readonly rowBytes: number;
  readonly rotationRounds: number;
  readonly signs: Region;
  readonly center: Region;
  /** Scale and squared norm, f32 each. */
  readonly factors: Region;
  readonly levels: Region;
  readonly locks: Region;
  readonly tombstones: Region;
  readonly baseLinks: Region;
  readonly upperRefs: Region;
  readonly upperPool: Region;
  readonly rows: Region;
  /** One slot per thread. */
  readonly scratch: Region;
  readonly scratchBytes: number;
  /** Within a scratch slot, where the floats lie in this memory. */
  readonly rescore: RescoreShape | undefined;
  readonly pages: number;
}

/** Floats beside a segment of codes, in a memory of their own. */
export interface VectorsLayout {
  readonly vectorBytes: number;
  readonly vectors: Region;
  /** One slot per thread. */
  readonly scratch: Region;
  readonly rescore: RescoreShape;
  readonly pages: number;
}

const alignUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Of a vector beside codes, in memory and in files. */
export const vectorBytesOf = (dimension: number): number => 4 * alignUp(dimension, 4);

const codecs = { none: codecFloat, int8: codecSevenBit, binary: codecOneBit } as const;
export const metricNumbers = { cosine: metricCosine, dot: metricDot, l2: metricL2 } as const;

/** What the kernels step by, in components. */
const widthSteps: Readonly<Record<Quantization, number>> = { none: 8, int8: 32, binary: 128 };
const componentBits: Readonly<Record<Quantization, number>> = { none: 32, int8: 8, binary: 1 };

function rotationRoundsOf(quantization: Quantization, width: number): number {
  if (quantization === "none") return 0;
  // Signs alone must stand for the vector, so the rotation has to be closer to a uniformly random one.
  if (quantization === "binary") return 4;
  // A width that is no power of two takes two overlapping transforms to reach every component.
  return Number.isInteger(Math.log2(width)) ? 1 : 2;
}

function rescoreShape(vectorBytes: number, start: number): RescoreShape {
  const input = start;
  const query = input + alignUp(vectorBytes, lineBytes);
  const offered = query + alignUp(2 * vectorBytes, lineBytes);
  const bestRows = offered + alignUp(8 * rescoreRowsMax, lineBytes);
  const bestRanks = bestRows + alignUp(4 * limits.topKMax, lineBytes);
  return { input, query, offered, bestRows, bestRanks, bytes: bestRanks + 8 * limits.topKMax - start };
}

/** @throws AkiDbError `invalid_argument` where so many rows do not fit 4 GiB */
export function layOutSegment(options: SegmentOptions): SegmentLayout {
  const { capacity, quantization, linksMax } = options;
  const width = alignUp(options.dimension, widthSteps[quantization]);
  const rowBytes = (width * componentBits[quantization]) / 8;
  const rotationRounds = rotationRoundsOf(quantization, width);
  const upperListBytes = 4 * (linksMax + 1);
  const upperBytes =
    (capacity / (linksMax - 1)) * upperListBytes * upperPoolSlack.factor + upperPoolSlack.bytes;
  const tags = scratch.allowedAt + alignUp(4 * Math.ceil(capacity / 32), lineBytes);
  const afterTags = alignUp(tags + capacity, lineBytes);
  const rescore = quantization === "none" ? rescoreShape(rowBytes, afterTags) : undefined;
  const scratchBytes = alignUp(afterTags + (rescore?.bytes ?? 0), lineBytes);

  let end = 4 * headerWords;
  const take = (bytes: number): Region => {
    const offset = end;
    end = alignUp(offset + bytes, lineBytes);
    return { offset, bytes };
  };
  const layout = {
    codec: codecs[quantization],
    metric: metricNumbers[options.metric],
    width,
    rowBytes,
    rotationRounds,
    signs: take(4 * width * rotationRounds),
    center: take(4 * width),
    factors: take(8 * capacity),
    levels: take(capacity),
    locks: take(capacity),
    tombstones: take(4 * Math.ceil(capacity / 32)),
    baseLinks: take(8 * linksMax * capacity),
    upperRefs: take(4 * capacity),
    upperPool: take(Math.floor(upperBytes / 4) * 4),
    rows: take(rowBytes * capacity),
    scratch: take(scratchBytes * segmentThreadsMax),
    scratchBytes,
    rescore,
  };
  return { ...layout, pages: pagesFor(end, capacity) };
}

/** @throws AkiDbError `invalid_argument` where so many rows do not fit 4 GiB */
export function layOutVectors({ dimension, capacity }: SegmentOptions): VectorsLayout {
  const vectorBytes = vectorBytesOf(dimension);
  const rescore = rescoreShape(vectorBytes, 0);
  const scratchBytes = alignUp(rescore.bytes, lineBytes);
  const scratch = { offset: 0, bytes: scratchBytes * segmentThreadsMax };
  const vectors = { offset: scratch.bytes, bytes: vectorBytes * capacity };
  const pages = pagesFor(vectors.offset + vectors.bytes, capacity);
  return { vectorBytes, vectors, scratch, rescore, pages };
}

/** Where one search at a time ranks rows whose vectors are brought to it from elsewhere. */
export interface RankingLayout {
  readonly vectorBytes: number;
  readonly rescore: RescoreShape;
  /** For vectors of rows from anywhere, one after the other. */
  readonly slots: Region;
  /** For vectors as they lie where they come from, and room before it for the beginning of the first. */
  readonly window: Region;
  readonly bytes: number;
}

/** @param windowBytes of what is brought at once */
export function layOutRanking(dimension: number, windowBytes: number): RankingLayout {
  const vectorBytes = vectorBytesOf(dimension);
  const rescore = rescoreShape(vectorBytes, 0);
  const slots = { offset: alignUp(rescore.bytes, lineBytes), bytes: vectorBytes * broughtRowsMax };
  const window = {
    offset: alignUp(slots.offset + slots.bytes + vectorBytes, lineBytes),
    bytes: windowBytes,
  };
  return { vectorBytes, rescore, slots, window, bytes: alignUp(window.offset + window.bytes, pageBytes) };
}

function pagesFor(bytes: number, capacity: number): number {
  if (bytes > memoryBytesMax - pageBytes) {
    const fit = Math.floor(capacity * ((memoryBytesMax - pageBytes) / bytes) * 0.99);
    throw invalidArgument(
      "capacity",
      `a segment of this shape holds about ${fit} rows in 4 GiB; use several`,
    );
  }
  // One page more: kernels may touch a few lines behind the last row.
  return Math.ceil(bytes / pageBytes) + 1;
}

/** More rows would make a graph that is slow to walk and, when a part of it dies, long to build anew. */
const rowsPreferred = 2 ** 20;

/** Rows for a segment of this shape: about a million, or as many as its memories hold. */
export function segmentCapacity(shape: Omit<SegmentOptions, "capacity">): number {
  let capacity = rowsPreferred;
  while (!fitsMemory({ ...shape, capacity })) capacity = Math.floor(capacity * 0.9);
  return capacity;
}

function fitsMemory(options: SegmentOptions): boolean {
  try {
    layOutSegment(options);
    if (options.quantization !== "none") layOutVectors(options);
    return true;
  } catch {
    return false;
  }
}
