import {
  type CollectionInfo,
  type CreateCollectionInput,
  type HnswOptions,
  limits,
  metrics,
  type Page,
  type PayloadIndexInfo,
  payloadFieldTypes,
  quantizations,
  syncPolicies,
  type TextIndexOptions,
  textLanguages,
  tieringPolicies,
  type UpdateCollectionInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";
import { TierName } from "./tier.ts";
import { damageFields, damageToWire } from "./verification.ts";

const MetricName = stringEnum(metrics, {
  $id: "Metric",
  description: "How the distance of two vectors is measured. Default: cosine.",
});

const QuantizationName = stringEnum(quantizations, {
  $id: "Quantization",
  description:
    "How vectors are coded for walking the graph: `none`, the floats themselves; `int8`, a byte a component; " +
    "`binary`, a bit. Results are ranked by the full vectors always. Default: int8.",
});

const textIndexFields = {
  language: stringEnum(textLanguages, {
    description:
      'Whose word forms are told together: `german` finds "Häuser" by "Haus"; `none`, no forms. Default: none.',
  }),
};

const TextIndexBody = Type.Partial(Type.Object(textIndexFields), {
  additionalProperties: false,
  description: "The full text of the collection's documents.",
});

const TieringPolicyName = stringEnum(tieringPolicies, {
  $id: "TieringPolicy",
  description:
    "Where the collection may live. `memory`: on this machine alone; `memory_s3`: its log and snapshots in the object " +
    "store, too, as `sync_policy` says, and it may get cold. `s3_only`: in the object store alone once nobody has used it for " +
    "an hour. Default: memory.",
});

const SyncPolicyName = stringEnum(syncPolicies, {
  $id: "SyncPolicy",
  description:
    "What goes to the object store. `continuous`: each file of the log as soon as it is closed, and every snapshot; " +
    "`scheduled`: the snapshots of the schedule; `manual`: what is asked for. Default: continuous.",
});

const hnswFields = {
  m: Type.Integer({
    description:
      `Links of a node, twice as many at the lowest level; ${limits.hnswMMin}..${limits.hnswMMax}. ` +
      "Default: the server's `hnsw.m`.",
    examples: [32],
  }),
  ef_construction: Type.Integer({
    description:
      "Candidates kept while a node's neighbours are sought; " +
      `${limits.hnswEfConstructionMin}..${limits.hnswEfConstructionMax}, and not below \`m\`. ` +
      "Default: the server's `hnsw.ef_construction`.",
    examples: [200],
  }),
};

const HnswBody = Type.Partial(Type.Object(hnswFields), {
  additionalProperties: false,
  description: "The graph of a collection that has outgrown exact search.",
});
type HnswBody = Static<typeof HnswBody>;

const PayloadFieldTypeName = stringEnum(payloadFieldTypes, {
  $id: "PayloadFieldType",
  description:
    "`keyword`: strings; `number`; `date`: strings such as `2024-02-29` or `2024-02-29T12:00:00Z`; `boolean`; " +
    '`geo`: points `{"lat": …, "lon": …}`.',
});

const PayloadIndexResource = Type.Object({
  field: Type.String({ description: "Its path, as filters name it.", examples: ["author.name"] }),
  type: stringEnum<PayloadIndexInfo["type"]>([...payloadFieldTypes, "auto"], {
    description: "As it was declared; `auto`: indexed without being asked, whatever it holds.",
  }),
  document_count: Type.Integer({
    description: "Documents that have it; those replaced and deleted since count until they are dropped.",
  }),
  memory_bytes: Type.Integer(),
  notice: Type.Union([Type.String(), Type.Null()], {
    description: "What filters on it cannot get from the index alone.",
  }),
});

export const CreateCollectionBody = Type.Object(
  {
    name: Type.String({
      description: `1..${limits.collectionNameCharactersMax} characters: letters, digits, \`_\`, \`-\`, \`.\`; starts with a letter, digit or \`_\`; not a UUID. Unique.`,
      examples: ["books"],
    }),
    dimension: Type.Optional(
      Type.Integer({
        description: `Components of each vector, ${limits.dimensionMin}..${limits.dimensionMax}. Default: the embedding model's own.`,
        examples: [384],
      }),
    ),
    metric: Type.Optional(MetricName),
    embedding_model: Type.Optional(
      Type.String({ description: "What embeds texts that come without a vector. Default: the server's." }),
    ),
    max_doc_count: Type.Optional(
      Type.Integer({ description: "Upper limit of documents. Default: 50,000,000.", examples: [1_000_000] }),
    ),
    hnsw: Type.Optional(HnswBody),
    quantization: Type.Optional(QuantizationName),
    payload_indexes: Type.Optional(
      Type.Record(Type.String(), PayloadFieldTypeName, {
        description:
          "Types of fields of the metadata, by their paths as filters name them: a document with a value of another type " +
          "is refused, elements of arrays one by one; a field may be missing or null. Every other field is indexed " +
          `without being asked, up to the server's \`limits.max_indexed_fields\`. At most ${limits.declaredFieldsMax}.`,
        examples: [{ year: "number", tags: "keyword" }],
      }),
    ),
    text_index: Type.Optional(TextIndexBody),
    tiering_policy: Type.Optional(TieringPolicyName),
    sync_policy: Type.Optional(SyncPolicyName),
    wal_retention_seconds: Type.Optional(
      Type.Integer({
        description:
          "How long closed files of the log stay on the machine once recovery no longer needs them, 0..315,360,000. " +
          "Default: the server's `wal.retention_seconds`.",
        examples: [604_800],
      }),
    ),
  },
  { $id: "CreateCollection", additionalProperties: false, examples: [{ name: "books", dimension: 384 }] },
);
export type CreateCollectionBody = Static<typeof CreateCollectionBody>;

export const UpdateCollectionBody = Type.Object(
  {
    name: Type.Optional(CreateCollectionBody.properties.name),
    max_doc_count: Type.Optional(
      Type.Integer({
        description: "Documents beyond it stay; none is added until there are fewer.",
        examples: [1_000_000],
      }),
    ),
    sync_policy: Type.Optional(SyncPolicyName),
    wal_retention_seconds: Type.Optional(
      Type.Integer({
        description: "Counts for the closed files of the log that there are, too.",
        examples: [604_800],
      }),
    ),
  },
  {
    $id: "UpdateCollection",
    additionalProperties: false,
    description:
      "What is absent stays as it is; everything that is not here is decided when a collection is created.",
    examples: [{ max_doc_count: 1_000_000 }],
  },
);
export type UpdateCollectionBody = Static<typeof UpdateCollectionBody>;

const Timestamp = Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] });

