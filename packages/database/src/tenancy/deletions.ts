import {
  type DatabaseId,
  failedPrecondition,
  invalidState,
  type Job,
  type TenantId,
  unavailable,
} from "@akidb/base";
import type { Catalog, CollectionRecord, DatabaseRecord, Repositories, TenantStatus } from "@akidb/catalog";
import type { AccessControl } from "../access/accessControl.ts";
import { inParallel } from "../collections/inParallel.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Log } from "../logEvent.ts";
import type { TenantQuotas } from "../quotas/tenantQuotas.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { databasesOf } from "./databasesOf.ts";
import { eachItem } from "./eachItem.ts";
import type { LiveDatabases } from "./liveDatabases.ts";

export interface DeletionsOptions {
  readonly catalog: Catalog;
  readonly databases: LiveDatabases;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly access: AccessControl;
  readonly quotas: TenantQuotas;
  readonly jobs: Jobs;
  /** Whose admins delete tenants. */
  readonly serverTenantId: TenantId;
  readonly log: Log;
}

/** The way of a tenant that is deleted, along its states. */
const statusesToCome: Readonly<Record<TenantStatus, readonly TenantStatus[]>> = {
  provisioning: ["active", "suspended", "decommissioned"],
  active: ["suspended", "decommissioned"],
  suspended: ["decommissioned"],
  decommissioned: [],
};

/** Collections of a database that are removed at the same time. */
const parallelRemovals = 4;

/** Of a collection that has its row, and is not served yet. */
const waitMs = 20;
const waitsMax = 1_500;

/**
 * Deletes databases and tenants behind the requests that ask for it. What is to be deleted is written down first: a database
 * is `deleting`; a tenant is decommissioned while databases of it are `deleting`, which no other way leads to. Then its
 * collections go one by one, each as a crash leaves it whole or gone, and the row goes last. So whatever a crash leaves
 * half done goes on with the next start.
 */
export class Deletions {
  readonly #options: DeletionsOptions;
  /** A database that goes with its tenant may be on its way by itself. */
  readonly #removals = new Map<DatabaseId, Promise<void>>();

  constructor(options: DeletionsOptions) {
    this.#options = options;
  }

  /** Goes on with what was under way when the process ended. */
  async resume(): Promise<void> {
    const { catalog, databases, log } = this.#options;
    const deleting = [...databases.all()].filter(({ state }) => state === "deleting");
    const tenants = new Set<TenantId>();
    for (const record of deleting) {
      try {
        const { status } = await catalog.tenants.get(record.tenantId);
        if (status !== "decommissioned") this.#startDatabase(record);
        else if (!tenants.has(record.tenantId)) this.#startTenant(record.tenantId);
        tenants.add(record.tenantId);
      } catch (cause) {
        log({ kind: "job_failed", job: "delete_database", id: record.id, cause });
      }
    }
  }

  /** @returns the job, once nothing can keep the database from going */
  async deleteDatabase(id: DatabaseId): Promise<Job> {
    const { catalog, databases } = this.#options;
    this.#requireWholeCatalog();
    const record = await catalog.transaction(async (repositories) => {
      const current = await repositories.databases.get(id);
      const { status } = await repositories.tenants.get(current.tenantId);
      if (status === "decommissioned") throw invalidState("the tenant is decommissioned");
      return await markDeleting(repositories, current);
    });
    databases.put(record);
    return this.#startDatabase(record);
  }

  /** @returns the job, once nothing can keep the tenant from going */
  async deleteTenant(id: TenantId): Promise<Job> {
    const { catalog, databases, serverTenantId } = this.#options;
    if (id === serverTenantId)
      throw failedPrecondition("the default tenant runs the server and cannot be deleted");
    this.#requireWholeCatalog();
    const owned = await catalog.transaction(async (repositories) => {
      const { status } = await repositories.tenants.get(id);
      const records = await databasesOf(repositories, id);
      // Nothing is left to do behind this.
      if (records.length === 0) {
        await repositories.tenants.delete(id);
        return [];
      }
      for (const next of statusesToCome[status]) await repositories.tenants.setStatus(id, next);
      const marked: DatabaseRecord[] = [];
      for (const record of records) marked.push(await markDeleting(repositories, record));
      return marked;
    });
    for (const record of owned) databases.put(record);
    return this.#startTenant(id);
  }

