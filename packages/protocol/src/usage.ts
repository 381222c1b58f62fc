import type { BytesUsage, Usage } from "@akidb/base";
import Type, { type Static } from "typebox";

const Bytes = Type.Object({
  used_bytes: Type.Integer({ examples: [734_003_200] }),
  quota_bytes: Type.Integer({ examples: [34_359_738_368] }),
});

export const UsageResource = Type.Object(
  {
    tenant_id: Type.String({ format: "uuid" }),
    memory: Type.Object(Bytes.properties, {
      description: "Vectors, graphs and payload indexes of the collections that are open.",
    }),
    storage: Type.Object(Bytes.properties, {
      description: "Logs, documents, checkpoints and snapshots on the server's disk.",
    }),
    requests: Type.Object({
      per_second: Type.Number({ description: "Mean of the last minute.", examples: [12.5] }),
      quota_per_second: Type.Integer({ examples: [200] }),
    }),
    database_count: Type.Integer(),
    collection_count: Type.Integer(),
    document_count: Type.Integer(),
  },
  { $id: "Usage", description: "What a tenant has of its quotas." },
);
export type UsageResource = Static<typeof UsageResource>;

export const UsageQuery = Type.Object(
  {
    tenant: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Slug or id of another tenant, for whoever runs the server.",
        examples: ["acme"],
      }),
    ),
  },
  { additionalProperties: false },
);
export type UsageQuery = Static<typeof UsageQuery>;

const bytesToWire = ({ usedBytes, quotaBytes }: BytesUsage): Static<typeof Bytes> => ({
  used_bytes: usedBytes,
  quota_bytes: quotaBytes,
});

const bytesFromWire = ({ used_bytes, quota_bytes }: Static<typeof Bytes>): BytesUsage => ({
  usedBytes: used_bytes,
  quotaBytes: quota_bytes,
});

export const usageToWire = (usage: Usage): UsageResource => ({
  tenant_id: usage.tenantId,
  memory: bytesToWire(usage.memory),
  storage: bytesToWire(usage.storage),
  requests: {
    per_second: Math.round(usage.requests.perSecond * 100) / 100,
    quota_per_second: usage.requests.quotaPerSecond,
  },
  database_count: usage.databaseCount,
  collection_count: usage.collectionCount,
  document_count: usage.documentCount,
});

export const usageFromWire = (resource: UsageResource): Usage => ({
  tenantId: resource.tenant_id,
  memory: bytesFromWire(resource.memory),
  storage: bytesFromWire(resource.storage),
  requests: {
    perSecond: resource.requests.per_second,
    quotaPerSecond: resource.requests.quota_per_second,
  },
  databaseCount: resource.database_count,
  collectionCount: resource.collection_count,
  documentCount: resource.document_count,
});
