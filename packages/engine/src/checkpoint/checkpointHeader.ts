import type { Metric } from "@akidb/base";
import {
  type Quantization,
  type SegmentCounters,
  type SegmentOptions,
  type SegmentRegionName,
  segmentFormatVersion,
} from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";

/**
 * The start of a segment's checkpoint, little-endian; behind it the regions of the segment's memories, one after the
 * other, each in blocks of which only the last may be shorter:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | `AKIDBSEG` |
 * | 8 | 4 | format version |
 * | 12 | 4 | length of the header with its tables |
 * | 16 | 4 | CRC32C of the rest of the header |
 * | 20 | 4 | version of the kernel's segment format, which says what the regions mean |
 * | 24 | 1 | metric: 0 cosine, 1 dot, 2 l2 |
 * | 25 | 1 | quantization: 0 none, 1 int8, 2 binary |
 * | 26 | 2 | zero |
 * | 28 | 4 | dimension |
 * | 32 | 4 | capacity in rows |
 * | 36 | 4 | M |
 * | 40 | 4 | efConstruction |
 * | 44 | 4 | seed |
 * | 48 | 4 | rows |
 * | 52 | 4 | linked rows, a prefix |
 * | 56 | 4 | dead rows |
 * | 60 | 4 | exponent of the unit |
 * | 64 | 8 | entry of the graph: level << 32 \| row + 1 |
 * | 72 | 4 | address of the upper lists in the segment's memory |
 * | 76 | 4 | length of the upper lists |
 * | 80 | 4 | length of a block |
 * | 84 | 4 | regions, r |
 * | 88 | 4 | blocks, b |
 * | 92 | 8 r | of each region: id, length |
 * | 92 + 8 r | 4 b | CRC32C of each block |
 *
 * Every version keeps the first 20 bytes, and the checksum.
 */
export interface CheckpointHeader {
  readonly segmentFormatVersion: number;
  /** The centre is a region, not an option, since whoever loads the file does not know it. */
  readonly options: Omit<SegmentOptions, "center">;
  readonly counters: SegmentCounters;
  readonly blockBytes: number;
  readonly regions: readonly RegionEntry[];
  readonly checksums: readonly number[];
}

export interface RegionEntry {
  readonly name: SegmentRegionName;
  readonly bytes: number;
}

const checkpointFormatVersion = 1;

/** As many as tell a header's length. */
export const headerPrefixBytes = 20;
const fixedBytes = 92;
const regionEntryBytes = 8;
/** Beyond any header of this version: those of 8 GiB in blocks of 1 MiB take 33 KB. */
const headerBytesMax = 1024 * 1024;

const magic = new TextEncoder().encode("AKIDBSEG");
const checksumOffset = 16;

const metricNumbers: Readonly<Record<Metric, number>> = { cosine: 0, dot: 1, l2: 2 };
const quantizationNumbers: Readonly<Record<Quantization, number>> = { none: 0, int8: 1, binary: 2 };
const regionIds: Readonly<Record<SegmentRegionName, number>> = {
  levels: 1,
  upperRefs: 2,
  upperPool: 3,
  baseLinks: 4,
  tombstones: 5,
  signs: 6,
  center: 7,
  factors: 8,
  rows: 9,
  vectors: 10,
};

type CheckpointHeaderReading =
  | { readonly kind: "valid"; readonly header: CheckpointHeader }
  | { readonly kind: "damaged" }
  /** Whole, and of a format that this version does not know. */
  | { readonly kind: "newer"; readonly version: number };

export const checkpointHeaderBytes = (regionCount: number, blockCount: number): number =>
  fixedBytes + regionEntryBytes * regionCount + 4 * blockCount;

