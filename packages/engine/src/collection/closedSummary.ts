import type { CollectionId } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { suspicionName } from "../adapters/sqlite/openDocumentFile.ts";
import { readWhole } from "../checkpoint/readWhole.ts";
import { decodeSealedJson, encodeSealedJson } from "../checkpoint/sealedJson.ts";
import type { Disk } from "../disk/disk.ts";

import { parseSegmentFileName, segmentFileName } from "../wal/segmentHeader.ts";
import { fileBytes } from "./fileBytes.ts";
import { folderBytes } from "./folderBytes.ts";
import { walDirectory } from "./recoverCollection.ts";

/** What a collection was when it was closed in order: to be known without opening it. */
export interface ClosedSummary {
  readonly documentCount: number;
  readonly indexedCount: number;
  /** While it was open. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Milliseconds since 1970. */
  readonly lastUsedAtMs: number;
  /** Everything acknowledged was where it belongs: in `documents.db`, and in the archive of the log. */
  readonly isSettled: boolean;
}

export interface ClosedCollectionFiles {
  readonly disk: Disk;
  readonly directory: string;
  readonly collectionId: CollectionId;
}

const closedSummaryFile = "closed.json";

/** Raised with every change; one of another version counts for nothing. */
const formatVersion = 1;

/**
 * Writes down what a collection is, once it is closed. Nothing is synced: what a power cut leaves of it fails its
 * checksum, or does not fit the other files, and then the collection is opened to be known.
 */
export async function writeClosedSummary(
  files: ClosedCollectionFiles,
  { documentCount, indexedCount, memoryBytes, diskBytes, lastUsedAtMs, isSettled }: ClosedSummary,
): Promise<void> {
  const { disk, directory, collectionId } = files;
  const { names, mark } = await surveyFiles(files);
  const path = `${directory}/${closedSummaryFile}`;
  if (names.includes(closedSummaryFile)) await disk.remove(path);
  const file = await disk.createFile(path);
  try {
    const fields = {
      format_version: formatVersion,
      collection_id: collectionId,
      document_count: documentCount,
      indexed_count: indexedCount,
      memory_bytes: memoryBytes,
      disk_bytes: diskBytes,
      last_used_at_ms: lastUsedAtMs,
      is_settled: isSettled,
      files_crc32c: mark,
    };
    await file.write([encodeSealedJson(fields)], 0);
  } finally {
    await file.close();
  }
}

/**
 * @returns undefined where the collection was not closed in order, its files have changed since, or a newer version
 * wrote it
 */
export async function readClosedSummary(files: ClosedCollectionFiles): Promise<ClosedSummary | undefined> {
  const { disk, directory, collectionId } = files;
  try {
    const { names, mark } = await surveyFiles(files);
    // What was found damaged is put right by opening.
    if (!names.includes(closedSummaryFile) || names.includes(suspicionName)) return undefined;
    const bytes = await readWhole(disk, `${directory}/${closedSummaryFile}`, closedSummaryFile);
    const fields = decodeSealedJson(bytes) as Record<string, unknown> | undefined;
    if (fields?.["format_version"] !== formatVersion) return undefined;
    if (fields["collection_id"] !== collectionId || fields["files_crc32c"] !== mark) return undefined;
    const { document_count, indexed_count, memory_bytes, disk_bytes, last_used_at_ms } = fields as {
      readonly [field: string]: number;
    };
    return {
      documentCount: document_count!,
      indexedCount: indexed_count!,
      memoryBytes: memory_bytes!,
      diskBytes: disk_bytes!,
      lastUsedAtMs: last_used_at_ms!,
      isSettled: fields["is_settled"] === true,
    };
  } catch {
    // Opening the collection will tell what is wrong with its files.
    return undefined;
  }
}

/** Of what opening reads, about: to open the smallest first. 0 where they cannot be looked at. */
export async function collectionFileBytes({ disk, directory }: ClosedCollectionFiles): Promise<number> {
  const under = [
    "",
    "/wal",
    ...(await disk.list(`${directory}/checkpoint`)).map((name) => `/checkpoint/${name}`),
  ];
  let bytes = 0;
  for (const folder of under) bytes += await folderBytes(disk, `${directory}${folder}`);
  return bytes;
}

interface FilesSurvey {
  readonly names: readonly string[];
  /** Another one once anything was logged, or left by a process that was killed. */
  readonly mark: number;
}

/** Names and sizes alone: reading them all is what opening does. */
async function surveyFiles({ disk, directory }: ClosedCollectionFiles): Promise<FilesSurvey> {
  const names = await disk.list(directory);
  const segments = (await disk.list(walDirectory(directory))).map(parseSegmentFileName);
  const firstLsns = segments.filter((lsn) => lsn !== undefined).sort((a, b) => a - b);
  const newest = firstLsns.at(-1);
  if (newest === undefined) return { names, mark: 0 };
  const checkpoints = names.includes("checkpoint") ? await disk.list(`${directory}/checkpoint`) : [];
  const relevant = names.filter((name) => name !== closedSummaryFile && name !== "snapshots");
  const parts = [
    relevant.sort(),
    firstLsns,
    await fileBytes(disk, `${walDirectory(directory)}/${segmentFileName(newest)}`),
    checkpoints.toSorted(),
    names.includes("documents.db") ? await fileBytes(disk, `${directory}/documents.db`) : 0,
  ];
  return { names, mark: crc32c(JSON.stringify(parts)) };
}
