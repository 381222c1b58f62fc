import { type CollectionId, failedPrecondition, isAkiDbError, unavailable } from "@akidb/base";
import {
  DamagedFileError,
  listClosedSegments,
  nodeDisk,
  type RecordPosition,
  restoreSegment,
  type SnapshotManifest,
} from "@akidb/engine";
import type { ArchivedSegment } from "./archivedSegment.ts";
import { checkReached, type LogPiece, logChain, type RestorePoint } from "./logChain.ts";
import type { WalArchive } from "./walArchive.ts";

export interface LogRestore {
  readonly manifest: SnapshotManifest;
  readonly point: RestorePoint;
  /** Of the collection whose log it is; everything that counts is in closed files. */
  readonly collectionDirectory: string;
  /** Undefined where nothing of the log leaves the machine. */
  readonly archive: WalArchive | undefined;
  /** Of the collection that is restored. */
  readonly targetId: CollectionId;
}

type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "archived"; readonly segment: ArchivedSegment };

interface SourcedPiece extends LogPiece {
  readonly source: Source;
}

/**
 * Puts what the log had between a snapshot and a point in time into the log of the collection that is restored, from the
 * files on this machine and, where they are gone, from the archive.
 *
 * @param directory of the log to be
 * @returns the last LSN that was restored
 * @throws AkiDbError `invalid_argument` for a point that the snapshot or the log does not reach, `failed_precondition`
 * where a part of the log is missing or damaged
 */
export async function restoreLogUntil(restore: LogRestore, directory: string): Promise<number> {
  const { manifest, point } = restore;
  const pieces = await allPieces(restore);
  const logEndLsn = Math.max(manifest.lsn, ...pieces.map(({ lastLsn }) => lastLsn));
  let reachedLsn = manifest.lsn;
  let isStopped = false;
  const isWanted = (record: RecordPosition): boolean => {
    isStopped ||= isBehind(point, record);
    return !isStopped;
  };
  try {
    for (const piece of logChain(pieces, manifest.lsn + 1)) {
      if (isStopped || (point.kind === "lsn" && reachedLsn >= point.lsn)) break;
      const scan = await restorePiece(restore, { piece, directory, isWanted });
      reachedLsn = Math.max(reachedLsn, scan.lastLsn);
    }
  } catch (error) {
    throw asRefusal(error);
  }
  checkReached({ point, reachedLsn, isStopped, logEndLsn });
  return reachedLsn;
}

/** Of a record that does not say when it was, the one before decides. */
const isBehind = (point: RestorePoint, { lsn, timeMs }: RecordPosition): boolean =>
  point.kind === "lsn" ? lsn > point.lsn : timeMs !== undefined && timeMs > point.timeMs;

async function allPieces({
  manifest,
  collectionDirectory,
  archive,
}: LogRestore): Promise<readonly SourcedPiece[]> {
  const files = await listClosedSegments(nodeDisk, collectionDirectory);
  const local = files.map(({ path, ...piece }) => ({ ...piece, source: { kind: "file", path } as const }));
  const isCovered = logChain(local, manifest.lsn + 1).length > 0;
  // With the object store away, what is here is restored all the same.
  if (archive === undefined || isCovered) return local;
  const archived = (await archive.segments()).map((segment) => ({
    firstLsn: segment.firstLsn,
    lastLsn: segment.lastLsn,
    createdAtMs: segment.createdAtMs,
    source: { kind: "archived", segment } as const,
  }));
  return [...local, ...archived];
}

async function restorePiece(
  { manifest, archive, targetId }: LogRestore,
  {
    piece,
    directory,
    isWanted,
  }: {
    readonly piece: SourcedPiece;
    readonly directory: string;
    readonly isWanted: (record: RecordPosition) => boolean;
  },
) {
  const { firstLsn, lastLsn, source } = piece;
  const downloaded = `${directory}/${firstLsn}.downloaded`;
  if (source.kind === "archived") await archive?.download(source.segment, downloaded);
  const scan = await restoreSegment({
    disk: nodeDisk,
    path: source.kind === "file" ? source.path : downloaded,
    displayName: `wal/${firstLsn}`,
    collectionId: manifest.collectionId,
    targetId,
    firstLsn,
    lastLsn,
    isWanted,
    directory,
  });
  if (source.kind === "archived") await nodeDisk.remove(downloaded);
  return scan;
}

function asRefusal(error: unknown): unknown {
  if (error instanceof DamagedFileError) {
    return failedPrecondition(`the log behind the snapshot is damaged (${error.message})`);
  }
  if (!isAkiDbError(error) && (error as NodeJS.ErrnoException).code === "ENOENT") {
    return unavailable("a file of the log went while it was read; try again", { retryAfterMs: 1_000 });
  }
  return error;
}
