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
import { checkpointBlocks } from "./checkpointBlocks.ts";
import {
  type CheckpointHeader,
  checkpointHeaderBytes,
  decodeCheckpointHeader,
  headerLengthOf,
  headerPrefixBytes,
} from "./checkpointHeader.ts";
import { checkContents, type FileContents, fileContents } from "./fileContents.ts";
import { type Damaged, readBlocks } from "./readBlocks.ts";

export interface SegmentCheckpointLoad {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly kernel: Kernel;
  /** What the segment must have been made with; its centre comes from the file, as does a capacity left out. */
  readonly options: Omit<SegmentOptions, "center" | "capacity"> & Partial<Pick<SegmentOptions, "capacity">>;
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
  const { header, headerBytes } = await readHeader(file, damaged);
  const { options, counters } = header;
  checkOptions(options, load.options, damaged);
  if (!countersFit(options, counters)) throw damaged("describes a segment that cannot be");
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

interface HeaderOfFile {
  readonly header: CheckpointHeader;
  readonly headerBytes: Uint8Array;
}

async function readHeader(file: DiskFile, damaged: Damaged): Promise<HeaderOfFile> {
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
      return { header: reading.header, headerBytes: bytes };
    }
    case "damaged":
      throw damaged("its header does not match its checksum");
    case "newer":
      throw damaged(`written in checkpoint format ${reading.version} by a newer AkiDB`);
  }
}

function checkOptions(
  found: CheckpointHeader["options"],
  wanted: SegmentCheckpointLoad["options"],
  damaged: Damaged,
): void {
  for (const name of Object.keys(found) as (keyof typeof found)[]) {
    if (wanted[name] !== undefined && found[name] !== wanted[name]) {
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

/** A centre of zeros is none. */
function withCenter(handle: SegmentHandle, regions: readonly SegmentRegion[]): SegmentHandle {
  const { bytes } = regions.find(({ name }) => name === "center")!;
  const center = new Float32Array(bytes.buffer, bytes.byteOffset, handle.options.dimension).slice();
  return center.every((component) => component === 0)
    ? handle
    : { ...handle, options: { ...handle.options, center } };
}
