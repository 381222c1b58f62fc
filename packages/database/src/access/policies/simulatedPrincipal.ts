import { keyPrincipal, type Principal, type UserPrincipal } from "@akidb/access";
import {
  type ApiKeyId,
  invalidArgument,
  notFound,
  parseId,
  type SessionId,
  type SimulatedPrincipal,
  type TenantId,
  type UserId,
} from "@akidb/base";
import { type Catalog, type Role, roles } from "@akidb/catalog";
import { orUndefined } from "../orUndefined.ts";
import { imaginedId } from "./imaginedId.ts";

/** As if its user were active, and its key neither revoked nor expired. Rejects with `invalid_argument` and `not_found`. */
export async function simulatedPrincipal(
  catalog: Catalog,
  tenantId: TenantId,
  principal: SimulatedPrincipal,
): Promise<Principal> {
  if (Object.keys(principal).filter((key) => key !== "email").length !== 1) {
    throw invalidArgument("principal", "must have one of user, api_key and role");
  }
  if ("user" in principal) return await userNamed(catalog, tenantId, principal.user);
  if ("apiKey" in principal) return await keyNamed(catalog, tenantId, principal.apiKey);
  const { role, email = "nobody@example.invalid" } = principal;
  return userOf({ id: imaginedId(), tenantId, email, role: roleNamed(role) });
}

async function userNamed(catalog: Catalog, tenantId: TenantId, idOrEmail: string): Promise<Principal> {
  const id = parseId<"user">(idOrEmail);
  const found =
    id === undefined
      ? await catalog.users.findByEmail(tenantId, idOrEmail)
      : await orUndefined(catalog.users.get(id));
  if (found?.tenantId !== tenantId) throw notFound(`user ${JSON.stringify(idOrEmail)}`);
  return userOf(found);
}

async function keyNamed({ apiKeys, users }: Catalog, tenantId: TenantId, text: string): Promise<Principal> {
  const id: ApiKeyId | undefined = parseId(text);
  const key = id && (await orUndefined(apiKeys.get(id)));
  if (key?.tenantId !== tenantId) throw notFound(`API key ${JSON.stringify(text)}`);
  return keyPrincipal(key, key.userId === null ? undefined : await users.get(key.userId));
}

interface UserFacts {
  readonly id: UserId;
  readonly tenantId: TenantId;
  readonly email: string;
  readonly role: Role;
}

const userOf = ({ id: userId, tenantId, email, role }: UserFacts): UserPrincipal => ({
  kind: "user",
  userId,
  tenantId,
  email,
  sessionId: imaginedId<SessionId>(),
  roles: [role],
});

function roleNamed(name: string): Role {
  const role = roles.find((each) => each === name);
  if (role === undefined) throw invalidArgument("principal.role", `must be one of ${roles.join(", ")}`);
  return role;
}
