import type { CollectionRecord } from "@akidb/catalog";
import type { V1Collection, V1Tenant } from "../source/v1Directory.ts";
import type { TenantRecords } from "./tenantRecords.ts";

export interface MigrationScope {
  /** The slug of the only one to be migrated; all if absent. */
  readonly tenant?: string | undefined;
  /** Names of collections that stay behind, whosever they are. */
  readonly excludedCollections?: readonly string[];
}

/** What is to be done with a tenant: `exists` where an earlier run brought it. */
export type TenantAction = "create" | "exists";

/** `excluded` by name; `deleted` with its tenant, whose documents are not brought. */
export type CollectionAction = "create" | "exists" | "excluded" | "deleted";

export interface PlannedTenant {
  readonly source: V1Tenant;
  readonly action: TenantAction;
  /** As they are to be, or were made by an earlier run. */
  readonly records: TenantRecords;
  readonly collections: readonly PlannedCollection[];
}

export interface PlannedCollection {
  readonly source: V1Collection;
  readonly action: CollectionAction;
  readonly record: CollectionRecord;
}

export interface MigrationPlan {
  /** In the order of their making. */
  readonly tenants: readonly PlannedTenant[];
  /** Files that are nothing of a tenant's: they are not migrated. */
  readonly ignoredFiles: readonly string[];
}

export const collectionsToCreate = ({ tenants }: MigrationPlan): readonly PlannedCollection[] =>
  tenants.flatMap(({ collections }) => collections.filter(({ action }) => action === "create"));

export const tenantsToCreate = ({ tenants }: MigrationPlan): readonly PlannedTenant[] =>
  tenants.filter(({ action }) => action === "create");

export const documentBytes = (collections: readonly PlannedCollection[]): number =>
  collections.flatMap(({ source }) => source.documentFiles).reduce((sum, { bytes }) => sum + bytes, 0);
