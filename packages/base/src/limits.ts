import { assert } from "./assert.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Every fixed limit of the product in one place. What an operator may change is in the server's option table. */
export const limits = {
  dimensionMin: 16,
  dimensionMax: 4_096,
  topKMax: 10_000,
  efMax: 40_000,
  hnswMMin: 4,
  hnswMMax: 64,
  hnswEfConstructionMin: 8,
  hnswEfConstructionMax: 4_096,
  batchDocumentsMax: 10_000,
  bodyBytesMax: 64 * MiB,
  collectionNameCharactersMax: 128,
  externalIdBytesMax: 512,
  metadataBytesMax: 64 * KiB,
  metadataDepthMax: 64,
  /** A hundred years. */
  ttlSecondsMax: 3_155_760_000,
  /** Documents of one batch of patches, as they are written to the log. */
  patchBytesMax: 32 * MiB,
  textBytesMax: 1 * MiB,
  /** Of one document, which are written together. */
  chunksMax: 5_000,
  chunkCharactersMin: 16,
  chunkCharactersMax: 100_000,
  /** Paths of metadata that get an index; a filter on another reads the documents. */
  indexedFieldsMax: 256,
  /** Paths whose type a collection declares; they get an index beside those above. */
  declaredFieldsMax: 256,
  /** Different texts at one path beyond which it is indexed for equality alone. */
  indexedDistinctMax: 100_000,
  /** Vectors and documents that one query names as examples. */
  queryExamplesMax: 100,
  /** Documents of one group of a query's answer. */
  groupSizeMax: 100,
  /** Rows that a query looks at to fill its groups. */
  groupedRowsMax: 50_000,
  /** Policies of one tenant: so many keep a decision within 5 ms. */
  tenantPoliciesMax: 1_000,
  /** Policies that a simulation brings along. */
  draftPoliciesMax: 100,
  /** Queries of one batch. */
  batchQueriesMax: 100,
  filterDepthMax: 32,
  filterConditionsMax: 1_000,
  /** Of one `$in` or `$nin`. */
  filterValuesMax: 10_000,
  fullTextCharactersMax: 64 * KiB,
  /** Words and phrases of one full-text query. */
  fullTextWordsMax: 1_000,
  /** Parentheses within each other. */
  fullTextDepthMax: 32,
  /** One line of an NDJSON stream, or one row of an imported file. */
  lineBytesMax: 8 * MiB,
  /** Failed items that one answer names; the rest is counted. */
  itemErrorsMax: 1_000,
  walRecordBytesMax: 256 * MiB,
  /** Writes that wait for the log; beyond it a write is refused with `unavailable`. */
  writeQueueBytesMax: 512 * MiB,
  /** What one write to the log gathers from everyone waiting. */
  commitGroupBytesMax: 64 * MiB,
  /** Documents of a collection that are applied and not in their file yet; beyond it writes wait for the file. */
  documentOverlayBytesMax: 64 * MiB,
  /** Documents of a collection that were read lately and stay in memory. */
  documentCacheBytesMax: 8 * MiB,
  /** Acknowledged and not yet synced (`wal.sync` interval and never), kept in memory; a sync comes first where it would be more. */
  unsyncedLogBytesMax: 64 * MiB,
  /** Of the log since the last checkpoint, before another one is written; more where the last one was large. */
  checkpointLogBytesMin: 64 * MiB,
  /** Beyond it, collections that nobody uses are closed, the least recently used first; a use opens them again. */
  openCollectionsMax: 512,
  /** The same in shares of the machine's memory. */
  openCollectionsMemoryShareMax: 0.5,
  /** Of the machine's memory, for the data of all open collections, where the operator does not say. */
  memoryShareMax: 0.6,
  /** Of that again, for opening collections and for compactions when writes are refused already. */
  memoryReserveShare: 0.25,
  /** Of that again: what the process may take beyond it before idle collections are closed for it, so that openings keep it within a tenth. */
  overheadShareMax: 0.02,
  /** Of that again: what idle collections may take, whatever the process takes beside them. */
  idleDataShareMin: 0.75,
  /** Of the machine's memory, for the resident set of the process; beyond it writes are refused. */
  residentMemoryShareMax: 0.9,
  /** Documents of one answer, as JSON or so: a page ends before it would take more. */
  answerBytesMax: 32 * MiB,
  /** Of a tenant that has none of its own; of its requests in a second below. */
  memoryQuotaBytesDefault: 32 * 1024 * MiB,
  storageQuotaBytesDefault: 1024 * 1024 * MiB,
  qpsQuotaDefault: 200,
  facetValuesMax: 1_000,
  /** What counting the values of a field may keep in memory. */
  facetBytesMax: 64 * MiB,
  pageSizeMax: 1_000,
  pageSizeDefault: 100,
} as const;

assert(limits.patchBytesMax < limits.walRecordBytesMax, "a batch of patches fits one WAL record");
assert(limits.topKMax <= limits.efMax, "a search may keep as many candidates as it returns");
assert(
  limits.memoryShareMax * (1 + limits.memoryReserveShare) < limits.residentMemoryShareMax,
  "what the data may take leaves some of the machine's memory to the process",
);
assert(limits.walRecordBytesMax <= limits.writeQueueBytesMax, "one record fits the write queue");
assert(limits.commitGroupBytesMax <= limits.unsyncedLogBytesMax, "one group waits for its sync");
assert(limits.bodyBytesMax < limits.walRecordBytesMax, "what fits a request body fits one WAL record");
assert(
  limits.dimensionMax * Float32Array.BYTES_PER_ELEMENT + limits.metadataBytesMax + limits.textBytesMax <
    limits.walRecordBytesMax,
  "any single document fits one WAL record",
);
assert(
  limits.metadataBytesMax + limits.textBytesMax + limits.dimensionMax * 25 < limits.lineBytesMax,
  "any single document fits one line of NDJSON",
);
