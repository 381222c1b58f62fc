import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "@akidb/base";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestServer, type TestAnswer, type TestServer } from "../adapters/testServer.test.support.ts";

let server: TestServer;
let collection: string;
let collectionCount = 0;

beforeAll(async () => {
  server = await startTestServer({ flags: { "--limits-max-body-bytes": "70000" } });
});
afterAll(() => server.close());
beforeEach(async () => {
  const name = `stream-${collectionCount++}`;
  await server.call("POST", "/api/v1/collections", { name, dimension: 16 });
  collection = `/api/v1/collections/${name}`;
});

const vector = Array.from({ length: 16 }, (_, i) => i);
const line = (id: string): string => JSON.stringify({ external_id: id, vector });
const stream = (body: RequestInit["body"]): Promise<TestAnswer> =>
  server.send(`${collection}/documents`, body, "application/x-ndjson");
const documentCount = async (): Promise<number> => (await server.call("GET", collection)).body.document_count;

/** A body that ends when its source does, sent in these chunks. */
function inChunks(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
}

describe("a stream of documents", () => {
  test("is written line by line, and each line that cannot be is named", async () => {
    const { status, body } = await stream(
      [
        line("a"),
        "",
        '{"external_id":"b","vector":[1,2]}',
        '{"external_id":"c","vektor":[]}',
        "  \t",
        "{nonsense",
        `${line("d")}\r`,
        '{"external_id":"e","vector":{"base64":"AAA="}}',
        "[]",
        line("f"),
      ].join("\n"),
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      upserted: 3,
      failed: 5,
      errors: [
        invalid(3, "vector", "has 2 components"),
        invalid(4, "vektor", "is unknown"),
        invalid(6, "", "needs a name in double quotes here, at position 1"),
        invalid(8, "vector.base64", "4 bytes for each component"),
        invalid(9, "", "must be an object, but is an array"),
      ],
      latency_ms: expect.any(Number),
    });
    expect(await documentCount()).toBe(3);
  });

  test("may be cut within a character, and has one bad line where its bytes are not UTF-8", async () => {
    const text = Buffer.from(`${JSON.stringify({ external_id: "é𝄞", vector })}\n`);
    const bad = Buffer.from(`${JSON.stringify({ external_id: "?", vector })}\n`);
    bad[bad.indexOf("?")] = 0xff;
    const bytes = Buffer.concat([text, bad, text]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) =>
      bytes.subarray(3 * i, 3 * i + 3),
    );
    const { body } = await stream(inChunks(chunks));
    expect(body).toMatchObject({ upserted: 2, failed: 1, errors: [{ line: 2, code: "invalid_argument" }] });
    expect(body.errors[0].detail).toContain("UTF-8");
    expect(
      (await server.call("GET", `${collection}/documents/${encodeURIComponent("é𝄞")}`)).body.version,
    ).toBe(2);
  });

  test("may be longer than any body, and is written in batches while it comes", async () => {
    async function* halves(): AsyncGenerator<Uint8Array> {
      const lines = (from: number, to: number) =>
        Buffer.from(Array.from({ length: to - from }, (_, i) => `${line(String(from + i))}\n`).join(""));
      yield lines(0, 1_500);
      for (let tries = 0; (await documentCount()) === 0 && tries < 500; tries++) await sleep(10);
      expect(await documentCount()).toBeGreaterThan(0);
      yield lines(1_500, 2_500);
    }
    const { status, body } = await stream(inChunks(halves()));
    expect(status).toBe(200);
    expect(body).toMatchObject({ upserted: 2_500, failed: 0, errors: [] });
    expect(await documentCount()).toBe(2_500);
  });

  test("names a thousand bad lines, in their order, and counts the rest", async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) =>
      i % 3 === 0 ? line(String(i)) : i % 3 === 1 ? "{" : "{}",
    );
    const { body } = await stream(lines.join("\n"));
    expect(body).toMatchObject({ upserted: 1_000, failed: 2_000 });
    const expected = Array.from({ length: 3_000 }, (_, i) => i + 1).filter((number) => number % 3 !== 1);
    expect(body.errors.map((error: { line: number }) => error.line)).toEqual(expected.slice(0, 1_000));
  });

  test("loses only a line that is too long", async () => {
    const long = `{"text":"${"x".repeat(limits.lineBytesMax)}"}`;
    const { body } = await stream([line("a"), long, line("b")].join("\n"));
    expect(body).toMatchObject({ upserted: 2, failed: 1, errors: [{ line: 2, code: "quota_exceeded" }] });
    expect(body.errors[0].detail).toContain(String(limits.lineBytesMax));
  });

  test("may be empty", async () => {
    for (const text of ["", "\n \n"]) {
      expect(await stream(text)).toMatchObject({ status: 200, body: { upserted: 0, failed: 0, errors: [] } });
    }
  });

  test("is refused as a whole where there is no such collection, however long it is", async () => {
    collection = "/api/v1/collections/none";
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 20_000; i++) yield Buffer.from(`${line(String(i))}\n`);
    }
    for (const body of ["", line("a"), "{", inChunks(endless())]) {
      expect(await stream(body)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
  });

  test("ends with its caller: nothing is written that comes after", async () => {
    const caller = new AbortController();
    async function* abandoned(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 1_500; i++) yield Buffer.from(`${line(String(i))}\n`);
      await new Promise(() => {});
    }
    const answer = fetch(`${server.url}${collection}/documents`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: inChunks(abandoned()),
      signal: caller.signal,
      duplex: "half",
    } as RequestInit);
    for (let tries = 0; (await documentCount()) === 0 && tries < 500; tries++) await sleep(10);
    caller.abort();
    await expect(answer).rejects.toThrow();
    await sleep(50);
    expect(await documentCount()).toBe(1_000);
  });
});

const invalid = (line: number, path: string, detail: string) => ({
  line,
  code: "invalid_argument",
  detail: expect.stringContaining(detail),
  errors: [{ path, detail: expect.stringContaining(detail) }],
});
