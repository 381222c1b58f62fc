import type { CollectionRepository } from "./collection.ts";
import type { DatabaseRepository } from "./database.ts";
import type { TenantRepository } from "./tenant.ts";

export interface Repositories {
  readonly tenants: TenantRepository;
  readonly databases: DatabaseRepository;
  readonly collections: CollectionRepository;
}

/** The control plane: who exists and what they own. Every promise rejects with an `AkiDbError`. */
export interface Catalog extends Repositories {
  /**
   * All of `work` or nothing of it. It has to use the repositories it is given: everything else waits until it has
   * ended, so keep it short.
   */
  transaction<Result>(work: (repositories: Repositories) => Promise<Result>): Promise<Result>;
  /** 0 for an empty store. */
  schemaVersion(): Promise<number>;
  /** All known migrations, oldest first. */
  migrationStatus(): Promise<readonly MigrationStatus[]>;
  migrateToLatest(): Promise<void>;
  /**
   * Undoes the newest migration, with the data only it has a place for; undefined where there was none. The
   * repositories reject with `failed_precondition` until the store is migrated again.
   */
  revertLast(): Promise<MigrationStatus | undefined>;
  /** The whole store as the bytes of an SQLite file, of one moment. */
  image(): Promise<Uint8Array>;
  /** Waits for work in flight. */
  close(): Promise<void>;
}

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  readonly applied: boolean;
}
