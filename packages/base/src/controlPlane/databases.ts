import type { CallOptions } from "../callOptions.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Job } from "./jobs.ts";

export const databaseStates = ["provisioning", "ready", "migrating", "deleting"] as const;

export type DatabaseState = (typeof databaseStates)[number];

/** The databases of the caller's tenant; collections of different databases may have the same name. */
export interface Databases {
  create(input: CreateDatabaseInput, options?: CallOptions): Promise<DatabaseInfo>;
  /** In order of creation. */
  list(page?: PageRequest, options?: CallOptions): Promise<Page<DatabaseInfo>>;
  /** @param nameOrId rejects with `not_found` */
  get(nameOrId: string, options?: CallOptions): Promise<DatabaseInfo>;
  /** Changes what is given. */
  update(nameOrId: string, changes: UpdateDatabaseInput, options?: CallOptions): Promise<DatabaseInfo>;
  /**
   * Deletes its collections with their documents, files and objects. Resolves once that is decided, whatever happens: its
   * state is `deleting`, its collections are not served any more, and the job tells how far it is. Where it is being
   * deleted already, its job is the answer.
   */
  delete(nameOrId: string, options?: CallOptions): Promise<Job>;
}

export interface CreateDatabaseInput {
  /** As that of a collection: 1..128 characters: letters, digits, `_`, `-`, `.`; not a UUID. Unique in its tenant. */
  readonly name: string;
  /** At most 4,096 characters. */
  readonly description?: string | null;
}

/** What is absent stays as it is. */
export type UpdateDatabaseInput = Partial<CreateDatabaseInput>;

export interface DatabaseInfo {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly description: string | null;
  readonly state: DatabaseState;
  readonly schemaVersion: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
