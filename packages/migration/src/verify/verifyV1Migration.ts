import { notFound } from "@akidb/base";
import { OfflineDirectory } from "@akidb/database";
import { hasCatalog } from "../adapters/dataDirectory.ts";
import type { MigrationOptions } from "../migrationOptions.ts";
import { makePlan } from "../plan/makePlan.ts";
import type { PlannedCollection } from "../plan/migrationPlan.ts";
import { withProgress } from "../plan/withProgress.ts";
import { openV1Directory } from "../source/openV1Directory.ts";
import { Problems } from "../source/problems.ts";
import { compareDocuments } from "./compareDocuments.ts";
import { compareRows } from "./compareRows.ts";
import { Findings, type VerificationFindings } from "./findings.ts";

/**
 * Compares all that 1.x has with a data directory that no server has open: counts, identifiers, slugs, what refers to what,
 * and every document with its vector. What was changed in v2 since shows, too.
 *
 * Rejects as {@link migrateV1} does, and with `not_found` where there is no data.
 */
export async function verifyV1Migration(
  options: Omit<MigrationOptions, "onPlan" | "beforeStep">,
): Promise<VerificationFindings> {
  const { v2Directory, clock, random, command } = options;
  const { files, source } = await openV1Directory(options);
  if (!hasCatalog(v2Directory)) throw notFound(`data directory ${JSON.stringify(v2Directory)}`);
  const offline = await OfflineDirectory.open({ directory: v2Directory, clock, random, command });
  try {
    const findings = new Findings();
    const { catalog } = offline;
    // Why what is missing could not be brought is the migration's to say.
    const plan = await makePlan({ source, catalog, scope: options, problems: new Problems() });
    const collections: PlannedCollection[] = [];
    for (const tenant of plan.tenants) {
      collections.push(...(await compareRows(tenant, { catalog, findings })));
    }
    await withProgress(collections, options, (collection, onProgress) =>
      compareDocuments(collection, { files, offline, findings, onProgress }),
    );
    return findings;
  } finally {
    await offline.close();
  }
}
