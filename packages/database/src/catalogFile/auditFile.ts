import {
  type AuditFormat,
  type AuditLogQuery,
  type AuditPosition,
  invalidArgument,
  notFound,
  parseId,
  type TenantId,
  type UserId,
} from "@akidb/base";
import {
  type AuditQuery,
  auditCsvHeader,
  auditEntries,
  type Catalog,
  toAuditCsvLine,
  toAuditJsonLine,
  type VerifiedAuditLog,
  verifyAuditLog,
} from "@akidb/catalog";
import { type CatalogFile, catalogPath, checkHasData, withCatalogReader } from "./catalogFile.ts";

export interface AuditExport extends CatalogFile {
  readonly format: AuditFormat;
  /** Of all tenants where it names none; every entry if absent. */
  readonly query?: AuditLogQuery;
  /** Resolves when more may be written. */
  readonly write: (text: string) => Promise<void>;
}

/** Entries whose lines are written at once. */
const batchEntries = 256;

/** @returns how many entries were written, the oldest first */
export const exportAuditLog = (options: AuditExport): Promise<number> =>
  withCatalogReader(options, async (catalog) => {
    const { format, write } = options;
    const query = await catalogQuery(catalog, options.query ?? {});
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

async function catalogQuery(
  catalog: Catalog,
  { tenant, allTenants: _, user, ...query }: AuditLogQuery,
): Promise<AuditQuery> {
  const tenantId = tenant === undefined ? "all" : await tenantNamed(catalog, tenant);
  return { ...query, tenantId, ...(user !== undefined && { userId: userNamed(user) }) };
}

async function tenantNamed({ tenants }: Catalog, idOrSlug: string): Promise<TenantId> {
  const id = parseId<"tenant">(idOrSlug);
  const tenant = id === undefined ? await tenants.findBySlug(idOrSlug) : await tenants.get(id);
  if (tenant === undefined) throw notFound(`tenant "${idOrSlug}"`);
  return tenant.id;
}

/** Of one who is deleted there is no e-mail. */
function userNamed(text: string): UserId {
  const id = parseId<"user">(text);
  if (id === undefined) throw invalidArgument("user", "must be an id where a data directory is read");
  return id;
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
