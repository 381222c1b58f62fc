import type { CollectionId, DatabaseId } from "@akidb/base";
import type { ApiKeyRepository } from "./apiKey.ts";
import type { AuditLogRepository } from "./auditLog.ts";
import type { CollectionRepository } from "./collection.ts";
import type { CollectionTierRepository } from "./collectionTier.ts";
import type { DatabaseRepository } from "./database.ts";
import type { ModelRepository } from "./model.ts";
import type { PolicyRepository } from "./policy.ts";
import type { ReembeddingRepository } from "./reembedding.ts";
import type { RowImport } from "./rowImport.ts";
import type { SessionRepository } from "./session.ts";
import type { DamagedRow } from "./sqlite/checksummedRows.ts";
import type { TenantRepository } from "./tenant.ts";
import type { UserRepository } from "./user.ts";

export interface Repositories {
  readonly tenants: TenantRepository;
  readonly databases: DatabaseRepository;
  readonly collections: CollectionRepository;
  readonly collectionTiers: CollectionTierRepository;
  readonly models: ModelRepository;
  readonly reembeddings: ReembeddingRepository;
  readonly users: UserRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly policies: PolicyRepository;
  readonly sessions: SessionRepository;
  readonly auditLog: AuditLogRepository;
}

/** What a transaction that imports has. */
export interface ImportingRepositories extends Repositories {
  readonly rows: RowImport;
}

/** The control plane: who exists and what they own. Every promise rejects with an `AkiDbError`. */
export interface Catalog extends Repositories {
  /**
   * All of `work` or nothing of it. It has to use the repositories it is given: everything else waits until it has
   * ended, so keep it short.
   */
  transaction<Result>(work: (repositories: Repositories) => Promise<Result>): Promise<Result>;
  /** A {@link Catalog.transaction} that takes rows of another system over, too. */
  importRows<Result>(work: (repositories: ImportingRepositories) => Promise<Result>): Promise<Result>;
  /** 0 for an empty store. */
  schemaVersion(): Promise<number>;
  /** All known migrations, oldest first. */
  migrationStatus(): Promise<readonly MigrationStatus[]>;
  /** Keeps a copy of the store first, unless there is nothing to do or nothing to keep. */
  migrateToLatest(): Promise<void>;
  /**
   * Undoes the newest migration, with the data only it has a place for, of which a copy is kept first; undefined where
   * there was none. The repositories reject with `failed_precondition` until the store is migrated again.
   */
  revertLast(): Promise<MigrationStatus | undefined>;
  /** Found when it was opened: not what was written, and not served. */
  readonly damagedRows: readonly DamagedRow[];
  /** The whole store of one moment, with whatever is committed by then. */
  image(): Promise<CatalogImage>;
  /** Waits for work in flight. */
  close(): Promise<void>;
}

export interface CatalogImage {
  /** Of an SQLite file. */
  readonly bytes: Uint8Array;
  /** Those that it has, in the order of their making. */
  readonly collections: readonly {
    readonly id: CollectionId;
    readonly databaseId: DatabaseId;
    readonly name: string;
    readonly generation: number;
  }[];
}

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  readonly applied: boolean;
}
