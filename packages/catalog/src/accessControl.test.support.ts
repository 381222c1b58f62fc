import type { TenantId } from "@akidb/base";
import type { Catalog } from "./catalog.ts";

/** A row in every table of access control. */
export async function fillAccessControl(catalog: Catalog, tenantId: TenantId): Promise<void> {
  const { id: userId } = await catalog.users.create(tenantId, {
    email: "ada@example.org",
    role: "admin",
    passwordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
  });
  const key = { name: "ci", userId, keyHash: Buffer.alloc(32, 1), prefix: "akidb_abc" };
  await catalog.apiKeys.create(tenantId, key);
  await catalog.policies.create(tenantId, {
    name: "all",
    cedarText: "permit (principal, action, resource);",
  });
  const expiresAt = "2027-01-01T00:00:00.000Z";
  const token = { tokenHash: Buffer.alloc(32, 2), expiresAt };
  await catalog.sessions.create({ tenantId, userId, expiresAt, token });
  await catalog.auditLog.append([
    {
      tenantId,
      userId,
      action: "user::create",
      resourceType: "user",
      resourceId: userId,
      result: "allowed",
      reason: null,
      metadata: { request_id: "r1" },
      ipAddress: "127.0.0.1",
      userAgent: "curl/8",
    },
  ]);
}
