import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AkiDb, Collection } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenOptions, open } from "../open.ts";

const count = 300;
let directory: string;
let database: AkiDb;
let collection: Collection;
let id: string;

const vectorOf = (value: number) =>
  Float32Array.from({ length: 16 }, (_, at) => Math.sin(value * (at + 1)) + Math.cos(value * at * 0.7));
const documentOf = (n: number) => ({
  externalId: `d${n}`,
  vector: vectorOf(n),
  text: `text ${n}`,
  metadata: { n },
});
const include = ["vector", "metadata", "text"] as const;
const query = { vector: vectorOf(3.3), topK: 20, include };

async function openDatabase(options: Partial<OpenOptions> = {}): Promise<void> {
  database = await open({
    path: directory,
    wal: { sync: "never" },
    hnsw: { threshold: 100 },
    tiering: { intervalMs: 10, search: "in_place" },
    ...options,
  });
  collection = database.collection("c");
}

/** Of a graph, and warm. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-in-place-"));
  await openDatabase();
  ({ id } = await database.createCollection({ name: "c", dimension: 16, tieringPolicy: "memory_s3" }));
  await collection.upsert(Array.from({ length: count }, (_, n) => documentOf(n)));
  while ((await database.getCollection("c")).indexedCount < count) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const tier = async () => (await collection.getTier()).tier;

describe("a warm collection that is searched in place", () => {
  it("answers as it did in memory, and stays warm", async () => {
    const { matches } = await collection.query(query);
    await collection.changeTier("demote_to_warm");
    expect((await collection.query(query)).matches).toEqual(matches);
    expect((await collection.query({ ...query, exact: true })).matches).toEqual(matches);
    expect(await collection.get("d7", { include })).toMatchObject(documentOf(7));
    expect(await tier()).toBe("warm");
    expect(await database.tierMetrics()).toMatchObject({
      warm: { collectionCount: 1 },
      hot: { collectionCount: 0 },
    });
  });

  it("is brought into memory by a write, and by whoever asks for it; reads go on meanwhile", async () => {
    await collection.changeTier("demote_to_warm");
    await collection.query(query);
    const fresh = { ...documentOf(1_000), vector: query.vector };
    const [{ upsertedCount }, ...answers] = await Promise.all([
      collection.upsert([fresh]),
      ...Array.from({ length: 10 }, () => collection.query(query)),
    ]);
    expect(upsertedCount).toBe(1);
    for (const { matches } of answers) expect(matches).toHaveLength(20);
    expect(await tier()).toBe("hot");
    expect((await collection.query(query)).matches[0]).toMatchObject({ externalId: "d1000" });

    await collection.changeTier("demote_to_warm");
    expect((await collection.query(query)).matches[0]).toMatchObject({ externalId: "d1000" });
    expect(await tier()).toBe("warm");
    await collection.changeTier("promote_to_hot", { wait: true });
    expect(await tier()).toBe("hot");
  });

  it("takes every kind of write at once", async () => {
    for (const [write, check] of [
      [() => collection.patch("d1", { metadata: { n: -1 } }), { metadata: { n: -1 } }],
      [() => collection.delete("d2"), undefined],
      [() => collection.deleteMany({ filter: { n: 3 } }), undefined],
    ] as const) {
      await collection.changeTier("demote_to_warm");
      await collection.query(query);
      expect(await tier()).toBe("warm");
      await write();
      expect(await tier()).toBe("hot");
      if (check !== undefined) expect(await collection.get("d1", { include })).toMatchObject(check);
    }
    // One was added before.
    expect(await collection.count()).toBe(count - 1);
  });

  it("is searched in place after the next start, too", async () => {
    const { matches } = await collection.query(query);
    await collection.changeTier("demote_to_warm");
    await database.close();
    await openDatabase();
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await tier()).toBe("warm");
  });

  it("comes back so from the object store", async () => {
    const { matches } = await collection.query(query);
    expect(await collection.changeTier("demote_to_cold")).toMatchObject({ tier: "cold" });
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await tier()).toBe("warm");
  });

  it("is put right in memory where a vector is damaged", async () => {
    await collection.upsert([documentOf(400)]);
    await collection.changeTier("demote_to_warm");
    await collection.upsert([documentOf(401)]);
    const { matches } = await collection.query(query);
    await collection.changeTier("demote_to_warm");
    const checkpoints = join(directory, "collections", id, "checkpoint");
    const path = join(checkpoints, readdirSync(checkpoints).sort().at(-1)!, "segment-0");
    const bytes = readFileSync(path);
    bytes[bytes.length - 70]! ^= 4;
    rmSync(path);
    writeFileSync(path, bytes);
    const refusal = { code: "unavailable" };
    await expect(collection.query({ ...query, exact: true })).rejects.toMatchObject(refusal);
    expect((await collection.query(query)).matches).toEqual(matches);
    expect(await tier()).toBe("hot");
  });
});
