import type { Resource } from "@akidb/access";
import { notFound, type OfTenant, parseId } from "@akidb/base";
import type { UserRecord } from "@akidb/catalog";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { orUndefined } from "../../access/orUndefined.ts";
import { requireVisible } from "../../access/resources.ts";
import type { OperationContext } from "../../operation.ts";

/** `user` is an id or an e-mail. */
export interface UserReference extends OfTenant {
  readonly user: string;
}

/** Rejects with `not_found`, also for one that the caller may not know of. */
export async function findUser(
  context: OperationContext,
  { user, tenant }: UserReference,
): Promise<UserRecord> {
  const { users } = context.catalog;
  const what = `user ${JSON.stringify(user)}`;
  const tenantId = await chosenTenant(context, tenant);
  const id = parseId<"user">(user);
  const found = await (id === undefined ? users.findByEmail(tenantId, user) : orUndefined(users.get(id)));
  if (found === undefined || (tenant !== undefined && found.tenantId !== tenantId)) throw notFound(what);
  requireVisible(context, found.tenantId, what);
  return found;
}

export async function namedUser(context: OperationContext, reference: UserReference): Promise<Resource> {
  const { id, tenantId, email } = await findUser(context, reference);
  return { type: "user", id, tenantId, email };
}
