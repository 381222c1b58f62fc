import { AkiDbError, assert } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { DamagedObjectError } from "../damagedObjectError.ts";

/**
 * A pack: many small objects in one, little-endian. The index comes first, so that one reading from the start, stopped
 * early, tells all that is inside.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | `AKIDBPAK` |
 * | 8 | 4 | format version |
 * | 12 | 4 | length of the header with the index, i |
 * | 16 | 4 | CRC32C of the header and the index, but for this field |
 * | 20 | 4 | objects, n |
 * | 24 | | index: n times: offset (8), size (4), CRC32C (4), length of the name (2), the name in UTF-8 |
 * | i | | the objects' bytes, one after the other in the order of the index |
 *
 * Every version keeps the first 20 bytes, and the checksum.
 */
export interface PackEntry {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly crc32c: number;
}

export interface PackedItem {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const packPrefixBytes = 24;

const formatVersion = 1;
const magic = new TextEncoder().encode("AKIDBPAK");
const crcOffset = 16;
const entryFixedBytes = 18;
/** Beyond any index that is written: 100 objects with the longest names take 54 KB. */
const indexBytesMax = 16 * 1024 * 1024;

export interface EncodedPack {
  readonly bytes: Uint8Array;
  readonly entries: readonly PackEntry[];
}

export function encodePack(items: readonly PackedItem[]): EncodedPack {
  const names = items.map(({ name }) => new TextEncoder().encode(name));
  const indexBytes = names.reduce((sum, name) => sum + entryFixedBytes + name.length, packPrefixBytes);
  assert(indexBytes <= indexBytesMax, "the index of a pack can be read back");
  const index = new Uint8Array(indexBytes);
  const view = new DataView(index.buffer);
  index.set(magic);
  view.setUint32(8, formatVersion, true);
  view.setUint32(12, indexBytes, true);
  view.setUint32(20, items.length, true);
  const entries: PackEntry[] = [];
  let at = packPrefixBytes;
  let offset = indexBytes;
  for (const [i, { name, bytes }] of items.entries()) {
    const encodedName = names[i] as Uint8Array;
    const entry = { name, offset, sizeBytes: bytes.length, crc32c: crc32c(bytes) };
    view.setBigUint64(at, BigInt(offset), true);
    view.setUint32(at + 8, entry.sizeBytes, true);
    view.setUint32(at + 12, entry.crc32c, true);
    view.setUint16(at + 16, encodedName.length, true);
    index.set(encodedName, at + entryFixedBytes);
    entries.push(entry);
    at += entryFixedBytes + encodedName.length;
    offset += bytes.length;
  }
  view.setUint32(crcOffset, indexCrc(index), true);
  return { bytes: Buffer.concat([index, ...items.map(({ bytes }) => bytes)]), entries };
}

/**
 * @param prefix the pack's first {@link packPrefixBytes}
 * @throws DamagedObjectError
 */
export function packIndexBytes(key: string, prefix: Uint8Array): number {
  if (prefix.length < packPrefixBytes || magic.some((byte, index) => prefix[index] !== byte)) {
    throw new DamagedObjectError(key, "it is no pack");
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, prefix.length).getUint32(12, true);
  if (length < packPrefixBytes || length > indexBytesMax) {
    throw new DamagedObjectError(key, "its index has a length that cannot be");
  }
  return length;
}

/**
 * @param index of the length that {@link packIndexBytes} tells
 * @param packBytes size of the whole pack
 * @throws DamagedObjectError, and `failed_precondition` for a format that a later version wrote
 */
export function decodePackIndex(key: string, index: Uint8Array, packBytes: number): readonly PackEntry[] {
  const damaged = (reason: string) => new DamagedObjectError(key, reason);
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  if (view.getUint32(crcOffset, true) !== indexCrc(index)) {
    throw damaged("the checksum of its index differs");
  }
  const version = view.getUint32(8, true);
  if (version !== formatVersion) {
    throw new AkiDbError(
      "failed_precondition",
      `the pack ${JSON.stringify(key)} was stored by a newer AkiDB (format ${version})`,
    );
  }
  const entries: PackEntry[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = packPrefixBytes;
  for (let i = view.getUint32(20, true); i > 0; i--) {
    const nameAt = at + entryFixedBytes;
    if (nameAt > index.length) throw damaged("its index ends too early");
    const nameEnd = nameAt + view.getUint16(at + 16, true);
    const offset = Number(view.getBigUint64(at, true));
    const sizeBytes = view.getUint32(at + 8, true);
    if (nameEnd > index.length || offset + sizeBytes > packBytes) {
      throw damaged("its index points outside");
    }
    const name = decoder.decode(index.subarray(nameAt, nameEnd));
    entries.push({ name, offset, sizeBytes, crc32c: view.getUint32(at + 12, true) });
    at = nameEnd;
  }
  return entries;
}

function indexCrc(index: Uint8Array): number {
  const before = crc32c(index.subarray(0, crcOffset));
  return crc32c(index.subarray(crcOffset + 4), before);
}
