import type { TenantId } from "@akidb/base";
import type { DatabaseRecord, Repositories } from "@akidb/catalog";
import { eachItem } from "./eachItem.ts";

/** All that a tenant has, in the order of their making. */
export async function databasesOf(
  { databases }: Pick<Repositories, "databases">,
  id: TenantId,
): Promise<readonly DatabaseRecord[]> {
  const records: DatabaseRecord[] = [];
  for await (const record of eachItem((page) => databases.list(id, page))) records.push(record);
  return records;
}
