import { AkiDbError, type UpsertResult } from "@akidb/base";

/**
 * What became of the one document of a batch.
 *
 * @throws AkiDbError why it was refused
 */
export function insertedDocument({ items: [item] }: UpsertResult): {
  readonly id: string;
  readonly version: number;
  readonly chunkCount: number | undefined;
} {
  if (item === undefined) throw new Error("one document makes one item");
  if (!item.ok) throw new AkiDbError(item.code, item.detail, { violations: item.violations });
  return { id: item.id, version: item.version, chunkCount: item.chunkCount };
}
