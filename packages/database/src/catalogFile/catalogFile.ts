import { join } from "node:path";
import { type Clock, formatTimestamp, notFound, type Random, UuidV7Generator } from "@akidb/base";
import { type Catalog, checkDataVersion, lockDataDirectory, openCatalog } from "@akidb/catalog";
import { hasData } from "../adapters/dataFiles.ts";
import { processId } from "../adapters/processId.ts";

/** The catalog of a data directory, for commands that need nothing else of it. */
export interface CatalogFile {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
}

export const catalogPath = (directory: string): string => join(directory, "catalog.db");

/** @throws AkiDbError `not_found` where there is no data */
export function checkHasData(directory: string): void {
  if (!hasData(directory)) throw notFound(`data directory ${JSON.stringify(directory)}`);
}

/**
 * Reads the catalog, whether a server has it open or not. The schema may be an older one.
 *
 * Rejects with `not_found` where there is no data, and with `failed_precondition` for a file that this version cannot read.
 */
export async function withCatalogReader<Result>(
  { directory, clock, random }: CatalogFile,
  work: (catalog: Catalog) => Promise<Result>,
): Promise<Result> {
  checkHasData(directory);
  const ids = new UuidV7Generator(clock, random);
  const catalog = await openCatalog({ path: catalogPath(directory), clock, ids, readOnly: true });
  try {
    return await work(catalog);
  } finally {
    await catalog.close();
  }
}

/**
 * Takes the data directory into possession meanwhile, and leaves the schema as it is.
 *
 * @param command how this process is called where another one finds the directory in use
 *
 * Rejects as {@link withCatalogReader} does, and with `failed_precondition` where another process has the directory.
 */
export async function withCatalogWriter<Result>(
  { directory, clock, random, command }: CatalogFile & { readonly command: string },
  work: (catalog: Catalog) => Promise<Result>,
): Promise<Result> {
  checkHasData(directory);
  const holder = { pid: processId(), startedAt: formatTimestamp(clock.nowMs()), command };
  const lock = lockDataDirectory({ directory, holder });
  try {
    checkDataVersion(directory);
    const ids = new UuidV7Generator(clock, random);
    const catalog = await openCatalog({ path: catalogPath(directory), clock, ids, migrate: false });
    try {
      return await work(catalog);
    } finally {
      await catalog.close();
    }
  } finally {
    lock.release();
  }
}
