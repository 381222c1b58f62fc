import type { CircuitState } from "@akidb/base";
import type { DatabaseMeter, Gauges } from "@akidb/database";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { boundedLabel } from "./boundedLabel.ts";
import type { GrpcMeter } from "./grpcMeter.ts";
import type { HttpMeter } from "./httpMeter.ts";
import type { ServedMetrics } from "./servedMetrics.ts";

/** In seconds: from what a search of a small collection takes to the longest timeout that is sensible. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const workBuckets = [0.0001, 0.00025, 0.0005, ...requestBuckets];
const decisionBuckets = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1];
const transferBuckets = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** A provider has a handful; a collection may name any that it has. */
const modelsMax = 32;

const circuitNumbers: Readonly<Record<CircuitState, number>> = { closed: 0, open: 1, half_open: 2 };

const seconds = (ms: number): number => ms / 1_000;

/** The metrics of one server, in the names of docs/telemetry.md. */
export class PrometheusMetrics implements ServedMetrics {
  readonly #registry = new Registry();
  readonly http: HttpMeter;
  readonly grpc: GrpcMeter;
  readonly database: DatabaseMeter;
  readonly #setGauges: (gauges: Gauges, connectionCount: number) => void;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.http = httpMeter(this.#registry);
    this.grpc = grpcMeter(this.#registry);
    this.database = databaseMeter(this.#registry);
    this.#setGauges = gaugesOf(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(gauges: Gauges, connectionCount: number): Promise<string> {
    this.#setGauges(gauges, connectionCount);
    return this.#registry.metrics();
  }
}

function httpMeter(registry: Registry): HttpMeter {
  const registers = [registry];
  const total = new Counter({
    registers,
    name: "http_requests_total",
    help: "Requests that were answered, or given up by their callers (status aborted)",
    labelNames: ["method", "path", "status"] as const,
  });
  const duration = new Histogram({
    registers,
    name: "http_request_duration_seconds",
    help: "From the head of a request to the last byte of its answer",
    labelNames: ["method", "path"] as const,
    buckets: requestBuckets,
  });
  return {
    answered: ({ method, path, status, durationMs }) => {
      total.inc({ method, path, status });
      duration.observe({ method, path }, seconds(durationMs));
    },
  };
}

function grpcMeter(registry: Registry): GrpcMeter {
  const registers = [registry];
  const total = new Counter({
    registers,
    name: "grpc_requests_total",
    help: "Calls that have ended, or were given up by their callers (status CANCELLED)",
    labelNames: ["service", "method", "status"] as const,
  });
  const duration = new Histogram({
    registers,
    name: "grpc_request_duration_seconds",
    help: "From the head of a call to its status, however long its streams are",
    labelNames: ["service", "method"] as const,
    buckets: requestBuckets,
  });
  return {
    ended: ({ service, method, status, durationMs }) => {
      total.inc({ service, method, status });
      duration.observe({ service, method }, seconds(durationMs));
    },
  };
}

function databaseMeter(registry: Registry): DatabaseMeter {
  const registers = [registry];
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets = workBuckets,
  ) => new Histogram({ registers, name, help, labelNames: [...labelNames], buckets });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ registers, name, help, labelNames: [...labelNames] });

  const search = histogram("vector_search_duration_seconds", "A query, by how it was answered", ["plan"]);
  const upsert = histogram("vector_upsert_duration_seconds", "A batch, until it is durable and found", []);
  const written = histogram("wal_write_duration_seconds", "A group of writes to the log", []);
  const synced = histogram("wal_fsync_duration_seconds", "Forcing the log to the device", []);
  const uploadTime = histogram("s3_upload_duration_seconds", "An object, stored", [], transferBuckets);
  const uploaded = counter("s3_upload_bytes_total", "Bytes that were stored in the object store");
  const downloaded = counter("s3_download_bytes_total", "Bytes that came from the object store");
  const snapshot = histogram(
    "snapshot_creation_duration_seconds",
    "A snapshot, until it is whole on this machine",
    [],
    transferBuckets,
  );
  const migration = histogram(
    "tier_migration_duration_seconds",
    "A collection, from one tier to another",
    ["from_tier", "to_tier"],
    [...workBuckets, 60, 300, 1_800],
  );
  const embedding = histogram("embedding_duration_seconds", "One call of a model", ["model"]);
  const tokens = counter("embedding_tokens_total", "What models read, in their own units", ["model"]);
  const failures = counter("embedding_failures_total", "Calls that the provider failed", [
    "model",
    "provider",
  ]);
  const retries = counter("retry_attempts_total", "What an object store failed in passing, asked again", [
    "operation",
  ]);
  const deadLetters = counter("dlq_items_added_total", "Work on the object store that failed and was queued");
  const decisions = counter("authorization_decisions_total", "Whether callers might", ["result"]);
  const deciding = histogram(
    "authorization_duration_seconds",
    "Deciding whether a caller may",
    ["result"],
    decisionBuckets,
  );
  const boundedModel = boundedLabel(modelsMax);
  return {
    searched: (plan, durationMs) => search.observe({ plan }, seconds(durationMs)),
    upserted: (durationMs) => upsert.observe(seconds(durationMs)),
    logWritten: (durationMs) => written.observe(seconds(durationMs)),
    logSynced: (durationMs) => synced.observe(seconds(durationMs)),
    uploaded: (bytes, durationMs) => {
      uploaded.inc(bytes);
      uploadTime.observe(seconds(durationMs));
    },
    downloaded: (bytes) => downloaded.inc(bytes),
    snapshotCreated: (durationMs) => snapshot.observe(seconds(durationMs)),
    tierMigrated: (from, to, durationMs) =>
      migration.observe({ from_tier: from, to_tier: to }, seconds(durationMs)),
    embedded: (name, tokenCount, durationMs) => {
      const model = boundedModel(name);
      tokens.inc({ model }, tokenCount);
      embedding.observe({ model }, seconds(durationMs));
    },
    embeddingFailed: (name, provider) => failures.inc({ model: boundedModel(name), provider }),
    retried: (operation) => retries.inc({ operation }),
    deadLetterAdded: () => deadLetters.inc(),
    authorized: (result, durationMs) => {
      decisions.inc({ result });
      deciding.observe({ result }, seconds(durationMs));
    },
  };
}

