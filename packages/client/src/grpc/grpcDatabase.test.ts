import { AkiDbError, SeededRandom } from "@akidb/base";
import { GetRequest, GetResponse, QueryRequest, QueryResponse, UpsertResponse } from "@akidb/protocol/grpc";
import { status as statusCodes } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../connect.ts";
import { attemptsMax } from "../retryDelay.ts";
import {
  gateBefore,
  type OddGrpcServer,
  oddGrpcServer,
  type Reply,
  refusalStatus,
} from "./oddGrpcServer.test.support.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function odd(reply: Reply): Promise<OddGrpcServer> {
  const server = await oddGrpcServer(reply);
  closers.push(() => server.close());
  return server;
}

async function errorOf(promise: Promise<unknown>): Promise<AkiDbError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AkiDbError);
  return error as AkiDbError;
}

const document = {
  docId: "a",
  externalId: undefined,
  vector: [],
  insertedAt: "t",
  text: undefined,
  metadata: { n: 1 },
  updatedAt: "t",
  version: 1,
  expiresAt: undefined,
};
const got = GetResponse.encode({ document }).finish();
const upserted = UpsertResponse.encode({
  upserted: 1,
  failed: 0,
  items: [{ index: 0, outcome: { $case: "written", value: { docId: "a", version: 1 } } }],
  latencyMs: 1,
}).finish();

describe("attempts over gRPC", () => {
  it.each([
    ["unavailable", 1],
    ["rate_limited", 1],
  ] as const)("repeat a write that the server says to bring again: %s", async (code, retryAfterMs) => {
    const { db, seen } = await odd((_call, answer) => {
      if (seen.length === 1) answer(refusalStatus({ code, message: "busy", retryAfterMs }));
      else answer(null, upserted);
    });
    const result = await db.collection("books").upsert([{ text: "x" }]);
    expect(result).toEqual({ upsertedCount: 1, items: [{ ok: true, id: "a", version: 1 }] });
    expect(seen).toHaveLength(2);
  });

  it("repeat a read for which no answer came, on a new connection", async () => {
    const { url, seen } = await odd((_call, answer) => answer(null, got));
    const gate = await gateBefore(url, 2);
    closers.push(gate.close);
    const db = connect({ url: gate.url, random: new SeededRandom(1) });
    closers.push(() => db.close());
    expect(await db.collection("books").get("a")).toMatchObject({ id: "a", metadata: { n: 1 } });
    expect(gate.count()).toBe(3);
    expect(seen).toHaveLength(1);
  });

  it("do not repeat a write for which no answer came: it may be done", async () => {
    const { db, seen } = await odd((_call, answer) =>
      answer({ code: statusCodes.UNAVAILABLE, details: "gone" }),
    );
    expect((await errorOf(db.collection("books").upsert([{ text: "x" }]))).code).toBe("unavailable");
    expect(seen).toHaveLength(1);
    expect((await errorOf(db.collection("books").get("x"))).code).toBe("unavailable");
    expect(seen).toHaveLength(1 + attemptsMax);
  });

  it("leave it to the caller where the server asks for a long wait", async () => {
    const { db, seen } = await odd((_call, answer) =>
      answer(refusalStatus({ code: "unavailable", message: "busy", retryAfterMs: 3_600_001 })),
    );
    expect((await errorOf(db.collection("books").get("a"))).retryAfterMs).toBe(3_600_001);
    expect(seen).toHaveLength(1);
  });

  it.each(["not_found", "invalid_state", "tenant_suspended", "deadline_exceeded", "internal"] as const)(
    "do not repeat what is refused, and tell it as REST does: %s",
    async (code) => {
      const { db, seen } = await odd((_call, answer) =>
        answer(refusalStatus({ code, message: "no", fields: ["a", "b[0].c"] })),
      );
      const error = await errorOf(db.collection("books").query({ text: "x" }));
      expect(error).toMatchObject({
        code,
        message: "no",
        requestId: "r-1",
        violations: [
          { path: "a", detail: "is wrong" },
          { path: "b[0].c", detail: "is wrong" },
        ],
      });
      expect(seen).toHaveLength(1);
    },
  );
});

