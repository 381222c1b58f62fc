import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CollectionId, type DocumentId, type IdGenerator, noDeadline, parseId } from "@akidb/base";
import { afterAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { ChunkedDocument } from "../collection/chunkedDocument.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import { segmentFileName } from "./segmentHeader.ts";

/**
 * The bytes of a log, for ever: if they change, raise the format version, keep the old reader and add another golden
 * file. A missing file is written by the test, which then fails so that it is looked at.
 */
const goldenOf = (name: string) => fileURLToPath(new URL(`./golden/${name}.wal`, import.meta.url));
const current = "segment-2-record-3";

const builders = new Builders({ threadCount: 1 });
afterAll(() => builders.close());

/** @param idsMade before: the first one of an opening becomes a key of hashes, which the log does not see */
const options = (directory: string, idsMade = 0) => {
  let made = idsMade;
  const ids: IdGenerator = {
    next: <Kind extends string>() =>
      parseId<Kind>(`01890000-0000-7000-8000-${String(++made).padStart(12, "0")}`)!,
  };
  return {
    disk: nodeDisk,
    directory,
    collectionId: "01890000-0000-7000-8000-00000000cafe" as CollectionId,
    clock: { nowMs: () => 1_767_225_600_000, monotonicMs: () => 0 },
    ids,
    dimension: 16,
    metric: "cosine" as const,
    maxDocumentCount: 10,
    metadataBytesMax: 1_000,
    recallChecksPerMinute: 0,
    wal: { sync: "always" as const, syncIntervalMs: 100, segmentBytesMax: 1_000_000 },
    graph: {
      builders,
      quantization: "int8" as const,
      linksMax: 16,
      efConstruction: 100,
      efSearch: 100,
      threshold: 10_000,
    },
  };
};

const vector = (first: number) => Float32Array.from({ length: 16 }, (_, i) => first + i / 8);

async function writeLog(directory: string): Promise<Uint8Array> {
  await createCollectionFiles(options(directory));
  const collection = await Collection.open(options(directory, -1));
  await collection.upsert([
    { externalId: "α", vector: vector(-1), text: "wörter", metadata: { a: [1, null, "x"] } },
    { vector: vector(0.5) },
  ]);
  await collection.upsert([{ externalId: "α", vector: vector(2) }]);
  await collection.upsert([{ id: "01890000-0000-7000-8000-0000000000ff" as DocumentId, vector: vector(3) }]);
  await collection.delete(["01890000-0000-7000-8000-0000000000ff"]);
  await collection.close();
  return readFileSync(join(directory, "wal", segmentFileName(1)));
}

/** What records of version 3 can say, and older ones cannot. */
async function writePatches(directory: string): Promise<Uint8Array> {
  await createCollectionFiles(options(directory));
  const collection = await Collection.open(options(directory, -1));
  await collection.upsert([
    { externalId: "α", vector: vector(-1), text: "wörter", metadata: { a: 1, b: "x" }, ttlSeconds: 60 },
    { externalId: "β", vector: vector(2), expiresAt: "2030-01-01T00:00:00Z" },
  ]);
  await collection.patch([
    { id: "α", metadata: { a: null, c: ["ü"] } },
    { id: "β", metadata: { n: 1 }, expiresAt: null },
  ]);
  await collection.close();
  return readFileSync(join(directory, "wal", segmentFileName(1)));
}

/** What records of version 4 can say, and older ones cannot. */
async function writeReplacement(directory: string): Promise<Uint8Array> {
  await createCollectionFiles(options(directory));
  const collection = await Collection.open(options(directory, -1));
  const chunked = (...texts: readonly string[]) =>
    new ChunkedDocument(
      { externalId: "α" },
      texts.map((text, index) => ({ text, vector: vector(1 + index), start: 3 * index })),
    );
  await collection.upsert([chunked("ünï", "two", "three")]);
  await collection.upsert([chunked("four")]);
  await collection.close();
  return readFileSync(join(directory, "wal", segmentFileName(1)));
}

describe("the log's bytes", () => {
  it("are what this version of segments and records wrote first", async () => {
    const directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
    try {
      const bytes = await writeLog(directory);
      const golden = goldenOf(current);
      if (!existsSync(golden)) {
        writeFileSync(golden, bytes);
        expect.fail(`wrote ${golden}; look at it, then commit it`);
      }
      expect(Buffer.from(bytes).toString("hex")).toBe(readFileSync(golden).toString("hex"));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("of patches and expiries are what record version 3 wrote first, and are read back", async () => {
    const directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
    try {
      const bytes = await writePatches(directory);
      const golden = goldenOf("patches-3");
      if (!existsSync(golden)) {
        writeFileSync(golden, bytes);
        expect.fail(`wrote ${golden}; look at it, then commit it`);
      }
      expect(Buffer.from(bytes).toString("hex")).toBe(readFileSync(golden).toString("hex"));
      rmSync(directory, { recursive: true });
      await nodeDisk.makeDirectory(join(directory, "wal"));
      writeFileSync(join(directory, "wal", segmentFileName(1)), readFileSync(golden));
      const collection = await Collection.open(options(directory));
      expect(collection.get("α", ["metadata", "text", "vector"])).toMatchObject({
        version: 2,
        text: "wörter",
        vector: vector(-1),
        metadata: { b: "x", c: ["ü"] },
        expiresAt: "2026-01-01T00:01:00.000Z",
      });
      const found = collection.get("β", ["metadata"]);
      expect(found).toMatchObject({ version: 2, metadata: { n: 1 } });
      expect(found).not.toHaveProperty("expiresAt");
      await collection.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("of replacements are what record version 4 wrote first, and are read back", async () => {
    const directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
    try {
      const bytes = await writeReplacement(directory);
      const golden = goldenOf("replacements-4");
      if (!existsSync(golden)) {
        writeFileSync(golden, bytes);
        expect.fail(`wrote ${golden}; look at it, then commit it`);
      }
      expect(Buffer.from(bytes).toString("hex")).toBe(readFileSync(golden).toString("hex"));
      rmSync(directory, { recursive: true });
      await nodeDisk.makeDirectory(join(directory, "wal"));
      writeFileSync(join(directory, "wal", segmentFileName(1)), readFileSync(golden));
      const collection = await Collection.open(options(directory));
      expect(collection.stats().documentCount).toBe(1);
      expect(collection.get("α#0", ["metadata", "text", "vector"])).toMatchObject({
        version: 2,
        text: "four",
        vector: vector(1),
        metadata: { chunk: { parent: "α", index: 0, count: 1, start: 0 } },
      });
      await collection.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it.each(["segment-1", "segment-2", "segment-2-record-2", current])(
    "of %s are read back as what they mean",
    async (name) => {
      const directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
      try {
        await nodeDisk.makeDirectory(join(directory, "wal"));
        writeFileSync(join(directory, "wal", segmentFileName(1)), readFileSync(goldenOf(name)));
        const collection = await Collection.open(options(directory));
        expect(collection.stats().documentCount).toBe(2);
        expect(collection.get("α", ["metadata", "text", "vector"])).toMatchObject({
          version: 2,
          insertedAt: "2026-01-01T00:00:00.000Z",
          vector: vector(2),
        });
        const query = { vector: vector(0.5), topK: 1, include: ["vector" as const] };
        expect((await collection.query(query, noDeadline())).matches).toMatchObject([
          { vector: vector(0.5), score: 1 },
        ]);
        await collection.close();
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
});
