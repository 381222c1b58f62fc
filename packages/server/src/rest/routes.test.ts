import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Unit vectors along one of 16 axes. */
const axis = (index: number): number[] => Array.from({ length: 16 }, (_, i) => (i === index ? 1 : 0));

let server: TestServer;
let books: string;
let collectionCount = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  const name = `books-${collectionCount++}`;
  await server.call("POST", "/api/v1/collections", { name, dimension: 16 });
  books = `/api/v1/collections/${name}`;
});

describe("health", () => {
  test("says that the process answers", async () => {
    const { status, body } = await server.call("GET", "/health");
    expect(status).toBe(200);
    expect(body).toEqual({ status: "ok", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  test("says which parts are ready", async () => {
    const { status, body } = await server.call("GET", "/ready");
    expect(status).toBe(200);
    expect(body).toEqual({
      status: "ready",
      damages: [],
      parts: {
        metadata: { status: "ready" },
        collections: { status: "ready", open: expect.any(Number), damaged: [] },
        memory: { status: "ready" },
        embedding: {
          status: "ready",
          models: [{ model: "hashing", is_default: true, status: "ready" }],
        },
        object_store: { status: "ready", circuit_breaker: "closed" },
      },
    });
  });
});

describe("collections", () => {
  test("are created with what was asked for, and defaults", async () => {
    const whole = {
      name: "whole",
      dimension: 32,
      metric: "l2",
      embedding_model: "hashing",
      max_doc_count: 9,
      hnsw: { m: 8, ef_construction: 40 },
      quantization: "binary",
      payload_indexes: { year: "number" },
      text_index: { language: "english" },
      tiering_policy: "memory_s3",
      sync_policy: "scheduled",
      wal_retention_seconds: 60,
    };
    const created = await server.call("POST", "/api/v1/collections", whole);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      ...whole,
      model_fingerprint: "hashing/1/32",
      collection_id: expect.stringMatching(uuid),
      database_id: expect.stringMatching(uuid),
      document_count: 0,
      indexed_count: 0,
      recall_estimate: null,
      payload_indexes: [expect.objectContaining({ field: "year", type: "number", document_count: 0 })],
      payload_notice: null,
      memory_bytes: expect.any(Number),
      disk_bytes: expect.any(Number),
      tier: "hot",
      state: "ready",
      state_reason: null,
      damages: [],
      created_at: expect.stringMatching(timestamp),
      updated_at: expect.stringMatching(timestamp),
    });
    const { body } = await server.call("POST", "/api/v1/collections", { name: "by-default" });
    expect(body).toMatchObject({
      dimension: 384,
      metric: "cosine",
      embedding_model: "hashing",
      hnsw: { m: 32, ef_construction: 200 },
      quantization: "int8",
      text_index: { language: "none" },
    });
  });

  test("are found by name and by id", async () => {
    const byName = await server.call("GET", books);
    const byId = await server.call("GET", `/api/v1/collections/${byName.body.collection_id}`);
    expect(byName.status).toBe(200);
    expect(byId.body).toEqual(byName.body);
  });

  test("are listed in pages", async () => {
    for (const name of ["page-1", "page-2"]) await server.call("POST", "/api/v1/collections", { name });
    const names: string[] = [];
    for (let query = "limit=2"; ; ) {
      const { status, body } = await server.call("GET", `/api/v1/collections?${query}`);
      expect(status).toBe(200);
      expect(body.collections.length).toBeLessThanOrEqual(2);
      for (const { name } of body.collections) names.push(name);
      if (body.next_cursor === undefined) break;
      query = `limit=2&cursor=${encodeURIComponent(body.next_cursor)}`;
    }
    expect(names).toEqual(expect.arrayContaining(["page-1", "page-2"]));
    expect(new Set(names).size).toBe(names.length);
  });

  test("are deleted", async () => {
    expect(await server.call("DELETE", books)).toMatchObject({ status: 204, body: "" });
    expect((await server.call("GET", books)).status).toBe(404);
    expect((await server.call("DELETE", books)).status).toBe(404);
  });
});

describe("documents", () => {
  test("are inserted one by one and come back whole", async () => {
    const document = {
      external_id: "isbn 1/2?",
      vector: axis(3),
      text: "Introduction",
      metadata: { year: 1990, nested: { a: [1, null, "é"] }, __proto__a: 1, empty: {} },
    };
    const inserted = await server.call("POST", `${books}/insert`, document);
    expect(inserted).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(uuid), version: 1, latency_ms: expect.any(Number) },
    });
    for (const key of [inserted.body.id, encodeURIComponent(document.external_id)]) {
      for (const segment of ["documents", "docs"]) {
        const { status, body } = await server.call(
          "GET",
          `${books}/${segment}/${key}?include=metadata,text,vector`,
        );
        expect(status).toBe(200);
        expect(body).toEqual({
          ...document,
          id: inserted.body.id,
          version: 1,
          inserted_at: expect.stringMatching(timestamp),
          updated_at: expect.stringMatching(timestamp),
        });
      }
    }
    const { body } = await server.call("GET", `${books}/documents/${inserted.body.id}`);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(["metadata", "text"]));
    expect(body).not.toHaveProperty("vector");
  });

  test("may carry any JSON in their metadata, a key called __proto__ too", async () => {
    const metadata = '{"__proto__":{"polluted":1},"constructor":{"prototype":2}}';
    const body = `{"external_id":"odd","vector":${JSON.stringify(axis(0))},"metadata":${metadata}}`;
    expect((await server.send(`${books}/insert`, body, "application/json")).status).toBe(201);
    const response = await fetch(`${server.url}${books}/documents/odd`);
    expect(await response.text()).toContain(`"metadata":${metadata}`);
  });

  test("take the id that a client gives, by either name", async () => {
    const id = "019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d";
    const first = await server.call("POST", `${books}/insert`, { id, vector: axis(0) });
    const second = await server.call("POST", `${books}/insert`, { doc_id: id, vector: axis(1) });
    expect([first.body.id, second.body.id]).toEqual([id, id]);
    expect(second.body.version).toBe(2);
  });

  test("may have the names of routes", async () => {
    for (const name of ["get", "delete"]) {
      await server.call("POST", `${books}/insert`, { external_id: name, vector: axis(0) });
      const path = `${books}/documents/${name}`;
      expect((await server.call("GET", path)).body).toMatchObject({ external_id: name });
      const got = await server.call("POST", `${books}/documents/get`, { ids: [name], include: [] });
      expect(got.body).toMatchObject({ documents: [{ external_id: name }], missing: [] });
      expect((await server.call("DELETE", path)).status).toBe(204);
    }
  });

  test("are scrolled, counted and deleted together", async () => {
    const documents = [1, 2, 3].map((n) => ({ external_id: `d${n}`, vector: axis(n), metadata: { n } }));
    await server.call("POST", `${books}/documents`, { documents });
    const filter = { n: { $gte: 2 } };
    const page = await server.call("POST", `${books}/scroll`, { filter, limit: 1, include: ["metadata"] });
    expect(page).toMatchObject({
      status: 200,
      body: { documents: [{ external_id: "d2", metadata: { n: 2 } }], next_cursor: expect.any(String) },
    });
    const { next_cursor: cursor } = page.body;
    const { body: last } = await server.call("POST", `${books}/scroll`, { filter, cursor });
    expect(last).toMatchObject({ documents: [{ external_id: "d3" }] });
    expect(last).not.toHaveProperty("next_cursor");
    expect((await server.call("POST", `${books}/count`, { filter })).body).toEqual({ count: 2 });
    expect((await server.call("POST", `${books}/facets`, { field: "n", filter })).body).toEqual({
      facets: [
        { value: 2, count: 1 },
        { value: 3, count: 1 },
      ],
      distinct_count: 2,
    });
    const deleted = await server.call("POST", `${books}/documents/delete`, { filter });
    expect(deleted).toMatchObject({ status: 200, body: { deleted_count: 2 } });
    expect((await server.call("POST", `${books}/count`, {})).body).toEqual({ count: 1 });
  });

  test("take vectors in base64, bit by bit", async () => {
    const vector = Float32Array.from({ length: 16 }, (_, i) => Math.fround(Math.sin(i + 1)));
    const base64 = Buffer.from(vector.buffer).toString("base64");
    await server.call("POST", `${books}/insert`, { external_id: "b", vector: { base64 } });
    const { body } = await server.call("GET", `${books}/documents/b?include=vector`);
    expect(Float32Array.from(body.vector)).toEqual(vector);
  });

  test("are upserted in batches, each written or refused on its own", async () => {
    const documents = [{ external_id: "a", vector: axis(0) }, { vector: [1, 2] }, { text: "only a text" }];
    const { status, body } = await server.call("POST", `${books}/documents`, { documents });
    expect(status).toBe(200);
    expect(body).toEqual({
      upserted: 2,
      failed: 1,
      items: [
        { id: expect.stringMatching(uuid), version: 1 },
        {
          error: {
            code: "invalid_argument",
            detail: expect.stringContaining("vector: has 2 components"),
            errors: [{ path: "vector", detail: expect.stringContaining("has 2 components") }],
          },
        },
        { id: expect.stringMatching(uuid), version: 1 },
      ],
      latency_ms: expect.any(Number),
    });
  });

  test("are all written or none where that was asked for", async () => {
    const documents = [{ external_id: "a", vector: axis(0) }, { vector: [...axis(0).slice(1), 1e39] }];
    const { status, body } = await server.call("POST", `${books}/documents`, { documents, atomic: true });
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ path: "documents[1].vector[15]", detail: expect.any(String) }]);
    expect((await server.call("GET", `${books}/documents/a`)).status).toBe(404);
  });

  test("make a problem of a batch of which none was written", async () => {
    const documents = [{ vector: [1] }, { vector: [...axis(0).slice(1), 1e39] }];
    const { status, headers, body } = await server.call("POST", `${books}/documents`, { documents });
    expect(status).toBe(400);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      code: "invalid_argument",
      errors: [{ path: "documents[0].vector" }, { path: "documents[1].vector[15]" }],
      items: [{ error: { errors: [{ path: "vector" }] } }, { error: { errors: [{ path: "vector[15]" }] } }],
    });
  });

  test("are none in an empty batch", async () => {
    const { status, body } = await server.call("POST", `${books}/documents`, { documents: [] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ upserted: 0, failed: 0, items: [] });
  });

  test("are deleted by id and by external id", async () => {
    const { body } = await server.call("POST", `${books}/insert`, { external_id: "a", vector: axis(0) });
    await server.call("POST", `${books}/insert`, { external_id: "b", vector: axis(0) });
    expect((await server.call("DELETE", `${books}/documents/${body.id}`)).status).toBe(204);
    expect((await server.call("DELETE", `${books}/docs/b`)).status).toBe(204);
    expect((await server.call("DELETE", `${books}/documents/a`)).status).toBe(404);
    expect((await server.call("GET", books)).body.document_count).toBe(0);
  });
});

