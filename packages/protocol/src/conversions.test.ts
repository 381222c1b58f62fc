import type {
  CollectionInfo,
  CreateCollectionInput,
  Document,
  DocumentInput,
  EmbedResult,
  Page,
  QueryInput,
  QueryResult,
  UpsertResult,
} from "@akidb/base";
import { describe, expect, test } from "vitest";
import {
  collectionFromWire,
  collectionListFromWire,
  collectionListToWire,
  collectionToWire,
  createCollectionFromWire,
  createCollectionToWire,
} from "./collection.ts";
import { documentFromWire, documentInputFromWire, documentInputToWire, documentToWire } from "./document.ts";
import { embedFromWire, embedResultFromWire, embedResultToWire, embedToWire } from "./embed.ts";
import { queryFromWire, queryToWire } from "./query.ts";
import { queryResultFromWire, queryResultToWire } from "./queryResult.ts";
import { refusedUpsertToWire, upsertResultFromRefusal } from "./refusedUpsert.ts";
import { upsertFromWire, upsertResultFromWire, upsertResultToWire, upsertToWire } from "./upsert.ts";

const id = "019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d";
const time = "2026-01-31T09:30:00.000Z";

const collection: CollectionInfo = {
  id,
  databaseId: id,
  name: "books",
  dimension: 16,
  metric: "l2",
  embeddingModel: null,
  modelFingerprint: null,
  maxDocumentCount: 10,
  hnsw: { m: 8, efConstruction: 40 },
  quantization: "binary",
  textIndex: { language: "german" },
  tieringPolicy: "memory_s3",
  syncPolicy: "manual",
  walRetentionSeconds: 7,
  documentCount: 3,
  indexedCount: 2,
  recallEstimate: { recall: 0.98, checks: 7 },
  payloadIndexes: [
    { field: "year", type: "number", documentCount: 3, memoryBytes: 2, notice: null },
    { field: "a\\.b", type: "auto", documentCount: 1, memoryBytes: 1, notice: "hashed" },
  ],
  payloadNotice: "there were more",
  memoryBytes: 4,
  diskBytes: 5,
  tier: "warm",
  state: "damaged",
  stateReason: "checksum",
  damages: [{ file: "wal/1.wal", problem: "checksum", loss: "some", effect: "a hole", remedy: "a copy" }],
  createdAt: time,
  updatedAt: time,
};

const wholeInput: DocumentInput = {
  id,
  externalId: "a",
  vector: Float32Array.of(1, 2),
  text: "",
  metadata: { externalId: null },
};

const wholeDocument: Document = {
  id,
  externalId: "a",
  vector: Float32Array.of(0.1, 2),
  text: "t",
  metadata: {},
  insertedAt: time,
  updatedAt: time,
  version: 2,
};

const overJson = <Wire>(wire: Wire): Wire => JSON.parse(JSON.stringify(wire)) as Wire;

