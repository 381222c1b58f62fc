import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentInput,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { segmentFileName } from "../wal/segmentHeader.ts";
import { ChunkedDocument } from "./chunkedDocument.ts";
import { Collection, createCollectionFiles } from "./collection.ts";

const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
const id = "01890000-0000-7000-8000-0000000000aa";
let root: string;
let directory: string;
let collection: Collection;

const options = () => ({
  disk: nodeDisk,
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids,
  dimension: 16,
  metric: "l2" as const,
  maxDocumentCount: 100,
  metadataBytesMax: 300,
  recallChecksPerMinute: 0,
  wal: { sync: "never" as const, syncIntervalMs: 5, segmentBytesMax: 1_000_000 },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 16,
    efConstruction: 100,
    efSearch: 100,
    threshold: 1_000,
  },
});

afterAll(() => builders.close());
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-chunks-"));
  directory = join(root, "0");
  await createCollectionFiles(options());
  collection = await Collection.open(options());
});
afterEach(async () => {
  await collection.close();
  rmSync(root, { recursive: true });
});

/** Chunks of a digit each. */
const chunked = (document: DocumentInput, digits: string) =>
  new ChunkedDocument(
    document,
    [...digits].map((text, index) => ({
      text,
      vector: new Float32Array(16).fill(Number(text)),
      start: index,
    })),
  );

