import type { AuditLog } from "@akidb/base";
import { operations } from "../operations/operations.ts";
import type { Execute } from "./execute.ts";

export const auditLog = (execute: Execute): AuditLog => ({
  list: (query = {}, options) => execute(operations.listAuditLog, query, options),
  export: (query = {}, options) => execute(operations.exportAuditLog, query, options),
  verify: (input = {}, options) => execute(operations.verifyAuditLog, input, options),
});
