import { limits } from "@akidb/base";
import { decodeCheckpointHeader, headerLengthOf, headerPrefixBytes } from "../checkpoint/checkpointHeader.ts";
import {
  checkpointDirectoryName,
  compareCheckpoints,
  parseCheckpointDirectoryName,
} from "../checkpoint/checkpointName.ts";
import type { Disk } from "../disk/disk.ts";
import { isSegmentFileName } from "../index/graphIndex.ts";
import { folderBytes } from "./folderBytes.ts";
import { walDirectory } from "./recoverCollection.ts";

/**
 * Memory that a collection will take once it is open, about, as its files tell: its newest checkpoint, and of the log as
 * much as may be behind one. Where the log has more, its documents were in memory before, within the same ceiling.
 *
 * @param inPlace the vectors of segments with codes stay where they are
 */
export async function openingBytes(disk: Disk, directory: string, { inPlace = false } = {}): Promise<number> {
  const checkpoints = (await disk.list(`${directory}/checkpoint`))
    .map(parseCheckpointDirectoryName)
    .filter((name) => name !== undefined);
  const newest = checkpoints.sort(compareCheckpoints).at(-1);
  const logBytes = await folderBytes(disk, walDirectory(directory));
  if (newest === undefined) return Math.min(logBytes, limits.checkpointLogBytesMin);
  const checkpoint = `${directory}/checkpoint/${checkpointDirectoryName(newest)}`;
  const stayingBytes = inPlace ? await vectorsBytes(disk, checkpoint) : 0;
  const checkpointBytes = (await folderBytes(disk, checkpoint)) - stayingBytes;
  return checkpointBytes + Math.min(logBytes, limits.checkpointLogBytesMin);
}

/** Beside codes: of a segment of floats alone, they are among what is in memory. */
async function vectorsBytes(disk: Disk, checkpoint: string): Promise<number> {
  let bytes = 0;
  for (const name of await disk.list(checkpoint)) {
    if (isSegmentFileName(name)) bytes += await regionBytes(disk, `${checkpoint}/${name}`);
  }
  return bytes;
}

/** 0 where it cannot be read: opening it will tell. */
async function regionBytes(disk: Disk, path: string): Promise<number> {
  const file = await disk.openFile(path);
  try {
    const prefix = new Uint8Array(headerPrefixBytes);
    const length = headerLengthOf(prefix.subarray(0, await file.read(prefix, 0)));
    if (length === undefined) return 0;
    const bytes = new Uint8Array(length);
    await file.read(bytes, 0);
    const reading = decodeCheckpointHeader(bytes);
    if (reading.kind !== "valid") return 0;
    return reading.header.regions.find(({ name }) => name === "vectors")?.bytes ?? 0;
  } finally {
    await file.close();
  }
}
