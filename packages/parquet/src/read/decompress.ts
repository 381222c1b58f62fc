import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { damaged, unsupported } from "./parquetFileError.ts";
import { snappyDecompress } from "./snappyDecompress.ts";

/** @param length what must come out: no more is ever allocated */
export function decompress(bytes: Uint8Array, codec: CompressionCodec, length: number): Uint8Array {
  if (codec === "UNCOMPRESSED") {
    if (bytes.length !== length) throw damaged(`has a page of ${bytes.length} bytes that says ${length}`);
    return bytes;
  }
  if (length === 0) return new Uint8Array(0);
  if (codec === "SNAPPY") return snappyDecompress(bytes, length);
  const unpack = { ZSTD: zstdDecompressSync, GZIP: gunzipSync, BROTLI: brotliDecompressSync }[
    codec as string
  ];
  if (unpack === undefined) {
    throw unsupported(`is compressed with ${codec}; zstd, snappy, gzip, brotli and none are read`);
  }
  let page: Uint8Array;
  try {
    page = unpack(bytes, { maxOutputLength: length });
  } catch {
    throw damaged(`has a page that cannot be decompressed (${codec})`);
  }
  if (page.length !== length) throw damaged(`has a page of ${page.length} bytes that says ${length}`);
  return page;
}
