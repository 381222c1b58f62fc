import type { SegmentRegion } from "@akidb/kernel";
import { checkpointHeaderBytes } from "./checkpointHeader.ts";

/** What one checksum covers. */
export interface CheckpointBlock {
  readonly region: SegmentRegion;
  /** A view of the segment's memory: blocks are written from there, and read to there, without a copy. */
  readonly bytes: Uint8Array;
  /** In the file. */
  readonly position: number;
}

/** The blocks of a file, in their order. */
export function checkpointBlocks(
  regions: readonly SegmentRegion[],
  blockBytes: number,
): readonly CheckpointBlock[] {
  const parts = regions.flatMap((region) =>
    Array.from({ length: Math.ceil(region.bytes.length / blockBytes) }, (_, index) => ({
      region,
      bytes: region.bytes.subarray(index * blockBytes, (index + 1) * blockBytes),
    })),
  );
  let position = checkpointHeaderBytes(regions.length, parts.length);
  return parts.map((part) => {
    const block = { ...part, position };
    position += part.bytes.length;
    return block;
  });
}