function gaugesOf(registry: Registry): (gauges: Gauges, connectionCount: number) => void {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ registers, name, help, labelNames: [...labelNames] });

  const indexed = new Counter({
    registers,
    name: "vectors_indexed_total",
    help: "Vectors that were linked into graphs",
  });
  const unindexed = gauge("vectors_unindexed", "Vectors of open collections that wait for their graph");
  const walBytes = gauge("wal_bytes", "Size of the logs of open collections");
  const snapshotAge = gauge(
    "snapshot_age_seconds",
    "Since the last snapshot of any collection; absent without",
  );
  const memory = gauge("memory_usage_bytes", "Memory, by what takes it", ["component"]);
  const memoryMax = gauge("memory_limit_bytes", "Memory that the data of open collections may take");
  const disk = gauge("disk_usage_bytes", "Disk, by the kind of file", ["component"]);
  const tiers = gauge("collection_tier", "Collections in each tier", ["tier"]);
  const connections = gauge("active_connections", "Open connections of the REST API");
  const queue = gauge("worker_queue_depth", "Segments and scans that wait for a builder thread");
  const texts = gauge("embedding_queue_depth", "Texts that wait to be embedded by a server", ["model"]);
  const circuits = gauge("circuit_breaker_state", "0 closed, 1 open, 2 half-open", ["service"]);
  const deadLetters = gauge("dlq_size", "Work on the object store that has failed and is tried again");
  const quota = gauge("tenant_quota_used_ratio", "Largest share of its quota that a tenant takes", [
    "resource",
  ]);
  return (now, connectionCount) => {
    indexed.reset();
    indexed.inc(now.vectorsIndexed);
    unindexed.set(now.vectorsUnindexed);
    walBytes.set(now.walBytes);
    snapshotAge.remove();
    if (now.snapshotAgeMs !== undefined) snapshotAge.set(seconds(now.snapshotAgeMs));
    for (const [component, bytes] of Object.entries(now.memoryBytes)) memory.set({ component }, bytes);
    memoryMax.set(now.memoryBytesMax);
    for (const [component, bytes] of Object.entries(now.diskBytes)) disk.set({ component }, bytes);
    for (const [tier, count] of Object.entries(now.collectionTiers)) tiers.set({ tier }, count);
    connections.set(connectionCount);
    queue.set(now.workerQueueDepth);
    for (const [model, depth] of Object.entries(now.embeddingQueueDepth)) texts.set({ model }, depth);
    deadLetters.set(now.deadLetterCount);
    for (const [service, state] of Object.entries(now.circuitStates)) {
      circuits.set({ service }, circuitNumbers[state]);
    }
    for (const [resource, ratio] of Object.entries(now.quotaUsedRatio)) quota.set({ resource }, ratio);
  };
}
