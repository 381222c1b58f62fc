import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { noDeadline, systemClock } from "@akidb/base";
import { type Call, type Database, openDatabase, operations, ownProcess } from "@akidb/database";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { ServingThreads } from "./servingThreads.ts";

const vectorOf = (seed: number) =>
  Array.from({ length: 16 }, (_, at) => Math.fround(Math.sin(seed + at * at)));
const documents = Array.from({ length: 50 }, (_, at) => ({
  external_id: `d-${at}`,
  vector: vectorOf(at),
  metadata: { at, ["__proto__"]: "kept", nested: { none: null } },
}));

interface Scored {
  readonly external_id: string;
  readonly score: number;
}

describe("threads that serve", () => {
  let server: TestServer;
  const books = "/api/v1/collections/books";

  beforeAll(async () => {
    // Every collection has a graph, which the threads search by themselves.
    const flags = { "--server-threads": "2", "--hnsw-threshold": "0", "--embedding-next-provider": "mock" };
    server = await startTestServer({ flags });
    await server.call("POST", "/api/v1/collections", { name: "books", dimension: 16 });
    await server.call("POST", `${books}/documents`, { documents });
  });

  afterAll(() => server.close());

  test("write what is found at once, through any of them", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const written = await server.call("POST", `${books}/insert`, {
        external_id: `new-${seed}`,
        vector: vectorOf(1_000 + seed),
      });
      const query = { vector: vectorOf(1_000 + seed), top_k: 1, include: ["metadata", "vector"] };
      const found = await server.call("POST", `${books}/query`, query);
      expect(found.body.matches).toMatchObject([
        { id: written.body.id, external_id: `new-${seed}`, vector: vectorOf(1_000 + seed) },
      ]);
    }
  });

  test("give metadata back as they were", async () => {
    const { body } = await server.call("POST", `${books}/query`, { vector: vectorOf(7), top_k: 1 });
    expect(JSON.stringify(body.matches[0].metadata)).toBe(
      JSON.stringify({ at: 7, nested: { none: null } }).replace('"nested"', '"__proto__":"kept","nested"'),
    );
  });

  test("refuse in the words of the thread that decides", async () => {
    expect(await server.call("POST", `${books}/query`, { vector: [1, 2] })).toMatchObject({
      status: 400,
      body: { code: "invalid_argument", errors: [{ path: "vector" }] },
    });
    expect(await server.call("GET", "/api/v1/collections/none")).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  });

  test("answer the queries of a batch one by one, those too that could not be read", async () => {
    const queries = [
      { vector: vectorOf(3), top_k: 1 },
      { vector: { base64: "no" } },
      { text: "a", top_k: 0 },
    ];
    const { body } = await server.call("POST", `${books}/query/batch`, { queries });
    expect(body.results).toMatchObject([
      { matches: [{ external_id: "d-3" }] },
      { error: { errors: [{ path: "vector.base64" }] } },
      { error: { code: "invalid_argument" } },
    ]);
  });

  test("pass streams on, in and out", async () => {
    const lines = documents.map((document) => `${JSON.stringify(document)}\n`).join("");
    const sent = await server.send(`${books}/documents`, lines, "application/x-ndjson");
    expect(sent.body).toMatchObject({ upserted: 50, failed: 0 });
    const scrolled = await server.call(
      "POST",
      `${books}/scroll`,
      { limit: 20 },
      { accept: "application/x-ndjson" },
    );
    expect(scrolled.body.trim().split("\n")).toHaveLength(70);
    const snapshot = await server.call("POST", `${books}/snapshots`, {});
    const file = await fetch(`${server.url}${books}/snapshots/${snapshot.body.snapshot_id}/download`);
    const bytes = Buffer.from(await file.arrayBuffer());
    expect(bytes.length).toBe(Number(file.headers.get("content-length")));
    expect(bytes.subarray(-4).toString()).toBe("PAR1");
    const audit = await server.call("GET", "/api/v1/audit-logs/export");
    expect(audit.body).toContain("collection::create");
  });

  test("count what all of them answered, and who is connected", async () => {
    const queriesIn = async () => {
      const { body } = await server.call("GET", "/metrics");
      expect(Number(/^active_connections (\d+)$/m.exec(body)?.[1])).toBeGreaterThan(0);
      return Number(/^http_requests_total\{.*path="[^"]*\/count".* (\d+)$/m.exec(body)?.[1] ?? 0);
    };
    await Promise.all(Array.from({ length: 30 }, () => server.call("POST", `${books}/count`, {})));
    await expect.poll(queriesIn).toBe(30);
  });

  test("search by themselves, and see every write and every change at once", async () => {
    const papers = "/api/v1/collections/papers";
    await server.call("POST", "/api/v1/collections", { name: "papers", dimension: 16 });
    await server.call("POST", `${papers}/documents`, { documents });
    const nearest = (seed: number) =>
      server.call("POST", `${papers}/query`, { vector: vectorOf(seed), top_k: 1, include: ["metadata"] });
    for (let round = 0; round < 3; round++) {
      for (let burst = 0; burst < 5; burst++) {
        const found = await Promise.all(documents.map((_, seed) => nearest(seed)));
        expect(found.map(({ body }) => body.matches?.[0]?.metadata?.at)).toEqual(
          documents.map((_, at) => at),
        );
      }
      const patch = { metadata: { at: 7, round } };
      await server.call("PATCH", `${papers}/documents/d-7`, patch);
      const patched = await Promise.all(Array.from({ length: 10 }, () => nearest(7)));
      for (const { body } of patched) expect(body.matches[0].metadata).toMatchObject({ round });
    }
    await server.call("DELETE", papers);
    const gone = await Promise.all(Array.from({ length: 10 }, () => nearest(1)));
    expect(gone.map(({ status }) => status)).toEqual(gone.map(() => 404));
  });

  describe("search while a collection is", () => {
    const shelf = "/api/v1/collections/shelf";
    /** Of all documents: an answer of two states would show. */
    const search = async (seed: number): Promise<string> => {
      const query = { vector: vectorOf(seed), top_k: documents.length, include: ["metadata"] };
      const { status, body } = await server.call("POST", `${shelf}/query`, query);
      if (status !== 200) throw new Error(`${status}: ${body.detail}`);
      const scores = body.matches.map(({ external_id, score }: Scored) => `${external_id} ${score}`);
      return scores.toSorted().join("\n");
    };
    const roundNow = async (): Promise<number> => {
      const { body } = await server.call("POST", `${shelf}/query`, { vector: vectorOf(7), top_k: 50 });
      const patched = body.matches.find(({ external_id }: Scored) => external_id === "d-7");
      return patched.metadata.round;
    };
    /** Clients that search until it is done, each with a vector of its own; in the order of their answers. */
    const beside = async (work: () => Promise<void>): Promise<readonly (readonly string[])[]> => {
      let isDone = false;
      const clients = [1, 2, 3, 4].map(async (seed) => {
        const answers: string[] = [];
        while (!isDone) {
          answers.push(await search(seed));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        return answers;
      });
      await Promise.all([...clients, work()].map((each) => each.finally(() => (isDone = true))));
      return await Promise.all(clients);
    };
    const writeRound = async (round: number): Promise<void> => {
      await server.call("PATCH", `${shelf}/documents/d-7`, { metadata: { round } });
      const rounds = await Promise.all(Array.from({ length: 4 }, roundNow));
      expect(rounds).toEqual([round, round, round, round]);
    };
    const allOf = () => Promise.all([1, 2, 3, 4].map(search));

    beforeAll(async () => {
      const texts = documents.map(({ external_id }) => ({ external_id, text: `the text of ${external_id}` }));
      const created = { name: "shelf", dimension: 16, tiering_policy: "memory_s3" };
      await server.call("POST", "/api/v1/collections", created);
      await server.call("POST", `${shelf}/documents`, { documents: texts });
    });

    test("made cold, and comes back: every answer is what it was, with all that is acknowledged", async () => {
      const before = await allOf();
      const answers = await beside(async () => {
        await writeRound(1);
        // It is refused as long as somebody searches it in between, each time.
        const demote = () => server.call("POST", `${shelf}/tier`, { action: "demote_to_cold" });
        await expect.poll(async () => (await demote()).status).toBe(200);
        await writeRound(2);
      });
      for (const [client, ofClient] of answers.entries()) {
        expect(new Set(ofClient)).toEqual(new Set([before[client]]));
      }
    });

    test("embedded anew: every answer is of the vectors before, or of those after from then on", async () => {
      const before = await allOf();
      const answers = await beside(async () => {
        await server.call("POST", `${shelf}/reembed`, { model: "mock", dimension: 16 });
        for (let round = 10; ; round++) {
          await writeRound(round);
          const { body } = await server.call("GET", `${shelf}/reembed`);
          if (body.state === "flipped") return;
        }
      });
      const after = await allOf();
      for (const [client, ofClient] of answers.entries()) {
        expect(after[client]).not.toBe(before[client]);
        const afterFrom = ofClient.indexOf(after[client]!);
        const split = afterFrom === -1 ? ofClient.length : afterFrom;
        expect(new Set(ofClient.slice(0, split))).toEqual(new Set([before[client]]));
        expect(new Set(ofClient.slice(split))).toEqual(new Set(afterFrom === -1 ? [] : [after[client]]));
      }
    });
  });

  test("say whether the database is ready", async () => {
    expect(await server.call("GET", "/ready")).toMatchObject({ status: 200, body: { status: "ready" } });
  });

  test("share their port with each other, and with nobody else", async () => {
    const { port } = new URL(server.url);
    const second = startTestServer({ flags: { "--server-threads": "2", "--rest-port": port } });
    await expect(second).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(`port ${port}: the port is in use`),
    });
    const grpcPort = server.grpcAddress.split(":")[1]!;
    const third = startTestServer({ flags: { "--server-threads": "1", "--grpc-port": grpcPort } });
    await expect(third).rejects.toMatchObject({ message: expect.stringContaining("server.grpc_port") });
  });
});

