import type { ColumnChunk, Encoding } from "hyparquet";
import type { Compression } from "../format/compression.ts";
import { ByteSplitter } from "./byteSplitter.ts";
import { ColumnChunkWriter } from "./columnChunkWriter.ts";
import type { Crc32cSink } from "./crc32cSink.ts";
import { fullDefinitionLevels, listRepetitionLevels } from "./levels.ts";
import { encodeDictionary } from "./vectorDictionary.ts";

/** Of one page's components; readers hold a page at a time. */
const pageBytesTarget = 1024 * 1024;

interface VectorChunk {
  readonly sink: Crc32cSink;
  readonly compression: Compression;
  readonly dimension: number;
  /** Of one row group. */
  readonly vectors: Float32Array;
}

/**
 * Writes vectors as a LIST of FLOAT. Three encodings, all standard:
 *
 * * a dictionary where a row group has at most 256 different components (bytes stored as floats): one byte each, which
 *   compression brings down to the entropy;
 * * else, compressed, BYTE_STREAM_SPLIT: signs and exponents, which repeat, apart from mantissas, which do not;
 * * else PLAIN.
 */
export async function writeVectorChunk({
  sink,
  compression,
  dimension,
  vectors,
}: VectorChunk): Promise<ColumnChunk> {
  const chunk = new ColumnChunkWriter(sink, "vector", compression);
  const coded = encodeDictionary(vectors);
  if (coded !== undefined) {
    await chunk.appendDictionary(bytesOf(coded.dictionary), coded.dictionary.length);
  }
  const rowCount = vectors.length / dimension;
  const pageRows = Math.max(1, Math.floor(pageBytesTarget / (dimension * Float32Array.BYTES_PER_ELEMENT)));
  const splitter = new ByteSplitter();
  for (let row = 0; row < rowCount; row += pageRows) {
    const pageRowCount = Math.min(pageRows, rowCount - row);
    const start = row * dimension;
    const end = start + pageRowCount * dimension;
    const encoded =
      coded === undefined
        ? encodeFloats(vectors.subarray(start, end), compression, splitter)
        : encodeIndexes(coded.indexes.subarray(start, end));
    await chunk.append({
      ...encoded,
      rowCount: pageRowCount,
      valueCount: end - start,
      nullCount: 0,
      repetitionLevels: listRepetitionLevels(pageRowCount, dimension),
      definitionLevels: fullDefinitionLevels(end - start),
    });
  }
  return chunk.finish({ null_count: 0n });
}

interface EncodedValues {
  readonly encoding: Encoding;
  readonly values: Uint8Array;
}

const encodeFloats = (
  floats: Float32Array,
  compression: Compression,
  splitter: ByteSplitter,
): EncodedValues =>
  compression === "none"
    ? { encoding: "PLAIN", values: bytesOf(floats) }
    : { encoding: "BYTE_STREAM_SPLIT", values: splitter.split(floats) };

const bytesOf = (floats: Float32Array): Uint8Array =>
  new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

/**
 * Indexes of eight bits in one bit-packed run, which then are the bytes themselves. Such a run counts groups of eight;
 * what the last one is short of is filled with zeros.
 */
function encodeIndexes(indexes: Uint8Array): EncodedValues {
  const groups = Math.ceil(indexes.length / 8);
  const header: number[] = [8];
  let rest = groups * 2 + 1;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) header.push((rest % 128) | 0x80);
  header.push(rest);
  const values = new Uint8Array(header.length + groups * 8);
  values.set(header);
  values.set(indexes, header.length);
  return { encoding: "RLE_DICTIONARY", values };
}
