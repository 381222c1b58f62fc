import type {
  ChunkBoundary,
  Chunking,
  DocumentInput,
  DocumentPatch,
  GroupBy,
  HighlightInput,
  HybridInput,
  Include,
  JsonObject,
  QueryExample,
  QueryExamples,
  QueryInput,
  QueryParams,
  RerankInput,
} from "@akidb/base";
import { invalidArgument } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type {
  Chunking as ChunkingMessage,
  DocumentInput as DocumentMessage,
  QueryExamples as ExamplesMessage,
  Include as IncludeMessage,
  DocumentPatch as PatchMessage,
  QueryRequest,
} from "@akidb/protocol/grpc";

/** A list is empty where it was not sent. */
export function vectorOf(components: readonly number[] | Float32Array): Float32Array | undefined {
  if (components.length === 0) return undefined;
  return components instanceof Float32Array ? components : new Float32Array(components);
}

/** A text is empty where it was not sent. */
export const textOrAbsent = (text: string): string | undefined => (text === "" ? undefined : text);

export const includeOf = (include: IncludeMessage | undefined): readonly Include[] | undefined =>
  include && (["metadata", "text", "vector"] as const).filter((part) => include[part]);

export const filterOf = (filter: Readonly<Record<string, unknown>> | undefined): JsonObject | undefined =>
  filter as JsonObject | undefined;

export const documentOf = (message: DocumentMessage): DocumentInput =>
  definedFields<DocumentInput>({
    id: textOrAbsent(message.docId),
    externalId: message.externalId,
    vector: vectorOf(message.vector),
    text: message.text,
    metadata: message.metadata as JsonObject | undefined,
    ttlSeconds: message.ttlSeconds,
    expiresAt: message.expiresAt,
    ifVersion: message.ifVersion,
    chunking: message.chunking === undefined ? undefined : chunkingOf(message.chunking),
  });

/** Whether there is such a boundary is for the operation to say. */
const chunkingOf = ({ size, overlap, by }: ChunkingMessage): Chunking =>
  definedFields<Chunking>({ size, overlap, by: by as ChunkBoundary | undefined });

/** @param path of the patch within the request */
export function patchOf(message: PatchMessage, path: string): DocumentPatch {
  const { metadata, removeMetadata, ttlSeconds, expiresAt, removeExpiry } = message;
  if (removeMetadata && metadata !== undefined)
    throw invalidArgument(`${path}.remove_metadata`, "stands in place of metadata; give one of the two");
  if (removeExpiry && (ttlSeconds !== undefined || expiresAt !== undefined))
    throw invalidArgument(`${path}.remove_expiry`, "stands in place of ttl_seconds and expires_at");
  return definedFields<DocumentPatch>({
    id: message.docId,
    metadata: removeMetadata ? null : (metadata as JsonObject | undefined),
    ttlSeconds,
    expiresAt: removeExpiry ? null : expiresAt,
    ifVersion: message.ifVersion,
  });
}

export function queryOf(message: QueryRequest): QueryInput {
  const { hybrid, rerank, highlight, params, groupBy } = message;
  return definedFields<QueryInput>({
    vector: vectorOf(message.queryVector),
    text: message.text,
    id: message.id,
    vectors: message.vectors && examplesOf(message.vectors),
    fullText: message.fullText,
    hybrid:
      hybrid && definedFields<HybridInput>({ ...hybrid, fusion: hybrid.fusion as HybridInput["fusion"] }),
    rerank: rerank && definedFields<RerankInput>(rerank),
    highlight: highlight && definedFields<HighlightInput>(highlight),
    topK: message.topK,
    offset: message.offset,
    minScore: message.minScore,
    ef: message.ef,
    exact: message.exact,
    filter: filterOf(message.filter),
    params: params && definedFields<QueryParams>(params),
    groupBy: groupBy && definedFields<GroupBy>(groupBy),
    include: includeOf(message.include),
    explain: message.explain,
    timeoutMs: message.timeoutMs,
  });
}

const examplesOf = ({ positive, negative }: ExamplesMessage): QueryExamples => ({
  positive: positive.map((example, index) => exampleOf(example, `vectors.positive[${index}]`)),
  ...(negative.length > 0 && {
    negative: negative.map((example, index) => exampleOf(example, `vectors.negative[${index}]`)),
  }),
});

function exampleOf({ example }: ExamplesMessage["positive"][number], path: string): QueryExample {
  switch (example?.$case) {
    case "vector":
      return new Float32Array(example.value.values);
    case "id":
      return example.value;
    case undefined:
      throw invalidArgument(path, "must be a vector or an id");
  }
}