export const CollectionResource = Type.Object(
  {
    collection_id: Type.String({ format: "uuid" }),
    database_id: Type.String({ format: "uuid" }),
    name: Type.String({ examples: ["books"] }),
    dimension: Type.Integer({ examples: [384] }),
    metric: MetricName,
    embedding_model: Type.Union([Type.String(), Type.Null()], { examples: ["hashing"] }),
    model_fingerprint: Type.Union([Type.String(), Type.Null()], {
      description:
        "Of the model that its texts are embedded with, and no other; null until one is, and without a model.",
      examples: ["hashing/1/384"],
    }),
    max_doc_count: Type.Integer({ examples: [50_000_000] }),
    hnsw: Type.Object(hnswFields),
    quantization: QuantizationName,
    text_index: Type.Object(textIndexFields),
    tiering_policy: TieringPolicyName,
    sync_policy: SyncPolicyName,
    wal_retention_seconds: Type.Integer({ examples: [604_800] }),
    document_count: Type.Integer({ examples: [1_033] }),
    recall_estimate: Type.Union(
      [
        Type.Object({
          recall: Type.Number({ description: "Mean share of the true nearest that was found, 0..1." }),
          checks: Type.Integer({ description: "Searches that this rests on; the latest 100 at most." }),
        }),
        Type.Null(),
      ],
      {
        description:
          "From exact checks of live searches (`hnsw.recall_checks_per_minute`); null while there are none.",
      },
    ),
    indexed_count: Type.Integer({
      description: "Documents that searches reach through the graph; the others are looked at one by one.",
      examples: [0],
    }),
    payload_indexes: Type.Array(PayloadIndexResource, {
      description:
        "Indexes of the metadata: declared fields first, then the largest; of a collection that is not open, declared ones alone.",
    }),
    payload_notice: Type.Union([Type.String(), Type.Null()], {
      description: "Why there are fields without an index; null where every field has one.",
    }),
    memory_bytes: Type.Integer({
      description:
        "Vectors, indexes and their bookkeeping in memory; 0 while the collection is closed, until it is used.",
    }),
    disk_bytes: Type.Integer(),
    tier: TierName,
    state: stringEnum<CollectionInfo["state"]>(["loading", "ready", "degraded", "read_only", "damaged"], {
      description:
        "`loading`: requests wait. `degraded`: served, though files of it were found damaged since it was opened. `read_only`: its log could not be written. " +
        "`damaged`: a file of it failed its checksum; everything else is served.",
    }),
    state_reason: Type.Union([Type.String(), Type.Null()], { description: "Null while ready." }),
    damages: Type.Array(Type.Object(damageFields), {
      description: "Files that were found damaged since the collection was opened.",
    }),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: "Collection" },
);
export type CollectionResource = Static<typeof CollectionResource>;

