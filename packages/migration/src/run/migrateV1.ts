import { isAkiDbError, type JsonObject, UuidV7Generator, unavailable } from "@akidb/base";
import { OfflineDirectory } from "@akidb/database";
import { migrationLogPath } from "../adapters/dataDirectory.ts";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import type { MigrationOptions } from "../migrationOptions.ts";
import { makePlan } from "../plan/makePlan.ts";
import {
  collectionsToCreate,
  documentBytes,
  type MigrationPlan,
  tenantsToCreate,
} from "../plan/migrationPlan.ts";
import { withProgress } from "../plan/withProgress.ts";
import { openV1Directory } from "../source/openV1Directory.ts";
import { inFile, Problems } from "../source/problems.ts";
import { compareRows } from "../verify/compareRows.ts";
import { Findings, type VerificationFindings } from "../verify/findings.ts";
import { importPlan } from "./importPlan.ts";
import { loadCollection } from "./loadCollection.ts";
import { MigrationLog } from "./migrationLog.ts";
import type { BeforeStep, MigrationStep } from "./migrationStep.ts";

export interface MigrationResult {
  readonly plan: MigrationPlan;
  readonly createdTenantCount: number;
  readonly createdCollectionCount: number;
  /** Of the collections that were created. */
  readonly documentCount: number;
  /** Of counts, identifiers, slugs and what refers to what. */
  readonly verification: VerificationFindings;
}

/**
 * Brings tenants of AkiDB 1.x, with their collections, into a data directory that no server has open. The documents are
 * written first, under provisional names; then all rows are, in one transaction, with whose commit everything is there.
 * Whatever fails before it leaves the directory as it was, but for `migration.log`; what an earlier run brought stays as it
 * is.
 *
 * Rejects with `invalid_argument` that names files and fields, `not_found` for the directory of 1.x and for the tenant,
 * `failed_precondition` where another process has the directory, `unavailable` where the disk fails.
 */
export async function migrateV1(options: MigrationOptions): Promise<MigrationResult> {
  const { v2Directory, clock, random, command, onPlan = () => {} } = options;
  const { files, source } = await openV1Directory(options);
  const problems = new Problems();
  const offline = await OfflineDirectory.open({ directory: v2Directory, clock, random, command });
  try {
    const plan = await makePlan({ source, catalog: offline.catalog, scope: options, problems });
    problems.check();
    onPlan(plan);
    const isDone = tenantsToCreate(plan).length === 0 && collectionsToCreate(plan).length === 0;
    const documentCount = isDone ? 0 : await carryOut({ options, files, offline, plan });
    return {
      plan,
      createdTenantCount: tenantsToCreate(plan).length,
      createdCollectionCount: collectionsToCreate(plan).length,
      documentCount,
      verification: await verifyRows(plan, offline),
    };
  } finally {
    await offline.close();
  }
}

interface Run {
  readonly options: MigrationOptions;
  readonly files: SourceFiles;
  readonly offline: OfflineDirectory;
  readonly plan: MigrationPlan;
}

async function carryOut(run: Run): Promise<number> {
  const { options, plan } = run;
  const { clock, random, v1Directory, v2Directory, beforeStep = () => {} } = options;
  const id = new UuidV7Generator(clock, random).next();
  const log = await MigrationLog.open(migrationLogPath(v2Directory), { clock, run: id });
  const step: BeforeStep = async (next) => {
    await beforeStep(next);
    if (next.kind !== "write_documents") await log.write(next.kind, detailsOf(next));
  };
  try {
    await log.writeDurably("begin", { v1_data_dir: v1Directory, ...sizeOf(plan) });
    const documentCount = await commitOrRollBack(run, log, step);
    await giveNames(run, step);
    await log.writeDurably("done", { documents: documentCount });
    return documentCount;
  } finally {
    await log.close();
  }
}

const sizeOf = (plan: MigrationPlan): JsonObject => ({
  tenants: tenantsToCreate(plan).length,
  collections: collectionsToCreate(plan).length,
  bytes: documentBytes(collectionsToCreate(plan)),
});

/** The error that made it roll back goes on. */
async function commitOrRollBack(
  { options, files, offline, plan }: Run,
  log: MigrationLog,
  step: BeforeStep,
): Promise<number> {
  try {
    const documentCount = await withProgress(
      collectionsToCreate(plan),
      options,
      async (collection, onProgress) => {
        const { source, record } = collection;
        await step({ kind: "load_collection", file: source.file, collection: record.name });
        return await loadCollection(collection, { files, offline, beforeStep: step, onProgress }).catch(
          (error: unknown) => {
            throw inFile(source.file, error);
          },
        );
      },
    );
    await offline.catalog.importRows(async (repositories) => {
      await importPlan(repositories, { plan, random: options.random, beforeStep: step });
      // From here on everything is decided: only the disk can fail.
      await step({ kind: "commit" });
    });
    return documentCount;
  } catch (error) {
    const failure = asFailure(error);
    await rollBack(offline, log, failure);
    throw failure;
  }
}

/** What the operating system says of the new directory's files; that of 1.x has errors of its own. */
function asFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (isAkiDbError(error) || typeof code !== "string") return error;
  return unavailable(`the new data directory cannot be written (${code})`, { cause: error });
}

/** The catalog says what there is: had it committed nevertheless, its collections would get their names here. */
async function rollBack(offline: OfflineDirectory, log: MigrationLog, error: unknown): Promise<void> {
  // A log that cannot be written must not keep the rest from being undone.
  await log.write("failed", { error: (error as Error).message }).catch(() => {});
  await offline.settle();
  await log.writeDurably("rolled_back").catch(() => {});
}

async function giveNames({ offline, plan }: Run, step: BeforeStep): Promise<void> {
  try {
    for (const { record } of collectionsToCreate(plan)) {
      await step({ kind: "name_collection", collection: record.name });
      await offline.finishCreation(record.id);
    }
  } catch (cause) {
    throw unavailable(
      "everything is migrated, but not all collections could be given their names, which the next start does",
      { cause },
    );
  }
}

async function verifyRows(plan: MigrationPlan, { catalog }: OfflineDirectory): Promise<VerificationFindings> {
  const findings = new Findings();
  for (const tenant of plan.tenants) await compareRows(tenant, { catalog, findings });
  return findings;
}

const detailsOf = ({ kind: _, ...details }: MigrationStep): JsonObject => details;
