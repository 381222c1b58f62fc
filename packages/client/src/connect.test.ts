import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type AkiDb, AkiDbError, SeededRandom } from "@akidb/base";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "./connect.ts";
import { attemptsMax } from "./retryDelay.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

type Reply = (response: ServerResponse, seen: Seen, request: IncomingMessage) => void;

/** A server that answers as the test says: what a real one does only when something is wrong. */
interface OddServer {
  readonly url: string;
  readonly seen: Seen[];
  readonly db: AkiDb;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function oddServer(reply: Reply): Promise<OddServer> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const each = { method: request.method ?? "", url: request.url ?? "", body };
    seen.push(each);
    reply(response, each, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, db: connect({ url, random: new SeededRandom(1) }) };
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

const problem = (code: string, detail: string) => ({
  type: `urn:akidb:error:${code}`,
  title: code,
  status: 0,
  code,
  detail,
  request_id: "r",
});

async function errorOf(promise: Promise<unknown>): Promise<AkiDbError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AkiDbError);
  return error as AkiDbError;
}

const collection = {
  collection_id: "c",
  database_id: "d",
  name: "books",
  dimension: 16,
  metric: "cosine",
  embedding_model: null,
  model_fingerprint: null,
  max_doc_count: 1,
  hnsw: { m: 32, ef_construction: 200 },
  quantization: "int8",
  text_index: { language: "none" },
  tiering_policy: "memory",
  sync_policy: "continuous",
  wal_retention_seconds: 604_800,
  document_count: 0,
  indexed_count: 0,
  recall_estimate: null,
  payload_indexes: [],
  payload_notice: null,
  memory_bytes: 0,
  disk_bytes: 0,
  tier: "hot",
  state: "ready",
  state_reason: null,
  damages: [],
  created_at: "2026-01-31T09:30:00.000Z",
  updated_at: "2026-01-31T09:30:00.000Z",
};

/** What fetch itself is told of how long it is to wait, as what makes its connections sees it. */
async function toldToFetch(work: () => Promise<unknown>): Promise<unknown[]> {
  const key = Symbol.for("undici.globalDispatcher.1");
  const all = globalThis as { [key: symbol]: { dispatch(options: object, handler: object): boolean } };
  const real = all[key];
  if (real === undefined) throw new Error("this fetch is another one");
  const told: unknown[] = [];
  all[key] = {
    dispatch: (options, handler) => {
      told.push((options as { readonly headersTimeout?: number }).headersTimeout);
      return real.dispatch(options, handler);
    },
  };
  await work().finally(() => {
    all[key] = real;
  });
  return told;
}

describe("a call that may take longer than fetch would wait", () => {
  it("is waited for as long as its timeout says", async () => {
    const { db, url } = await oddServer((response) => json(response, 200, collection));
    await fetch(url);
    const told = await toldToFetch(async () => {
      await db.collection("books").restoreSnapshot("s", { timeoutMs: 86_400_000 });
      await db.getCollection("books", { timeoutMs: 300_000 });
    });
    expect(told).toEqual([86_400_000, undefined]);
  });
});

