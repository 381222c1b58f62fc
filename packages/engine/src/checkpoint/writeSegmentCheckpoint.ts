import { assert } from "@akidb/base";
import { claimedRowCount, type Segment, segmentImage } from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type CheckpointBlock, checkpointBlocks } from "./checkpointBlocks.ts";
import { encodeCheckpointHeader } from "./checkpointHeader.ts";

const blockBytes = 1024 * 1024;

export interface SegmentCheckpointWrite {
  readonly disk: Disk;
  /** In a directory that exists. A file that has the name already is replaced, all at once. */
  readonly path: string;
  readonly segment: Segment;
  /** From here on builders may link again; the rest of the file, by far the most of it, is not theirs to change. */
  readonly onGraphWritten?: () => void;
}

export interface SegmentCheckpoint {
  /** Rows that were published when it was begun, and are in it. */
  readonly rowCount: number;
  readonly linkedCount: number;
  readonly fileBytes: number;
}

/**
 * Writes a segment to a file, as it is when called; durable, under its name, when it resolves. One at a time for a path.
 *
 * It runs in the writer's thread, which may add, publish and remove rows while it goes on; searches may run anywhere. But
 * from its start until `onGraphWritten` no builder may have the segment in hand (`Builders.forget` waits for them): a row
 * linked meanwhile would be named by lists in blocks yet to be written and missing in those before.
 *
 * @throws AssertionError where a builder was at work; the disk's own error where the disk fails. There is no file of
 * the name then, or still the one before.
 */
export async function writeSegmentCheckpoint({
  disk,
  path,
  segment,
  onGraphWritten,
}: SegmentCheckpointWrite): Promise<SegmentCheckpoint> {
  const handle = segment.handle();
  const { counters, regions } = segmentImage(handle);
  const assertNotLinking = () =>
    assert(
      claimedRowCount(handle) === counters.linkedCount,
      "no builder has a segment in hand while its graph is written",
    );
  assertNotLinking();
  const blocks = checkpointBlocks(regions, blockBytes);
  const graphBlockCount = blocks.filter(({ region }) => region.isGraph).length;

  await replaceFile(disk, path, async (file) => {
    const graphChecksums = await writeBlocks(file, blocks.slice(0, graphBlockCount));
    assertNotLinking();
    onGraphWritten?.();
    const otherChecksums = await writeBlocks(file, blocks.slice(graphBlockCount));
    const header = encodeCheckpointHeader({
      options: segment.options,
      counters,
      blockBytes,
      regions: regions.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
      checksums: [...graphChecksums, ...otherChecksums],
    });
    await file.write([header], 0);
  });
  const last = blocks.at(-1)!;
  return {
    rowCount: counters.rowCount,
    linkedCount: counters.linkedCount,
    fileBytes: last.position + last.bytes.length,
  };
}

/** @returns their checksums */
async function writeBlocks(file: DiskFile, blocks: readonly CheckpointBlock[]): Promise<number[]> {
  const checksums: number[] = [];
  for (const { bytes, position } of blocks) {
    checksums.push(crc32c(bytes));
    await file.write([bytes], position);
  }
  return checksums;
}

/** Durably the new file, or as if nothing had been done: it is written under another name, synced, and renamed. */
async function replaceFile(
  disk: Disk,
  path: string,
  write: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const slash = path.lastIndexOf("/");
  const directory = path.slice(0, slash);
  const unfinished = `${path}.tmp`;
  // Left by a process that was killed.
  if ((await disk.list(directory)).includes(unfinished.slice(slash + 1))) await disk.remove(unfinished);
  const file = await disk.createFile(unfinished);
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(unfinished, path);
  } catch (error) {
    // The error above says more than one of tidying up; the next attempt tidies up, too.
    await disk.remove(unfinished).catch(() => {});
    throw error;
  }
  await disk.syncDirectory(directory);
}
