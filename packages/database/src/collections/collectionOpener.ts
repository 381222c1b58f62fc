import {
  type Clock,
  type CollectionId,
  type FileDamage,
  type IdGenerator,
  isAkiDbError,
  toAkiDbError,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import {
  type Builders,
  type ClosedSegment,
  Collection,
  type CollectionMeter,
  type CollectionRecovery,
  DamagedFileError,
  type DocumentWriter,
  nodeDisk,
  openingBytes,
  PromotionNeededError,
  type Reservation,
  type WalOptions,
} from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";
import type { LogArchives } from "../archive/logArchives.ts";
import type { DatabaseLimits } from "../databaseLimits.ts";
import type { EngineTuning } from "../engineTuning.ts";
import type { HnswSearchOptions } from "../hnswDefaults.ts";
import type { Log } from "../logEvent.ts";
import type { TenantBudgets } from "../quotas/tenantBudgets.ts";
import { snapshotDamages } from "../snapshots/snapshotDamages.ts";
import { removeColdCopy } from "../tiers/coldCopy.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { Opening, OpeningOptions } from "./opening.ts";
import { recordGraphOptions, recordOptions } from "./recordOptions.ts";
import { readDamage, recoveryDamages, refusalDamage } from "./recoveryDamages.ts";

export interface CollectionOpenerOptions {
  readonly directories: CollectionDirectories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly wal: WalOptions;
  readonly hnsw: HnswSearchOptions;
  readonly tuning: EngineTuning;
  readonly builders: Builders;
  readonly documentWriter: DocumentWriter;
  readonly limits: DatabaseLimits;
  readonly archives: LogArchives;
  readonly meter: CollectionMeter;
  readonly log: Log;
}

/** Opens collections as their records say, where there is memory for them, and tells what is damaged. */
export class CollectionOpener {
  readonly #options: CollectionOpenerOptions;
  readonly #budgets: TenantBudgets;
  /** Opened in this process, so that what crashes left beside its files is gone. */
  readonly #swept = new Set<CollectionId>();

  constructor(options: CollectionOpenerOptions, budgets: TenantBudgets) {
    this.#options = options;
    this.#budgets = budgets;
  }

  /** Other files have come in the place of those that were opened. */
  forget(id: CollectionId): void {
    this.#swept.delete(id);
  }

  /**
   * @param damages of the collection's files: those found are added, now and as long as it is open
   * @param how in place where its files allow it, and in memory where they do not
   */
  async open(slot: CollectionSlot, damages: FileDamage[], how: OpeningOptions): Promise<Opening> {
    const opening = await this.#open(slot, damages, how);
    return opening === "in memory" ? await this.open(slot, damages, { inPlace: false }) : opening;
  }

  async #open(
    slot: CollectionSlot,
    damages: FileDamage[],
    how: OpeningOptions,
  ): Promise<Opening | "in memory"> {
    const directory = this.#options.directories.filesPath(slot.record);
    const known = how.inPlace ? 0 : slot.memoryBytes;
    const bytes = known || (await openingBytes(nodeDisk, directory, how).catch(() => 0));
    let room: Reservation;
    try {
      room = await this.#budgets.of(slot.tenantId).memory.makeRoomToOpen(bytes);
    } catch (error) {
      return { kind: "no_room", error: toAkiDbError(error) };
    }
    using _room = room;
    return await this.#openFiles(slot, damages, how);
  }

  async #openFiles(
    slot: CollectionSlot,
    damages: FileDamage[],
    { inPlace }: OpeningOptions,
  ): Promise<Opening | "in memory"> {
    const { record, tenantId } = slot;
    const { directories, clock, ids, wal, hnsw, tuning, builders, documentWriter, limits, archives, log } =
      this.#options;
    const { memory, storage } = this.#budgets.of(tenantId);
    const archive = archives.hookFor(record);
    // What led to the collection is of no use to whoever restores what it was since.
    const onSegmentClosed =
      archive && (async (segment: ClosedSegment) => void (slot.isServed && (await archive(segment))));
    const startMs = clock.monotonicMs();
    const found = (damage: FileDamage): void => {
      if (remember(damages, damage)) {
        log({ kind: "damage_found", collectionId: record.id, collection: record.name, ...damage });
      }
    };
    await this.#sweep(record, found);
    try {
      // What is written from here on is not in the object store.
      if (slot.isServed) await removeColdCopy(nodeDisk, directories.path(record.id));
      const collection = await Collection.open({
        disk: nodeDisk,
        directory: directories.filesPath(record),
        ...recordOptions(record),
        inPlace,
        clock,
        ids,
        metadataBytesMax: limits.metadataBytesMax,
        indexedFieldsMax: limits.indexedFieldsMax,
        wal: { ...wal, retentionMs: record.walRetentionSeconds * 1_000 },
        documentWriter,
        memory,
        storage,
        ...(onSegmentClosed !== undefined && { onSegmentClosed }),
        graph: {
          ...recordGraphOptions(record),
          builders,
          efSearch: hnsw.efSearch,
          threshold: hnsw.threshold,
          ...(tuning.segmentRowsMax !== undefined && { segmentRowsMax: tuning.segmentRowsMax }),
        },
        ...(tuning.checkpointPolicy !== undefined && { checkpointPolicy: tuning.checkpointPolicy }),
        recallChecksPerMinute: hnsw.recallChecksPerMinute,
        meter: this.#options.meter,
        onDamage: (error) => found(readDamage(error)),
        onCheckpointFailure: (cause) => log({ kind: "checkpoint_failed", collection: record.name, cause }),
        onCompactionFailure: (cause) => log({ kind: "compaction_failed", collection: record.name, cause }),
      });
      logRecovery(record, collection.recovery, log);
      for (const damage of recoveryDamages(collection.recovery)) remember(damages, damage);
      const elapsedMs = clock.monotonicMs() - startMs;
      const { documentCount } = collection.stats();
      log({ kind: "collection_opened", collection: record.name, documentCount, elapsedMs });
      return { kind: "open", collection };
    } catch (cause) {
      if (inPlace && cause instanceof PromotionNeededError) return "in memory";
      const reason = describeDamage(cause);
      const { file, reason: problem } = cause instanceof DamagedFileError ? cause : { file: "", reason };
      const refusal = refusalDamage(file, problem);
      const damage = { id: record.id, name: record.name, reason, damages: [refusal] };
      log({ kind: "collection_damaged", collection: record.name, reason, cause });
      if (mayPass(cause)) return { kind: "failed", damage, cause };
      return { kind: "damaged", damage };
    }
  }

  /** Looks at the snapshots, and removes what crashes left of them; once, because later there may be some in creation. */
  async #sweep({ id, name }: CollectionRecord, found: (damage: FileDamage) => void): Promise<void> {
    if (this.#swept.has(id)) return;
    this.#swept.add(id);
    const { directories, log } = this.#options;
    const snapshots = new SnapshotDirectories(directories.path(id));
    await snapshots
      .removeLeftovers()
      .catch((cause: unknown) => log({ kind: "cleanup_failed", directory: id, cause }));
    for (const damage of await snapshotDamages(snapshots, name).catch(() => [])) found(damage);
  }
}

