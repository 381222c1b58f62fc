import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline } from "@akidb/base";
import { createMockProvider } from "@akidb/embedding";
import { encodeSealedJson } from "@akidb/engine";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import type { EmbeddingOptions } from "../openEmbedding.ts";
import { defineOperation, type Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";
import { neededModels } from "./neededModels.ts";

/** What the server has, each with its dimension; what is taken out does not answer. */
const dimensions = new Map<string, number>();
/** How many texts it was asked for with each. */
const asked = new Map<string, number>();
let gate: Promise<void> = Promise.resolve();
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { input, model } = JSON.parse(body) as { input: string[]; model: string };
    asked.set(model, (asked.get(model) ?? 0) + input.length);
    await gate;
    const dimension = dimensions.get(model);
    if (dimension === undefined) return void response.writeHead(404).end();
    const { vectors } = await (await createMockProvider().model("mock", dimension)).embed(input);
    const data = input.map((_, index) => ({
      index,
      embedding: [...vectors.subarray(index * dimension, (index + 1) * dimension)],
    }));
    response.end(JSON.stringify({ data, usage: { total_tokens: input.length } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let directory: string;
let database: Database;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-switch-"));
  dimensions.clear();
  dimensions.set("old", 16).set("new", 24);
  asked.clear();
  gate = Promise.resolve();
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const http = (model: string) => ({ provider: "http", url, model }) as const;

async function open(embedding: EmbeddingOptions = { ...http("old"), next: http("new") }): Promise<void> {
  database = await openDatabase({ directory, command: "test", embedding });
  await database.loaded();
}

async function reopen(embedding?: EmbeddingOptions): Promise<void> {
  await database.close();
  await open(embedding);
}

const call = { requestId: "1", deadline: noDeadline(), caller: ownProcess };
const execute = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
  database.execute(operation, input, call);

const create = async (name: string) =>
  (await execute(operations.createCollection, { name })).modelFingerprint;
const embed = (model?: string) =>
  execute(operations.embed, { texts: ["a red fox"], ...(model !== undefined && { model }) });
const write = (collection: string, text: string) =>
  execute(operations.upsertDocuments, { collection, documents: [{ text }] });
const best = async (collection: string, text: string) =>
  (await execute(operations.query, { collection, text, topK: 1 })).matches[0]?.score;
const listed = async () =>
  (await execute(operations.listModels, {})).map(
    ({ name, state, isDefault, collectionCount }) =>
      `${name} ${state} ${collectionCount}${isDefault ? " default" : ""}`,
  );
const statusOf = (name: string) =>
  database.readiness().embedding.models.find(({ model }) => model === name)?.status;
const ready = (name: string) => vi.waitFor(() => expect(statusOf(name)).toBe("ready"));

/** What the server does from minute to minute. */
const unloadUnneeded = defineOperation<undefined, void>({
  name: "unloadUnneeded",
  permission: "server::admin",
  resource: theServer,
  run: ({ embedding, collections }) => embedding.unloadUnneeded(neededModels(collections.records())),
});

test("the next model is warmed, chosen, and stays so beyond a restart; collections stay with theirs", async () => {
  await open();
  expect(await create("a")).toBe("http/1/old/16");
  await write("a", "a red fox");
  await ready("new");
  // The question for its dimension, and the text that warms it.
  expect(asked.get("new")).toBe(2);
  expect(await listed()).toEqual(["old ready 1 default", "new ready 0"]);

  expect(await execute(operations.switchModel, { model: "new" })).toMatchObject({
    name: "new",
    dimension: 24,
    isDefault: true,
  });
  expect(await create("b")).toBe("http/1/new/24");
  expect(await embed()).toMatchObject({ model: "new", dimension: 24 });
  expect(await embed("old")).toMatchObject({ model: "old", dimension: 16 });
  expect(await execute(operations.listServedModels, {})).toMatchObject([{ name: "new" }, { name: "old" }]);

  await reopen();
  expect(await create("c")).toBe("http/1/new/24");
  await write("c", "a lazy dog");
  expect(await best("a", "a red fox")).toBeCloseTo(1, 5);
  expect(await best("c", "a lazy dog")).toBeCloseTo(1, 5);
  expect(await listed()).toEqual(["new ready 2 default", "old ready 1"]);

  // As the operator leaves it in the end: the choice is that of the configuration, and means nothing more.
  await reopen(http("new"));
  expect(await create("d")).toBe("http/1/new/24");
  await expect(write("a", "a lazy dog")).resolves.toMatchObject({
    items: [{ ok: false, code: "failed_precondition" }],
  });
  await reopen(http("old"));
  expect(await create("e")).toBe("http/1/old/16");
});

test("what is under way during the switch is answered, and by the model that it asked", async () => {
  await open();
  await create("a");
  await write("a", "a red fox");
  await ready("new");
  let release = () => {};
  gate = new Promise((resolve) => {
    release = resolve;
  });
  // Not the texts that are known from before, which need no server.
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  const writes = texts.slice(0, 20).map((text) => write("a", text));
  const embeddings = texts.map((text) => execute(operations.embed, { texts: [text] }));
  const switching = execute(operations.switchModel, { model: "new" });
  release();
  const after = texts.map((text) => execute(operations.embed, { texts: [text] }));
  await switching;
  const later = texts.map((text) => execute(operations.embed, { texts: [text] }));
  await execute(unloadUnneeded, undefined);
  expect((await Promise.all(writes)).every(({ upsertedCount }) => upsertedCount === 1)).toBe(true);
  for (const {
    model,
    dimension,
    embeddings: [vector],
  } of await Promise.all([...embeddings, ...after])) {
    expect(vector).toHaveLength(dimension);
    expect(dimension).toBe(dimensions.get(model));
  }
  for (const { model } of await Promise.all(later)) expect(model).toBe("new");
  for (const text of texts.slice(0, 20)) expect(await best("a", text)).toBeCloseTo(1, 5);
});

test("a next model that is away hurts nobody, and is not switched to", async () => {
  dimensions.delete("new");
  await open();
  expect(await create("a")).toBe("http/1/old/16");
  await vi.waitFor(() => expect(statusOf("new")).toBe("degraded"));
  expect(database.readiness()).toMatchObject({ status: "ready", embedding: { status: "ready" } });
  expect(await listed()).toEqual(["old ready 1 default"]);
  expect(await execute(operations.listServedModels, {})).toMatchObject([{ name: "old" }]);
  await expect(execute(operations.switchModel, { model: "new" })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(await embed()).toMatchObject({ model: "old" });
  await expect(execute(operations.switchModel, { model: "gpt" })).rejects.toMatchObject({
    code: "not_found",
  });

  dimensions.set("new", 24);
  await execute(operations.switchModel, { model: "new" });
  expect(await embed()).toMatchObject({ model: "new" });
});

/** Writes down which process it is. */
const program = `
require("node:fs").appendFileSync(process.argv[1], process.pid + "\\n");
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { type, id, model, texts } = JSON.parse(line);
  const answer = type === "hello"
    ? { type: "ready", version: 1, model, dimension: 16, max_tokens: 9, fingerprint: "f" }
    : { type: "embeddings", id, tokens: texts.length, embeddings: texts.map(() => Array(16).fill(0.25)) };
  process.stdout.write(JSON.stringify(answer) + "\\n");
});`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("the one before is unloaded once no collection needs it, and loaded by who names it", async () => {
  const file = join(directory, "pids");
  const running = () => readFileSync(file, "utf8").trim().split("\n").map(Number).map(isAlive);
  const command = [process.execPath, "-e", program, file];
  const both: EmbeddingOptions = {
    ...{ provider: "subprocess", command, model: "old" },
    next: { provider: "mock" },
  };
  await open(both);
  await create("a");
  await write("a", "a red fox");
  await execute(operations.switchModel, { model: "mock" });
  for (let minute = 0; minute < 3; minute++) await execute(unloadUnneeded, undefined);
  expect(running()).toEqual([true]);
  expect(await listed()).toEqual(["mock ready 0 default", "old ready 1"]);

  await execute(operations.deleteCollection, { collection: "a" });
  await execute(unloadUnneeded, undefined);
  expect(running()).toEqual([false]);
  expect(statusOf("old")).toBe("unloaded");
  expect(await listed()).toEqual(["mock ready 0 default", "old unloaded 0"]);
  await reopen(both);
  expect(await listed()).toEqual(["mock ready 0 default", "old unloaded 0"]);
  expect(await execute(operations.listServedModels, {})).toMatchObject([
    { name: "mock", dimension: 16 },
    { name: "old", dimension: 16 },
  ]);
  expect(running()).toEqual([false]);
  expect(await embed("old")).toMatchObject({ model: "old", dimension: 16 });
  expect(running()).toEqual([false, true]);
  // It was asked a moment ago, and may be asked again.
  await execute(unloadUnneeded, undefined);
  expect(running()).toEqual([false, true]);
  await execute(operations.switchModel, { model: "old" });
  for (let minute = 0; minute < 3; minute++) await execute(unloadUnneeded, undefined);
  expect(await listed()).toEqual(["old ready 0 default", "mock ready 0"]);
});

test("a choice that is damaged is told of, and one of a newer version is not guessed at", async () => {
  const both: EmbeddingOptions = { next: { provider: "mock" } };
  await open(both);
  await execute(operations.switchModel, { model: "mock" });
  const file = join(directory, "default-model.json");
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, whole.replace("mock", "mick"));
  await reopen(both);
  expect(database.readiness()).toMatchObject({
    status: "degraded",
    damages: [{ file: "default-model.json", collectionId: null }],
  });
  expect(await embed()).toMatchObject({ model: "hashing" });
  await execute(operations.switchModel, { model: "mock" });
  expect(readFileSync(file, "utf8")).toBe(whole);
  await reopen(both);
  expect(database.readiness()).toMatchObject({ status: "ready", damages: [] });
  expect(await embed()).toMatchObject({ model: "mock" });
  writeFileSync(file, encodeSealedJson({ format: 2, model: "mock" }));
  await expect(reopen(both)).rejects.toMatchObject({ code: "failed_precondition" });
  writeFileSync(file, whole);
  await open(both);
});
