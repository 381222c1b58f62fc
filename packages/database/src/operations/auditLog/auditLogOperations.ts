import { exportAuditLog } from "./exportAuditLog.ts";
import { listAuditLog } from "./listAuditLog.ts";
import { verifyAuditLog } from "./verifyAuditLog.ts";

export const auditLogOperations = { listAuditLog, exportAuditLog, verifyAuditLog } as const;
