import type { DatabaseId } from "@akidb/base";
import type { DatabaseRecord, Repositories } from "@akidb/catalog";
import { beingDeleted } from "./liveDatabases.ts";

/**
 * For a transaction that makes or changes something in a database: what is deleted meanwhile gets nothing more.
 *
 * Rejects with `not_found` and `invalid_state`.
 */
export async function requireServedDatabase(
  { databases }: Repositories,
  id: DatabaseId,
): Promise<DatabaseRecord> {
  const record = await databases.get(id);
  if (record.state === "deleting") throw beingDeleted(record);
  return record;
}
