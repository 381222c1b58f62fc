import { limits } from "@akidb/base";
import { embeddingOptions, nextEmbeddingOptions } from "./embeddingOptions.ts";
import { limitsOptions } from "./limitsOptions.ts";
import { loggingOptions } from "./loggingOptions.ts";
import { objectStoreOptions } from "./objectStoreOptions.ts";
import type { SectionSpec } from "./optionSpec.ts";
import { serverOptions } from "./serverOptions.ts";
import { tieringOptions } from "./tieringOptions.ts";
import { tracingOptions } from "./tracingOptions.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Every option of the server, section by section. The names of environment variables, TOML keys and flags, the type of
 * `Config`, `config.example.toml` and `docs/configuration.md` all follow from this table.
 */
export const optionTable = {
  server: { title: "Server", options: serverOptions },
  data: {
    title: "Data",
    options: {
      dir: {
        type: "path",
        default: "./akidb-data",
        placeholder: "DIR",
        help: "Directory of everything that is stored; one process at a time may have it open",
        shortEnv: ["AKIDB_DB_PATH"],
      },
    },
  },
  auth: {
    title: "Authentication",
    options: {
      mode: {
        type: "enum",
        values: ["auto", "required", "off"],
        default: "auto",
        help:
          "Whether a request has to show credentials: where the server listens on more than loopback (auto), always " +
          "(required) or never (off). One that need not and does not acts as an admin of the tenant called default",
      },
      token_ttl_seconds: {
        type: "integer",
        default: 900,
        min: 60,
        max: 86_400,
        unit: "seconds",
        help: "How long an access token is good for that a user gets by logging in; a refresh token gives the next one",
      },
      bootstrap_api_key: {
        type: "optional string",
        whenAbsent: "one is made and printed, once",
        placeholder: "SECRET",
        help: "First API key, for the first start that needs credentials: akidb_ and 43 characters of base64url",
        isSecret: true,
        shortEnv: ["AKIDB_BOOTSTRAP_API_KEY"],
      },
    },
  },
  audit: {
    title: "Audit log",
    options: {
      data_plane: {
        type: "enum",
        values: ["off", "denied", "all"],
        default: "denied",
        help:
          "Reads and writes of documents that it has; actions of the control plane it has always, and so it has every " +
          "other denial",
      },
      retention_days: {
        type: "integer",
        default: 90,
        min: 0,
        max: 36_500,
        unit: "days",
        help: "How long its entries stay; 0 for ever",
      },
    },
  },
  features: {
    title: "Features",
    options: {
      metrics_enabled: {
        type: "boolean",
        default: true,
        help: "Measure, and answer GET /metrics in the text format of Prometheus",
        shortEnv: ["AKIDB_METRICS_ENABLED"],
      },
      auto_initialize: {
        type: "boolean",
        default: true,
        help: "Create the data directory where there is none, and a database for each new tenant; if false, a missing directory is an error",
      },
      mcp_enabled: {
        type: "boolean",
        default: true,
        help: "Speak the Model Context Protocol at /mcp, for assistants and agents; docs/mcp.md",
      },
    },
  },
  wal: {
    title: "Write-ahead log",
    options: {
      sync: {
        type: "enum",
        values: ["always", "interval", "never"],
        default: "always",
        help:
          "When writes are forced to disk: before they are acknowledged (always), every interval_ms (interval), " +
          "or when the operating system likes (never); the last two may lose acknowledged writes in a power cut, " +
          "not when only the process dies. docs/durability.md has the promise of each",
      },
      interval_ms: {
        type: "integer",
        default: 100,
        min: 1,
        max: 60_000,
        unit: "milliseconds",
        help: "Time from one sync to the next where sync is interval",
      },
      segment_bytes: {
        type: "integer",
        default: 64 * MiB,
        min: 64 * KiB,
        max: 1024 * MiB,
        unit: "bytes",
        help: "A file of the log that has grown to this size is closed and the next one begun",
      },
      retention_seconds: {
        type: "integer",
        default: 604_800,
        min: 0,
        max: 315_360_000,
        unit: "seconds",
        help: "How long collections that are created now keep closed files of the log that recovery no longer needs",
      },
    },
  },
  embedding: { title: "Embedding", options: embeddingOptions },
  "embedding.next": { title: "Next embedding model", options: nextEmbeddingOptions },
  rerank: {
    title: "Reranking",
    options: {
      url: {
        type: "optional string",
        whenAbsent: "there is none, and queries that ask for it are refused",
        placeholder: "URL",
        help: "Server that ranks texts by a query, in the shape of Cohere's /v2/rerank and Jina's /v1/rerank",
      },
      name: {
        type: "string",
        default: "default",
        placeholder: "NAME",
        help: "How queries call it; they never say where it is",
      },
      model: {
        type: "optional string",
        whenAbsent: "the server's own",
        placeholder: "NAME",
        help: "Model that it is asked for",
      },
      api_key: {
        type: "optional string",
        whenAbsent: "none is sent",
        placeholder: "SECRET",
        help: "Key that it is shown, as a bearer token",
        isSecret: true,
      },
      timeout_ms: {
        type: "integer",
        default: 10_000,
        min: 1,
        max: 600_000,
        unit: "milliseconds",
        help: "A query fails with unavailable where it has not answered after so long",
      },
    },
  },
  hnsw: {
    title: "Vector index (HNSW)",
    options: {
      m: {
        type: "integer",
        default: 32,
        min: limits.hnswMMin,
        max: limits.hnswMMax,
        help: "Links of a node of the graph, twice as many at its lowest level; for new collections that do not say",
      },
      ef_construction: {
        type: "integer",
        default: 200,
        min: limits.hnswEfConstructionMin,
        max: limits.hnswEfConstructionMax,
        help: "Candidates kept while a node's neighbours are sought, not fewer than m; for new collections that do not say",
      },
      recall_checks_per_minute: {
        type: "integer",
        default: 0,
        min: 0,
        max: 600,
        help: "Searches of each collection that are repeated by looking at every vector, to know the recall of the graph; 0 for none",
      },
      ef_search: {
        type: "integer",
        default: 128,
        min: 1,
        max: limits.efMax,
        help: "Breadth of the walk through the graph for queries that do not say: more finds more and takes longer",
      },
      threshold: {
        type: "integer",
        default: 10_000,
        min: 0,
        max: 1_000_000_000,
        help: "Documents up to which a collection has no graph: its searches look at every vector, and are exact",
      },
    },
  },
  snapshot: {
    title: "Snapshots",
    options: {
      interval_seconds: {
        type: "integer",
        default: 0,
        min: 0,
        max: 315_360_000,
        unit: "seconds",
        help: "Time from one scheduled snapshot of a collection to the next, if anything was written to it meanwhile; 0 for none",
      },
      after_bytes: {
        type: "integer",
        default: 0,
        min: 0,
        max: 1024 * 1024 * MiB,
        unit: "bytes",
        help: "A scheduled snapshot is made of a collection whose log has grown by so much since the last one; 0 for none",
      },
      retain_count: {
        type: "integer",
        default: 7,
        min: 1,
        max: 10_000,
        help: "Scheduled snapshots of a collection that are kept; those that were asked for stay",
      },
      compression: {
        type: "enum",
        values: ["zstd", "snappy", "none"],
        default: "zstd",
        help: "How the documents' Parquet file of a snapshot is compressed",
      },
    },
  },
  tiering: { title: "Tiers of collections", options: tieringOptions },
  backup: {
    title: "Backups",
    options: {
      to: {
        type: "optional string",
        whenAbsent: "no place; a request for a backup is refused",
        placeholder: "PLACE",
        help:
          "Where backups go: a folder, or s3://bucket/prefix with endpoint, region and credentials of the object store; " +
          "requests cannot name another place",
      },
    },
  },
  object_store: { title: "Object store", options: objectStoreOptions },
  limits: { title: "Limits", options: limitsOptions },
  logging: { title: "Logging", options: loggingOptions },
  tracing: { title: "Tracing", options: tracingOptions },
  object_store: {
    title: "Object store",
    options: {
      kind: {
        type: "enum",
        values: ["local", "s3", "memory"],
        default: "local",
        help:
          "Where snapshots and archives are kept: a folder (local), a bucket of S3 or of a store that speaks it (s3), " +
          "or this process's memory, for tests (memory)",
      },
      bucket: {
        type: "optional string",
        whenAbsent: "objects in data.dir for local; s3 needs one",
        placeholder: "NAME",
        help: "Name of the bucket, which must exist (s3), or path of the folder (local)",
      },
      prefix: {
        type: "optional string",
        whenAbsent: "none",
        placeholder: "PREFIX",
        help: "What every object's name in the bucket begins with, a slash between (s3)",
      },
      endpoint: {
        type: "optional string",
        whenAbsent: "that of AWS for the region",
        placeholder: "URL",
        help: "URL of a store that is not AWS (s3)",
      },
      region: {
        type: "optional string",
        whenAbsent: "the environment's or profile's; us-east-1 with an endpoint",
        placeholder: "REGION",
        help: "Region of the bucket (s3)",
      },
      access_key_id: {
        type: "optional string",
        whenAbsent: "found by the AWS SDK: environment, profile, web identity, container, instance",
        placeholder: "ID",
        help: "First half of the credentials (s3)",
      },
      secret_access_key: {
        type: "optional string",
        whenAbsent: "as access_key_id",
        placeholder: "SECRET",
        help: "Second half of the credentials (s3)",
        isSecret: true,
      },
      force_path_style: {
        type: "boolean",
        default: false,
        help: "Name the bucket in the path and not in the host, as most stores but AWS want it (s3)",
      },
      sse: {
        type: "optional string",
        whenAbsent: "as the bucket says",
        placeholder: "AES256|aws:kms[:KEY]",
        help: "Encryption at rest by the store: AES256, or aws:kms with the default key or the one named (s3)",
      },
    },
  },
  limits: {
    title: "Limits",
    options: {
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
    },
  },
  logging: {
    title: "Logging",
    options: {
      level: {
        type: "enum",
        values: ["trace", "debug", "info", "warn", "error", "silent"],
        default: "info",
        help: "Least severe messages to write",
        shortEnv: ["AKIDB_LOG_LEVEL"],
        shortFlags: ["--log-level"],
      },
      format: {
        type: "enum",
        values: ["pretty", "json"],
        default: "json",
        defaultOnTerminal: "pretty",
        help: "Lines for people, or one JSON object a line",
        shortEnv: ["AKIDB_LOG_FORMAT"],
        shortFlags: ["--log-format"],
      },
      slow_query_ms: {
        type: "integer",
        default: 1_000,
        min: 0,
        max: 3_600_000,
        unit: "milliseconds",
        help: "Queries that take longer are logged with their plan, without vectors, texts and values; 0 for none",
      },
    },
  },
  tracing: {
    title: "Tracing",
    options: {
      enabled: {
        type: "boolean",
        default: false,
        help: "Record traces of requests and send them by OTLP over HTTP, to Jaeger or any other collector",
      },
      otlp_endpoint: {
        type: "string",
        default: "http://127.0.0.1:4318",
        placeholder: "URL",
        help: "Where the collector is; /v1/traces is put behind it",
      },
      sample_ratio: {
        type: "number",
        default: 0.01,
        min: 0,
        max: 1,
        help: "Share of the traces that is recorded, of those that begin here; a caller's traceparent decides for its own",
      },
    },
  },
} as const satisfies { readonly [section: string]: SectionSpec };
