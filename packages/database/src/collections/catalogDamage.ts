import type { FileDamage } from "@akidb/base";
import type { DamagedRow } from "@akidb/catalog";

const effects: Readonly<Record<string, string>> = {
  collections: "the collection is not served; its files are left alone",
  databases: "the database cannot be used; the files of its collections are not concerned",
  tenants: "the tenant cannot be used; the files of its collections are not concerned",
};

/** What a row of the catalog means that fails its checksum. */
export const rowDamage = ({ table, id }: DamagedRow): FileDamage => ({
  file: "catalog.db",
  problem: `row ${id} of ${table} fails its checksum`,
  loss: "some",
  effect: effects[table] ?? "what it says is not used",
  remedy: "put catalog.db and catalog.db-wal back from a copy of the data directory",
});

/** @param problem in SQLite's words */
export const indexDamage = (problem: string): FileDamage => ({
  file: "catalog.db",
  problem: `SQLite says "${problem}"`,
  loss: "none",
  effect: "an index does not fit its table, of which every row is whole",
  remedy: "none is needed; the next start builds it anew",
});
