import type { ColumnChunk, Statistics } from "hyparquet";
import { idBytes } from "../documentColumns.ts";
import type { Compression } from "../format/compression.ts";
import type { ColumnName } from "../format/documentSchema.ts";
import { ColumnChunkWriter } from "./columnChunkWriter.ts";
import type { Crc32cSink } from "./crc32cSink.ts";
import { noLevels, presenceLevels } from "./levels.ts";

const pageBytesTarget = 1024 * 1024;

interface FlatChunk<Values> {
  readonly sink: Crc32cSink;
  readonly compression: Compression;
  readonly column: ColumnName;
  readonly values: Values;
}

export function writeIdChunk({ values, ...chunk }: FlatChunk<Uint8Array>): Promise<ColumnChunk> {
  return writeRequiredChunk({
    ...chunk,
    bytes: values,
    valueBytes: idBytes,
    statistics: idStatistics(values),
  });
}

/** @param values whole numbers */
export function writeInt64Chunk({ values, ...chunk }: FlatChunk<Float64Array>): Promise<ColumnChunk> {
  const statistics = {
    min_value: BigInt(values.reduce((a, b) => Math.min(a, b))),
    max_value: BigInt(values.reduce((a, b) => Math.max(a, b))),
    null_count: 0n,
  };
  return writeRequiredChunk({ ...chunk, bytes: int64Bytes(values), valueBytes: 8, statistics });
}

/** @param values whole numbers, or NaN for null */
export async function writeOptionalInt64Chunk(options: FlatChunk<Float64Array>): Promise<ColumnChunk> {
  const { sink, column, compression, values } = options;
  const chunk = new ColumnChunkWriter(sink, column, compression);
  let nullCount = 0;
  for (let at = 0; at < values.length; at += pageBytesTarget / 8) {
    const page = values.subarray(at, at + pageBytesTarget / 8);
    const present = page.filter((value) => !Number.isNaN(value));
    nullCount += page.length - present.length;
    await chunk.append({
      encoding: "PLAIN",
      values: int64Bytes(present),
      rowCount: page.length,
      valueCount: page.length,
      nullCount: page.length - present.length,
      repetitionLevels: noLevels,
      definitionLevels: presenceLevels(Uint8Array.from(page, (value) => (Number.isNaN(value) ? 0 : 1))),
    });
  }
  return chunk.finish({ null_count: BigInt(nullCount) });
}

/** Whole numbers as INT64, by halves: through BigInt they take ten times as long. */
function int64Bytes(values: Float64Array): Uint8Array {
  const halves = new Int32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const high = Math.floor(values[i]! / 2 ** 32);
    halves[2 * i] = values[i]! - high * 2 ** 32;
    halves[2 * i + 1] = high;
  }
  return new Uint8Array(halves.buffer);
}

interface RequiredChunk extends Omit<FlatChunk<never>, "values"> {
  /** PLAIN: the values as they lie in memory, little-endian. */
  readonly bytes: Uint8Array;
  readonly valueBytes: number;
  readonly statistics: Statistics;
}

async function writeRequiredChunk(options: RequiredChunk): Promise<ColumnChunk> {
  const { sink, column, compression, bytes, valueBytes, statistics } = options;
  const chunk = new ColumnChunkWriter(sink, column, compression);
  for (let at = 0; at < bytes.length; at += pageBytesTarget) {
    const values = bytes.subarray(at, at + pageBytesTarget);
    const count = values.length / valueBytes;
    await chunk.append({
      encoding: "PLAIN",
      values,
      rowCount: count,
      valueCount: count,
      nullCount: 0,
      repetitionLevels: noLevels,
      definitionLevels: noLevels,
    });
  }
  return chunk.finish(statistics);
}

export async function writeStringChunk(options: FlatChunk<readonly (string | null)[]>): Promise<ColumnChunk> {
  const { sink, column, compression, values } = options;
  const chunk = new ColumnChunkWriter(sink, column, compression);
  let nullCount = 0;
  for (let start = 0; start < values.length; ) {
    const end = pageEnd(values, start);
    const page = encodeStrings(values.slice(start, end));
    await chunk.append(page);
    nullCount += page.nullCount;
    start = end;
  }
  return chunk.finish({ null_count: BigInt(nullCount) });
}

/** A page ends with the row that fills it. */
function pageEnd(values: readonly (string | null)[], start: number): number {
  let bytes = 0;
  let end = start;
  while (end < values.length && bytes < pageBytesTarget) {
    bytes += 4 + (values[end]?.length ?? 0);
    end += 1;
  }
  return end;
}

function encodeStrings(strings: readonly (string | null)[]) {
  const isPresent = Uint8Array.from(strings, (value) => (value === null ? 0 : 1));
  const present = strings.filter((value) => value !== null);
  const lengths = present.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  present.forEach((value, i) => {
    bytes.writeUInt32LE(lengths[i]!, at);
    bytes.write(value, at + 4);
    at += 4 + lengths[i]!;
  });
  return {
    encoding: "PLAIN" as const,
    values: bytes,
    rowCount: strings.length,
    valueCount: strings.length,
    nullCount: strings.length - present.length,
    repetitionLevels: noLevels,
    definitionLevels: presenceLevels(isPresent),
  };
}

/** Smallest and largest in the order of bytes. */
function idStatistics(ids: Uint8Array): Statistics {
  let min = ids.subarray(0, idBytes);
  let max = min;
  for (let at = idBytes; at < ids.length; at += idBytes) {
    const id = ids.subarray(at, at + idBytes);
    if (Buffer.compare(id, min) < 0) min = id;
    if (Buffer.compare(id, max) > 0) max = id;
  }
  return { min_value: min.slice(), max_value: max.slice(), null_count: 0n };
}
