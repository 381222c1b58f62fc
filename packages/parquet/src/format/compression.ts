import { promisify } from "node:util";
import { constants, zstdCompress, zstdCompressSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";

export const compressions = ["zstd", "snappy", "none"] as const;
export type Compression = (typeof compressions)[number];

export const codecs: Readonly<Record<Compression, CompressionCodec>> = {
  zstd: "ZSTD",
  snappy: "SNAPPY",
  none: "UNCOMPRESSED",
};

/** Level 1: what higher ones gain on bytes of numbers is below a percent, and they take several times as long. */
const zstdParams = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Compressed where the caller is: a thread of its own would take longer to be told. */
const localBytesMax = 64 * 1024;

const zstdElsewhere = promisify(zstdCompress);

/** zstd compresses in Node's own threads what is worth it; the bytes are not to change until then. */
export async function compress(bytes: Uint8Array, compression: Compression): Promise<Uint8Array> {
  switch (compression) {
    case "zstd": {
      // With room for all of it, zstd takes one step in place of dozens, a quarter less time.
      const options = { params: zstdParams, chunkSize: zstdBytesMax(bytes.length) };
      return bytes.length <= localBytesMax
        ? zstdCompressSync(bytes, options)
        : await zstdElsewhere(bytes, options);
    }
    case "snappy":
      return snappyCompress(bytes);
    case "none":
      return bytes;
  }
}

/** As much as zstd may make of as many bytes (its `ZSTD_compressBound`), and as Node takes at least. */
const zstdBytesMax = (length: number): number =>
  length + (length >>> 8) + (Math.max(0, 128 * 1024 - length) >>> 11) + 64;
