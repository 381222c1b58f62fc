import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { compressedBytesMin } from "./compressAnswers.ts";
import { preferredCoding } from "./contentCodings.ts";

const documentCount = 300;
const bodyBytesMax = 200_000;
const collection = "/api/v1/collections/books";
const vector = Array.from({ length: 16 }, (_, i) => i);
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ flags: { "--limits-max-body-bytes": String(bodyBytesMax) } });
  await server.call("POST", "/api/v1/collections", { name: "books", dimension: 16 });
  const documents = Array.from({ length: documentCount }, (_, n) => ({
    external_id: `d${n}`,
    vector,
    metadata: { title: `A title of ${n} words`, n },
  }));
  expect((await server.call("POST", `${collection}/documents`, { documents })).body.failed).toBe(0);
});
afterAll(() => server.close());

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** As it is on the wire: `fetch` would decode it. */
async function ask(path: string, { method = "POST", headers = {}, body = "{}" }: Sent = {}) {
  const request = httpRequest(server.url + path, {
    method,
    headers: { ...(method === "POST" && { "content-type": "application/json" }), ...headers },
  });
  request.end(method === "POST" ? body : undefined);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const bytes = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, bytes };
}

describe("an answer", () => {
  test.each([
    ["gzip", "gzip", gunzipSync],
    ["br", "gzip, deflate, br", brotliDecompressSync],
  ] as const)("is compressed as %s where its caller takes %s", async (coding, acceptEncoding, decode) => {
    const body = JSON.stringify({ limit: documentCount });
    const plain = await ask(`${collection}/scroll`, { body });
    expect(plain.headers.vary).toBe("accept-encoding");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const { headers, bytes } = await ask(`${collection}/scroll`, {
      body,
      headers: { "accept-encoding": acceptEncoding },
    });
    expect(headers).toMatchObject({ "content-encoding": coding, vary: "accept-encoding" });
    expect(bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect(decode(bytes)).toEqual(plain.bytes);
  });

  test("is left alone where it is short, has an ETag, or is asked for by HEAD", async () => {
    const headers = { "accept-encoding": "br, gzip" };
    const short = await ask(`${collection}/count`, { headers });
    expect(short.bytes.length).toBeLessThan(compressedBytesMin);
    const tagged = await ask(`${collection}/documents/d1`, { method: "GET", headers });
    expect(tagged.headers.etag).toBe('"1"');
    const head = await ask("/openapi.json", { method: "HEAD", headers });
    for (const answer of [short, tagged, head]) {
      expect(answer.status).toBe(200);
      expect(answer.headers["content-encoding"]).toBeUndefined();
    }
  });

  test("that is compressed by itself is sent as it is", async () => {
    const { body } = await server.call("POST", `${collection}/snapshots`, { wait: true });
    const answer = await ask(`${collection}/snapshots/${body.snapshot_id}/download`, {
      method: "GET",
      headers: { "accept-encoding": "gzip" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.bytes.subarray(0, 4).toString()).toBe("PAR1");
  });
});

test.each([
  [undefined, undefined],
  ["", undefined],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["br;q=0.5, gzip", "gzip"],
  ["GZIP;Q=0.2", "gzip"],
  ["*", "br"],
  ["*;q=0", undefined],
  ["br;q=0, *", "gzip"],
  ["gzip;q=0.5, identity", undefined],
  ["deflate, zstd", undefined],
  ["gzip;q=2, br;q=x", undefined],
] as const)("Accept-Encoding %j asks for %s", (header, coding) => {
  expect(preferredCoding(header)).toBe(coding);
});

describe("documents as lines", () => {
  const accept = "application/x-ndjson";

  test.each([{ limit: 7 }, {}, { filter: { n: { $gte: 290 } } }])("are all there: %j", async (body) => {
    const { status, headers, bytes } = await ask(`${collection}/scroll`, {
      body: JSON.stringify(body),
      headers: { accept },
    });
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: accept });
    const lines = bytes.toString().trimEnd().split("\n");
    const ids = lines.map((line) => JSON.parse(line).external_id);
    expect(ids).toHaveLength("filter" in body ? 10 : documentCount);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("come compressed, and are none where there is none", async () => {
    const whole = await ask(`${collection}/scroll`, { headers: { accept, "accept-encoding": "gzip" } });
    expect(whole.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(whole.bytes).toString().split("\n")).toHaveLength(documentCount + 1);
    const none = await ask(`${collection}/scroll`, { headers: { accept }, body: '{"filter":{"n":-1}}' });
    expect({ status: none.status, text: none.bytes.toString() }).toEqual({ status: 200, text: "" });
  });

  test("are refused as any scroll is", async () => {
    const { status, headers } = await ask("/api/v1/collections/none/scroll", { headers: { accept } });
    expect({ status, type: headers["content-type"] }).toEqual({
      status: 404,
      type: expect.stringContaining("application/problem+json"),
    });
  });

  test("are not sent to whom they are not named by", async () => {
    for (const other of ["*/*", "application/json", "application/x-ndjson;q=0"]) {
      const { headers } = await ask(`${collection}/scroll`, { headers: { accept: other } });
      expect(headers["content-type"]).toMatch(/^application\/json/);
    }
  });
});

describe("a body", () => {
  const problem = ({ status, bytes }: Awaited<ReturnType<typeof ask>>) => ({
    status,
    ...JSON.parse(bytes.toString()),
  });
  const insert = JSON.stringify({ vector });
  const lines = Array.from({ length: 50 }, (_, n) => JSON.stringify({ external_id: `z${n}`, vector })).join(
    "\n",
  );

  test.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ] as const)("may come as %s, as JSON and as a stream", async (coding, encode) => {
    const headers = { "content-encoding": coding };
    const one = await ask(`${collection}/insert`, { headers, body: encode(insert) });
    expect(one.status).toBe(201);
    const many = await ask(`${collection}/documents`, {
      headers: { ...headers, "content-type": "application/x-ndjson" },
      body: encode(lines),
    });
    expect(problem(many)).toMatchObject({ status: 200, upserted: 50, failed: 0 });
  });

  test("that grows beyond the limit is refused, and takes no memory", async () => {
    const headers = { "content-encoding": "gzip" };
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "));
    expect(bomb.length).toBeLessThan(bodyBytesMax);
    const whole = await ask(`${collection}/insert`, { headers, body: bomb });
    expect(problem(whole)).toMatchObject({ status: 413, code: "quota_exceeded" });
    const stream = await ask(`${collection}/documents`, {
      headers: { ...headers, "content-type": "application/x-ndjson" },
      body: bomb,
    });
    expect(problem(stream)).toMatchObject({
      status: 413,
      code: "quota_exceeded",
      detail: expect.stringContaining("200 times"),
    });
  });

  test.each([
    ["nonsense", "gzip", Buffer.from("{}"), 400, "is not valid gzip"],
    ["one that ends early", "gzip", gzipSync(insert).subarray(0, -6), 400, "is not valid gzip"],
    ["nonsense of another kind", "br", Buffer.from("nonsense"), 400, "is not valid br"],
    ["one of a coding that is not known", "deflate", Buffer.from("{}"), 415, "none of br, gzip"],
    ["one that is compressed twice", "gzip, gzip", gzipSync(gzipSync(insert)), 415, "none of br, gzip"],
  ] as const)("is refused: %s", async (_, coding, body, status, detail) => {
    for (const type of ["application/json", "application/x-ndjson"]) {
      const answer = await ask(`${collection}/documents`, {
        headers: { "content-encoding": coding, "content-type": type },
        body,
      });
      expect(problem(answer)).toMatchObject({ status, detail: expect.stringContaining(detail) });
    }
    const unread = await ask(`${collection}/documents`, {
      headers: { "content-encoding": coding, "content-type": "text/html" },
      body,
    });
    expect(unread.status).toBe(415);
    expect((await server.call("GET", "/health")).status).toBe(200);
  });
});
