import { join } from "node:path";
import {
  type Clock,
  type DatabaseId,
  limits as fixedLimits,
  formatTimestamp,
  type Random,
  systemClock,
  systemRandom,
  type TenantId,
  UuidV7Generator,
} from "@akidb/base";
import { type Catalog, checkDataVersion, lockDataDirectory, openCatalog } from "@akidb/catalog";
import { Builders, DocumentWriter, nodeDisk, type WalOptions } from "@akidb/engine";
import { measuredObjectStore, type ObjectStore } from "@akidb/objects";
import { AccessControl } from "./access/accessControl.ts";
import type { AuditedDataPlane } from "./access/auditTrail.ts";
import { absoluteDirectory } from "./adapters/absoluteDirectory.ts";
import { HttpRerankProvider } from "./adapters/httpRerankProvider.ts";
import { processMemory } from "./adapters/machineMemory.ts";
import { ModelChoice } from "./adapters/modelChoice.ts";
import { OwnerProof } from "./adapters/ownerProof.ts";
import { processId } from "./adapters/processId.ts";
import { processorCount } from "./adapters/processorCount.ts";
import { LogArchives } from "./archive/logArchives.ts";
import { LogRetention } from "./archive/logRetention.ts";
import { Backups } from "./backup/backups.ts";
import { openBackupStore } from "./backup/openBackupStore.ts";
import { ExpirySweeper } from "./collections/expirySweeper.ts";
import { LiveCollections } from "./collections/liveCollections.ts";
import type { OpenBound } from "./collections/openCollections.ts";
import { recoverCollections } from "./collections/recoverCollections.ts";
import { Database } from "./database.ts";
import { type DatabaseLimits, databaseLimits } from "./databaseLimits.ts";
import type { DeadLetters } from "./deadLetters/deadLetters.ts";
import { openDeadLetters } from "./deadLetters/openDeadLetters.ts";
import { registerReplays } from "./deadLetters/registerReplays.ts";
import { closedAtCheckpoints, type EngineTuning } from "./engineTuning.ts";
import { GarbageCollections } from "./garbage/garbageCollections.ts";
import { GarbageCollector } from "./garbage/garbageCollector.ts";
import { type HnswBuildOptions, type HnswSearchOptions, hnswDefaults } from "./hnswDefaults.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Jobs } from "./jobs/jobs.ts";
import type { Log } from "./logEvent.ts";
import { ModelRegistry } from "./models/modelRegistry.ts";
import { neededModels } from "./models/neededModels.ts";
import type { ObjectStoreOptions } from "./objectStore/objectStoreOptions.ts";
import type { ObjectStoreTuning } from "./objectStore/objectStoreTuning.ts";
import { openCircuit } from "./objectStore/openCircuit.ts";
import { type EmbeddingOptions, openEmbedding } from "./openEmbedding.ts";
import type { ProcessMemory } from "./processMemory.ts";
import { RequestRates } from "./quotas/requestRates.ts";
import { TenantQuotas } from "./quotas/tenantQuotas.ts";
import { generationModel } from "./reembed/generationModel.ts";
import { Reembeddings } from "./reembed/reembeddings.ts";
import type { RerankOptions } from "./rerank/rerankOptions.ts";
import type { RerankProvider } from "./rerank/rerankProvider.ts";
import type { SnapshotOptions } from "./snapshots/snapshotOptions.ts";
import { SnapshotSchedule } from "./snapshots/snapshotSchedule.ts";
import { Snapshots } from "./snapshots/snapshots.ts";
import { StoredSnapshots } from "./snapshots/storedSnapshots.ts";
import { noTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { Deletions } from "./tenancy/deletions.ts";
import { LiveDatabases } from "./tenancy/liveDatabases.ts";
import { openServerTenant } from "./tenancy/openServerTenant.ts";
import { ColdCopies } from "./tiers/coldCopies.ts";
import { settleColdFiles } from "./tiers/coldFiles.ts";
import { CollectionTiers } from "./tiers/collectionTiers.ts";
import { Demotions } from "./tiers/demotions.ts";
import { Promotions } from "./tiers/promotions.ts";
import { TierKeeper } from "./tiers/tierKeeper.ts";
import { accessWindowMs, defaultTierRules, type TierRules } from "./tiers/tierRules.ts";
import { AuditVerifications } from "./verify/auditVerifications.ts";
import { Verifications } from "./verify/verifications.ts";
import { defaultWal } from "./walDefaults.ts";

export interface OpenDatabaseOptions {
  /** Created if absent. */
  readonly directory: string;
  /** Makes the default tenant and database if they are missing, and a database `default` for each new tenant; true if absent. */
  readonly autoInitialize?: boolean;
  readonly wal?: Partial<WalOptions>;
  readonly snapshot?: Partial<SnapshotOptions>;
  readonly embedding?: EmbeddingOptions;
  readonly rerank?: RerankOptions;
  readonly tiering?: Partial<TierRules>;
  readonly hnsw?: Partial<HnswSearchOptions & HnswBuildOptions>;
  readonly tuning?: EngineTuning;
  readonly limits?: Partial<DatabaseLimits>;
  /** Where it differs from what suits the machine. */
  readonly openBound?: Partial<OpenBound>;
  /** That of this process and its machine if absent. */
  readonly processMemory?: ProcessMemory;
  /** A folder in the data directory if absent. Nothing is made or loaded before it is used. */
  readonly objectStore?: ObjectStoreOptions;
  /** Where it differs from what suits a store in a network. */
  readonly objectStoreTuning?: ObjectStoreTuning;
  /** Where backups go that name no place: `s3://bucket/prefix`, or the path of a folder. */
  readonly backupTo?: string | undefined;
  /** How this process is called where another one finds the directory in use. */
  readonly command: string;
  /** Queries that take longer are logged; 0 for none, which is the default. */
  readonly slowQueryMs?: number;
  /** Threads that search by themselves what is shared with them; 0 if absent. */
  readonly searchingThreads?: number;
  /** Whether who calls from outside of the process has to show who it is; false if absent. */
  readonly requiresCredentials?: boolean;
  /** How long an access token is good for; a quarter of an hour if absent. */
  readonly accessTokenLifetimeMs?: number;
  /** Which reads and writes of documents the audit log has; those denied if absent. */
  readonly auditedDataPlane?: AuditedDataPlane;
  /** How long entries of the audit log stay; 0 for ever, 90 if absent. */
  readonly auditRetentionDays?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** To nobody if absent. */
  readonly telemetry?: Telemetry;
}

const auditRetentionDaysDefault = 90;

/** Of the working spaces of a segment: one for searches, and one for a search in slices, or while what is shared changes. */
const slotsPerSearchingThread = 2;

/** Builders need the others; a thread that finds none has the thread that writes search. */
const guestSlotsMax = 8;

const defaultSnapshot: SnapshotOptions = {
  compression: "zstd",
  intervalMs: 0,
  afterBytes: 0,
  retainCount: 7,
};

/**
 * Takes a data directory into possession and begins to load its collections; requests for one that still loads wait.
 *
 * @throws AkiDbError `failed_precondition` where another process has the directory, a newer AkiDB wrote it, or there is
 * no default database and none may be made
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { clock = systemClock, random = systemRandom, log = () => {} } = options;
  const directory = absoluteDirectory(options.directory);
  const { telemetry = noTelemetry, autoInitialize: mayInitialize = true } = options;
  const { meter } = telemetry;
  const ids = new UuidV7Generator(clock, random);
  const memory = options.processMemory ?? processMemory();
  const limits = databaseLimits(options.limits, memory.machineBytes);
  const startedAt = formatTimestamp(clock.nowMs());
  const { efSearch, threshold, recallChecksPerMinute, ...hnswBuild } = { ...hnswDefaults, ...options.hnsw };
  const measured = (store: ObjectStore): ObjectStore => measuredObjectStore(store, meter, clock);
  let deadLetters: DeadLetters | undefined;
  const circuit = openCircuit({
    options: options.objectStore ?? {},
    tuning: options.objectStoreTuning ?? {},
    dataDirectory: directory,
    ...{ clock, random, meter, log },
    onBack: () => deadLetters?.storeIsBack(),
  });
  const objects = measured(circuit.store);
  // One processor stays with the thread that serves.
  const builders = new Builders({
    threadCount: Math.max(1, processorCount() - 1),
    guestSlotsMin: Math.min(slotsPerSearchingThread * (options.searchingThreads ?? 0), guestSlotsMax),
  });
  const documentWriter = new DocumentWriter();

  const holder = { pid: processId(), startedAt, command: options.command };
  const lock = lockDataDirectory({ directory, holder });
  let catalog: Catalog | undefined;
  let begun: { close(): Promise<void> } | undefined;
  try {
    const choice = new ModelChoice(directory);
    const embedding = openEmbedding(options.embedding, {
      ...{ meter, clock, random, log, choice },
      dataDirectory: directory,
    });
    begun = embedding;
    await embedding.begin();
    checkDataVersion(directory);
    catalog = await openCatalog({ path: join(directory, "catalog.db"), clock, ids });
    const serverTenantId = await openServerTenant({ catalog, mayCreate: mayInitialize, limits });
    const databases = await LiveDatabases.load(catalog);
    const quotas = new TenantQuotas(catalog);
    // What lost its database counts for whoever runs the server.
    const tenantOf = (id: DatabaseId): TenantId => databases.tenantOf(id) ?? serverTenantId;
    const { records, directories, deleted, lost } = await recoverCollections({ directory, catalog, log });
    embedding.loadNeeded(neededModels(records));
    const wal = { ...defaultWal, ...options.wal };
    const rules = { ...defaultTierRules, ...options.tiering };
    const hnsw = { efSearch, threshold, recallChecksPerMinute };
    const tiers = await CollectionTiers.load({
      catalog,
      clock,
      accessWindowMs,
      readInPlace: rules.search === "in_place",
      pathOf: (id) => directories.relativePath(id),
    });
    const copyBytes = await settleColdFiles({ records, tiers, directories, log });
    const stored = new StoredSnapshots({ store: objects, disk: nodeDisk });
    const promotions = new Promotions({ directories, stored, tiers, clock, telemetry, log });
    deadLetters = openDeadLetters({
      directory,
      circuit,
      ...{ times: options.objectStoreTuning?.deadLetters ?? {}, clock, ids, random, meter, log },
    });
    const archives = new LogArchives({
      store: objects,
      patienceMs: options.objectStoreTuning?.patienceMs,
      ...{ ids, deadLetters, log },
    });
    const collections = new LiveCollections({
      tiers,
      promotions,
      directories,
      deleted,
      clock,
      ids,
      wal,
      hnsw,
      tuning: rules.search === "in_place" ? closedAtCheckpoints(options.tuning) : (options.tuning ?? {}),
      builders,
      documentWriter,
      limits,
      archives,
      openBound: {
        collectionsMax: fixedLimits.openCollectionsMax,
        memoryBytesMax: Math.min(
          rules.hotMemoryBytesMax || Number.POSITIVE_INFINITY,
          limits.memoryBytesMax,
          fixedLimits.openCollectionsMemoryShareMax * memory.machineBytes,
        ),
        ...options.openBound,
      },
      processMemory: memory,
      quotas,
      tenantOf,
      meter,
      log,
    });
    const snapshot = { ...defaultSnapshot, ...options.snapshot };
    const snapshots = new Snapshots({
      directories,
      clock,
      ids,
      snapshot,
      stored,
      deadLetters,
      storageOf: ({ databaseId }) => collections.budgets.ofDatabase(databaseId).storage,
      isHeld: (id, snapshotId) => tiers.of(id).snapshotId === snapshotId,
      telemetry,
      log,
    });
    const coldCopies = new ColdCopies({
      snapshots,
      stored,
      directories,
      onFreed: ({ id, databaseId }) => collections.budgets.ofDatabase(databaseId).storage.changed(id),
    });
    const { retainCount } = snapshot;
    const demotions = new Demotions(
      { collections, snapshots, coldCopies, tiers, directories, retainCount, clock, telemetry, log },
      copyBytes,
    );
    const isStoreLasting = options.objectStore?.kind !== "memory";
    const keeping = { collections, tiers, demotions, coldCopies, rules, isStoreLasting, clock, meter, log };
    const tierKeeper = new TierKeeper(keeping);
    registerReplays({ deadLetters, collections, snapshots });
    const access = new AccessControl({
      catalog,
      clock,
      random,
      serverTenantId,
      requiresCredentials: options.requiresCredentials ?? false,
      auditedDataPlane: options.auditedDataPlane ?? "denied",
      accessTokenLifetimeMs: options.accessTokenLifetimeMs,
      meter,
    });
    const reembeddings = new Reembeddings({
      catalog,
      collections,
      directories,
      snapshots,
      tenantOf,
      modelOf: (...wanted) => generationModel(embedding, ...wanted),
      clock,
      log,
    });
    const jobs = new Jobs({ clock, log });
    const deletions = new Deletions({
      catalog,
      databases,
      collections,
      snapshots,
      access,
      quotas,
      jobs,
      serverTenantId,
      log,
    });
    const verifications = new Verifications({ directory, clock, ids, log });
    const backups = new Backups({
      to: options.backupTo,
      openStore: (place) =>
        measured(openBackupStore({ place, objectStore: options.objectStore ?? {}, clock, random })),
      clock,
      ids,
      log,
    });
    const collector = new GarbageCollector({
      directory,
      directories,
      store: objects,
      collections,
      snapshots,
      archives,
      reembeddings,
      isCatalogWhole: catalog.damagedRows.length === 0,
      clock,
    });
    const garbage = new GarbageCollections({ collector, jobs, ids, serverTenantId });
    const schedule = new SnapshotSchedule({ collections, snapshots, clock, snapshot, log });
    const logRetention = new LogRetention({ collections, snapshots, archives, clock, log });
    const sweeper = new ExpirySweeper(collections);
    const loaded = collections.load(records);
    return new Database({
      lostFiles: choice.damage === undefined ? lost : [...lost, choice.damage],
      lock,
      loaded,
      builders,
      documentWriter,
      processMemory: memory,
      telemetry,
      hnswBuild,
      walRetentionSeconds: Math.round(wal.retentionMs / 1_000),
      makesDefaultDatabase: mayInitialize,
      catalog,
      collections,
      objects,
      circuit,
      archives,
      snapshots,
      tiers,
      tierKeeper,
      coldCopies,
      deadLetters,
      garbage,
      schedule,
      logRetention,
      sweeper,
      verifications,
      auditVerifications: new AuditVerifications(join(directory, "catalog.db")),
      housekeeping: new Housekeeping({
        catalog,
        clock,
        auditRetentionDays: options.auditRetentionDays ?? auditRetentionDaysDefault,
        log,
      }),
      backups,
      owner: new OwnerProof(directory),
      serverTenantId,
      databases,
      quotas,
      rates: new RequestRates(quotas, clock),
      access,
      jobs,
      deletions,
      embedding,
      models: new ModelRegistry(catalog, embedding),
      reembeddings,
      reranker: openReranker(options.rerank),
      limits,
      slowQueryMs: options.slowQueryMs ?? 0,
      log,
      clock,
    });
  } catch (error) {
    await catalog?.close();
    await deadLetters?.close();
    lock.release();
    // It may have started a program.
    await begun?.close();
    throw error;
  }
}

const openReranker = ({ url, ...options }: RerankOptions = {}): RerankProvider | undefined =>
  url === undefined ? undefined : new HttpRerankProvider({ ...options, url });
