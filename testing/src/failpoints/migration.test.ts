import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runMigrationRounds } from "./migrationRounds.ts";

const seed = 41;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-migration-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Of all that taking data of version 1 over does, one point of each. */
const landmarks = [
  "write catalog.db.v1-<time>.tmp",
  "rename catalog.db.v1-<time>",
  "catalog.db: transaction",
  "catalog.db: schema",
  "catalog.db: user_version = 2",
  "documents.db: transaction",
  "documents.db: user_version = 3",
  "documents.db: insert into texts",
  "rename checkpoint/<lsn>/MANIFEST.json",
];
const isOfMigration = (point: string) => landmarks.includes(point);

it(`takes older data over wherever a process is killed at it (seed ${seed})`, async () => {
  const { losses, points, kills } = await runMigrationRounds({
    directory,
    rounds: 1,
    seed,
    from: [[1, "killed"]],
    only: isOfMigration,
  });
  expect(losses).toEqual([]);
  expect(points.map(({ point }) => point)).toEqual(expect.arrayContaining(landmarks));
  expect(kills).toBeGreaterThan(0);
}, 120_000);

it("would notice a loss: the catalog's log, gone behind the process's back", async () => {
  const { losses } = await runMigrationRounds({
    directory,
    rounds: 1,
    seed,
    from: [[1, "killed"]],
    only: (point) => point === "catalog.db: user_version = 2",
    afterKill: (data) => rmSync(join(data, "catalog.db-wal")),
  });
  expect(losses).not.toEqual([]);
}, 120_000);
