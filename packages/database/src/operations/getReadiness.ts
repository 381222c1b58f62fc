import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { Readiness } from "../readiness.ts";

/** With the names of what is damaged, whosever it is. */
export const getReadiness = defineOperation<object, Readiness>({
  name: "getReadiness",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: async ({ readiness }) => readiness(),
});
