import { crc32c } from "@node-rs/crc32";

/**
 * The start of a file of a checkpoint that is not a segment's, little-endian; behind it its regions, one after the other,
 * each in blocks of which only the last may be shorter:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | `AKIDBBLK` |
 * | 8 | 4 | format version |
 * | 12 | 4 | length of the header with its tables |
 * | 16 | 4 | CRC32C of the rest of the header |
 * | 20 | 4 | kind: 1 vectors of a flat index, 2 tombstones, 3 rows, 4 payload index |
 * | 24 | 4 | length of a block |
 * | 28 | 4 | words, w |
 * | 32 | 4 | regions, r |
 * | 36 | 4 | blocks, b |
 * | 40 | 4 w | words that the kind gives a meaning |
 * | 40 + 4 w | 8 r | length of each region |
 * | 40 + 4 w + 8 r | 4 b | CRC32C of each block |
 *
 * Every version keeps the first 20 bytes, and the checksum.
 */
export interface BlockFileHeader {
  readonly kind: number;
  readonly blockBytes: number;
  readonly words: readonly number[];
  readonly regionBytes: readonly number[];
  readonly checksums: readonly number[];
}

/** What a file holds; the numbers are on disk. */
export const blockFileKinds = { flat: 1, tombstones: 2, rows: 3, payload: 4 } as const;
export type BlockFileKind = (typeof blockFileKinds)[keyof typeof blockFileKinds];

const blockFileFormatVersion = 1;

/** As many as tell a header's length. */
export const blockFilePrefixBytes = 20;
const fixedBytes = 40;
/** Beyond any header of this version: blocks of 1 MiB with 64 GiB in them take 256 KB. */
const headerBytesMax = 1024 * 1024;

const magic = new TextEncoder().encode("AKIDBBLK");
const checksumOffset = 16;

type BlockFileHeaderReading =
  | { readonly kind: "valid"; readonly header: BlockFileHeader }
  | { readonly kind: "damaged" }
  /** Whole, and of a format that this version does not know. */
  | { readonly kind: "newer"; readonly version: number };

export const blockFileHeaderBytes = (wordCount: number, regionCount: number, blockCount: number): number =>
  fixedBytes + 4 * wordCount + 8 * regionCount + 4 * blockCount;

export function encodeBlockFileHeader(header: BlockFileHeader): Uint8Array {
  const { words, regionBytes, checksums } = header;
  const bytes = new Uint8Array(blockFileHeaderBytes(words.length, regionBytes.length, checksums.length));
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint32(8, blockFileFormatVersion, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(20, header.kind, true);
  view.setUint32(24, header.blockBytes, true);
  view.setUint32(28, words.length, true);
  view.setUint32(32, regionBytes.length, true);
  view.setUint32(36, checksums.length, true);
  let at = fixedBytes;
  for (const word of words) {
    view.setUint32(at, word, true);
    at += 4;
  }
  for (const length of regionBytes) {
    view.setBigUint64(at, BigInt(length), true);
    at += 8;
  }
  for (const checksum of checksums) {
    view.setUint32(at, checksum, true);
    at += 4;
  }
  view.setUint32(checksumOffset, headerChecksum(bytes), true);
  return bytes;
}

/**
 * @param prefix the first {@link blockFilePrefixBytes}, or what there is of them
 * @returns undefined where it is not the start of such a file
 */
export function blockFileHeaderLengthOf(prefix: Uint8Array): number | undefined {
  if (prefix.length < blockFilePrefixBytes || magic.some((byte, index) => prefix[index] !== byte)) {
    return undefined;
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(12, true);
  return length >= blockFilePrefixBytes && length <= headerBytesMax ? length : undefined;
}

/** @param bytes of the length that {@link blockFileHeaderLengthOf} tells */
export function decodeBlockFileHeader(bytes: Uint8Array): BlockFileHeaderReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (offset: number): number => view.getUint32(offset, true);
  if (word(checksumOffset) !== headerChecksum(bytes)) return { kind: "damaged" };
  const version = word(8);
  if (version !== blockFileFormatVersion) return { kind: "newer", version };
  if (bytes.length < fixedBytes) return { kind: "damaged" };
  const blockBytes = word(24);
  const [wordCount, regionCount, blockCount] = [word(28), word(32), word(36)];
  if (bytes.length !== blockFileHeaderBytes(wordCount, regionCount, blockCount) || blockBytes === 0) {
    return { kind: "damaged" };
  }
  const regionsAt = fixedBytes + 4 * wordCount;
  const checksumsAt = regionsAt + 8 * regionCount;
  const header = {
    kind: word(20),
    blockBytes,
    words: Array.from({ length: wordCount }, (_, index) => word(fixedBytes + 4 * index)),
    regionBytes: Array.from({ length: regionCount }, (_, index) =>
      Number(view.getBigUint64(regionsAt + 8 * index, true)),
    ),
    checksums: Array.from({ length: blockCount }, (_, index) => word(checksumsAt + 4 * index)),
  };
  return { kind: "valid", header };
}

function headerChecksum(bytes: Uint8Array): number {
  const before = crc32c(bytes.subarray(0, checksumOffset));
  return crc32c(bytes.subarray(checksumOffset + 4), before);
}
