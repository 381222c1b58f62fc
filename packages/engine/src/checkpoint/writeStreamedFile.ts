import { crc32c } from "@node-rs/crc32";
import type { Disk } from "../disk/disk.ts";
import { type BlockFileKind, blockFileHeaderBytes, encodeBlockFileHeader } from "./blockFileHeader.ts";
import { blockBytesDefault as blockBytes } from "./checkpointBlocks.ts";
import type { FileContents } from "./fileContents.ts";
import { type ChecksummedPart, joinedChecksum } from "./joinedChecksum.ts";
import { replaceFile } from "./replaceFile.ts";

/** What a file holds that is put together while it is written. */
export interface StreamedRegion {
  /** In messages. */
  readonly name: string;
  readonly byteLength: number;
  /** As many bytes as were said, in pieces; each is copied before the next is asked for. */
  readonly pieces: () => Iterable<Uint8Array>;
}

export interface StreamedFileWrite {
  readonly disk: Disk;
  /** In a directory that exists. */
  readonly path: string;
  readonly kind: BlockFileKind;
  readonly words: readonly number[];
  readonly regions: readonly StreamedRegion[];
  readonly signal?: AbortSignal;
}

/**
 * Writes a file as `writeBlockFile` does, in the memory of one block, and gives others a turn after each piece. Durable,
 * under its name, when it resolves.
 *
 * @throws the disk's own error, or the signal's reason; there is no file of the name then, or still the one before
 */
export async function writeStreamedFile(write: StreamedFileWrite): Promise<FileContents> {
  const { disk, path, kind, words, regions, signal } = write;
  const regionBytes = regions.map(({ byteLength }) => byteLength);
  const blockCount = regionBytes.reduce((sum, bytes) => sum + Math.ceil(bytes / blockBytes), 0);
  const headerBytes = blockFileHeaderBytes(words.length, regions.length, blockCount);
  const memory = new Uint8Array(Math.min(blockBytes, Math.max(0, ...regionBytes)));
  const blocks: ChecksummedPart[] = [];
  let header: Uint8Array = new Uint8Array();
  await replaceFile(disk, path, async (file) => {
    let position = headerBytes;
    for (const region of regions) {
      for await (const block of blocksOf(region, memory)) {
        signal?.throwIfAborted();
        blocks.push({ checksum: crc32c(block), bytes: block.length });
        await file.write([block], position);
        position += block.length;
      }
    }
    const checksums = blocks.map(({ checksum }) => checksum);
    header = encodeBlockFileHeader({ kind, blockBytes, words, regionBytes, checksums });
    await file.write([header], 0);
  });
  const parts = [{ checksum: crc32c(header), bytes: header.length }, ...blocks];
  return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), checksum: joinedChecksum(parts) };
}

/** Each is good until the next is asked for. */
async function* blocksOf(region: StreamedRegion, memory: Uint8Array): AsyncIterable<Uint8Array> {
  let filled = 0;
  let left = region.byteLength;
  for (const piece of region.pieces()) {
    if (piece.length > left) throw new RangeError(`${region.name} has more bytes than it said`);
    left -= piece.length;
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + memory.length - filled);
      memory.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < blockBytes) continue;
      yield memory;
      filled = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (left > 0) throw new RangeError(`${region.name} has fewer bytes than it said`);
  if (filled > 0) yield memory.subarray(0, filled);
}
