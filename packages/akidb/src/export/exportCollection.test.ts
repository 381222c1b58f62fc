import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Collection,
  type Document,
  type DocumentInput,
  isAkiDbError,
  type JsonObject,
  SeededRandom,
  systemClock,
} from "@akidb/base";
import { open } from "@akidb/database";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

const dimension = 16;
let folder: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-export-"));
  data = join(folder, "data");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function akidb(...args: readonly string[]) {
  const terminal = recordingTerminal();
  let exitCode = 0;
  await runProgram([...args, "--data-dir", data], {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment: {},
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: (code) => {
      exitCode = code;
    },
  });
  return { ...terminal, exitCode };
}

const openData = () => open({ path: data, wal: { sync: "never" } });

async function withDocuments(
  name: string,
  documents: readonly DocumentInput[],
): Promise<readonly Document[]> {
  const db = await openData();
  try {
    await db.createCollection({ name, dimension, metric: "l2" });
    const { items } = await db.collection(name).upsert(documents);
    return await Promise.all(
      items.map((item) => documentOf(db.collection(name), item.ok ? item.id : item.detail)),
    );
  } finally {
    await db.close();
  }
}

const documentOf = (collection: Collection, id: string) =>
  collection.get(id, { include: ["metadata", "text", "vector"] });

async function documentsIn(name: string, ids: readonly string[]) {
  const db = await openData();
  try {
    return {
      count: (await db.getCollection(name)).documentCount,
      documents: await Promise.all(ids.map((id) => documentOf(db.collection(name), id))),
      snapshots: (await db.collection(name).listSnapshots()).items,
    };
  } finally {
    await db.close();
  }
}

/** All that an import gives back; -0 is 0 in JSON's numbers. */
const lasting = ({ id, externalId, vector, text, metadata, expiresAt }: Document) => ({
  id,
  externalId,
  vector: Array.from(vector ?? [], (component) => component + 0),
  text,
  metadata,
  expiresAt,
});

const word = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("", "\u2028", '"\\\n', "[1,2]", "007", "metadata", "__proto__", "id", "vector", "base64"),
);
const metadata: fc.Arbitrary<JsonObject> = fc
  .dictionary(word, fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonObject>, { maxKeys: 5 })
  // As JSON has it: no negative zeros.
  .map((object) => JSON.parse(JSON.stringify(object)) as JsonObject);
const document = fc.record(
  {
    vector: fc.float32Array({
      minLength: dimension,
      maxLength: dimension,
      noNaN: true,
      noDefaultInfinity: true,
      min: Math.fround(-1e15),
      max: Math.fround(1e15),
    }),
    text: word,
    metadata,
    external: fc.boolean(),
    expiresAt: fc.integer({ min: 2e12, max: 4e12 }).map((ms) => new Date(ms).toISOString()),
  },
  { requiredKeys: ["vector", "external"] },
);

it.each([
  ["parquet", []],
  ["jsonl", []],
  ["jsonl", ["--vectors", "base64"]],
  ["json", []],
  ["csv", []],
  ["csv", ["--vectors", "base64"]],
] as const)("an export as %s with %j imports again as the same documents", async (format, options) => {
  const seed = Number(process.env["AKIDB_TEST_SEED"] ?? Date.now() % 1e9);
  const inputs = fc.sample(document, { seed, numRuns: 200 });
  const before = await withDocuments(
    "before",
    inputs.map(({ external, ...input }, index) => ({
      ...input,
      ...(external && { externalId: index % 2 === 0 ? `${index}` : `[${index}]` }),
    })),
  );
  const path = join(folder, `out.${format}`);
  await akidb("export", "before", "--output", path, ...options);
  const imported = await akidb("import", path, "--collection", "after", "--metric", "l2");
  expect(imported.exitCode, `seed ${seed}`).toBe(0);
  const ids = before.map(({ id }) => id);
  const after = await documentsIn("after", ids);
  expect(after.count).toBe(inputs.length);
  expect(after.documents.map(lasting), `seed ${seed}`).toEqual(before.map(lasting));
  expect((await documentsIn("before", [])).snapshots).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(["data", `out.${format}`]);
});

it("keeps every bit in base64", async () => {
  const vector = Float32Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? -0 : 2 ** (-149 + i)));
  const [before] = await withDocuments("bits", [{ vector }]);
  const path = join(folder, "bits.jsonl");
  await akidb("export", "bits", "--output", path, "--vectors", "base64");
  await akidb("import", path, "--collection", "again", "--metric", "l2");
  const { documents } = await documentsIn("again", [before!.id]);
  expect(new Uint32Array(documents[0]!.vector!.slice().buffer)).toEqual(new Uint32Array(vector.buffer));
});

it("writes lines as the REST API shows documents", async () => {
  const [before] = await withDocuments("one", [
    { externalId: "a", vector: new Float32Array(dimension).fill(0.5), metadata: { n: 1 } },
  ]);
  const path = join(folder, "one.ndjson");
  const { printed } = await akidb("export", "one", "--output", path, "--json");
  const text = readFileSync(path, "utf8");
  expect(JSON.parse(text)).toEqual({
    id: before!.id,
    external_id: "a",
    vector: Array(dimension).fill(0.5),
    metadata: { n: 1 },
    inserted_at: before!.insertedAt,
    updated_at: before!.updatedAt,
    version: 1,
  });
  expect(JSON.parse(printed)).toEqual({
    file: path,
    collection: "one",
    format: "jsonl",
    documents: 1,
    bytes: text.length,
  });
});

it.each([
  [["x", "--output", "a.txt"], "invalid_argument", /the name "a.txt" does not tell its format/],
  [["x", "--output", "-"], "invalid_argument", /--format: must be given/],
  [["x", "--output", "-", "--format", "jsonl", "--json"], "invalid_argument", /--json: and the documents/],
  [["nobody"], "not_found", /collection "nobody" does not exist/],
  [["there", "--output", "nowhere/a.parquet"], "not_found", /nowhere\/a.parquet/],
  [["there", "--output", "nowhere/a.jsonl"], "not_found", /nowhere/],
] as const)("refuses %j", async (args, code, message) => {
  await withDocuments("there", []);
  const error = await akidb("export", ...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isAkiDbError(error) && error.code).toBe(code);
  expect((error as Error).message).toMatch(message);
  expect((await documentsIn("there", [])).snapshots).toEqual([]);
});
