import type { SessionTokens as Issued } from "@akidb/access";
import type { SessionTokens } from "@akidb/base";
import { userInfo } from "../users/userInfo.ts";

export const sessionTokens = ({ user, access, refreshToken, refreshExpiresAt }: Issued): SessionTokens => ({
  accessToken: access.token,
  expiresInSeconds: access.expiresInSeconds,
  refreshToken,
  refreshExpiresAt,
  user: userInfo(user),
});
