import type { SessionTokens as Issued } from "@akidb/access";
import { AkiDbError, invalidArgument, isAkiDbError, type LoginInput, type SessionTokens } from "@akidb/base";
import { checkEmail, type TenantRecord } from "@akidb/catalog";
import { addressOf } from "../../access/caller.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { lookUpTenant } from "../../tenancy/lookUpTenant.ts";
import { auditSession, userAsStranger } from "./sessionAudit.ts";
import { sessionTokens } from "./sessionTokens.ts";

const event = { operation: "login", action: "auth::login" } as const;

export const login = defineOperation<LoginInput, SessionTokens>({
  name: "login",
  permission: "public",
  run: async (context, input) => {
    for (const field of ["email", "password"] as const) {
      if (typeof input[field] !== "string") throw invalidArgument(field, "must be a string");
    }
    const tenant = await tenantOf(context, input.tenant);
    const issued = await tryLogin(context, tenant, input);
    await requireActive(context, tenant, issued);
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

/** Undefined where there is none; nobody comes in to one that is not yet there, or no longer. */
async function tenantOf(
  { catalog, serverTenantId }: OperationContext,
  tenant: string | undefined,
): Promise<TenantRecord | undefined> {
  const found = await lookUpTenant(catalog, tenant ?? serverTenantId);
  return found?.status === "active" || found?.status === "suspended" ? found : undefined;
}

async function tryLogin(
  context: OperationContext,
  tenant: TenantRecord | undefined,
  { email, password }: LoginInput,
): Promise<Issued> {
  const logins = await context.access.logins();
  const attempt = { tenantId: tenant?.id, email, password, address: addressOf(context.call.caller) };
  try {
    return await logins.login(attempt);
  } catch (error) {
    // What is refused for its rate decides nothing, and what is written down of it is nobody's to choose.
    if (isAkiDbError(error) && error.code === "unauthenticated") {
      const tenantId = tenant?.id ?? context.serverTenantId;
      await auditSession(
        context,
        { kind: "stranger", tenantId, userId: null },
        {
          ...event,
          result: "denied",
          reason: "e-mail or password is wrong",
          // People type passwords into the wrong field.
          subject: checkEmail("email", email) === undefined ? email : "no e-mail address",
        },
      );
    }
    throw error;
  }
}

async function requireActive(
  context: OperationContext,
  tenant: TenantRecord | undefined,
  { sessionId, user }: Issued,
): Promise<void> {
  if (tenant?.status === "active") return;
  const logins = await context.access.logins();
  await logins.logout(sessionId);
  const reason = "the tenant is suspended";
  await auditSession(context, userAsStranger(user), { ...event, result: "denied", reason, subject: user.id });
  throw new AkiDbError("tenant_suspended", reason);
}