export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        description: `1..${limits.pageSizeMax}. Default: ${limits.pageSizeDefault}.`,
        examples: [limits.pageSizeDefault],
      }),
    ),
    cursor: Type.Optional(Type.String({ description: "`next_cursor` of the page before." })),
  },
  { additionalProperties: false },
);
export type PageQuery = Static<typeof PageQuery>;

export const CollectionList = Type.Object({
  collections: Type.Array(CollectionResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type CollectionList = Static<typeof CollectionList>;

export const createCollectionFromWire = (body: CreateCollectionBody): CreateCollectionInput =>
  definedFields<CreateCollectionInput>({
    name: body.name,
    dimension: body.dimension,
    metric: body.metric,
    embeddingModel: body.embedding_model,
    maxDocumentCount: body.max_doc_count,
    hnsw: body.hnsw && hnswFromWire(body.hnsw),
    quantization: body.quantization,
    payloadIndexes: body.payload_indexes,
    textIndex: body.text_index && definedFields<Partial<TextIndexOptions>>(body.text_index),
    tieringPolicy: body.tiering_policy,
    syncPolicy: body.sync_policy,
    walRetentionSeconds: body.wal_retention_seconds,
  });

const hnswFromWire = (hnsw: HnswBody): Partial<HnswOptions> =>
  definedFields<Partial<HnswOptions>>({ m: hnsw.m, efConstruction: hnsw.ef_construction });

export const createCollectionToWire = (input: CreateCollectionInput): CreateCollectionBody =>
  definedFields<CreateCollectionBody>({
    name: input.name,
    dimension: input.dimension,
    metric: input.metric,
    embedding_model: input.embeddingModel,
    max_doc_count: input.maxDocumentCount,
    hnsw: input.hnsw && hnswToWire(input.hnsw),
    quantization: input.quantization,
    payload_indexes: input.payloadIndexes && { ...input.payloadIndexes },
    text_index: input.textIndex && { ...input.textIndex },
    tiering_policy: input.tieringPolicy,
    sync_policy: input.syncPolicy,
    wal_retention_seconds: input.walRetentionSeconds,
  });

export const updateCollectionFromWire = (body: UpdateCollectionBody): UpdateCollectionInput =>
  definedFields<UpdateCollectionInput>({
    name: body.name,
    maxDocumentCount: body.max_doc_count,
    syncPolicy: body.sync_policy,
    walRetentionSeconds: body.wal_retention_seconds,
  });

export const updateCollectionToWire = (input: UpdateCollectionInput): UpdateCollectionBody =>
  definedFields<UpdateCollectionBody>({
    name: input.name,
    max_doc_count: input.maxDocumentCount,
    sync_policy: input.syncPolicy,
    wal_retention_seconds: input.walRetentionSeconds,
  });

const hnswToWire = (hnsw: Partial<HnswOptions>): HnswBody =>
  definedFields<HnswBody>({ m: hnsw.m, ef_construction: hnsw.efConstruction });

export const collectionToWire = (info: CollectionInfo): CollectionResource => ({
  collection_id: info.id,
  database_id: info.databaseId,
  name: info.name,
  dimension: info.dimension,
  metric: info.metric,
  embedding_model: info.embeddingModel,
  model_fingerprint: info.modelFingerprint,
  max_doc_count: info.maxDocumentCount,
  hnsw: { m: info.hnsw.m, ef_construction: info.hnsw.efConstruction },
  quantization: info.quantization,
  text_index: { language: info.textIndex.language },
  tiering_policy: info.tieringPolicy,
  sync_policy: info.syncPolicy,
  wal_retention_seconds: info.walRetentionSeconds,
  document_count: info.documentCount,
  indexed_count: info.indexedCount,
  recall_estimate: info.recallEstimate,
  payload_indexes: info.payloadIndexes.map(payloadIndexToWire),
  payload_notice: info.payloadNotice,
  memory_bytes: info.memoryBytes,
  disk_bytes: info.diskBytes,
  tier: info.tier,
  state: info.state,
  state_reason: info.stateReason,
  damages: info.damages.map(damageToWire),
  created_at: info.createdAt,
  updated_at: info.updatedAt,
});

type PayloadIndexResource = Static<typeof PayloadIndexResource>;

const payloadIndexToWire = (index: PayloadIndexInfo): PayloadIndexResource => ({
  field: index.field,
  type: index.type,
  document_count: index.documentCount,
  memory_bytes: index.memoryBytes,
  notice: index.notice,
});

const payloadIndexFromWire = (resource: PayloadIndexResource): PayloadIndexInfo => ({
  field: resource.field,
  type: resource.type,
  documentCount: resource.document_count,
  memoryBytes: resource.memory_bytes,
  notice: resource.notice,
});

export const collectionFromWire = (resource: CollectionResource): CollectionInfo => ({
  id: resource.collection_id,
  databaseId: resource.database_id,
  name: resource.name,
  dimension: resource.dimension,
  metric: resource.metric,
  embeddingModel: resource.embedding_model,
  modelFingerprint: resource.model_fingerprint,
  maxDocumentCount: resource.max_doc_count,
  hnsw: { m: resource.hnsw.m, efConstruction: resource.hnsw.ef_construction },
  quantization: resource.quantization,
  textIndex: { language: resource.text_index.language },
  tieringPolicy: resource.tiering_policy,
  syncPolicy: resource.sync_policy,
  walRetentionSeconds: resource.wal_retention_seconds,
  documentCount: resource.document_count,
  indexedCount: resource.indexed_count,
  recallEstimate: resource.recall_estimate,
  payloadIndexes: resource.payload_indexes.map(payloadIndexFromWire),
  payloadNotice: resource.payload_notice,
  memoryBytes: resource.memory_bytes,
  diskBytes: resource.disk_bytes,
  tier: resource.tier,
  state: resource.state,
  stateReason: resource.state_reason,
  damages: resource.damages.map(damageToWire),
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const collectionListToWire = (page: Page<CollectionInfo>): CollectionList =>
  definedFields<CollectionList>({
    collections: page.items.map(collectionToWire),
    next_cursor: page.nextCursor,
  });

export const collectionListFromWire = (list: CollectionList): Page<CollectionInfo> =>
  definedFields<Page<CollectionInfo>>({
    items: list.collections.map(collectionFromWire),
    nextCursor: list.next_cursor,
  });
