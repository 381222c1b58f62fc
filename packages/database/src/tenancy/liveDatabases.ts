import { type DatabaseId, invalidState, notFound, parseId, type TenantId } from "@akidb/base";
import type { Catalog, DatabaseRecord } from "@akidb/catalog";
import { eachItem } from "./eachItem.ts";

/** Where a request goes that names no database. */
const defaultDatabaseName = "default";

/**
 * The databases of all tenants. This process alone changes the catalog, so a request finds its database without asking
 * it; whatever changes one there says so here.
 */
export class LiveDatabases {
  readonly #records = new Map<DatabaseId, DatabaseRecord>();
  readonly #idsByName = new Map<string, DatabaseId>();

  static async load(catalog: Catalog): Promise<LiveDatabases> {
    const databases = new LiveDatabases();
    for await (const record of eachItem((page) => catalog.databases.list("all", page))) databases.put(record);
    return databases;
  }

  all(): Iterable<DatabaseRecord> {
    return this.#records.values();
  }

  ofTenant(tenantId: TenantId): readonly DatabaseRecord[] {
    return [...this.#records.values()].filter((record) => record.tenantId === tenantId);
  }

  /** @throws AkiDbError `not_found`, also for a database of another tenant */
  find(tenantId: TenantId, nameOrId: string = defaultDatabaseName): DatabaseRecord {
    const id = parseId<"database">(nameOrId) ?? this.#idsByName.get(nameKey(tenantId, nameOrId));
    const record = id === undefined ? undefined : this.#records.get(id);
    if (record?.tenantId !== tenantId) throw notFound(`database ${JSON.stringify(nameOrId)}`);
    return record;
  }

  /** One that is served; throws `invalid_state` where it is being deleted, and as {@link LiveDatabases.find}. */
  findServed(tenantId: TenantId, nameOrId?: string): DatabaseRecord {
    const record = this.find(tenantId, nameOrId);
    if (record.state === "deleting") throw beingDeleted(record);
    return record;
  }

  /** Undefined where its row is damaged, too. */
  tenantOf(id: DatabaseId): TenantId | undefined {
    return this.#records.get(id)?.tenantId;
  }

  /** @throws AkiDbError `not_found` */
  get(id: DatabaseId): DatabaseRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw notFound("the database");
    return record;
  }

  /** One that is new, or has changed; what comes behind a later change has no effect. */
  put(record: DatabaseRecord): void {
    const known = this.#records.get(record.id);
    if (known !== undefined && known.updatedAt > record.updatedAt) return;
    this.remove(record.id);
    this.#records.set(record.id, record);
    this.#idsByName.set(nameKey(record.tenantId, record.name), record.id);
  }

  remove(id: DatabaseId): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#records.delete(id);
    this.#idsByName.delete(nameKey(record.tenantId, record.name));
  }
}

export const beingDeleted = ({ name }: Pick<DatabaseRecord, "name">) =>
  invalidState(`database ${JSON.stringify(name)} is being deleted`);

const nameKey = (tenantId: TenantId, name: string): string => `${tenantId} ${name}`;
