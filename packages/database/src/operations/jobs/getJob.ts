import { assertNever, type CollectionId, type Job, notFound } from "@akidb/base";
import type { Requirement } from "../../access/requirement.ts";
import { collectionResource, requireVisible, theServer } from "../../access/resources.ts";
import type { TenantJob } from "../../jobs/jobs.ts";
import { defineOperation, type OperationContext } from "../../operation.ts";

export interface JobReference {
  readonly job: string;
}

/** Whoever may read in the tenant whose job it is, and may know of what it works on. */
export const getJob = defineOperation<JobReference, Job>({
  name: "getJob",
  permission: "database::read",
  resource: async (context, { job }) => {
    const { tenantId } = await find(context, job);
    requireVisible(context, tenantId, nameOf(job));
    return { type: "tenant", id: tenantId };
  },
  further: async (context, { job }) => furtherFor(context, (await find(context, job)).job),
  audited: "as_data",
  underFilter: "unaffected",
  run: async (context, { job }) => (await find(context, job)).job,
});

const nameOf = (job: string): string => `job ${JSON.stringify(job)}`;

/** Re-embeddings are known for as long as their collection is, other jobs until the process ends. */
async function find(
  { jobs, reembeddings, collections, databases }: OperationContext,
  id: string,
): Promise<TenantJob> {
  const known = jobs.find(id);
  if (known !== undefined) return known;
  const job = await reembeddings.job(id);
  const record = job && collections.recordOf(job.resource.id as CollectionId);
  if (job === undefined || record === undefined) throw notFound(nameOf(id));
  return { tenantId: databases.get(record.databaseId).tenantId, job };
}

function furtherFor(context: OperationContext, { kind, resource }: Job): readonly Requirement[] {
  switch (kind) {
    case "delete_database":
      return [];
    case "collect_garbage":
      return [{ action: "server::admin", resource: theServer() }];
    case "delete_tenant":
      return [{ action: "tenant::read", resource: theServer() }];
    case "reembed_collection": {
      const record = context.collections.recordOf(resource.id as CollectionId);
      if (record === undefined) throw notFound(`collection ${JSON.stringify(resource.id)}`);
      return [{ action: "collection::read", resource: collectionResource(context, record) }];
    }
    default:
      return assertNever(kind);
  }
}