export function encodeCheckpointHeader(header: Omit<CheckpointHeader, "segmentFormatVersion">): Uint8Array {
  const { options, counters, regions, checksums } = header;
  const bytes = new Uint8Array(checkpointHeaderBytes(regions.length, checksums.length));
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  bytes[24] = metricNumbers[options.metric];
  bytes[25] = quantizationNumbers[options.quantization];
  view.setBigUint64(64, counters.entry, true);
  const words: readonly (readonly [offset: number, value: number])[] = [
    [8, checkpointFormatVersion],
    [12, bytes.length],
    [20, segmentFormatVersion],
    [28, options.dimension],
    [32, options.capacity],
    [36, options.linksMax],
    [40, options.efConstruction],
    [44, options.seed],
    [48, counters.rowCount],
    [52, counters.linkedCount],
    [56, counters.deadCount],
    [60, counters.unitExponent],
    [72, counters.upperPoolAddress],
    [76, counters.upperPoolUsedBytes],
    [80, header.blockBytes],
    [84, regions.length],
    [88, checksums.length],
  ];
  for (const [offset, value] of words) view.setUint32(offset, value, true);
  let at = fixedBytes;
  for (const region of regions) {
    view.setUint32(at, regionIds[region.name], true);
    view.setUint32(at + 4, region.bytes, true);
    at += regionEntryBytes;
  }
  for (const [index, checksum] of checksums.entries()) view.setUint32(at + 4 * index, checksum, true);
  view.setUint32(checksumOffset, headerChecksum(bytes), true);
  return bytes;
}

/**
 * @param prefix the first {@link headerPrefixBytes}, or what there is of them
 * @returns undefined where it is not the start of a checkpoint
 */
export function headerLengthOf(prefix: Uint8Array): number | undefined {
  if (prefix.length < headerPrefixBytes || magic.some((byte, index) => prefix[index] !== byte)) {
    return undefined;
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(12, true);
  return length >= headerPrefixBytes && length <= headerBytesMax ? length : undefined;
}

/** @param bytes of the length that {@link headerLengthOf} tells */
export function decodeCheckpointHeader(bytes: Uint8Array): CheckpointHeaderReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (offset: number): number => view.getUint32(offset, true);
  if (word(checksumOffset) !== headerChecksum(bytes)) return { kind: "damaged" };
  const version = word(8);
  if (version !== checkpointFormatVersion) return { kind: "newer", version };
  if (bytes.length < fixedBytes || bytes.length !== checkpointHeaderBytes(word(84), word(88))) {
    return { kind: "damaged" };
  }
  const metric = nameOf(metricNumbers, view.getUint8(24));
  const quantization = nameOf(quantizationNumbers, view.getUint8(25));
  const regions = regionEntries(view, word(84));
  const blockBytes = word(80);
  if (metric === undefined || quantization === undefined || regions === undefined || blockBytes === 0) {
    return { kind: "damaged" };
  }
  const checksumsAt = fixedBytes + regionEntryBytes * regions.length;
  const header = {
    segmentFormatVersion: word(20),
    options: {
      metric,
      quantization,
      dimension: word(28),
      capacity: word(32),
      linksMax: word(36),
      efConstruction: word(40),
      seed: word(44),
    },
    counters: {
      rowCount: word(48),
      linkedCount: word(52),
      deadCount: word(56),
      upperPoolAddress: word(72),
      upperPoolUsedBytes: word(76),
      entry: view.getBigUint64(64, true),
      unitExponent: word(60),
    },
    blockBytes,
    regions,
    checksums: Array.from({ length: word(88) }, (_, index) => word(checksumsAt + 4 * index)),
  };
  return { kind: "valid", header };
}

/** @returns undefined where an id is unknown */
function regionEntries(view: DataView, count: number): readonly RegionEntry[] | undefined {
  const entries: RegionEntry[] = [];
  for (let at = fixedBytes; entries.length < count; at += regionEntryBytes) {
    const name = nameOf(regionIds, view.getUint32(at, true));
    if (name === undefined) return undefined;
    entries.push({ name, bytes: view.getUint32(at + 4, true) });
  }
  return entries;
}

const nameOf = <Name extends string>(numbers: Readonly<Record<Name, number>>, wanted: number) =>
  (Object.keys(numbers) as Name[]).find((name) => numbers[name] === wanted);

function headerChecksum(bytes: Uint8Array): number {
  const before = crc32c(bytes.subarray(0, checksumOffset));
  return crc32c(bytes.subarray(checksumOffset + 4), before);
}
