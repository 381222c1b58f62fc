import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAkiDbError, type JsonObject, systemClock, systemRandom } from "@akidb/base";
import { open } from "@akidb/database";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrateV1, planV1Migration } from "./index.ts";
import { isoTime } from "./source/isoTime.ts";
import { v1Document } from "./source/v1Document.ts";
import { hashOf, jsonLines, keyOf, parquetFixture, V1Fixture, vectorOf } from "./v1Fixture.test.support.ts";

let root: string;
let v1: V1Fixture;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-broken-"));
  v1 = new V1Fixture(join(root, "v1"));
  v1.tenant("sound");
  v1.collection("sound", "docs", {}, [{ id: "a", vector: vectorOf(1) }]);
});
afterEach(() => rmSync(root, { recursive: true }));

const options = () => ({
  v1Directory: v1.root,
  v2Directory: join(root, "v2"),
  clock: systemClock,
  random: systemRandom,
  command: "a test",
});

async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    return error.violations.map(({ path, detail }) => `${path}: ${detail}`);
  }
  return expect.fail("nothing was found");
}

const at = (directory: string, name = "manifest.json"): string => `${directory}/${name}`;
const acme = "tenants/acme";
const docs = "tenants/sound/collections/docs";
const bad = (fields: JsonObject) => () => v1.tenant("acme", fields);
const badCollection = (fields: JsonObject) => () => v1.collection("sound", "docs", fields);
const rows = (...lines: readonly string[]) => {
  const sound = jsonLines([{ id: "first", vector: vectorOf(1) }]);
  return () => v1.write(at(docs, "vectors.jsonl"), sound + lines.map((line) => `${line}\n`).join(""));
};
const row = (fields: object): string => JSON.stringify({ id: "b", vector: vectorOf(2), ...fields });

/** What is broken in it, and what is said of it. */
const manifests: readonly (readonly [string, () => void, string, RegExp])[] = [
  ["JSON that is cut off", () => v1.write(at(acme), '{"tenant_id": "tenant_'), at(acme), /is not JSON/],
  ["other JSON than an object", () => v1.write(at(acme), "[]"), at(acme), /one JSON object/],
  ["what is no UTF-8", () => v1.write(at(acme), Buffer.from([0x22, 0xff, 0x22])), at(acme), /UTF-8/],
  ["a manifest without end", () => v1.write(at(acme), " ".repeat(2 ** 20 + 1)), at(acme), /larger/],
  ["no tenant_id", () => v1.tenant("acme", { tenant_id: undefined }), `${at(acme)}: tenant_id`, /is missing/],
  ["a bad tenant_id", bad({ tenant_id: "tenant_123" }), `${at(acme)}: tenant_id`, /32 hexadecimal digits/],
  ["a name that is null", bad({ name: null }), `${at(acme)}: name`, /is missing/],
  ["a name of another type", bad({ name: 7 }), `${at(acme)}: name`, /a string/],
  ["a name of two lines", bad({ name: "a\nb" }), `${at(acme)}: name`, /control characters/],
  [
    "a status that there is not",
    bad({ status: "paused" }),
    `${at(acme)}: status`,
    /active, suspended, deleted/,
  ],
  ["quotas that are a list", bad({ quotas: [] }), `${at(acme)}: quotas`, /JSON object/],
  [
    "a negative quota",
    bad({ quotas: { max_storage_bytes: -1 } }),
    `${at(acme)}: quotas.max_storage_bytes`,
    /integer/,
  ],
  [
    "a rate of nothing",
    bad({ quotas: { api_rate_limit_per_second: 0 } }),
    `${at(acme)}: quotas.api_rate_limit_per_second`,
    /from 1 to/,
  ],
  [
    "a quota that is text",
    bad({ quotas: { max_collections: "1" } }),
    `${at(acme)}: quotas.max_collections`,
    /integer/,
  ],
  [
    "an e-mail that is none",
    bad({ metadata: { contact_email: "ada" } }),
    `${at(acme)}: metadata.contact_email`,
    /e-mail/,
  ],
  [
    "custom metadata that are text",
    bad({ metadata: { custom: "x" } }),
    `${at(acme)}: metadata.custom`,
    /JSON object/,
  ],
  [
    "metadata that are too much",
    bad({ metadata: { custom: { x: "x".repeat(70_000) } } }),
    `${at(acme)}: metadata`,
    /bytes/,
  ],
  ["a hash that is too short", bad({ api_key_hash: "ab" }), `${at(acme)}: api_key_hash`, /64 hexadecimal/],
  [
    "a day that no month has",
    bad({ created_at: "2024-02-30T00:00:00Z" }),
    `${at(acme)}: created_at`,
    /ISO-8601/,
  ],
  [
    "a time without its zone",
    bad({ updated_at: "2024-02-03T00:00:00" }),
    `${at(acme)}: updated_at`,
    /ISO-8601/,
  ],
  ["a time that is a number", bad({ created_at: 1_700_000_000 }), `${at(acme)}: created_at`, /ISO-8601/],
  [
    "a tenant_id that is there already, spelled as a UUID",
    bad({
      tenant_id: hashOf("sound")
        .slice(0, 32)
        .toUpperCase()
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    }),
    `${at("tenants/sound")}: tenant_id`,
    /that of tenants\/acme/,
  ],
  [
    "a key that two have",
    bad({ api_key_hash: hashOf(keyOf("sound")) }),
    `${at("tenants/sound")}: api_key_hash`,
    /that of tenants\/acme/,
  ],
  [
    "a link that leads to itself",
    () => link("manifest.json", "tenants/acme"),
    at(acme),
    /cannot be read: .*circle/,
  ],
  ["a link to a directory above", () => link("..", "tenants/acme"), at(acme), /is a link to what is at/],
  [
    "a collection without manifest",
    () => v1.write(at(`${docs}2`, "x.jsonl"), ""),
    at(`${docs}2`),
    /is missing/,
  ],
  [
    "a collection without dimension",
    badCollection({ dimension: null }),
    `${at(docs)}: dimension`,
    /is missing/,
  ],
  [
    "a dimension that is too small",
    badCollection({ dimension: 4 }),
    `${at(docs)}: dimension`,
    /from 16 to 4096/,
  ],
  [
    "a metric that there is not",
    badCollection({ metric: "hamming" }),
    `${at(docs)}: metric`,
    /cosine, dot, l2/,
  ],
  ["hnsw.m out of its range", badCollection({ hnsw: { m: 1_000 } }), `${at(docs)}: hnsw.m`, /from 4 to 64/],
  [
    "a collection's name that v2 has not",
    badCollection({ name: "größe" }),
    `${at(docs)}: name`,
    /letters, digits/,
  ],
  [
    "two collections of one name",
    () => v1.collection("sound", "docs2", { name: "docs" }),
    `${at(`${docs}2`)}: name`,
    /that of tenants\/sound\/collections\/docs\//,
  ],
  [
    "a collection of nobody",
    () => v1.write("stray/collections/c/manifest.json", "{}"),
    "stray/collections",
    /belongs to no tenant/,
  ],
];