describe("attempts", () => {
  it("repeats a read for which no answer came", async () => {
    const { db, seen } = await oddServer((response, _seen, request) => {
      if (seen.length < 3) request.socket.destroy();
      else json(response, 200, collection);
    });
    expect((await db.getCollection("books")).name).toBe("books");
    expect(seen).toHaveLength(3);
  });

  it("gives up after a few", async () => {
    const { db, seen, url } = await oddServer((_response, _seen, request) => request.socket.destroy());
    const error = await errorOf(db.collection("books").query({ text: "x" }));
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain(url);
    expect(seen).toHaveLength(attemptsMax);
  });

  it("does not repeat a write for which no answer came: it may be done", async () => {
    const { db, seen } = await oddServer((_response, _seen, request) => request.socket.destroy());
    expect((await errorOf(db.collection("books").upsert([{ text: "x" }]))).code).toBe("unavailable");
    expect((await errorOf(db.deleteCollection("books"))).code).toBe("unavailable");
    expect((await errorOf(db.createCollection({ name: "books" }))).code).toBe("unavailable");
    expect(seen.map(({ method }) => method)).toEqual(["POST", "DELETE", "POST"]);
  });

  it.each([
    ["unavailable", 503],
    ["rate_limited", 429],
  ] as const)("repeats a write that the server says to bring again: %s", async (code, status) => {
    const { db, seen } = await oddServer((response) => {
      if (seen.length === 1) json(response, status, problem(code, "busy"), { "retry-after": "0" });
      else json(response, 200, { upserted: 1, failed: 0, items: [{ id: "a", version: 1 }], latency_ms: 1 });
    });
    const result = await db.collection("books").upsert([{ text: "x" }]);
    expect(result).toEqual({ upsertedCount: 1, items: [{ ok: true, id: "a", version: 1 }] });
    expect(seen).toHaveLength(2);
  });

  it("leaves it to the caller where the server asks for a long wait", async () => {
    const { db, seen } = await oddServer((response) =>
      json(response, 503, problem("unavailable", "busy"), { "retry-after": "3600" }),
    );
    expect((await errorOf(db.getCollection("books"))).retryAfterMs).toBe(3_600_000);
    expect(seen).toHaveLength(1);
  });

  it.each(["not_found", "invalid_argument", "deadline_exceeded", "internal"])(
    "does not repeat what is refused: %s",
    async (code) => {
      const { db, seen } = await oddServer((response) => json(response, 500, problem(code, "no")));
      expect((await errorOf(db.getCollection("books"))).code).toBe(code);
      expect(seen).toHaveLength(1);
    },
  );
});

describe("ends early", () => {
  it("by its timeout, all attempts together", async () => {
    const { db, url } = await oddServer(() => {});
    const error = await errorOf(db.getCollection("books", { timeoutMs: 30 }));
    expect(error.code).toBe("deadline_exceeded");
    expect(error.message).toContain(url);
  });

  it("by its timeout while it waits for the next attempt", async () => {
    const { db, seen } = await oddServer((response) =>
      json(response, 503, problem("unavailable", "busy"), { "retry-after": "4" }),
    );
    expect((await errorOf(db.getCollection("books", { timeoutMs: 200 }))).code).toBe("deadline_exceeded");
    expect(seen).toHaveLength(1);
  });

  it("by its signal", async () => {
    const controller = new AbortController();
    const { db } = await oddServer(() => controller.abort(new Error("enough")));
    const error = await errorOf(db.getCollection("books", { signal: controller.signal }));
    expect(error.message).toBe("the request was cancelled");
    expect(error.cause).toEqual(new Error("enough"));
  });

  it("before it starts, where the signal is aborted by then", async () => {
    const { db, seen } = await oddServer(() => {});
    await errorOf(db.embed({ texts: ["x"] }, { signal: AbortSignal.abort() }));
    expect(seen).toEqual([]);
  });

  it("while the body of the answer comes", async () => {
    const { db } = await oddServer((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    });
    expect((await errorOf(db.getCollection("books", { timeoutMs: 50 }))).code).toBe("deadline_exceeded");
  });
});

