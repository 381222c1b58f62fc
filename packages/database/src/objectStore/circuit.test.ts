import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline } from "@akidb/base";
import { type S3Server, startS3Server } from "@akidb/objects/s3-server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";
import { unmeasuredDatabase } from "../telemetry/databaseMeter.ts";
import { untraced } from "../telemetry/span.ts";

const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };

let directory: string;
let server: S3Server;
let database: Database;
const events: LogEvent[] = [];
const retried: string[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-circuit-"));
  server = await startS3Server();
  database = await openDatabase({
    directory,
    command: "test",
    objectStore: {
      kind: "s3",
      bucket: server.bucketName,
      endpoint: server.endpoint,
      ...server.credentials,
      forcePathStyle: true,
    },
    objectStoreTuning: {
      retry: { attemptsMax: 2, firstDelayMs: 1 },
      circuit: { restMs: 20, restMsMax: 20 },
    },
    wal: { sync: "never" },
    log: (event) => events.push(event),
    telemetry: {
      tracer: untraced,
      meter: { ...unmeasuredDatabase, retried: (operation) => retried.push(operation) },
    },
  });
  await database.loaded();
});
afterAll(async () => {
  await database.close();
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const away = { kind: "refuse", status: 503, code: "ServiceUnavailable" } as const;
const gauges = () => database.execute(operations.getGauges, {}, call);
const list = () => database.execute(operations.listSnapshots, { collection: "books" }, call);

it("while the object store is away it is told, nobody waits for it, and all on the machine is served", async () => {
  const vector = new Float32Array(16).fill(1);
  const input = { name: "books", dimension: 16, tieringPolicy: "memory_s3" } as const;
  await database.execute(operations.createCollection, input, call);
  server.faults.add({ operation: "ListObjectsV2", failing: away, times: 1_000 });
  for (let count = 0; count < 3; count++) expect((await list()).objectStoreProblem).toContain("503");
  expect(database.readiness()).toMatchObject({
    status: "degraded",
    objectStore: { circuit: expect.stringMatching(/open/), reason: expect.stringContaining("503") },
  });
  expect((await gauges()).circuitStates).toEqual({ object_store: expect.stringMatching(/open/) });
  expect((await list()).objectStoreProblem).toMatch(/the object store is away .*503/);
  expect(retried.filter((operation) => operation === "list").length).toBeGreaterThanOrEqual(3);
  const upsert = { collection: "books", documents: [{ externalId: "a", vector }] };
  await database.execute(operations.upsertDocuments, upsert, call);
  const found = await database.execute(operations.query, { collection: "books", vector }, call);
  expect(found.matches).toHaveLength(1);
  server.faults.clear();
  await expect.poll(() => database.readiness().status).toBe("ready");
  expect((await list()).objectStoreProblem).toBeNull();
  expect((await gauges()).circuitStates).toEqual({ object_store: "closed" });
  expect(events.map(({ kind }) => kind).filter((kind) => kind.startsWith("object_store"))).toEqual([
    "object_store_away",
    "object_store_back",
  ]);
});