describe("a call over gRPC ends early", () => {
  it("by its timeout, of which the server knows", async () => {
    let deadline: unknown;
    const { db, url } = await odd((call) => {
      deadline = call.getDeadline();
    });
    const error = await errorOf(db.collection("books").get("a", { timeoutMs: 300 }));
    expect(error.code).toBe("deadline_exceeded");
    expect(error.message).toContain(url);
    expect(Number(deadline)).toBeLessThanOrEqual(Date.now() + 300);
  });

  it("by its signal, and at the server, too", async () => {
    const controller = new AbortController();
    const cancelled = Promise.withResolvers<void>();
    const { db } = await odd((call) => {
      call.on("cancelled", () => cancelled.resolve());
      controller.abort(new Error("enough"));
    });
    const error = await errorOf(db.collection("books").get("a", { signal: controller.signal }));
    expect(error).toMatchObject({ code: "unavailable", message: "the request was cancelled" });
    expect(error.cause).toEqual(new Error("enough"));
    await cancelled.promise;
  });

  it("while its credentials are made, a file, too", async () => {
    const { url } = await odd(() => {});
    const controller = new AbortController();
    const { signal } = controller;
    const token = async () => {
      controller.abort();
      return "t";
    };
    const db = connect({ url, token });
    closers.push(() => db.close());
    for (const call of [db.auditLog.export({}, { signal }), db.collection("books").get("a", { signal })]) {
      expect((await errorOf(call)).message).toBe("the request was cancelled");
    }
  });

  it("before it starts, where the signal is aborted by then, and once the database is closed", async () => {
    const { db, seen } = await odd(() => {});
    await errorOf(db.collection("books").get("a", { signal: AbortSignal.abort() }));
    await db.close();
    expect((await errorOf(db.collection("books").get("a"))).message).toBe("the connection is closed");
    expect(seen).toEqual([]);
  });
});

