import type { CheckpointBlock } from "./checkpointBlocks.ts";
import { type ChecksummedPart, joinedChecksum } from "./joinedChecksum.ts";
import type { Damaged } from "./readBlocks.ts";

/** Length and CRC32C of a file, by which a manifest knows it. */
export interface FileContents {
  readonly bytes: number;
  readonly checksum: number;
}

/** Of a file of a header and blocks, from their own checksums. */
export function fileContents(
  header: ChecksummedPart,
  blocks: readonly CheckpointBlock[],
  checksums: readonly number[],
): FileContents {
  const parts = [
    header,
    ...blocks.map(({ bytes }, index) => ({ bytes: bytes.length, checksum: checksums[index]! })),
  ];
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    checksum: joinedChecksum(parts),
  };
}

/** @throws DamagedFileError where a file is whole, and another one than its manifest names */
export function checkContents(found: FileContents, wanted: FileContents | undefined, damaged: Damaged): void {
  if (wanted === undefined) return;
  if (found.bytes !== wanted.bytes || found.checksum !== wanted.checksum) {
    throw damaged("is not the file that its manifest names");
  }
}
