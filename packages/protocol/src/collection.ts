import { type CollectionInfo, type CreateCollectionInput, limits, metrics, type Page } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

const MetricName = stringEnum(metrics, {
  $id: "Metric",
  description: "How the distance of two vectors is measured. Default: cosine.",
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
  },
  { $id: "CreateCollection", additionalProperties: false, examples: [{ name: "books", dimension: 384 }] },
);
export type CreateCollectionBody = Static<typeof CreateCollectionBody>;

const Timestamp = Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] });

export const CollectionResource = Type.Object(
  {
    collection_id: Type.String({ format: "uuid" }),
    database_id: Type.String({ format: "uuid" }),
    name: Type.String({ examples: ["books"] }),
    dimension: Type.Integer({ examples: [384] }),
    metric: MetricName,
    embedding_model: Type.Union([Type.String(), Type.Null()], { examples: ["hashing"] }),
    max_doc_count: Type.Integer({ examples: [50_000_000] }),
    document_count: Type.Integer({ examples: [1_033] }),
    memory_bytes: Type.Integer({ description: "Vectors and their bookkeeping in memory." }),
    disk_bytes: Type.Integer(),
    state: stringEnum<CollectionInfo["state"]>(["loading", "ready", "read_only", "damaged"], {
      description:
        "`loading`: requests wait. `read_only`: its log could not be written. " +
        "`damaged`: a file of it failed its checksum; everything else is served.",
    }),
    state_reason: Type.Union([Type.String(), Type.Null()], { description: "Null while ready." }),
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
  });

export const createCollectionToWire = (input: CreateCollectionInput): CreateCollectionBody =>
  definedFields<CreateCollectionBody>({
    name: input.name,
    dimension: input.dimension,
    metric: input.metric,
    embedding_model: input.embeddingModel,
    max_doc_count: input.maxDocumentCount,
  });

export const collectionToWire = (info: CollectionInfo): CollectionResource => ({
  collection_id: info.id,
  database_id: info.databaseId,
  name: info.name,
  dimension: info.dimension,
  metric: info.metric,
  embedding_model: info.embeddingModel,
  max_doc_count: info.maxDocumentCount,
  document_count: info.documentCount,
  memory_bytes: info.memoryBytes,
  disk_bytes: info.diskBytes,
  state: info.state,
  state_reason: info.stateReason,
  created_at: info.createdAt,
  updated_at: info.updatedAt,
});

export const collectionFromWire = (resource: CollectionResource): CollectionInfo => ({
  id: resource.collection_id,
  databaseId: resource.database_id,
  name: resource.name,
  dimension: resource.dimension,
  metric: resource.metric,
  embeddingModel: resource.embedding_model,
  maxDocumentCount: resource.max_doc_count,
  documentCount: resource.document_count,
  memoryBytes: resource.memory_bytes,
  diskBytes: resource.disk_bytes,
  state: resource.state,
  stateReason: resource.state_reason,
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
