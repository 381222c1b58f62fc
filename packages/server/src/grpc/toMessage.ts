import type {
  AkiDbError,
  CollectionInfo,
  Document,
  Match,
  MatchPart,
  QueryResult,
  UpsertItem,
} from "@akidb/base";
import { collectionToWire, explanationToWire, roundedMs } from "@akidb/protocol";
import type {
  CollectionInfo as CollectionMessage,
  DescribeResponse,
  Document as DocumentMessage,
  IngestItem,
  ItemError,
  Match as MatchMessage,
  MatchPart as PartMessage,
  QueryResponse,
} from "@akidb/protocol/grpc";

export const queryResultMessage = ({
  matches,
  groups = [],
  explain,
  latencyMs,
}: QueryResult): QueryResponse => ({
  matches: matches.map(matchMessage),
  latencyMs: roundedMs(latencyMs),
  groups: groups.map(({ value, matches }) => ({ value, matches: matches.map(matchMessage) })),
  explain: explain && explanationToWire(explain),
});

const matchMessage = (match: Match): MatchMessage => ({
  docId: match.id,
  externalId: match.externalId,
  distance: match.distance,
  score: match.score,
  metadata: match.metadata,
  text: match.text,
  vector: componentsOf(match.vector),
  highlights: [...(match.highlights ?? [])],
  parts: match.parts && {
    vector: partMessage(match.parts.vector),
    text: partMessage(match.parts.text),
    found: partMessage(match.parts.found),
  },
});

const partMessage = (part: MatchPart | undefined): PartMessage | undefined => part && { ...part };

export const documentMessage = (document: Document): DocumentMessage => ({
  docId: document.id,
  externalId: document.externalId,
  vector: componentsOf(document.vector),
  insertedAt: document.insertedAt,
  text: document.text,
  metadata: document.metadata,
  updatedAt: document.updatedAt,
  version: document.version,
  expiresAt: document.expiresAt,
});

/** Whoever writes them out needs no more of an array than its length and its order. */
export const componentsOf = (vector: Float32Array | undefined): number[] =>
  (vector ?? []) as unknown as number[];

export const itemErrorMessage = ({
  code,
  message,
  violations,
}: Pick<AkiDbError, "code" | "message" | "violations">): ItemError => ({
  code,
  detail: message,
  violations: violations.map(({ path, detail }) => ({ path, detail })),
});

export const itemMessage = (item: UpsertItem, index: number): IngestItem => ({
  index,
  outcome: item.ok
    ? { $case: "written", value: { docId: item.id, version: item.version, chunkCount: item.chunkCount } }
    : { $case: "error", value: itemErrorMessage({ ...item, message: item.detail }) },
});

export const collectionMessage = (info: CollectionInfo): CollectionMessage => ({
  collectionId: info.id,
  name: info.name,
  dimension: info.dimension,
  metric: info.metric,
  documentCount: info.documentCount,
  createdAt: info.createdAt,
  embeddingModel: info.embeddingModel ?? undefined,
  state: info.state,
  details: collectionToWire(info),
});

export const descriptionMessage = (info: CollectionInfo): DescribeResponse => ({
  ...collectionMessage(info),
  indexedCount: info.indexedCount,
  memoryBytes: info.memoryBytes,
  diskBytes: info.diskBytes,
  stateReason: info.stateReason ?? undefined,
  updatedAt: info.updatedAt,
});
