import type { Resource } from "@akidb/access";
import { notFound, parseId } from "@akidb/base";
import type { ApiKeyRecord } from "@akidb/catalog";
import { orUndefined } from "../../access/orUndefined.ts";
import { requireVisible } from "../../access/resources.ts";
import type { OperationContext } from "../../operation.ts";

export interface ApiKeyReference {
  /** An id. */
  readonly apiKey: string;
}

/** Rejects with `not_found`, also for one that the caller may not know of. */
export async function findApiKey(
  context: OperationContext,
  { apiKey }: ApiKeyReference,
): Promise<ApiKeyRecord> {
  const what = `API key ${JSON.stringify(apiKey)}`;
  const id = parseId<"api key">(apiKey);
  const found = id && (await orUndefined(context.catalog.apiKeys.get(id)));
  if (found === undefined) throw notFound(what);
  requireVisible(context, found.tenantId, what);
  return found;
}

export async function namedApiKey(context: OperationContext, reference: ApiKeyReference): Promise<Resource> {
  const { id, tenantId, name, prefix, userId } = await findApiKey(context, reference);
  return { type: "api_key", id, tenantId, name, prefix, userId };
}
