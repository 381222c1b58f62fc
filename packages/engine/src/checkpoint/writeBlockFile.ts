import { crc32c } from "@node-rs/crc32";
import type { Disk } from "../disk/disk.ts";
import { type BlockFileKind, blockFileHeaderBytes, encodeBlockFileHeader } from "./blockFileHeader.ts";
import { blockBytesDefault as blockBytes, checkpointBlocks, type FileRegion } from "./checkpointBlocks.ts";
import { type FileContents, fileContents } from "./fileContents.ts";
import { replaceFile } from "./replaceFile.ts";
import { writeBlocks } from "./writeBlocks.ts";

export interface BlockFileWrite {
  readonly disk: Disk;
  /** In a directory that exists. */
  readonly path: string;
  readonly kind: BlockFileKind;
  readonly words: readonly number[];
  /** Not to be changed before it is written. */
  readonly regions: readonly FileRegion[];
  readonly signal?: AbortSignal;
}

/**
 * Durable, under its name, when it resolves.
 *
 * @throws the disk's own error, or the signal's reason; there is no file of the name then, or still the one before
 */
export async function writeBlockFile(write: BlockFileWrite): Promise<FileContents> {
  const { disk, path, kind, words, regions, signal } = write;
  const blocks = checkpointBlocks(regions, blockBytes, (count) =>
    blockFileHeaderBytes(words.length, regions.length, count),
  );
  let checksums: readonly number[] = [];
  let header: Uint8Array = new Uint8Array();
  await replaceFile(disk, path, async (file) => {
    checksums = await writeBlocks(file, blocks, signal);
    const regionBytes = regions.map(({ bytes }) => bytes.length);
    header = encodeBlockFileHeader({ kind, blockBytes, words, regionBytes, checksums });
    await file.write([header], 0);
  });
  return fileContents({ bytes: header.length, checksum: crc32c(header) }, blocks, checksums);
}