function link(target: string, directory: string): void {
  v1.write(at(directory, "empty"), "");
  symlinkSync(target, join(v1.root, directory, "manifest.json"));
}

const documents: readonly (readonly [string, () => void, string, RegExp])[] = [
  ["a line that is cut off", rows('{"id": "b", "vec'), "vectors.jsonl: line 2", /is not JSON/],
  ["a line that is no object", rows("[1]"), "vectors.jsonl: line 2", /not a JSON object/],
  ["NaN", rows('{"id": "b", "vector": [NaN]}'), "vectors.jsonl: line 2", /is not JSON/],
  ["no id", rows(row({ id: undefined })), "vectors.jsonl: line 2: id", /is missing/],
  ["an id that is a list", rows(row({ id: [] })), "vectors.jsonl: line 2: id", /must be text/],
  [
    "an id that is too long",
    rows(row({ id: "x".repeat(513) })),
    "vectors.jsonl: line 2: external_id",
    /513 bytes/,
  ],
  [
    "an id that is there already",
    rows(row({}), row({ id: "first" })),
    "vectors.jsonl: line 3: id",
    /earlier document/,
  ],
  ["no vector", rows(row({ vector: null })), "vectors.jsonl: line 2: vector", /is missing/],
  [
    "a vector of another dimension",
    rows(row({ vector: [1, 2] })),
    "vectors.jsonl: line 2: vector",
    /has 2 components/,
  ],
  [
    "a component that is null",
    rows(row({ vector: [...vectorOf(1).slice(1), null] })),
    "vectors.jsonl: line 2: vector[15]",
    /finite/,
  ],
  [
    "a component beyond 32 bits",
    rows(row({ vector: [1e39, ...vectorOf(1).slice(1)] })),
    "vectors.jsonl: line 2: vector[0]",
    /finite/,
  ],
  [
    "metadata that are a list",
    rows(row({ metadata: [1] })),
    "vectors.jsonl: line 2: metadata",
    /JSON object/,
  ],
  [
    "a field beside metadata that have it, too",
    rows(row({ a: 1, metadata: { a: 2 } })),
    "vectors.jsonl: line 2: a",
    /too/,
  ],
  [
    "NaN in Parquet",
    () => v1.copy(at(docs, "x.parquet"), parquetFixture("nan")),
    "x.parquet: row 3: vector[8]",
    /finite/,
  ],
  ["Parquet that is cut off", () => cutParquet(), "x.parquet", /./],
  [
    "more documents than the quota",
    () => {
      v1.tenant("sound", { quotas: { max_vectors_per_collection: 1 } });
      rows(row({}))();
    },
    "vectors.jsonl: line 2",
    /its most documents, 1/,
  ],
];

