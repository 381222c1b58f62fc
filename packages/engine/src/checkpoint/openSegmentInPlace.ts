import type { Clock } from "@akidb/base";
import { Segment, type SegmentRegion, segmentRegions, vectorBytesOf, writeCounters } from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import { DamagedFileError } from "../damagedFileError.ts";
import type { DiskFile } from "../disk/disk.ts";
import { type CheckpointBlock, checkpointBlocks } from "./checkpointBlocks.ts";
import { type CheckpointHeader, checkpointHeaderBytes } from "./checkpointHeader.ts";
import { checkContents } from "./fileContents.ts";
import { joinedChecksum } from "./joinedChecksum.ts";
import type { SegmentCheckpointLoad } from "./loadSegmentCheckpoint.ts";
import { type Damaged, readBlocks } from "./readBlocks.ts";
import { readSegmentHeader, withCenter } from "./readSegmentHeader.ts";
import { StoredVectors } from "./storedVectors.ts";

export interface SegmentInPlaceLoad extends SegmentCheckpointLoad {
  readonly clock: Pick<Clock, "monotonicMs">;
}

export interface SegmentInPlace {
  /** Without its vectors. */
  readonly segment: Segment;
  /** They stay in the file, which is open until they are closed. */
  readonly vectors: StoredVectors;
}

/**
 * The segment of a checkpoint, of codes, with its graph and codes in memory and its vectors where they are. What is read
 * into memory is checked at once; of the vectors, that they are all there, and each when it is read.
 *
 * @throws as `loadSegmentCheckpoint` does
 */
export async function openSegmentInPlace(load: SegmentInPlaceLoad): Promise<SegmentInPlace> {
  const file = await load.disk.openFile(load.path);
  try {
    return await openFile(file, load);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(file: DiskFile, load: SegmentInPlaceLoad): Promise<SegmentInPlace> {
  const damaged: Damaged = (reason) => new DamagedFileError(load.file, reason);
  const { header, headerBytes } = await readSegmentHeader(file, load.options, damaged);
  const { options, counters, blockBytes, checksums } = header;
  const { rowCount } = counters;
  const vectorBytes = vectorBytesOf(options.dimension);
  const created = Segment.create(load.kernel, options, { hasVectors: false });
  created.close();
  const handle = created.handle();
  const regions = segmentRegions(handle, counters);
  const vectorBlockCount = Math.ceil((rowCount * vectorBytes) / blockBytes);
  const blocks = checkpointBlocks(regions, blockBytes, (count) =>
    checkpointHeaderBytes(regions.length + 1, count + vectorBlockCount),
  );
  if (
    !hasRegions(header, regions, rowCount * vectorBytes) ||
    blocks.length + vectorBlockCount !== checksums.length
  ) {
    throw damaged("has regions that are not those of its segment");
  }
  const position = endOf(blocks, headerBytes.length);
  const lengths = [...blocks.map(({ bytes }) => bytes.length), ...cut(rowCount * vectorBytes, blockBytes)];
  const parts = lengths.map((bytes, index) => ({ bytes, checksum: checksums[index]! }));
  const wholeBytes = position + rowCount * vectorBytes;
  const fileBytes = await file.size();
  if (fileBytes !== wholeBytes) throw damaged(`is ${fileBytes} bytes long, not ${wholeBytes}`);
  const checksum = joinedChecksum([{ bytes: headerBytes.length, checksum: crc32c(headerBytes) }, ...parts]);
  checkContents({ bytes: wholeBytes, checksum }, load.contents, damaged);
  await readBlocks(file, blocks, checksums.slice(0, blocks.length), damaged);
  writeCounters(handle, counters);
  return {
    segment: Segment.open(load.kernel, withCenter(handle, regions)),
    vectors: new StoredVectors({
      file,
      position,
      rowCount,
      vectorBytes,
      blockBytes,
      checksums: checksums.slice(blocks.length),
      damaged,
      clock: load.clock,
    }),
  };
}

/** Those that are in memory, and the vectors behind them. */
function hasRegions(
  { regions: found }: CheckpointHeader,
  regions: readonly SegmentRegion[],
  vectorsBytes: number,
): boolean {
  const wanted = [
    ...regions.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    { name: "vectors", bytes: vectorsBytes },
  ];
  return (
    found.length === wanted.length &&
    wanted.every(({ name, bytes }, index) => found[index]!.name === name && found[index]!.bytes === bytes)
  );
}

function endOf(blocks: readonly CheckpointBlock[], headerBytes: number): number {
  const last = blocks.at(-1);
  return last === undefined ? headerBytes : last.position + last.bytes.length;
}

/** The lengths of the blocks of so many bytes. */
const cut = (bytes: number, blockBytes: number): readonly number[] =>
  Array.from({ length: Math.ceil(bytes / blockBytes) }, (_, block) =>
    Math.min(blockBytes, bytes - block * blockBytes),
  );
