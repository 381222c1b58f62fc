import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deadlineAfter, noDeadline, systemClock } from "@akidb/base";
import { createMockProvider } from "@akidb/embedding";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownProcess } from "./access/caller.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./openDatabase.ts";
import { operations } from "./operations/operations.ts";

let directory: string;
let server: Server;
let url: string;
let status = 200;
/** It takes requests, and never answers. */
let isSilent = false;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-embedding-"));
  const mock = await createMockProvider().model();
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (isSilent) return;
    if (status !== 200) return void response.writeHead(status).end();
    const { input } = JSON.parse(body) as { input: string[] };
    const { vectors } = await mock.embed(input);
    const data = input.map((_, index) => ({
      index,
      embedding: [...vectors.subarray(index * 16, index * 16 + 16)],
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
  rmSync(directory, { recursive: true });
});

const call = { requestId: "1", deadline: noDeadline(), caller: ownProcess };

const openWithServer = (): Promise<Database> =>
  openDatabase({ directory, command: "test", embedding: { provider: "http", url, model: "m" } });

it("embeds what is written and asked by a server", async () => {
  const database = await openWithServer();
  try {
    const created = await database.execute(operations.createCollection, { name: "a" }, call);
    expect(created).toMatchObject({ dimension: 16, embeddingModel: "m" });
    const documents = ["a red fox", "a lazy dog"].map((text) => ({ text }));
    const written = { collection: "a", documents };
    expect(await database.execute(operations.upsertDocuments, written, call)).toMatchObject({
      upsertedCount: 2,
    });
    const { matches } = await database.execute(
      operations.query,
      { collection: "a", text: "a lazy dog", topK: 1 },
      call,
    );
    expect(matches[0]?.score).toBeCloseTo(1, 5);
    expect(await database.execute(operations.listServedModels, {}, call)).toMatchObject([
      { name: "m", dimension: 16 },
    ]);
    expect(database.readiness()).toMatchObject({ status: "ready", embedding: { status: "ready" } });
    expect(await database.execute(operations.getGauges, {}, call)).toMatchObject({
      embeddingQueueDepth: { m: 0 },
    });
  } finally {
    await database.close();
  }
});

/** Embeds slowly enough to be killed meanwhile, and says who it is. */
const slowProgram = `
console.error(process.pid);
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { type, id, model, texts } = JSON.parse(line);
  const say = (message) => console.log(JSON.stringify(message));
  if (type === "hello") return say({ type: "ready", version: 1, model, dimension: 16, max_tokens: 9, fingerprint: "1" });
  setTimeout(say, 100, { type: "embeddings", id, embeddings: texts.map((text) => Array(16).fill(text.length)) });
}).on("close", () => process.exit());`;

it("embeds by a program that is killed meanwhile: what is written is whole, and nobody hears of it", async () => {
  const pids: number[] = [];
  const command = [process.execPath, "-e", slowProgram];
  const database = await openDatabase({
    directory: join(directory, "by-program"),
    command: "test",
    embedding: { provider: "subprocess", command, model: "m", batchSize: 4 },
    log: (event) => {
      if (event.kind === "embedding_program_said") pids.push(Number(event.line));
    },
  });
  try {
    await database.execute(operations.createCollection, { name: "a" }, call);
    await expect.poll(() => pids).toHaveLength(1);
    const documents = Array.from({ length: 16 }, (_, i) => ({ text: `text ${i}` }));
    const written = database.execute(operations.upsertDocuments, { collection: "a", documents }, call);
    process.kill(pids[0]!, "SIGKILL");
    expect(await written).toMatchObject({ upsertedCount: 16 });
    expect(pids).toHaveLength(2);
    expect(await database.execute(operations.count, { collection: "a" }, call)).toBe(16);
  } finally {
    await database.close();
  }
  expect(() => process.kill(pids[1]!, 0)).toThrow();
});

it("lists models without waiting long for a server that is silent, as they were last known", async () => {
  isSilent = true;
  const database = await openWithServer();
  try {
    using deadline = deadlineAfter(systemClock, 10_000);
    const asked = { ...call, deadline };
    const known = { name: "m", dimension: 16, state: "unavailable", isDefault: true, collectionCount: 1 };
    expect(await database.execute(operations.listModels, {}, asked)).toMatchObject([known]);
    await expect(database.execute(operations.listServedModels, {}, asked)).rejects.toMatchObject({
      code: "unavailable",
    });
  } finally {
    isSilent = false;
    await database.close();
  }
});

it("opens while the server is away, serves what needs none, and decides nothing about models", async () => {
  status = 401;
  const database = await openWithServer();
  try {
    const vector = new Float32Array(16).fill(1);
    const withVector = { collection: "a", documents: [{ vector }] };
    expect(await database.execute(operations.upsertDocuments, withVector, call)).toMatchObject({
      upsertedCount: 1,
    });
    expect(
      (await database.execute(operations.query, { collection: "a", vector }, call)).matches,
    ).toHaveLength(3);
    const withText = { collection: "a", documents: [{ text: "words" }] };
    const away = { code: "unavailable", message: expect.stringContaining("refuses the key") };
    await expect(database.execute(operations.upsertDocuments, withText, call)).rejects.toMatchObject(away);
    const creating = database.execute(operations.createCollection, { name: "b", dimension: 16 }, call);
    await expect(creating).rejects.toMatchObject(away);
    const models = await database.execute(operations.listModels, {}, call);
    expect(models).toMatchObject([{ name: "m", provider: "http", state: "unavailable", collectionCount: 1 }]);
    expect(database.readiness()).toMatchObject({ status: "degraded", embedding: { status: "degraded" } });
  } finally {
    await database.close();
    status = 200;
  }
});
