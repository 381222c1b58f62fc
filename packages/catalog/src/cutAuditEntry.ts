import type { NewAuditEntry } from "./auditLog.ts";
import { catalogLimits as max } from "./catalogLimits.ts";
import { checkJsonObject } from "./checkJsonObject.ts";
import { refuseBadFields } from "./fieldCheck.ts";

/**
 * The entry with every text cut to what its column holds: much of it comes from whoever sent the request, and must not be
 * able to keep the request out of the log.
 *
 * @throws `invalid_argument` for metadata that JSON would not give back, which no caller's text can cause
 */
export function cutAuditEntry(entry: NewAuditEntry): NewAuditEntry {
  refuseBadFields([checkJsonObject("metadata", entry.metadata)]);
  return {
    ...entry,
    action: cut(entry.action, max.auditActionCharactersMax) ?? "-",
    resourceType: cut(entry.resourceType, max.auditResourceTypeCharactersMax) ?? "-",
    resourceId: cut(entry.resourceId, max.auditResourceIdCharactersMax) ?? "-",
    reason: cut(entry.reason, max.auditReasonCharactersMax),
    ipAddress: cut(entry.ipAddress, max.auditAddressCharactersMax),
    userAgent: cut(entry.userAgent, max.auditUserAgentCharactersMax),
  };
}

/** Null for nothing. Without NUL, behind which SQLite counts no character, and without half a surrogate pair. */
function cut(text: string | null, charactersMax: number): string | null {
  if (text === null) return null;
  const storable = text.slice(0, charactersMax).replaceAll("\0", "\u{fffd}").toWellFormed();
  return storable === "" ? null : storable;
}
