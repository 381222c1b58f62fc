import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@akidb/base";
import { open } from "@akidb/database";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, it } from "vitest";

const seed = 19;
const dimension = 48;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-interop-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

it(`DuckDB finds in a snapshot what an exact query finds in the collection (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  const vector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
  const document = (key: number) => ({ externalId: `d${key}`, vector: vector(), metadata: { key } });
  const db = await open({ path: directory, hnsw: { threshold: 500 } });
  const { id: collectionId } = await db.createCollection({ name: "docs", dimension });
  const collection = db.collection("docs");
  await collection.upsert(Array.from({ length: 1_500 }, (_, key) => document(key)));
  // What was replaced and deleted must not be found any more.
  await collection.upsert(Array.from({ length: 200 }, (_, key) => document(key * 3)));
  for (let key = 1; key < 30; key += 2) await collection.delete(`d${key}`);
  const { id: snapshotId, documentCount } = await collection.createSnapshot();
  const queries = Array.from({ length: 5 }, vector);
  const expected = [];
  for (const query of queries) {
    const { matches } = await collection.query({ vector: query, topK: 10, exact: true });
    expected.push(matches.map(({ id, externalId, score }) => ({ id, externalId, score })));
  }
  await db.close();

  const path = join(directory, "collections", collectionId, "snapshots", snapshotId, "documents.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const duck = await instance.connect();
  try {
    const counted = await duck.runAndReadAll(`SELECT count(*)::INTEGER AS n FROM '${path}'`);
    expect(counted.getRowObjectsJson()).toEqual([{ n: documentCount }]);
    for (const [n, query] of queries.entries()) {
      const reader = await duck.runAndReadAll(`
        SELECT id, external_id, list_cosine_similarity(vector, [${[...query]}]::FLOAT[]) AS score
        FROM '${path}' ORDER BY score DESC LIMIT 10`);
      const found = reader.getRowObjectsJson();
      expect(found.map((row) => row["id"])).toEqual(expected[n]!.map(({ id }) => id));
      expect(found.map((row) => row["external_id"])).toEqual(expected[n]!.map((match) => match.externalId));
      for (const [rank, { score }] of expected[n]!.entries()) {
        expect(found[rank]!["score"]).toBeCloseTo(score, 5);
      }
    }
  } finally {
    duck.closeSync();
    instance.closeSync();
  }
});
