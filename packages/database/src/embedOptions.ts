import type { EmbedOptions } from "@akidb/embedding";
import type { OperationContext } from "./operation.ts";

/** For texts of the call's caller. @param signal that of the call if absent */
export const embedOptions = (
  { call, principal }: OperationContext,
  signal: AbortSignal = call.deadline.signal,
): EmbedOptions => ({ signal, tenant: principal.tenantId });
