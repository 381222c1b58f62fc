import type { UserPrincipal } from "@akidb/access";
import { failedPrecondition } from "@akidb/base";
import type { OperationContext } from "../../operation.ts";

/** @throws AkiDbError `failed_precondition` for a caller that is not logged in */
export function ownSession({ principal }: OperationContext): UserPrincipal {
  if (principal.kind === "user") return principal;
  throw failedPrecondition("the caller is in no session: this is for users who have logged in");
}
