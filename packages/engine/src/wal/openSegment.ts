import { assert, type Clock, type CollectionId, type IdGenerator } from "@akidb/base";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type RecordType, sealRecord } from "./recordFormat.ts";
import type { SegmentFile } from "./segmentFile.ts";
import { encodeSegmentHeader, makeSalt, type SegmentHeader, segmentFileName } from "./segmentHeader.ts";

/** A record to append: made by `allocateRecord`, with its payload in place. */
export interface UnsealedRecord {
  readonly type: RecordType;
  readonly record: Uint8Array;
  readonly payloadBytes: number;
}

/** The segment that records are appended to. */
export interface OpenSegment {
  readonly file: DiskFile;
  readonly header: SegmentHeader;
  /** Where the next record goes. */
  position: number;
  /** Everything before is known to be on the device. */
  durablePosition: number;
  /**
   * Whether more may be written to this file. Not after a failed sync: the kernel may have dropped what it could not
   * write and report success the next time (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020).
   * And not once its successor may have got its name.
   */
  isUsable: boolean;
}

export interface SegmentCreation {
  readonly disk: Disk;
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

export interface NewSegment {
  readonly firstLsn: number;
  readonly supersedes: boolean;
  /** Creation of the one before: of two that claim the same LSN the later one counts, whatever the clock does. */
  readonly createdAfterMs?: number;
  /** What it begins with. */
  readonly records: readonly UnsealedRecord[];
}

/**
 * The segment, its records and its name are durable when this resolves. Until then it has another name, and then takes
 * its own in one step, in place of a file that has it already: no crash leaves half a segment, or none where there was
 * one.
 */
export async function createSegment(creation: SegmentCreation, segment: NewSegment): Promise<OpenSegment> {
  const { firstLsn, supersedes, records, createdAfterMs = 0 } = segment;
  const header: SegmentHeader = {
    collectionId: creation.collectionId,
    firstLsn,
    createdAtMs: Math.max(creation.clock.nowMs(), createdAfterMs + 1),
    salt: makeSalt(creation.ids),
    supersedes,
  };
  const durableLsn = firstLsn - 1;
  for (const [index, { record, type, payloadBytes }] of records.entries()) {
    sealRecord(record, { type, payloadBytes, lsn: firstLsn + index, durableLsn, salt: header.salt });
  }
  const published = await publishSegment(creation, firstLsn, async (file) => {
    const parts = [encodeSegmentHeader(header), ...records.map(({ record }) => record)];
    await file.write(parts, 0);
    return parts.reduce((sum, part) => sum + part.length, 0);
  });
  return openedSegment(header, published);
}

const openedSegment = (header: SegmentHeader, { file, bytes }: PublishedFile): OpenSegment => ({
  file,
  header,
  position: bytes,
  durablePosition: bytes,
  isUsable: true,
});

interface PublishedFile {
  readonly file: DiskFile;
  readonly bytes: number;
}

/**
 * Makes the newest segment durable before it is replayed: after a crash of a process that did not sync, its bytes may be
 * in the page cache alone, and once applied they may get into other files, none of which may know more than the log does
 * after a power cut.
 */
export async function secureSegment(
  creation: SegmentCreation,
  { path, firstLsn }: SegmentFile,
): Promise<void> {
  const file = await creation.disk.openFile(path);
  try {
    const bytes = await file.size();
    await file.sync().catch(async () => {
      // How much of it is on the device is unknown now, but it can be read: it goes to a new file.
      const copy = await publishSegment(creation, firstLsn, (target) => copyBytes(file, target, bytes));
      await copy.file.close();
    });
  } finally {
    await file.close();
  }
}

/**
 * Opens the newest segment behind its last whole record.
 *
 * @param validBytes where that ends; what is behind goes for good before anything is written there
 */
export async function reopenSegment(
  creation: SegmentCreation,
  header: SegmentHeader,
  validBytes: number,
): Promise<OpenSegment> {
  const file = await creation.disk.openFile(`${creation.directory}/${segmentFileName(header.firstLsn)}`);
  try {
    const size = await file.size();
    assert(size >= validBytes, "a segment does not shrink while it is replayed");
    if (size > validBytes) await file.truncate(validBytes);
    await file.sync();
    return openedSegment(header, { file, bytes: validBytes });
  } catch {
    try {
      const fill = (copy: DiskFile) => copyBytes(file, copy, validBytes);
      const copy = await publishSegment(creation, header.firstLsn, fill);
      return openedSegment(header, copy);
    } finally {
      await file.close();
    }
  }
}

const copyWindowBytes = 1024 * 1024;

async function copyBytes(from: DiskFile, to: DiskFile, bytes: number): Promise<number> {
  const window = new Uint8Array(copyWindowBytes);
  for (let position = 0; position < bytes; ) {
    const target = window.subarray(0, Math.min(window.length, bytes - position));
    const filled = await from.read(target, position);
    assert(filled === target.length, "a segment does not shrink while it is copied");
    await to.write([target], position);
    position += filled;
  }
  return bytes;
}

/** @param fill writes the segment's bytes and resolves with their number */
async function publishSegment(
  { disk, directory }: SegmentCreation,
  firstLsn: number,
  fill: (file: DiskFile) => Promise<number>,
): Promise<PublishedFile> {
  const path = `${directory}/${segmentFileName(firstLsn)}`;
  const unpublished = `${path}.new`;
  const file = await createInPlace(disk, unpublished);
  try {
    const bytes = await fill(file);
    await file.sync();
    await disk.rename(unpublished, path);
    await disk.syncDirectory(directory);
    return { file, bytes };
  } catch (error) {
    await file.close().catch(() => undefined);
    // On a full disk its room is needed; the next attempt would remove it, too.
    await disk.remove(unpublished).catch(() => undefined);
    throw error;
  }
}

async function createInPlace(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.createFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await disk.remove(path);
    return await disk.createFile(path);
  }
}
