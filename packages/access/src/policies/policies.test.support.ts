import { parseId, SeededRandom, type TenantId, UuidV7Generator } from "@akidb/base";
import type { Role } from "@akidb/catalog";
import { localPrincipal, type Principal } from "../principal.ts";
import type { Action } from "./action.ts";
import type { TenantRules } from "./authorizer.ts";
import type { AuthorizationRequest } from "./decide.ts";
import type { Resource } from "./resource.ts";
import type { PolicyText } from "./tenantPolicies.ts";

export const nowMs = Date.UTC(2026, 0, 31, 9, 30);
const ids = new UuidV7Generator({ nowMs: () => nowMs, monotonicMs: () => nowMs }, new SeededRandom(11));

export const acme = ids.next<"tenant">();
export const other = ids.next<"tenant">();
/** Whose admins run the server. */
export const serverTenant = ids.next<"tenant">();
export const ada = ids.next<"user">();
export const bob = ids.next<"user">();
export const main = { type: "database", id: ids.next<"database">(), tenantId: acme, name: "main" } as const;
export const docs = {
  type: "collection",
  id: ids.next<"collection">(),
  tenantId: acme,
  databaseId: main.id,
  name: "docs",
} as const;
export const secrets = { ...docs, id: ids.next<"collection">(), name: "secret-plans" } as const;
export const foreign = { ...docs, id: ids.next<"collection">(), tenantId: other } as const;

export const userWith = (role: Role, tenantId: TenantId = acme): Principal => ({
  kind: "user",
  tenantId,
  userId: ada,
  email: "ada@example.org",
  sessionId: parseId("0199d6a0-0000-7000-8000-000000000009")!,
  roles: [role],
});

export const keyWith = (
  roles: Principal["roles"],
  scope: Partial<(Principal & { kind: "api_key" })["scope"]> = {},
): Principal => ({
  kind: "api_key",
  tenantId: acme,
  apiKeyId: parseId("0199d6a0-0000-7000-8000-00000000000a")!,
  name: "ci",
  prefix: "akidb_AbCdEf",
  userId: null,
  roles,
  scope: { databases: null, collections: null, readOnly: false, filter: null, ...scope },
});

export const local = localPrincipal(serverTenant);

export const rulesOf =
  (policies: readonly PolicyText[] = []) =>
  (id: TenantId): Promise<TenantRules> =>
    Promise.resolve({
      tenant: {
        id,
        slug: id === serverTenant ? "default" : "acme",
        name: "Acme",
        metadata: { plan: "gold", seats: 7, nested: { a: 1 } },
        isServerTenant: id === serverTenant,
      },
      policies,
    });

export const requestOf = (
  principal: Principal,
  action: Action,
  resource: Resource = docs,
): AuthorizationRequest => ({ principal, action, resource, nowMs, ipAddress: "10.1.2.3" });
