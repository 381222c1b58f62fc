import { checkPassword, requireStillRight } from "@akidb/access";
import { type ChangePasswordInput, invalidArgument, invalidArguments, isAkiDbError } from "@akidb/base";
import type { UserCredentials } from "@akidb/catalog";
import { addressOf } from "../../access/caller.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { ownSession } from "./ownSession.ts";
import { auditSession } from "./sessionAudit.ts";

export const changePassword = defineOperation<ChangePasswordInput, void>({
  name: "changePassword",
  permission: "session",
  run: async (context, { currentPassword, newPassword }) => {
    const { userId, email } = ownSession(context);
    if (typeof currentPassword !== "string") throw invalidArgument("current_password", "must be a string");
    const violation = checkPassword("new_password", newPassword, { email });
    if (violation !== undefined) throw invalidArguments([violation]);
    const confirmed = await confirm(context, currentPassword);
    const { access, catalog } = context;
    const hasher = await access.hasher();
    const passwordHash = await hasher.hash(newPassword);
    await audit(context, "allowed");
    await catalog.transaction(async (repositories) => {
      const { users, sessions } = repositories;
      await requireStillRight(repositories, confirmed);
      await users.update(userId, { passwordHash });
      await sessions.revokeAllOf(userId);
    });
    access.forgetCallers();
  },
});

/** Whoever has got hold of a session does not know the password, and may guess as little as anybody. */
async function confirm(context: OperationContext, password: string): Promise<UserCredentials> {
  const { tenantId, email } = ownSession(context);
  const logins = await context.access.logins();
  const attempt = { tenantId, email, password, address: addressOf(context.call.caller) };
  return await logins.confirm(attempt).catch(async (error: unknown) => {
    if (!isAkiDbError(error) || error.code !== "unauthenticated") throw error;
    await audit(context, "denied");
    throw invalidArgument("current_password", "is not the password");
  });
}

function audit(context: OperationContext, result: "allowed" | "denied"): Promise<void> {
  const { userId, tenantId } = ownSession(context);
  return auditSession(
    context,
    { kind: "stranger", userId, tenantId },
    {
      operation: "changePassword",
      action: "auth::change_password",
      result,
      reason: result === "denied" ? "the current password is wrong" : null,
      subject: userId,
    },
  );
}
