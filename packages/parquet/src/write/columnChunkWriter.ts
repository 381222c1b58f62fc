import { crc32 } from "node:zlib";
import type { ColumnChunk, Encoding, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { type Compression, codecs, compress } from "../format/compression.ts";
import { type ColumnName, leafElements, leafPath } from "../format/documentSchema.ts";
import type { Crc32cSink } from "./crc32cSink.ts";

/** The values of one page, encoded, and where they stand among nulls and lists. */
export interface EncodedPage {
  readonly encoding: Encoding;
  readonly values: Uint8Array;
  readonly rowCount: number;
  /** With nulls. */
  readonly valueCount: number;
  readonly nullCount: number;
  /** RLE, without a length in front; empty where the column has no such levels. */
  readonly repetitionLevels: Uint8Array;
  readonly definitionLevels: Uint8Array;
}

/**
 * Writes the pages of one column of one row group, each as it comes: data pages of version 2, whose levels stay outside
 * of the compression, each page with its CRC32. While one is compressed and written, the next can be encoded.
 */
export class ColumnChunkWriter {
  readonly #sink: Crc32cSink;
  readonly #column: ColumnName;
  readonly #compression: Compression;
  readonly #start: number;
  readonly #encodings = new Set<Encoding>(["RLE"]);
  #dictionaryOffset: number | undefined;
  #dataOffset: number | undefined;
  /** The pages given so far, one after the other. */
  #written: Promise<void> = Promise.resolve();
  #uncompressedBytes = 0;
  #valueCount = 0;

  constructor(sink: Crc32cSink, column: ColumnName, compression: Compression) {
    this.#sink = sink;
    this.#column = column;
    this.#compression = compression;
    this.#start = sink.byteLength;
  }

  /** @param values PLAIN; at most one dictionary, before all pages */
  async appendDictionary(values: Uint8Array, valueCount: number): Promise<void> {
    this.#dictionaryOffset = this.#sink.byteLength;
    this.#encodings.add("PLAIN");
    const compressed = await compress(values, this.#compression);
    await this.#appendPage(values.length, [compressed], {
      type: "DICTIONARY_PAGE",
      dictionary_page_header: { num_values: valueCount, encoding: "PLAIN" },
    });
  }

  /**
   * Resolves when the page before is written: two are held at most. Its bytes are not to change before
   * {@link ColumnChunkWriter.finish} has resolved.
   */
  async append(page: EncodedPage): Promise<void> {
    const before = this.#written;
    const compressed = compress(page.values, this.#compression);
    this.#written = this.#appendCompressed(page, compressed, before);
    // Whoever waits for it is told, now or at the end.
    for (const failing of [compressed, this.#written]) failing.catch(() => {});
    await before;
  }

  async #appendCompressed(
    page: EncodedPage,
    compressing: Promise<Uint8Array>,
    before: Promise<void>,
  ): Promise<void> {
    await before;
    const compressed = await compressing;
    this.#dataOffset ??= this.#sink.byteLength;
    this.#encodings.add(page.encoding);
    this.#valueCount += page.valueCount;
    // Full-entropy vectors do not shrink; then reading them need not cost anything.
    const isCompressed = this.#compression !== "none" && compressed.length < page.values.length;
    const levelBytes = page.repetitionLevels.length + page.definitionLevels.length;
    await this.#appendPage(
      levelBytes + page.values.length,
      [page.repetitionLevels, page.definitionLevels, isCompressed ? compressed : page.values],
      {
        type: "DATA_PAGE_V2",
        data_page_header_v2: {
          num_values: page.valueCount,
          num_nulls: page.nullCount,
          num_rows: page.rowCount,
          encoding: page.encoding,
          definition_levels_byte_length: page.definitionLevels.length,
          repetition_levels_byte_length: page.repetitionLevels.length,
          is_compressed: isCompressed,
        },
      },
    );
  }

  /** @returns what the footer says of this chunk, once all of it is written; needs a page */
  async finish(statistics: Statistics): Promise<ColumnChunk> {
    await this.#written;
    const { type } = leafElements[this.#column];
    if (type === undefined || this.#dataOffset === undefined)
      throw new Error("a chunk has a type and a page");
    return {
      file_offset: 0n,
      meta_data: {
        type,
        encodings: [...this.#encodings],
        path_in_schema: leafPath(this.#column),
        codec: codecs[this.#compression],
        num_values: BigInt(this.#valueCount),
        total_uncompressed_size: BigInt(this.#uncompressedBytes),
        total_compressed_size: BigInt(this.#sink.byteLength - this.#start),
        data_page_offset: BigInt(this.#dataOffset),
        ...(this.#dictionaryOffset === undefined
          ? {}
          : { dictionary_page_offset: BigInt(this.#dictionaryOffset) }),
        statistics,
      },
    };
  }

  async #appendPage(
    uncompressedBytes: number,
    parts: readonly Uint8Array[],
    header: Pick<
      Parameters<typeof writePageHeader>[1],
      "type" | "data_page_header_v2" | "dictionary_page_header"
    >,
  ): Promise<void> {
    const writer = new ByteWriter(64);
    writePageHeader(writer, {
      ...header,
      uncompressed_page_size: uncompressedBytes,
      compressed_page_size: parts.reduce((sum, part) => sum + part.length, 0),
      // The footer's format has it as a signed number.
      crc: parts.reduce((sum, part) => crc32(part, sum), 0) | 0,
    });
    const headerBytes = writer.getBytes();
    this.#uncompressedBytes += headerBytes.length + uncompressedBytes;
    for (const part of [headerBytes, ...parts]) if (part.length > 0) await this.#sink.append(part);
  }
}
