import { limits } from "@akidb/base";
import type { OptionSpec } from "./optionSpec.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** What a request, a collection and the process may take. */
export const limitsOptions = {
  max_body_bytes: {
    type: "integer",
    default: limits.bodyBytesMax,
    min: 1 * KiB,
    // A component takes two bytes of JSON ("0,") or more, and four of the log: a larger body may not fit one record.
    max: limits.walRecordBytesMax / 2,
    unit: "bytes",
    help: "Largest body of a request; a stream of NDJSON may be of any length",
  },
  max_batch_documents: {
    type: "integer",
    default: limits.batchDocumentsMax,
    min: 1,
    max: limits.batchDocumentsMax,
    help: "Most documents in one request; a stream of NDJSON may have any number",
  },
  max_top_k: {
    type: "integer",
    default: limits.topKMax,
    min: 1,
    max: limits.topKMax,
    help: "Largest top_k of a query",
  },
  max_memory_bytes: {
    type: "integer",
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
    help:
      "Memory for the data of all open collections; a write that would take more is refused with quota_exceeded, and from " +
      "700 MiB on idle collections are closed so that the process stays within it and a tenth of it. " +
      "0 for 60 % of the machine's memory, or of the container's where that is less",
  },
  max_metadata_bytes: {
    type: "integer",
    default: limits.metadataBytesMax,
    min: 0,
    // Beside the longest text and vector it still fits one line of NDJSON (lineBytesMax).
    max: 4 * MiB,
    unit: "bytes",
    help: "Largest metadata of a document, as JSON",
  },
  default_memory_quota_bytes: {
    type: "integer",
    default: limits.memoryQuotaBytesDefault,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
    help: "Memory of tenants that are created without a quota of their own",
  },
  default_storage_quota_bytes: {
    type: "integer",
    default: limits.storageQuotaBytesDefault,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
    help: "Disk of tenants that are created without a quota of their own",
  },
  default_qps_quota: {
    type: "integer",
    default: limits.qpsQuotaDefault,
    min: 1,
    max: 1_000_000,
    help: "Requests per second of tenants that are created without a quota of their own",
  },
  max_indexed_fields: {
    type: "integer",
    default: limits.indexedFieldsMax,
    min: 0,
    max: 10_000,
    help: "Most fields of the metadata that a collection indexes without being asked, beside those that it declares; filters on others read the documents",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
