import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CollectionId, type DocumentId, type JsonObject, noDeadline, SeededRandom } from "@akidb/base";
import { afterAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Checkpoints } from "../checkpoint/checkpoints.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { GrowingIndex } from "../index/growingIndex.ts";
import { hasRow } from "../payload/rowBitset.ts";
import { isExact } from "../payload/rowSets.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import { loadPayload } from "./loadPayload.ts";
import { payloadOptions } from "./payloadOptions.ts";
import { loadRows } from "./rowsImage.ts";

/**
 * Checkpoints as each version wrote them, for ever: if their format changes, raise its version, keep the old reader and add
 * another golden directory. A missing one is written by the test, which then fails so that it is looked at.
 */
const goldenOf = (version: number) =>
  fileURLToPath(new URL(`./golden/checkpoint-${version}`, import.meta.url));
const newestVersion = 2;

const builders = new Builders({ threadCount: 1 });
afterAll(() => builders.close());

const collectionId = "01890000-0000-7000-8000-00000000cafe" as CollectionId;
const dimension = 16;
const metric = "cosine";
const idOf = (row: number) => `01890000-0000-7000-8000-${String(row).padStart(12, "0")}` as DocumentId;
const random = new SeededRandom(1);
const vectors = Array.from({ length: 72 }, () =>
  Float32Array.from({ length: dimension }, () => random.nextInt(256) - 128),
);
/** Replaced by rows 70 and 71, and deleted. */
const deadRows = [3, 5, 9];

/** Of version 2 on, with the indexes of metadata. */
const shapes = [
  { version: 1, kind: "flat", threshold: 1_000 },
  { version: 1, kind: "graph", threshold: 10 },
  { version: 2, kind: "flat", threshold: 1_000 },
  { version: 2, kind: "graph", threshold: 10 },
] as const;

const metadataOf = (row: number): JsonObject => ({
  n: row,
  name: ["plain", "ünï", "\u{1f600}", "lone \ud800"][row % 4]!,
  at: `2024-01-${String(1 + (row % 28)).padStart(2, "0")}`,
  ...(row % 5 === 0 && { place: { lat: row - 30, lon: 2 * row }, is: row % 2 === 0, nothing: null }),
  ...(row === 50 && { long: "long text ".repeat(40) }),
});
const filters: readonly JsonObject[] = [
  { n: { $gte: 10, $lt: 40 } },
  { name: "lone \ud800" },
  { name: { $prefix: "p" } },
  { name: "\u{1f600}", at: { $lte: "2024-01-20" } },
  { "place.lat": { $gt: 0 } },
  { place: { $geo_radius: { center: { lat: 0, lon: 60 }, radius_m: 2_000_000 } } },
  { $or: [{ is: true }, { nothing: null }] },
  { is: { $exists: false } },
];

const graphOf = (threshold: number) => ({
  builders,
  quantization: "int8" as const,
  linksMax: 4,
  efConstruction: 20,
  efSearch: 20,
  threshold,
  segmentRowsMax: 64,
});

async function writeGolden(kind: string, threshold: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
  let made = 0;
  const options = {
    disk: nodeDisk,
    directory,
    collectionId,
    clock: { nowMs: () => 1_767_225_600_000, monotonicMs: () => 0 },
    ids: { next: () => idOf(++made) as never },
    dimension,
    metric: metric as "cosine",
    maxDocumentCount: 100,
    metadataBytesMax: 1_000,
    recallChecksPerMinute: 0,
    wal: { sync: "always" as const, syncIntervalMs: 100, segmentBytesMax: 1_000_000 },
    graph: graphOf(threshold),
  };
  await createCollectionFiles(options);
  const collection = await Collection.open(options);
  const documentOf = (row: number, document: number) => ({
    id: idOf(document),
    externalId: `document ${document}`,
    vector: vectors[row]!,
    metadata: metadataOf(row),
  });
  await collection.upsert(Array.from({ length: 70 }, (_, row) => documentOf(row, row)));
  await collection.upsert([documentOf(70, 3), documentOf(71, 5)]);
  await collection.delete([idOf(9)]);
  await collection.checkpoint();
  await collection.close();
  cpSync(join(directory, "checkpoint"), join(goldenOf(newestVersion), kind), { recursive: true });
  rmSync(directory, { recursive: true });
}

describe.each(shapes)("a $kind checkpoint of version $version", ({ version, kind, threshold }) => {
  it("is read as what it means", async () => {
    const golden = goldenOf(version);
    if (version === newestVersion && !existsSync(join(golden, kind))) {
      await writeGolden(kind, threshold);
      expect.fail(`wrote ${golden}/${kind}; look at it, then commit it`);
    }
    const checkpoints = new Checkpoints({
      disk: nodeDisk,
      directory: join(golden, kind),
      collectionId,
      dimension,
      metric,
    });
    const { loaded, damages } = await checkpoints.loadNewest(async (stored) => {
      const index = await GrowingIndex.load({ ...graphOf(threshold), dimension, metric }, stored);
      const rows = await loadRows(stored, index);
      const { payloadIndex, damage } = await loadPayload(stored, payloadOptions({}));
      expect(damage).toBeUndefined();
      return { index, rows, kind: stored.kind, payloadIndex };
    });
    expect(damages).toEqual([]);
    const { index, rows } = loaded!;
    expect(loaded!.kind).toBe(kind);
    expect(checkpoints.newest).toMatchObject({
      lsn: 3,
      manifest: { lsn: 3, rowCount: 72, deadCount: 3, dimension, metric },
    });
    expect(rows.count).toBe(69);
    for (const [row, vector] of vectors.entries()) {
      expect(index.vectorOf(row)).toEqual(vector);
      expect(index.isDead(row)).toBe(deadRows.includes(row));
      const document = row < 70 ? row : row === 70 ? 3 : 5;
      expect(rows.idOf(row)).toBe(idOf(document));
      if (deadRows.includes(row)) continue;
      expect(rows.rowOf(idOf(document))).toBe(row);
      expect(rows.findExternalId(`document ${document}`, (candidate) => candidate === row)).toBe(row);
      const found = await index.search(vector, { k: 1, exact: true }, noDeadline());
      expect([...found.rows]).toEqual([row]);
    }
    expect(rows.rowOf(idOf(9))).toBeUndefined();
    await index.close();
    expect(loaded!.payloadIndex !== undefined).toBe(version > 1);
    for (const filter of version > 1 ? filters : []) {
      const parsed = parseFilter(filter);
      const found = loaded!.payloadIndex!.find(parsed, 72);
      const rowsOf = (has: (row: number) => boolean) => [...vectors.keys()].filter(has);
      expect(isExact(found)).toBe(true);
      expect(rowsOf((row) => hasRow(found.lower, row))).toEqual(
        rowsOf((row) => matchesFilter(metadataOf(row), parsed)),
      );
    }
  });
});
