import type { ApiKeyRecord } from "./apiKey.ts";
import type { CollectionRecord } from "./collection.ts";
import type { DatabaseRecord } from "./database.ts";
import type { TenantRecord } from "./tenant.ts";
import type { UserRecord } from "./user.ts";

/**
 * Rows as they were in another system, with identifiers, states and times of their own: for a migration, and for nobody
 * who serves requests. Whatever a row's fields must be, they must be here, too; states are reached by their steps.
 *
 * Every method rejects with `invalid_argument`, `already_exists`, and `not_found` for what a row belongs to.
 */
export interface RowImport {
  tenant(record: TenantRecord): Promise<void>;
  database(record: DatabaseRecord): Promise<void>;
  collection(record: CollectionRecord): Promise<void>;
  /** @param record an active user's, who has not logged in yet */
  user(record: UserRecord, passwordHash: string): Promise<void>;
  /** @param record of one that was neither used nor revoked */
  apiKey(record: ApiKeyRecord, keyHash: Uint8Array): Promise<void>;
}
