import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const seed = 20_260_131;
const statuses = new Set([
  200, 201, 202, 204, 400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 429, 503, 507,
]);

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
});
afterAll(() => server.close());

const oddNumber = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 10, 16, 17, 1e6, 2 ** 31, 2 ** 53, 1e39, 1e-50, 1e308),
  fc.integer({ min: -5, max: 20_000 }),
);
const oddText = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "A",
    " ",
    "default",
    "hashing",
    "cosine",
    "../..",
    "%2e%2e",
    "\0",
    "\ud800",
    "__proto__",
  ),
  fc.constantFrom("019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d", "AACAPw==", "x".repeat(600)),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);
const anything = fc.oneof(oddText, oddNumber, fc.jsonValue({ maxDepth: 3 }));
test("whatever is asked of documents is answered, and much of it accepted", async () => {
  await server.call("POST", "/api/v1/collections", { name: "q", dimension: 16 });
  const documents = Array.from({ length: 40 }, (_, n) => ({
    external_id: `d${n}`,
    vector: Array.from({ length: 16 }, (_, i) => Math.sin(n * i + 1)),
    metadata: {
      n,
      tags: [`t${n % 3}`, n % 2 === 0, null],
      at: { lat: n, lon: -n },
      text: "word ".repeat(n * 3),
    },
  }));
  await server.call("POST", "/api/v1/collections/q/documents", { documents });
  /** Now and then something else. */
  const mostly = (value: fc.Arbitrary<unknown>) => fc.oneof({ weight: 12, arbitrary: value }, anything);
  const maybe = (value: fc.Arbitrary<unknown>) => fc.option(mostly(value), { nil: undefined, freq: 2 });
  const key = fc.constantFrom("d0", "d7", "d39", "nobody");
  const full = fc.constantFrom(...documents).map((document) => document.vector);
  const examples = fc.array(fc.oneof(key, full), { maxLength: 3 });
  const target = fc.oneof(
    full.map((vector) => ({ vector })),
    key.map((id) => ({ id })),
    fc.record({ positive: examples, negative: maybe(examples) }).map((vectors) => ({ vectors })),
    fc.record({ id: maybe(key), text: maybe(oddText), vectors: maybe(fc.constant({ positive: ["d0"] })) }),
  );
  const field = fc.constantFrom("n", "tags", "at", "text", "missing", "a..b", "");
  const condition = fc.constantFrom<object>(
    { n: { $gte: 3, $lt: 30 } },
    { tags: "t1" },
    { text: { $contains: "word" } },
    { $not: { tags: null } },
    { n: { $odd: 1 } },
    { $or: [] },
  );
  const body = fc.record({
    top_k: maybe(fc.constantFrom(1, 2, 10, 100, 10_000)),
    offset: maybe(fc.constantFrom(0, 1, 39, 40, 9_990)),
    min_score: maybe(fc.constantFrom(-1, 0, 0.5, 2)),
    ef: maybe(fc.constantFrom(1, 64, 40_000)),
    exact: maybe(fc.boolean()),
    explain: maybe(fc.boolean()),
    timeout_ms: maybe(fc.constantFrom(1_000, 3_600_000)),
    params: maybe(fc.record({ rescore: maybe(fc.boolean()) })),
    filter: maybe(condition),
    group_by: maybe(fc.record({ field, size: maybe(fc.constantFrom(1, 5, 100)) })),
    include: maybe(fc.subarray(["metadata", "text", "vector"])),
  });
  const counts = { accepted: 0, all: 0 };
  await fc.assert(
    fc.asyncProperty(target, body, async (target, body) => {
      const query = { ...body, ...target };
      const alone = await server.call("POST", "/api/v1/collections/q/query", query);
      expect([200, 400, 404], JSON.stringify(alone.body)).toContain(alone.status);
      counts.all += 1;
      if (alone.status === 200) counts.accepted += 1;
      const many = await server.call("POST", "/api/v1/collections/q/query/batch", { queries: [query] });
      if (many.status !== 200) return;
      const [result] = many.body.results;
      expect(result.error?.code).toBe(alone.status === 200 ? undefined : alone.body.code);
      const found = ({ matches, groups }: { matches: unknown; groups?: unknown }) => ({ matches, groups });
      if (alone.status === 200) expect(found(result)).toEqual(found(alone.body));
    }),
    { seed, numRuns: 300 },
  );
  expect(counts.accepted / counts.all).toBeGreaterThan(0.1);
});

test("whatever bytes come as a body are answered", async () => {
  const contentType = fc.constantFrom(
    "application/json",
    "application/x-ndjson",
    "text/plain",
    "application/json; charset=latin1",
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    fc
      .array(fc.constantFrom(...'{}[]":,\n\r 1ae\\u'), { maxLength: 60 })
      .map((parts) => Buffer.from(parts.join(""))),
  );
  const path = fc.constantFrom(
    "/api/v1/collections",
    "/api/v1/collections/a/documents",
    "/api/v1/collections/a/query",
  );
  await fc.assert(
    fc.asyncProperty(path, contentType, bytes, async (path, contentType, bytes) => {
      const answer = await server.send(path, Buffer.from(bytes), contentType);
      expect(statuses, JSON.stringify(answer.body)).toContain(answer.status);
      expect(answer.body.code).not.toBe("internal");
    }),
    { seed, numRuns: 250 },
  );
});