describe("what goes over the wire comes out the same", () => {
  test("collections", () => {
    expect(collectionFromWire(overJson(collectionToWire(collection)))).toEqual(collection);
    const pages: Page<CollectionInfo>[] = [{ items: [] }, { items: [collection], nextCursor: "next" }];
    for (const page of pages) {
      expect(collectionListFromWire(overJson(collectionListToWire(page)))).toStrictEqual(page);
    }
    const inputs: CreateCollectionInput[] = [
      { name: "a" },
      { name: "a", hnsw: {} },
      { name: "a", hnsw: { m: 4 } },
      {
        name: "a",
        dimension: 16,
        metric: "dot",
        embeddingModel: "hashing",
        maxDocumentCount: 1,
        hnsw: { m: 64, efConstruction: 100 },
        quantization: "none",
        payloadIndexes: { year: "number", "a\\.b": "geo" },
        tieringPolicy: "memory_s3",
        syncPolicy: "scheduled",
        walRetentionSeconds: 0,
      },
    ];
    for (const input of inputs) {
      expect(createCollectionFromWire(overJson(createCollectionToWire(input)))).toStrictEqual(input);
    }
  });

  test("documents", () => {
    for (const input of [wholeInput, {}]) {
      expect(documentInputFromWire(overJson(documentInputToWire(input)), "")).toStrictEqual(input);
    }
    const bare: Document = { id, insertedAt: time, updatedAt: time, version: 1 };
    for (const document of [wholeDocument, bare]) {
      expect(documentFromWire(overJson(documentToWire(document)))).toStrictEqual(document);
    }
  });

  test("upserts", () => {
    for (const request of [{ documents: [wholeInput] }, { documents: [], atomic: true }]) {
      expect(upsertFromWire(overJson(upsertToWire(request)))).toStrictEqual(request);
    }
    const result: UpsertResult = {
      upsertedCount: 1,
      items: [
        { ok: true, id, version: 1 },
        { ok: false, code: "quota_exceeded", detail: "full", violations: [] },
        { ok: false, code: "invalid_argument", detail: "bad", violations: [{ path: "id", detail: "bad" }] },
      ],
    };
    const wire = overJson(upsertResultToWire(result, 1.5));
    expect(wire).toMatchObject({ upserted: 1, failed: 2, latency_ms: 1.5 });
    expect(upsertResultFromWire(wire)).toStrictEqual(result);
  });

  test("queries", () => {
    const inputs: QueryInput[] = [
      { text: "a" },
      { vector: Float32Array.of(1), topK: 3, ef: 40, exact: true, include: ["vector"] },
      { text: "a", exact: false },
    ];
    for (const input of inputs) expect(queryFromWire(overJson(queryToWire(input)))).toStrictEqual(input);
    const { insertedAt, updatedAt, version, ...part } = wholeDocument;
    const result: QueryResult = {
      matches: [
        { ...part, score: -0.5, distance: 0.5 },
        { id, score: 1, distance: 0 },
      ],
      latencyMs: 0.25,
    };
    expect(queryResultFromWire(overJson(queryResultToWire(result)))).toStrictEqual(result);
  });

  test("embeddings", () => {
    for (const input of [{ texts: ["a", ""] }, { texts: [], model: "m" }]) {
      expect(embedFromWire(overJson(embedToWire(input)))).toStrictEqual(input);
    }
    const result: EmbedResult = {
      embeddings: [Float32Array.of(0.1, 2)],
      model: "m",
      dimension: 2,
      usage: { totalTokens: 3, durationMs: 0.5 },
    };
    expect(embedResultFromWire(overJson(embedResultToWire(result)))).toStrictEqual(result);
  });
});

describe("two names of one field", () => {
  test("mean the same", () => {
    expect(documentInputFromWire({ doc_id: id }, "")).toEqual({ id });
    expect(queryFromWire({ query_vector: [1] })).toEqual({ vector: Float32Array.of(1) });
  });

  test("are refused together", () => {
    const twice = { documents: [{}, { id, doc_id: id }] };
    expect(() => upsertFromWire(twice)).toThrow("documents[1].doc_id: is the same as id; give one of them");
    expect(() => queryFromWire({ vector: [1], query_vector: [1] })).toThrow(
      "query_vector: is the same as vector",
    );
  });
});

describe("a batch of which nothing was written", () => {
  const refused: UpsertResult = {
    upsertedCount: 0,
    items: [
      { ok: false, code: "already_exists", detail: "taken", violations: [] },
      {
        ok: false,
        code: "invalid_argument",
        detail: "bad",
        violations: [{ path: "vector[17]", detail: "bad" }],
      },
    ],
  };

  test("is a problem of the first document's code that names every field", () => {
    expect(refusedUpsertToWire(refused, "request-1")).toMatchObject({
      status: 409,
      code: "already_exists",
      detail: "none of the 2 documents was written: taken",
      request_id: "request-1",
      errors: [
        { path: "documents[0]", detail: "taken" },
        { path: "documents[1].vector[17]", detail: "bad" },
      ],
    });
  });

  test("keeps every document's own reason", () => {
    expect(upsertResultFromRefusal(overJson(refusedUpsertToWire(refused, "1")))).toStrictEqual(refused);
    for (const body of [undefined, null, "x", {}, { code: "not_found", detail: "x" }]) {
      expect(upsertResultFromRefusal(body)).toBeUndefined();
    }
  });

  test("is no problem if it was empty, or something was written", () => {
    expect(refusedUpsertToWire({ upsertedCount: 0, items: [] }, "1")).toBeUndefined();
    const written = { upsertedCount: 1, items: [...refused.items, { ok: true, id, version: 1 } as const] };
    expect(refusedUpsertToWire(written, "1")).toBeUndefined();
  });
});
