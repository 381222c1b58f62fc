import { ownerPrincipal, type PresentedCredential, type Principal, unauthenticated } from "@akidb/access";
import { type FoundDamage, toAkiDbError, unavailable } from "@akidb/base";
import type { DataDirectoryLock } from "@akidb/catalog";
import type { Builders, DocumentWriter } from "@akidb/engine";
import type { Identified } from "./access/accessControl.ts";
import { guardOperation } from "./access/guardOperation.ts";
import type { LogRetention } from "./archive/logRetention.ts";
import type { Call } from "./call.ts";
import { callContexts, type OfOneCall } from "./callContexts.ts";
import type { ExpirySweeper } from "./collections/expirySweeper.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { embeddingReadiness } from "./models/embeddingReadiness.ts";
import { neededModels } from "./models/neededModels.ts";
import type { Operation, OperationContext } from "./operation.ts";
import type { ProcessMemory } from "./processMemory.ts";
import type { Admission } from "./quotas/requestRates.ts";
import type { Readiness } from "./readiness.ts";
import { leaseSearch, type SearchLease } from "./sharing/leaseSearch.ts";
import type { SnapshotSchedule } from "./snapshots/snapshotSchedule.ts";
import type { Gauges } from "./telemetry/gauges.ts";

export interface DatabaseParts extends Omit<OperationContext, OfOneCall | "readiness" | "gauges"> {
  readonly lock: DataDirectoryLock;
  readonly builders: Builders;
  readonly documentWriter: DocumentWriter;
  readonly processMemory: ProcessMemory;
  /** Rows of the catalog that are damaged, collections that have files and that the catalog does not know, and files of no collection. */
  readonly lostFiles: readonly FoundDamage[];
  readonly schedule: SnapshotSchedule;
  readonly logRetention: LogRetention;
  readonly sweeper: ExpirySweeper;
  readonly housekeeping: Housekeeping;
  /** Resolves when every collection is open or known to be damaged. */
  readonly loaded: Promise<void>;
}

/**
 * A file of an archived log is closed and copied after so long, however little is in it: what a lost machine may cost.
 * Snapshots that could not be copied are tried again as often.
 */
const archiveIntervalMs = 60_000;

