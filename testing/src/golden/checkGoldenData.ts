import assert from "node:assert/strict";
import { type AkiDb, isAkiDbError, type QueryInput } from "@akidb/base";
import {
  addedKey,
  deletedKey,
  finalGeneration,
  finalGenerationMax,
  goldenCount,
  goldenDocument,
  keyOf,
  snapshotGeneration,
} from "./goldenData.ts";

type GenerationOf = (key: number) => number | undefined;

/**
 * Looks for all that golden data are, by keys, vectors, filters and texts; restores their snapshot as another collection
 * and writes.
 *
 * @throws AssertionError
 */
export async function checkGoldenData(db: AkiDb): Promise<void> {
  await checkCollection(db, "flat", 5, () => snapshotGeneration);
  await checkCollection(db, "graph", goldenCount + 1, finalGeneration);

  const graph = db.collection("graph");
  const [snapshot, ...others] = (await graph.listSnapshots()).items;
  assert.deepEqual(others, []);
  const { id, state, documentCount, lsn } = snapshot!;
  assert.deepEqual({ state, documentCount, lsn }, { state: "ready", documentCount: goldenCount, lsn: 1 });
  await graph.restoreSnapshot(id, { into: "clone" });
  await checkCollection(db, "clone", goldenCount, () => snapshotGeneration);

  await graph.upsert([goldenDocument(deletedKey, 1)]);
  assert.equal((await graph.get(keyOf(deletedKey))).version, 1);
}

async function checkCollection(
  db: AkiDb,
  name: string,
  count: number,
  generationOf: GenerationOf,
): Promise<void> {
  const keys = Array.from({ length: count }, (_, key) => key);
  for (const key of keys) await checkDocument(db, name, { key, count, generation: generationOf(key) });
  for (const generation of [snapshotGeneration, finalGenerationMax]) {
    const ofGeneration = keys.filter((key) => generationOf(key) === generation);
    const filter = { "nested.list": "x", generation };
    const { vector } = goldenDocument(0, 1);
    const filtered = ofGeneration.filter((key) => key % 4 > 0);
    await checkMatches(db, name, { vector, topK: count, filter }, filtered);
    const withText = ofGeneration.filter((key) => key % 3 > 0);
    await checkMatches(db, name, { fullText: `"of ${generation}"`, topK: count }, withText);
  }
  const { documentCount, state } = await db.getCollection(name);
  const expectedCount = keys.map(generationOf).filter(Boolean).length;
  assert.deepEqual({ documentCount, state }, { documentCount: expectedCount, state: "ready" });
}

interface ExpectedDocument {
  readonly key: number;
  readonly count: number;
  readonly generation: number | undefined;
}

async function checkDocument(
  db: AkiDb,
  name: string,
  { key, count, generation }: ExpectedDocument,
): Promise<void> {
  const collection = db.collection(name);
  const include = ["metadata", "text", "vector"] as const;
  const found = collection.get(keyOf(key), { include });
  if (generation === undefined) {
    await assert.rejects(found, (error) => isAkiDbError(error) && error.code === "not_found");
    return;
  }
  const expected = goldenDocument(key, generation);
  const { id, insertedAt, updatedAt, version, ...contents } = await found;
  assert.deepEqual(contents, expected);
  assert.equal(version, generation === snapshotGeneration || key === addedKey ? 1 : 2);
  const { matches } = await collection.query({ vector: expected.vector, topK: count, include });
  const match = matches.find((candidate) => candidate.id === id);
  assert.partialDeepStrictEqual(match, expected);
  assert.ok(Math.abs(matches[0]!.score - 1) < 0.005, `${name}/${keyOf(key)} is not the nearest of itself`);
}

async function checkMatches(
  db: AkiDb,
  name: string,
  query: QueryInput,
  expectedKeys: readonly number[],
): Promise<void> {
  const { matches } = await db.collection(name).query(query);
  const found = new Set(matches.map(({ externalId }) => externalId));
  assert.deepEqual(found, new Set(expectedKeys.map(keyOf)));
}
