import {
  type Kernel,
  Segment,
  type SegmentHandle,
  type SegmentOptions,
  type SegmentRegion,
  segmentRegions,
  writeCounters,
} from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { checkpointBlocks } from "./checkpointBlocks.ts";
import { type CheckpointHeader, checkpointHeaderBytes } from "./checkpointHeader.ts";
import { checkContents, type FileContents, fileContents } from "./fileContents.ts";
import { type Damaged, readBlocks } from "./readBlocks.ts";
import { readSegmentHeader, type WantedSegment, withCenter } from "./readSegmentHeader.ts";

export interface SegmentCheckpointLoad {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly kernel: Kernel;
  readonly options: WantedSegment;
  /** What a manifest says of the file. */
  readonly contents?: FileContents;
}

/**
 * The segment of a checkpoint: it answers as the one that was written did, and rows that were not in its graph wait to be
 * linked. Blocks are read straight into its memories; beside them, only the header takes memory.
 *
 * @throws DamagedFileError where the file is not what was written, is of a newer format, or of a segment with other
 * options; AkiDbError `unavailable` where the machine has no address space left
 */
export async function loadSegmentCheckpoint(load: SegmentCheckpointLoad): Promise<Segment> {
  const file = await load.disk.openFile(load.path);
  try {
    return await loadOpenFile(file, load);
  } finally {
    await file.close();
  }
}

async function loadOpenFile(file: DiskFile, load: SegmentCheckpointLoad): Promise<Segment> {
  const damaged: Damaged = (reason) => new DamagedFileError(load.file, reason);
  const { header, headerBytes } = await readSegmentHeader(file, load.options, damaged);
  const { options, counters } = header;
  const handle = emptySegment(load.kernel, options);
  const regions = segmentRegions(handle, counters);
  const blocks = checkpointBlocks(regions, header.blockBytes, (count) =>
    checkpointHeaderBytes(regions.length, count),
  );
  if (!hasRegions(header, regions) || blocks.length !== header.checksums.length) {
    throw damaged("has regions that are not those of its segment");
  }
  const contents = fileContents(
    { bytes: headerBytes.length, checksum: crc32c(headerBytes) },
    blocks,
    header.checksums,
  );
  const fileBytes = await file.size();
  if (fileBytes !== contents.bytes) throw damaged(`is ${fileBytes} bytes long, not ${contents.bytes}`);
  checkContents(contents, load.contents, damaged);
  await readBlocks(file, blocks, header.checksums, damaged);
  writeCounters(handle, counters);
  return Segment.open(load.kernel, withCenter(handle, regions));
}

/** Open in no thread. */
function emptySegment(kernel: Kernel, options: SegmentOptions): SegmentHandle {
  const segment = Segment.create(kernel, options);
  segment.close();
  return segment.handle();
}

const hasRegions = (header: CheckpointHeader, regions: readonly SegmentRegion[]): boolean =>
  header.regions.length === regions.length &&
  regions.every(({ name, bytes }, index) => {
    const entry = header.regions[index]!;
    return entry.name === name && entry.bytes === bytes.length;
  });
