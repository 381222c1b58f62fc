import { auditResults } from "@akidb/base";
import type { AuditQuery } from "./auditLog.ts";
import { checkOneOf, checkTimestamp, refuseBadFields } from "./fieldCheck.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkAuditQuery({ result, since, until, order }: AuditQuery): void {
  refuseBadFields([
    result === undefined ? undefined : checkOneOf("result", result, auditResults),
    since === undefined ? undefined : checkTimestamp("since", since),
    until === undefined ? undefined : checkTimestamp("until", until),
    order === undefined ? undefined : checkOneOf("order", order, ["newest_first", "oldest_first"]),
  ]);
}