function cutParquet(): void {
  const whole = readFileSync(parquetFixture("json-metadata"));
  v1.write(at(docs, "x.parquet"), whole.subarray(0, whole.length - 100));
}

describe("what is broken in 1.x is named, and nothing is written", () => {
  test.each(manifests)("%s", async (_, make, place, detail) => {
    make();
    const problems = await problemsOf(migrateV1(options()));
    expect(problems[0]).toMatch(detail);
    expect(problems[0]!.startsWith(`${place}: `), problems[0]).toBe(true);
    expect(await problemsOf(planV1Migration(options()))).toEqual(problems);
  });

  test.each(documents)("%s", async (name, make, place, detail) => {
    make();
    const [problem] = await problemsOf(planV1Migration(options()));
    expect(readdirSync(root)).toEqual(["v1"]);
    expect(problem).toMatch(detail);
    expect(problem!.startsWith(`${docs}/${place}: `), problem).toBe(true);
    // The rest is the same code, and each run makes files.
    if (!["a line that is cut off", "an id that is there already", "NaN in Parquet"].includes(name)) return;
    expect(await problemsOf(migrateV1(options()))).toEqual([problem]);
    expect(readdirSync(join(root, "v2", "collections"))).toEqual([]);
  });

  test("all at once", async () => {
    bad({ name: "", status: 1, created_at: "yesterday" })();
    v1.write("b.json", "{");
    badCollection({ dimension: "x", metric: "x" })();
    const problems = await problemsOf(migrateV1(options()));
    const places = ["b.json", `${at(acme)}: status`, `${at(acme)}: created_at`];
    const all = [...places, `${at(docs)}: dimension`, `${at(docs)}: metric`];
    expect(problems).toHaveLength(all.length);
    for (const [index, place] of all.entries()) expect(problems[index]).toContain(`${place}: `);
  });

  test("the directories themselves", async () => {
    const missing = { ...options(), v1Directory: join(root, "nowhere") };
    await expect(migrateV1(missing)).rejects.toMatchObject({ code: "not_found" });
    for (const v2Directory of [v1.root, join(v1.root, "new"), root]) {
      const refused = { code: "invalid_argument", violations: [{ path: "--v2-data-dir" }] };
      await expect(migrateV1({ ...options(), v2Directory })).rejects.toMatchObject(refused);
    }
    writeFileSync(join(root, "v2"), "");
    await expect(migrateV1(options())).rejects.toMatchObject({ code: "failed_precondition" });
  });

  test("a directory that a run was rolled back in is one to start with", async () => {
    rows(row({ id: "first" }))();
    await problemsOf(migrateV1(options()));
    const db = await open({ path: options().v2Directory });
    expect(await db.listCollections()).toMatchObject({ items: [] });
    await db.close();
    rows(row({}))();
    expect(await migrateV1(options())).toMatchObject({ documentCount: 2 });
  });
});

test("any row is a document or refused with its field", () => {
  const field = fc.constantFrom("id", "vector", "metadata", "__proto__", "x");
  fc.assert(
    fc.property(fc.dictionary(field, fc.jsonValue() as fc.Arbitrary<never>), (fields) => {
      try {
        expect(v1Document(fields)).toHaveProperty("vector");
      } catch (error) {
        expect(error).toMatchObject({ name: "AkiDbError", code: "invalid_argument" });
      }
    }),
  );
});

test("times are read at any precision and zone, or not at all", () => {
  expect(isoTime("2024-03-01T10:00:00.123456789Z")).toBe("2024-03-01T10:00:00.123Z");
  expect(isoTime("2024-03-01 10:00:00+0530")).toBe("2024-03-01T04:30:00.000Z");
  expect(isoTime("2024-03-01T10:00-00:30")).toBe("2024-03-01T10:30:00.000Z");
  for (const text of [
    "",
    "2024",
    "2024-03-01",
    "2024-13-01T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-03-01T25:00:00Z",
  ]) {
    expect(isoTime(text), text).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.date({ min: new Date(0), noInvalidDate: true, max: new Date("9999-12-31") }), (date) => {
      expect(isoTime(date.toISOString())).toBe(date.toISOString());
    }),
  );
});
