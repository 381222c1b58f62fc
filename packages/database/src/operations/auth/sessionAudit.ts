import type { AuditResult } from "@akidb/base";
import type { UserRecord } from "@akidb/catalog";
import type { SessionAction, Stranger } from "../../access/auditTrail.ts";
import type { OperationContext } from "../../operation.ts";

interface SessionEvent {
  readonly operation: string;
  readonly action: SessionAction;
  readonly result: AuditResult;
  readonly reason: string | null;
  /** An e-mail or an identifier. */
  readonly subject: string;
}

/** Writes down what a user did about its sessions; durable when it resolves. */
export const auditSession = (
  { access, call }: Pick<OperationContext, "access" | "call">,
  who: Stranger,
  { subject, ...event }: SessionEvent,
): Promise<void> =>
  access.audit.record(call, who, {
    ...event,
    subject: { type: "user", id: subject },
    isAskedOften: false,
    ownerId: undefined,
  });

export const userAsStranger = ({ tenantId, id }: Pick<UserRecord, "tenantId" | "id">): Stranger => ({
  kind: "stranger",
  tenantId,
  userId: id,
});
