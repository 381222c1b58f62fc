import { crc32c } from "@node-rs/crc32";
import type { DiskFile } from "../disk/disk.ts";
import type { CheckpointBlock } from "./checkpointBlocks.ts";

/**
 * @returns their checksums
 * @throws the signal's reason, between two blocks
 */
export async function writeBlocks(
  file: DiskFile,
  blocks: readonly CheckpointBlock[],
  signal?: AbortSignal,
): Promise<number[]> {
  const checksums: number[] = [];
  for (const { bytes, position } of blocks) {
    signal?.throwIfAborted();
    checksums.push(crc32c(bytes));
    await file.write([bytes], position);
  }
  return checksums;
}
