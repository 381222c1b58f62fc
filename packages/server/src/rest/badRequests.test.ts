import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestAnswer, type TestServer } from "../adapters/testServer.test.support.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    flags: { "--limits-max-body-bytes": "100000", "--limits-max-top-k": "50" },
  });
  for (const metric of ["cosine", "dot"]) {
    await server.call("POST", "/api/v1/collections", { name: metric, dimension: 16, metric });
  }
});
afterAll(() => server.close());

const vector = Array.from({ length: 16 }, (_, i) => i);
const collections = "/api/v1/collections";
const insert = "/api/v1/collections/cosine/insert";
const documents = "/api/v1/collections/cosine/documents";
const query = "/api/v1/collections/cosine/query";
const getMany = `${documents}/get`;
const deleteMany = `${documents}/delete`;
const scroll = "/api/v1/collections/cosine/scroll";

/** A problem of the one family, from which nothing leaks. */
function expectProblem(
  { status, headers, body }: TestAnswer,
  expected: { status: number; code: string },
): void {
  expect({ status, code: body.code }).toEqual(expected);
  expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({
    type: `urn:akidb:error:${expected.code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    request_id: headers.get("x-request-id"),
  });
  expect(JSON.stringify(body)).not.toMatch(/\bat .*:\d+:\d+|node_modules|\/src\/|SQLITE|SELECT |INSERT /);
  expect(JSON.stringify(body)).not.toContain(server.directory);
}

describe("a bad field is named", () => {
  test.each([
    [
      "an unknown field",
      collections,
      { name: "a", dimensions: 16 },
      "dimensions",
      "known are name, dimension",
    ],
    ["a field of another type", collections, { name: 5 }, "name", "must be a string, but is a number"],
    ["null", collections, { name: "a", dimension: null }, "dimension", "must be an integer, but is null"],
    ["a number in quotes", collections, { name: "a", dimension: "16" }, "dimension", "must be an integer"],
    [
      "a fraction",
      collections,
      { name: "a", dimension: 16.5 },
      "dimension",
      "must be an integer, but is 16.5",
    ],
    ["a missing field", collections, {}, "name", "is missing"],
    [
      "another metric",
      collections,
      { name: "a", metric: "manhattan" },
      "metric",
      "must be one of cosine, dot, l2",
    ],
    [
      "a graph that is none",
      collections,
      { name: "a", hnsw: 16 },
      "hnsw",
      "must be an object, but is a number",
    ],
    [
      "an unknown field of the graph",
      collections,
      { name: "a", hnsw: { ef: 9 } },
      "hnsw.ef",
      "known are m, ef_construction",
    ],
    [
      "links that are no number",
      collections,
      { name: "a", hnsw: { m: "8" } },
      "hnsw.m",
      "must be an integer",
    ],
    ["links out of range", collections, { name: "a", hnsw: { m: 65 } }, "hnsw.m", "from 4 to 64"],
    [
      "fewer candidates than links",
      collections,
      { name: "a", hnsw: { m: 16, ef_construction: 15 } },
      "hnsw.ef_construction",
      "m (16)",
    ],
    [
      "another quantization",
      collections,
      { name: "a", quantization: "int4" },
      "quantization",
      "must be one of none, int8, binary",
    ],
    ["a dimension out of range", collections, { name: "a", dimension: 15 }, "dimension", "16"],
    ["a name that is a path", collections, { name: "../a" }, "name", ""],
    ["an unknown model", collections, { name: "a", embedding_model: "none" }, "model", "hashing"],
    ["a body that is no object", collections, [], "", "must be an object, but is an array"],
    [
      "a wrong dimension",
      insert,
      { vector: [1, 2] },
      "vector",
      "has 2 components; the collection's dimension is 16",
    ],
    ["a component beyond 32 bits", insert, { vector: [...vector.slice(1), 1e39] }, "vector[15]", "finite"],
    ["the zero vector under cosine", insert, { vector: vector.map(() => 0) }, "vector", "zero vector"],
    ["a string for a component", insert, { vector: ["1"] }, "vector[0]", "must be a number, but is a string"],
    [
      "a string for a vector",
      insert,
      { vector: "1" },
      "vector",
      "must be an array or an object, but is a string",
    ],
    ["an empty object for a vector", insert, { vector: {} }, "vector.base64", "is missing"],
    ["bad base64", insert, { vector: { base64: "###" } }, "vector.base64", "must be padded base64"],
    ["three bytes of base64", insert, { vector: { base64: "AAAA" } }, "vector.base64", "4 bytes for each"],
    ["an id that is none", insert, { id: "a", vector }, "id", "must be a UUID"],
    ["an id twice", insert, { id: "a", doc_id: "a", vector }, "doc_id", "the same as id"],
    ["metadata that is no object", insert, { vector, metadata: [1] }, "metadata", "must be an object"],
    ["an external id too long", insert, { vector, external_id: "x".repeat(513) }, "external_id", "512"],
    ["a document without a vector or text", insert, {}, "vector", "is missing"],
    [
      "a field within a batch",
      documents,
      { documents: [{ vector }, { vektor: 1 }] },
      "documents[1].vektor",
      "known",
    ],
    [
      "a component in a batch",
      documents,
      { documents: [{ vector: [0, null] }] },
      "documents[0].vector[1]",
      "number",
    ],
    [
      "base64 in a batch",
      documents,
      { documents: [{ vector: { base64: "A" } }] },
      "documents[0].vector.base64",
      "",
    ],
    ["no documents", documents, {}, "documents", "is missing"],
    ["neither vector nor text", query, {}, "vector", "exactly one"],
    ["both vector and text", query, { vector, text: "a" }, "vector", "exactly one"],
    ["a vector twice", query, { vector, query_vector: vector }, "query_vector", "the same as vector"],
    ["no results", query, { vector, top_k: 0 }, "top_k", "from 1"],
    ["more results than allowed", query, { vector, top_k: 51 }, "top_k", "at most 50"],
    ["a walk without breadth", query, { vector, ef: 0 }, "ef", "from 1"],
    ["a walk too broad", query, { vector, ef: 40_001 }, "ef", "40000"],
    ["a string for yes", query, { vector, exact: "true" }, "exact", "must be a boolean, but is a string"],
    [
      "an unknown part",
      query,
      { vector, include: ["body"] },
      "include[0]",
      "must be one of metadata, text, vector",
    ],
    ["a number for an id", getMany, { ids: [5] }, "ids[0]", "must be a string, but is a number"],
    ["neither ids nor a filter", getMany, {}, "ids", "exactly one of ids and filter"],
    ["a filter that says nothing", deleteMany, { filter: {} }, "filter", '{"all": true}'],
    ["an unknown field of a deletion", deleteMany, { fliter: {} }, "fliter", "known are ids, filter, all"],
    ["a forged cursor", scroll, { cursor: "AAAA" }, "cursor", "is no cursor of a scroll"],
    ["a list for a filter", scroll, { filter: [] }, "filter", "must be an object, but is an array"],
    ["no field to count", "/api/v1/collections/cosine/facets", {}, "field", "is missing"],
    ["texts that are none", "/api/v1/embed", { texts: [1] }, "texts[0]", "must be a string"],
    ["an empty text", "/api/v1/embed", { texts: ["a", " "] }, "texts[1]", ""],
  ])("%s", async (_, path, body, field, detail) => {
    const answer = await server.call("POST", path, body);
    expectProblem(answer, { status: 400, code: "invalid_argument" });
    expect(answer.body.errors[0].path.replace(/^documents\[0\]\.(?=vector$)/, "")).toBe(field);
    expect(answer.body.errors[0].detail).toContain(detail);
  });

  test.each(["NaN", "Infinity", "-Infinity"])("%s is not JSON", async (number) => {
    const answer = await server.send(insert, `{"vector":[${number}]}`, "application/json");
    expectProblem(answer, { status: 400, code: "invalid_argument" });
    expect(answer.body.detail).toContain("at position 11");
  });

  test("a number too large for JSON's reader is refused, too", async () => {
    const answer = await server.send(insert, '{"vector":[1,1e999]}', "application/json");
    expectProblem(answer, { status: 400, code: "invalid_argument" });
    expect(answer.body.errors).toEqual([{ path: "vector[1]", detail: "is too large for a number" }]);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["limit=1&limit=2", "limit"],
    ["cursor=nonsense", "cursor"],
    ["page=2", "page"],
  ])("of a query string: %s", async (text, path) => {
    const answer = await server.call("GET", `${collections}?${text}`);
    expectProblem(answer, { status: 400, code: "invalid_argument" });
    expect(answer.body.errors[0].path).toBe(path);
  });

  test("the zero vector is welcome where the metric knows what to do with it", async () => {
    const answer = await server.call("POST", "/api/v1/collections/dot/insert", {
      vector: vector.map(() => 0),
    });
    expect(answer.status).toBe(201);
  });
});

describe("a body that cannot be read", () => {
  test.each([
    ["is cut off", '{"name":', "ends too early, at position 8"],
    ["has a comma too many", '{"name":"a",}', "needs a name in double quotes here, at position 12"],
    ["is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "UTF-8"],
  ])("%s", async (_, body, detail) => {
    const answer = await server.send(collections, body, "application/json");
    expectProblem(answer, { status: 400, code: "invalid_argument" });
    expect(answer.body.detail).toContain(detail);
  });

  test("is missing", async () => {
    for (const path of [collections, insert, documents, query, "/api/v1/embed"]) {
      expectProblem(await server.call("POST", path), { status: 400, code: "invalid_argument" });
      expectProblem(await server.send(path, "", "application/json"), {
        status: 400,
        code: "invalid_argument",
      });
    }
  });

  test("is validated whatever the spelling of its content-type", async () => {
    for (const contentType of [
      "APPLICATION/JSON",
      "application/json; charset=utf-8",
      "application/json;x=y",
    ]) {
      const answer = await server.send(documents, '{"documents":5}', contentType);
      expectProblem(answer, { status: 400, code: "invalid_argument" });
      expect(answer.body.errors[0].path).toBe("documents");
    }
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "nonsense"])(
    "is %s",
    async (contentType) => {
      expectProblem(await server.send(collections, "{}", contentType), {
        status: 415,
        code: "invalid_argument",
      });
    },
  );

  test("is too large: the limit is named, the answer arrives", async () => {
    for (const bytes of [100_001, 5_000_000]) {
      const answer = await server.send(insert, JSON.stringify("x".repeat(bytes)), "application/json");
      expectProblem(answer, { status: 413, code: "quota_exceeded" });
      expect(answer.body.detail).toContain("limits.max_body_bytes, which is 100000");
    }
  });

  test("is too large and its length unknown", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let i = 0; i < 200; i++) controller.enqueue(new Uint8Array(1_000).fill(0x20));
        controller.close();
      },
    });
    expectProblem(await server.send(insert, body, "application/json"), {
      status: 413,
      code: "quota_exceeded",
    });
  });
});

describe("the body of somebody whom nobody knows", () => {
  const large = JSON.stringify({ email: "a@example.org", password: "x".repeat(70_000) });

  test.each(["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/none"])(
    "may not be large, whatever the limit of others: %s",
    async (path) => {
      const streamed = new Blob([large]).stream();
      const zipped = { "content-type": "application/json", "content-encoding": "gzip" };
      const response = await fetch(server.url + path, {
        method: "POST",
        headers: zipped,
        body: gzipSync(large),
      });
      expect(response.status).toBe(413);
      for (const body of [large, streamed]) {
        const answer = await server.send(path, body, "application/json");
        expectProblem(answer, { status: 413, code: "quota_exceeded" });
        expect(answer.body.detail).toContain("larger than 65536 bytes");
      }
    },
  );

  test("is read where it is as large as logins are", async () => {
    const login = { email: "a@example.org", password: "x".repeat(1_000) };
    const body = new Blob([JSON.stringify(login)]).stream();
    const answer = await server.send("/api/v1/auth/login", body, "application/json");
    expectProblem(answer, { status: 401, code: "unauthenticated" });
  });
});

describe("what does not exist", () => {
  test.each([
    ["GET", "/"],
    ["GET", "/api/v2/collections"],
    ["GET", "/api/v1/collections/none"],
    ["GET", "/api/v1/collections/019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d"],
    ["DELETE", "/api/v1/collections/none"],
    ["GET", "/api/v1/collections/none/documents/a"],
    ["GET", "/api/v1/collections/cosine/documents/a"],
    ["DELETE", "/api/v1/collections/cosine/documents/a"],
  ])("is not found: %s %s", async (method, path) => {
    expectProblem(await server.call(method, path), { status: 404, code: "not_found" });
  });

  test("has no documents to write or search", async () => {
    for (const [segment, body] of [
      ["insert", { vector }],
      ["documents", { documents: [{ vector }] }],
      ["query", { vector }],
    ] as const) {
      const answer = await server.call("POST", `/api/v1/collections/none/${segment}`, body);
      expectProblem(answer, { status: 404, code: "not_found" });
      expect(answer.body.detail).toContain('"none"');
    }
  });

  test("is a method: the answer says which there are", async () => {
    const answer = await server.call("PUT", "/api/v1/collections/cosine", {});
    expectProblem(answer, { status: 405, code: "invalid_argument" });
    expect(answer.headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE");
    expectProblem(await server.call("DELETE", "/health"), { status: 405, code: "invalid_argument" });
    const other = await server.call("OPTIONS", getMany);
    expectProblem(other, { status: 405, code: "invalid_argument" });
    expect(other.headers.get("allow")).toBe("GET, HEAD, PUT, PATCH, DELETE, POST");
  });

  test("is a path that is too long or not UTF-8", async () => {
    const long = await server.call("GET", `/api/v1/collections/${"a".repeat(3_000)}`);
    expectProblem(long, { status: 414, code: "invalid_argument" });
    for (const path of ["%", "%ff", "%zz"]) {
      const answer = await server.call("GET", `/api/v1/collections/${path}`);
      expectProblem(answer, { status: 400, code: "invalid_argument" });
    }
  });
});

test("what is decided when a collection is created does not change, and the answer says what does", async () => {
  const answer = await server.call("PATCH", "/api/v1/collections/cosine", {
    max_doc_count: 5,
    dimension: 32,
  });
  expectProblem(answer, { status: 400, code: "invalid_argument" });
  expect(answer.body.errors).toEqual([
    {
      path: "dimension",
      detail: "is unknown; known are name, max_doc_count, sync_policy, wal_retention_seconds",
    },
  ]);
});

test("a name that is taken is a conflict", async () => {
  const answer = await server.call("POST", collections, { name: "cosine" });
  expectProblem(answer, { status: 409, code: "already_exists" });
});

test("an external id that is another document's is a conflict", async () => {
  const first = await server.call("POST", insert, { external_id: "taken", vector });
  const second = await server.call("POST", insert, { vector });
  const answer = await server.call("POST", insert, { id: second.body.id, external_id: "taken", vector });
  expect(first.body.id).not.toBe(second.body.id);
  expectProblem(answer, { status: 409, code: "already_exists" });
  expect(answer.body.errors).toEqual([{ path: "external_id", detail: "is taken by another document" }]);
});

test("a request whose time is up is told so", async () => {
  // Every look at this clock is a minute later than the one before.
  let nowMs = 0;
  const clock = { nowMs: () => 1_000, monotonicMs: () => (nowMs += 60_000) };
  const late = await startTestServer({ clock });
  try {
    expectProblem(await late.call("GET", "/api/v1/collections"), { status: 504, code: "deadline_exceeded" });
  } finally {
    await late.close();
  }
});
