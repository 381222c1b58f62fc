import type { AuditLog } from "@akidb/base";
import {
  AuditLogList,
  AuditVerificationResource,
  auditLogListFromWire,
  auditLogQueryToWire,
  auditVerificationFromWire,
} from "@akidb/protocol";
import { withQuery } from "./queryString.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";

const root = "/api/v1/audit-logs";

export const restAuditLog = (requests: RestRequests): AuditLog => ({
  list: async (query = {}, options) => {
    const path = withQuery(root, auditLogQueryToWire(query));
    const body = await requests.send({ method: "GET", path, repeatable: true, options });
    return readAnswer(AuditLogList, auditLogListFromWire, body);
  },

  export: async (query = {}, options) =>
    await requests.stream(withQuery(`${root}/export`, auditLogQueryToWire(query)), options),

  verify: async (input = {}, options) => {
    const body = await requests.send({
      method: "POST",
      path: `${root}/verify`,
      body: () => input,
      repeatable: true,
      options,
    });
    return readAnswer(AuditVerificationResource, auditVerificationFromWire, body);
  },
});
