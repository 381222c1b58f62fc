import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AkiDb } from "@akidb/base";
import { type LogEvent, open } from "@akidb/database";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtUrl } from "../builtUrl.ts";
import {
  addedKey,
  deletedKey,
  finalGeneration,
  finalGenerationMax,
  goldenCount,
  goldenDocument,
  goldenOptions,
  keyOf,
  snapshotGeneration,
} from "./goldenData.ts";

/**
 * Whole data directories as a version wrote them, for ever: the catalog, documents.db, logs, checkpoints and a snapshot.
 * If a format changes, raise its version, keep the old reader and add another golden directory. A missing one is written
 * by the test, which then fails so that it is looked at.
 */
const newestVersion = 3;
const goldenOf = (version: number, end: string) =>
  fileURLToPath(new URL(`./data-${version}/${end}`, import.meta.url));

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "akidb-golden-")), "data");
});
afterEach(() => {
  rmSync(join(directory, ".."), { recursive: true });
});

/** Everything but what belongs to a process that runs. */
function copyData(from: string, to: string): void {
  const ofProcess = /^LOCK|-shm$/;
  cpSync(from, to, { recursive: true, filter: (path) => !ofProcess.test(basename(path)) });
}

async function expectDocuments(
  db: AkiDb,
  name: string,
  count: number,
  generationOf: (key: number) => number | undefined,
): Promise<void> {
  const collection = db.collection(name);
  const include = ["metadata", "text", "vector"] as const;
  for (let key = 0; key < count; key++) {
    const generation = generationOf(key);
    const found = collection.get(keyOf(key), { include });
    if (generation === undefined) {
      await expect(found).rejects.toMatchObject({ code: "not_found" });
      continue;
    }
    const expected = goldenDocument(key, generation);
    const { id, insertedAt, updatedAt, version, ...contents } = await found;
    expect(contents).toEqual(expected);
    expect(version).toBe(generation === snapshotGeneration || key === addedKey ? 1 : 2);
    const { matches } = await collection.query({ vector: expected.vector, topK: count, include });
    expect(matches.find((match) => match.id === id)).toMatchObject(expected);
    expect(matches[0]!.score).toBeCloseTo(1);
  }
  for (const generation of [snapshotGeneration, finalGenerationMax]) {
    const filter = { "nested.list": "x", generation };
    const query = { vector: goldenDocument(0, 1).vector, topK: count, filter };
    const { matches } = await collection.query(query);
    const keys = Array.from({ length: count }, (_, key) => key);
    const passing = keys.filter((key) => key % 4 > 0 && generationOf(key) === generation);
    expect(new Set(matches.map(({ externalId }) => externalId))).toEqual(new Set(passing.map(keyOf)));
  }
  const { documentCount, state } = await db.getCollection(name);
  const expectedCount = Array.from({ length: count }, (_, key) => generationOf(key)).filter(Boolean).length;
  expect({ documentCount, state }).toEqual({ documentCount: expectedCount, state: "ready" });
}

/** From version 2 on, checkpoints have the indexes of metadata; from version 3 on, rows of the catalog have checksums. */
describe.each([
  [1, "closed"],
  [1, "killed"],
  [2, "closed"],
  [2, "killed"],
  [newestVersion, "closed"],
  [newestVersion, "killed"],
] as const)("a data directory of version %i that was %s", (version, end) => {
  const golden = goldenOf(version, end);

  it("is opened with everything that was in it", async () => {
    if (version === newestVersion && !existsSync(golden)) {
      const writer = fileURLToPath(builtUrl(import.meta.url, "./goldenWriter.js"));
      spawnSync(process.execPath, [writer, directory, end], { stdio: "inherit" });
      copyData(directory, golden);
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    copyData(golden, directory);
    const events: LogEvent["kind"][] = [];
    const db = await open({ path: directory, ...goldenOptions, log: ({ kind }) => void events.push(kind) });
    try {
      // Nothing had to be put aside and made good from another file.
      expect(events).toEqual(["collection_opened", "collection_opened"]);
      await expectDocuments(db, "flat", 5, () => snapshotGeneration);
      await expectDocuments(db, "graph", goldenCount + 1, finalGeneration);

      const graph = db.collection("graph");
      const [snapshot, ...others] = (await graph.listSnapshots()).items;
      expect(others).toEqual([]);
      expect(snapshot).toMatchObject({ state: "ready", documentCount: goldenCount, lsn: 1 });
      await graph.restoreSnapshot(snapshot!.id, { into: "clone" });
      await expectDocuments(db, "clone", goldenCount, () => snapshotGeneration);

      await graph.upsert([goldenDocument(deletedKey, 1)]);
      await expect(graph.get(keyOf(deletedKey))).resolves.toMatchObject({ version: 1 });
    } finally {
      await db.close();
    }
  });
});