describe("search", () => {
  beforeEach(async () => {
    const documents = [
      { external_id: "x", vector: axis(0), text: "the first axis", metadata: { n: 0 } },
      { external_id: "y", vector: axis(1), text: "the second axis", metadata: { n: 1 } },
    ];
    await server.call("POST", `${books}/documents`, { documents });
  });

  test("finds what is nearest to a vector, however it is given", async () => {
    const vector = axis(1).map((component, i) => component + (i === 0 ? 0.5 : 0));
    const base64 = Buffer.from(Float32Array.from(vector).buffer).toString("base64");
    for (const query of [{ vector }, { query_vector: vector }, { vector: { base64 } }]) {
      const { status, body } = await server.call("POST", `${books}/query`, query);
      expect(status).toBe(200);
      expect(body).toEqual({
        matches: [
          {
            id: expect.stringMatching(uuid),
            external_id: "y",
            metadata: { n: 1 },
            ...near(2 / Math.sqrt(5)),
          },
          {
            id: expect.stringMatching(uuid),
            external_id: "x",
            metadata: { n: 0 },
            ...near(1 / Math.sqrt(5)),
          },
        ],
        latency_ms: expect.any(Number),
      });
    }
  });

  test("brings what was asked for, and as much", async () => {
    const query = { vector: axis(0), top_k: 1, include: ["text", "vector"] };
    const { body } = await server.call("POST", `${books}/query`, query);
    const [match] = body.matches;
    expect(match).toMatchObject({
      external_id: "x",
      text: "the first axis",
      vector: axis(0),
      score: 1,
      distance: 0,
    });
    expect(match).not.toHaveProperty("metadata");
    expect(body.matches).toHaveLength(1);
  });

  test("finds by text what was embedded from a text", async () => {
    await server.call("POST", "/api/v1/collections", { name: "texts" });
    const documents = ["a red apple", "a green pear", "two grey stones"].map((text) => ({ text }));
    await server.call("POST", "/api/v1/collections/texts/documents", { documents });
    const query = { text: "green pears", top_k: 1, include: ["text"] };
    const { body } = await server.call("POST", "/api/v1/collections/texts/query", query);
    expect(body.matches).toEqual([expect.objectContaining({ text: "a green pear" })]);
  });
});

