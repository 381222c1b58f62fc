import type { CollectionId } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import {
  decodeSegmentHeader,
  parseSegmentFileName,
  type SegmentHeader,
  type SegmentHeaderReading,
  segmentFileName,
  segmentHeaderBytes,
} from "./segmentHeader.ts";

/** A segment as it lies on disk, before its records are read. */
export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  /** How it is called in messages. */
  readonly displayName: string;
  /** By its name. */
  readonly firstLsn: number;
  readonly bytes: number;
  readonly reading: SegmentHeaderReading;
}

/** The segments of a log, oldest first. */
export async function listSegmentFiles(disk: Disk, directory: string): Promise<readonly SegmentFile[]> {
  const firstLsns = (await disk.list(directory))
    .map(parseSegmentFileName)
    .filter((lsn) => lsn !== undefined)
    .sort((a, b) => a - b);
  const segments: SegmentFile[] = [];
  for (const firstLsn of firstLsns) segments.push(await inspectSegment(disk, directory, firstLsn));
  return segments;
}

async function inspectSegment(disk: Disk, directory: string, firstLsn: number): Promise<SegmentFile> {
  const name = segmentFileName(firstLsn);
  const path = `${directory}/${name}`;
  const file = await disk.openFile(path);
  try {
    const head = new Uint8Array(segmentHeaderBytes);
    await file.read(head, 0);
    const bytes = await file.size();
    return { name, path, displayName: `wal/${name}`, firstLsn, bytes, reading: decodeSegmentHeader(head) };
  } finally {
    await file.close();
  }
}

/**
 * A machine that stopped while it made the segment leaves it without a header. It holds nothing then: the header is
 * synced before the first record is written.
 */
export const isUnfinished = ({ reading, bytes }: SegmentFile): boolean =>
  reading.kind === "damaged" && bytes <= segmentHeaderBytes;

/** @throws DamagedFileError where it is not the one that the name and the collection want */
export function requireHeader(
  { reading, displayName, firstLsn }: Pick<SegmentFile, "reading" | "displayName" | "firstLsn">,
  collectionId: CollectionId,
): SegmentHeader {
  switch (reading.kind) {
    case "newer":
      throw new DamagedFileError(
        displayName,
        `written in segment format ${reading.version} by a newer AkiDB`,
      );
    case "damaged":
      throw new DamagedFileError(displayName, "the segment's header fails its checksum");
    case "valid": {
      const { header } = reading;
      if (header.collectionId !== collectionId) {
        throw new DamagedFileError(displayName, "the segment belongs to another collection");
      }
      if (header.firstLsn !== firstLsn) {
        throw new DamagedFileError(
          displayName,
          `the segment starts at LSN ${header.firstLsn}, not ${firstLsn}`,
        );
      }
      return header;
    }
  }
}
