import { defineOperation } from "../../operation.ts";
import { ownSession } from "./ownSession.ts";
import { auditSession } from "./sessionAudit.ts";

export const logout = defineOperation<Record<never, never>, void>({
  name: "logout",
  permission: "session",
  run: async (context) => {
    const { userId, tenantId, sessionId } = ownSession(context);
    const { access } = context;
    const logins = await access.logins();
    await auditSession(
      context,
      { kind: "stranger", userId, tenantId },
      {
        operation: "logout",
        action: "auth::logout",
        result: "allowed",
        reason: null,
        subject: userId,
      },
    );
    await logins.logout(sessionId);
    access.forgetCallers();
  },
});
