import { constants, zstdCompressSync } from "node:zlib";
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
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export function compress(bytes: Uint8Array, compression: Compression): Uint8Array {
  switch (compression) {
    case "zstd":
      return zstdCompressSync(bytes, zstdOptions);
    case "snappy":
      return snappyCompress(bytes);
    case "none":
      return bytes;
  }
}
