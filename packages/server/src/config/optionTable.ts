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
} as const satisfies { readonly [section: string]: SectionSpec };