/** External id and text of everything, as searches see it. */
async function contents(of = collection): Promise<Record<string, string | undefined>> {
  const query = { vector: new Float32Array(16), topK: 100, exact: true, include: ["text"] as const };
  const { matches } = await of.query(query, noDeadline());
  return Object.fromEntries(
    matches
      .map(({ externalId, text }) => [externalId ?? "", text] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

it("writes a document as chunks that know whose they are", async () => {
  const [item] = await collection.upsert([chunked({ externalId: "a", metadata: { year: 1990 } }, "123")]);
  expect(item).toMatchObject({ ok: true, version: 1, chunkCount: 3 });
  expect(await contents()).toEqual({ "a#0": "1", "a#1": "2", "a#2": "3" });
  expect(collection.get("a#1", ["metadata"])?.metadata).toEqual({
    year: 1990,
    chunk: { parent: "a", index: 1, count: 3, start: 1 },
  });
});

it("gives the first chunk the document's id, and names chunks by it where there is no external id", async () => {
  await collection.upsert([chunked({ id }, "12")]);
  expect(await contents()).toEqual({ [`${id}#0`]: "1", [`${id}#1`]: "2" });
  expect(collection.get(id, ["text"])).toMatchObject({ text: "1" });
  const [made] = await collection.upsert([chunked({}, "3")]);
  if (!made?.ok) throw new Error("it was written");
  expect(collection.get(`${made.id}#0`, ["metadata"])?.metadata).toMatchObject({
    chunk: { parent: made.id },
  });
});

it("replaces all chunks of before, and the document that was whole", async () => {
  await collection.upsert([
    { externalId: "a", vector: new Float32Array(16), text: "whole" },
    { externalId: "b", vector: new Float32Array(16), text: "other" },
  ]);
  await collection.upsert([chunked({ externalId: "a" }, "12345")]);
  const [item] = await collection.upsert([chunked({ externalId: "a" }, "67")]);
  expect(item).toMatchObject({ ok: true, version: 2, chunkCount: 2 });
  const expected = { "a#0": "6", "a#1": "7", b: "other" };
  expect(await contents()).toEqual(expected);
  await collection.close();
  collection = await Collection.open(options());
  expect(await contents()).toEqual(expected);
});

it("finds the chunks of before although some of them were deleted", async () => {
  await collection.upsert([chunked({ externalId: "a" }, "123456789")]);
  await collection.delete(["a#1", "a#3", "a#4"]);
  await collection.upsert([chunked({ externalId: "a" }, "0")]);
  expect(await contents()).toEqual({ "a#0": "0" });
});

it("takes a chunk that cannot be written for a document that cannot", async () => {
  await collection.upsert([chunked({ externalId: "a" }, "12")]);
  const before = await contents();
  const items = await collection.upsert([
    chunked({ externalId: "a", ifVersion: 7 }, "345"),
    chunked({ externalId: "a", metadata: { chunk: 1 } }, "345"),
    chunked({ externalId: "a", metadata: { long: "x".repeat(280) } }, "345"),
    chunked({ id: "no-uuid" }, "345"),
    chunked({ externalId: "x".repeat(511) }, "345"),
    { externalId: "b", vector: new Float32Array(16), text: "fine" },
  ]);
  expect(items.map((item) => (item.ok ? "ok" : `${item.code} ${item.violations[0]?.path ?? ""}`))).toEqual([
    "failed_precondition if_version",
    "invalid_argument metadata.chunk",
    "invalid_argument metadata",
    "invalid_argument id",
    "invalid_argument external_id",
    "ok",
  ]);
  expect(await contents()).toEqual({ ...before, b: "fine" });
  await expect(
    collection.upsert([chunked({ externalId: "c" }, "1"), chunked({ id: "no" }, "1")], { atomic: true }),
  ).rejects.toMatchObject({ violations: [{ path: "documents[1].id" }] });
  expect(await contents()).toEqual({ ...before, b: "fine" });
});

it("replaces nothing that only has a name like a chunk's, whatever it says of itself", async () => {
  const stranger = { externalId: "a#1", vector: new Float32Array(16), text: "mine" };
  await collection.upsert([stranger]);
  const [refused] = await collection.upsert([chunked({ externalId: "a" }, "12")]);
  expect(refused).toMatchObject({ ok: false, code: "already_exists", violations: [{ path: "external_id" }] });
  await collection.upsert([chunked({ externalId: "a" }, "1")]);
  expect(await contents()).toEqual({ "a#0": "1", "a#1": "mine" });
  const boast = { chunk: { parent: "b", index: 0, count: 1e15, start: 0 } };
  await collection.upsert([{ externalId: "b#0", vector: new Float32Array(16), metadata: boast }]);
  expect(await collection.upsert([chunked({ externalId: "b" }, "1")])).toMatchObject([{ ok: true }]);
});

it("takes one batch's documents once, where the second would replace what the first writes", async () => {
  const items = await collection.upsert([
    chunked({ externalId: "a" }, "123"),
    chunked({ externalId: "a" }, "4"),
  ]);
  expect(items).toMatchObject([{ ok: true }, { ok: false, code: "invalid_argument" }]);
  expect(await contents()).toEqual({ "a#0": "1", "a#1": "2", "a#2": "3" });
});

it("lets a bound key replace none of the chunks that it does not see", async () => {
  const within = parseFilter({ team: "x" })!;
  await collection.upsert([chunked({ externalId: "a", metadata: { team: "y" } }, "12")]);
  const [refused] = await collection.upsert([chunked({ externalId: "a", metadata: { team: "x" } }, "3")], {
    within,
  });
  expect(refused).toMatchObject({ ok: false, code: "permission_denied" });
  expect(await contents()).toEqual({ "a#0": "1", "a#1": "2" });
});

it("replaces all or nothing, wherever a crash cuts the log off", async () => {
  await collection.upsert([chunked({ externalId: "a" }, "1234")]);
  const before = await contents();
  const log = () => readFileSync(join(directory, "wal", segmentFileName(1)));
  const lengthBefore = endOf(log());
  await collection.upsert([chunked({ externalId: "a" }, "56")]);
  const after = await contents();
  const whole = log();
  const lengthAfter = endOf(whole);
  for (let step = 0; step <= 8; step++) {
    const kept = lengthBefore + Math.floor(((lengthAfter - lengthBefore) * step) / 8);
    const crashed = join(root, `crashed-${step}`);
    cpSync(directory, crashed, {
      recursive: true,
      filter: (source) => !/documents\.db|closed\.json/.test(source),
    });
    writeFileSync(join(crashed, "wal", segmentFileName(1)), whole.subarray(0, kept));
    const reopened = await Collection.open({ ...options(), directory: crashed });
    expect(await contents(reopened)).toEqual(step === 8 ? after : before);
    await reopened.close();
  }
});

/** Behind the last byte that is not zero, at the end of its record. */
function endOf(log: Uint8Array): number {
  const last = log.findLastIndex((byte) => byte !== 0);
  return Math.ceil((last + 1) / 8) * 8;
}
