import { invalidArgument, type SessionTokens } from "@akidb/base";
import { defineOperation } from "../../operation.ts";
import { auditSession, userAsStranger } from "./sessionAudit.ts";
import { sessionTokens } from "./sessionTokens.ts";

const event = { operation: "refresh", action: "auth::refresh" } as const;

export interface RefreshInput {
  readonly refreshToken: string;
}

export const refresh = defineOperation<RefreshInput, SessionTokens>({
  name: "refresh",
  permission: "public",
  run: async (context, { refreshToken }) => {
    if (typeof refreshToken !== "string") throw invalidArgument("refresh_token", "must be a string");
    const logins = await context.access.logins();
    const issued = await logins.refresh(refreshToken, async ({ userId, tenantId }, outcome) => {
      // It may have ended its session just now.
      context.access.forgetCallers();
      const reason = outcome === "reused" ? "the token was used before" : "the session has ended";
      await auditSession(
        context,
        { kind: "stranger", userId, tenantId },
        {
          ...event,
          result: "denied",
          reason,
          subject: userId,
        },
      );
    });
    const { user } = issued;
    await auditSession(context, userAsStranger(user), {
      ...event,
      result: "allowed",
      reason: null,
      subject: user.id,
    });
    return sessionTokens(issued);
  },
});
