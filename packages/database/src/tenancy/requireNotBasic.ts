import { failedPrecondition } from "@akidb/base";
import type { DatabaseRecord } from "@akidb/catalog";
import type { OperationContext } from "../operation.ts";

/**
 * The server does not start without the default tenant's database `default`.
 *
 * @throws AkiDbError `failed_precondition`
 */
export function requireNotBasic(
  { serverTenantId }: Pick<OperationContext, "serverTenantId">,
  { tenantId, name }: DatabaseRecord,
  done: "deleted" | "renamed",
): void {
  if (tenantId !== serverTenantId || name !== "default") return;
  throw failedPrecondition(
    `database "default" of the default tenant is the server's own, and cannot be ${done}`,
  );
}