  /** Rows that cannot be read may be some of what is to go; it would be left without anybody who knows of it. */
  #requireWholeCatalog(): void {
    const { damagedRows } = this.#options.catalog;
    if (damagedRows.every(({ table }) => table !== "databases" && table !== "collections")) return;
    throw failedPrecondition(
      "rows of the catalog are damaged, so that it is not known what belongs to it; akidb verify names them",
    );
  }

  #startDatabase({ id, tenantId }: DatabaseRecord): Job {
    return this.#options.jobs.start({
      id,
      kind: "delete_database",
      resource: { type: "database", id },
      tenantId,
      run: (onProgress, signal) => this.#removeDatabase(id, signal, onProgress),
    });
  }

  #startTenant(id: TenantId): Job {
    return this.#options.jobs.start({
      id,
      kind: "delete_tenant",
      resource: { type: "tenant", id },
      tenantId: this.#options.serverTenantId,
      run: (onProgress, signal) => this.#removeTenant(id, onProgress, signal),
    });
  }

  async #removeTenant(id: TenantId, onProgress: (share: number) => void, signal: AbortSignal): Promise<void> {
    const { catalog, databases, access, quotas } = this.#options;
    const owned = databases.ofTenant(id);
    for (const [at, database] of owned.entries()) {
      await this.#removeDatabase(database.id, signal, (share) => onProgress((at + share) / owned.length));
    }
    // Their rows, and those of users, keys and policies, go with the tenant's.
    if (owned.length > 0) await catalog.tenants.delete(id);
    for (const database of owned) databases.remove(database.id);
    access.forgetCallers();
    access.authorizer.forget(id);
    quotas.changed(id);
  }

  #removeDatabase(id: DatabaseId, signal: AbortSignal, onProgress: (share: number) => void): Promise<void> {
    const begun = this.#removals.get(id);
    if (begun !== undefined) return begun;
    const removal = this.#remove(id, signal, onProgress).finally(() => this.#removals.delete(id));
    this.#removals.set(id, removal);
    return removal;
  }

  async #remove(id: DatabaseId, signal: AbortSignal, onProgress: (share: number) => void): Promise<void> {
    const { catalog, databases } = this.#options;
    let removed = 0;
    for (let waits = 0; ; ) {
      signal.throwIfAborted();
      const records = await collectionsOf(catalog, id);
      if (records.length === 0) break;
      const served = records.filter((record) => this.#options.collections.useOf(record) !== undefined);
      const total = removed + records.length;
      await this.#removeCollections(served, signal, () => onProgress(++removed / total));
      // Those that are being created, or deleted by somebody else, are not served, and soon are, or are gone.
      if (served.length > 0) continue;
      if (++waits > waitsMax) throw unavailable("a collection is in creation and does not get served");
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    const isGone = await catalog.transaction(async (repositories) => {
      const { tenantId } = await repositories.databases.get(id);
      // It goes with its tenant, whose mark it is.
      if ((await repositories.tenants.get(tenantId)).status === "decommissioned") return false;
      await repositories.databases.delete(id);
      return true;
    });
    if (isGone) databases.remove(id);
  }

  /** After one failure none is begun any more. Settles when none is under way. */
  async #removeCollections(
    records: readonly CollectionRecord[],
    signal: AbortSignal,
    onRemoved: () => void,
  ): Promise<void> {
    const failures: unknown[] = [];
    await inParallel(parallelRemovals, records, async (record) => {
      if (failures.length > 0 || signal.aborted) return;
      await this.#removeCollection(record).then(onRemoved, (error: unknown) => failures.push(error));
    });
    if (failures.length > 0) throw failures[0];
  }

  async #removeCollection(record: CollectionRecord): Promise<void> {
    const { catalog, collections, snapshots } = this.#options;
    await collections.restores.inTurn(record, async () => {
      // Somebody else may have deleted it meanwhile.
      if (collections.useOf(record) === undefined) return;
      await snapshots.withoutTransfers(record, () =>
        collections.delete(record, () => catalog.collections.delete(record.id)),
      );
    });
  }
}

const markDeleting = async ({ databases }: Repositories, record: DatabaseRecord): Promise<DatabaseRecord> =>
  record.state === "deleting" ? record : await databases.setState(record.id, "deleting");

async function collectionsOf({ collections }: Catalog, id: DatabaseId): Promise<readonly CollectionRecord[]> {
  const records: CollectionRecord[] = [];
  for await (const record of eachItem((page) => collections.list(id, page))) records.push(record);
  return records;
}