describe("answers", () => {
  it("names a server that is not there", async () => {
    const { url } = await oddServer(() => {});
    await closers.pop()?.();
    const error = await errorOf(connect({ url }).getCollection("books"));
    expect(error.code).toBe("unavailable");
    expect(error.message).toBe(`no answer from ${url} (ECONNREFUSED); is the server running?`);
  });

  it("rebuilds the server's error with the fields that it names", async () => {
    const { db } = await oddServer((response) =>
      json(response, 400, {
        ...problem("invalid_argument", "top_k: must be positive"),
        errors: [{ path: "top_k", detail: "must be positive" }],
      }),
    );
    const error = await errorOf(db.collection("books").query({ text: "x", topK: 0 }));
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toBe("top_k: must be positive");
    expect(error.violations).toEqual([{ path: "top_k", detail: "must be positive" }]);
  });

  it("makes something of a proxy's error page", async () => {
    const { db } = await oddServer((response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<h1>Bad gateway</h1>");
    });
    const error = await errorOf(db.collection("books").delete("x"));
    expect(error.code).toBe("unavailable");
  });

  it("says where an answer is not of the protocol", async () => {
    const { db } = await oddServer((response) =>
      json(response, 200, { matches: [{ id: "a", score: "high", distance: 0 }], latency_ms: 1 }),
    );
    const error = await errorOf(db.collection("books").query({ text: "x" }));
    expect(error.code).toBe("internal");
    expect(error.message).toBe("the server's answer is not of AkiDB's protocol at matches[0].score");
  });

  it("lets fields of a newer server pass", async () => {
    const { db } = await oddServer((response) => json(response, 200, { ...collection, shards: 3 }));
    expect(await db.getCollection("books")).not.toHaveProperty("shards");
  });

  it("rejects with nothing but AkiDbError, whatever comes", async () => {
    let status = 200;
    let body = "";
    const { db } = await oddServer((response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 204 ? undefined : body);
    });
    const calls: readonly (() => Promise<unknown>)[] = [
      () => db.listCollections(),
      () => db.getCollection("x"),
      () => db.createCollection({ name: "x" }),
      () => db.embed({ texts: ["x"] }),
      () => db.collection("x").get("x"),
      () => db.collection("x").query({ text: "x" }),
      () => db.collection("x").upsert([{ text: "x" }]),
    ];
    const fragment = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .dictionary(
          fc.constantFrom(
            "items",
            "matches",
            "collections",
            "embeddings",
            "errors",
            "code",
            "detail",
            "id",
            "vector",
          ),
          fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.constant("invalid_argument")),
        )
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(200, 201, 204, 400, 404, 500),
        fragment,
        fc.constantFrom(...calls),
        async (someStatus, someBody, call) => {
          status = someStatus;
          body = someBody;
          const outcome = await call().catch((error: unknown) => error);
          expect(outcome instanceof Error && !(outcome instanceof AkiDbError)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("requests", () => {
  it("sends vectors as base64 of little-endian floats", async () => {
    const { db, seen } = await oddServer((response) => json(response, 200, { matches: [], latency_ms: 0 }));
    await db.collection("books").query({ vector: Float32Array.of(1, -2) });
    await db.collection("books").query({ vector: [1, -2] });
    await db.collection("books").query({ vector: ["1"] as unknown as number[] });
    expect(seen.map(({ body }) => JSON.parse(body))).toEqual([
      { vector: { base64: "AACAPwAAAMA=" } },
      { vector: { base64: "AACAPwAAAMA=" } },
      { vector: ["1"] },
    ]);
  });

  it("encodes names of collections and documents in the path", async () => {
    const { db, seen } = await oddServer((response) => response.writeHead(204).end());
    await db.collection("my books").delete("a/b?c=ü#%");
    expect(seen[0]?.url).toBe("/api/v1/collections/my%20books/documents/a%2Fb%3Fc%3D%C3%BC%23%25");
  });

  it.each([".", "..", "", "\ud800"])(
    "sends nothing for the name %j, which no path can hold",
    async (name) => {
      const { db, seen } = await oddServer((response) => response.writeHead(204).end());
      expect((await errorOf(db.collection("books").delete(name))).violations[0]?.path).toBe("id");
      expect((await errorOf(db.deleteCollection(name))).violations[0]?.path).toBe("collection");
      expect(seen).toEqual([]);
    },
  );

  it("refuses what cannot be written as JSON", async () => {
    const { db, seen } = await oddServer(() => {});
    const metadata: Record<string, never> = {};
    metadata["self"] = metadata as never;
    const error = await errorOf(db.collection("books").upsert([{ text: "x", metadata }]));
    expect(error.code).toBe("invalid_argument");
    expect(seen).toEqual([]);
  });

  it("keeps the path of the address, for servers behind a proxy", async () => {
    const { url, seen } = await oddServer((response) => json(response, 200, { collections: [] }));
    await connect({ url: `${url}/vectors/` }).listCollections({ limit: 5, cursor: "a b" });
    expect(seen[0]?.url).toBe("/vectors/api/v1/collections?limit=5&cursor=a+b");
  });

  it.each(["", "localhost:8080", "ftp://x", "http://user:secret@x", "http://x?y"])(
    "refuses the address %j",
    (url) => {
      expect(() => connect({ url })).toThrow(AkiDbError);
    },
  );

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31])("refuses a timeout of %d ms", async (timeoutMs) => {
    const { db, url } = await oddServer(() => {});
    expect((await errorOf(db.getCollection("x", { timeoutMs }))).violations[0]?.path).toBe("timeoutMs");
    expect(() => connect({ url, timeoutMs })).toThrow(AkiDbError);
  });
});
