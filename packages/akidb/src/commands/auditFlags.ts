import { type AuditLogQuery, type AuditResult, auditResults, invalidArgument } from "@akidb/base";
import type { Command } from "commander";
import { oneOf } from "./parseOption.ts";

/** Which entries of the audit log. */
export interface AuditFlags {
  readonly tenant?: string;
  readonly allTenants?: true;
  readonly user?: string;
  readonly action?: string;
  readonly result?: AuditResult;
  readonly since?: string;
  readonly until?: string;
}

export const addAuditOptions = (command: Command): Command =>
  command
    .option("--tenant <TENANT>", "entries of one tenant, by its slug or id")
    .option("--all-tenants", "entries of the whole server (default: of your own tenant)")
    .option("--user <USER>", "id or e-mail")
    .option("--action <ACTION>", "such as collection::create")
    .option("--result <RESULT>", auditResults.join(", "), oneOf("--result", auditResults))
    .option("--since <TIME>", "entries from this time on (ISO 8601 with its zone)", time("--since"))
    .option("--until <TIME>", "entries before this time", time("--until"));

export const auditQuery = ({
  tenant,
  allTenants,
  user,
  action,
  result,
  since,
  until,
}: AuditFlags): AuditLogQuery => ({
  ...(tenant !== undefined && { tenant }),
  ...(allTenants !== undefined && { allTenants }),
  ...(user !== undefined && { user }),
  ...(action !== undefined && { action }),
  ...(result !== undefined && { result }),
  ...(since !== undefined && { since }),
  ...(until !== undefined && { until }),
});

const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

const time =
  (flag: string) =>
  (text: string): string => {
    const ms = zoned.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(ms)) return new Date(ms).toISOString();
    throw invalidArgument(flag, `${JSON.stringify(text)} is not a time such as 2026-01-31T09:30:00Z`);
  };
