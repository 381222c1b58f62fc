import {
  countersFit,
  type SegmentHandle,
  type SegmentOptions,
  type SegmentRegion,
  segmentFormatVersion,
} from "@akidb/kernel";
import type { DiskFile } from "../disk/disk.ts";
import {
  type CheckpointHeader,
  decodeCheckpointHeader,
  headerLengthOf,
  headerPrefixBytes,
} from "./checkpointHeader.ts";
import type { Damaged } from "./readBlocks.ts";

/** What a segment must have been made with; its centre comes from the file, as does a capacity left out. */
export type WantedSegment = Omit<SegmentOptions, "center" | "capacity"> &
  Partial<Pick<SegmentOptions, "capacity">>;

export interface HeaderOfFile {
  readonly header: CheckpointHeader;
  readonly headerBytes: Uint8Array;
}

/**
 * @throws DamagedFileError where it is not what was written, is of a newer format, or of a segment with other options
 */
export async function readSegmentHeader(
  file: DiskFile,
  wanted: WantedSegment,
  damaged: Damaged,
): Promise<HeaderOfFile> {
  const found = await readHeader(file, damaged);
  const { options, counters } = found.header;
  checkOptions(options, wanted, damaged);
  if (!countersFit(options, counters)) throw damaged("describes a segment that cannot be");
  return found;
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

function checkOptions(found: CheckpointHeader["options"], wanted: WantedSegment, damaged: Damaged): void {
  for (const name of Object.keys(found) as (keyof typeof found)[]) {
    if (wanted[name] !== undefined && found[name] !== wanted[name]) {
      throw damaged(`is of a segment with ${name} ${found[name]}, not ${wanted[name]}`);
    }
  }
}

/** A centre of zeros is none. */
export function withCenter(handle: SegmentHandle, regions: readonly SegmentRegion[]): SegmentHandle {
  const { bytes } = regions.find(({ name }) => name === "center")!;
  const center = new Float32Array(bytes.buffer, bytes.byteOffset, handle.options.dimension).slice();
  return center.every((component) => component === 0)
    ? handle
    : { ...handle, options: { ...handle.options, center } };
}
