import type { GarbageReport } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { JobReference } from "../jobs/getJob.ts";

export const getGarbageReport = defineOperation<JobReference, GarbageReport>({
  name: "getGarbageReport",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: async ({ garbage }, { job }) => garbage.report(job),
});
