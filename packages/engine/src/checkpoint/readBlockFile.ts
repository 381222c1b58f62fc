import { crc32c } from "@node-rs/crc32";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import {
  type BlockFileHeader,
  type BlockFileKind,
  blockFileHeaderBytes,
  blockFileHeaderLengthOf,
  blockFilePrefixBytes,
  decodeBlockFileHeader,
} from "./blockFileHeader.ts";
import { checkpointBlocks, type FileRegion } from "./checkpointBlocks.ts";
import { checkContents, type FileContents, fileContents } from "./fileContents.ts";
import { type Damaged, readBlocks } from "./readBlocks.ts";

export interface BlockFileRead {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly kind: BlockFileKind;
  /** What a manifest says of the file. */
  readonly contents?: FileContents;
  /**
   * Memory to read the regions into; called once the header holds, before anything else is read.
   *
   * @throws what `damaged` makes, where the words cannot be
   */
  readonly regions: (header: BlockFileHeader, damaged: Damaged) => readonly FileRegion[];
}

/**
 * Reads a file straight into memory that the caller has.
 *
 * @throws DamagedFileError where the file is not what was written, or of a newer format
 */
export async function readBlockFile(read: BlockFileRead): Promise<void> {
  const file = await read.disk.openFile(read.path);
  try {
    await readOpenFile(file, read);
  } finally {
    await file.close();
  }
}

async function readOpenFile(file: DiskFile, read: BlockFileRead): Promise<void> {
  const damaged: Damaged = (reason) => new DamagedFileError(read.file, reason);
  const bytes = await readHeaderBytes(file, damaged);
  const header = decodeHeader(bytes, damaged);
  if (header.kind !== read.kind) throw damaged(`holds kind ${header.kind}, not ${read.kind}`);
  const regions = read.regions(header, damaged);
  const blocks = checkpointBlocks(regions, header.blockBytes, (count) =>
    blockFileHeaderBytes(header.words.length, regions.length, count),
  );
  if (!hasRegions(header, regions) || blocks.length !== header.checksums.length) {
    throw damaged("has regions that are not those of its kind");
  }
  const contents = fileContents({ bytes: bytes.length, checksum: crc32c(bytes) }, blocks, header.checksums);
  const fileBytes = await file.size();
  if (fileBytes !== contents.bytes) throw damaged(`is ${fileBytes} bytes long, not ${contents.bytes}`);
  checkContents(contents, read.contents, damaged);
  await readBlocks(file, blocks, header.checksums, damaged);
}

async function readHeaderBytes(file: DiskFile, damaged: Damaged): Promise<Uint8Array> {
  const prefix = new Uint8Array(blockFilePrefixBytes);
  const length = blockFileHeaderLengthOf(prefix.subarray(0, await file.read(prefix, 0)));
  if (length === undefined) throw damaged("does not begin as a file of a checkpoint");
  const bytes = new Uint8Array(length);
  if ((await file.read(bytes, 0)) < length) throw damaged("is cut off within its header");
  return bytes;
}

function decodeHeader(bytes: Uint8Array, damaged: Damaged): BlockFileHeader {
  const reading = decodeBlockFileHeader(bytes);
  switch (reading.kind) {
    case "valid":
      return reading.header;
    case "damaged":
      throw damaged("its header does not match its checksum");
    case "newer":
      throw damaged(`written in block file format ${reading.version} by a newer AkiDB`);
  }
}

const hasRegions = (header: BlockFileHeader, regions: readonly FileRegion[]): boolean =>
  header.regionBytes.length === regions.length &&
  regions.every(({ bytes }, index) => header.regionBytes[index] === bytes.length);
