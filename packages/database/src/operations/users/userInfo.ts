import type { UserInfo } from "@akidb/base";
import type { UserRecord } from "@akidb/catalog";

export const userInfo = ({ id, tenantId, email, role, status, ...times }: UserRecord): UserInfo => ({
  id,
  tenantId,
  email,
  role,
  status,
  lastLoginAt: times.lastLoginAt,
  createdAt: times.createdAt,
  updatedAt: times.updatedAt,
});
