import { limits } from "@akidb/base";
import {
  checkpointDirectoryName,
  compareCheckpoints,
  parseCheckpointDirectoryName,
} from "../checkpoint/checkpointName.ts";
import type { Disk } from "../disk/disk.ts";
import { folderBytes } from "./folderBytes.ts";
import { walDirectory } from "./recoverCollection.ts";

/**
 * Memory that a collection will take once it is open, about, as its files tell: its newest checkpoint, and of the log as
 * much as may be behind one. Where the log has more, its documents were in memory before, within the same ceiling.
 */
export async function openingBytes(disk: Disk, directory: string): Promise<number> {
  const checkpoints = (await disk.list(`${directory}/checkpoint`))
    .map(parseCheckpointDirectoryName)
    .filter((name) => name !== undefined);
  const newest = checkpoints.sort(compareCheckpoints).at(-1);
  const logBytes = await folderBytes(disk, walDirectory(directory));
  const checkpointBytes =
    newest === undefined
      ? 0
      : await folderBytes(disk, `${directory}/checkpoint/${checkpointDirectoryName(newest)}`);
  return checkpointBytes + Math.min(logBytes, limits.checkpointLogBytesMin);
}
