import { type CollectionId, type FoundDamage, parseId } from "@akidb/base";
import type { Catalog, CollectionRecord } from "@akidb/catalog";
import { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { Log } from "../logEvent.ts";
import { eachItem } from "../tenancy/eachItem.ts";
import { rowDamage } from "./catalogDamage.ts";
import { orphanDamage } from "./orphanDamage.ts";

export interface Recovery {
  /** The data directory. */
  readonly directory: string;
  readonly catalog: Catalog;
  readonly log: Log;
}

export interface RecoveredCollections {
  /** Those that the catalog has, in the order of their making. */
  readonly records: readonly CollectionRecord[];
  readonly directories: CollectionDirectories;
  /** Of which there may be something in the object store yet. */
  readonly deleted: readonly CollectionId[];
  /** Rows of the catalog that are damaged, and collections that have files and that the catalog does not know. */
  readonly lost: readonly FoundDamage[];
}

/** Settles what a crash left half done of collections' directories, and tells of all that does not fit the catalog. */
export async function recoverCollections({
  directory,
  catalog,
  log,
}: Recovery): Promise<RecoveredCollections> {
  const { damagedRows } = catalog;
  const records: CollectionRecord[] = [];
  for await (const record of eachItem((page) => catalog.collections.list("all", page))) records.push(record);
  const directories = await CollectionDirectories.open(directory);
  const damagedIds = damagedRows.flatMap(({ table, id }) =>
    table === "collections" ? (parseId<"collection">(id) ?? []) : [],
  );
  const { orphans, deleted } = await directories.recover({
    known: new Set([...records.map(({ id }) => id), ...damagedIds]),
    isComplete: damagedRows.length === 0,
  });
  for (const { table, id } of damagedRows) log({ kind: "catalog_row_damaged", table, id });
  for (const orphan of orphans) log({ kind: "orphan_found", directory: orphan });
  return {
    records,
    directories,
    deleted,
    lost: [
      ...damagedRows.map((row) => ({ ...rowDamage(row), collectionId: null, collection: null })),
      ...orphans.map(orphanDamage),
    ],
  };
}
