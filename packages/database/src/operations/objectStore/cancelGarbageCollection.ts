import type { Job } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { JobReference } from "../jobs/getJob.ts";

export const cancelGarbageCollection = defineOperation<JobReference, Job>({
  name: "cancelGarbageCollection",
  permission: "server::admin",
  resource: theServer,
  run: async ({ garbage }, { job }) => await garbage.cancel(job),
});
