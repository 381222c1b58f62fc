import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { type Catalog, openCatalog } from "@akidb/catalog";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { openTenants } from "../access/tenants.test.support.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";

const call = { requestId: "1", deadline: noDeadline(), caller: ownProcess };
const texts = { collection: "a", documents: [{ text: "a red fox" }] };
const vector = new Float32Array(16).fill(1);

let directory: string;
let database: Database;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-models-"));
  database = await openDatabase({ directory, command: "test" });
  await database.execute(operations.createCollection, { name: "a", dimension: 16 }, call);
  await database.execute(operations.upsertDocuments, texts, call);
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const collection = () => database.execute(operations.getCollection, { collection: "a" }, call);

/** As another version of AkiDB, or with another model, has left it. */
async function leftWith(modelFingerprint: string | null): Promise<void> {
  await database.close();
  const sources = { clock: systemClock, ids: new UuidV7Generator(systemClock, systemRandom) };
  const catalog: Catalog = await openCatalog({ path: join(directory, "catalog.db"), ...sources });
  const [record] = (await catalog.collections.list("all")).items;
  if (modelFingerprint !== null) {
    const model = { name: "hashing", provider: "hashing", dimension: 16, maxTokens: null };
    await catalog.models.register({ ...model, fingerprint: modelFingerprint });
  }
  await catalog.collections.update(record!.id, { modelFingerprint });
  await catalog.close();
  database = await openDatabase({ directory, command: "test" });
}

test("a collection is pinned to its model when it is created, and so is what is restored from it", async () => {
  expect(await collection()).toMatchObject({
    embeddingModel: "hashing",
    modelFingerprint: "hashing/1/16",
  });
  const { id: snapshot } = await database.execute(operations.createSnapshot, { collection: "a" }, call);
  const restoring = { collection: "a", snapshot, into: "b" };
  expect(await database.execute(operations.restoreSnapshot, restoring, call)).toMatchObject({
    modelFingerprint: "hashing/1/16",
  });
});

test("another model of the same name embeds nothing for it, and it is served by vectors as before", async () => {
  await leftWith("hashing/0/16");
  const refusal = {
    code: "failed_precondition",
    message: expect.stringMatching(
      /^collection "a" was embedded with another model of the name "hashing": .*hashing\/0\/16.*hashing\/1\/16.*configure/,
    ),
  };
  const query = { collection: "a", text: "fox" };
  await expect(database.execute(operations.query, query, call)).rejects.toMatchObject(refusal);
  const mixed = { collection: "a", documents: [...texts.documents, { vector }] };
  expect(await database.execute(operations.upsertDocuments, mixed, call)).toMatchObject({
    items: [{ ok: false, code: refusal.code, detail: refusal.message }, { ok: true }],
  });
  const { matches } = await database.execute(operations.query, { collection: "a", vector }, call);
  expect(matches).toHaveLength(2);
  expect(await collection()).toMatchObject({ modelFingerprint: "hashing/0/16" });
  const [first, second] = await database.execute(operations.listModels, {}, call);
  expect(first).toMatchObject({ fingerprint: "hashing/1/384", state: "ready", isDefault: true });
  expect(second).toMatchObject({ fingerprint: "hashing/0/16", state: "absent", collectionCount: 1 });
});

test("one from before is pinned by the first document that is embedded for it, not by a query", async () => {
  await leftWith(null);
  expect(await collection()).toMatchObject({ modelFingerprint: null });
  const query = { collection: "a", text: "a red fox" };
  expect((await database.execute(operations.query, query, call)).matches[0]?.score).toBeCloseTo(1, 5);
  const withVector = { collection: "a", documents: [{ vector }] };
  await database.execute(operations.upsertDocuments, withVector, call);
  expect(await collection()).toMatchObject({ modelFingerprint: null });
  const written = await Promise.all(
    [0, 1, 2].map(() => database.execute(operations.upsertDocuments, texts, call)),
  );
  expect(written.map(({ upsertedCount }) => upsertedCount)).toEqual([1, 1, 1]);
  expect(await collection()).toMatchObject({ modelFingerprint: "hashing/1/16" });
  await database.close();
  database = await openDatabase({ directory, command: "test" });
  expect(await collection()).toMatchObject({ modelFingerprint: "hashing/1/16" });
  expect(await database.execute(operations.count, { collection: "a" }, call)).toBe(5);
});

test("a tenant sees the server's models and those of its own collections, with how many there are", async () => {
  const tenants = await openTenants();
  try {
    const acme = await tenants.callerWith(await tenants.createTenant("acme"), { role: "admin" });
    const globex = await tenants.callerWith(await tenants.createTenant("globex"), { role: "admin" });
    for (const [name, dimension] of [
      ["a", 16],
      ["b", 16],
      ["c", 24],
    ] as const) {
      await tenants.as(acme, operations.createCollection, { name, dimension });
    }
    await tenants.as(globex, operations.createCollection, { name: "a", dimension: 16 });
    const seen = async (who: typeof acme) =>
      (await tenants.as(who, operations.listModels, {})).map(
        ({ fingerprint, collectionCount }) => `${fingerprint} ${collectionCount}`,
      );
    expect(await seen(acme)).toEqual(["hashing/1/384 0", "hashing/1/16 2", "hashing/1/24 1"]);
    expect(await seen(globex)).toEqual(["hashing/1/384 0", "hashing/1/16 1"]);
    const [, narrow] = await tenants.as(acme, operations.listModels, {});
    expect(await tenants.as(globex, operations.getModel, { model: narrow!.id })).toMatchObject({
      collectionCount: 1,
    });
    expect(await tenants.as(acme, operations.getModel, { model: "hashing" })).toMatchObject({
      dimension: 384,
      isDefault: true,
    });
  } finally {
    await tenants.close();
  }
});