describe("threads of a server that asks for credentials", () => {
  let server: TestServer;
  let admin: { readonly authorization: string };

  beforeAll(async () => {
    const flags = { "--server-threads": "2", "--auth-mode": "required", "--hnsw-threshold": "0" };
    server = await startTestServer({ flags });
    admin = { authorization: `Bearer ${server.madeKey}` };
  });

  afterAll(() => server.close());

  test("let nobody search whose key is revoked, however much it searched before", async () => {
    await server.call("POST", "/api/v1/collections", { name: "books", dimension: 16 }, admin);
    await server.call("POST", "/api/v1/collections/books/documents", { documents }, admin);
    const made = await server.call("POST", "/api/v1/api-keys", { name: "reader", role: "viewer" }, admin);
    const reader = { authorization: `Bearer ${made.body.secret}` };
    const search = async () =>
      (await server.call("POST", "/api/v1/collections/books/query", { vector: vectorOf(1) }, reader)).status;
    for (let burst = 0; burst < 10; burst++) {
      expect(new Set(await Promise.all(Array.from({ length: 10 }, search)))).toEqual(new Set([200]));
    }
    await server.call("POST", `/api/v1/api-keys/${made.body.api_key_id}/revoke`, undefined, admin);
    expect(new Set(await Promise.all(Array.from({ length: 10 }, search)))).toEqual(new Set([401]));
  });

  test("ask who calls, and hold tenants to their rates", async () => {
    expect(await server.call("GET", "/api/v1/collections")).toMatchObject({ status: 401 });
    await server.call("PATCH", "/api/v1/tenants/default", { qps_quota: 5 }, admin);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.call("GET", "/api/v1/collections", undefined, admin)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { code: "rate_limited" } });
    expect(refused[0]?.headers.get("ratelimit-limit")).toBe("5");
    expect(refused[0]?.headers.get("retry-after")).not.toBeNull();
  });
});

