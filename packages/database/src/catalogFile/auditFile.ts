import { notFound, type TenantId } from "@akidb/base";
import {
  type AuditPosition,
  type AuditQuery,
  type AuditResult,
  auditCsvHeader,
  auditEntries,
  type Catalog,
  toAuditCsvLine,
  toAuditJsonLine,
  type VerifiedAuditLog,
  verifyAuditLog,
} from "@akidb/catalog";
import { type CatalogFile, catalogPath, checkHasData, withCatalogReader } from "./catalogFile.ts";

export const auditFormats = ["jsonl", "csv"] as const;

export type AuditFormat = (typeof auditFormats)[number];

export interface AuditExport extends CatalogFile {
  readonly format: AuditFormat;
  /** Its slug; every tenant if absent. */
  readonly tenant?: string;
  readonly result?: AuditResult;
  /** Inclusive. */
  readonly since?: string;
  /** Exclusive. */
  readonly until?: string;
  /** Resolves when more may be written. */
  readonly write: (text: string) => Promise<void>;
}

/** Entries whose lines are written at once. */
const batchEntries = 256;

/** @returns how many entries were written, the oldest first */
export const exportAuditLog = (options: AuditExport): Promise<number> =>
  withCatalogReader(options, async (catalog) => {
    const { format, tenant, result, since, until, write } = options;
    const tenantId: AuditQuery["tenantId"] =
      tenant === undefined ? "all" : await tenantNamed(catalog, tenant);
    const query = {
      tenantId,
      ...(result !== undefined && { result }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    };
    const toLine = format === "csv" ? toAuditCsvLine : toAuditJsonLine;
    let lines = format === "csv" ? [auditCsvHeader] : [];
    let count = 0;
    for await (const entry of auditEntries(catalog.auditLog, query)) {
      lines.push(toLine(entry));
      count += 1;
      if (lines.length < batchEntries) continue;
      await write(lines.join(""));
      lines = [];
    }
    await write(lines.join(""));
    return count;
  });

async function tenantNamed({ tenants }: Catalog, slug: string): Promise<TenantId> {
  const tenant = await tenants.findBySlug(slug);
  if (tenant === undefined) throw notFound(`tenant "${slug}"`);
  return tenant.id;
}

/**
 * Recomputes the hash chain of the audit log, whether a server has it open or not. Takes the thread meanwhile.
 *
 * @param knownPosition the newest entry as it was noted at an earlier time
 * @throws AkiDbError `not_found` where there is no data, `failed_precondition` where it has no audit log yet
 */
export function verifyAuditLogOf(directory: string, knownPosition?: AuditPosition): VerifiedAuditLog {
  checkHasData(directory);
  return verifyAuditLog({
    path: catalogPath(directory),
    ...(knownPosition !== undefined && { knownPosition }),
  });
}
