import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline } from "@akidb/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { modelByReference } from "./modelByReference.ts";

let directory: string;
let database: Database;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-two-models-"));
  database = await openDatabase({ directory, command: "test", embedding: { next: { provider: "mock" } } });
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const call = { requestId: "1", deadline: noDeadline(), caller: ownProcess };
const execute = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
  database.execute(operation, input, call);

test("each collection is embedded by its own model, and what names none by the first", async () => {
  expect(await execute(operations.createCollection, { name: "old" })).toMatchObject({
    modelFingerprint: "hashing/1/384",
  });
  expect(await execute(operations.createCollection, { name: "new", embeddingModel: "mock" })).toMatchObject({
    modelFingerprint: "mock/1/16",
  });
  for (const collection of ["old", "new"]) {
    const documents = [{ text: "a red fox" }, { text: "a lazy dog" }];
    expect(await execute(operations.upsertDocuments, { collection, documents })).toMatchObject({
      upsertedCount: 2,
    });
    const { matches } = await execute(operations.query, { collection, text: "a lazy dog", topK: 1 });
    expect(matches[0]?.score).toBeCloseTo(1, 5);
  }
  expect(await execute(operations.embed, { texts: ["a"] })).toMatchObject({ model: "hashing" });
  expect(await execute(operations.embed, { texts: ["a"], model: "mock" })).toMatchObject({ dimension: 16 });
  await expect(execute(operations.embed, { texts: ["a"], model: "x" })).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [{ path: "model", detail: '"x" is not known; the models are: hashing, mock' }],
  });
});

test("both are listed, and found by name and by id", async () => {
  const listed = await execute(operations.listModels, {});
  expect(listed).toMatchObject([
    { name: "hashing", provider: "hashing", state: "ready", isDefault: true, collectionCount: 1 },
    { name: "mock", provider: "mock", state: "ready", isDefault: false, collectionCount: 1 },
  ]);
  expect(await execute(operations.listServedModels, {})).toMatchObject([
    { name: "hashing", dimension: 384 },
    { name: "mock", dimension: 16 },
  ]);
  const find = defineOperation<string, string>({
    name: "find",
    permission: "server::admin",
    resource: theServer,
    run: async (context, reference) => (await modelByReference(context, reference)).fingerprint,
  });
  expect(await execute(find, "mock")).toBe("mock/1/16");
  expect(await execute(find, listed[1]!.id)).toBe("mock/1/16");
  await expect(execute(find, "x")).rejects.toMatchObject({ code: "not_found" });
  expect(database.readiness().embedding).toEqual({
    status: "ready",
    models: [
      { model: "hashing", isDefault: true, status: "ready" },
      { model: "mock", isDefault: false, status: "ready" },
    ],
  });
});

test("two models of one name are refused, and what the second one lacks is named", async () => {
  const open = (next: object) =>
    openDatabase({ directory: join(directory, "other"), command: "test", embedding: { next } });
  await expect(open({})).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [{ path: "embedding.next.model" }],
  });
  await expect(open({ provider: "http", model: "m" })).rejects.toMatchObject({
    violations: [{ path: "embedding.next.url" }],
  });
});
