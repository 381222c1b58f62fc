import { assert } from "@akidb/base";
import { claimedRowCount, type Segment, type SegmentImage, segmentImage } from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import type { Disk } from "../disk/disk.ts";
import { blockBytesDefault as blockBytes, checkpointBlocks } from "./checkpointBlocks.ts";
import { checkpointHeaderBytes, encodeCheckpointHeader } from "./checkpointHeader.ts";
import { fileContents } from "./fileContents.ts";
import { replaceFile } from "./replaceFile.ts";
import { writeBlocks } from "./writeBlocks.ts";

export interface SegmentCheckpointWrite {
  readonly disk: Disk;
  /** In a directory that exists. A file that has the name already is replaced, all at once. */
  readonly path: string;
  readonly segment: Segment;
  /** Taken before the call, with no builder at work since; the segment as it is at the call if absent. */
  readonly image?: SegmentImage;
  /**
   * From its call on builders may link again; the rest of the file, by far the most of it, is not theirs to change. It is
   * written when the promise resolves.
   */
  readonly onGraphWritten?: () => void | Promise<void>;
  readonly signal?: AbortSignal;
}

export interface SegmentCheckpoint {
  /** Rows that were published when it was begun, and are in it. */
  readonly rowCount: number;
  readonly linkedCount: number;
  readonly fileBytes: number;
  /** CRC32C of the file. */
  readonly checksum: number;
}

/**
 * Writes a segment to a file, as it is when called; durable, under its name, when it resolves. One at a time for a path.
 *
 * It runs in the writer's thread, which may add, publish and remove rows while it goes on; searches may run anywhere. But
 * from its start until `onGraphWritten` no builder may have the segment in hand (`Builders.pause` waits for them): a row
 * linked meanwhile would be named by lists in blocks yet to be written and missing in those before.
 *
 * @throws AssertionError where a builder was at work; the disk's own error where the disk fails; the signal's reason.
 * There is no file of the name then, or still the one before.
 */
export async function writeSegmentCheckpoint({
  disk,
  path,
  segment,
  image = segmentImage(segment.handle()),
  onGraphWritten,
  signal,
}: SegmentCheckpointWrite): Promise<SegmentCheckpoint> {
  const { counters, regions } = image;
  const assertNotLinking = () =>
    assert(
      claimedRowCount(segment.handle()) === counters.linkedCount,
      "no builder has a segment in hand while its graph is written",
    );
  assertNotLinking();
  const blocks = checkpointBlocks(regions, blockBytes, (count) =>
    checkpointHeaderBytes(regions.length, count),
  );
  const graphBlockCount = blocks.filter(({ region }) => region.isGraph).length;
  const checksums: number[] = [];
  let header: Uint8Array = new Uint8Array();

  await replaceFile(disk, path, async (file) => {
    checksums.push(...(await writeBlocks(file, blocks.slice(0, graphBlockCount), signal)));
    assertNotLinking();
    await onGraphWritten?.();
    checksums.push(...(await writeBlocks(file, blocks.slice(graphBlockCount), signal)));
    header = encodeCheckpointHeader({
      options: segment.options,
      counters,
      blockBytes,
      regions: regions.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
      checksums,
    });
    await file.write([header], 0);
  });
  const { bytes, checksum } = fileContents(
    { bytes: header.length, checksum: crc32c(header) },
    blocks,
    checksums,
  );
  return {
    rowCount: counters.rowCount,
    linkedCount: counters.linkedCount,
    fileBytes: bytes,
    checksum,
  };
}
