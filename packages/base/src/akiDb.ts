import type { Backup, StartBackupOptions } from "./backup.ts";
import type { CallOptions } from "./callOptions.ts";
import type { Collection } from "./collection.ts";
import type { CollectionInfo, CreateCollectionInput, UpdateCollectionInput } from "./collectionInfo.ts";
import type { ApiKeys } from "./controlPlane/apiKeys.ts";
import type { AuditLog } from "./controlPlane/auditLog.ts";
import type { Auth } from "./controlPlane/auth.ts";
import type { Databases } from "./controlPlane/databases.ts";
import type { CircuitBreakerInfo, DeadLetters } from "./controlPlane/deadLetters.ts";
import type { CollectGarbageInput, GarbageCollections, GarbageReport } from "./controlPlane/garbage.ts";
import type { Jobs } from "./controlPlane/jobs.ts";
import type { Models } from "./controlPlane/models.ts";
import type { Policies } from "./controlPlane/policies.ts";
import type { Tenants } from "./controlPlane/tenants.ts";
import type { Usage, UsageOptions } from "./controlPlane/usage.ts";
import type { Users } from "./controlPlane/users.ts";
import type { EmbedInput, EmbedResult } from "./embed.ts";
import type { Verification } from "./fileDamage.ts";
import type { JsonObject } from "./json.ts";
import type { Page, PageRequest } from "./page.ts";
import type { TierMetrics } from "./tier.ts";

/**
 * The database as a program sees it: `open()` gives it in-process, `connect()` over the network. Every promise rejects
 * with an `AkiDbError` and nothing else.
 */
export interface AkiDb {
  createCollection(input: CreateCollectionInput, options?: CallOptions): Promise<CollectionInfo>;
  /** In order of creation. */
  listCollections(page?: PageRequest, options?: CallOptions): Promise<Page<CollectionInfo>>;
  getCollection(nameOrId: string, options?: CallOptions): Promise<CollectionInfo>;
  /** Changes what is given, while the collection is served. */
  updateCollection(
    nameOrId: string,
    changes: UpdateCollectionInput,
    options?: CallOptions,
  ): Promise<CollectionInfo>;
  /** Deletes its documents and files, too. */
  deleteCollection(nameOrId: string, options?: CallOptions): Promise<void>;
  /** A handle; whether the collection exists shows at the first call. */
  collection<Metadata extends object = JsonObject>(nameOrId: string): Collection<Metadata>;
  /**
   * The same, with another database of the caller's tenant in place of `default`: collections are those of that one. Whether
   * it exists shows at the first call; `close` closes both.
   */
  database(nameOrId: string): AkiDb;
  readonly tenants: Tenants;
  readonly databases: Databases;
  readonly jobs: Jobs;
  /**
   * Begins to read every file of the data directory by its checksums, while everything goes on; it changes nothing.
   * Where one runs already, it is the answer.
   */
  startVerification(options?: CallOptions): Promise<Verification>;
  /** How far it is, or what it found; rejects with `not_found` for any but the latest */
  getVerification(id: string, options?: CallOptions): Promise<Verification>;
  /**
   * Begins to copy the whole server, catalog included, while everything goes on. Where one to the same place runs already,
   * it is the answer; rejects with `failed_precondition` where one to another place does, or no place is configured, and
   * with `permission_denied` for a place that the caller may not name.
   */
  startBackup(options?: StartBackupOptions & CallOptions): Promise<Backup>;
  /** How far it is, or what it made; rejects with `not_found` for any but the latest */
  getBackup(id: string, options?: CallOptions): Promise<Backup>;
  /**
   * Has what failed again and again asked at once: the object store, which else is probed from time to time. For whoever runs the
   * server.
   */
  resetCircuitBreakers(options?: CallOptions): Promise<readonly CircuitBreakerInfo[]>;
  readonly deadLetters: DeadLetters;
  /**
   * Finds what nobody needs, in the data directory and in the object store, and removes it if told so. It goes on where nobody waits
   * for it; what takes long is better {@link GarbageCollections.start begun as a job}. For whoever runs the server.
   */
  collectGarbage(input?: CollectGarbageInput, options?: CallOptions): Promise<GarbageReport>;
  /** The same, for as long as it takes. */
  readonly garbageCollections: GarbageCollections;
  embed(input: EmbedInput, options?: CallOptions): Promise<EmbedResult>;
  readonly models: Models;
  readonly policies: Policies;
  /** What the tenant has of its quotas; of another tenant for whoever runs the server, and `not_found` for anybody else. */
  usage(options?: UsageOptions & CallOptions): Promise<Usage>;
  /** The collections of the database by their tiers. */
  tierMetrics(options?: CallOptions): Promise<TierMetrics>;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly auth: Auth;
  readonly auditLog: AuditLog;
  /** In-process: waits for writes in flight, then lets go of the data directory. */
  close(): Promise<void>;
}
