import { assertNever, type Job } from "@akidb/base";
import type { Requirement } from "../../access/requirement.ts";
import { requireVisible, theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export interface JobReference {
  readonly job: string;
}

/** Whoever may read in the tenant whose job it is, and may know of what it works on. */
export const getJob = defineOperation<JobReference, Job>({
  name: "getJob",
  permission: "database::read",
  resource: (context, { job }) => {
    const { tenantId } = context.jobs.get(job);
    requireVisible(context, tenantId, `job ${JSON.stringify(job)}`);
    return { type: "tenant", id: tenantId };
  },
  further: ({ jobs }, { job }) => furtherFor(jobs.get(job).job),
  audited: "as_data",
  underFilter: "unaffected",
  run: async ({ jobs }, { job }) => jobs.get(job).job,
});

function furtherFor({ kind }: Job): readonly Requirement[] {
  switch (kind) {
    case "delete_database":
      return [];
    case "delete_tenant":
      return [{ action: "tenant::read", resource: theServer() }];
    default:
      return assertNever(kind);
  }
}
