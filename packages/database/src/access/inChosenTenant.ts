import type { Resource } from "@akidb/access";
import type { OfTenant } from "@akidb/base";
import type { OperationContext } from "../operation.ts";
import { chosenTenant } from "./chosenTenant.ts";

/** Of a request that may name another tenant; rejects with `not_found`. */
export const inChosenTenant = async (context: OperationContext, { tenant }: OfTenant): Promise<Resource> => ({
  type: "tenant",
  id: await chosenTenant(context, tenant),
});
