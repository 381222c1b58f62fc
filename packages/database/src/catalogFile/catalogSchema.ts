import type { MigrationStatus } from "@akidb/catalog";
import { type CatalogFile, withCatalogReader, withCatalogWriter } from "./catalogFile.ts";

/** Which migrations the catalog of a data directory has, oldest first. */
export const readCatalogSchema = (file: CatalogFile): Promise<readonly MigrationStatus[]> =>
  withCatalogReader(file, (catalog) => catalog.migrationStatus());

/** @returns the migrations that were applied; a copy of the catalog as it was lies beside it if there were any */
export const migrateCatalog = (file: CatalogFile & { readonly command: string }) =>
  withCatalogWriter(file, async (catalog): Promise<readonly MigrationStatus[]> => {
    const before = await catalog.schemaVersion();
    await catalog.migrateToLatest();
    return (await catalog.migrationStatus()).filter(({ version }) => version > before);
  });

/** Undoes the newest migration, which the next start applies again. @returns undefined where there was none */
export const revertCatalog = (file: CatalogFile & { readonly command: string }) =>
  withCatalogWriter(file, (catalog): Promise<MigrationStatus | undefined> => catalog.revertLast());
