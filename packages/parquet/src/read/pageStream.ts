import { crc32 } from "node:zlib";
import type { ColumnMetaData, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import type { ByteSource } from "../byteSource.ts";
import { readBytes } from "./fileBytes.ts";
import { damaged, unsupported } from "./parquetFileError.ts";
import { cutShort, walkThriftStruct } from "./thriftWalk.ts";

/** Where a column chunk lies in the file. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

export interface RawPage {
  readonly header: PageHeader;
  /** As in the file. */
  readonly bytes: Uint8Array;
}

/** The most of a page, in the file and decompressed. DuckDB and Arrow write 1 MiB and less, Spark the same. */
const pageBytesMax = 256 * 1024 * 1024;
const windowBytes = 256 * 1024;
/** Headers hold the smallest and largest value, which some writers do not shorten. */
const headerBytesMax = 16 * 1024 * 1024;

/** @param dataEnd where pages end and the footer begins */
export function chunkRange(metadata: ColumnMetaData, dataEnd: number): ChunkRange {
  const dataStart = Number(metadata.data_page_offset);
  const dictionaryStart = Number(metadata.dictionary_page_offset ?? 0);
  // Zero stands for none with some writers, and no page is there.
  const start = dictionaryStart > 0 ? Math.min(dictionaryStart, dataStart) : dataStart;
  const end = start + Number(metadata.total_compressed_size);
  if (!(start >= 4 && end > start && end <= dataEnd)) throw damaged("lies outside of the file");
  return { start, end };
}

/** The pages of a column chunk, one after the other, each checked against its CRC32 where it has one. */
export async function* readPages(source: ByteSource, { start, end }: ChunkRange): AsyncGenerator<RawPage> {
  let at = start;
  let window: Uint8Array = new Uint8Array(0);
  /** Makes `window` begin at `at` with at least `length` bytes, or all up to the chunk's end. */
  const fill = async (length: number): Promise<void> => {
    const wanted = Math.min(length, end - at);
    if (window.length >= wanted) return;
    window = await readBytes(source, at, Math.min(Math.max(wanted, windowBytes), end - at));
  };
  const advance = (length: number): void => {
    at += length;
    window = window.subarray(length);
  };
  while (at < end) {
    let headerBytes: number | typeof cutShort = cutShort;
    for (let length = 1024; headerBytes === cutShort; length *= 4) {
      await fill(length);
      headerBytes = walkThriftStruct(window);
      if (headerBytes === cutShort && (window.length === end - at || length > headerBytesMax)) {
        throw damaged("has a page header that does not end");
      }
    }
    const view = new DataView(window.buffer, window.byteOffset, headerBytes);
    const header = parquetHeader({ view, offset: 0 });
    advance(headerBytes);
    checkSizes(header, end - at);
    await fill(header.compressed_page_size);
    const bytes = window.subarray(0, header.compressed_page_size);
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0) {
      throw damaged(`has a page whose checksum is wrong, at byte ${at}`);
    }
    yield { header, bytes };
    advance(header.compressed_page_size);
  }
}

function checkSizes(header: PageHeader, bytesLeft: number): void {
  const { compressed_page_size: compressed, uncompressed_page_size: uncompressed } = header;
  checkWhole(compressed, uncompressed);
  if (!(compressed >= 0 && compressed <= bytesLeft && uncompressed >= 0)) {
    throw damaged("has a page that is longer than its column");
  }
  if (Math.max(compressed, uncompressed) > pageBytesMax) {
    throw unsupported(
      `has a page of ${Math.max(compressed, uncompressed)} bytes; at most ${pageBytesMax} are read`,
    );
  }
}

/** Fields of a header are what their bytes say: a flipped bit makes a boolean of a number. */
export function checkWhole(...values: readonly unknown[]): void {
  if (!values.every(Number.isInteger)) throw damaged("has a page header with a field of a wrong type");
}
