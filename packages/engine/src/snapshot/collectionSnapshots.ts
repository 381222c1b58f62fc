import { isAkiDbError, unavailable } from "@akidb/base";
import type { WalWriter } from "../wal/walWriter.ts";
import type { SnapshotManifest } from "./snapshotManifest.ts";
import { type SnapshotSource, type SnapshotWrite, writeSnapshot } from "./writeSnapshot.ts";

export interface CollectionSnapshotsOptions extends Omit<SnapshotSource, "signal"> {
  readonly wal: WalWriter;
  /** @throws where none can be written now */
  readonly requireOpen: () => void;
}

/**
 * The snapshots of an open collection: those being written, and how far the log has gone on since the last. None is being
 * written any more when they are closed.
 */
export class CollectionSnapshots {
  readonly #options: CollectionSnapshotsOptions;
  readonly #writing = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  readonly #loggedBytesAtOpen: number;
  /** Of the last one that was made since. */
  #mark: { readonly lsn: number; readonly loggedBytes: number } | undefined;

  constructor(options: CollectionSnapshotsOptions) {
    this.#options = options;
    this.#loggedBytesAtOpen = options.wal.loggedBytes;
  }

  get isWriting(): boolean {
    return this.#writing.size > 0;
  }

  /**
   * Writes one of this moment into a directory while writes go on.
   *
   * @throws AkiDbError `unavailable` where it cannot be written; what there is of it is to be removed then
   */
  async write(write: SnapshotWrite): Promise<SnapshotManifest> {
    const { wal, requireOpen, ...source } = this.#options;
    requireOpen();
    const { loggedBytes } = wal;
    const writing = writeSnapshot({ ...source, signal: this.#abort.signal }, write);
    this.#writing.add(writing);
    try {
      const manifest = await writing;
      if (write.isPassing !== true) this.#mark = { lsn: manifest.lsn, loggedBytes };
      return manifest;
    } catch (cause) {
      throw isAkiDbError(cause) ? cause : unavailable("the snapshot could not be written", { cause });
    } finally {
      this.#writing.delete(writing);
    }
  }

  /**
   * Bytes that the log took behind one. Of one from before the collection was opened, what the log has dropped between the
   * snapshot and the opening does not count.
   */
  logGrowthSince(snapshotLsn: number): number {
    const { wal } = this.#options;
    const { loggedBytes } = wal;
    if (this.#mark?.lsn === snapshotLsn) return loggedBytes - this.#mark.loggedBytes;
    return Math.max(wal.bytesSince(snapshotLsn), loggedBytes - this.#loggedBytesAtOpen);
  }

  /** Ends those that are being written. */
  async close(): Promise<void> {
    this.#abort.abort(unavailable("the collection is closing"));
    await Promise.allSettled(this.#writing);
  }
}
