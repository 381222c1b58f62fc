import { failedPrecondition, UuidV7Generator } from "@akidb/base";
import { type Catalog, findVersionProblem, openCatalog, readLockHolder } from "@akidb/catalog";
import { copyCatalog, hasCatalog } from "../adapters/dataDirectory.ts";
import type { MigrationOptions } from "../migrationOptions.ts";
import { makePlan } from "../plan/makePlan.ts";
import { collectionsToCreate, type MigrationPlan } from "../plan/migrationPlan.ts";
import { withProgress } from "../plan/withProgress.ts";
import { openV1Directory } from "../source/openV1Directory.ts";
import { Problems } from "../source/problems.ts";
import { checkDocuments } from "./checkDocuments.ts";

export interface DryRun {
  readonly plan: MigrationPlan;
  /** Those that would be written; each was read and found sound. */
  readonly documentCount: number;
}

/**
 * What {@link migrateV1} would do, with every document read and checked. Writes nothing, not even a lock.
 *
 * Rejects with `invalid_argument` that names every file and field that is wrong, and as {@link migrateV1} does.
 */
export async function planV1Migration(
  options: Omit<MigrationOptions, "command" | "beforeStep">,
): Promise<DryRun> {
  const { onPlan = () => {} } = options;
  const { files, source } = await openV1Directory(options);
  const problems = new Problems();
  const plan = await withCatalogCopy(options, (catalog) =>
    makePlan({ source, catalog, scope: options, problems }),
  );
  problems.check();
  onPlan(plan);
  const documentCount = await withProgress(collectionsToCreate(plan), options, (collection, onProgress) =>
    checkDocuments(collection, { files, problems, onProgress }),
  );
  problems.check();
  return { plan, documentCount };
}

async function withCatalogCopy<Result>(
  { v2Directory, clock, random }: Pick<MigrationOptions, "v2Directory" | "clock" | "random">,
  work: (catalog: Catalog | undefined) => Promise<Result>,
): Promise<Result> {
  const holder = readLockHolder(v2Directory);
  if (holder !== undefined) {
    throw failedPrecondition(`data directory is in use by ${holder.command} (process ${holder.pid})`);
  }
  if (!hasCatalog(v2Directory)) return await work(undefined);
  const versionProblem = findVersionProblem(v2Directory);
  if (versionProblem !== undefined)
    throw failedPrecondition(`VERSION of the data directory ${versionProblem}`);
  using copy = copyCatalog(v2Directory);
  const catalog = await openCatalog({ path: copy.path, clock, ids: new UuidV7Generator(clock, random) });
  try {
    return await work(catalog);
  } finally {
    await catalog.close();
  }
}