describe("a call over gRPC", () => {
  it("shows its credentials and names its database", async () => {
    const sent: unknown[] = [];
    const { url } = await odd(({ metadata }, answer) => {
      sent.push([metadata.get("authorization"), metadata.get("x-akidb-database")]);
      answer(null, got);
    });
    let day = 0;
    const db = connect({ url, token: () => `token-${++day}` });
    closers.push(() => db.close());
    await db.collection("books").get("a");
    await db.database("other").collection("books").get("a");
    expect(sent).toEqual([
      [["Bearer token-1"], []],
      [["Bearer token-2"], ["other"]],
    ]);
    expect((await errorOf(db.database("ä").collection("books").get("a"))).violations[0]?.path).toBe(
      "database",
    );
  });

  it("sends vectors as floats, metadata as they are, and any name", async () => {
    const requests: unknown[] = [];
    const { db } = await odd((call, answer) => {
      if (call.getPath().endsWith("/Get")) {
        requests.push(GetRequest.decode(call.request));
        return answer(null, got);
      }
      requests.push(QueryRequest.decode(call.request));
      answer(
        null,
        QueryResponse.encode({ matches: [], latencyMs: 0, groups: [], explain: undefined }).finish(),
      );
    });
    const filter = { a: { $in: [1, "ü", null] } };
    await db.collection("b/ü").query({ vector: [1, 0.1], filter, topK: 2 ** 40 });
    await db.collection("books").get("..");
    expect(requests).toMatchObject([
      { collectionId: "b/ü", queryVector: [1, Math.fround(0.1)], filter, topK: 2 ** 32 - 1 },
      { collectionId: "books", docId: "..", include: { metadata: true, text: true, vector: false } },
    ]);
  });

  it("is not sent where no message can hold it", async () => {
    const { db, seen } = await odd(() => {});
    const books = db.collection("books");
    const circle: Record<string, never> = {};
    circle["self"] = circle as never;
    for (const [call, path] of [
      [books.query({ vector: ["1"] as never }), "vector[0]"],
      [books.query({ vector: [] }), "vector"],
      [books.query({ text: "\ud800" }), "text"],
      [books.query({ text: 1 as never }), "text"],
      [books.query({ text: "x", topK: -1 }), "top_k"],
      [books.query({ text: "x", minScore: "1" as never }), "min_score"],
      [books.query({ text: "x", include: ["all" as never] }), "include[0]"],
      [books.query({ text: "x", filter: [] as never }), "filter"],
      [books.query({ text: "x", filter: { a: ["\ud800"] } }), "filter.a[0]"],
      [books.query(null as never), ""],
      [books.get(""), "id"],
      [books.delete(""), "id"],
      [books.getMany(null as never), ""],
      [books.upsert([{ text: "x", metadata: circle }], { atomic: true }), "documents[0]"],
      [books.upsert("all" as never), "documents"],
      [db.collection("").count(), "collection"],
      [db.createCollection({ name: "x", dimension: 0 }), "dimension"],
      [db.embed({ texts: [1 as never] }), "texts[0]"],
      [db.tenants.update("a", { externalId: "" }), "external_id"],
    ] as const) {
      expect((await errorOf(call)).violations.map((violation) => violation.path)).toEqual([path]);
    }
    expect(seen).toEqual([]);
  });

  it("rejects with nothing but AkiDbError, whatever comes (seed 7)", async () => {
    let bytes: Uint8Array = new Uint8Array();
    let code = 0;
    const { db } = await odd((_call, answer) => {
      if (code === 0) answer(null, bytes);
      else answer({ code, details: "odd" });
    });
    const calls: readonly (() => Promise<unknown>)[] = [
      () => db.listCollections(),
      () => db.createCollection({ name: "x" }),
      () => db.embed({ texts: ["x"] }),
      () => db.collection("x").get("x"),
      () => db.collection("x").query({ text: "x" }),
      () => db.collection("x").upsert([{ text: "x" }]),
      () => db.collection("x").scrollPage(),
      () => db.usage(),
      () => db.auth.me(),
      () => db.apiKeys.create({ name: "x" }),
      () => db.auditLog.verify(),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(2, 3, 5, 7, 9, 12, 13, 15, 16)),
        fc.oneof(fc.uint8Array(), fc.constantFrom(got, upserted)),
        fc.constantFrom(...calls),
        async (someCode, someBytes, call) => {
          code = someCode;
          bytes = someBytes;
          const outcome = await call().catch((error: unknown) => error);
          expect(outcome instanceof Error && !(outcome instanceof AkiDbError)).toBe(false);
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe("an address of gRPC", () => {
  it.each([
    ["grpc://", "url"],
    ["grpc://user@host", "url"],
    ["grpc://host/path", "url"],
    ["grpc://host?x", "url"],
  ])("is refused: %s", (url, path) => {
    expect(() => connect({ url })).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ path })] }),
    );
  });

  it.each([
    [{ url: "grpc://host", tls: {} }, "tls"],
    [{ url: "http://host", tls: {} }, "tls"],
    [{ url: "grpc://host", fetch }, "fetch"],
  ] as const)("goes with what it means something for: %j", (options, path) => {
    expect(() => connect(options)).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ path })] }),
    );
  });

  it("names a server that is not there, and certificates that are none", async () => {
    const { url, close } = await odd(() => {});
    await close();
    const error = await errorOf(connect({ url }).createCollection({ name: "x" }));
    expect(error.message).toBe(`no answer from ${url} (ECONNREFUSED); is the server running?`);
    const secure = connect({ url: "grpcs://127.0.0.1:1", tls: { ca: "no PEM", cert: "none", key: "none" } });
    expect((await errorOf(secure.usage())).violations[0]?.path).toBe("tls");
  });
});
