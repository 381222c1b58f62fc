import { assert, limits } from "@akidb/base";
import type { KeyValue, RowGroup as RowGroupMetadata } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { ByteSink } from "../byteSink.ts";
import type { DocumentColumns } from "../documentColumns.ts";
import type { Compression } from "../format/compression.ts";
import { documentSchema } from "../format/documentSchema.ts";
import { dimensionKey, documentFormatVersion, formatVersionKey } from "../format/fileKeys.ts";
import { checkColumns } from "./checkColumns.ts";
import { Crc32cSink } from "./crc32cSink.ts";
import { writeIdChunk, writeInt64Chunk, writeOptionalInt64Chunk, writeStringChunk } from "./flatChunks.ts";
import { RowGroup } from "./rowGroup.ts";
import { writeVectorChunk } from "./vectorChunk.ts";

export interface DocumentFileWriterOptions {
  readonly sink: ByteSink;
  readonly dimension: number;
  /** `zstd` if absent. */
  readonly compression?: Compression;
  /** 16,384 if absent. */
  readonly rowGroupRowsMax?: number;
  /** A row group ends with the row that reaches it, counted before encoding; 64 MiB if absent. */
  readonly rowGroupBytesMax?: number;
  /** Kept in the footer beside the format's version and the dimension; keys of the caller's own. */
  readonly keyValues?: Readonly<Record<string, string>>;
}

export interface WrittenFile {
  readonly rowCount: number;
  readonly byteLength: number;
  /** Of the whole file (Castagnoli, RFC 3720). */
  readonly crc32c: number;
}

const magic = new TextEncoder().encode("PAR1");

/**
 * Writes documents as one Parquet file. Holds one row group; the same rows and options give the same bytes with the same
 * version of Node, however the rows are batched. Calls follow one another: each waits for the one before. After a failure
 * of the sink the file is not to be used.
 */
export class DocumentFileWriter {
  readonly #sink: Crc32cSink;
  readonly #dimension: number;
  readonly #compression: Compression;
  readonly #keyValues: KeyValue[];
  readonly #group: RowGroup;
  readonly #groups: RowGroupMetadata[] = [];
  #rowCount = 0;
  #state: "open" | "busy" | "ended" = "open";

  constructor(options: DocumentFileWriterOptions) {
    const { dimension, rowGroupRowsMax = 16_384, rowGroupBytesMax = 64 * 1024 * 1024 } = options;
    assert(Number.isInteger(dimension) && dimension >= 1, "a vector has at least one component");
    assert(dimension <= limits.dimensionMax, "a vector is not longer than readers take");
    assert(rowGroupRowsMax >= 1 && rowGroupBytesMax >= 1, "a row group has room");
    this.#sink = new Crc32cSink(options.sink);
    this.#dimension = dimension;
    this.#compression = options.compression ?? "zstd";
    this.#group = new RowGroup({ dimension, rowsMax: rowGroupRowsMax, bytesMax: rowGroupBytesMax });
    this.#keyValues = Object.entries({
      ...options.keyValues,
      [formatVersionKey]: String(documentFormatVersion),
      [dimensionKey]: String(dimension),
    }).map(([key, value]) => ({ key, value }));
  }

  /**
   * The columns may be used for others once it has resolved. Rejects with `invalid_argument` if one has the wrong length
   * or a value that a document cannot have.
   */
  append(columns: DocumentColumns): Promise<void> {
    return this.#exclusively("open", async () => {
      checkColumns(columns, this.#dimension);
      for (let row = 0; row < columns.rowCount; ) {
        row = this.#group.take(columns, row);
        if (this.#group.isFull) await this.#writeGroup();
      }
    });
  }

  /** Writes what is left and the footer. Syncing the file is the caller's. */
  finish(): Promise<WrittenFile> {
    return this.#exclusively("ended", async () => {
      if (this.#group.rowCount > 0) await this.#writeGroup();
      await this.#appendMagicOnce();
      await this.#sink.append(this.#footer());
      return { rowCount: this.#rowCount, byteLength: this.#sink.byteLength, crc32c: this.#sink.crc32c };
    });
  }

  async #exclusively<Result>(next: "open" | "ended", work: () => Promise<Result>): Promise<Result> {
    assert(this.#state === "open", "a writer is called once at a time, and not after its end or a failure");
    const bytesBefore = this.#sink.byteLength;
    const rowsBefore = this.#group.rowCount;
    this.#state = "busy";
    try {
      const result = await work();
      this.#state = next;
      return result;
    } catch (error) {
      const isUntouched = this.#sink.byteLength === bytesBefore && this.#group.rowCount === rowsBefore;
      this.#state = isUntouched ? "open" : "ended";
      throw error;
    }
  }

  async #appendMagicOnce(): Promise<void> {
    if (this.#sink.byteLength === 0) await this.#sink.append(magic);
  }

  async #writeGroup(): Promise<void> {
    await this.#appendMagicOnce();
    const start = this.#sink.byteLength;
    const { columns } = this.#group;
    const shared = { sink: this.#sink, compression: this.#compression };
    const chunks = [
      await writeIdChunk({ ...shared, column: "id", values: columns.ids }),
      await writeStringChunk({ ...shared, column: "external_id", values: columns.externalIds }),
      await writeVectorChunk({ ...shared, dimension: this.#dimension, vectors: columns.vectors }),
      await writeStringChunk({ ...shared, column: "text", values: columns.texts }),
      await writeStringChunk({ ...shared, column: "metadata", values: columns.metadata }),
      await writeInt64Chunk({ ...shared, column: "inserted_at", values: columns.insertedAtMs }),
      await writeInt64Chunk({ ...shared, column: "updated_at", values: columns.updatedAtMs }),
      await writeInt64Chunk({ ...shared, column: "version", values: columns.versions }),
      await writeOptionalInt64Chunk({ ...shared, column: "expires_at", values: columns.expiresAtMs }),
    ];
    this.#groups.push({
      columns: chunks,
      num_rows: BigInt(columns.rowCount),
      total_byte_size: chunks.reduce(
        (sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n),
        0n,
      ),
      file_offset: BigInt(start),
      total_compressed_size: BigInt(this.#sink.byteLength - start),
    });
    this.#rowCount += columns.rowCount;
    this.#group.clear();
  }

  #footer(): Uint8Array {
    const writer = new ByteWriter();
    writeMetadata(writer, {
      version: 2,
      schema: documentSchema,
      num_rows: BigInt(this.#rowCount),
      row_groups: this.#groups,
      key_value_metadata: this.#keyValues,
      created_by: "AkiDB",
      metadata_length: 0,
    });
    writer.appendBytes(magic);
    return writer.getBytes();
  }
}