/** The product without a network: whatever a transport brings runs through here. */
export class Database {
  readonly #parts: DatabaseParts;
  readonly #contextOf: (call: Call) => OperationContext;
  readonly #archiveTimer: NodeJS.Timeout;
  #archiving: Promise<void> | undefined;
  #uploading: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: DatabaseParts) {
    this.#parts = parts;
    this.#contextOf = callContexts({
      ...parts,
      readiness: () => this.readiness(),
      gauges: () => this.#gauges(),
    });
    this.#archiveTimer = setInterval(() => this.#archive(), archiveIntervalMs);
    this.#archiveTimer.unref();
    void parts.deletions.resume();
    void parts.loaded.then(() => {
      void parts.collections.deletions.finishAll();
      parts.deadLetters.start();
      parts.schedule.start();
      parts.tierKeeper.start();
      parts.sweeper.start();
      parts.housekeeping.start();
      void parts.reembeddings.resume();
    });
  }

  /** Rejects with an `AkiDbError`, always: `internal` hides what went wrong inside, and keeps it as its cause. */
  async execute<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    call: Call,
  ): Promise<Output> {
    if (this.#closing !== undefined) throw unavailable("the database is closing");
    try {
      call.deadline.check();
      return await guardOperation(operation, this.#contextOf(call), input);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /**
   * Who shows this credential. Rejects with `unauthenticated` and `tenant_suspended`.
   */
  async authenticate(credential: PresentedCredential): Promise<Principal> {
    try {
      return await this.#parts.access.authenticate(credential);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /** The same, with how long it is so: until then, and while {@link Database.generation} is what it was. */
  async identify(credential: PresentedCredential): Promise<Identified> {
    try {
      return await this.#parts.access.identify(credential);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /** Changes in shared memory with every change of the control plane. */
  get generation(): SharedArrayBuffer {
    return this.#parts.access.generation.memory;
  }

  /** As {@link leaseSearch}, for whoever makes a call. */
  async leaseSearch(
    reference: { readonly collection: string },
    call: Call,
  ): Promise<SearchLease | undefined> {
    try {
      return this.#closing === undefined ? await leaseSearch(this.#contextOf(call), reference) : undefined;
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /** To be called when a thread with leases has ended, for what it has not given back; by its number among such threads. */
  releaseGuest(guestNumber: number): void {
    this.#parts.collections.releaseGuest(guestNumber);
  }

  /**
   * Counts a request against the rate of its caller's tenant, before anything is read of it.
   *
   * @returns undefined where there is no limit
   */
  async admit(principal: Principal): Promise<Admission | undefined> {
    try {
      return await this.#parts.rates.admit(principal);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /**
   * The same for each further part of a request that may be of any length, which waits for its turn instead of being refused.
   *
   * @returns milliseconds to wait before it
   */
  async pace(principal: Principal): Promise<number> {
    try {
      return await this.#parts.rates.pace(principal);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /**
   * Whoever shows what the data directory has for its owner alone: as unbound as this process itself.
   *
   * @throws AkiDbError `unauthenticated`
   */
  authenticateOwner(proof: string): Principal {
    const { owner, serverTenantId } = this.#parts;
    if (!owner.isProvenBy(proof)) throw unauthenticated();
    return ownerPrincipal(serverTenantId);
  }

  /**
   * Lets somebody in at the first start that requires credentials.
   *
   * @param given the secret of the first admin key
   * @returns that of a key that was made because none was given; undefined where somebody can come in already, and where
   *   everybody can
   *
   * Rejects with `invalid_argument` for one that has not the shape of a key.
   */
  async makeFirstKey(given: string | undefined): Promise<string | undefined> {
    try {
      return await this.#parts.access.makeFirstKey(given);
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /** Tells other processes that want the data directory where it is served. */
  setUrl(url: string): void {
    this.#parts.owner.publish();
    this.#parts.lock.setUrl(url);
  }

  /** For callers in this process, who are the owner. */
  get ownerProof(): string {
    return this.#parts.owner.secret;
  }

  /** Until every collection is open, or known to be damaged. */
  loaded(): Promise<void> {
    return this.#parts.loaded;
  }

  readiness(): Readiness {
    const { open, loading, damaged, damages: found } = this.#parts.collections.readiness();
    const { memoryRefusal } = this.#parts.collections;
    const opened = [...found, ...this.#parts.lostFiles];
    const verified = this.#parts.verifications.damages.filter(
      ({ collectionId, file }) =>
        !opened.some((damage) => damage.collectionId === collectionId && damage.file === file),
    );
    const damages = [...opened, ...verified];
    const embedding = embeddingReadiness(this.#parts.embedding, () => this.#parts.collections.records());
    const { state: circuit, reason } = this.#parts.circuit;
    const isDegraded =
      damages.length > 0 ||
      memoryRefusal !== undefined ||
      embedding.status === "degraded" ||
      circuit !== "closed";
    return {
      status: loading > 0 ? "loading" : isDegraded ? "degraded" : "ready",
      openCollections: open,
      loadingCollections: loading,
      damagedCollections: damaged,
      damages,
      memoryRefusal,
      embedding,
      objectStore: { circuit, reason },
    };
  }

  async #gauges(): Promise<Gauges> {
    const {
      collections,
      snapshots,
      builders,
      limits,
      clock,
      processMemory,
      embedding,
      circuit,
      deadLetters,
    } = this.#parts;
    const { vectorsUnindexed, memoryBytes, diskBytes } = collections.use();
    const newestMs = await snapshots.newest.atMs(collections.records());
    return {
      vectorsIndexed: builders.linkedRowCount,
      vectorsUnindexed,
      walBytes: diskBytes.wal,
      memoryBytes: { ...memoryBytes, process: processMemory.residentBytes() },
      memoryBytesMax: limits.memoryBytesMax,
      diskBytes,
      collectionTiers: collections.countByTier(),
      snapshotAgeMs: newestMs === undefined ? undefined : Math.max(0, clock.nowMs() - newestMs),
      workerQueueDepth: builders.queueDepth,
      embeddingQueueDepth: Object.fromEntries(
        embedding.providers.map(({ name, queueDepth }) => [name, queueDepth]),
      ),
      circuitStates: { object_store: circuit.state },
      deadLetterCount: deadLetters.size,
      quotaUsedRatio: collections.budgets.usedRatio(),
    };
  }

  /** Finishes the writes in flight and lets go of the data directory. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #archive(): void {
    const { collections, snapshots, logRetention, embedding } = this.#parts;
    void logRetention.runDue();
    void embedding.unloadUnneeded(neededModels(collections.records()));
    void collections.deletions.finishAll();
    this.#archiving ??= collections.archiveLogs().finally(() => {
      this.#archiving = undefined;
    });
    this.#uploading ??= snapshots.uploadAllWanted(collections.records()).finally(() => {
      this.#uploading = undefined;
    });
  }

  async #close(): Promise<void> {
    const {
      collections,
      snapshots,
      deadLetters,
      schedule,
      tierKeeper,
      logRetention,
      sweeper,
      jobs,
      reembeddings,
      housekeeping,
      access,
      auditVerifications,
      verifications,
      backups,
      owner,
      archives,
      objects,
      embedding,
      catalog,
      loaded,
      builders,
      documentWriter,
      lock,
    } = this.#parts;
    await reembeddings.close();
    await embedding.close();
    await verifications.close();
    await jobs.close();
    await auditVerifications.close();
    const backedUp = backups.close();
    clearInterval(this.#archiveTimer);
    deadLetters.stop();
    const patience = setTimeout(() => archives.abandonAll("the database is closing"), archives.patienceMs);
    schedule.stop();
    await tierKeeper.close();
    logRetention.stop();
    sweeper.stop();
    housekeeping.stop();
    try {
      // Ends loading and snapshots in creation, too.
      await collections.close();
      await loaded;
      await schedule.idle();
      await sweeper.idle();
      await snapshots.close();
    } finally {
      await backedUp;
      await builders.close();
      await documentWriter.close();
      await logRetention.idle();
      await housekeeping.idle();
      await access.audit.idle();
      await archives.close();
      clearTimeout(patience);
      await deadLetters.close();
      await objects.close();
      await catalog.close();
      owner.withdraw();
      lock.release();
    }
  }
}
