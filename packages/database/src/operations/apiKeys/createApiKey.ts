import { makeApiKey, type Principal, userIdOf } from "@akidb/access";
import {
  type CreateApiKeyInput,
  type CreatedApiKey,
  formatTimestamp,
  invalidArgument,
  notFound,
  type TenantId,
} from "@akidb/base";
import type { Role, UserRecord } from "@akidb/catalog";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { timeWithZone } from "../../timeWithZone.ts";
import { findUser } from "../users/findUser.ts";
import { apiKeyInfo } from "./apiKeyInfo.ts";
import { keyScope } from "./keyScope.ts";
import { keysOf } from "./keysOf.ts";

export const createApiKey = defineOperation<CreateApiKeyInput, CreatedApiKey>({
  name: "createApiKey",
  permission: "key::manage",
  resource: async (context, input) => {
    const { tenantId, user } = await holderOf(context, input);
    return keysOf(tenantId, user?.id ?? null, input.name);
  },
  grants: async (context, input) => {
    const { user } = await holderOf(context, input);
    const roles = [roleOf(context.principal, input), user?.role ?? null].filter((role) => role !== null);
    // One without any is refused as what it is: badly described.
    return roles.length === 0 ? [] : [roles];
  },
  subject: ({ name }) => ({ type: "api_key", id: String(name) }),
  run: async (context, input) => {
    const { tenantId, user } = await holderOf(context, input);
    const expiresAt = await expiryOf(context, input);
    const { secret, keyHash, prefix } = makeApiKey(context.access.random);
    const record = await context.catalog.apiKeys.create(tenantId, {
      name: input.name,
      userId: user?.id ?? null,
      role: roleOf(context.principal, input),
      ...keyScope(context, tenantId, input),
      expiresAt,
      keyHash,
      prefix,
    });
    return { ...apiKeyInfo(record), secret };
  },
});

/** Whose key it is to be. */
interface Holder {
  readonly tenantId: TenantId;
  /** Undefined for a key of the tenant alone. */
  readonly user: UserRecord | undefined;
}

async function holderOf(
  context: OperationContext,
  { tenant, user }: Pick<CreateApiKeyInput, "tenant" | "user">,
): Promise<Holder> {
  const tenantId = await chosenTenant(context, tenant);
  if (user === null) return { tenantId, user: undefined };
  const own = tenantId === context.principal.tenantId ? userIdOf(context.principal) : null;
  const reference = user ?? own;
  if (reference === null) return { tenantId, user: undefined };
  const found = await findUser(context, { user: reference, ...(tenant !== undefined && { tenant }) });
  if (found.tenantId !== tenantId) throw notFound(`user ${JSON.stringify(reference)}`);
  return { tenantId, user: found };
}

/** A key that names no role changes with its user's; one that is made by another key stays what that one is now. */
const roleOf = (principal: Principal, { role }: CreateApiKeyInput): Role | null =>
  role ?? (principal.kind === "api_key" ? principal.roles[0] : null);

/** No key outlives the one that makes it. */
async function expiryOf(
  { principal, catalog, clock }: OperationContext,
  { expiresAt }: CreateApiKeyInput,
): Promise<string | null> {
  const atMs = expiresAt === undefined ? undefined : timeWithZone("expires_at", expiresAt);
  if (atMs !== undefined && atMs <= clock.nowMs())
    throw invalidArgument("expires_at", "must be in the future");
  const maker = principal.kind === "api_key" ? await catalog.apiKeys.get(principal.apiKeyId) : undefined;
  const end = maker?.expiresAt ?? null;
  if (atMs === undefined) return end;
  if (end !== null && atMs > Date.parse(end)) {
    throw invalidArgument("expires_at", `must not be later than ${end}, when the key that makes it expires`);
  }
  return formatTimestamp(atMs);
}
