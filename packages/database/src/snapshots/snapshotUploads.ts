import {
  type CollectionId,
  type Deadline,
  isAkiDbError,
  type SnapshotId,
  type SnapshotInfo,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { DamagedFileError } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import type { DeadLetters } from "../deadLetters/deadLetters.ts";
import { wasTried } from "../deadLetters/wasTried.ts";
import type { Log } from "../logEvent.ts";
import { recorded, type Span } from "../telemetry/span.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { CollectionTransfers } from "./collectionTransfers.ts";
import type { StoredSnapshots } from "./storedSnapshots.ts";

export interface SnapshotUploadsOptions {
  readonly transfers: CollectionTransfers;
  readonly stored: StoredSnapshots;
  readonly directories: CollectionDirectories;
  /** Those on this machine. */
  readonly listLocal: (record: CollectionRecord) => Promise<readonly SnapshotInfo[]>;
  /** What could not be sent is noted there, and tried again. */
  readonly deadLetters: DeadLetters;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Sends snapshots to the object store; remembers of which collections it has all that their policies want there. */
export class SnapshotUploads {
  readonly #options: SnapshotUploadsOptions;
  readonly #uploaded = new Set<CollectionId>();
  /** Damaged here, as their upload found. */
  readonly #unsendable = new Set<SnapshotId>();

  constructor(options: SnapshotUploadsOptions) {
    this.#options = options;
  }

  /** The collection's policy may want more of it in the object store from now on. */
  forget(id: CollectionId): void {
    this.#uploaded.delete(id);
  }

  /**
   * Sends what the collection's policy wants in the object store and is not there; what fails is noted, and left here.
   *
   * @returns whether nothing is left
   */
  async sendWanted(record: CollectionRecord): Promise<boolean> {
    const { transfers, deadLetters, log } = this.#options;
    const { id, tieringPolicy, syncPolicy } = record;
    if (tieringPolicy === "memory" || syncPolicy === "manual") return true;
    if (transfers.isStopped) return false;
    if (this.#uploaded.has(id) && !transfers.isBusy(id)) return true;
    const sending = transfers.run(record, async (deadline) => {
      if (this.#uploaded.has(id)) return;
      // Before it is looked: what is created meanwhile takes it back.
      this.#uploaded.add(id);
      for (const snapshot of await this.#wanted(record)) await this.#sendOne(record, snapshot, deadline);
      if (this.#uploaded.has(id)) deadLetters.settleAll(id, "upload_snapshot");
    });
    await sending.catch((cause: unknown) => {
      this.#uploaded.delete(id);
      if (!transfers.isStopped) log({ kind: "snapshot_upload_failed", collection: record.name, cause });
    });
    return this.#uploaded.has(id);
  }

  /** One in its turn, whatever the policy says. @throws what the store rejects with, and DamagedFileError */
  send(record: CollectionRecord, id: SnapshotId, parent: Span | undefined): Promise<void> {
    return this.#options.transfers.run(record, (deadline) => this.#upload(record, id, { deadline, parent }));
  }

  async #wanted(record: CollectionRecord): Promise<readonly SnapshotId[]> {
    const local = await this.#options.listLocal(record);
    return local
      .filter(
        ({ state, origin }) =>
          state === "ready" && (record.syncPolicy === "continuous" || origin === "scheduled"),
      )
      .map(({ id }) => id as SnapshotId)
      .filter((id) => !this.#unsendable.has(id));
  }

  /** Never rejects: the others have their turn. */
  async #sendOne(record: CollectionRecord, snapshot: SnapshotId, deadline: Deadline): Promise<void> {
    const { stored, deadLetters, transfers, log } = this.#options;
    const { id: collectionId, name: collection } = record;
    const work = { operation: "upload_snapshot", collectionId, collection, key: snapshot } as const;
    try {
      await deadLetters.attempt(work, async () => {
        // Asked one by one: a list may still show one whose deletion was cut off before it was deleted here.
        if (!(await stored.has(collectionId, snapshot)))
          await this.#uploadIfWhole(record, snapshot, deadline);
      });
    } catch (cause) {
      this.#uploaded.delete(collectionId);
      if (!transfers.isStopped && wasTried(cause)) log({ kind: "snapshot_upload_failed", collection, cause });
    }
  }

  /** One whose files are not what was written is not sent again and again up to where that shows. */
  async #uploadIfWhole(record: CollectionRecord, id: SnapshotId, deadline: Deadline): Promise<void> {
    try {
      await this.#upload(record, id, { deadline, parent: undefined });
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const isDamaged = cause instanceof DamagedFileError || code === "ENOENT" || code === "EIO";
      if (!isDamaged && !(isAkiDbError(cause) && cause.code === "invalid_argument")) throw cause;
      this.#unsendable.add(id);
      this.#options.log({ kind: "snapshot_upload_failed", collection: record.name, cause });
    }
  }

  async #upload(
    { id: collectionId }: CollectionRecord,
    id: SnapshotId,
    { deadline, parent }: { readonly deadline: Deadline; readonly parent: Span | undefined },
  ): Promise<void> {
    const { stored, directories, telemetry } = this.#options;
    const directory = new SnapshotDirectories(directories.path(collectionId)).path(id);
    const span = parent?.begin("upload") ?? telemetry.tracer.begin("upload");
    span?.set({ "akidb.collection_id": collectionId });
    await recorded(span, () => stored.upload({ collectionId, id, directory }, deadline));
  }
}