const near = (score: number) => ({ score: expect.closeTo(score, 6), distance: expect.closeTo(1 - score, 6) });

describe("embedding", () => {
  test("turns texts into unit vectors", async () => {
    const { status, body } = await server.call("POST", "/api/v1/embed", {
      texts: ["a pear", "stones"],
      model: "hashing",
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      embeddings: [expect.any(Array), expect.any(Array)],
      model: "hashing",
      dimension: 384,
      usage: { total_tokens: expect.any(Number), duration_ms: expect.any(Number) },
    });
    for (const embedding of body.embeddings) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });
});

test("a request may take many turns of the event loop", async () => {
  const texts = Array.from(
    { length: 3_000 },
    (_, i) => `the long text number ${i} of a long list of long texts`,
  );
  const { status, body } = await server.call("POST", "/api/v1/embed", { texts });
  expect(status).toBe(200);
  expect(body.embeddings).toHaveLength(3_000);
});

describe("every answer", () => {
  test("carries the caller's request id where it is fit to be repeated, else a new one", async () => {
    const idOf = async (given: string) => {
      const { headers } = await server.call("GET", "/health", undefined, { "x-request-id": given });
      return headers.get("x-request-id");
    };
    expect(await idOf("mine #1")).toBe("mine #1");
    expect(await idOf("x".repeat(128))).toBe("x".repeat(128));
    for (const unfit of ["", "x".repeat(129), "é"]) expect(await idOf(unfit)).toMatch(uuid);
  });

  test("carries one where the request was refused, too", async () => {
    for (const path of ["/none", "/api/v1/collections/none", "/api/v1/collections/%ff"]) {
      const { headers, body } = await server.call("GET", path, undefined, { "x-request-id": "mine" });
      expect([headers.get("x-request-id"), body.request_id]).toEqual(["mine", "mine"]);
    }
  });
});

