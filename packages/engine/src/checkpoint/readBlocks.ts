import { crc32c } from "@node-rs/crc32";
import type { DamagedFileError } from "../damagedFileError.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { CheckpointBlock } from "./checkpointBlocks.ts";

/** The error of the file that is being read. */
export type Damaged = (reason: string) => DamagedFileError;

/**
 * The disk reads a block while the one before is checked. What is missing at the end of a file shows in the checksum,
 * too.
 *
 * @throws DamagedFileError that names the region and the place
 */
export async function readBlocks(
  file: DiskFile,
  blocks: readonly CheckpointBlock[],
  checksums: readonly number[],
  damaged: Damaged,
): Promise<void> {
  const read = async (block: CheckpointBlock | undefined): Promise<void> => {
    if (block !== undefined) await file.read(block.bytes, block.position);
  };
  let reading = read(blocks[0]);
  try {
    for (const [index, { region, bytes, position }] of blocks.entries()) {
      await reading;
      reading = read(blocks[index + 1]);
      if (crc32c(bytes) !== checksums[index]) {
        throw damaged(`its ${region.name} from byte ${position} on do not match their checksum`);
      }
    }
  } finally {
    // Nothing reads from a file that is closed, or into memory that was given up.
    await reading.catch(() => {});
  }
}