/** Working spaces of the segment of `books` that threads hold which search it by themselves, a bit for each. */
async function guestSlots(database: Database, call: Call): Promise<number> {
  const lease = await database.leaseSearch({ collection: "books" }, call);
  if (lease === undefined) throw new Error("books has a graph");
  const [{ handle } = expect.fail("it has a segment")] = lease.share.segments;
  const taken = new Int32Array(handle.memory.buffer)[slotsTakenWord]!;
  return taken >>> lease.share.firstSlot;
}

/** Of a segment's header, as `kernel/src/headerWords.ts` has it. */
const slotsTakenWord = 40;

describe("a thread", () => {
  test("is replaced when it fails, at the same address", async () => {
    const directory = mkdtempSync(join(tmpdir(), "akidb-threads-"));
    const database = await openDatabase({ directory, command: "test", hnsw: { threshold: 0 } });
    const own = { requestId: "r", deadline: noDeadline(), caller: ownProcess };
    await database.execute(operations.createCollection, { name: "books", dimension: 16 }, own);
    await database.execute(
      operations.upsertDocuments,
      { collection: "books", documents: [{ vector: vectorOf(1) }] },
      own,
    );
    const workers: Worker[] = [];
    const threads = new ServingThreads({
      count: 1,
      database,
      clock: systemClock,
      logger: pino({ level: "silent" }),
      metrics: undefined,
      data: {
        options: {
          version: "0",
          isLoopback: true,
          requiresCredentials: false,
          crossOrigins: new Set(),
          timeoutMs: 5_000,
          bodyBytesMax: 1_000_000,
          batchDocumentsMax: 1_000,
          isMcpEnabled: false,
          tls: undefined,
          connectionsMax: 100,
        },
        address: { host: "127.0.0.1", restPort: 0, grpcPort: 0, isShared: false },
        logging: { level: "silent", format: "json", slowQueryMs: 0 },
        isMeasured: false,
        generation: database.generation,
        anonymous: await database.authenticate({ kind: "none" }),
      },
      startThread: (workerData) => {
        const worker = new Worker(new URL("../adapters/servingWorker.ts", import.meta.url), { workerData });
        workers.push(worker);
        return worker;
      },
    });
    onTestFinished(async () => {
      await threads.close();
      await database.close();
      rmSync(directory, { recursive: true });
    });
    const { url } = await threads.listen();
    const isServed = () =>
      fetch(`${url}/api/v1/collections`).then(
        ({ status }) => status === 200,
        () => false,
      );
    expect(await isServed()).toBe(true);
    const search = async () => {
      const body = JSON.stringify({ vector: vectorOf(1), top_k: 1 });
      const headers = { "content-type": "application/json" };
      await fetch(`${url}/api/v1/collections/books/query`, { method: "POST", headers, body });
      return await guestSlots(database, own);
    };
    await expect.poll(search).not.toBe(0);
    await workers[0]?.terminate();
    expect(await guestSlots(database, own)).toBe(0);
    expect(await isServed()).toBe(false);
    await expect.poll(isServed).toBe(true);
  });
});
