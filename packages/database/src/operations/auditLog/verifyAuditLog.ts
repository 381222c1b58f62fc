import type { AuditPosition, AuditVerification } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export interface VerifyAuditLogInput {
  readonly known?: AuditPosition;
}

export const verifyAuditLog = defineOperation<VerifyAuditLogInput, AuditVerification>({
  name: "verifyAuditLog",
  permission: "server::admin",
  resource: theServer,
  run: async ({ auditVerifications, call: { deadline } }, { known }) =>
    await auditVerifications.verify(known, deadline.signal),
});
