import { crc32c } from "@node-rs/crc32";
import { etagBytes } from "../randomEtag.ts";

/**
 * A file of the folder: the object's bytes, then the CRC32C of each block of them (4 bytes each), then this footer, all
 * little-endian. The bytes come first, so that offsets are the object's own; the end comes last, since a stream's length
 * is known only then.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | size of the object |
 * | 8 | 16 | etag |
 * | 24 | 4 | length of a block; only the last may be shorter |
 * | 28 | 4 | CRC32C of the table of blocks |
 * | 32 | 4 | CRC32C of the key, which tells a file that was moved |
 * | 36 | 4 | CRC32C of the rest of the footer |
 * | 40 | 4 | format version |
 * | 44 | 8 | `AKIDBOBJ` |
 *
 * Every version keeps the last 12 bytes.
 */
export interface ObjectFileFooter {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly blockBytes: number;
  readonly tableCrc: number;
}

export const objectFileFooterBytes = 52;
export const objectBlockBytes = 64 * 1024;

const formatVersion = 1;
const magic = new TextEncoder().encode("AKIDBOBJ");
const crcOffset = 36;

export type FooterReading =
  | { readonly kind: "valid"; readonly footer: ObjectFileFooter }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number };

export function encodeObjectFileFooter(key: string, footer: ObjectFileFooter): Uint8Array {
  const bytes = new Uint8Array(objectFileFooterBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(footer.sizeBytes), true);
  bytes.set(Buffer.from(footer.etag, "hex"), 8);
  view.setUint32(24, footer.blockBytes, true);
  view.setUint32(28, footer.tableCrc, true);
  view.setUint32(32, crc32c(key), true);
  view.setUint32(40, formatVersion, true);
  bytes.set(magic, 44);
  view.setUint32(crcOffset, footerCrc(bytes), true);
  return bytes;
}

/**
 * @param bytes the file's last {@link objectFileFooterBytes}, or what there is of them
 * @param fileBytes length of the file
 */
export function decodeObjectFileFooter(key: string, bytes: Uint8Array, fileBytes: number): FooterReading {
  if (bytes.length < objectFileFooterBytes) return { kind: "damaged", reason: "it has no footer" };
  if (magic.some((byte, index) => bytes[44 + index] !== byte)) {
    return { kind: "damaged", reason: "it does not end like an object" };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(40, true);
  if (version > formatVersion) return { kind: "newer", version };
  if (version !== formatVersion || view.getUint32(crcOffset, true) !== footerCrc(bytes)) {
    return { kind: "damaged", reason: "the checksum of its footer differs" };
  }
  if (view.getUint32(32, true) !== crc32c(key)) {
    return { kind: "damaged", reason: "it was stored under another key" };
  }
  const footer = {
    sizeBytes: Number(view.getBigUint64(0, true)),
    etag: Buffer.from(bytes.subarray(8, 8 + etagBytes)).toString("hex"),
    blockBytes: view.getUint32(24, true),
    tableCrc: view.getUint32(28, true),
  };
  const wantedBytes = footer.sizeBytes + tableBytes(footer) + objectFileFooterBytes;
  if (fileBytes !== wantedBytes) {
    return { kind: "damaged", reason: `its file is ${fileBytes} bytes long, not ${wantedBytes}` };
  }
  return { kind: "valid", footer };
}

export const tableBytes = ({
  sizeBytes,
  blockBytes,
}: Pick<ObjectFileFooter, "sizeBytes" | "blockBytes">): number => 4 * Math.ceil(sizeBytes / blockBytes);

function footerCrc(bytes: Uint8Array): number {
  const before = crc32c(bytes.subarray(0, crcOffset));
  return crc32c(bytes.subarray(crcOffset + 4), before);
}
