/** What a file holds behind its header, one after the other. */
export interface FileRegion {
  /** In messages. */
  readonly name: string;
  /** Memory that is written from, and read to, without a copy. */
  readonly bytes: Uint8Array;
}

/** What one checksum covers. */
export interface CheckpointBlock<Region extends FileRegion = FileRegion> {
  readonly region: Region;
  readonly bytes: Uint8Array;
  /** In the file. */
  readonly position: number;
}

export const blockBytesDefault = 1024 * 1024;

/**
 * The blocks of a file, in their order: of each region, only the last may be shorter.
 *
 * @param headerBytes of a file with as many blocks
 */
export function checkpointBlocks<Region extends FileRegion>(
  regions: readonly Region[],
  blockBytes: number,
  headerBytes: (blockCount: number) => number,
): readonly CheckpointBlock<Region>[] {
  const parts = regions.flatMap((region) =>
    Array.from({ length: Math.ceil(region.bytes.length / blockBytes) }, (_, index) => ({
      region,
      bytes: region.bytes.subarray(index * blockBytes, (index + 1) * blockBytes),
    })),
  );
  let position = headerBytes(parts.length);
  return parts.map((part) => {
    const block = { ...part, position };
    position += part.bytes.length;
    return block;
  });
}