describe("one document", () => {
  const at = (id: string, segment = "documents"): string => `${books}/${segment}/${id}`;

  test.each(["documents", "docs"])(
    "is put, got, patched and deleted at its own path (%s)",
    async (segment) => {
      const url = at("a", segment);
      const put = await server.call("PUT", url, { vector: axis(0), metadata: { year: 1990, draft: true } });
      expect(put.status).toBe(200);
      expect(put.body).toEqual({
        id: expect.stringMatching(uuid),
        version: 1,
        latency_ms: expect.any(Number),
      });
      expect(put.headers.get("etag")).toBe('"1"');

      const patch = { metadata: { year: 1991, draft: null } };
      const patched = await server.call("PATCH", url, patch, {
        "content-type": "application/merge-patch+json",
        "if-match": '"1"',
      });
      expect(patched.status).toBe(200);
      expect(patched.body).toEqual({ id: put.body.id, version: 2, latency_ms: expect.any(Number) });
      expect(patched.headers.get("etag")).toBe('"2"');

      const got = await server.call("GET", url);
      expect(got.headers.get("etag")).toBe('"2"');
      expect(got.body).toMatchObject({ external_id: "a", metadata: { year: 1991 }, version: 2 });

      const stale = await server.call("DELETE", url, undefined, { "if-match": '"1"' });
      expect(stale.status).toBe(412);
      expect(stale.body).toMatchObject({
        code: "failed_precondition",
        errors: [{ path: "if_version", detail: "is 1, and the version is 2" }],
      });
      expect((await server.call("DELETE", url, undefined, { "if-match": '"2"' })).status).toBe(204);
    },
  );

  test("at the path of a UUID has that id, and no other", async () => {
    const id = "11111111-1111-4111-8111-111111111111";
    const { body } = await server.call("PUT", at(id), { external_id: "x", vector: axis(0) });
    expect(body).toMatchObject({ id, version: 1 });
    expect((await server.call("GET", at("x"))).body).toMatchObject({ id, external_id: "x" });
    const other = { id: "22222222-2222-4222-8222-222222222222", vector: axis(0) };
    expect(await server.call("PUT", at(id), other)).toMatchObject({
      status: 400,
      body: { errors: [{ path: "id" }] },
    });
    expect(await server.call("PUT", at("x"), { external_id: "y", vector: axis(0) })).toMatchObject({
      status: 400,
      body: { errors: [{ path: "external_id" }] },
    });
  });

  test("is only made, or only changed, where a precondition says so", async () => {
    const put = (headers: Record<string, string>, body: object = {}) =>
      server.call("PUT", at("a"), { vector: axis(0), ...body }, headers);
    expect((await put({ "if-match": '"1"' })).status).toBe(412);
    expect((await put({ "if-none-match": "*" })).status).toBe(200);
    expect((await put({ "if-none-match": "*" })).status).toBe(412);
    expect((await put({ "if-match": '"1"' }, { if_version: 1 })).body).toMatchObject({ version: 2 });
    expect((await put({ "if-match": '"2"' }, { if_version: 1 })).status).toBe(400);
    for (const tag of ["2", '"x"', 'W/"2"', '"1", "2"', '""', "*"]) {
      const { status, body } = await put({ "if-match": tag });
      expect([status, body.errors?.[0]?.path]).toEqual([400, "if-match"]);
    }
    expect((await put({ "if-none-match": '"2"' })).status).toBe(400);
    expect((await server.call("GET", at("a"))).body).toMatchObject({ version: 2 });
  });

  test("that has no patch, or one of another kind, is left alone", async () => {
    await server.call("PUT", at("a"), { vector: axis(0), metadata: { n: 1 } });
    for (const [body, path] of [
      [{}, ""],
      [{ metadata: [1] }, "metadata"],
      [{ metadata: {}, vector: axis(1) }, "vector"],
      [{ ttl_seconds: -1 }, "ttl_seconds"],
      [{ ttl_seconds: "5" }, "ttl_seconds"],
      [{ expires_at: "tomorrow" }, "expires_at"],
    ] as const) {
      const answer = await server.call("PATCH", at("a"), body);
      expect([answer.status, answer.body.errors?.[0]?.path], JSON.stringify(body)).toEqual([400, path]);
    }
    const typed = { "content-type": "application/json-patch+json" };
    expect((await server.call("PATCH", at("a"), [], typed)).status).toBe(415);
    expect((await server.call("GET", at("a"))).body).toMatchObject({ metadata: { n: 1 }, version: 1 });
  });

  test("is patched among others", async () => {
    const documents = [
      { external_id: "a", vector: axis(0), ttl_seconds: 3_600 },
      { external_id: "b", vector: axis(1) },
    ];
    await server.call("POST", `${books}/documents`, { documents });
    const answer = await server.call("POST", `${books}/documents/patch`, {
      documents: [
        { id: "a", expires_at: null },
        { id: "b", metadata: { n: 1 } },
        { id: "c", metadata: { n: 1 } },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      patched: 2,
      failed: 1,
      items: [
        { id: expect.stringMatching(uuid), version: 2 },
        { id: expect.stringMatching(uuid), version: 2 },
        { error: expect.objectContaining({ code: "not_found" }) },
      ],
      latency_ms: expect.any(Number),
    });
    expect((await server.call("GET", at("a"))).body).not.toHaveProperty("expires_at");
  });
});
