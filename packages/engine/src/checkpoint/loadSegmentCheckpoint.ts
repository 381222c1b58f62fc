import {
  countersFit,
  type Kernel,
  Segment,
  type SegmentHandle,
  type SegmentOptions,
  type SegmentRegion,
  segmentFormatVersion,
  segmentRegions,
  writeCounters,
} from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type CheckpointBlock, checkpointBlocks } from "./checkpointBlocks.ts";
import {
  type CheckpointHeader,
  decodeCheckpointHeader,
  headerLengthOf,
  headerPrefixBytes,
} from "./checkpointHeader.ts";

export interface SegmentCheckpointLoad {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly kernel: Kernel;
  /** What the segment must have been made with; its centre comes from the file. */
  readonly options: Omit<SegmentOptions, "center">;
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

type Damaged = (reason: string) => DamagedFileError;

async function loadOpenFile(file: DiskFile, load: SegmentCheckpointLoad): Promise<Segment> {
  const damaged: Damaged = (reason) => new DamagedFileError(load.file, reason);
  const header = await readHeader(file, damaged);
  const { options, counters } = header;
  checkOptions(options, load.options, damaged);
  if (!countersFit(options, counters)) throw damaged("describes a segment that cannot be");
  const handle = emptySegment(load.kernel, options);
  const regions = segmentRegions(handle, counters);
  const blocks = checkpointBlocks(regions, header.blockBytes);
  if (!hasRegions(header, regions) || blocks.length !== header.checksums.length) {
    throw damaged("has regions that are not those of its segment");
  }
  const wantedBytes = blocks.at(-1)!.position + blocks.at(-1)!.bytes.length;
  const fileBytes = await file.size();
  if (fileBytes !== wantedBytes) throw damaged(`is ${fileBytes} bytes long, not ${wantedBytes}`);
  await readBlocks(file, blocks, header.checksums, damaged);
  writeCounters(handle, counters);
  return Segment.open(load.kernel, withCenter(handle, regions));
}

async function readHeader(file: DiskFile, damaged: Damaged): Promise<CheckpointHeader> {
  const prefix = new Uint8Array(headerPrefixBytes);
  const length = headerLengthOf(prefix.subarray(0, await file.read(prefix, 0)));
  if (length === undefined) throw damaged("does not begin as a checkpoint of a segment");
  const bytes = new Uint8Array(length);
  if ((await file.read(bytes, 0)) < length) throw damaged("is cut off within its header");
  const reading = decodeCheckpointHeader(bytes);
  switch (reading.kind) {
    case "valid": {
      const { segmentFormatVersion: version } = reading.header;
      if (version > segmentFormatVersion) throw damaged(`holds segment format ${version} of a newer AkiDB`);
      if (version < segmentFormatVersion) throw damaged(`holds segment format ${version}, no longer read`);
      return reading.header;
    }
    case "damaged":
      throw damaged("its header does not match its checksum");
    case "newer":
      throw damaged(`written in checkpoint format ${reading.version} by a newer AkiDB`);
  }
}

function checkOptions(
  found: CheckpointHeader["options"],
  wanted: CheckpointHeader["options"],
  damaged: Damaged,
): void {
  for (const name of Object.keys(found) as (keyof typeof found)[]) {
    if (found[name] !== wanted[name]) {
      throw damaged(`is of a segment with ${name} ${found[name]}, not ${wanted[name]}`);
    }
  }
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

/**
 * The disk reads a block while the one before is checked. What is missing at the end of a file shows in the checksum,
 * too.
 */
async function readBlocks(
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
    // Nothing reads from a file that is closed, or into a segment that was given up.
    await reading.catch(() => {});
  }
}

/** A centre of zeros is none. */
function withCenter(handle: SegmentHandle, regions: readonly SegmentRegion[]): SegmentHandle {
  const { bytes } = regions.find(({ name }) => name === "center")!;
  const center = new Float32Array(bytes.buffer, bytes.byteOffset, handle.options.dimension).slice();
  return center.every((component) => component === 0)
    ? handle
    : { ...handle, options: { ...handle.options, center } };
}