/** What a crash or damage had left, and what was made of it. */
function logRecovery({ name }: CollectionRecord, recovery: CollectionRecovery, log: Log): void {
  const { tornBytes, documents, damagedCheckpoints, damagedPayload, coveredDamage } = recovery;
  for (const { message: reason } of damagedCheckpoints) {
    log({ kind: "checkpoint_damaged", collection: name, reason });
  }
  if (damagedPayload !== undefined) {
    log({ kind: "payload_damaged", collection: name, reason: damagedPayload.message });
  }
  for (const damage of coveredDamage) {
    log({ kind: "log_damage_covered", collection: name, ...damage });
  }
  if (tornBytes > 0) log({ kind: "torn_tail_dropped", collection: name, bytes: tornBytes });
  if (documents !== undefined) {
    const { damage, lostCount } = documents;
    const salvage = { reason: damage?.reason, quarantinedAs: damage?.quarantinedAs, lostCount };
    log({ kind: "documents_recovered", collection: name, ...salvage });
  }
}

/** More of a collection are not remembered: reads may meet one again and again. */
const damagesMax = 20;

/** @returns whether it was not known yet */
function remember(damages: FileDamage[], damage: FileDamage): boolean {
  const isKnown = damages.some(({ file, problem }) => file === damage.file && problem === damage.problem);
  if (isKnown || damages.length >= damagesMax) return false;
  damages.push(damage);
  return true;
}

/** Without paths of the machine. */
function describeDamage(cause: unknown): string {
  if (cause instanceof DamagedFileError) return cause.message;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? "its files cannot be read" : `its files cannot be read: ${code}`;
}

const passingCodes = ["EMFILE", "ENFILE", "ENOMEM", "ENOSPC", "EDQUOT", "EAGAIN"];

/** Says more of the process or the machine than of the collection's files. */
function mayPass(cause: unknown): boolean {
  if (isAkiDbError(cause)) return cause.code === "unavailable";
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return cause instanceof RangeError || (code !== undefined && passingCodes.includes(code));
}
