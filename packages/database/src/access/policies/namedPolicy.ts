import type { Resource } from "@akidb/access";
import { notFound, type PolicyInfo, parseId } from "@akidb/base";
import type { PolicyRecord } from "@akidb/catalog";
import type { OperationContext } from "../../operation.ts";
import { orUndefined } from "../orUndefined.ts";
import { requireVisible } from "../resources.ts";

export interface PolicyReference {
  /** A name is looked for in the caller's tenant. */
  readonly policy: string;
}

/** Rejects with `not_found`, also for one that the caller may not know of. */
export async function namedPolicy(
  context: OperationContext,
  { policy: nameOrId }: PolicyReference,
): Promise<PolicyRecord> {
  const { catalog, principal } = context;
  const what = `policy ${JSON.stringify(nameOrId)}`;
  const id = parseId<"policy">(nameOrId);
  const found =
    id === undefined
      ? await catalog.policies.findByName(principal.tenantId, nameOrId)
      : await orUndefined(catalog.policies.get(id));
  if (found === undefined) throw notFound(what);
  requireVisible(context, found.tenantId, what);
  return found;
}

export async function policyResource(
  context: OperationContext,
  reference: PolicyReference,
): Promise<Resource> {
  const { id, tenantId, name } = await namedPolicy(context, reference);
  return { type: "policy", id, tenantId, name };
}

export const policyInfo = (record: PolicyRecord): PolicyInfo => ({
  id: record.id,
  tenantId: record.tenantId,
  name: record.name,
  cedarText: record.cedarText,
  enabled: record.enabled,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
});
