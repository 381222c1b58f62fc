import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runFailpointRounds } from "./failpointRounds.ts";

const seed = 41;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-failpoints-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Of all that a database does with its files, one point of each. */
const landmarks = [
  "write wal/<lsn>.wal",
  "sync wal/<lsn>.wal",
  "rename wal/<lsn>.wal",
  "unlink wal/<lsn>.wal",
  "documents.db: commit",
  "documents.db: wal_checkpoint(truncate)",
  "write checkpoint/<lsn>/segment-<n>.tmp",
  "link checkpoint/<lsn>/segment-<n>",
  "rename checkpoint/<lsn>/MANIFEST.json",
  "unlink checkpoint/<lsn>/MANIFEST.json",
  "write snapshots/<id>.creating/documents.parquet.tmp",
  "rename snapshots/<id>",
  "rm snapshots/<id>.deleted",
  "link creating/checkpoint/<lsn>/segment-<n>",
  "rename collections/<id>",
  "catalog.db: commit",
  "rename restoring/checkpoint/<lsn>/MANIFEST.json",
  "rename collections/<id>.replaced",
  "rename collections/<id>.deleted",
  "rm collections/<id>.deleted",
];

it(`finds exactly what was acknowledged wherever a process is killed (seed ${seed})`, async () => {
  const report = await runFailpointRounds({ directory, rounds: 6, seed });
  expect(report.losses).toEqual([]);
  expect(report.points.map(({ point }) => point)).toEqual(expect.arrayContaining(landmarks));
  expect(report.kills).toBeGreaterThanOrEqual(3);
  expect(report.checks).toBeGreaterThan(0);
  expect(report.patchedDocuments).toBeGreaterThan(0);
  expect(report.chunkedDocuments).toBeGreaterThan(0);
  expect(report.compactions).toBeGreaterThan(0);
  expect(report.segmentsMax).toBeGreaterThan(1);
}, 240_000);

it("would notice a loss: an acknowledged end of a log, cut off behind the process's back", async () => {
  const afterKill = (data: string) => {
    for (const collection of readdirSync(join(data, "collections"))) {
      const wal = join(data, "collections", collection, "wal");
      const newest = join(wal, readdirSync(wal).sort().at(-1)!);
      truncateSync(newest, statSync(newest).size / 2);
    }
  };
  const only = (point: string) => point === "sync wal/<lsn>.wal";
  const report = await runFailpointRounds({ directory, rounds: 5, seed, only, afterKill });
  expect(report.losses).not.toEqual([]);
}, 240_000);
